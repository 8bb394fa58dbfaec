"""A normal prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from logitkit.models.penalties.specification import Part

__all__ = ["GaussianPrior"]


@dataclass(frozen=True)
class GaussianPrior(Part):
    r"""A normal prior on the coefficients, on the scale of the columns as given.

    .. math:: \tfrac12 (\beta - m)' P (\beta - m)

    This is added to the negative log-likelihood itself, not to its mean, so P is on an absolute scale. The fit is the
    posterior mode.

    Parameters
    ----------
    mean : float, mapping or (p,) array-like, default 0
        The mean m: one number for all coefficients, numbers by term or coefficient (0 for those not named), or an array
        in the order of the coefficients.
    precision : float, mapping, (p,) or (p, p) array-like, default 1
        P: one number for all coefficients other than the intercept, which then has no prior; numbers by term or
        coefficient (0, a flat prior, for those not named); the diagonal; or the whole matrix. The last three include
        the intercept: ``precision={"Intercept": 0.1, "age": 1.0}``. With several outcomes, this is the prior of each
        outcome, independent of the others. An (m p, m p) array, with a mean of the same size or ``fit.coef``, is for
        all outcomes together, ordered by outcome and column.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ smoke", births, penalty=lk.GaussianPrior(precision=1e6))
    >>> odds = births["low"].mean() / (1.0 - births["low"].mean())
    >>> fit.coef.round(3).to_dict(), bool(abs(fit.coef["Intercept"] - np.log(odds)) < 1e-3)
    ({'Intercept': -0.79, 'smoke': 0.0}, True)
    """

    mean: Any = 0.0
    precision: Any = 1.0

    @property
    def words(self) -> str:
        """The penalty in words."""
        return "Gaussian prior"
