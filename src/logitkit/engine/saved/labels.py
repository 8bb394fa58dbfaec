"""The labels of a fit as plain JSON values, and back: pairs of names and labels, in the order that they were given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logitkit.design.labels import NO_LABELS, Labels
from logitkit.engine.saved.fields import Text
from logitkit.engine.saved.shapes import Each, Row, Table

__all__ = ["LABELS", "pack_labels", "unpack_labels"]

PAIRS = Each(Row((Text(), Text())))
LABELS = Table({"variables": PAIRS, "levels": Each(Row((Text(), PAIRS))), "units": PAIRS})


def pack_labels(labels: Labels) -> dict[str, Any]:
    """Return labels as JSON values."""
    return {
        "variables": _pairs(labels.variables),
        "levels": [[name, _pairs(part)] for name, part in labels.levels.items()],
        "units": _pairs(labels.units),
    }


def unpack_labels(packed: Mapping[str, Any] | None) -> Labels:
    """Return the labels that were packed; none of a file that has none.

    Examples
    --------
    >>> labels = Labels({"age": "Age"}, {"smoke": {"1": "yes"}})
    >>> unpack_labels(pack_labels(labels)) == labels
    True
    """
    if packed is None:
        return NO_LABELS
    levels = {name: dict(part) for name, part in packed["levels"]}
    return Labels(dict(packed["variables"]), levels, dict(packed["units"]))


def _pairs(part: Mapping[str, str]) -> list[list[str]]:
    return [[name, text] for name, text in part.items()]
