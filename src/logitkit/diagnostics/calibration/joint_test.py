r"""The joint test of intercepts of 0 and slopes of 1: the unreliability of predictions, after Cox and Miller.

With :math:`\ell(\alpha, \beta)` the log-likelihood of the recalibrated log odds :math:`\alpha_k + \beta_k \hat\ell_k`,
:math:`2 \{\ell(\hat\alpha, \hat\beta) - \ell(0, 1)\}` is chi-square with as many degrees of freedom as there are
intercepts and slopes, if the predictions are of other rows than those that they were learnt from. With sampling weights
and with clusters it is Wald's test with the sandwich.

References
----------
Cox, D. R. (1958) Two further applications of a model for binary regression. Biometrika 45, 562-565.
Miller, M. E., Langefeld, C. D., Tierney, W. M., Hui, S. L. and McDonald, C. J. (1993) Validation of probabilistic
predictions. Medical Decision Making 13, 49-58.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from logitkit.diagnostics.calibration.recalibration import Recalibration

__all__ = ["JointTest", "joint_test"]


@dataclass(frozen=True)
class JointTest:
    """A joint test that intercepts are 0 and slopes are 1.

    Parameters
    ----------
    kind : {'likelihood ratio', 'Wald'}
        Kind of test.
    statistic : float
        Chi-square statistic.
    dof : int
        Degrees of freedom: the number of intercepts and slopes tested.
    p_value : float
        Probability of a larger statistic under the hypothesis.

    Examples
    --------
    >>> JointTest("Wald", 0.0, 2, 1.0).dof
    2
    """

    kind: str
    statistic: float
    dof: int
    p_value: float


def joint_test(found: Recalibration, loss: float) -> JointTest | None:
    """Return the joint test of calibration intercepts and slopes.

    Parameters
    ----------
    found : Recalibration
        Estimated intercepts and slopes.
    loss : float
        Negative log-likelihood of the predictions on the same rows, without the constant of counts.

    Returns
    -------
    JointTest or None
        None if slopes cannot be estimated.

    Examples
    --------
    >>> nothing = np.full(2, np.nan)
    >>> joint_test(Recalibration(nothing, nothing, nothing, nothing, 0), 0.0) is None
    True
    """
    fitted = found.fitted
    if fitted is None or not fitted.converged or not np.isfinite(fitted.coef).all() or fitted.is_separated:
        return None
    if fitted.has_loglik:
        statistic = max(2.0 * (loss + fitted.loglik - fitted.log_constant), 0.0)
        return _test("likelihood ratio", statistic, fitted.n_params)
    if not fitted.is_single:
        return None
    off = fitted.coef - np.array([0.0, 1.0])
    return _test("Wald", float(off @ np.linalg.solve(fitted.vcov, off)), fitted.n_params)


def _test(kind: str, statistic: float, dof: int) -> JointTest:
    """Return a chi-square test."""
    return JointTest(kind, statistic, dof, float(chdtrc(dof, statistic)))
