"""The public functions that fit models of several outcomes without an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from logitkit.api.fitting import fit, fit_matrix
from logitkit.design.survey import Survey
from logitkit.engine.solvers.newton import Newton
from logitkit.models.nominal import UNSTATED, Multinomial
from logitkit.results.foreign import in_our_words
from logitkit.results.nominal import MultinomialFit
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from pathlib import Path

    from logitkit.design.chunks.executor import Executor
    from logitkit.engine.regularised.options import ProxNewton
    from logitkit.inference.dispersion import DispersionKind
    from logitkit.models.conventions import ConventionName
    from logitkit.models.penalties.specification import Specification

__all__ = ["multinomial", "multinomial_matrix"]


@in_our_words
def multinomial(
    formula: str,
    data: Any,
    *,
    reference: Any = UNSTATED,
    per_outcome: Mapping[str, str | Sequence[str]] | None = None,
    equal: str | Sequence[str] | None = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    penalty: Specification | None = None,
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
) -> MultinomialFit:
    r"""Fit a multinomial logistic regression from a formula by maximum likelihood.

    .. math:: \log (p_{ik} / p_{ir}) = x_i'\beta_k + o_{ik} - o_{ir}

    for every outcome k except reference r; or the symmetric form of ``lk.Multinomial``. Details:
    ``docs/reference/fitting.md``; guide: ``docs/several_outcomes.md``; methods: ``help(fit)``.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``; the response has one outcome per row, or is ``cbind(a, b, c)``.
    data : table, or source of rows
        As in ``logit``.
    reference : object, optional
        The outcome to compare with; default: the first. None (default with a penalty): symmetric.
    per_outcome, equal : optional
        Terms of individual outcomes, ``{"bus": "cost"}``; terms with the same coefficient for all.
    weights : str or (n,) array-like, optional
        A column name, or an array aligned with ``data``.
    offset : mapping of str to str or array-like, or (n, K) array-like, optional
        Offset by outcome; zero for an outcome not named.
    weight_kind, missing, cluster : optional
        As in ``logit``.
    penalty : penalty, optional
        As in ``logit``; ``lk.Lasso(0.05, across_outcomes=True)`` chooses columns for all outcomes.
    survey, dispersion, conventions, solver, start, vcov, level, labels, memory, checkpoint, executor : optional
        As in ``fit``; the last three are for rows that are read in chunks.

    Returns
    -------
    MultinomialFit
        The fit, which reports separation and failure to converge; only the latter warns.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    References
    ----------
    Agresti, A. (2013) Categorical Data Analysis, 3rd edition, section 8.1.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age", lk.datasets.load_lbw())
    >>> fit.coef.round(3).loc["age"].to_dict()
    {'black': -0.109, 'other': -0.071}
    """
    found = fit(
        formula,
        data,
        model=Multinomial(reference, per_outcome, equal),
        penalty=penalty,
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        missing=missing,
        cluster=cluster,
        survey=survey,
        dispersion=dispersion,
        conventions=conventions,
        solver=solver,
        start=start,
        vcov=vcov,
        level=level,
        labels=labels,
        memory=memory,
        checkpoint=checkpoint,
        executor=executor,
    )
    return cast(MultinomialFit, found)


@in_our_words
def multinomial_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    reference: Any = UNSTATED,
    per_outcome: Mapping[str, str | Sequence[str]] | None = None,
    equal: str | Sequence[str] | None = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    cluster: Any = None,
    penalty: Specification | None = None,
    survey: Survey | None = None,
    dispersion: DispersionKind | None = None,
    conventions: ConventionName | None = None,
    solver: Newton | ProxNewton | None = None,
    start: Any = None,
    vcov: bool = True,
    level: float = 0.95,
    labels: Any = None,
) -> MultinomialFit:
    """Fit a multinomial logistic regression to a ready design matrix, taken as it is: no intercept is added.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        The design matrix; a dense array is not copied. Without a column of ones there is no intercept.
    y : (n,) array-like
        One outcome per row.
    names : sequence of str, optional
        Column names; the column called ``"Intercept"`` is the intercept.
    reference, per_outcome, equal : optional
        As in ``multinomial``; each column is a term.
    weights : (n,) array-like, optional
        As in ``multinomial``, one value per row.
    offset : mapping of str to array-like, or (n, K) array-like, optional
        Offset by outcome; zero for an outcome not named.
    weight_kind, cluster : optional
        As in ``logit``, one value per row.
    penalty, survey, dispersion, conventions, solver, start, vcov, level, labels : optional
        As in ``multinomial``; each column is a term of the penalty.

    Returns
    -------
    MultinomialFit
        As from ``multinomial``.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().assign(Intercept=1.0)
    >>> lk.multinomial_matrix(births[["Intercept", "age"]], births["race"]).coef.round(3)
    outcome    black  other
    term
    Intercept  1.178  1.287
    age       -0.109 -0.071
    """
    found = fit_matrix(
        X,
        y,
        names,
        model=Multinomial(reference, per_outcome, equal),
        penalty=penalty,
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        cluster=cluster,
        survey=survey,
        dispersion=dispersion,
        conventions=conventions,
        solver=solver,
        start=start,
        vcov=vcov,
        level=level,
        labels=labels,
    )
    return cast(MultinomialFit, found)
