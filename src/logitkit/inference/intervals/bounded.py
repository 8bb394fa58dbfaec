r"""Ends of profile intervals for models with bounded linear predictors, such as the log link with means at most 1.

Along a slice the likelihood may be largest where the mean of some row is 1; that row has only events, and its loss is
zero there. The barrier :math:`-t \sum \log(-\eta_i)` of these rows keeps minima inside, at most :math:`t` times their
number above the constrained minimum; t is so small that a profile likelihood is accurate to eight digits. If the
function cannot grow further within the bounds, whatever the likelihood, its end is there, and a linear program finds
it.

References
----------
Boyd, S. and Vandenberghe, L. (2004) Convex Optimization, section 11.2.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, Objective, OfObjective
from logitkit.inference.intervals.outward import outward_root
from logitkit.inference.intervals.profile_ends import CERTIFIED, GROUND, End
from logitkit.inference.intervals.profile_slices import ProfileSlices
from logitkit.typing import FloatArray, IntArray

__all__ = ["WithBarrier", "bounded_end"]

GAP = 4e-9  # of a log-likelihood, by which the barrier may lift a minimum
BARRIERS = 10.0 ** -np.arange(2.0, 12.0, 2.0)  # times the height of an end, before the last one
EDGE = 1e-7  # of a standard error: an end so near to the largest value that there is, is there


@dataclass(frozen=True, eq=False)
class WithBarrier(OfObjective):
    """An objective of one linear predictor with a barrier below zero.

    Parameters
    ----------
    objective : Objective
        Objective of a family with bounded linear predictors.
    rows : (k,) int array
        Rows with events only, the only rows that could end at the bound.
    weight : float
        The weight t of the barrier.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.models.links import LINKS
    >>> objective = Objective(Dense(np.ones((2, 1))), Response(np.array([0.0, 1.0])), Binomial(LINKS["log"]))
    >>> own = objective.evaluate(np.array([-1.0])).value
    >>> bool(
    ...     np.isclose(
    ...         WithBarrier(objective, np.array([1]), 0.5).evaluate(np.array([-np.e])).value
    ...         - objective.evaluate(np.array([-np.e])).value,
    ...         -0.5,
    ...     )
    ... )
    True
    """

    rows: IntArray
    weight: float

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and Hessian, infinite at the bound and beyond.

        Parameters
        ----------
        coef : (q,) array
            Coefficients.
        hessian, rough, pearson : bool
            As for ``Objective``.

        Returns
        -------
        Evaluation
            Evaluation of the objective with the barrier.
        """
        here = self.objective.evaluate(coef, hessian, rough, pearson)
        eta = self.objective.linear_predictor(coef)
        own = eta[self.rows]
        if not eta.max(initial=-1.0) < 0.0:
            return replace(here, value=math.inf)
        slope, curvature = np.zeros(eta.size), np.zeros(eta.size)
        slope[self.rows], curvature[self.rows] = -self.weight / own, self.weight / own**2
        second = here.hessian
        if second is not None:
            assert isinstance(second, DenseHessian)
            second = DenseHessian(second.array + self.objective.sum_gram(curvature))
        value = here.value - self.weight * float(np.log(-own).sum())
        return replace(here, value=value, gradient=here.gradient + self.objective.pull(slope), hessian=second)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction.

        Parameters
        ----------
        direction : (q,) array
            Direction in the coefficients.

        Returns
        -------
        float
            The maximum of |x' d| over rows.
        """
        return self.objective.reach(direction)


def bounded_end(objective: Objective, coef: FloatArray, function: FloatArray, side: float, height: float) -> End:
    """Return an end that may lie where some means are 1.

    Parameters
    ----------
    objective : Objective
        Objective of a family with bounded linear predictors.
    coef : (q,) array
        Its minimum, in the interior.
    function : (q,) array
        The function c.
    side : float
        1 for an upper end, -1 for a lower one.
    height : float
        Height of the profile at the end.

    Returns
    -------
    End
        The end at its target, or at the edge of the bounds.

    Examples
    --------
    One row of each outcome at the same place: the intercept's upper end is where the likelihood is.

    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.models.links import LINKS
    >>> objective = Objective(Dense(np.ones((2, 1))), Response(np.array([0.0, 1.0])), Binomial(LINKS["log"]))
    >>> end = bounded_end(objective, np.log([0.5]), np.ones(1), 1.0, 1.0)
    >>> end.certified, end.at_edge
    (True, False)
    """
    response = objective.response
    rows = np.flatnonzero((response.weights > 0.0) & (response.y >= 1.0))
    least = objective.evaluate(coef).value
    last = GAP / max(rows.size, 1)
    weights = [*(height * BARRIERS[height * BARRIERS > last]), last]
    found: list[End] = []
    start = ProfileSlices(objective, function, coef, least)
    root, begin = math.sqrt(2.0 * height), float(function @ coef)
    slices = [ProfileSlices(WithBarrier(objective, rows, float(t)), function, coef, least) for t in weights]

    unit, edge = start.unit(), _edge(objective, function, side)

    def measure(value: float) -> tuple[float, float] | None:
        if side * value >= side * edge:
            return None
        point = None
        for one, before in zip(slices, [None, *slices[:-1]], strict=True):  # each from the minimum with more of it
            if before is not None:
                one.restart(before)
            point = one.at(value)
            if point is None:
                return None
        assert point is not None
        own = objective.evaluate(point.coef, hessian=False).value - least
        found.append(End(value, own - height, rows.size * last, len(found) + 1, point.coef))
        size = math.sqrt(max(2.0 * own, 0.0))
        return size - root, point.slope / size if own > GROUND else math.nan

    if math.isfinite(edge):
        there = measure(edge - side * EDGE * unit)
        if there is not None and there[0] < 0.0:
            return replace(found[-1], value=edge, at_edge=True)
    outward_root(measure, begin, side, root * unit, 0.1 * CERTIFIED / root)
    return min(found, key=lambda end: abs(end.difference), default=End(math.nan))


def _edge(objective: Objective, function: FloatArray, side: float) -> float:
    """Return the largest value of a function, or the least, at which no linear predictor is above zero."""
    from scipy.optimize import linprog

    used = objective.response.weights > 0.0
    shift = objective.response.shift
    room = np.zeros(used.size) if shift is None else -shift
    found = linprog(
        -side * function, A_ub=objective.matrix.to_dense()[used], b_ub=room[used], bounds=(None, None), method="highs"
    )
    return side * -float(found.fun) if found.status == 0 else side * math.inf
