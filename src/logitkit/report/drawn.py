"""Drawings as figures of a document."""

from __future__ import annotations

from typing import Any

from logitkit.plots.export import png_of, svg_of
from logitkit.report.document import Figure

__all__ = ["drawn_figure", "page_figure"]

SVG_MOST = 500_000  # characters of a drawing of lines; a larger one, of many points, is a picture of dots


def drawn_figure(title: str, axes: Any, alt: str, *, raster: bool) -> Figure:
    """Return a drawing; with ``raster`` as a picture of dots, for formats without drawings of lines."""
    if raster:
        return Figure(title, None, png_of(axes), "", alt)
    return Figure(title, svg_of(axes), None, "", alt)


def page_figure(axes: Any, title: str, caption: str, alt: str = "") -> Figure:
    """Return a drawing for a page: of lines, or where that would be large, of dots."""
    svg = svg_of(axes)
    if len(svg) > SVG_MOST:
        return Figure(title, None, png_of(axes), caption, alt or title)
    return Figure(title, svg, None, caption, alt or title)
