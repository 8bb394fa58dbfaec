"""A path, and its cross-validation, as documents that are read at a glance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.engine.regularised.path import PathRecord, PathStatus
from logitkit.report.document import Column, Document, Fact, Table
from logitkit.report.estimate_columns import format_strengths
from logitkit.report.number_format import format_column, format_integer, format_percent
from logitkit.report.penalty import format_gap, format_strength
from logitkit.report.wording import FIRST_GIVEN, counted, learnt_from_all, name_list, without_intercept
from logitkit.selection.cross_validation import CrossValidation
from logitkit.selection.unpenalised import NoPenalty
from logitkit.typing import IntArray

__all__ = ["cross_validation_document", "missing_scores", "path_document"]

ROWS_MOST = 12  # strengths of a path that are listed
NAMES_MOST = 3  # names in a cell
NOT_ZERO = "Nonzero: coefficients, the intercept and other unpenalised ones included."


def path_document(record: PathRecord) -> Document:
    """Return facts about a path, and a table of some of its strengths."""
    last = record.strengths.size - 1
    facts = (
        Fact("Penalty", record.words),
        Fact("Coefficients", format_integer(len(record.names))),
        Fact("Strengths", format_integer(record.strengths.size)),
        Fact("Largest strength", format_strength(float(record.strengths[0]))),
        Fact("Smallest strength", format_strength(float(record.strengths[last]))),
        Fact("Nonzero at the end", format_integer(int(record.n_nonzero[last]))),
        Fact("Deviance explained", format_percent(float(record.explained[last]))),
        Fact("Largest gap (estimated)", format_gap(float(record.gaps.max()), record.tol)),
        Fact("Path", _status_words(record)),
        Fact("Method", record.method),
    )
    return Document(
        f"Path of a penalised {record.model}",
        facts=facts,
        blocks=(_path_table(record),),
        notes=(
            *without_intercept(record.columns),
            f"{NOT_ZERO} Deviance explained: relative to the model of intercept and offset.",
            "Gap: estimated distance of the objective from its minimum, as a proportion of the null loss.",
            "path.at(strength) is the fit at any strength; path.choose('bic') and lk.cross_validate choose one.",
        ),
        warnings=tuple(_path_warnings(record)),
    )


def cross_validation_document(record: CrossValidation) -> Document:
    """Return facts about a cross-validation, and the strengths that its rules choose."""
    path, folds, measure = record.path, record.folds, record.measure
    if path.words == NoPenalty().words:
        return _without_penalty(record)
    facts = [
        Fact("Penalty", path.words),
        Fact("Coefficients", format_integer(len(path.names))),
        Fact("Strengths", format_integer(path.strengths.size)),
        Fact("Measure", f"{measure.label} ({'larger' if measure.larger_is_better else 'smaller'} is better)"),
        Fact("Splits", format_integer(folds.n_splits)),
        Fact("Folds", folds.words),
        Fact("Path", _status_words(path)),
    ]
    places = np.array([record.best, record.one_se])
    curve = record.curve
    cells = zip(
        ("Best mean", "Within one standard error"),
        format_strengths(path.strengths[places]),
        format_column(curve.mean[places], "estimate"),
        format_column(curve.std_error[places], "estimate"),
        format_column(path.n_nonzero[places], "integer"),
        (format_percent(float(path.explained[place])) for place in places),
        strict=True,
    )
    heads = ("Strength", "Mean", "Std. error", "Nonzero", "Deviance explained")
    table = Table("Choices", (Column("Rule", "left"), *(Column(head) for head in heads)), tuple(cells))
    return Document(
        f"Cross-validation of a penalised {record.path.model}",
        facts=tuple(facts),
        blocks=(table,),
        notes=tuple(_cross_validation_notes(record)),
        warnings=tuple(_cross_validation_warnings(record)),
    )


def _without_penalty(record: CrossValidation) -> Document:
    """Return facts about the cross-validation of a model that has no strength to be chosen."""
    folds, measure = record.folds, record.measure
    facts = (
        Fact("Measure", f"{measure.label} ({'larger' if measure.larger_is_better else 'smaller'} is better)"),
        Fact("Mean score", format_column(record.curve.mean[:1], "estimate")[0]),
        Fact("Std. error", format_column(record.curve.std_error[:1], "estimate")[0]),
        Fact("Splits", format_integer(folds.n_splits)),
        Fact("Folds", folds.words),
    )
    missing = missing_scores(record)
    return Document(
        f"Cross-validation of a {record.path.model} without penalty",
        facts=facts,
        notes=() if folds.seed is None else (f"The folds were drawn with seed {folds.seed}.",),
        warnings=(missing,) if missing else (),
    )


def missing_scores(record: CrossValidation) -> str:
    """Say how many splits have no score at the strength that was chosen, and why."""
    missing = np.isnan(record.scores[:, record.best])
    count = int(missing.sum())
    if not count:
        return ""
    everywhere = int(np.isnan(record.scores[missing]).all(axis=1).sum())
    reasons, instead = [], ""
    if everywhere:
        reasons.append(
            f"{everywhere} contain one outcome only, for which the measure ({record.measure.label}) is not defined"
        )
        instead = " Use fewer folds, stratified folds, or measure='deviance'."
    if count > everywhere:
        reasons.append(f"{count - everywhere} ended their path before it")
    return (
        f"{count} of {record.curve.n_splits} splits have no score at the best strength, "
        f"{format_strength(float(record.path.strengths[record.best]))}: {', '.join(reasons)}. The means are over the "
        f"others.{instead}"
    )


def _status_words(record: PathRecord) -> str:
    return record.status.value


def _path_table(record: PathRecord) -> Table:
    """Return some strengths, evenly along the path, and which coefficients came in between."""
    k = record.strengths.size
    rows: IntArray = np.unique(np.linspace(0, k - 1, min(k, ROWS_MOST)).round().astype(np.int64))
    heads = [Column("Strength"), Column("Nonzero"), Column("Deviance explained")]
    columns = [
        list(format_strengths(record.strengths[rows])),
        list(format_column(record.n_nonzero[rows], "integer")),
        [format_percent(float(share)) for share in record.explained[rows]],
    ]
    if np.ptp(record.n_nonzero):
        heads.append(Column("Enter", "left"))
        columns.append(_entering(record, rows))
    notes = () if rows.size == k else (f"Every strength: path.glance(), {counted(k, 'row')}.",)
    return Table("Selected strengths" if notes else "Strengths", tuple(heads), tuple(zip(*columns, strict=True)), notes)


def _entering(record: PathRecord, rows: IntArray) -> list[str]:
    """Name the coefficients that are not zero at a listed strength for the first time since the one listed before."""
    chosen = record.coef != 0.0
    first = np.where(chosen.any(axis=0), chosen.argmax(axis=0), record.strengths.size)
    cells, before = [], -1
    for row in rows:
        new = np.flatnonzero((first > before) & (first <= row))
        new = new[np.argsort(first[new], kind="stable")]
        cells.append(name_list([record.names[j] for j in new], most=NAMES_MOST))
        before = int(row)
    return cells


def _path_warnings(record: PathRecord) -> Iterator[str]:
    if record.status is PathStatus.NOT_CONVERGED:
        yield (
            f"At the last strength ({format_strength(float(record.strengths[-1]))}) the solver did not reach its "
            "tolerance: do not use that solution. A larger max_iter, or a larger smallest strength, may help."
        )


def _cross_validation_notes(record: CrossValidation) -> Iterator[str]:
    yield (
        "Within one standard error: the largest strength whose mean is within one standard error of the best. "
        "cv.best and cv.one_se are the fits to all rows."
    )
    yield (
        "The best mean is the best of many and therefore slightly optimistic; only rows that took no part in the "
        "choice give an unbiased score."
    )
    if record.first_given:
        yield FIRST_GIVEN
    if record.learnt:
        yield learnt_from_all(record.learnt)
    if record.folds.seed is not None:
        yield f"The folds were drawn with seed {record.folds.seed}."
    yield NOT_ZERO
    yield from without_intercept(record.path.columns)
    left = int(np.count_nonzero(~record.curve.comparable))
    if left:
        yield f"Not compared, because some splits have no score there: {counted(left, 'strength')}."


def _cross_validation_warnings(record: CrossValidation) -> Iterator[str]:
    missing = missing_scores(record)
    if missing:
        yield missing
    usable = np.flatnonzero(record.curve.comparable)
    if usable.size > 1 and record.best == usable[-1]:
        yield (
            "The best strength is the smallest that was compared: smaller ones may predict better (ratio=, strengths=)."
        )
    if record.path.status is PathStatus.NOT_CONVERGED:
        yield "The path over all rows ended where the solver did not reach its tolerance."
