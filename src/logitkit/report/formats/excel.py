"""A document as an Excel workbook: a sheet of what is said, and a sheet per section; numbers are numbers."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from logitkit.errors import UnsupportedError
from logitkit.report.document import Block, Column, Document, Figure, Prose, RowKind, Section, Table

__all__ = ["number_of", "render_excel"]

NUMBER = re.compile(r"[-+\u2212]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.(?P<decimals>\d+))?(?P<power>e[+-]\d+)?(?P<percent>%)?")
INTERVAL = re.compile(r"\[(?P<low>\S+), (?P<high>\S+)\]|(?P<from>\S+) to (?P<to>\S+)")
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")  # in names of sheets
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NAME_MOST, CELL_MOST = 31, 32_767
NARROW, WIDEST = 9, 60  # characters
REFERENCE = "reference"  # which has no interval, in a column of intervals


class Number(NamedTuple):
    """A cell that is a number.

    Parameters
    ----------
    value : float
        Its value.
    shown : str
        Excel's format, with which it looks as the text did.
    """

    value: float
    shown: str


def number_of(text: str) -> Number | None:
    """Return the number that a finished text shows, and the format that shows it so.

    Examples
    --------
    >>> number_of("1,234.50")
    Number(value=1234.5, shown='#,##0.00')
    >>> number_of("30.1%")
    Number(value=0.301, shown='0.0%')
    >>> number_of("below 5") is None
    True
    """
    found = NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    digits = text.strip().rstrip("%").replace(",", "").replace("\N{MINUS SIGN}", "-")
    places = len(found["decimals"] or "")
    if sum(sign.isdigit() for sign in digits) > 15:  # more than a double holds
        return None
    # One decimal point is moved, so that 30.1% is the double nearest to 0.301.
    value = float(f"{digits}e-2") if found["percent"] and not found["power"] else float(digits)
    decimals = f".{'0' * places}" if places else ""
    if found["power"]:
        return Number(value, f"0{decimals}E+00")
    shown = f"{'#,##0' if ',' in text else '0'}{decimals}{'%' if found['percent'] else ''}"
    return Number(value, f"+{shown};-{shown};{shown}" if text.strip()[0] == "+" else shown)


def render_excel(document: Document) -> bytes:
    """Return a document as the content of an .xlsx file.

    Texts are never formulas, whatever they begin with. Figures appear by title and caption.

    Examples
    --------
    >>> from logitkit.report.document import Document
    >>> render_excel(Document("Births"))[:2]
    b'PK'
    """
    try:
        import openpyxl
    except ImportError:
        raise UnsupportedError("An Excel workbook needs the package openpyxl: pip install 'logitkit[excel]'.") from None
    book = openpyxl.Workbook()
    book.properties.title, book.properties.creator = _plain(document.title), "logitkit"
    first = _Sheet(book.active, document.title, set())
    taken = {first.named}
    first.line(document.title, bold=True, size=14)
    if document.subtitle:
        first.line(document.subtitle)
    heads = (Column("", "left"), Column(""))
    if document.facts:
        first.cells(heads, [(fact.label, fact.value) for fact in document.facts], heads_shown=False)
    for warning in document.warnings:
        first.line(f"Warning. {warning}", bold=True)
    for block in document.blocks:
        if isinstance(block, Section):
            sheet = _Sheet(book.create_sheet(), block.heading, taken)
            taken.add(sheet.named)
            sheet.block(block)
            sheet.fit()
        else:
            first.block(block)
    for note in document.notes:
        first.line(note)
    first.fit()
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


class _Sheet:
    """A sheet in the making, written row by row."""

    def __init__(self, sheet: Any, title: str, taken: set[str]) -> None:
        from openpyxl.styles import Alignment, Border, Font, Side

        self.sheet, self.row, self.widths = sheet, 1, dict[int, int]()
        self.font, self.alignment, self.border, self.side = Font, Alignment, Border, Side
        self.named = _sheet_name(title, taken)
        sheet.title = self.named
        sheet.sheet_view.showGridLines = False

    def block(self, block: Block) -> None:
        """Write a block."""
        if isinstance(block, Section):
            self.line(block.heading, bold=True, size=12)
            for part in block.blocks:
                self.block(part)
        elif isinstance(block, Prose):
            for paragraph in block.paragraphs:
                self.line(paragraph)
        elif isinstance(block, Table):
            if block.title:
                self.line(block.title, bold=True)
            self.cells(block.columns, block.rows, heads_shown=any(column.name for column in block.columns), of=block)
            for note in block.notes:
                self.line(note)
        elif isinstance(block, Figure) and (block.title or block.caption):
            self.line(". ".join(text for text in (block.title, block.caption) if text))

    def line(self, text: str, *, bold: bool = False, size: float = 11) -> None:
        """Write a text over the width of the sheet."""
        self.put(1, text).font = self.font(bold=bold, size=size)
        self.row += 1

    def cells(
        self,
        columns: tuple[Column, ...],
        rows: Iterable[tuple[str, ...]],
        *,
        heads_shown: bool,
        of: Table | None = None,
    ) -> None:
        """Write a table, and leave a row free below it."""
        columns, rows, places = _with_ends(columns, list(rows))
        rule = self.side(style="medium")
        if of is not None and of.spans:
            self.spans(of, places, len(columns))
        spanned = of is not None and bool(of.spans)
        if heads_shown:
            for j, column in enumerate(columns, start=1):
                cell = self.put(j, column.name)
                cell.font = self.font(bold=True)
                cell.alignment = self.alignment(horizontal=column.align)
                cell.border = self.border(top=None if spanned else rule, bottom=self.side(style="thin"))
                self.widths[j] = max(self.widths.get(j, NARROW), len(column.name) + 2)
            self.row += 1
        for i, row in enumerate(rows):
            kind: RowKind = "plain" if of is None else of.kind(i)
            ruled = of is not None and of.is_ruled(i)
            for j, (column, text) in enumerate(zip(columns, row, strict=True), start=1):
                number = number_of(text) if column.align == "right" else None
                cell = self.put(j, text) if number is None else self.sheet.cell(self.row, j, number.value)
                if number is not None:
                    cell.number_format = number.shown
                indent = 1 if kind == "level" and j == 1 else 0
                cell.alignment = self.alignment(horizontal=column.align, indent=indent)
                cell.border = self.border(top=self.side(style="thin") if ruled else None)
                if kind == "heading" and j == 1:
                    cell.font = self.font(bold=True)
                self.widths[j] = max(self.widths.get(j, NARROW), len(text) + 2)
            self.row += 1
        for j in range(1, len(columns) + 1):
            last = self.sheet.cell(self.row - 1, j)
            last.border = self.border(top=last.border.top, bottom=rule)
        self.row += 1

    def spans(self, table: Table, places: list[int], width: int) -> None:
        """Write the spanning heads in a row of their own, each over the columns that became of its own."""
        rule, thin = self.side(style="medium"), self.side(style="thin")
        for j in range(1, width + 1):
            self.sheet.cell(self.row, j).border = self.border(top=rule)
        for span in table.spans:
            own = [k + 1 for k, place in enumerate(places) if place in span.columns]
            cell = self.put(own[0], span.name)
            cell.font, cell.alignment = self.font(bold=True), self.alignment(horizontal="center")
            for j in own:
                self.sheet.cell(self.row, j).border = self.border(top=rule, bottom=thin)
            if len(own) > 1:
                self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=own[0], end_column=own[-1])
        self.row += 1

    def put(self, column: int, text: str) -> Any:
        """Write a text that is no formula."""
        cell = self.sheet.cell(self.row, column)
        cell.value = _plain(text)[:CELL_MOST]
        cell.data_type = "s"
        return cell

    def fit(self) -> None:
        """Make columns as wide as their tables, not as their sentences."""
        from openpyxl.utils import get_column_letter

        for j, width in self.widths.items():
            self.sheet.column_dimensions[get_column_letter(j)].width = min(width, WIDEST)


def _with_ends(
    columns: tuple[Column, ...], rows: list[tuple[str, ...]]
) -> tuple[tuple[Column, ...], list[tuple[str, ...]], list[int]]:
    """Return a table in which a column of intervals is two, so that both ends are numbers, and where each was."""
    heads: list[Column] = []
    places: list[int] = []
    cells: list[list[str]] = [[] for _ in rows]
    for j, column in enumerate(columns):
        ends = [_ends(row[j]) for row in rows]
        if column.align == "right" and None not in ends and any(own and own[1] for own in ends):
            heads += [Column(f"{column.name.strip()} {end}") for end in ("low", "high")]
            places += [j, j]
            for line, own in zip(cells, ends, strict=True):
                line.extend(own or ())
            continue
        heads.append(column)
        places.append(j)
        for line, row in zip(cells, rows, strict=True):
            line.append(row[j])
    return tuple(heads), [tuple(line) for line in cells], places


def _ends(text: str) -> tuple[str, ...] | None:
    """Return both ends of an interval, the word and nothing for a reference, and None for what is neither."""
    if not text:
        return ("", "")
    found = INTERVAL.fullmatch(text)
    if found is None:
        return (text, "") if text == REFERENCE else None
    ends = (found["low"] or found["from"], found["high"] or found["to"])
    return ends if all(number_of(end) for end in ends) else None


def _sheet_name(title: str, taken: set[str]) -> str:
    """Return a name that Excel takes, and that no other sheet has."""
    plain = FORBIDDEN.sub(" ", _plain(title)).strip(" '")[:NAME_MOST] or "Sheet"
    name, n = plain, 1
    while name.lower() in {other.lower() for other in taken}:
        n += 1
        name = f"{plain[: NAME_MOST - len(str(n)) - 1]} {n}"
    return name


def _plain(text: str) -> str:
    """Return a text without characters that XML does not have."""
    return CONTROL.sub("", text)
