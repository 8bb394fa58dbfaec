r"""Sandwiches by clusters, one-way and crossed.

With :math:`B_a = \sum_g s_g s_g'` the sum over the clusters of a of their squared summed scores, the one-way
sandwich is :math:`c_a A^{-1} B_a A^{-1}`, and that of crossed clusters adds those of each clustering and subtracts
those of their intersections (inclusion and exclusion): :math:`V_a + V_b - V_{ab}`. The result may have negative
eigenvalues; these are set to zero, in the coefficients as given, as R's ``sandwich`` has it with ``fix = TRUE``.

References
----------
Liang, K.-Y. and Zeger, S. L. (1986) Biometrika 73, 13-22. Cameron, A. C., Gelbach, J. B. and Miller, D. L. (2011)
Journal of Business and Economic Statistics 29, 238-249.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.sandwich import cluster_meat, scores
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["CORRECTIONS", "Correction", "clustered_vcov", "correction_named", "counted_clusters"]

NEGATIVE = 1e-12  # of the largest eigenvalue: less is rounding


@dataclass(frozen=True)
class Correction:
    """A finite-sample factor of a sandwich by clusters.

    Parameters
    ----------
    clusters : bool
        Whether G / (G - 1) multiplies.
    coefficients : bool
        Whether (n - 1) / (n - k) multiplies.
    least : bool
        Whether all parts of crossed clusters have the factor of the smallest number of clusters, else each its own.
    by_t : bool
        Whether statistics are compared with t on min(G) - 1 degrees of freedom.
    crossed : bool
        Whether the software that it is named for has crossed clusters.

    Examples
    --------
    >>> correction_named("fixest").least
    True
    """

    clusters: bool = True
    coefficients: bool = False
    least: bool = False
    by_t: bool = False
    crossed: bool = True


#: By name; those of software are what the software has for a binary model.
CORRECTIONS = {
    "none": Correction(clusters=False),
    "clusters": Correction(),
    "smallest": Correction(least=True),
    "coefficients": Correction(coefficients=True),
    "r-sandwich": Correction(),
    "stata": Correction(crossed=False),
    "sas": Correction(coefficients=True, by_t=True, crossed=False),
    "fixest": Correction(coefficients=True, least=True),
}


def correction_named(name: str | None) -> Correction:
    """Return a correction by its name, or refuse what is none.

    Parameters
    ----------
    name : str or None
        A key of ``CORRECTIONS``; None for ``"clusters"``.

    Returns
    -------
    Correction
        What it is made of.

    Examples
    --------
    >>> correction_named(None) == correction_named("r-sandwich")
    True
    """
    if name is None:
        return CORRECTIONS["clusters"]
    require_choice("correction", name, CORRECTIONS)
    return CORRECTIONS[name]


def clustered_vcov(
    record: FitRecord, design: Design, clusters: Sequence[Clusters], name: str | None = None
) -> tuple[Vcov, Covariance]:
    """Return the sandwich by one clustering, or by several that cross.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    clusters : sequence of Clusters
        Of the n rows.
    name : str or None
        Of the correction.

    Returns
    -------
    vcov : Vcov
        Of the coefficients that were solved for.
    covariance : Covariance
        Its name, with its law.

    Raises
    ------
    DataError
        With fewer than two clusters.
    UnsupportedError
        For crossed clusters with the correction of software that has none.

    Examples
    --------
    The same clustering twice is that clustering:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> own = Clusters(np.array([0, 0, 1, 1, 2, 2]), 3, "g")
    >>> once, twice = (clustered_vcov(fit.record, fit.design, [own] * k)[0].array() for k in (1, 2))
    >>> bool(np.allclose(once, twice))
    True
    """
    rule = correction_named(name)
    if len(clusters) > 1 and not rule.crossed:
        raise UnsupportedError(
            f"correction={name!r}: that software has no crossed clusters for these models; use 'clusters', 'smallest', "
            "'r-sandwich' or 'fixest'."
        )
    if rule.coefficients and record.nuisance.n_parameters and name == "fixest":
        raise UnsupportedError(
            "correction='fixest' with absorbed levels: fixest counts those nested in clusters as no coefficients. Use "
            "correction='coefficients', which counts all, or 'clusters', which counts none."
        )
    counts = [counted_clusters(each, design) for each in clusters]
    found, n, k = scores(record, design), float(record.n_obs), float(record.n_params)
    if rule.coefficients and n <= k:
        raise DataError(
            f"correction={name!r} divides by n - k, and there are {n:g} observations and {k:g} coefficients."
        )
    meat: FloatArray = np.zeros((record.inner_coef.size, record.inner_coef.size))
    with single_threaded_blas():
        for size in range(1, len(clusters) + 1):
            for chosen in combinations(range(len(clusters)), size):
                codes = _crossed([clusters[c].codes for c in chosen])
                g = counts[chosen[0]] if size == 1 else np.unique(codes[design.response.weights > 0.0]).size
                factor = _factor(rule, min(counts) if rule.least else g, n, k)
                sign = 1.0 if size % 2 else -1.0
                meat += sign * factor * cluster_meat(codes, found.of, found.block)
        bread = record.inner_model_vcov
        vcov: FloatArray = bread.times(bread.times(meat).T)
        mended = False
        if len(clusters) > 1:
            vcov, mended = _mended(record, vcov)
    law = Law(float(min(counts) - 1)) if rule.by_t else NORMAL
    names = " and ".join(each.name for each in clusters)
    words = _words(rule, counts, n, k) + ("; negative eigenvalues set to zero" if mended else "")
    kind = "cluster" if len(clusters) == 1 else "clusters"
    label = f"sandwich by cluster ({names})" if len(clusters) == 1 else f"sandwich by crossed clusters ({names})"
    return DenseVcov(vcov), Covariance(kind, label, words, min(counts), law)  # type: ignore[arg-type]


def counted_clusters(clusters: Clusters, design: Design) -> int:
    """Return how many clusters have a row of positive weight, or refuse fewer than two.

    Parameters
    ----------
    clusters : Clusters
        Of the rows.
    design : Design
        The rows.

    Returns
    -------
    int
        At least two.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1]})
    >>> counted_clusters(Clusters(np.array([0, 0, 1]), 2, "g"), fit.design)
    2
    """
    count = int(np.count_nonzero(np.bincount(clusters.codes[design.response.weights > 0.0])))
    if count < 2:
        raise DataError(f"cluster={clusters.name!r} has {count} cluster among the rows used; at least two are needed.")
    return count


def _crossed(codes: Sequence[IntArray]) -> IntArray:
    """Return the code of each combination that occurs."""
    combined = codes[0]
    for other in codes[1:]:
        combined = np.unique(combined * (int(other.max()) + 1) + other, return_inverse=True)[1].reshape(-1)
    return np.asarray(combined, dtype=np.int64)


def _factor(rule: Correction, g: int, n: float, k: float) -> float:
    factor = g / (g - 1.0) if rule.clusters else 1.0
    return factor * (n - 1.0) / (n - k) if rule.coefficients else factor


def _words(rule: Correction, counts: Sequence[int], n: float, k: float) -> str:
    """Return the factor in words."""
    many = len(counts) > 1
    number = min(counts) if rule.least else " and ".join(map(str, counts))
    of = "the smallest " if rule.least and many else ""
    parts = []
    if rule.coefficients:
        parts.append("(n - 1) / (n - k)")
    if rule.clusters:
        parts.append("G / (G - 1)")
    if not parts:
        return ""
    known = [f"{of}G = {number}"] if rule.clusters else []
    if rule.coefficients:
        known = [f"n = {n:g}", f"k = {k:g}", *known]
    each = " of each part" if many and rule.clusters and not rule.least else ""
    return f"{' * '.join(parts)}{each} with {', '.join(known)}"


def _mended(record: FitRecord, inner: FloatArray) -> tuple[FloatArray, bool]:
    """Return a covariance without negative eigenvalues in the coefficients as given, and whether it had some."""
    given = np.asarray(record.coordinates.vcov(inner))
    values, vectors = np.linalg.eigh(given)
    if values[0] >= -NEGATIVE * values[-1]:
        return inner, False
    whole = (vectors * np.maximum(values, 0.0)) @ vectors.T
    transform = record.coordinates.jacobian(np.eye(record.coef.size))
    back = np.linalg.pinv(transform)
    return np.asarray(back @ whole @ back.T), True
