"""A document as plain text for a terminal: aligned columns, thin rules, rules of ASCII.

The rules are hyphens, because a terminal or a pipe with an old code page cannot print box-drawing characters
and a summary must never fail to print. Names from the data may hold anything: wide characters are measured by
the columns that they occupy, and control characters are shown as escapes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from logitkit.errors import DataError
from logitkit.options import is_count
from logitkit.report.document import Block, Document, Fact, Figure, Prose, Section, Table

__all__ = ["display_width", "render_text"]

_WIDTH = 80
_GAP = 2
INDENT = "  "  # before the levels below a heading
_NARROWEST_NAME = 18
_NARROWEST_NAME_OF_ALL = 10  # where a table that is not divided would still be too wide
_NARROWEST_PAGE = 60
_BETWEEN_WORDS = re.compile(r"(?<=\s)")
_INSIDE_NAMES = re.compile(r"(?:(?<=[\s:_\])])|(?<=,)(?!\d))(?![\s:,_\])])|(?=\[)")


def render_text(document: Document, width: int = _WIDTH) -> str:
    """Render a document as plain text.

    Long notes wrap; long names of rows wrap inside their column. A table that is still too wide has its columns nearer
    to each other or, if it ``divides``, is printed in panels that repeat the columns that name its rows. Facts stand in
    two columns.

    Parameters
    ----------
    document : Document
        What to print.
    width : int
        The most character cells a line may take, at least 40. Only what cannot be broken exceeds it: a cell, and a row
        of a table that is not divided.

    Returns
    -------
    str
        Lines separated by newlines, without a last newline and without trailing spaces.

    Examples
    --------
    >>> from logitkit.report.document import Column, Document, Table
    >>> table = Table(None, (Column("Term", "left"), Column("Estimate")), (("age", "0.0412"), ("lwt", "-0.01")))
    >>> print(render_text(Document("Births", blocks=(table,))))
    Births
    <BLANKLINE>
    --------------
    Term  Estimate
    --------------
    age     0.0412
    lwt      -0.01
    --------------
    """
    if not is_count(width, 0):
        raise DataError(f"width={width!r:.60} must be a whole number of characters.")
    width = max(width, 40)
    tables = [_cells(block) if isinstance(block, Table) else None for block in document.blocks]
    page = _page_width(document, tables, width)
    parts = [_wrap(document.title, width) + _wrap(document.subtitle, width)]
    parts.append(_facts(document.facts, page))
    parts.append([line for text in document.warnings for line in _hanging("Warning: ", text, page)])
    parts += [_block(block, page, width, cells) for block, cells in zip(document.blocks, tables, strict=True)]
    parts.append([line for text in document.notes for line in _wrap(text, page)])
    lines = [*_separated(parts)]
    return "\n".join(line.rstrip() for line in lines)


def display_width(text: str) -> int:
    r"""Count the character cells that a text takes on a terminal.

    Parameters
    ----------
    text : str
        One line.

    Returns
    -------
    int
        Two for each East Asian wide character, none for a combining mark, one for any other.

    Examples
    --------
    >>> display_width("abc"), display_width("\u6771\u4eac"), display_width("e\u0301")
    (3, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _page_width(document: Document, tables: list[list[list[str]] | None], width: int) -> int:
    """Return the width that facts, notes and tables share: what the widest of them needs."""
    needs = []
    for cells in tables:
        if cells is None:  # what is no table fills the page
            return width
        needs.append(sum(_natural_widths(cells)) + _GAP * (len(cells) - 1))
    needs += [2 * size + 2 * _GAP for size in map(_fact_width, document.facts) if 2 * size + 2 * _GAP <= width]
    return min(width, max([_NARROWEST_PAGE, *needs]))


def _block(block: Block, page: int, width: int, cells: list[list[str]] | None = None) -> list[str]:
    match block:
        case Table():
            return _table(block, cells or _cells(block), page, width)
        case Prose():
            return [*_separated(_wrap(text, page) for text in block.paragraphs)]
        case Figure():
            return _wrap(f"[Figure] {block.title}", page) + _wrap(block.caption or block.alt, page)
        case Section():
            heading = _wrap(block.heading, width)
            underline = "-" * max(map(display_width, heading), default=0)
            return [*_separated([[*heading, underline], *(_block(each, page, width) for each in block.blocks)])]


def _facts(facts: Sequence[Fact], page: int) -> list[str]:
    """Lay facts out in two columns, filled downwards; one wider than half of the page has its own line."""
    half = (page - 2 * _GAP) // 2

    lines: list[str] = []
    for is_long, group in groupby(facts, key=lambda fact: _fact_width(fact) > half):
        run = list(group)
        if is_long:
            lines += [line for fact in run for line in _hanging(f"{_clean(fact.label)}  ", fact.value, page)]
            continue
        rows = (len(run) + 1) // 2
        for left, right in zip(run[:rows], [*run[rows:], None][:rows], strict=True):
            line = _spread(left, half)
            if right is not None:
                line += " " * (page - 2 * half) + _spread(right, half)
            lines.append(line)
    return ["-" * page, *lines, "-" * page] if lines else []


def _fact_width(fact: Fact) -> int:
    return display_width(_clean(fact.label)) + _GAP + display_width(_clean(fact.value))


def _spread(fact: Fact, width: int) -> str:
    label, value = _clean(fact.label), _clean(fact.value)
    return label + " " * (width - display_width(label) - display_width(value)) + value


def _table(table: Table, cells: list[list[str]], page: int, width: int) -> list[str]:
    gap, panels = _panels(table, cells, width)
    grids = [_grid(table, cells, panel, page, gap) for panel in panels]
    notes = [line for note in table.notes for line in _wrap(note, page)]
    return [*_wrap(table.title or "", page), *_separated(grids), *notes]


def _cells(table: Table) -> list[list[str]]:
    """Return the columns of cells, heading first, as printable text."""
    indents = [INDENT if table.kind(row) == "level" else "" for row in range(len(table.rows))]
    return [
        [
            _clean(column.name),
            *(
                (indent if place == 0 else "") + _clean(row[place])
                for indent, row in zip(indents, table.rows, strict=True)
            ),
        ]
        for place, column in enumerate(table.columns)
    ]


def _natural_widths(cells: list[list[str]]) -> list[int]:
    # Most columns are plain: one look at all of their text is quicker than one at each cell.
    return [max(map(len if "".join(column).isascii() else display_width, column)) for column in cells]


def _panels(table: Table, cells: list[list[str]], width: int) -> tuple[int, list[dict[int, int]]]:
    """Return the gap between columns, and for each panel the places of its columns and their widths.

    Room is found first in headings of several words, then in left-aligned columns (names wrap well), and last
    by dividing the columns among panels or, where a row must stay whole, in the gaps and the names again.
    """
    widths = _spanned(table, _natural_widths(cells))
    room = width - _GAP * (len(widths) - 1)
    if sum(widths) > room:
        for place, column in enumerate(cells):
            words = [display_width(word) for word in column[0].split()]
            widths[place] = max([1, *words, *map(display_width, column[1:])])
        widths = _spanned(table, widths, by_words=True)
    widths = _narrowed(table, widths, room, _NARROWEST_NAME)
    if sum(widths) <= room or len(widths) == 1:
        return _GAP, [dict(enumerate(widths))]
    if not table.divides:
        room = width - (len(widths) - 1)
        return 1, [dict(enumerate(_narrowed(table, widths, room, _NARROWEST_NAME_OF_ALL)))]
    panels: list[dict[int, int]] = []
    names = {place: widths[place] for place in range(min(table.n_names, len(widths) - 1))}
    if sum(names.values()) + _GAP * len(names) + max(widths) > width:
        names = {0: widths[0]}  # the names of the rows alone would fill it
    for place in range(len(names), len(widths)):
        taken = sum(panels[-1].values()) + _GAP * len(panels[-1]) if panels else width
        if taken + widths[place] > width:
            panels.append(dict(names))
        panels[-1][place] = widths[place]
    return _GAP, panels


def _spanned(table: Table, widths: list[int], *, by_words: bool = False) -> list[int]:
    """Return widths with which the columns below a spanning head have room for it, or for its longest word."""
    for span in table.spans:
        pieces = _clean(span.name).split() if by_words else [_clean(span.name)]
        lacking = (
            max(map(display_width, pieces), default=0) - sum(widths[j] for j in span.columns) - _GAP * (span.count - 1)
        )
        widths[span.first] += max(0, lacking)
    return widths


def _span_lines(table: Table, panel: dict[int, int], separators: list[str]) -> list[str]:
    """Return the spanning heads above the heads of a panel, each in the middle of its columns, and rules below them."""
    places = list(panel)
    named: list[tuple[list[str], int, str]] = []  # the lines of a head, how wide it is, and the gap behind it
    at = 0
    while at < len(places):
        span = next((each for each in table.spans if places[at] in each.columns), None)
        run = [k for k in range(at, len(places)) if span is not None and places[k] in span.columns] or [at]
        size = sum(panel[places[k]] for k in run) + sum(len(separators[k]) for k in run[:-1])
        lines = [] if span is None else _broken(_clean(span.name), size)
        named.append((lines, size, separators[run[-1]] if run[-1] < len(separators) else ""))
        at = run[-1] + 1
    height = max(len(lines) for lines, _, _ in named)
    heads = [
        "".join(_middle(["", *lines][max(0, k - height + len(lines) + 1)], size) + gap for lines, size, gap in named)
        for k in range(height)
    ]
    return [*heads, "".join(("-" if lines else " ") * size + gap for lines, size, gap in named)]


def _middle(text: str, width: int) -> str:
    left = max(0, width - display_width(text)) // 2
    return " " * left + text + " " * (width - left - display_width(text))


def _narrowed(table: Table, widths: list[int], room: int, least: int) -> list[int]:
    """Return widths with what is beyond the room taken off the left-aligned columns, the widest first."""
    narrowed = list(widths)
    lefts = [place for place, column in enumerate(table.columns) if column.align == "left"]
    for place in sorted(lefts, key=lambda each: -widths[each]):
        excess = max(0, sum(narrowed) - room)
        narrowed[place] = max(min(widths[place], least), widths[place] - excess)
    return narrowed


def _grid(table: Table, cells: list[list[str]], panel: dict[int, int], page: int, gap: int) -> list[str]:
    """Print one panel; every line has the same display width."""
    gaps = len(panel) - 1
    natural = sum(panel.values()) + gap * gaps
    # A table nearly as wide as the page is let out to it, so that its rules meet those of the facts.
    spare = page - natural if gaps and page > natural >= 0.6 * page else 0
    separators = [" " * (gap + spare // gaps + (place < spare % gaps)) for place in range(gaps)] if gaps else []
    rule = "-" * (natural + spare)
    printed = _span_lines(table, panel, separators) if table.spans else []
    for row in range(len(table.rows) + 1):
        if row and table.is_ruled(row - 1):
            printed.append(rule)
        heading = row == 0
        pieces = [
            _broken(cells[place][row], size, names=not heading, indent=0 if heading else 2)
            for place, size in panel.items()
        ]
        height = max(1, *map(len, pieces))
        for level in range(height):
            line = ""
            for piece, separator, (place, size) in zip(pieces, [*separators, ""], panel.items(), strict=True):
                # Headings stand on the rule below them; cells hang from the first line of their row.
                at = level - (height - len(piece)) if heading else level
                text = piece[at] if 0 <= at < len(piece) else ""
                line += _pad(text, size, table.columns[place].align) + separator
            printed.append(line)
        if heading:
            printed.append(rule)
    return [rule, *printed, rule]


def _pad(text: str, width: int, align: str) -> str:
    blank = " " * (width - display_width(text))
    return text + blank if align == "left" else blank + text


def _hanging(head: str, text: str, width: int) -> list[str]:
    lines = _wrap(text, max(20, width - display_width(head))) or [""]
    return [(head if not place else " " * display_width(head)) + line for place, line in enumerate(lines)]


def _wrap(text: str, width: int) -> list[str]:
    """Break a text at spaces."""
    return _broken(_clean(text), width)


def _broken(text: str, width: int, *, names: bool = False, indent: int = 0) -> list[str]:
    """Break printable text at spaces, a name also after ``:``, ``,``, ``_``, ``]``, ``)`` and before ``[``."""
    if display_width(text) <= width:
        return [text] if text else []
    lines = [""]
    for token in (_INSIDE_NAMES if names else _BETWEEN_WORDS).split(text):
        if display_width(lines[-1] + token.rstrip()) <= width:
            lines[-1] += token
            continue
        if lines[-1].strip():
            lines.append(" " * indent)
        for char in token:
            if display_width(lines[-1] + char) > width and not char.isspace():
                lines.append(" " * indent)
            lines[-1] += char
    return [line.rstrip() for line in lines]


def _separated(parts: Iterable[list[str]]) -> Iterator[str]:
    """Join the parts that are not empty with an empty line between two of them."""
    first = True
    for part in parts:
        if part:
            yield from part if first else ["", *part]
            first = False


def _clean(text: str) -> str:
    """Make white space plain, and show what a terminal would obey instead of print."""
    if text.isascii() and text.isprintable():
        return text
    spaced = (" " if char.isspace() else char for char in text)
    return "".join(char if char.isprintable() or unicodedata.combining(char) else ascii(char)[1:-1] for char in spaced)
