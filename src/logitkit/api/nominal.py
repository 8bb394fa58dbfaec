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
    level: float = 0.95,
    labels: Any = None,
    memory: int | str | None = None,
    checkpoint: str | Path | None = None,
    executor: Executor | None = None,
) -> MultinomialFit:
    r"""Fit a multinomial logistic regression from a formula by maximum likelihood.

    .. math:: \log \frac{p_{ik}}{p_{ir}} = x_i'\beta_k + o_{ik} - o_{ir}

    for every outcome k other than the reference r, or in symmetric form :math:`p_{ik} \propto \exp(x_i'\beta_k +
    o_{ik})` with coefficients that sum to zero over the outcomes.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``. The response is text, categories, whole numbers or bool, one outcome per row, or
        ``cbind(a, b, c)`` with counts of each outcome; the terms are those of ``logit``.
    data : table, or source of rows
        As in ``logit``; it is not modified.
    reference : object, optional
        The outcome with which the others are compared. Default: the first in the order of the categories, or else in
        sorted order. None: the symmetric form, with coefficients that sum to zero over the outcomes, the least-norm
        solution; this is the default with a penalty.
    per_outcome : mapping of str to str or sequence of str, optional
        Terms of individual outcomes, ``{"bus": "cost"}``, in addition to the intercept. An outcome not named has all
        terms of the formula.
    equal : str or sequence of str, optional
        Terms, ``"cost + time"``, whose coefficients are equal for all outcomes other than the reference.
    weights : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    offset : mapping of str to str or array-like, or (n, K) array-like, optional
        Offset by outcome, given like ``weights``; zero for an outcome not named. An array or table has one column per
        outcome.
    weight_kind : {'frequency', 'precision', 'sampling'}
        As in ``logit``.
    missing : {'drop', 'raise'}
        Whether to drop and count rows with missing values, or to raise an error.
    cluster : str or (n,) array-like, optional
        Clusters within which rows may be dependent: sandwich standard errors with factor G / (G - 1).
    penalty : penalty, optional
        As in ``logit``, or ``lk.Lasso(0.05, across_outcomes=True)``, with which a column enters for all outcomes or for
        none. Without a reference the symmetric form is penalised; with one, the coefficients against it, so the fit
        depends on the reference.
    survey, dispersion, conventions : optional
        As in ``fit``.
    solver : Newton or ProxNewton, optional
        Options of the solver: ``Newton`` without a penalty, ``ProxNewton`` with one.
    start : Fit, StochasticFit or mapping, optional
        Where the solver starts: an earlier fit, matched by the names of coefficients, as in ``fit``.
    level : float, default 0.95
        Confidence level of intervals.
    labels : lk.labels or mapping, optional
        As in ``fit``.
    memory, checkpoint, executor : optional
        Of rows that are read in chunks, as in ``fit``.

    Returns
    -------
    MultinomialFit
        Separation and failure to converge are reported in it and raise no error; the latter issues a
        ``ConvergenceWarning``.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    References
    ----------
    Agresti, A. (2013) Categorical Data Analysis, 3rd edition, section 8.1.

    Examples
    --------
    With one binary predictor the relative risk ratio is the ratio of the odds in the table of outcomes:

    >>> import logitkit as lk
    >>> data = {"y": ["a"] * 4 + ["b"] * 4 + ["c"] * 2 + ["a"] * 2 + ["b"] * 6 + ["c"] * 2, "x": [0] * 10 + [1] * 10}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> fit.odds_ratios()[["odds_ratio", "conf_low", "conf_high"]].round(2)
    relative risk ratios  odds_ratio  conf_low  conf_high
    outcome term
    b       x                    3.0      0.36      24.92
    c       x                    2.0      0.15      26.73
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
    level: float = 0.95,
    labels: Any = None,
) -> MultinomialFit:
    """Fit a multinomial logistic regression to a ready matrix, which holds its own intercept.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        The matrix; a dense array is not copied. Without a column of ones there is no intercept.
    y : (n,) array-like
        One outcome per row.
    names : sequence of str, optional
        Column names; the column called ``"Intercept"`` is the intercept.
    reference, per_outcome, equal : optional
        As in ``multinomial``; terms are columns.
    weights : (n,) array-like, optional
        As in ``multinomial``, one value per row.
    offset : mapping of str to array-like, or (n, K) array-like, optional
        Offset by outcome; zero for an outcome not named.
    weight_kind, cluster : optional
        As in ``logit``, one value per row.
    penalty, survey, dispersion, conventions, solver, start, level, labels : optional
        As in ``multinomial``; terms of a penalty are columns.

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
    >>> import numpy as np
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> bool(np.isclose(fit.coef.loc["Intercept", "b"], np.log(2)))
    True
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
        level=level,
        labels=labels,
    )
    return cast(MultinomialFit, found)
