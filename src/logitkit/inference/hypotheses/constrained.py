r"""Likelihood-ratio tests of linear and nonlinear hypotheses about the coefficients.

The likelihood is maximised subject to :math:`g(\theta) = 0` (``engine/constrained.py``). The statistic is twice the
decrease in the log-likelihood. It does not depend on how a hypothesis is written: :math:`a / b = 1` and :math:`a - b =
0` have the same statistic, but different ones by the delta method.

References
----------
Gregory, A. W. and Veall, M. R. (1985) Formulating Wald tests of nonlinear restrictions. Econometrica 53, 1465-1468.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.design.formula.nonlinear import NonlinearFunctions, nonlinear_functions
from logitkit.engine.constrained import bend_by_differences, constrained_minimum
from logitkit.engine.law import NORMAL
from logitkit.engine.record import FitRecord
from logitkit.errors import ConvergenceError, FormulaError, SeparationError
from logitkit.inference.delta import Estimates
from logitkit.inference.hypotheses.wald import WaldTest, wald_test
from logitkit.inference.intervals.profile import require_rows
from logitkit.inference.likelihood import Likelihood, likelihood_of
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = ["hypothesis_test", "ratio_of_hypotheses"]


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
        try:
            value, slopes = self.functions.at(flat)
        except FormulaError:  # beyond the domain of a logarithm or a root
            k = len(self.functions.trees)
            return np.full(k, np.nan), np.full((k, coef.size), np.nan)
        return value, self.likelihood.functions(slopes)

    def bend(self, coef: FloatArray, multipliers: FloatArray) -> FloatArray:
        """Return the second derivatives of the values times the multipliers."""
        if self.functions is None:
            return np.zeros((coef.size, coef.size))
        return bend_by_differences(self, coef, multipliers)


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
        Hypotheses, written as for ``wald_test``.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    WaldTest
        Joint likelihood-ratio test of all hypotheses. The estimates have standard errors by the delta method, but no
        statistic, p-value or interval of their own.

    Raises
    ------
    DataError
        Without the rows of the fit.
    FormulaError, SeparationError, UnsupportedError
        As for ``wald_test``, and if the fit has no likelihood.
    ConvergenceError
        If no coefficients were found that satisfy the hypotheses.

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
    reached = constrained_minimum(objective, held, likelihood.coef)
    if reached is None:
        raise ConvergenceError(
            "No coefficients were found under the hypotheses: the likelihood has no maximum there, or the hypotheses "
            "contradict one another. Test them by the delta method, method='delta'."
        )
    statistic = max(2.0 * (reached.evaluation.value - least), 0.0)
    missing = np.full(found.estimates.estimate.shape, np.nan)
    own: Estimates = replace(found.estimates, low=missing, high=missing, statistic=missing, p_value=missing)
    p_value = float(NORMAL.joint(np.array(statistic), np.array(found.dof)))
    return replace(found, statistic=statistic, p_value=p_value, estimates=own, law=NORMAL, method="profile")


def hypothesis_test(
    record: FitRecord, design: Design | None, hypothesis: str, level: float | None = None, method: str = "delta"
) -> WaldTest:
    """Test hypotheses about the coefficients by a given method.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit, which the likelihood needs.
    hypothesis : str
        Hypotheses, written as for ``wald_test``.
    level : float, optional
        Confidence level; by default that of the fit.
    method : {'delta', 'profile'}
        Wald test, or likelihood-ratio test.

    Returns
    -------
    WaldTest
        Joint test of all hypotheses.

    Raises
    ------
    DataError
        For an unknown method.

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
