"""The robust covariance that the weights, the clusters or the response of a fit require."""

from __future__ import annotations

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord

__all__ = ["with_required_sandwich"]


def with_required_sandwich(record: FitRecord, design: Design) -> FitRecord:
    """Return the record with the sandwich that sampling weights, clusters or fractions require, or unchanged.

    Parameters
    ----------
    record : FitRecord
        The fit, with its model-based covariance.
    design : Design
        Its rows.

    Returns
    -------
    FitRecord
        The fit with the name of its covariance. A penalised fit is returned unchanged: it has a posterior, or no
        covariance.

    Raises
    ------
    DataError
        With fewer than two clusters.

    Examples
    --------
    With one row per cluster, the clustered sandwich equals the sandwich for sampling weights of one:

    >>> import numpy as np
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0], "id": range(6), "w": [1.0] * 6}
    >>> clustered = lk.logit("y ~ x", data, cluster="id")
    >>> weighted = lk.logit("y ~ x", data, weights="w", weight_kind="sampling")
    >>> bool(np.allclose(clustered.vcov, weighted.vcov, rtol=1e-12))
    True
    """
    response = design.sample.response
    sampled = response.prior is not None and response.weight_kind == "sampling"
    quasi = bool(record.family.words.quasi)
    if record.penalty is not None or (response.clusters is None and not sampled and not quasi):
        return record
    from logitkit.inference.covariances.sandwich import with_sandwich

    return with_sandwich(record, design)
