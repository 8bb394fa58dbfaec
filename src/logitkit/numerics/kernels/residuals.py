"""Residuals beside a dual point: what their difference leaves of a duality gap."""

from __future__ import annotations

from logitkit.numerics.kernels import compiled_sum
from logitkit.typing import FloatArray

__all__ = ["rows_gap"]


@compiled_sum
def rows_gap(rows: FloatArray, slope: FloatArray, curvature: FloatArray) -> tuple[float, float, bool]:
    """Return Pearson's statistic, the squared distance of a dual point, and whether it belongs to proportions.

    Parameters
    ----------
    rows, slope, curvature : (n,) array
        The dual point, residuals, and the curvature of the rows, by which squares are divided.

    Returns
    -------
    pearson, moved : float
        Sums of squares of the residuals, and of the dual point less the residuals.
    sound : bool
        Whether none is moved by more than the curvature of its row.
    """
    pearson, moved, sound = 0.0, 0.0, True
    for i in range(rows.shape[0]):
        own, change = slope[i], rows[i] - slope[i]
        if own != 0.0:
            pearson += own * own / curvature[i]
        if change != 0.0:
            moved += change * change / curvature[i]
            sound = sound and abs(change) <= curvature[i]
    return pearson, moved, sound
