"""The protocol of a design matrix: the products that the engine needs, by rows.

A storage kind is one file that answers this protocol. The engine asks for row blocks that fit in cache and
calls the products of the block, so that families and solvers know nothing of storage.
"""

from __future__ import annotations

from typing import Protocol

from logitkit.typing import FloatArray, IntArray

__all__ = ["Matrix"]


class Matrix(Protocol):
    """X as products, n rows and p columns."""

    @property
    def n_rows(self) -> int:
        """Number of rows."""

    @property
    def n_columns(self) -> int:
        """Number of columns."""

    def rows(self, start: int, stop: int) -> Matrix:
        """Return the rows ``start <= i < stop`` as a matrix of their own."""

    def take(self, index: IntArray) -> Matrix:
        """Return the rows at the given positions as a matrix of their own."""

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return X v, shape (n,)."""

    def rmatvec(self, vector: FloatArray) -> FloatArray:
        """Return X' v, shape (p,)."""

    def gram(self, weights: FloatArray, buffer: FloatArray) -> FloatArray:
        """Return X' diag(weights) X, shape (p, p); ``weights`` not negative, ``buffer`` scratch of n * p."""

    def to_dense(self) -> FloatArray:
        """Return the matrix itself in float64, shape (n, p)."""
