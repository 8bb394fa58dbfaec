r"""The rank of a design: which columns carry independent information, decided once.

Two stages. The first reads the Hessian that the fit computes anyway: the Cholesky factor of the matrix scaled
to a unit diagonal holds, for each column, the proportion of its squared length that the intercept and the columns
before it do not explain. When every proportion is well above rounding error, the columns are independent and nothing
more is done.

Otherwise the second stage looks at the columns themselves: they are centred (when the model has an
intercept), scaled to unit length, and reduced block by block to a triangular factor, whose columns are
accepted in formula order. A column of which less than ``TOLERANCE`` of its length is left after the accepted
ones is *aliased*: the later column is dropped, as in R. The inverse of the triangular factor then becomes the
basis in which the fit is solved, so that badly conditioned columns cost no digits
(``docs/maths/rank.md``).

References
----------
Golub, G. H. and Van Loan, C. F. (2013) Matrix Computations, 4th edition, sections 5.2 and 5.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.curvature.vcov import Vcov
from logitkit.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.design.matrix.vanishing import Vanishing

__all__ = [
    "CLEAR_SHARE",
    "ROUNDING",
    "TOLERANCE",
    "Coordinates",
    "identity_coordinates",
    "least_share",
    "orthogonal_coordinates",
    "scaled_coordinates",
    "solved_from",
    "triangular_factor",
]

TOLERANCE = 1e-11  # share of a centred column's length; that of R's glm, whose columns are not centred
CLEAR_SHARE = 1e-6  # of the squared length: above it, the Cholesky factor keeps ten digits
ROUNDING = 1e-10  # of the scale of a coefficient: a direction that moves it by less does not move it
CONSTANT = 1e-13  # a column that varies by less than this share of its size is a constant


@dataclass(frozen=True)
class Coordinates:
    """The map from the coefficients of the solver to those of the columns as given.

    Parameters
    ----------
    transform : (p, q) array or None
        Coefficients of the p columns from the q that are solved for; None when they are the same.
    aliased : (k,) int array
        Columns that were dropped, in order.
    centre, basis : array or None
        What makes the solver's matrix: see ``Transformed``.
    vanishing : Vanishing or None
        The combinations that the aliased columns were; None where none is.
    """

    transform: FloatArray | None
    aliased: IntArray
    centre: FloatArray | None = None
    basis: FloatArray | None = None
    vanishing: Vanishing | None = None

    @property
    def is_identity(self) -> bool:
        """Whether the solver works on the columns as given."""
        return self.basis is None

    def matrix(self, given: Matrix) -> Matrix:
        """Return the matrix that the solver works on."""
        if self.centre is None or self.basis is None:
            return given
        from logitkit.design.matrix.transformed import Transformed

        return Transformed(given, self.centre, self.basis)

    def coef(self, solved: FloatArray) -> FloatArray:
        """Return coefficients of the columns as given, zero where aliased, shape (p,)."""
        return solved if self.transform is None else np.asarray(self.transform @ solved)

    def directions(self, solved: FloatArray) -> FloatArray:
        """Return directions of the q coordinates, shape (q, k), as directions of the p coefficients, shape (p, k).

        What is small beside the scale of its coefficient is rounding, and set to zero: a coefficient that a direction
        does not touch must come out as exactly zero. The intercept is cleaned before the centres are taken out.
        """
        if self.transform is None:
            return solved
        if self.basis is None or self.centre is None:
            product, scale = self.transform @ solved, np.abs(self.transform) @ np.abs(solved)
            return np.where(np.abs(product) <= ROUNDING * scale, 0.0, product)
        scale = np.linalg.norm(self.basis, axis=1, keepdims=True) * np.linalg.norm(solved, axis=0, keepdims=True)
        product = self.basis @ solved
        product = np.where(np.abs(product) <= ROUNDING * scale, 0.0, product)
        # The intercept is the row in which the transform and the basis differ.
        intercept = np.flatnonzero(np.any(self.transform != self.basis, axis=1))
        if intercept.size:
            shift = self.centre @ product
            size = np.abs(self.centre) @ np.abs(product)
            own = product[intercept[0]]
            total = own - np.where(np.abs(shift) <= ROUNDING * size, 0.0, shift)
            product[intercept[0]] = np.where(np.abs(total) <= ROUNDING * (np.abs(own) + size), 0.0, total)
        return product

    def jacobian(self, functions: FloatArray) -> FloatArray:
        """Return linear functions of the p coefficients, shape (m, p), as functions of the q that are solved for."""
        return functions if self.transform is None else np.asarray(functions @ self.transform)

    def vcov(self, solved: FloatArray) -> FloatArray:
        """Return the covariance of the coefficients of the columns as given, shape (p, p)."""
        return solved if self.transform is None else np.asarray(self.transform @ solved @ self.transform.T)

    def variances(self, solved: Vcov) -> FloatArray:
        """Return the variances of the coefficients of the columns as given, shape (p,)."""
        return solved.diagonal() if self.transform is None else solved.variances(self.transform)


def identity_coordinates() -> Coordinates:
    """Return identity coordinates.

    Examples
    --------
    >>> identity_coordinates().transform is None
    True
    """
    return Coordinates(None, np.empty(0, dtype=np.int64))


def solved_from(transform: FloatArray | None, flat: FloatArray) -> FloatArray:
    """Return what is solved for, (q,) or (q, k), from coefficients of the columns as given.

    Examples
    --------
    A column far from zero: a pseudo-inverse takes such a transform for one of rank 1.

    >>> far = np.array([[1.0, -1e9], [0.0, 1.0]])
    >>> solved_from(far, far @ [2.0, 3.0]).tolist(), np.round(np.linalg.pinv(far) @ far @ [2.0, 3.0]).tolist()
    ([2.0, 3.0], [0.0, 3.0])
    """
    if transform is None:
        return flat
    rows = np.sort(np.unique(transform, axis=0, return_index=True)[1])  # coefficients that are equal count once,
    rows = rows[transform[rows].any(axis=1)]  # and aliased ones not at all
    if rows.size == transform.shape[1]:
        return np.asarray(np.linalg.solve(transform[rows], flat[rows]))
    return np.asarray(np.linalg.lstsq(transform, flat, rcond=None)[0])


def least_share(hessian: FloatArray, intercept: int | None) -> float:
    """Return the least proportion of a column's squared length not explained by earlier columns, from the Hessian.

    Parameters
    ----------
    hessian : (p, p) array
        X' W X with positive weights.
    intercept : int or None
        Position of the intercept, which comes first.

    Returns
    -------
    float
        Between 0 and 1; 0 when the factorisation fails.

    Examples
    --------
    >>> import numpy as np
    >>> least_share(np.eye(3), None)
    1.0
    >>> least_share(np.ones((2, 2)), None) < 1e-12
    True
    """
    p = hessian.shape[0]
    if p == 0:
        return 1.0
    diagonal = hessian.diagonal()
    if not np.isfinite(diagonal).all() or diagonal.min() <= 0.0:
        return 0.0
    scale = 1.0 / np.sqrt(diagonal)
    correlation = hessian * scale[:, None] * scale
    if intercept:  # neither absent nor first already
        order = np.r_[intercept, 0:intercept, intercept + 1 : p]
        correlation = correlation[np.ix_(order, order)]
    factor, info = dpotrf(correlation)
    if info != 0:
        return 0.0
    # Not relative to what the intercept leaves: digits lost to the mean and to other columns multiply.
    return float((factor.diagonal() ** 2).min())


def scaled_coordinates(
    matrix: Matrix, weights: FloatArray | None, intercept: int | None, centred: bool = False
) -> Coordinates:
    """Return coordinates in which the columns are of one size and keep their zeros, for columns of full rank.

    ``centred`` says that an intercept elsewhere takes up the means.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> x = Dense(np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 4.0], [1.0, 0.0]]))
    >>> scaled_coordinates(x, np.ones(4), 0).matrix(x).to_dense()[:, 1].tolist()
    [0.0, 0.0, 2.0, 0.0]
    """
    mean, largest, n_used = _centre_and_size(matrix, weights, intercept, centred)
    square = np.zeros(matrix.n_columns)
    for block in _used_rows(matrix, weights):
        square += ((block / largest) ** 2).sum(axis=0)
    size = largest * np.sqrt(square / n_used)
    spread = np.sqrt(np.maximum(size**2 - mean**2, 0.0))
    far = (np.abs(mean) > 2.0 * spread) & (spread > 0.0)
    centre = np.where(far, mean, 0.0)
    if intercept is not None:
        centre[intercept] = 0.0
    basis = np.diag(1.0 / np.where(centre != 0.0, spread, size))
    transform = basis.copy()
    if intercept is not None:
        transform[intercept] -= centre @ basis
    return Coordinates(transform, np.empty(0, dtype=np.int64), centre, basis)


def orthogonal_coordinates(
    matrix: Matrix, weights: FloatArray | None, intercept: int | None, centred: bool = False
) -> Coordinates:
    """Decide the rank in column order and return coordinates in which the kept columns are orthogonal.

    ``centred`` says that an intercept elsewhere takes up the means. Rows that are read in chunks have weights of their
    own; none are given.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> x = np.array([[1.0, 1.0, 2.0], [1.0, 2.0, 4.0], [1.0, 4.0, 8.0]])
    >>> orthogonal_coordinates(Dense(x), np.ones(3), 0).aliased.tolist()
    [2]
    """
    p = matrix.n_columns
    centre, largest, n_used = _centre_and_size(matrix, weights, intercept, centred)
    triangle = triangular_factor(matrix, weights, centre)
    length = np.sqrt((triangle**2).sum(axis=0))
    root_n = np.sqrt(max(n_used, 1))
    rounding = 8.0 * np.finfo(float).eps * largest * root_n / np.where(length > 0.0, length, 1.0)
    varies = length > CONSTANT * largest * root_n
    order = list(range(p)) if intercept is None else [intercept, *(j for j in range(p) if j != intercept)]
    kept: list[int] = []
    accepted = np.zeros((triangle.shape[0], 0))  # fewer than p when the rows are few
    noise = TOLERANCE
    for j in order:
        if not varies[j]:
            continue
        unit = triangle[:, j] / length[j]
        for _ in range(2):  # the second pass removes what rounding left of the accepted columns
            unit = unit - accepted @ (accepted.T @ unit)
        share = float(np.sqrt(unit @ unit))
        noise = max(noise, float(rounding[j]))
        if share > noise:
            kept.append(j)
            accepted = np.column_stack([accepted, unit / share])
    kept_sorted = np.array(sorted(kept), dtype=np.int64)
    columns = triangle[:, kept_sorted] / length[kept_sorted]
    upper = np.linalg.qr(columns, mode="r")
    inverse = dtrtri(upper)[0] if kept else upper
    basis = np.zeros((p, kept_sorted.size))
    basis[kept_sorted] = inverse * (root_n / length[kept_sorted])[:, None]
    transform = basis.copy()
    if intercept is not None:
        transform[intercept] -= centre @ basis
    aliased = np.setdiff1d(np.arange(p), kept_sorted)
    vanishing = _vanishing(triangle, centre, basis, aliased, intercept, n_used) if aliased.size else None
    return Coordinates(transform, aliased, centre, basis, vanishing)


def _vanishing(
    triangle: FloatArray, centre: FloatArray, basis: FloatArray, aliased: IntArray, intercept: int | None, n_used: int
) -> Vanishing:
    """Return the aliased columns as combinations of those kept, which are orthogonal in ``basis``."""
    from logitkit.design.matrix.vanishing import vanishing_combinations

    n = max(n_used, 1)
    null = np.zeros((triangle.shape[1], aliased.size))
    null[aliased, np.arange(aliased.size)] = 1.0
    for _ in range(2):  # the second pass removes what rounding left
        null -= basis @ ((triangle @ basis).T @ (triangle @ null)) / n
    if intercept is not None:
        null[intercept] -= centre @ null
    size = np.sqrt((triangle**2).sum(axis=0) / n + centre**2)
    return vanishing_combinations(null, aliased, size)


def _centre_and_size(
    matrix: Matrix, weights: FloatArray | None, intercept: int | None, centred: bool
) -> tuple[FloatArray, FloatArray, int]:
    """Return the means of the columns (zero without an intercept), their largest absolute values, and the rows used."""
    p = matrix.n_columns
    total, largest, n_used = np.zeros(p), np.zeros(p), 0
    for block in _used_rows(matrix, weights):
        if block.size:
            total += block.sum(axis=0)
            largest = np.maximum(largest, np.abs(block).max(axis=0))
        n_used += len(block)
    centre = total / max(n_used, 1)
    if intercept is not None:
        centre[intercept] = 0.0
    elif not centred:
        return np.zeros(p), largest, n_used
    return centre, largest, n_used


def _used_rows(matrix: Matrix, weights: FloatArray | BoolArray | None, least: int = 1) -> Iterator[FloatArray]:
    """Yield the rows of positive weight, written out, some at a time."""
    from logitkit.numerics.threads.row_groups import row_groups

    for part, own in matrix.with_weights(weights):
        used, step = own > 0.0, max(row_groups(part.n_rows, part.n_columns).block, least)
        for start in range(0, part.n_rows, step):
            yield part.rows(start, min(start + step, part.n_rows)).to_dense()[used[start : start + step]]


def triangular_factor(
    matrix: Matrix, weights: FloatArray | BoolArray | None, centre: FloatArray | None = None
) -> FloatArray:
    """Return R of the QR factorisation of the rows of positive weight, reduced block by block."""
    p = matrix.n_columns
    triangle = np.zeros((0, p))
    for block in _used_rows(matrix, weights, 4 * p):
        if len(block):
            stacked = np.vstack([triangle, block if centre is None else block - centre])
            triangle = np.asarray(np.linalg.qr(stacked, mode="r"))
    return triangle
