r"""An upper bound on the distance of a penalised objective from its minimum: the duality gap of a given dual point.

With residuals moved from s to :math:`t (s - C X d)`, where C is the curvature of the rows and d a small step,
Fenchel's inequality for each row is at most its chi-squared distance, and that of the penalty is known exactly:

.. math::

    P - D \le \left((1 - t) \sqrt{\chi^2} + t \sqrt{d'Hd}\right)^2 + \Omega(b) + \Omega^*(-tz) + t\, b'z ,

with z the products of the columns with the moved residuals (``docs/maths/penalties.md``, equations 13 to 16).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import FloatArray

__all__ = ["least_gap"]


def least_gap(coef: FloatArray, slope: FloatArray, penalty: Penalty, pearson: float, moved: float) -> float:
    """Return the gap at the best of a few scales t of the dual point.

    Examples
    --------
    Nothing is left where the residuals are orthogonal to the columns:

    >>> import numpy as np
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> least_gap(np.ones(1), np.zeros(1), no_penalty(1), 4.0, 0.0)
    0.0
    """
    if penalty.groups is None:  # the others are zero, within their strength, and add nothing
        counts = np.flatnonzero((coef != 0.0) | (np.abs(slope) > penalty.l1) | ~np.isfinite(slope))
        coef, slope, penalty = coef[counts], slope[counts], penalty.pick(counts)
    here = penalty.value(coef)

    def gap(scale: float) -> float:
        rows = (1.0 - scale) * math.sqrt(pearson) if scale < 1.0 else 0.0
        rows = (rows + scale * math.sqrt(moved)) ** 2
        return rows + here + penalty.conjugate(-scale * slope) + scale * float(coef @ slope)

    gaps = [gap(penalty.dual_scale(slope))]
    if penalty.l2.any():
        gaps.append(gap(penalty.without_squares.dual_scale(slope)))
    return max(min(gaps), 0.0)
