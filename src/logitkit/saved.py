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

from logitkit.curvature.hessian import ArrowFactor, DenseFactor
from logitkit.curvature.row_space import RowSpaceVcov
from logitkit.curvature.vcov import ArrowVcov, DenseVcov, Vcov, WithheldVcov
from logitkit.design.design import RowCounts
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.saved_coding import decode, encode, pack_coding, unpack_coding
from logitkit.design.saved_levels import (
    absorbed_misfits,
    floats_of,
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
from logitkit.level_coordinates import LevelCoordinates
from logitkit.recession import RecessionCone
from logitkit.record import Covariance, FitRecord, Limit
from logitkit.saved_coordinates import pack_coordinates, unpack_coordinates
from logitkit.saved_penalty import pack_penalty, pack_row_space, penalty_misfits, unpack_penalty, unpack_row_space
from logitkit.solvers.solver import Status, Step

__all__ = ["VERSION", "load_record", "save_record"]

FORMAT = "logitkit fit"
VERSION = 3
ARROW_MOST = 16_000_000  # numbers of a covariance that a file holds: 170 MB as text
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
    **dict.fromkeys(("absorbed", "coding", "limit", "coordinates", "penalty"), (dict, NOTHING)),
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
    UnsupportedError
        If the covariance is too large for a file of text.
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
    sizes = {"coef": p, "inner_coef": q, "inner_vcov": q * q, "inner_model_vcov": q * q}
    if packed["coordinates"] is not None and "layout" in packed["coordinates"]:
        sizes = {"coef": p}  # the others are in the coordinates of the levels
    for name, size in sizes.items():
        part = packed[name]
        if name in COVARIANCES and not {"same", "withheld", "arrow", "row_space"}.isdisjoint(part):
            continue  # in parts, which are looked at where they are put together
        whole = name in COVARIANCES and "square" in part
        found = (floats_of(part["square"]) if whole else np.asarray(decode(part), dtype=np.float64)).size
        if found != size:
            yield f"{name!r} has {found} numbers and must have {size}"
    if packed["absorbed"] is not None:
        yield from absorbed_misfits(packed["absorbed"], q)
    if packed["penalty"] is not None:
        yield from penalty_misfits(packed["penalty"], p)


def _shown(value: Any) -> str:
    text = repr(value)
    return f"of type {type(value).__name__}, {text if len(text) < 40 else text[:40] + '...'}"


def pack_record(record: FitRecord) -> dict[str, Any]:
    """Return a record as JSON values."""
    info, limit = record.info, record.limit
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
        **_pack_covariances(record),
        "aliased": record.aliased.tolist(),
        "coordinates": pack_coordinates(record.coordinates),
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
        "penalty": pack_penalty(record.penalty),
        "counts": encode(asdict(record.counts)),
        "status": record.status.name,
        "method": record.method,
        "trace": [encode(asdict(step)) for step in record.trace],
    }


def _pack_covariances(record: FitRecord) -> dict[str, Any]:
    """Return both covariances as JSON values: written out, the factors of an arrow, as the other one, or why none."""
    packed: dict[str, Any] = {}
    for name in COVARIANCES:
        vcov = getattr(record, name)
        if packed and vcov is record.inner_vcov:
            packed[name] = {"same": "inner_vcov"}
        elif isinstance(vcov, WithheldVcov):
            packed[name] = {"withheld": vcov.reason}
        elif isinstance(vcov, ArrowVcov):
            factor = vcov.factor
            assert isinstance(factor.inner, DenseFactor)
            parts = {
                "head": factor.head,
                "border": factor.border,
                "factor": np.triu(factor.inner.factor),
                "scale": factor.scale,
            }
            _require_small(record, sum(values.size for values in parts.values()))
            layout = {"layout": pack_layout(factor.layout), "inner_scale": pack_array(factor.inner.scale)}
            packed[name] = {"arrow": {**{key: pack_array(values) for key, values in parts.items()}, **layout}}
        elif isinstance(vcov, RowSpaceVcov):
            _require_small(record, vcov.basis.size + vcov.inner.size)
            packed[name] = {"row_space": pack_row_space(vcov)}
        elif record.penalty is not None or isinstance(record.coordinates, LevelCoordinates):
            values = vcov.array()
            _require_small(record, values.size)
            packed[name] = {"square": pack_array(values)}
        else:
            packed[name] = encode(vcov.array())
    return packed


def _require_small(record: FitRecord, numbers: int) -> None:
    """Refuse a covariance that would make a file of text too large."""
    if numbers > ARROW_MOST:
        raise UnsupportedError(
            f"The covariance of {record.inner_coef.size:,} coefficients ({record.covariance.label}) takes "
            f"{8 * numbers / 1e6:,.0f} MB, too much for a file of text. Absorb the large factor (absorb=...), or group "
            "its levels."
        )


def _unpack_covariances(packed: Mapping[str, Any], q: int) -> dict[str, Any]:
    """Return the covariances that were packed."""
    found: dict[str, Vcov] = {}
    for name in COVARIANCES:
        part = packed[name]
        if "same" in part:
            found[name] = found["inner_vcov"]
        elif "withheld" in part:
            found[name] = WithheldVcov(q, part["withheld"])
        elif "arrow" in part:
            arrow = part["arrow"]
            head, scale, inner_scale = (floats_of(arrow[key]) for key in ("head", "scale", "inner_scale"))
            k = scale.size
            inner = DenseFactor(np.asfortranarray(floats_of(arrow["factor"]).reshape(k, k)), inner_scale)
            border = floats_of(arrow["border"]).reshape(head.size, k)
            layout = unpack_layout(arrow["layout"])
            for wrong in layout_misfits(layout, q):
                raise DataError(f"The saved model is damaged: {wrong}.")
            found[name] = ArrowVcov(ArrowFactor(layout, head, border, inner, scale, inner.least_pivot))
        elif "row_space" in part:
            found[name] = unpack_row_space(part["row_space"], q)
        else:
            values = floats_of(part["square"]) if "square" in part else np.asarray(decode(part), dtype=np.float64)
            found[name] = DenseVcov(values.reshape(q, q))
    return found


def unpack_record(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> FitRecord:
    """Return the record that was packed."""
    coding = None if packed["coding"] is None else unpack_coding(packed["coding"], functions)
    inner_coef = np.asarray(decode(packed["inner_coef"]), dtype=np.float64)
    q = inner_coef.size
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
    aliased = np.array(packed["aliased"], dtype=np.int64)
    return FitRecord(
        info=info,
        family=Binomial(link_named(packed["link"])),
        coef=np.asarray(decode(packed["coef"]), dtype=np.float64),
        inner_coef=inner_coef,
        **_unpack_covariances(packed, q),
        **{name: decode(packed[name]) for name in NUMBERS},
        coordinates=unpack_coordinates(packed["coordinates"], aliased, len(info.names), q),
        aliased=aliased,
        limit=limit,
        covariance=Covariance(**packed["covariance"]),
        penalty=unpack_penalty(packed["penalty"]),
        counts=RowCounts(counts["given"], counts["missing"], by_column),
        status=Status[packed["status"]],
        method=packed["method"],
        trace=tuple(Step(**decode(step)) for step in packed["trace"]),
    )
