"""A document as a Word file: headings, tables ruled as in print, pictures."""

from __future__ import annotations

import io
from itertools import zip_longest
from typing import Any

from logitkit.errors import UnsupportedError
from logitkit.report.column_widths import column_widths
from logitkit.report.document import Block, Column, Document, Fact, Figure, Prose, RowKind, Section, Table

__all__ = ["render_word"]

FONT, SIZE, SMALL = "Calibri", 10.5, 8.5  # points
MANY = 8  # columns, from which a table is set smaller
LEVELS = 9  # of headings
RULE, THIN = "12", "6"  # eighths of a point
PAGE, MARGIN = (21.0, 29.7), 2.0  # centimetres: A4
WIDE, HIGH, SCALE = 15.5, 22.0, 0.75  # the largest picture, and pictures over their size on a screen
LETTER, PADDING, SIDE = 0.57, 0.36, 0.12  # a mean letter over the size of the font; room within cells, in centimetres
INDENT = 0.4  # of the levels below a heading
TOGETHER = 14  # rows of a table that is not divided between pages


def render_word(document: Document) -> bytes:
    """Return a document as the content of a .docx file.

    Figures that are drawings of lines alone appear by title and caption: Word has no SVG of its own.

    Examples
    --------
    >>> from logitkit.report.document import Document
    >>> render_word(Document("Births"))[:2]
    b'PK'
    """
    try:
        import docx
    except ImportError:
        raise UnsupportedError("A Word document needs the package python-docx: pip install 'logitkit[word]'.") from None
    return _Writer(docx).written(document)


