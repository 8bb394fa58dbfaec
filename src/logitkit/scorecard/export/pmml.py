"""A card as PMML 4.4: a scorecard whose attributes are the bins, and its log odds as derived fields.

Points are the partial scores of the first attribute that holds. The log odds are sums in the order of the card, written
as expressions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring
from xml.sax.saxutils import unescape

from logitkit.errors import UnsupportedError
from logitkit.scorecard.export.source import CardSource, VariableSource

__all__ = ["pmml_of"]

NAMESPACE = "http://www.dmg.org/PMML-4_4"
#: The results, in order.
RESULTS = ("points", "log_odds", "probability")
#: Levels with entities in them.
ESCAPED = re.compile(r"(<(?:Constant|Array) [^>]*>)([^<]*&[^<]*)(</)")
#: Characters that no document may hold, the carriage return, which is read as a line feed, and the end of raw text.
NOT_IN_XML = re.compile("]]>|[\0-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def pmml_of(card: CardSource) -> str:
    """Return a card as a PMML document."""
    for variable in card.variables:
        _require_one_type(variable)
    document = Element("PMML", version="4.4", xmlns=NAMESPACE)
    SubElement(SubElement(document, "Header", description="A scorecard"), "Application", name="logitkit")
    dictionary = SubElement(document, "DataDictionary", numberOfFields=str(len(card.variables)))
    for variable in card.variables:
        dictionary.append(_field("DataField", variable.name, variable.holds_numbers))
    derived = SubElement(document, "TransformationDictionary")
    own = "card_"  # no column begins so
    while any(variable.name.startswith(own) for variable in card.variables):
        own += "_"
    for place, variable in enumerate(card.variables):
        for part, numbers in (("point", variable.points), ("logit", variable.logits)):
            field = _field("DerivedField", f"{own}{part}_{place}", True)
            field.append(_added(variable, numbers))
            derived.append(field)
    model = SubElement(
        document, "Scorecard", functionName="regression", initialScore=repr(card.base_points), useReasonCodes="false"
    )
    schema = SubElement(model, "MiningSchema")
    for variable in card.variables:
        SubElement(schema, "MiningField", name=variable.name, invalidValueTreatment="asIs")
    output = SubElement(model, "Output")
    places = range(len(card.variables))
    points = _sum(card.base_points, [f"{own}point_{m}" for m in places])
    log_odds = _sum(card.intercept, [f"{own}logit_{m}" for m in places])
    negative = _apply("-", _number(0.0), _reference("log_odds"))
    probability = _apply("/", _number(1.0), _apply("+", _number(1.0), _apply("exp", negative)))
    for name, expression in zip(RESULTS, (points, log_odds, probability), strict=True):
        field = _field("OutputField", name, True)
        field.set("feature", "transformedValue")
        field.append(expression)
        output.append(field)
    characteristics = SubElement(model, "Characteristics")
    for variable in card.variables:
        characteristics.append(_characteristic(variable))
    indent(document)
    text = ESCAPED.sub(_as_it_is, tostring(document, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _as_it_is(found: re.Match[str]) -> str:
    """Return the text of an element unescaped: some engines lose what stands before or after an entity."""
    return f"{found[1]}<![CDATA[{unescape(found[2])}]]>{found[3]}"


def _require_one_type(variable: VariableSource) -> None:
    """Refuse levels of several types, and columns that have the name of a result."""
    if variable.name in RESULTS:
        raise UnsupportedError(f"{variable.name!r} would be an input and an output; rename the column.")
    if not variable.holds_numbers and not all(isinstance(level, str) for level in variable.levels):
        raise UnsupportedError(
            f"{variable.name!r} has text and numbers among its levels, and a field of PMML has values of one type. "
            "Export SQL, Python or JSON."
        )
    for text in (variable.name, *variable.levels):
        if isinstance(text, str) and NOT_IN_XML.search(text):
            raise UnsupportedError(f"{variable.name!r} has {text!r:.60}, with characters that XML does not keep.")
    if "" in variable.levels:
        raise UnsupportedError(
            f"{variable.name!r} has the empty string as a level, which engines of PMML take for a missing value. "
            "Export SQL, Python or JSON."
        )


def _field(kind: str, name: str, is_number: bool) -> Element:
    optype, type_ = ("continuous", "double") if is_number else ("categorical", "string")
    return Element(kind, name=name, optype=optype, dataType=type_)


def _number(number: float) -> Element:
    constant = Element("Constant", dataType="double")
    constant.text = repr(float(number))
    return constant


def _value(value: Any) -> Element:
    if not isinstance(value, str):
        return _number(value)
    constant = Element("Constant", dataType="string")
    constant.text = value
    return constant


def _reference(name: str) -> Element:
    return Element("FieldRef", field=name)


def _apply(function: str, *arguments: Element) -> Element:
    applied = Element("Apply", function=function)
    applied.extend(arguments)
    return applied


def _sum(first: float, names: Sequence[str]) -> Element:
    """Return the sum from left to right."""
    return reduce(lambda total, name: _apply("+", total, _reference(name)), names, _number(first))


def _added(variable: VariableSource, numbers: tuple[float | None, ...]) -> Element:
    """Return what a value adds: the first condition that holds decides."""

    def known(code: int) -> Element:
        number = numbers[code]
        if number is None:  # without a third argument nothing comes out where the condition is false
            return _apply("if", _apply("lessThan", _number(1.0), _number(0.0)), _number(0.0))
        return _number(number)

    field = variable.name
    cases = [(_apply("isMissing", _reference(field)), variable.missing)]
    cases += [
        (_apply("isIn", _reference(field), *(_value(value) for value in values)), code)
        for values, code in variable.special
    ]
    if variable.is_number:
        cases += [(_apply("lessThan", _reference(field), _number(cut)), m) for m, cut in enumerate(variable.cuts)]
        last = len(variable.cuts)
    else:
        cases += [
            (_apply("isIn", _reference(field), *(_value(level) for level in group)), m)
            for m, group in enumerate(variable.groups)
        ]
        last = variable.unseen
    return reduce(lambda rest, case: _apply("if", case[0], known(case[1]), rest), reversed(cases), known(last))


def _characteristic(variable: VariableSource) -> Element:
    """Return a variable with one attribute per bin; those that are refused have none."""
    characteristic = Element("Characteristic", name=variable.name)
    predicates: list[tuple[Element, int]] = [
        (Element("SimplePredicate", field=variable.name, operator="isMissing"), variable.missing)
    ]
    predicates += [(_among(variable, values), code) for values, code in variable.special]
    if variable.is_number:
        predicates += [
            (Element("SimplePredicate", field=variable.name, operator="lessThan", value=repr(cut)), m)
            for m, cut in enumerate(variable.cuts)
        ]
        predicates.append((Element("True"), len(variable.cuts)))
    else:
        predicates += [(_among(variable, group), m) for m, group in enumerate(variable.groups)]
        predicates.append((Element("True"), variable.unseen))
    for predicate, code in predicates:
        number = variable.points[code]
        if number is not None:
            SubElement(characteristic, "Attribute", partialScore=repr(number)).append(predicate)
    return characteristic


def _among(variable: VariableSource, values: Sequence[Any]) -> Element:
    """Return the predicate that a value is one of several."""
    predicate = Element("SimpleSetPredicate", field=variable.name, booleanOperator="isIn")
    array = SubElement(predicate, "Array", n=str(len(values)), type="real" if variable.holds_numbers else "string")
    texts = [value.replace("\\", "\\\\").replace('"', '\\"') if isinstance(value, str) else "" for value in values]
    array.text = " ".join(
        f'"{text}"' if isinstance(value, str) else repr(float(value)) for value, text in zip(values, texts, strict=True)
    )
    return predicate
