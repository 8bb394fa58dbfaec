"""What the test of separation asks of rows, each question one pass that holds no number per row.

The rows that move are not listed but told by a rule: the directions that moved them, and those that they had to follow
exactly. A pass finds them anew, with the same bits, wherever the rows are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.existence.implied import distinct_rows, needed_rows
from logitkit.engine.rank import triangular_factor
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "BARELY",
    "MOVES",
    "NO_ROW",
    "Count",
    "Distinct",
    "Furthest",
    "Gain",
    "Held",
    "Moved",
    "Passes",
    "Projected",
    "Still",
    "Task",
    "Violated",
    "Worst",
    "WorstOf",
    "sides_of",
    "stacked",
]

MOVES = 1e-7  # margin of a row, in units of the scaled columns, above which a direction moves it
BARELY = 1e-11  # the same where rows are nearly equal, and the direction is taken to be right to rounding
DISTINCT_MOST = 4096  # constraints of a cone that are kept before those that others imply are left out

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Task(Protocol[T_co]):
    """A question that some rows answer: margins, sides, and their places, which count from 0 where there are none."""

    def __call__(self, matrix: Matrix, sides: Response, places: IntArray | None) -> T_co:
        """Return the answer of some rows."""


class Passes(Protocol):
    """Rows of margins, over which passes are made."""

    @property
    def n_columns(self) -> int:
        """Number of coefficients."""

    def over(self, task: Task[T], merge: Callable[[T, T], T]) -> T:
        """Return a task's result for all rows."""

    def rows(self, chosen: Violated) -> FloatArray:
        """Return rows that were found."""


@dataclass(frozen=True, eq=False)
class Held:
    """Margins that are held.

    Parameters
    ----------
    matrix : Matrix
        One row per margin.
    sides : Response
        The side of zero that each must be on.
    """

    matrix: Matrix
    sides: Response

    @property
    def n_columns(self) -> int:
        """Number of coefficients."""
        return self.matrix.n_columns

    def over(self, task: Task[T], merge: Callable[[T, T], T]) -> T:
        """Return a task's result for all rows."""
        del merge
        return task(self.matrix, self.sides, None)

    def rows(self, chosen: Violated) -> FloatArray:
        """Return rows that were found."""
        return self.matrix.take(chosen.places).to_dense()


def sides_of(response: Response) -> FloatArray:
    """Return the side of zero that each margin must be on, 1 or -1; 0 for both and for rows without weight."""
    y, used = response.y, response.weights > 0.0
    return np.asarray(np.where(y == 1.0, 1.0, np.where(y == 0.0, -1.0, 0.0)) * used)


def _margins(matrix: Matrix, sides: Response, direction: FloatArray) -> FloatArray:
    """Return how far each row is moved to its side; of rows with both sides, minus how far they are moved."""
    side, moves = sides_of(sides), matrix.matvec(direction)
    both = (sides.weights > 0.0) & (side == 0.0)
    return np.where(both, -np.abs(moves), side * moves)


