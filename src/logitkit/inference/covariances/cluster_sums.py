r"""Additive sums of scores by cluster, for chunks of rows whose clusters may continue in other chunks.

Each sum is stored under the value of its cluster, so chunks need not agree on codes. Only the table of G clusters by q
coefficients is held in memory; crossed clusters have one table for each clustering and each intersection.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from logitkit.design.response.response import Clusters
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.corrections import Correction
from logitkit.inference.covariances.sums_by_cluster import RowScores, cluster_table
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["ClusterSums", "crossed_codes", "merged_sums", "middle_of_sums", "sums_by_cluster"]

TABLE_MOST = 30_000_000  # cells of two crossed clusterings that are counted one by one


@dataclass
class ClusterSums:
    """Sums of scores by cluster, to which those of other rows are added.

    Parameters
    ----------
    values : list
        The value that identifies each cluster.
    table : (G, q) array
        The sums.
    used : (G,) bool array
        Whether each cluster has a row of positive weight.
    most : int
        Maximum number of values held in memory.

    Examples
    --------
    >>> sums = ClusterSums(["a", "b"], np.array([[1.0], [-1.0]]), np.ones(2, dtype=bool), 100)
    >>> sums.plus(ClusterSums(["b"], np.array([[3.0]]), np.ones(1, dtype=bool), 100)).squares.tolist()
    [[5.0]]
    """

    values: list[Any]
    table: FloatArray
    used: BoolArray
    most: int

    @property
    def count(self) -> int:
        """Number of clusters with a row of positive weight."""
        return int(np.count_nonzero(self.used[: len(self.values)]))

    @property
    def squares(self) -> FloatArray:
        """The sum of the squares of the sums, (q, q)."""
        own = self.table[: len(self.values)]
        return np.asarray(own.T @ own)

    def plus(self, other: ClusterSums) -> ClusterSums:
        """Return the sums over both; these sums are changed in place.

        Parameters
        ----------
        other : ClusterSums
            Sums over other rows.

        Returns
        -------
        ClusterSums
            These sums.
        """
        places = self.__dict__.setdefault("places", {value: k for k, value in enumerate(self.values)})
        rows = np.array([places.setdefault(value, len(places)) for value in other.values], dtype=np.int64)
        self.values.extend(value for value, row in zip(other.values, rows, strict=True) if row >= len(self.values))
        g, q = len(places), self.table.shape[1]
        if g * q > self.most:
            raise UnsupportedError(
                f"The sums of scores of {g:,} clusters so far by {q} coefficients take {8 * g * q / 1e9:,.2g} GB, and "
                f"memory= grants {8 * self.most / 1e9:,.2g} GB: grant more, or cluster by larger groups."
            )
        if g > len(self.table):
            grown = np.zeros((min(max(g, 2 * len(self.table)), max(self.most // max(q, 1), g)), q))
            grown[: len(self.table)] = self.table
            self.table = grown
            self.used = np.concatenate([self.used, np.zeros(len(grown) - self.used.size, dtype=bool)])
        self.table[rows] += other.table[: len(rows)]  # a chunk has each cluster once
        self.used[rows] |= other.used[: len(rows)]
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent elsewhere."""
        return {name: value for name, value in self.__dict__.items() if name != "places"}


def sums_by_cluster(found: RowScores, clusters: Sequence[Clusters], most: int) -> list[ClusterSums]:
    """Return the sums of the scores of a chunk for each clustering, then for each intersection.

    Parameters
    ----------
    found : RowScores
        Scores of the rows.
    clusters : sequence of Clusters
        Of the same rows, with what each cluster is.
    most : int
        Maximum number of values held in memory.

    Returns
    -------
    list of ClusterSums
        In the order of :func:`combined`.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.covariances.sandwich import scores
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 0]})
    >>> own = Clusters(np.array([0, 1, 1, 0]), 2, "g", ("a", "b"))
    >>> (sums,) = sums_by_cluster(scores(fit.record, fit.design), [own], 100)
    >>> sums.values, sums.squares.tolist()
    (['a', 'b'], [[2.0]])
    """
    used, parts = found.response.weights > 0.0, []
    for _, chosen in combined(clusters):
        codes = crossed_codes([each.codes for each in chosen])
        different, first = np.unique(codes, return_index=True)
        values: list[Any] = [tuple(each.values[each.codes[row]] for each in chosen) for row in first]
        seen = np.zeros(different.size, dtype=bool)
        places = np.searchsorted(different, codes)
        seen[places[used]] = True
        parts.append(
            ClusterSums(
                values if len(chosen) > 1 else [value[0] for value in values],
                cluster_table(places, found, different.size),
                seen,
                most,
            )
        )
    return parts


