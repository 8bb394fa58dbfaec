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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.parted import Parted, in_parts
from logitkit.design.response.response import Response
from logitkit.engine.existence.passes import Task, Violated
from logitkit.engine.existence.separation import GEOMETRY_MOST, Separated, find_separation, separation_in
from logitkit.engine.part_coordinates import Columns, inner_predictors
from logitkit.models.family import Family
from logitkit.models.form import Form
from logitkit.models.predictors import Part, Predictors
from logitkit.numerics.once import once
from logitkit.typing import FloatArray, IntArray

__all__ = ["MarginRows", "Margins", "margin_rows", "margins_of"]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Margins:
    """Margins of the rows of a fit over the coefficients that are solved for.

    Parameters
    ----------
    design : Design
        The rows.
    form : Form
        The model.
    columns : Columns
        Coordinates of the columns.
    """

    design: Design
    form: Form
    columns: Columns

    @once
    def matrix(self) -> Matrix:
        """One row per margin."""
        return self.columns.matrix(self.design.matrix) if self.paired is None else self.paired[0]

    @once
    def sides(self) -> Response:
        """The side of zero that each must be on: 1 or 0; a number between where it must be zero."""
        return self.form.family.sides(self.design.response) if self.paired is None else self.paired[1]

    @property
    def differences(self) -> MarginRows | None:
        """The margins as differences of predictors, of several."""
        return None if self.paired is None else self.paired[0]

    @once
    def paired(self) -> tuple[MarginRows, Response] | None:
        """Margins of several predictors and their sides."""
        if self.form.is_single:
            return None
        matrix, inner = self.columns.matrix(self.design.matrix), inner_predictors(self.form, self.columns)
        return margin_rows(matrix, self.design.response, inner, self.form.family)

    @property
    def most(self) -> float:
        """Size of the geometry beyond which it is not described."""
        return math.inf if self.form.is_single else GEOMETRY_MOST

    @property
    def n_columns(self) -> int:
        """Number of coefficients."""
        return self.of(self.design.sample).matrix.n_columns

    def of(self, part: Design) -> Margins:
        """Return the margins of some of the rows."""
        return Margins(part, self.form, self.columns)

    def separation(self) -> Separated | None:
        """Decide whether the rows are separated, a chunk at a time where they are read in chunks."""
        if self.design.in_chunks:
            return separation_in(self, self.most)
        return find_separation(self.matrix, self.sides, self.most)

    def over(self, task: Task[T], merge: Callable[[T, T], T]) -> T:
        """Return a task's result for all rows."""
        return self.design.reduce(_OnMargins(self.form, self.columns, task), merge)

    def rows(self, chosen: Violated) -> FloatArray:
        """Return rows that were found."""
        return chosen.cells


@dataclass(frozen=True)
class _OnMargins(Generic[T]):
    """A task on the margins of some rows."""

    form: Form
    columns: Columns
    task: Task[T]

    def __call__(self, part: Design) -> T:
        """Return the task's result for some rows."""
        found = Margins(part, self.form, self.columns)
        each = 1 if found.paired is None else found.paired[0].minus.shape[1]
        places = (np.asarray(part.positions)[:, None] * each + np.arange(each)).ravel()
        return self.task(found.matrix, found.sides, places)


def margins_of(design: Design, form: Form, columns: Columns) -> Margins:
    """Return the margins of the rows of a fit, in coordinates of the columns."""
    return Margins(design, form, columns)


