r"""Margins: the functions of the linear predictors that no direction of recession may lower.

Of two outcomes the margin of a row is its linear predictor, up for an event and down for a non-event, and the rows of
margins are those of X. Of several outcomes there is one margin per row of X and outcome that it does not have.

For a row with outcome k and another outcome l, the row is :math:`(e_k - e_l) \otimes x_i` over the flat coefficients:
its product with a direction says by how much the logit of k rises over that of l. A direction of recession lowers none
of them (``docs/maths/multinomial.md``, section 4), which makes the test of a binary model that of any number of
outcomes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.transformed import Transformed
from logitkit.design.response.response import Response
from logitkit.engine.existence.separation import GEOMETRY_MOST
from logitkit.engine.rank import Coordinates
from logitkit.models.form import Form
from logitkit.models.predictors import Predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["Margins", "OutcomePairs", "margins_of", "outcome_pairs"]


@dataclass(frozen=True, eq=False)
class Margins:
    """Margins of the rows of a fit over the coefficients that are solved for.

    Parameters
    ----------
    matrix : Matrix
        One row per margin.
    sides : Response
        The side of zero that each must be on: 1 or 0; a number between where it must be zero.
    restriction : (n_flat, q) array or None
        Flat coefficients of all columns from those that are solved for, in coordinates of the columns; None for one
        predictor.
    size : (q,) array
        What a unit of each coefficient that is solved for is divided by.
    pairs : OutcomePairs or None
        The outcomes that are compared, of several.
    most : float
        Size of the geometry beyond which it is not described.
    """

    matrix: Matrix
    sides: Response
    restriction: FloatArray | None = None
    size: FloatArray | None = None
    pairs: OutcomePairs | None = None
    most: float = math.inf


def margins_of(design: Design, form: Form, columns: Coordinates) -> Margins:
    """Return the margins of the rows of a fit, in coordinates of the columns."""
    matrix, response = columns.matrix(design.matrix), design.response
    if form.is_single:
        return Margins(matrix, response)
    inner = form.predictors.of_columns(matrix.n_columns)
    pairs, sides = outcome_pairs(matrix, response, inner)
    if not form.is_restricted:
        return Margins(pairs, sides, np.eye(inner.n_flat), np.ones(inner.n_flat), pairs, GEOMETRY_MOST)
    assert columns.transform is not None
    inverse = np.linalg.inv(columns.transform)
    r, p = form.predictors.active.size, form.predictors.n_columns
    basis = np.asarray(form.predictors.basis, dtype=np.float64).reshape(r, p, -1)
    made = np.einsum("jp,mpq->mjq", inverse, basis).reshape(r * p, -1)
    size = np.linalg.norm(made, axis=0)
    restricted = Transformed(pairs, np.zeros(pairs.n_columns), made / size)
    return Margins(restricted, sides, np.asarray(made / size), np.asarray(size), pairs, GEOMETRY_MOST)


@dataclass(frozen=True, eq=False)
class OutcomePairs(Matrix):
    """Differences between the outcome of a row and each other outcome, over coefficients that are not restricted.

    Row ``i * (K - 1) + j`` belongs to row i of X.

    Parameters
    ----------
    matrix : Matrix
        X, n rows and p columns.
    predictors : Predictors
        Which outcomes have a predictor.
    own : (n,) int array
        Outcome of each row.
    other : (n, K - 1) int array
        The outcomes that it is compared with.

    Examples
    --------
    A row with outcome 1 of three, of which 0 is the reference:

    >>> from logitkit.models.predictors import full_predictors
    >>> x = Dense(np.array([[2.0]]))
    >>> pairs = OutcomePairs(x, full_predictors(3, 1, reference=0), np.array([1]), np.array([[0, 2]]))
    >>> pairs.to_dense().tolist()
    [[2.0, 0.0], [2.0, -2.0]]
    """

    matrix: Matrix
    predictors: Predictors
    own: IntArray
    other: IntArray

    @property
    def n_rows(self) -> int:
        """Number of pairs."""
        return int(self.other.size)

    @property
    def n_columns(self) -> int:
        """Number of flat coefficients."""
        return self.predictors.n_flat

    @property
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram``."""
        return self.n_columns

    def rows(self, start: int, stop: int) -> Dense:
        """Return consecutive pairs, written out."""
        return self.take(np.arange(start, stop))

    def take(self, index: IntArray) -> Dense:
        """Return the pairs at the given positions, written out."""
        index = np.asarray(index, dtype=np.int64)
        row, place = np.divmod(index, self.other.shape[1])
        cells = self.matrix.take(row).to_dense()
        out = np.zeros((index.size, self.predictors.active.size, self.predictors.n_columns))
        position = self._positions()
        for outcomes, sign in ((self.own[row], 1.0), (self.other[row, place], -1.0)):
            there = position[outcomes]
            has = np.flatnonzero(there >= 0)
            out[has, there[has]] += sign * cells[has]
        return Dense(out.reshape(index.size, self.n_columns))

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return the differences of logits along a direction, shape (n (K - 1),)."""
        logits = np.zeros((self.predictors.n_predictors, self.matrix.n_rows))
        blocks = vector.reshape(self.predictors.active.size, self.predictors.n_columns)
        for outcome, block in zip(self.predictors.active, blocks, strict=True):
            logits[outcome] = self.matrix.matvec(block)
        here = np.arange(self.own.size)
        differences = logits[self.own, here][:, None] - logits[self.other, here[:, None]]
        return np.asarray(differences.ravel())

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add the transposed product to ``out``."""
        values = vector.reshape(self.other.shape)
        here = np.arange(self.own.size)
        weights = np.zeros((self.predictors.n_predictors, self.own.size))
        weights[self.own, here] = values.sum(axis=1)
        for column in range(self.predictors.n_predictors - 1):
            weights[self.other[:, column], here] -= values[:, column]
        out += np.concatenate([self.matrix.rmatvec(weights[outcome]) for outcome in self.predictors.active])

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add the Gram matrix of the pairs, written out."""
        self.rows(0, self.n_rows).add_gram(weights, out, buffer)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of the Gram matrix."""
        self.rows(0, self.n_rows).add_squares(weights, diagonal)

    def to_dense(self) -> FloatArray:
        """Return all pairs, shape (n (K - 1), m p)."""
        return self.rows(0, self.n_rows).to_dense()

    def _positions(self) -> IntArray:
        """Return where the block of each outcome is, -1 for one without a predictor."""
        out = np.full(self.predictors.n_predictors, -1)
        out[self.predictors.active] = np.arange(self.predictors.active.size)
        return out


def outcome_pairs(matrix: Matrix, response: Response, predictors: Predictors) -> tuple[OutcomePairs, Response]:
    """Return the pairs of a response, and which side of zero each must be on."""
    shares = response.indicators()
    own = shares.argmax(axis=0)
    outcomes = np.arange(predictors.n_predictors - 1)
    other = outcomes + (outcomes >= own[:, None])
    both = shares[other, np.arange(own.size)[:, None]] > 0.0
    weights = np.repeat(response.weights, outcomes.size)
    return OutcomePairs(matrix, predictors, own, other), Response(np.where(both, 0.5, 1.0).reshape(-1), prior=weights)
