"""How figures look: a palette that colour-blind readers can tell apart, and axes without ornament.

Nothing here touches matplotlib's global settings: what is drawn on the caller's Axes leaves their other
figures alone. A figure of our own is one of pyplot's where the caller uses pyplot or works in a notebook, so that it
shows itself; elsewhere it is a plain ``Figure``, known to no window manager.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from logitkit.errors import DataError
from logitkit.options import require_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "ACCENT",
    "AREA",
    "FAINT",
    "FIGSIZE",
    "GUIDE",
    "INK",
    "LABEL_SIZE",
    "MUTED",
    "OUTCOMES_MOST",
    "PRIMARY",
    "SERIES",
    "TICK_SIZE",
    "Look",
    "curve_color",
    "dress",
    "for_pages",
    "level_text",
    "looks",
    "new_axes",
    "next_color",
    "page_axes",
]

_UNSEEN: ContextVar[bool] = ContextVar("figures of a page", default=False)

# Blue and vermilion of Okabe and Ito (2008), told apart under all kinds of colour blindness, and greys.
PRIMARY = "#0072B2"
ACCENT = "#D55E00"
INK = "#222222"
MUTED = "#6E6E6E"
GUIDE = "#A6A6A6"
FAINT = "#D5D5D5"
AREA = "#DCEAF4"

# For several curves on the same Axes, in this order; all from the same palette.
SERIES = (PRIMARY, ACCENT, "#009E73", "#CC79A7", "#56B4E9")

# Where all curves are seen at once, as those of outcomes, more of the palette; then again with other lines, marks and
# patterns of areas.
MANY = (*SERIES, "#E69F00", "#4D4D4D")
LINES = ("-", "--", ":", "-.")
MARKS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xxx")

OUTCOMES_MOST = 12  # outcomes that a figure of curves or marks draws: more could not be told apart
FIGSIZE = (5.0, 4.0)
LABEL_SIZE = 9.0
TICK_SIZE = 9.0


def level_text(level: float) -> str:
    """Return a confidence level in percent without rounding it."""
    return f"{(100 * Decimal(repr(float(level)))).normalize():f}%"


def _load_matplotlib() -> None:
    """Import matplotlib whole, or take back what an interrupt leaves of it.

    Python forgets a package whose import is interrupted, but not the modules within that were ready: the next import
    would find these and not make their names known. Compiled modules stay, for they cannot be loaded twice.
    """
    if "matplotlib" in sys.modules:
        return
    try:
        importlib.import_module("matplotlib.figure")
    except BaseException:
        for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
            if not str(getattr(sys.modules[name], "__file__", "")).endswith((".so", ".pyd")):
                del sys.modules[name]
        raise


def new_axes(ax: Axes | None, figsize: tuple[float, float] = FIGSIZE) -> Axes:
    """Return the given Axes, or that of a new figure."""
    _load_matplotlib()
    if ax is not None:
        from matplotlib.axes import Axes

        if not isinstance(ax, Axes):
            raise DataError(f"ax={ax!r:.60} must be matplotlib Axes, such as plt.subplots()[1], or None.")
        return ax
    if not _UNSEEN.get() and ("matplotlib.pyplot" in sys.modules or "ipykernel" in sys.modules):
        from matplotlib import pyplot as plt

        return plt.figure(figsize=figsize, layout="compressed", facecolor="white").add_subplot()
    return page_axes(figsize)


@contextmanager
def for_pages() -> Iterator[None]:
    """Create new Axes within the context for writing to a file, unknown to window managers and notebooks."""
    before = _UNSEEN.set(True)
    try:
        yield
    finally:
        _UNSEEN.reset(before)


def page_axes(figsize: tuple[float, float] = FIGSIZE) -> Axes:
    """Return the Axes of a new figure that is to be written to a file and is unknown to window managers."""
    _load_matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="compressed", facecolor="white").add_subplot()


def next_color(ax: Axes) -> str:
    """Return the colour for a further labelled curve, one that no curve in the legend has."""
    legend = ax.get_legend()
    return SERIES[len(legend.get_texts()) % len(SERIES) if legend else 0]


class Look(NamedTuple):
    """Style of one of several series.

    Parameters
    ----------
    color, line, mark, hatch : str
        Matplotlib names of the colour, line style, marker, and hatch pattern of an area.
    """

    color: str
    line: str
    mark: str
    hatch: str


def looks(n: int) -> tuple[Look, ...]:
    """Return the styles of n series, all different for up to 28 series."""
    return tuple(
        Look(
            MANY[k % len(MANY)],
            LINES[k // len(MANY) % len(LINES)],
            MARKS[(k + k // len(MANY)) % len(MARKS)],
            HATCHES[k // len(MANY) % len(HATCHES)],
        )
        for k in range(n)
    )


def curve_color(ax: Axes, color: Any, label: str | None) -> Any:
    """Return the colour of a curve: the given one, or the next colour of the palette if the curve has a label."""
    from matplotlib.colors import is_color_like

    require_text("label", label)
    if color is None:
        return PRIMARY if label is None else next_color(ax)
    if not is_color_like(color):
        raise DataError(f"color={color!r:.60} is not a matplotlib colour; use for example 'red' or '#0072B2'.")
    return color


def dress(ax: Axes, *, x: str = "", y: str = "", title: str = "") -> None:
    """Set the labels and the plain frame of an Axes."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(MUTED)
        ax.spines[side].set_linewidth(0.8)
    ax.tick_params(colors=MUTED, labelcolor=INK, labelsize=TICK_SIZE, width=0.8, length=3.5)
    ax.set_xlabel(x, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel(y, fontsize=LABEL_SIZE, color=INK)
    require_text("title", title)
    if title:
        ax.set_title(title, loc="left", fontsize=LABEL_SIZE + 1.5, color=INK)
