r"""A normal prior at the coefficients of an earlier fit, which remembers a proportion of what that fit knew.

With :math:`\hat\beta` the earlier estimates and V their covariance, both of the coefficients other than the intercept,
new rows are fitted under

.. math:: \tfrac{s}{2} (\beta - \hat\beta)' V^{-1} (\beta - \hat\beta) ,

and the intercept, or that of each outcome, is free. The inverse of V, a part of the whole covariance, is the
information that is left once the intercepts have been eliminated. Equations are those of ``docs/maths/updating.md``.

References
----------
Ibrahim, J. G. and Chen, M.-H. (2000) Power prior distributions for regression models. Statistical Science 15, 46-60.
"""

from __future__ import annotations

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.penalties.prior import GaussianPrior
from logitkit.options import is_finite_number

__all__ = ["prior_at"]

NO_COVARIANCE = (
    "The earlier fit has no covariance of its coefficients, which says how firmly a prior holds them: state the prior, "
    "penalty=lk.GaussianPrior(mean=fit.coef, precision=...)."
)


def prior_at(record: FitRecord, strength: float = 1.0) -> GaussianPrior:
    r"""Return a Gaussian prior for new rows, centred at an earlier fit.

    Parameters
    ----------
    record : FitRecord
        The earlier fit, with a covariance; with several outcomes it must have a reference.
    strength : float, default 1
        Weight of an earlier row relative to a new row, from 1 (equal weight) to 0 (no weight).

    Returns
    -------
    GaussianPrior
        Prior on the coefficients by outcome and column, without a prior on intercepts.

    Raises
    ------
    DataError
        If the strength is negative, or an estimate is not finite.
    UnsupportedError
        If outcomes are ordered or restricted, coefficients sum to zero, parameters were eliminated, or there is no
        covariance.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ smoke", lk.datasets.load_lbw())
    >>> prior = prior_at(fit.record, 0.5)
    >>> bool(abs(prior.precision[1, 1] - 0.5 / fit.std_error["smoke"] ** 2) < 1e-9), float(prior.precision[0, 0])
    (True, 0.0)
    """
    if not is_finite_number(strength) or strength < 0.0:
        raise DataError(f"strength={strength!r:.60}: give a number that is not negative.")
    if not record.is_single and (record.form.in_parts or record.reference is None):
        raise UnsupportedError(
            "A prior at earlier coefficients of several outcomes is on their differences from a reference, each with "
            "every column: with other models update by 'closed-test', 'intercept', 'slope' or 'revision'."
        )
    if record.nuisance.n_parameters:
        raise UnsupportedError(
            "A prior at earlier coefficients does not go with an absorbed factor, whose levels it would say nothing of."
        )
    p = len(record.info.names)
    own = np.ones(p, dtype=bool)
    if record.info.intercept is not None:
        own[record.info.intercept] = False
    own = np.tile(own, record.coef.size // p)
    if not np.isfinite(record.coef).all():
        name = record.names[int(np.argmin(np.isfinite(record.coef)))]
        raise DataError(
            f"The earlier fit has no finite estimate of {name!r}, at which no prior can stand: fit it with a penalty, "
            "or without that term."
        )
    try:
        vcov = record.vcov[np.ix_(own, own)]
    except UnsupportedError as error:
        raise UnsupportedError(NO_COVARIANCE) from error
    if not np.isfinite(vcov).all() or (vcov.size and np.linalg.eigvalsh(vcov)[0] <= 0.0):
        raise UnsupportedError(NO_COVARIANCE)
    precision = np.zeros((own.size, own.size))
    inverse = np.linalg.inv(vcov)
    precision[np.ix_(own, own)] = 0.5 * strength * (inverse + inverse.T)
    return GaussianPrior(mean=np.array(record.coef), precision=precision)
