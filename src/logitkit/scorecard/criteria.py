r"""Weight of evidence, information value and the other criteria of a binning, with their errors.

With :math:`p_k` the proportion of all events that fall into bin :math:`k` and :math:`q_k` that of all non-events,
:math:`\mathrm{WOE}_k = \ln(q_k / p_k)` and :math:`\mathrm{IV} = \sum_k (q_k - p_k) \mathrm{WOE}_k`
(``docs/maths/binning.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from logitkit.engine.law import NORMAL
from logitkit.typing import BoolArray, FloatArray

__all__ = [
    "CRITERIA",
    "Criterion",
    "InformationValue",
    "corrected_counts",
    "information_parts",
    "information_value",
    "weight_of_evidence",
]

Criterion = Literal["iv", "js", "hellinger", "chi_square", "likelihood"]
#: Their numbers in ``numerics.kernels.partitions``.
CRITERIA = {"iv": 0, "js": 1, "hellinger": 2, "chi_square": 3, "likelihood": 4}
#: What is added to a count of zero; to the other, as many at the odds of the population.
CORRECTION = 0.5


def corrected_counts(
    events: FloatArray, nonevents: FloatArray, totals: tuple[Any, Any] | None = None
) -> tuple[FloatArray, FloatArray, BoolArray]:
    r"""Return counts corrected in bins where exactly one of them is zero, and which bins these are.

    One half is added to the count that is zero. The other count gets an addition at the odds of the population:
    :math:`G / 2E` non-events, or :math:`E / 2G` events. Such an addition alone has a weight of evidence of zero. A bin
    without events is therefore always safer than the population, and the closer to it the fewer rows it has.

    Parameters
    ----------
    events, nonevents : (..., k) arrays
        Counts by bin along the last axis. A bin with neither is not changed.
    totals : (float, float), optional
        Events E and non-events G of the population; the sums over the bins by default.

    Returns
    -------
    events, nonevents : (..., k) arrays
        The counts from which logarithms are computed.
    corrected : (..., k) array of bool
        True for bins that were corrected.

    Examples
    --------
    >>> e, g, where = corrected_counts(np.array([0.0, 3.0]), np.array([7.0, 5.0]))
    >>> e.tolist(), g.tolist(), where.tolist()
    ([0.5, 3.0], [9.0, 5.0], [True, False])
    """
    total_events, total_nonevents = totals or (
        events.sum(axis=-1, keepdims=True),
        nonevents.sum(axis=-1, keepdims=True),
    )
    corrected = (events == 0) ^ (nonevents == 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_nonevents = np.where(events == 0, CORRECTION * total_nonevents / total_events, CORRECTION)
        of_events = np.where(nonevents == 0, CORRECTION * total_events / total_nonevents, CORRECTION)
    add = [np.where(corrected, each, 0.0) for each in (of_events, of_nonevents)]
    return events + add[0], nonevents + add[1], corrected


def weight_of_evidence(
    events: FloatArray, nonevents: FloatArray, totals: tuple[float, float] | None = None
) -> tuple[FloatArray, FloatArray]:
    r"""Return the weight of evidence of each bin, and its standard error.

    Parameters
    ----------
    events, nonevents : (k,) arrays
        Counts by bin; empty cells are corrected by :func:`corrected_counts`.
    totals : (float, float), optional
        Events and non-events of the population; the sums over the bins by default.

    Returns
    -------
    woe : (k,) array
        :math:`\ln(q_k / p_k)`: positive where the bin is safer than the population. nan for a bin without rows.
    std_error : (k,) array
        :math:`\sqrt{1/g_k - 1/G + 1/e_k - 1/E}`, by the delta method for multinomial counts given the totals, with the
        bins taken as given.

    Examples
    --------
    >>> woe, error = weight_of_evidence(np.array([10.0, 30.0]), np.array([50.0, 50.0]))
    >>> bool(np.allclose(woe, np.log([0.5 / 0.25, 0.5 / 0.75])))
    True
    """
    total_events, total_nonevents = totals or (float(events.sum()), float(nonevents.sum()))
    e, g, _ = corrected_counts(events, nonevents, (total_events, total_nonevents))
    with np.errstate(divide="ignore", invalid="ignore"):
        woe = np.log(g / total_nonevents) - np.log(e / total_events)
        variance = 1.0 / g - 1.0 / total_nonevents + 1.0 / e - 1.0 / total_events
    empty = (events == 0) & (nonevents == 0)
    return np.where(empty, np.nan, woe), np.where(empty, np.nan, np.sqrt(np.maximum(variance, 0.0)))


@dataclass(frozen=True, slots=True)
class InformationValue:
    """Information value of a binning.

    Parameters
    ----------
    value : float
        The sum over bins of the difference of proportions times the weight of evidence.
    std_error : float
        Standard error by the delta method, for given bins.
    by_chance : float
        Mean information value of a variable that is unrelated to the outcome, in the same number of bins:
        (k - 1)(1 / G + 1 / E).
    bias : float
        Mean excess of the value over that of the population, for given bins.
    parts : (k,) array
        Contribution of each bin; zero for a bin without rows.
    """

    value: float
    std_error: float
    by_chance: float
    bias: float
    parts: FloatArray

    @property
    def corrected(self) -> float:
        """The value minus its bias; it may be negative."""
        return self.value - self.bias

    def limits(self, level: float = 0.95) -> tuple[float, float]:
        """Return normal confidence limits of the value minus ``by_chance``, not below zero.

        Parameters
        ----------
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        (float, float)
            For given bins; if the bins were chosen by the outcomes, both limits are too large.

        Examples
        --------
        >>> found = information_value(np.array([100.0, 300.0]), np.array([500.0, 500.0]))
        >>> low, high = found.limits()
        >>> low < found.value - found.by_chance < high
        True
        """
        centre, half = self.value - self.by_chance, float(NORMAL.quantile(level)) * self.std_error
        return max(0.0, centre - half), max(0.0, centre + half)


def information_value(events: FloatArray, nonevents: FloatArray) -> InformationValue:
    r"""Return the information value of a binning with its standard error.

    Parameters
    ----------
    events, nonevents : (k,) arrays
        Counts by bin; empty cells are corrected by :func:`corrected_counts` (their proportions too).

    Returns
    -------
    InformationValue

    Notes
    -----
    With :math:`d_k = \partial \mathrm{IV} / \partial q_k = \mathrm{WOE}_k + 1 - p_k / q_k` and
    :math:`c_k = \partial \mathrm{IV} / \partial p_k = 1 - \mathrm{WOE}_k - q_k / p_k`, the variance is
    :math:`\operatorname{Var}_q(d) / G + \operatorname{Var}_p(c) / E`. At independence IV is asymptotically
    :math:`(1/G + 1/E) \chi^2_{k-1}`, for which the normal interval is invalid: compare with ``by_chance``. The bias is
    :math:`\sum_k (1 + p_k/q_k)(1 - q_k) / 2G + \sum_k (1 + q_k/p_k)(1 - p_k) / 2E`, half the second derivatives times
    the variances of the proportions; at independence it is ``by_chance``.

    Examples
    --------
    >>> found = information_value(np.array([10.0, 30.0]), np.array([50.0, 50.0]))
    >>> round(found.value, 4)  # (0.5 - 0.25) ln 2 + (0.5 - 0.75) ln(2 / 3)
    0.2747
    """
    used = (events > 0) | (nonevents > 0)
    e, g, _ = corrected_counts(events[used], nonevents[used])
    total_events, total_nonevents = float(events.sum()), float(nonevents.sum())
    p, q = e / total_events, g / total_nonevents
    woe = np.log(q / p)
    of_q, of_p = woe + 1.0 - p / q, 1.0 - woe - q / p
    variance = float((q @ of_q**2 - (q @ of_q) ** 2) / total_nonevents + (p @ of_p**2 - (p @ of_p) ** 2) / total_events)
    parts = information_parts(events, nonevents)
    by_chance = (int(used.sum()) - 1) * (1.0 / total_events + 1.0 / total_nonevents)
    bias = float((1.0 + p / q) @ (1.0 - q) / total_nonevents + (1.0 + q / p) @ (1.0 - p) / total_events) / 2.0
    return InformationValue(float(parts.sum()), float(np.sqrt(max(variance, 0.0))), by_chance, bias, parts)


def information_parts(events: FloatArray, nonevents: FloatArray) -> FloatArray:
    r"""Return the contribution of each bin to the information value: :math:`(q_k - p_k) \ln(q_k / p_k)`.

    Parameters
    ----------
    events, nonevents : (..., k) arrays
        Counts by bin along the last axis; empty cells are corrected by :func:`corrected_counts`.

    Returns
    -------
    (..., k) array
        The contributions; zero for a bin without rows.

    Examples
    --------
    >>> information_parts(np.array([[10.0, 30.0], [40.0, 0.0]]), np.array([[50.0, 50.0], [9.0, 0.0]])).round(4).tolist()
    [[0.1733, 0.1014], [0.0, 0.0]]
    """
    e, g, _ = corrected_counts(events, nonevents)
    p, q = e / events.sum(axis=-1, keepdims=True), g / nonevents.sum(axis=-1, keepdims=True)
    used = (e > 0) & (g > 0)
    return np.asarray((q - p) * np.log(np.divide(q, p, out=np.ones_like(q), where=used)))
