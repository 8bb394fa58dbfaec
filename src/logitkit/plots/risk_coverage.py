"""Error rate against the proportion of rows that are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.logits.selective import RiskCoverage
from logitkit.plots.drawn_outcomes import CURVES_SIZE
from logitkit.plots.labels import TOGETHER, add_note
from logitkit.plots.legends import ALONE, add_legend, share_axes
from logitkit.plots.style import GUIDE, curve_color, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_risk_coverage"]

CURVE = "risk-coverage"  # marks the curves among the lines of an Axes
DRAWN_MOST = 1_000  # points: closer ones no screen and no printer can separate


def plot_risk_coverage(
    result: RiskCoverage, ax: Axes | None = None, *, label: str | None = None, title: str = ""
) -> Axes:
    """Draw risk against coverage; a curve without a label also has a band and the curve of an optimal order."""
    ax = new_axes(ax, CURVES_SIZE)
    curves = [found for found in ax.lines if found.get_gid() == CURVE]
    shared, _ = share_axes(ax, curves)
    if shared and label is None:
        label = f"curve {len(curves) + 1}"
    places = np.unique(np.searchsorted(result.n_answered, np.linspace(1, result.n_answered[-1], DRAWN_MOST)))
    coverage, risk = result.coverage[places], result.risk[places]
    color = curve_color(ax, None, label)
    (drawn,) = ax.plot(coverage, risk, color=color, linewidth=1.8, zorder=3, label=label or "risk", gid=CURVE)
    if label is None:
        low, high = result.limits(places)
        ax.fill_between(coverage, low, high, color=color, alpha=0.15, linewidth=0.0, zorder=2).set_gid(ALONE)
        right = 1.0 - result.random_area
        best = np.maximum(coverage - right, 0.0) / coverage
        ax.plot(coverage, best, color=GUIDE, linewidth=1.1, zorder=1, gid=ALONE)
        add_note(
            ax,
            f"Band: exact pointwise {level_text(result.level)} intervals. Grey: all errors last. "
            f"Area {result.area:.4f}, of which {result.excess_area:.4f} in excess.",
        )
        top = 1.25 * float(max(risk.max(), result.random_area))
    else:
        add_legend(ax, drawn, f"{label} (area{TOGETHER}{result.area:.4f})", "upper left")
        top = max(1.6 * float(max(risk.max(), result.random_area)), ax.get_ylim()[1])
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, min(max(top, 0.01), 1.0))
    dress(ax, x="Coverage (proportion of rows answered)", y="Risk (error rate among them)", title=title)
    return ax
