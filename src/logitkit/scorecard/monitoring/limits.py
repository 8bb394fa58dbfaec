"""When a monitor rings, as users state it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from logitkit.engine.law import NORMAL
from logitkit.errors import DataError
from logitkit.options import Stated, is_finite_number
from logitkit.scorecard.monitoring.card_stability import CardDrift
from logitkit.scorecard.monitoring.index import LARGE
from logitkit.scorecard.monitoring.periods import Periods

if TYPE_CHECKING:
    from logitkit.scorecard.monitoring.monitor import Cohort

__all__ = ["Alarm", "GiniAtDevelopment", "Limits", "first_alarms"]


@dataclass(frozen=True, slots=True)
class Alarm:
    """The first time that a measure reached its limit.

    Parameters
    ----------
    measure : str
        The measure: PSI, CSI, mean score, bad rate or Gini.
    name : str
        For CSI, the variable; otherwise empty.
    period : str
        The period in which the applicants applied.
    known_in : str
        The period in which the alarm was known; for outcomes, this is later than ``period``.
    value, limit : float
        The value of the measure, and its limit.
    p_value : float
        P-value of the index, of the change of the mean score, or of the difference from the bad rate that the card
        expects; nan for the Gini coefficient.
    """

    measure: str
    name: str
    period: str
    known_in: str
    value: float
    limit: float
    p_value: float = math.nan


@dataclass(frozen=True, kw_only=True)
class Limits(Stated):
    """Limits at which a monitor raises an alarm; None for no alarm.

    Parameters
    ----------
    psi : float or None, default 0.25
        Stability index of the score.
    csi : float or None, default 0.25
        Stability index of a variable.
    points : float or None, default 10
        Change of the mean score in points, up or down.
    bad_rate : float or None, default 1
        Multiple of the expected bad rate; alarm if the whole interval of a cohort's bad rate is above it.
    gini : float, "development" or None, default "development"
        Alarm if the whole interval of a cohort's Gini coefficient is below this value. By default it is the lower end
        of the interval among the rows from which the card was made.

    Raises
    ------
    DataError
        If a limit is not a number above zero.
    ArgumentError
        For an unknown keyword; the message suggests the nearest name.

    Examples
    --------
    >>> Limits(psi=0.1, gini=0.4).bad_rate
    1.0
    """

    psi: float | None = LARGE
    csi: float | None = LARGE
    points: float | None = 10.0
    bad_rate: float | None = 1.0
    gini: float | Literal["development"] | None = "development"

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse limits that are no positive numbers."""
        for name in ("psi", "csi", "points", "bad_rate", "gini"):
            value = getattr(self, name)
            if name == "gini" and isinstance(value, str) and value == "development":
                continue
            if value is not None and not (is_finite_number(value) and value > 0):
                raise DataError(f"{name}={value!r:.60}: give a limit above zero, or None for no alarm.")
            if name == "gini" and value is not None and value >= 1:
                raise DataError(f"gini={value!r:.60}: Gini coefficients are at most 1, and every cohort would ring.")


@dataclass(frozen=True, slots=True)
class GiniAtDevelopment:
    """Gini coefficient among the rows from which a card was made; nan if the card does not store it.

    Parameters
    ----------
    estimate, low, high, level : float
        The coefficient, its interval and the confidence level.
    """

    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    level: float = math.nan

    def limit_of(self, limits: Limits) -> float | None:
        """Return the limit of the Gini coefficient; None if there is none."""
        if not isinstance(limits.gini, str):
            return limits.gini
        return self.low if self.low > 0 else None


def first_alarms(
    limits: Limits,
    gini: float | None,
    periods: Periods,
    drifts: Sequence[CardDrift],
    cohorts: Sequence[tuple[Cohort, int]],
) -> tuple[Alarm, ...]:
    """Return the first alarm of every measure, in the order in which they were known."""
    rung: dict[tuple[str, str], tuple[int, Alarm]] = {}
    for label, number, drift in zip(periods.labels, periods.numbers, drifts, strict=True):
        for alarm in _of_drift(limits, label, drift):
            rung.setdefault((alarm.measure, alarm.name), (int(number), alarm))
    for cohort, number in cohorts:
        for alarm in _of_cohort(limits, gini, cohort):
            rung.setdefault((alarm.measure, alarm.name), (number, alarm))
    return tuple(alarm for _, alarm in sorted(rung.values(), key=lambda each: each[0]))


def _of_drift(limits: Limits, label: str, drift: CardDrift) -> Iterator[Alarm]:
    """Yield what rings of the applicants of a period."""
    if limits.psi is not None and drift.score.value >= limits.psi:
        yield Alarm("PSI", "", label, label, drift.score.value, limits.psi, drift.score.p_value)
    for found in drift.variables:
        if limits.csi is not None and found.value >= limits.csi:
            yield Alarm("CSI", found.name, label, label, found.value, limits.csi, found.p_value)
    moved = drift.change.mean_recent - drift.change.mean_base
    if limits.points is not None and abs(moved) >= limits.points:
        error = drift.change.mean_std_error
        p = float(NORMAL.two_sided(np.array(moved / error))) if error > 0 else math.nan
        yield Alarm("mean score", "", label, label, moved, limits.points, p)


def _of_cohort(limits: Limits, gini: float | None, cohort: Cohort) -> Iterator[Alarm]:
    """Yield what rings of a cohort whose outcomes are known."""
    if limits.bad_rate is not None:
        limit = limits.bad_rate * cohort.expected / cohort.n
        if cohort.rate_low > limit:
            yield Alarm("bad rate", "", cohort.period, cohort.known_in, cohort.rate, limit, cohort.p_value)
    if gini is not None and cohort.gini_high < gini:
        yield Alarm("Gini", "", cohort.period, cohort.known_in, cohort.gini, gini)
