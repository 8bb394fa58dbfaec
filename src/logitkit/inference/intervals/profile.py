r"""Profile-likelihood intervals of linear functions of the coefficients.

The interval of :math:`c'\theta` contains the values v at which :math:`2(\hat\ell - \ell_P(v))` is at most the squared
quantile, where :math:`\ell_P` is the log-likelihood maximised subject to :math:`c'\theta = v`. If the estimate is
infinite, one end is infinite too. The other is found on the slices where the function is held fixed, on which
directions of recession may still lead to infinity (``docs/maths/profile.md``, section 3).

References
----------
Venzon, D. J. and Moolgavkar, S. H. (1988) Applied Statistics 37, 87-94. Cox, D. R. and Hinkley, D. V. (1974)
Theoretical Statistics, section 9.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.bias.refused import at_maximum
from logitkit.inference.functions import function_estimates, function_sides
from logitkit.inference.intervals.bounded import bounded_end
from logitkit.inference.intervals.limits import LimitLikelihood, SliceModel
from logitkit.inference.intervals.profile_ends import End, end_by_slices, profile_ends
from logitkit.inference.intervals.profile_slices import ProfileSlices
from logitkit.inference.likelihood import likelihood_of
from logitkit.inference.verbs import require
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["FunctionIntervals", "estimated", "profile_intervals", "profile_points", "require_rows"]

NONE, SIDES = End(np.nan), (-1.0, 1.0)
ZERO = 1e-12  # of the size of its terms: a function of the coefficients that is none


@dataclass(frozen=True, eq=False)
class FunctionIntervals:
    """Intervals of functions of the coefficients.

    Parameters
    ----------
    estimate, low, high : (m,) array
        Estimates and limits, which may be infinite; nan if the function was not estimated, or no limit was found.
    level : float
        Confidence level.
    critical : float
        Critical value for the root of the statistic.
    ends : tuple of (End, End)
        How each interval is certified.
    several : (m,) bool array
        Whether the values that are not rejected form more than one interval; the one with the estimate is given.

    Examples
    --------
    >>> one = np.ones(1)
    >>> FunctionIntervals(
    ...     one, 0 * one, 2 * one, 0.95, 1.96, ((End(0.0, 0.0, 0.0), End(2.0, 1.0, 0.0)),), one > 2
    ... ).uncertified
    array([0])
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    level: float
    critical: float
    ends: tuple[tuple[End, End], ...]
    several: BoolArray

    @property
    def uncertified(self) -> IntArray:
        """Functions with a limit at which the likelihood is not at its target."""
        return np.flatnonzero([not (low.certified and high.certified) for low, high in self.ends])


def profile_intervals(
    record: FitRecord,
    design: Design | None,
    functions: FloatArray,
    level: float | None = None,
    critical: float | None = None,
) -> FunctionIntervals:
    """Return profile-likelihood intervals.

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
        Missing for functions of aliased coefficients.

    Raises
    ------
    DataError
        Without the rows of the fit.
    UnsupportedError, ConvergenceError
        Where there is no likelihood, or where the fit has not converged.

    Examples
    --------
    With separated data the slope is infinite:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> found = profile_intervals(fit.record, fit.design, np.array([[0.0, 1.0]]))
    >>> bool(0.0 < found.low[0] < 1.0), found.high.tolist()
    (True, [inf])
    """
    level = record.level if level is None else level
    critical = float(record.law.quantile(level)) if critical is None else critical
    ends = [pairs[0] for pairs in profile_points(record, design, functions, np.array([critical]))]
    low, high = (np.array([pair[side].shown for pair in ends]) for side in (0, 1))
    estimate = np.where(estimated(record, functions), function_estimates(record, functions, level).estimate, np.nan)
    return FunctionIntervals(estimate, low, high, level, critical, tuple(ends), np.zeros(len(functions), dtype=bool))


