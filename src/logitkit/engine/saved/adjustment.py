"""What a record says of how its bias was reduced as plain JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.design.formula.saved_levels import floats_of, pack_array
from logitkit.engine.facts import AdjustmentFacts
from logitkit.engine.saved.fields import Number
from logitkit.engine.saved.shapes import OneOf, Packed, Table, Value
from logitkit.models.penalties.adjustment import Adjustment, Jeffreys, LogF, MeanBias, MedianBias

__all__ = ["ADJUSTMENT", "pack_adjustment", "unpack_adjustment"]

KINDS: dict[str, type[Adjustment]] = {kind.__name__: kind for kind in (Jeffreys, LogF, MeanBias, MedianBias)}
VALUE = Number(special=("nan",))
ADJUSTMENT = Table(
    {
        "stated": OneOf(
            {name: Table({name: Table({each.name: Value() for each in fields(kind)})}) for name, kind in KINDS.items()}
        ),
        "value": VALUE,
        "null_value": VALUE,
        "optimum": Packed(("q",)),
    }
)


def pack_adjustment(facts: AdjustmentFacts | None) -> dict[str, Any]:
    """Return facts about an adjustment as a field of a file; no field where there is none.

    Examples
    --------
    >>> pack_adjustment(None)
    {}
    """
    if facts is None:
        return {}
    stated = {each.name: encode(getattr(facts.stated, each.name)) for each in fields(facts.stated)}
    return {
        "adjustment": {
            "stated": {type(facts.stated).__name__: stated},
            "value": encode(facts.value),
            "null_value": encode(facts.null_value),
            "optimum": pack_array(facts.optimum),
        }
    }


def unpack_adjustment(packed: Mapping[str, Any] | None) -> AdjustmentFacts | None:
    """Return the facts that were packed; what was stated is checked as what a user states is."""
    if packed is None:
        return None
    ((name, given),) = packed["stated"].items()
    stated = KINDS[name](**{key: decode(value) for key, value in given.items()})
    value, null = (float(decode(packed[each])) for each in ("value", "null_value"))
    return AdjustmentFacts(stated, value, null, floats_of(packed["optimum"]))
