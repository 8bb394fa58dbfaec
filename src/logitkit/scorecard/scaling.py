r"""Points from log-odds: a line through the base odds, whose slope is stated as the points to double the odds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from logitkit.errors import DataError
from logitkit.options import Stated, is_finite_number, require_choice, require_flag
from logitkit.typing import FloatArray

__all__ = ["Scaling"]

ZEROS = ("neutral", "mean", "lowest")
#: What other packages call these.
OTHER_WORDS = {
    **dict.fromkeys(("pdo", "points_double_odds"), "points_to_double"),
    **dict.fromkeys(("points0", "scorecard_points", "base_score"), "base_points"),
    **dict.fromkeys(("odds0", "odds"), "base_odds"),
    **dict.fromkeys(("rounding", "round"), "rounded"),
    **dict.fromkeys(("alignment", "intercept_based", "reverse_scorecard"), "zero"),
}


@dataclass(frozen=True, kw_only=True)
class Scaling(Stated):
    r"""How log-odds become points; by default more points are safer.

    Parameters
    ----------
    points_to_double : float, default 20
        Points that double the odds of good to bad; negative if fewer points are safer.
    base_points : float, default 600
        Points at the base odds.
    base_odds : float, default 50
        Goods per bad at the base points.
    rounded : bool, default True
        Whether the points of each bin are whole numbers.
    zero : {"neutral", "mean", "lowest"}, default "neutral"
        Where the points of a variable are 0: at a weight of evidence of 0; at the mean over the rows from which the
        card was made; or in the bin with the fewest points, so that no points are negative. The base points are
        adjusted, so scores change by rounding at most.

    Raises
    ------
    DataError
        If the odds are not positive, or if the points to double them are zero.
    ArgumentError
        For an unknown keyword; the message suggests the nearest name.

    Notes
    -----
    points :math:`= b + \frac{d}{\ln 2} (\ln \mathrm{odds} - \ln o)` with base points b, base odds o and points d to
    double the odds (Siddiqi 2017).

    Examples
    --------
    >>> scaling = Scaling(points_to_double=20, base_points=600, base_odds=50)
    >>> scaling.points(np.log([50.0, 100.0])).tolist()
    [600.0, 620.0]
    >>> Scaling(pdo=20)
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: Scaling() has no argument 'pdo'. It is points_to_double= here.
    """

    points_to_double: float = 20.0
    base_points: float = 600.0
    base_odds: float = 50.0
    rounded: bool = True
    zero: str = "neutral"

    _most_by_position: ClassVar[int | None] = 0

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return what a word of other packages is called here."""
        del value
        return f"It is {OTHER_WORDS[name]}= here." if name in OTHER_WORDS else ""

    def __post_init__(self) -> None:
        """Refuse odds that are not positive, and a line without slope."""
        for name in ("points_to_double", "base_points", "base_odds"):
            if not is_finite_number(getattr(self, name)):
                raise DataError(f"{name}={getattr(self, name)!r:.60}: give a finite number.")
        if self.base_odds <= 0:
            raise DataError(f"base_odds={self.base_odds!r}: odds are goods per bad, a positive number such as 50.")
        if self.points_to_double == 0:
            raise DataError("points_to_double=0 gives everybody the same points. Give a number such as 20.")
        require_flag("rounded", self.rounded)
        require_choice("zero", self.zero, ZEROS)

    @property
    def factor(self) -> float:
        """Points per unit of the log-odds of good to bad."""
        return self.points_to_double / math.log(2.0)

    @property
    def offset(self) -> float:
        """Points at even odds."""
        return self.base_points - self.factor * math.log(self.base_odds)

    def points(self, log_odds: FloatArray) -> FloatArray:
        """Return the points of log-odds of good to bad, unrounded.

        Parameters
        ----------
        log_odds : (n,) array
            Log-odds of good to bad.

        Returns
        -------
        (n,) array
            Points.
        """
        return np.asarray(self.offset + self.factor * log_odds)

    def log_odds(self, points: FloatArray) -> FloatArray:
        """Return the log-odds of good to bad that correspond to points.

        Parameters
        ----------
        points : (n,) array
            Points.

        Returns
        -------
        (n,) array
            Log-odds.
        """
        return np.asarray((points - self.offset) / self.factor)
