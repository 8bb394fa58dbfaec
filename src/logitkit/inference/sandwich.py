r"""Sandwich covariances: :math:`V = c\, A^{-1} B A^{-1}` with A the information and B the sum of squared scores.

*Sampling weights*: :math:`B = \sum_i s_i s_i'` with :math:`s_i = w_i (y_i - \mu_i) x_i`, and
:math:`c = n/(n-1)`, as survey software has it for weights without a further design. *Clusters*:
scores are summed within each cluster before they are squared, and :math:`c = G/(G-1)`.

References
----------
Binder, D. A. (1983) International Statistical Review 51, 279-292. Liang, K.-Y. and Zeger, S. L. (1986) Biometrika 73,
13-22.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.design import Design
from logitkit.errors import DataError
from logitkit.execution.blas import single_threaded_blas
from logitkit.fit import Covariance, FitRecord
from logitkit.inference.prediction import design_predictor
from logitkit.objective import Objective
from logitkit.typing import FloatArray

__all__ = ["with_required_sandwich"]


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
        With the covariance named.

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
    if response.clusters is None and not sampled:
        return record
    eta = design_predictor(record, design)
    # At the limit of a separated fit the score of a separated row is zero.
    slope = response.weights * np.nan_to_num(record.family.residual(eta, response.y))
    with single_threaded_blas():
        if response.clusters is None:
            n = response.n_obs
            meat = Objective(design.matrix, response, record.family).sum_gram(slope**2)
            factor = n / (n - 1.0)
            covariance = Covariance("sampling", "sandwich for sampling weights", f"n / (n - 1) with n = {n}")
        else:
            clusters = np.unique(response.clusters.codes[response.weights > 0.0]).size
            if clusters < 2:
                raise DataError(
                    f"cluster={response.clusters.name!r} has {clusters} cluster among the rows used; "
                    "at least two are needed."
                )
            scores = _cluster_scores(design, slope)
            meat = scores.T @ scores
            factor = clusters / (clusters - 1.0)
            label = f"sandwich by cluster ({response.clusters.name})"
            covariance = Covariance("cluster", label, f"G / (G - 1) with G = {clusters}", clusters)
        bread = record.model_vcov
        return record.with_covariance(factor * (bread @ meat @ bread), covariance)


def _cluster_scores(design: Design, slope: FloatArray) -> FloatArray:
    """Return the sum of the scores of each cluster, shape (G, p)."""
    from scipy.sparse import csr_array

    clusters = design.response.clusters
    assert clusters is not None
    total = np.zeros((clusters.count, design.matrix.n_columns))
    step = 65_536
    for start in range(0, design.n_rows, step):
        stop = min(start + step, design.n_rows)
        rows = np.arange(stop - start)
        place = csr_array((slope[start:stop], (clusters.codes[start:stop], rows)), shape=(clusters.count, stop - start))
        total += place @ design.matrix.rows(start, stop).to_dense()
    return total
