r"""Sandwiches by clusters, one-way and crossed.

With :math:`B_a = \sum_g s_g s_g'` the sum over the clusters of a of their squared summed scores, the one-way
sandwich is :math:`c_a A^{-1} B_a A^{-1}`, and that of crossed clusters adds those of each clustering and subtracts
those of their intersections (inclusion and exclusion): :math:`V_a + V_b - V_{ab}`. The result may have negative
eigenvalues; these are set to zero, in the coefficients as given.

References
----------
Liang, K.-Y. and Zeger, S. L. (1986) Biometrika 73, 13-22. Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011)
Journal of Business and Economic Statistics 29, 238-249, equations 2.11 and 2.13.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Clusters, Response
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.rank import solved_from
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.cluster_sums import (
    combined,
    crossed_codes,
    merged_sums,
    middle_of_sums,
    require_two,
)
from logitkit.inference.covariances.corrections import Correction, correction_named, default_correction
from logitkit.inference.covariances.sandwich import OfClusters, scores
from logitkit.inference.covariances.sums_by_cluster import ROWS_OF_PART, RowScores, cluster_meat
from logitkit.numerics.threads.blas import blas_for, single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = ["clustered_meat", "clustered_vcov", "counted_clusters", "mended"]

NEGATIVE = 1e-12  # of the largest eigenvalue: less is rounding of zero


def clustered_vcov(
    record: FitRecord, design: Design, clusters: Sequence[Clusters], name: str | None = None
) -> tuple[Vcov, Covariance]:
    """Return the sandwich covariance for one clustering, or for several crossed clusterings.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    clusters : sequence of Clusters
        Clusterings of the n rows.
    name : str or None
        Name of the correction; by default that of the conventions of the fit, otherwise ``"clusters"``.

    Returns
    -------
    vcov : Vcov
        Covariance of the coefficients that were solved for.
    covariance : Covariance
        Name and reference distribution of the covariance.

    Raises
    ------
    DataError
        With fewer than two clusters.
    UnsupportedError
        For crossed clusters with the correction of software that does not offer them.

    Examples
    --------
    The same clustering given twice counts once:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> own = Clusters(np.array([0, 0, 1, 1, 2, 2]), 3, "g")
    >>> once, twice = (clustered_vcov(fit.record, fit.design, [own] * k)[0].array() for k in (1, 2))
    >>> bool(np.allclose(once, twice))
    True
    """
    name = name or default_correction(record, clusters)
    rule = correction_named(name)
    crossed = len(clusters) > 1
    if crossed and not rule.crossed:
        raise UnsupportedError(
            f"correction={name!r}: that software has no crossed clusters for these models; use 'clusters', 'smallest', "
            "'r-sandwich' or 'fixest'."
        )
    if name == "fixest" and record.nuisance.n_parameters:
        raise UnsupportedError(
            "correction='fixest' with absorbed levels is not offered: fixest leaves levels that lie within clusters "
            "out of k. Use 'coefficients', which counts all, or 'clusters'."
        )
    n, k = float(record.n_obs), float(record.n_params)
    if rule.coefficients and n <= k:
        raise DataError(f"The correction divides by n - k, and there are {n:g} observations and {k:g} coefficients.")
    with _held_blas(record, design, clusters):  # entered once: of few rows that costs more than the sums
        if design.stream is None:
            counts = [counted_clusters(each, design.response) for each in clusters]
            meat = _meat(scores(record, design), clusters, counts, rule, k)
        else:
            task = OfClusters(record, design.stream.memory // 8)
            meat, counts = middle_of_sums(design.reduce(task, merged_sums), clusters, rule, n, k)
        bread = record.inner_model_vcov
        inner = bread.times(bread.times(meat).T)
    words = rule.words(counts, n, k)
    if crossed:
        given = np.eye(record.coef.size)
        given[record.aliased] = 0.0
        inner, negative = mended(record.coordinates.jacobian(given), inner)
        words = "; ".join(filter(None, (words, "negative eigenvalues set to zero" if negative else "")))
    names = " and ".join(each.name for each in clusters)
    law = Law(float(min(counts) - 1)) if rule.by_t else NORMAL
    return DenseVcov(inner), Covariance(
        "clusters" if crossed else "cluster",
        f"sandwich by crossed clusters ({names})" if crossed else f"sandwich by cluster ({names})",
        words,
        min(counts),
        law,
    )


def clustered_meat(
    found: RowScores, clusters: Sequence[Clusters], counts: Sequence[int], rule: Correction, k: float
) -> FloatArray:
    """Return the middle matrix of the clustered sandwich: sums of squared scores by cluster, with factors.

    Parameters
    ----------
    found : RowScores
        Scores of the n rows.
    clusters : sequence of Clusters
        Clusterings of the same rows.
    counts : sequence of int
        Numbers of clusters that have a row with positive weight.
    rule : Correction
        The correction factors.
    k : float
        Number of coefficients.

    Returns
    -------
    (q, q) array
        A symmetric matrix; for crossed clusters it may have negative eigenvalues.

    Examples
    --------
    A clustering that is crossed with itself counts once:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> found, own = scores(fit.record, fit.design), Clusters(np.array([0, 0, 1, 1, 2, 2]), 3, "g")
    >>> once, twice = (clustered_meat(found, [own] * k, [3] * k, correction_named(None), 2.0) for k in (1, 2))
    >>> bool(np.allclose(once, twice))
    True
    """
    with single_threaded_blas():
        return _meat(found, clusters, counts, rule, k)


def _meat(
    found: RowScores, clusters: Sequence[Clusters], counts: Sequence[int], rule: Correction, k: float
) -> FloatArray:
    """Return the same where BLAS is held to one thread already."""
    n, parts = float(found.response.n_obs), list(combined(clusters))
    if len(parts) == 1:
        return rule.factor(counts[0], n, k) * cluster_meat(clusters[0].codes, found)
    used = found.response.weights > 0.0

    def one(place: int) -> FloatArray:
        # Intersections have the most clusters, and take the longest: they begin first.
        sign, chosen = parts[-1 - place]
        codes = crossed_codes([each.codes for each in chosen])
        own = min(counts) if rule.least else int(np.count_nonzero(np.bincount(codes if used.all() else codes[used])))
        return sign * rule.factor(own, n, k) * cluster_meat(codes, found)

    if used.size < ROWS_OF_PART:  # threads take longer
        return np.asarray(np.add.reduce([one(place) for place in range(len(parts))]))
    return np.asarray(np.add.reduce(list(ordered_map(one, len(parts)))))


def _held_blas(record: FitRecord, design: Design, clusters: Sequence[Clusters]) -> AbstractContextManager[None]:
    """Return what holds BLAS to one thread: nothing where no product of a sandwich is so large that it uses more."""
    plain = not design.in_chunks and record.is_single and design.level_codes is None
    if not plain or not record.coordinates.matrix(design.matrix).is_few:
        return single_threaded_blas()
    q = record.inner_coef.size
    return blas_for(max(math.prod(max(each.count, 1) for each in clusters), q) * q * q)


def counted_clusters(clusters: Clusters, response: Response) -> int:
    """Return how many clusters have a row of positive weight; raise an error for fewer than two.

    Parameters
    ----------
    clusters : Clusters
        Clusters of the rows.
    response : Response
        The rows.

    Returns
    -------
    int
        At least two.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1]})
    >>> counted_clusters(Clusters(np.array([0, 0, 1]), 2, "g"), fit.design.response)
    2
    """
    count = int(np.count_nonzero(np.bincount(clusters.codes[response.weights > 0.0])))
    require_two(clusters.name, count)
    return count


def mended(jacobian: FloatArray, inner: FloatArray) -> tuple[FloatArray, bool]:
    """Return a covariance without negative eigenvalues on the scale of the original coefficients.

    Parameters
    ----------
    jacobian : (p, q) array
        Derivatives of the original coefficients with respect to those that were solved for.
    inner : (q, q) array
        Covariance of the coefficients that were solved for.

    Returns
    -------
    inner : (q, q) array
        The covariance with nonnegative eigenvalues.
    negative : bool
        Whether it had negative eigenvalues.

    Examples
    --------
    >>> mended(np.eye(2), np.diag([2.0, -1.0]))
    (array([[2., 0.],
           [0., 0.]]), True)
    """
    values, vectors = np.linalg.eigh(jacobian @ inner @ jacobian.T)
    if values[0] >= -NEGATIVE * abs(values[-1]):
        return inner, False
    root = solved_from(jacobian, vectors * np.sqrt(np.maximum(values, 0.0)))
    return np.asarray(root @ root.T), True
