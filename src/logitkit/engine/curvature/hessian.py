r"""Hessians as objects that are added, factorised and solved with, whatever their shape.

*Dense*: a symmetric array, factorised by Cholesky after scaling to a unit diagonal, which makes the factorisation blind
to the units of the columns.

*Arrow*: for a design with one large factor (the head), in the blocks D, C and A of ``design/matrix/arrow.py``. The
head is eliminated: :math:`S = A - C' D^{-1} C` is all that is factorised, so that 20,000 levels cost 20,000 divisions.

*By products*: for any other wide design, the curvature of each row; solved with by conjugate gradients.

References
----------
Golub, G. H. and Van Loan, C. F. (2013) Matrix Computations, 4th edition, sections 4.2, 4.3.3 and 11.3.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from logitkit.design.chunks.storable import storable
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.design.matrix.arrow import ArrowLayout

__all__ = [
    "ArrowFactor",
    "ArrowHessian",
    "BoundedFactor",
    "DenseFactor",
    "DenseHessian",
    "Factor",
    "Hessian",
    "ProductFactor",
    "ProductHessian",
]

DEFINITE = 1e-12  # least squared pivot, of a unit diagonal, of a Hessian that is trusted
FLAT = 1e-14  # of the largest eigenvalue: less curvature than this is taken for this
LONGEST = 1e100  # of a solution without curvature: it will be cut, and must not overflow before
LEVELS = 2_048  # of the head at a time
PRECISION = 0.1  # of a solution by conjugate gradients: the next Newton step mends what is left
PRODUCTS_MOST = 200  # a solution is given up then, and the step is taken as it is


class Factor(ABC):
    """A factorised Hessian."""

    #: The least share of a column's squared length that is its own, given the columns before it.
    least_pivot: float

    @property
    def definite(self) -> bool:
        """Whether the Hessian is positive definite well above rounding."""
        return self.least_pivot > DEFINITE

    @abstractmethod
    def solve(self, vector: FloatArray) -> FloatArray:
        """Return H^-1 v."""


class Hessian(ABC):
    """Second derivatives of an objective."""

    @property
    @abstractmethod
    def finite(self) -> bool:
        """Whether every entry is a number."""

    @abstractmethod
    def diagonal(self) -> FloatArray:
        """Return the diagonal, shape (p,)."""

    @abstractmethod
    def scaled(self, factor: float) -> Hessian:
        """Return the Hessian times a number."""

    @abstractmethod
    def plus_diagonal(self, diagonal: FloatArray) -> Hessian:
        """Return the Hessian plus a diagonal matrix."""

    @abstractmethod
    def factorise(self) -> Factor:
        """Return what solves with it; where curvature is gone, with the curvature bounded from below."""


@storable
@dataclass(frozen=True, eq=False)
class DenseHessian(Hessian):
    """A Hessian in one array.

    Parameters
    ----------
    array : (p, p) array
        Symmetric.

    Examples
    --------
    >>> DenseHessian(np.diag([2.0, 4.0])).factorise().solve(np.array([2.0, 4.0])).tolist()
    [1.0, 1.0]
    """

    array: FloatArray

    @property
    def finite(self) -> bool:
        """Whether every entry is a number: no product of two columns is larger than the larger of their squares."""
        return math.isfinite(self.array.trace())

    def diagonal(self) -> FloatArray:
        """Return the diagonal, shape (p,)."""
        return self.array.diagonal()

    def scaled(self, factor: float) -> DenseHessian:
        """Return the Hessian times a number."""
        return DenseHessian(self.array * factor)

    def plus_diagonal(self, diagonal: FloatArray) -> DenseHessian:
        """Return the Hessian plus a diagonal matrix."""
        return DenseHessian(self.array + np.diag(diagonal))

    def factorise(self) -> DenseFactor | BoundedFactor:
        """Return the Cholesky factor, or the bounded spectrum of a matrix that has none."""
        diagonal = self.array.diagonal()
        scale = 1.0 / np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
        return _factor_of(self.array * scale[:, None] * scale, scale)


class DenseFactor(Factor):
    """The Cholesky factor of a dense Hessian that was scaled to a unit diagonal.

    Parameters
    ----------
    factor : (p, p) array
        Upper triangular.
    scale : (p,) array
        One over the roots of the diagonal.
    """

    def __init__(self, factor: FloatArray, scale: FloatArray) -> None:
        self.factor, self.scale = factor, scale
        self.least_pivot = float((factor.diagonal() ** 2).min(initial=1.0))

    def solve(self, vector: FloatArray) -> FloatArray:
        """Return H^-1 v."""
        if self.scale.size == 0:
            return vector
        from logitkit.numerics.threads.lapack import cholesky_solve

        return cholesky_solve(self.factor, vector * self.scale) * self.scale

    def whitened(self, rows: FloatArray) -> FloatArray:
        """Return R'^-1 of rows that were scaled, shape (b, p): their squared lengths are variances."""
        from scipy.linalg import solve_triangular

        return np.asarray(solve_triangular(self.factor, rows.T, trans="T", lower=False, check_finite=False).T)


