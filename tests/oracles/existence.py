"""Separation by brute force: one full linear program over all rows, and two for the sign of each linear function.

A direction d is one of recession when it lowers no row's likelihood: x'd >= 0 on rows of events only, <= 0 on
rows of non-events only, = 0 on rows of both. The program of Konis (2007), over the box [-1, 1]^p, maximises the
sum of all the gains; a maximum of zero proves that the estimate exists. Which rows move is asked row by row, and
the sign of a linear function by its least and its largest value over the cone within the box. Designs of
integers keep these programs away from any tolerance: a vertex of the cone has a gain of zero or of a visible size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

__all__ = ["Cone"]

#: Far above the feasibility tolerance of the program (1e-7 by default), far below any gain of a small design.
VISIBLE = 1e-6


@dataclass(frozen=True)
class Cone:
    """The directions of recession of rows with events and non-events counted."""

    X: np.ndarray
    events: np.ndarray
    nonevents: np.ndarray

    def largest(self, objective: np.ndarray) -> float:
        """Give the largest value of a linear function over the cone within the box."""
        side = np.where(self.nonevents == 0, 1.0, -1.0)
        used = self.events + self.nonevents > 0
        both = used & (self.events > 0) & (self.nonevents > 0)
        single = used & ~both
        result = linprog(
            -objective,
            A_ub=-side[single, np.newaxis] * self.X[single] if single.any() else None,
            b_ub=np.zeros(single.sum()) if single.any() else None,
            A_eq=self.X[both] if both.any() else None,
            b_eq=np.zeros(both.sum()) if both.any() else None,
            bounds=(-1, 1),
            method="highs",
        )
        assert result.status == 0, result.message
        return float(-result.fun)

    def exists(self) -> bool:
        """Tell whether the maximum likelihood estimate exists, by the program of the sum of all gains."""
        side = np.where(self.nonevents == 0, 1.0, -1.0)
        single = (self.events + self.nonevents > 0) & ((self.events == 0) | (self.nonevents == 0))
        return self.largest((side[single, np.newaxis] * self.X[single]).sum(axis=0)) < VISIBLE

    def moving_rows(self) -> np.ndarray:
        """Tell which rows some direction moves, asking for each row by itself."""
        side = np.where(self.nonevents == 0, 1.0, -1.0)
        used = self.events + self.nonevents > 0
        single = used & ((self.events == 0) | (self.nonevents == 0))
        return np.array([bool(single[i]) and self.largest(side[i] * self.X[i]) > VISIBLE for i in range(len(self.X))])

    def sign(self, function: np.ndarray) -> float:
        """Give 0, 1 or -1 where every direction agrees on the sign of a linear function, nan where they disagree."""
        rises, falls = self.largest(function) > VISIBLE, self.largest(-function) > VISIBLE
        return float("nan") if rises and falls else float(rises) - float(falls)

    def signs(self, functions: np.ndarray) -> np.ndarray:
        """Give the sign of each row of a matrix."""
        return np.array([self.sign(function) for function in functions])
