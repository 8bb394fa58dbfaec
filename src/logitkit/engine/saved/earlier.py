"""Files of earlier versions of the format, as today's writer would have written them.

Versions 4 to 6 held a family and what followed from the model where the model itself stands now, in one form for two
outcomes and in another for several. Version 5 brought the digest and the columns of the left side, version 6 the
predictors that a restricted model was solved with; both were added to within the version. Version 8 brought the
distribution that statistics are compared with, which was normal before, fractions, dispersions, conventions, and the
direction of ordered outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from logitkit.design.formula.expression import read_expression
from logitkit.design.formula.parse import split_formula
from logitkit.design.formula.saved_levels import floats_of, pack_array
from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.saved.shapes import numbers_of

__all__ = ["FIRST", "WITHOUT_DIGEST", "in_todays_form"]

FIRST = WITHOUT_DIGEST = 4
GONE = ("family", "link", "information", "events", "reference", "absent", "restricted", "solved", "shown")
NEW = {"version": 8, "conventions": "logitkit"}
UNKNOWN = {"law": None, "dispersion": None}


def in_todays_form(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a file of an earlier version holds in today's form."""
    if given["version"] == 7:
        return (
            dict(given) | NEW | {"covariance": given["covariance"] | UNKNOWN, "model": _with_arguments(given["model"])}
        )
    added = {"written_by": "", "digest": ""} if given["version"] == WITHOUT_DIGEST else {}
    packed = {"absorbed": None, "n_improper": 0, **added, **given, **NEW}
    response = {"ordered": False, "offset_factors": [], **dict(given["response"]["dict"])}
    packed["response"] = {"dict": [list(pair) for pair in response.items()]}
    packed["covariance"] = given["covariance"] | UNKNOWN
    if "events" in given:
        packed["totals"] = {"array": [given["total"] - given["events"], given["events"]]}
    if given["coding"] is not None and "left_variables" not in given["coding"]:
        packed["coding"] = given["coding"] | {"left_variables": _left_variables(given["formula"], given["coding"])}
    for name in ("inner_vcov", "inner_model_vcov"):
        if "array" in given[name]:
            packed[name] = {"square": pack_array(numbers_of(given[name]))}
    coordinates = given["coordinates"]
    if coordinates is not None and "layout" not in coordinates:
        arrays = {name: coordinates.get(name) for name in ("transform", "centre", "basis")}
        packed["coordinates"] = coordinates | {
            name: pack_array(numbers_of(value)) if isinstance(value, dict) else value for name, value in arrays.items()
        }
    if given["penalty"] is not None and "place" not in given["penalty"]:
        packed["penalty"] = given["penalty"] | _place(given)
    packed["model"] = _with_arguments(_model(given, response))
    return {name: value for name, value in packed.items() if name not in GONE}


#: Arguments that models have had since: of two outcomes one was an event, and coefficients meant higher outcomes.
SINCE = {"Binary": {"outcome": "event"}, "Ordinal": {"direction": "higher"}}


def _with_arguments(model: dict[str, Any]) -> dict[str, Any]:
    """Return the model of a file without fractions and directions."""
    return {name: stated | SINCE.get(name, {}) for name, stated in model.items()}


def _left_variables(formula: str, coding: Mapping[str, Any]) -> list[str]:
    """Return the columns that the left side of a formula uses: names that are neither called nor those of functions."""
    read = read_expression(split_formula(formula)[0])
    roots = {name.split(".")[0] for name in coding["functions"]} | {"np", "math"}
    found = [reference for reference in read.references if not reference.is_call and reference.path[0] not in roots]
    return list(dict.fromkeys(".".join(read.aliases.get(name, name) for name in reference.path) for reference in found))


def _place(given: Mapping[str, Any]) -> dict[str, str]:
    """Return where the penalised coefficients are among all, where some are left out: each weighs most in its own."""
    n, count = len(given["coef"]["array"]), floats_of(given["penalty"]["scale"]).size
    if count == n or given["coordinates"] is None:
        return {}
    return {"place": pack_array(floats_of(given["coordinates"]["transform"]).reshape(n, count).argmax(axis=0))}


def _model(given: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model that was stated, as far as its parts tell: terms by what they are called in the formula."""
    family, levels = given["family"], response["levels"]
    coded = {code: level for level, code in response["coded"]["dict"]}
    link = given.get("link", "logit")
    information = given.get("information", "expected" if family == "binomial" else "observed")
    if family == "binomial":
        return {"Binary": {"link": link, "event": coded.get(1), "information": information}}
    if family == "multinomial":
        place = given["reference"]
        reference = None if place is None else coded.get(place, levels[place])
        kept = np.ones((len(levels) - (place is not None), len(given["names"])), dtype=bool)
        kept.reshape(-1)[given["absent"] or []] = False
        others = [level for k, level in enumerate(levels) if k != place]
        per_outcome = [
            [outcome, _terms(np.flatnonzero(row), given)]
            for outcome, row in zip(others, kept, strict=True)
            if not row.all()
        ]
        equal = _terms(_equal_columns(given, kept), given)
        stated = {"per_outcome": {"dict": per_outcome} if per_outcome else None, "equal": equal or None}
        return {"Multinomial": {"reference": reference, **stated}}
    nominal = [part["columns"] for part in given["shown"] if len(part["labels"]) == len(levels) - 1]
    in_text = response["kind"] == "nominal" and all(isinstance(level, str) for level in coded.values())
    stated = {
        "nominal": _terms([column for columns in nominal for column in columns], given) or None,
        "order": [coded[code] for code in sorted(coded)] if in_text else None,
    }
    return {"Ordinal": {"model": family, "link": link, **stated, "information": information}}


def _equal_columns(given: Mapping[str, Any], kept: Any) -> list[int]:
    """Return the columns with one coefficient for several outcomes."""
    if given.get("solved") is not None:
        return [column for part in given["solved"] if part["constraint"] is not None for column in part["columns"]]
    if not given.get("restricted") or given["coordinates"] is None:
        return []
    m, p = kept.shape  # each coefficient as a function of those that were solved for: equal ones are the same
    rows = floats_of(given["coordinates"]["transform"]).reshape(m, p, -1)
    several = [column for column in range(p) if kept[:, column].sum() > 1]
    return [column for column in several if len(np.unique(rows[kept[:, column], column], axis=0)) == 1]


def _terms(columns: Iterable[int], given: Mapping[str, Any]) -> list[str]:
    """Return the names of terms, or of columns where a term has others besides; the intercept needs no name."""
    chosen, found = {int(column) for column in columns}, []
    for name, own in given["terms"]:
        inside = [column for column in own if column in chosen]
        whole = bool(inside) and len(inside) == len(own)
        found += [name] if whole else [given["names"][column] for column in inside]
    return [name for name in found if name != INTERCEPT]
