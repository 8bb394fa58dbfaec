"""Which reductions of bias a model and its rows have, and what is said of the others."""

from __future__ import annotations

from logitkit.design.info import DesignInfo
from logitkit.models.form import Form
from logitkit.models.penalties.adjustment import Adjustment, Jeffreys, LogF
from logitkit.typing import FloatArray

__all__ = ["why_not_adjusted"]


def why_not_adjusted(info: DesignInfo, form: Form, totals: FloatArray, stated: Adjustment) -> str:
    """Return why an adjustment has no meaning for a model and its rows, empty where it has.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> records = [lk.logit("y ~ x", data, link=link).record for link in ("logit", "probit")]
    >>> [why_not_adjusted(one.info, one.form, one.totals, LogF()) == "" for one in records]
    [True, False]
    """
    words, given = form.family.words, info.response
    if refused := info.nuisance.why_not("adjustment"):
        return refused
    if words.quasi:
        return "outcome='fraction' has no likelihood whose bias could be reduced: fit without penalty=."
    if given.weight_kind == "sampling" or given.cluster is not None:
        what = "sampling weights" if given.weight_kind == "sampling" else "cluster="
        return (
            f"penalty={stated!r} does not go with {what}: the bias that it takes out is that of independent rows with "
            "this likelihood. Leave one of the two out."
        )
    if form.family.is_bounded:
        return (
            f"penalty={stated!r} does not go with the {words.link}: the information grows without bound where a mean "
            "is near 1. Use another link, and fit.effects(scale='risk_ratio') for risk ratios."
        )
    if isinstance(stated, Jeffreys):
        return _why_not_jeffreys(info, form, totals, stated)
    if isinstance(stated, LogF) and (words.ratio is None or words.ratio.of != "odds"):
        return (
            f"penalty={stated!r} is a prior of log odds ratios, and the coefficients of this model are none. Use "
            "lk.Jeffreys(), or the logit link."
        )
    if isinstance(stated, LogF) and words.compares and form.reference is None:
        return f"penalty={stated!r} is a prior of log odds ratios against a reference outcome: name one, reference=."
    return ""


def _why_not_jeffreys(info: DesignInfo, form: Form, totals: FloatArray, stated: Jeffreys) -> str:
    """Return why a model has not got Jeffreys' prior, or its correction."""
    improper = form.family.words.improper
    if improper and sum(part.n_rows > 1 for part in form.predictors.parts) > 1:
        return (
            f"penalty={stated!r} does not go with terms that have a coefficient per threshold: the information grows "
            "without bound where thresholds of a row meet. Use lk.MeanBias(), or one coefficient per term."
        )
    pairs = list(zip(info.response.outcomes, totals, strict=True))
    for outcome, total in pairs[1:-1] if improper else ():
        if total > stated.power:
            continue
        # A prior that outweighs an outcome between two others: the thresholds beside it would meet.
        return (
            f"penalty={stated!r}: outcome {outcome!r} occurs {total:g} times, which has to be more than the power "
            f"{stated.power:g}. Else the penalised likelihood has no maximum, as it rises where both thresholds of "
            "the outcome meet. Merge it with a neighbour, or use lk.MeanBias()."
        )
    if stated.correction is not None and not form.family.is_logit:
        return f"correction={stated.correction!r} is defined for the logit of two outcomes only."
    if stated.correction is not None and info.intercept is None:
        return f"correction={stated.correction!r} mends the intercept, and the model has none."
    return ""
