"""A document as JSON: what it says as text, and the numbers of its cells as numbers."""

from __future__ import annotations

import json
from typing import Any

from logitkit.report.document import Block, Document, Figure, Prose, Section, Table
from logitkit.report.formats.excel import number_of

__all__ = ["render_json"]


def render_json(document: Document) -> str:
    """Return a document as JSON; cells that show a number are numbers, as exact as they are shown.

    Examples
    --------
    >>> from logitkit.report.document import Fact
    >>> print(render_json(Document("Births", facts=(Fact("Rows", "1,024"),))))
    {
      "format": "logitkit document",
      "title": "Births",
      "subtitle": "",
      "facts": {
        "Rows": 1024
      },
      "warnings": [],
      "sections": [],
      "notes": []
    }
    """
    content = {
        "format": "logitkit document",
        "title": document.title,
        "subtitle": document.subtitle,
        "facts": {fact.label: _value(fact.value) for fact in document.facts},
        "warnings": list(document.warnings),
        "sections": [_block(block) for block in document.blocks],
        "notes": list(document.notes),
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Section):
        return {"heading": block.heading, "sections": [_block(part) for part in block.blocks]}
    if isinstance(block, Prose):
        return {"text": block.text}
    if isinstance(block, Figure):
        return {"figure": block.title, "caption": block.caption, "shows": block.alt}
    return _table(block)


def _table(table: Table) -> dict[str, Any]:
    left = [column.align == "left" for column in table.columns]
    rows = [[text if is_text else _value(text) for text, is_text in zip(row, left, strict=True)] for row in table.rows]
    heads = [column.name for column in table.columns]
    found: dict[str, Any] = {"table": table.title, "columns": heads, "rows": rows, "notes": list(table.notes)}
    if table.spans:
        found["spans"] = [{"name": span.name, "columns": list(span.columns)} for span in table.spans]
    return found | ({"kinds": list(table.kinds)} if table.kinds else {})


def _value(text: str) -> str | float:
    """Return the number that a text shows, or the text."""
    found = number_of(text)
    if found is None:
        return text
    return found.value if any(sign in text for sign in ".%e") else int(found.value)
