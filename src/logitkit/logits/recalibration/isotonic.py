r"""Isotonic regression of outcomes on logits.

The ascending rates nearest to the outcomes by weighted squares (and by likelihood) are the means of blocks of
neighbouring rows, which pooling adjacent violators finds in one pass. Rows of equal logits are one before that. Between
the last logit of a block and the first of the next the rate is interpolated; beyond the ends it is that of the ends.

Centred isotonic regression puts the rate of each block at the mean logit of its rows, and interpolates between these:
it ascends strictly, so that no two logits are tied by it, but those beyond the first and the last centre.

A block at the end in which all rows had the event, or none, has the rate 1 or 0, whose logit is infinite. It gets
(events + 1/2) / (n + 1) instead, held beyond the rate of its neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.numerics.kernels.isotonic import pool_violators
from logitkit.typing import FloatArray

__all__ = ["Blocks", "finite_rates", "isotonic_blocks", "thresholds"]


@dataclass(frozen=True)
class Blocks:
    """Blocks of rows that share one isotonic rate.

    Parameters
    ----------
    first, last, centre : (b,) array
        Lowest, highest and mean value of the rows of each.
    weights, events : (b,) array
        Their weight, and that of their events.

    Examples
    --------
    >>> one = np.ones(1)
    >>> Blocks(one, one, one, 4.0 * one, one).rates.tolist()
    [0.25]
    """

    first: FloatArray
    last: FloatArray
    centre: FloatArray
    weights: FloatArray
    events: FloatArray

    @property
    def rates(self) -> FloatArray:
        """Isotonic rate of each block, ascending, shape (b,)."""
        return np.minimum(self.events / self.weights, 1.0)


def isotonic_blocks(values: FloatArray, shares: FloatArray, weights: FloatArray) -> Blocks:
    """Return the blocks of rows that share one isotonic rate.

    Parameters
    ----------
    values : (n,) array
        Values with which rates increase, in any order.
    shares, weights : (n,) array
        Proportions of events, and how often each row counts.

    Returns
    -------
    Blocks
        Ascending.

    Examples
    --------
    >>> found = isotonic_blocks(np.arange(4.0), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    >>> found.rates.tolist(), found.first.tolist()
    ([0.0, 0.5, 1.0], [0.0, 1.0, 3.0])
    """
    used = np.flatnonzero(weights > 0.0)
    order = used[np.argsort(values[used], kind="stable")]
    x, w = values[order], weights[order]
    first = np.append(0, np.flatnonzero(np.diff(x) > 0.0) + 1)
    x, events, total = x[first], np.add.reduceat(w * shares[order], first), np.add.reduceat(w, first)
    start = pool_violators(events, total)
    weight = np.add.reduceat(total, start)
    stop = np.append(start[1:], x.size) - 1
    centre = np.add.reduceat(total * x, start) / weight
    return Blocks(x[start], x[stop], centre, weight, np.add.reduceat(events, start))


def finite_rates(blocks: Blocks) -> FloatArray:
    """Return the rates of blocks, with rates of 0 and 1 moved inside the interval.

    Parameters
    ----------
    blocks : Blocks
        Blocks of rows in order.

    Returns
    -------
    (b,) array
        Ascending, within 0 and 1.

    Examples
    --------
    >>> blocks = isotonic_blocks(np.arange(4.0), np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4))
    >>> finite_rates(blocks).round(6).tolist()
    [0.166667, 0.833333]
    """
    rates = blocks.rates.copy()
    inside = (blocks.events + 0.5) / (blocks.weights + 1.0)
    if rates[0] <= 0.0:
        rates[0] = min(inside[0], 0.5 * rates[1]) if rates.size > 1 and rates[1] < 1.0 else inside[0]
    if rates[-1] >= 1.0:
        rates[-1] = max(inside[-1], 0.5 + 0.5 * rates[-2]) if rates.size > 1 else inside[-1]
    return rates


def thresholds(blocks: Blocks, centred: bool) -> tuple[FloatArray, FloatArray]:
    """Return the points between which rates are interpolated.

    Parameters
    ----------
    blocks : Blocks
        Blocks of rows in order.
    centred : bool
        Whether rates are placed at the mean of each block, not at its ends.

    Returns
    -------
    at, rates : (k,) array
        Values, ascending and distinct, and rates there.

    Examples
    --------
    >>> blocks = isotonic_blocks(np.arange(4.0), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    >>> thresholds(blocks, False)[0].tolist(), thresholds(blocks, True)[0].tolist()
    ([0.0, 1.0, 2.0, 3.0], [0.0, 1.5, 3.0])
    """
    rates = finite_rates(blocks)
    if centred:
        return blocks.centre, rates
    ends = np.stack([blocks.first, blocks.last], axis=1)
    kept = np.stack([np.ones(rates.size, dtype=bool), blocks.last > blocks.first], axis=1)
    return ends[kept], np.repeat(rates, 2).reshape(-1, 2)[kept]
