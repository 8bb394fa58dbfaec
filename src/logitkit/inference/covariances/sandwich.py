r"""Sandwich covariances: :math:`V = c\, A^{-1} B A^{-1}` with A the information and B the sum of squared scores.

The score of a row is the sum over its linear predictors of minus the weighted slope of the loss times the predictor's
derivatives: :math:`s_i = w_i (y_i - \mu_i) x_i` of two outcomes, :math:`w_i (y_i - p_i) \otimes x_i` of several.
*Fractions*: :math:`B = \sum_i s_i s_i'` over observations, which frequency weights count, and :math:`c = n/(n-1)`, as
in Stata's fracreg. *Sampling weights*: the same over rows, as in survey software for weights without a further design.
*Clusters*: scores are summed within each cluster before they are squared, and :math:`c = G/(G-1)`. *An absorbed
factor*: x is replaced by its difference from the mean of the level, which is the block of the coefficients in the
sandwich of the model with a column per level (``docs/maths/incidental.md``, equation 4).

References
----------
Binder, D. A. (1983) International Statistical Review 51, 279-292. Liang, K.-Y. and Zeger, S. L. (1986) Biometrika 73,
13-22.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.vcov import DenseVcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import NORMAL, Law
from logitkit.engine.objective import Objective
from logitkit.engine.record import FitRecord
from logitkit.inference.covariances.cluster_sums import ClusterSums, merged_sums, require_two, sums_by_cluster
from logitkit.inference.covariances.sums_by_cluster import cluster_meat
from logitkit.inference.linear_predictors import NUMBERS_OF_BLOCK, predictor_functions
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import working_columns
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["OfClusters", "Scores", "copies", "correction_of", "named_correction", "scores", "with_sandwich"]

BLOCK = 65_536


@dataclass(frozen=True)
class Scores:
    """The scores of the rows of a fit, computed for some rows at a time.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        For a single predictor, the columns that were solved for, minus their level means if a factor is absorbed; for
        several, the columns of the design.
    response : Response
        The same n rows.
    slopes : (m, n) array
        Weighted derivatives of the log-likelihood with respect to the linear predictors; zero for a row that is fitted
        perfectly in the limit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> scores(fit.record, fit.design).of(np.array([0, 1])).shape
    (2, 2)
    """

    record: FitRecord
    matrix: Matrix
    response: Response
    slopes: FloatArray

    @property
    def size(self) -> int:
        """Number of coefficients, q."""
        return int(self.record.inner_coef.size)

    @property
    def block(self) -> int:
        """How many rows are computed at once."""
        return BLOCK if self.record.is_single else max(NUMBERS_OF_BLOCK // max(self.record.coef.size, 1), 1)

    def of(self, rows: IntArray) -> FloatArray:
        """Return the scores of some rows for the coefficients that were solved for.

        Parameters
        ----------
        rows : (r,) int array
            Positions of the rows.

        Returns
        -------
        (r, q) array
            One row per row.
        """
        matrix = self.matrix.take(rows)
        if self.record.is_single:
            return np.asarray(matrix.to_dense() * self.slopes[0][rows, None])
        return predictor_functions(self.record, matrix, self.slopes[:, rows])

    def piece(self, start: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Return the scores of consecutive rows as numbers and what each row of them is multiplied by.

        Parameters
        ----------
        start, stop : int
            Positions of the first row and of the end.

        Returns
        -------
        cells : (r, q) array
            One row per row.
        scale : (r,) array
            Its factor.
        """
        matrix, slopes = self.matrix.rows(start, stop), self.slopes[:, start:stop]
        if self.record.is_single:
            return matrix.to_dense(), slopes[0]
        return predictor_functions(self.record, matrix, slopes), np.ones(stop - start)

    def squares(self) -> FloatArray:
        """Return the sum of the squares of the scores, summed within clusters where there are any.

        Returns
        -------
        (q, q) array
            A symmetric matrix.
        """
        clusters = self.response.clusters
        if clusters is not None:
            return cluster_meat(clusters.codes, self)
        if self.record.is_single:  # without writing scores out
            return Objective(self.matrix, self.response, self.record.family).sum_gram(self.slopes[0] ** 2)
        q = self.record.inner_coef.size
        meat, n, step = np.zeros((q, q)), self.matrix.n_rows, self.block
        for start in range(0, n, step):
            part = self.of(np.arange(start, min(start + step, n)))
            meat += part.T @ part
        return meat


