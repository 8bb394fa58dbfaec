"""The loss of an order: pairs of rows, of which one is more relevant than the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.labels import read_groups
from logitkit.logits.losses.options import read_direction
from logitkit.logits.read import read_numbers, read_weights
from logitkit.numerics.kernels.pair_losses import pair_curvature, pair_loss
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import AnyFloats, FloatArray, IntArray

__all__ = ["RankingLoss"]

PAIRS_MOST = 10**12  # an hour or so
PAIRS_OF_PART, PARTS_MOST = 1 << 18, 256


@dataclass(frozen=True)
class RankingLoss:
    r"""The pairwise logistic loss of scores that should put more relevant rows first.

    It is the mean of :math:`\log(1 + e^{-(s_i - s_j)})` over all pairs of rows of a group with :math:`y_i > y_j`: minus
    the log probability that i comes before j in the Bradley-Terry model. Rows of equal relevance form no pair. The
    weight of a pair is the product of the weights of its rows. Every pair is computed
    (``docs/maths/logit_functions.md``, equations 19 and 20), a billion in seconds: time grows with the square of the
    number of rows in a group, memory with the number of rows. More than ``10**12`` pairs are refused.

    References
    ----------
    Burges, C. et al. (2005) Learning to rank using gradient descent. ICML.

    Examples
    --------
    >>> import logitkit as lk
    >>> round(lk.logits.RankingLoss().value([2.0, 0.0, 5.0], [1, 0, 0], groups=["a", "a", "b"]), 6)
    0.126928
    """

    def value(self, scores: Any, y: Any, groups: Any = None, weights: Any = None) -> float:
        """Return the mean loss over pairs.

        Parameters
        ----------
        scores : (n,) array-like
            Logits, of which only differences within a group matter.
        y : (n,) array-like
            Relevance of each row: 0 and 1, or grades.
        groups : (n,) array-like, optional
            Queries or users; rows of different groups form no pair. One group by default.
        weights : (n,) array-like, optional
            How often each row counts.

        Returns
        -------
        float
            The loss, in nats.

        Raises
        ------
        DataError
            If a score is not finite, or there are no pairs.
        """
        return self._pass(scores, y, groups, weights, False)[0]

    def gradient(self, scores: Any, y: Any, groups: Any = None, weights: Any = None) -> AnyFloats:
        """Return the derivative of the mean loss with respect to each score.

        Parameters
        ----------
        scores, y, groups, weights : array-like
            As for ``value``.

        Returns
        -------
        (n,) array
            Of the type of the scores.

        Raises
        ------
        DataError
            As for ``value``.
        """
        return self.value_and_gradient(scores, y, groups, weights)[1]

    def value_and_gradient(
        self, scores: Any, y: Any, groups: Any = None, weights: Any = None
    ) -> tuple[float, AnyFloats]:
        """Return the mean loss and its derivative with respect to each score.

        Parameters
        ----------
        scores, y, groups, weights : array-like
            As for ``value``.

        Returns
        -------
        value : float
            The loss, in nats.
        gradient : (n,) array
            Derivatives, of the type of the scores.

        Raises
        ------
        DataError
            As for ``value``.
        """
        return self._pass(scores, y, groups, weights, True)

    def hessian_product(
        self, scores: Any, y: Any, direction: Any, groups: Any = None, weights: Any = None
    ) -> AnyFloats:
        """Return the Hessian of the mean loss times a direction.

        Parameters
        ----------
        scores, y : array-like
            As for ``value``.
        direction : (n,) array-like
            The direction.
        groups, weights : array-like
            As for ``value``.

        Returns
        -------
        (n,) array
            Of the type of the scores.

        Raises
        ------
        DataError
            As for ``value``, or if the direction has another shape.
        """
        values, pairs = _read(scores, y, groups, weights)
        along = read_direction(direction, values)[pairs.order].astype(np.float64)

        def task(first: int, after: int, out: FloatArray) -> tuple[float, float]:
            rows = pairs.scores, pairs.weights, pairs.begin, pairs.lower
            return 0.0, pair_curvature(*rows, first, after, along, out)

        _, weight, found = pairs.sums(task, True)
        out = np.empty_like(values)
        out[pairs.order] = found / weight
        return out

    @staticmethod
    def _pass(scores: Any, y: Any, groups: Any, weights: Any, slopes: bool) -> tuple[float, AnyFloats]:
        """Return the mean over pairs, and its gradient if it is wanted."""
        values, pairs = _read(scores, y, groups, weights)

        def task(first: int, after: int, out: FloatArray) -> tuple[float, float]:
            return pair_loss(pairs.scores, pairs.weights, pairs.begin, pairs.lower, first, after, out)

        total, weight, slope = pairs.sums(task, slopes)
        out = np.empty_like(values)
        if slopes:
            out[pairs.order] = slope / weight
        return total / weight, out


@dataclass(frozen=True)
class _Pairs:
    """Rows by group and relevance, and which ones each should stand before."""

    order: IntArray
    scores: FloatArray
    weights: FloatArray
    begin: IntArray
    lower: IntArray

    def sums(
        self, task: Callable[[int, int, FloatArray], tuple[float, float]], by_row: bool
    ) -> tuple[float, float, FloatArray]:
        """Return two sums over pairs and, if wanted, one for each row, from parts whose sums are added in order."""
        counts = np.cumsum(self.lower - self.begin)
        if counts[-1] > PAIRS_MOST:
            raise DataError(
                f"There are {counts[-1]:,} pairs of rows of which one is more relevant, and each is looked at: give "
                "groups=, within which rows are compared, or a sample of the rows."
            )
        n, n_parts = self.order.size, int(np.clip(counts[-1] // PAIRS_OF_PART, 1, PARTS_MOST))
        inner = np.searchsorted(counts, counts[-1] * np.arange(1, n_parts) // n_parts, side="right")
        bounds = list(pairwise(np.unique(np.concatenate([[0], inner, [n]])).tolist()))

        def part(number: int) -> tuple[float, float, FloatArray]:
            first, after = bounds[number]
            out = np.zeros(after - self.begin[first] if by_row else 0)
            return (*task(first, after, out), out)

        total, weight, found = 0.0, 0.0, np.zeros(n if by_row else 0)
        for (first, after), (value, own, rows) in zip(bounds, ordered_map(part, len(bounds)), strict=True):
            total, weight = total + value, weight + own
            if by_row:
                found[self.begin[first] : after] += rows
        if weight <= 0.0:
            raise DataError("There is no pair of rows in a group of which one is more relevant than the other.")
        return total, weight, found


def _read(scores: Any, y: Any, groups: Any, weights: Any) -> tuple[AnyFloats, _Pairs]:
    """Return scores as they came, and their rows by group and relevance."""
    values, relevance = read_numbers(scores, "Scores"), read_numbers(y, "Relevances")
    if values.ndim != 1 or relevance.shape != values.shape:
        raise DataError(f"Scores have shape {values.shape} and relevance {relevance.shape}: give (n,) of both.")
    n = values.size
    counts = read_weights(weights, n).astype(np.float64)
    codes = read_groups(groups, n)[1]
    by_relevance = np.argsort(relevance, kind="stable")
    order = by_relevance[np.argsort(codes[by_relevance], kind="stable")]
    new_group = np.diff(codes[order], prepend=-1) != 0
    new_grade = new_group | (np.diff(relevance[order], prepend=np.nan) != 0.0)
    place = np.arange(n)
    begin = np.maximum.accumulate(np.where(new_group, place, 0))
    lower = np.maximum.accumulate(np.where(new_grade, place, 0))
    return values, _Pairs(order, values[order].astype(np.float64), counts[order], begin, lower)
