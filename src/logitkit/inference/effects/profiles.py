r"""Two profiles compared: odds ratio, risk ratio, risk difference, number needed to treat.

For probabilities p and r of profiles a and b, the difference is :math:`d = p - r`. The number needed to treat, :math:`1
/ d`, is how many must have profile a instead of b for one additional event. If the interval (l, u) of d contains zero,
the interval of the number needed passes through infinity: it is the union of :math:`(-\infty, 1/l]` and :math:`[1/u,
\infty)`, the numbers for one event fewer and for one event more (``docs/maths/effects.md``, section 6).

References
----------
Altman, D. G. (1998) Confidence intervals for the number needed to treat. British Medical Journal 317, 1309-1312.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from logitkit.inference.delta import Estimates
from logitkit.inference.derived import Derived
from logitkit.inference.effects.limits import certain
from logitkit.typing import BoolArray, FloatArray

__all__ = [
    "ContrastLimits",
    "ContrastMethod",
    "NumberNeeded",
    "ProfileContrast",
    "number_needed",
    "profile_contrast_of",
]

ContrastMethod = Literal["wald", "profile", "score", "bootstrap"]
FIELDS = {
    "probability": "probabilities",
    "risk difference": "differences",
    "risk ratio": "risk_ratios",
    "odds ratio": "odds_ratios",
}


@dataclass(frozen=True)
class NumberNeeded:
    """Numbers needed to treat with their intervals.

    Parameters
    ----------
    estimate : (L,) array
        One over the difference; negative for one event fewer.
    low, high : (L,) array
        Ends of the interval. If it passes through infinity, it consists of the values below ``high`` and those above
        ``low``.
    through_infinity : (L,) bool array
        Whether the interval passes through infinity.

    Examples
    --------
    >>> found = number_needed(np.array([0.2]), np.array([-0.1]), np.array([0.5]))
    >>> found.low.tolist(), found.high.tolist(), found.through_infinity.tolist()
    ([2.0], [-10.0], [True])
    """

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    through_infinity: BoolArray


@dataclass(frozen=True, eq=False)
class ContrastLimits:
    """Lower and upper limits of intervals other than Wald intervals.

    Parameters
    ----------
    probabilities : (2, 2 L) array
        Limits for the probabilities of a, then of b.
    differences, risk_ratios, odds_ratios : (2, L) array
        Limits for each comparison.

    Examples
    --------
    >>> ends = np.array([[0.1], [0.9]])
    >>> ContrastLimits(np.hstack([ends, ends]), ends, ends, ends).probabilities.shape
    (2, 2)
    """

    probabilities: FloatArray
    differences: FloatArray
    risk_ratios: FloatArray
    odds_ratios: FloatArray


@dataclass(frozen=True, eq=False)
class ProfileContrast:
    """Two profiles compared, for each of L outcomes.

    Parameters
    ----------
    a, b : str
        The profiles in words.
    outcomes : tuple of str
        The L outcomes; empty for a model of two outcomes.
    probabilities : Derived
        Probabilities of a, then of b.
    differences : Derived
        Differences of the probabilities.
    risk_ratios, odds_ratios : Derived
        Ratios of the probabilities and of their odds.
    averaged : bool
        Whether the probabilities are averages over several rows.
    n_rows : int
        Number of rows averaged over.
    limits : ContrastLimits or None
        Limits of the intervals, if they are not Wald intervals.
    method : str
        How the intervals were computed.
    notes : tuple of str
        Remarks about the comparison.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> found = fit.contrast({"smoke": 1}, {"smoke": 0}, at="mean")
    >>> bool(np.isclose(found.odds_ratios.value[0], np.exp(fit.coef["smoke"])))
    True
    """

    a: str
    b: str
    outcomes: tuple[str, ...]
    probabilities: Derived
    differences: Derived
    risk_ratios: Derived
    odds_ratios: Derived
    averaged: bool
    n_rows: int
    limits: ContrastLimits | None = None
    method: str = "Wald"
    notes: tuple[str, ...] = ()

    def estimates(self, quantity: str) -> Estimates:
        """Return a quantity with its intervals.

        Parameters
        ----------
        quantity : {'probability', 'risk difference', 'risk ratio', 'odds ratio'}
            The quantity to return.

        Returns
        -------
        Estimates
            L entries; for probabilities, those of a and then those of b.
        """
        field = FIELDS[quantity]
        found: Estimates = getattr(self, field).estimates()
        if self.limits is None:
            return found
        low, high = getattr(self.limits, field)
        return replace(found, low=low, high=high)

    def needed(self) -> NumberNeeded:
        """Return the numbers needed to treat.

        Returns
        -------
        NumberNeeded
            Computed from the differences and their intervals.
        """
        found = self.estimates("risk difference")
        return number_needed(found.estimate, found.low, found.high)


def number_needed(difference: FloatArray, low: FloatArray, high: FloatArray) -> NumberNeeded:
    """Return numbers needed to treat from differences of probabilities.

    Parameters
    ----------
    difference, low, high : (L,) array
        Differences with their intervals.

    Returns
    -------
    NumberNeeded
        Infinite where the difference is zero.

    Examples
    --------
    An interval that excludes zero is inverted:

    >>> found = number_needed(np.array([0.2]), np.array([0.1]), np.array([0.5]))
    >>> found.estimate.tolist(), found.low.tolist(), found.high.tolist(), found.through_infinity.tolist()
    ([5.0], [2.0], [10.0], [False])
    """
    with np.errstate(divide="ignore"):
        estimate, ends = 1.0 / difference, (1.0 / high, 1.0 / low)
    return NumberNeeded(estimate, *ends, (low <= 0.0) & (high >= 0.0))


def profile_contrast_of(
    averages: Derived, names: tuple[str, str], outcomes: tuple[str, ...], *, averaged: bool, n_rows: int
) -> ProfileContrast:
    """Return the comparisons of two profiles.

    Parameters
    ----------
    averages : Derived
        Probabilities of profile a, then of profile b, for each of L outcomes.
    names : (str, str)
        The profiles in words.
    outcomes : tuple of str
        Names of the outcomes; empty for a model of two outcomes.
    averaged : bool
        Whether the probabilities are averages over several rows.
    n_rows : int
        Number of rows averaged over.

    Returns
    -------
    ProfileContrast
        With Wald intervals.

    Examples
    --------
    >>> from logitkit.engine.law import Law
    >>> two = Derived(("a", "b"), np.array([0.5, 0.25]), 0.1 * np.eye(2), Law(), 0.95)
    >>> found = profile_contrast_of(two, ("x=1", "x=0"), (), averaged=False, n_rows=1)
    >>> found.differences.value.tolist(), found.risk_ratios.value.tolist(), found.odds_ratios.value.round(12).tolist()
    ([0.25], [2.0], [3.0])
    """
    count = averages.value.size // 2
    averages = replace(averages, value=certain(averages.value, averages.root))
    a, b, own = averages.value[:count], averages.value[count:], np.eye(count)
    labels = outcomes or ("event",)
    zero = averages.null

    def derived(word: str, value: FloatArray, left: FloatArray, right: FloatArray, log: bool) -> Derived:
        jacobian = np.hstack([own * left, own * right])
        null = None if zero is None else (1.0 if log else 0.0)
        made = tuple(f"{word}:{label}" for label in labels)
        found = averages.mapped(made, value, np.nan_to_num(jacobian), "log" if log else "identity", null)
        gone = ~np.isfinite(value) | ~(found.root != 0.0).any(axis=1)
        return replace(found, root=np.where(gone[:, None], np.nan, found.root))

    with np.errstate(divide="ignore", invalid="ignore"):
        risk, odds = a / b, a * (1.0 - b) / ((1.0 - a) * b)
        return ProfileContrast(
            *names,
            outcomes,
            replace(averages, scale="logit", null=None),
            derived("difference", a - b, np.ones(count), -np.ones(count), log=False),
            derived("risk ratio", risk, 1.0 / b, -risk / b, log=True),
            derived("odds ratio", odds, odds / (a * (1.0 - a)), -odds / (b * (1.0 - b)), log=True),
            averaged,
            n_rows,
        )
