"""Rows with one score or several, and what their outcomes count: what measures of ranking are made of.

Scores are predictions of fits, columns of a table or bare arrays. Of several, the rows are those that all of them have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.rows.ranking import ROUNDING, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.numerics.kernels.ranks import proportions_above
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Errors", "ScoredRows", "scored_arrays", "scored_predictions"]

Errors = Literal["counts", "rows", "clusters", "none"]


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Rows with k scores.

    Parameters
    ----------
    names : tuple of str
        What the scores are called.
    scores : (k, n) array
        Higher for a likelier event.
    events, nonevents : (n,) array
        Weight of the events and of the non-events of each row.
    roundings : tuple of float
        By how much scores that are one may differ.
    errors : {'counts', 'rows', 'clusters', 'none'}
        What is independent: each unit of weight, each row (sampling weights), each cluster, or nothing that is known
        (precision weights).
    clusters : (n,) int array or None
        Cluster of each row, from 0.
    in_sample : bool
        Whether a score is a prediction for the rows that its model was fitted to.
    not_shared : int
        Rows left out because a score is missing there.

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
        """Weight of the events."""
        return float(self.events.sum())

    @property
    def n_nonevents(self) -> float:
        """Weight of the non-events."""
        return float(self.nonevents.sum())

    @property
    def rate(self) -> float:
        """Proportion of events."""
        return self.n_events / (self.n_events + self.n_nonevents)

    def ordered(self, number: int) -> tuple[IntArray, BoolArray]:
        """Return the places of the rows in ascending order of a score, and whether each score is a new one.

        Parameters
        ----------
        number : int
            Which score.

        Returns
        -------
        order : (n,) int array
            Places.
        fresh : (n,) bool array
            In that order.
        """
        order = np.argsort(self.scores[number])
        fresh = np.ones(order.size, dtype=bool)
        with np.errstate(invalid="ignore"):  # equal infinities differ by nan, which is not larger
            fresh[1:] = np.diff(self.scores[number][order]) > self.roundings[number]
        return order, fresh

    def above(self, number: int) -> FloatArray:
        """Return the proportions of events and of non-events that score higher than each row.

        Parameters
        ----------
        number : int
            Which score.

        Returns
        -------
        (4, n) array
            Of the events without ties and with them; of the non-events likewise.
        """
        score = self.scores[number]
        return proportions_above(np.argsort(score), score, self.events, self.nonevents, self.roundings[number])

    def reversed(self) -> ScoredRows:
        """Return the same rows seen from the other outcome.

        Returns
        -------
        ScoredRows
            Events and non-events exchanged, and scores of the other sign.
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
    """Return rows with scores that are given as arrays.

    Parameters
    ----------
    y : (n,) array
        1 for an event, 0 for a non-event; or proportions of events.
    scores : sequence of (n,) array
        Higher for a likelier event; rows with a missing score are left out.
    names : sequence of str, optional
        What they are called.
    weights : (n,) array, optional
        Not negative.
    cluster : (n,) array, optional
        Rows with the same value may be dependent.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean.

    Returns
    -------
    ScoredRows
        Those with a weight and without a missing score.

    Raises
    ------
    DataError
        For other lengths, outcomes outside 0 and 1, and rows of one outcome.

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
    kinds: dict[str, Errors] = {"frequency": "counts", "precision": "none", "sampling": "rows"}
    errors: Errors = "clusters" if clusters is not None else "counts" if weights is None else kinds[weight_kind]
    rows = ScoredRows(
        names=_names(names, len(columns)),
        scores=np.ascontiguousarray(table[:, kept]),
        events=(weight * outcome)[kept],
        nonevents=(weight * (1.0 - outcome))[kept],
        roundings=(0.0,) * len(columns),
        errors=errors,
        clusters=clusters,
        not_shared=int(np.count_nonzero((weight > 0.0) & ~kept)),
    )
    return _with_both(rows)


def scored_predictions(
    fits: Sequence[tuple[str, FitRecord, Design]], columns: Mapping[str, FloatArray] | None = None
) -> ScoredRows:
    """Return the rows that several fits predict, with the log odds of the event by each as scores.

    Parameters
    ----------
    fits : sequence of (str, FitRecord, Design)
        What each is called, the fit, and the rows; all of one table, whose places join them.
    columns : mapping of str to array, optional
        More scores, one number for each row of the table.

    Returns
    -------
    ScoredRows
        Rows that all fits predict, and where no column is missing.

    Raises
    ------
    UnsupportedError
        For several outcomes, and for rows that are read in chunks.
    DataError
        If the fits share no row, or disagree about an outcome or a weight.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, two = lk.logit("low ~ age", births), lk.logit("low ~ lwt", births)
    >>> rows = scored_predictions([("one", one.record, one.design), ("two", two.record, two.design)])
    >>> rows.scores.shape, rows.in_sample
    ((2, 189), True)
    """
    found, roundings, own = [], [], False
    for _, record, design in fits:
        require(record, "discrimination")
        if not record.has_event:
            raise UnsupportedError(
                f"{record.family.words.title}: scores of an event are compared here, and of several outcomes there is "
                "none. See fit.discrimination() for their areas."
            )
        if design.stream is not None:
            raise UnsupportedError(
                "Scores of the same rows are joined row by row, and rows that are read in chunks are not held: pass "
                "data=, a table of the rows, or see fit.discrimination(), which reads them in passes."
            )
        rows = predicted_rows(record, design)
        found.append((design.positions[rows.order], rows))
        finite = np.abs(rows.log_odds[1][np.isfinite(rows.log_odds[1])])
        roundings.append(ROUNDING * max(1.0, float(finite.max(initial=0.0))))
        own = own or is_sample(record, design)
    shared = found[0][0]
    for places, _ in found[1:]:
        if places.size != shared.size or not np.array_equal(places, shared):
            shared = np.intersect1d(shared, places, assume_unique=True)
    extra = dict(columns or {})
    for values in extra.values():
        shared = shared[~np.isnan(values[shared])]
    if shared.size == 0:
        raise DataError("No row has every score: the fits share no row with a prediction.")
    scores, outcomes = [], []
    for places, rows in found:
        at = np.arange(shared.size) if places.size == shared.size else np.searchsorted(places, shared)
        scores.append(rows.log_odds[1][at])
        outcomes.append((rows.shares[1][at], rows.weights[at], rows.response, at))
    y, weight, response, at = outcomes[0]
    for (name, *_), (other_y, other_weight, *_) in zip(fits[1:], outcomes[1:], strict=True):
        if not (np.array_equal(other_y, y) and np.array_equal(other_weight, weight)):
            raise DataError(
                f"The outcomes or weights of {name!r} are not those of {fits[0][0]!r} in the same rows: scores are "
                "compared where outcomes are the same. Pass data=, a table for all of them."
            )
    kinds: dict[str, Errors] = {"frequency": "counts", "precision": "none", "sampling": "rows"}
    errors: Errors = "counts" if response.counts_independently else kinds[response.weight_kind]
    clusters = None
    if response.clusters is not None:
        errors = "clusters"
        clusters = np.unique(np.asarray(response.clusters.codes)[at], return_inverse=True)[1].astype(np.int64)
    joined = ScoredRows(
        names=_names((*(name for name, *_ in fits), *extra), len(fits) + len(extra)),
        scores=np.stack([*scores, *(values[shared] for values in extra.values())]),
        events=weight * y,
        nonevents=weight * (1.0 - y),
        roundings=(*roundings, *(0.0 for _ in extra)),
        errors=errors,
        clusters=clusters,
        in_sample=own,
        not_shared=max(places.size for places, _ in found) - shared.size,
    )
    return _with_both(joined)


def _numbers(what: str, values: Any) -> FloatArray:
    """Return a column of numbers."""
    try:
        found = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{what} must be numbers, and {str(error)[:80]}.") from error
    if found.ndim != 1:
        raise DataError(f"{what} must be one column of numbers, and has the shape {found.shape}.")
    return found


def _names(given: Sequence[str] | None, n: int) -> tuple[str, ...]:
    """Return names of scores, all different."""
    names = tuple(f"score {k + 1}" for k in range(n)) if given is None else tuple(str(each) for each in given)
    if len(names) != n:
        raise DataError(f"names has {len(names)} names for {n} scores.")
    if len(set(names)) < n:
        raise DataError(f"Scores need names that differ, and these are {', '.join(names)}.")
    return names


def _with_both(rows: ScoredRows) -> ScoredRows:
    """Refuse rows of one outcome."""
    if rows.n_events <= 0.0 or rows.n_nonevents <= 0.0:
        raise DataError(
            f"The rows hold {rows.n_events:g} events and {rows.n_nonevents:g} non-events by weight; ranking needs both."
        )
    return rows
