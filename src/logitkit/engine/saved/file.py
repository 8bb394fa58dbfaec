"""Fits as plain versioned JSON, without any row of the data, and back.

Infinite and missing numbers are written explicitly as ``{"float": "inf"}`` and ``{"float": "nan"}``. Matrices, and
arrays with one number per level of an absorbed factor, are base64 of little-endian float64. A file is checked whole, by
a schema and by a digest of its fields, before a fit comes out of it. A file of an earlier version is first turned into
the form of today; one of a version that is not known is refused rather than guessed at.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.saved.earlier import FIRST, WITHOUT_DIGEST, in_todays_form
from logitkit.engine.saved.record import pack_record, unpack_record
from logitkit.engine.saved.schema import FORMAT, ROUNDING, VERSION, problem_of
from logitkit.errors import DataError, LogitkitError
from logitkit.typing import IntArray
from logitkit.writing import write_file

__all__ = [
    "VERSION",
    "digest_of",
    "other_version",
    "packed_record",
    "read_packed",
    "record_in",
    "save_record",
    "sealed",
    "write_packed",
]

DEEPEST = 40  # levels of objects and lists: no fit comes near
TOO_DEEP = f"it is nested more than {DEEPEST} deep"


def save_record(record: FitRecord, path: str | Path) -> Path:
    """Write a record as JSON, whole or not at all."""
    return write_packed(packed_record(record), path)


def packed_record(record: FitRecord) -> dict[str, Any]:
    """Return a record as JSON values, with its format and digest."""
    return sealed(FORMAT, VERSION, pack_record(record))


def sealed(form: str, version: int, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with what tells their format, and with their digest."""
    packed = {"format": form, "version": version, "written_by": f"logitkit {_own_version()}"} | dict(fields)
    return packed | {"digest": digest_of(packed)}


def write_packed(packed: Mapping[str, Any], path: str | Path) -> Path:
    """Write JSON values, whole or not at all."""
    return write_file(path, json.dumps(packed, indent=1, allow_nan=False), "model")


def read_packed(path: Path) -> Any:
    """Return the JSON value of a file, whose names are different and which is not nested too deep."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"'{path}' is not JSON: {error}.") from error
    try:
        packed = json.loads(text, object_pairs_hook=_object_of, parse_constant=_not_json)
        _require_shallow([packed])
    except LogitkitError as error:
        raise DataError(f"'{path}' is damaged: {error}.") from error
    except RecursionError:
        raise DataError(f"'{path}' is damaged: {TOO_DEEP}.") from None
    except ValueError as error:
        raise DataError(f"'{path}' is not JSON: {error}.") from error
    return packed


def record_in(packed: Any, path: Path, functions: Mapping[str, Any]) -> FitRecord:
    """Return the record that JSON values of a file hold."""
    if not isinstance(packed, dict) or packed.get("format") != FORMAT:
        raise DataError(f"'{path}' is not a fit that logitkit saved.")
    version, given = packed.get("version"), packed
    if type(version) is not int or not FIRST <= version <= VERSION:
        raise DataError(f"'{path}' {other_version(version, packed.get('written_by'))}")
    try:
        packed = given if version == VERSION else in_todays_form(given)
        wrong = problem_of(packed)
        if wrong is not None:
            raise DataError(f"'{path}' is damaged: {wrong}.")
        record = unpack_record(packed, functions)
        apart = _apart(record)
    except LogitkitError:
        raise
    except KeyError as error:
        raise DataError(f"'{path}' is damaged: it has no {error}.") from error
    except Exception as error:  # formulaic, NumPy and scipy say in their own ways that parts do not fit
        raise DataError(f"'{path}' is damaged: {error}.") from error
    if apart.size:
        name = record.names[apart[0]]
        raise DataError(
            f"'{path}' is damaged: 'coef' of {name!r} does not agree with 'inner_coef', from which predictions are "
            "made."
        )
    if version != WITHOUT_DIGEST and given["digest"] != digest_of(given):
        raise DataError(
            f"'{path}' was changed after it was saved: its digest does not match its fields. Save the fit again."
        )
    return record


def _apart(record: FitRecord) -> IntArray:
    """Return the finite coefficients that are others than those that the coordinates give, but for rounding."""
    coordinates, inner = record.coordinates, record.inner_coef
    made = coordinates.coef(inner)
    known = np.where(np.isfinite(inner), np.abs(inner), 0.0)
    if isinstance(coordinates, Coordinates):
        size = known if coordinates.transform is None else np.abs(coordinates.transform) @ known
    else:
        size = np.full(made.size, known.max(initial=0.0))
    with np.errstate(invalid="ignore"):
        agree = np.abs(record.coef - made) <= ROUNDING * size
    return np.flatnonzero(np.isfinite(record.coef) & ~agree)


def _own_version() -> str:
    """Return the version that is installed."""
    try:
        return metadata.version("logitkit")
    except metadata.PackageNotFoundError:
        return "not installed"


def other_version(
    version: Any, writer: Any, first: int = FIRST, last: int = VERSION, what: str = "Fit the model"
) -> str:
    """Say that a file is of another version, who wrote it, and what to do."""
    newer = isinstance(version, int) and version > last
    written = f", written by {writer:.40}" if isinstance(writer, str) else ""
    action = "Update logitkit" if newer else f"{what} again and save it"
    versions = f"versions {first} to {last}" if first < last else f"version {last}"
    return (
        f"has version {version!r:.20} of the format{written}, and this version of logitkit, {_own_version()}, reads "
        f"{versions}. {action}, or load it with the version of logitkit that wrote it."
    )


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, whose names are all different."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DataError(f"it holds {Counter(name for name, _ in pairs).most_common(1)[0][0]!r} twice")
    return found


def _not_json(text: str) -> float:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(f"{text} is no JSON number")


def _require_shallow(value: Any) -> None:
    """Refuse values that are nested as no fit is: what reads them later would run out of stack."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise DataError(TOO_DEEP)
        level = [
            item
            for part in level
            for item in (part.values() if isinstance(part, dict) else part)
            if isinstance(item, (dict, list))
        ]


def digest_of(packed: Mapping[str, Any]) -> str:
    """Return a digest of all fields but the digest itself: damage shows, while forgery is not the matter of a digest.

    Examples
    --------
    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "digest": "", "a": 1})
    True
    """
    others = {name: value for name, value in packed.items() if name != "digest"}
    return hashlib.sha256(json.dumps(others, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
