"""Results of diagnostics within a report: the blocks of their documents, and tables that all reports share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.collinearity import Collinearity
from logitkit.engine.record import FitRecord
from logitkit.report.document import Block, Column, Prose, Section, Table
from logitkit.report.findings.calibration import finding_document
from logitkit.report.number_format import format_column
from logitkit.typing import FloatArray

__all__ = ["apparent_words", "collinearity_table", "finding_blocks", "influence_table", "said_once"]

LARGEST_LISTED = 10


def finding_blocks(result: object, most: int | None = None) -> tuple[Block, ...]:
    """Return what the document of a result says, as a part of a report.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> [type(block).__name__ for block in finding_blocks(fit.test("x = 0"))]
    ['Table', 'Table', 'Prose', 'Prose']
    """
    document = finding_document(result)
    facts = tuple((fact.label, fact.value) for fact in document.facts)
    tables = [block for block in document.blocks if isinstance(block, Table)][:most]
    blocks: list[Block] = [Prose(text) for text in document.warnings]
    if facts:
        blocks.append(Table(None, (Column("Measure", "left"), Column("Value")), facts))
    blocks += tables
    return (*blocks, *(Prose(note) for note in document.notes))


def said_once(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return blocks without sentences that stood before among them, as the same notes below every sample.

    Examples
    --------
    >>> said_once((Prose("Wald."), Section("B", (Prose("Wald."), Prose("Score.")))))[1].blocks[0].text
    'Score.'
    """
    return tuple(_unsaid(blocks, set()))


def _unsaid(blocks: tuple[Block, ...], said: set[str]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Section):
            yield Section(block.heading, tuple(_unsaid(block.blocks, said)))
        elif not isinstance(block, Prose) or block.text not in said:
            said |= {block.text} if isinstance(block, Prose) else set()
            yield block


def influence_table(design: Design, distance: FloatArray, beside: Mapping[str, FloatArray]) -> Table:
    """Return the rows of largest Cook's distance."""
    order = np.argsort(-np.nan_to_num(distance, nan=-1.0), kind="stable")[:LARGEST_LISTED]
    positions = design.positions[order]
    names = [str(label) for label in (positions if design.index is None else design.index[positions])]
    columns = {"Cook's distance": distance, **beside}
    cells = zip(names, *(format_column(values[order], "estimate") for values in columns.values()), strict=True)
    heads = (Column("Row", "left"), *(Column(name) for name in columns))
    return Table(f"The {len(order)} rows of largest Cook's distance", heads, tuple(cells))


def collinearity_table(result: Collinearity, notes: tuple[str, ...] = ()) -> Table:
    """Return variance inflation, one row per term."""
    cells = zip(
        result.terms,
        format_column(result.gvif, "statistic"),
        format_column(result.dof, "integer"),
        format_column(result.gvif_scaled, "statistic"),
        strict=True,
    )
    heads = (Column("Term", "left"), Column("GVIF"), Column("df"), Column("GVIF^(1/(2 df))"))
    return Table("Generalised variance inflation factors", heads, tuple(cells), notes)


def apparent_words(record: FitRecord) -> str:
    """Return why an area under the curve on the rows of the fit is only apparent."""
    chosen = (
        "its coefficients, and often its penalty strength and columns, were chosen with them"
        if record.is_penalised
        else "its coefficients were estimated from them"
    )
    return (
        f"Apparent: these are the rows of the fit, whose outcomes the model has seen, and {chosen}. On new rows the "
        "area is usually smaller, the more so the more columns there are, or were tried, relative to the number of "
        "rows with the rarest outcome."
    )
