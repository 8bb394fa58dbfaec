r"""Sandwiches by clusters that correct the residuals for the fit (CR0 to CR3), with Satterthwaite's degrees of freedom.

The estimating equations are :math:`X'W(y - \mu) = 0` with :math:`X` the columns times the derivative of the mean, W the
inverse of the variances :math:`\Phi` of the responses that the model states, and residuals :math:`r = y - \mu`. With V
the inverse information,

.. math:: V^{CR} = V \Bigl(\sum_g X_g' W_g A_g r_g r_g' A_g' W_g X_g\Bigr) V,

where :math:`A_g` is the identity (CR0; CR1 multiplies by :math:`G / (G - 1)`), or :math:`D_g B_g^{+1/2} D_g` with
:math:`D_g = \Phi_g^{1/2}` and :math:`B_g = D_g (\Phi_g - X_g V X_g') D_g` (CR2), so that the expectation is right
where the working model is, or :math:`(I - X_g V X_g' W_g)^{-1}` (CR3), the jackknife of one step. A row with a
frequency weight is as many rows: what follows for their common direction is the same with :math:`X_g` times the root of
the weight.

References
----------
Bell, R. M. and McCaffrey, D. F. (2002) Survey Methodology 28, 169-181. Pustejovsky, J. E. and Tipton, E. (2018) Journal
of Business and Economic Statistics 36, 672-683, equations 6 to 8.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Clusters
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.engine.satterthwaite import SatterthwaiteLaw
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.clustered import counted_clusters
from logitkit.inference.covariances.leverage import uses_observed
from logitkit.inference.covariances.sandwich import copies, scores
from logitkit.inference.prediction import fitted_rows
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["CR_KINDS", "reduced_bias_vcov"]

CR_KINDS = ("CR0", "CR1", "CR2", "CR3")
ROWS_MOST = 5_000  # of a cluster whose root is taken: 200 MB
NUMBERS_MOST = 40_000_000  # that degrees of freedom are made of: 320 MB
CERTAIN = 1e-10


def reduced_bias_vcov(
    record: FitRecord, design: Design, clusters: Clusters, kind: str, *, satterthwaite: bool = True
) -> tuple[Vcov, Covariance]:
    """Return a sandwich by clusters with corrected residuals.

    Parameters
    ----------
    record : FitRecord
        The fit, of one linear predictor a row.
    design : Design
        Its n rows.
    clusters : Clusters
        Of the n rows.
    kind : {'CR0', 'CR1', 'CR2', 'CR3'}
        The correction.
    satterthwaite : bool, default True
        Whether what degrees of freedom are made of is kept.

    Returns
    -------
    vcov : Vcov
        Of the coefficients that were solved for.
    covariance : Covariance
        Its name, with its law.

    Raises
    ------
    DataError
        With fewer than two clusters; for CR3 where a cluster alone determines a coefficient.
    UnsupportedError
        For several linear predictors, absorbed levels, negative working weights, and very large clusters.

    Examples
    --------
    With a cluster for each row, CR0 is HC0:

    >>> import logitkit as lk
    >>> from logitkit.inference.covariances.heteroscedastic import heteroscedastic_vcov
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> own = Clusters(np.arange(6), 6, "row")
    >>> cr0 = reduced_bias_vcov(fit.record, fit.design, own, "CR0")[0].array()
    >>> bool(np.allclose(cr0, heteroscedastic_vcov(fit.record, fit.design, "HC0")[0].array()))
    True
    """
    _require_working_model(record, kind)
    count = counted_clusters(clusters, design)
    q = record.inner_coef.size
    if satterthwaite and 2 * count * q * q > NUMBERS_MOST:
        raise UnsupportedError(
            f"Satterthwaite's degrees of freedom of {count:,} clusters and {q:,} coefficients take "
            f"{16 * count * q * q / 1e9:.1f} GB. With so many clusters use dof='clusters' or dof='normal'."
        )
    bread = record.inner_model_vcov.array()
    corrected, own, across = np.empty((count, q)), [], []
    with single_threaded_blas():
        for g, part in enumerate(_working_rows(record, design, clusters.codes)):
            corrected[g], t, n = _one_cluster(kind, bread, *part, name=clusters.name)
            if satterthwaite:
                own.append(t)
                across.append(n)
        factor = count / (count - 1.0) if kind == "CR1" else 1.0
        root = corrected @ bread
        vcov = DenseVcov(factor * (root.T @ root))
    words = f"G / (G - 1) with G = {count}" if kind == "CR1" else ""
    law = SatterthwaiteLaw(bread=bread, own=np.array(own), across=np.array(across)) if satterthwaite else Law()
    label = f"{kind} sandwich by cluster ({clusters.name}, G = {count})"
    return vcov, Covariance("cluster", label, words, count, law)


def _require_working_model(record: FitRecord, kind: str) -> None:
    """Refuse models without one working weight a row, or with parameters that are not among the columns."""
    if not record.is_single:
        raise UnsupportedError(
            f"{kind} is not defined here: a row has several linear predictors, whose working weights are a block. Use "
            "robust('cluster', cluster=...), or robust('jackknife', cluster=...), which leaves out each cluster."
        )
    if uses_observed(record):
        raise UnsupportedError(
            f"{kind} takes the working weights of the fit for the working model, and its information is the "
            "observed one: fit with information='expected'."
        )
    if record.nuisance.n_parameters:
        raise UnsupportedError(
            f"{kind} with absorbed levels is not offered: the leverage of a cluster includes its levels. Write the "
            "factor into the formula, or use robust('cluster', cluster=...)."
        )


def _working_rows(
    record: FitRecord, design: Design, codes: IntArray
) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Yield of each cluster the columns and residuals times the root of the working weights, and one copy's weights."""
    found = scores(record, design)
    eta = fitted_rows(record, design).eta
    weights = design.response.weights * np.nan_to_num(record.family.curvatures(eta)[0, 0])
    probability = np.nan_to_num(record.family.probabilities(eta))
    own_weight = design.response.weights / copies(design.response)
    with np.errstate(divide="ignore", invalid="ignore"):
        one = own_weight / (probability[0] * probability[1])  # inverse variance of the response of one copy
    used = np.flatnonzero(design.response.weights > 0.0)
    order = used[np.argsort(codes[used], kind="stable")]
    first = np.flatnonzero(np.diff(codes[order], prepend=-1))
    matrix: Matrix = found.matrix
    for rows in np.split(order, first[1:]):
        own = rows[weights[rows] > 0.0]
        root = np.sqrt(weights[own])
        yield matrix.take(own).to_dense() * root[:, None], found.slopes[0][own] / root, one[own]


