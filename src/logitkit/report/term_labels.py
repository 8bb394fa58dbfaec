"""Labels of the rows of a figure of terms: one row per column, under a heading where it is a level of a factor."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.errors import FormulaError, nearest_name
from logitkit.plots.term_rows import TermRow
from logitkit.report.units import unit_labels

__all__ = ["factor_heading", "level_of", "term_rows"]

VARIABLE = re.compile(r"C\(\s*(.+?)\s*(?:,.*)?\)")


def term_rows(
    info: DesignInfo,
    columns: Sequence[int],
    labels: Mapping[str, str] | None = None,
    units: Mapping[int, float] | None = None,
) -> list[tuple[TermRow, int | None]]:
    """Return the rows of a figure: one per column, and above the levels of a factor its name and reference."""
    if labels is not None and not isinstance(labels, Mapping):
        raise FormulaError(f"labels={labels!r:.60} must be a dict of names and what to print for them.")
    references, given = dict(info.references), labels or {}
    factors = {j: term.name for term in info.terms if term.name in references for j in term.columns}
    known = [name for name in (*info.names, *dict.fromkeys(factors.values())) if name != INTERCEPT]
    for name in given:
        if name not in known:
            raise FormulaError(f"labels names {name!r}, which has no row. {nearest_name(name, known)}")
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
