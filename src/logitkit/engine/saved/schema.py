"""The schema of saved fits: every field of a file, what it may be, and what must agree across fields.

``problem_of`` checks a file whole before anything is made of it. Expressions are the matter of the formula language,
and are checked where they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import numpy as np

from logitkit.design.formula.saved_levels import floats_of, integers_of
from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.saved.fields import Field, Flag, Number, Scalar, Sizes, Text, Whole
from logitkit.engine.saved.parts import (
    ABSORBED,
    ANY,
    CODING,
    COUNTS,
    COVARIANCE,
    FACTS,
    KNOWN,
    LIMIT,
    OF_COLUMNS,
    OF_LEVELS,
    OF_OUTCOMES,
    PART,
    POSITIVE,
    SHOWN_PART,
    STEP,
    penalty_fields,
)
from logitkit.engine.saved.shapes import Coded, Each, Maybe, Numbers, OneOf, Row, Table, numbers_of
from logitkit.engine.solvers.solver import Status
from logitkit.models.catalogue import FAMILIES
from logitkit.typing import FloatArray, WeightKind

__all__ = ["FORMAT", "VERSION", "problem_of"]

FORMAT = "logitkit fit"
VERSION = 6
OF_TWO, OF_SEVERAL = ("binary", "grouped"), ("nominal", "counts")
ROUNDING = 1e-8


def _response(family: str) -> Coded:
    several = family != "binomial"
    fields: dict[str, Field] = {
        "name": Text(),
        "kind": Text(OF_SEVERAL if several else OF_TWO),
        "event": Text(),
        "nonevent": Text(),
        "coded": Table({"dict": Each(Row((Scalar(), Whole(0, "k"))))}),
        "levels": Each(Text(), "k" if several else "", distinct=True),
        "empty": Each(Text()),
        "offsets": Each(Row((Text(), Text()))),
        "weights": Maybe(Text()),
        "offset": Maybe(Text()),
        "cluster": Maybe(Text()),
        "weight_kind": Text(get_args(WeightKind)),
        "ordered": Flag(),
        "offset_factors": Each(Number()),
    }
    return Coded(fields)


def _head(family: str) -> dict[str, Field]:
    """Return the fields that set the sizes of all others."""
    return {
        "family": Text(tuple(FAMILIES)),
        "names": Each(Text(), "p"),
        "response": _response(family),
        "aliased": Each(Whole(0, "n"), distinct=True),
        **({"shown": Each(SHOWN_PART)} if FAMILIES[family].in_parts else {}),
    }


def _fields(family: str) -> dict[str, Field]:
    """Return the fields of a file of this family."""
    several = family != "binomial"
    shared: dict[str, Field] = {
        "format": Text((FORMAT,)),
        "version": Whole(VERSION, VERSION + 1),
        "written_by": Text(),
        **_head(family),
        "formula": Maybe(Text()),
        "terms": Each(Row((Text(), Each(Whole(0, "p"))))),
        "empty_terms": Each(Text()),
        "references": Each(Row((Text(), Text()))),
        "coding": Maybe(CODING),
        "constant": Maybe(Numbers(("p",))),
        "inner_coef": Numbers(("q",), ANY),
        "coef": Numbers(("n",), ANY),
        "inner_vcov": COVARIANCE,
        "inner_model_vcov": COVARIANCE,
        "loglik": KNOWN,
        "null_loglik": KNOWN,
        "deviance": Number(0.0, special=("nan",)),
        "null_deviance": Number(0.0, special=("nan",)),
        "n_obs": Number(0.0),
        "n_params": Whole(),
        "total": POSITIVE,
        "n_trials": POSITIVE,
        "tjur": Number(-1.0, 1.0, ("nan",)),
        "log_constant": Number(),
        "decrement": Number(0.0, special=("nan", "inf")),
        "level": Number(0.0, 1.0, inside=True),
        "limit": Maybe(LIMIT),
        "covariance": FACTS,
        "penalty": Maybe(penalty_fields("q" if several else "n")),
        "counts": COUNTS,
        "status": Text(tuple(Status.__members__)),
        "method": Text(),
        "trace": Each(STEP),
        "fingerprint": Text(),
        "digest": Text(),
    }
    shared |= {name: Text(values) for name, values in FAMILIES[family].choices.items()}
    if FAMILIES[family].in_parts:
        shared |= {"n_improper": Whole()}
    if several:
        return shared | {
            "reference": Maybe(Whole(0, "k")),
            "absent": Maybe(Each(Whole(0, "n"), distinct=True)),
            "solved": Maybe(Each(PART)),
            "totals": Numbers(("k",), POSITIVE),
            "coordinates": Maybe(OF_OUTCOMES),
        }
    return shared | {
        "events": POSITIVE,
        "absorbed": Maybe(ABSORBED),
        "coordinates": Maybe(OneOf({"layout": OF_LEVELS, "transform": OF_COLUMNS})),
    }


# What must agree across fields.


def _names_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Terms have every column once; the names are those of the coding, or all different."""
    columns = [column for _, own in packed["terms"] for column in own]
    if sorted(columns) != list(range(sizes["p"])):
        yield f"'terms' have the columns {columns[:12]}, and there are {sizes['p']} names"
    if packed["coding"] is None:
        yield from Each(Text(), distinct=True).problems(packed["names"], "names", {})
        return
    # The levels of an absorbed factor take up the intercept.
    absorbed = packed.get("absorbed") is not None
    coded = [name for name in packed["coding"]["names"] if not absorbed or name != INTERCEPT]
    if coded != packed["names"]:
        yield "'coding' has other names than the coefficients"


