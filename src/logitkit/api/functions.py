"""The public functions that fit logistic regressions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import logitkit.numerics.kernels  # noqa: F401 - before imports nest: Python 3.11 maps memory anew at some depths of calls
from logitkit.api.fitting import fit, fit_matrix
from logitkit.engine.solvers.newton import Newton
from logitkit.models.binary import Binary, OutcomeKind
from logitkit.models.links import Information
from logitkit.results.fit import Fit
from logitkit.results.foreign import in_our_words
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from pathlib import Path

    from logitkit.design.chunks.executor import Executor
    from logitkit.design.survey import Survey
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
    vcov: bool = True,
    level: float = 0.95,
    labels: Any = None,
    memory: int | str | None = None,
    checkpoint: str | Path | None = None,
    executor: Executor | None = None,
) -> Fit:
    r"""Fit a logistic regression from a formula by maximum likelihood.

    .. math:: \log \{\mu_i / (1 - \mu_i)\} = x_i'\beta + o_i

    Details: ``docs/reference/fitting.md``; guide: ``docs/binary.md``; methods: ``help(fit)``.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``; the response has two values, or is ``cbind(events, nonevents)``.
    data : table, or source of rows
        A data frame or a dict of columns; or files read in chunks, ``"loans/*.parquet"``.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data``.
    weight_kind : {'frequency', 'precision', 'sampling'}
        Whether weights are counts of rows, precisions or inverse selection probabilities.
    event : object, optional
        The outcome whose probability is modelled. Default: 1, True, or the second of two levels.
    link, information, outcome : str
        As in ``lk.Binary``: ``link="probit"``, or ``outcome="fraction"`` for means from 0 to 1.
    missing : {'drop', 'raise'}
        Whether to drop rows with missing values or to raise an error.
    cluster, absorb : str, optional
        Clusters of dependent rows (sandwich errors); a column with one intercept per level.
    penalty : penalty, optional
        ``lk.Lasso(0.05)`` or another; ``lk.Jeffreys()`` (Firth) and others reduce bias.
    survey, dispersion, conventions, solver, start, vcov, level, labels, memory, checkpoint, executor : optional
        As in ``fit``; the last three are for rows that are read in chunks.

    Returns
    -------
    Fit
        The fit, which reports separation and failure to converge; only the latter warns.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, chapter 4.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
    >>> fit.coef.round(3).to_dict()
    {'Intercept': 1.366, 'age': -0.039, 'lwt': -0.012, 'smoke': 0.671}
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
        vcov=vcov,
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
    vcov: bool = True,
    level: float = 0.95,
    labels: Any = None,
) -> Fit:
    """Fit a logistic regression to a ready design matrix, taken as it is: no intercept is added.

    A column of ones called ``"Intercept"`` is the intercept; without it the model has none, and the summary says so.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        The design matrix; a dense array is not copied.
    y : (n,) array-like
        0/1, bool, text or categories with two levels.
    names : sequence of str, optional
        Column names; x0, x1, ... if X has none. The column of ones called ``"Intercept"`` is the intercept.
    weights, offset : (n,) array-like, optional
        As in ``logit``, one value per row.
    weight_kind, event, link, information, outcome, cluster : optional
        As in ``logit``.
    penalty, survey, dispersion, conventions, solver, start, vcov, level, labels : optional
        As in ``logit``; each column is a term of the penalty.

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
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().assign(Intercept=1.0)
    >>> lk.logit_matrix(births[["Intercept", "age", "lwt"]], births["low"]).coef.round(3).to_dict()
    {'Intercept': 1.747, 'age': -0.04, 'lwt': -0.013}
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
        vcov=vcov,
        level=level,
        labels=labels,
    )
