"""A factor that is absorbed: an intercept for each of its levels, which is estimated and not reported as a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.frame import coded_values
from logitkit.design.matrix import Matrix
from logitkit.design.recoded import Recoded
from logitkit.design.terms import INTERCEPT, Term
from logitkit.errors import DataError
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["AbsorbedLevels", "terms_without_intercept", "without_intercept"]


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
        One a level; nan before the fit and for a level whose rows all have weight zero, infinite for a level whose rows
        all have one outcome.
    rows : (m,) int array
        Observations of each level that the fit was given: rows of positive weight, or the sum of frequency weights.
    curvature : (m,) array or None
        Sum of weight times variance over the rows of each level, infinite for a level that took no part.
    means : (m, q) array or None
        Means of the q columns that were solved for in each level, weighted by the curvature of its rows. None when they
        would take more room than a record should.
    n_dropped_rows : int
        Rows of the table in levels without variation.

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

    @property
    def varied(self) -> BoolArray:
        """Levels whose rows have both outcomes: the others say nothing of the coefficients, shape (m,)."""
        return np.isfinite(self.intercepts)

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
        weightless = np.isnan(self.intercepts[codes]) & (codes >= 0)
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

    def shift(self, codes: IntArray) -> FloatArray:
        """Return the intercept of each row, nan for a level that was not seen, shape (n,)."""
        return np.asarray(np.append(self.intercepts, np.nan)[codes])


def without_intercept(matrix: Matrix, names: Sequence[str]) -> Matrix:
    """Return the columns of a design but its intercept, which the levels take up.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    names : sequence of str
        Their names.

    Returns
    -------
    Matrix
        The same where there is no intercept.
    """
    from scipy.sparse import csr_array, eye_array

    if INTERCEPT not in names:
        return matrix
    kept = [j for j, name in enumerate(names) if name != INTERCEPT]
    return Recoded(matrix, csr_array(eye_array(len(names), format="csr")[:, kept]))


def terms_without_intercept(terms: Sequence[Term], names: Sequence[str]) -> tuple[Term, ...]:
    """Return the terms with their columns counted without the intercept.

    Parameters
    ----------
    terms : sequence of Term
        Of all columns.
    names : sequence of str
        Names of all columns.

    Returns
    -------
    tuple of Term
        The intercept's term is left out.
    """
    place = np.cumsum([name != INTERCEPT for name in names]) - 1
    return tuple(
        Term(term.name, tuple(int(place[j]) for j in term.columns)) for term in terms if term.name != INTERCEPT
    )
