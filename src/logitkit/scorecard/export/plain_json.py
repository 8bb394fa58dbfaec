"""A card as JSON: the bins and what they add, for programs that score by themselves.

Numbers are written with as many digits as give the same double again.
"""

from __future__ import annotations

import json
from typing import Any

from logitkit.scorecard.export.source import CardSource, VariableSource

__all__ = ["json_of"]

FORMAT = "logitkit card"
VERSION = 1


def json_of(card: CardSource) -> str:
    """Return a card as JSON.

    Numbers are doubles. A special value is in its own bin. For any other number, the bin is the count of cut points
    that are not above it; a level is in the bin of its group. ``points`` and ``log_odds`` are by bin, the last entry
    for levels in no group; null means that the value is refused. Both are summed in the order of the variables,
    starting at ``base_points`` and ``intercept``.
    """
    written = {
        "format": FORMAT,
        "version": VERSION,
        "intercept": card.intercept,
        "base_points": card.base_points,
        "variables": [_variable(variable) for variable in card.variables],
    }
    return json.dumps(written, indent=1, allow_nan=False) + "\n"


def _variable(variable: VariableSource) -> dict[str, Any]:
    own: dict[str, Any] = {"cuts": variable.cuts} if variable.is_number else {"groups": variable.groups}
    return {
        "name": variable.name,
        "type": "number" if variable.is_number else "levels",
        **own,
        "special": [{"values": values, "bin": code} for values, code in variable.special],
        "missing": variable.missing,
        "unseen": variable.unseen,
        "labels": variable.labels,
        "points": variable.points,
        "log_odds": variable.logits,
    }
