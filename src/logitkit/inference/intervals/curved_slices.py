r"""The profile of an objective along a nonlinear function of the coefficients.

:math:`P(v) = \min_{g(\theta) = v} f(\theta)` is the same as in ``profile_slices.py``, for a nonlinear g. The multiplier
of the constraint gives the slope: :math:`\nabla f = P'(v) \nabla g` at the minimum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logitkit.engine.constrained import constrained_minimum
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import SmoothObjective
from logitkit.inference.intervals.profile_slices import LONGEST, ProfilePoint
from logitkit.typing import FloatArray

__all__ = ["CurvedSlices", "SmoothFunction", "around"]

STEPS = 25  # of each constrained fit
HALVINGS = 4  # of the way to a slice that is not reached


class SmoothFunction(Protocol):
    """A function of the q coefficients, on a scale on which it is nearly linear and can take any value."""

    @property
    def limit(self) -> float:
        """The farthest value that is tried, where the quantity is at its bound to the last digit."""

    @property
    def period(self) -> float:
        """The period after which values repeat; infinite for most functions."""

    def at(self, coef: FloatArray) -> tuple[float, FloatArray]:
        """Return the value and its derivatives.

        Parameters
        ----------
        coef : (q,) array
            Coefficients.

        Returns
        -------
        value : float
            Value on the scale of the profile; nan outside the domain.
        slopes : (q,) array
            Its derivatives.
        """

    def bend(self, coef: FloatArray) -> FloatArray:
        """Return the second derivatives.

        Parameters
        ----------
        coef : (q,) array
            Coefficients.

        Returns
        -------
        (q, q) array
            A symmetric matrix.
        """

    def shown(self, value: float) -> float:
        """Return the quantity that corresponds to a value.

        Parameters
        ----------
        value : float
            Value on the scale of the profile, possibly infinite.

        Returns
        -------
        float
            The quantity itself; for an infinite value, its bound.
        """


@dataclass(frozen=True, slots=True)
class _Held:
    """A function less a value."""

    function: SmoothFunction
    value: float

    def at(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the difference and its derivatives."""
        found, slopes = self.function.at(coef)
        return np.array([around(found - self.value, self.function.period)]), slopes[None]

    def bend(self, coef: FloatArray, multipliers: FloatArray) -> FloatArray:
        """Return the second derivatives times the multiplier."""
        return np.asarray(multipliers[0] * self.function.bend(coef))


def around(difference: float, period: float) -> float:
    """Return a difference along the shorter way around the period.

    Parameters
    ----------
    difference : float
        Difference of two values.
    period : float
        Period after which values repeat.

    Returns
    -------
    float
        Difference between minus half and plus half the period.

    Examples
    --------
    >>> around(3.0, 4.0), around(3.0, float("inf"))
    (-1.0, 3.0)
    """
    return difference if math.isinf(period) or math.isnan(difference) else math.remainder(difference, period)


class CurvedSlices:
    """Minima of an objective subject to a function of the coefficients having a given value.

    Parameters
    ----------
    objective : SmoothObjective
        Objective of q coefficients, whose Hessian is a single array.
    function : SmoothFunction
        The function g.
    coef : (q,) array
        Starting values of the first fit.
    least : float
        Minimum or infimum from which heights are measured.
    afresh : bool
        Whether each fit starts from these values and not from the last fit. This is needed where minima are at
        infinity, from which a fit cannot return.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.intervals.averaged import average_function, row_set
    >>> from logitkit.inference.likelihood import likelihood_of
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})
    >>> likelihood = likelihood_of(fit.record, fit.design)
    >>> rows = row_set(fit.record, likelihood, np.ones((1, 1)), None, np.ones(1))
    >>> function = average_function("probability", fit.record.family, 1, rows)
    >>> point = CurvedSlices(likelihood.objective(), function, likelihood.coef, 0.0).at(0.0)
    >>> bool(np.isclose(point.height, 4 * np.log(2)))
    True
    """

    def __init__(
        self,
        objective: SmoothObjective,
        function: SmoothFunction,
        coef: FloatArray,
        least: float,
        *,
        afresh: bool = False,
    ) -> None:
        self.objective, self.function, self.least = objective, function, least
        self._home = self._near = coef
        self._afresh = afresh
        self.n_fits = 0

    def at(self, value: float) -> ProfilePoint | None:
        """Return the profile at a value.

        Parameters
        ----------
        value : float
            Value of the function.

        Returns
        -------
        ProfilePoint or None
            None if no minimum was found, either from the last one or via intermediate slices.
        """
        if self._afresh:
            self._near = self._home
        here = self.function.at(self._near)[0]
        step, whole, halvings = around(value - here, self.function.period), True, 0
        while halvings <= HALVINGS:
            point = self._fit(value if whole else here + step)
            if point is None:
                step, whole, halvings = 0.5 * step, False, halvings + 1
            elif whole:
                return point
            else:
                here += step
                step, whole = around(value - here, self.function.period), True
        return None

    def _fit(self, value: float) -> ProfilePoint | None:
        """Return the profile at a value, from the last minimum."""
        self.n_fits += 1
        found = constrained_minimum(self.objective, _Held(self.function, value), self._near, STEPS)
        if found is None:
            return None
        self._near = found.coef
        slope = -float(found.multipliers[0])
        height = found.evaluation.value - self.least
        return ProfilePoint(value, height, slope, found.squared, found.coef, found.evaluation, found.slopes[0])

    def unit(self) -> float:
        """Return a change in the function of about one standard error at the last minimum.

        Returns
        -------
        float
            Computed from the curvature of the objective.
        """
        here, slopes = self.objective.evaluate(self._near), self.function.at(self._near)[1]
        if not isinstance(here.hessian, DenseHessian) or not here.hessian.finite or not np.isfinite(slopes).all():
            return 1.0
        curved = float(slopes @ here.hessian.factorise().solve(slopes))
        return min(float(np.sqrt(curved)), LONGEST) if curved > 0.0 else 1.0
