"""What a summary or a report says, apart from how it looks: a frozen tree of strings and pictures.

A `Document` has a title, a grid of facts, blocks (tables, prose, figures, sections of these), notes and
warnings. Its cells are finished text from `logitkit.report.number_format`; each renderer turns the same tree
into one format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from logitkit.errors import LogitkitError

__all__ = ["Block", "Column", "Document", "Fact", "Figure", "Prose", "RowKind", "Section", "Span", "Table"]

RowKind = Literal["plain", "heading", "level", "statistic"]
"""A heading names the levels below it, which are set in; statistics stand below a rule, at the end of a table."""

_LONGEST_VALUE_IN_GRID = 32
_LONGEST_FACT_IN_GRID = 48


@dataclass(frozen=True, slots=True)
class Fact:
    """A labelled value of the head of a summary, such as the number of observations.

    Parameters
    ----------
    label : str
        What it is.
    value : str
        The formatted value.

    Examples
    --------
    >>> Fact("Observations", "60,000").value
    '60,000'
    """

    label: str
    value: str

    @property
    def is_long(self) -> bool:
        """Whether the value, such as a formula, needs a line of its own beside a grid of short facts."""
        length = len(self.value)
        return length > _LONGEST_VALUE_IN_GRID or len(self.label) + length > _LONGEST_FACT_IN_GRID


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a table's column.

    Parameters
    ----------
    name : str
        The heading.
    align : {"right", "left"}
        Right for numbers, left for names.

    Raises
    ------
    LogitkitError
        If `align` is neither.

    Examples
    --------
    >>> Column("Estimate").align
    'right'
    """

    name: str
    align: Literal["left", "right"] = "right"

    def __post_init__(self) -> None:
        """Check the alignment."""
        if self.align not in ("left", "right"):
            raise LogitkitError(f"Column {self.name!r} has align={self.align!r}; it must be 'left' or 'right'.")


