r"""Profile likelihoods as curves: the signed root of the likelihood-ratio statistic over values of a function.

A Wald interval assumes that the curve is a straight line; the more it bends, the less accurate is the Wald interval.

References
----------
Bates, D. M. and Watts, D. G. (1988) Nonlinear Regression Analysis and its Applications, section 6.1.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.inference.delta import Estimates
from logitkit.inference.functions import function_estimates
from logitkit.inference.intervals.asked import AskedFunctions
from logitkit.inference.intervals.profile import profile_points
from logitkit.typing import FloatArray

__all__ = ["Profile", "profile_of"]

STEPS = 5  # of the root up to the quantile, on either side
BEYOND = 1  # further steps, past the ends of the interval


@dataclass(frozen=True, eq=False)
class Profile:
    """Profile likelihoods of linear functions of the coefficients.

    Parameters
    ----------
    names : tuple of str
        The m functions in words.
    values : (m, r) array
        Increasing values of each function; nan where the likelihood does not decrease to the root.
    roots : (m, r) array
        Signed root of twice the decrease in the log-likelihood at each value; nan where there is none.
    wald : Estimates
        Estimates with standard errors and Wald intervals.
    low, high : (m,) array
        Limits of the profile intervals.
    critical : float
        Critical value: the interval contains the values whose roots lie between minus and plus this value.
    level : float
        Confidence level.

    Examples
    --------
    >>> from logitkit.inference.delta import wald_estimates
    >>> wald = wald_estimates(np.zeros(1), np.ones(1), 0.95)
    >>> line = np.array([[-2.0, 0.0, 2.0]])
    >>> Profile(("x",), line, line, wald, wald.low, wald.high, 1.96, 0.95).asymmetry.tolist()
    [0.0]
    """

    names: tuple[str, ...]
    values: FloatArray
    roots: FloatArray
    wald: Estimates
    low: FloatArray
    high: FloatArray
    critical: float
    level: float

    @property
    def asymmetry(self) -> FloatArray:
        """Length of the interval above the estimate minus that below, as a proportion of the whole, shape (m,)."""
        with np.errstate(invalid="ignore"):
            above, below = self.high - self.wald.estimate, self.wald.estimate - self.low
            return np.asarray((above - below) / (above + below))


def profile_of(record: FitRecord, design: Design | None, asked: AskedFunctions, level: float | None = None) -> Profile:
    """Return the profile likelihoods of functions.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    asked : AskedFunctions
        m functions.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    Profile
        Curves from beyond one end of each interval to beyond the other.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.intervals.asked import asked_functions
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> found = profile_of(fit.record, fit.design, asked_functions(fit.record, "x"))
    >>> bool(np.isclose(np.interp(found.critical, found.roots[0], found.values[0]), found.high[0]))
    True
    """
    level = record.level if level is None else level
    critical = float(record.law.quantile(level))
    steps = np.arange(1, STEPS + BEYOND + 1) / STEPS
    points = profile_points(record, design, asked.functions, steps * critical)
    wald = function_estimates(record, asked.functions, level)
    sides = np.array([[[end.value for end in pair] for pair in pairs] for pairs in points])  # (m, r, 2)
    sides = sides + asked.constant[:, None, None]
    low, high = sides[:, STEPS - 1, 0], sides[:, STEPS - 1, 1]
    centre = wald.estimate + asked.constant
    values = np.column_stack([sides[:, ::-1, 0], centre, sides[:, :, 1]])
    roots = np.tile(critical * np.r_[-steps[::-1], 0.0, steps], (len(values), 1))
    missing = ~np.isfinite(values)
    shifted = Estimates(
        centre,
        wald.std_error,
        wald.statistic,
        wald.p_value,
        wald.low + asked.constant,
        wald.high + asked.constant,
        level,
        wald.law,
    )
    return Profile(
        asked.names,
        np.where(missing, np.nan, values),
        np.where(missing, np.nan, roots),
        shifted,
        low,
        high,
        critical,
        level,
    )