def _one_cluster(
    kind: str, bread: FloatArray, x: FloatArray, residual: FloatArray, one: FloatArray, *, name: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the corrected score of a cluster, and its T and N (``engine/satterthwaite.py``)."""
    squares = x.T @ x
    if kind in ("CR0", "CR1"):
        return x.T @ residual, squares, squares
    if kind == "CR3":
        left = np.eye(len(bread)) - bread @ squares
        if np.linalg.cond(left) > 1.0 / CERTAIN:
            raise DataError(
                f"A cluster of {name!r} alone determines a coefficient, and CR3 leaves out each: use 'CR2', or merge "
                "clusters."
            )
        inverse = np.linalg.inv(left)
        return inverse.T @ (x.T @ residual), inverse.T @ squares @ inverse, squares @ inverse
    if len(x) > ROWS_MOST:
        raise UnsupportedError(
            f"A cluster of {name!r} has {len(x):,} rows, and CR2 takes the root of a matrix of that size squared: at "
            f"most {ROWS_MOST:,}. Use 'CR3', whose cost does not grow so."
        )
    spread = (np.eye(len(x)) - x @ bread @ x.T) / one[:, None] / one
    values, vectors = np.linalg.eigh(spread)
    keep = values > CERTAIN * max(values[-1], 0.0) if values.size else values > 0.0
    half = (vectors[:, keep] / np.sqrt(values[keep])) @ vectors[:, keep].T
    moved = half @ x
    over = moved / one[:, None]
    return moved.T @ (residual / one), over.T @ over, x.T @ over
