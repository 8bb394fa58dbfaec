"""The parts of a saved fit, each as what it may be: coordinates, covariances, penalties, codings, levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import numpy as np

from logitkit.design.formula.saved_levels import floats_of, integers_of
from logitkit.engine.facts import CovarianceKind
from logitkit.engine.saved.fields import Field, Flag, Number, Scalar, Sizes, Text, Whole
from logitkit.engine.saved.shapes import Coded, Each, Maybe, Named, Numbers, OneOf, Packed, Row, Table, Value

__all__ = [
    "ABSORBED",
    "ANY",
    "CODING",
    "COORDINATES",
    "COUNTS",
    "COVARIANCE",
    "FACTS",
    "KNOWN",
    "LIMIT",
    "PENALTY",
    "POSITIVE",
    "STEP",
]

ANY = Number(special=("nan", "inf", "-inf"))
KNOWN = Number(special=("nan",))
POSITIVE = Number(0.0)
SIZE = Number(0.0, special=("inf",))


# The parts of a file, the innermost first. Names of sizes: p columns with names, n coefficients as given (p, or p for
# each outcome that has some), q that were solved for, k outcomes.

VANISHING = Table(
    {
        "aliased": Packed(("m",), Whole(0, "p")),
        "columns": Packed(("z",), Whole(0, "p")),
        "numbers": Packed(("z",), Whole(0, "m")),
        "values": Packed(("z",)),
        "scale": Packed(("m",), POSITIVE),
        "levels": Maybe(Packed(("l", "m"), KNOWN)),
    }
)


def _fills(size: str) -> Any:
    """Return the rule that head and rest are all columns, each once."""

    def rule(part: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
        columns = np.concatenate([integers_of(part["head"]), integers_of(part["rest"])])
        if not np.array_equal(np.sort(columns), np.arange(sizes[size])):
            yield f"the columns of the large factor and the others do not sum to {sizes[size]}"

    return rule


RECODE = Table(
    {
        "shape": Row((Whole(), Whole())),
        "data": Packed(("e",)),
        "indices": Packed(("e",), Whole()),
        "indptr": Packed(("f",), Whole()),
    }
)


def _layout(size: str) -> Table:
    fields: dict[str, Field] = {
        "levels": Packed(("h",), Whole()),
        "head": Packed(("h",), Whole(0, size)),
        "rest": Packed(("r",), Whole(0, size)),
        "recode": Maybe(RECODE),
    }
    return Table(fields, rules=(_fills(size),))


def _places(part: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Codes of levels and of coefficients are within their number."""
    levels = sizes["q"] - integers_of(part["kept"]).size
    rest = integers_of(part["layout"]["rest"]).size
    for name, most in (("places", levels), ("kept", rest)):
        found = integers_of(part[name])
        if found.size and found.max() >= most:
            yield f"{name!r} holds a code out of range"


OF_LEVELS = Table(
    {
        "layout": _layout("n"),
        "places": Packed(("s",), Whole(-1)),
        "kept": Packed(("kept",), Whole()),
        "select": Packed(("n",), Whole(-1, "q")),
        "taken": Packed(("n", "t")),
        "shared": Packed(("t", "q")),
        "vanishing": Maybe(VANISHING),
        "undecided": Maybe(VANISHING),
    },
    rules=(_places,),
)
OF_COLUMNS = Table(
    {
        "transform": Packed(("n", "q")),
        "centre": Maybe(Packed(("n",))),
        "basis": Maybe(Packed(("n", "q"))),
        "vanishing": Maybe(VANISHING),
    }
)
COORDINATES = OneOf({"layout": OF_LEVELS, "transform": OF_COLUMNS})

ARROW = Table(
    {
        "layout": _layout("q"),
        "head": Packed(("h",), SIZE),
        "border": Packed(("h", "r")),
        "factor": Packed(("r", "r")),
        "scale": Packed(("r",)),
        "inner_scale": Packed(("r",)),
    }
)


