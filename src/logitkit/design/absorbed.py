"""A factor that is absorbed: an intercept for each of its levels, which is estimated and not reported as a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.table.frame import coded_values
from logitkit.errors import DataError
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["AbsorbedLevels", "terms_without_intercept", "without_intercept"]

ROUNDING = 1e-10  # of a row and of its anchor: a distance that is smaller is none


@dataclass(frozen=True, eq=False)
class AbsorbedLevels:
    """The levels of an absorbed factor and, after the fit, their intercepts.

    Parameters
    ----------
    name : str
        Column of the table.
    levels : list
        The levels of the rows of the fit.
    intercepts : (m,) array
        One per level; nan before the fit and for a level whose rows all have weight zero, infinite for a level whose
        rows all have one outcome, nan for one whose rows the columns separate.
    rows : (m,) int array
        Observations of each level that the fit was given: rows of positive weight, or the sum of frequency weights.
    curvature : (m,) array or None
        Sum of weight times variance over the rows of each level, infinite for a level that took no part.
    means : (m, q) array or None
        Means of the q columns that were solved for in each level, weighted by the curvature of its rows. None when they
        would take more room than a record should.
    n_dropped_rows : int
        Rows of the table in levels without variation.
    anchors : (m, q) array or None
        Of a separated fit, in its coordinates: the mean of the rows of each level that are not separated, which fix its
        intercept along all directions to infinity; nan where there is none, and the intercept is undetermined.
    reach : (m, 2) array or None
        Of a fit that is separated in one direction: how far it moves the non-events of each level at most, and the
        events at least. A row at or beyond is certain, whatever the intercept.

    Examples
    --------
    >>> firms = AbsorbedLevels("firm", ["a", "b"], np.array([0.5, np.inf]), np.array([2, 3]))
    >>> firms.shift(np.array([0, 0])).tolist(), firms.n_varied
    ([0.5, 0.5], 1)
    """

    name: str
    levels: list[Any]
    intercepts: FloatArray
    rows: IntArray
    curvature: FloatArray | None = None
    means: FloatArray | None = None
    n_dropped_rows: int = 0
    anchors: FloatArray | None = None
    reach: FloatArray | None = None

    @property
    def varied(self) -> BoolArray:
        """Levels whose rows have both outcomes: the others say nothing of the coefficients, shape (m,)."""
        return (self.rows > 0) & ~np.isinf(self.intercepts)

    @property
    def n_varied(self) -> int:
        """Number of levels that took part in the fit."""
        return int(np.count_nonzero(self.varied))

    @property
    def n_dropped(self) -> int:
        """Number of levels whose rows all have one outcome."""
        return int(np.count_nonzero(np.isinf(self.intercepts)))

    @property
    def rows_per_level(self) -> float:
        """Mean number of observations of the levels that took part."""
        return float(self.rows[self.varied].mean()) if self.n_varied else 0.0

    @property
    def fewest_rows(self) -> int:
        """Least number of observations of a level that took part."""
        return int(self.rows[self.varied].min()) if self.n_varied else 0

    def codes(self, values: Any) -> IntArray:
        """Return the level of each value of a column, negative for one that the fit never saw, shape (n,)."""
        return coded_values(values).recoded(self.levels).astype(np.int64)

    def require_seen(self, codes: IntArray, shown: Sequence[Any]) -> None:
        """Refuse rows of a level that the fit never saw, or gave no weight: there is no intercept for them."""
        weightless = (codes >= 0) & self.is_unknown(codes)
        shown = [*shown, *(self.levels[code] for code in np.unique(codes[weightless]))]
        if not shown:
            return
        count = int(np.count_nonzero((codes < 0) | weightless))
        names = ", ".join(repr(level) for level in shown[:5])
        raise DataError(
            f"{self.name} has a level that the fit never saw in {count} row{'s' if count > 1 else ''}: {names}"
            f"{', ...' if len(shown) > 5 else ''}. Its intercept is not known. Use unseen='missing' to get missing "
            "predictions there."
        )

    def is_unknown(self, codes: IntArray) -> BoolArray:
        """Tell which rows have a level that the fit never saw, or gave no weight, shape (n,)."""
        return np.asarray((codes < 0) | (np.append(self.rows, 0)[codes] == 0))

    def from_anchors(self, rows: FloatArray, codes: IntArray | None) -> FloatArray:
        """Return rows of a separated fit, in its coordinates, less the anchor of their level, shape (n, q)."""
        if self.anchors is None:
            return rows
        if codes is None:
            raise DataError(f"Rows without their level of {self.name}, which is absorbed, have no limit.")
        anchors = self.anchors[codes]
        away = rows - anchors
        return np.asarray(np.where(np.abs(away) <= ROUNDING * (np.abs(rows) + np.abs(anchors)), 0.0, away))

    def beyond_reach(self, rows: FloatArray, codes: IntArray, direction: FloatArray) -> FloatArray:
        """Return the sides of rows of levels without an anchor, nan within their reach, shape (n,)."""
        out = np.full(rows.shape[0], np.nan)
        if self.reach is not None:
            direction = direction / np.abs(direction).max()
            moved, size = rows @ direction, ROUNDING * (np.abs(rows) @ np.abs(direction))
            low, high = self.reach[codes].T
            out[moved <= low + size] = -1.0
            out[moved >= high - size] = 1.0
        return out

    def shift(self, codes: IntArray) -> FloatArray:
        """Return the intercept of each row, nan for a level that was not seen, shape (n,).

        It is zero for a level that the columns separate as a whole: there the columns alone tell whether a row is
        certain or undetermined.
        """
        known = np.where((self.rows > 0) & np.isnan(self.intercepts), 0.0, self.intercepts)
        return np.asarray(np.append(known, np.nan)[codes])


def without_intercept(matrix: Matrix, names: Sequence[str]) -> Matrix:
    """Return the columns of a design but its intercept, which the levels take up."""
    from scipy.sparse import csr_array, eye_array

    if INTERCEPT not in names:
        return matrix
    kept = [j for j, name in enumerate(names) if name != INTERCEPT]
    return Recoded(matrix, csr_array(eye_array(len(names), format="csr")[:, kept]))


def terms_without_intercept(terms: Sequence[Term], names: Sequence[str]) -> tuple[Term, ...]:
    """Return the terms with their columns counted without the intercept."""
    place = np.cumsum([name != INTERCEPT for name in names]) - 1
    return tuple(
        Term(term.name, tuple(int(place[j]) for j in term.columns)) for term in terms if term.name != INTERCEPT
    )
