"""Dates and durations that stand in a formula as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from logitkit.design.formula.parse import ParsedFormula
from logitkit.errors import DataError

__all__ = ["require_no_bare_dates"]


def require_no_bare_dates(parsed: ParsedFormula, columns: Mapping[str, Any]) -> None:
    """Refuse a date or a duration that stands in the formula as it is; a function may turn it into a number."""
    for factor in {factor.expr for term in parsed.terms for factor in term.factors}:
        if factor in columns and getattr(columns[factor].dtype, "kind", "O") in "mM":
            dtype, name = columns[factor].dtype, factor if factor.isidentifier() else f"`{factor}`"
            if dtype.kind == "m":
                raise DataError(
                    f"Column {factor!r} holds durations ({dtype}), not numbers: write for example 'I({name}.dt.days)', "
                    f"or 'I({name}.dt.total_seconds())' for parts of days."
                )
            raise DataError(
                f"Column {factor!r} holds dates ({dtype}), not numbers: write for example 'I({name}.dt.year)', or "
                "count the days since a date."
            )
