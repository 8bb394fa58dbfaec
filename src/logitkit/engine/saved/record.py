"""The record of a fit of any model as plain JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from logitkit.design.design import RowCounts
from logitkit.design.formula.saved_coding import decode, encode
from logitkit.design.formula.saved_levels import (
    floats_of,
    pack_array,
    pack_layout,
    pack_nuisance,
    unpack_layout,
    unpack_nuisance,
)
from logitkit.engine.curvature.hessian import ArrowFactor, DenseFactor
from logitkit.engine.curvature.row_space import RowSpaceVcov
from logitkit.engine.curvature.vcov import ArrowVcov, DenseVcov, Vcov, WithheldVcov
from logitkit.engine.existence.recession import RecessionCone
from logitkit.engine.facts import Covariance, Limit, ReadFacts
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.engine.satterthwaite import SatterthwaiteLaw
from logitkit.engine.saved.adjustment import pack_adjustment, unpack_adjustment
from logitkit.engine.saved.columns import pack_columns, unpack_columns
from logitkit.engine.saved.coordinates import pack_coordinates, unpack_coordinates
from logitkit.engine.saved.method import method_in, words_of
from logitkit.engine.saved.model import form_in, pack_model
from logitkit.engine.saved.penalty import pack_penalty, pack_row_space, unpack_penalty, unpack_row_space
from logitkit.engine.solvers.solver import Status, Step
from logitkit.errors import UnsupportedError
from logitkit.models.conventions import CONVENTIONS

__all__ = ["pack_record", "unpack_record"]

COVARIANCE_MOST = 64_000_000  # numbers of a covariance that a file holds: 680 MB as text
CONE = ("directions", "rays", "generators")
ARRAYS = ("coef", "inner_coef", "totals")
COVARIANCES = ("inner_vcov", "inner_model_vcov")
NUMBERS = (
    "loglik",
    "null_loglik",
    "deviance",
    "null_deviance",
    "n_obs",
    "n_params",
    "total",
    "n_trials",
    "tjur",
    "log_constant",
    "decrement",
    "level",
    "n_improper",
)


def pack_record(record: FitRecord) -> dict[str, Any]:
    """Return a record as JSON values."""
    info, limit = record.info, record.limit
    return {
        **pack_columns(info),
        "model": pack_model(record.model),
        "constant": None if info.constant is None else encode(info.constant),
        "absorbed": pack_nuisance(info.nuisance),
        **{name: encode(getattr(record, name)) for name in (*ARRAYS, *NUMBERS)},
        "fingerprint": record.fingerprint,
        "conventions": record.conventions.name,
        **_pack_covariances(record),
        "aliased": record.aliased.tolist(),
        "coordinates": pack_coordinates(record.coordinates),
        "limit": None
        if not record.is_separated
        else {
            **({} if limit.cone is None else {name: encode(getattr(limit.cone, name)) for name in CONE}),
            "direction": encode(limit.direction),
            "n_rows": limit.n_rows,
            "signs": encode(limit.signs),
            "dimension": limit.dimension,
        },
        "covariance": _pack_covariance(record.covariance),
        "penalty": pack_penalty(record.penalty),
        **pack_adjustment(record.adjustment),
        **({} if record.read is None else {"read": asdict(record.read)}),
        "counts": encode({name: getattr(record.counts, name) for name in ("given", "missing", "missing_by_column")}),
        "status": record.status.name,
        "method": words_of(record.method, record.errors_within),
        "trace": [encode(asdict(step)) for step in record.trace],
    }


def unpack_record(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> FitRecord:
    """Return the record that was packed."""
    arrays: dict[str, Any] = {name: np.asarray(decode(packed[name]), dtype=np.float64) for name in ARRAYS}
    form, q = form_in(packed), arrays["inner_coef"].size
    others = {
        "nuisance": unpack_nuisance(packed["absorbed"], q),
        "constant": None if packed["constant"] is None else np.asarray(decode(packed["constant"]), dtype=np.float64),
    }
    info = unpack_columns(packed, functions, others)
    counts = decode(packed["counts"])
    by_column = tuple((name, count) for name, count in counts["missing_by_column"])
    aliased = np.array(packed["aliased"], dtype=np.int64)
    covariances = _unpack_covariances(packed, q)
    method, errors_within = method_in(packed["method"])
    record = FitRecord(
        info=info,
        form=form,
        **arrays,
        **covariances,
        **{name: decode(packed[name]) for name in NUMBERS},
        fingerprint=packed["fingerprint"],
        conventions=CONVENTIONS[packed["conventions"]],
        aliased=aliased,
        coordinates=unpack_coordinates(packed["coordinates"], aliased, form.shown.n_flat, q),
        limit=Limit.nowhere(arrays["coef"].size) if packed["limit"] is None else _unpack_limit(packed["limit"]),
        covariance=_unpack_covariance(packed["covariance"], covariances["inner_model_vcov"]),
        penalty=unpack_penalty(packed["penalty"]),
        adjustment=unpack_adjustment(packed.get("adjustment")),
        read=None if packed.get("read") is None else ReadFacts(**packed["read"]),
        counts=RowCounts(counts["given"], counts["missing"], by_column),
        status=Status[packed["status"]],
        method=method,
        errors_within=errors_within,
        trace=tuple(Step(**decode(step)) for step in packed["trace"]),
    )
    return replace(record, limit=replace(record.limit, names=record.names))


def _pack_covariance(made: Covariance) -> dict[str, Any]:
    """Return how a covariance was made as JSON values; the normal distribution as null."""
    packed: dict[str, Any] = {
        name: getattr(made, name) for name in ("kind", "label", "correction", "n_clusters", "dispersion")
    }
    law = made.law
    if isinstance(law, SatterthwaiteLaw):
        parts = {"own": pack_array(law.own), "across": pack_array(law.across)}
        return packed | {"law": {"satterthwaite": parts}}
    return packed | {"law": None if law.is_normal else {"dof": float(law.dof)}}


def _unpack_covariance(packed: Mapping[str, Any], bread: Vcov) -> Covariance:
    """Return how a covariance was made; ``bread`` is the covariance from the information."""
    given, law = packed["law"], NORMAL
    if given is not None and "dof" in given:
        law = Law(float(given["dof"]))
    elif given is not None:
        q = bread.size
        own, across = (floats_of(given["satterthwaite"][name]).reshape(-1, q, q) for name in ("own", "across"))
        law = SatterthwaiteLaw(bread=bread.array(), own=own, across=across)
    return Covariance(**(dict(packed) | {"law": law}))


def _unpack_limit(part: Mapping[str, Any]) -> Limit:
    cone = None
    if "directions" in part:
        directions = np.asarray(decode(part["directions"]), dtype=np.float64)
        rays, generators = (
            np.asarray(decode(part[name]), dtype=np.float64).reshape(-1, directions.shape[1]) for name in CONE[1:]
        )
        cone = RecessionCone(directions, rays, generators)
    return Limit((), cone, decode(part["direction"]), part["n_rows"], decode(part["signs"]), part["dimension"])


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
        else:
            values = vcov.array()
            _require_small(record, values.size)
            packed[name] = {"square": pack_array(values)}
    return packed


def _require_small(record: FitRecord, numbers: int) -> None:
    """Refuse a covariance that would make a file of text too large."""
    if numbers > COVARIANCE_MOST:
        raise UnsupportedError(
            f"The covariance of {record.inner_coef.size:,} coefficients ({record.covariance.label}) takes "
            f"{8 * numbers / 1e6:,.0f} MB, too much for a text file. Absorb the large factor (absorb=...), or group "
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
            found[name] = ArrowVcov(ArrowFactor(layout, head, border, inner, scale, inner.least_pivot))
        elif "row_space" in part:
            found[name] = unpack_row_space(part["row_space"], q)
        else:
            found[name] = DenseVcov(floats_of(part["square"]).reshape(q, q))
    return found
