"""The rows that a card was made from: their bins, kept with the card and never written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import UnsupportedError
from logitkit.typing import BoolArray, CodeArray, FloatArray, SmallCodes

__all__ = ["OwnRows", "compact_codes", "rows_kept"]


@dataclass(frozen=True, eq=False)
class OwnRows:
    """Rows with their bins and outcomes; pickled they are None, as the rows of a fit are.

    Parameters
    ----------
    codes : (n, v) int array
        The bin of each variable of the card, in the smallest integers that hold it.
    bad : (n,) array of bool
        Events.
    weights : (n,) array
        Weights of the rows.
    count : bool
        Whether weights count rows; else they are what each of n independent rows counts.
    """

    codes: SmallCodes
    bad: BoolArray
    weights: FloatArray
    count: bool

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the rows behind."""
        return _left_behind, ()

    def __copy__(self) -> OwnRows:
        """Return the same rows; they are immutable."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> OwnRows:
        """Return the same rows; they are immutable."""
        return self


def _left_behind() -> None:
    """Return what pickled rows are."""


def compact_codes(columns: Sequence[CodeArray], n_rows: int, sizes: Sequence[int]) -> SmallCodes:
    """Return the bins of several variables as columns of the smallest integers that hold them.

    Examples
    --------
    >>> compact_codes([np.array([0, 2])], 2, [3]).dtype
    dtype('int8')
    """
    kind = next(kind for kind in (np.int8, np.int16, np.int32) if max(sizes, default=1) <= np.iinfo(kind).max)
    found = np.empty((n_rows, len(columns)), dtype=kind, order="F")
    for j, codes in enumerate(columns):
        found[:, j] = codes
    return found


def rows_kept(rows: OwnRows | None, fit: Any, verb: str) -> OwnRows:
    """Return the rows that a card was made from, and say why where it has none."""
    if rows is not None:
        return rows
    if fit is None or fit.design is None:
        raise UnsupportedError(
            f"'{verb}' needs the rows that the card was made from, which a card does not have that was loaded or "
            "pickled. Make the card again from the same rows."
        )
    raise UnsupportedError(
        f"'{verb}' needs a card whose fit has the rows of its bins, and this one was fitted to others, as after reject "
        "inference. Intervals with woe='given' need no rows."
    )
