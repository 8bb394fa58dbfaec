"""What a recalibration makes of each predicted probability."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from logitkit.engine.law import NORMAL
from logitkit.logits.recalibration.recalibrator import Recalibrator
from logitkit.plots.style import AREA, GUIDE, PRIMARY, TICK_SIZE, dress, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_recalibration"]

POINTS = 401


def plot_recalibration(result: Recalibrator, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw recalibrated against predicted probabilities, with the pointwise band."""
    ax = new_axes(ax, (5.0, 4.6))
    predicted = np.linspace(1e-3, 1.0 - 1e-3, POINTS)
    before = logit(predicted)
    after, errors = result.transform(before), float(NORMAL.quantile(0.95)) * result.errors(before)
    ax.plot([0.0, 1.0], [0.0, 1.0], color=GUIDE, linewidth=1.0, linestyle="--", label="no change")
    if np.isfinite(errors).all():
        low, high = expit(after - errors), expit(after + errors)
        ax.fill_between(predicted, low, high, color=AREA, linewidth=0.0, label="95% band")
    ax.plot(predicted, expit(after), color=PRIMARY, linewidth=1.8, label=result.method)
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    dress(ax, x="Predicted probability", y="Recalibrated probability", title=title)
    ax.legend(loc="upper left", fontsize=TICK_SIZE, frameon=True, framealpha=0.8, edgecolor="none")
    return ax
