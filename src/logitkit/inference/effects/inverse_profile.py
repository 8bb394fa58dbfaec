r"""The profile-likelihood set of an inverse prediction.

The value s is in the set when :math:`2 (\hat\ell - \ell_P(s)) \le z^2`, with :math:`\ell_P(s)` the likelihood maximised
where :math:`a + b s = t`. With :math:`s = \hat s + \sigma \tan\psi` the restriction is
:math:`\cos\psi\,(a + b \hat s - t) + \sigma \sin\psi\; b = 0`, whose profile is continuous on the circle of
:math:`\psi`, on which infinity is a point as any other: :math:`\psi = \pi/2`, where b = 0. So sets that are unbounded,
or the outside of an interval, are found as intervals are (``docs/maths/means.md``, section 5).
"""

from __future__ import annotations

import math

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import ConvergenceError
from logitkit.inference.effects.inverse import EVERYTHING, Line, ValueSet
from logitkit.inference.hypotheses.wald import covariance_root
from logitkit.inference.intervals.profile_slices import ProfileSlices
from logitkit.inference.likelihood import Likelihood, likelihood_of
from logitkit.inference.verbs import may
from logitkit.typing import FloatArray

__all__ = ["profile_set"]

SCAN = 32  # angles at which a set that holds infinity is looked for the values that it lacks
ROOT = 1e-11  # of an angle


def profile_set(record: FitRecord, design: Design, line: Line, target: float, level: float) -> ValueSet:
    """Return the values at which a likelihood-ratio test does not reject that the predictor equals its target.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.
    line : Line
        The line of rows.
    target : float
        Target value of the linear predictor.
    level : float
        Confidence level.

    Returns
    -------
    ValueSet
        An interval if the slope differs from zero at the level; otherwise the outside of an interval, or all values.

    Raises
    ------
    UnsupportedError
        Where there is no likelihood.
    ConvergenceError
        Where a restricted fit does not converge.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.effects.inverse import line_of
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> line = line_of(fit.record, np.array([[1.0, 0.0], [1.0, 1.0]]), 0.0)
    >>> profile_set(fit.record, fit.design, line, 0.0, 0.5).shape
    'interval'
    """
    error = may(record, "profile")
    if error is not None:
        raise type(error)(str(error).replace("method='wald'", "method='fieller'"))
    excess = _Excess(record, likelihood_of(record, design), line, target, level)
    beyond = excess.at(0.5 * math.pi)
    if beyond > 0.0:
        return ValueSet("interval", *(excess.value(excess.root(0.0, end)) for end in (-0.5 * math.pi, 0.5 * math.pi)))
    # Infinity belongs to the set: what it lacks is an arc that begins on either side.
    angles = np.linspace(-0.5 * math.pi, 0.5 * math.pi, SCAN + 1)
    heights = np.array([excess.at(float(angle)) for angle in angles])
    outside = np.flatnonzero(heights > 0.0)
    if not outside.size:
        return EVERYTHING
    first, last = int(outside[0]), int(outside[-1])
    ends = excess.root(angles[first - 1], angles[first]), excess.root(angles[last + 1], angles[last])
    return ValueSet("outside", *(excess.value(end) for end in ends))


class _Excess:
    """Twice the likelihood that is lost at an angle, less its target."""

    def __init__(self, record: FitRecord, likelihood: Likelihood, line: Line, target: float, level: float) -> None:
        self._functions = likelihood.functions(line.flat)
        self._objective, self._coef = likelihood.objective(), likelihood.coef
        self._constant = line.offset - target
        self._middle = line.at(target)
        slopes = line.slopes(target)[None]
        self._scale = float(np.linalg.norm(covariance_root(record, slopes)))
        self._target = float(np.max(record.law.of(slopes).quantile(level))) ** 2
        self._least = self._objective.evaluate(self._coef, hessian=False).value
        self._near: FloatArray = self._coef

    def value(self, angle: float) -> float:
        """Return the value at an angle."""
        return self._middle + self._scale * math.tan(angle)

    def at(self, angle: float) -> float:
        """Return the excess at an angle."""
        across, along = math.cos(angle), self._scale * math.sin(angle)
        function = across * (self._functions[0] + self._middle * self._functions[1]) + along * self._functions[1]
        length = float(np.linalg.norm(function))
        for near in (self._near, self._coef):
            slices = ProfileSlices(self._objective, function / length, near, self._least)
            found = slices.at(-across * self._constant / length)
            if found is not None:
                self._near = found.coef
                return 2.0 * found.height - self._target
        raise ConvergenceError(
            f"The fit with the probability held at the value {self.value(angle):.6g} has not converged, so there is no "
            "profile interval. Use method='fieller'."
        )

    def root(self, low: float, high: float) -> float:
        """Return the angle between two at which there is no excess."""
        from scipy.optimize import brentq

        if self.at(low) == 0.0:
            return low
        return float(brentq(self.at, *sorted((low, high)), xtol=ROOT))
