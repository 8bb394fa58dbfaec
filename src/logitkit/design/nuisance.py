"""What is eliminated from a model: parameters that it has, and that are none of its coefficients.

A factor that is absorbed (``absorbed.py``) is one kind, nothing at all (``NoNuisance``) is another. What differs
between kinds is asked of the nuisance; no code outside its own files asks which kind it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import BoolArray, FloatArray, IntArray, UnseenPolicy

__all__ = ["NOTHING", "EliminatedFactor", "NoNuisance", "Nuisance", "NuisanceRows", "NuisanceVerb", "NuisanceWords"]

#: What a nuisance may stand in the way of, or be the very reason for.
NuisanceVerb = Literal[
    "penalty",
    "adjustment",
    "refit",
    "profile",
    "average predictions",
    "goodness_of_fit",
    "hosmer_lemeshow",
    "bias_correction",
]


@dataclass(frozen=True, slots=True)
class NuisanceRows:
    """What a nuisance says of n rows.

    Parameters
    ----------
    codes : (n,) int array or None
        Level of each row, negative for one that the fit never saw; None where there are no levels.
    shift : (n,) array or None
        What it adds to the linear predictor of each row, nan where that is not known; None for nothing.
    unknown : (n,) bool array
        Rows that the fit says nothing of.

    Examples
    --------
    >>> rows = NuisanceRows(np.array([0, 1]), np.array([0.5, -1.0]), np.zeros(2, dtype=bool))
    >>> rows.added_to(None).tolist(), rows.added_to(np.ones((1, 2))).tolist()
    ([[0.5, -1.0]], [[1.5, 0.0]])
    """

    codes: IntArray | None
    shift: FloatArray | None
    unknown: BoolArray

    def added_to(self, offset: FloatArray | None) -> FloatArray | None:
        """Return offsets of shape (m, n) with what the nuisance adds."""
        if self.shift is None:
            return offset
        return self.shift[None] if offset is None else offset + self.shift


@dataclass(frozen=True, slots=True)
class EliminatedFactor:
    """Sizes of a factor whose levels are eliminated.

    Parameters
    ----------
    name : str
        Column of the table.
    n_levels : int
        Levels that took part in the fit.
    n_dropped, n_dropped_rows : int
        Levels that say nothing of the coefficients, and their rows.
    rows_per_level : float
        Mean number of observations of the levels that took part.
    fewest_rows : int
        Least number of these.
    """

    name: str
    n_levels: int
    n_dropped: int
    n_dropped_rows: int
    rows_per_level: float
    fewest_rows: int


@dataclass(frozen=True, slots=True)
class NuisanceWords:
    """What a nuisance is called in print; of nothing every phrase is empty.

    Parameters
    ----------
    model : str
        What the model has besides its formula.
    null_model : str
        What the null model has of it.
    given : str
        What the coefficients are given.
    counted : str
        A sentence on the parameters that it adds to those of the model.
    """

    model: str = ""
    null_model: str = ""
    given: str = ""
    counted: str = ""


class Nuisance(Protocol):
    """What is eliminated from a model, and the questions that the rest of the program asks of it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that rows need for it."""

    @property
    def factors(self) -> tuple[EliminatedFactor, ...]:
        """The factors whose levels are eliminated, with their sizes."""

    @property
    def n_parameters(self) -> int:
        """Parameters that were estimated and are no coefficients, of the fit and of its null model alike."""

    @property
    def n_dropped_rows(self) -> int:
        """Rows of the table that say nothing of the coefficients and took no part."""

    @property
    def spans_constant(self) -> bool:
        """Whether it takes up an intercept."""

    @property
    def words(self) -> NuisanceWords:
        """What it is called in print."""

    @property
    def estimates(self) -> dict[str, Any]:
        """Its estimates as columns of a table, empty where it has none."""

    def why_not(self, verb: NuisanceVerb) -> str:
        """Return why a verb is not offered beside it, and what would be valid; empty where it is."""

    def why_no_errors(self, covariance: str, n_columns: int) -> str:
        """Return why linear predictors have no standard errors, empty where they have.

        ``covariance`` names a covariance that is not that of the model, and is empty for the model's own.
        """

    def left_of_formula(self, matrix: Matrix, names: Sequence[str]) -> Matrix:
        """Return the columns of a formula, of the given names, but those that it takes up."""

    def of_rows(self, series: Mapping[str, Any], positions: IntArray, unseen: UnseenPolicy) -> NuisanceRows:
        """Return what it says of some rows of a table, from columns by role; refuse unknown ones if asked to."""

    def within(self, working: Matrix, codes: IntArray | None, curvature: Callable[[], FloatArray] | None) -> Matrix:
        """Return rows of the columns that were solved for, less what it explains of them.

        ``curvature`` gives that of each row, should the fit have kept too little.
        """

    def less_means(self, matrix: Matrix, codes: IntArray | None, curvature: FloatArray) -> Matrix:
        """Return columns less what it explains of them, where the rows have a given curvature, shape (n,)."""

    def variances(self, codes: IntArray | None, curvature: FloatArray | None, n_rows: int) -> FloatArray:
        """Return what it adds to the variance of the linear predictor of each row, were the coefficients known.

        ``curvature`` is that of each row, None to use that of the fit. Shape (n,).
        """

    def from_anchors(self, rows: FloatArray, codes: IntArray | None) -> FloatArray:
        """Return rows of a separated fit, in its coordinates, less what fixes their parameter; nan where none does."""

    def beyond_reach(self, rows: FloatArray, codes: IntArray | None, direction: FloatArray) -> FloatArray:
        """Return the sides of rows that ``from_anchors`` has nothing for, nan where they are not known, shape (n,)."""


@dataclass(frozen=True, slots=True)
class NoNuisance:
    """Nothing is eliminated: every parameter is a coefficient.

    Examples
    --------
    >>> nothing = NoNuisance()
    >>> nothing.n_parameters, nothing.columns, nothing.why_not("refit")
    (0, (), '')
    """

    columns: ClassVar[tuple[str, ...]] = ()
    factors: ClassVar[tuple[EliminatedFactor, ...]] = ()
    n_parameters: ClassVar[int] = 0
    n_dropped_rows: ClassVar[int] = 0
    spans_constant: ClassVar[bool] = False
    words: ClassVar[NuisanceWords] = NuisanceWords()

    @property
    def estimates(self) -> dict[str, Any]:
        """No columns."""
        return {}

    def why_not(self, verb: NuisanceVerb) -> str:
        """Return why a bias that only many parameters bring cannot be taken out; nothing else is refused."""
        if verb != "bias_correction":
            return ""
        return (
            "The correction is for the bias due to one intercept for each of many levels: fit with absorb=..., the "
            "column of the levels."
        )

    def why_no_errors(self, covariance: str, n_columns: int) -> str:
        """Return nothing: there are errors."""
        del covariance, n_columns
        return ""

    def left_of_formula(self, matrix: Matrix, names: Sequence[str]) -> Matrix:
        """Return all columns."""
        del names
        return matrix

    def of_rows(self, series: Mapping[str, Any], positions: IntArray, unseen: UnseenPolicy) -> NuisanceRows:
        """Return that nothing is added, and no row unknown."""
        del series, unseen
        return NuisanceRows(None, None, np.zeros(positions.size, dtype=bool))

    def within(self, working: Matrix, codes: IntArray | None, curvature: Callable[[], FloatArray] | None) -> Matrix:
        """Return the columns themselves."""
        del codes, curvature
        return working

    def less_means(self, matrix: Matrix, codes: IntArray | None, curvature: FloatArray) -> Matrix:
        """Return the columns themselves."""
        del codes, curvature
        return matrix

    def variances(self, codes: IntArray | None, curvature: FloatArray | None, n_rows: int) -> FloatArray:
        """Return zero for each row."""
        del codes, curvature
        return np.zeros(n_rows)

    def from_anchors(self, rows: FloatArray, codes: IntArray | None) -> FloatArray:
        """Return the rows themselves."""
        del codes
        return rows

    def beyond_reach(self, rows: FloatArray, codes: IntArray | None, direction: FloatArray) -> FloatArray:
        """Return zero for each row: it stays where it is."""
        del codes, direction
        return np.zeros(rows.shape[0])


NOTHING = NoNuisance()
