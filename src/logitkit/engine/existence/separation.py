r"""Does the maximum likelihood estimate exist? An exact test.

A certificate of overlap (``overlap.py``) spares most fits this test.

A linear program looks for a direction of recession that moves as many rows as it can:
maximise the sum of :math:`s_i z_i'\delta` over :math:`-1 \le \delta \le 1` with :math:`s_i z_i'\delta \ge 0`
for rows of one outcome and :math:`= 0` for rows of both. Constraints enter as they are violated, so that the
program stays small however many rows there are, and rows that move are known by the directions that move them, so
that passes need no number per row (``passes.py``):

1. solve the program with the constraints found so far;
2. add the rows that the direction violates most; go to 1 until there is none;
3. the rows that move are separated; the others span a space whose null space must contain the direction:
   project on it, which makes the direction exact, and drop rows that no longer move;
4. repeat with the rows that do not move yet, until the program's value is zero.

Where step 3 leaves no direction, because rows that stay put differ from each other by next to nothing, it is made again
with every row that the direction moves by more than rounding.

A value of zero with nothing separated proves that the estimate exists.

References
----------
Konis, K. (2007) Linear programming algorithms for detecting separated data in binary logistic regression
models. DPhil thesis, University of Oxford.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.existence.passes import (
    BARELY,
    MOVES,
    NO_ROW,
    Count,
    Distinct,
    Furthest,
    Gain,
    Held,
    Moved,
    Passes,
    Projected,
    Still,
    Violated,
    Worst,
    WorstOf,
    sides_of,
    stacked,
)
from logitkit.engine.existence.recession import RecessionCone, make_cone, null_space_and_error
from logitkit.errors import ConvergenceError
from logitkit.typing import BoolArray, FloatArray

__all__ = ["GEOMETRY_MOST", "IDLE_MOST", "Separated", "find_separation", "runs_off", "separation_in"]

GEOMETRY_MOST = 400_000_000  # of pairs of outcomes: separated rows times cubed dimension, described in about a minute
IDLE_MOST = 3  # rounds in a row that change which rows move but not how many: they may go in a circle


@dataclass(frozen=True)
class Separated:
    """Result of the separation test: the rows that diverge, and the directions along which they do.

    Parameters
    ----------
    rows : (n,) bool array
        Rows that are separated: their fitted probability is 0 or 1 in the limit.
    cone : RecessionCone
        Directions of recession, in the solver's coordinates.
    direction : (q,) array
        One direction of the cone's interior, the certificate: it raises every separated row's likelihood and
        changes no other row.
    null, complement : array
        Orthonormal bases, in the solver's coordinates, of the cone's span and of what is left.
    moved : Moved
        The rows as a rule, which tells them in a pass; ``rows`` is empty where they are read in chunks.
    """

    rows: BoolArray
    cone: RecessionCone
    direction: FloatArray
    null: FloatArray
    complement: FloatArray
    moved: Moved = NO_ROW


def find_separation(matrix: Matrix, response: Response, most: float = math.inf) -> Separated | None:
    """Decide whether the rows are separated.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> x = Dense(np.column_stack([np.ones(4), [-1.5, -0.5, 0.5, 1.5]]))
    >>> find_separation(x, Response(np.array([0.0, 1.0, 0.0, 1.0]))) is None
    True
    >>> find_separation(x, Response(np.array([0.0, 0.0, 1.0, 1.0]))).rows.tolist()
    [True, True, True, True]
    """
    found = separation_in(Held(matrix, response), most)
    return None if found is None else replace(found, rows=found.moved.of(matrix, sides_of(response)))


def separation_in(passes: Passes, most: float = math.inf) -> Separated | None:
    """Decide whether rows are separated, in passes that hold no number per row; their places are not told."""
    exact: _Exact | None = None
    program, moved, total, idle = _Program(passes), NO_ROW, np.zeros(passes.n_columns), 0
    while idle < IDLE_MOST:
        direction = program.solve(moved)
        trial = moved.with_those(direction)
        if not direction.any() or not passes.over(Count(trial, moved), operator.add).fresh:
            break
        total = total + direction
        barely = NO_ROW.with_those(total, BARELY)
        made = _made_exact(passes, trial, total, moved, MOVES) or _made_exact(passes, barely, total, moved, BARELY)
        if made is None:
            break
        idle = 0 if exact is None or made.count > exact.count else idle + 1
        moved, exact = made.moved, made
    if exact is None:
        return None
    null, complement = exact.null, exact.complement
    if exact.count * null.shape[1] ** 3 > most:
        raise ConvergenceError("The rows are separated in too many directions to be described.")
    along = null.T @ exact.total
    inner = null @ along
    cone = make_cone(null, passes.over(Projected(moved, null), Distinct(along)), along)
    return Separated(np.empty(0, dtype=bool), cone, inner / np.abs(inner).max(), null, complement, moved)


@dataclass(frozen=True)
class _Exact:
    """Rows that move along a direction which leaves all others exactly where they are.

    Parameters
    ----------
    moved : Moved
        The rows.
    count : int
        Number of them.
    null, complement : array
        Orthonormal bases of the null space of the other rows and of what is left.
    total : (q,) array
        A direction whose projection on the null space moves them.
    """

    moved: Moved
    count: int
    null: FloatArray
    complement: FloatArray
    total: FloatArray


def _made_exact(passes: Passes, trial: Moved, total: FloatArray, before: Moved, above: float) -> _Exact | None:
    """Return those rows that still move when the others stay put exactly; none if all of them moved before.

    With margins above ``MOVES`` the others stay to 1e-9; with smaller ones, to rounding.
    """
    while True:
        null, complement, error = null_space_and_error(passes.over(Still(trial), stacked))
        if null.shape[1] == 0:
            return None
        projected = null @ (null.T @ total)
        rounding = max(0.01 * above, error * math.sqrt(projected @ projected))
        least = trial.only_those(projected, rounding)
        if not passes.over(Count(trial, least), operator.add).fresh:
            break
        trial = least
    if above < MOVES and passes.over(Furthest(projected), max) > rounding:
        return None
    counts = passes.over(Count(trial, before), operator.add)
    return _Exact(trial, counts.every, null, complement, total) if counts.fresh else None


class _Program:
    """The linear program over directions, with constraints that enter as they are violated."""

    def __init__(self, passes: Passes) -> None:
        self.passes = passes
        q = passes.n_columns
        self.chosen = Violated(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros((0, q)))

    def solve(self, moved: Moved) -> FloatArray:
        """Return the direction that moves the rows not yet moved as far as it can, within the box."""
        gain = self.passes.over(Gain(moved), operator.add)
        size = float(np.abs(gain).max(initial=0.0))
        q = self.passes.n_columns
        if size == 0.0:
            return np.zeros(q)
        batch = max(2 * q, 50)
        while True:  # each round adds rows, of which there are finitely many
            rows = self.passes.rows(self.chosen)
            single = self.chosen.sides != 0.0
            upper = -self.chosen.sides[single, None] * rows[single]
            equal = rows[~single]
            direction = best_direction(gain / size, upper, equal)
            if gain @ direction <= 1e-9 * size:
                return np.zeros(q)
            worst = self.passes.over(Worst(direction, self.chosen.places, batch), WorstOf(batch))
            if worst.places.size == 0:
                return direction
            self.chosen = self.chosen.with_those(worst)


def best_direction(gain: FloatArray, upper: FloatArray, equal: FloatArray) -> FloatArray:
    """Return the direction in the box with upper @ direction <= 0 = equal @ direction of largest gain."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    # Levels of factors have few values that are not zero, which saves the solver most of its work.
    rows_upper, rows_equal = csr_array(upper), csr_array(equal)
    # A tight tolerance can be out of the solver's reach; the direction is made exact afterwards in any case.
    for method, options in (("highs", {"primal_feasibility_tolerance": 1e-10}), ("highs", {}), ("highs-ipm", {})):
        result = linprog(
            -gain,
            A_ub=rows_upper if upper.size else None,
            b_ub=np.zeros(len(upper)) if upper.size else None,
            A_eq=rows_equal if equal.size else None,
            b_eq=np.zeros(len(equal)) if equal.size else None,
            bounds=(-1.0, 1.0),
            method=method,
            options=options,
        )
        if result.x is not None:
            return np.asarray(result.x, dtype=np.float64)
    raise ConvergenceError(f"The linear program of the separation test failed: {result.message}")


