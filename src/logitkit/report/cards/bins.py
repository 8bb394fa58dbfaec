"""The pages of variables in the document of a card: their bins, what is proved of them, what was changed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from logitkit.plots.binning import plot_bin_table
from logitkit.report.cards.scorecard_findings import SHAPES, certificate_words
from logitkit.report.document import Block, Prose, Section
from logitkit.report.drawn import drawn_figure
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_integer, format_number, format_percent
from logitkit.scorecard.bin_table import BinTable, bin_table
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.rules import LevelRule

__all__ = ["variables_section"]

NAMED, LISTED = 4, 60  # levels in the label of a bin, and in the list below its table
SHAPES_IN_WORDS = {
    shape: "No shape was asked for." if shape == "none" else f"Shape: {words}." for shape, words in SHAPES.items()
}


def variables_section(
    binnings: Mapping[str, Binning], taken: tuple[str, ...], level: float, *, raster: bool
) -> Section:
    """Return a page per variable: those of the card in its order, then the others."""
    others = [name for name in binnings if name not in taken]
    pages: list[Block] = [
        Prose(
            "Each page says what is proved of its bins. WOE: log of the ratio of the proportion of goods to that of "
            "bads, unless the page says otherwise, by which values are scored, missing and special ones among them. "
            "Bad rates have Wilson intervals, which take the bins as given."
        )
    ]
    for name in (*taken, *others):
        binning = binnings[name]
        drawn = bin_table(binning, level)
        left_out = "" if name in taken else " (not in the card)"
        heading = f"{name}{left_out}"
        if not np.any(drawn.rows > 0):
            pages.append(Section(heading, (Prose(certificate_words(binning)),)))
            continue
        figure = drawn_figure("", plot_bin_table(drawn), _seen(name, drawn), raster=raster)
        pages.append(Section(heading, (*_bin_page(binning), figure)))
    return Section("Variables in bins", tuple(pages))


def _bin_page(binning: Binning) -> Iterator[Block]:
    """Yield the information value, the table of the bins, and what is particular about them."""
    found, document = binning.information, finding_document(binning)
    yield Prose(
        f"Information value {format_number(found.value)} (standard error {format_number(found.std_error)}; "
        f"{format_number(found.by_chance)} would be expected by chance). {SHAPES_IN_WORDS[binning.partition.shape]}"
    )
    yield from document.blocks
    if isinstance(binning.rule, LevelRule):
        yield from _long_groups(binning.rule)
    turned, _, *own = document.notes
    yield Prose(" ".join((*((turned,) if binning.sign < 0 else ()), *own)))


def _long_groups(rule: LevelRule) -> Iterator[Prose]:
    """Yield the levels of bins that have more than their label names."""
    for i, group in enumerate(rule.groups, start=1):
        if len(group) > NAMED:
            listed = ", ".join(map(str, group[:LISTED]))
            more = f" and {format_integer(len(group) - LISTED)} more" if len(group) > LISTED else ""
            yield Prose(f"Bin {i}: {listed}{more}.")


def _seen(name: str, table: BinTable) -> str:
    """Return what the figure of a variable shows, in words."""
    used = np.flatnonzero(table.rows > 0)
    low, high = used[np.argmin(table.rate[used])], used[np.argmax(table.rate[used])]
    ends = (f"{format_percent(table.rate[m])} ({table.labels[m]})" for m in (low, high))
    return f"Bad rates of the {format_integer(used.size)} bins of {name}, from {' to '.join(ends)}"
