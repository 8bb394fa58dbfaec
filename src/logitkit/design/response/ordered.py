"""Responses of ordered outcomes: their order is declared by their type, by numbers, or by the user."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from logitkit.design.info import ResponseInfo
from logitkit.design.response.binary import Counts
from logitkit.design.response.reading import NominalReader, RowsUsed
from logitkit.design.response.response import Response
from logitkit.design.table.frame import coded_values, with_levels
from logitkit.design.table.levels import is_ordered
from logitkit.errors import DataError, ResponseError, nearest_name

__all__ = ["OrderKind", "OrderedReader", "ordered_values"]

OrderKind: TypeAlias = Literal["cumulative", "adjacent"]
SHOWN_MOST = 8  # outcomes that a message lists


@dataclass(frozen=True)
class OrderedReader(NominalReader):
    """Reads one outcome of several that have an order, or counts of each, the lowest first.

    Parameters
    ----------
    order : tuple, optional
        The outcomes from the lowest to the highest.
    kind : {'cumulative', 'adjacent'}
        Which linear predictors an offset of the row enters, and how.
    lower : bool
        Whether a larger offset means lower outcomes.
    """

    order: tuple[Any, ...] | None = None
    kind: OrderKind = "cumulative"
    lower: bool = False

    def factors(self, n_outcomes: int) -> tuple[float, ...]:
        """Return by how much an offset of the row counts in each linear predictor."""
        sign = -1.0 if self.lower else 1.0
        if self.kind == "cumulative":
            return (-sign,) * (n_outcomes - 1)
        return tuple(sign * k for k in range(n_outcomes))

    def read(self, values: Any, name: str, rows: RowsUsed) -> tuple[Response, ResponseInfo]:
        """Return the response; outcomes that do not occur in rows of positive weight are left out and told."""
        return super().read(ordered_values(values, name, self.order), name, rows)


def ordered_values(values: Any, name: str, order: tuple[Any, ...] | None = None) -> Any:
    """Return outcomes as categories in their order; refuse those whose order was not stated.

    Examples
    --------
    >>> coded_values(ordered_values(["low", "high", "low"], "rating", ("low", "high"))).codes.tolist()
    [0, 1, 0]
    >>> ordered_values(["low", "high", "low"], "rating")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    logitkit.errors.ResponseError: The outcomes of 'rating' have no order: 'high', 'low'. State it, order=['high', ...
    """
    if isinstance(values, Counts):
        if order is not None:
            raise DataError("order= cannot be combined with cbind(): the counts are ordered as written.")
        return values
    if order is None:
        kind = values.dtype.kind if hasattr(values, "dtype") else np.asarray(values).dtype.kind
        if is_ordered(values) or kind in "fiub":
            return values
        levels = [repr(level) for level in coded_values(values).occurring()]
        shown = ", ".join(levels[:SHOWN_MOST]) + (", ..." if len(levels) > SHOWN_MOST else "")
        raise ResponseError(
            f"The outcomes of {name!r} have no order: {shown}. State it, order=[{shown}] with the lowest first, or "
            "make the column an ordered categorical."
        )
    if len(set(order)) < len(order):
        twice = next(level for level in order if order.count(level) > 1)
        raise DataError(f"order= names {twice!r} twice.")
    for level in coded_values(values).occurring():
        if not isinstance(level, Hashable) or level not in order:
            hint = nearest_name(str(level), [str(each) for each in order])
            raise DataError(f"{name!r} holds {level!r}, which is not in order=. {hint}")
    return with_levels(values, order)
