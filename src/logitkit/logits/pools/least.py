r"""The least value of a convex function of a few numbers that are not negative, and may have to add up to a number.

Newton's method: each step minimises the quadratic model where the bounds hold, by Lawson and Hanson's active set, and
is halved until the function falls enough. Of weights that add up to s, the gradient bounds what is left:

.. math:: f(x) - \min f \le g(x)' x - s \min_j g_j(x) .

References
----------
Lawson, C. L. and Hanson, R. J. (1974) Solving Least Squares Problems, chapter 23.
Kim, Y., Carbonetto, P., Stephens, M. and Anitescu, M. (2020) A fast algorithm for maximum likelihood estimation of
mixture proportions using sequential quadratic programming. Journal of Computational and Graphical Statistics 29,
261-273.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.typing import BoolArray, FloatArray

__all__ = ["Least", "Loss", "least"]

#: Value, gradient and Hessian at a point.
Loss = Callable[[FloatArray], tuple[float, FloatArray, FloatArray]]

STEPS_MOST = 100
CLOSE = 1e-13  # of a Newton decrement, per unit of weight
ROUNDING = 1e-11  # of a multiplier, beside the size of its terms


@dataclass(frozen=True, slots=True)
class Least:
    """A minimum.

    Parameters
    ----------
    at : (J,) array
        Position of the minimum; numbers at their bound are exactly zero.
    value : float
        Value of the function.
    gradient : (J,) array
        There.
    hessian : (J, J) array
        There.
    multiplier : float
        What the gradient by each number above zero is, 0 where the sum is free.
    """

    at: FloatArray
    value: float
    gradient: FloatArray
    hessian: FloatArray
    multiplier: float


def least(loss: Loss, start: FloatArray, total: float, adds_up: bool, movable: BoolArray | None = None) -> Least:
    """Return the minimum.

    Parameters
    ----------
    loss : callable
        Convex.
    start : (J,) array
        Start, not negative; its sum is kept if ``adds_up`` is true.
    total : float
        Total weight of the rows, which sets the accuracy.
    adds_up : bool
        Whether the sum is fixed.
    movable : (J,) bool array, optional
        Which numbers may move; all by default.

    Returns
    -------
    Least
        At most 100 steps from the start; with an infinite value where the function is infinite at the start.

    Examples
    --------
    The point of the simplex nearest to (2, 1, -1):

    >>> target = np.array([2.0, 1.0, -1.0])
    >>> found = least(lambda x: (0.5 * ((x - target) ** 2).sum(), x - target, np.eye(3)), np.full(3, 1 / 3), 1.0, True)
    >>> found.at.round(12).tolist()
    [1.0, 0.0, 0.0]
    """
    free = np.ones(start.size, dtype=bool) if movable is None else movable
    x, (value, gradient, hessian) = start.copy(), loss(start)
    for _ in range(STEPS_MOST):
        if not np.isfinite(value):
            break
        step = _bounded_step(hessian, gradient, x, free, adds_up)
        decrement = float(-gradient @ step)
        if decrement <= CLOSE * total:
            x = x + step  # the last, of which the value cannot tell
            value, gradient, hessian = loss(x)
            break
        size, after = 1.0, loss(x + step)
        while not after[0] <= value - 1e-4 * size * decrement and size * decrement > CLOSE * total:
            size *= 0.5
            after = loss(x + size * step)
        x = x + size * step
        value, gradient, hessian = after
    inside = free & (x > 0.0)
    multiplier = float(gradient[inside].mean()) if adds_up and inside.any() else 0.0
    return Least(x, value, gradient, hessian, multiplier)


def _bounded_step(
    hessian: FloatArray, gradient: FloatArray, x: FloatArray, movable: BoolArray, adds_up: bool
) -> FloatArray:
    """Return the step that makes the quadratic model least where no number becomes negative."""
    inside = movable & (x > 0.0)
    step = np.zeros(x.size)
    for _ in range(3 * x.size + 10):
        wanted, multiplier = _free_step(hessian, gradient, step, inside, adds_up)
        below = inside & (x + wanted < 0.0)
        if below.any():
            reach = np.where(below, (x + step) / np.where(below, step - wanted, 1.0), 1.0)
            step = step + reach.min() * (wanted - step)
            stopped = below & (reach <= reach.min())
            step[stopped] = -x[stopped]
            inside &= ~stopped
            continue
        step = wanted
        slope = gradient + hessian @ step - multiplier
        size = np.abs(gradient) + np.abs(hessian) @ np.abs(step) + abs(multiplier)
        gain = np.where(movable & ~inside, slope / np.maximum(size, 1e-300), 0.0)
        if gain.min() >= -ROUNDING:
            break
        inside[int(np.argmin(gain))] = True
    return step


def _free_step(
    hessian: FloatArray, gradient: FloatArray, step: FloatArray, inside: BoolArray, adds_up: bool
) -> tuple[FloatArray, float]:
    """Return the step of the numbers inside their bounds, the others as they are, and the multiplier of the sum."""
    out, places = step.copy(), np.flatnonzero(inside)
    if not places.size:
        return out, 0.0
    # With the sum held, one number makes up for what the others do.
    last = int(places[np.argmax(np.diag(hessian)[places])])
    free = places[places != last] if adds_up else places
    out[places] = 0.0
    basis = np.zeros((out.size, free.size))
    basis[free, np.arange(free.size)] = 1.0
    if adds_up:
        out[last] = -out.sum()
        basis[last] = -1.0
    block = basis.T @ hessian @ basis
    size = np.diag(block)
    scale = np.where(size > 0.0, 1.0 / np.sqrt(np.where(size > 0.0, size, 1.0)), 1.0)
    right = -(basis.T @ (gradient + hessian @ out)) * scale
    out += basis @ (np.linalg.lstsq(block * np.outer(scale, scale), right, rcond=1e-14)[0] * scale)
    return out, float(gradient[last] + hessian[last] @ out) if adds_up else 0.0
