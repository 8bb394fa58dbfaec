"""The manifest of a card as JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.engine.saved.fields import Number, Text
from logitkit.engine.saved.shapes import Each, Maybe, Row, Table, Value
from logitkit.scorecard.manifest import Manifest
from logitkit.scorecard.selection import Selection

__all__ = ["MANIFEST", "pack_manifest", "unpack_manifest"]

SELECTION = tuple(field.name for field in fields(Selection))

#: The schema of a packed manifest.
MANIFEST = Table(
    {
        "fingerprints": Each(Row((Text(), Text()))),
        "excluded": Text(),
        "weights": Text(),
        "indeterminate": Value(),
        "selection": Maybe(Table({name: Value() for name in SELECTION})),
        "level": Number(0.0, 1.0),
        "versions": Each(Row((Text(), Text()))),
    }
)


def pack_manifest(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest as JSON values."""
    chosen = manifest.selection
    return {
        "fingerprints": [list(pair) for pair in manifest.fingerprints],
        "excluded": manifest.excluded,
        "weights": manifest.weights,
        "indeterminate": encode(manifest.indeterminate),
        "selection": None if chosen is None else {name: encode(getattr(chosen, name)) for name in SELECTION},
        "level": manifest.level,
        "versions": [list(pair) for pair in manifest.versions],
    }


def unpack_manifest(packed: Mapping[str, Any]) -> Manifest:
    """Return the manifest that was packed."""
    chosen = packed["selection"]
    return Manifest(
        tuple((name, digest) for name, digest in packed["fingerprints"]),
        packed["excluded"],
        packed["weights"],
        tuple(decode(packed["indeterminate"])),
        None if chosen is None else Selection(**{name: decode(value) for name, value in chosen.items()}),
        float(packed["level"]),
        tuple((name, text) for name, text in packed["versions"]),
    )
