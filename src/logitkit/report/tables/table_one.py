"""Descriptions of variables by group as a document; numbers of a variable have the same decimals in all groups."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor, log10

import numpy as np

from logitkit.inference.tables.table_one import SKEWED, Described, TableOne
from logitkit.report.document import Column, Document, RowKind, Table
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_amount, format_p, format_percent
from logitkit.report.wording import counted, name_list
from logitkit.typing import FloatArray

__all__ = ["table_one_document"]

MOST_DECIMALS = 6
TESTS = {
    "Welch": "Welch's F of means",
    "Kruskal-Wallis": "Kruskal and Wallis's of ranks",
    "Pearson": "Pearson's chi-square of levels, without correction for continuity",
}


@finding_document.register
def table_one_document(result: TableOne) -> Document:
    """Return descriptions of variables by group as a document."""
    heads = [Column("", "left")]
    shown = [j for j in range(len(result.groups) + 1) if j or "overall" in result.show or not result.groups]
    names = ["All", *(result.labels.level(result.by, group) for group in result.groups)]
    heads += [Column(f"{names[j]} (n = {format_amount(float(result.totals[j]))})") for j in shown]
    differ, tested = "differences" in result.show and len(result.groups) > 1, "tests" in result.show
    heads += [Column("SMD")] if differ else []
    heads += [Column("p")] if tested else []
    rows: list[tuple[str, ...]] = []
    kinds: list[RowKind] = []
    for each in result.variables:
        ends = [_difference(each.difference)] if differ else []
        ends += ["" if each.test is None else format_p(each.test.p_value)] if tested else []
        for place, (kind, name, cells) in enumerate(_rows(result, each)):
            kinds.append(kind)
            rows.append((name, *(cells[j] for j in shown), *(ends if place == 0 else [""] * len(ends))))
    table = Table(None, tuple(heads), tuple(rows), tuple(_notes(result, differ=differ)), kinds=tuple(kinds))
    by = f" by {result.labels.of(result.by)}" if result.by else ""
    return Document(f"Description of the rows{by}", blocks=(table,))


def _rows(result: TableOne, each: Described) -> Iterator[tuple[RowKind, str, list[str]]]:
    """Yield the rows of a variable: what they are, their names, and a cell for all rows and each group."""
    called, width = result.labels.with_unit(each.name), each.known.size
    gaps = "missing" in result.show and each.missing[0] > 0.0
    if each.kind == "levels":
        yield "heading", f"{called}, n (%)", [""] * width
        for level, sums in zip(each.levels, each.numbers, strict=True):
            yield "level", result.labels.level(each.name, level), _shares(sums, each.known)
    elif each.kind == "event":
        level = result.labels.level(each.name, each.levels[0])
        named = f"{called}: {level}" if level != each.levels[0] else called
        yield "plain", f"{named}, n (%)", _shares(each.numbers[0], each.known)
    elif each.kind == "mean":
        decimals = _decimals(each.numbers[1])
        cells = [f"{_fixed(m, decimals)} ({_fixed(s, decimals)})" for m, s in each.numbers.T]
        yield "plain", f"{called}, mean (SD)", cells
    else:
        decimals = _decimals(each.numbers[2] - each.numbers[1])
        cells = [
            f"{_fixed(middle, decimals)} [{_fixed(low, decimals)}, {_fixed(high, decimals)}]"
            for middle, low, high in each.numbers.T
        ]
        yield "plain", f"{called}, median [IQR]", cells
    if gaps:
        yield "level", "Missing", [format_amount(float(n)) for n in each.missing]


def _shares(sums: FloatArray, known: FloatArray) -> list[str]:
    return [
        f"{format_amount(float(n))} ({format_percent(float(n / of)) if of > 0.0 else ''})".replace(" ()", "")
        for n, of in zip(sums, known, strict=True)
    ]


def _decimals(spread: FloatArray) -> int:
    """Return the decimals with which the largest spread of a variable shows three digits."""
    known = spread[np.isfinite(spread) & (spread > 0.0)]
    return min(max(0, 2 - floor(log10(float(known.max())))), MOST_DECIMALS) if known.size else 1


def _fixed(x: float, decimals: int) -> str:
    return "-" if np.isnan(x) else f"{x:z,.{decimals}f}"


def _difference(x: float) -> str:
    return "" if np.isnan(x) else "inf" if np.isinf(x) else f"{x:.3f}"


def _notes(result: TableOne, *, differ: bool) -> Iterator[str]:
    """Say how variables are described, how groups are compared, and which rows are left out."""
    kinds = {each.kind for each in result.variables}
    medians = [result.labels.of(each.name) for each in result.variables if each.kind == "median"]
    if result.ruled and medians:
        yield (
            f"Median [lower, upper quartile] where the skewness of all rows is above {SKEWED:g} in size, else mean "
            f"(standard deviation): {name_list(medians)}."
        )
    elif "mean" in kinds or medians:
        parts = ["mean (standard deviation)"] * ("mean" in kinds) + ["median [lower, upper quartile]"] * bool(medians)
        yield f"Numbers: {' or '.join(parts)}."
    if kinds & {"levels", "event"}:
        yield "Percentages: of the rows of a column in which the variable is known."
    if differ:
        pairs = ", the mean over pairs of groups" if len(result.groups) > 2 else ""
        yield (
            f"SMD: standardised mean difference in size{pairs}; of levels, Yang and Dalton's (2012). Above 0.1 groups "
            "are commonly called unbalanced, whatever their number of rows."
        )
    if "tests" in result.show:
        names = dict.fromkeys(each.test.name for each in result.variables if each.test is not None)
        listed = "; ".join(TESTS[name] for name in names)
        yield f"p: {listed}. Not adjusted for the number of variables."
    if result.weights:
        kind = "sums of weights" if result.weight_kind == "sampling" else "rows counted as often as their weights say"
        yield f"Weighted by {result.weights}: counts are {kind}."
    if result.n_left_out:
        yield f"{counted(result.n_left_out, 'row')} without a value of {result.labels.of(result.by)} left out."
