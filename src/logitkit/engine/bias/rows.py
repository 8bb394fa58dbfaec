r"""What the rows of a design say beyond an objective: linear predictors as functions of the coefficients.

The m linear predictors of row i are :math:`\eta_i = Z_i \theta + o_i` with :math:`Z_i` of shape (m, q), which is never
formed: k functions of the coefficients, the columns of a (q, k) matrix R, give :math:`Z_i R` by a product of the
columns of each part with k numbers per column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.parted import Parted, in_parts
from logitkit.engine.objective import Objective
from logitkit.models.predictors import Predictors
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = ["Block", "PredictorRows", "added"]

NUMBERS = 1 << 17  # of the predictors of a block: half of a second-level cache
ROWS_LEAST = 64


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive rows.

    Parameters
    ----------
    rows : slice
        Which.
    parts : tuple of (b, c) array
        The columns of each part, written out.
    predictors : Predictors
        How they enter.
    """

    rows: slice
    parts: tuple[FloatArray, ...]
    predictors: Predictors

    def functions(self, flat: FloatArray) -> FloatArray:
        """Return the predictors, (m, b, k), of k functions of the coefficients stated by flat ones, (n_flat, k)."""
        m = self.predictors.n_predictors
        if m == 1 and len(self.parts) == 1 and np.array_equal(self.predictors.parts[0].matrix(1), [[1.0]]):
            return np.asarray(self.parts[0] @ flat[self.predictors.places[0][0]])[None]
        out = np.zeros((m, self.rows.stop - self.rows.start, flat.shape[1]))
        for part, places, columns in zip(self.predictors.parts, self.predictors.places, self.parts, strict=True):
            for row, place in zip(part.matrix(m).T, places, strict=True):
                product = columns @ flat[place]
                for a in np.flatnonzero(row):
                    out[a] += product if row[a] == 1.0 else row[a] * product
        return out

    def pull(self, slopes: FloatArray) -> FloatArray:
        """Return derivatives by the flat coefficients, (n_flat,), of derivatives by the predictors, (m, b)."""
        with np.errstate(invalid="ignore"):  # of rows whose thresholds cross
            found = [
                part.contract(slopes) @ columns for part, columns in zip(self.predictors.parts, self.parts, strict=True)
            ]
        return np.concatenate([each.reshape(-1) for each in found])


@dataclass(frozen=True, eq=False)
class PredictorRows:
    """The rows of a design with the predictors that its columns enter.

    Parameters
    ----------
    matrices : tuple of Matrix
        The columns of each part.
    predictors : Predictors
        m of them, of q coefficients.
    offset : (m, n) array or None
        Added to them.
    """

    matrices: tuple[Matrix, ...]
    predictors: Predictors
    offset: FloatArray | None

    @classmethod
    def of(cls, objective: Objective) -> Self:
        """Return the rows that an objective is a sum over."""
        matrix, predictors = objective.matrix, objective.predictors
        matrices: tuple[Matrix, ...] = (matrix,)
        if len(predictors.parts) > 1 or isinstance(matrix, Parted):
            matrices = in_parts(matrix, tuple(part.columns for part in predictors.parts)).parts
        return cls(matrices, predictors, objective.response.offset)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.matrices[0].n_rows

    def flat(self, functions: FloatArray) -> FloatArray:
        """Return functions of the q coefficients, (q, k), stated by flat coefficients, (n_flat, k)."""
        basis = self.predictors.basis
        return functions if basis is None else np.asarray(basis @ functions)

    def eta(self, block: Block, coef: FloatArray) -> FloatArray:
        """Return the linear predictors of a block, offset included, (m, b)."""
        found = block.functions(self.flat(coef[:, None]))[:, :, 0]
        return found if self.offset is None else found + self.offset[:, block.rows]

    def sums(self, function: Callable[[Block], tuple[FloatArray, ...]], width: int) -> tuple[FloatArray, ...]:
        """Return sums over the rows of what a function gives for blocks, whose rows need ``width`` numbers each.

        The blocks follow from the size of the problem alone, and are added in order, on any number of threads.
        """
        n = self.n_rows
        size = max(min(NUMBERS // max(width, 1), n), ROWS_LEAST)
        n_blocks = max(-(-n // size), 1)

        def of_block(number: int) -> tuple[FloatArray, ...]:
            start, stop = number * size, min((number + 1) * size, n)
            parts = tuple(matrix.rows(start, stop).to_dense() for matrix in self.matrices)
            return function(Block(slice(start, stop), parts, self.predictors))

        if n_blocks == 1:
            return of_block(0)
        total: tuple[FloatArray, ...] = ()
        for found in ordered_map(of_block, n_blocks):
            total = added(total, found) if total else found
        return total


def added(left: tuple[FloatArray, ...], right: tuple[FloatArray, ...]) -> tuple[FloatArray, ...]:
    """Return the sums over the rows of both."""
    return tuple(a + b for a, b in zip(left, right, strict=True))
