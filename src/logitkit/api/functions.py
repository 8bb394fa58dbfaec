"""The public functions that are named for the model that they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from logitkit.api.fitting import fit, fit_matrix
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binary import Binary
from logitkit.models.links import Information
from logitkit.models.nominal import UNSTATED, Multinomial
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.results.nominal import MultinomialFit
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from logitkit.engine.regularised.options import ProxNewton
    from logitkit.models.penalties.specification import Specification

__all__ = ["logit", "logit_matrix", "multinomial", "multinomial_matrix"]


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
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    absorb: str | None = None,
    penalty: Specification | None = None,
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> Fit:
    r"""Fit a logistic regression from a formula by maximum likelihood.

    .. math:: \log \frac{\mu_i}{1 - \mu_i} = x_i'\beta + o_i

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``. The response is 0/1, bool, text or categories with two levels, or
        ``cbind(events, nonevents)``; the terms are formulaic's, with ``offset(z)`` as in R.
    data : table
        pandas, polars, Arrow, another frame that narwhals reads, or a dict of columns; it is not changed.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    weight_kind : {'frequency', 'precision', 'sampling'}
        Whether weights count rows (whole numbers), state precision, or are inverse probabilities of selection; the last
        gives sandwich errors with n / (n - 1) and withholds likelihood statistics.
    event : object, optional
        The value of the response that is modelled. Default: 1, True, or the second of two levels.
    link : {'logit', 'probit', 'cloglog', 'loglog', 'cauchit', 'log'}
        What of the mean is linear in the columns: ``docs/maths/links.md`` has formulas and signs.
    information : {'expected', 'observed'}
        What standard errors follow from: the expected information, as R and SAS have it, or the second derivatives, as
        Stata. With the logit they are the same.
    missing : {'drop', 'raise'}
        Rows with missing values are dropped and counted, or refused.
    cluster : str or (n,) array-like, optional
        Groups of rows that may be dependent, given like ``weights``: sandwich errors with G / (G - 1).
    absorb : str, optional
        A column, such as a firm, whose levels each get an intercept of their own that is estimated but no column of
        the model: hundreds of thousands of levels are no burden. Levels with one outcome are dropped and counted. With
        few rows per level the other coefficients are biased: see ``Fit.bias_correction``.
    penalty : penalty, optional
        Such as ``lk.Lasso(0.05)`` or ``lk.Ridge(0.1) + lk.Bounds(lower=0)``, each part with its strength.
    solver : Newton or ProxNewton, optional
        Options of the solver; the second with a penalty.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    Fit
        Separation and lack of convergence are findings in it, not errors; of the latter a ``ConvergenceWarning`` tells.

    Raises
    ------
    FormulaError, DataError, ResponseError
        What is wrong with the input, where, and what to do.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, chapter 4.

    Examples
    --------
    With one binary predictor the odds ratio is the cross-product of the two-by-two table:

    >>> import logitkit as lk
    >>> data = {"y": [1] * 6 + [0] * 4 + [1] * 3 + [0] * 7, "x": [1] * 10 + [0] * 10}
    >>> fit = lk.logit("y ~ x", data)
    >>> round(float(fit.odds_ratios().loc["x", "odds_ratio"]), 6) == round(6 * 7 / (4 * 3), 6)
    True
    """
    return fit(
        formula,
        data,
        model=Binary(link, event, information),
        penalty=penalty,
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        missing=missing,
        cluster=cluster,
        absorb=absorb,
        solver=solver,
        level=level,
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
    cluster: Any = None,
    penalty: Specification | None = None,
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> Fit:
    """Fit a logistic regression to a ready matrix as it is: no intercept is added.

    A column of ones called ``"Intercept"`` is the intercept; without one the model has none, which its summary says.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        Not copied when it is a dense array.
    y : (n,) array-like
        0/1, bool, text or categories with two levels.
    names : sequence of str, optional
        Column names, x0, x1, ... where X has none; the one called ``"Intercept"``, of ones, is the intercept.
    weights, offset : (n,) array-like, optional
        As in ``logit``, one value per row.
    weight_kind, event, link, information : optional
        As in ``logit``.
    cluster : (n,) array-like, optional
        As in ``logit``, one value per row.
    penalty, solver, level : optional
        As in ``logit``; terms of a penalty are columns.

    Returns
    -------
    Fit
        As from ``logit``.

    Raises
    ------
    DataError, ResponseError
        What is wrong with the input, where, and what to do.

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
        model=Binary(link, event, information),
        penalty=penalty,
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        cluster=cluster,
        solver=solver,
        level=level,
    )


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
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> MultinomialFit:
    r"""Fit a multinomial logistic regression from a formula by maximum likelihood.

    .. math:: \log \frac{p_{ik}}{p_{ir}} = x_i'\beta_k + o_{ik} - o_{ir}

    for every outcome k but the reference r, or in symmetric form :math:`p_{ik} \propto \exp(x_i'\beta_k + o_{ik})` with
    coefficients that sum to zero over the outcomes.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``. The response is text, categories, whole numbers or bool, one outcome per row, or
        ``cbind(a, b, c)`` with counts of each outcome; the terms are those of ``logit``.
    data : table
        As in ``logit``; it is not changed.
    reference : object, optional
        The outcome that the others are compared with. Default: the first, of categories in their order, else sorted.
        None: the symmetric form, in which of all equivalent coefficients those of least norm are given; they sum to
        zero over the outcomes. With a penalty this is the default.
    per_outcome : mapping of str to str or sequence of str, optional
        Terms of single outcomes, ``{"bus": "cost"}``; these have no others besides the intercept. An outcome that is
        not named has all terms of the formula.
    equal : str or sequence of str, optional
        Terms, ``"cost + time"``, whose coefficients are the same for every outcome but the reference.
    weights : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    offset : mapping of str to str or array-like, or (n, K) array-like, optional
        By outcome, given like ``weights``; zero for an outcome without one. An array or table has a column per outcome.
    weight_kind : {'frequency', 'precision', 'sampling'}
        As in ``logit``.
    missing : {'drop', 'raise'}
        Rows with missing values are dropped and counted, or refused.
    cluster : str or (n,) array-like, optional
        Groups of rows that may be dependent: sandwich errors with G / (G - 1).
    penalty : penalty, optional
        As in ``logit``, or ``lk.Lasso(0.05, across_outcomes=True)``, with which a column enters for all outcomes or for
        none. Without a reference it is of the symmetric form; with one, of the coefficients against it, and the fit
        depends on which it is.
    solver : Newton or ProxNewton, optional
        Options of the solver; the second with a penalty.
    level : float, default 0.95
        Confidence level of intervals.

    Returns
    -------
    MultinomialFit
        Separation and lack of convergence are findings in it, not errors; of the latter a ``ConvergenceWarning`` tells.

    Raises
    ------
    FormulaError, DataError, ResponseError
        What is wrong with the input, where, and what to do.

    References
    ----------
    Agresti, A. (2013) Categorical Data Analysis, 3rd edition, section 8.1.

    Examples
    --------
    With one binary predictor the relative risk ratio is the ratio of odds in the table of outcomes:

    >>> import logitkit as lk
    >>> import numpy as np
    >>> data = {"y": ["a"] * 4 + ["b"] * 4 + ["c"] * 2 + ["a"] * 2 + ["b"] * 6 + ["c"] * 2, "x": [0] * 10 + [1] * 10}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> round(float(fit.coef.loc["x", "b"]), 6) == round(float(np.log((6 / 2) / (4 / 4))), 6)
    True
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
        solver=solver,
        level=level,
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
    solver: Newton | ProxNewton | None = None,
    level: float = 0.95,
) -> MultinomialFit:
    """Fit a multinomial logistic regression to a ready matrix, which holds its own intercept.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        Not copied when it is a dense array. Without a column of ones there is no intercept.
    y : (n,) array-like
        One outcome per row.
    names : sequence of str, optional
        Column names; the one called ``"Intercept"`` is the intercept.
    reference, per_outcome, equal : optional
        As in ``multinomial``; terms are columns.
    weights : (n,) array-like, optional
        As in ``multinomial``, one value per row.
    offset : mapping of str to array-like, or (n, K) array-like, optional
        By outcome; zero for an outcome without one.
    weight_kind : {'frequency', 'precision', 'sampling'}
        As in ``logit``.
    cluster : (n,) array-like, optional
        As in ``multinomial``, one value per row.
    penalty, solver, level : optional
        As in ``multinomial``; terms of a penalty are columns.

    Returns
    -------
    MultinomialFit
        As from ``multinomial``.

    Raises
    ------
    DataError, ResponseError
        What is wrong with the input, where, and what to do.

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
        solver=solver,
        level=level,
    )
    return cast(MultinomialFit, found)
