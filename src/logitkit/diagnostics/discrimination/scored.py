"""Rows with one score or several, and what their outcomes count: what measures of ranking are made of.

Scores are predictions of fits, columns of a table or bare arrays. Of several, the rows are those that all of them have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from logitkit.errors import DataError
from logitkit.numerics.kernels.ranks import proportions_above
from logitkit.numerics.pooled import Pooled
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "KINDS",
    "Errors",
    "Scored",
    "ScoredRows",
    "names_of",
    "scored_arrays",
    "with_both",
]

Errors = Literal["counts", "rows", "clusters", "none"]
KINDS: dict[str, Errors] = {"frequency": "counts", "precision": "none", "sampling": "rows"}


class Scored(Protocol):
    """Rows with scores, in memory (:class:`ScoredRows`) or on disk."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scores."""

    @property
    def roundings(self) -> tuple[float, ...]:
        """Tolerances within which scores count as equal."""

    @property
    def errors(self) -> str:
        """Kind of independent unit."""

    @property
    def in_sample(self) -> bool:
        """Whether any fit predicts the rows that it was fitted to."""

    @property
    def not_shared(self) -> int:
        """Number of rows left out because a score is missing."""

    @property
    def n_events(self) -> float:
        """Total weight of the events."""

    @property
    def n_nonevents(self) -> float:
        """Total weight of the non-events."""

    @property
    def rate(self) -> float:
        """Proportion of events."""

    def blocks(self) -> Iterator[ScoredRows]:
        """Yield the rows in blocks."""

    def whole(self) -> ScoredRows:
        """Return all rows at once, if they fit in memory."""


S = TypeVar("S", bound=Scored)


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Rows with k scores.

    Parameters
    ----------
    names : tuple of str
        Names of the scores.
    scores : (k, n) array
        Scores; a higher score means that the event is more likely.
    events, nonevents : (n,) array
        Weight of the events and of the non-events in each row.
    roundings : tuple of float
        Tolerances within which scores count as equal.
    errors : {'counts', 'rows', 'clusters', 'none'}
        Independent units: units of weight, rows (sampling weights), clusters, or unknown (precision weights).
    clusters : (n,) int array or None
        Cluster of each row, from 0.
    in_sample : bool
        Whether any score is a prediction for the rows that its model was fitted to.
    not_shared : int
        Number of rows left out because a score is missing.

    Examples
    --------
    >>> rows = scored_arrays([0, 1, 1], [[0.1, 0.4, 0.8]])
    >>> rows.n_events, rows.n_nonevents
    (2.0, 1.0)
    """

    names: tuple[str, ...]
    scores: FloatArray
    events: FloatArray
    nonevents: FloatArray
    roundings: tuple[float, ...]
    errors: Errors = "counts"
    clusters: IntArray | None = None
    in_sample: bool = False
    not_shared: int = 0

    @property
    def weights(self) -> FloatArray:
        """Weight of each row, shape (n,)."""
        return self.events + self.nonevents

    @property
    def n_events(self) -> float:
        """Total weight of the events."""
        return float(self.events.sum())

    @property
    def n_nonevents(self) -> float:
        """Total weight of the non-events."""
        return float(self.nonevents.sum())

    @property
    def rate(self) -> float:
        """Proportion of events."""
        return self.n_events / (self.n_events + self.n_nonevents)

    def blocks(self) -> Iterator[ScoredRows]:
        """Yield all rows as one block.

        Yields
        ------
        ScoredRows
            This object.
        """
        yield self

    def whole(self) -> ScoredRows:
        """Return all rows.

        Returns
        -------
        ScoredRows
            This object.
        """
        return self

    def pooled(self, number: int) -> Pooled:
        """Return the distinct values of a score in ascending order, with the weight of events and non-events at each.

        Parameters
        ----------
        number : int
            Number of the score.

        Returns
        -------
        Pooled
            A single block.
        """
        order, fresh = self.ordered(number)
        first = np.flatnonzero(fresh)
        sums = np.stack([np.add.reduceat(each[order], first) for each in (self.events, self.nonevents)])
        return Pooled(self.scores[number][order][first], sums)

    def ordered(self, number: int) -> tuple[IntArray, BoolArray]:
        """Return the positions of the rows in ascending order of a score, and whether each score differs from the last.

        Parameters
        ----------
        number : int
            Number of the score.

        Returns
        -------
        order : (n,) int array
            Positions of the rows.
        fresh : (n,) bool array
            Whether the score is new, in that order.
        """
        order = np.argsort(self.scores[number])
        fresh = np.ones(order.size, dtype=bool)
        with np.errstate(invalid="ignore"):  # equal infinities differ by nan, which is not larger
            fresh[1:] = np.diff(self.scores[number][order]) > self.roundings[number]
        return order, fresh

    def above(self, number: int) -> FloatArray:
        """Return the proportions of events and of non-events with higher scores than each row.

        Parameters
        ----------
        number : int
            Number of the score.

        Returns
        -------
        (4, n) array
            Proportions of events excluding and including ties, then the same for non-events.
        """
        score = self.scores[number]
        return proportions_above(np.argsort(score), score, self.events, self.nonevents, self.roundings[number])

    def reversed(self) -> ScoredRows:
        """Return the same rows with the outcomes exchanged.

        Returns
        -------
        ScoredRows
            Rows with events and non-events exchanged, and scores with opposite sign.
        """
        return ScoredRows(
            self.names,
            -self.scores,
            self.nonevents,
            self.events,
            self.roundings,
            self.errors,
            self.clusters,
            self.in_sample,
            self.not_shared,
        )


def scored_arrays(
    y: Any,
    scores: Sequence[Any],
    names: Sequence[str] | None = None,
    weights: Any = None,
    cluster: Any = None,
    weight_kind: str = "frequency",
) -> ScoredRows:
    """Return rows with scores from arrays.

    Parameters
    ----------
    y : (n,) array
        1 for an event and 0 for a non-event, or proportions of events.
    scores : sequence of (n,) array
        Scores; a higher score means that the event is more likely. Rows with a missing score are left out.
    names : sequence of str, optional
        Names of the scores.
    weights : (n,) array, optional
        Nonnegative weights.
    cluster : (n,) array, optional
        Cluster of each row; rows in the same cluster may be dependent.
    weight_kind : {'frequency', 'precision', 'sampling'}
        Kind of weights.

    Returns
    -------
    ScoredRows
        Rows with positive weight and no missing score.

    Raises
    ------
    DataError
        If lengths differ, outcomes are outside [0, 1], or only one outcome occurs.

    Examples
    --------
    >>> scored_arrays([0, 1, 1, 0], [[1.0, 2.0, np.nan, 0.0]]).not_shared
    1
    """
    require_choice("weight_kind", weight_kind, ("frequency", "precision", "sampling"))
    outcome = _numbers("y", y)
    if np.isnan(outcome).any() or not ((outcome >= 0.0) & (outcome <= 1.0)).all():
        raise DataError("y must hold 1 for an event and 0 for a non-event, or proportions of events, and none missing.")
    columns = [_numbers(f"scores {k + 1}", each) for k, each in enumerate(scores)]
    if not columns:
        raise DataError("At least one column of scores is needed.")
    weight = np.ones(outcome.size) if weights is None else _numbers("weights", weights)
    for what, values in [*((f"scores {k + 1}", each) for k, each in enumerate(columns)), ("weights", weight)]:
        if values.size != outcome.size:
            raise DataError(f"{what} has {values.size:,} values for the {outcome.size:,} rows of y.")
    if not (weight >= 0.0).all():
        raise DataError("weights must not be negative or missing.")
    table = np.stack(columns)
    kept = (weight > 0.0) & ~np.isnan(table).any(axis=0)
    clusters = None
    if cluster is not None:
        found = np.unique(np.asarray(cluster), return_inverse=True)[1].reshape(-1)
        if found.size != outcome.size:
            raise DataError(f"cluster has {found.size:,} values for the {outcome.size:,} rows of y.")
        clusters = np.unique(found[kept], return_inverse=True)[1].astype(np.int64)
    errors: Errors = "clusters" if clusters is not None else "counts" if weights is None else KINDS[weight_kind]
    rows = ScoredRows(
        names=names_of(names, len(columns)),
        scores=np.ascontiguousarray(table[:, kept]),
        events=(weight * outcome)[kept],
        nonevents=(weight * (1.0 - outcome))[kept],
        roundings=(0.0,) * len(columns),
        errors=errors,
        clusters=clusters,
        not_shared=int(np.count_nonzero((weight > 0.0) & ~kept)),
    )
    return with_both(rows)


def _numbers(what: str, values: Any) -> FloatArray:
    """Return a column of numbers."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} must be numbers, and {str(error)[:80]}.") from error
    if found.ndim != 1:
        raise DataError(f"{what} must be one column of numbers, and has the shape {found.shape}.")
    return found


