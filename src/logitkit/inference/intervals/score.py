r"""Score intervals (Rao) of linear functions of the coefficients.

The interval contains the values v that the score test of :math:`c'\theta = v` does not reject. With the restricted
estimate, at which the gradient of the log-likelihood is :math:`-\mu c`, and the information I there,

.. math:: S(v) = \mu^2 \, c' I^{-1} c \le q^2 .

I is expected or observed information, like the standard errors of the fit. For a single proportion the interval is
Wilson's; for the log odds ratio of two groups it is Cornfield's without correction. S need not increase all the way
out. The set is therefore searched beyond the end that is found, and it is reported if values further out are not
rejected either. If the estimate is infinite, the restricted likelihood flattens, S falls to zero, and the set is
unbounded (``docs/maths/profile.md``, section 4).

References
----------
Rao, C. R. (1948) Proceedings of the Cambridge Philosophical Society 44, 50-57. Wilson, E. B. (1927) Journal of the
American Statistical Association 22, 209-212. Cornfield, J. (1956) A statistical problem arising from retrospective
studies. Proceedings of the Third Berkeley Symposium 4, 135-148. Agresti, A. (2011) Statistics in Medicine 30,
1163-1171.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective
from logitkit.engine.record import FitRecord
from logitkit.inference.functions import function_estimates, function_sides
from logitkit.inference.intervals.limits import LimitLikelihood, SliceModel
from logitkit.inference.intervals.outward import outward_root
from logitkit.inference.intervals.profile import FunctionIntervals, estimated, require_rows
from logitkit.inference.intervals.profile_ends import End
from logitkit.inference.intervals.profile_slices import ProfilePoint, ProfileSlices
from logitkit.inference.likelihood import likelihood_of
from logitkit.inference.verbs import require
from logitkit.models.family import Family
from logitkit.typing import FloatArray

__all__ = ["CERTAIN", "LOOKS", "TOL", "score_intervals", "score_root"]

TOL = 1e-9  # of the root of the statistic
CERTAIN = 1e-5  # of half the statistic: where second derivatives are expected ones, slices are minimised to less
UNINFORMED = 1e-14  # of the largest information: what is less is rounding
LOOKS = (1.0, 4.0)  # lengths of the interval's side, beyond its end, where values are tried again


def score_intervals(
    record: FitRecord,
    design: Design | None,
    functions: FloatArray,
    level: float | None = None,
    critical: float | None = None,
) -> FunctionIntervals:
    """Return score intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    functions : (m, p) array
        Linear functions of the flat coefficients, one row per function.
    level : float, optional
        Confidence level; by default that of the fit.
    critical : float, optional
        Critical value, if it is not that of a single interval.

    Returns
    -------
    FunctionIntervals
        The interval that contains the estimate, and whether the set has other parts.

    Raises
    ------
    DataError
        Without the rows of the fit.
    UnsupportedError, ConvergenceError
        Where there is no likelihood, or where the fit has not converged.

    Examples
    --------
    For one proportion it is Wilson's interval:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [1, 1, 1, 0]})
    >>> found = score_intervals(fit.record, fit.design, np.ones((1, 1)))
    >>> n, p, z = 4, 0.75, found.critical
    >>> half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    >>> wilson = (p + z**2 / (2 * n) + half * np.array([-1, 1])) / (1 + z**2 / n)
    >>> bool(np.allclose(1 / (1 + np.exp(-np.r_[found.low, found.high])), wilson))
    True
    """
    require(record, "score")
    design = require_rows(design)
    level = record.level if level is None else level
    critical = float(record.law.quantile(level)) if critical is None else critical
    sides, known = function_sides(record, functions), estimated(record, functions)
    estimate = np.where(known, function_estimates(record, functions, level).estimate, np.nan)
    ends, several = [(End(np.nan), End(np.nan))] * len(functions), np.zeros(len(functions), dtype=bool)
    model_of = _separated(record, design) if record.is_separated else _plain(record, design)
    for k in np.flatnonzero(known):
        side = float(sides[k])
        if math.isnan(side):
            ends[k] = (End(-np.inf), End(np.inf))
            continue
        model = model_of(functions[k], side)
        search = _Score(model.objective, record.family, model.functions[0], model.coef, critical)
        pair = [End(-np.inf), End(np.inf)]
        for place, towards in enumerate((-1.0, 1.0)):
            if towards != side:
                pair[place], more = search.end(towards, known=side == 0.0)
                several[k] |= more
        ends[k] = (pair[0], pair[1])
    low, high = (np.array([pair[side].shown for pair in ends]) for side in (0, 1))
    return FunctionIntervals(estimate, low, high, level, critical, tuple(ends), several)


def _plain(record: FitRecord, design: Design) -> Callable[[FloatArray, float], SliceModel]:
    """Return the likelihood of a fit whose estimates are finite, for a function."""
    likelihood = likelihood_of(record, design)
    objective = likelihood.plain()

    def model_of(function: FloatArray, side: float) -> SliceModel:
        del side
        return SliceModel(objective, likelihood.functions(function[None]), likelihood.coef)

    return model_of


def _separated(record: FitRecord, design: Design) -> Callable[[FloatArray, float], SliceModel]:
    """Return what is left of a separated likelihood, for a function that is finite or runs to one side."""
    limiting = LimitLikelihood(record, design)
    return lambda function, side: limiting.held(function) if side else limiting.finite(function[None])


def score_root(objective: Objective, family: Family, point: ProfilePoint, *, at_infinity: bool = False) -> float:
    """Return the signed root of the score statistic with a function held at a value.

    Parameters
    ----------
    objective : Objective
        The negative log-likelihood.
    family : Family
        The family, whose second derivatives give the information.
    point : ProfilePoint
        The restricted minimum.
    at_infinity : bool
        Whether directions without information, along which the minimum is at infinity, are ignored.

    Returns
    -------
    float
        nan if the information is singular.

    Examples
    --------
    For a proportion of 3 out of 4 tested against one half, it is (p - 1/2) over its standard error under the
    hypothesis:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [1, 1, 1, 0]})
    >>> objective = likelihood_of(fit.record, fit.design).plain()
    >>> slices = ProfileSlices(objective, np.ones(1), np.zeros(1), 0.0)
    >>> round(score_root(objective, fit.record.family, slices.at(0.0)), 12)
    -1.0
    """
    own = family == objective.family
    here = point.evaluation if own else objective.with_family(family).evaluate(point.coef)
    if not isinstance(here.hessian, DenseHessian) or not here.hessian.finite:
        return math.nan
    if at_infinity:
        values, vectors = np.linalg.eigh(here.hessian.array)
        informed = values > UNINFORMED * max(float(values[-1]), 0.0)
        along = (point.normal @ vectors)[informed]
        return point.slope * math.sqrt(float(along @ (along / values[informed])))
    factor = here.hessian.factorise()
    if not factor.definite:
        return math.nan
    return point.slope * math.sqrt(max(float(point.normal @ factor.solve(point.normal)), 0.0))


class _Score:
    """The score statistic of one function, as a signed root."""

    def __init__(
        self, objective: Objective, family: Family, function: FloatArray, coef: FloatArray, critical: float
    ) -> None:
        self._objective, self._family, self._coef = objective, family, coef
        self._function, self._critical = function, critical
        self._start = float(function @ coef)

    def root(self, slices: ProfileSlices, value: float) -> float:
        """Return the signed root of the statistic at a value, nan where there is none."""
        point = slices.at(value)
        return math.nan if point is None else score_root(self._objective, self._family, point)

    def end(self, side: float, *, known: bool) -> tuple[End, bool]:
        """Return an end of the set, and whether values beyond it belong to the set too."""
        slices = ProfileSlices(self._objective, self._function, self._coef, 0.0)
        steps, at, last = 0, math.nan, math.nan

        def measure(value: float) -> tuple[float, float] | None:
            nonlocal steps, at, last
            steps += 1
            root = self.root(slices, value)
            at, last = value, root
            return None if math.isnan(root) else (side * root - self._critical, math.nan)

        unit = self._critical * slices.unit()
        begin = -self._critical if known else math.nan
        value = outward_root(measure, self._start, side, unit, TOL, known=known, at_start=begin)
        if math.isinf(value):
            return End(value, steps=steps), False
        here = last if at == value else self.root(slices, value)
        difference = 0.5 * (here**2 - self._critical**2)
        if math.isnan(here):
            return End(math.nan, steps=steps), False
        end = End(value, difference, 0.0, steps, within=CERTAIN)
        step = max(abs(value - self._start), unit)
        more = False
        for look in LOOKS:
            beyond = self.root(slices, value + side * step * look)
            if math.isnan(beyond):
                break
            more |= abs(beyond) < self._critical
        return end, more
