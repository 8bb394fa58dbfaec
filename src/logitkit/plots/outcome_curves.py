"""ROC curves and calibration of several outcomes, each against the rest, in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logitkit.diagnostics.outcome_calibration import OutcomeCalibration
from logitkit.diagnostics.outcome_discrimination import OutcomeDiscrimination
from logitkit.errors import UnsupportedError
from logitkit.plots.calibration import plot_bins
from logitkit.plots.roc import plot_roc
from logitkit.plots.style import MUTED, SERIES, TICK_SIZE, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CURVES_MOST", "drawn_outcomes", "plot_outcome_calibration", "plot_outcome_roc"]

CURVES_MOST = len(SERIES)  # more could not be told apart
NAMED_MOST = 4  # outcomes that a note names


def plot_outcome_roc(
    result: OutcomeDiscrimination, ax: Axes | None = None, *, outcomes: Sequence[int] | None = None, title: str = ""
) -> Axes:
    """Draw the ROC curve of each outcome against the rest.

    Parameters
    ----------
    result : OutcomeDiscrimination
        What ``outcome_discrimination`` returns.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    outcomes : sequence of int, optional
        Places of the outcomes that are drawn; by default all, or of many those that occur most often.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        A note below the frame names outcomes that are not drawn.
    """
    ax = new_axes(ax)
    order = drawn_outcomes(result.totals, outcomes)
    for k in order:
        outcome = result.outcomes[k]
        if outcome in result.curves:
            plot_roc(result.curves[outcome], ax, title=title, label=outcome)
    if outcomes is None:
        _say_left_out(ax, [name for k, name in enumerate(result.outcomes) if k not in order], "occur least")
    return ax


def plot_outcome_calibration(
    result: OutcomeCalibration, ax: Axes | None = None, *, outcomes: Sequence[int] | None = None, title: str = ""
) -> Axes:
    """Draw observed rates of bins against mean predictions, for each outcome.

    Parameters
    ----------
    result : OutcomeCalibration
        What ``outcome_calibration`` returns.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    outcomes : sequence of int, optional
        Places of the outcomes that are drawn; by default all, or of many those that are expected most often.
    title : str, optional
        Set above.

    Returns
    -------
    matplotlib.axes.Axes
        A note below the frame names outcomes that are not drawn.
    """
    ax = new_axes(ax, (5.0, 4.6))
    order = drawn_outcomes(result.expected, outcomes)
    for k in order:
        plot_bins(result.bins[k], ax, title=title, label=result.outcomes[k])
    if outcomes is None:
        _say_left_out(
            ax, [name for k, name in enumerate(result.outcomes) if k not in order], "are expected least often"
        )
    return ax


def drawn_outcomes(sizes: FloatArray, asked: Sequence[int] | None = None) -> list[int]:
    """Return the places of the outcomes that a figure draws.

    Parameters
    ----------
    sizes : (K,) array
        Trials of each outcome.
    asked : sequence of int, optional
        Places that the caller asked for.

    Returns
    -------
    list of int
        Those asked for; else the largest, as many as can be told apart, in order.

    Raises
    ------
    UnsupportedError
        If more are asked for than can be told apart.

    Examples
    --------
    >>> import numpy as np
    >>> drawn_outcomes(np.array([3.0, 9.0, 1.0, 5.0, 4.0, 8.0]))
    [0, 1, 3, 4, 5]
    """
    if asked is None:
        return sorted(sorted(range(len(sizes)), key=lambda k: -float(sizes[k]))[:CURVES_MOST])
    chosen = list(dict.fromkeys(asked))
    if len(chosen) > CURVES_MOST:
        raise UnsupportedError(
            f"{len(chosen)} outcomes were asked for; more than {CURVES_MOST} in one figure could not be told apart. "
            "Draw the others on Axes of their own."
        )
    return chosen


def _say_left_out(ax: Axes, names: Sequence[str], which: str) -> None:
    """Write below the frame which outcomes are not drawn, and how to draw them."""
    if not names:
        return
    listed = ", ".join(names[:NAMED_MOST]) + (f" and {len(names) - NAMED_MOST} more" if len(names) > NAMED_MOST else "")
    ax.annotate(
        f"Not drawn, as they {which}:\n{listed} (outcomes= draws them)",
        (1.0, 0.0),
        xycoords="axes fraction",
        xytext=(0.0, -38.0),  # below the label of the axis
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=TICK_SIZE - 0.5,
        color=MUTED,
        annotation_clip=False,
    )
