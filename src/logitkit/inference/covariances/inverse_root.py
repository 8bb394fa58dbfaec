r"""The correction that makes the residuals of a cluster have the covariance that the working model states (CR2).

With variances :math:`\Phi` of the responses of a cluster and columns Z such that Z Z' is its hat matrix of residuals
over their standard deviations, the responses less their fitted means have the covariance :math:`\Phi^{1/2} (I - ZZ')
\Phi^{1/2}`. Of the matrices that carry it to :math:`\Phi` Pustejovsky and Tipton take :math:`A = \Phi^{1/2} B^{-1/2}
\Phi^{1/2}` with :math:`B = \Phi (I - ZZ') \Phi` and its symmetric root. Here

.. math:: M = \Phi B^{-1/2} Z, \qquad t = M' r, \quad T = M'M, \quad N = Z'M

are the corrected score of residuals r over their standard deviations, its covariance, and that with the score itself.

*Small clusters.* With :math:`R = (I - ZZ')^{1/2}` the singular values of :math:`R \Phi` are the roots of the
eigenvalues of B, and are found without squaring it. Directions in which :math:`I - ZZ'` is zero are left out.

*Large clusters.* By :math:`B^{-1/2} = \frac2\pi \int_0^\infty (B + \tau^2 I)^{-1} d\tau`, each inverse is that of a
diagonal less a matrix of low rank, so that with :math:`b = \Phi^2 / (\Phi^2 + \tau^2)` and :math:`a = b / \Phi`

.. math:: M = Z + \sum_j w_j\, \mathrm{diag}(b_j)\, Z\, (I - Z' \mathrm{diag}(b_j) Z)^{-1} Z' \mathrm{diag}(a_j) Z,

and no matrix has the size of the cluster squared. The midpoint rule in :math:`\tau = \sqrt m\, \mathrm{sc}(u)`, m the
least eigenvalue, converges geometrically: some forty nodes give all digits.

References
----------
Pustejovsky, J. E. and Tipton, E. (2018) Journal of Business and Economic Statistics 36, 672-683. Hale, N., Higham,
N. J. and Trefethen, L. N. (2008) Computing A^alpha, log(A), and related matrix functions by contour integrals. SIAM
Journal on Numerical Analysis 46, 2505-2523.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ellipk, ellipkm1

from logitkit.typing import FloatArray, IntArray

__all__ = ["CERTAIN", "by_decomposition", "by_quadrature", "root_nodes"]

CERTAIN = 1e-8  # one less an eigenvalue of a hat matrix: a direction that the cluster determines by itself
LEAST_DEVIATION = 1e-8  # of the largest variance of a cluster: a smaller one has no digits beside it
ROUNDING = 1e-13  # of the largest singular value
DIGITS = 32.0  # the logarithm of one over the error of the quadrature
TERMS = 30  # of the series of the elliptic function; the last is below 1e-17 of the first
ROWS = 4096


def by_decomposition(z: FloatArray, variance: FloatArray, target: FloatArray | None = None) -> FloatArray:
    """Return M of clusters of equal size from their decompositions.

    Parameters
    ----------
    z : (B, r, q) array
        Columns of each cluster.
    variance : (B, r) array
        Variances of the responses, up to a factor; not all zero.
    target : (B, r, s) array, optional
        What stands in the place of the last Z of M: columns of a larger model.

    Returns
    -------
    (B, r, q) or (B, r, s) array
        M of each cluster.

    Examples
    --------
    For equal variances it is the root of the inverse of I - ZZ', times Z:

    >>> found = by_decomposition(np.array([[[0.6], [0.0]]]), np.array([[2.0, 2.0]]))
    >>> found.round(12).ravel().tolist()
    [0.75, 0.0]
    """
    phi = _bounded(variance)
    values, vectors = np.linalg.eigh(z @ z.transpose(0, 2, 1))
    left = np.where(1.0 - values < CERTAIN, 0.0, 1.0 - values)
    root = vectors * np.sqrt(left)[:, None, :] @ vectors.transpose(0, 2, 1)
    _, sizes, axes = np.linalg.svd(root * phi[:, None, :])
    over = np.divide(1.0, sizes, out=np.zeros_like(sizes), where=sizes > ROUNDING * sizes.max(axis=1, keepdims=True))
    return np.asarray(
        phi[:, :, None] * (axes.transpose(0, 2, 1) @ (over[:, :, None] * (axes @ (z if target is None else target))))
    )


def by_quadrature(z: FloatArray, variance: FloatArray, least: float, target: FloatArray | None = None) -> FloatArray:
    """Return M of clusters of equal size by quadrature.

    Parameters
    ----------
    z : (B, r, q) array
        Columns of each cluster.
    variance : (B, r) array
        Variances of the responses, up to a factor; not all zero.
    least : float
        The least eigenvalue of all I - Z'Z, positive.
    target : (B, r, s) array, optional
        What stands in the place of the last Z of M: columns of a larger model.

    Returns
    -------
    (B, r, q) or (B, r, s) array
        M of each cluster.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z, variance = rng.normal(size=(2, 30, 2)) / 9.0, rng.uniform(0.01, 0.25, (2, 30))
    >>> least = 1.0 - np.linalg.eigvalsh(z.transpose(0, 2, 1) @ z).max()
    >>> bool(np.allclose(by_quadrature(z, variance, least), by_decomposition(z, variance), rtol=1e-10))
    True
    """
    phi, own = _bounded(variance), z if target is None else target
    (b, r, q), s = z.shape, own.shape[2]
    square, weights = root_nodes(least * float(phi.min()) ** 2)
    n, apart = square.size, np.triu_indices(q)
    inner, right = np.zeros((b, n, apart[0].size)), np.zeros((b, n, q * s if target is not None else apart[0].size))
    pieces = [slice(start, start + ROWS) for start in range(0, r, ROWS)]
    ratios = [phi[:, None, rows] ** 2 / (phi[:, None, rows] ** 2 + square[:, None]) for rows in pieces]
    for rows, ratio in zip(pieces, ratios, strict=True):
        here = z[:, rows]
        products = here[:, :, apart[0]] * here[:, :, apart[1]]
        inner += ratio @ products
        if target is not None:
            products = (here[:, :, :, None] * own[:, rows, None, :]).reshape(b, -1, q * s)
        right += ratio / phi[:, None, rows] @ products
    left = np.eye(q) - _whole(inner, q, apart)
    solved = np.linalg.solve(left, _whole(right, q, apart) if target is None else right.reshape(b, n, q, s))
    solved *= weights[:, None, None]
    found = own.copy()
    for rows, ratio in zip(pieces, ratios, strict=True):
        mixed = (ratio.transpose(0, 2, 1) @ solved.reshape(b, n, q * s)).reshape(b, -1, q, s)
        found[:, rows] += (z[:, rows, None, :] @ mixed)[:, :, 0]
    return found


def _whole(halves: FloatArray, q: int, apart: tuple[IntArray, IntArray]) -> FloatArray:
    """Return symmetric matrices from the numbers on and above their diagonals."""
    whole = np.empty((*halves.shape[:-1], q, q))
    whole[..., apart[0], apart[1]] = halves
    whole[..., apart[1], apart[0]] = halves
    return whole


def root_nodes(least: float) -> tuple[FloatArray, FloatArray]:
    r"""Return nodes and weights with :math:`\lambda^{-1/2} = \sum_j w_j / (\tau_j^2 + \lambda)`, least <= lambda <= 1.

    Parameters
    ----------
    least : float
        Positive.

    Returns
    -------
    square, weights : (N,) array
        Squares of the nodes, and weights.

    Examples
    --------
    >>> square, weights = root_nodes(1e-6)
    >>> values = np.geomspace(1e-6, 1.0, 7)
    >>> bool(np.allclose((weights / (square + values[:, None])).sum(axis=1), values**-0.5, rtol=1e-12))
    True
    """
    least = min(least, 0.5)
    n = 2 * math.ceil(DIGITS * (math.log(1.0 / least) + 3.0) / (4.0 * math.pi**2))
    period, whole = ellipk(least), ellipkm1(least)
    # sc(u) with the complementary modulus as a series of positive terms, for u in the lower half; sc(K - u) is
    # 1 / (sqrt(least) sc(u)) in the upper one.
    u = (np.arange(n // 2) + 0.5) * whole / n
    rate = np.pi * (2.0 * np.arange(TERMS) + 1.0) / (2.0 * period)
    size = np.pi / period / -np.expm1(-2.0 * rate * whole) * np.exp(-rate * (whole - u[:, None]))
    far = np.expm1(-2.0 * rate * u[:, None])
    lower, slope = -(size * far).sum(axis=1), (size * rate * (2.0 + far)).sum(axis=1)
    nodes = np.concatenate([lower, math.sqrt(least) / lower])
    slopes = np.concatenate([slope, math.sqrt(least) * slope / lower**2])
    return nodes**2, 2.0 * whole / (np.pi * n) * slopes


def _bounded(variance: FloatArray) -> FloatArray:
    """Return variances over the largest of their cluster, none smaller than can be told from zero beside it."""
    relative = variance / variance.max(axis=-1, keepdims=True)
    return np.asarray(np.maximum(relative, LEAST_DEVIATION))
