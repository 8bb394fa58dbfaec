"""One fit in a table: estimates of its equations, tests of its terms, and counts for the levels of factors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.info import DesignInfo
from logitkit.engine.facts import Equation
from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError
from logitkit.inference.changes import column_changes, without_ratio
from logitkit.inference.fit_statistics import fit_statistics
from logitkit.inference.hypotheses.anova import anova
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.inference.tables.level_counts import LevelCounts, level_counts
from logitkit.inference.tables.regression import Block, Cell, Row, TabledFit, TermP

__all__ = ["Options", "blocks_of", "counts_of", "factor_of", "row_key", "tabled", "with_tests"]

TERM_MOST = 60  # columns of a term that are still listed one by one
CODED = re.compile(r"C\(\s*(.+?)\s*(?:,.*)?\)")
FIELDS = ("estimate", "std_error", "statistic", "p_value", "low", "high")


@dataclass(frozen=True)
class Options:
    """The options of a table.

    Parameters
    ----------
    level : float or None
        Confidence level of the intervals; None for that of each fit.
    units : dict of str to float, or None
        Changes of variables to which ratios refer.
    test : {'LR', 'Wald'} or None
        Test of terms; None for the likelihood-ratio test where it is valid.
    intercepts : bool
        Whether intercepts are shown.
    terms : bool
        Whether terms are tested.

    Examples
    --------
    >>> Options().terms
    True
    """

    level: float | None = None
    units: dict[str, float] | None = None
    test: Literal["LR", "Wald"] | None = None
    intercepts: bool = False
    terms: bool = True


def tabled(
    name: str, record: FitRecord, design: Design | None, place: int, options: Options
) -> tuple[TabledFit, tuple[Block, ...]]:
    """Return a fit and its blocks.

    Parameters
    ----------
    name : str
        Name of the fit.
    record : FitRecord
        The fit.
    design : Design or None
        The rows of the fit, for likelihood-ratio tests and counts.
    place : int
        Position among the fits.
    options : Options
        Options of the table.

    Returns
    -------
    fit : TabledFit
        The fit with counts and statistics.
    blocks : tuple of Block
        One block per equation that has more than an intercept.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ race", lk.datasets.load_lbw())
    >>> whole, _ = tabled("all", fit.record, fit.design, 0, Options())
    >>> whole.n_rows, whole.n_events
    (189.0, 59.0)
    """
    counts = None if design is None else level_counts(design, has_event=record.has_event)
    blocks = tuple(blocks_of(record, design, place, options))
    n_events = record.events if record.has_event else np.nan
    n_rows = record.n_obs if counts is None else counts.n_rows
    n_events = n_events if counts is None else counts.n_events
    found = None if counts is None else counts_of(record.info, counts)
    return TabledFit(name, record, fit_statistics(record), found, float(n_rows), float(n_events)), blocks


def blocks_of(record: FitRecord, design: Design | None, place: int, options: Options) -> Iterator[Block]:
    """Yield the estimates of each equation of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows.
    place : int
        Position among the fits of the table.
    options : Options
        Options of the table.

    Yields
    ------
    Block
        One block per equation that has more than an intercept.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ race", lk.datasets.load_lbw())
    >>> (block,) = blocks_of(fit.record, fit.design, 0, Options())
    >>> bool(block.tests["race"].p_value == fit.anova().p_value[0])
    True
    """
    info, words = record.info, record.family.words
    ratio = words.ratio_against(record.reference)
    estimates = coefficient_estimates(record, options.level)
    changes = column_changes(info, options.units)
    alone = ~without_ratio(info)
    aliased, gone = set(record.aliased.tolist()), record.absent
    tests = _tests(record, design, options) if options.terms else {}
    for equation in _shown(record, options):
        at = dict(zip(equation.columns.tolist(), equation.places.tolist(), strict=True))
        cells: dict[Row, Cell] = {}
        for term in info.terms:
            columns = [j for j in term.columns if j in at and not (gone is not None and gone[at[j]])]
            if not columns or (info.names[columns[0]] == INTERCEPT and not options.intercepts):
                continue
            for row, j in _rows_of(info, term, columns, collapse=ratio is not None and not alone[columns].any()):
                if j is None:
                    cells[row] = Cell(state="reference" if row.level else "")
                    continue
                change = 1.0 if np.isnan(changes[j]) else float(changes[j])
                values = _changed([getattr(estimates, name)[at[j]] for name in FIELDS], change)
                missing = np.isnan(record.coef[at[j]])
                state = "" if not missing else "aliased" if at[j] in aliased else "undetermined"
                cells[row] = Cell(*values, state, bool(alone[j]), change)
        yield Block(place, equation.label, ratio, cells, tests)
        tests = {}  # which are of all equations at once


def _changed(values: Sequence[float], change: float) -> tuple[float, float, float, float, float, float]:
    """Return an estimate and what belongs to it for a change of the column."""
    estimate, error, statistic, p_value, low, high = map(float, values)
    ends = sorted((low * change, high * change)) if change < 0.0 else (low * change, high * change)
    return estimate * change, error * abs(change), statistic * np.sign(change), p_value, ends[0], ends[1]


def _shown(record: FitRecord, options: Options) -> list[Equation]:
    """Return the equations that have a block: those with more than an intercept, or the first where none has."""
    intercept = record.info.intercept
    found = [one for one in record.equations if np.any(one.columns != (-1 if intercept is None else intercept))]
    return found or (list(record.equations) if options.intercepts else list(record.equations[:1]))


def factor_of(info: DesignInfo, term: Term) -> str | None:
    """Return the expression of a term that is a single factor with levels; None for other terms.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.
    term : Term
        A term of the formula.

    Returns
    -------
    str or None
        The expression, as in the formula.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("low ~ C(race) + age", lk.datasets.load_lbw()).record.info
    >>> [factor_of(info, term) for term in info.terms]
    [None, 'C(race)', None]
    """
    if info.coding is None:
        return None
    factors = info.coding.factors.get(term.name, ())
    return factors[0] if len(factors) == 1 and factors[0] in info.coding.coded_levels() else None


def row_key(info: DesignInfo, term: Term) -> str:
    """Return the name under which a term is matched between fits that code its factor differently.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.
    term : Term
        A term of the formula.

    Returns
    -------
    str
        The variable of a factor, otherwise the term as it is written.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("low ~ C(race) + age", lk.datasets.load_lbw()).record.info
    >>> [row_key(info, term) for term in info.terms]
    ['Intercept', 'race', 'age']
    """
    if factor_of(info, term) is None:
        return term.name
    found = CODED.fullmatch(term.name)
    return (found.group(1) if found else term.name).strip("`")


def _rows_of(
    info: DesignInfo, term: Term, columns: Sequence[int], *, collapse: bool
) -> Iterator[tuple[Row, int | None]]:
    """Yield the rows of a term and their columns; none for a heading, or for the reference level of a factor."""
    key, factor = row_key(info, term), factor_of(info, term)
    if len(columns) == 1 and factor is None:
        yield Row(key), columns[0]
        return
    yield Row(key), None
    if collapse or len(columns) > TERM_MOST:
        return
    reference = dict(info.references).get(term.name)
    levels = _levels(info, term, columns) if factor is not None else [info.names[j] for j in columns]
    rows: list[tuple[Row, int | None]] = [(Row(key, level), j) for level, j in zip(levels, columns, strict=True)]
    if reference is not None and info.coding is not None and factor is not None:
        every = [str(level) for level in info.coding.coded_levels()[factor]]
        place = sum(level in levels for level in every[: every.index(reference)])
        rows.insert(place, (Row(key, reference), None))
    yield from rows


def _levels(info: DesignInfo, term: Term, columns: Sequence[int]) -> list[str]:
    """Return the levels that the columns of a factor are of."""
    inside = [info.names[j].removeprefix(term.name)[1:-1] for j in columns]
    return [text[2:] if text[:2] in ("T.", "S.") else text for text in inside]


def counts_of(info: DesignInfo, counts: LevelCounts) -> dict[Row, tuple[float, float]]:
    """Return the numbers of rows and events for each level of factors with treatment contrasts.

    Parameters
    ----------
    info : DesignInfo
        Design information of the fit.
    counts : LevelCounts
        Counts for the columns of the design.

    Returns
    -------
    dict of Row to (float, float)
        Numbers of rows and events, including the reference levels.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ race", lk.datasets.load_lbw())
    >>> counts_of(fit.record.info, level_counts(fit.design, has_event=True))["race", "white"]
    (96.0, 23.0)
    """
    found = {}
    for term in info.terms:
        reference = dict(info.references).get(term.name)
        if reference is None or factor_of(info, term) is None or len(term.columns) > TERM_MOST:
            continue
        columns, key = list(term.columns), row_key(info, term)
        for level, j in zip(_levels(info, term, columns), columns, strict=True):
            found[Row(key, level)] = float(counts.rows[j]), float(counts.events[j])
        rest = counts.n_rows - counts.rows[columns].sum(), counts.n_events - counts.events[columns].sum()
        found[Row(key, reference)] = float(rest[0]), float(rest[1])
    return found


# Tests of terms.


def with_tests(block: Block, info: DesignInfo, test: Callable[[str], float], name: str) -> Block:
    """Return a block with tests of its terms from elsewhere, such as over imputed tables.

    Parameters
    ----------
    block : Block
        One equation of a fit.
    info : DesignInfo
        Design information of the fit.
    test : callable
        Function that returns the p-value of a term from its name in the formula.
    name : str
        Name of the tests.

    Returns
    -------
    Block
        The block with the same estimates.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ race", lk.datasets.load_lbw())
    >>> (block,) = blocks_of(fit.record, fit.design, 0, Options())
    >>> with_tests(block, fit.record.info, lambda term: 0.5, "D1").tests["race"]
    TermP(p_value=0.5, test='D1')
    """
    several = [term for term in info.terms if 1 < len(term.columns) <= TERM_MOST]
    return replace(block, tests={row_key(info, term): TermP(test(term.name), name) for term in several})


def _tests(record: FitRecord, design: Design | None, options: Options) -> dict[str, TermP]:
    """Return the tests of the terms that have several coefficients; none where no test is valid."""
    several = [term for term in record.info.terms if 1 < len(term.columns) <= TERM_MOST]
    if not several or record.is_penalised:
        return {}
    valid = record.has_ratios and design is not None
    kinds: list[Literal["LR", "Wald"]] = [options.test] if options.test else ["LR", "Wald"] if valid else ["Wald"]
    for kind in kinds:
        try:
            found = anova(record, design, 2, kind, [term.name for term in several])
        except LogitkitError:
            if options.test is not None:
                raise
            continue
        tested = dict(zip(found.labels, found.p_value.tolist(), strict=True))
        return {row_key(record.info, term): TermP(tested[term.name], kind) for term in several if term.name in tested}
    return {}
