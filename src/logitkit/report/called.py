"""Results with labels in place of names: the one way by which what prints and what is drawn comes to its labels.

A result of a fit is computed with the names of its columns, variables, levels and outcomes, by which hypotheses, frames
and arguments call them. What is shown of it is its printed twin: the same numbers, and in the fields that hold names
(``NAMED``) the labels. A field that holds names is called as one of these, and needs nothing else to be labelled.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from logitkit.design.info import DesignInfo
from logitkit.design.labels import Labels
from logitkit.engine.record import FitRecord
from logitkit.models.predictors import Predictors
from logitkit.report.term_labels import TIMES, factor_heading, shown_names, term_label

__all__ = ["NAMED", "Called", "called_from", "called_of", "in_print", "printed_record"]

T = TypeVar("T")

#: Fields of results that hold names of columns, terms and variables, or words in which these stand.
NAMED = frozenset(
    ("terms", "names", "name", "labels", "label", "heads", "variable", "variables", "by", "over", "fixed", "columns")
)
#: Fields that hold sentences, in which a name stands before a value or after "of".
PROSE = frozenset(("a", "b", "title", "what", "event", "of_event", "notes", "note", "method"))
#: Fields that hold outcomes, or are mappings by them.
OUTCOMES = frozenset(("outcomes", "outcome", "reference", "absent", "against", "curves"))
KEPT = (FitRecord, DesignInfo, Labels)
START = r"(?<![\w.`'\"])"  # of a name that is not within another, nor quoted
ENDS = r"(?=[,|)\];.]|$| on | and | in | against | \()"  # of a value in a sentence
COMPARED = r"(?:(?<=against )|(?<=that of ))"  # before an outcome in a sentence
PAIR = re.compile(r"(\|| & )")
DIFFERENCE = re.compile(r"( - | / |, )")


@dataclass(frozen=True)
class Called:
    """The labels of a fit, by the names that its results have.

    Parameters
    ----------
    names : mapping of str to str
        Of coefficients, columns, terms and variables.
    levels : mapping of str to mapping of str to str
        By variable.
    outcomes : mapping of str to str
        Of the response.
    variables : mapping of str to str
        Of variables alone, without units.
    """

    names: Mapping[str, str]
    levels: Mapping[str, Mapping[str, str]]
    outcomes: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def outcome(self, name: str) -> str:
        """Return what an outcome, a pair of outcomes, or the threshold between two is called."""
        known = self.outcomes
        return known.get(name) or "".join(known.get(part, part) for part in PAIR.split(name))

    def words(self, text: str, *, prose: bool = False) -> str:
        """Return words in which names stand, with what these are called; a formula stays as it is written.

        Examples
        --------
        >>> names = {"smoke": "Smoker", "low": "Low weight"}
        >>> called = Called(names, {"smoke": {"1": "yes", "0": "no"}}, {}, names)
        >>> called.words("smoke[1 - 0]"), called.words("probability of low = 1"), called.words("smoked ~ smoke")
        ('Smoker[yes - no]', 'probability of Low weight = 1', 'smoked ~ smoke')
        """
        if text in self.names:
            return self.names[text]
        if "~" in text or not (self.names or self.levels or self.outcomes):
            return text
        if prose and self.outcomes:
            own = "|".join(map(re.escape, self.outcomes))
            text = re.sub(rf"{COMPARED}({own})(?!\w)", lambda found: self.outcome(found[1]), text)
        elif PAIR.split(text)[0] in self.outcomes:
            return self.outcome(text)
        first, colon, rest = text.partition(":")
        if colon and first in self.outcomes:
            return f"{self.outcome(first)}:{self.words(rest)}"
        factors = text.split(":")
        if len(factors) > 1 and any(part in self.names for part in factors):  # a product that is no term of the fit
            return TIMES.join(self.variables.get(part, self.names.get(part, part)) for part in factors)
        if not (self.names or self.levels):
            return text
        known = sorted({*self.names, *self.levels}, key=len, reverse=True)
        either = "|".join(map(re.escape, known))
        if prose:
            text = re.sub(rf"(?<= of )({either})(?![\w.('\"=])(?! =)", self._found, text)
            return re.sub(rf"{START}({either})()()(\s?=\s?)([^,|)\];]+?){ENDS}", self._found, text)
        return re.sub(
            rf"{START}({either})(?![\w.('\"])(?:(\[)([^\[\]]*)(?=\])|(\s?=\s?)([^,|)\]]+))?", self._found, text
        )

    def _found(self, found: re.Match[str]) -> str:
        if found.re.groups == 1:
            return self.names.get(found[1], found[1])
        name, level = found[1], found[3] if found[2] else found[5]
        if level is None:
            return self.names.get(name, name)
        return f"{self.variables.get(name, name)}{found[2] or found[4]}{self.level([name], level)}"

    def level(self, variables: Iterable[str], text: str) -> str:
        """Return what a level of one of some variables, or a comparison of levels, is called."""
        known = {level: label for name in variables for level, label in self.levels.get(name, {}).items()}
        return known.get(text) or "".join(known.get(part) or self.outcome(part) for part in DIFFERENCE.split(text))

    def cell(self, head: str, text: Any) -> Any:
        """Return what a cell is called that stands below the name of a variable."""
        if not isinstance(text, str):
            known = self.levels.get(head, {})
            return known.get(str(text), text) if known else text
        if head in self.levels:
            return self.level([head], text)
        return self.outcome(text) if text in self.outcomes or "|" in text else self.words(text)


def called_of(record: FitRecord) -> Called | None:
    """Return the labels of a fit by the names of its results, None where it has none."""
    return called_from(record.info, record.predictors)


def called_from(info: DesignInfo, predictors: Predictors) -> Called | None:
    """Return the labels of columns and predictors by their names, None where there are none.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + race", lk.datasets.load_lbw(), labels={"race": "Race"})
    >>> called_from(fit.record.info, fit.record.predictors).names["race[T.black]"]
    'Race: black'
    """
    if not info.labels:
        return None
    response = factor_heading(info.response.name)
    levels = info.labels.levels.get(response, {})
    outcomes = _distinct({outcome: levels.get(outcome, outcome) for outcome in info.response.outcomes})
    called = Called({}, {}, outcomes)
    variables = dict(info.labels.variables)
    names = {name: info.labels.with_unit(name) for name in (*variables, *info.labels.units)}
    names |= {term.name: term_label(info, term.name) for term in info.terms}
    columns = dict(zip(info.names, shown_names(info), strict=True))
    names |= columns
    for part in predictors.parts:
        for label in filter(None, part.labels):
            names[label] = called.outcome(label)
            names |= {f"{label}:{info.names[j]}": f"{names[label]}: {columns[info.names[j]]}" for j in part.columns}
    names = {name: label for name, label in names.items() if name != label}
    return replace(called, names=names, levels=info.labels.levels, variables=variables)


def _distinct(labels: dict[str, str]) -> dict[str, str]:
    """Return labels with the names beside those that two have."""
    twice = {label for label, count in Counter(labels.values()).items() if count > 1}
    return {name: f"{label} [{name}]" if label in twice and label != name else label for name, label in labels.items()}


def printed_record(record: FitRecord) -> FitRecord:
    """Return a fit whose response and outcomes are named by their labels, for what is written from the fit itself.

    Examples
    --------
    >>> import logitkit as lk
    >>> named = lk.labels({"low": "Weight"}, levels={"low": {0: "normal", 1: "low"}})
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw(), labels=named)
    >>> printed_record(fit.record).info.response.event_in_words
    'Weight = low'
    """
    called = called_of(record)
    if called is None:
        return record
    own, info = record.info.response, record.info
    response = replace(
        own,
        name=called.variables.get(own.name, own.name),
        event=called.outcome(own.event),
        nonevent=called.outcome(own.nonevent),
        levels=tuple(map(called.outcome, own.levels)),
        empty=tuple(map(called.outcome, own.empty)),
        offsets=tuple((called.outcome(outcome), column) for outcome, column in own.offsets),
    )
    solved, seen = record.form.predictors, record.form.shown
    shown = _relabelled(seen, called)
    form = replace(record.form, predictors=shown if solved is seen else _relabelled(solved, called), shown=shown)
    return replace(record, info=replace(info, response=response), form=form)


def _relabelled(predictors: Predictors, called: Called) -> Predictors:
    """Return predictors with the labels of outcomes in place of their names."""
    parts = tuple(replace(part, labels=tuple(map(called.outcome, part.labels))) for part in predictors.parts)
    return replace(predictors, parts=parts)


def in_print(result: T, called: Called | None) -> T:
    """Return the printed twin of a result: the same numbers, with labels in place of names.

    Parameters
    ----------
    result : dataclass or named tuple
        Of a fit; anything else is returned as it is.
    called : Called or None
        The labels; None where there are none.

    Returns
    -------
    object
        Of the same class.

    Examples
    --------
    >>> import logitkit as lk
    >>> named = lk.labels({"age": "Age"}, levels={"low": {0: "normal", 1: "low"}})
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw(), labels=named)
    >>> in_print(fit.profile("age"), called_of(fit.record)).names
    ('Age',)
    """
    if called is None or isinstance(result, KEPT):
        return result
    if is_dataclass(result) and not isinstance(result, type):
        parts = {field.name: getattr(result, field.name) for field in fields(result) if field.init}
        changed = _changed(parts, called)
        return replace(result, **changed) if changed else result
    if isinstance(result, tuple) and hasattr(result, "_asdict"):
        return result._replace(**_changed(result._asdict(), called))  # type: ignore[no-any-return, attr-defined]
    return result


def _changed(parts: Mapping[str, Any], called: Called) -> dict[str, Any]:
    """Return the parts of a result that are other in print."""
    found = {name: _part(name, value, called) for name, value in parts.items()}
    heads, labels = parts.get("heads"), parts.get("labels")
    if isinstance(heads, tuple) and isinstance(labels, tuple):  # cells below the names of variables
        found["labels"] = tuple(tuple(map(called.cell, heads, row)) for row in labels)
        inner = parts.get("contrasts")
        if inner is not None:
            own = tuple(
                (*map(called.cell, heads, row[:-1]), called.level(heads[len(row) - 1 :], row[-1]))
                for row in inner.labels
            )
            found["contrasts"] = replace(found["contrasts"], labels=own)
    elif isinstance(labels, tuple) and labels and isinstance(labels[0], tuple) and isinstance(labels[0][-1], tuple):
        found["labels"] = tuple(_column(head, cells, dict(labels), called) for head, cells in labels)
    variable, values = parts.get("variable"), parts.get("values")
    if isinstance(variable, str) and isinstance(values, tuple):
        found["values"] = tuple(called.cell(variable, value) for value in values)
    return {name: value for name, value in found.items() if value is not parts[name]}


def _column(
    head: str, cells: tuple[Any, ...], every: Mapping[str, tuple[Any, ...]], called: Called
) -> tuple[str, tuple[Any, ...]]:
    """Return a column that says what effects are of: its head and its cells."""
    if head == "contrast":
        variables = every.get("variable", ("",) * len(cells))
        return head, tuple(called.level([str(v)], str(cell)) for v, cell in zip(variables, cells, strict=True))
    if head == "variable":
        return head, tuple(called.words(str(cell)) for cell in cells)
    if head == "outcome":
        return head, tuple(called.outcome(str(cell)) for cell in cells)
    return called.words(head), tuple(called.cell(head, cell) for cell in cells)


def _part(name: str, value: Any, called: Called) -> Any:
    """Return one part of a result as it is printed."""
    if isinstance(value, str):
        return _text(name, value, called)
    if isinstance(value, Mapping):
        if name in NAMED | OUTCOMES and all(isinstance(key, str) for key in value):
            return {_text(name, key, called): in_print(each, called) for key, each in value.items()}
        return value
    if isinstance(value, tuple) and not hasattr(value, "_asdict"):
        if name in ("over", "fixed") and value and isinstance(value[0], tuple):
            return tuple(_held(each, called) for each in value)
        found = tuple(_part(name, each, called) for each in value)
        return value if all(a is b for a, b in zip(found, value, strict=True)) else found
    return in_print(value, called)


def _held(each: tuple[Any, ...], called: Called) -> tuple[Any, ...]:
    """Return a variable with its value or its levels, and what else is said of it."""
    name, value, *rest = each
    values = tuple(called.cell(name, one) for one in value) if isinstance(value, tuple) else called.cell(name, value)
    return (called.words(name), values, *rest)


def _text(name: str, value: str, called: Called) -> str:
    if name in OUTCOMES:
        return called.outcome(value)
    if name in PROSE:
        return called.words(value, prose=True)
    return called.words(value) if name in NAMED else value
