"""What terms, coefficients and levels are called in print: the one home of labels in tables, figures and reports.

A label is looked up for the term as it is written, then for the variable in it. Names of coefficients are what a fit
calls them; they stay where no label is known, and in every frame.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logitkit.design.formula.terms import INTERCEPT, Term
from logitkit.design.info import DesignInfo
from logitkit.design.labels import Labels, step_text
from logitkit.errors import FormulaError, nearest_name
from logitkit.inference.changes import variables_of
from logitkit.report.units import unit_labels
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.plots.term_rows import TermRow

__all__ = [
    "TIMES",
    "Piece",
    "column_label",
    "expression_label",
    "factor_heading",
    "known_variables",
    "labelled_info",
    "level_of",
    "pieces_of",
    "response_label",
    "shown_level",
    "shown_names",
    "term_label",
    "term_rows",
]

VARIABLE = re.compile(r"C\(\s*(.+?)\s*(?:,.*)?\)")
TIMES = " * "  # ASCII, as a summary must never fail to print
OPENING, CLOSING = "([{", ")]}"
#: Transforms of the formula language, as print has them.
BASES = {"bs": "B-spline", "cr": "cubic spline", "cs": "cubic spline", "cc": "cyclic spline", "poly": "polynomial"}
CALL = re.compile(r"(\w+)\((.+)\)")
WRITTEN = ((re.compile(r"\b(?:np|math)\."), ""), (re.compile(r"^I\((.*)\)$"), r"\1"), (re.compile(r"\s*\*\*\s*"), "^"))


class Piece(NamedTuple):
    """A factor of the product that a column is.

    Parameters
    ----------
    expression : str
        As the formula has it.
    level : str
        Of a factor with levels; empty of numbers.
    number : str
        Of a basis of several columns, which of them; empty of others.
    """

    expression: str
    level: str = ""
    number: str = ""


# What the columns of a design are made of.


def labelled_info(info: DesignInfo, stated: Labels, columns: Sequence[str] = ()) -> DesignInfo:
    """Return what is known of a design with labels, which must be of variables that there are.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("low ~ age", lk.datasets.load_lbw()).record.info
    >>> labelled_info(info, lk.labels({"agee": "Age"}))
    Traceback (most recent call last):
    logitkit.errors.FormulaError: labels names 'agee', which is not a variable of the model. Did you mean 'age'?
    """
    known = known_variables(info, columns)
    # The same labels serve several models, so a term that this one has not may be among them.
    known += [name for name in stated.variables if name not in known and variables_of(name, tuple(known))]
    stated.require_known(known, "a column of the data" if columns else "a variable of the model")
    for expression, levels in _levels(info).items():
        stated.require_levels(factor_heading(expression), levels)
    return replace(info, labels=stated.over(info.labels))


def known_variables(info: DesignInfo, columns: Sequence[str] = ()) -> list[str]:
    """Return what may be labelled: columns of the table, terms as they are written, and the response."""
    coding = info.coding
    read = () if coding is None else (*coding.variables, *coding.left_variables)
    written = [term.name for term in info.terms]
    return [*columns, *read, *written, *map(factor_heading, written), *info.names, info.response.name]


def _levels(info: DesignInfo) -> dict[str, list[str]]:
    """Return the levels of each factor by its expression, as they are printed."""
    if info.coding is None:
        return {}
    return {name: list(map(str, levels)) for name, levels in info.coding.coded_levels().items()}


def pieces_of(info: DesignInfo, term: Term, column: int) -> tuple[Piece, ...]:
    """Return the factors of the product that a column is; none where its name does not say.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("low ~ age:race", lk.datasets.load_lbw()).record.info
    >>> pieces_of(info, info.terms[1], 1)
    (Piece(expression='age', level='', number=''), Piece(expression='race', level='white', number=''))
    """
    if info.coding is None:
        return ()
    factors, levels = info.coding.factors.get(term.name, ()), info.coding.coded_levels()
    parts = _split(info.names[column])
    if len(parts) != len(factors):
        return ()
    found = []
    for part, factor in zip(parts, factors, strict=True):
        rest = part.removeprefix(factor)
        if rest == part or (rest and not (rest.startswith("[") and rest.endswith("]"))):
            return ()
        inside = rest[1:-1]
        if factor in levels:
            found.append(Piece(factor, level=inside.removeprefix("T.").removeprefix("S.")))
        else:
            found.append(Piece(factor, number=inside))
    return tuple(found)


def _split(name: str) -> list[str]:
    """Return the factors of a product, divided at the colons that stand in no bracket or quotation.

    Examples
    --------
    >>> _split("C(g)[T.a:b]:x")
    ['C(g)[T.a:b]', 'x']
    """
    parts, depth, quoted = [""], 0, ""
    for sign in name:
        if quoted:
            quoted = "" if sign == quoted else quoted
        elif sign in "`\"'" and depth == 0:
            quoted = sign
        depth += (sign in OPENING) - (sign in CLOSING)
        if sign == ":" and depth <= 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


# Words.


def expression_label(info: DesignInfo, expression: str, change: float = 1.0) -> str:
    """Return what a factor of a term is called: the label of its variable, with the transform that it is in.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> named = lk.labels({"lwt": "Weight"}, units={"lwt": "lb"})
    >>> info = lk.logit("low ~ lwt + np.log(lwt) + bs(lwt, df=4)", births, labels=named).record.info
    >>> expression_label(info, "lwt", 10), expression_label(info, "np.log(lwt)")
    ('Weight (per 10 lb)', 'log(Weight)')
    >>> expression_label(info, "bs(lwt, df=4)")
    'Weight (B-spline)'
    """
    labels, known = info.labels, () if info.coding is None else info.coding.variables
    if expression in labels.variables or expression in known or not known:
        return labels.with_unit(expression.strip("`") if expression not in labels.variables else expression, change)
    heading = factor_heading(expression)
    if heading != expression:
        return labels.of(heading)
    words = _in_words(labels, expression, known)
    return words if change == 1.0 else f"{words} (per {step_text(change)})"


def _in_words(labels: Labels, expression: str, known: tuple[str, ...]) -> str:
    """Return an expression with the labels of its variables, and bases by their names."""
    call = CALL.fullmatch(expression)
    if call and call[1] in BASES and (inside := call[2].split(",")[0].strip()) in known:
        return f"{labels.of(inside)} ({BASES[call[1]]})"
    words = expression
    for pattern, by in WRITTEN:
        words = pattern.sub(by, words)
    called = {name: labels.of(name) for name in variables_of(expression, known)}
    if not called:
        return words
    names = "|".join(rf"`{re.escape(name)}`|(?<![\w.]){re.escape(name)}(?!\w)" for name in called)

    def label(found: re.Match[str]) -> str:
        text, inside = called[found[0].strip("`")], found.start() and words[found.start() - 1] == "("
        alone = inside and words[found.end() : found.end() + 1] == ")"
        return text if alone or " " not in text else f"({text})"

    return re.sub(names, label, words)


def term_label(info: DesignInfo, name: str) -> str:
    """Return what a term is called.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age * C(race)", lk.datasets.load_lbw(), labels={"age": "Age", "race": "Race"})
    >>> term_label(fit.record.info, "age:C(race)")
    'Age * Race'
    """
    if name in info.labels.variables or info.coding is None:
        return info.labels.with_unit(name)
    factors = info.coding.factors.get(name, (name,))
    own = info if len(factors) == 1 else _without_units(info)
    return TIMES.join(expression_label(own, factor) for factor in factors)


def shown_level(info: DesignInfo, expression: str, level: str) -> str:
    """Return what a level of a factor is called."""
    return _shown(info.labels.level(factor_heading(expression), level))


def response_label(info: DesignInfo) -> str:
    """Return what the event of two outcomes, or the response, is called.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age", births, labels={"low": "Low birth weight"})
    >>> response_label(fit.record.info)
    'Low birth weight'
    """
    return info.labels.of(info.response.name)


def shown_names(info: DesignInfo, changes: FloatArray | None = None) -> list[str]:
    """Return what the columns are called in a table: their names, or the labels where some are known.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + race", lk.datasets.load_lbw(), labels={"race": "Race"})
    >>> shown_names(fit.record.info)
    ['Intercept', 'age', 'Race: black', 'Race: other']
    """
    by = np.ones(len(info.names)) if changes is None else changes
    if not info.labels:
        return unit_labels(info.names, by)
    terms = {j: term for term in info.terms for j in term.columns}
    found = [_column_label(info, terms.get(j), j, float(by[j])) for j in range(len(info.names))]
    twice = {label for label, count in Counter(found).items() if count > 1}
    return [f"{label} [{name}]" if label in twice else label for label, name in zip(found, info.names, strict=True)]


def column_label(info: DesignInfo, name: str, change: float = 1.0) -> str:
    """Return what one column is called in a table of papers, by the labels of its variables or by their names."""
    j = info.names.index(name)
    return _column_label(info, next((term for term in info.terms if j in term.columns), None), j, change)


def _column_label(info: DesignInfo, term: Term | None, column: int, change: float) -> str:
    name = info.names[column]
    pieces = () if term is None or name in info.labels.variables else pieces_of(info, term, column)
    if not pieces:
        return info.labels.with_unit(name, change)
    if len(pieces) == 1 and not pieces[0].level and not pieces[0].number:
        return expression_label(info, pieces[0].expression, change)
    words = TIMES.join(_piece_label(info, piece) for piece in pieces)
    return words if change == 1.0 else f"{words} (per {step_text(change)})"


def _without_units(info: DesignInfo) -> DesignInfo:
    """Return what is known of a design without units, which are none of a product or a level."""
    return replace(info, labels=replace(info.labels, units={})) if info.labels.units else info


def _piece_label(info: DesignInfo, piece: Piece) -> str:
    label = expression_label(_without_units(info), piece.expression)
    if piece.level:
        return f"{label}: {shown_level(info, piece.expression, piece.level)}"
    return f"{label} {piece.number}" if piece.number else label


# Rows.


def term_rows(
    info: DesignInfo,
    columns: Sequence[int],
    labels: Mapping[str, str] | None = None,
    units: Mapping[int, float] | None = None,
) -> list[tuple[TermRow, int | None]]:
    """Return the rows of a figure: one per column, and above the levels of a factor its name and reference."""
    from logitkit.plots.term_rows import TermRow

    checked_labels([info], labels)
    references, given = dict(info.references), labels or {}
    factors = _factors(info)
    changes = np.ones(len(info.names))
    for j, unit in (units or {}).items():
        changes[j] = unit
    names = shown_names(info, changes)
    found: list[tuple[TermRow, int | None]] = []
    above = None
    for j in columns:
        name, factor = info.names[j], factors.get(j)
        if factor is not None and factor != above:
            heading = info.labels.of(factor_heading(factor)) if factor not in info.labels.variables else ""
            found.append((TermRow(given.get(factor, heading or info.labels.of(factor)), "heading"), None))
            reference = shown_level(info, factor, references[factor])
            found.append((TermRow(f"{reference} (reference)", "reference", indented=True), None))
        above = factor
        label = names[j]
        if factor is not None:
            (label,) = unit_labels([shown_level(info, factor, level_of(name, factor))], changes[[j]])
        found.append((TermRow(given.get(name, label), indented=factor is not None), j))
    return found


def _factors(info: DesignInfo) -> dict[int, str]:
    """The factor of each column that stands for one of its levels."""
    references = dict(info.references)
    return {j: term.name for term in info.terms if term.name in references for j in term.columns}


def row_names(info: DesignInfo) -> list[str]:
    """The names that have a row in a figure of coefficients: columns, and factors.

    Examples
    --------
    >>> import logitkit as lk
    >>> row_names(lk.logit("low ~ age + race", lk.datasets.load_lbw()).record.info)
    ['age', 'race[T.black]', 'race[T.other]', 'race']
    """
    return [name for name in (*info.names, *dict.fromkeys(_factors(info).values())) if name != INTERCEPT]


def checked_labels(infos: Sequence[DesignInfo], labels: Mapping[str, str] | None) -> list[dict[str, str]]:
    """The labels of the rows that each of several figures has; a name without a row in any of them is refused.

    Examples
    --------
    >>> import logitkit as lk
    >>> fits = [lk.logit(formula, lk.datasets.load_lbw()) for formula in ("low ~ age", "low ~ age + smoke")]
    >>> checked_labels([fit.record.info for fit in fits], {"age": "Age", "smoke": "Smoker"})
    [{'age': 'Age'}, {'age': 'Age', 'smoke': 'Smoker'}]
    """
    if labels is not None and not isinstance(labels, Mapping):
        raise FormulaError(f"labels={labels!r:.60} must be a dict of names and what to print for them.")
    own = [row_names(info) for info in infos]
    known = list(dict.fromkeys(name for names in own for name in names))
    for name in labels or {}:
        if name not in known:
            raise FormulaError(f"labels names {name!r}, which has no row. {nearest_name(name, known)}")
    return [{name: text for name, text in (labels or {}).items() if name in names} for names in own]


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
    """Return the level that a coefficient of a factor compares with the reference, as it is in its name.

    Examples
    --------
    >>> level_of("C(race)[T.2]", "C(race)"), level_of("age", "C(race)")
    ('2', 'age')
    """
    start = f"{term}[T."
    return name[len(start) : -1] if name.startswith(start) and name.endswith("]") else name


def _shown(level: str) -> str:
    """Return a level that can be seen."""
    return level if level == level.strip() != "" else repr(level)
