"""Fits of several outcomes as plain JSON values, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.layout import full_layout
from logitkit.design.saved_coding import decode, encode
from logitkit.design.saved_levels import floats_of, pack_array, pack_vanishing, unpack_vanishing
from logitkit.families.multinomial import Multinomial
from logitkit.outcome_record import MultinomialRecord
from logitkit.rank import Coordinates
from logitkit.saved_model import MODEL_FIELDS, NOTHING, model_problems, number_count, pack_model, unpack_model
from logitkit.typing import IntArray

__all__ = ["outcome_problems", "pack_outcomes", "unpack_outcomes"]

FIELDS: dict[str, tuple[type, ...]] = {
    **MODEL_FIELDS,
    "reference": (int, NOTHING),
    "absent": (list, NOTHING),
    "restricted": (bool,),
    "totals": (dict,),
}
COORDINATES = {"transform", "vanishing"}


def pack_outcomes(record: MultinomialRecord) -> dict[str, Any]:
    """Return a record as JSON values.

    Parameters
    ----------
    record : MultinomialRecord
        The fit.

    Returns
    -------
    dict
        By field.
    """
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


def outcome_problems(packed: Mapping[str, Any]) -> Iterator[str]:
    """Name what is missing, unknown, of another type or of another size, the first first.

    Parameters
    ----------
    packed : mapping
        What was read.

    Yields
    ------
    str
        What is wrong.
    """
    yield from model_problems(packed, FIELDS)
    response = decode(packed["response"])
    levels, reference = response["levels"], packed["reference"]
    k, p = len(levels), len(packed["names"])
    if k < 2 or not all(isinstance(level, str) for level in levels) or len(set(levels)) < k:
        yield f"'levels' of the response are {levels}"
    if response["coded"] and sorted(response["coded"].values()) != list(range(k)):
        yield f"'coded' of the response has other places than {k} outcomes"
    if reference is not None and not 0 <= reference < k:
        yield f"'reference' is {reference}, and there are {k} outcomes"
    size = (k if reference is None else k - 1) * p
    for name in ("aliased", "absent"):
        places = packed[name]
        if places is not None and not all(type(place) is int and 0 <= place < size for place in places):
            yield f"{name!r} is {places}, and there are {size} coefficients"
    yield from _size_misfits(packed, k, size)


def _size_misfits(packed: Mapping[str, Any], k: int, size: int) -> Iterator[str]:
    """Name what does not fit the number of coefficients."""
    q = number_count(packed, "inner_coef")
    assert q is not None
    part = packed["coordinates"]
    sizes = {"coef": size, "totals": k, "inner_vcov": q * q, "inner_model_vcov": q * q}
    if part is None:
        sizes["inner_coef"] = size - len(packed["aliased"])
    for name, expected in sizes.items():
        found = number_count(packed, name)
        if found is not None and found != expected:
            yield f"{name!r} has {found} numbers and must have {expected}"
    if part is not None:
        if set(part) != COORDINATES:
            yield f"'coordinates' have {sorted(part)} and must have {sorted(COORDINATES)}"
        found = floats_of(part["transform"]).size
        if found != size * q:
            yield f"the transform has {found} numbers and must have {size * q}"
    limit = packed["limit"]
    if limit is not None:
        for name in ("direction", "signs"):
            shape = np.shape(decode(limit[name]))
            if shape != (size,):
                yield f"{name!r} of the limit has the shape {shape} and must have {size} numbers"
        if np.shape(decode(limit["directions"]))[:1] != (q,):
            yield f"the directions of the limit do not have {q} rows"


def unpack_outcomes(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> MultinomialRecord:
    """Return the record that was packed.

    Parameters
    ----------
    packed : mapping
        Without problems.
    functions : mapping of str to object
        The caller's own functions that the formula uses.

    Returns
    -------
    MultinomialRecord
        The fit.
    """
    parts = unpack_model(packed, functions)
    k, p = len(parts["info"].response.levels), len(packed["names"])
    layout = full_layout(k, p, packed["reference"])
    absent = None
    if packed["absent"] is not None:
        absent = np.zeros(layout.n_flat, dtype=bool)
        absent[packed["absent"]] = True
    record = MultinomialRecord(
        **parts,
        family=Multinomial(k),
        coordinates=_coordinates(packed["coordinates"], parts["aliased"], layout.n_flat, p),
        reference=packed["reference"],
        layout=layout,
        absent=absent,
        restricted=packed["restricted"],
        totals=np.asarray(decode(packed["totals"]), dtype=np.float64),
    )
    return record if record.limit is None else replace(record, limit=replace(record.limit, names=record.names))


def _coordinates(part: Mapping[str, Any] | None, aliased: IntArray, n_flat: int, p: int) -> Coordinates:
    if part is None:
        return Coordinates(None, aliased)
    # The combinations that vanish are of columns, each of which is aliased for every outcome.
    vanishing = unpack_vanishing(part["vanishing"], np.unique(aliased % p), p)
    return Coordinates(floats_of(part["transform"]).reshape(n_flat, -1), aliased, vanishing=vanishing)
