"""Fits of several outcomes as plain JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.design.formula.saved_levels import floats_of, pack_array, pack_vanishing, unpack_vanishing
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.saved.model import pack_model, unpack_model
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import full_predictors
from logitkit.typing import IntArray

__all__ = ["pack_outcomes", "unpack_outcomes"]


def pack_outcomes(record: FitRecord) -> dict[str, Any]:
    """Return a record as JSON values."""
    coordinates = record.coordinates
    assert isinstance(coordinates, Coordinates)
    packed = None
    if coordinates.transform is not None:
        transform = {"transform": pack_array(coordinates.transform)}
        packed = transform | {"vanishing": pack_vanishing(coordinates.vanishing)}
    return {
        **pack_model(record),
        "family": record.family.name,
        "reference": record.reference,
        "absent": None if record.absent is None else np.flatnonzero(record.absent).tolist(),
        "restricted": record.restricted,
        "totals": encode(record.totals),
        "coordinates": packed,
    }


def unpack_outcomes(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> FitRecord:
    """Return the record that was packed."""
    parts = unpack_model(packed, functions)
    k, p = len(parts["info"].response.levels), len(packed["names"])
    predictors = full_predictors(k, p, packed["reference"], parts["info"].response.levels)
    absent = None
    if packed["absent"] is not None:
        absent = np.zeros(predictors.n_flat, dtype=bool)
        absent[packed["absent"]] = True
    record = FitRecord(
        **parts,
        family=Multinomial(k),
        coordinates=_coordinates(packed["coordinates"], parts["aliased"], predictors.n_flat),
        reference=packed["reference"],
        predictors=predictors,
        absent=absent,
        restricted=packed["restricted"],
        totals=np.asarray(decode(packed["totals"]), dtype=np.float64),
    )
    return record if record.limit is None else replace(record, limit=replace(record.limit, names=record.names))


def _coordinates(part: Mapping[str, Any] | None, aliased: IntArray, n_flat: int) -> Coordinates:
    if part is None:
        return Coordinates(None, aliased)
    transform = floats_of(part["transform"]).reshape(n_flat, -1)
    return Coordinates(transform, aliased, vanishing=unpack_vanishing(part["vanishing"]))
