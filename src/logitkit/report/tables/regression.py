"""Fits side by side as a document: in compact style one cell an estimate, in full style one column a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from logitkit.design.info import DesignInfo
from logitkit.engine.record import FitRecord
from logitkit.inference.penalised.posterior import is_withheld
from logitkit.inference.tables.regression import Block, RegressionTable, Row, TabledFit, cells_of
from logitkit.report.called import called_of, printed_record
from logitkit.report.cautions import no_ratio
from logitkit.report.document import Column, Document, RowKind, Span, Table
from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_amount, format_column, format_level, format_p
from logitkit.report.term_labels import column_label, shown_level, term_label
from logitkit.report.wording import counted, name_list

__all__ = ["abbreviated", "block_name", "estimate_columns", "regression_document", "row_name"]

TESTS = {"LR": "likelihood ratio", "Wald": "Wald", "D1": "D1, over the imputed tables"}
STATISTICS = ("Rows", "Events", "Log-likelihood", "AIC", "BIC", "McFadden R2", "Tjur R2")


def abbreviated(ratio: str) -> str:
    """Return the initials of the name of a ratio.

    Examples
    --------
    >>> abbreviated("odds ratio"), abbreviated("relative risk ratio")
    ('OR', 'RRR')
    """
    return "".join(word[0].upper() for word in ratio.split())


@finding_document.register
def regression_document(result: RegressionTable) -> Document:
    """Return fits side by side as a document."""
    counts = _shared_counts(result)
    heads, spans, columns = [Column("", "left")], list[Span](), list[Sequence[str]]()
    if counts is not None:
        heads += [Column(head) for head, _ in counts]
        columns += [cells for _, cells in counts]
    for block in result.blocks:
        own = [*(_own_counts(result, block) if counts is None else ()), *estimate_columns(result, block)]
        spans.append(Span(block_name(result, block), len(heads), len(own)))
        heads += [Column(head) for head, _ in own]
        columns += [cells for _, cells in own]
    firsts = [span.first for span in spans]
    rows = [(row_name(result, row), *cells) for row, *cells in zip(result.rows, *columns, strict=True)]
    kinds: list[RowKind] = [_kind(result, row) for row in result.rows]
    if "statistics" in result.show:
        statistics = _statistics(result, firsts, len(heads))
        rows += statistics
        kinds += ["statistic"] * len(statistics)
    single = len(result.blocks) == 1 and len(result.fits) == 1 and not result.blocks[0].label
    table = Table(
        None, tuple(heads), tuple(rows), tuple(_notes(result)), spans=() if single else tuple(spans), kinds=tuple(kinds)
    )
    return Document(_title(result), blocks=(table,))


def _title(result: RegressionTable) -> str:
    titles = list(dict.fromkeys(_model_words(fit.record) for fit in result.fits))
    return titles[0] if len(titles) == 1 else "Regression models"


def _model_words(record: FitRecord) -> str:
    words = record.family.words
    return str(words.penalised if record.is_penalised else words.title)


def block_name(result: RegressionTable, block: Block) -> str:
    """Return the heading of a block: the name of its fit, and that of its equation."""
    fit = result.fits[block.fit]
    record, called = printed_record(fit.record), called_of(fit.record)
    label = block.label if called is None else called.outcome(block.label)
    heading = record.family.words.heading(label, record.info.response, record.reference)
    return f"{fit.name}: {heading}" if heading and len(result.fits) > 1 else heading or fit.name


# Rows.


def _info_of(result: RegressionTable, row: Row) -> DesignInfo:
    """Return what is known of the design of the first fit that has a row."""
    for block in result.blocks:
        if row in block.cells:
            return result.fits[block.fit].record.info
    return result.fits[0].record.info


def row_name(result: RegressionTable, row: Row) -> str:
    """Return what a row is called, by the labels of the first fit that has it."""
    info = _info_of(result, row)
    change = next((block.cells[row].change for block in result.blocks if row in block.cells), 1.0)
    if row.level:
        return column_label(info, row.level, change) if row.level in info.names else _level(info, row)
    if row.term in info.names:
        return column_label(info, row.term, change)
    return info.labels.of(row.term) if row.term in info.labels.variables else term_label(info, row.term)


def _level(info: DesignInfo, row: Row) -> str:
    return shown_level(info, row.term, row.level)


def _kind(result: RegressionTable, row: Row) -> RowKind:
    if row.level:
        return "level"
    return "heading" if any(each.term == row.term and each.level for each in result.rows) else "plain"


# Columns.


def estimate_columns(result: RegressionTable, block: Block) -> Iterator[tuple[str, list[str]]]:
    """Yield heads and cells of the estimates of a block, those of one column with the same decimals."""
    show, values = result.show, cells_of(block, result.rows)
    record = result.fits[block.fit].record
    cells = [block.cells.get(row) for row in result.rows]
    interval = f"{format_level(result.level)} {'CI' if record.penalty is None else 'interval'}"
    without = np.array([cell is None or not cell.alone for cell in cells])
    if block.ratio is None:
        name, one = "Coef.", "0"
        estimates, errors, lows, highs = format_estimates(values[:, 0], values[:, 1], values[:, 4], values[:, 5])
    else:
        name, one = abbreviated(block.ratio.name), "1"
        logs = np.where(without[:, None], np.nan, values[:, [0, 4, 5]])
        with np.errstate(over="ignore", under="ignore"):
            ratios = np.exp(logs)
        estimates, lows, highs = format_ratios(list(ratios.T), np.where(without, np.nan, values[:, 1]))
        errors = format_estimates(values[:, 0], values[:, 1])[1]
    states = ["" if cell is None else cell.state for cell in cells]
    shown = [text or (one if state == "reference" else state) for text, state in zip(estimates, states, strict=True)]
    ranges = [f"{low} to {high}" if low and high else "" for low, high in zip(lows, highs, strict=True)]
    references = ["reference" if state == "reference" else "" for state in states]
    known = any(ranges)  # which a penalty may leave none of
    if result.style == "compact" and {"estimate", "interval"} <= set(show) and known:
        both = [
            f"{text} ({inside or reference})" if inside or reference else text
            for text, inside, reference in zip(shown, ranges, references, strict=True)
        ]
        yield f"{name} ({interval})", both
    else:
        if "estimate" in show:
            yield name, shown
        if "interval" in show and known:
            yield interval, [inside or reference for inside, reference in zip(ranges, references, strict=True)]
    if "std_error" in show:
        yield "Std. error", list(errors)
    if "p" in show:
        texts = list(format_column(values[:, 3], "p_value"))
        for k, row in enumerate(result.rows):
            test = block.tests.get(row.term)
            if not row.level and test is not None and "terms" in show:
                texts[k] = format_p(test.p_value)
        if any(texts):
            yield "p", texts


def _shared_counts(result: RegressionTable) -> list[tuple[str, list[str]]] | None:
    """Return the counts of levels where all fits are of the same rows; None where each has its own."""
    if not {"n", "events"} & set(result.show):
        return []
    if not (len(result.fits) == 1 or result.same_rows) or any(fit.counts is None for fit in result.fits):
        return None
    counts = {row: each for fit in reversed(result.fits) for row, each in (fit.counts or {}).items()}
    return _count_columns(result, counts, any(fit.record.has_event for fit in result.fits))


def _own_counts(result: RegressionTable, block: Block) -> list[tuple[str, list[str]]]:
    """Return the counts of the levels in a fit, before the first of its blocks."""
    fit = result.fits[block.fit]
    first = next(each for each in result.blocks if each.fit == block.fit)
    if block is not first or fit.counts is None:
        return []
    return _count_columns(result, fit.counts, fit.record.has_event)


def _count_columns(
    result: RegressionTable, counts: dict[Row, tuple[float, float]], has_event: bool
) -> list[tuple[str, list[str]]]:
    found = [counts.get(row, (np.nan, np.nan)) for row in result.rows]
    columns = [("N", [format_amount(rows) for rows, _ in found])] if "n" in result.show else []
    if "events" in result.show and has_event:
        columns.append(("Events", [format_amount(events) for _, events in found]))
    return columns


def _statistics(result: RegressionTable, firsts: Sequence[int], width: int) -> list[tuple[str, ...]]:
    """Return the rows of statistics of whole fits, each in the first column of its fit."""
    found: dict[str, dict[int, str]] = {name: {} for name in STATISTICS}
    for place, block in zip(firsts, result.blocks, strict=True):
        fit = result.fits[block.fit]
        if block is not next(each for each in result.blocks if each.fit == block.fit):
            continue
        for name, text in _facts_of(fit):
            found[name][place] = text
    rows = []
    for name, cells in found.items():
        if any(cells.values()):
            rows.append((name, *(cells.get(place, "") for place in range(1, width))))
    return rows


def _facts_of(fit: TabledFit) -> Iterator[tuple[str, str]]:
    """Yield the statistics of a fit, as a summary writes them."""
    record, statistics = fit.record, fit.statistics
    yield "Rows", format_amount(fit.n_rows)
    yield "Events", format_amount(fit.n_events)
    if statistics is None:
        return
    if record.has_likelihood and not record.separated_completely:
        yield "Log-likelihood", f"{record.loglik:,.2f}"
        yield "AIC", f"{statistics.aic:,.2f}"
        yield "BIC", f"{statistics.bic:,.2f}"
    for name, value in (("McFadden R2", statistics.mcfadden), ("Tjur R2", statistics.tjur)):
        yield name, "" if np.isnan(value) else f"{value:.3f}"


# Footnotes.


def _notes(result: RegressionTable) -> Iterator[str]:
    yield from _models(result)
    yield _short_names(result)
    yield from _how(result)
    yield from _rows_used(result)
    yield from dict.fromkeys(
        note
        for block in result.blocks
        if block.ratio is not None
        for note in no_ratio(result.fits[block.fit].record.info, block.ratio.name)
    )


def _models(result: RegressionTable) -> Iterator[str]:
    """Say what each fit is, where there are several."""
    parts = []
    for fit in result.fits:
        if fit.univariable:
            out = f"; not fitted alone: {name_list(fit.left_out)}" if fit.left_out else ""
            parts.append(f"{fit.name}: each term alone, on the rows of the model with all terms{out}")
        elif len(result.fits) > 1:
            formula = f", {fit.record.info.formula}" if fit.record.info.formula else ""
            parts.append(f"{fit.name}: {_model_words(fit.record).lower()}{formula}")
    if parts:
        yield f"{'; '.join(parts)}."
    elif result.fits[0].record.info.formula:
        yield f"Model: {result.fits[0].record.info.formula}."


def _short_names(result: RegressionTable) -> str:
    names = list(dict.fromkeys(block.ratio.name for block in result.blocks if block.ratio is not None))
    short = [f"{abbreviated(name)}: {name}" for name in names]
    if any(block.ratio is None for block in result.blocks) and "estimate" in result.show:
        short.append("Coef.: coefficient")
    if "interval" in result.show and any(fit.record.penalty is None for fit in result.fits):
        short.append("CI: confidence interval")
    if {"n", "events"} & set(result.show):
        events = "events" in result.show and any(fit.record.has_event for fit in result.fits)
        short.append(f"N{', events' if events else ''}: rows of the level{', and events among them' if events else ''}")
    if "intercept" in result.show and names:
        short.append("Intercept: the value at zero of all columns, such as baseline odds, and no ratio")
    return f"{'; '.join(short)}."


def _how(result: RegressionTable) -> Iterator[str]:
    """Name what standard errors, intervals and tests are."""
    by: dict[str, list[str]] = {}
    for fit in result.fits:
        correction = f", times {fit.record.covariance.correction}" if fit.record.covariance.correction else ""
        by.setdefault(f"{fit.record.covariance.label}{correction}".rstrip("."), []).append(fit.name)
    parts = [f"{label} ({name_list(names)})" if len(by) > 1 else label for label, names in by.items()]
    of_logs = "std_error" in result.show and any(block.ratio is not None for block in result.blocks)
    yield f"Standard errors{', of logarithms of ratios' if of_logs else ''}: {'; '.join(parts)}."
    kinds = list(
        dict.fromkeys(
            "Wald" if fit.record.penalty is None else "posterior" for fit in result.fits if not is_withheld(fit.record)
        )
    )
    if not kinds:
        return
    tests: dict[str, list[str]] = {}
    for block in result.blocks:
        for test in block.tests.values():
            named = tests.setdefault(TESTS[test.test], [])
            named += [result.fits[block.fit].name] if result.fits[block.fit].name not in named else []
    text = f"Intervals: {', '.join(kinds)}"
    if any(not np.isnan(cell.p_value) for block in result.blocks for cell in block.cells.values()):
        text += "; p-values of coefficients: Wald"
    if tests and "terms" in result.show:
        listed = [f"{test} ({name_list(names)})" if len(tests) > 1 else test for test, names in tests.items()]
        text += f"; of terms with several coefficients: {', '.join(listed)}"
        if any(fit.record.family.words.compares for fit in result.fits):
            text += ", of several outcomes for all at once"
    yield f"{text}."


def _rows_used(result: RegressionTable) -> Iterator[str]:
    """Say on which rows the fits are, and how many had missing values."""
    fits = [fit for fit in result.fits if not fit.univariable] or list(result.fits)
    if len(fits) > 1 and result.same_rows is not None:
        yield "All models are of the same rows." if result.same_rows else "The models are not all of the same rows."
    missing = {fit.name: fit.record.counts.missing for fit in fits if fit.record.counts.missing}
    if not missing:
        return
    if len(set(missing.values())) == 1 and len(missing) == len(fits):
        yield f"{counted(next(iter(missing.values())), 'row')} with missing values left out."
    else:
        listed = [f"{name} {counted(count, 'row')}" for name, count in missing.items()]
        yield f"Left out for missing values: {'; '.join(listed)}."
