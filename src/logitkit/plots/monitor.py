"""Measures of a monitored card over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.plots.labels import add_note
from logitkit.plots.periods import plot_lines
from logitkit.scorecard.monitoring.index import LARGE, SMALL
from logitkit.scorecard.monitoring.monitor import Monitor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Measure", "plot_monitor"]

Measure = Literal["psi", "csi", "points", "bad_rate", "gini"]
MEASURES = ("psi", "csi", "points", "bad_rate", "gini")
LINES_MOST = 7  # variables that a figure draws: those that moved most


def plot_monitor(found: Monitor, what: Measure, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw a measure of cohorts over their periods of application.

    Parameters
    ----------
    found : Monitor
        Monitoring results of the card.
    what : {"psi", "csi", "points", "bad_rate", "gini"}
        Measure to draw: stability index of the score with its value by chance; stability indices of the variables;
        change in the mean score due to each variable, in points; observed bad rate with its interval and the expected
        bad rate; or Gini coefficient with its interval.
    ax : Axes, optional
        Axes to draw on.
    title : str, optional
        Title of the plot.

    Returns
    -------
    Axes
    """
    require_choice("what", what, MEASURES)
    if what in ("bad_rate", "gini"):
        return _of_cohorts(found, what, ax, title)
    if what == "psi":
        values = np.array([(drift.score.value, drift.score.by_chance) for drift in found.drifts])
        names = ["PSI", "By chance"]
    elif what == "csi":
        values = np.array([[index.value for index in drift.variables] for drift in found.drifts])
        values, names = _most(values, found.names)
    else:
        moved = np.array([drift.change.difference for drift in found.drifts])
        values, names = _most(moved, found.names, LINES_MOST - 1)
        values, names = np.column_stack([moved.sum(axis=1), values]), ["Mean score", *names]
    words = ({"psi": "PSI", "csi": "CSI", "points": "Points"}[what], title)
    guides = (0.0,) if what == "points" else _guides(found.limits.psi if what == "psi" else found.limits.csi)
    ax = plot_lines(ax, values, names, found.periods, words, guides=guides, percent=False)
    if what != "points":
        sizes = "from which a change is called moderate, and large" if len(guides) > 1 else "the limit"
        add_note(ax, f"Dashed: {' and '.join(f'{guide:.2f}' for guide in guides)}, {sizes}.")
    return ax


def _of_cohorts(found: Monitor, what: Measure, ax: Axes | None, title: str) -> Axes:
    """Draw what became of the applicants of each period."""
    cohorts = found.cohorts
    if not cohorts:
        raise DataError(f"what={what!r}: no outcomes are known. Give known= to monitor().")
    labels = [cohort.period for cohort in cohorts]
    if what == "bad_rate":
        values = np.array([(cohort.rate, cohort.expected / cohort.n) for cohort in cohorts])
        band = np.array([(cohort.rate_low, cohort.rate_high) for cohort in cohorts]).T
        return plot_lines(ax, values, ["Bad", "Expected"], labels, ("Bad rate", title), band=(band[0], band[1]))
    values = np.array([[cohort.gini] for cohort in cohorts])
    band = np.array([(cohort.gini_low, cohort.gini_high) for cohort in cohorts]).T
    smallest = found.gini.limit_of(found.limits)
    guides = () if smallest is None else (smallest,)
    words, limits = ("Gini", title), (band[0], band[1])
    ax = plot_lines(ax, values, ["Gini"], labels, words, guides=guides, percent=False, band=limits)
    add_note(ax, "" if smallest is None else f"Dashed: the limit, {smallest:.3f}.")
    return ax


def _guides(limit: float | None) -> tuple[float, ...]:
    """Return where lines are dashed: at the customary sizes of an index, or at another limit that was stated."""
    return (SMALL, LARGE) if limit in (None, LARGE) else (limit,)


def _most(values: np.ndarray, names: tuple[str, ...], most: int = LINES_MOST) -> tuple[np.ndarray, list[str]]:
    """Return the variables that moved most, the first of them the largest."""
    order = np.argsort(-np.abs(values).max(axis=0), kind="stable")[:most]
    return values[:, order], [names[j] for j in order]