def runs_off(matrix: Matrix, response: Response, lower: FloatArray, upper: FloatArray) -> bool:
    """Tell whether the fit improves without end along some direction within the bounds of the coefficients.

    Examples
    --------
    A slope that must not be negative cannot follow outcomes that fall:

    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> x, y = Dense(np.array([[-1.0], [1.0]])), Response(np.array([1.0, 0.0]))
    >>> runs_off(x, y, np.array([0.0]), np.array([np.inf])), runs_off(x, y, np.array([-np.inf]), np.array([np.inf]))
    (False, True)
    """
    from scipy.optimize import linprog

    used = response.weights > 0.0
    cells, y = matrix.to_dense()[used], response.y[used]
    size = np.abs(cells).max(axis=0, initial=1e-300)
    cells = cells / size
    sign = np.where(y == 1.0, 1.0, np.where(y == 0.0, -1.0, 0.0))
    one, both = sign[:, None] * cells, cells[sign == 0.0]
    bounds = np.column_stack([np.where(np.isinf(lower), -1.0, 0.0), np.where(np.isinf(upper), 1.0, 0.0)])
    equal = {"A_eq": both, "b_eq": np.zeros(len(both))} if len(both) else {}
    found = linprog(
        -one.sum(axis=0), A_ub=-one[sign != 0.0], b_ub=np.zeros(int((sign != 0.0).sum())), bounds=bounds, **equal
    )
    return bool(found.status == 0 and -found.fun > 1e-9 * len(y))
