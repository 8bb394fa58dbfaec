r"""Weights of rows that are held against outcomes or compared: counts, or what each independent row stands for.

A sum over rows :math:`\sum w_i z_i` has the variance :math:`\sum \omega_i (z_i - \bar z)^2`, where the *spread*
:math:`\omega_i` of a row is :math:`w_i` where weights count rows and :math:`w_i^2` where they are sampling weights
(``docs/maths/scorecard_validation.md``, equation 20).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["UNWEIGHTED", "RowWeights", "WeightMeaning", "Weighting", "drawn_sums", "read_weights", "weighting_of"]

WeightMeaning = Literal["frequency", "sampling"]
MEANINGS = ("frequency", "sampling")


@dataclass(frozen=True, slots=True)
class Weighting:
    """The kind of weights of some rows, as reported with a result.

    Parameters
    ----------
    kind : {"none", "frequency", "sampling"}
        Whether rows had weights, and their meaning.
    rows : int
        Number of rows with a weight above zero.
    effective : float
        Kish's effective number of rows; for frequency weights, their sum.
    of_card : bool
        Whether the card was made with weights.
    """

    kind: Literal["none", "frequency", "sampling"] = "none"
    rows: int = 0
    effective: float = 0.0
    of_card: bool = False


UNWEIGHTED = Weighting()


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Weights of rows.

    Parameters
    ----------
    values : (n,) array
        Weights, not negative.
    sampling : bool
        Whether each row is one observation, whatever its weight; otherwise weights count rows.
    """

    values: FloatArray
    sampling: bool = False

    @property
    def spread(self) -> FloatArray:
        """What the squared deviation of each row adds to a variance, shape (n,)."""
        return self.values**2 if self.sampling else self.values

    def at(self, rows: BoolArray | IntArray) -> RowWeights:
        """Return the weights of some rows."""
        return RowWeights(self.values[rows], self.sampling)


def read_weights(values: FloatArray, kind: WeightMeaning | None = None) -> RowWeights:
    """Return weights as what they mean: whole numbers count rows unless they are said not to.

    Examples
    --------
    >>> read_weights(np.array([1.0, 2.0])).sampling, read_weights(np.array([1.0, 2.0]), "sampling").sampling
    (False, True)
    """
    if kind is not None:
        require_choice("weight_kind", kind, MEANINGS)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError("weights must be numbers that are not negative, and none may be missing.")
    broken = values % 1 != 0
    if kind == "frequency" and broken.any():
        row = int(broken.argmax())
        raise DataError(
            f"weight_kind='frequency': weights count rows, and that of row {row} is {values[row]:g}. Use 'sampling'."
        )
    if values.size and not values.any():
        raise DataError("weights: all are zero, and no row counts.")
    return RowWeights(values, bool(broken.any()) if kind is None else kind == "sampling")


def weighting_of(weights: RowWeights | None, rows: int, of_card: bool = False) -> Weighting:
    """Return what the weights of so many rows were."""
    if weights is None:
        return Weighting("none", rows, float(rows), of_card)
    total, spread = float(weights.values.sum()), float(weights.spread.sum())
    used = int(np.count_nonzero(weights.values))
    effective = total**2 / spread if spread > 0 else 0.0
    return Weighting("sampling" if weights.sampling else "frequency", used, effective, of_card)


def drawn_sums(rng: np.random.Generator, total: FloatArray, spread: FloatArray, draws: int) -> FloatArray:
    """Return sums of sampling weights by cell of rows that are drawn again, shape (draws, k).

    Where each row is drawn a number of times that is Poisson with mean 1, the sum of a cell has the mean ``total`` and
    the variance ``spread``. It is drawn as a Poisson variable times one number, which has both, and is the same
    where all weights of a cell are equal.

    Parameters
    ----------
    rng : Generator
        Random number generator.
    total, spread : (k,) arrays
        Sums of the weights and of their squares.
    draws : int
        Number of draws.
    """
    used = total > 0
    unit = np.divide(spread, total, out=np.ones_like(total), where=used)
    return np.asarray(rng.poisson(total / unit, size=(draws, total.size)) * unit)
