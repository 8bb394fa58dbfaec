r"""Corrected scores of clusters, for rows in memory or read in chunks.

CR0, CR1 and CR3 need :math:`s_g = Z_g' r_g` and :math:`S_g = Z_g' Z_g` of each cluster, which are sums over rows: G
times :math:`q + q (q + 1) / 2` numbers, from one pass. CR2 needs all rows of a cluster together, and so do the others
if these sums do not fit in memory. Rows are then held for as many clusters at a time as memory allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from logitkit.design.chunks.whole_units import Units, counted_units, whole_units
from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.engine.record import FitRecord
from logitkit.inference.covariances.cluster_sums import ClusterSums, require_two
from logitkit.inference.covariances.clustered import counted_clusters
from logitkit.inference.covariances.corrected import Corrected, corrected_scores, of_sums, working_rows
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["ClusterRows", "rows_of_clusters"]

PART_OF_MEMORY = 8  # the sums of all clusters, of which a chunk has some too
CELLS_OF_BLOCK = 1_000_000  # numbers written out at once


@dataclass(frozen=True)
class ClusterRows:
    """The rows of a fit by cluster.

    Parameters
    ----------
    design : Design
        The rows.
    clusters : Clusters
        Clusters of these rows; for rows that are read in chunks, their name.
    count : int
        Number of clusters with a row of positive weight, G.
    units : Units or None
        Clusters of rows that are read in chunks.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1]})
    >>> ClusterRows(fit.design, Clusters(np.array([0, 0, 1]), 2, "g"), 2).count
    2
    """

    design: Design
    clusters: Clusters
    count: int
    units: Units | None = None

    def corrected(self, record: FitRecord, kind: str, half: FloatArray) -> Iterator[Corrected]:
        """Yield the corrected scores of some clusters at a time, with their moments.

        Parameters
        ----------
        record : FitRecord
            The fit, with one linear predictor per row.
        kind : {'CR0', 'CR1', 'CR2', 'CR3'}
            The correction.
        half : (q, q) array
            As for ``corrected_scores``.

        Yields
        ------
        (B, q), (B, q, q) and (B, q, q) array
            As from ``corrected_scores``.
        """
        if self.units is None:
            yield from corrected_scores(record, self.design, self.clusters, kind, half)
            return
        assert self.design.stream is not None
        q, name = len(half), self.clusters.name
        most = self.design.stream.memory // (8 * PART_OF_MEMORY)
        if kind != "CR2" and self.units.sizes.size * (q + q * (q + 1) // 2) <= most:
            sums = self.design.reduce(_Products(record, half, self.units, most), ClusterSums.plus)
            step = max(CELLS_OF_BLOCK // q**2, 1)
            for start in range(0, len(sums.values), step):
                table = sums.table[start : min(start + step, len(sums.values))]
                yield of_sums(table[:, :q], _squares(table[:, q:], q), kind, name)
            return
        for part, codes in whole_units(self.design, self.units):
            own = Clusters(codes, self.units.sizes.size, name)
            yield from corrected_scores(record, part, own, kind, half)


def rows_of_clusters(design: Design, clusters: Clusters) -> ClusterRows:
    """Return the rows by cluster; raise an error for fewer than two clusters.

    Parameters
    ----------
    design : Design
        The rows; of rows that are read in chunks, with these clusters.
    clusters : Clusters
        Clusters of these rows, or their name.

    Returns
    -------
    ClusterRows
        An object that gives corrected scores.

    Raises
    ------
    DataError
        With fewer than two clusters.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1]})
    >>> rows_of_clusters(fit.design, Clusters(np.array([0, 0, 1]), 2, "g")).count
    2
    """
    if design.stream is None:
        return ClusterRows(design, clusters, counted_clusters(clusters, design.response))
    units = counted_units(design, [clusters.name], "cluster")
    count = int(np.count_nonzero(units.used))
    require_two(clusters.name, count)
    return ClusterRows(design, clusters, count, units)


@dataclass(frozen=True)
class _Products:
    """The sums over the rows of each cluster of a chunk: scores, and products of the columns of Z."""

    record: FitRecord
    half: FloatArray
    units: Units
    most: int

    def __call__(self, part: Design) -> ClusterSums:
        """Return the sums of a chunk, by the number of the cluster."""
        met, places = np.unique(self.units.of_rows(part), return_inverse=True)
        with single_threaded_blas():
            table = working_rows(self.record, part, self.half).products(places.reshape(-1), met.size)
        return ClusterSums(met.tolist(), table, np.ones(met.size, dtype=bool), self.most)


def _squares(halves: FloatArray, q: int) -> FloatArray:
    """Return symmetric matrices from the numbers on and above their diagonals."""
    whole = np.empty((len(halves), q, q))
    apart = np.triu_indices(q)
    whole[:, apart[0], apart[1]] = halves
    whole[:, apart[1], apart[0]] = halves
    return whole
