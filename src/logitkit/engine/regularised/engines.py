r"""Solvers of penalties with corners or bounds: which one, for which problem.

| linear predictors | coefficients | solved by |
|---|---|---|
| any | at most ``GRAM_MOST``, or with few corners | proximal Newton on one array of second derivatives |
| one | more, dense or in groups | the same on a working set of columns, by the strong rule |
| one | twice as many as rows, dense, a lasso | the same, by models of the rows (``dense_columns.py``) |
| one | the same, of few rows | the same, in one call a strength (``few_columns.py``) |
| one | more, sparse or coded | the same, by coordinate descent on the columns themselves |
| several | more | proximal Newton on a working set of coefficients, by the conditions of optimality |

Penalties of squares only are solved by ``smooth.py``. In symmetric form of an even number of outcomes the solution is
determined only up to a constant per column where the penalty is a lasso alone; any of these predicts the same.

References
----------
Friedman, J., Hastie, T. and Tibshirani, R. (2010) Regularization paths for generalized linear models via coordinate
descent. Journal of Statistical Software 33(1).
Simon, N., Friedman, J. and Hastie, T. (2013) A blockwise descent algorithm for group-penalized multiresponse and
multinomial regression. arXiv:1311.6529.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.table.memory import require_room
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.coefficient_set import CoefficientSet
from logitkit.engine.regularised.column_descent import ColumnDescent
from logitkit.engine.regularised.column_set import ColumnSet
from logitkit.engine.regularised.dense_columns import DenseColumns, suits
from logitkit.engine.regularised.few_columns import FewColumns, are_few_numbers
from logitkit.engine.regularised.null import NullModel
from logitkit.engine.regularised.on_gram import OnGram
from logitkit.engine.regularised.problem import Problem
from logitkit.engine.regularised.prox_newton import Scaled, Solved
from logitkit.engine.regularised.working_set import WorkingSet
from logitkit.engine.solvers.choose import DENSE_MOST
from logitkit.models.penalties.penalty import Penalty
from logitkit.typing import FloatArray

__all__ = ["GRAM_MOST", "Choice", "Engine", "choice", "on_gram"]

GRAM_MOST = 1_000
WIDE, WIDE_LEAST = 2, 100  # columns for each row, and columns, above which a working set is quicker
LOOKED_AT_MOST = 1 << 18  # numbers in the rows of a path whose gaps are bounds wherever they are sums over all columns


class Engine(Protocol):
    """Minimises at one strength after another."""

    def solve(self, penalty: Penalty, target: float, max_iter: int, polish: bool) -> Solved:
        """Minimise the objective plus the penalty, from the solution before."""


class Choice(NamedTuple):
    """How a problem is solved.

    Parameters
    ----------
    words : str
        For the summary.
    takes : callable
        Whether it solves a problem.
    engine : callable
        The engine of a problem, from its null model and the gradient there.
    """

    words: str
    takes: Callable[[Problem], bool]
    engine: Callable[[Problem, NullModel, Callable[[], FloatArray]], Engine]

    @property
    def is_on_gram(self) -> bool:
        """Whether second derivatives of all coefficients are one array."""
        return self.engine is _on_gram


def choice(problem: Problem) -> Choice:
    """Return the first method of the table that applies to a problem."""
    return next(way for way in WAYS if way.takes(problem))


def _has_few_corners(problem: Problem) -> bool:
    q, strengths = problem.strengths.scale.size, problem.strengths
    if q <= GRAM_MOST and not _is_wide(problem):
        return True
    if not problem.is_single:
        return False
    whole = strengths.whole
    corner = whole.l1 > 0.0 if whole.groups is None else (whole.l1 > 0.0) | (whole.groups.codes >= 0)
    few_corners = q <= DENSE_MOST and 2 * int(np.count_nonzero(corner | whole.held)) < q
    return few_corners or strengths.quadratic is not None


def _is_wide(problem: Problem) -> bool:
    """Tell whether there are so many more dense columns than rows that few of them are in use at a time."""
    strengths, n = problem.strengths, problem.matrix.n_rows
    if problem.in_chunks or not problem.is_single or not isinstance(problem.matrix, Dense) or strengths.quadratic:
        return False
    return strengths.scale.size > max(WIDE * n, WIDE_LEAST) and suits(strengths.whole, n)


def _on_gram(problem: Problem, null: NullModel, slope: Callable[[], FloatArray]) -> Engine:
    del slope
    q = problem.strengths.scale.size
    if q > GRAM_MOST:
        require_room(32 * q * q, f"The second derivatives of {q:,} columns", "Leave out the Gaussian prior.")
    return on_gram(problem, null)


def on_gram(problem: Problem, null: NullModel) -> OnGram:
    """Return proximal Newton over all coefficients, however many they are."""
    matrix = problem.matrix
    small = matrix.n_rows * matrix.width * problem.predictors.active.size <= LOOKED_AT_MOST
    looks = small and not problem.in_chunks
    objective = problem.objective(problem.strengths.quadratic)
    return OnGram(Scaled(objective, problem.strengths.scale), null.coef, looks)


def _whole(problem: Problem) -> Scaled[Objective]:
    """Return the objective over all coefficients, without second derivatives."""
    return Scaled(problem.objective(problem.strengths.quadratic, second=False), problem.strengths.scale)


def _by_columns(problem: Problem, null: NullModel, slope: Callable[[], FloatArray]) -> Engine:
    del slope  # these columns give it sooner
    descent = ColumnDescent(*_whole(problem))
    return ColumnSet(descent, null, np.where(problem.strengths.whole.free, 0.0, descent.slope_at(null.coef)))


def _by_working_set(problem: Problem, null: NullModel, slope: Callable[[], FloatArray]) -> Engine:
    whole = _whole(problem)
    penalty, intercept = problem.strengths.whole, problem.strengths.intercept
    if isinstance(problem.matrix, Dense) and suits(penalty, problem.matrix.n_rows):
        kind = FewColumns if are_few_numbers(whole.objective, penalty, intercept) else DenseColumns
        return ColumnSet(kind(whole, penalty, intercept), null, slope())
    return ColumnSet(WorkingSet(whole), null, slope())


def _by_coefficients(problem: Problem, null: NullModel, slope: Callable[[], FloatArray]) -> Engine:
    return CoefficientSet(_whole(problem), null.coef, slope())


WAYS = (
    Choice("proximal Newton, coordinate descent on the Gram matrix", _has_few_corners, _on_gram),
    Choice(
        "proximal Newton, coordinate descent on a working set of sparse columns",
        lambda problem: (
            problem.is_single and not isinstance(problem.matrix, Dense) and problem.strengths.whole.groups is None
        ),
        _by_columns,
    ),
    Choice("proximal Newton on a working set of columns", lambda problem: problem.is_single, _by_working_set),
    Choice("proximal Newton on a working set of coefficients", lambda problem: not problem.is_single, _by_coefficients),
)
