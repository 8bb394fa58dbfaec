"""The manifest of a card as JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.engine.saved.fields import Number, Text
from logitkit.engine.saved.shapes import Each, Maybe, Row, Table, Value
from logitkit.scorecard.manifest import CLASSIFIER, FUNCTION, Manifest, RejectsManifest
from logitkit.scorecard.rejects.compared import METHODS
from logitkit.scorecard.selection import Selection

__all__ = ["MANIFEST", "pack_manifest", "unpack_manifest"]

SELECTION = tuple(field.name for field in fields(Selection))
KINDS = {kind.__name__: kind for kind in METHODS}
PRINTS = Each(Row((Text(), Text())))
REJECTS = Table(
    {
        "method": Text(),
        "methods": Maybe(Each(Row((Text(tuple(KINDS)), Value())))),
        "between": Row((Number(0.0), Number(0.0))),
        "fingerprints": PRINTS,
        "weights": Text(),
    }
)

#: The schema of a packed manifest.
MANIFEST = Table(
    {
        "fingerprints": PRINTS,
        "excluded": Text(),
        "weights": Text(),
        "indeterminate": Value(),
        "selection": Maybe(Table({name: Value() for name in SELECTION})),
        "level": Number(0.0, 1.0),
        "versions": PRINTS,
    },
    optional=({"rows": Text(), "maker": Text((FUNCTION, CLASSIFIER)), "rejects": Maybe(REJECTS)},),
)


def pack_manifest(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as JSON values."""
    chosen, rejects = manifest.selection, manifest.rejects
    return {
        "fingerprints": [list(pair) for pair in manifest.fingerprints],
        "excluded": manifest.excluded,
        "weights": manifest.weights,
        "indeterminate": encode(manifest.indeterminate),
        "selection": None if chosen is None else {name: encode(getattr(chosen, name)) for name in SELECTION},
        "level": manifest.level,
        "versions": [list(pair) for pair in manifest.versions],
        "rows": manifest.rows,
        "maker": manifest.maker,
        "rejects": None if rejects is None else _pack_rejects(rejects),
    }


def unpack_manifest(packed: Mapping[str, Any]) -> Manifest:
    """Return the manifest that was packed."""
    chosen, rejects = packed["selection"], packed.get("rejects")
    return Manifest(
        _pairs(packed["fingerprints"]),
        packed["excluded"],
        packed["weights"],
        tuple(decode(packed["indeterminate"])),
        None if chosen is None else Selection(**{name: decode(value) for name, value in chosen.items()}),
        float(packed["level"]),
        _pairs(packed["versions"]),
        packed.get("rows", ""),
        packed.get("maker", FUNCTION),
        None if rejects is None else _unpack_rejects(rejects),
    )


def _pack_rejects(rejects: RejectsManifest) -> dict[str, Any]:
    methods = rejects.methods
    return {
        "method": rejects.method,
        "methods": None if methods is None else [[type(one).__name__, _options(one)] for one in methods],
        "between": list(rejects.between),
        "fingerprints": [list(pair) for pair in rejects.fingerprints],
        "weights": rejects.weights,
    }


def _options(method: Any) -> Any:
    return encode({field.name: getattr(method, field.name) for field in fields(method) if field.init})


def _unpack_rejects(packed: Mapping[str, Any]) -> RejectsManifest:
    methods = packed["methods"]
    return RejectsManifest(
        packed["method"],
        None if methods is None else tuple(KINDS[name](**decode(options)) for name, options in methods),
        (float(packed["between"][0]), float(packed["between"][1])),
        _pairs(packed["fingerprints"]),
        packed["weights"],
    )


def _pairs(packed: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in packed)
