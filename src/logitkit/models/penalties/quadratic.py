r"""The quadratic part of a penalty, the one that enters the objective itself.

.. math:: q(\beta) = \tfrac12 (\beta - m)' P (\beta - m)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.typing import FloatArray, IntArray

__all__ = ["Quadratic"]


@dataclass(frozen=True, slots=True)
class Quadratic:
    """Half a quadratic form of the distance of the coefficients from a centre.

    Parameters
    ----------
    strengths : (p,) or (p, p) array
        P, or its diagonal: positive semi-definite, absolute, in units of the log-likelihood.
    centre : (p,) array, optional
        The centre m; zero by default.

    Examples
    --------
    >>> penalty = Quadratic(np.array([0.0, 2.0]))
    >>> penalty.value(np.array([5.0, 3.0])), penalty.gradient(np.array([5.0, 3.0])).tolist()
    (9.0, [0.0, 6.0])
    """

    strengths: FloatArray
    centre: FloatArray | None = None

    def value(self, coef: FloatArray) -> float:
        """Return the penalty."""
        away = coef if self.centre is None else coef - self.centre
        return 0.5 * float(away @ self._times(away))

    def gradient(self, coef: FloatArray) -> FloatArray:
        """Return its gradient, shape (p,)."""
        return self._times(coef if self.centre is None else coef - self.centre)

    def scaled(self, share: float) -> Quadratic:
        """Return a multiple of the penalty."""
        return Quadratic(share * self.strengths, self.centre)

    def pick(self, index: IntArray) -> Quadratic:
        """Return the penalty of some coefficients, up to a constant, with the others held at zero.

        If the centre of the others is not zero, it acts on these coefficients through the cross terms.
        """
        if self.strengths.ndim == 1:
            return Quadratic(self.strengths[index], None if self.centre is None else self.centre[index])
        own = self.strengths[np.ix_(index, index)]
        if self.centre is None:
            return Quadratic(own)
        pull = (self.strengths @ self.centre)[index]  # at zero, of all centres
        return Quadratic(own, np.asarray(np.linalg.lstsq(own, pull, rcond=None)[0]))

    def _times(self, vector: FloatArray) -> FloatArray:
        return np.asarray(self.strengths * vector if self.strengths.ndim == 1 else self.strengths @ vector)
