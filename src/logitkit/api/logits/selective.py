"""The public function of error rates where the least certain rows are not answered."""

from __future__ import annotations

from typing import Any

from logitkit.logits.selective import risk_curve
from logitkit.results.foreign import in_our_words
from logitkit.results.logits.selective import RiskCoverageCurve, held_curve

__all__ = ["risk_coverage"]


@in_our_words
def risk_coverage(
    logits: Any, y: Any, score: Any = "probability", *, level: float = 0.95, weights: Any = None
) -> RiskCoverageCurve:
    r"""Return the risk-coverage curve: the error rate of the most certain rows, by the proportion answered.

    The predicted outcome is the one with the largest logit, or the first of several equal ones. An event is predicted
    where its logit is above zero.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of rows that the model was not fitted to.
    y : (n,) array-like
        Outcomes of these rows, from 0 to K - 1; for an event, 0 or 1.
    score : {'probability', 'margin', 'entropy'} or (n,) array-like, default 'probability'
        How certain a prediction is: the largest probability, the difference between the two largest logits, minus the
        entropy, or any numbers that are larger for more certain rows.
    level : float, default 0.95
        Confidence level of the intervals.
    weights : (n,) array-like, optional
        How many rows each row stands for, in whole numbers. Results are those of the repeated rows.

    Returns
    -------
    RiskCoverageCurve
        ``coverage``, ``risk``, ``area``, ``excess_area``, ``at(coverage)``, ``to_frame()`` and ``plot()``.

    Raises
    ------
    DataError
        If logits or scores are not finite, or outcomes or weights are out of range.
    UnsupportedError
        If weights are not counts: there are no exact limits with survey weights.

    Notes
    -----
    Rows with equal certainty are answered together. The area is the mean over all orders of such rows
    (``docs/maths/conformal.md``, equations 9 to 13).

    References
    ----------
    Geifman, Y., Uziel, G. and El-Yaniv, R. (2019) Bias-reduced uncertainty estimation for deep neural classifiers.
    ICLR.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.risk_coverage([2.0, -1.0, 0.5, 3.0], [1, 0, 0, 1])
    >>> found.risk.tolist(), found.area
    ([0.0, 0.0, 0.0, 0.25], 0.0625)
    """
    return held_curve(risk_curve(logits, y, score, level, weights))