@dataclass(frozen=True, eq=False)
class MarginRows(Matrix):
    """Differences of linear predictors, over the coefficients that are solved for.

    Row ``i * r + j`` is margin j of row i of X.

    Parameters
    ----------
    matrix : Matrix
        X, n rows and p columns, in parts where the predictors have several.
    predictors : Predictors
        How coefficients give the predictors.
    plus, minus : (n, r) int array
        The predictor that must not fall against the other; negative where there is none.

    Examples
    --------
    A row with outcome 1 of three, of which 0 is the reference:

    >>> from logitkit.models.predictors import full_predictors
    >>> x = Dense(np.array([[2.0]]))
    >>> rows = MarginRows(x, full_predictors(3, 1, reference=0), np.array([[1, 1]]), np.array([[0, 2]]))
    >>> rows.to_dense().tolist()
    [[2.0, 0.0], [2.0, -2.0]]
    """

    matrix: Matrix
    predictors: Predictors
    plus: IntArray
    minus: IntArray

    @property
    def n_rows(self) -> int:
        """Number of margins."""
        return int(self.minus.size)

    @property
    def n_columns(self) -> int:
        """Number of coefficients."""
        return self.predictors.n_flat

    @property
    def dense_width(self) -> int:
        """Numbers that a row needs as scratch in ``add_gram``."""
        return self.n_columns

    def rows(self, start: int, stop: int) -> Dense:
        """Return consecutive margins, written out."""
        return self.take(np.arange(start, stop))

    def take(self, index: IntArray) -> Dense:
        """Return the margins at the given positions, written out."""
        index = np.asarray(index, dtype=np.int64)
        row, place = np.divmod(index, self.minus.shape[1])
        weights = np.zeros((index.size, self.predictors.n_predictors))
        for which, sign in ((self.plus[row, place], 1.0), (self.minus[row, place], -1.0)):
            has = np.flatnonzero(which >= 0)
            weights[has, which[has]] += sign
        return Dense(self.predictors.rows(self.matrix.take(row).to_dense(), weights))

    def matvec(self, vector: FloatArray) -> FloatArray:
        """Return the margins along a direction, shape (n r,)."""
        m, n = self.predictors.n_predictors, self.matrix.n_rows
        eta = np.zeros((m + 1, n))  # the last for none
        for part, places, matrix in self._parts():
            eta[:m] += part.expand(np.stack([matrix.matvec(vector[place]) for place in places]), m)
        here = np.arange(n)[:, None]
        return np.asarray((eta[self.plus, here] - eta[self.minus, here]).ravel())

    def add_rmatvec(self, vector: FloatArray, out: FloatArray) -> None:
        """Add the transposed product to ``out``."""
        values = vector.reshape(self.minus.shape)
        here = np.arange(self.matrix.n_rows)
        weights = np.zeros((self.predictors.n_predictors + 1, here.size))
        for column in range(self.minus.shape[1]):
            weights[self.plus[:, column], here] += values[:, column]
            weights[self.minus[:, column], here] -= values[:, column]
        for part, places, matrix in self._parts():
            for place, row in zip(places, part.contract(weights[:-1]), strict=True):
                out[place] += matrix.rmatvec(row)

    def add_gram(self, weights: FloatArray, out: FloatArray, buffer: FloatArray) -> None:
        """Add the Gram matrix of the margins, written out."""
        self.rows(0, self.n_rows).add_gram(weights, out, buffer)

    def add_squares(self, weights: FloatArray, diagonal: FloatArray) -> None:
        """Add the diagonal of the Gram matrix."""
        self.rows(0, self.n_rows).add_squares(weights, diagonal)

    def to_dense(self) -> FloatArray:
        """Return all margins, shape (n r, q)."""
        return self.rows(0, self.n_rows).to_dense()

    def _parts(self) -> list[tuple[Part, IntArray, Matrix]]:
        parts = self.predictors.parts
        matrices: tuple[Matrix, ...] = (self.matrix,)
        if len(parts) > 1 or isinstance(self.matrix, Parted):
            matrices = in_parts(self.matrix, tuple(part.columns for part in parts)).parts
        return list(zip(parts, self.predictors.places, matrices, strict=True))


def margin_rows(
    matrix: Matrix, response: Response, predictors: Predictors, family: Family
) -> tuple[MarginRows, Response]:
    """Return the margins of a response, and which side of zero each must be on.

    A margin is one half where it must be zero, because the row has outcomes that push it both ways.
    """
    plus, minus, sides, used = family.margins(response)
    weights = np.where(used, response.weights[:, None], 0.0)
    rows = MarginRows(matrix, predictors, plus, minus)
    return rows, Response(sides.reshape(-1), prior=weights.reshape(-1))
