"""The kinds of files that a card is exported as."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logitkit.errors import DataError
from logitkit.options import require_choice
from logitkit.scorecard.card import Card
from logitkit.scorecard.export.onnx_graph import onnx_of
from logitkit.scorecard.export.plain_json import json_of
from logitkit.scorecard.export.pmml import pmml_of
from logitkit.scorecard.export.python import python_of
from logitkit.scorecard.export.source import CardSource, card_source
from logitkit.scorecard.export.sql import DIALECTS, sql_of

__all__ = ["KINDS", "exported"]

OTHERS: dict[str, Callable[[CardSource], str | bytes]] = {
    "python": python_of,
    "json": json_of,
    "onnx": onnx_of,
    "pmml": pmml_of,
}
KINDS = ("sql", *OTHERS)


def exported(
    card: Card, kind: str, dialect: str | None = None, table: str = "applicants", keys: Sequence[str] = ()
) -> str | bytes:
    """Return a card in another language, as text; for "onnx", as bytes."""
    require_choice("kind", kind, KINDS)
    if kind == "sql":
        if dialect is None:
            raise DataError(f"export('sql'): name the dialect, one of {', '.join(map(repr, DIALECTS))}.")
        return sql_of(card_source(card), dialect, table, keys)
    if dialect is not None:
        raise DataError(f"dialect={dialect!r} applies to export('sql'), not to {kind!r}.")
    return OTHERS[kind](card_source(card))
