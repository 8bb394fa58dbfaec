"""The public function that fits models of ordered outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from logitkit.api.fitting import fit
from logitkit.design.survey import Survey
from logitkit.engine.solvers.newton import Newton
from logitkit.models.conventions import Direction
from logitkit.models.links import Information
from logitkit.models.ordinal import Ordinal
from logitkit.results.foreign import in_our_words
from logitkit.results.ordinal import OrdinalFit
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from pathlib import Path

    from logitkit.design.chunks.executor import Executor
    from logitkit.inference.dispersion import DispersionKind
    from logitkit.models.conventions import ConventionName
    from logitkit.models.penalties.adjustment import Adjustment

__all__ = ["ordinal"]


@in_our_words
def ordinal(
    formula: str,
    data: Any,
    *,
    model: Literal["cumulative", "adjacent"] = "cumulative",
    link: str = "logit",
    nominal: str | Sequence[str] | None = None,
    order: Sequence[Any] | None = None,
    information: Information = "observed",
    direction: Direction = "higher",
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    cluster: Any = None,
    penalty: Adjustment | None = None,
    survey: Survey | None = None,
    dispersion: DispersionKind | None = None,
    conventions: ConventionName | None = None,
    solver: Newton | None = None,
    start: Any = None,
    level: float = 0.95,
    labels: Any = None,
    memory: int | str | None = None,
    checkpoint: str | Path | None = None,
    executor: Executor | None = None,
) -> OrdinalFit:
    r"""Fit a model of ordered outcomes from a formula by maximum likelihood.

    .. math:: P(Y_i \le k) = F(\theta_k - x_i'\beta - z_i'\gamma_k - o_i)

    with thresholds :math:`\theta_k`; or the adjacent-category model,
    :math:`\log \{P(Y_i = k + 1) / P(Y_i = k)\} = \theta_k + x_i'\beta + z_i'\gamma_k + o_i`. A positive coefficient
    means higher outcomes, unless ``direction`` says otherwise.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``. The response is an ordered categorical, numbers, or ``cbind(low, medium, high)`` with
        counts of each outcome, the lowest first; text needs ``order``. The terms are those of ``logit``.
    data : table, or source of rows
        As in ``logit``; it is not modified.
    model : {'cumulative', 'adjacent'}
        The model of the two above.
    link : {'logit', 'probit', 'cloglog', 'loglog', 'cauchit'}
        Link of the cumulative model, the inverse of F; the adjacent-category model has the logit.
    nominal : str or sequence of str, optional
        Terms of the formula, ``"temp + contact"``, with one coefficient per threshold; all other terms have a single
        one.
    order : sequence, optional
        The outcomes from the lowest to the highest.
    information : {'observed', 'expected'}
        The information on which standard errors are based: observed, as in R's clm and polr and in Stata, or expected,
        as in SAS and VGAM.
    direction : {'higher', 'lower', 'thresholds'}
        What positive coefficients mean: higher outcomes, as in Stata; lower ones, as in SAS; or, of the cumulative
        model, higher outcomes but lower ones for nominal terms, as in ``ordinal::clm`` of R.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped. The offset is added to x'b.
    weight_kind : {'frequency', 'precision', 'sampling'}
        As in ``logit``.
    missing : {'drop', 'raise'}
        Whether to drop and count rows with missing values, or to raise an error.
    cluster : str or (n,) array-like, optional
        Clusters within which rows may be dependent: sandwich standard errors with factor G / (G - 1).
    penalty : adjustment, optional
        ``lk.Jeffreys()``, ``lk.LogF(m)``, ``lk.MeanBias()`` or ``lk.MedianBias()``, which reduce bias; there are no
        penalties that shrink.
    survey : Survey, optional
        The design of the sample, ``lk.Survey(strata="s", units="u")``; ``weights`` are then sampling weights.
    dispersion, conventions : optional
        As in ``fit``.
    solver : Newton, optional
        Options of the solver.
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
    OrdinalFit
        Separation and failure to converge are reported in it and raise no error; the latter issues a
        ``ConvergenceWarning``.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    References
    ----------
    McCullagh, P. (1980) Regression models for ordinal data. Journal of the Royal Statistical Society B 42, 109-142.

    Examples
    --------
    Without terms the thresholds are the logits of the cumulative proportions, here 1/4 and 3/4:

    >>> import logitkit as lk
    >>> fit = lk.ordinal("rating ~ 1", {"rating": ["low", "mid", "mid", "high"]}, order=["low", "mid", "high"])
    >>> fit.coef.round(4).to_dict()
    {'low|mid': -1.0986, 'mid|high': 1.0986}
    """
    found = fit(
        formula,
        data,
        model=Ordinal(model, link, nominal, order, information, direction),
        weights=weights,
        offset=offset,
        weight_kind=weight_kind,
        missing=missing,
        cluster=cluster,
        penalty=penalty,
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
    return cast(OrdinalFit, found)
