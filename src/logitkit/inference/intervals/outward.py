"""A root of a function that increases outward, by Newton's method or the secant method in a growing bracket."""

from __future__ import annotations

import math
from collections.abc import Callable

__all__ = ["outward_root"]

STEPS = 100
OUTWARD = 2.0  # factor by which a bracket grows
FARTHEST = 1e12  # units from the start: what has not crossed zero there is given up
NARROW = 1e-15  # of the values: a bracket that is narrower is one number


def outward_root(
    measure: Callable[[float], tuple[float, float] | None],
    start: float,
    side: float,
    unit: float,
    tol: float,
    *,
    known: bool = True,
    at_start: float = math.nan,
) -> float:
    """Return the root of a function that increases in one direction.

    Parameters
    ----------
    measure : callable
        Function of a value that returns the function and its derivative, nan if that is unknown; None where the
        function is not defined, which counts as beyond the root.
    start : float
        Value to start from.
    side : float
        Direction in which the function increases: 1 or -1.
    unit : float
        Approximate distance of the root.
    tol : float
        Tolerance for the value of the function.
    known : bool, default True
        Whether the function is known to be below zero at the start.
    at_start : float, optional
        Value of the function at the start, if it is known.

    Returns
    -------
    float
        The root, or an end of the bracket if the function jumps over zero; infinite if it never crosses zero.

    Examples
    --------
    >>> round(outward_root(lambda v: (v * v - 2.0, 2.0 * v), 0.0, 1.0, 1.0, 1e-12), 9)
    1.414213562
    >>> round(outward_root(lambda v: (v * v - 2.0, float("nan")), 0.0, -1.0, 1.0, 1e-12), 9)
    -1.414213562
    """
    inside, outside = start if known else -side * math.inf, side * math.inf
    value, length = (start + side * unit if known else start), unit
    before = None if math.isnan(at_start) else (start, at_start)
    for _ in range(STEPS):
        found = measure(value)
        if found is None or found[0] > 0.0:
            outside = value
        else:
            inside = value
        if found is not None and abs(found[0]) <= tol:
            return value
        bounded = not (math.isinf(inside) or math.isinf(outside))
        if bounded and abs(outside - inside) <= NARROW * max(abs(inside), abs(outside), unit):
            return inside
        if abs(value - start) > FARTHEST * unit:
            return side * math.inf
        guess = math.nan
        if found is not None:
            slope = found[1]
            if math.isnan(slope) and before is not None and before[1] != found[0]:
                slope = (found[0] - before[1]) / (value - before[0])
            if side * slope > 0.0:
                guess = value - found[0] / slope
            before = (value, found[0])
        if not side * inside < side * guess < side * outside or (not bounded and abs(guess - value) > 8.0 * length):
            length *= OUTWARD
            if math.isinf(outside):
                guess = value + side * length
            elif math.isinf(inside):
                guess = value - side * length
            else:
                guess = 0.5 * (inside + outside)
        value = guess
    return value
