"""The options of the command line that state a model, and the model that they state."""

from __future__ import annotations

import argparse
from typing import Any

from logitkit.errors import DataError

__all__ = ["add_model", "stated_model"]

MODELS = ("logit", "multinomial", "ordinal")
#: Models that an option belongs to, and what to give instead in the others.
OWNED = {
    "event": (
        ("logit",),
        "--event applies to a model with two outcomes; with several, name the outcome compared with, --reference.",
    ),
    "link": (
        ("logit", "ordinal"),
        "--link applies to models with two or with ordered outcomes; unordered outcomes have the logit.",
    ),
    "offset": (
        ("logit", "ordinal"),
        (
            "--offset applies to models with two or with ordered outcomes; unordered outcomes take one offset each, "
            "lk.multinomial(..., offset={...})."
        ),
    ),
    "reference": (
        ("multinomial",),
        "--reference applies to --model multinomial; with two outcomes name the one modelled, --event.",
    ),
    "nominal": (("ordinal",), "--nominal applies to --model ordinal."),
    "order": (("ordinal",), "--order applies to --model ordinal."),
}


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that state a model."""
    parser.add_argument(
        "--model",
        choices=MODELS,
        default=MODELS[0],
        help="two outcomes, several, or several in order (default: %(default)s)",
    )
    parser.add_argument("--event", metavar="VALUE", help="value of the response whose probability is modelled")
    parser.add_argument(
        "--reference", metavar="VALUE", help=("of several outcomes, the one that the others are compared with")
    )
    parser.add_argument("--link", metavar="NAME", help="logit (default), probit, cloglog, loglog, cauchit or log")
    parser.add_argument("--order", metavar="A,B,C", help="ordered outcomes from the lowest to the highest")
    parser.add_argument(
        "--nominal", metavar="TERMS", help=("with ordered outcomes, terms with one coefficient per threshold")
    )


def stated_model(options: argparse.Namespace, data: Any) -> Any:
    """Return the model that the options state; refuse options of another one."""
    from logitkit.models.binary import Binary
    from logitkit.models.nominal import Multinomial
    from logitkit.models.ordinal import Ordinal

    for name, (models, words) in OWNED.items():
        if getattr(options, name) is not None and options.model not in models:
            raise DataError(words)

    def level(word: str) -> Any:
        return _response_level(word, options.formula, data)

    if options.model == "multinomial":
        return Multinomial() if options.reference is None else Multinomial(level(options.reference))
    if options.model == "ordinal":
        order = None if options.order is None else [level(word.strip()) for word in options.order.split(",")]
        return Ordinal(link=options.link or "logit", nominal=options.nominal, order=order)
    return Binary(options.link or "logit", None if options.event is None else level(options.event))


def _response_level(text: str, formula: str, data: Any) -> Any:
    """Return the value of the response that a word of the command line means: 1 for ``"1"``, True for ``"true"``."""
    levels = _response_levels(formula, data)
    for level in levels:
        if str(level) == text:
            return level
    number = _number(text)
    for level in levels:
        if isinstance(level, bool):
            if str(level).lower() == text.lower():
                return level
        elif isinstance(level, int | float) and level == number:
            return level
    return text


def _response_levels(formula: str, data: Any) -> list[Any]:
    """Return the values of the left side of a formula, column or expression; none for counts."""
    from logitkit.design.formula.parse import parse_formula, split_formula
    from logitkit.design.response.binary import Counts, evaluate_left, missing_outcome
    from logitkit.design.table.frame import levels_of, read_table

    table = read_table(data)
    parsed = parse_formula(f"{split_formula(formula)[0]} ~ 1", table.names, {})
    frame = data[list(parsed.left_variables)].dropna()
    rows = read_table(frame).frame(parsed.left_variables, None)
    values = evaluate_left(parsed.left, rows, parsed.functions)
    return [] if isinstance(values, Counts) else levels_of(values[~missing_outcome(values)])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
