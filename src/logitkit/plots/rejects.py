"""Bad rates of rejects under the methods of reject inference, within the band from the best case to the worst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from logitkit.plots.labels import add_note, wrapped
from logitkit.plots.style import AREA, INK, MUTED, PRIMARY, dress, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_rejects"]


def plot_rejects(
    rates: Mapping[str, float], ax: Axes | None = None, *, accepts: float, between: tuple[float, float]
) -> Axes:
    """Draw the bad rate of rejects under each method of reject inference.

    Parameters
    ----------
    rates : mapping of str to float
        The bad rate of rejects under each method; the best and the worst case are the limits of the band.
    ax : Axes, optional
        Axes to draw on.
    accepts : float
        The bad rate of accepts.
    between : (float, float)
        Factors of the odds in the two cases, for the note.

    Returns
    -------
    Axes
        The plot, with a line at the bad rate of accepts.
    """
    shown = {
        name: rate for name, rate in rates.items() if name not in ("best case", "worst case", "all good", "all bad")
    }
    ax = new_axes(ax, (7.2, 0.42 * len(shown) + 1.5))
    if "best case" in rates and "worst case" in rates:
        ax.axvspan(rates["best case"], rates["worst case"], color=AREA, zorder=0)
    ax.axvline(accepts, color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
    places = range(len(shown))
    ax.plot(list(shown.values()), places, "o", color=PRIMARY, markersize=5.5, zorder=3)
    for place, rate in zip(places, shown.values(), strict=True):
        ax.annotate(
            f"{100 * rate:.1f}%",
            (rate, place),
            (0, 5),
            textcoords="offset points",
            ha="center",
            fontsize=8,
            color=INK,
        )
    ax.set_yticks(places, [wrapped(name, 24) for name in shown])
    ax.set_ylim(len(shown) - 0.4, -0.7)
    ax.set_xlim(left=0.0)
    ticks = [tick for tick in ax.get_xticks() if 0 <= tick <= min(ax.get_xlim()[1], 1.0)]
    ax.set_xticks(ticks, [f"{100 * tick:.0f}%" for tick in ticks])
    dress(ax, x="Bad rate of rejects", title="Reject inference")
    low, high = between
    add_note(
        ax,
        f"Broken line: bad rate of accepts. Band: odds of bad of rejects {low:g} to {high:g} times those of accepts "
        "with the same values. Nothing in the data excludes rates from 0 to 100%.",
    )
    return ax
