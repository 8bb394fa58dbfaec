"""The schema of saved fits: every field of a file, what it may be, and what must agree across fields.

``problem_of`` checks a file whole before anything is made of it. Expressions are the matter of the formula language,
and are checked where they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from logitkit.design.formula.saved_levels import floats_of, integers_of
from logitkit.engine.saved.adjustment import ADJUSTMENT
from logitkit.engine.saved.columns import RESPONSE, names_agree
from logitkit.engine.saved.fields import Field, Flag, Number, Sizes, Text, Whole
from logitkit.engine.saved.labels import LABELS
from logitkit.engine.saved.model import MODEL, form_in, model_in
from logitkit.engine.saved.parts import (
    ABSORBED,
    ANY,
    CODING,
    COORDINATES,
    COUNTS,
    COVARIANCE,
    FACTS,
    KNOWN,
    LIMIT,
    PENALTY,
    POSITIVE,
    STEP,
)
from logitkit.engine.saved.shapes import Each, Maybe, Numbers, Row, Table, numbers_of
from logitkit.engine.solvers.solver import Status
from logitkit.models.conventions import CONVENTIONS
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["FORMAT", "VERSION", "problem_of"]

FORMAT = "logitkit fit"
VERSION = 8
ROUNDING = 1e-8
CELLS_MOST = 10_000_000  # outcomes times columns, where a file does not hold as many coefficients

# What the linear predictors, and with them the sizes of all other fields, follow from.
READ = Table({"passes": Whole(1), "n_rows": Whole(), "n_bytes": Whole(), "in_order": Flag(), "n_kept": Whole()})
HEAD: dict[str, Field] = {
    "model": MODEL,
    "names": Each(Text(), "p"),
    "response": RESPONSE,
    "formula": Maybe(Text()),
    "terms": Each(Row((Text(), Each(Whole(0, "p"))))),
    "empty_terms": Each(Text()),
    "references": Each(Row((Text(), Text()))),
    "coef": Numbers(("n",), ANY),
}
FIELDS: dict[str, Field] = {
    "format": Text((FORMAT,)),
    "version": Whole(VERSION, VERSION + 1),
    "written_by": Text(),
    **HEAD,
    "aliased": Each(Whole(0, "n"), distinct=True),
    "coding": Maybe(CODING),
    "constant": Maybe(Numbers(("p",))),
    "inner_coef": Numbers(("q",), ANY),
    "inner_vcov": COVARIANCE,
    "inner_model_vcov": COVARIANCE,
    "totals": Numbers(("k",), POSITIVE),
    "loglik": KNOWN,
    "null_loglik": KNOWN,
    "deviance": Number(0.0, special=("nan",)),
    "null_deviance": Number(0.0, special=("nan",)),
    "n_obs": Number(0.0),
    "n_params": Whole(),
    "n_improper": Whole(),
    "total": POSITIVE,
    "n_trials": POSITIVE,
    "tjur": Number(-1.0, 1.0, ("nan",)),
    "log_constant": Number(),
    "decrement": Number(0.0, special=("nan", "inf")),
    "level": Number(0.0, 1.0, inside=True),
    "absorbed": Maybe(ABSORBED),
    "coordinates": Maybe(COORDINATES),
    "limit": Maybe(LIMIT),
    "covariance": FACTS,
    "penalty": Maybe(PENALTY),
    "counts": COUNTS,
    "status": Text(tuple(Status.__members__)),
    "method": Text(),
    "trace": Each(STEP),
    "fingerprint": Text(),
    "conventions": Text(tuple(CONVENTIONS)),
    "digest": Text(),
}
OPTIONAL: tuple[dict[str, Field], ...] = ({"adjustment": ADJUSTMENT}, {"read": READ}, {"labels": LABELS})


# What must agree across fields.


def _totals_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:  # noqa: ARG001 - a rule
    """The trials of the outcomes are all trials."""
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
        yield "'inner_coef' holds more nan than there are aliased columns, after a fit that converged"
    constant = packed["log_constant"]
    for name in ("loglik", "null_loglik"):
        if isinstance(packed[name], (int, float)) and packed[name] - constant > ROUNDING * (1.0 + abs(constant)):
            yield f"{name!r} is {packed[name]}, but a likelihood is at most 1"


def _aliased_agree(form: Form, packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:  # noqa: ARG001 - a rule
    """The combinations that vanish are those of the aliased columns."""
    if packed["coordinates"] is None:
        return
    aliased = set(form.shown.columns[packed["aliased"]].tolist()) if packed["aliased"] else set()
    vanishing = packed["coordinates"]["vanishing"]
    explained = set() if vanishing is None else set(integers_of(vanishing["aliased"]).tolist())
    if explained != aliased:
        yield f"'coordinates.vanishing' explains the columns {sorted(explained)[:12]} , not the aliased ones"


def _kinds(coef: FloatArray) -> FloatArray:
    """Return 1 and -1 for infinite coefficients, 2 for missing ones, 0 for finite ones."""
    return np.where(np.isnan(coef), 2.0, np.where(np.isinf(coef), np.sign(coef), 0.0))


def _covariances_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Covariances that are written out are symmetric, with variances that are not negative; they may be all missing."""
    if "same" in packed["inner_vcov"]:
        yield "'inner_vcov' cannot refer to itself"
    for name in ("inner_vcov", "inner_model_vcov"):
        part = packed[name]
        if "square" not in part:
            continue
        matrix = floats_of(part["square"]).reshape(sizes["q"], sizes["q"])
        if not (np.isnan(matrix).all() or np.isfinite(matrix).all()):
            yield f"{name!r} is missing in part"
        elif (np.diag(matrix) < 0.0).any():
            yield f"{name!r} has a negative variance"
        elif not np.allclose(
            matrix, matrix.T, rtol=ROUNDING, atol=ROUNDING * np.abs(matrix).max(initial=0.0), equal_nan=True
        ):
            yield f"{name!r} is not symmetric"


