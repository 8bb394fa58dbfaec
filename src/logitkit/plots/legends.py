"""Legends: beside the axes, or within them for a few curves that share them, and what a curve gives up to share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from logitkit.plots.labels import plain, wrapped
from logitkit.plots.style import INK, TICK_SIZE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ALONE", "add_legend", "legend_below", "legend_beside", "share_axes", "wrap_legend"]

ENTRY_MOST = 28  # characters of a line of an entry
WITHIN_MOST = 4  # lines of a legend that stands within the axes
BELOW = 0.5  # inches of the marks and the label of the horizontal axis
ALONE = "alone"  # marks what a curve has only while it is alone: words, area, histogram


def legend_beside(ax: Axes, handles: Sequence[Any], labels: Sequence[str], title: str = "") -> None:
    """Put a legend to the right of an Axes, in several columns if there are many entries."""
    _beside(ax, handles, [plain(wrapped(label, ENTRY_MOST)) for label in labels], title)


def legend_below(ax: Axes, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Put a legend with one entry per line below an Axes and its label, if numbers are written to its right."""
    ax.legend(
        handles,
        [plain(wrapped(label, 2 * ENTRY_MOST)) for label in labels],
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=_below(ax),
        frameon=False,
        fontsize=TICK_SIZE,
        labelcolor=INK,
        handlelength=1.6,
    )


def _below(ax: Axes) -> Any:
    """Return the coordinates of an Axes, moved down by the height of its marks and its label."""
    from matplotlib.transforms import ScaledTranslation

    figure = ax.get_figure(root=True)
    assert figure is not None
    return ax.transAxes + ScaledTranslation(0.0, -BELOW, figure.dpi_scale_trans)


def _beside(ax: Axes, handles: Sequence[Any], texts: Sequence[str], title: str = "") -> None:
    ax.legend(
        handles,
        texts,
        title=title or None,
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        fontsize=TICK_SIZE,
        title_fontsize=TICK_SIZE,
        labelcolor=INK,
        handlelength=1.6,
        ncols=1 + (_lines(texts) - 1) // 18,
    )


def wrap_legend(ax: Axes) -> None:
    """Wrap long entries of a legend within the Axes, and move it beside the Axes if it then has many lines."""
    legend = ax.get_legend()
    assert legend is not None
    given = [text.get_text() for text in legend.get_texts()]
    texts = [plain(wrapped(text, ENTRY_MOST)) for text in given]
    if _lines(texts) > WITHIN_MOST:
        _beside(ax, list(legend.legend_handles), texts)
        return
    for entry, text in zip(legend.get_texts(), texts, strict=True):
        entry.set_text(text)


def _lines(texts: Sequence[str]) -> int:
    return sum(text.count("\n") + 1 for text in texts)


def add_legend(ax: Axes, handle: Any, label: str, loc: Literal["lower right", "upper left"]) -> None:
    """Add a curve to the legend of an Axes, after its present entries."""
    legend = ax.get_legend()
    handles: list[Any] = [] if legend is None else list(legend.legend_handles)
    texts = [] if legend is None else [text.get_text() for text in legend.get_texts()]
    handles, texts = [*handles, handle], [*texts, plain(wrapped(label, ENTRY_MOST))]
    if _lines(texts) > WITHIN_MOST:
        _beside(ax, handles, texts)
        return
    ax.legend(
        handles,
        texts,
        loc=loc,
        frameon=False,
        fontsize=TICK_SIZE,
        labelcolor=INK,
        handlelength=1.6,
    )


def share_axes(ax: Axes, curves: Sequence[Any]) -> tuple[bool, list[str]]:
    """Prepare Axes for one more curve by removing elements that a curve has only while it is alone."""
    found = [artist for artist in ax.get_children() if artist.get_gid() == ALONE]
    words = [artist.get_text().split("\n")[0] for artist in found if hasattr(artist, "get_text")]
    for artist in found:
        artist.remove()
    return bool(curves), words
