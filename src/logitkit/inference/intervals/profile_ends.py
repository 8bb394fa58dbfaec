r"""Ends of profile-likelihood intervals of linear functions of the coefficients.

An end of the interval of :math:`c'\theta` is the largest or smallest value of :math:`c'\theta` subject to
:math:`f(\theta) \le t`, where f is the negative log-likelihood and t its minimum plus half the squared quantile. There

.. math:: \nabla f(\theta) = \mu c, \qquad f(\theta) = t .

With a Hessian H, exact or kept from elsewhere, the step to the end of the quadratic model is

.. math::

    d = \kappa H^{-1} c - H^{-1} g, \qquad
    \kappa = \pm \sqrt{\frac{2 (t - f) + g' H^{-1} g}{c' H^{-1} c}} ,

which from the estimate is the step to the end of Wald's interval (``docs/maths/profile.md``, equations 1 to 4). One
pass over the rows evaluates all ends. The Hessian at the estimate is kept and corrected by the changes in the gradient;
if an end makes too little progress, the Hessian is recomputed there.

An end is certified by what is recorded of it: the difference of its likelihood from the target, and the squared
decrement of f given the value of the function, which is twice what the profile likelihood is off by at most to first
order.

References
----------
Venzon, D. J. and Moolgavkar, S. H. (1988) A method for computing profile-likelihood-based confidence intervals. Applied
Statistics 37, 87-94. SAS Institute (2018) SAS/STAT 15.1 User's Guide, The LOGISTIC Procedure, Confidence intervals for
parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.engine.batch import values_and_gradients
from logitkit.engine.objective import SmoothObjective
from logitkit.engine.solvers.newton import KeptHessian
from logitkit.inference.intervals.outward import outward_root
from logitkit.inference.intervals.profile_slices import ProfileSlices
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["CERTIFIED", "End", "end_by_slices", "profile_ends"]

CERTIFIED = 1e-8  # of a log-likelihood: what an end may be off by
ROUGHLY = 1e-4  # of a log-likelihood: an end that is off by more is none
AIM = 1e-9  # what a step aims at
ROUNDS = 40
GROUND = 1e-8  # of a likelihood: below it the slope of its root is rounding
ENOUGH = 0.05  # of what was left before a step: more, and the Hessian is summed anew
TOO_FAR = 10.0  # times the distance between minimum and target: a step that leads so far is halved
NOISE = 16.0 * np.finfo(float).eps  # of the likelihood: smaller differences are rounding


@dataclass(frozen=True, slots=True)
class End:
    """An end of an interval.

    Parameters
    ----------
    value : float
        Value of the function; infinite if the likelihood stays above the target, nan if no end was found.
    difference : float
        Negative log-likelihood at the end minus the target; nan at an infinite end.
    squared : float
        Squared decrement of the likelihood along all other directions.
    steps : int
        Number of evaluations.
    coef : (q,) array or None
        The coefficients there.
    within : float
        Tolerance for the difference.
    at_edge : bool
        Whether it is the largest or smallest value that the model allows, with a likelihood above the target.

    Examples
    --------
    >>> End(1.0, 2e-9, 1e-12).certified, End(math.inf).certified, End(math.nan).certified
    (True, True, False)
    """

    value: float
    difference: float = math.nan
    squared: float = math.nan
    steps: int = 0
    coef: FloatArray | None = None
    within: float = CERTIFIED
    at_edge: bool = False

    @property
    def certified(self) -> bool:
        """Whether the profile likelihood is at its target; always true for infinite ends and those at the edge."""
        if math.isinf(self.value) or self.at_edge:
            return True
        return abs(self.difference) <= self.within and self.squared <= 2.0 * self.within

    @property
    def shown(self) -> float:
        """The value; nan if the likelihood there is too far from its target to be useful."""
        near = abs(self.difference) <= ROUGHLY and self.squared <= ROUGHLY
        return self.value if self.certified or near else math.nan


class _Search:
    """The search for one end."""

    def __init__(self, function: FloatArray, side: float, coef: FloatArray, gradient: FloatArray) -> None:
        self.function, self.side = function, side
        self.coef, self.gradient = coef, gradient
        self.merit, self.squared, self.difference = math.inf, math.inf, math.inf
        self.step: FloatArray = np.zeros_like(coef)
        self.steps = 0
        self.wants_hessian = False
        self.done = self.lost = False
        self.model: KeptHessian

    @property
    def trial(self) -> FloatArray:
        """Where the step leads."""
        return np.asarray(self.coef + self.step)

    def aim(self, excess: float) -> None:
        """Set the step from here, where the objective is above its target by ``excess``."""
        towards, out = self.model.solve(self.gradient), self.model.solve(self.function)
        curved = float(self.function @ out)
        room = -2.0 * excess + float(self.gradient @ towards)
        if not curved > 0.0 or not math.isfinite(room):
            self.lost = True
            return
        kappa = self.side * math.sqrt(max(room, 0.0) / curved)
        self.step = kappa * out - towards

    def look(self, value: float, gradient: FloatArray, target: float, height: float, tol: float) -> None:
        """Take in the objective at the end of the step, and set the next one."""
        self.steps += 1
        excess = value - target
        if not math.isfinite(value) or excess > TOO_FAR * height:
            self.step *= 0.5
            self.wants_hessian = True
            return
        self.model.learn(self.step, gradient - self.gradient)
        self.coef, self.gradient = self.trial, gradient
        towards, out = self.model.solve(gradient), self.model.solve(self.function)
        curved, along = float(self.function @ out), float(self.function @ towards)
        squared = max(float(gradient @ towards) - along * along / curved, 0.0)
        self.difference, self.squared = excess, squared
        if self.side * along > 0.0 and abs(excess - 0.5 * squared) <= tol and squared <= tol:
            self.done = True
            return
        merit = abs(excess) + squared
        self.wants_hessian = merit > ENOUGH * self.merit
        self.merit = merit
        self.aim(excess)


def profile_ends(
    objective: SmoothObjective,
    coef: FloatArray,
    functions: FloatArray,
    heights: FloatArray,
    sides: FloatArray,
) -> list[End]:
    """Return ends of profile-likelihood intervals.

    Parameters
    ----------
    objective : SmoothObjective
        The negative log-likelihood, or another convex function.
    coef : (q,) array
        Its minimum.
    functions : (k, q) array
        The function of each end; none is zero.
    heights : (k,) array
        Height of the objective above its minimum at each end: half the squared quantile.
    sides : (k,) array
        1 for an upper end, -1 for a lower one.

    Returns
    -------
    list of End
        The ends, in the same order.

    Examples
    --------
    For a proportion of 3 out of 4, the ends are where the likelihood ratio is at its quantile:

    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.engine.objective import Objective
    >>> from logitkit.models.binomial import Binomial
    >>> objective = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> ends = profile_ends(objective, np.log([3.0]), np.ones((2, 1)), np.ones(2), np.array([-1.0, 1.0]))
    >>> p = 1.0 / (1.0 + np.exp(-np.array([end.value for end in ends])))
    >>> loss = -(3.0 * np.log(p) + np.log1p(-p))
    >>> bool(np.allclose(loss, -(3.0 * np.log(0.75) + np.log(0.25)) + 1.0))
    True
    """
    with single_threaded_blas():
        return _together(objective, coef, functions, heights, sides)


def _together(
    objective: SmoothObjective, coef: FloatArray, functions: FloatArray, heights: FloatArray, sides: FloatArray
) -> list[End]:
    here = objective.evaluate(coef)
    assert here.hessian is not None
    factor = here.hessian.factorise()
    tol = max(AIM, NOISE * abs(here.value))
    searches = [_Search(c, side, coef, here.gradient) for c, side in zip(functions, sides, strict=True)]
    for search, height in zip(searches, heights, strict=True):
        search.model = KeptHessian(factor)
        search.aim(-float(height))
    for _ in range(ROUNDS):
        active = [k for k, search in enumerate(searches) if not (search.done or search.lost)]
        if not active:
            break
        renewed = [k for k in active if searches[k].wants_hessian]
        for k in renewed:
            found = objective.evaluate(searches[k].trial)
            if found.hessian is not None and found.hessian.finite:
                searches[k].model = KeptHessian(found.hessian.factorise())
            searches[k].look(found.value, found.gradient, here.value + heights[k], heights[k], tol)
        others = [k for k in active if k not in renewed]
        if others:
            values, gradients = values_and_gradients(objective, np.stack([searches[k].trial for k in others]))
            for k, value, gradient in zip(others, values, gradients, strict=True):
                searches[k].look(float(value), gradient, here.value + heights[k], heights[k], tol)
    return [
        _end(search) if search.done else _by_slices(objective, coef, here.value, search, float(height))
        for search, height in zip(searches, heights, strict=True)
    ]


def _end(search: _Search) -> End:
    return End(float(search.function @ search.coef), search.difference, search.squared, search.steps, search.coef)


def _by_slices(objective: SmoothObjective, coef: FloatArray, least: float, search: _Search, height: float) -> End:
    """Return an end by fits with the function held at values, within a bracket."""
    slices = ProfileSlices(objective, search.function, coef, least)
    return end_by_slices(slices, float(search.function @ coef), search.side, height, search.steps)


def end_by_slices(
    slices: ProfileSlices, start: float, side: float, height: float, steps: int = 0, *, known: bool = True
) -> End:
    """Return an end of a profile interval by fits on slices.

    Parameters
    ----------
    slices : ProfileSlices
        Slices of the function.
    start : float
        A value of the function to start from.
    side : float
        1 for an upper end, -1 for a lower one.
    height : float
        Height of the profile at the end.
    steps : int
        Number of evaluations so far.
    known : bool
        Whether the profile is known to be lower at the start.

    Returns
    -------
    End
        The end; nan if none was found.

    Examples
    --------
    One proportion, 3 of 4:

    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.engine.objective import Objective
    >>> from logitkit.models.binomial import Binomial
    >>> objective = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> estimate = np.log([3.0])
    >>> least = objective.evaluate(estimate).value
    >>> end_by_slices(ProfileSlices(objective, np.ones(1), estimate, least), estimate[0], 1.0, 1.0).certified
    True
    """
    root, best = math.sqrt(2.0 * height), None

    def measure(value: float) -> tuple[float, float] | None:
        nonlocal best
        point = slices.at(value)
        if point is None:
            return None
        if best is None or abs(point.height - height) < abs(best.height - height):
            best = point
        own = math.sqrt(max(2.0 * point.height, 0.0))
        return own - root, point.slope / own if point.height > GROUND else math.nan

    outward_root(measure, start, side, root * slices.unit(), AIM / root / 10.0, known=known)
    if best is None:
        return End(math.nan, steps=steps)
    return End(best.value, best.height - height, best.squared, steps + slices.n_fits, best.coef)
