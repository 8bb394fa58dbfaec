"""Scores of clusters that are corrected for the fit, from their rows (CR0 to CR3); ``reduced_bias.py`` says of what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Clusters
from logitkit.engine.record import FitRecord
from logitkit.engine.satterthwaite import half_of
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.inverse_root import CERTAIN, by_decomposition, by_quadrature
from logitkit.inference.covariances.leverage import with_expected_information
from logitkit.inference.covariances.sandwich import Scores, scores
from logitkit.inference.prediction import fitted_rows
from logitkit.numerics.kernels.dense import add_by_code
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray, IntArray

__all__ = ["Corrected", "corrected_meat", "corrected_scores", "of_sums", "require_working_model", "working_rows"]

CELLS_OF_BLOCK = 1_000_000  # numbers written out at once
DECOMPOSED = 30  # rows of a cluster whose matrix is decomposed
DECOMPOSED_MOST = 2_000  # the same where there is no other way

Corrected = tuple[FloatArray, FloatArray, FloatArray]


def require_working_model(record: FitRecord, kind: str) -> None:
    """Refuse models without one working weight per row, or with parameters other than those of the columns.

    Parameters
    ----------
    record : FitRecord
        The fit.
    kind : str
        Name of the sandwich, for the message.

    Raises
    ------
    UnsupportedError
        For several linear predictors and for absorbed levels.

    Examples
    --------
    >>> import logitkit as lk
    >>> require_working_model(lk.logit("y ~ 1", {"y": [0, 1]}).record, "CR2")
    """
    if not record.is_single:
        raise UnsupportedError(
            f"{kind} is not defined here: a row has several linear predictors, whose working weights are a block. Use "
            "robust('cluster', cluster=...), or robust('jackknife', cluster=...), which leaves out each cluster."
        )
    if record.nuisance.n_parameters:
        raise UnsupportedError(
            f"{kind} with absorbed levels is not offered: the leverage of a cluster includes its levels. Write the "
            "factor into the formula, or use robust('cluster', cluster=...)."
        )


@dataclass(frozen=True)
class _Working:
    """The working weighted least squares of n rows, of which some are written out at a time."""

    found: Scores
    root: FloatArray  # of the working weights, (n,)
    variance: FloatArray  # of the response of one copy of each row, (n,)
    half: FloatArray  # L, (q, q)

    def of(self, rows: IntArray, size: int) -> tuple[FloatArray, FloatArray]:
        """Return scores, (B, q), and Z, (B, r, q), of clusters whose rows, r of each, follow one another."""
        x = self.found.matrix.take(rows).to_dense() @ self.half
        score = (x * self.found.slopes[0][rows, None]).reshape(-1, size, x.shape[1]).sum(axis=1)
        return score, (x * self.root[rows, None]).reshape(-1, size, x.shape[1])

    def squares(self, rows: IntArray, size: int) -> tuple[FloatArray, FloatArray]:
        """Return scores, (B, q), and Z'Z, (B, q, q); a single cluster is summed in pieces."""
        q = len(self.half)
        step = rows.size if rows.size > size else max(CELLS_OF_BLOCK // max(q, 1), 1)
        score, square = np.zeros((rows.size // size, q)), np.zeros((rows.size // size, q, q))
        for start in range(0, rows.size, step):
            part = rows[start : start + step]
            own, z = self.of(part, min(size, part.size))
            score += own
            square += z.transpose(0, 2, 1) @ z
        return score, square

    def products(self, codes: IntArray, count: int) -> FloatArray:
        """Return the scores of each cluster beside Z'Z on and above its diagonal, (G, q + q (q + 1) / 2)."""
        q = len(self.half)
        apart = np.triu_indices(q)
        table = np.zeros((count, q + apart[0].size))
        step = max(CELLS_OF_BLOCK // table.shape[1], 1)
        for start in range(0, codes.size, step):
            rows = np.arange(start, min(start + step, codes.size))
            score, z = self.of(rows, 1)
            cells = np.concatenate([score, z[:, 0, apart[0]] * z[:, 0, apart[1]]], axis=1)
            add_by_code(codes[rows], np.ones(rows.size), cells, table)
        return table

    def residuals(self, rows: IntArray, size: int) -> FloatArray:
        """Return residuals over their standard deviations, (B, r); zero for rows without weight."""
        root = self.root[rows]
        slopes = self.found.slopes[0][rows]
        return np.asarray(np.divide(slopes, root, out=np.zeros_like(root), where=root > 0.0).reshape(-1, size))


def corrected_scores(
    record: FitRecord, design: Design, clusters: Clusters, kind: str, half: FloatArray
) -> Iterator[Corrected]:
    """Yield the corrected scores of clusters of equal size, and their moments, in coordinates of variance one.

    Parameters
    ----------
    record : FitRecord
        The fit, with one linear predictor per row.
    design : Design
        Its n rows.
    clusters : Clusters
        Clusters of the n rows.
    kind : {'CR0', 'CR1', 'CR2', 'CR3'}
        The correction; 'CR1' is 'CR0' here.
    half : (q, q) array
        L, with L L' the inverse information.

    Yields
    ------
    (B, q), (B, q, q) and (B, q, q) array
        Scores t by L'x, and T and N.

    Examples
    --------
    The effects of leaving out each of two clusters are opposite:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 0, 1, 1]})
    >>> half = half_of(fit.record.inner_model_vcov.array())
    >>> own = Clusters(np.array([0, 0, 0, 1, 1, 1]), 2, "g")
    >>> ((found, _, _),) = corrected_scores(fit.record, fit.design, own, "CR3", half)
    >>> bool(abs(found.sum()) < 1e-9)
    True
    """
    work = working_rows(record, design, half)
    chunks = list(_by_size(clusters.codes, np.flatnonzero(design.response.weights > 0.0), len(half)))

    def one(place: int) -> Corrected:
        rows, size = chunks[place]
        if kind != "CR2":
            return _rescaled(work, rows, size, kind, clusters.name)
        score, z = work.of(rows, size)
        m = _unbiased(z, work.variance[rows].reshape(-1, size), z, clusters.name)
        turned = m.transpose(0, 2, 1)
        return score + _times(m - z, work.residuals(rows, size)), turned @ m, z.transpose(0, 2, 1) @ m

    if design.n_rows * len(half) < CELLS_OF_BLOCK:  # threads take longer
        yield from map(one, range(len(chunks)))
    else:
        yield from ordered_map(one, len(chunks))


def corrected_meat(record: FitRecord, design: Design, clusters: Clusters, kind: str, columns: Matrix) -> FloatArray:
    """Return the sum of the squared corrected scores of a larger model at the estimates of a smaller one.

    Residuals are corrected for the fit of the smaller model.

    Parameters
    ----------
    record : FitRecord
        The fit of the smaller model, of one linear predictor per row.
    design : Design
        Its n rows.
    clusters : Clusters
        Clusters of the n rows.
    kind : {'CR0', 'CR1', 'CR2', 'CR3'}
        The correction; 'CR1' is 'CR0' here.
    columns : Matrix
        n rows and s columns of the larger model.

    Returns
    -------
    (s, s) array
        A symmetric matrix.

    Raises
    ------
    DataError, UnsupportedError
        As for ``reduced_bias_vcov``.

    Examples
    --------
    For the smaller model itself it is the middle of its sandwich:

    >>> import logitkit as lk
    >>> from logitkit.inference.covariances.reduced_bias import reduced_bias_vcov
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> own = Clusters(np.array([0, 0, 1, 1, 2, 2]), 3, "g")
    >>> found, _ = reduced_bias_vcov(fit.record, fit.design, own, "CR3")
    >>> meat = corrected_meat(fit.record, fit.design, own, "CR3", fit.record.coordinates.matrix(fit.design.matrix))
    >>> bread = fit.record.inner_model_vcov.array()
    >>> bool(np.allclose(bread @ meat @ bread, found.array()))
    True
    """
    require_working_model(record, kind)
    half = half_of(with_expected_information(record, design).inner_model_vcov.array())
    work, s = working_rows(record, design, half), columns.n_columns
    meat = np.zeros((s, s))
    with single_threaded_blas():
        for rows, size in _by_size(clusters.codes, np.flatnonzero(design.response.weights > 0.0), s):
            x = columns.take(rows).to_dense()
            score = (x * work.found.slopes[0][rows, None]).reshape(-1, size, s).sum(axis=1)
            if kind in ("CR2", "CR3"):
                target = (x * work.root[rows, None]).reshape(-1, size, s)
                _, z = work.of(rows, size)
                away = work.residuals(rows, size)
                if kind == "CR2":
                    m = _unbiased(z, work.variance[rows].reshape(-1, size), target, clusters.name)
                    score = score + _times(m - target, away)
                else:
                    square = z.transpose(0, 2, 1) @ z
                    own = _times(_left_out(square, clusters.name), _times(z, away))
                    score = score + _times(z.transpose(0, 2, 1) @ target, own)
            meat += score.T @ score
    return meat


def working_rows(record: FitRecord, design: Design, half: FloatArray) -> _Working:
    """Return the working weighted least squares of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit, with one linear predictor per row.
    design : Design
        Its n rows.
    half : (q, q) array
        L, with L L' the inverse information.

    Returns
    -------
    object
        An object that computes some rows at a time.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1]})
    >>> working_rows(fit.record, fit.design, np.eye(1)).products(np.array([0, 1]), 2).tolist()
    [[-0.5, 0.25], [0.5, 0.25]]
    """
    found, fitted = scores(record, design), fitted_rows(record, design)
    curvature = np.nan_to_num(record.family.curvatures(fitted.eta)[0, 0])
    variance = np.nan_to_num(fitted.probabilities.prod(axis=0))
    used, copy = design.response.weights > 0.0, design.response.row_weights
    variance = np.divide(variance, copy, out=np.zeros_like(variance), where=used)
    return _Working(found, np.sqrt(design.response.weights * curvature), variance, half)


def _times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return M'v of each of B matrices, (B, r, q), and its vector, (B, r)."""
    return np.asarray((matrices.transpose(0, 2, 1) @ vectors[:, :, None])[:, :, 0])


def _by_size(codes: IntArray, rows: IntArray, q: int) -> Iterator[tuple[IntArray, int]]:
    """Yield the rows of clusters of equal size, cluster by cluster, and that size."""
    sizes = np.bincount(codes[rows])
    place = np.empty(sizes.size, dtype=np.int64)
    place[np.argsort(sizes, kind="stable")] = np.arange(sizes.size)
    # A sparse matrix by rows sorts in one pass: columns are in their order within each.
    by_cluster = sparse.csr_array((np.ones(rows.size, dtype=np.int8), (place[codes[rows]], np.arange(rows.size))))
    rows = rows[by_cluster.indices]
    start = 0
    for size, count in zip(*np.unique(sizes[sizes > 0], return_counts=True), strict=True):
        step = max(CELLS_OF_BLOCK // (int(size) * max(q, min(int(size), DECOMPOSED))), 1)
        for first in range(0, int(count), step):
            stop = start + min(step, int(count) - first) * int(size)
            yield rows[start:stop], int(size)
            start = stop


def _rescaled(work: _Working, rows: IntArray, size: int, kind: str, name: str) -> Corrected:
    """Return what CR0 and CR3 make of the scores, from the smaller of ZZ' and Z'Z."""
    if size > len(work.half):
        return of_sums(*work.squares(rows, size), kind, name)
    score, z = work.of(rows, size)
    turned = z.transpose(0, 2, 1)
    if kind != "CR3":
        square = turned @ z
        return score, square, square
    m = _left_out(z @ turned, name) @ z
    across = turned @ m
    return score + _times(across, score), m.transpose(0, 2, 1) @ m, across


def of_sums(score: FloatArray, square: FloatArray, kind: str, name: str) -> Corrected:
    """Return the corrected scores of CR0 and CR3 from sums over the rows of clusters.

    Parameters
    ----------
    score : (B, q) array
        By L'x.
    square : (B, q, q) array
        Z'Z.
    kind : {'CR0', 'CR1', 'CR3'}
        The correction.
    name : str
        Name of the clusters.

    Returns
    -------
    (B, q), (B, q, q) and (B, q, q) array
        As from ``corrected_scores``.

    Examples
    --------
    >>> of_sums(np.array([[0.5]]), np.array([[[0.5]]]), "CR3", "g")[0].tolist()
    [[1.0]]
    """
    if kind != "CR3":
        return score, square, square
    inverse = _left_out(square, name)
    across = square @ inverse
    return _times(inverse, score), inverse @ across, across


def _left_out(squares: FloatArray, name: str) -> FloatArray:
    """Return the inverses of I less hat matrices, or refuse one that has an eigenvalue of one."""
    try:
        found = np.linalg.inv(np.eye(squares.shape[1]) - squares)
    except np.linalg.LinAlgError:
        found = np.full_like(squares, np.nan)
    # The trace is at least the largest eigenvalue; rounding makes that of a singular matrix huge or negative.
    trace = np.einsum("bii->b", found)
    if not ((trace > 0.0) & (trace * CERTAIN < 1.0)).all():
        raise DataError(
            f"A cluster of {name!r} alone determines a coefficient, and CR3 leaves out each: use 'CR2', or merge "
            "clusters."
        )
    return np.asarray(found)


def _unbiased(z: FloatArray, variance: FloatArray, target: FloatArray, name: str) -> FloatArray:
    """Return the M of CR2 of clusters of equal size, with other columns than Z in its last place."""
    size = z.shape[1]
    if size <= DECOMPOSED:
        return by_decomposition(z, variance, target)
    least = 1.0 - np.linalg.eigvalsh(z.transpose(0, 2, 1) @ z)[:, -1]
    if size > DECOMPOSED_MOST and (least < CERTAIN).any():
        raise UnsupportedError(
            f"A cluster of {name!r} with {size:,} rows alone determines a coefficient, and CR2 would decompose a "
            "matrix of its rows squared: use 'cluster', or merge clusters."
        )
    found, near = np.empty_like(target), least < CERTAIN
    for k in np.flatnonzero(near):
        found[k] = by_decomposition(z[k : k + 1], variance[k : k + 1], target[k : k + 1])[0]
    if not near.all():
        last = None if target is z else target[~near]
        found[~near] = by_quadrature(z[~near], variance[~near], float(least[~near].min()), last)
    return found
