"""ROC curves and calibration of several outcomes, each against the rest, in one figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logitkit.diagnostics.outcome_calibration import OutcomeCalibration
from logitkit.diagnostics.outcome_discrimination import OutcomeDiscrimination
from logitkit.errors import UnsupportedError, quoted_names
from logitkit.plots.calibration import plot_bins
from logitkit.plots.labels import add_note
from logitkit.plots.roc import plot_roc
from logitkit.plots.style import OUTCOMES_MOST, looks, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CURVES_SIZE",
    "asked_for",
    "left_out_words",
    "most_frequent",
    "plot_outcome_calibration",
    "plot_outcome_roc",
]

CURVES_SIZE = (6.9, 4.6)  # the legend stands beside the axes
NAMED_MOST = 6  # outcomes that a note names


def plot_outcome_roc(
    result: OutcomeDiscrimination, ax: Axes | None = None, *, outcomes: Sequence[int] | None = None, title: str = ""
) -> Axes:
    """Draw the ROC curve of each outcome against the rest."""
    ax = new_axes(ax, CURVES_SIZE)
    every = looks(len(result.outcomes))
    there = [k for k, outcome in enumerate(result.outcomes) if outcome in result.curves]
    drawn = most_frequent(there, result.totals) if outcomes is None else asked_for(outcomes)
    for k in drawn:
        outcome, look = result.outcomes[k], every[k]
        if outcome in result.curves:
            plot_roc(result.curves[outcome], ax, title=title, label=outcome, color=look.color, line=look.line)
    without = [result.outcomes[k] for k in (outcomes or range(len(result.outcomes))) if k not in there]
    notes = [
        left_out_words(result.outcomes, there, drawn, "that occur most often") if outcomes is None else "",
        f"Without a curve, as no row or every row has it: {_names(without)}." if without else "",
    ]
    add_note(ax, " ".join(note for note in notes if note))
    return ax


def plot_outcome_calibration(
    result: OutcomeCalibration, ax: Axes | None = None, *, outcomes: Sequence[int] | None = None, title: str = ""
) -> Axes:
    """Draw observed rates of bins against mean predictions, for each outcome."""
    ax = new_axes(ax, CURVES_SIZE)
    every, there = looks(len(result.outcomes)), range(len(result.outcomes))
    drawn = most_frequent(there, result.expected) if outcomes is None else asked_for(outcomes)
    for k in drawn:
        look = every[k]
        plot_bins(result.bins[k], ax, title=title, label=result.outcomes[k], color=look.color, mark=look.mark)
    if outcomes is None:
        add_note(ax, left_out_words(result.outcomes, there, drawn, "that are expected most often"))
    return ax


def asked_for(outcomes: Sequence[int]) -> list[int]:
    """Return the places of outcomes that the caller asked for, each once.

    Examples
    --------
    >>> asked_for([3, 1, 3])
    [3, 1]
    """
    chosen = list(dict.fromkeys(outcomes))
    if len(chosen) > OUTCOMES_MOST:
        raise UnsupportedError(
            f"{len(chosen)} outcomes were asked for; more than {OUTCOMES_MOST} in one figure could not be told apart. "
            "Draw the others on Axes of their own."
        )
    return chosen


def most_frequent(places: Sequence[int], totals: FloatArray | Sequence[float]) -> list[int]:
    """Return which outcomes are drawn: all, or of more than 12 those with the largest totals.

    Examples
    --------
    >>> most_frequent([0, 2], [1.0, 9.0, 3.0]), len(most_frequent(range(20), [1.0] * 20))
    ([0, 2], 12)
    """
    return sorted(sorted(places, key=lambda k: -float(totals[k]))[:OUTCOMES_MOST])


def left_out_words(outcomes: Sequence[str], there: Sequence[int], drawn: Sequence[int], which: str) -> str:
    """Return which outcomes a figure leaves out, and why.

    Examples
    --------
    >>> left_out_words("abc", [0, 1, 2], [0, 2], "that occur most often")
    'Drawn are the 2 of 3 outcomes that occur most often, as more cannot be told apart; not drawn: b.'
    """
    rest = [outcomes[k] for k in there if k not in drawn]
    if not rest:
        return ""
    return (
        f"Drawn are the {len(drawn)} of {len(outcomes)} outcomes {which}, as more cannot be told apart; "
        f"not drawn: {_names(rest)}."
    )


def _names(outcomes: Sequence[str]) -> str:
    more = f" and {len(outcomes) - NAMED_MOST:,} more" if len(outcomes) > NAMED_MOST else ""
    return ", ".join(quoted_names(outcomes[:NAMED_MOST])) + more
