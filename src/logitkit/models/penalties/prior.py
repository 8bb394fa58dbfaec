"""A normal prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from logitkit.models.penalties.specification import Part

__all__ = ["GaussianPrior"]


@dataclass(frozen=True)
class GaussianPrior(Part):
    r"""A normal prior of the coefficients, on the scale of the columns as given.

    .. math:: \tfrac12 (\beta - m)' P (\beta - m)

    beside the negative log-likelihood itself, not its mean: P is absolute. The fit is the posterior mode.

    Parameters
    ----------
    mean : float, mapping or (p,) array-like, default 0
        The centre m: one number for all, by term or coefficient (0 where not named), or an array in order.
    precision : float, mapping, (p,) or (p, p) array-like, default 1
        P: one number for all but the intercept, which is free as under any penalty; by term or coefficient (0 where not
        named: flat), the diagonal, or the whole matrix. These three hold for the intercept as well:
        ``precision={"Intercept": 0.1, "age": 1.0}``.

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