class BoundedFactor(Factor):
    """A spectrum with eigenvalues bounded from below: a long step where weights that vanish leave no curvature.

    Parameters
    ----------
    correlation : (p, p) array
        The matrix, scaled to a unit diagonal.
    scale : (p,) array
        By which it was scaled.
    """

    def __init__(self, correlation: FloatArray, scale: FloatArray) -> None:
        self.least_pivot = 0.0
        self.scale = scale
        values, self.vectors = np.linalg.eigh(correlation)
        # The root of the smallest number: a step and its square must not overflow where nothing is curved.
        self.values = np.maximum(values, max(FLAT * values[-1], math.sqrt(np.finfo(float).tiny)))

    def solve(self, vector: FloatArray) -> FloatArray:
        """Return H^-1 v with the bounded spectrum."""
        step = (self.vectors.T @ (vector * self.scale)) / self.values
        step *= min(1.0, LONGEST / float(np.abs(step).max(initial=1.0)))
        return np.asarray(self.scale * (self.vectors @ step))

    def whitened(self, rows: FloatArray) -> FloatArray:
        """Return the same with the bounded spectrum."""
        return np.asarray(rows @ self.vectors / np.sqrt(self.values))


def _factor_of(correlation: FloatArray, scale: FloatArray) -> DenseFactor | BoundedFactor:
    """Return the Cholesky factor of a scaled matrix, or its bounded spectrum where it has none."""
    from logitkit.numerics.threads.lapack import cholesky

    factor, info = cholesky(correlation) if scale.size else (correlation, 0)
    return DenseFactor(factor, scale) if info == 0 else BoundedFactor(correlation, scale)


