r"""Profile and score intervals of nonlinear functions of the coefficients.

The values v of :math:`g(\theta)` at which :math:`2(\hat\ell - \ell_P(v)) \le q^2`, with the likelihood maximised where
:math:`g(\theta) = v` (``curved_slices.py``); or at which the score test does not reject, with the restricted estimate
and the information I there,

.. math:: S(v) = \mu^2 \, \nabla g' I^{-1} \nabla g \le q^2, \qquad \nabla f = \mu \nabla g ,

which for the difference and the ratio of two proportions are the sets of Miettinen and Nurminen, without their factor
N / (N - 1). Neither depends on the scale on which g is written. A surface g = v that bends may be nearest to the
maximum at several places: the search begins at the estimate, and at points of a quadratic model of g to which its
curvature leads. Ends that reach the bound of what is shown, a probability of 0 or 1, a ratio of 0 or
infinity, are that bound; so it is where the data are separated (``docs/maths/profile.md``, section 5).

References
----------
Miettinen, O. and Nurminen, M. (1985) Comparative analysis of two rates. Statistics in Medicine 4, 213-226. Newcombe, R.
G. (1998) Interval estimation for the difference between independent proportions. Statistics in Medicine 17, 873-890.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.inference.intervals.curved_slices import CurvedSlices, SmoothFunction
from logitkit.inference.intervals.outward import outward_root
from logitkit.inference.intervals.profile import FunctionIntervals, require_rows
from logitkit.inference.intervals.profile_ends import AIM, GROUND, End
from logitkit.inference.intervals.profile_slices import ProfilePoint
from logitkit.inference.intervals.score import CERTAIN, LOOKS, TOL, score_root
from logitkit.inference.likelihood import Likelihood, likelihood_of
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["CurvedModel", "curved_intervals", "curved_model"]

CurvedMethod = Literal["profile", "score"]
CURVED = 0.3  # of the gradient: a quadratic term that is smaller over the interval opens no second side
STATIONARY = 1e-9  # change of a function that is none
ROUNDING = 1e-8  # length of a sum of unit vectors that is none
APART = 0.7  # cosine, above which two places to start from are one
DIRECT = 12  # steps of Newton's method, after which slices are tried
NOT_NEAR = 0.25  # of what Wald's end is away: an extreme that is nearer at first is none
LEADING = 3  # directions of curvature that are looked along
MOST_LOST = 8  # slices without a minimum, after which no more are tried
SCAN = 16  # slices on a side of a function that may jump
SEPARATED_UNIT = 1.0  # where the estimate is infinite, and curvature says nothing of its distance


@dataclass(frozen=True, eq=False)
class CurvedModel:
    """A likelihood whose functions are profiled.

    Parameters
    ----------
    record : FitRecord
        The fit.
    likelihood : Likelihood
        The likelihood of its rows.
    objective : SmoothObjective
        The negative log-likelihood.
    coef : (q,) array
        Its minimum; under separation a point from which fits start.
    far : (q,) array
        The same; under separation a point within rounding of the infimum.
    least : float
        The value there.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> curved_model(fit.record, fit.design, "profile").least < 1e-6
    True
    """

    record: FitRecord
    likelihood: Likelihood
    objective: SmoothObjective
    coef: FloatArray
    far: FloatArray
    least: float


def curved_model(record: FitRecord, design: Design | None, method: CurvedMethod) -> CurvedModel:
    """Return the likelihood of a fit for intervals by a method.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    method : {'profile', 'score'}
        The method of the intervals.

    Returns
    -------
    CurvedModel
        The model at its estimate.

    Raises
    ------
    DataError
        Without the rows of the fit.
    UnsupportedError, ConvergenceError
        Where there is no likelihood, or where the fit has not converged.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> bool(np.isclose(2.0 * curved_model(fit.record, fit.design, "profile").least, fit.deviance))
    True
    """
    require(record, method)
    likelihood = likelihood_of(record, require_rows(design))
    objective = likelihood.objective() if method == "profile" else likelihood.plain()
    coef = far = likelihood.coef
    if record.is_separated:
        far = Newton().solve(objective, coef, suspicious=False).coef
    return CurvedModel(record, likelihood, objective, coef, far, objective.evaluate(far, hessian=False).value)


def curved_intervals(
    model: CurvedModel, functions: Sequence[SmoothFunction], method: CurvedMethod, level: float, critical: float
) -> FunctionIntervals:
    """Return intervals of functions.

    Parameters
    ----------
    model : CurvedModel
        The likelihood.
    functions : sequence of SmoothFunction
        m functions of its coefficients.
    method : {'profile', 'score'}
        Method of inference.
    level : float
        Confidence level.
    critical : float
        Critical value for the root of the statistic.

    Returns
    -------
    FunctionIntervals
        Intervals of the quantities that the functions represent; for score sets, also whether the set has other parts.

    Examples
    --------
    The interval of the odds ratio of two groups corresponds to that of the difference of their logits:

    >>> import logitkit as lk
    >>> from logitkit.inference.intervals.averaged import average_function, row_set
    >>> fit = lk.logit("y ~ x", {"y": [1, 1, 0, 1, 0, 0, 0, 1], "x": [0, 0, 0, 0, 1, 1, 1, 1]})
    >>> model = curved_model(fit.record, fit.design, "profile")
    >>> rows = [row_set(fit.record, model.likelihood, np.array([[1.0, x]]), None, np.ones(1)) for x in (1.0, 0.0)]
    >>> function = average_function("odds ratio", fit.record.family, 1, *rows)
    >>> found = curved_intervals(model, [function], "profile", 0.95, 1.959963984540054)
    >>> own = np.exp(fit.confint("profile").loc["x"])
    >>> bool(np.allclose([found.low[0], found.high[0]], own, rtol=1e-7))
    True
    """
    searches = [_Search(model, function, method, critical) for function in functions]
    pairs = [(search.end(-1.0), search.end(1.0)) for search in searches]
    ends = [tuple(end for end, _ in pair) for pair in pairs]
    estimate = np.array([search.function.shown(search.start) for search in searches])
    low, high = (
        np.array([search.function.shown(pair[side].shown) for search, pair in zip(searches, ends, strict=True)])
        for side in (0, 1)
    )
    whole = np.isinf(low) & np.isinf(high)  # which has no other part
    several = np.array([any(more for _, more in pair) for pair in pairs], dtype=bool) & ~whole
    return FunctionIntervals(estimate, low, high, level, critical, tuple(ends), several)  # type: ignore[arg-type]


class _Search:
    """The search for the ends of one function."""

    def __init__(self, model: CurvedModel, function: SmoothFunction, method: CurvedMethod, critical: float) -> None:
        self.model, self.function, self.method, self.critical = model, function, method, critical
        self.start = function.at(model.far)[0]

    def end(self, side: float) -> tuple[End, bool]:
        """Return the end on a side, and whether values beyond it belong to the set too."""
        if not side * self.start < self.function.limit:
            return End(side * math.inf), False
        if math.isfinite(self.function.period):
            return self._around(side)
        places, strongly = self._other_places(side)
        tried = [self._nearest(side, None) or self._from(side, self.model.coef, self.start, known=True)]
        tried += [
            self._nearest(side, place) or self._from(side, place, self.function.at(place)[0], known=False)
            for place in places
        ]
        if strongly:
            tried.append(self._from(side, self.model.coef, self.start, known=True))
        certified = [found for found in tried if found[0].certified] or tried[:1]
        return max(certified, key=lambda found: side * found[0].value)

    def _around(self, side: float) -> tuple[End, bool]:
        """Return the end of a function that may jump through infinity, by slices that lead there one after another.

        What is beyond the first value that is rejected belongs to the set too where the last is not rejected.
        """
        slices = CurvedSlices(self.model.objective, self.function, self.model.coef, self.model.least)
        limit, before = self.function.limit, (self.model.coef, 0.0)
        for value in side * np.linspace(0.0, limit, SCAN + 1)[1:]:
            point = slices.at(float(value))
            if point is None or not abs(self._root(point)) < self.critical:
                break
            before = point.coef, point.value
        else:
            other = slices.at(-side * limit)
            return End(side * math.inf), other is not None and abs(self._root(other)) < self.critical
        end, more = self._from(side, *before, known=True)
        last = None if point is None else slices.at(side * limit)
        return end, more or (last is not None and abs(self._root(last)) < self.critical)

    def _nearest(self, side: float, start: FloatArray | None) -> tuple[End, bool] | None:
        """Return a profile end by Newton's method on its Lagrange conditions, None where that leads to none.

        They are those of ``profile_ends.py`` with the curvature of the function in the Hessian; it begins at the end of
        Wald's interval.
        """
        model, function = self.model, self.function
        if self.method == "score" or model.record.is_separated:
            return None
        target, coef = model.least + 0.5 * self.critical**2, model.coef if start is None else start
        slope = math.nan
        for step in range(DIRECT):
            here, (value, normal) = model.objective.evaluate(coef), function.at(coef)
            second = here.hessian.array if isinstance(here.hessian, DenseHessian) else np.full((1, 1), np.nan)
            if not (math.isfinite(here.value) and np.isfinite(second).all() and np.isfinite(normal).all()):
                return None
            size = float(normal @ normal)
            if step == 0 and start is None:
                out = np.linalg.lstsq(second, normal, rcond=None)[0]
                if not float(normal @ out) > 0.0:
                    return None
                coef = coef + side * self.critical * out / math.sqrt(float(normal @ out))
                continue
            slope = float(normal @ here.gradient) / size if size > 0.0 else math.nan
            second = second - slope * function.bend(coef)
            if not np.isfinite(second).all():
                return None
            out, towards = np.linalg.lstsq(second, np.stack([normal, here.gradient]).T, rcond=None)[0].T
            along, curved, excess = float(here.gradient @ out), float(normal @ out), here.value - target
            if along == 0.0 or curved == 0.0:
                return None
            squared = abs(float(here.gradient @ towards) - along * along / curved)
            if side * slope > 0.0 and abs(excess) <= AIM and squared <= AIM:
                basis = np.linalg.qr(normal[:, None], mode="complete")[0][:, 1:]
                inside = basis.T @ second @ basis
                lowest = not inside.size or np.linalg.eigvalsh(inside)[0] > 0.0
                return (End(value, excess, squared, step, coef), False) if lowest else None
            coef = coef + (float(here.gradient @ towards) - excess) / along * out - towards
        return None

    def _from(self, side: float, near: FloatArray, start: float, *, known: bool) -> tuple[End, bool]:
        """Return an end that is found from a place."""
        separated = self.model.record.is_separated
        slices = CurvedSlices(self.model.objective, self.function, near, self.model.least, afresh=separated)
        unit = self.critical * (SEPARATED_UNIT if separated else slices.unit())
        unit = min(unit, self.function.limit / SCAN) if math.isfinite(self.function.period) else unit
        best: tuple[float, ProfilePoint] | None = None
        limit, is_open, lost = self.function.limit, False, 0

        def measure(value: float) -> tuple[float, float] | None:
            nonlocal best, is_open, lost
            point = slices.at(min(max(value, -limit), limit))
            root = math.nan if point is None else self._root(point)
            if point is None or math.isnan(root):
                lost += 1
                return None if lost < MOST_LOST else (0.0, math.nan)
            excess = side * root - self.critical
            if side * value >= limit and excess < 0.0:
                is_open = True
                return 0.0, math.nan
            if best is None or abs(excess) < abs(best[0]):
                best = excess, point
            steep = self.method == "profile" and point.height > GROUND
            return excess, side * point.slope / abs(root) * side if steep else math.nan

        begin = -self.critical if known and start == self.start and not separated else math.nan
        outward_root(measure, start, side, unit, TOL, known=known, at_start=begin)
        if is_open:
            return End(side * math.inf, steps=slices.n_fits), False
        if best is None:
            return End(math.nan, steps=slices.n_fits), False
        excess, point = best
        if excess < -STATIONARY and lost and (extreme := self._extreme(side, point.coef)) is not None:
            return extreme, False
        difference = 0.5 * excess * (excess + 2.0 * self.critical)
        if self.method == "profile":
            return End(point.value, difference, point.squared, slices.n_fits, point.coef), False
        step, more = max(abs(point.value - start), unit), False
        for look in LOOKS:
            further = slices.at(point.value + side * step * look)
            if further is None or math.isnan(root := self._root(further)):
                break
            more |= abs(root) < self.critical
        return End(point.value, difference, 0.0, slices.n_fits, point.coef, within=CERTAIN), more

    def _extreme(self, side: float, coef: FloatArray) -> End | None:
        """Return the extreme of a function that has one among values that are not rejected: a square's is zero."""
        for _ in range(DIRECT):
            value, slopes = self.function.at(coef)
            bend = self.function.bend(coef)
            if not (math.isfinite(value) and np.isfinite(bend).all()):
                return None
            step = -np.linalg.lstsq(bend, slopes, rcond=None)[0]
            if abs(float(slopes @ step)) <= STATIONARY and side * float(step @ bend @ step) <= 0.0:
                height = self.model.objective.evaluate(coef, hessian=False).value - self.model.least
                return End(value, at_edge=True) if height < 0.5 * self.critical**2 else None
            coef = coef + step
        return None

    def _root(self, point: ProfilePoint) -> float:
        """Return the signed root of the statistic."""
        if self.method == "score":
            assert isinstance(self.model.objective, Objective)
            record = self.model.record
            return score_root(self.model.objective, record.family, point, at_infinity=record.is_separated)
        return math.copysign(math.sqrt(max(2.0 * point.height, 0.0)), point.slope)

    def _other_places(self, side: float) -> tuple[list[FloatArray], bool]:
        """Return where else a quadratic model of the function reaches far in Wald's ellipsoid, and if it bends much."""
        here = self.model.objective.evaluate(self.model.coef)
        assert isinstance(here.hessian, DenseHessian)
        if self.model.record.is_separated or not here.hessian.finite:
            return [], False
        spread = np.linalg.pinv(np.linalg.cholesky(here.hessian.array)).T
        slopes = self.function.at(self.model.coef)[1] @ spread
        values, vectors = np.linalg.eigh(spread.T @ self.function.bend(self.model.coef) @ spread)
        size = float(np.linalg.norm(slopes))
        if not np.isfinite(values).all():
            return [], False
        order = np.argsort(-np.abs(values))[:LEADING]
        leading = vectors[:, order[np.abs(values[order]) * self.critical > CURVED * size]].T
        if not len(leading):
            return [], False
        main = side * slopes / size if size > 0.0 else leading[0]
        places = np.vstack([main, leading, -leading, main + leading, main - leading])
        lengths = np.linalg.norm(places, axis=1)
        places = places[lengths > ROUNDING] / lengths[lengths > ROUNDING, None]
        places = np.vstack([main, places[places @ main < APART]])
        coefs = self.model.coef + self.critical * places @ spread.T
        reached = np.array([side * (self.function.at(coef)[0] - self.start) for coef in coefs])
        far = reached > max(NOT_NEAR * reached[0], 0.0)
        far[0] = False
        strongly = bool(np.abs(values).max() * self.critical > size)
        chosen = np.flatnonzero(far)[np.argsort(-reached[far])][: 2 if strongly else 1]
        return [coefs[k] for k in chosen], strongly
