"""The paragraph of a results section: what was fitted to which rows, estimates as tables write them, and the whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.curves import discrimination
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.hypotheses.likelihood_ratio import null_test
from logitkit.inference.penalised.posterior import is_withheld
from logitkit.inference.tables.blocks import Options, tabled
from logitkit.inference.tables.regression import Block, RegressionTable, regression_rows
from logitkit.report.document import Document, Prose
from logitkit.report.number_format import format_amount, format_estimate, format_level, format_p, format_percent
from logitkit.report.tables.regression import block_name, estimate_columns, row_name
from logitkit.report.term_labels import response_label, term_label
from logitkit.report.wording import counted

__all__ = ["description_document"]

LISTED_MOST = 12  # estimates that a paragraph is still read with
SHOW = ("estimate", "interval", "p", "terms")


def description_document(record: FitRecord, design: Design | None, level: float | None = None) -> Document:
    """Return a fit as a paragraph.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ smoke", lk.datasets.load_lbw())
    >>> description_document(fit.record, fit.design).blocks[0].paragraphs[0][:62]
    'A logistic regression of low (event: 1) on smoke was fitted to'
    """
    at = record.level if level is None else level
    fit, blocks = tabled("", record, design, 0, Options(at))
    table = RegressionTable((fit,), blocks, regression_rows(blocks), "full", SHOW, at)
    sentences = [_model(record), *(_estimates(table, block, at) for block in blocks), *_whole(record)]
    sentences += [*_ranking(record, design, at), *_how(table)]
    return Document("Results", blocks=(Prose(" ".join(sentence for sentence in sentences if sentence)),))


def _model(record: FitRecord) -> str:
    """Say what was fitted to which rows."""
    words, info, counts = record.family.words, record.info, record.counts
    title = words.penalised if record.is_penalised else words.title
    terms = [term_label(info, term.name) for term in info.terms if term.name != "Intercept"]
    on = f" on {_joined(terms)}" if 0 < len(terms) <= LISTED_MOST else f" on {len(terms)} terms" if terms else ""
    article = "An" if title[0] in "AEIOU" else "A"
    event = ""
    if record.has_event and info.response.kind not in ("grouped", "fraction"):
        event = f" (event: {info.labels.level(info.response.name, info.response.event)})"
    used = counts.given - counts.missing - record.nuisance.n_dropped_rows
    rows = counted(used, "row")
    if record.has_event and not words.quasi:
        weighted = "weighted " if info.response.weight_kind in ("precision", "sampling") else ""
        rate = format_percent(record.events / record.total)
        rows += f" with {format_amount(record.events)} {weighted}events ({rate})"
    text = f"{article} {title[0].lower()}{title[1:]} of {response_label(info)}{event}{on} was fitted to {rows}"
    if counts.missing:
        text += f", after leaving out {counted(counts.missing, 'row')} with missing values"
    if not record.converged:
        return f"{text}. The fit has not converged, so that its estimates are not to be reported."
    return f"{text}."


def _estimates(table: RegressionTable, block: Block, level: float) -> str:
    """Say the estimates of an equation, of many those whose p-value is below one less the level."""
    record = table.fits[0].record
    if not record.converged:
        return ""
    columns = dict(estimate_columns(table, block))
    estimates = next(iter(columns.values()))
    ranges = next((cells for head, cells in columns.items() if "CI" in head or "interval" in head), None)
    kind = "CI" if record.penalty is None else "interval"
    head = next(iter(columns))
    found, left = [], 0
    listed = [k for k, row in enumerate(table.rows) if row in block.cells and block.cells[row].state != "reference"]
    many = len(listed) > LISTED_MOST
    for k in listed:
        row, cell = table.rows[k], block.cells[table.rows[k]]
        test = block.tests.get(row.term)
        if not row.level and test is not None and not np.isnan(test.p_value):
            p = _p(test.p_value)
            shown, words = not many or test.p_value < 1.0 - level, f"{row_name(table, row)} as a whole ({p})"
        elif not estimates[k]:
            continue
        else:
            inside = [f"{format_level(level)} {kind} {ranges[k]}"] if ranges is not None and ranges[k] else []
            inside += [_p(cell.p_value)] if not np.isnan(cell.p_value) else []
            name = row_name(table, row)
            if row.level and row.level not in record.info.names:
                name = f"{record.info.labels.of(row.term)} {name}{_against(table, block, row.term)}"
            around = f" ({', '.join(inside)})" if inside else ""
            shown, words = not many or cell.p_value < 1.0 - level, f"{name} {estimates[k]}{around}"
        found += [words] if shown else []
        left += not shown
    if not found and not left:
        return ""
    ratio = "Coefficients" if block.ratio is None else f"{block.ratio.title}s ({head})"
    of = f" for {block_name(table, block)}" if block.label and len(table.blocks) > 1 else ""
    rest = f"; {left} others with p of at least {1.0 - level:.3g} are not listed" if left else ""
    return f"{ratio}{of}: {'; '.join(found) if found else 'none'}{rest}."


def _against(table: RegressionTable, block: Block, term: str) -> str:
    """Name the reference level of a factor."""
    for row in table.rows:
        if row.term == term and row in block.cells and row.level and block.cells[row].state == "reference":
            return f" against {row_name(table, row)}"
    return ""


def _whole(record: FitRecord) -> Iterator[str]:
    """Say how the model compares with that without terms, and what it explains."""
    if not record.converged or record.separated_completely:
        return
    parts = []
    if record.has_likelihood:
        test = null_test(record)
        if test.dof > 0:
            parts.append(
                "Against the model without terms the likelihood-ratio chi-square was "
                f"{test.statistic:,.2f} on {counted(test.dof, 'degree')} of freedom ({_p(test.p_value)})"
            )
    statistics = fit_statistics(record)
    shares = [
        f"{name} {value:.3f}"
        for name, value in (("McFadden R2", statistics.mcfadden), ("Tjur R2", statistics.tjur))
        if not np.isnan(value)
    ]
    parts += [", ".join(shares)] if shares else []
    if parts:
        yield f"{'; '.join(parts)}."


def _ranking(record: FitRecord, design: Design | None, level: float) -> Iterator[str]:
    """Say how well the model ranks its rows."""
    if design is None or not record.has_event or not record.converged:
        return
    try:
        found = discrimination(record, design, level=level)
    except LogitkitError:  # of one outcome alone, or not of proportions
        return
    low, high = (format_estimate(bound, 3) for bound in (found.low, found.high))
    within = "" if np.isnan(found.low) else f" ({format_level(level)} CI {low} to {high})"
    rows = ", not corrected for optimism" if found.in_sample else ""
    yield f"The area under the ROC curve was {format_estimate(found.auc, 3)}{within} on these rows{rows}."


def _how(table: RegressionTable) -> Iterator[str]:
    """Name what standard errors, intervals and tests of terms are."""
    record = table.fits[0].record
    if not record.converged:
        return
    if record.is_separated:
        yield (
            "The outcomes are separated: ratios of 0 or inf are limits without interval or p-value, and the other "
            "estimates are those of the rows that overlap."
        )
    if is_withheld(record):
        yield f"Standard errors: {record.covariance.label.rstrip('.')}."
        return
    kind = "Wald" if record.penalty is None else "posterior"
    tests = {test.test for block in table.blocks for test in block.tests.values()}
    of_terms = {"LR": "likelihood-ratio", "Wald": "Wald"}
    text = f"Standard errors: {record.covariance.label.rstrip('.')}; intervals: {kind}"
    for test in tests:
        text += f"; tests of terms with several coefficients: {of_terms[test]}"
    yield f"{text}."


def _joined(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _p(p: float) -> str:
    text = format_p(p)
    return f"p {text[0]} {text[1:]}" if text.startswith("<") else f"p = {text}"