def names_of(given: Sequence[str] | None, n: int) -> tuple[str, ...]:
    """Return distinct names for scores.

    Parameters
    ----------
    given : sequence of str or None
        Names; None for ``score 1``, ``score 2`` and so on.
    n : int
        Number of scores.

    Returns
    -------
    tuple of str
        A name for each.

    Raises
    ------
    DataError
        If the number of names is wrong, or a name is repeated.

    Examples
    --------
    >>> names_of(None, 2)
    ('score 1', 'score 2')
    """
    names = tuple(f"score {k + 1}" for k in range(n)) if given is None else tuple(str(each) for each in given)
    if len(names) != n:
        raise DataError(f"names has {len(names)} names for {n} scores.")
    if len(set(names)) < n:
        raise DataError(f"Scores need names that differ, and these are {', '.join(names)}.")
    return names


def with_both(rows: S) -> S:
    """Raise an error if only one outcome occurs.

    Parameters
    ----------
    rows : ScoredRows or JoinedRows
        Rows with scores.

    Returns
    -------
    ScoredRows or JoinedRows
        The given rows.

    Raises
    ------
    DataError
        If there is no event or no non-event.

    Examples
    --------
    >>> none = np.zeros(1)
    >>> with_both(ScoredRows(("one",), np.zeros((1, 1)), none + 1.0, none, (0.0,)))
    Traceback (most recent call last):
    ...
    logitkit.errors.DataError: The rows hold 1 events and 0 non-events by weight; ranking needs both.
    """
    if rows.n_events <= 0.0 or rows.n_nonevents <= 0.0:
        raise DataError(
            f"The rows hold {rows.n_events:g} events and {rows.n_nonevents:g} non-events by weight; ranking needs both."
        )
    return rows
