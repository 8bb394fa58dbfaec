"""The public functions that fit one model to each group of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from logitkit.api.fitting import newton_options
from logitkit.api.labelling import labelled_design
from logitkit.api.reading import read_design
from logitkit.api.scope import caller_scope
from logitkit.api.under import read_under
from logitkit.design.chunks.groups import groups_in_chunks
from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.reading import Reading
from logitkit.design.design import Design
from logitkit.design.group_rows import GroupRows, build_groups
from logitkit.design.labels import as_labels, labels_of_table
from logitkit.engine.law import require_level
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceWarning, UnsupportedError, warn_caller
from logitkit.inference.by import fit_groups
from logitkit.inference.by_parts import fit_groups_in_chunks
from logitkit.models.binary import Binary
from logitkit.models.catalogue import require_model
from logitkit.models.conventions import ConventionName, Conventions
from logitkit.models.links import Information
from logitkit.models.model import Model
from logitkit.report.term_labels import known_variables
from logitkit.results.foreign import in_our_words
from logitkit.results.several.grouped import GroupedFits
from logitkit.typing import FactorCoding, MissingPolicy, WeightKind

if TYPE_CHECKING:
    from logitkit.design.chunks.executor import Executor

__all__ = ["fit_by", "logit_by"]


@in_our_words
def fit_by(
    formula: str,
    data: Any,
    by: str | Sequence[str],
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    conventions: ConventionName | None = None,
    solver: Newton | None = None,
    level: float = 0.95,
    memory: int | str | None = None,
    executor: Executor | None = None,
    labels: Any = None,
) -> GroupedFits:
    """Fit the same model to each group of a table.

    The columns are coded once for all groups: levels, spline knots and moments of transforms are learnt from all rows,
    so that coefficients are comparable between groups. The coefficient of a level that does not occur in a group is
    missing there.

    Parameters
    ----------
    formula : str
        As in ``fit``.
    data : table, or path of files
        As in ``fit``.
    by : str or sequence of str
        Columns that define the groups; rows with a missing value in one of them are dropped and counted.
    model : model, default lk.Binary()
        The model to fit to each group; it must have two outcomes.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``fit``.
    missing : {'drop', 'raise'}
        Whether to drop and count rows with missing values, or to raise an error.
    cluster : str or (n,) array-like, optional
        Clusters within which rows may be dependent; standard errors are then sandwich errors.
    conventions : {'logitkit', 'r', 'stata', 'sas'}, optional
        As in ``fit``.
    solver : Newton, optional
        Options of the solver.
    level : float, default 0.95
        Confidence level of intervals.
    memory, executor : optional
        For files that are read in chunks, as in ``fit``. Whole groups are held in memory, as many at a time as fit in a
        sixth of it; a group that is larger is fitted in chunks.
    labels : lk.labels or mapping, optional
        Labels of variables and levels in printed output, as in ``fit``.

    Returns
    -------
    GroupedFits
        One fit per group. Groups with only one outcome, separation or linearly dependent columns are reported there and
        raise no error.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.
    UnsupportedError
        If the model has several outcomes; fit it to each group separately.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> lk.fit_by("low ~ lwt", births, by="race", model=lk.Binary(event=0)).coef.round(3)
           Intercept    lwt
    race
    white     -0.793  0.015
    black     -0.694  0.007
    other     -2.703  0.027
    """
    require_level(level)
    model, options = require_model(model), newton_options(solver)
    if not model.is_single:
        raise UnsupportedError(
            f"model={model!r}: groups are fitted together only for models with one linear predictor. Fit each "
            "separately: {group: lk.fit(formula, rows, model=...) for group, rows in data.groupby(...)}."
        )
    namespace = caller_scope()
    found: list[GroupRows] = []
    reading = Reading(memory, None, executor)
    in_chunks = source_of(data, executor) is not None

    def read(stated: Model, factors_by: FactorCoding) -> Design:
        if in_chunks or reading.stated:
            read_rows = read_design(
                formula,
                data,
                reading,
                namespace=namespace,
                weights=weights,
                weight_kind=weight_kind,
                cluster=cluster,
                reader=stated.reader(offset),
                missing=missing,
                factors_by=factors_by,
            )
            return labelled_design(read_rows, labels)
        found[:] = [
            build_groups(
                formula,
                data,
                by,
                namespace=namespace,
                extras={"weights": weights, "offset": offset, "cluster": cluster, "factors_by": factors_by},
                weight_kind=weight_kind,
                reader=stated.reader,
                missing=missing,
            )
        ]
        named = labels_of_table(data).among(known_variables(found[0].design.info))
        found[0] = replace(found[0], design=labelled_design(found[0].design, as_labels(labels).over(named), data))
        return found[0].design

    model, design, chosen = read_under(conventions, model, read)
    rows = groups_in_chunks(design, by) if in_chunks else found[0]
    _require_normal(chosen, design)
    form = model.form(design.info)
    if form.family.words.quasi:
        raise UnsupportedError(
            f"model={model!r}: groups of fractions are fitted one at a time, as each has robust errors of its own: "
            "{group: lk.fit(formula, rows, model=...) for group, rows in data.groupby(...)}."
        )
    if isinstance(rows, GroupRows):
        record = fit_groups(rows, form, options, level, chosen)
    else:
        record = fit_groups_in_chunks(rows, form, options, level, chosen)
    if design.stream is not None:
        design.stream.end()
    failed = sum(not single.converged for single in record.single.values())
    if failed:
        warn_caller(
            f"Fits that did not converge: {failed} of {len(record.groups)} groups. Do not use their numbers; .glance() "
            "names them.",
            ConvergenceWarning,
        )
    return GroupedFits(record, rows, options)


def _require_normal(chosen: Conventions, design: Design) -> None:
    """Raise an error for conventions that give each group its own t distribution."""
    response = design.sample.response
    sampled = response.weight_kind == "sampling" and response.prior is not None
    dof = chosen.cluster_dof if response.clusters is not None else chosen.sampling_dof if sampled else "normal"
    if dof != "normal":
        raise UnsupportedError(
            f"By the conventions of {chosen.title} statistics are compared with t here, and each group has its own "
            "degrees of freedom: {group: lk.fit(formula, rows, ...) for group, rows in data.groupby(...)}."
        )


@in_our_words
def logit_by(
    formula: str,
    data: Any,
    by: str | Sequence[str],
    *,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    information: Information = "expected",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    conventions: ConventionName | None = None,
    solver: Newton | None = None,
    level: float = 0.95,
    memory: int | str | None = None,
    executor: Executor | None = None,
    labels: Any = None,
) -> GroupedFits:
    """Fit the same logistic regression to each group of a table.

    Columns are coded once, from all rows of the table. The coefficient of a level that does not occur in a group is
    missing there.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table, or path of files
        As in ``logit``.
    by : str or sequence of str
        Columns that define the groups; rows with a missing value in one of them are dropped and counted.
    weights, offset, weight_kind, event, link, information, missing, cluster, conventions : optional
        As in ``logit``.
    solver : Newton, optional
        Options of the solver.
    level : float, default 0.95
        Confidence level of intervals.
    memory, executor : optional
        For files that are read in chunks, as in ``fit``. Whole groups are held in memory, as many at a time as fit in a
        sixth of it; a group that is larger is fitted in chunks.
    labels : lk.labels or mapping, optional
        Labels of variables and levels in printed output, as in ``fit``.

    Returns
    -------
    GroupedFits
        As from ``fit_by`` with the model ``lk.Binary(link, event, information)``.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> lk.logit_by("low ~ age + lwt", births, by="smoke").tidy().iloc[:3, :4].round(3)
       smoke       term  estimate  std_error
    0      0  Intercept     3.061      1.533
    1      0        age    -0.066      0.047
    2      0        lwt    -0.021      0.010
    """
    return fit_by(
        formula,
        data,
        by,
        model=Binary(link, event, information),
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        missing=missing,
        cluster=cluster,
        conventions=conventions,
        solver=solver,
        level=level,
        memory=memory,
        executor=executor,
        labels=labels,
    )
