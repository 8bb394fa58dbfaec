r"""Optimism by the bootstrap, and what cross-validation says instead: one row per measure.

A model that is made in a resample is measured in the resample (training) and in the sample (test); the mean difference
is the optimism of the apparent measure (``docs/maths/validation.md``, equations 11 to 16).
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
    """J measures of a fit, in its own rows and as expected in new ones.

    Parameters
    ----------
    method : {'bootstrap', 'cross-validation'}
        Where the other rows come from.
    measures : tuple of Measure
        What was measured.
    apparent : (J,) array
        In the rows of the fit.
    training, test : (J,) array
        Means over replicates: in the rows that each model was made from, and in those that it is tested on. Replicates
        that lack one of the two take part in neither.
    corrected : (J,) array
        Apparent less training plus test; by cross-validation the mean over folds itself.
    out : (J,) array
        Mean in the rows that were not drawn; nan by cross-validation.
    corrected_632, corrected_632plus : (J,) array
        That and the apparent values, weighted; nan by cross-validation.
    pooled : (J,) array
        Of the predictions of all rows, each by a model that was made without it; nan by the bootstrap.
    n_used, n_used_out : (J,) int array
        Replicates that gave the measure; those that gave it in rows that were not drawn.
    low, high : (J,) array
        Interval of the corrected measures; nan where there is none.
    level : float
        Its confidence level.
    interval : str
        How it was made, in words.
    replays : Replays
        The measures of every replicate.
    stability : Stability or None
        Predictions of every replicate, of some rows; None by cross-validation.
    made : tuple of str
        What was done again in each replicate, and what was not, in sentences.
    n, seed, unit, n_units : int, int or None, str, int
        Replicates; the seed that draws them again; what was drawn, and how many of it.

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
        """Training less test, shape (J,)."""
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
            Such as ``"c"`` or ``"slope"``.

        Returns
        -------
        float
            As in ``corrected``.
        """
        return float(self.corrected[self.names.index(name)])
