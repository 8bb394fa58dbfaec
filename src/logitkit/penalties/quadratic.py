r"""The quadratic part of a penalty, the one that enters the objective itself.

.. math:: q(\beta) = \tfrac12 \sum_j s_j \beta_j^2
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["Quadratic"]


@dataclass(frozen=True, slots=True)
class Quadratic:
    """Half the sum of squared coefficients, each with a strength of its own.

    Parameters
    ----------
    strengths : (p,) array
        Not negative, zero for coefficients that are not penalised; absolute, in units of the log-likelihood.

    Examples
    --------
    >>> penalty = Quadratic(np.array([0.0, 2.0]))
    >>> penalty.value(np.array([5.0, 3.0])), penalty.gradient(np.array([5.0, 3.0])).tolist()
    (9.0, [0.0, 6.0])
    """

    strengths: FloatArray

    def value(self, coef: FloatArray) -> float:
        """Return the penalty."""
        return 0.5 * float(self.strengths @ (coef * coef))

    def gradient(self, coef: FloatArray) -> FloatArray:
        """Return its gradient, shape (p,)."""
        return np.asarray(self.strengths * coef)
