"""Clusters of variables whose weights of evidence go together, and which of each the card has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Clusters", "clusters_of"]


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of variables, by complete linkage of 1 - |r|.

    Parameters
    ----------
    names : tuple of str
        The variables by cluster, and within a cluster by information value, the largest first.
    cluster : (v,) int array
        Number of the cluster, from 1; the first cluster has the largest information value.
    information : (v,) array
        Information values.
    taken : (v,) array of bool
        Whether the card has the variable.
    correlation : (v,) array
        Correlation with the variable of the cluster with the largest information value; nan for that variable.
    closest : tuple of str
        The variable of another cluster with the strongest correlation; empty if there is one cluster.
    closest_correlation : (v,) array
        The correlation with that variable.
    """

    names: tuple[str, ...]
    cluster: IntArray
    information: FloatArray
    taken: BoolArray
    correlation: FloatArray
    closest: tuple[str, ...]
    closest_correlation: FloatArray


def clusters_of(
    names: tuple[str, ...], correlation: FloatArray, information: FloatArray, taken: set[str], limit: float
) -> Clusters:
    """Return clusters within which every two variables correlate by at least a limit, in absolute value."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    size = np.abs(np.nan_to_num(correlation))  # a variable of one rate goes with none
    if len(names) > 1:
        distance = 1.0 - np.clip((size + size.T) / 2, 0.0, 1.0)
        np.fill_diagonal(distance, 0.0)
        found = fcluster(linkage(squareform(distance), "complete"), 1.0 - limit + 1e-12, "distance")
    else:
        found = np.ones(1, dtype=np.int64)
    best = {c: float(information[found == c].max()) for c in np.unique(found)}
    number = {c: m + 1 for m, c in enumerate(sorted(best, key=lambda c: (-best[c], int(np.argmax(found == c)))))}
    cluster = np.array([number[c] for c in found], dtype=np.int64)
    order = np.lexsort((np.arange(len(names)), -information, cluster))
    head = {c: next(int(j) for j in order if cluster[j] == c) for c in number.values()}
    closest, closest_r = [], np.full(len(names), np.nan)
    for m, j in enumerate(order):
        others = np.flatnonzero(cluster != cluster[j])
        nearest = int(others[np.argmax(size[j, others])]) if others.size else None
        closest.append("" if nearest is None else names[nearest])
        if nearest is not None:
            closest_r[m] = correlation[j, nearest]
    own = np.array([np.nan if head[cluster[j]] == j else correlation[j, head[cluster[j]]] for j in order])
    return Clusters(
        tuple(names[j] for j in order),
        cluster[order],
        information[order],
        np.array([names[j] in taken for j in order]),
        own,
        tuple(closest),
        closest_r,
    )
