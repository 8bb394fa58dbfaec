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
    vcov: bool = True,
    level: float = 0.95,
    labels: Any = None,
    memory: int | str | None = None,
    checkpoint: str | Path | None = None,
    executor: Executor | None = None,
) -> OrdinalFit:
    r"""Fit a model of ordered outcomes from a formula by maximum likelihood.

    .. math:: P(Y_i \le k) = F(\theta_k - x_i'\beta - z_i'\gamma_k - o_i)

    with thresholds :math:`\theta_k`; or the adjacent-category model of ``lk.Ordinal``. Details:
    ``docs/reference/fitting.md``; guide: ``docs/ordinal.md``; methods: ``help(fit)``.

    Parameters
    ----------
    formula : str
        ``"response ~ terms"``; an ordered or numeric response, or ``cbind(low, medium, high)``.
    data : table, or source of rows
        As in ``logit``.
    model, link : str
        ``"cumulative"`` or ``"adjacent"``; the inverse of F, as in ``lk.Binary``.
    nominal : str or sequence of str, optional
        Terms with one coefficient per threshold; all other terms have one coefficient.
    order : sequence, optional
        The outcomes from the lowest to the highest; required for text.
    information, direction : str
        The basis of standard errors, and the meaning of positive coefficients: ``lk.Ordinal``.
    weights, offset, weight_kind, missing, cluster : optional
        As in ``logit``.
    penalty : adjustment, optional
        ``lk.Jeffreys()`` or another that reduces bias; penalties that shrink are refused.
    survey, dispersion, conventions, solver, start, vcov, level, labels, memory, checkpoint, executor : optional
        As in ``fit``; the last three are for rows that are read in chunks.

    Returns
    -------
    OrdinalFit
        The fit, which reports separation and failure to converge; only the latter warns.

    Raises
    ------
    FormulaError, DataError, ResponseError
        If the input is invalid; the message says what is wrong, where, and what to do.

    References
    ----------
    McCullagh, P. (1980) Regression models for ordinal data. JRSS B 42, 109-142.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.ordinal("y ~ 1", {"y": [1, 2, 2, 3]}).coef.round(4).to_dict()
    {'1|2': -1.0986, '2|3': 1.0986}
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
        vcov=vcov,
        level=level,
        labels=labels,
        memory=memory,
        checkpoint=checkpoint,
        executor=executor,
    )
    return cast(OrdinalFit, found)
