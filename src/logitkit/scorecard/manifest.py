"""What a card was made from and how: fingerprints of its rows, parameters, versions."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from logitkit.design.table.frame import coded_values, holds_numbers, numeric_values
from logitkit.scorecard.selection import Selection
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Manifest", "column_fingerprint", "manifest_of"]

PACKAGES = ("logitkit", "numpy", "scipy", "numba", "pandas")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is needed to make a card again, and to know that the rows are the same.

    Parameters
    ----------
    fingerprints : tuple of (column, SHA-256)
        Of the variables and the target, over all rows of the table in their order.
    excluded : str
        The fingerprint of which rows the rules left out; empty without rules.
    weights : str
        The fingerprint of the weights; empty without weights.
    indeterminate : tuple
        Levels of the target that are neither good nor bad.
    selection : Selection or None
        How variables were selected; None where all were taken.
    level : float
        Confidence level of the inference.
    versions : tuple of (name, version)
        What the card was made with.
    """

    fingerprints: tuple[tuple[str, str], ...]
    excluded: str
    weights: str
    indeterminate: tuple[Any, ...]
    selection: Selection | None
    level: float
    versions: tuple[tuple[str, str], ...]


def column_fingerprint(values: Any) -> str:
    """Return the SHA-256 of a column, the same for equal values whatever their type of storage.

    Parameters
    ----------
    values : (n,) Series
        Numbers, booleans or levels.

    Returns
    -------
    str
        64 hexadecimal digits. Numbers count as doubles, negative zero as zero, and all missing values as one.

    Examples
    --------
    >>> import pandas as pd
    >>> text = pd.Series(["b", "a", None])
    >>> column_fingerprint(text) == column_fingerprint(text.astype("category"))
    True
    >>> column_fingerprint(pd.Series([1, 2])) == column_fingerprint(pd.Series([1.0, 2.0]))
    True
    """
    if holds_numbers(values):
        numbers = numeric_values(values, "a column") + 0.0
        numbers[np.isnan(numbers)] = np.nan
        return _digest(b"numbers", numbers.astype("<f8"))
    coded = coded_values(values)
    levels = sorted(coded.occurring(), key=lambda level: (type(level).__name__, str(level)))
    codes = np.asarray(coded.recoded(levels)).astype("<i4")
    return _digest(repr([str(level) for level in levels]).encode("utf-8", "surrogatepass"), codes)


def manifest_of(
    columns: Mapping[str, Any],
    out: BoolArray,
    weights: FloatArray | None,
    indeterminate: tuple[Any, ...],
    selection: Selection | None,
    level: float,
) -> Manifest:
    """Return the manifest of a card.

    Parameters
    ----------
    columns : mapping of str to (n,) Series
        The variables and the target, all rows of the table.
    out : (n,) array of bool
        Which rows the rules leave out.
    weights : array or None
        Weights of the rows that count.
    indeterminate, selection, level : optional
        As they were stated.

    Returns
    -------
    Manifest
    """
    return Manifest(
        tuple((name, column_fingerprint(values)) for name, values in columns.items()),
        _digest(b"rows", np.packbits(out)) if out.any() else "",
        "" if weights is None else _digest(b"weights", weights.astype("<f8")),
        indeterminate,
        selection,
        level,
        _versions(),
    )


def _digest(head: bytes, values: Any) -> str:
    found = hashlib.sha256(head)
    found.update(np.ascontiguousarray(values).data)
    return found.hexdigest()


def _versions() -> tuple[tuple[str, str], ...]:
    found = [("Python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append((name, version(name)))
        except PackageNotFoundError:  # the sources without an installation
            found.append((name, "not installed"))
    return tuple(found)
