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
from logitkit.models.catalogue import FAMILIES, chosen
from logitkit.models.family import Family
from logitkit.models.predictors import Part, Predictors, full_predictors
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
        **chosen(record.family),
        "reference": record.reference,
        "absent": None if record.absent is None else np.flatnonzero(record.absent).tolist(),
        "solved": None if record.solved is None else [pack_part(part) for part in record.solved.parts],
        "totals": encode(record.totals),
        "coordinates": packed,
        **(_pack_shown(record) if FAMILIES[record.family.name].in_parts else {}),
    }


def unpack_outcomes(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> FitRecord:
    """Return the record that was packed."""
    parts = unpack_model(packed, functions)
    k, p = len(parts["info"].response.levels), len(packed["names"])
    family, predictors = _model(packed, k, p, parts["info"].response.levels)
    absent = None
    if packed["absent"] is not None:
        absent = np.zeros(predictors.n_flat, dtype=bool)
        absent[packed["absent"]] = True
    record = FitRecord(
        **parts,
        family=family,
        coordinates=_coordinates(packed["coordinates"], parts["aliased"], predictors.n_flat),
        reference=packed["reference"],
        predictors=predictors,
        absent=absent,
        solved=None if packed["solved"] is None else Predictors(k, p, tuple(map(unpack_part, packed["solved"]))),
        totals=np.asarray(decode(packed["totals"]), dtype=np.float64),
        n_improper=packed.get("n_improper", 0),
    )
    return record if record.limit is None else replace(record, limit=replace(record.limit, names=record.names))


def _pack_shown(record: FitRecord) -> dict[str, Any]:
    """Return the parts of the predictors with their labels."""
    shown = [
        {"columns": part.columns.tolist(), "labels": list(part.labels), "constraint": encode(part.constraint)}
        for part in record.predictors.parts
    ]
    return {"shown": shown, "n_improper": record.n_improper}


def _model(packed: Mapping[str, Any], k: int, p: int, levels: tuple[str, ...]) -> tuple[Family, Predictors]:
    """Return the likelihood and the predictors that are shown."""
    kind = FAMILIES[packed["family"]]
    family = kind.make(k, packed)
    if not kind.in_parts:
        return family, full_predictors(k, p, packed["reference"], levels)
    parts = tuple(
        Part(
            np.array(part["columns"], dtype=np.int64),
            constraint=np.asarray(decode(part["constraint"]), dtype=np.float64),
            labels=tuple(part["labels"]),
        )
        for part in packed["shown"]
    )
    return family, Predictors(kind.n_predictors(k), p, parts)


def pack_part(part: Part) -> dict[str, Any]:
    """Return columns that enter the predictors in one way as JSON values."""
    return {
        "columns": part.columns.tolist(),
        "rows": None if part.rows is None else part.rows.tolist(),
        "constraint": None if part.constraint is None else encode(part.constraint),
    }


def unpack_part(packed: Mapping[str, Any]) -> Part:
    """Return the part that was packed."""
    rows, constraint = packed["rows"], packed["constraint"]
    return Part(
        np.array(packed["columns"], dtype=np.int64),
        None if rows is None else np.array(rows, dtype=np.int64),
        None if constraint is None else np.asarray(decode(constraint), dtype=np.float64),
    )


def _coordinates(part: Mapping[str, Any] | None, aliased: IntArray, n_flat: int) -> Coordinates:
    if part is None:
        return Coordinates(None, aliased)
    transform = floats_of(part["transform"]).reshape(n_flat, -1)
    return Coordinates(transform, aliased, vanishing=unpack_vanishing(part["vanishing"]))
