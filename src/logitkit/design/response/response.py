"""All that is given per row besides the columns of X."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray, WeightKind

__all__ = ["Clusters", "Response"]


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
    """

    codes: IntArray
    count: int
    name: str


@dataclass(frozen=True)
class Response:
    """Coded outcome, weights and offset of n rows.

    Parameters
    ----------
    y : (n,) array
        Proportion of events in each row, in [0, 1].
    trials : (n,) array or None
        Number of trials of each row; None when every row is one trial.
    prior : (n,) array or None
        The user's weights; None when there are none.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean.
    offset : (n,) array or None
        Added to the linear predictor.
    clusters : Clusters or None
        Groups of rows that may be dependent.
    """

    y: FloatArray
    trials: FloatArray | None = None
    prior: FloatArray | None = None
    weight_kind: WeightKind = "frequency"
    offset: FloatArray | None = None
    clusters: Clusters | None = None

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
        used = self.weights > 0.0
        if self.prior is not None and self.weight_kind == "frequency":
            return int(self.prior[used].sum())
        return int(np.count_nonzero(used))

    @once
    def events(self) -> float:
        """Weighted number of events."""
        return float(self.weights @ self.y)

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
    def untried(self) -> BoolArray:
        """Rows of counts without a trial, which have no outcome, shape (n,)."""
        trials = self.trials
        return np.zeros(self.n_rows, dtype=bool) if trials is None else np.asarray(trials <= 0.0)

    @property
    def shift(self) -> FloatArray | None:
        """What is added to the linear predictors of each row, shape (n,); of several outcomes (K, n)."""
        return self.offset

    @property
    def outcome_rows(self) -> list[tuple[str, BoolArray]]:
        """Each outcome in words, and which rows have it."""
        return [("an event", self.y > 0.0), ("a non-event", self.y < 1.0)]

    @property
    def pure_outcomes(self) -> FloatArray:
        """The values of ``y`` of rows that have one outcome only."""
        return np.array([1.0, 0.0])

    def columns(self) -> list[FloatArray]:
        """Return what is given a row, as far as there is any: outcome, weights, offset."""
        given = (self.y, self.weights, self.offset)
        return [values for values in given if values is not None]

    def take(self, index: IntArray) -> Response:
        """Return the rows at the given positions."""

        def pick(values: FloatArray | None) -> FloatArray | None:
            return None if values is None else values[index]

        clusters = self.clusters
        if clusters is not None:
            clusters = Clusters(clusters.codes[index], clusters.count, clusters.name)
        return Response(
            self.y[index], pick(self.trials), pick(self.prior), self.weight_kind, pick(self.offset), clusters
        )
