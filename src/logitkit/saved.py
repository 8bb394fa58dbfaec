"""Fits as plain versioned JSON, without any row of the data, and back.

Infinite and missing numbers are written explicitly as ``{"float": "inf"}`` and ``{"float": "nan"}``, and what an
absorbed factor has a number a level of as base64 of little-endian float64. A reader of another version refuses rather
than guesses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from logitkit.curvature.vcov import DenseVcov
from logitkit.design.design import RowCounts
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.saved_coding import decode, encode, pack_coding, unpack_coding
from logitkit.design.saved_levels import (
    absorbed_misfits,
    floats_of,
    integers_of,
    layout_misfits,
    pack_absorbed,
    pack_array,
    pack_layout,
    unpack_absorbed,
    unpack_layout,
)
from logitkit.design.terms import INTERCEPT, Term
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.families.binomial import Binomial
from logitkit.families.link import link_named
from logitkit.rank import Coordinates
from logitkit.recession import RecessionCone
from logitkit.record import Covariance, FitRecord, Limit
from logitkit.solvers.solver import Status, Step

__all__ = ["VERSION", "load_record", "save_record"]

FORMAT = "logitkit fit"
VERSION = 1
COORDINATES = ("transform", "centre", "basis")
CONE = ("directions", "rays", "generators")
ARRAYS = ("coef", "inner_coef")
COVARIANCES = ("inner_vcov", "inner_model_vcov")
NUMBERS = (
    "loglik",
    "null_loglik",
    "deviance",
    "null_deviance",
    "n_obs",
    "n_params",
    "events",
    "total",
    "n_trials",
    "tjur",
    "log_constant",
    "decrement",
    "level",
    "fingerprint",
)
NOTHING = type(None)
#: What a file holds, and the JSON types of each: numbers that JSON lacks are dicts.
FIELDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("format", "family", "link", "status", "method"), (str,)),
    **dict.fromkeys(("names", "terms", "empty_terms", "references", "aliased", "trace"), (list,)),
    **dict.fromkeys(("response", "covariance", "counts"), (dict,)),
    **dict.fromkeys(("absorbed", "coding", "limit", "coordinates"), (dict, NOTHING)),
    **dict.fromkeys((*ARRAYS, *COVARIANCES), (dict,)),
    **dict.fromkeys(NUMBERS, (int, float, dict)),
    "version": (int,),
    "formula": (str, NOTHING),
    "fingerprint": (str,),
}
PARTS = {"response": ResponseInfo, "covariance": Covariance, "counts": RowCounts}
ENCODED = ("response", "counts")


def save_record(record: FitRecord, path: Path) -> Path:
    """Write a record as JSON.

    Parameters
    ----------
    record : FitRecord
        The fit.
    path : Path
        File to write.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    DataError
        If the file cannot be written, or the model keeps what JSON cannot hold.
    """
    text = json.dumps(pack_record(record), indent=1, allow_nan=False)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"The model cannot be written to '{path}': {error.strerror}.") from error
    return path


def load_record(path: Path, functions: Mapping[str, Any]) -> FitRecord:
    """Read a record that was written.

    Parameters
    ----------
    path : Path
        The file.
    functions : mapping of str to object
        The caller's own functions that the formula uses.

    Returns
    -------
    FitRecord
        The fit.

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
        for wrong in _problems(packed):
            raise DataError(f"'{path}' is damaged: {wrong}.")
        return unpack_record(packed, functions)
    except LogitkitError:
        raise
    except KeyError as error:
        raise DataError(f"'{path}' is damaged: it has no {error}.") from error
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise DataError(f"'{path}' is damaged: {error}.") from error


def _problems(packed: Mapping[str, Any]) -> Iterator[str]:
    """Name what is missing, unknown, of another type or of another size, the first first."""
    for name in (*FIELDS, *packed):
        if name not in packed:
            yield f"it has no {name!r}"
        if name not in FIELDS:
            yield f"it has a field {name!r} that is not known"
        if not isinstance(packed[name], FIELDS[name]) or isinstance(packed[name], bool):
            yield f"{name!r} is {_shown(packed[name])}"
    for name in NUMBERS:
        if name != "fingerprint" and not isinstance(decode(packed[name]), (int, float)):
            yield f"{name!r} is {_shown(packed[name])}"
    for name, kind in PARTS.items():
        part = decode(packed[name]) if name in ENCODED else packed[name]
        for key in sorted({field.name for field in fields(kind)} ^ set(part)):
            yield f"{name!r} has {'an unknown' if key in part else 'no'} {key!r}"
    counts = decode(packed["counts"])
    if not all(type(counts[name]) is int for name in ("given", "missing")):
        yield f"'counts' is {_shown(counts)}"
    if packed["status"] not in Status.__members__:
        yield f"the status {packed['status']!r} is not known"
    yield from _misfits(packed)


