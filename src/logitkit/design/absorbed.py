"""An absorbed factor: one intercept per level, estimated without a column in the design."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.matrix.within import Within, level_means
from logitkit.design.nuisance import EliminatedFactor, NuisanceRows, NuisanceVerb, NuisanceWords
from logitkit.design.table.frame import coded_values
from logitkit.errors import DataError
from logitkit.typing import BoolArray, FloatArray, IntArray, UnseenPolicy

__all__ = ["AbsorbedLevels", "terms_without_intercept", "without_intercept"]

ROUNDING = 1e-10  # of a row and of its anchor: a distance that is smaller is none
#: Why a verb is not offered beside absorbed levels, and what would be valid.
REFUSED: dict[NuisanceVerb, str] = {
    "penalty": (
        "absorb= with penalty= is not offered: it would be unclear whether the intercepts of the levels are penalised."
    ),
    "adjustment": (
        "{name} is absorbed: bias reduction would have to take the intercepts of its {n_levels:,} levels into the "
        "information. fit.bias_correction() takes out the bias that they bring; or fit the factor as a term, C({name})."
    ),
    "refit": (
        "{name} is absorbed: weighted refits would fix the intercepts of its {n_levels:,} levels at their "
        "estimates, and so understate the variation between samples. Use cluster-robust errors, cluster={name!r}, "
        "for dependence within levels, or fit.bias_correction() for the bias caused by many levels."
    ),
    "profile": (
        "{name} is absorbed: a profile likelihood would hold a function of the coefficients fixed and fit the "
        "intercepts of {n_levels:,} levels again at each value. Use method='wald'; or, where every level has many "
        "rows, fit the factor as a term, C({name})."
    ),
    "average predictions": (
        "Average predictions with errors are not offered where a factor is absorbed: the intercepts of the levels of "
        "{name} have errors of their own, each with its rows. fit.predict gives the probabilities."
    ),
    "goodness_of_fit": (
        "Tests of fit have no known distribution where a factor is absorbed ({name}): the predictions rest on an "
        "intercept for each of {n_levels:,} levels, which few rows determine badly. Look at the calibration table "
        "instead; or, where every level has many rows, fit the factor as a term, C({name})."
    ),
    "hosmer_lemeshow": (
        "The Hosmer-Lemeshow statistic has no known distribution where a factor is absorbed ({name}): the predictions "
        "that form its groups rest on an intercept for each of {n_levels:,} levels, which few rows determine badly. "
        "Look at the calibration table instead; or, where every level has many rows, fit the factor as a term, "
        "C({name})."
    ),
}


@dataclass(frozen=True, eq=False)
class AbsorbedLevels:
    """The levels of an absorbed factor and, after the fit, their intercepts: a ``Nuisance``.

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
        """Levels whose rows have both outcomes, shape (m,); the others carry no information about the coefficients."""
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
    def columns(self) -> tuple[str, ...]:
        """The column of the factor."""
        return (self.name,)

    @property
    def factors(self) -> tuple[EliminatedFactor, ...]:
        """The factor, with its sizes."""
        rows = self.rows[self.varied]
        mean, fewest = (float(rows.mean()), int(rows.min())) if rows.size else (0.0, 0)
        return (EliminatedFactor(self.name, self.n_varied, self.n_dropped, self.n_dropped_rows, mean, fewest),)

    @property
    def n_parameters(self) -> int:
        """An intercept for each level that took part in the fit."""
        return self.n_varied

    @property
    def spans_constant(self) -> bool:
        """The intercepts of all levels add up to one of the model."""
        return True

    @property
    def words(self) -> NuisanceWords:
        """What the levels are called in print."""
        name, number = self.name, self.n_varied
        return NuisanceWords(
            f"an intercept for each level of {name}",
            f"the intercepts of the {number:,} level{'' if number == 1 else 's'} of {name}",
            f"the levels of {name}",
            f"The parameters include one intercept per level of {name}.",
        )

    @property
    def estimates(self) -> dict[str, Any]:
        """Levels, their rows and their intercepts."""
        return {"level": self.levels, "rows": self.rows, "intercept": self.intercepts}

    def why_not(self, verb: NuisanceVerb) -> str:
        """Return why a verb is not offered beside absorbed levels, and what would be valid; empty where it is."""
        sentence = REFUSED.get(verb, "")
        return sentence.format(name=self.name, n_levels=self.n_varied) if sentence else ""

    def why_no_errors(self, covariance: str, n_columns: int) -> str:
        """Return why the intercepts have no standard errors, empty where they have."""
        if covariance:
            return (
                f"Standard errors of predictions are not offered with {covariance} and {self.name} absorbed: the "
                "intercept of a level is estimated from the rows of that level alone, too few for a sandwich estimate "
                "of its variance. fit.predict gives the probabilities; without sampling weights or cluster= their "
                "standard errors are available."
            )
        if self.means is None or self.curvature is None:
            return (
                f"Standard errors of predictions need the mean of every column in each level of {self.name}, and "
                f"{len(self.levels):,} levels times {n_columns} columns are too many to keep. fit.predict gives the "
                "probabilities."
            )
        return ""

    def left_of_formula(self, matrix: Matrix, names: Sequence[str]) -> Matrix:
        """Return the columns but the intercept."""
        return without_intercept(matrix, names)

    def of_rows(self, series: Mapping[str, Any], positions: IntArray, unseen: UnseenPolicy) -> NuisanceRows:
        """Return level and intercept of some rows; of a level with one outcome the intercept is infinite.

        So is then the prediction, which may be wrong on new rows.
        """
        coded = coded_values(series["absorb"].iloc[positions])
        codes = coded.recoded(self.levels).astype(np.int64)
        if unseen == "raise":
            self.require_seen(codes, coded.occurring(codes < 0))
        return NuisanceRows(codes, self.shift(codes), self.is_unknown(codes))

    def within(self, working: Matrix, codes: IntArray | None, curvature: Callable[[], FloatArray] | None) -> Matrix:
        """Return the columns less their means in the level of each row."""
        if codes is None:
            raise DataError(f"Rows without their level of {self.name}, which is absorbed, have no standard errors.")
        means = self.means
        if means is None:
            assert curvature is not None
            means = level_means(working, codes, curvature(), len(self.levels))
        return Within(working, codes, means)

    def less_means(self, matrix: Matrix, codes: IntArray | None, curvature: FloatArray) -> Matrix:
        """Return columns less their means in the level of each row."""
        assert codes is not None
        return Within(matrix, codes, level_means(matrix, codes, curvature, len(self.levels)))

    def variances(self, codes: IntArray | None, curvature: FloatArray | None, n_rows: int) -> FloatArray:
        """Return one over the curvature of the level of each row, zero where that has none, shape (n,)."""
        del n_rows
        assert codes is not None
        if curvature is None:
            assert self.curvature is not None
            return np.asarray(1.0 / self.curvature[codes])
        total = np.bincount(codes, curvature, len(self.levels))
        return np.asarray(np.where(total > 0.0, 1.0 / np.where(total > 0.0, total, 1.0), 0.0)[codes])

    def require_seen(self, codes: IntArray, shown: Sequence[Any]) -> None:
        """Refuse rows in a level without an intercept: one that the fit never saw, or gave no weight."""
        weightless = (codes >= 0) & self.is_unknown(codes)
        shown = [*shown, *(self.levels[code] for code in np.unique(codes[weightless]))]
        if not shown:
            return
        count = int(np.count_nonzero((codes < 0) | weightless))
        names = ", ".join(repr(level) for level in shown[:5])
        raise DataError(
            f"{self.name} has a level that the fit never saw in {count} row{'s' if count > 1 else ''}: "
            f"{names}{', ...' if len(shown) > 5 else ''}. Their intercepts are unknown. Use unseen='missing' to get "
            "missing predictions there."
        )

    def is_unknown(self, codes: IntArray) -> BoolArray:
        """Tell which rows have a level that the fit never saw, or gave no weight, shape (n,)."""
        return np.asarray((codes < 0) | (np.append(self.rows, 0)[codes] == 0))

    def from_anchors(self, rows: FloatArray, codes: IntArray | None) -> FloatArray:
        """Return rows of a separated fit, in its coordinates, less the anchor of their level, shape (n, q)."""
        if self.anchors is None:
            return rows
        if codes is None:
            raise DataError(f"Rows must be given with their level of {self.name}, which is absorbed.")
        anchors = self.anchors[codes]
        away = rows - anchors
        return np.asarray(np.where(np.abs(away) <= ROUNDING * (np.abs(rows) + np.abs(anchors)), 0.0, away))

    def beyond_reach(self, rows: FloatArray, codes: IntArray | None, direction: FloatArray) -> FloatArray:
        """Return the sides of rows of levels without an anchor, nan within their reach, shape (n,)."""
        out = np.full(rows.shape[0], np.nan)
        if self.reach is not None and codes is not None:
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
