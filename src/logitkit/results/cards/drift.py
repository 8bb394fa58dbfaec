"""Stability of a card or a column, with tables."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

import logitkit.report.cards.monitoring_findings  # noqa: F401 - says how indices are shown
from logitkit.report.cards.monitoring_frames import change_frame, drift_bins_frame, drift_frame, index_frame
from logitkit.results.cards.validated import Pickled
from logitkit.results.documented import extends_base
from logitkit.results.shown import Shown
from logitkit.scorecard.monitoring.card_stability import CardDrift
from logitkit.scorecard.monitoring.index import StabilityIndex

__all__ = ["CardStability", "PopulationStability", "held_drift", "held_index"]


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class PopulationStability(Pickled, Shown, StabilityIndex):
    """Population stability index of a column.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> found = lk.scorecard.psi(loans["housing"][:500], loans["housing"][500:])
    >>> round(float(found.value), 4), found.table().shape
    (0.0024, (3, 6))
    """

    def table(self) -> pd.DataFrame:
        """Return one row per bin.

        Returns
        -------
        pandas.DataFrame
            base and recent rows and proportions, psi (the contribution of the bin), corrected; the index is the label.
        """
        return index_frame(self)


@extends_base
@dataclass(frozen=True, eq=False, repr=False)
class CardStability(Pickled, Shown, CardDrift):
    """The shift between the sample that a card was made from and another sample.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans[:500], target="class", event="bad")
    >>> card.stability(loans[500:]).table().iloc[:, :2].round(3)
                       psi  psi_low
    variable
    Score            0.064      0.0
    checking_status  0.010      0.0
    duration         0.034      0.0
    """

    def table(self) -> pd.DataFrame:
        """Return one row for the score, and one per variable.

        Returns
        -------
        pandas.DataFrame
            psi with limits, by_chance, statistic, dof, p_value, change (none, moderate or large); and the mean points
            in both samples, with their difference and its standard error.
        """
        return drift_frame(self)

    def bins(self) -> pd.DataFrame:
        """Return one row per bin of each variable.

        Returns
        -------
        pandas.DataFrame
            variable, label, rows and proportions of both samples, psi, corrected, and points_change, the contribution
            of the bin to the change of the mean score.
        """
        return drift_bins_frame(self)

    def groups(self) -> pd.DataFrame:
        """Return one row per group of points.

        Returns
        -------
        pandas.DataFrame
            Rows and proportions of both samples, and the contribution of each group to the index.
        """
        return index_frame(self.score)

    def mean_points(self) -> pd.DataFrame:
        """Return by how many points each variable changed the mean score, the largest change first.

        Returns
        -------
        pandas.DataFrame
            base, recent, change and std_error; the changes sum to the change of the mean score.
        """
        return change_frame(self)


def held_index(found: StabilityIndex) -> PopulationStability:
    """Return an index with its table."""
    return PopulationStability(**_values(found, StabilityIndex))


def held_drift(found: CardDrift) -> CardStability:
    """Return the stability of a card with its tables."""
    return CardStability(**_values(found, CardDrift))


def _values(found: Any, kind: Any) -> dict[str, Any]:
    return {field.name: getattr(found, field.name) for field in fields(kind)}