def stacked(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the triangular factor of the rows of two."""
    return np.asarray(np.linalg.qr(np.vstack([one, other]), mode="r"))


@dataclass(frozen=True)
class Moved:
    """The rows that move, as a rule.

    Parameters
    ----------
    steps : tuple of (array, float, bool)
        Directions in order, the margin above which each moves a row, and whether the rows that it moves are added; else
        only those that it moves are left.
    """

    steps: tuple[tuple[FloatArray, float, bool], ...] = ()

    def of(self, matrix: Matrix, sides: FloatArray) -> BoolArray:
        """Return which of some rows move."""
        found: BoolArray = np.zeros(matrix.n_rows, dtype=bool)
        for direction, above, adds in self.steps:
            moves = sides * matrix.matvec(direction) > above
            found = found | moves if adds else found & moves
        return found

    def with_those(self, direction: FloatArray, above: float = MOVES) -> Moved:
        """Return the rule with the rows that a direction moves."""
        return Moved((*self.steps, (direction, above, True)))

    def only_those(self, direction: FloatArray, above: float) -> Moved:
        """Return the rule without the rows that a direction leaves where they are."""
        return Moved((*self.steps, (direction, above, False)))


NO_ROW = Moved()


@dataclass(frozen=True)
class Counted:
    """How many rows move, and how many of these do not by another rule.

    Parameters
    ----------
    every, fresh : int
        The two numbers.
    """

    every: int
    fresh: int

    def __add__(self, other: Counted) -> Counted:
        return Counted(self.every + other.every, self.fresh + other.fresh)


@dataclass(frozen=True)
class Count:
    """How many rows move by one rule, and not by another.

    Parameters
    ----------
    moved, before : Moved
        The rules.
    """

    moved: Moved
    before: Moved

    def __call__(self, matrix: Matrix, sides: Response, places: IntArray | None) -> Counted:
        """Return the numbers of some rows."""
        del places
        side = sides_of(sides)
        here = self.moved.of(matrix, side)
        return Counted(int(np.count_nonzero(here)), int(np.count_nonzero(here & ~self.before.of(matrix, side))))


@dataclass(frozen=True)
class Gain:
    """The sum of the rows that do not move yet, each with its side.

    Parameters
    ----------
    moved : Moved
        Those that do.
    """

    moved: Moved

    def __call__(self, matrix: Matrix, sides: Response, places: IntArray | None) -> FloatArray:
        """Return the sum of some rows."""
        del places
        side = sides_of(sides)
        return matrix.rmatvec(side * ~self.moved.of(matrix, side))


@dataclass(frozen=True)
class Furthest:
    """How far the row that is moved furthest to the wrong side is moved there.

    Parameters
    ----------
    direction : (q,) array
        The direction.
    """

    direction: FloatArray

    def __call__(self, matrix: Matrix, sides: Response, places: IntArray | None) -> float:
        """Return the distance of some rows, zero where none is moved there."""
        del places
        return float(-_margins(matrix, sides, self.direction).min(initial=0.0))


@dataclass(frozen=True)
class Still:
    """The triangular factor of the rows that do not move.

    Parameters
    ----------
    moved : Moved
        Those that do.
    """

    moved: Moved

    def __call__(self, matrix: Matrix, sides: Response, places: IntArray | None) -> FloatArray:
        """Return the factor of some rows."""
        del places
        return triangular_factor(matrix, (sides.weights > 0.0) & ~self.moved.of(matrix, sides_of(sides)))


@dataclass(frozen=True)
class Violated:
    """Rows that a direction moves the wrong way.

    Parameters
    ----------
    places : (k,) int array
        Their places.
    margins, sides : (k,) array
        How far they move, and the side that they must be on.
    cells : (k, q) array
        The rows.
    """

    places: IntArray
    margins: FloatArray
    sides: FloatArray
    cells: FloatArray

    def with_those(self, other: Violated) -> Violated:
        """Return the rows of both."""
        return Violated(
            np.concatenate([self.places, other.places]),
            np.concatenate([self.margins, other.margins]),
            np.concatenate([self.sides, other.sides]),
            np.concatenate([self.cells, other.cells]),
        )

    def take(self, index: IntArray) -> Violated:
        """Return some of the rows."""
        return Violated(self.places[index], self.margins[index], self.sides[index], self.cells[index])


@dataclass(frozen=True)
class Worst:
    """The rows that a direction violates most, besides those known already.

    Parameters
    ----------
    direction : (q,) array
        The direction.
    known : int array
        Places of rows that are constraints already.
    batch : int
        How many rows at most.
    """

    direction: FloatArray
    known: IntArray
    batch: int

    def __call__(self, matrix: Matrix, sides: Response, places: IntArray | None) -> Violated:
        """Return the worst of some rows."""
        side, margins = sides_of(sides), _margins(matrix, sides, self.direction)
        margins[self._known_among(places)] = 0.0
        worst = np.argpartition(margins, min(self.batch, margins.size - 1))[: self.batch] if margins.size else margins
        worst = worst.astype(np.int64)
        worst = worst[margins[worst] < -1e-10]
        worst = worst[np.argsort(margins[worst], kind="stable")]
        told = worst if places is None else places[worst]
        return Violated(told, margins[worst], side[worst], matrix.take(worst).to_dense())

    def _known_among(self, places: IntArray | None) -> IntArray:
        if places is None:
            return self.known
        at = np.searchsorted(places, self.known)
        inside = at < places.size
        found = at[inside]
        return np.asarray(found[places[found] == self.known[inside]])


@dataclass(frozen=True)
class WorstOf:
    """The worst rows of two parts.

    Parameters
    ----------
    batch : int
        How many rows at most.
    """

    batch: int

    def __call__(self, one: Violated, other: Violated) -> Violated:
        """Return the worst of both."""
        both = one.with_those(other)
        return both.take(np.argsort(both.margins, kind="stable")[: self.batch])


@dataclass(frozen=True)
class Projected:
    """The rows that move, in a basis of few columns; of those in one direction the first.

    Parameters
    ----------
    moved : Moved
        Those that move.
    basis : (q, d) array
        The basis.
    """

    moved: Moved
    basis: FloatArray

    def __call__(self, matrix: Matrix, sides: Response, places: IntArray | None) -> FloatArray:
        """Return the distinct ones of some rows."""
        del places
        side = sides_of(sides)
        keep = self.moved.of(matrix, side)
        parts = [np.empty((0, self.basis.shape[1]))]
        step = row_groups(matrix.n_rows, matrix.n_columns).block
        for start in range(0, matrix.n_rows, step):
            part = keep[start : start + step]
            if part.any():
                block = matrix.rows(start, min(start + step, matrix.n_rows)).to_dense()[part]
                parts.append(block @ self.basis)
        found = np.vstack(parts) * side[keep][:, None]
        return np.asarray(found[distinct_rows(found)])


@dataclass(frozen=True)
class Distinct:
    """The constraints of two parts, of which those that others imply are left out where there are many.

    Parameters
    ----------
    interior : (d,) array
        A direction that satisfies all of them.
    """

    interior: FloatArray

    def __call__(self, one: FloatArray, other: FloatArray) -> FloatArray:
        """Return the constraints of both."""
        both = np.vstack([one, other])
        both = both[distinct_rows(both)]
        return both if len(both) <= DISTINCT_MOST else needed_rows(both, self.interior)
