"""The coding of a design as plain JSON values, and back.

What transforms learnt (knots, moments, levels) is written value by value; code is never written. Listed functions that
the formula takes from numpy are restored; the caller's own functions must be given again.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from formulaic import Formula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor
from formulaic.parser.types import Term as FormulaicTerm

from logitkit.design.formula.coding import Coding
from logitkit.design.formula.language import OF_MODULES
from logitkit.design.formula.specs import packed_state, restored_spec
from logitkit.errors import DataError, FormulaError

__all__ = ["decode", "encode", "pack_coding", "unpack_coding"]


def pack_coding(coding: Coding) -> dict[str, Any]:
    """Return a coding as JSON values.

    Examples
    --------
    >>> encode(np.array([1.0, np.inf]))
    {'array': [1.0, {'float': 'inf'}]}
    """
    return {
        "terms": [[[factor.expr, factor.eval_method.value] for factor in term.factors] for term in coding.spec.formula],
        "right": coding.right,
        "offsets": list(coding.offsets),
        "variables": list(coding.variables),
        "left_variables": list(coding.left_variables),
        "names": list(coding.names),
        "functions": {name: _function_source(name, value) for name, value in coding.functions.items()},
        "seen": {factor: encode(levels, factor) for factor, levels in coding.seen.items()},
        "state": packed_state(coding.spec, encode),
        "offset_state": None if coding.offset_spec is None else packed_state(coding.offset_spec, encode),
    }


def unpack_coding(packed: Mapping[str, Any], functions: Mapping[str, Any]) -> Coding:
    """Return the coding that was packed."""
    restored: dict[str, Any] = {}
    absent = []
    for name, source in packed["functions"].items():
        if name in functions:
            restored[name] = functions[name]
        elif "value" in source:
            restored[name] = decode(source["value"])
        elif source.get("name") in OF_MODULES.get(source.get("module"), (None, ()))[1]:
            restored[name] = getattr(OF_MODULES[source["module"]][0], source["name"])
        else:
            absent.append(name)
    if absent:
        names = ", ".join(repr(name) for name in absent)
        raise FormulaError(
            f"The saved formula uses {names}, which a file cannot hold: load it with "
            f"functions={{{', '.join(f'{name!r}: {name}' for name in absent)}}}."
        )
    offsets = tuple(packed["offsets"])
    try:
        spec = restored_spec(_formula(packed["terms"]), packed["state"], decode)
        offset_spec = None
        if packed["offset_state"] is not None:
            summed = _formula([[[offset, Factor.EvalMethod.PYTHON.value]] for offset in offsets])
            offset_spec = restored_spec(summed, packed["offset_state"], decode)
    except (FormulaicError, SyntaxError, RecursionError) as error:
        raise DataError(f"The terms of the saved model cannot be read: {type(error).__name__}.") from error
    coding = Coding(
        packed["right"],
        offsets,
        spec,
        offset_spec,
        tuple(packed["variables"]),
        restored,
        tuple(packed["names"]),
        {factor: decode(levels) for factor, levels in packed["seen"].items()},
        tuple(packed["left_variables"]),
    )
    _require_agreement(coding)
    return coding


def encode(value: Any, owner: str = "The model") -> Any:
    """Return a value as JSON, tagged where JSON has no such value."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (np.generic,)):
        return encode(value.item(), owner)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, np.ndarray):
        return {"array": [encode(item, owner) for item in value.tolist()]}
    if isinstance(value, (list, tuple)):
        return [encode(item, owner) for item in value]
    if isinstance(value, Mapping):
        return {"dict": [[encode(key, owner), encode(item, owner)] for key, item in value.items()]}
    raise DataError(
        f"{owner} keeps {value!r}, a {type(value).__name__}, which cannot be saved as JSON; use numbers or text."
    )


def decode(value: Any) -> Any:
    """Return the value that was encoded."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if "float" in value:
            return float(value["float"])
        if "array" in value:
            return np.array([decode(item) for item in value["array"]])
        return {decode(key): decode(item) for key, item in value["dict"]}
    return value


def _formula(terms: list[list[list[str]]]) -> Formula:
    """Build the terms from their factors: the text of a term does not tell how its factors are evaluated."""
    factors = [[Factor(expression, eval_method=method) for expression, method in term] for term in terms]
    return Formula([FormulaicTerm(each) for each in factors], _ordering="none")


def _function_source(expression: str, value: Any) -> dict[str, Any]:
    """Return where an object of the caller can be found again: a value, or a listed name of numpy or math."""
    if value is None or isinstance(value, (bool, int, float, str, np.ndarray, np.generic, list, tuple, Mapping)):
        return {"value": encode(value, expression)}
    name = getattr(value, "__name__", "")
    for module_name, (module, names) in OF_MODULES.items():
        if name in names and getattr(module, name) is value:
            return {"module": module_name, "name": name}
    return {"module": getattr(value, "__module__", ""), "name": name, "code": "not saved"}


def _require_agreement(coding: Coding) -> None:
    """Refuse levels that were changed in the file: rows would be coded by other columns than those of the fit."""
    coded = coding.coded_levels()
    for factor, seen in coding.seen.items():
        known = coded.get(factor)
        if known is None:
            raise DataError(f"The saved model lists levels of {factor} but codes none; the file was changed.")
        for levels in (known, seen):
            twice = [level for level, count in Counter(levels).items() if count > 1]
            if twice:
                raise DataError(
                    f"The saved model lists the level {twice[0]!r} of {factor} twice; the file was changed."
                )
        members = set(known)
        strange = [level for level in seen if level not in members]
        if strange:
            raise DataError(
                f"The saved model lists the level {strange[0]!r} of {factor} but does not code it; its coded levels "
                f"are {', '.join(map(repr, known[:12]))}{', ...' if len(known) > 12 else ''}. The file was changed."
            )
    for factor in coded:
        if factor not in coding.seen:
            raise DataError(f"The saved model codes {factor} but does not list its levels.")
