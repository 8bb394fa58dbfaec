"""What calibration errors probabilities that are right would show: outcomes drawn from them, again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.numerics.kernels.drawn_outcomes import drawn_events, drawn_outcomes
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["Chance", "chance_of", "drawn_counts"]


@dataclass(frozen=True)
class Chance:
    """The mean distance of predicted and observed rates if predictions are right.

    Parameters
    ----------
    expected : float
        Its mean.
    low, high : float
        Its quantiles.
    p_value : float
        Proportion of draws, the observed one among them, with at least the distance that was observed.

    Examples
    --------
    >>> Chance(0.02, 0.01, 0.03, 0.5).p_value
    0.5
    """

    expected: float
    low: float
    high: float
    p_value: float


def drawn_counts(
    p: FloatArray, trials: IntArray, cells: CodeArray, places: IntArray, draws: int, seed: int
) -> IntArray:
    """Return how many events each cell has in each resample.

    Parameters
    ----------
    p : (n,) or (n, K) array
        Probabilities of an event, or of K outcomes, of which one occurs.
    trials : (n,) int array
        Of each row.
    cells : (n,) or (n, K) int32 array
        The cell that an event, or an outcome, counts in.
    places : (n,) int array
        Places of rows, by which draws do not depend on which others there are.
    draws, seed : int
        Resamples, and what makes the draws repeatable.

    Returns
    -------
    (c, draws) int array
        The same on any number of threads.

    Examples
    --------
    >>> two, cells = np.full(2, 50), np.zeros(2, dtype=np.int32)
    >>> drawn_counts(np.array([0.0, 1.0]), two, cells, np.arange(2), 3, 1).tolist()
    [[50, 50, 50]]
    """
    key = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]
    size = int(cells.max()) + 1
    groups = row_groups(p.shape[0], draws, 8 * size * draws)
    draw, given = (drawn_events, p) if p.ndim == 1 else (drawn_outcomes, np.cumsum(p, axis=1))

    def counted(group: int) -> IntArray:
        a, b = groups.bounds[group]
        out = np.zeros((size, draws), dtype=np.int64)
        draw(given[a:b], trials[a:b], cells[a:b], places[a:b], key, out)
        return out

    total = np.zeros((size, draws), dtype=np.int64)
    for part in ordered_map(counted, len(groups.bounds), light=False):
        total += part
    return total


def chance_of(
    distance: Callable[[FloatArray], FloatArray], events: FloatArray, drawn: IntArray, level: float
) -> Chance:
    """Return what is expected of a distance by chance, beside the observed one.

    Parameters
    ----------
    distance : callable
        Of events by cell, (c, r), the distance of each column, (r,).
    events : (c,) array
        What happened.
    drawn : (c, R) int array
        What was drawn.
    level : float
        Of the quantiles.

    Returns
    -------
    Chance
        With a p-value that is exact but for the number of draws.

    Examples
    --------
    >>> chance_of(lambda e: np.abs(e[0] - 5.0), np.array([9.0]), np.array([[4, 5, 7]]), 0.5).p_value
    0.25
    """
    found, own = distance(drawn.astype(np.float64)), distance(events[:, None])[0]
    low, high = np.quantile(found, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
    above = int((found >= own * (1.0 - 1e-12)).sum())
    return Chance(float(found.mean()), float(low), float(high), (1.0 + above) / (1.0 + found.size))
