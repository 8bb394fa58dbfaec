"""A card as plain Python without any package: one module with one function that scores one applicant."""

from __future__ import annotations

from pprint import pformat
from typing import Any

from logitkit.scorecard.export.source import CardSource, VariableSource

__all__ = ["python_of"]

FUNCTIONS = '''

def bin_of(variable, value):
    """Return the number of the bin that holds a value."""
    if value is None or value != value:
        return variable["missing"]
    is_number = variable["cuts"] is not None
    if is_number:
        if isinstance(value, (str, bytes, bool)):
            raise TypeError(f"{variable['name']!r} must be a number; it is {value!r}.")
        value = float(value)
    for values, code in variable["special"]:
        if value in values:
            return code
    if is_number:
        return bisect_right(variable["cuts"], value)
    return variable["levels"].get(value, variable["unseen"])


def score(row):
    """Return points, log odds of bad, and probability of bad.

    ``row`` maps the name of every variable to a value; None and nan are missing. A value that the card refuses raises a
    ValueError that says which.
    """
    points, log_odds = BASE_POINTS, INTERCEPT
    for variable in VARIABLES:
        value = row[variable["name"]]
        code = bin_of(variable, value)
        if variable["logits"][code] is None:
            raise ValueError(f"{variable['name']!r}: {value!r} has no points in this card.")
        points += variable["points"][code]
        log_odds += variable["logits"][code]
    return points, log_odds, 1.0 / (1.0 + exp(-log_odds)) if log_odds > -700.0 else exp(log_odds)
'''


TABLES = """# The variables in the order of the sums. Points and logits (log odds of bad) are by bin; None is refused.
# A number belongs to as many bins further as there are cuts not above it, a level to the bin of its name, and values of
# "special" to bins of their own; "missing" and "unseen" are the bins of missing values and of unknown levels.
"""


HEAD = '''"""A scorecard, written by logitkit: score(row) returns points, log odds and probability of bad."""

from bisect import bisect_right
from math import exp

'''


def python_of(card: CardSource) -> str:
    """Return a module whose function ``score`` takes one applicant as a mapping."""
    numbers = f"INTERCEPT = {card.intercept!r}\nBASE_POINTS = {card.base_points!r}\n\n"
    tables = pformat([_table(variable) for variable in card.variables], width=118, sort_dicts=False, compact=True)
    return f"{HEAD}{numbers}{TABLES}VARIABLES = {tables}\n{FUNCTIONS}"


def _table(variable: VariableSource) -> dict[str, Any]:
    return {
        "name": variable.name,
        "cuts": list(variable.cuts) if variable.is_number else None,
        "levels": {level: m for m, group in enumerate(variable.groups) for level in group},
        "special": [(tuple(values), code) for values, code in variable.special],
        "missing": variable.missing,
        "unseen": variable.unseen,
        "labels": list(variable.labels),
        "points": list(variable.points),
        "logits": list(variable.logits),
    }