def _outcomes_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Events are no more than trials; several outcomes have trials of their own and a code each."""
    codes = sorted(code for _, code in dict(packed["response"]["dict"])["coded"]["dict"])
    if packed["family"] == "binomial":
        if packed["events"] > packed["total"] * (1.0 + ROUNDING):
            yield f"'events' is {packed['events']} of {packed['total']} trials"
        return
    if sizes["k"] < 2:
        yield f"'response.levels' has {sizes['k']} outcomes"
    if codes and codes != list(range(sizes["k"])):
        yield f"'response.coded' has other places than {sizes['k']} outcomes"
    if not np.isclose(numbers_of(packed["totals"]).sum(), packed["total"], rtol=ROUNDING):
        yield "'totals' do not sum to 'total'"


def _estimates_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Coefficients are missing where aliased or undetermined, infinite where the limit has a sign, finite elsewhere."""
    coef, signs = numbers_of(packed["coef"]), np.zeros(sizes["n"])
    if packed["limit"] is not None:
        signs = numbers_of(packed["limit"]["signs"])
    signs[packed["aliased"]] = np.nan
    ended = packed["status"] in ("CONVERGED", "SEPARATED")
    if ended and not np.array_equal(_kinds(coef), np.where(np.isnan(signs), 2.0, np.sign(signs))):
        yield "'coef' must be missing where aliased or undetermined, infinite as the limit says, and finite elsewhere"
    if ended and np.isnan(numbers_of(packed["inner_coef"])).sum() > len(packed["aliased"]):
        yield "'inner_coef' holds nan after a fit that converged, more often than columns are aliased"
    constant = packed["log_constant"]
    for name in ("loglik", "null_loglik"):
        if isinstance(packed[name], (int, float)) and packed[name] - constant > ROUNDING * (1.0 + abs(constant)):
            yield f"{name!r} is {packed[name]}, and a likelihood is no more than 1"


def _aliased_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """The combinations that vanish are those of the aliased columns."""
    if packed["coordinates"] is None:
        return
    aliased = {_columns(packed, sizes["p"])[place] for place in packed["aliased"]}
    vanishing = packed["coordinates"]["vanishing"]
    explained = set() if vanishing is None else set(integers_of(vanishing["aliased"]).tolist())
    if explained != aliased:
        yield f"'coordinates.vanishing' explains the columns {sorted(explained)[:12]} and not those that are aliased"