def scores(record: FitRecord, design: Design) -> Scores:
    """Return the scores of the rows of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.

    Returns
    -------
    Scores
        Scores for the coefficients that were solved for.

    Examples
    --------
    At the estimates the scores sum to zero:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> bool(np.allclose(scores(fit.record, fit.design).of(np.arange(9)).sum(axis=0), 0.0, atol=1e-9))
    True
    """
    response = design.response
    # At the limit of a separated fit the score of a separated row is zero.
    slopes = record.family.slopes(fitted_rows(record, design).eta, response)
    slopes = -response.weights * (slopes if np.isfinite(slopes).all() else np.nan_to_num(slopes))
    matrix = working_columns(record, design) if record.is_single else design.matrix
    return Scores(record, matrix, response, slopes)


def copies(response: Response) -> FloatArray:
    """Return how many observations each row represents, according to frequency weights.

    Parameters
    ----------
    response : Response
        n rows.

    Returns
    -------
    (n,) array
        At least 1; 1 for a row of weight zero, whose score is zero.

    Examples
    --------
    >>> copies(Response(np.array([0.0, 1.0, 1.0]), prior=np.array([3.0, 0.0, 1.0]))).tolist()
    [3.0, 1.0, 1.0]
    """
    if response.prior is None or response.weight_kind != "frequency":
        return np.ones(response.n_rows)
    return np.where(response.prior > 0.0, response.prior, 1.0)


def with_sandwich(record: FitRecord, design: Design) -> FitRecord:
    """Return the record with the sandwich of its rows, by cluster where there are any.

    Parameters
    ----------
    record : FitRecord
        The fit, with its model-based covariance.
    design : Design
        Its rows.

    Returns
    -------
    FitRecord
        The fit with the name of its covariance.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> with_sandwich(fit.record, fit.design).covariance.kind
    'rows'
    """
    response = design.sample.response
    sampled = response.prior is not None and response.weight_kind == "sampling"
    counted = record.conventions.counts_parameters and (response.clusters is not None or sampled)
    meat, count = _middle(record, design)
    factor, covariance = named_correction(response, record.n_obs, count, record.n_params if counted else 1)
    covariance = replace(covariance, law=_law(record, covariance))
    with single_threaded_blas():
        bread = record.inner_model_vcov
        return record.with_covariance(DenseVcov(factor * bread.times(bread.times(meat).T)), covariance)


