"""The public functions that fit any model, from a formula and a table or to a ready matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from logitkit.api.labelling import labelled_design
from logitkit.api.reading import read_design
from logitkit.api.scope import caller_scope
from logitkit.api.together import require_alone, sampling_of, shrinks
from logitkit.api.under import read_under
from logitkit.design.chunks.reading import Reading
from logitkit.design.design import Design
from logitkit.engine.assemble import with_what_was_read
from logitkit.engine.estimate import fit_model
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceWarning, DataError, UnsupportedError, warn_caller
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.models.binary import Binary
from logitkit.models.catalogue import require_model
from logitkit.models.conventions import OURS, ConventionName, Conventions
from logitkit.models.form import Form
from logitkit.models.model import Model
from logitkit.results.classes import fit_of
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.typing import FactorCoding, MissingPolicy, WeightKind

if TYPE_CHECKING:
    from logitkit.design.chunks.executor import Executor
    from logitkit.design.survey import Survey
    from logitkit.engine.regularised.options import ProxNewton
    from logitkit.inference.dispersion import DispersionKind
    from logitkit.models.penalties.adjustment import Adjustment
    from logitkit.models.penalties.specification import Specification
    from logitkit.results.validated.again import Making

__all__ = ["fit", "fit_matrix", "newton_options"]


@in_our_words
def fit(
    formula: str,
    data: Any,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    penalty: Specification | None = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    absorb: str | None = None,
    survey: Survey | None = None,
    dispersion: DispersionKind | None = None,
    conventions: ConventionName | None = None,
    solver: Newton | ProxNewton | None = None,
    start: Any = None,
    vcov: bool = True,
    level: float = 0.95,
    labels: Any = None,
    memory: int | str | None = None,
    checkpoint: str | Path | None = None,
    executor: Executor | None = None,
) -> Fit:
    """Fit a model from a formula, by maximum likelihood or with a penalty.

    Full description: ``docs/reference/fitting.md``. Methods of the result: ``help(fit)``.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``, in formulaic's syntax: ``docs/formulas.md``.
    data : table, or source of rows
        A data frame or a dict of columns; or files read in chunks, ``"loans/*.parquet"``.
    model : model, default lk.Binary()
        ``lk.Binary(...)``, ``lk.Multinomial(...)``, ``lk.Ordinal(...)`` or the model of a fit.
    penalty : penalty, optional
        ``lk.Lasso(0.05)`` or another; ``lk.Jeffreys()`` (Firth) and others reduce bias.
    weights : str or (n,) array-like, optional
        A column name, or an array aligned with ``data``.
    offset : str, (n,) array-like, or by outcome, optional
        Given like ``weights``; for ``lk.Multinomial``, a mapping by outcome.
    weight_kind : {'frequency', 'precision', 'sampling'}
        Whether weights are counts of rows, precisions or inverse selection probabilities.
    missing, cluster, absorb : optional
        As in ``logit``.
    survey : Survey, optional
        The design of the sample, ``lk.Survey(strata="s", units="u")``.
    dispersion : {'pearson', 'deviance', 'williams'}, optional
        How to allow for overdispersion of counts.
    conventions : {'logitkit', 'r', 'stata', 'sas'}, optional
        Whose choices apply where packages differ.
    solver, start : optional
        ``lk.Newton(...)`` or ``lk.ProxNewton(...)``; a fit or values by name to start from.
    vcov, level, labels : optional
        False: no standard errors; confidence level of intervals; labels for printed output.
    memory, checkpoint, executor : optional
        For rows read in chunks: memory limit, folder to resume from, ``lk.Dask(...)`` or Spark.

    Returns
    -------
    Fit
        The fit, which reports separation and failure to converge; only the latter warns.

    Raises
    ------
    FormulaError, DataError, ResponseError, UnsupportedError
        If the input is invalid, or an option cannot be combined with the model or the penalty.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.fit("race ~ age", lk.datasets.load_lbw(), model=lk.Multinomial(reference="white"))
    >>> fit.coef.round(3).loc["age"].to_dict()
    {'black': -0.109, 'other': -0.071}
    """
    require_level(level)
    require_alone(vcov, cluster=cluster, survey=survey, dispersion=dispersion, penalty=penalty)
    model = require_model(model)
    if survey is not None:
        weight_kind = sampling_of(survey, weights, weight_kind, cluster=cluster, absorb=absorb, penalty=penalty)
    if absorb is not None and not model.is_logit:
        raise UnsupportedError(
            f"absorb={absorb!r:.60} cannot be combined with model={model!r}: levels can be eliminated only for the "
            "logit link with two outcomes. Write the factor into the formula, C(...)."
        )
    namespace = caller_scope()
    call: dict[str, Any] = {
        "penalty": penalty,
        "solver": solver,
        "level": level,
        "dispersion": dispersion,
        "survey": survey,
    }
    if start is not None:
        from logitkit.api.starting import stated_start

        call["start"] = stated_start(start)
    if not vcov:
        call["vcov"] = vcov
    call |= {"model": model, "conventions": conventions}
    reading = Reading(memory, checkpoint, executor, tuple(call.items()))

    def read(stated: Model, factors_by: FactorCoding) -> Design:
        return read_design(
            formula,
            data,
            reading,
            namespace=namespace,
            weights=weights,
            weight_kind=weight_kind,
            cluster=cluster,
            reader=stated.reader(offset),
            missing=missing,
            absorb=absorb,
            factors_by=factors_by,
        )

    model, design, chosen = read_under(conventions, model, read, penalised=shrinks(penalty))
    design = replace(design, table=None if design.in_chunks else data)
    return _fitted(
        labelled_design(design, labels),
        model,
        penalty,
        solver,
        level,
        (survey, dispersion, chosen),
        start,
        alone=not vcov,
    )


@in_our_words
def fit_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    penalty: Specification | None = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    cluster: Any = None,
    survey: Survey | None = None,
    dispersion: DispersionKind | None = None,
    conventions: ConventionName | None = None,
    solver: Newton | ProxNewton | None = None,
    start: Any = None,
    vcov: bool = True,
    level: float = 0.95,
    labels: Any = None,
) -> Fit:
    """Fit a model to a ready design matrix, taken as it is: no intercept is added.

    A column of ones called ``"Intercept"`` is the intercept; without it the model has none, and the summary says so.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        The design matrix; a dense array is not copied.
    y : (n,) array-like
        A response that the model accepts.
    names : sequence of str, optional
        Column names; x0, x1, ... if X has none. The column of ones called ``"Intercept"`` is the intercept.
    model : model, default lk.Binary()
        The model to fit, as in ``fit``.
    penalty : penalty, optional
        As in ``fit``; each column is a term.
    weights : (n,) array-like, optional
        One value per row.
    offset : (n,) array-like, or by outcome, optional
        As in ``fit``, but given as arrays.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``fit``.
    cluster : (n,) array-like, optional
        Clusters within which rows may be dependent.
    survey : Survey, optional
        The design of the sample, ``lk.Survey(strata="s", units="u")``; ``weights`` are then sampling weights.
    dispersion, conventions : optional
        As in ``fit``.
    solver : Newton or ProxNewton, optional
        Options of the solver: ``Newton`` without a penalty, ``ProxNewton`` with one.
    start, vcov : optional
        As in ``fit``.
    level : float, default 0.95
        Confidence level of intervals.
    labels : lk.labels or mapping, optional
        As in ``fit``.

    Returns
    -------
    Fit
        As from ``fit``.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    In a model with only an intercept, it is the log odds against the reference:

    >>> import logitkit as lk
    >>> import numpy as np
    >>> fit = lk.fit_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"], model=lk.Multinomial())
    >>> fit.coef.loc["Intercept"].round(4).to_dict()
    {'b': 0.6931, 'c': 0.0}
    """
    require_level(level)
    require_alone(vcov, cluster=cluster, survey=survey, dispersion=dispersion, penalty=penalty)
    model = require_model(model)
    if survey is not None:
        weight_kind = sampling_of(survey, weights, weight_kind, cluster=cluster, penalty=penalty)

    def read(stated: Model, factors_by: FactorCoding) -> Design:
        del factors_by  # a matrix is coded already
        from logitkit.design.ready import ready_design

        return ready_design(
            X, y, names, weights=weights, weight_kind=weight_kind, cluster=cluster, reader=stated.reader(offset)
        )

    model, design, chosen = read_under(conventions, model, read, penalised=shrinks(penalty))
    facts = (survey, dispersion, chosen)
    return _fitted(labelled_design(design, labels), model, penalty, solver, level, facts, start, alone=not vcov)


def _fitted(
    design: Design,
    model: Model,
    penalty: Specification | None,
    solver: Newton | ProxNewton | None,
    level: float,
    chosen: tuple[Survey | None, DispersionKind | None, Conventions] = (None, None, OURS),
    start: Any = None,
    alone: bool = False,
) -> Fit:
    """Return the fit to a design; ``chosen`` is the survey, the dispersion, and the conventions."""
    survey, dispersion, conventions = chosen
    rows = None
    if survey is not None:
        from logitkit.design.survey import survey_rows
        from logitkit.inference.covariances.survey import outside_weightless

        rows = survey_rows(survey, design, design.table)
        design = outside_weightless(design, rows)
    adjusted = penalty is not None and not shrinks(penalty)
    form = model.form(design.info, penalised=penalty is not None and not adjusted)
    begun = None
    if start is not None:
        from logitkit.api.starting import start_of

        begun = start_of(start, design.info, form, penalised=penalty is not None)
    if adjusted:
        from logitkit.engine.bias.estimate import fit_adjusted

        record = fit_adjusted(design, form, cast("Adjustment", penalty), newton_options(solver), level)
    elif penalty is not None:
        record = _penalised(design, form, penalty, solver, level)
    else:
        record, design = fit_model(design, form, newton_options(solver), level, begun, alone)
    if not record.converged:
        warn_caller(
            f"The fit has not converged: the solver {record.status.value}. Do not use its numbers.", ConvergenceWarning
        )
    if conventions != record.conventions:
        record = replace(record, conventions=conventions)
    if rows is None:
        record = record if alone else with_required_sandwich(record, design)
    else:
        from logitkit.design.dependence import Dependence
        from logitkit.inference.covariances.survey import with_survey

        record = with_survey(record, design, rows)
        design = replace(design, dependence=Dependence(kind="survey", survey=rows))
    if dispersion is not None:
        from logitkit.inference.dispersion import with_dispersion

        record, design = with_dispersion(record, design, dispersion, exact=conventions.dispersion_by_t)
    if design.stream is not None:
        design.stream.end()
    making: Making | None = None
    if penalty is not None and not adjusted:
        from logitkit.engine.regularised.options import ProxNewton
        from logitkit.results.validated.again import SamePenalty

        making = SamePenalty(penalty, solver if isinstance(solver, ProxNewton) else ProxNewton())
    return fit_of(with_what_was_read(record, design), design, making)


def _penalised(
    design: Design, form: Form, penalty: Specification, solver: Newton | ProxNewton | None, level: float
) -> FitRecord:
    """Return the record of a fit with a penalty."""
    from logitkit.engine.regularised.estimate import fit_penalised
    from logitkit.engine.regularised.options import ProxNewton

    if solver is not None and not isinstance(solver, ProxNewton):
        raise DataError(f"solver={solver!r}: with a penalty give lk.ProxNewton(tol=..., max_iter=...).")
    return fit_penalised(design, form, penalty, solver or ProxNewton(), level)


def newton_options(solver: Any) -> Newton:
    """Return the options of Newton's method."""
    if solver is not None and not isinstance(solver, Newton):
        raise DataError(f"solver={solver!r} is not known; give lk.Newton(tol=..., max_iter=...).")
    return solver or Newton()
