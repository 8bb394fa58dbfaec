"""Records of fits of which the coefficients are all that was asked for."""

from __future__ import annotations

from dataclasses import replace

from logitkit.engine.curvature.vcov import WithheldVcov
from logitkit.engine.facts import Covariance, CovarianceKind
from logitkit.engine.record import FitRecord

__all__ = ["NO_ERRORS", "without_errors"]

NO_ERRORS = (
    "The fit was asked for its coefficients alone (vcov=False), and has no standard errors: fit again without "
    "vcov=False, from start=fit."
)


def without_errors(record: FitRecord) -> FitRecord:
    """Return a record without a covariance, that says why; as it is where it has none for another reason.

    Examples
    --------
    >>> import logitkit as lk
    >>> record = without_errors(lk.logit("low ~ age", lk.datasets.load_lbw()).record)
    >>> record.covariance.kind, record.inner_vcov.diagonal().tolist()
    ('none', [nan, nan])
    """
    if record.covariance.kind == "withheld":
        return record
    none = WithheldVcov(record.inner_coef.size, NO_ERRORS)
    # Sampling weights, clusters and fractions leave a pseudo-likelihood, whose ratios are no tests.
    kind: CovarianceKind = "none" if record.has_deviance else "withheld"
    made = Covariance(kind, "none. The fit was asked for its coefficients alone (vcov=False).")
    return replace(record, inner_vcov=none, inner_model_vcov=none, covariance=made)
