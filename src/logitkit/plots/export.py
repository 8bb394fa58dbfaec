"""Figures as bytes and text, for pages that hold them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["png_of", "svg_of"]

RASTER_DPI = 160  # of what is a picture within a drawing of lines


def svg_of(ax: Axes) -> str:
    """Return the figure of an Axes as SVG text."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    # Names within the drawing would otherwise be drawn at random.
    with rc_context({"svg.hashsalt": "logitkit"}):
        _figure(ax).savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None}, dpi=RASTER_DPI)
    return buffer.getvalue().decode("utf-8")


def png_of(ax: Axes, dots_per_inch: int = 160) -> bytes:
    """Return the figure of an Axes as a PNG image, for figures with many points."""
    buffer = io.BytesIO()
    _figure(ax).savefig(buffer, format="png", bbox_inches="tight", dpi=dots_per_inch)
    return buffer.getvalue()


def _figure(ax: Axes) -> Figure:
    """Return the whole figure, also for axes of a part of one."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure
