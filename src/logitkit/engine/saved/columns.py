"""What is known of columns and outcomes, with the coding of new rows, as plain JSON values and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any, get_args

from logitkit.design.formula.coding import Coding
from logitkit.design.formula.saved_coding import encode, pack_coding, unpack_coding
from logitkit.design.formula.saved_formula import require_closed_coding, require_saved_formula
from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.engine.saved.fields import Field, Flag, Number, Scalar, Sizes, Text, Whole
from logitkit.engine.saved.labels import LABELS, pack_labels, unpack_labels
from logitkit.engine.saved.model import info_in
from logitkit.engine.saved.parts import CODING
from logitkit.engine.saved.shapes import Coded, Each, Maybe, Row, Table
from logitkit.errors import DataError, LogitkitError
from logitkit.typing import WeightKind

__all__ = ["RESPONSE", "checked_columns", "names_agree", "pack_columns", "unpack_columns"]

RESPONSE = Coded(
    {
        "name": Text(),
        "kind": Text(("binary", "grouped", "fraction", "nominal", "counts")),
        "event": Text(),
        "nonevent": Text(),
        "coded": Table({"dict": Each(Row((Scalar(), Whole())))}),
        "levels": Each(Text(), distinct=True),
        "empty": Each(Text()),
        "offsets": Each(Row((Text(), Text()))),
        "weights": Maybe(Text()),
        "offset": Maybe(Text()),
        "cluster": Maybe(Text()),
        "weight_kind": Text(get_args(WeightKind)),
        "ordered": Flag(),
        "offset_factors": Each(Number()),
    }
)
FIELDS: dict[str, Field] = {
    "names": Each(Text(), "p"),
    "response": RESPONSE,
    "formula": Maybe(Text()),
    "terms": Each(Row((Text(), Each(Whole(0, "p"))))),
    "empty_terms": Each(Text()),
    "references": Each(Row((Text(), Text()))),
    "coding": Maybe(CODING),
}


def names_agree(packed: Mapping[str, Any], sizes: Sizes) -> Iterator[str]:
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
        yield "the names in 'coding' are not those of the coefficients"


#: Columns and outcomes alone.
COLUMNS = Table(FIELDS, optional=({"labels": LABELS},), rules=(names_agree,))


def pack_columns(info: DesignInfo) -> dict[str, Any]:
    """Return what is known of columns and outcomes as JSON values, if it could be loaded again."""
    return {
        "formula": info.formula,
        "names": list(info.names),
        "empty_terms": list(info.empty_terms),
        "references": [list(pair) for pair in info.references],
        "terms": [[term.name, list(term.columns)] for term in info.terms],
        "response": encode(asdict(info.response), f"The response {info.response.name!r}"),
        "coding": None if info.coding is None else _pack_closed(info.formula, info.coding),
        **({"labels": pack_labels(info.labels)} if info.labels else {}),
    }


def unpack_columns(packed: Mapping[str, Any], functions: Mapping[str, Any], others: Mapping[str, Any]) -> DesignInfo:
    """Return what was packed and other fields beside it; ``functions`` are those that the formula calls.

    The formula has to be of the closed language, and to give the terms that are packed.
    """
    info = replace(
        info_in(packed),
        **others,
        coding=None if packed["coding"] is None else unpack_coding(packed["coding"], functions),
        labels=unpack_labels(packed.get("labels")),
    )
    require_saved_formula(info)
    return info


def checked_columns(packed: Any, functions: Mapping[str, Any]) -> DesignInfo:
    """Return what was packed of columns and outcomes alone, once all of it has been checked."""
    damaged = "What is known of the columns is damaged"
    wrong = next(COLUMNS.problems(packed, "columns", {}), None)
    if wrong is not None:
        raise DataError(f"{damaged}: {wrong}.")
    try:
        return unpack_columns(packed, functions, {})
    except LogitkitError:
        raise
    except Exception as error:  # formulaic and NumPy say in their own ways that parts do not fit
        raise DataError(f"{damaged}: {error}.") from error


def _pack_closed(formula: str | None, coding: Coding) -> dict[str, Any]:
    """Return a coding as JSON values, if it could be loaded again."""
    assert formula is not None
    require_closed_coding(formula, coding)
    return pack_coding(coding)
