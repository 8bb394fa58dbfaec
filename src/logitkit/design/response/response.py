"""The data per row besides the columns of X."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.numerics.once import once
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray, WeightKind

if TYPE_CHECKING:
    from logitkit.design.chunks.stream import Stream

__all__ = ["NO_SHARES", "Clusters", "Response", "less_offsets"]

NO_SHARES: FloatArray = np.empty((0, 0))  # where every row has one outcome, its code says all


@dataclass(frozen=True)
class Clusters:
    """Which cluster each row belongs to.

    Parameters
    ----------
    codes : (n,) int array
        Cluster of each row, 0 to ``count`` - 1.
    count : int
        Number of clusters, G.
    name : str
        How the user named them.
    values : tuple
        What each cluster is, where rows are a chunk of others, whose clusters have other codes; else empty.
    """

    codes: IntArray
    count: int
    name: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Response:
    """Coded outcome, weights and offset of n rows.

    Parameters
    ----------
    y : (n,) array
        The outcome of each row as a number. Of two outcomes, the proportion of events, in [0, 1]; of more, the code of
        the outcome, or of the one that is counted most often.
    trials : (n,) array or None
        Number of trials of each row; None when every row is one trial.
    prior : (n,) array or None
        The user's weights; None when there are none.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean.
    offset : (m, n) array or None
        Added to the linear predictors, one row per predictor.
    clusters : Clusters or None
        Clusters within which rows may be dependent.
    n_outcomes : int
        K.
    shares : (K, n) array or None
        Proportions of counted outcomes, for a model of several; None where ``y`` says all.

    Examples
    --------
    >>> Response(np.array([0.0, 1.0, 2.0, 2.0]), n_outcomes=3).totals.tolist()
    [1.0, 1.0, 2.0]
    """

    y: FloatArray
    trials: FloatArray | None = None
    prior: FloatArray | None = None
    weight_kind: WeightKind = "frequency"
    offset: FloatArray | None = None
    clusters: Clusters | None = None
    n_outcomes: int = 2
    shares: FloatArray | None = None

    @property
    def stream(self) -> Stream | None:
        """Where all of it comes from, when it is read in chunks and not held."""
        return None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int(self.y.shape[0])

    @once
    def weights(self) -> FloatArray:
        """Total weight of each row in the log-likelihood: prior weight times trials, shape (n,)."""
        if self.prior is None:
            return np.ones(self.n_rows) if self.trials is None else self.trials
        return self.prior if self.trials is None else self.prior * self.trials

    @once
    def row_weights(self) -> FloatArray:
        """Weight of one copy of each row, shape (n,): a frequency weight counts copies, any other is the row's own.

        Zero for a row of weight zero, which took no part.
        """
        if self.prior is None or self.weight_kind != "frequency":
            return self.weights
        return np.where(self.prior > 0.0, 1.0 if self.trials is None else self.trials, 0.0)

    @once
    def n_obs(self) -> int:
        """Rows of positive weight; with frequency weights, the sum of the weights."""
        if self.prior is None and self.trials is None:
            return self.n_rows
        used = self.weights > 0.0
        if self.prior is not None and self.weight_kind == "frequency":
            return int(self.prior[used].sum())
        return int(np.count_nonzero(used))

    @once
    def codes(self) -> CodeArray:
        """Code of each row's outcome, or of the one counted most often, shape (n,)."""
        if self.shares is not None:
            return np.asarray(self.shares.argmax(axis=0), dtype=np.int32)
        return (self.y if self.n_outcomes > 2 else self.y > 0.5).astype(np.int32)

    @once
    def events(self) -> float:
        """Weighted number of events, of two outcomes."""
        return float(self.weights @ self.y)

    @once
    def totals(self) -> FloatArray:
        """Weighted number of trials of each outcome, shape (K,)."""
        if self.shares is not None:
            return np.asarray(self.shares @ self.weights)
        if self.n_outcomes == 2:
            return np.array([self.total - self.events, self.events])
        return np.asarray(np.bincount(self.codes, self.weights, self.n_outcomes), dtype=np.float64)

    @once
    def total(self) -> float:
        """Weighted number of trials."""
        return float(self.weights.sum())

    @property
    def n_trials(self) -> float:
        """Trials in rows of positive weight; frequency weights count them, other weights do not."""
        if self.prior is None or self.weight_kind == "frequency":
            return self.total
        used = self.weights > 0.0
        return float(np.count_nonzero(used) if self.trials is None else self.trials[used].sum())

    @property
    def counts_independently(self) -> bool:
        """Whether weights count observations that are independent: not with other weights, nor with clusters."""
        return (self.prior is None or self.weight_kind == "frequency") and self.clusters is None

    @property
    def untried(self) -> BoolArray:
        """Rows of counts without a trial, which have no outcome, shape (n,)."""
        trials = self.trials
        return np.zeros(self.n_rows, dtype=bool) if trials is None else np.asarray(trials <= 0.0)

    @property
    def shift(self) -> FloatArray | None:
        """Offset of the only linear predictor, shape (n,)."""
        return None if self.offset is None else self.offset[0]

    @property
    def outcome_rows(self) -> list[tuple[str, BoolArray]]:
        """Each outcome in words, and which rows have it."""
        if self.n_outcomes == 2:
            return [("an event", self.y > 0.0), ("a non-event", self.y < 1.0)]
        has = self.indicators() > 0.0
        return [(f"the outcome number {k} (from 0)", has[k]) for k in range(self.n_outcomes)]

    @property
    def pure_outcomes(self) -> FloatArray:
        """The values of ``y`` of rows that have one outcome only; of more than two outcomes, all codes."""
        return np.array([1.0, 0.0]) if self.n_outcomes == 2 else np.arange(float(self.n_outcomes))

    def part(self, start: int, stop: int) -> tuple[CodeArray, FloatArray, FloatArray]:
        """Return codes, proportions (without rows where codes say all) and weights of consecutive rows."""
        shares = self._proportions[:, start:stop] if self._proportions.size else NO_SHARES
        return self.codes[start:stop], shares, self.weights[start:stop]

    @once
    def _proportions(self) -> FloatArray:
        """Proportions of the outcomes where some row has more than one, shape (K, n); else empty."""
        if self.shares is not None:
            return self.shares
        mixed = self.n_outcomes == 2 and bool(((self.y > 0.0) & (self.y < 1.0)).any())
        return self.indicators() if mixed else NO_SHARES

    def indicators(self) -> FloatArray:
        """Return the proportion of each outcome in each row, shape (K, n)."""
        if self.shares is not None:
            return self.shares
        if self.n_outcomes == 2:
            return np.stack([1.0 - self.y, self.y])
        out = np.zeros((self.n_outcomes, self.n_rows))
        out[self.codes, np.arange(self.n_rows)] = 1.0
        return out

    def with_shares(self, shares: FloatArray) -> Response:
        """Return the same rows with other proportions of the outcomes, shape (K, n)."""
        y = shares[1] if self.n_outcomes == 2 else shares.argmax(axis=0).astype(np.float64)
        return replace(self, y=y, shares=shares)

    def columns(self) -> list[FloatArray]:
        """Return the columns that are given: outcome, weights, proportions, offsets."""
        tables = [table for table in (self.shares, self.offset) if table is not None]
        return [self.y, self.weights, *(row for table in tables for row in table)]

    def take(self, index: IntArray) -> Response:
        """Return the rows at the given positions."""

        def pick(values: FloatArray | None) -> FloatArray | None:
            return None if values is None else values[..., index]

        clusters = self.clusters
        if clusters is not None:
            clusters = replace(clusters, codes=clusters.codes[index])
        return Response(
            self.y[index],
            pick(self.trials),
            pick(self.prior),
            self.weight_kind,
            pick(self.offset),
            clusters,
            self.n_outcomes,
            pick(self.shares),
        )


def less_offsets(response: Response, m: int) -> FloatArray:
    """Return minus the weighted mean of the offset of each of m predictors, shape (m,)."""
    if response.offset is None:
        return np.zeros(m)
    return np.array([-float(response.weights @ row) / response.total for row in response.offset])
