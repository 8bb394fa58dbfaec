"""Where the solution at the next strength is thought to be, from the last two."""

from __future__ import annotations

from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.kernels.dual_rows import predicted_coef
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Prediction"]


class Prediction:
    """Solutions at one strength after another, as they are shown to it.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import numpy as np
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> def lasso(strength):
    ...     return replace(no_penalty(1), l1=np.array([strength]))
    >>> prediction = Prediction()
    >>> [float(prediction.at(lasso(4.0 - k), np.array([1.0 + k]))[0]) for k in range(3)]
    [1.0, 2.0, 4.0]
    """

    def __init__(self) -> None:
        self._size = 0.0  # of the strength before
        self._before: tuple[float, FloatArray] | None = None

    def at(self, penalty: Penalty, coef: FloatArray, free: BoolArray | None = None) -> FloatArray:
        """Return where the solution at a smaller strength is thought to be, given the last one; signs are held.

        The derivative of the path is taken from its last two points. ``free`` are the coefficients without a penalty,
        where these are known.
        """
        here, ahead = self._size, float(penalty.l1.max(initial=0.0))
        before, self._before, self._size = self._before, (here, coef), ahead
        if before is None or not ahead < here < before[0]:
            return coef
        earlier, start = before
        share = (ahead - here) / (here - earlier)
        return predicted_coef(coef, start, share, penalty.free if free is None else free, penalty.lower, penalty.upper)
