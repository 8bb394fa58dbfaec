"""A document as GitHub-flavoured Markdown: pipe tables, and texts that mean nothing but themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from logitkit.report.document import Block, Column, Document, Fact, Figure, Prose, RowKind, Section, Table

__all__ = ["escape_markdown", "render_markdown"]

# What GitHub would obey. An underscore within a word, a bracket that no "(" or ":" follows, an operator between spaces
# and a "<" before a number mean themselves, and a backslash there would only litter the names of terms.
_SPECIAL = re.compile(
    r"""(?P<plain>(?<=[^\W_])_+(?=[^\W_]) | (?<=\s)[*~](?=\s) | <(?=[\d.=]+(?:[\s,;)\]]|$)|\s|$))
    | [\\`*_|$~<] | \](?=[(:]) | &(?=\#?\w+;)""",
    re.VERBOSE,
)
_BLOCK_START = re.compile(r"^(?:[#>\[]|[-+=](?=[-+=\s]|$)|(\d+)(?=[.)](?:\s|$)))")


def render_markdown(document: Document) -> str:
    r"""Render a document as GitHub-flavoured Markdown.

    Figures appear by title and caption: a Markdown file holds no pictures of its own.

    Examples
    --------
    >>> from logitkit.report.document import Column, Document, Table
    >>> table = Table(None, (Column("Term", "left"), Column("Estimate")), (("race[T.a_b]", "0.0412"),))
    >>> print(render_markdown(Document("Births", blocks=(table,))), end="")
    ## Births
    <BLANKLINE>
    | Term        | Estimate |
    |:------------|---------:|
    | race[T.a_b] |   0.0412 |
    """
    parts = [f"## {escape_markdown(document.title)}"]
    if document.subtitle:
        parts.append(_paragraph(document.subtitle))
    parts += [
        f"**{escape_markdown(fact.label)}:** {escape_markdown(fact.value)}" for fact in document.facts if fact.is_long
    ]
    parts += _facts([fact for fact in document.facts if not fact.is_long])
    parts += [f"> **Warning:** {escape_markdown(text)}" for text in document.warnings]
    for block in document.blocks:
        parts += _block(block, level=3)
    parts += [_paragraph(note) for note in document.notes]
    return "\n\n".join(parts) + "\n"


def escape_markdown(text: str) -> str:
    r"""Return a text on one line that Markdown shows as it is, outside and inside a table.

    Examples
    --------
    >>> print(escape_markdown("C(race)[T.a_b] | _x_ * [link](y) < $5"))
    C(race)[T.a_b] \| \_x\_ * [link\](y) < \$5
    """
    return _SPECIAL.sub(lambda found: found["plain"] or "\\" + found.group(), " ".join(text.split()))


def _paragraph(text: str) -> str:
    """Escape a text that starts a line, where also ``# > [ - + =`` and ``1.`` mean something."""
    escaped = escape_markdown(text)
    return _BLOCK_START.sub(lambda found: f"{found[1]}\\" if found[1] else f"\\{found[0]}", escaped)


def _block(block: Block, level: int) -> list[str]:
    match block:
        case Table():
            heads = [f"{block.span_of(j)} {column.name}".strip() for j, column in enumerate(block.columns)]
            cells = [heads, *block.rows]
            title = [f"**{escape_markdown(block.title)}**"] if block.title else []
            notes = [_paragraph(note) for note in block.notes]
            return [*title, _pipe_table(cells, block.columns, block.kinds), *notes]
        case Prose():
            return [_paragraph(text) for text in block.paragraphs]
        case Figure():
            name = f"**Figure: {escape_markdown(block.title)}**"
            return [f"{name} {escape_markdown(block.caption or block.alt)}".rstrip()]
        case Section():
            heading = f"{'#' * min(level, 6)} {escape_markdown(block.heading)}"
            return [heading, *(part for each in block.blocks for part in _block(each, level + 1))]


def _facts(facts: Sequence[Fact]) -> list[str]:
    """Print facts as two columns of pairs, filled downwards, under the empty heading that pipes need."""
    if not facts:
        return []
    rows = (len(facts) + 1) // 2
    pairs = [(fact.label, fact.value) for fact in facts] + [("", "")] * (len(facts) % 2)
    cells = [("",) * 4, *(pairs[row] + pairs[rows + row] for row in range(rows))]
    return [_pipe_table(cells, (Column("", "left"), Column("")) * 2)]


def _pipe_table(cells: Iterable[Sequence[str]], columns: Sequence[Column], kinds: Sequence[RowKind] = ()) -> str:
    escaped = [[escape_markdown(cell) for cell in row] for row in cells]
    for row, kind in zip(escaped[1:], kinds, strict=False):
        marked = {"level": f"&emsp;{row[0]}", "heading": f"**{row[0]}**"}
        row[0] = marked.get(kind, row[0])
    widths = [max(3, *(len(row[place]) for row in escaped)) for place in range(len(columns))]
    lines = []
    for row in escaped:
        padded = (
            cell.ljust(width) if column.align == "left" else cell.rjust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        )
        lines.append(f"| {' | '.join(padded)} |")
    marks = (
        ":" + "-" * (width + 1) if column.align == "left" else "-" * (width + 1) + ":"
        for width, column in zip(widths, columns, strict=True)
    )
    lines.insert(1, f"|{'|'.join(marks)}|")
    return "\n".join(lines)