def merged_sums(left: list[ClusterSums], right: list[ClusterSums]) -> list[ClusterSums]:
    """Return the sums over both, part by part.

    Parameters
    ----------
    left, right : list of ClusterSums
        From ``sums_by_cluster``.

    Returns
    -------
    list of ClusterSums
        The first sums, which are changed in place.

    Examples
    --------
    >>> one, other = ([ClusterSums(["a"], np.ones((1, 1)), np.ones(1, dtype=bool), 9)] for _ in range(2))
    >>> merged_sums(one, other)[0].squares.tolist()
    [[4.0]]
    """
    return [one.plus(other) for one, other in zip(left, right, strict=True)]


def middle_of_sums(
    parts: list[ClusterSums], clusters: Sequence[Clusters], rule: Correction, n: float, k: float
) -> tuple[FloatArray, list[int]]:
    """Return the middle of the sandwich, and the numbers of clusters.

    Parameters
    ----------
    parts : list of ClusterSums
        Sums over all rows.
    clusters : sequence of Clusters
        By their names.
    rule : Correction
        The correction factors.
    n, k : float
        Numbers of observations and of coefficients.

    Returns
    -------
    meat : (q, q) array
        The middle matrix, which is symmetric.
    counts : list of int
        Number of clusters of each clustering.

    Raises
    ------
    DataError
        With fewer than two clusters.

    Examples
    --------
    >>> from logitkit.inference.covariances.corrections import correction_named
    >>> sums = ClusterSums(["a", "b"], np.array([[1.0], [-1.0]]), np.ones(2, dtype=bool), 100)
    >>> own = Clusters(np.array([0, 1]), 2, "g")
    >>> middle_of_sums([sums], [own], correction_named("clusters"), 10.0, 1.0)
    (array([[4.]]), [2])
    """
    counts = [part.count for part in parts[: len(clusters)]]
    for own, count in zip(clusters, counts, strict=True):
        require_two(own.name, count)
    meat = np.zeros((parts[0].table.shape[1],) * 2)
    for (sign, _), part in zip(combined(clusters), parts, strict=True):
        meat += sign * rule.factor(min(counts) if rule.least else part.count, n, k) * part.squares
    return meat, counts


def require_two(name: str, count: int) -> None:
    """Raise an error for fewer than two clusters."""
    if count < 2:
        raise DataError(
            f"cluster={name!r} has {count} cluster{'' if count == 1 else 's'} among the rows used; at least two are "
            "needed."
        )


def combined(clusters: Sequence[Clusters]) -> Iterator[tuple[float, Sequence[Clusters]]]:
    """Yield the sign and the clusterings of each intersection of some of them, of one first."""
    for many in range(1, len(clusters) + 1):
        for chosen in combinations(clusters, many):
            yield (-1.0) ** (many + 1), chosen


def crossed_codes(codes: Sequence[IntArray]) -> IntArray:
    """Return the number of each combination of codes that occurs, counted from zero.

    Parameters
    ----------
    codes : sequence of (n,) int array
        Nonnegative codes.

    Returns
    -------
    (n,) int array
        Rows have the same number if all their codes are the same.

    Examples
    --------
    >>> crossed_codes([np.array([0, 1, 0, 1]), np.array([5, 0, 5, 5])]).tolist()
    [0, 1, 0, 2]
    """
    found = codes[0]
    for other in codes[1:]:
        cells = (int(found.max(initial=-1)) + 1) * (width := int(other.max(initial=-1)) + 1)
        both = found.astype(np.int64) * width + other
        if cells <= TABLE_MOST:
            occurs = np.zeros(cells, dtype=bool)
            occurs[both] = True
            found = (np.cumsum(occurs) - 1)[both]
        else:
            found = np.unique(both, return_inverse=True)[1]
    return found
