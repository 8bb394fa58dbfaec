"""Drawings as figures of a document."""

from __future__ import annotations

from typing import Any

from logitkit.plots.export import png_of, svg_of
from logitkit.report.document import Figure

__all__ = ["drawn_figure"]


def drawn_figure(title: str, axes: Any, alt: str, *, raster: bool) -> Figure:
    """Return a drawing; with ``raster`` as a picture of dots, for formats without drawings of lines."""
    if raster:
        return Figure(title, None, png_of(axes), "", alt)
    return Figure(title, svg_of(axes), None, "", alt)
