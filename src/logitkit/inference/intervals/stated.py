r"""Nonlinear functions given as text, such as a ratio, in the form in which they are profiled.

Whatever its range, g is profiled as the arc :math:`\psi = \arctan\{(g - \hat g) / s\}`, with s the half-width of Wald's
interval: its ends :math:`\pm\pi/2` are infinity. Where a denominator may pass through zero, g jumps from one infinity
to the other, and the arc goes on from one end to the other: differences of arcs are then taken along the shorter way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.design.formula.nonlinear import NonlinearFunctions
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.errors import FormulaError
from logitkit.inference.intervals.curved import CurvedModel
from logitkit.inference.likelihood import Likelihood
from logitkit.typing import FloatArray

__all__ = ["StatedFunction", "stated_function"]

STEP = 1e-5  # relative, of central differences of exact derivatives
FAR = 1e300  # the square of a value that is infinite to the last digit
EDGE = 1e-7  # of an arc: nearer to its end is infinity


@dataclass(frozen=True, eq=False)
class StatedFunction:
    """A function in words as an arc.

    Parameters
    ----------
    likelihood : Likelihood
        Likelihood of whose coefficients it is a function.
    functions : NonlinearFunctions
        One function.
    rows : (k, q) array
        The coefficients that it depends on, as functions of those solved for.
    centre : float
        The estimate.
    width : float
        s.
    period : float
        After which arcs are the same again; infinite where no denominator may be zero.
    limit : float
        The farthest arc that is tried.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.formula.nonlinear import nonlinear_functions
    >>> from logitkit.inference.intervals.curved import curved_model
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> model = curved_model(fit.record, fit.design, "profile")
    >>> found = stated_function(model, nonlinear_functions("Intercept / x", fit.record.names), 1.96)
    >>> found.at(model.coef)[0], bool(np.isclose(found.shown(0.0), fit.coef["Intercept"] / fit.coef["x"]))
    (0.0, True)
    """

    likelihood: Likelihood
    functions: NonlinearFunctions
    rows: FloatArray
    centre: float
    width: float
    period: float = math.inf
    limit: float = 0.5 * math.pi - EDGE

    def at(self, coef: FloatArray) -> tuple[float, FloatArray]:
        """Return the arc and its derivatives.

        Parameters
        ----------
        coef : (q,) array
            Coefficients.

        Returns
        -------
        value : float
            nan outside the domain.
        slopes : (q,) array
            Its derivatives.
        """
        value, slopes = self._of(self.likelihood.flat(coef))
        return value, slopes @ self.rows

    def bend(self, coef: FloatArray) -> FloatArray:
        """Return the second derivatives of the arc.

        Parameters
        ----------
        coef : (q,) array
            Coefficients.

        Returns
        -------
        (q, q) array
            Central differences of the first derivatives.
        """
        flat = self.likelihood.flat(coef)
        out = np.empty((len(self.rows), len(self.rows)))
        for k, place in enumerate(self.functions.used):
            step = np.zeros(flat.size)
            step[place] = STEP * max(1.0, abs(float(flat[place])))
            out[k] = (self._of(flat + step)[1] - self._of(flat - step)[1]) / (2.0 * step[place])
        return np.asarray(self.rows.T @ (0.5 * (out + out.T)) @ self.rows)

    def shown(self, value: float) -> float:
        """Return the function at an arc.

        Parameters
        ----------
        value : float
            The arc; infinite beyond its ends.

        Returns
        -------
        float
            The function.
        """
        return value if math.isinf(value) else self.centre + self.width * math.tan(value)

    def _of(self, flat: FloatArray) -> tuple[float, FloatArray]:
        """Return the arc and its derivatives by the coefficients that it depends on."""
        used = self.functions.used
        try:
            value, slopes = self.functions.at(flat)
        except FormulaError:
            return math.nan, np.full(used.size, np.nan)
        along = (float(value[0]) - self.centre) / self.width
        return math.atan(along), slopes[0, used] / self.width / (1.0 + min(along * along, FAR))


def stated_function(model: CurvedModel, functions: NonlinearFunctions, critical: float) -> StatedFunction:
    """Return a function given as text in the form in which it is profiled.

    Parameters
    ----------
    model : CurvedModel
        The likelihood.
    functions : NonlinearFunctions
        One function.
    critical : float
        The quantile of the interval.

    Returns
    -------
    StatedFunction
        Zero at the estimate.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.formula.nonlinear import nonlinear_functions
    >>> from logitkit.inference.intervals.curved import curved_model
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> model = curved_model(fit.record, fit.design, "profile")
    >>> found = stated_function(model, nonlinear_functions("exp(x)", fit.record.names), 1.0)
    >>> bool(np.isclose(found.width, np.exp(fit.coef["x"]) * fit.std_error["x"], rtol=1e-6))
    True
    """
    value, slopes = functions.at(model.likelihood.flat(model.coef))
    inner, used = model.likelihood.functions(slopes)[0], functions.used
    here = model.objective.evaluate(model.coef)
    assert isinstance(here.hessian, DenseHessian)
    error = math.sqrt(float(inner @ here.hessian.factorise().solve(inner)))
    rows = model.likelihood.functions(np.eye(slopes.shape[1])[used])
    period = math.pi if functions.may_jump else math.inf
    return StatedFunction(model.likelihood, functions, rows, float(value[0]), critical * error, period)