@dataclass(frozen=True, slots=True)
class Span:
    """A heading over the heads of several columns, such as the name of a model over those of its estimates.

    Parameters
    ----------
    name : str
        The heading.
    first : int
        Place of its first column, from 0.
    count : int
        How many columns it is over.

    Examples
    --------
    >>> list(Span("Adjusted", 1, 2).columns)
    [1, 2]
    """

    name: str
    first: int
    count: int

    @property
    def columns(self) -> range:
        """Places of its columns."""
        return range(self.first, self.first + self.count)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of finished text.

    Parameters
    ----------
    title : str or None
        Printed above the table.
    columns : tuple of Column, length k
        The heads. A first column that is left-aligned holds the names of the rows.
    rows : tuple of tuple of str, each of length k
        The cells, already formatted.
    notes : tuple of str
        Printed below the table.
    n_names : int
        How many of the first columns name the rows: a table that is printed in panels repeats them.
    divides : bool
        Whether a table too wide for the page may be printed in panels, because the columns after the names are alike,
        such as one per outcome. Another table is never divided: an estimate stays on one line with its limits.
    spans : tuple of Span
        Headings over several heads, in order, which do not overlap.
    kinds : tuple of {'plain', 'heading', 'level', 'statistic'}
        What each row is; empty where all are plain.

    Raises
    ------
    LogitkitError
        If there is no column, a row is not as wide as `columns`, a cell is not a string, spans overlap, or there are
        kinds for some rows only.

    Examples
    --------
    >>> table = Table(None, (Column("Term", "left"), Column("Estimate")), (("age", "0.0412"),))
    >>> len(table.rows[0]) == len(table.columns)
    True
    """

    title: str | None
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    n_names: int = 1
    divides: bool = False
    spans: tuple[Span, ...] = ()
    kinds: tuple[RowKind, ...] = ()

    def kind(self, row: int) -> RowKind:
        """Return what a row is."""
        return self.kinds[row] if self.kinds else "plain"

    def is_ruled(self, row: int) -> bool:
        """Tell whether a rule divides a row from those above it: the first of the statistics."""
        return self.kind(row) == "statistic" and row > 0 and self.kind(row - 1) != "statistic"

    def span_of(self, column: int) -> str:
        """Return the heading over the head of a column; empty where there is none."""
        return next((span.name for span in self.spans if column in span.columns), "")

    def __post_init__(self) -> None:
        """Check the shape, and that every cell is text."""
        where = f"Table {self.title!r}" if self.title else "The table"
        if self.kinds and len(self.kinds) != len(self.rows):
            raise LogitkitError(f"{where} has {len(self.kinds)} kinds and {len(self.rows)} rows; give one for each.")
        end = 0
        for span in self.spans:
            if span.count < 1 or span.first < end or span.first + span.count > len(self.columns):
                raise LogitkitError(
                    f"{where}: the span {span.name!r} is over {span.count} columns from the {span.first + 1}th of "
                    f"{len(self.columns)}; spans are in order and do not overlap."
                )
            end = span.first + span.count
        if not self.columns:
            raise LogitkitError(f"{where} has no columns; it needs at least one.")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise LogitkitError(
                    f"{where}: row {number} is {row!r}, of length {len(row)}, and there are "
                    f"{len(self.columns)} columns ({', '.join(column.name for column in self.columns)}); "
                    "give one cell for each."
                )
            for column, cell in zip(self.columns, row, strict=True):
                if not isinstance(cell, str):
                    raise LogitkitError(
                        f"{where}: row {number}, column {column.name!r} holds {cell!r}, which is not text; "
                        "format it with logitkit.report.number_format first."
                    )


@dataclass(frozen=True, slots=True)
class Prose:
    r"""Paragraphs of plain text; an empty line separates two of them.

    Parameters
    ----------
    text : str
        The text. Line breaks inside a paragraph have no meaning.

    Examples
    --------
    >>> Prose("The first.\n\nThe second,\nin two lines.").paragraphs
    ('The first.', 'The second, in two lines.')
    """

    text: str

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs, each on one line."""
        pieces = (" ".join(piece.split()) for piece in self.text.replace("\r\n", "\n").split("\n\n"))
        return tuple(piece for piece in pieces if piece)


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture, as SVG or PNG; HTML shows it, and the other formats give its title and caption.

    Parameters
    ----------
    title : str
        Printed above the picture.
    svg : str or None
        An SVG document, shown in preference to `png`.
    png : bytes or None
        The content of a PNG file.
    caption : str
        Printed below the picture.
    alt : str
        What a reader who cannot see the picture should know.

    Raises
    ------
    LogitkitError
        If both `svg` and `png` are None.

    Examples
    --------
    >>> Figure("ROC", svg="<svg/>", png=None, caption="", alt="A rising curve.").title
    'ROC'
    """

    title: str
    svg: str | None
    png: bytes | None
    caption: str
    alt: str

    def __post_init__(self) -> None:
        """Check that there is a picture."""
        if self.svg is None and self.png is None:
            raise LogitkitError(f"Figure {self.title!r} has no picture; give svg or png.")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the blocks below it; sections nest.

    Parameters
    ----------
    heading : str
        The heading.
    blocks : tuple of Table, Prose, Figure or Section
        The content, in reading order.
    items : str
        The items of a reporting guideline that it answers; a page shows them in the margin.

    Raises
    ------
    LogitkitError
        If a block is of another type.

    Examples
    --------
    >>> Section("Data", (Prose("189 births."),)).blocks[0].paragraphs
    ('189 births.',)
    """

    heading: str
    blocks: tuple[Block, ...]
    items: str = ""

    def __post_init__(self) -> None:
        """Check the types of the blocks."""
        _check_blocks(f"Section {self.heading!r}", self.blocks)


Block: TypeAlias = Table | Prose | Figure | Section


@dataclass(frozen=True, slots=True)
class Document:
    """A summary or a whole report.

    Parameters
    ----------
    title : str
        The title.
    subtitle : str
        One line below it.
    facts : tuple of Fact
        Shown as a compact grid, filled column by column.
    blocks : tuple of Table, Prose, Figure or Section
        The content, in reading order.
    notes : tuple of str
        Printed at the end.
    warnings : tuple of str
        What the reader must know before the numbers; shown above the blocks.
    numbers : str
        The numbers as JSON, for programs; only a page of HTML carries it, unseen.

    Raises
    ------
    LogitkitError
        If a block is of another type.

    Examples
    --------
    >>> document = Document("Births", facts=(Fact("Observations", "189"),))
    >>> document == Document("Births", facts=(Fact("Observations", "189"),))
    True
    """

    title: str
    subtitle: str = ""
    facts: tuple[Fact, ...] = ()
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    numbers: str = ""

    def __post_init__(self) -> None:
        """Check the types of the blocks, and that a lone note was not given as a string."""
        _check_blocks(f"Document {self.title!r}", self.blocks)
        for name in ("notes", "warnings"):
            if isinstance(getattr(self, name), str):
                raise LogitkitError(f"Document {self.title!r}: {name} is one string; give a tuple of strings.")


def _check_blocks(where: str, blocks: tuple[Block, ...]) -> None:
    for number, block in enumerate(blocks, start=1):
        if not isinstance(block, Table | Prose | Figure | Section):
            raise LogitkitError(
                f"{where}: block {number} is a {type(block).__name__}; it must be a Table, Prose, Figure or Section."
            )
