r"""The range of a coefficient over all outcomes that rejects could have had.

The derivative of :math:`\beta_k` by the proportion of bad of reject j is :math:`v_j (A^{-1} x_j)_k`, and at an extreme
every reject whose derivative is positive is bad (of a largest coefficient) or good (of a least one). Outcomes are set
so and the card is fitted again until none changes. That is a condition of the first order: what is found can be
attained, and a farther extreme is not excluded (``docs/maths/reject_inference.md``, equation 8).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from logitkit.scorecard.rejects.applicants import Applicants, information
from logitkit.typing import FloatArray

__all__ = ["coefficient_bounds"]

ROUNDS_MOST = 20


def coefficient_bounds(applicants: Applicants) -> FloatArray:
    """Return the least and the largest value that each coefficient was found to take, shape (p, 2)."""
    size = applicants.coef.size
    return np.array([[_extreme(applicants, k, sign) for sign in (-1.0, 1.0)] for k in range(size)])


def _extreme(applicants: Applicants, k: int, sign: float) -> float:
    """Return the farthest coefficient k on one side; infinite where outcomes would separate good from bad."""
    coef, best, bad = applicants.coef, -np.inf, np.zeros(0, dtype=bool)
    for _ in range(ROUNDS_MOST):
        p, own = expit(applicants.accepts @ coef), expit(applicants.rejects @ coef)
        bread = information(applicants.accepts, applicants.accept_weights * p * (1 - p))
        bread += information(applicants.rejects, applicants.reject_weights * own * (1 - own))
        chosen = sign * (applicants.rejects @ np.linalg.inv(bread)[k]) > 0
        if np.array_equal(chosen, bad):
            break
        bad = chosen
        coef, separated = applicants.refitted(bad.astype(np.float64))
        if separated:
            return float(sign * np.inf)
        best = max(best, sign * coef[k])
    return float(sign * best)