class _Writer:
    """A file in the making."""

    def __init__(self, docx: Any) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt

        self.points, self.cm, self.element, self.name = Pt, Cm, OxmlElement, qn
        self.right, self.middle = WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.CENTER
        self.file = docx.Document()
        page = self.file.sections[0]
        page.page_width, page.page_height = Cm(PAGE[0]), Cm(PAGE[1])
        page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(MARGIN)
        normal = self.file.styles["Normal"]
        normal.font.name, normal.font.size = FONT, Pt(SIZE)
        normal.paragraph_format.space_after = Pt(5)

    def written(self, document: Document) -> bytes:
        """Return the bytes of the file."""
        properties = self.file.core_properties
        properties.title, properties.author, properties.comments = _plain(document.title), "logitkit", ""
        self.footer(document.title)
        self.file.add_heading(_plain(document.title), 0)
        if document.subtitle:
            self.text(document.subtitle)
        self.facts(document.facts)
        for warning in document.warnings:
            self.text(warning, bold="Warning. ")
        for block in document.blocks:
            self.block(block, 1)
        for note in document.notes:
            self.text(note, SMALL)
        buffer = io.BytesIO()
        self.file.save(buffer)
        return buffer.getvalue()

    def footer(self, title: str) -> None:
        """Write the title and the number of the page below every page."""
        paragraph = self.file.sections[0].footer.paragraphs[0]
        paragraph.alignment = self.right
        run = paragraph.add_run(f"{_plain(title)} \N{EN DASH} ")
        number = paragraph.add_run()
        for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
            part = self.element("w:instrText" if kind is None else "w:fldChar")
            if kind is None:
                part.text = text
            else:
                part.set(self.name("w:fldCharType"), kind)
            number._r.append(part)  # noqa: SLF001 - python-docx has no fields of its own
        run.font.size = number.font.size = self.points(SMALL)

    def block(self, block: Block, level: int, *, leads: bool = False) -> None:
        """Write a block; headings of sections go down from a level, and prose that leads to a table stays with it."""
        if isinstance(block, Section):
            self.file.add_heading(_plain(block.heading), min(level, LEVELS))
            for part, after in zip_longest(block.blocks, block.blocks[1:]):
                self.block(part, level + 1, leads=isinstance(after, Table | Figure))
        elif isinstance(block, Prose):
            for paragraph in block.paragraphs:
                self.text(paragraph).paragraph_format.keep_with_next = leads
        elif isinstance(block, Table):
            self.table(block)
        else:
            self.figure(block)

    def text(self, words: str, size: float | None = None, bold: str = "") -> Any:
        """Write a paragraph."""
        paragraph = self.file.add_paragraph()
        if bold:
            paragraph.add_run(bold).bold = True
        run = paragraph.add_run(_plain(words))
        if size is not None:
            run.font.size = self.points(size)
        return paragraph

    def facts(self, facts: tuple[Fact, ...]) -> None:
        """Write labelled values as a table without heads."""
        if facts:
            heads = (Column("", "left"), Column("", "left"))
            self.grid(heads, tuple((fact.label, fact.value) for fact in facts), heads_shown=False)

    def table(self, table: Table) -> None:
        """Write a table with its title and its notes."""
        if table.title:
            title = self.text("", bold=_plain(table.title))
            title.paragraph_format.keep_with_next = True
        self.grid(table.columns, table.rows, heads_shown=any(column.name for column in table.columns), of=table)
        for note in table.notes:
            self.text(note, SMALL)

    def grid(
        self,
        columns: tuple[Column, ...],
        rows: tuple[tuple[str, ...], ...],
        *,
        heads_shown: bool,
        of: Table | None = None,
    ) -> None:
        """Write cells between rules; the heads are repeated on every page."""
        size = SMALL if len(columns) >= MANY else SIZE - 1
        lines = ([tuple(column.name for column in columns)] if heads_shown else []) + list(rows)
        if not lines:
            return
        made = self.file.add_table(len(lines), len(columns))
        made.autofit = False
        self.padding(made)
        letter = size * LETTER * 2.54 / 72
        widths = [self.cm(w) for w in column_widths(lines, PAGE[0] - 2 * MARGIN, letter, PADDING)]
        for column, width in zip(made.columns, widths, strict=True):
            column.width = width
        stays = len(lines) - 1 if len(lines) <= TOGETHER else 2
        for i, (line, row) in enumerate(zip(lines, made.rows, strict=True)):
            for column, cell, text, width in zip(columns, row.cells, line, widths, strict=True):
                cell.width = width
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.space_before = self.points(1)
                paragraph.paragraph_format.space_after = self.points(1)
                paragraph.paragraph_format.keep_with_next = i < stays
                if column.align == "right":
                    paragraph.alignment = self.right
                run = paragraph.add_run(_plain(text))
                run.font.size, run.bold = self.points(size), heads_shown and i == 0
                above = of is not None and of.is_ruled(i - heads_shown) if i >= heads_shown else False
                first = i == 0 and not (of and of.spans)
                self.rules(cell, top=first, head=heads_shown and i == 0, bottom=i == len(lines) - 1, above=above)
            if of is not None and i >= heads_shown:
                self.kind(row.cells[0].paragraphs[0], of.kind(i - heads_shown))
            self.whole(row, head=heads_shown and i == 0)
        if of is not None and of.spans:
            self.spans(made, of, widths, size)
        self.file.add_paragraph().paragraph_format.space_after = self.points(2)

    def kind(self, paragraph: Any, kind: RowKind) -> None:
        """Set in the name of a level, and set that of a heading in bold."""
        if kind == "level":
            paragraph.paragraph_format.left_indent = self.cm(INDENT)
        for run in paragraph.runs if kind == "heading" else ():
            run.bold = True

    def spans(self, made: Any, table: Table, widths: list[Any], size: float) -> None:
        """Write the spanning heads as a row above the heads, each over its columns, with a rule below it."""
        row = made.add_row()
        made.rows[0]._tr.addprevious(row._tr)  # noqa: SLF001 - python-docx adds rows at the end alone
        row = made.rows[0]
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
        spanned = {j for span in table.spans for j in span.columns}
        for j, cell in enumerate(row.cells):
            self.rules(cell, top=True, head=j in spanned, bottom=False)
        for span in table.spans:
            cell = row.cells[span.first].merge(row.cells[span.first + span.count - 1])
            paragraph = cell.paragraphs[0]
            paragraph.alignment = self.middle
            paragraph.paragraph_format.keep_with_next = True
            run = paragraph.add_run(_plain(span.name))
            run.font.size, run.bold = self.points(size), True
        self.whole(row, head=True)

    def padding(self, table: Any) -> None:
        """Leave less room at the sides of cells than Word does."""
        margins = self.element("w:tblCellMar")
        for side in ("left", "right"):
            part = self.element(f"w:{side}")
            part.set(self.name("w:w"), str(round(SIDE * 567)))  # twentieths of a point
            part.set(self.name("w:type"), "dxa")
            margins.append(part)
        properties = table._tbl.tblPr  # noqa: SLF001 - as below
        look = properties.find(self.name("w:tblLook"))  # which comes after it in the schema
        properties.append(margins) if look is None else look.addprevious(margins)

    def rules(self, cell: Any, *, top: bool, head: bool, bottom: bool, above: bool = False) -> None:
        """Draw the rules above and below a cell."""
        borders = self.element("w:tcBorders")
        for side, drawn, weight in (
            ("top", top or above, RULE if top else THIN),
            ("bottom", head or bottom, THIN if head else RULE),
        ):
            if drawn:
                line = self.element(f"w:{side}")
                for key, value in (("val", "single"), ("sz", weight), ("color", "000000")):
                    line.set(self.name(f"w:{key}"), value)
                borders.append(line)
        cell._tc.get_or_add_tcPr().append(borders)  # noqa: SLF001 - python-docx has no borders of its own

    def whole(self, row: Any, *, head: bool) -> None:
        """Keep a row on one page, and repeat it where it is the head."""
        properties = row._tr.get_or_add_trPr()  # noqa: SLF001 - as above
        properties.append(self.element("w:cantSplit"))
        if head:
            properties.append(self.element("w:tblHeader"))

    def figure(self, figure: Figure) -> None:
        """Write a picture with its title and caption."""
        if figure.title:
            self.text("", bold=_plain(figure.title)).paragraph_format.keep_with_next = True
        if figure.png is not None:
            shape = self.file.add_picture(io.BytesIO(figure.png))
            by = min(SCALE, self.cm(WIDE) / shape.width, self.cm(HIGH) / shape.height)
            shape.height, shape.width = round(shape.height * by), round(shape.width * by)
            shape._inline.docPr.set("descr", _plain(figure.alt))  # noqa: SLF001 - python-docx has no description
        if figure.caption:
            self.text(figure.caption, SMALL)


def _plain(text: str) -> str:
    """Return a text without characters that XML does not have."""
    return "".join(sign for sign in text if sign in "\t\n" or (sign >= " " and sign not in "\ufffe\uffff"))