def _middle(record: FitRecord, design: Design) -> tuple[FloatArray, int]:
    """Return the sum of the squares of the scores, by cluster where there are any, and the number of clusters."""
    if design.stream is None or design.clusters is None:
        return design.reduce(_Squares(record), np.add), used_clusters(design) if design.clusters is not None else 0
    (sums,) = design.reduce(OfClusters(record, design.stream.memory // 8), merged_sums)
    return sums.squares, sums.count


def used_clusters(design: Design) -> int:
    """Return how many clusters have a row of positive weight."""
    response = design.response
    assert response.clusters is not None
    return int(np.count_nonzero(np.bincount(response.clusters.codes[response.weights > 0.0])))


@dataclass(frozen=True)
class _Squares:
    """The sum of the squares of the scores of some rows."""

    record: FitRecord

    def __call__(self, part: Design) -> FloatArray:
        """Return the sum, within clusters where there are any."""
        found, response = scores(self.record, part), part.response
        if response.clusters is None and response.prior is not None and response.weight_kind == "frequency":
            found = replace(found, slopes=found.slopes / np.sqrt(copies(response)))
        with single_threaded_blas():
            return found.squares()


@dataclass(frozen=True)
class OfClusters:
    """The sums of scores by cluster of a chunk.

    Parameters
    ----------
    record : FitRecord
        The fit.
    most : int
        Maximum number of values held in memory.

    Examples
    --------
    >>> import logitkit as lk
    >>> OfClusters(lk.logit("y ~ 1", {"y": [0, 1, 1]}).record, 100).most
    100
    """

    record: FitRecord
    most: int

    def __call__(self, part: Design) -> list[ClusterSums]:
        """Return the sums of a chunk, with clusters by what they are."""
        assert part.dependence is not None
        with single_threaded_blas():
            return sums_by_cluster(scores(self.record, part), part.dependence.clusters, self.most)


def correction_of(response: Response, k: int = 1) -> tuple[float, Covariance]:
    """Return the finite-sample factor of a sandwich covariance, and its name.

    Parameters
    ----------
    response : Response
        A response with clusters, sampling weights or fractions.
    k : int, default 1
        Number of parameters, for the additional factor (n - 1) / (n - k) of SAS; 1 for none.

    Returns
    -------
    factor : float
        G / (G - 1), or n / (n - 1).
    covariance : Covariance
        Name of the covariance.

    Raises
    ------
    DataError
        With fewer than two clusters.

    Examples
    --------
    >>> correction_of(Response(np.array([0.0, 1.0, 1.0]), prior=np.ones(3), weight_kind="sampling"))[0]
    1.5
    """
    count = 0
    if response.clusters is not None:
        count = int(np.count_nonzero(np.bincount(response.clusters.codes[response.weights > 0.0])))
    return named_correction(response, response.n_obs, count, k)


def named_correction(response: Response, n: int, clusters: int, k: int = 1) -> tuple[float, Covariance]:
    """Return the same factor and name from the numbers of observations and clusters.

    Parameters
    ----------
    response : Response
        Response of some of the rows.
    n : int
        Number of observations.
    clusters : int
        Number of clusters with a row of positive weight.
    k : int, default 1
        As for ``correction_of``.

    Returns
    -------
    factor : float
        As from ``correction_of``.
    covariance : Covariance
        Name of the covariance.

    Examples
    --------
    >>> named_correction(Response(np.array([1.0]), prior=np.ones(1), weight_kind="sampling"), 3, 0)[0]
    1.5
    """
    if response.clusters is None:
        sampled = response.prior is not None and response.weight_kind == "sampling"
        label = f"sandwich for {'sampling weights' if sampled else 'fractions'}"
        factor, words = _with_parameters(n / (n - 1.0), f"n / (n - 1) with n = {n}", n, k)
        return factor, Covariance("sampling" if sampled else "rows", label, words)
    require_two(response.clusters.name, clusters)
    label = f"sandwich by cluster ({response.clusters.name})"
    words = f"G / (G - 1) with G = {clusters}"
    factor, words = _with_parameters(clusters / (clusters - 1.0), words, n, k)
    return factor, Covariance("cluster", label, words, clusters)


def _law(record: FitRecord, covariance: Covariance) -> Law:
    """Return what statistics are compared with by the conventions of the fit; normal by our own."""
    chosen, n = record.conventions, record.n_obs
    if covariance.kind == "cluster":
        return Law(covariance.n_clusters - 1.0) if chosen.cluster_dof == "units" and covariance.n_clusters else NORMAL
    if covariance.kind == "sampling" and chosen.sampling_dof != "normal":
        return Law(float(max(n - (1 if chosen.sampling_dof == "units" else record.n_params), 1)))
    return NORMAL


def _with_parameters(factor: float, words: str, n: int, k: int) -> tuple[float, str]:
    """Return a factor with (n - 1) / (n - k) besides, and its words."""
    if k == 1:
        return factor, words
    return factor * (n - 1.0) / (n - k), f"{words}, times (n - 1) / (n - k) with n = {n} and k = {k}"
