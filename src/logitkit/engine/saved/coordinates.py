"""The coordinates of a fit as plain JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logitkit.design.formula.saved_levels import (
    floats_of,
    integers_of,
    pack_array,
    pack_layout,
    pack_vanishing,
    unpack_layout,
    unpack_vanishing,
)
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.rank import Coordinates
from logitkit.typing import IntArray

__all__ = ["pack_coordinates", "unpack_coordinates"]

COORDINATES = ("transform", "centre", "basis")
PLACES = ("places", "kept", "select")
SHARES = ("taken", "shared")


def pack_coordinates(coordinates: Coordinates | LevelCoordinates) -> dict[str, Any] | None:
    """Return coordinates as JSON values."""
    vanishing = {"vanishing": pack_vanishing(coordinates.vanishing)}
    if isinstance(coordinates, LevelCoordinates):
        arrays = {name: pack_array(getattr(coordinates, name)) for name in (*PLACES, *SHARES)}
        undecided = {"undecided": pack_vanishing(coordinates.undecided)}
        return {"layout": pack_layout(coordinates.layout), **arrays, **vanishing, **undecided}
    if coordinates.transform is None:
        return None
    arrays = {name: getattr(coordinates, name) for name in COORDINATES}
    return {name: None if values is None else pack_array(values) for name, values in arrays.items()} | vanishing


def unpack_coordinates(
    part: Mapping[str, Any] | None, aliased: IntArray, n: int, q: int
) -> Coordinates | LevelCoordinates:
    """Return the coordinates that were packed, of n coefficients as given and q that were solved for."""
    if part is None:
        return Coordinates(None, aliased)
    vanishing = unpack_vanishing(part["vanishing"])
    if "layout" in part:
        places, kept, select = (integers_of(part[name]) for name in PLACES)
        taken, shared = floats_of(part["taken"]), floats_of(part["shared"])
        layout = unpack_layout(part["layout"])
        r = taken.size // n
        return LevelCoordinates(
            layout,
            places,
            q - kept.size,
            kept,
            select,
            taken.reshape(n, r),
            shared.reshape(r, q),
            aliased,
            vanishing,
            unpack_vanishing(part["undecided"]),
        )
    transform, centre, basis = (None if part[name] is None else floats_of(part[name]) for name in COORDINATES)
    assert transform is not None
    basis = None if basis is None else basis.reshape(n, q)
    return Coordinates(transform.reshape(n, q), aliased, centre, basis, vanishing)
