r"""The jackknife covariance, from fits without each row, observation or cluster.

.. math:: V = \frac{G - 1}{G} \sum_g (\hat\theta_{(g)} - \bar\theta)(\hat\theta_{(g)} - \bar\theta)'

where :math:`\bar\theta` is the mean of the refits. The standard errors are those of ``fit.jackknife()``. No working
model is needed, so the covariance is also available for several linear predictors and absorbed levels, where leverages
are not defined.

References
----------
Efron, B. and Tibshirani, R. J. (1993) An Introduction to the Bootstrap, chapter 11. MacKinnon, J. G., Nielsen, M. O.
and Webb, M. D. (2023) Journal of Econometrics 232, 272-299.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.engine.curvature.vcov import DenseVcov, Vcov
from logitkit.engine.facts import Covariance
from logitkit.engine.law import Law
from logitkit.engine.rank import solved_from
from logitkit.engine.record import FitRecord
from logitkit.errors import SeparationError
from logitkit.inference.covariances.clustered import counted_clusters
from logitkit.inference.resampling.jackknife import jackknife

__all__ = ["deleted_vcov"]


def deleted_vcov(record: FitRecord, design: Design, clusters: Clusters | None = None) -> tuple[Vcov, Covariance]:
    """Return the jackknife covariance.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    clusters : Clusters, optional
        The clusters that are left out; by default each row, or each observation that frequency weights count.

    Returns
    -------
    vcov : Vcov
        Covariance of the coefficients that were solved for.
    covariance : Covariance
        Name of the covariance; the reference distribution is t with the number of units minus one as degrees of
        freedom, as in Stata.

    Raises
    ------
    SeparationError
        If a refit has no finite estimate.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw().tail(90))
    >>> vcov, _ = deleted_vcov(fit.record, fit.design)
    >>> bool(np.allclose(np.sqrt(fit.record.coordinates.variances(vcov)), fit.jackknife().tidy()["std_error"]))
    True
    """
    if clusters is not None:
        counted_clusters(clusters, design.response)
    own = replace(design, response=replace(design.response, clusters=clusters))
    found = jackknife(record, own)
    away = found.deviations
    estimated = np.isfinite(record.coef)
    if not np.isfinite(away[:, estimated]).all():
        names = [record.names[j] for j in np.flatnonzero(~np.isfinite(away).all(axis=0))]
        raise SeparationError(
            f"Without one of the {found.unit} the estimate of {', '.join(names[:5])} is infinite or missing, so that "
            "the jackknife has no covariance. Use another kind, such as 'CR2' or 'HC3'."
        )
    g = found.n_units
    away = np.where(estimated, np.nan_to_num(away), 0.0) * np.sqrt(found.multiplicity)[:, None]
    inner = solved_from(record.coordinates.jacobian(np.eye(record.coef.size)), away.T).T
    units = found.unit if clusters is None else f"clusters ({clusters.name})"
    kind = "rows" if clusters is None else "cluster"
    covariance = Covariance(kind, f"jackknife of {units}", f"(G - 1) / G with G = {g}", None, Law(float(g - 1)))  # type: ignore[arg-type]
    if clusters is not None:
        covariance = replace(covariance, n_clusters=g)
    return DenseVcov((g - 1.0) / g * (inner.T @ inner)), covariance
