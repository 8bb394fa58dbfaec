r"""Likelihood-ratio tests of hypotheses about the coefficients, linear or not.

The likelihood is maximised where :math:`g(\theta) = 0`, by Newton's method on the Lagrangian
:math:`f(\theta) + \lambda' g(\theta)`: with G the derivatives of g, each step solves

.. math:: \begin{pmatrix} H + \lambda \cdot \nabla^2 g & G' \\ G & 0 \end{pmatrix}
          \begin{pmatrix} d \\ \lambda^+ \end{pmatrix} = - \begin{pmatrix} \nabla f \\ g \end{pmatrix} .

The statistic, twice the fall of the log-likelihood, does not depend on how a hypothesis is written: :math:`a / b = 1`
and :math:`a - b = 0` have the same, which by the delta method they have not.

References
----------
Nocedal, J. and Wright, S. J. (2006) Numerical Optimization, 2nd edition, sections 15.4 and 18.1. Gregory, A. W. and
Veall, M. R. (1985) Formulating Wald tests of nonlinear restrictions. Econometrica 53, 1465-1468.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.design.formula.nonlinear import NonlinearFunctions, nonlinear_functions
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.law import NORMAL
from logitkit.engine.objective import SmoothObjective
from logitkit.engine.record import FitRecord
from logitkit.errors import ConvergenceError, FormulaError, SeparationError
from logitkit.inference.delta import Estimates
from logitkit.inference.hypotheses.wald import WaldTest, wald_test
from logitkit.inference.intervals.profile import require_rows
from logitkit.inference.likelihood import Likelihood, likelihood_of
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = ["constrained_minimum", "hypothesis_test", "ratio_of_hypotheses"]

STEPS = 200
STEP = 1e-5  # relative, of central differences of exact derivatives
REACHED = 1e-9  # of the hypothesis, relative to the size of its terms; and of the decrement, in log-likelihood
SHORTER = tuple(0.5**k for k in range(7))
Constraint = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True, eq=False)
class _Held:
    """Hypotheses as functions of the coefficients that are solved for."""

    likelihood: Likelihood
    functions: NonlinearFunctions | None
    left: FloatArray
    right: FloatArray

    def at(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the values, zero under the hypotheses, and their derivatives."""
        flat = self.likelihood.flat(coef)
        if self.functions is None:
            return self.left @ flat - self.right, self.likelihood.functions(self.left)
        value, slopes = self.functions.at(flat)
        return value, self.likelihood.functions(slopes)


def ratio_of_hypotheses(
    record: FitRecord, design: Design | None, hypothesis: str, level: float | None = None
) -> WaldTest:
    """Test hypotheses about the coefficients by likelihood ratio.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    hypothesis : str
        As in ``wald_test``.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    WaldTest
        The statistic is the likelihood ratio that all hold. The estimates have standard errors by the delta method, and
        no statistic, p-value or interval of their own.

    Raises
    ------
    DataError
        Without the rows of the fit.
    FormulaError, SeparationError, UnsupportedError
        As ``wald_test``, and where the fit has no likelihood.
    ConvergenceError
        Where no coefficients were found under the hypotheses.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(np.isclose(fit.test("x = 0", method="profile").statistic, fit.lr_test().statistic))
    True
    """
    found = wald_test(record, hypothesis, level)
    require(record, "profile")
    design = require_rows(design)
    if record.is_separated:
        raise SeparationError(
            "The data of the fit are separated, and the likelihood under such hypotheses is not maximised at infinity. "
            "Compare models without the terms: fit.anova(), lk.compare(fit1, fit2)."
        )
    likelihood = likelihood_of(record, design)
    words = (hypothesis, record.names, record.naming, record.term_places())
    curved = nonlinear_functions(*words)
    left, right, _ = parse_hypothesis(*words) if curved is None else (np.empty((0, 0)), np.empty(0), ())
    held = _Held(likelihood, curved, left, right)
    objective = likelihood.objective()
    least = objective.evaluate(likelihood.coef, hessian=False).value
    value = constrained_minimum(objective, held.at, likelihood.coef)
    statistic = max(2.0 * (value - least), 0.0)
    missing = np.full(found.estimates.estimate.shape, np.nan)
    own: Estimates = replace(found.estimates, low=missing, high=missing, statistic=missing, p_value=missing)
    p_value = float(NORMAL.joint(np.array(statistic), np.array(found.dof)))
    return replace(found, statistic=statistic, p_value=p_value, estimates=own, law=NORMAL, method="profile")