def profile_points(
    record: FitRecord, design: Design | None, functions: FloatArray, roots: FloatArray
) -> list[list[tuple[End, End]]]:
    """Return the points below and above the estimate at which the likelihood-ratio root has given values.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    functions : (m, p) array
        Linear functions of the flat coefficients.
    roots : (r,) array
        Positive values.

    Returns
    -------
    list of lists of (End, End)
        r pairs per function; nan for a function of aliased coefficients.

    Raises
    ------
    DataError
        Without the rows of the fit.
    UnsupportedError, ConvergenceError
        Where there is no likelihood, or where the fit has not converged.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> ((low, high),) = profile_points(fit.record, fit.design, np.array([[0.0, 1.0]]), np.array([1.0]))[0]
    >>> bool(low.value < fit.coef["x"] < high.value)
    True
    """
    require(record, "profile")
    design = require_rows(design)
    sides, known = function_sides(record, functions), estimated(record, functions)
    heights = 0.5 * roots**2
    points = [[(NONE, NONE)] * roots.size for _ in functions]
    for k in np.flatnonzero(known & np.isnan(sides)):
        points[k] = [(End(-np.inf), End(np.inf))] * roots.size
    finite = np.flatnonzero(known & (sides == 0.0))
    infinite = np.flatnonzero(known & (np.abs(sides) == 1.0))
    if not record.is_separated:
        likelihood = likelihood_of(record, design)
        inner = likelihood.functions(functions[finite])
        for k, pairs in zip(finite, _pairs(likelihood.objective(), likelihood.coef, inner, heights), strict=True):
            points[k] = pairs
        return points
    limit = LimitLikelihood(record, design)
    if finite.size:
        model = limit.finite(functions[finite])
        made = _pairs(model.objective, model.coef, model.functions, heights)
        for k, pairs in zip(finite, made, strict=True):
            points[k] = pairs
    for k in infinite:
        side, model = float(sides[k]), limit.held(functions[k])
        others = [_other_end(model, limit.least, side, float(height)) for height in heights]
        points[k] = [(other, End(np.inf)) if side > 0.0 else (End(-np.inf), other) for other in others]
    return points


def require_rows(design: Design | None) -> Design:
    """Return the rows of a fit, which a likelihood needs.

    Parameters
    ----------
    design : Design or None
        None for a loaded model.

    Returns
    -------
    Design
        The rows.

    Raises
    ------
    DataError
        If there are none.

    Examples
    --------
    >>> require_rows(None)
    Traceback (most recent call last):
    logitkit.errors.DataError: This fit holds no rows, as it was loaded or pickled: ...
    """
    if design is None:
        raise DataError(
            "This fit holds no rows, as it was loaded or pickled: intervals by its likelihood need them. Fit it again, "
            "or use method='wald'."
        )
    return design


def estimated(record: FitRecord, functions: FloatArray) -> BoolArray:
    """Return which functions involve only coefficients that were estimated and that the model does not fix.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        One row per function.

    Returns
    -------
    (m,) bool array
        False for a function of an aliased coefficient, of a coefficient that is not in the model, or of an intercept
        that was estimated separately.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x + z", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5], "z": [2, 4, 6, 8, 10]})
    >>> estimated(fit.record, np.eye(3)).tolist()
    [True, True, False]
    """
    known = ~(functions[:, record.aliased] != 0.0).any(axis=1) & at_maximum(record, functions)
    inner = record.coordinates.jacobian(functions)
    transform = getattr(record.coordinates, "transform", None)
    size = np.abs(functions) @ (np.eye(functions.shape[1]) if transform is None else np.abs(transform))
    return np.asarray(known & (np.abs(inner) > ZERO * size).any(axis=1))


def _pairs(
    objective: SmoothObjective, coef: FloatArray, functions: FloatArray, heights: FloatArray
) -> list[list[tuple[End, End]]]:
    """Return the points of each function below and above the estimate, one pair per height."""
    m, r = len(functions), heights.size
    if not m:
        return []
    every, target, sides = np.repeat(functions, 2 * r, axis=0), np.tile(np.repeat(heights, 2), m), SIDES * (m * r)
    ends = profile_ends(objective, coef, every, target, np.array(sides))
    if isinstance(objective, Objective) and objective.family.is_bounded:
        for k in [k for k, end in enumerate(ends) if not end.certified]:
            ends[k] = bounded_end(objective, coef, every[k], sides[k], float(target[k]))
    pairs = list(zip(ends[::2], ends[1::2], strict=True))
    return [pairs[k * r : (k + 1) * r] for k in range(m)]


def _other_end(model: SliceModel, least: float, side: float, height: float) -> End:
    """Return the finite end of a function that runs to infinity on the other side."""
    slices = ProfileSlices(model.objective, model.functions[0], model.coef, least)
    return end_by_slices(slices, float(model.functions[0] @ model.coef), -side, height, known=False)
