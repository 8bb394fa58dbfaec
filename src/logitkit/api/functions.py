"""The public functions that fit logistic regressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from logitkit.api.fitting import fit, fit_matrix
from logitkit.design.survey import Survey
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binary import Binary, OutcomeKind
from logitkit.models.links import Information
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from pathlib import Path

    from logitkit.design.chunks.executor import Executor
    from logitkit.engine.regularised.options import ProxNewton
    from logitkit.inference.dispersion import DispersionKind
    from logitkit.models.conventions import ConventionName
    from logitkit.models.penalties.specification import Specification

__all__ = ["logit", "logit_matrix"]


@in_our_words
def logit(
    formula: str,
    data: Any,
    *,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    information: Information = "expected",
    outcome: OutcomeKind = "event",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    absorb: str | None = None,
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
) -> Fit:
    r"""Fit a logistic regression from a formula by maximum likelihood.

    .. math:: \log \frac{\mu_i}{1 - \mu_i} = x_i'\beta + o_i

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``. The response is 0/1, bool, text or categories with two levels, or
        ``cbind(events, nonevents)``; the terms follow formulaic's syntax, with ``offset(z)`` as in R.
    data : table, or source of rows
        A pandas, polars or Arrow table, any frame that narwhals supports, or a dict of columns; it is not modified. Or
        rows that need not fit in memory, such as Parquet files, ``"loans/*.parquet"``: ``fit`` has the list.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    weight_kind : {'frequency', 'precision', 'sampling'}
        Whether weights are counts of rows (whole numbers), precisions, or inverse probabilities of selection; the last
        give sandwich standard errors with factor n / (n - 1) and no likelihood statistics.
    event : object, optional
        The value of the response whose probability is modelled. Default: 1, True, or the second of two levels.
    link : {'logit', 'probit', 'cloglog', 'loglog', 'cauchit', 'log'}
        The link function, applied to the mean; formulas and signs are in ``docs/maths/links.md``.
    information : {'expected', 'observed'}
        The information on which standard errors are based: expected, as in R and SAS, or observed, as in Stata. For the
        logit they are equal.
    outcome : {'event', 'fraction'}
        Whether a row has the event or not, or a fraction between 0 and 1: the mean of a fraction is modelled by
        quasi-likelihood, with robust standard errors, and has no likelihood statistics.
    missing : {'drop', 'raise'}
        Whether to drop and count rows with missing values, or to raise an error.
    cluster : str or (n,) array-like, optional
        Clusters within which rows may be dependent, given like ``weights``: sandwich standard errors with factor G / (G
        - 1).
    absorb : str, optional
        A column, such as a firm identifier. Each level gets its own intercept, estimated without a column in the
        design, so that hundreds of thousands of levels are feasible. Levels with one outcome only are dropped and
        counted. With few rows per level the other coefficients are biased: see ``Fit.bias_correction``.
    penalty : penalty, optional
        For example ``lk.Lasso(0.05)`` or ``lk.Ridge(0.1) + lk.Bounds(lower=0)``, each part with its strength; or
        ``lk.Jeffreys()`` (Firth), ``lk.LogF(m)``, ``lk.MeanBias()`` and ``lk.MedianBias()``, which reduce bias.
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
    Fit
        Separation and failure to converge are reported in it and raise no error; the latter issues a
        ``ConvergenceWarning``.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    See Also
    --------
    multinomial, ordinal : Several outcomes.
    fit : Any model, and rows that do not fit in memory.
    logit_matrix : A ready matrix.
    Fit : What comes back: ``help(fit)`` lists its verbs by task.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, chapter 4.

    Examples
    --------
    With one binary predictor the odds ratio is the cross-product of the two-by-two table:

    >>> import logitkit as lk
    >>> data = {"y": [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7, "x": [1] * 10 + [0] * 10}
    >>> fit = lk.logit("y ~ x", data)
    >>> fit.odds_ratios()[["odds_ratio", "conf_low", "conf_high"]].round(3).loc["x"].to_dict()
    {'odds_ratio': 3.5, 'conf_low': 0.549, 'conf_high': 22.304}
    """
    return fit(
        formula,
        data,
        model=Binary(link, event, information, outcome),
        penalty=penalty,
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        missing=missing,
        cluster=cluster,
        absorb=absorb,
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


@in_our_words
def logit_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    information: Information = "expected",
    outcome: OutcomeKind = "event",
    cluster: Any = None,
    penalty: Specification | None = None,
    survey: Survey | None = None,
    dispersion: DispersionKind | None = None,
    conventions: ConventionName | None = None,
    solver: Newton | ProxNewton | None = None,
    start: Any = None,
    level: float = 0.95,
    labels: Any = None,
) -> Fit:
    """Fit a logistic regression to a ready matrix as it is: no intercept is added.

    A column of ones called ``"Intercept"`` is the intercept; without it the model has none, as the summary notes.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        The matrix; a dense array is not copied.
    y : (n,) array-like
        0/1, bool, text or categories with two levels.
    names : sequence of str, optional
        Column names; x0, x1, ... if X has none. The column of ones called ``"Intercept"`` is the intercept.
    weights, offset : (n,) array-like, optional
        As in ``logit``, one value per row.
    weight_kind, event, link, information, outcome, cluster : optional
        As in ``logit``.
    penalty, survey, dispersion, conventions, solver, start, level, labels : optional
        As in ``logit``; terms of a penalty are columns.

    Returns
    -------
    Fit
        As from ``logit``.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> fit = lk.logit_matrix(np.ones((4, 1)), [0, 1, 1, 1], names=["Intercept"])
    >>> bool(np.isclose(fit.coef["Intercept"], np.log(3)))
    True
    """
    return fit_matrix(
        X,
        y,
        names,
        model=Binary(link, event, information, outcome),
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
