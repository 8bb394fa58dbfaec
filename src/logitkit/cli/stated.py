"""The options of the command line that state a model, and the model that they state."""

from __future__ import annotations

import argparse
from typing import Any

from logitkit.errors import DataError

__all__ = ["add_model", "add_options", "response_level", "stated_model", "stated_options"]

MODELS = ("logit", "fraction", "multinomial", "ordinal", "adjacent")
TWO, ORDERED = ("logit", "fraction"), ("ordinal", "adjacent")
#: Penalties by their word; each takes numbers after an equals sign, ``lasso=0.05`` or ``elastic-net=0.05,0.5``.
PENALTIES = {
    "lasso": ("Lasso", 1),
    "ridge": ("Ridge", 1),
    "elastic-net": ("ElasticNet", 2),
    "jeffreys": ("Jeffreys", 0),
    "firth": ("Jeffreys", 0),
    "log-f": ("LogF", 1),
    "mean-bias": ("MeanBias", 0),
    "median-bias": ("MedianBias", 0),
}
SURVEY = ("strata", "units", "fpc", "lonely", "domain")
#: Models that an option belongs to, and what to give instead in the others.
OWNED = {
    "event": (
        ("logit",),
        "--event applies to a model with two outcomes; with several, name the outcome compared with, --reference.",
    ),
    "link": (
        (*TWO, "ordinal"),
        "--link applies to models with two or with ordered outcomes; unordered outcomes have the logit.",
    ),
    "offset": (
        (*TWO, *ORDERED),
        (
            "--offset applies to models with two or with ordered outcomes; unordered outcomes take one offset each, "
            "lk.multinomial(..., offset={...})."
        ),
    ),
    "reference": (
        ("multinomial",),
        "--reference applies to --model multinomial; with two outcomes name the one modelled, --event.",
    ),
    "nominal": (ORDERED, "--nominal applies to --model ordinal and --model adjacent."),
    "order": (ORDERED, "--order applies to --model ordinal and --model adjacent."),
}


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that state a model."""
    parser.add_argument(
        "--model",
        choices=MODELS,
        default=MODELS[0],
        help=(
            "two outcomes, a fraction from 0 to 1, several outcomes, or several in order, by cumulative probabilities "
            "or adjacent ones (default: %(default)s)"
        ),
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


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the fit: penalty, dispersion, conventions, and the design of a survey."""
    parser.add_argument(
        "--penalty",
        metavar="NAME=STRENGTH",
        help="lasso=0.05, ridge=0.1, elastic-net=0.05,0.5, jeffreys (Firth), log-f=1, mean-bias or median-bias",
    )
    parser.add_argument("--dispersion", metavar="KIND", help="of counts: pearson, deviance or williams")
    parser.add_argument("--conventions", metavar="WHOSE", help="r, stata or sas, where they differ (default: our own)")
    parser.add_argument(
        "--survey",
        metavar="PART=COL,...",
        help=(
            "design of the sample, whose weights are --weights: strata=s,units=u,fpc=n,domain=d, and lonely=centred or "
            "another rule"
        ),
    )


def stated_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the options state of the fit besides its model, by the name of the argument."""
    return {
        "penalty": None if options.penalty is None else _penalty(options.penalty),
        "dispersion": options.dispersion,
        "conventions": options.conventions,
        "survey": None if options.survey is None else _survey(options.survey),
    }


def _survey(text: str) -> Any:
    """Return the design of a survey that a word of the command line means."""
    from logitkit.design.survey import Survey

    parts = [part.partition("=") for part in text.split(",")]
    for name, _, value in parts:
        if name.strip() not in SURVEY or not value:
            raise DataError(
                f"--survey {text!r}: give {', '.join(f'{each}=...' for each in SURVEY)}, with commas between."
            )
    return Survey(**{name.strip(): value.strip() for name, _, value in parts})  # type: ignore[arg-type]


def _penalty(text: str) -> Any:
    """Return the penalty that a word of the command line means."""
    from logitkit.models.penalties import adjustment, elastic_net

    word, _, numbers = text.partition("=")
    if word not in PENALTIES:
        raise DataError(
            f"--penalty {text!r} is not known; give {', '.join(PENALTIES)}, with =STRENGTH where it has one."
        )
    name, count = PENALTIES[word]
    values = [_number(each) for each in numbers.split(",")] if numbers else []
    if len(values) != count or None in values:
        wanted = ("no number", "one number", "two numbers, strength and share of the absolute values")[count]
        raise DataError(f"--penalty {text!r}: {word} takes {wanted}.")
    return getattr(elastic_net if hasattr(elastic_net, name) else adjustment, name)(*values)


def stated_model(options: argparse.Namespace, data: Any) -> Any:
    """Return the model that the options state; refuse options of another one."""
    from logitkit.models.binary import Binary
    from logitkit.models.nominal import Multinomial
    from logitkit.models.ordinal import Ordinal

    for name, (models, words) in OWNED.items():
        if getattr(options, name) is not None and options.model not in models:
            raise DataError(words)

    def level(word: str) -> Any:
        return response_level(word, options.formula, data)

    if options.model == "multinomial":
        return Multinomial() if options.reference is None else Multinomial(level(options.reference))
    if options.model in ORDERED:
        order = None if options.order is None else [level(word.strip()) for word in options.order.split(",")]
        return Ordinal(
            "adjacent" if options.model == "adjacent" else "cumulative", options.link or "logit", options.nominal, order
        )
    if options.model == "fraction":
        return Binary(options.link or "logit", outcome="fraction")
    return Binary(options.link or "logit", None if options.event is None else level(options.event))


def response_level(text: str, formula: str, data: Any) -> Any:
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
