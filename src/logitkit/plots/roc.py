"""ROC curves: of an event, or of each of several outcomes against the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.diagnostics.discrimination.comparison import RocTest
from logitkit.diagnostics.discrimination.curves import Discrimination
from logitkit.diagnostics.discrimination.roc import RocCurve
from logitkit.plots.drawn_outcomes import (
    CURVES_SIZE,
    asked_for,
    left_out_words,
    most_frequent,
    name_outcomes,
    require_unlabelled,
)
from logitkit.plots.labels import TOGETHER, add_note
from logitkit.plots.legends import ALONE, add_legend, share_axes
from logitkit.plots.style import AREA, GUIDE, INK, LABEL_SIZE, curve_color, dress, level_text, looks, new_axes
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_roc", "plot_roc_test"]

CURVE = "roc"  # marks the curves among the lines of an Axes
DRAWN_MOST = 1_000  # points: closer ones than this many along the curve no screen and no printer can separate


def plot_roc(
    result: Discrimination,
    ax: Axes | None = None,
    *,
    title: str = "",
    label: str | None = None,
    color: str | None = None,
    outcomes: Sequence[int] | None = None,
) -> Axes:
    """Draw the ROC curve of an event with its area, or of each outcome against all others.

    ``label`` and ``color`` apply to the curve of an event; ``outcomes`` are the positions of the outcomes to draw.

    Notes
    -----
    A curve with more than 1,000 points is drawn by points spaced evenly along it, including both ends. The drawn curve
    deviates from the full one by less than 0.002 of an axis; the area is computed from all points.
    """
    if result.of_event:
        ax = new_axes(ax)
        words = _words(result) if _draw(result.curve, ax, title=title, label=label, color=color) else ""
        if words:
            ax.text(
                0.97, 0.05, words, ha="right", va="bottom", fontsize=LABEL_SIZE, color=INK, linespacing=1.4, gid=ALONE
            )
        return ax
    require_unlabelled(label, color)
    ax = new_axes(ax, CURVES_SIZE)
    every = looks(len(result.outcomes))
    there = [k for k, outcome in enumerate(result.outcomes) if outcome in result.curves]
    drawn = most_frequent(there, result.totals) if outcomes is None else asked_for(outcomes)
    for k in drawn:
        outcome, look = result.outcomes[k], every[k]
        if outcome in result.curves:
            _draw(result.curves[outcome], ax, title=title, label=outcome, color=look.color, line=look.line)
    without = [result.outcomes[k] for k in (outcomes or range(len(result.outcomes))) if k not in there]
    notes = [
        left_out_words(result.outcomes, there, drawn, "that occur most often") if outcomes is None else "",
        f"Without a curve, because no row or every row has the outcome: {name_outcomes(without)}." if without else "",
    ]
    add_note(ax, " ".join(note for note in notes if note))
    return ax


def plot_roc_test(result: RocTest, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the ROC curves of several scores on the same Axes, with their areas and the p-value of the comparison."""
    ax = new_axes(ax, CURVES_SIZE)
    every = looks(len(result.names))
    for name, curve, look in zip(result.names, result.curves, every, strict=True):
        _draw(curve, ax, title=title, label=name, color=look.color, line=look.line)
    if not result.is_whole:
        ax.axvspan(*result.fpr, color=AREA, linewidth=0.0, zorder=0)
    p = result.p_value
    words = "" if math.isnan(p) else "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"
    what = "one curve" if result.method == "venkatraman" else "equal areas" if result.is_whole else "equal shaded areas"
    own = " On the rows of the fits." if result.in_sample else ""
    add_note(ax, f"Test of {what}: {words}.{own}" if words else own.strip())
    return ax


def _draw(curve: RocCurve, ax: Axes, *, title: str, label: str | None, color: str | None, line: str = "-") -> bool:
    """Draw a curve beside those that the Axes have; tell whether it is alone, without a label."""
    if not any(found.get_label() == "chance" for found in ax.lines):
        ax.plot([0.0, 1.0], [0.0, 1.0], color=GUIDE, linewidth=1.0, label="chance", zorder=1)
    curves = [found for found in ax.lines if found.get_gid() == CURVE]
    shared, words = share_axes(ax, curves)
    for text in words:
        add_legend(ax, curves[-1], f"curve {len(curves)} ({text.replace(' ', TOGETHER)})", "lower right")
    if shared and label is None:
        label = f"curve {len(curves) + 1}"
    fpr, tpr = _thin(curve.fpr, curve.tpr)
    color = curve_color(ax, color, label)
    (drawn,) = ax.plot(
        fpr,
        tpr,
        line,
        color=color,
        linewidth=1.8,
        label=label or "ROC curve",
        zorder=3,
        clip_on=False,
        gid=CURVE,
    )
    if label is None:
        ax.fill_between(fpr, tpr, color=AREA, linewidth=0.0, zorder=0).set_gid(ALONE)
    else:
        add_legend(ax, drawn, f"{label} (AUC{TOGETHER}{curve.auc:.3f})", "lower right")
    ax.set_xlim(0.0, 1.0)
    ax.set_ylim(0.0, 1.0)
    ax.set_aspect("equal")
    dress(ax, x="False positive rate (1 − specificity)", y="True positive rate (sensitivity)", title=title)
    return label is None


def _words(result: Discrimination) -> str:
    """Return what stands beside a curve that is alone."""
    text = f"AUC {result.auc:.3f}"
    if not math.isnan(result.low):
        text += f"\n{level_text(result.level)} interval {result.low:.3f} to {result.high:.3f}"
    if result.in_sample:
        text += "\n(on the rows of the fit)"
    return text


def _thin(fpr: FloatArray, tpr: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return at most a thousand points of the curve, evenly along it."""
    if fpr.size <= DRAWN_MOST:
        return fpr, tpr
    along = fpr + tpr  # rises from 0 to 2, and no step is longer than the curve
    places = np.searchsorted(along, np.linspace(along[0], along[-1], DRAWN_MOST - 1))
    kept = np.unique(np.append(np.minimum(places, fpr.size - 1), fpr.size - 1))
    kept[0] = 0
    return fpr[kept], tpr[kept]
