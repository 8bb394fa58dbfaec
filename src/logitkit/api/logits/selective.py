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
    r"""Return the error rate of the most certain rows by how many are answered, with the area under the curve.

    The outcome with the largest logit is predicted, of equal ones the first; of an event it is predicted where its
    logit is above zero.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of rows that the model was not fitted to.
    y : (n,) array-like
        Their outcomes, from 0 to K - 1; 0 or 1 of an event.
    score : {'probability', 'margin', 'entropy'} or (n,) array-like, default 'probability'
        How certain a row is: the largest probability, the difference of the two largest logits, minus the entropy, or
        any other number, the larger the more certain.
    level : float, default 0.95
        Of the intervals.
    weights : (n,) array-like, optional
        How many rows each row stands for, whole numbers: answers, limits and the error of the area are those of that
        many rows.

    Returns
    -------
    RiskCoverageCurve
        ``coverage``, ``risk``, ``area``, ``excess_area``, ``at(coverage)``, ``to_frame()`` and ``plot()``.

    Raises
    ------
    DataError
        If logits or scores are not finite, or outcomes or weights out of range.
    UnsupportedError
        If weights are no counts: those of a survey have no exact limits.

    Notes
    -----
    Rows with equal certainty are answered together; in the area they are in random order, and it is the mean over all
    orders (``docs/maths/conformal.md``, equations 9 to 13).

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
