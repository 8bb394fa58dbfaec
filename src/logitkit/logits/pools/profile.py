r"""Profile likelihood of weights that are bounded: where the others are at their best for it, how far one may go.

Minus the log-likelihood is convex in the weights, so that of the profile is convex in the one that is held, and its
slope is the gradient by it less the multiplier of the sum. Newton's method, kept between a point inside the interval
and one outside, finds where it has risen by half of the quantile of chi-squared.
"""

from __future__ import annotations

import numpy as np

from logitkit.engine.law import NORMAL, require_level
from logitkit.logits.pools.least import Loss, least
from logitkit.typing import FloatArray

__all__ = ["profile_limits"]

STEPS_MOST = 80
CLOSE = 1e-8  # of the rise
WIDTH = 1e-12


def profile_limits(
    loss: Loss, weights: FloatArray, std_error: FloatArray, total: float, adds_up: bool, level: float
) -> FloatArray:
    """Return the limits of each weight.

    Parameters
    ----------
    loss : callable
        Minus the log-likelihood, with both derivatives.
    weights, std_error : (J,) array
        The best weights, and a guess of how far their limits are.
    total : float
        Weight of the rows.
    adds_up : bool
        Whether weights add up to one.
    level : float
        Confidence level.

    Returns
    -------
    (J, 2) array
        0 and, of weights that add up, 1 where the likelihood does not fall so far before.

    Examples
    --------
    Of a quadratic these are Wald's:

    >>> best = np.array([3.0, 4.0])
    >>> limits = profile_limits(
    ...     lambda x: (0.5 * ((x - best) ** 2).sum(), x - best, np.eye(2)), best, np.ones(2), 1.0, False, 0.95
    ... )
    >>> limits.round(4).tolist()
    [[1.04, 4.96], [2.04, 5.96]]
    """
    require_level(level)
    quantile = float(NORMAL.quantile(level))
    top = least(loss, weights, total, adds_up).value + 0.5 * quantile**2
    out = np.empty((weights.size, 2))
    for j in range(weights.size):
        held = _Held(loss, weights, j, total, adds_up, top)
        here = float(weights[j])
        guess = quantile * float(std_error[j]) or 1e-3
        out[j, 0] = held.limit(here, 0.0, here - guess) if here > 0.0 else 0.0
        edge = 1.0 if adds_up else here + 2.0 * guess
        while not adds_up and held.rise(edge)[0] <= 0.0:
            edge = here + 2.0 * (edge - here)
        out[j, 1] = held.limit(here, edge, here + guess)
    return out


class _Held:
    """The profile of one weight: how far it is above the level that the limits have."""

    def __init__(self, loss: Loss, weights: FloatArray, place: int, total: float, adds_up: bool, top: float) -> None:
        self.loss, self.place, self.total, self.adds_up, self.top = loss, place, total, adds_up, top
        self.movable = np.arange(weights.size) != place
        self.others = weights.copy()  # where the last profile was, to begin the next

    def rise(self, value: float) -> tuple[float, float]:
        """Return how far the profile is above the level at a value, and its slope."""
        start = self.others.copy()
        start[self.place] = value
        if self.adds_up:
            rest = self.others[self.movable].sum()
            spread = self.others[self.movable] / rest if rest > 0.0 else np.full(start.size - 1, 1.0 / (start.size - 1))
            start[self.movable] = (1.0 - value) * spread
            if value < 1.0 and not np.isfinite(self.loss(start)[0]):
                start[self.movable] = (1.0 - value) / (start.size - 1)
        found = least(self.loss, start, self.total, self.adds_up, self.movable)
        if not np.isfinite(found.value):
            return np.inf, np.nan
        self.others = found.at
        return found.value - self.top, float(found.gradient[self.place] - found.multiplier)

    def limit(self, inside: float, edge: float, guess: float) -> float:
        """Return the value between one inside and an edge at which the profile reaches the level, or the edge."""
        if inside == edge or self.rise(edge)[0] <= 0.0:
            return edge
        outside, value = edge, guess
        for _ in range(STEPS_MOST):
            if not min(inside, outside) < value < max(inside, outside):
                value = 0.5 * (inside + outside)
            above, slope = self.rise(value)
            if abs(above) <= CLOSE or abs(outside - inside) <= WIDTH * (1.0 + abs(value)):
                break
            inside, outside = (inside, value) if above > 0.0 else (value, outside)
            value = value - above / slope if np.isfinite(above) and slope != 0.0 else np.nan
        return value
