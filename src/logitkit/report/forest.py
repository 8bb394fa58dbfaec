"""What a forest plot shows: the ratios or coefficients of a fit, those of each outcome in one row per term."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.engine.record import FitRecord
from logitkit.errors import FormulaError, UnsupportedError, nearest_name
from logitkit.inference.changes import without_ratio
from logitkit.inference.delta import Estimates
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.inference.penalised.posterior import interval_words, is_withheld
from logitkit.inference.ratios import LimitsOf, OddsRatios, odds_ratios
from logitkit.models.places import places_of
from logitkit.plots.forest import Forest
from logitkit.plots.style import OUTCOMES_MOST
from logitkit.plots.term_rows import TermRow
from logitkit.report.called import printed_record
from logitkit.report.cautions import no_ratio
from logitkit.report.estimate_columns import format_estimates, format_ratios
from logitkit.report.listed import listed_columns
from logitkit.report.penalty_table import listed_coefficients
from logitkit.report.term_labels import term_rows
from logitkit.report.units import changes_of, per_unit
from logitkit.report.wording import counted, name_list
from logitkit.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from logitkit.inference.intervals.asked import Limits

__all__ = ["coefficient_forest", "ratio_forest"]

TERMS_MOST = 40  # rows of several outcomes
COMMON = "common"  # coefficients that all equations share, beside those of one
BEYOND = "beyond the largest number"  # a ratio of a finite coefficient that is 0 or infinite in floating point
MEAN = "the mean of all outcomes"


class _Marks(NamedTuple):
    """Estimates, errors and limits of all columns of X, of shape (4, p, m), and the outcomes that they are of."""

    table: FloatArray
    outcomes: tuple[str, ...]
    against: str
    level: float


class _Drawn(NamedTuple):
    """Columns that have a row, and a note on the others."""

    columns: list[int]
    note: str


def ratio_forest(
    record: FitRecord,
    units: Mapping[str, float] | None = None,
    *,
    against: Any = None,
    labels: Mapping[str, str] | None = None,
    terms: Sequence[str] | None = None,
    level: float | None = None,
    limits: tuple[str, LimitsOf] | None = None,
) -> Forest:
    """Return the ratios that a forest plot shows, of several outcomes those against one of them.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "g": list("aabbccca")}
    >>> [row.label for row in ratio_forest(lk.logit("y ~ g", data).record).terms]
    ['g', 'a (reference)', 'b', 'c']
    """
    ratio = record.family.words.ratio
    if ratio is None:
        raise UnsupportedError(
            f"{record.family.words.title}: exp(coefficient) has no name of its own, so there is no ratio to draw. "
            "fit.plot.coefficients() draws the coefficients."
        )
    if against is not None and not record.family.words.compares:
        raise UnsupportedError(
            f"against={against!r} applies to models of several outcomes; the {ratio.plural} of this model are those of "
            "its event."
        )
    _require_estimates(record, ratio.name)
    (place,) = places_of(record.info, against=against)
    record = printed_record(record)
    name, by = limits or ("", None)
    marks = _of_ratios(record, odds_ratios(record, None, place, units, level, by))
    drawn = _columns(record, terms, ratio.name, without_ratio(record.info))
    found = _forest(record, drawn, marks, units, labels, what=ratio.title, ratios=True)
    return found._replace(interval=name or found.interval)


def coefficient_forest(
    record: FitRecord,
    units: Mapping[str, float] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    terms: Sequence[str] | None = None,
    level: float | None = None,
    limits: tuple[str, Limits] | None = None,
) -> Forest:
    """Return the coefficients that a forest plot shows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> bool((coefficient_forest(fit.record).estimate[:, 0] == fit.coef[["age", "smoke"]]).all())
    True
    """
    _require_estimates(record, "coefficient")
    record = printed_record(record)
    drawn = _columns(record, terms, "coefficient", np.zeros(len(record.info.names), dtype=bool))
    every = coefficient_estimates(record, level)
    if limits is not None:
        every = replace(every, low=limits[1].low, high=limits[1].high)
    marks = _of_coefficients(record, changes_of(record.info, units), every)
    found = _forest(record, drawn, marks, units, labels, what="Coefficient", ratios=False)
    return found if limits is None else found._replace(interval=limits[0])


def _require_estimates(record: FitRecord, what: str) -> None:
    if not any(name != INTERCEPT for name in record.info.names):
        plural = "s" if len(record.equations) > 1 else ""
        raise UnsupportedError(
            f"There is no {what} to draw: the model has no coefficient besides the intercept{plural}."
        )
    if record.separated_completely:
        raise UnsupportedError(
            f"There is no {what} to draw: every row is fitted perfectly (complete separation), and none is finite."
        )


def _of_ratios(record: FitRecord, found: OddsRatios) -> _Marks:
    """Return the ratios of all columns; of a term that neither outcome has, none."""
    info = record.info
    columns = np.array([info.names.index(name) for name in found.terms], dtype=np.int64)
    outcomes = tuple(dict.fromkeys(found.outcomes))
    mark = np.array([outcomes.index(outcome) for outcome in found.outcomes] or [0] * len(found.terms), dtype=np.int64)
    table = np.full((4, len(info.names), max(len(outcomes), 1)), np.nan)
    table[:, columns, mark] = found.estimate, found.std_error, found.low, found.high
    if not record.family.words.compares:
        elsewhere = np.ones(table.shape[1:], dtype=bool)
        elsewhere[columns, mark] = False
        _leave_out(table, elsewhere)
    if record.absent is not None:
        has = np.zeros((len(record.outcomes), len(info.names)), dtype=bool)
        has[record.predictors.active] = ~record.absent.reshape(record.predictors.active.size, -1)
        either = has[[record.outcomes.index(name) for name in outcomes]] | has[record.outcomes.index(found.against[0])]
        _leave_out(table, ~either.T)
    return _Marks(table, outcomes, found.against[0] if found.against else "", found.level)


def _of_coefficients(record: FitRecord, changes: FloatArray, every: Estimates) -> _Marks:
    """Return the coefficients of all columns, for each equation that has more than an intercept."""
    intercept = record.info.intercept
    gone = np.zeros(record.coef.size, dtype=bool) if record.absent is None else record.absent
    shown = [one for one in record.equations if np.any(one.columns != (-1 if intercept is None else intercept))]
    table = np.full((4, len(record.info.names), len(shown)), np.nan)
    out = np.ones(table.shape[1:], dtype=bool)
    for k, one in enumerate(shown):
        found = per_unit(every.at(one.places), changes[one.columns])
        table[:, one.columns, k] = found.estimate, found.std_error, found.low, found.high
        out[one.columns, k] = gone[one.places]
    _leave_out(table, out)
    labels = tuple(one.label for one in shown)
    compared = record.family.words.compares
    if compared and record.reference is not None:
        against = record.outcomes[record.reference]
    else:  # a penalty makes the coefficients no deviations from a mean
        against = MEAN if compared and not record.is_penalised else ""
    return _Marks(table, labels if any(labels) else (), against, every.level)


def _leave_out(table: FloatArray, where: BoolArray) -> None:
    """Mark what is not in the model as what a figure leaves out."""
    table[0, where], table[2, where] = np.nan, -np.inf


def _forest(
    record: FitRecord,
    drawn: _Drawn,
    marks: _Marks,
    units: Mapping[str, float] | None,
    labels: Mapping[str, str] | None,
    *,
    what: str,
    ratios: bool,
) -> Forest:
    """Return what is drawn, with rows for the headings and references of factors."""
    changes, withheld = changes_of(record.info, units), is_withheld(record)
    rows = term_rows(record.info, drawn.columns, labels, dict(enumerate(changes.tolist())))
    outcomes = marks.outcomes[:OUTCOMES_MOST]
    m = max(len(outcomes), 1)
    table = np.full((3, len(rows), m), np.nan)
    table[1] = -np.inf  # headings and references hold none
    for row, (_, column) in enumerate(rows):
        if column is not None:
            table[:, row] = marks.table[[0, 2, 3], column, :m]
    alone = not marks.outcomes
    notes = (_outcomes_left(outcomes, marks.outcomes[OUTCOMES_MOST:]), drawn.note)
    return Forest(
        terms=tuple(row for row, _ in rows),
        estimate=table[0],
        low=table[1],
        high=table[2],
        what=what,
        ratios=ratios,
        level=None if withheld else marks.level,
        interval=interval_words(record),
        outcomes=tuple(name or COMMON for name in outcomes),
        against="" if alone else marks.against,
        places=tuple(record.outcomes.index(name) if name in record.outcomes else k for k, name in enumerate(outcomes)),
        n_outcomes=len(record.outcomes),
        numbers=_numbers(rows, marks, ratios=ratios, withheld=withheld) if alone else (),
        words=_words(record, rows) if alone else (),
        note=" ".join(note for note in notes if note),
    )


def _words(record: FitRecord, rows: Sequence[tuple[TermRow, int | None]]) -> tuple[str, ...]:
    """Return what is said of ratios that are 0 or infinite though their coefficient is finite."""
    return tuple(BEYOND if j is not None and np.isfinite(record.coef[j]) else "" for _, j in rows)


def _numbers(
    rows: Sequence[tuple[TermRow, int | None]], marks: _Marks, *, ratios: bool, withheld: bool
) -> tuple[tuple[str, str], ...]:
    """Return estimates and intervals as a summary writes them; nothing for what is named in words."""
    columns = np.array([j for _, j in rows if j is not None], dtype=np.int64)
    estimate, error, low, high = marks.table[:, columns, 0]
    if ratios:
        known = np.isfinite(estimate) & (estimate > 0.0) | _one_sided(low, high, least=0.0)
        shown = [np.where(known, values, np.nan) for values in (estimate, low, high)]
        with np.errstate(invalid="ignore", divide="ignore"):
            texts, lows, highs = format_ratios(shown, np.where(known, error / estimate, np.nan))
    else:
        known = np.isfinite(estimate) | _one_sided(low, high, least=-np.inf)
        texts, _, lows, highs = format_estimates(np.where(known, estimate, np.nan), error, low, high)
    cells = iter(
        (text, "" if withheld or not one else f"{one} to {other}")
        for text, one, other in zip(texts, lows, highs, strict=True)
    )
    none = {"reference": ("1" if ratios else "0", "")}
    return tuple(next(cells) if j is not None else none.get(row.kind, ("", "")) for row, j in rows)


def _one_sided(low: FloatArray, high: FloatArray, *, least: float) -> BoolArray:
    """Return which intervals have one end that is finite, and one at infinity or at the least value."""
    return np.asarray((np.isposinf(high) & np.isfinite(low) & (low > least)) | ((low == least) & np.isfinite(high)))


def _outcomes_left(shown: tuple[str, ...], rest: tuple[str, ...]) -> str:
    if not rest:
        return ""
    return (
        f"The first {len(shown)} of {len(shown) + len(rest)} outcomes are drawn, as more could not be told apart; not "
        f"drawn: {name_list(rest, 6)}."
    )


def _columns(record: FitRecord, terms: Sequence[str] | None, what: str, none: BoolArray) -> _Drawn:
    """Return the columns that are drawn, those named or the usual ones, with a note of the others."""
    if terms is not None:
        drawn = _Drawn(_named(record.info, terms, what), "")
    elif len(record.equations) > 1:
        drawn = _of_several(record, none)
    else:
        drawn = _listed(record) if not record.is_penalised else _not_zero(record, what)
    kept = [j for j in drawn.columns if not none[j]]
    words = " ".join(no_ratio(record.info, what)) if none.any() else ""
    if not kept:
        why = (
            f". {words}"
            if words
            else (": every term has too many coefficients for a figure. Name some of them, terms=[...].")
        )
        raise UnsupportedError(f"There is no {what} to draw{why}")
    return _Drawn(kept, f"{drawn.note} {words}".strip())


def _named(info: DesignInfo, terms: Sequence[str], what: str) -> list[int]:
    """Return the columns that the user names: all of a term, or one."""
    if not isinstance(terms, Iterable):
        raise FormulaError(f"terms={terms!r:.60} must be names of terms, such as ['age', 'smoke'].")
    names = [terms] if isinstance(terms, str) else list(terms)
    columns = [name for name in info.names if name != INTERCEPT]
    every = {term.name: term.columns for term in info.terms if term.columns and info.names[term.columns[0]] in columns}
    found: list[int] = []
    for name in names:
        if name not in every and name not in columns:
            hint = nearest_name(str(name), (*every, *columns))
            raise FormulaError(f"terms names {name!r}, which has no {what}. {hint}")
        found.extend(every[name] if name in every else [info.names.index(name)])
    if not found:
        raise FormulaError("terms is empty; name terms of the formula or coefficients.")
    return list(dict.fromkeys(found))


def _listed(record: FitRecord) -> _Drawn:
    """Return the columns that a summary lists, and a note of the terms that it does not."""
    kept = set(listed_columns(record.info).tolist())
    left = [term for term in record.info.terms if term.columns and term.columns[0] not in kept]
    words = [f"the {counted(len(term.columns), 'coefficient')} of {term.name}" for term in left]
    return _Drawn(sorted(kept - {record.info.intercept}), f"Not drawn: {name_list(words)}." if words else "")


def _not_zero(record: FitRecord, what: str) -> _Drawn:
    """Return the columns of a penalised fit whose coefficients are not zero, the largest of very many."""
    intercept, facts = record.info.intercept, record.penalty
    listed = np.arange(record.coef.size) if facts is None else listed_coefficients(record, facts)
    drawn = sorted(int(j) for j in listed if record.coef[j] != 0.0 and j != intercept)
    if not drawn:
        raise UnsupportedError(
            f"There is no {what} to draw: the penalty has set every coefficient besides the intercept to zero."
        )
    slopes = np.delete(record.coef, [] if intercept is None else intercept)
    nonzero = int(np.count_nonzero(slopes))
    parts = []
    if nonzero > len(drawn):
        parts.append(f"{counted(nonzero - len(drawn), 'smaller coefficient')}")
    if slopes.size > nonzero:
        parts.append(f"{counted(slopes.size - nonzero, 'coefficient')} at zero")
    return _Drawn(drawn, f"Not drawn: {' and '.join(parts)}." if parts else "")


def _of_several(record: FitRecord, none: BoolArray) -> _Drawn:
    """Return the columns of several equations that are drawn: those listed and not aliased, as many as can be read."""
    gone = {*record.predictors.columns[record.aliased].tolist(), *np.flatnonzero(none), record.info.intercept}
    every = [j for j in range(len(record.info.names)) if j not in gone]
    listed = set(listed_columns(record.info).tolist())
    columns = [j for j in every if j in listed][:TERMS_MOST]
    rest = len(every) - len(columns)
    return _Drawn(columns, f"Not drawn: {counted(rest, 'further coefficient')} of each outcome." if rest else "")