def _directions(part: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """The inner covariance is of the free coefficients and the directions together."""
    if sizes.get("v", 0) != integers_of(part["free"]).size + sizes.get("r", 0):
        yield "the size of 'inner' is not the number of free coefficients and directions"


ROW_SPACE = Table(
    {
        "free": Packed(("u",), Whole(0, "q")),
        "basis": Packed(("q", "r")),
        "deviation": Packed(("q",), POSITIVE),
        "centre": Packed(("q",)),
        "inner": Packed(("v", "v")),
        "intercept": Whole(-1, "q"),
        "variance": Packed(("one",), POSITIVE),
    },
    rules=(_directions,),
)


COVARIANCE = OneOf(
    {
        "same": Table({"same": Text(("inner_vcov",))}),
        "withheld": Table({"withheld": Text()}),
        "arrow": Table({"arrow": ARROW}),
        "row_space": Table({"row_space": ROW_SPACE}),
        "square": Table({"square": Packed(("q", "q"), KNOWN)}),
    }
)
LIMIT = Table(
    {
        "direction": Numbers(("n",)),
        "n_rows": Whole(),
        "signs": Numbers(("n",), Number(-1.0, 1.0, ("nan",))),
        "dimension": Whole(1),
    },
    optional=(
        {
            "directions": Numbers(("q", "d")),
            "rays": Numbers(("y", "d")),
            "generators": Numbers(("g", "d")),
        },
    ),
)


def _bounds(part: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Zero lies between the bounds, and groups have codes of their number."""
    if (floats_of(part["lower"]) > 0.0).any() or (floats_of(part["upper"]) < 0.0).any():
        yield "'lower' and 'upper' must enclose zero"
    if "codes" in part and integers_of(part["codes"]).max(initial=-1) >= sizes["groups"]:
        yield f"'codes' has a group beyond the {sizes['groups']} of 'lengths'"
    count = floats_of(part["scale"]).size
    if "place" not in part and count != sizes["n"]:
        yield f"'scale' has {count} numbers and must have {sizes['n']}"
    if "prior" in part and floats_of(part["prior"]).size not in (count, count**2):
        yield f"'prior' has {floats_of(part['prior']).size} numbers, and there are {count} coefficients"


# Of c coefficients: all n, or those that have a place among them.
PENALTY = Table(
    {
        "words": Text(),
        "standardized": Text(),
        "chosen": Text(),
        "dof": Number(0.0, special=("nan",)),
        "n_nonzero": Whole(),
        "gap": KNOWN,
        "tol": POSITIVE,
        "steps": Whole(),
        "null_value": POSITIVE,
        "certified": Flag(),
        "strengths": Each(Row((Text(), Number(0.0, special=("nan", "inf"))))),
        "l1": Packed(("c",), POSITIVE),
        "l2": Packed(("c",), POSITIVE),
        "lower": Packed(("c",), Number(special=("-inf",))),
        "upper": Packed(("c",), Number(special=("inf",))),
        "scale": Packed(("c",), POSITIVE),
    },
    optional=(
        {"codes": Packed(("c",), Whole(-1)), "lengths": Packed(("groups",), POSITIVE)},
        {"prior": Packed(("prior",)), "centre": Maybe(Packed(("c",)))},
        {"place": Packed(("c",), Whole(0, "n"))},
    ),
    rules=(_bounds,),
)


STATE = Table(
    {
        "transform": Named(Value(pairs=True)),
        "encoder": Named(Row((Text(), Value(pairs=True)))),
    }
)
CODING = Table(
    {
        "terms": Each(Each(Row((Text(), Text(("lookup", "python", "literal")))))),
        "right": Text(),
        "offsets": Each(Text()),
        "variables": Each(Text(), distinct=True),
        "left_variables": Each(Text(), distinct=True),
        "names": Each(Text()),
        "functions": Named(OneOf({"value": Table({"value": Value()}), "module": Named(Maybe(Text()))})),
        "seen": Named(Each(Scalar())),
        "state": STATE,
        "offset_state": Maybe(STATE),
    }
)


def _missing_rows(part: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:  # noqa: ARG001 - a rule
    if part["missing"] > part["given"]:
        yield f"{part['missing']} rows were missing, of {part['given']}"


COUNTS = Coded(
    {"given": Whole(), "missing": Whole(), "missing_by_column": Each(Row((Text(), Whole())))}, rules=(_missing_rows,)
)
STEP = Coded(
    {
        "iteration": Whole(),
        "value": ANY,
        "decrement": Number(0.0, special=("nan", "inf")),
        "length": KNOWN,
        "kept": Flag(),
    }
)
LAW = OneOf(
    {
        "dof": Table({"dof": Number(0.0, inside=True)}),
        "satterthwaite": Table(
            {"satterthwaite": Table({"own": Packed(("g", "q", "q")), "across": Packed(("g", "q", "q"))})}
        ),
    }
)
FACTS = Table(
    {
        "kind": Text(get_args(CovarianceKind)),
        "label": Text(),
        "correction": Text(),
        "n_clusters": Maybe(Whole()),
        "law": Maybe(LAW),
        "dispersion": Maybe(Number(0.0)),
    }
)
ABSORBED = Table(
    {
        "name": Text(),
        "levels": Each(Scalar(), "levels", distinct=True),
        "n_dropped_rows": Whole(),
        "intercepts": Packed(("levels",), ANY),
        "rows": Packed(("levels",), Whole()),
        "curvature": Packed(("levels",), SIZE),
        "means": Maybe(Packed(("levels", "q"), KNOWN)),
        "anchors": Maybe(Packed(("levels", "q"), KNOWN)),
        "reach": Maybe(Packed(("levels", "two"), ANY)),
    }
)
