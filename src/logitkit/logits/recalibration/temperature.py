r"""One slope of all logits by maximum likelihood, in about two passes over many rows.

With :math:`f(s)` the negative log-likelihood, convex in the slope s, each pass gives f and three derivatives
(``numerics/kernels/tempered.py``), whose expansion is minimised in place of a Newton step: from a relative distance
:math:`\delta` the next is of order :math:`\delta^3`. The search begins with a part of the rows, then with all of them
where those of the part end, a thousandth off: one pass leaves an error of about :math:`10^{-9}`, a millionth of the
standard error of a million rows. The loss and the Brier score there follow from the same expansion; those before are a
pass of their own (``docs/maths/calibration.md``, equation 7).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from logitkit.errors import SeparationError, UnsupportedError
from logitkit.logits.recalibration.softmax_fit import SEPARATED
from logitkit.numerics.kernels.tempered import SUMS, tempered_sums
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import CodeArray, FloatArray

__all__ = ["Tempered", "fit_temperature"]

PASSES_MOST = 100
PART_ROWS = 16_384  # of the first part, and 8 times as many of each that follows
PART_TIMES = 8
FEW_NUMBERS = 1 << 20  # logits of rows that more passes do not cost
NEAR, NEAR_OF_MANY, NEAR_OF_PART = 1e-4, 2e-3, 0.1  # relative step that ends the search: what is left is its power
REACH = 10.0  # how many times larger or smaller a slope may become in a step
SMALL = 1e-2  # slope below which its sign is looked at
NO_LOSS = 1e-9  # per unit of weight: less is no mistake in any row
RUN_OFF = 1e5  # a slope, of logits of unit variance, beyond which outcomes are separated


class Tempered(NamedTuple):
    """A slope with its information, and mean scores before and after.

    Parameters
    ----------
    slope, information : float
        The estimate, and the second derivative of the negative log-likelihood there.
    log_loss, brier : tuple of float
        Of one trial, before and after.
    """

    slope: float
    information: float
    log_loss: tuple[float, float]
    brier: tuple[float, float]


class _Rows(NamedTuple):
    """Logits with what happened; outcomes as codes or as proportions."""

    logits: FloatArray
    codes: CodeArray
    shares: FloatArray
    weights: FloatArray

    def every(self, step: int) -> _Rows:
        """Return each ``step``-th row."""
        kept = (each[::step].copy() for each in (self.logits, self.shares, self.weights))
        logits, shares, weights = kept
        return _Rows(logits, self.codes[::step].copy(), shares, weights)

    def sums(self, slope: float, derivatives: bool = True) -> FloatArray:
        """Return the sums at a slope that is not below zero, the same on any number of threads."""
        n, k = self.logits.shape
        groups = row_groups(n, k, 8 * SUMS)

        def of_group(group: int) -> FloatArray:
            a, b = groups.bounds[group]
            found = np.zeros(SUMS)
            here = (self.logits[a:b], self.codes[a:b], self.shares[a:b], self.weights[a:b])
            tempered_sums(*here, slope, derivatives, found)
            return found

        total = np.zeros(SUMS)
        for part in ordered_map(of_group, len(groups.bounds), light=groups.light):
            total += part
        return total


def fit_temperature(logits: FloatArray, codes: CodeArray, shares: FloatArray, weights: FloatArray) -> Tempered:
    """Fit one slope of all logits.

    Parameters
    ----------
    logits : (n, K) array
        Logits.
    codes : (n,) or (0,) int32 array
        Outcome of each row, where a row has one.
    shares : (n, K) or (0, 0) array
        Else the proportions of what happened.
    weights : (n,) array
        How often each row counts.

    Returns
    -------
    Tempered
        With the observed information.

    Raises
    ------
    SeparationError
        If the likelihood has no maximum.
    UnsupportedError
        If the logits of each row are the same.

    Examples
    --------
    If the outcome with logit 1 occurs in three rows of four, the slope is the log of three:

    >>> logits, codes = np.tile([0.0, 1.0], (4, 1)), np.array([0, 1, 1, 1], dtype=np.int32)
    >>> found = fit_temperature(logits, codes, np.empty((0, 0)), np.ones(4))
    >>> bool(np.isclose(found.slope, np.log(3.0))), bool(np.isclose(found.brier[1], 2 * 0.1875))
    (True, True)
    """
    rows = _Rows(np.ascontiguousarray(logits), codes, shares, weights)
    few = logits.size <= FEW_NUMBERS
    before, start = rows.sums(1.0, few), 1.0
    if not few:
        start = _of_parts(rows)
    slope, after = _minimum(rows, start, before if few else rows.sums(start), NEAR if few else NEAR_OF_MANY)
    total = float(weights.sum())
    log_loss, brier = ((float(before[j] / total), float(after[j] / total)) for j in (0, 4))
    return Tempered(slope, float(after[2]), log_loss, brier)


def _of_parts(rows: _Rows) -> float:
    """Return the slope of a part of the rows, found with that of a part of it."""
    slope, size = 1.0, PART_ROWS
    while 2 * size < len(rows.weights):
        part = rows.every(len(rows.weights) // size)
        try:
            slope, _ = _minimum(part, slope, part.sums(slope), NEAR_OF_PART)
        except (SeparationError, UnsupportedError):
            return 1.0
        if slope <= 0.0:
            return 1.0
        size *= PART_TIMES
    return slope


def _minimum(rows: _Rows, slope: float, sums: FloatArray, near: float) -> tuple[float, FloatArray]:
    """Return the slope where the loss is least, and the sums there."""
    total = rows.weights.sum()
    low, high = 0.0, np.inf
    looked = False
    for _ in range(PASSES_MOST):
        far = slope > RUN_OFF and slope > RUN_OFF / np.sqrt(rows.sums(0.0)[2] / total)
        if sums[0] < NO_LOSS * total or far:
            raise SeparationError(SEPARATED)
        if not looked and (slope < SMALL or sums[2] <= 0.0):
            looked, flat = True, rows.sums(0.0)
            if flat[2] <= 0.0:
                raise UnsupportedError("The logits of every row are the same: they have no temperature.")
            if flat[1] >= 0.0:  # best is no slope above zero: the logits are turned
                turned = rows._replace(logits=-rows.logits)
                slope, sums = _minimum(turned, 1.0, turned.sums(1.0), near)
                return -slope, sums
        low, high = (low, slope) if sums[1] > 0.0 else (slope, high)
        step = _step(sums, slope)
        if abs(step) <= near * slope:
            return slope + step, _moved(sums, step)
        new = min(max(slope + step, slope / REACH), slope * REACH)
        slope = new if low < new < high else 0.5 * (low + high)
        sums = rows.sums(slope)
    raise UnsupportedError("No temperature was found for these logits: look for rows that are extreme.")


def _step(sums: FloatArray, slope: float) -> float:
    """Return the step to the minimum of the expansion, or Newton's where that is long."""
    f1, f2, f3 = (float(each) for each in sums[1:4])
    if f2 <= 0.0:
        return -slope if f1 > 0.0 else REACH * slope
    newton = -f1 / f2
    inside = 1.0 + 2.0 * newton * f3 / f2
    if abs(newton) > 0.1 * slope or inside <= 0.25:
        return newton
    return 2.0 * newton / (1.0 + math.sqrt(inside))


def _moved(sums: FloatArray, step: float) -> FloatArray:
    """Return the sums after a short step, by their expansion."""
    moved = sums.copy()
    power = step ** np.arange(4) / np.array([1.0, 1.0, 2.0, 6.0])
    for j in range(4):
        moved[j] = sums[j:4] @ power[: 4 - j]
    for j in range(3):
        moved[4 + j] = sums[4 + j :] @ power[: 3 - j]
    return moved