def _columns(packed: Mapping[str, Any], p: int) -> list[int]:
    """Return the column of each coefficient."""
    if "shown" not in packed:
        return list(range(p)) * (max(len(packed["coef"]["array"]) // max(p, 1), 1))
    return [column for part in packed["shown"] for _ in part["labels"] for column in part["columns"]]


def _shown_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Every column is in one part."""
    columns = [column for part in packed.get("shown", ()) for column in part["columns"]]
    if "shown" in packed and sorted(columns) != list(range(sizes["p"])):
        yield f"'shown' has the columns {columns[:12]}, and there are {sizes['p']} names"


def _kinds(coef: FloatArray) -> FloatArray:
    """Return 1 and -1 for infinite coefficients, 2 for missing ones, 0 for finite ones."""
    return np.where(np.isnan(coef), 2.0, np.where(np.isinf(coef), np.sign(coef), 0.0))


def _covariances_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Covariances that are written out are symmetric, with variances that are not negative; they may be all missing."""
    if "same" in packed["inner_vcov"]:
        yield "'inner_vcov' cannot be the same as itself"
    for name in ("inner_vcov", "inner_model_vcov"):
        part = packed[name]
        if not {"square", "array"} & part.keys():
            continue
        found = floats_of(part["square"]) if "square" in part else numbers_of(part)
        matrix = found.reshape(sizes["q"], sizes["q"])
        if not (np.isnan(matrix).all() or np.isfinite(matrix).all()):
            yield f"{name!r} is missing in part"
        elif (np.diag(matrix) < 0.0).any():
            yield f"{name!r} has a negative variance"
        elif not np.allclose(
            matrix, matrix.T, rtol=ROUNDING, atol=ROUNDING * np.abs(matrix).max(initial=0.0), equal_nan=True
        ):
            yield f"{name!r} is not symmetric"


RULES = (_names_agree, _shown_agree, _outcomes_agree, _aliased_agree, _estimates_agree, _covariances_agree)


def problem_of(packed: Mapping[str, Any]) -> str | None:
    """Return the first thing that is wrong with what a file holds, or None.

    Examples
    --------
    >>> problem_of({"format": "logitkit fit", "version": 6, "family": "ordinal"})
    "'family' is 'ordinal', which is not known; it can be 'binomial', 'multinomial', 'cumulative', 'adjacent'"
    """
    return next(_problems(packed), None)


def _problems(packed: Mapping[str, Any]) -> Iterator[str]:
    if "family" not in packed:
        yield "it has no 'family'"
    yield from Text(tuple(FAMILIES)).problems(packed["family"], "family", {})
    family = packed["family"]
    sizes: Sizes = {"one": 1, "two": 2} | ({"k": 2} if family == "binomial" else {})
    for name, kind in _head(family).items():
        if name not in packed:
            yield f"it has no {name!r}"
        yield from kind.problems(packed[name], name, sizes)
        if name == "response" and family != "binomial":
            sizes["k"] = len(dict(packed["response"]["dict"])["levels"])
            sizes["predictors"] = FAMILIES[family].n_predictors(sizes["k"])
    p, aliased, coordinates = sizes["p"], packed["aliased"], packed.get("coordinates")
    if family == "binomial":
        sizes["n"] = p
        if not isinstance(coordinates, dict) or "layout" not in coordinates:
            sizes["q"] = p - len(aliased)
    else:
        if "reference" not in packed:
            yield "it has no 'reference'"
        sizes["n"] = p * (sizes["k"] if packed["reference"] is None else sizes["k"] - 1)
        if FAMILIES[family].in_parts:
            sizes["n"] = len(_columns(packed, p))
        if coordinates is None:
            sizes["q"] = sizes["n"] - len(aliased)
    yield from Table(_fields(family), rules=RULES).problems(packed, "", sizes)
