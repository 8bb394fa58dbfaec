"""Coefficients that move with every mini-batch, and what the methods remember from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from logitkit.engine.stochastic.options import Stochastic
from logitkit.engine.stochastic.rows import Rows, Standard
from logitkit.errors import DataError
from logitkit.numerics.kernels.stochastic import SAGA, dense_pass, sparse_pass
from logitkit.typing import FloatArray, IntArray

__all__ = ["Learner", "new_learner"]

BURNT = 0.1  # of the steps, before iterates are averaged
GOLDEN = 0x9E3779B97F4A7C15
WORD = (1 << 63) - 1


class PassOptions(NamedTuple):
    """What one pass does.

    Parameters
    ----------
    method, batch : int
        One of the constants of the kernel; rows of a mini-batch.
    momentum, decay : float
        Of means of gradients and of their squares.
    intercept : float
        1 where the last coefficient is an intercept, 0 where it stays zero.
    n_rows : float
        Rows of which SAGA remembers the slopes.
    dropout, variance : float
        Probability that a value is left out; and that of the noise which is replaced by its ridge, over one less it.
    key : int
        Of the draws.
    whole : int
        The column of an intercept, which is never left out; -1 for none.
    average_from : int
        The step after which iterates are averaged.
    """

    method: int
    batch: int
    momentum: float
    decay: float
    intercept: float
    n_rows: float
    dropout: float
    variance: float
    key: int
    whole: int
    average_from: int


@dataclass
class Learner:
    """Coefficients of standardised columns that move, with all that is needed to go on.

    Parameters
    ----------
    solver : Stochastic
        How they move.
    standard : Standard
        How columns are standardised.
    n_outcomes : int
        K.
    coef, first, second, mean : (m, p + 1) array
        Coefficients, last of an intercept without a column; means of gradients, of their squares, of coefficients.
    table : (n, m) array
        The slope of each row when it was last visited, for SAGA; else without rows.
    average_from : int
        Steps before iterates are averaged.
    steps, seen : int
        Steps taken, and rows visited.
    losses : list of float
        Mean loss in each pass, of rows before they moved the coefficients.
    """

    solver: Stochastic
    standard: Standard
    n_outcomes: int
    coef: FloatArray
    first: FloatArray
    second: FloatArray
    mean: FloatArray
    table: FloatArray
    average_from: int = 0
    steps: int = 0
    seen: int = 0
    losses: list[float] = field(default_factory=list)

    @property
    def current(self) -> FloatArray:
        """The coefficients that are returned: the mean of the iterates where it was asked for, shape (m, p + 1)."""
        found = self.mean if self.solver.average and self.steps > self.average_from else self.coef
        return found if self.n_outcomes == 2 else np.asarray(found - found.mean(axis=0))

    def learn(self, rows: Rows, order: IntArray, total: float, first_row: int = 0) -> float:
        """Move the coefficients by some rows, each once.

        Parameters
        ----------
        rows : Rows
            Rows that are held.
        order : (k,) int array
            Which are visited, in order.
        total : float
            Visits in all that are planned, by which the rate falls; infinite where nobody knows.
        first_row : int
            Place of the first of these rows among all.

        Returns
        -------
        float
            Sum of their losses, each before its row had moved the coefficients.

        Raises
        ------
        DataError
            If the coefficients run off: the rate is too large.
        """
        solver, standard = self.solver, self.standard
        momentum, decay = solver.moments
        dropout, variance = solver.noise
        n = max(self.table.shape[0], 1)
        options = PassOptions(
            solver.code,
            int(solver.batch),
            momentum,
            decay,
            float(standard.own),
            float(n),
            dropout,
            variance,
            (solver.seed * GOLDEN + self.steps + 1) & WORD,
            -1 if standard.own else standard.place,
            self.average_from,
        )
        count = -(-order.size // solver.batch)
        rate = solver.first_rate(standard.curvature(min(solver.batch, max(order.size, 1)), self.n_outcomes))
        rates = solver.rates(rate, self.seen / total, solver.batch / total, count, self.steps)
        table = self.table[first_row : first_row + rows.n_rows] if solver.code == SAGA else self.table
        moving = (self.coef, self.first, self.second, self.mean, table)
        place = (standard.centre, standard.scale, standard.shrunk(float(solver.ridge)))
        given = (rows.y, rows.weights / standard.mean_weight, rows.offset)
        passed = sparse_pass if rows.is_sparse else dense_pass
        loss = float(passed(rows.X, given, order, place, moving, rates, self.steps, options))
        self.steps += count
        self.seen += order.size
        if not np.isfinite(self.coef).all():
            raise DataError(
                f"The coefficients ran off to infinity with rate={rate:.3g} after {self.seen:,} rows: give a smaller "
                "rate, or look for a column or weight that is much larger in some rows than in those of the sample."
            )
        return loss


def new_learner(solver: Stochastic, standard: Standard, n_outcomes: int, n_rows: int, planned: float) -> Learner:
    """Return a learner with all coefficients at zero.

    Parameters
    ----------
    solver : Stochastic
        How it learns.
    standard : Standard
        How columns are standardised.
    n_outcomes, n_rows : int
        K, and rows that SAGA has to remember.
    planned : float
        Visits in all that are planned.

    Returns
    -------
    Learner
        Before its first row.
    """
    m = 1 if n_outcomes == 2 else n_outcomes
    shape = (m, standard.scale.size + 1)
    table = np.zeros((n_rows if solver.code == SAGA else 0, m))
    average_from = int(BURNT * planned / solver.batch) if np.isfinite(planned) else 0
    coef, first, second, mean = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    return Learner(solver, standard, n_outcomes, coef, first, second, mean, table, average_from)
