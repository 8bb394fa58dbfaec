"""Areas under the ROC curves of several scores that lie on disk, with DeLong's covariance: a sort for each score.

Rows in the order of a score are passed twice side by side, pooled and one by one: what an event and a non-event of each
row add to the area is then known (equation 1 of ``docs/maths/chunks.md``). Sorted by the row again, these parts of all
scores meet, and their products are summed, by cluster where rows are dependent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.discrimination.area_means import placed
from logitkit.diagnostics.discrimination.joined import JoinedRows
from logitkit.diagnostics.discrimination.roc import POINTS_MOST, RocCurve, curve_of
from logitkit.numerics.external_sort import ExternalSort
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.typing import FloatArray

__all__ = ["AreasOnDisk", "areas_on_disk"]


@dataclass(frozen=True, eq=False)
class AreasOnDisk:
    """Areas under the ROC curves of k scores, with their covariance and the curves.

    Parameters
    ----------
    areas : (k,) array
        Areas under the whole curves.
    covariance : (k, k) array
        DeLong's covariance, or that for clusters.
    curves : tuple of RocCurve
        Curves with at most 10,000 points each.

    Examples
    --------
    >>> AreasOnDisk(np.array([0.5]), np.array([[0.01]]), ()).areas.tolist()
    [0.5]
    """

    areas: FloatArray
    covariance: FloatArray
    curves: tuple[RocCurve, ...]


def areas_on_disk(rows: JoinedRows) -> AreasOnDisk:
    """Return the areas of all scores for rows on disk.

    Parameters
    ----------
    rows : JoinedRows
        Rows with k scores.

    Returns
    -------
    AreasOnDisk
        The same values as ``areas_of`` and ``covariance_of`` give for rows in memory.

    Examples
    --------
    >>> areas_on_disk.__name__
    'areas_on_disk'
    """
    k, memory = len(rows.names), rows.stream.memory // 8
    totals = np.array([rows.n_events, rows.n_nonevents])
    means, curves = np.empty((k, 2)), []
    with ExternalSort(4 + 2 * k, memory, pooled=True, what="What rows add to areas") as by_row:
        for number, rounding in enumerate(rows.roundings):
            with ExternalSort(5, memory) as by_score:
                _sort(rows, number, by_score)
                curves.append(
                    curve_of(_pooled(by_score, rounding), totals, points=POINTS_MOST, independent_counts=False)
                )
                sums = np.zeros(2)
                scores = _pooled(by_score, rounding)
                for block, below in placed(scores, by_score.blocks(), totals, rounding):
                    parts = np.stack([below[1], 1.0 - below[0]])
                    sums += [weight @ part for weight, part in zip(block[:, 1:3].T, parts, strict=True)]
                    table = np.zeros((len(block), by_row.width))
                    table[:, 0] = block[:, 3]
                    if number == 0:
                        table[:, 1:4] = block[:, [1, 2, 4]]
                    table[:, 4 + 2 * number : 6 + 2 * number] = parts.T
                    by_row.add(table)
                means[number] = sums / totals
        return AreasOnDisk(means[:, 0].copy(), _covariance(rows, by_row, means, totals), tuple(curves))


def _sort(rows: JoinedRows, number: int, by_score: ExternalSort) -> None:
    """Sort rows by a score, with their weights, their number and their cluster."""
    first = 0
    for block in rows.blocks():
        n = block.events.size
        clusters = np.zeros(n) if block.clusters is None else block.clusters
        by_score.add(
            np.column_stack(
                [block.scores[number], block.events, block.nonevents, np.arange(first, first + n), clusters]
            )
        )
        first += n


def _pooled(by_score: ExternalSort, rounding: float) -> Iterator[Pooled]:
    """Yield the distinct scores of sorted rows, with the weight of events and of non-events at each."""
    return pooled(((block[:, 0], block[:, 1:3].T) for block in by_score.blocks()), rounding)


def _covariance(rows: JoinedRows, by_row: ExternalSort, means: FloatArray, totals: FloatArray) -> FloatArray:
    """Return the covariance of areas from what each row adds to them."""
    k, (m, n) = len(means), totals
    if rows.errors == "none" or (rows.errors == "counts" and min(m, n) <= 1.0):
        return np.full((k, k), np.nan)
    clustered = rows.errors == "clusters"
    if clustered:
        rows.stream.require_room(k * rows.n_clusters, "A sum for each cluster")
    sums, out = np.zeros((k, rows.n_clusters)), np.zeros((k, k))
    there = np.zeros(rows.n_clusters, dtype=bool)
    for block in by_row.blocks():
        events, nonevents, codes = block[:, 1], block[:, 2], block[:, 3].astype(np.int64)
        of_events, of_nonevents = block[:, 4::2].T - means[:, :1], block[:, 5::2].T - means[:, 1:]
        if rows.errors == "counts":
            out += (of_events * events) @ of_events.T / (m * (m - 1.0))
            out += (of_nonevents * nonevents) @ of_nonevents.T / (n * (n - 1.0))
            continue
        added = events * of_events / m + nonevents * of_nonevents / n
        if clustered:
            sums += np.stack([np.bincount(codes, each, rows.n_clusters) for each in added])
            there[codes] = True
        else:
            out += added @ added.T
    if rows.errors == "counts":
        return out
    units = int(there.sum()) if clustered else rows.n_rows
    return (sums @ sums.T if clustered else out) * (units / (units - 1.0) if units > 1 else np.nan)
