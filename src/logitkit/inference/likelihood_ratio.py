r"""The likelihood-ratio test against the null model.

:math:`2(\ell - \ell_0)` is chi-square with as many degrees of freedom as the model has coefficients besides the
intercept. The null model has the intercept, when the model has one (of several outcomes, one for each but the
reference), and the offset; without an intercept every linear predictor is the offset, as in R. With an absorbed factor
the null model has one intercept for all of its levels.
"""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import chdtrc

from logitkit.errors import UnsupportedError
from logitkit.inference.penalised import require_likelihood
from logitkit.record import ModelRecord

__all__ = ["LikelihoodRatioTest", "null_test"]


@dataclass(frozen=True, slots=True)
class LikelihoodRatioTest:
    """A likelihood-ratio test.

    Parameters
    ----------
    statistic : float
        Twice the difference of the log-likelihoods.
    dof : int
        Difference of the numbers of coefficients.
    p_value : float
        Upper tail probability; nan without degrees of freedom.

    Examples
    --------
    >>> LikelihoodRatioTest(3.84, 1, 0.05).dof
    1
    """

    statistic: float
    dof: int
    p_value: float


def null_test(record: ModelRecord) -> LikelihoodRatioTest:
    """Test all coefficients besides the intercept at once.

    Parameters
    ----------
    record : ModelRecord
        The fit.

    Returns
    -------
    LikelihoodRatioTest
        Valid under separation too: the likelihood has a limit there.

    Raises
    ------
    UnsupportedError
        With sampling weights or clusters, where the likelihood is a working device only, and after a penalty.

    Examples
    --------
    The statistic is the fall of the deviance:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> bool(abs(null_test(fit.record).statistic - (fit.null_deviance - fit.deviance)) < 1e-12)
    True
    """
    require_likelihood(record, "lr_test")
    if not record.has_likelihood:
        raise UnsupportedError(
            f"A likelihood-ratio test is not valid with {record.covariance.label}; use fit.test(...), a Wald test."
        )
    statistic = max(record.null_deviance - record.deviance, 0.0)
    dof = record.n_params - record.n_intercepts
    return LikelihoodRatioTest(statistic, dof, float(chdtrc(dof, statistic)) if dof > 0 else float("nan"))
