"""Conformal prediction sets: the thresholds, and what they make of new rows."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from scipy.special import betaincinv

from logitkit.engine.law import require_level
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.conformal_sets.conformity import NEW, Conformity, drawn
from logitkit.logits.conformal_sets.judged import Coverage, judge
from logitkit.logits.conformal_sets.law import rank_of
from logitkit.logits.conformal_sets.weighted import WeightedRows
from logitkit.logits.read import read_codes, read_logits, read_weights
from logitkit.options import require_choice, require_flag
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["METHODS", "Conformal", "as_outcomes"]

METHODS = ("split", "class", "aps", "raps")


@dataclass(frozen=True, eq=False)
class Conformal:
    """Sets of outcomes that contain the true one with at least a stated probability.

    Parameters
    ----------
    method : {'split', 'class', 'aps', 'raps'}
        The rule by which outcomes enter a set.
    level : float
        The guaranteed coverage.
    n_outcomes : int
        Number of outcomes, K.
    of_event : bool
        Whether logits are log odds of an event, shape (n,); then K is 2, and outcome 1 is the event.
    limits : (1,) or (K,) array
        The smallest conformity in a set: a log probability, or the probability below an outcome less its penalty.
    n : (1,) or (K,) int array
        Number of rows from which each limit was computed.
    penalty, free : float, int
        For ``'raps'``: the penalty per rank, and the number of ranks without a penalty.
    n_tuning : int
        Number of rows on which these two were chosen; none of them is counted in ``n``.
    seed : int
        Seed of the random draws of ``'aps'`` and ``'raps'``; the draw of a row depends on its place.
    randomised : bool
        Whether there are random draws.
    weighted : WeightedRows or None
        If the rows of the thresholds have weights: what the threshold of a new row depends on. ``limits`` are then
        those of a new row with their mean weight.

    Examples
    --------
    >>> found = Conformal("split", 0.9, 3, False, np.log([0.2]), np.array([99]))
    >>> found.sets(np.log([[0.6, 0.3, 0.1]])).tolist(), round(found.threshold, 3)
    ([[True, True, False]], 0.2)
    """

    method: str
    level: float
    n_outcomes: int
    of_event: bool
    limits: FloatArray
    n: IntArray
    penalty: float = 0.0
    free: int = 0
    n_tuning: int = 0
    seed: int = 0
    randomised: bool = True
    weighted: WeightedRows | None = field(default=None, repr=False)

    @property
    def threshold(self) -> float | FloatArray:
        """Smallest probability of an outcome in a set; with ``method='class'``, of each outcome, shape (K,).

        With ``'aps'`` and ``'raps'`` it is the largest sum of probabilities and penalties, as in the publications.
        """
        if self.conformity.nested:
            return float(1.0 - self.limits[0])
        found = np.exp(self.limits)
        return np.asarray(found) if self.method == "class" else float(found[0])

    @property
    def conformity(self) -> Conformity:
        """The rule by which outcomes conform."""
        return Conformity(self.method in ("aps", "raps"), self.penalty, self.free)

    @property
    def ranks(self) -> IntArray:
        """Rank of each limit among the conformities, from the largest."""
        return np.array([rank_of(int(n), self.level) for n in self.n], dtype=np.int64)

    def coverage_law(self, level: float = 0.95) -> FloatArray:
        """Return an interval for the coverage of the sets, which varies with the rows of the thresholds.

        Parameters
        ----------
        level : float, default 0.95
            Probability of the interval, over samples of the same number of rows.

        Returns
        -------
        (1, 2) or (K, 2) array
            Quantiles of the beta distribution with parameters k and n + 1 - k; with ``'class'``, for each outcome.
            With tied conformities the coverage is at least as large.

        Raises
        ------
        DataError
            If the level is not within 0 and 1.
        UnsupportedError
            If rows have weights: the distribution of the coverage then depends on theirs.
        """
        require_level(level)
        if self.weighted is not None:
            raise UnsupportedError(
                "Coverage of sets from weighted rows has no law that is known: it is at least the level on average."
            )
        tail = 0.5 * (1.0 - level)
        a, b = self.ranks[:, None], (self.n + 1 - self.ranks)[:, None]
        return np.asarray(betaincinv(a, b, np.array([[tail, 1.0 - tail]])))

    def sets(self, logits: Any, *, first: int = 0, never_empty: bool = False, weights: Any = None) -> BoolArray:
        """Return which outcomes are in the set of each row.

        Parameters
        ----------
        logits : (n,) or (n, K) array-like
            Logits of the same kind as those from which the thresholds were computed.
        first : int, default 0
            Place of the first row, if rows come in parts: draws depend on the place, and without it rows given one by
            one would all have the same draw.
        never_empty : bool, default False
            Whether an empty set gets the most probable outcome. This can only raise the coverage.
        weights : (n,) array-like, optional
            Weights of these rows, on the scale of those of the thresholds; needed if the latter have weights.

        Returns
        -------
        (n, K) array of bool
            True for the outcomes in the set.

        Raises
        ------
        DataError
            If the shape of the logits does not fit the thresholds, a logit is not finite, or weights are missing.
        """
        require_flag("never_empty", never_empty)
        if isinstance(first, bool) or not isinstance(first, int | np.integer) or first < 0:
            raise DataError(f"first={first!r:.60}: give the place of the first row, from 0.")
        values = self._read(logits)
        n = values.shape[0]
        nested = self.conformity.nested
        uniforms = drawn(n, self.seed, NEW, int(first)) if nested and self.randomised else np.ones(n)
        found = self.conformity.sets(values, self._limits_of(weights, n), uniforms)
        if never_empty:
            empty = np.flatnonzero(~found.any(axis=1))
            found[empty, values[empty].argmax(axis=1)] = True
        return found

    def coverage(self, logits: Any, y: Any, *, level: float = 0.95, weights: Any = None) -> Coverage:
        """Return how often the sets of other rows contain the outcome, beside the expected coverage.

        Parameters
        ----------
        logits : (m,) or (m, K) array-like
            Logits of rows that took no part in the thresholds.
        y : (m,) array-like
            Their outcomes, from 0 to K - 1; for an event, 0 or 1.
        level : float, default 0.95
            Confidence level of the intervals.
        weights : (m,) array-like, optional
            As for ``sets``. Each row still counts once.

        Returns
        -------
        Coverage
            Coverage and mean size of the sets, overall and for each outcome.

        Raises
        ------
        DataError
            As for ``sets``, or if an outcome does not exist.
        """
        require_level(level)
        values = self._read(logits)
        codes = read_codes(y, *values.shape)
        ranks = self.ranks if self.weighted is None else None
        return judge(self.sets(logits, weights=weights), codes, self.n, ranks, self.level, level)

    def _limits_of(self, weights: Any, n: int) -> FloatArray:
        """Return the limits of new rows: the same of all, or by their weights, one row each."""
        if self.weighted is None:
            if weights is not None:
                raise UnsupportedError("Rows of the thresholds have no weights: give them to conformal too.")
            return self.limits
        if weights is None:
            raise DataError(
                "Rows of the thresholds have weights: give weights= of the new rows, on the same scale; 1 for each "
                "where they count rows."
            )
        return self.weighted.limits(read_weights(weights, n, all_zero=True), self.level)

    def to_dict(self) -> dict[str, Any]:
        """Return the thresholds, and all else that sets of new rows need, as plain numbers for JSON.

        Returns
        -------
        dict
            The input of ``from_dict``.
        """
        return {
            "method": self.method,
            "level": self.level,
            "n_outcomes": self.n_outcomes,
            "of_event": self.of_event,
            "limits": self.limits.tolist(),
            "n": self.n.tolist(),
            "penalty": self.penalty,
            "free": self.free,
            "n_tuning": self.n_tuning,
            "seed": self.seed,
            "randomised": self.randomised,
            "weighted": None
            if self.weighted is None
            else {name: getattr(self.weighted, name).tolist() for name in ("conformity", "mass", "starts")},
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Return the sets that ``to_dict`` wrote.

        Parameters
        ----------
        kept : mapping
            The output of ``to_dict``.

        Returns
        -------
        Conformal
            It gives the same sets for the same rows.

        Raises
        ------
        DataError
            If a field is missing or has invalid values.
        """
        try:
            found = cls(
                method=str(kept["method"]),
                level=float(kept["level"]),
                n_outcomes=operator.index(kept["n_outcomes"]),
                of_event=kept["of_event"] is True,
                limits=np.asarray(kept["limits"], dtype=np.float64),
                n=np.array([operator.index(each) for each in kept["n"]], dtype=np.int64),
                penalty=float(kept["penalty"]),
                free=operator.index(kept["free"]),
                n_tuning=operator.index(kept["n_tuning"]),
                seed=operator.index(kept["seed"]),
                randomised=kept["randomised"] is True,
                weighted=_weighted(kept.get("weighted")),
            )
            require_level(found.level)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(f"These are no conformal sets: {error!r:.80}.") from error
        require_choice("method", found.method, METHODS)
        size = (found.n_outcomes if found.method == "class" else 1,)
        fits = found.limits.shape == found.n.shape == size and bool(np.isfinite(found.limits).all())
        if not fits or found.n_outcomes < 2 or (found.of_event and found.n_outcomes != 2):
            raise DataError("These are no conformal sets: thresholds and outcomes do not fit one another.")
        if (found.ranks > found.n).any() or not (np.isfinite(found.penalty) and found.penalty >= 0.0):
            raise DataError("These are no conformal sets: rows or constants are out of range.")
        if found.seed < 0 or not 0 <= found.free <= found.n_outcomes or found.n_tuning < 0:
            raise DataError("These are no conformal sets: rows or constants are out of range.")
        if found.weighted is not None and not np.array_equal(np.diff(found.weighted.starts), found.n):
            raise DataError("These are no conformal sets: weighted rows and their numbers do not fit one another.")
        return found

    def _read(self, logits: Any) -> FloatArray:
        """Return logits of K outcomes, or refuse those of another number."""
        values = read_logits(logits)
        if (values.ndim == 1) != self.of_event or (values.ndim == 2 and values.shape[1] != self.n_outcomes):
            wanted = "(n,), of an event" if self.of_event else f"(n, {self.n_outcomes})"
            raise DataError(f"logits have shape {values.shape}; the thresholds are of logits of shape {wanted}.")
        return as_outcomes(values)


def _weighted(kept: Any) -> WeightedRows | None:
    """Return weighted rows that were kept as plain numbers."""
    if kept is None:
        return None
    conformity, mass = (np.asarray(kept[name], dtype=np.float64) for name in ("conformity", "mass"))
    starts = np.array([operator.index(each) for each in kept["starts"]], dtype=np.int64)
    if conformity.ndim != 1 or conformity.shape != mass.shape or starts[0] != 0 or starts[-1] != mass.size:
        raise ValueError("weighted rows")
    return WeightedRows(conformity, mass, starts)


def as_outcomes(logits: FloatArray) -> FloatArray:
    """Return log odds of an event as logits of two outcomes, the event last; other logits unchanged.

    Examples
    --------
    >>> as_outcomes(np.array([2.0])).tolist()
    [[0.0, 2.0]]
    """
    if logits.ndim == 2:
        return np.ascontiguousarray(logits)
    return np.column_stack([np.zeros(logits.size), logits])
