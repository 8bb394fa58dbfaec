"""Which odds ratios a forest plot shows: a row a coefficient, under a heading where it is a level of a factor."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.engine.record import FitRecord
from logitkit.errors import FormulaError, UnsupportedError, nearest_name
from logitkit.inference.changes import without_ratio
from logitkit.inference.penalised import interval_words, is_withheld
from logitkit.inference.ratios import OddsRatios, odds_ratios
from logitkit.plots.forest import ForestRow
from logitkit.plots.term_rows import TermRow
from logitkit.report.cautions import no_ratio
from logitkit.report.estimate_columns import format_ratios
from logitkit.report.listed import listed_columns
from logitkit.report.penalty_table import listed_coefficients
from logitkit.report.units import unit_labels
from logitkit.report.wording import counted, name_list

__all__ = ["Forest", "factor_heading", "forest_rows", "level_of", "term_rows"]

BEYOND = "beyond the largest number"  # an odds ratio of a finite coefficient that is 0 or infinite in floating point
VARIABLE = re.compile(r"C\(\s*(.+?)\s*(?:,.*)?\)")


class Forest(NamedTuple):
    """What a forest plot shows.

    Parameters
    ----------
    rows : list of ForestRow
        Downwards.
    level : float or None
        Of the intervals; None where a penalty leaves none.
    interval : str
        What an interval is called.
    note : str
        Which ratios are not drawn; empty for none.
    """

    rows: list[ForestRow]
    level: float | None
    interval: str
    note: str


def forest_rows(
    record: FitRecord,
    units: Mapping[str, float] | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    terms: Sequence[str] | None = None,
    level: float | None = None,
) -> Forest:
    """Return the rows of a forest plot.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "g": list("aabbccca")}
    >>> [row.label for row in forest_rows(lk.logit("y ~ g", data).record).rows]
    ['g', 'a (reference)', 'b', 'c']
    """
    result = odds_ratios(record, units=units, level=level)
    if not result.terms:
        raise UnsupportedError("There is no odds ratio to draw: the model has no coefficient besides the intercept.")
    if record.separated_completely:
        raise UnsupportedError(
            "There is no odds ratio to draw: every row is fitted perfectly (complete separation), and none is finite."
        )
    if terms is None:
        columns, note = _usual(record)
    else:
        columns, note = _named(record.info, set(result.terms), terms), ""
    columns, note = _with_ratio(record, columns, note)
    withheld, place = is_withheld(record), {name: row for row, name in enumerate(result.terms)}
    rows = [place[record.names[j]] for j in columns]
    numbers = dict(zip(columns, _numbers(result, rows, withheld), strict=True))
    units_of = {j: float(result.units[row]) for j, row in zip(columns, rows, strict=True)}
    found = []
    for label, column in term_rows(record.info, columns, labels, units_of):
        if column is None:
            found.append(ForestRow(label.label, 1.0, kind=label.kind, indented=label.indented))
            continue
        row = place[record.names[column]]
        ratio, low, high = (float(values[row]) for values in (result.estimate, result.low, result.high))
        words = BEYOND if np.isfinite(record.coef[column]) else ""
        found.append(ForestRow(label.label, ratio, low, high, words, numbers[column], indented=label.indented))
    return Forest(found, None if withheld else result.level, interval_words(record), note)


def term_rows(
    info: DesignInfo,
    columns: Sequence[int],
    labels: Mapping[str, str] | None = None,
    units: Mapping[int, float] | None = None,
) -> list[tuple[TermRow, int | None]]:
    """Return the rows of a figure of terms: a row a column, and above the levels of a factor its name and reference."""
    if labels is not None and not isinstance(labels, Mapping):
        raise FormulaError(f"labels={labels!r:.60} must be a dict of names and what to print for them.")
    references, given = dict(info.references), labels or {}
    factors = {j: term.name for term in info.terms if term.name in references for j in term.columns}
    known = [name for name in (*info.names, *dict.fromkeys(factors.values())) if name != INTERCEPT]
    for name in given:
        if name not in known:
            raise FormulaError(f"labels names {name!r}, which has no odds ratio. {nearest_name(name, known)}")
    found: list[tuple[TermRow, int | None]] = []
    above = None
    for j in columns:
        name, factor = info.names[j], factors.get(j)
        if factor is not None and factor != above:
            found.append((TermRow(given.get(factor, factor_heading(factor)), "heading"), None))
            found.append((TermRow(f"{_shown(references[factor])} (reference)", "reference", indented=True), None))
        above = factor
        label = name if factor is None else level_of(name, factor)
        unit = 1.0 if units is None else units.get(j, 1.0)
        (label,) = unit_labels([label], np.array([unit]))
        found.append((TermRow(given.get(name, label), indented=factor is not None), j))
    return found


def factor_heading(term: str) -> str:
    """Return the variable of a factor.

    Examples
    --------
    >>> factor_heading("C(race)"), factor_heading("C(status, contr.treatment('none'))"), factor_heading("sector")
    ('race', 'status', 'sector')
    """
    found = VARIABLE.fullmatch(term)
    return (found.group(1) if found else term).strip("`")


def level_of(name: str, term: str) -> str:
    """Return the level that a coefficient of a factor compares with the reference.

    Examples
    --------
    >>> level_of("C(race)[T.2]", "C(race)"), level_of("age", "C(race)")
    ('2', 'age')
    """
    start = f"{term}[T."
    return _shown(name[len(start) : -1]) if name.startswith(start) and name.endswith("]") else name


def _shown(level: str) -> str:
    """Return a level that can be seen."""
    return level if level == level.strip() != "" else repr(level)


def _named(info: DesignInfo, ratios: AbstractSet[str], terms: Sequence[str]) -> list[int]:
    """Return the columns that the user names: all of a term, or one."""
    if not isinstance(terms, Iterable):
        raise FormulaError(f"terms={terms!r:.60} must be names of terms, such as ['age', 'smoke'].")
    names = [terms] if isinstance(terms, str) else list(terms)
    every = {term.name: term.columns for term in info.terms if term.columns and info.names[term.columns[0]] in ratios}
    found: list[int] = []
    for name in names:
        if name not in every and name not in ratios:
            hint = nearest_name(str(name), (*every, *ratios))
            raise FormulaError(f"terms names {name!r}, which has no odds ratio. {hint}")
        found.extend(every[name] if name in every else [info.names.index(name)])
    if not found:
        raise FormulaError("terms is empty; name terms of the formula or coefficients.")
    return list(dict.fromkeys(found))


def _usual(record: FitRecord) -> tuple[list[int], str]:
    """Return the columns that are drawn unless terms are named, and a note of the others."""
    intercept = record.info.intercept
    if record.penalty is None:
        listed = listed_columns(record.info)
        kept = set(listed.tolist())
        listed = listed[listed != (-1 if intercept is None else intercept)]
        left = [term for term in record.info.terms if term.columns and term.columns[0] not in kept]
        if not listed.size:
            raise UnsupportedError(
                "There is no odds ratio to draw: every term has too many coefficients for a figure. Name some of them, "
                "terms=[...]."
            )
        words = [f"the {counted(len(term.columns), 'coefficient')} of {term.name}" for term in left]
        return listed.tolist(), f"Not drawn: {name_list(words)}." if words else ""
    listed = listed_coefficients(record, record.penalty)
    drawn = np.array([j for j in listed if record.coef[j] != 0.0 and j != intercept], dtype=np.int64)
    if not drawn.size:
        raise UnsupportedError(
            "There is no odds ratio to draw: the penalty has set every coefficient besides the intercept to zero."
        )
    nonzero = int(np.count_nonzero(np.delete(record.coef, [] if intercept is None else intercept)))
    zero = record.coef.size - (0 if intercept is None else 1) - nonzero
    parts = []
    if nonzero > drawn.size:
        parts.append(f"{counted(nonzero - drawn.size, 'smaller coefficient')}")
    if zero:
        parts.append(f"{counted(zero, 'coefficient')} at zero")
    return sorted(drawn.tolist()), f"Not drawn: {' and '.join(parts)}." if parts else ""


def _with_ratio(record: FitRecord, columns: list[int], note: str) -> tuple[list[int], str]:
    """Leave out the columns that cannot change alone, and say so in the note."""
    none = without_ratio(record.info)
    kept = [j for j in columns if not none[j]]
    if len(kept) == len(columns):
        return columns, note
    words = " ".join(no_ratio(record.info, "odds ratio"))
    if not kept:
        raise UnsupportedError(f"There is no odds ratio to draw. {words}")
    return kept, f"{note} {words}".strip()


def _numbers(result: OddsRatios, rows: Sequence[int], withheld: bool) -> list[tuple[str, str]]:
    """Return estimates and intervals as a summary writes them; nothing for what is named in words."""
    shown = np.array(rows, dtype=np.int64)
    ratio = result.estimate[shown]
    known = np.isfinite(ratio) & (ratio > 0.0)
    columns = [np.where(known, values[shown], np.nan) for values in (result.estimate, result.low, result.high)]
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.where(known, result.std_error[shown] / ratio, np.nan)
    cells = zip(*format_ratios(columns, errors), strict=True)
    return [(text, "" if withheld or not low else f"{low} to {high}") for text, low, high in cells]
