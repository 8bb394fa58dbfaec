"""Decision curves of one model or several, beside acting on all and on none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.decisions.net_benefit import DecisionCurve
from logitkit.options import require_flag
from logitkit.plots.drawn_outcomes import CURVES_SIZE
from logitkit.plots.labels import add_note
from logitkit.plots.legends import legend_beside
from logitkit.plots.style import GUIDE, MUTED, dress, level_text, looks, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_decision_curve"]

BANDS_MOST = 2  # models whose intervals are drawn: more bands hide one another


def plot_decision_curve(
    result: DecisionCurve, ax: Axes | None = None, *, standardized: bool = False, title: str = ""
) -> Axes:
    """Draw the net benefit of each model against the threshold, on an axis that starts slightly below zero."""
    require_flag("standardized", standardized)
    ax = new_axes(ax, CURVES_SIZE)
    scale = 1.0 / result.prevalence if standardized else 1.0
    handles = []
    for k, look in enumerate(looks(len(result.names))):
        values = scale * result.net_benefit[k]
        handles += ax.plot(result.thresholds, values, look.line, color=look.color, linewidth=1.8, zorder=4)
        if len(result.names) <= BANDS_MOST and not np.isnan(result.low[k]).any():
            ends = scale * result.low[k], scale * result.high[k]
            ax.fill_between(result.thresholds, *ends, color=look.color, alpha=0.15, linewidth=0.0, zorder=2)
    handles += ax.plot(result.thresholds, scale * result.of_all, color=MUTED, linewidth=1.1, zorder=3)
    handles.append(ax.axhline(0.0, color=GUIDE, linewidth=1.1, zorder=3))
    legend_beside(ax, handles, [*result.names, "all", "none"])
    top = max(float((scale * result.net_benefit).max()), scale * result.prevalence)
    ax.set_ylim(-0.12 * top, 1.08 * top)
    ax.set_xlim(0.0, min(1.0, float(result.thresholds[-1])) if result.thresholds.size > 1 else 1.0)
    banded = len(result.names) <= BANDS_MOST and not np.isnan(result.low).any()
    notes = [f"Bands: pointwise {level_text(result.level)} intervals."] * banded
    notes += ["On the rows of the fit."] * result.in_sample
    add_note(ax, " ".join(notes))
    what = "Standardised net benefit" if standardized else "Net benefit (events per row)"
    dress(ax, x="Probability from which one acts", y=what, title=title)
    return ax
