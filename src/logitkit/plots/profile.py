"""Profile likelihoods: the likelihood lost over the values of a function, or the signed roots of several."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.errors import DataError
from logitkit.inference.intervals.curves import Profile
from logitkit.plots.labels import plain
from logitkit.plots.legends import legend_beside
from logitkit.plots.style import AREA, GUIDE, INK, MUTED, PRIMARY, TICK_SIZE, dress, level_text, looks, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_profile"]

SIZE, SIZE_OF_SEVERAL = (5.0, 3.8), (6.4, 4.0)
FINE = 200  # points of a curve between those that were fitted
MOST = 12  # functions that can be told apart


def plot_profile(profile: Profile, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the likelihood-ratio statistic of one function, or the signed roots of the statistics of several.

    Notes
    -----
    Between fitted points the value is interpolated by a cubic spline in the signed root. The dashed line is the
    approximation on which the Wald interval is based.
    """
    return _draw_one(profile, ax, title) if len(profile.names) == 1 else _draw_several(profile, ax, title)


def _draw_one(profile: Profile, ax: Axes | None, title: str) -> Axes:
    values, roots = _curve(profile, 0)
    if values.size == 0:
        raise DataError(f"{profile.names[0]!r} has no profile to draw: the likelihood says nothing of it.")
    ax = new_axes(ax, SIZE)
    limit = profile.critical**2
    within = np.abs(roots) <= profile.critical
    ax.fill_between(values[within], roots[within] ** 2, limit, color=AREA, linewidth=0.0, zorder=1)
    ax.axhline(limit, color=GUIDE, linewidth=0.8, zorder=2)
    ax.plot(values, roots**2, color=PRIMARY, linewidth=1.6, zorder=4)
    for end in (profile.low[0], profile.high[0]):
        if np.isfinite(end):
            ax.plot([end, end], [0.0, limit], color=PRIMARY, linewidth=0.8, zorder=3)
    estimate, error = profile.wald.estimate[0], profile.wald.std_error[0]
    if np.isfinite(estimate) and error > 0.0:
        wald = (values - estimate) / error
        ax.plot(values, wald**2, color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=3)
    ax.set_ylim(0.0, 1.12 * float((roots**2).max()))
    ax.annotate(
        level_text(profile.level),
        (1.0, limit),
        xycoords=ax.get_yaxis_transform(),
        ha="right",
        va="bottom",
        fontsize=TICK_SIZE,
        color=MUTED,
    )
    dress(ax, x=plain(profile.names[0]), y="Likelihood-ratio statistic", title=title)
    return ax


def _draw_several(profile: Profile, ax: Axes | None, title: str) -> Axes:
    error = profile.wald.std_error
    drawn = np.flatnonzero(np.isfinite(profile.wald.estimate) & (error > 0.0))
    if not drawn.size:
        raise DataError("No function has a finite estimate; draw them one by one: fit.profile('name').plot().")
    if drawn.size > MOST:
        raise DataError(f"{drawn.size} curves cannot be told apart; name at most {MOST} by fit.profile([...]).")
    ax = new_axes(ax, SIZE_OF_SEVERAL)
    edge = 1.3 * profile.critical
    for level in (-profile.critical, profile.critical):
        ax.axhline(level, color=GUIDE, linewidth=0.8, zorder=1)
    ax.plot([-edge, edge], [-edge, edge], color=MUTED, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2)
    handles = []
    for k, look in zip(drawn, looks(drawn.size), strict=True):
        values, roots = _curve(profile, int(k))
        scaled = (values - profile.wald.estimate[k]) / error[k]
        handles += ax.plot(scaled, roots, look.line, color=look.color, linewidth=1.5, zorder=3)
    legend_beside(ax, handles, [profile.names[k] for k in drawn])
    dress(ax, x="Distance from the estimate in standard errors", y="Signed root of the statistic", title=title)
    ax.tick_params(labelcolor=INK)
    return ax


def _curve(profile: Profile, place: int) -> tuple[FloatArray, FloatArray]:
    """Return values and signed roots of one function, finely."""
    from scipy.interpolate import CubicSpline

    known = np.isfinite(profile.values[place]) & np.isfinite(profile.roots[place])
    values, roots = profile.values[place][known], profile.roots[place][known]
    if values.size < 3:
        return values, roots
    fine = np.linspace(roots[0], roots[-1], FINE)
    return np.asarray(CubicSpline(roots, values)(fine)), fine