RULES = (names_agree, _totals_agree, _estimates_agree, _covariances_agree)


def problem_of(packed: Mapping[str, Any]) -> str | None:
    """Return the first thing that is wrong with what a file holds, or None.

    Examples
    --------
    >>> problem_of({"format": "logitkit fit", "version": 8, "model": {"Probit": {}}})
    "'model' is of type dict, {'Probit': {}}, and must have one of 'Binary', 'Multinomial', 'Ordinal'"
    """
    return next(_problems(packed), None)


def _problems(packed: Mapping[str, Any]) -> Iterator[str]:
    sizes: Sizes = {"one": 1, "two": 2}
    for name, kind in HEAD.items():
        if name not in packed:
            yield f"it has no {name!r}"
        yield from kind.problems(packed[name], name, sizes)
    response = dict(packed["response"]["dict"])
    yield from _outcome_problems(packed, response, sizes)
    if "penalty" not in packed:
        yield "it has no 'penalty'"
    try:
        form = form_in(packed)
    except Exception as error:  # noqa: BLE001 - of arguments that no user could have given
        yield f"its 'model' does not go with its names and outcomes: {error}"
        return
    sizes |= {"k": len(response["levels"]) or 2, "n": form.shown.n_flat}
    coordinates = packed.get("coordinates")
    by_columns = isinstance(coordinates, dict) and "transform" in coordinates and form.shown is form.predictors
    if coordinates is None or by_columns:
        yield from FIELDS["aliased"].problems(packed.get("aliased"), "aliased", sizes)
        sizes["q"] = sizes["n"] - len(packed["aliased"])
    yield from Table(
        FIELDS,
        optional=({"adjustment": ADJUSTMENT}, {"read": READ}, {"labels": LABELS}),
        rules=(*RULES, partial(_aliased_agree, form)),
    ).problems(packed, "", sizes)


def _outcome_problems(packed: Mapping[str, Any], response: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
    """Yield what is wrong with the outcomes: two without levels of one predictor, and two or more levels of others."""
    levels, codes = response["levels"], sorted(code for _, code in response["coded"]["dict"])
    try:
        single = model_in(packed).is_single
    except Exception as error:  # noqa: BLE001 - as above
        yield f"its 'model' cannot be stated so: {error}"
        return
    if single != (not levels) or single != (response["kind"] in ("binary", "grouped", "fraction")):
        yield f"'response' has the outcomes {levels[:8]} of the kind {response['kind']!r}, which are not of its 'model'"
    k = len(levels) or 2
    if k < 2:
        yield f"'response.levels' has {k} outcomes"
    if codes and codes != list(range(k)):
        yield f"'response.coded' does not refer to {k} outcomes"
    if k * max(sizes["p"], k) > max(CELLS_MOST, 2 * sizes["n"]):
        yield f"it has {k} outcomes, {sizes['p']} names and {sizes['n']} coefficients"
