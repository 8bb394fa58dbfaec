"""The loss of an order: pairs of rows, of which one is more relevant than the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import DataError
from logitkit.logits.labels import read_groups
from logitkit.logits.losses.options import read_direction
from logitkit.logits.read import read_numbers, read_weights
from logitkit.numerics.kernels.event_losses import pair_curvature, pair_loss
from logitkit.typing import AnyFloats, FloatArray, IntArray

__all__ = ["RankingLoss"]


@dataclass(frozen=True)
class RankingLoss:
    r"""The pairwise logistic loss of scores that should put more relevant rows first.

    The mean of :math:`\log(1 + e^{-(s_i - s_j)})` over all pairs of rows of a group with :math:`y_i > y_j`: minus the
    log probability that i comes before j, in the model of Bradley and Terry. Rows that are equally relevant make no
    pair. A pair weighs the product of the weights of its rows. Time grows with the square of the rows in a group,
    memory with the rows (``docs/maths/logit_functions.md``, equations 19 and 20).

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
            How relevant each row is: 0 and 1, or grades.
        groups : (n,) array-like, optional
            Queries or users; rows of different groups make no pair. One group if left out.
        weights : (n,) array-like, optional
            How often each row counts.

        Returns
        -------
        float
            In nats.

        Raises
        ------
        DataError
            If a score is not finite, or there is no pair.
        """
        return self._pass(scores, y, groups, weights, False)[0]

    def gradient(self, scores: Any, y: Any, groups: Any = None, weights: Any = None) -> AnyFloats:
        """Return the derivatives of the mean loss by each score.

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
            As ``value``.
        """
        return self.value_and_gradient(scores, y, groups, weights)[1]

    def value_and_gradient(
        self, scores: Any, y: Any, groups: Any = None, weights: Any = None
    ) -> tuple[float, AnyFloats]:
        """Return the mean loss and its derivatives by each score.

        Parameters
        ----------
        scores, y, groups, weights : array-like
            As for ``value``.

        Returns
        -------
        value : float
            In nats.
        gradient : (n,) array
            Of the type of the scores.

        Raises
        ------
        DataError
            As ``value``.
        """
        return self._pass(scores, y, groups, weights, True)

    def hessian_product(
        self, scores: Any, y: Any, direction: Any, groups: Any = None, weights: Any = None
    ) -> AnyFloats:
        """Return the second derivatives of the mean loss times a direction.

        Parameters
        ----------
        scores, y : array-like
            As for ``value``.
        direction : (n,) array-like
            What is multiplied.
        groups, weights : array-like
            As for ``value``.

        Returns
        -------
        (n,) array
            Of the type of the scores.

        Raises
        ------
        DataError
            As ``value``, or if the direction has another shape.
        """
        values, order, sorted_rows, starts = _read(scores, y, groups, weights)
        along = read_direction(direction, values)[order].astype(np.float64)
        pairs = pair_loss(*sorted_rows, starts, np.empty(0))[1]
        _require_pairs(pairs)
        found, out = np.zeros(order.size), np.empty_like(values)
        pair_curvature(*sorted_rows, starts, along, found)
        out[order] = found / pairs
        return out

    @staticmethod
    def _pass(scores: Any, y: Any, groups: Any, weights: Any, slopes: bool) -> tuple[float, AnyFloats]:
        """Return the mean over pairs, and its gradient if it is wanted."""
        values, order, sorted_rows, starts = _read(scores, y, groups, weights)
        slope = np.zeros(order.size if slopes else 0)
        total, pairs = pair_loss(*sorted_rows, starts, slope)
        _require_pairs(pairs)
        out = np.empty_like(values)
        if slopes:
            out[order] = slope / pairs
        return total / pairs, out


def _require_pairs(pairs: float) -> None:
    """Refuse rows without a pair."""
    if pairs <= 0.0:
        raise DataError("There is no pair of rows in a group of which one is more relevant than the other.")


def _read(
    scores: Any, y: Any, groups: Any, weights: Any
) -> tuple[AnyFloats, IntArray, tuple[FloatArray, FloatArray, FloatArray], IntArray]:
    """Return scores, the order that puts groups side by side, what the kernels take in it, and where groups begin."""
    values, relevance = read_numbers(scores, "Scores"), read_numbers(y, "Relevances")
    if values.ndim != 1 or relevance.shape != values.shape:
        raise DataError(f"Scores have shape {values.shape} and relevance {relevance.shape}: give (n,) of both.")
    n = values.size
    codes = read_groups(groups, n)[1]
    order = np.argsort(codes, kind="stable")
    starts = np.append(np.flatnonzero(np.diff(codes[order], prepend=-1)), n)
    rows = tuple(each.astype(np.float64)[order] for each in (values, relevance, read_weights(weights, n)))
    return values, order, (rows[0], rows[1], rows[2]), starts.astype(np.int64)
