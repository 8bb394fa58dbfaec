r"""Sandwich covariances: :math:`V = c\, A^{-1} B A^{-1}` with A the information and B the sum of squared scores.

*Sampling weights*: :math:`B = \sum_i s_i s_i'` with :math:`s_i = w_i (y_i - \mu_i) x_i`, and
:math:`c = n/(n-1)`, as survey software has it for weights without a further design. *Clusters*:
scores are summed within each cluster before they are squared, and :math:`c = G/(G-1)`. *An absorbed factor*: x is
replaced by its difference from the mean of the level, which is the block of the coefficients in the sandwich of the
model with a column a level (``docs/maths/incidental.md``, equation 4).

References
----------
Binder, D. A. (1983) International Statistical Review 51, 279-292. Liang, K.-Y. and Zeger, S. L. (1986) Biometrika 73,
13-22.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.vcov import DenseVcov
from logitkit.engine.facts import Covariance
from logitkit.engine.objective import Objective
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import within_levels
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["cluster_meat", "correction_of", "with_required_sandwich"]

BLOCK = 65_536


def with_required_sandwich(record: FitRecord, design: Design) -> FitRecord:
    """Return the record with the sandwich that sampling weights or clusters call for, or as it is.

    Parameters
    ----------
    record : FitRecord
        The fit, with its model-based covariance.
    design : Design
        Its rows.

    Returns
    -------
    FitRecord
        With the covariance named. A penalised fit is returned as it is: it has a posterior, or no covariance.

    Raises
    ------
    DataError
        With fewer than two clusters.

    Examples
    --------
    With one row a cluster, the sandwich by cluster is that for sampling weights of one:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0], "id": range(6), "w": [1.0] * 6}
    >>> clustered = lk.logit("y ~ x", data, cluster="id")
    >>> weighted = lk.logit("y ~ x", data, weights="w", weight_kind="sampling")
    >>> bool(np.allclose(clustered.vcov, weighted.vcov, rtol=1e-12))
    True
    """
    response = design.response
    sampled = response.prior is not None and response.weight_kind == "sampling"
    if record.penalty is not None or (response.clusters is None and not sampled):
        return record
    eta = fitted_rows(record, design).eta[0]
    # At the limit of a separated fit the score of a separated row is zero.
    slope = response.weights * np.nan_to_num(record.family.residual(eta, response.y))
    working: Matrix = record.coordinates.matrix(design.matrix)
    if record.info.absorbed is not None:
        working = within_levels(record, design)
    factor, covariance = correction_of(response)
    with single_threaded_blas():
        if response.clusters is None:
            meat = Objective(working, response, record.family).sum_gram(slope**2)
        else:
            meat = cluster_meat(
                response.clusters.codes, lambda rows: working.take(rows).to_dense() * slope[rows, None], BLOCK
            )
        bread = record.inner_model_vcov
        return record.with_covariance(DenseVcov(factor * bread.times(bread.times(meat).T)), covariance)


def correction_of(response: Response) -> tuple[float, Covariance]:
    """Return the finite-sample factor of a sandwich, and how it is called.

    Parameters
    ----------
    response : Response
        With clusters, or sampling weights.

    Returns
    -------
    factor : float
        G / (G - 1), or n / (n - 1).
    covariance : Covariance
        Its name.

    Raises
    ------
    DataError
        With fewer than two clusters.

    Examples
    --------
    >>> correction_of(Response(np.array([0.0, 1.0, 1.0]), prior=np.ones(3), weight_kind="sampling"))[0]
    1.5
    """
    if response.clusters is None:
        n = response.n_obs
        return n / (n - 1.0), Covariance("sampling", "sandwich for sampling weights", f"n / (n - 1) with n = {n}")
    clusters = np.unique(response.clusters.codes[response.weights > 0.0]).size
    if clusters < 2:
        raise DataError(
            f"cluster={response.clusters.name!r} has {clusters} cluster among the rows used; at least two are needed."
        )
    label = f"sandwich by cluster ({response.clusters.name})"
    return clusters / (clusters - 1.0), Covariance("cluster", label, f"G / (G - 1) with G = {clusters}", clusters)


def cluster_meat(codes: IntArray, scores_of: Callable[[IntArray], FloatArray], block: int) -> FloatArray:
    """Return the sum over clusters of the squares of their summed scores.

    The rows are taken in the order of their clusters, some at a time; the cluster that a block ends in is carried on to
    the next one, so that memory does not grow with rows or clusters.

    Parameters
    ----------
    codes : (n,) int array
        Cluster of each row.
    scores_of : callable
        Of positions of rows: their scores, shape (r, q).
    block : int
        Rows at a time.

    Returns
    -------
    (q, q) array
        Symmetric.

    Examples
    --------
    Two rows of one cluster whose scores cancel:

    >>> float(cluster_meat(np.array([0, 0]), lambda rows: np.array([[1.0], [-1.0]])[rows], 1)[0, 0])
    0.0
    """
    order = np.argsort(codes, kind="stable")
    q = scores_of(order[:0]).shape[1]
    meat, carried, carried_code = np.zeros((q, q)), np.zeros(q), -1
    for start in range(0, order.size, block):
        rows = order[start : start + block]
        scores = scores_of(rows)
        first = np.flatnonzero(np.diff(codes[rows], prepend=-1))
        sums = np.add.reduceat(scores, first, axis=0)
        if codes[rows[0]] == carried_code:
            sums[0] += carried
        else:
            meat += np.multiply.outer(carried, carried)
        carried, carried_code = sums[-1], int(codes[rows[-1]])
        meat += sums[:-1].T @ sums[:-1]
    return meat + np.multiply.outer(carried, carried)
