"""Stability of a card or a column as the user holds it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

import logitkit.report.monitoring_findings  # noqa: F401 - says how indices are shown
from logitkit.report.monitoring_frames import change_frame, drift_bins_frame, drift_frame, index_frame
from logitkit.results.cards.validated import Pickled
from logitkit.results.shown import Shown
from logitkit.scorecard.monitoring.card_stability import CardDrift
from logitkit.scorecard.monitoring.index import StabilityIndex

__all__ = ["CardStability", "PopulationStability", "held_drift", "held_index"]


@dataclass(frozen=True, eq=False, repr=False)
class PopulationStability(Pickled, Shown, StabilityIndex):
    """Population stability index of a column.

    Parameters
    ----------
    name : str
        What is compared.
    labels : tuple of str
        What each bin is called.
    base, recent : (k,) arrays
        Rows by bin of the two samples, sums of weights.
    value : float
        The index.
    low, high : float
        Its basic bootstrap interval, not below zero; nan where none was asked for.
    by_chance : float
        What samples of one population would show on average.
    statistic : float
        The index over 1/n + 1/m: chi-square for samples of one population.
    dof : int
        Bins that have rows, less one.
    p_value : float
        The chance of a statistic as large in samples of one population.
    parts : (k,) array
        What each bin adds to the index.
    corrected : (k,) array of bool
        Where one half was added to both counts, because one of them is zero.
    level : float
        Of the interval.
    """

    def table(self) -> pd.DataFrame:
        """Return one row per bin.

        Returns
        -------
        pandas.DataFrame
            base and recent rows and proportions, psi (what the bin adds), corrected; indexed by the label of the bin.
        """
        return index_frame(self)


@dataclass(frozen=True, eq=False, repr=False)
class CardStability(Pickled, Shown, CardDrift):
    """How far a sample is from the one that a card was made from.

    Parameters
    ----------
    score : StabilityIndex
        Of groups of points (PSI).
    variables : tuple of StabilityIndex
        Of the bins of each variable of the card (CSI).
    change : ScoreChange
        The change of the mean score, split by variable.
    """

    def table(self) -> pd.DataFrame:
        """Return one row for the score and one per variable.

        Returns
        -------
        pandas.DataFrame
            psi with limits, by_chance, statistic, dof, p_value, change (none, moderate or large), and the mean points
            of the two samples with their difference and its standard error.
        """
        return drift_frame(self)

    def bins(self) -> pd.DataFrame:
        """Return one row per bin of every variable.

        Returns
        -------
        pandas.DataFrame
            variable, label, rows and proportions of both samples, psi, corrected, and points_change: what the bin adds
            to the change of the mean score.
        """
        return drift_bins_frame(self)

    def groups(self) -> pd.DataFrame:
        """Return one row per group of points.

        Returns
        -------
        pandas.DataFrame
            Rows and proportions of both samples, and what each group adds to the index.
        """
        return index_frame(self.score)

    def mean_points(self) -> pd.DataFrame:
        """Return how many points each variable moved the mean score, the largest first.

        Returns
        -------
        pandas.DataFrame
            base, recent, change and std_error; changes sum to that of the mean score.
        """
        return change_frame(self)


def held_index(found: StabilityIndex) -> PopulationStability:
    """Return an index as the user holds it."""
    return PopulationStability(**_values(found, StabilityIndex))


def held_drift(found: CardDrift) -> CardStability:
    """Return the stability of a card as the user holds it."""
    return CardStability(**_values(found, CardDrift))


def _values(found: Any, kind: Any) -> dict[str, Any]:
    return {field.name: getattr(found, field.name) for field in fields(kind)}
