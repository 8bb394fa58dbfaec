"""The rows with the largest Cook's distance, and rows that stand for the others, of rows that are held or not.

The largest are found in one pass: of each chunk and of every two of these that are merged, so many are kept. The others
are an even sample by place: how many there are is known after that pass, and a second one picks them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.influence import Influence, influence, require_own_rows
from logitkit.engine.record import FitRecord
from logitkit.typing import IntArray

__all__ = ["SomeInfluence", "influential_rows", "most_influential", "taken"]

WHOLE = ("outcomes", "rank")  # what is said of all rows together


@dataclass(frozen=True)
class SomeInfluence:
    """Influence of some rows of a fit.

    Parameters
    ----------
    rows : Influence
        Influence of these rows, in descending order of Cook's distance.
    n_rows, n_usable : int
        Number of rows of the fit, and of those with a Cook's distance.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = most_influential(fit.record, fit.design, 3)
    >>> found.rows.cooks_distance.size, found.n_usable
    (3, 189)
    """

    rows: Influence
    n_rows: int
    n_usable: int


def most_influential(record: FitRecord, design: Design, k: int, outcome: int | None = None) -> SomeInfluence:
    """Return the rows with the largest Cook's distances, in one pass.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit.
    k : int
        Number of rows; among equal distances, the first rows are taken.
    outcome : int, optional
        Position of an outcome for which the rows must have a standardised residual.

    Returns
    -------
    SomeInfluence
        Influence of these rows; fewer if fewer rows have a distance.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = most_influential(fit.record, fit.design, 1).rows
    >>> bool(found.cooks_distance[0] == fit.influence()["cooks_distance"].max())
    True
    """
    require_own_rows(record, design)
    merge: Callable[[SomeInfluence, SomeInfluence], SomeInfluence] = partial(_both, k)
    return design.reduce(_Largest(record, k, outcome), merge)


def influential_rows(record: FitRecord, design: Design, most: int, outcome: int | None = None) -> SomeInfluence:
    """Return a limited number of rows: half the most influential ones, half an even sample of the others.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit.
    most : int
        Largest number of rows.
    outcome : int, optional
        As in ``most_influential``.

    Returns
    -------
    SomeInfluence
        All rows with a distance if there are at most that many; otherwise a selection, made in two passes.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> influential_rows(fit.record, fit.design, 10).rows.leverage.size
    10
    """
    found = most_influential(record, design, most, outcome)
    if found.n_usable <= most:
        return found
    half = most // 2
    top = taken(found.rows, np.arange(half))
    known = np.sort(top.positions)
    wanted = np.linspace(0, found.n_usable - half - 1, most - half).astype(np.int64)
    parts, seen = [top], 0
    for here in design.each(_Largest(record, -1, outcome)):
        others = np.flatnonzero(~np.isin(here.rows.positions, known))
        first, last = np.searchsorted(wanted, [seen, seen + others.size])
        parts.append(taken(here.rows, others[wanted[first:last] - seen]))
        seen += others.size
    if design.stream is not None:
        design.stream.require_order("A sample of the rows")
    return replace(found, rows=_joined(parts))


def taken(result: Influence, index: IntArray) -> Influence:
    """Return the influence of a subset of the rows.

    Parameters
    ----------
    result : Influence
        Influence of all rows.
    index : int array
        Positions of the rows.

    Returns
    -------
    Influence
        Influence of the rows, in the order of the index.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> taken(influence(fit.record, fit.design), np.array([2])).positions.tolist()
    [2]
    """
    arrays = {each.name: getattr(result, each.name) for each in fields(result)}
    chosen: dict[str, Any] = {
        name: np.asarray(values)[..., index] for name, values in arrays.items() if name not in WHOLE
    }
    return replace(result, **chosen)


@dataclass(frozen=True)
class _Largest:
    """The rows of a chunk with the largest distance; with k below zero all that have one, in their order."""

    record: FitRecord
    k: int
    outcome: int | None

    def __call__(self, part: Design) -> SomeInfluence:
        """Return these rows."""
        found = influence(self.record, part)
        residual = found.standardized_deviance
        usable = np.isfinite(found.cooks_distance)
        if residual.ndim == 1 or self.outcome is not None:
            usable &= np.isfinite(residual if self.outcome is None or residual.ndim == 1 else residual[self.outcome])
        places = np.flatnonzero(usable)
        some = SomeInfluence(taken(found, places), part.n_rows, places.size)
        return some if self.k < 0 else replace(some, rows=_first(some.rows, self.k))


def _first(result: Influence, k: int) -> Influence:
    """Return the rows of the largest distance, these first, and of equal ones the earliest."""
    return taken(result, np.argsort(-result.cooks_distance, kind="stable")[:k])


def _joined(parts: list[Influence]) -> Influence:
    """Return the influence of the rows of all."""
    names = [each.name for each in fields(parts[0]) if each.name not in WHOLE]
    whole: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts], -1) for name in names}
    return replace(parts[0], **whole)


def _both(k: int, one: SomeInfluence, other: SomeInfluence) -> SomeInfluence:
    """Return the largest of both, of which the second are later rows."""
    rows = _first(_joined([one.rows, other.rows]), k)
    return SomeInfluence(rows, one.n_rows + other.n_rows, one.n_usable + other.n_usable)