def hypothesis_test(
    record: FitRecord, design: Design | None, hypothesis: str, level: float | None = None, method: str = "delta"
) -> WaldTest:
    """Test hypotheses about the coefficients by the method that is named.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows, which the likelihood needs.
    hypothesis : str
        As in ``wald_test``.
    level : float, optional
        Confidence level; the fit's by default.
    method : {'delta', 'profile'}
        By Wald, or by likelihood ratio.

    Returns
    -------
    WaldTest
        That all hold.

    Raises
    ------
    DataError
        For another method.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> hypothesis_test(fit.record, None, "exp(x) = 1").method
    'delta'
    """
    require_choice("method", method, ("delta", "profile"))
    if method == "profile":
        return ratio_of_hypotheses(record, design, hypothesis, level)
    return wald_test(record, hypothesis, level)


def constrained_minimum(objective: SmoothObjective, constraint: Constraint, start: FloatArray) -> float:
    """Return the least value of an objective where constraints are zero.

    Parameters
    ----------
    objective : SmoothObjective
        Of q coefficients, whose Hessian is one array.
    constraint : callable
        Values of the constraints, (k,), and their derivatives, (k, q).
    start : (q,) array
        Where to begin.

    Returns
    -------
    float
        The objective there.

    Raises
    ------
    ConvergenceError
        Where the steps do not lead to such a point.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> likelihood = likelihood_of(fit.record, fit.design)
    >>> slope = likelihood.functions(np.array([[0.0, 1.0]]))
    >>> value = constrained_minimum(likelihood.objective(), lambda coef: (slope @ coef, slope), likelihood.coef)
    >>> bool(np.isclose(2 * value, fit.null_deviance))
    True
    """
    coef, price = start, 0.0
    for _ in range(STEPS):
        here = objective.evaluate(coef)
        assert isinstance(here.hessian, DenseHessian)
        value, slopes = constraint(coef)
        multiplier: FloatArray = np.asarray(-np.linalg.lstsq(slopes.T, here.gradient, rcond=None)[0], np.float64)
        step, after = _step(here.hessian.array, here.gradient, value, slopes, _bend(constraint, coef, multiplier))
        moved = here.gradient + slopes.T @ after
        size = 1.0 + np.abs(slopes) @ np.abs(coef)
        if np.abs(value / size).max() <= REACHED and abs(moved @ step) <= REACHED:
            return here.value
        price = max(price, 2.0 * float(np.abs(after).max()))
        coef = _along(objective, constraint, coef, step, price)
    raise ConvergenceError(
        "No coefficients were found under the hypotheses: the likelihood has no maximum there, or the hypotheses "
        "contradict one another. Test them by the delta method, method='delta'."
    )


def _bend(constraint: Constraint, coef: FloatArray, multiplier: FloatArray) -> FloatArray:
    """Return the second derivatives of the multipliers times the constraints, by differences of the first."""
    q = coef.size
    out = np.empty((q, q))
    for j in range(q):
        width = STEP * max(1.0, abs(coef[j]))
        ahead, behind = coef.copy(), coef.copy()
        ahead[j] += width
        behind[j] -= width
        out[j] = multiplier @ (constraint(ahead)[1] - constraint(behind)[1]) / (2.0 * width)
    return np.asarray(0.5 * (out + out.T))


def _step(
    hessian: FloatArray, gradient: FloatArray, value: FloatArray, slopes: FloatArray, bend: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the step and the multipliers after it; without the bend where that leaves no minimum."""
    k, q = slopes.shape
    basis = np.linalg.qr(slopes.T, mode="complete")[0][:, k:]
    second = hessian + bend
    if basis.size and np.linalg.eigvalsh(basis.T @ second @ basis)[0] <= 0.0:
        second = hessian
    system = np.block([[second, slopes.T], [slopes, np.zeros((k, k))]])
    found = np.linalg.lstsq(system, -np.concatenate([gradient, value]), rcond=None)[0]
    return found[:q], found[q:]


def _along(
    objective: SmoothObjective, constraint: Constraint, coef: FloatArray, step: FloatArray, price: float
) -> FloatArray:
    """Return a point along a step at which the objective and a price for leaving the constraints are lower."""

    def merit(at: FloatArray) -> float:
        try:
            value = constraint(at)[0]
        except FormulaError:  # beyond the domain of a logarithm or a root
            return np.inf
        return float(objective.evaluate(at, hessian=False).value + price * np.abs(value).sum())

    before = merit(coef)
    for width in SHORTER:
        if merit(coef + width * step) < before + 1e-12 * abs(before):
            return coef + width * step
    # Along a bent constraint a good step may raise both: it is taken all the same, and made good by the next.
    return coef + (1.0 if np.isfinite(merit(coef + step)) else SHORTER[-1]) * step
