r"""The profile of an objective: its minimum subject to a linear function of the coefficients having a given value.

With :math:`P(v) = \min_{c'\theta = v} f(\theta)` the slope is the multiplier of the restriction, :math:`P'(v) = \mu`
with :math:`\nabla f = \mu c`, and the signed root :math:`r = \pm\sqrt{2 (P - \min f)}` is nearly a straight line. The
value where it equals the quantile is found in a few steps of Newton's method within a bracket.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.engine.objective import Evaluation, SmoothObjective
from logitkit.engine.restricted import Restricted
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.typing import FloatArray

__all__ = ["ProfilePoint", "ProfileSlices"]

HALVINGS = 12  # of the way to a slice that is not reached
LONGEST = 1e3  # standard error: more is no curvature


@dataclass(frozen=True, slots=True)
class ProfilePoint:
    """A point of the profile.

    Parameters
    ----------
    value : float
        Value of the function.
    height : float
        Objective minus its minimum over all coefficients; infinite outside its domain.
    slope : float
        Derivative with respect to the value of the function.
    squared : float
        Squared decrement that remains along the slice.
    coef : (q,) array
        All coefficients.
    evaluation : Evaluation
        Evaluation of the objective for all coefficients.
    normal : (q,) array
        Derivatives of the function at the point; multiplied by the slope, they give the gradient of the objective.

    Examples
    --------
    >>> ProfilePoint(0.0, 1.0, 0.5, 0.0, np.zeros(1), Evaluation(1.0, np.zeros(1), None, 0.5), np.ones(1)).height
    1.0
    """

    value: float
    height: float
    slope: float
    squared: float
    coef: FloatArray
    evaluation: Evaluation
    normal: FloatArray


class ProfileSlices:
    """Minima of an objective on slices where a function of the coefficients has a given value.

    Parameters
    ----------
    objective : SmoothObjective
        Objective of q coefficients.
    function : (q,) array
        The function c.
    coef : (q,) array
        Starting values of the first fit.
    least : float
        Minimum or infimum from which heights are measured.

    Examples
    --------
    With the slope held at zero, the fit is the proportion, one half:

    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.design.response.response import Response
    >>> from logitkit.engine.objective import Objective
    >>> from logitkit.models.binomial import Binomial
    >>> X = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 5.0]])
    >>> objective = Objective(Dense(X), Response(np.array([0.0, 1.0, 0.0, 1.0])), Binomial())
    >>> point = ProfileSlices(objective, np.array([0.0, 1.0]), np.zeros(2), 0.0).at(0.0)
    >>> bool(np.isclose(point.height, 4 * np.log(2)))
    True
    """

    def __init__(self, objective: SmoothObjective, function: FloatArray, coef: FloatArray, least: float) -> None:
        self.objective, self.function, self.least = objective, function, least
        self._near = coef
        self._direction: FloatArray | None = None  # how all coefficients change with the value, where that is known
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
        here = float(self.function @ self._near)
        step, whole, halvings = value - here, True, 0
        while halvings <= HALVINGS:
            point = self._fit(value if whole else here + step)
            if point is None:  # too far from the last minimum to start from within the domain
                step, whole, halvings = 0.5 * step, False, halvings + 1
            elif whole:
                return point
            else:
                here += step
                step, whole = value - here, True
        return None

    def restart(self, other: ProfileSlices) -> None:
        """Continue from the last minimum of other slices of the same function.

        Parameters
        ----------
        other : ProfileSlices
            Slices of a similar objective.
        """
        self._near, self._direction = other._near, other._direction

    def _fit(self, value: float) -> ProfilePoint | None:
        """Return the profile at a value, from the last minimum."""
        near = self._near
        if self._direction is not None:
            near = near + (value - float(self.function @ near)) * self._direction
        restricted = Restricted.by(self.objective, self.function[None], np.array([value]), near)
        found = Newton().solve(restricted, np.zeros(restricted.n_params), suspicious=False)
        self.n_fits += 1
        if found.status not in (Status.CONVERGED, Status.STALLED) or not math.isfinite(found.evaluation.value):
            return None
        coef = restricted.whole(found.coef)
        here = self.objective.evaluate(coef)
        if not math.isfinite(here.value) or here.hessian is None:
            return None
        self._near = coef
        out = here.hessian.factorise().solve(self.function)
        curved = float(self.function @ out)
        self._direction = out / curved if curved > 0.0 else None
        slope = float(here.gradient @ self.function) / float(self.function @ self.function)
        squared = found.decrement**2 if found.status is Status.CONVERGED else math.inf
        return ProfilePoint(value, here.value - self.least, slope, squared, coef, here, self.function)

    def unit(self) -> float:
        """Return a change in the function of about one standard error.

        Returns
        -------
        float
            Computed from the curvature at the last minimum, or at the first point.
        """
        here = self.objective.evaluate(self._near)
        if here.hessian is None or not here.hessian.finite:
            return 1.0
        curved = float(self.function @ here.hessian.factorise().solve(self.function))
        return min(math.sqrt(curved), LONGEST) if curved > 0.0 else 1.0
