r"""The Hessian of a sample of the rows, shrunken towards its diagonal.

With :math:`n_s` rows and p columns the correlations of a sample scatter by :math:`n_s^{-1/2}` each, and its eigenvalues
by the share :math:`2 (p / n_s)^{1/2}`, although columns may be nearly uncorrelated. With the intercept taken out and
the diagonal scaled to ones, correlations are multiplied by :math:`1 - \rho`,

.. math:: \rho = \min\Bigl(1, \frac{(p - 1)^2}{n_s \sum_{j \ne k} r_{jk}^2}, 2 \lambda\Bigr),

the share of their sum of squares that is scatter (Schäfer and Strimmer 2005), and at most about twice the least
eigenvalue :math:`\lambda`, so that columns that do explain one another keep what is left of them but for a factor of 3.

References
----------
Schäfer, J. and Strimmer, K. (2005) Statistical Applications in Genetics and Molecular Biology 4, article 32.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs

from logitkit.typing import FloatArray

__all__ = ["shrunken"]

TIMES = 2.0  # the least eigenvalue: how much correlations may be shrunken
STEPS = 8  # of inverse iteration: the least eigenvalue is known to a factor


def shrunken(hessian: FloatArray, n_rows: int, intercept: int | None) -> FloatArray:
    """Return X' W X of a sample of rows, shrunken towards its diagonal; as it is where it is not definite.

    Examples
    --------
    >>> shrunken(np.array([[2.0, 0.1], [0.1, 2.0]]), 100, None).round(3).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    p = len(hessian)
    diagonal = hessian.diagonal()
    if p < 2 or not (diagonal > 0.0).all():
        return hessian
    scale = np.sqrt(diagonal)
    correlation = hessian / scale[:, None] / scale
    told: FloatArray = np.zeros(p) if intercept is None else correlation[:, intercept].copy()
    left = np.sqrt(np.maximum(1.0 - told**2, np.finfo(float).eps))
    if intercept is not None:
        left[intercept] = 1.0
    inner = (correlation - np.outer(told, told)) / left[:, None] / left
    if intercept is not None:
        inner[intercept] = inner[:, intercept] = 0.0
    np.fill_diagonal(inner, 1.0)
    factor, failed = dpotrf(inner)
    if failed:
        return hessian
    vector = np.cos(np.arange(p, dtype=np.float64))
    length = 1.0
    for _ in range(STEPS):
        vector = dpotrs(factor, vector / np.linalg.norm(vector))[0]
        length = float(np.linalg.norm(vector))
    squares = float((inner**2).sum()) - p
    share = min(1.0, (p - 1.0) ** 2 / (n_rows * max(squares, np.finfo(float).tiny)), TIMES / length)
    inner *= 1.0 - share
    np.fill_diagonal(inner, 1.0)
    if intercept is not None:
        inner[intercept, intercept] = 0.0
    correlation = inner * left[:, None] * left + np.outer(told, told)
    return np.asarray(correlation * scale[:, None] * scale)
