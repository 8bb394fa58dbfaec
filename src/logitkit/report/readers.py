"""What a report says to a reader without Python: its sentences less those that name code."""

from __future__ import annotations

import re
from dataclasses import replace

from logitkit.report.document import Block, Document, Prose, Section, Table

__all__ = ["for_readers", "without_code"]

OPTIONS = (
    "penalty|test|method|unseen|level|units|data|values|offset|weights|cluster|outcomes|solver|initial"
    "|standardize|terms"
)
CODE = re.compile(rf"\b(?:fit|lk|logitkit)\.[a-zA-Z_]|\blogit(?:_matrix)?\(|\btable\(\)|\b(?:{OPTIONS})=")
EXAMPLE = re.compile(r",? such as (?:penalty=)?lk\.\w+\([^)]*\)")
BRACKETED = re.compile(r" \([^()]*(?:\([^()]*\)[^()]*)*\)")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9'\"]|fit\.|lk\.|penalty=)")


def without_code(text: str) -> str:
    """Return a text less its examples, clauses and sentences that name code.

    Examples
    --------
    >>> without_code("Not listed: 70 coefficients of zip (from -1 to 1). fit.tidy() has them all.")
    'Not listed: 70 coefficients of zip (from -1 to 1).'
    >>> without_code("Drop it, or fit with a penalty, such as penalty=lk.Ridge(0.01), whose estimates are finite.")
    'Drop it, or fit with a penalty, whose estimates are finite.'
    """
    if not CODE.search(text):
        return text
    text = EXAMPLE.sub("", text)
    text = BRACKETED.sub(lambda found: "" if CODE.search(found.group()) else found.group(), text)
    return " ".join(said for sentence in SENTENCE.split(text) if (said := _clauses(sentence)))


def _clauses(sentence: str) -> str:
    """Return a sentence less the clauses that name code."""
    if not CODE.search(sentence):
        return sentence
    kept = []
    for clause in sentence.split("; "):
        if CODE.search(clause):
            break
        kept.append(clause)
    text = "; ".join(kept)
    return f"{text.rstrip(',')}." if text and text[-1] not in ".!?" else text


def for_readers(document: Document) -> Document:
    """Return a report whose sentences can be understood without Python.

    Examples
    --------
    >>> for_readers(Document("Births", notes=("Wald.", "fit.tidy() has them all."))).notes
    ('Wald.',)
    """
    return replace(
        document,
        blocks=tuple(block for block in map(_block, document.blocks) if block is not None),
        notes=_texts(document.notes),
        warnings=_texts(document.warnings),
    )


def _texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(said for text in texts if (said := without_code(text)))


def _block(block: Block) -> Block | None:
    if isinstance(block, Prose):
        said = without_code(block.text)
        return Prose(said) if said else None
    if isinstance(block, Table):
        return replace(block, notes=_texts(block.notes))
    if isinstance(block, Section):
        return replace(block, blocks=tuple(part for part in map(_block, block.blocks) if part is not None))
    return block
