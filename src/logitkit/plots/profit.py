"""Profit of a card at every proportion of applicants that are approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.plots.labels import add_note
from logitkit.plots.style import ACCENT, GUIDE, MUTED, curve_color, dress, level_text, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from logitkit.scorecard.validation.profit import Profit

__all__ = ["plot_profit"]


def plot_profit(found: Profit, ax: Axes | None = None) -> Axes:
    """Draw the observed profit with its band, and the profit expected by the card, against the proportion approved.

    Parameters
    ----------
    found : Profit
        Profit at each cut-off.
    ax : Axes, optional
        Axes to draw on.

    Returns
    -------
    Axes
        The plot; the cut-off with the largest profit is marked.
    """
    ax = new_axes(ax)
    color = curve_color(ax, None, None)
    ax.axhline(0.0, color=GUIDE, linewidth=0.9, zorder=0)
    ax.fill_between(
        found.approval, found.profit_low, found.profit_high, color=color, alpha=0.18, linewidth=0.0, zorder=1
    )
    ax.plot(found.approval, found.profit, color=color, linewidth=1.8, label="these rows", zorder=3)
    ax.plot(
        found.approval,
        found.expected_profit,
        color=MUTED,
        linewidth=1.2,
        linestyle=(0, (4, 3)),
        label="expected by the card",
        zorder=2,
    )
    best = found.best
    ax.plot(found.approval[best], found.profit[best], "o", color=ACCENT, markersize=5.5, zorder=4)
    ax.annotate(
        f"{found.cuts[best]:.6g} points",
        (found.approval[best], found.profit[best]),
        textcoords="offset points",
        xytext=(0, 7),
        ha="center",
        fontsize=9.0,
    )
    ax.set_xlim(0.0, 1.0)
    ax.legend(loc="lower left", frameon=False, fontsize=9.0)
    dress(ax, x="Proportion approved", y="Profit", title="Profit by cut-off")
    add_note(
        ax, f"Band: {level_text(found.level)} intervals, for a cut-off chosen beforehand. Dot: largest profit here."
    )
    return ax
