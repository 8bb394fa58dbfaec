"""Fits as plain versioned JSON, without any row of the data, and back.

Infinite and missing numbers are written explicitly as ``{"float": "inf"}`` and ``{"float": "nan"}``, and what an
absorbed factor has a number a level of as base64 of little-endian float64. A reader of another version refuses rather
than guesses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from logitkit.design.saved_levels import absorbed_misfits, pack_absorbed, unpack_absorbed
from logitkit.errors import DataError, LogitkitError
from logitkit.families.binomial import Binomial
from logitkit.families.link import link_named
from logitkit.families.multinomial import Multinomial
from logitkit.outcome_record import MultinomialRecord
from logitkit.record import FitRecord, ModelRecord
from logitkit.saved_coordinates import pack_coordinates, unpack_coordinates
from logitkit.saved_model import (
    FORMAT,
    MODEL_FIELDS,
    NOTHING,
    NUMBERS,
    VERSION,
    model_problems,
    number_count,
    pack_model,
    unpack_model,
)
from logitkit.saved_outcomes import outcome_problems, pack_outcomes, unpack_outcomes
from logitkit.saved_penalty import penalty_misfits
from logitkit.writing import write_file

__all__ = ["VERSION", "load_record", "save_record"]

BINARY_NUMBERS = (*NUMBERS, "events")
FIELDS: dict[str, tuple[type, ...]] = {
    **MODEL_FIELDS,
    "link": (str,),
    "events": (int, float, dict),
    "absorbed": (dict, NOTHING),
}


def save_record(record: ModelRecord, path: str | Path) -> Path:
    """Write a record as JSON, whole or not at all.

    Parameters
    ----------
    record : ModelRecord
        The fit.
    path : str or Path
        File to write; the old one stays as it was where writing fails.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    DataError
        If the file cannot be written, or the model keeps what JSON cannot hold.
    UnsupportedError
        If the covariance is too large for a file of text.
    """
    return write_file(path, json.dumps(pack_record(record), indent=1, allow_nan=False), "model")


def load_record(path: Path, functions: Mapping[str, Any]) -> FitRecord | MultinomialRecord:
    """Read a record that was written.

    Parameters
    ----------
    path : Path
        The file.
    functions : mapping of str to object
        The caller's own functions that the formula uses.

    Returns
    -------
    FitRecord or MultinomialRecord
        The fit, of the family that the file names.

    Raises
    ------
    DataError
        If the file is no saved fit, or of a version that is not known.
    """
    try:
        packed = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"'{path}' is not JSON: {error}.") from error
    if not isinstance(packed, dict) or packed.get("format") != FORMAT:
        raise DataError(f"'{path}' is not a fit that logitkit saved.")
    if packed.get("version") != VERSION:
        raise DataError(
            f"'{path}' has version {packed.get('version')} of the format and this logitkit reads version {VERSION}."
        )
    try:
        several = packed.get("family") == Multinomial.name
        for wrong in outcome_problems(packed) if several else _problems(packed):
            raise DataError(f"'{path}' is damaged: {wrong}.")
        return unpack_outcomes(packed, functions) if several else unpack_record(packed, functions)
    except LogitkitError:
        raise
    except KeyError as error:
        raise DataError(f"'{path}' is damaged: it has no {error}.") from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise DataError(f"'{path}' is damaged: {error}.") from error


def _problems(packed: Mapping[str, Any]) -> Iterator[str]:
    """Name what is missing, unknown, of another type or of another size, the first first."""
    if isinstance(packed.get("family"), str) and packed["family"] != Binomial.name:
        yield f"the family {packed['family']!r} is not known"
    yield from model_problems(packed, FIELDS, BINARY_NUMBERS)
    p, aliased = len(packed["names"]), packed["aliased"]
    if not all(type(column) is int and 0 <= column < p for column in aliased):
        yield f"'aliased' is {aliased}, and there are {p} names"
    q = p - len(aliased)
    sizes = {"coef": p, "inner_coef": q, "inner_vcov": q * q, "inner_model_vcov": q * q}
    if packed["coordinates"] is not None and "layout" in packed["coordinates"]:
        sizes = {"coef": p}  # the others are in the coordinates of the levels
    for name, size in sizes.items():
        found = number_count(packed, name)
        if found is not None and found != size:
            yield f"{name!r} has {found} numbers and must have {size}"
    if packed["absorbed"] is not None:
        yield from absorbed_misfits(packed["absorbed"], q)
    if packed["penalty"] is not None:
        yield from penalty_misfits(packed["penalty"], p)


def pack_record(record: ModelRecord) -> dict[str, Any]:
    """Return a record as JSON values."""
    if isinstance(record, MultinomialRecord):
        return pack_outcomes(record)
    assert isinstance(record, FitRecord)
    absorbed = record.info.absorbed
    return {
        **pack_model(record),
        "family": record.family.name,
        "link": record.family.link.name,
        "events": record.events,
        "absorbed": None if absorbed is None else pack_absorbed(absorbed),
        "coordinates": pack_coordinates(record.coordinates),
    }


def unpack_record(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> FitRecord:
    """Return the record that was packed."""
    p, q = len(packed["names"]), number_count(packed, "inner_coef")
    assert q is not None
    absorbed = None if packed["absorbed"] is None else unpack_absorbed(packed["absorbed"], q)
    parts = unpack_model(packed, functions, BINARY_NUMBERS, absorbed)
    return FitRecord(
        **parts | {"limit": None if parts["limit"] is None else replace(parts["limit"], names=tuple(packed["names"]))},
        family=Binomial(link_named(packed["link"])),
        coordinates=unpack_coordinates(packed["coordinates"], parts["aliased"], p, q),
    )
