"""Binned variables as documents."""

from __future__ import annotations

import numpy as np

from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_column, format_integer, format_level, format_number, format_percent
from logitkit.scorecard.bin_table import BinTable, bin_table
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.level_prebins import LevelPreBins

__all__: list[str] = []

CRITERIA = {
    "iv": "information value",
    "js": "Jensen-Shannon divergence",
    "hellinger": "squared Hellinger distance",
    "chi_square": "chi-square",
    "likelihood": "log likelihood",
}
SHAPES = {
    "up": "event rate rises",
    "down": "event rate falls",
    "peak": "event rate rises, then falls",
    "valley": "event rate falls, then rises",
    "concave": "event rate concave",
    "convex": "event rate convex",
    "none": "none",
}


@finding_document.register
def _(binning: Binning) -> Document:
    table = bin_table(binning)
    found, partition = binning.information, binning.partition
    low, high = found.limits(table.level)
    facts = (
        Fact("Rows", format_integer(table.rows.sum())),
        Fact("Bad", format_integer(table.events.sum())),
        Fact("Information value", format_number(found.value)),
        Fact("Its standard error", format_number(found.std_error)),
        Fact("Less its bias", format_number(found.corrected)),
        Fact("Expected by chance", format_number(found.by_chance)),
        Fact(f"{format_level(table.level)} interval", f"{format_number(low)} to {format_number(high)}"),
        Fact("Shape", SHAPES[partition.shape]),
        Fact("Criterion", f"{CRITERIA[binning.stated.criterion]}, {format_number(partition.value)}"),
        Fact("Changes by hand", format_integer(len(binning.edits))),
    )
    above = "goods to that of bads" if binning.sign > 0 else "bads to that of goods"
    notes = [
        f"WOE: log of the ratio of the proportion of {above}.",
        (
            "Event rates have Wilson intervals. The interval of the information value is about the value less what "
            "chance adds. All take the bins as given."
        ),
        certificate_words(binning),
    ]
    if binning.most_by_chance is not None:
        notes.append(
            "The outcome has ordered the levels: if it had no relation to them, their information value apart would be "
            f"about {format_number(binning.most_by_chance)} on average, and that of bins of them at most as much."
        )
    if table.corrected.any():
        notes.append(
            "Bins with one count of zero: for their WOE one half was added to it, and to the other at the overall odds."
        )
    if binning.rank_error > 0:
        notes.append(
            f"Rows were met in one pass: the number of rows below a cut point is known to within "
            f"{format_integer(binning.rank_error)} ({format_percent(binning.rank_error / table.rows.sum(), 2)})."
        )
    notes += [
        f"{edit.kind}: {', '.join(map(str, edit.values))}; information value {format_number(edit.before)} to "
        f"{format_number(edit.after)}{f' ({edit.reason})' if edit.reason else ''}."
        for edit in binning.edits
    ]
    return Document(f"Bins of {binning.name}", facts=facts, blocks=(_bins(table),), notes=tuple(notes))


def certificate_words(binning: Binning) -> str:
    """Return what is known of the optimality of the bins."""
    partition, n = binning.partition, format_integer(binning.prebins.n)
    what = CRITERIA[binning.stated.criterion]
    if isinstance(binning.prebins, LevelPreBins):
        if not binning.prebins.by_rate:
            scope = f"over all partitions of the {n} levels into neighbours in their order"
        elif np.isclose(partition.value, partition.unlimited_value, rtol=1e-12, atol=0):
            scope = f"over all partitions of the {n} levels, neighbours by event rate or not"
        else:
            scope = f"over all partitions of the {n} levels into neighbours by event rate"
    else:
        scope = f"over all partitions of the {n} pre-bins into neighbours"
    gain = partition.free_value - partition.value
    edited = " before the changes by hand" if binning.edits else ""
    better = (
        f" Without shape and differences the {what} would be larger by {format_number(gain)}."
        if gain > 1e-9 * abs(partition.value)
        else " No shape or difference binds."
    )
    return f"The {what} is the largest{edited} {scope} that meet the constraints.{better}"


def _bins(table: BinTable) -> Table:
    level = format_level(table.level)
    share = table.rows / table.rows.sum()
    columns = [
        ("Bin", "left", tuple(str(i + 1) for i in range(table.rows.size))),
        ("Values", "left", table.labels),
        ("Rows", "right", tuple(format_integer(n) for n in table.rows)),
        ("Share", "right", tuple(format_percent(s) for s in share)),
        ("Bad", "right", tuple(format_integer(n) for n in table.events)),
        ("Bad rate", "right", tuple(_percent(r) for r in table.rate)),
        (f"{level} low", "right", tuple(_percent(r) for r in table.rate_low)),
        (f"{level} high", "right", tuple(_percent(r) for r in table.rate_high)),
        ("WOE", "right", format_column(table.woe, "estimate", 3)),
        ("IV", "right", tuple("" if np.isnan(part) else f"{part:.4f}" for part in table.information)),
    ]
    heads = tuple(Column(name, "left" if align == "left" else "right") for name, align, _ in columns)
    return Table(None, heads, tuple(zip(*(cells for _, _, cells in columns), strict=True)), n_names=2)


def _percent(rate: float) -> str:
    return "" if np.isnan(rate) else format_percent(rate, 2)