def _misfits(packed: Mapping[str, Any]) -> Iterator[str]:
    """Name what does not fit the number of coefficients."""
    names, aliased = packed["names"], packed["aliased"]
    p = len(names)
    for field in ("names", "empty_terms"):
        if not all(isinstance(name, str) for name in packed[field]):
            yield f"{field!r} are not all text"
    columns = [column for _, columns in packed["terms"] for column in columns]
    if sorted(columns) != list(range(p)):
        yield f"'terms' have the columns {columns}, and there are {p} names"
    if packed["coding"] is not None:
        # The levels of an absorbed factor take up the intercept.
        coded = [name for name in packed["coding"]["names"] if packed["absorbed"] is None or name != INTERCEPT]
        if coded != names:
            yield "'coding' has other names than the coefficients"
    if not all(type(column) is int and 0 <= column < p for column in aliased):
        yield f"'aliased' is {aliased}, and there are {p} names"
    q = p - len(aliased)
    for name, size in {"coef": p, "inner_coef": q, "inner_vcov": q * q, "inner_model_vcov": q * q}.items():
        found = np.asarray(decode(packed[name]), dtype=np.float64).size
        if found != size:
            yield f"{name!r} has {found} numbers and must have {size}"
    if packed["absorbed"] is not None:
        yield from absorbed_misfits(packed["absorbed"], q)


def _shown(value: Any) -> str:
    text = repr(value)
    return f"of type {type(value).__name__}, {text if len(text) < 40 else text[:40] + '...'}"


def pack_record(record: FitRecord) -> dict[str, Any]:
    """Return a record as JSON values."""
    info, limit, coordinates = record.info, record.limit, record.coordinates
    if not isinstance(coordinates, Coordinates):
        raise UnsupportedError(
            f"A fit of {len(info.names):,} coefficients whose levels were eliminated cannot be saved; keep its table, "
            "fit.tidy(), or group the levels."
        )
    return {
        "format": FORMAT,
        "version": VERSION,
        "family": record.family.name,
        "link": record.family.link.name,
        "formula": info.formula,
        "names": list(info.names),
        "empty_terms": list(info.empty_terms),
        "references": [list(pair) for pair in info.references],
        "terms": [[term.name, list(term.columns)] for term in info.terms],
        "response": encode(asdict(info.response), f"The response {info.response.name!r}"),
        "absorbed": None if info.absorbed is None else pack_absorbed(info.absorbed),
        "coding": None if info.coding is None else pack_coding(info.coding),
        **{name: encode(getattr(record, name)) for name in (*ARRAYS, *NUMBERS)},
        **{name: encode(getattr(record, name).array()) for name in COVARIANCES},
        "aliased": record.aliased.tolist(),
        "coordinates": None
        if coordinates.transform is None
        else {name: encode(getattr(coordinates, name)) for name in COORDINATES},
        "limit": None
        if limit is None
        else {
            **({} if limit.cone is None else {name: encode(getattr(limit.cone, name)) for name in CONE}),
            "direction": encode(limit.direction),
            "n_rows": limit.n_rows,
            "signs": encode(limit.signs),
            "dimension": limit.dimension,
        },
        "covariance": asdict(record.covariance),
        "counts": encode(asdict(record.counts)),
        "status": record.status.name,
        "method": record.method,
        "trace": [encode(asdict(step)) for step in record.trace],
    }


def unpack_record(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> FitRecord:
    """Return the record that was packed."""
    coding = None if packed["coding"] is None else unpack_coding(packed["coding"], functions)
    info = DesignInfo(
        tuple(packed["names"]),
        tuple(Term(name, tuple(columns)) for name, columns in packed["terms"]),
        ResponseInfo(**decode(packed["response"])),
        packed["formula"],
        coding,
        tuple(packed["empty_terms"]),
        tuple((factor, level) for factor, level in packed["references"]),
        None if packed["absorbed"] is None else unpack_absorbed(packed["absorbed"], q),
    )
    counts = decode(packed["counts"])
    by_column = tuple((name, count) for name, count in counts["missing_by_column"])
    limit = None
    if packed["limit"] is not None:
        part = packed["limit"]
        cone = None
        if "directions" in part:
            directions = np.asarray(decode(part["directions"]), dtype=np.float64)
            rays, generators = (
                np.asarray(decode(part[name]), dtype=np.float64).reshape(-1, directions.shape[1]) for name in CONE[1:]
            )
            cone = RecessionCone(directions, rays, generators)
        direction, signs = decode(part["direction"]), decode(part["signs"])
        limit = Limit(tuple(packed["names"]), cone, direction, part["n_rows"], signs, part["dimension"])
    p = len(info.names)
    arrays: dict[str, Any] = {name: np.asarray(decode(packed[name]), dtype=np.float64) for name in ARRAYS}
    q = arrays["inner_coef"].size
    for name in COVARIANCES:
        arrays[name] = DenseVcov(np.asarray(decode(packed[name]), dtype=np.float64).reshape(q, q))
    aliased = np.array(packed["aliased"], dtype=np.int64)
    coordinates = Coordinates(None, aliased)
    if packed["coordinates"] is not None:
        transform, centre, basis = (
            np.asarray(decode(packed["coordinates"][name]), dtype=np.float64) for name in COORDINATES
        )
        coordinates = Coordinates(transform.reshape(p, q), aliased, centre, basis.reshape(p, q))
    return FitRecord(
        info=info,
        family=Binomial(link_named(packed["link"])),
        **arrays,
        **{name: decode(packed[name]) for name in NUMBERS},
        coordinates=coordinates,
        aliased=aliased,
        limit=limit,
        covariance=Covariance(**packed["covariance"]),
        counts=RowCounts(counts["given"], counts["missing"], by_column),
        status=Status[packed["status"]],
        method=packed["method"],
        trace=tuple(Step(**decode(step)) for step in packed["trace"]),
    )