@dataclass(frozen=True, eq=False)
class ArrowHessian(Hessian):
    """A Hessian with a diagonal head.

    Parameters
    ----------
    layout : ArrowLayout
        Which columns are the head.
    head : (m,) array
        D, the diagonal of the head.
    border : (m, k) array
        C, products of head and rest.
    rest : (k, k) array
        A, products of the rest.
    """

    layout: ArrowLayout
    head: FloatArray
    border: FloatArray
    rest: FloatArray

    @property
    def finite(self) -> bool:
        """Whether every entry is a number."""
        return bool(np.isfinite(self.head).all() and np.isfinite(self.rest).all() and np.isfinite(self.border).all())

    def diagonal(self) -> FloatArray:
        """Return the diagonal, shape (p,)."""
        out = np.empty(self.head.size + self.rest.shape[0])
        out[self.layout.head] = self.head
        out[self.layout.rest] = self.rest.diagonal()
        return out

    def scaled(self, factor: float) -> ArrowHessian:
        """Return the Hessian times a number."""
        return ArrowHessian(self.layout, self.head * factor, self.border * factor, self.rest * factor)

    def plus_diagonal(self, diagonal: FloatArray) -> ArrowHessian:
        """Return the Hessian plus a diagonal matrix."""
        layout = self.layout
        head, rest = self.head + diagonal[layout.head], self.rest + np.diag(diagonal[layout.rest])
        return ArrowHessian(layout, head, self.border, rest)

    def factorise(self) -> ArrowFactor:
        """Eliminate the head and factorise what is left; a level without curvature is given the least there can be."""
        floor = FLAT * float(self.head.max(initial=1.0))
        head = np.maximum(self.head, floor)
        schur, scale = self.eliminated(head)
        inner = _factor_of(schur, np.ones(scale.size))
        enough = bool((self.head > floor).all())
        return ArrowFactor(self.layout, head, self.border, inner, scale, inner.least_pivot if enough else 0.0)

    def eliminated(self, head: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return S = A - C' D^-1 C scaled as A to a unit diagonal, and the scale.

        Its pivots are the proportions of the squared column lengths that neither the levels nor earlier columns
        explain.
        """
        own = self.rest.diagonal()
        scale = 1.0 / np.sqrt(np.where(own > 0.0, own, 1.0))
        schur = self.rest * scale[:, None] * scale

        def explained(part: int) -> FloatArray:
            rows = slice(part * LEVELS, (part + 1) * LEVELS)
            scaled = self.border[rows] * (1.0 / np.sqrt(head[rows]))[:, None]
            scaled *= scale
            return np.asarray(scaled.T @ scaled)

        for product in ordered_map(explained, -(-head.size // LEVELS)):
            schur -= product
        return schur, scale


class ArrowFactor(Factor):
    """An arrow whose head is eliminated and whose rest is factorised.

    Parameters
    ----------
    layout : ArrowLayout
        Which columns are the head.
    head : (m,) array
        D, positive; infinite for a level whose coefficient is held fast.
    border : (m, k) array
        C.
    inner : DenseFactor or BoundedFactor
        Of S, which was scaled.
    scale : (k,) array
        By which S was scaled.
    least_pivot : float
        See ``Factor``.
    """

    def __init__(
        self,
        layout: ArrowLayout,
        head: FloatArray,
        border: FloatArray,
        inner: DenseFactor | BoundedFactor,
        scale: FloatArray,
        least_pivot: float,
    ) -> None:
        self.layout, self.head, self.border = layout, head, border
        self.inner, self.scale, self.least_pivot = inner, scale, least_pivot

    def solve(self, vector: FloatArray) -> FloatArray:
        """Return H^-1 v."""
        layout = self.layout
        top, out = vector[layout.head] / self.head, np.empty_like(vector)
        below = self.inner.solve((vector[layout.rest] - top @ self.border) * self.scale) * self.scale
        out[layout.rest] = below
        out[layout.head] = top - (self.border @ below) / self.head
        return out

    def whitened(self, rows: FloatArray) -> FloatArray:
        """Return rows over the rest of which the squared lengths are variances, shape (b, k)."""
        return self.inner.whitened(rows * self.scale)


@dataclass(frozen=True, eq=False)
class ProductHessian(Hessian):
    """A Hessian that is known by its products, for designs too wide for any array.

    Parameters
    ----------
    squares : (p,) array
        Its diagonal, or near it: what conjugate gradients are preconditioned by.
    multiply : callable
        Of a vector v: H v without ``added``.
    added : (p,) array or None
        A diagonal that was added.
    """

    squares: FloatArray
    multiply: Callable[[FloatArray], FloatArray]
    added: FloatArray | None = None

    @property
    def finite(self) -> bool:
        """Whether the diagonal is finite."""
        return bool(np.isfinite(self.squares).all())

    def diagonal(self) -> FloatArray:
        """Return the diagonal, shape (p,)."""
        return self.squares if self.added is None else self.squares + self.added

    def scaled(self, factor: float) -> ProductHessian:
        """Return the Hessian times a number."""
        added = None if self.added is None else self.added * factor
        return ProductHessian(self.squares * factor, lambda v: factor * self.multiply(v), added)

    def plus_diagonal(self, diagonal: FloatArray) -> ProductHessian:
        """Return the Hessian plus a diagonal matrix."""
        added = diagonal if self.added is None else self.added + diagonal
        return ProductHessian(self.squares, self.multiply, added)

    def factorise(self) -> ProductFactor:
        """Return what solves by conjugate gradients."""
        return ProductFactor(self)


class ProductFactor(Factor):
    """Conjugate gradients, preconditioned by the diagonal.

    Parameters
    ----------
    hessian : ProductHessian
        What to solve with.
    """

    def __init__(self, hessian: ProductHessian) -> None:
        self.hessian = hessian
        diagonal = hessian.diagonal()
        self.inverse = 1.0 / np.where(diagonal > 0.0, diagonal, 1.0)
        # An added diagonal bounds the smallest eigenvalue; without one nothing is known of it.
        added = hessian.added
        self.least_pivot = 0.0 if added is None else float((added * self.inverse).min(initial=1.0))

    def solve(self, vector: FloatArray) -> FloatArray:
        """Return H^-1 v to a relative precision of ``PRECISION`` in the norm of the preconditioner."""
        hessian, inverse = self.hessian, self.inverse
        out = np.zeros_like(vector)
        residual = np.array(vector)
        towards = inverse * residual
        size = first = float(residual @ towards)
        direction = towards.copy()
        for _ in range(PRODUCTS_MOST):
            if size <= PRECISION**2 * first:
                break
            image = hessian.multiply(direction)
            if hessian.added is not None:
                image = image + hessian.added * direction
            length = size / float(direction @ image)
            out += length * direction
            residual -= length * image
            towards = inverse * residual
            before, size = size, float(residual @ towards)
            direction = towards + (size / before) * direction
        return out
