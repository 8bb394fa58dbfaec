r"""Results of bootstrap validation and cross-validation: one row per measure.

A model that is fitted to a resample is measured in the resample (training) and in the original sample (test). The mean
difference is the optimism of the apparent measure (``docs/maths/validation.md``, equations 11 to 16).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from logitkit.inference.validation.measures import Measure
from logitkit.inference.validation.replays import Replays
from logitkit.inference.validation.stability import Stability
from logitkit.numerics.once import once
from logitkit.typing import FloatArray, IntArray

__all__ = ["Validation", "ValidationKind"]

ValidationKind = Literal["bootstrap", "cross-validation"]


@dataclass(frozen=True)
class Validation:
    """J measures of a fit, in its own rows and as expected in new rows.

    Parameters
    ----------
    method : {'bootstrap', 'cross-validation'}
        The source of the other rows.
    measures : tuple of Measure
        The measures.
    apparent : (J,) array
        Measures in the rows of the fit.
    training, test : (J,) array
        Means over replicates: in the rows with which each model was made, and in its test rows. A replicate without one
        of the two is left out of both.
    corrected : (J,) array
        Apparent minus training plus test; for cross-validation, the mean over folds.
    out : (J,) array
        Mean in the rows that were not drawn; nan for cross-validation.
    corrected_632, corrected_632plus : (J,) array
        Weighted means of ``out`` and the apparent values; nan for cross-validation.
    pooled : (J,) array
        Measures of the predictions of all rows, each by a model made without that row; nan for the bootstrap.
    n_used, n_used_out : (J,) int array
        Number of replicates that gave the measure, and number that gave it in rows that were not drawn.
    low, high : (J,) array
        Confidence interval of the corrected measures; nan where there is none.
    level : float
        Its confidence level.
    interval : str
        How the interval was computed, in words.
    replays : Replays
        The measures of every replicate.
    stability : Stability or None
        Predictions of every replicate for some rows; None for cross-validation.
    made : tuple of str
        The steps that were repeated in each replicate, and those that were not, in sentences.
    n, seed, unit, n_units : int, int or None, str, int
        Number of replicates; their seed; the unit that was drawn, and the number of units.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logit("low ~ age + lwt", lk.datasets.load_lbw()).validate(n=100, seed=1)
    >>> found.n, found.unit, found.n_units
    (100, 'rows', 189)
    """

    method: ValidationKind
    measures: tuple[Measure, ...]
    apparent: FloatArray
    training: FloatArray
    test: FloatArray
    corrected: FloatArray
    out: FloatArray
    corrected_632: FloatArray
    corrected_632plus: FloatArray
    pooled: FloatArray
    n_used: IntArray
    n_used_out: IntArray
    low: FloatArray
    high: FloatArray
    level: float
    interval: str
    replays: Replays = field(repr=False)
    stability: Stability | None = field(repr=False)
    made: tuple[str, ...]
    n: int
    seed: int | None
    unit: str
    n_units: int

    @once
    def optimism(self) -> FloatArray:
        """Training minus test, shape (J,)."""
        return np.asarray(self.training - self.test)

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of the measures."""
        return tuple(each.key for each in self.measures)

    def of(self, name: str) -> float:
        """Return a corrected measure by its key.

        Parameters
        ----------
        name : str
            For example ``"c"`` or ``"slope"``.

        Returns
        -------
        float
            The value in ``corrected``.
        """
        return float(self.corrected[self.names.index(name)])
