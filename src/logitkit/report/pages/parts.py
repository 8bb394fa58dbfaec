"""A document as the content of a file, by the ending of its name."""

from __future__ import annotations

from logitkit.report.document import Document
from logitkit.report.formats.html import render_page
from logitkit.report.formats.json_document import render_json
from logitkit.report.formats.word import render_word

__all__ = ["rendered"]


def rendered(document: Document, suffix: str) -> str | bytes:
    """Return a document as Word, JSON, or else one page of HTML.

    Examples
    --------
    >>> rendered(Document("Births"), ".json").startswith("{"), rendered(Document("Births"), ".html")[:15]
    (True, '<!doctype html>')
    """
    suffix = suffix.lower()
    if suffix == ".docx":
        return render_word(document)
    return render_json(document) if suffix == ".json" else render_page(document)
