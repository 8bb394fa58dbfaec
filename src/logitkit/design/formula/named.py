"""Columns by name: terms, written as in a formula, or coefficients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.typing import FloatArray, IntArray

__all__ = ["as_numbers", "canonical_name", "columns_named", "numbers_named", "split_outside"]


def columns_named(names: str | Sequence[str], info: DesignInfo, where: str) -> IntArray:
    """Return the columns of terms or coefficients."""
    if not isinstance(names, Iterable):
        raise FormulaError(f"{where}: {names!r} is not a name. Give terms or coefficients as text.")
    listed = _summands(names) if isinstance(names, str) else list(names)
    found: list[int] = []
    terms: dict[str, tuple[int, ...]] = {}
    for name in listed:
        if not isinstance(name, str):
            raise FormulaError(f"{where}: {name!r} is not a name. Give terms or coefficients as text.")
        if name in info.names:
            found.append(info.names.index(name))
            continue
        terms = terms or {canonical_name(term.name): term.columns for term in info.terms}
        if canonical_name(name) in terms:
            found.extend(terms[canonical_name(name)])
        elif name.strip() not in {"1", *info.empty_terms}:
            known = list(dict.fromkeys([*(term.name for term in info.terms), *info.names]))
            raise FormulaError(
                f"{where}: {name!r} is neither a term of the model nor a coefficient. {nearest_name(name, known)}"
            )
    return np.unique(np.array(found, dtype=np.int64))


def numbers_named(given: Any, info: DesignInfo, where: str, default: float | None) -> FloatArray:
    """Return one number per coefficient."""
    p = len(info.names)
    if hasattr(given, "items") and not isinstance(given, np.ndarray):
        out = np.full(p, np.nan if default is None else default)
        for name, value in given.items():
            out[columns_named([name], info, where)] = as_numbers(value, where)
        if default is None and info.intercept is not None and np.isnan(out[info.intercept]):
            out[info.intercept] = 0.0
        if np.isnan(out).any():
            raise DataError(f"{where} has no value for {info.names[int(np.argmax(np.isnan(out)))]!r}.")
        return out
    values = as_numbers(given, where)
    if values.ndim == 0:
        return np.full(p, float(values))
    if values.shape != (p,):
        raise DataError(f"{where} has shape {values.shape} and the model has {p} coefficients; they must agree.")
    return values


def as_numbers(given: Any, where: str) -> FloatArray:
    """Return an array of float64."""
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{where.replace('...', repr(given))}: give numbers.") from None


def _summands(text: str) -> list[str]:
    """Return the terms between the plus signs."""
    pieces = split_outside(text, "+")
    if not all(pieces):
        raise FormulaError(f"{text!r} has a plus sign with nothing on one side.")
    return pieces


def split_outside(text: str, separator: str) -> list[str]:
    """Return what stands between separators that are in no bracket and no quote, without blanks at the ends.

    Examples
    --------
    >>> split_outside("x, bs(z, df=4)", ",")
    ['x', 'bs(z, df=4)']
    """
    pieces, depth, quote, start = [], 0, "", 0
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == separator and depth == 0:
            pieces.append(text[start:place])
            start = place + 1
    return [piece.strip() for piece in [*pieces, text[start:]]]


def canonical_name(term: str) -> str:
    """Return a term without blanks, the parts of an interaction in one order.

    Examples
    --------
    >>> canonical_name("z : x") == canonical_name("x:z")
    True
    """
    return ":".join(sorted(re.sub(r"\s+", "", term).replace('"', "'").split(":")))
