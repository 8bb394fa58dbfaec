r"""Sums over rows that several averages share because the columns that change are the same in all rows.

Levels of one factor set the same columns, each to the same values in all rows. The predictors of row i are
:math:`\eta_i^{(-)} + c_v`: the contribution of the other columns plus a shift. One product therefore multiplies the
columns that do not change by the derivatives at all levels, and those that change are multiplied by the sums of the
derivatives.

Slopes along which the predictors of all rows change alike, :math:`u_i = u`, are linear in u: with
:math:`\bar g_a = \sum_i \omega_i \partial p / \partial \eta_a` and :math:`h_{ab} = \sum_i \omega_i x_i \partial^2 p /
\partial \eta_a \partial \eta_b`, summed once, the average is :math:`\sum_a \bar g_a u_a` and its derivatives are
:math:`\sum_a u_a h_{ab}`, to which :math:`\bar g_b` comes in the columns that change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from logitkit.inference.effects.pieces import Level, Piece, Slope, one_row
from logitkit.inference.effects.row_block import RowBlock
from logitkit.inference.effects.scales import Scale
from logitkit.typing import FloatArray

__all__ = ["AlikeLevels", "AlikeSlopes", "OnePiece", "SharedSums", "parted"]

AT_ONCE = 5  # derivatives of a row that are multiplied with its columns in one product


class SharedSums(ABC):
    """What some pieces need summed over rows: blocks are added, and what they give is told by piece."""

    @abstractmethod
    def add(self, block: RowBlock, scale: Scale, shares: FloatArray) -> None:
        """Add rows, each of which counts by its share."""

    @abstractmethod
    def write(self, value: FloatArray, sums: FloatArray) -> None:
        """Add values and derivatives by predictor and column to those of the pieces, (P, L) and (P, L, m, p)."""


class OnePiece(SharedSums):
    """A piece by itself.

    Parameters
    ----------
    number : int
        Which piece it is.
    piece : Level or Slope
        The piece.
    shape : tuple of int
        L values, m predictors, p columns.
    kept : (L, n) array, optional
        What is averaged is written to it.
    """

    def __init__(self, number: int, piece: Piece, shape: tuple[int, int, int], kept: FloatArray | None = None) -> None:
        self.number, self.piece, self.kept = number, piece, kept
        self.value, self.sums = np.zeros(shape[0]), np.zeros(shape)

    def add(self, block: RowBlock, scale: Scale, shares: FloatArray) -> None:
        """Add rows."""
        values, base, direct = block.of(self.piece, scale)
        self.value += values @ shares
        if self.kept is not None:
            self.kept[:, block.start : block.stop] = values
        block.add(self.piece, base * shares, None if direct is None else direct * shares, self.sums)

    def write(self, value: FloatArray, sums: FloatArray) -> None:
        """Add what was summed."""
        value[self.number] += self.value
        sums[self.number] += self.sums


class AlikeLevels(SharedSums):
    """Levels of the same columns, each of which all rows have alike.

    Parameters
    ----------
    numbers : sequence of int
        Which V pieces they are.
    levels : sequence of Level
        The pieces.
    shape : tuple of int
        L values, m predictors, p columns.
    """

    def __init__(self, numbers: Sequence[int], levels: Sequence[Level], shape: tuple[int, int, int]) -> None:
        assert levels[0].places is not None
        self.numbers, self.places = list(numbers), levels[0].places
        self.rows = np.array([one_row(level.matrix) for level in levels])
        self.value = np.zeros((len(levels), shape[0]))
        self.total, self.sums = np.zeros((len(levels), *shape[:2])), np.zeros((len(levels), *shape))

    def add(self, block: RowBlock, scale: Scale, shares: FloatArray) -> None:
        """Add rows."""
        others = block.without(self.places)
        shifts = self.rows @ block.table[:, self.places].T
        step = max(AT_ONCE // (self.total.shape[1] * self.total.shape[2]), 1)
        for first in range(0, len(shifts), step):
            some = slice(first, first + step)
            values, slopes = scale.shifted(others, shifts[some])
            slopes *= shares
            self.value[some] += values @ shares
            self.total[some] += slopes.sum(axis=-1)
            self.sums[some] += block.products(slopes)

    def write(self, value: FloatArray, sums: FloatArray) -> None:
        """Add what was summed."""
        self.sums[..., self.places] = self.total[..., None] * self.rows[:, None, None]
        value[self.numbers] += self.value
        sums[self.numbers] += self.sums


class AlikeSlopes(SharedSums):
    """Slopes along which the predictors of all rows change alike.

    Parameters
    ----------
    numbers : sequence of int
        Which pieces they are.
    slopes : sequence of Slope
        The pieces.
    shape : tuple of int
        L values, m predictors, p columns.
    """

    def __init__(self, numbers: Sequence[int], slopes: Sequence[Slope], shape: tuple[int, int, int]) -> None:
        self.numbers, self.slopes = numbers, slopes
        self.total, self.sums = np.zeros(shape[:2]), np.zeros((shape[1], *shape))
        self.table = np.zeros(shape[1:])

    def add(self, block: RowBlock, scale: Scale, shares: FloatArray) -> None:
        """Add rows."""
        eta, self.table = block.own(), block.table
        self.total += scale.slopes(eta) @ shares
        for a, unit in enumerate(np.eye(len(eta))):
            self.sums[a] += block.products(scale.curvatures(eta, np.broadcast_to(unit[:, None], eta.shape)) * shares)

    def write(self, value: FloatArray, sums: FloatArray) -> None:
        """Add what was summed."""
        for number, slope in zip(self.numbers, self.slopes, strict=True):
            row = one_row(slope.matrix)
            assert row is not None
            change = self.table[:, slope.places] @ row
            value[number] += self.total @ change
            sums[number] += np.tensordot(change, self.sums, axes=1)
            sums[number][..., slope.places] += self.total[..., None] * row


def parted(pieces: Sequence[Piece], shape: tuple[int, int, int], *, is_separated: bool) -> list[SharedSums]:
    """Return the sums for the pieces: together if pieces share them, otherwise each separately.

    Parameters
    ----------
    pieces : sequence of Level or Slope
        P averages.
    shape : tuple of int
        Of the derivatives of each: L values, m predictors, p columns.
    is_separated : bool
        Whether rows are at their limits, of which none changes as others do.

    Returns
    -------
    list of SharedSums
        Nothing summed yet.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> row = Dense(np.broadcast_to([1.0], (5, 1)))
    >>> two = [Level(np.array([1]), row), Level(np.array([1]), row), Slope(np.array([2]), row)]
    >>> [type(each).__name__ for each in parted(two, (1, 1, 3), is_separated=False)]
    ['AlikeLevels', 'AlikeSlopes']
    """
    levels: dict[bytes, tuple[list[int], list[Level]]] = {}
    slopes: tuple[list[int], list[Slope]] = ([], [])
    single: list[tuple[int, Piece]] = []
    for number, piece in enumerate(pieces):
        if isinstance(piece, Level) and piece.places is not None and one_row(piece.matrix) is not None:
            numbers, own = levels.setdefault(piece.places.tobytes(), ([], []))
            numbers.append(number)
            own.append(piece)
        elif isinstance(piece, Slope) and piece.is_plain and not is_separated and one_row(piece.matrix) is not None:
            slopes[0].append(number)
            slopes[1].append(piece)
        else:
            single.append((number, piece))
    if len(slopes[0]) < shape[1]:  # of several predictors, along each of which curvatures would be summed
        single += zip(*slopes, strict=True)
        slopes = ([], [])
    found: list[SharedSums] = [AlikeLevels(*each, shape) for each in levels.values()]
    if slopes[0]:
        found.append(AlikeSlopes(*slopes, shape))
    return found + [OnePiece(number, piece, shape) for number, piece in single]
