"""The fit of a card under an assumption about rejects, with the errors of two steps."""

from __future__ import annotations

import numpy as np

from logitkit.engine.curvature.vcov import DenseVcov, Vcov, WithheldVcov
from logitkit.engine.facts import Covariance
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.scorecard.rejects.applicants import Applicants
from logitkit.scorecard.rejects.inferred import Inferred
from logitkit.typing import FloatArray

__all__ = ["rows_of_card", "with_errors"]

NO_ERRORS = "Outcomes of rejects were assigned by a cut-off, which no standard error counts"


def rows_of_card(applicants: Applicants, inferred: Inferred) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return matrix, proportions of bad and weights of the rows that a card is fitted to."""
    bad = applicants.bad.astype(np.float64)
    if not inferred.with_rejects:
        return applicants.accepts, bad, inferred.accept_weights
    return (
        np.vstack([applicants.accepts, applicants.rejects]),
        np.concatenate([bad, inferred.rates]),
        np.concatenate([inferred.accept_weights, applicants.reject_weights]),
    )


def with_errors(record: FitRecord, inferred: Inferred) -> FitRecord:
    """Return the fit to these rows with the covariance of its method in the place of that of observed rows."""
    size = record.inner_coef.size
    if size != inferred.coef.size:
        raise UnsupportedError(
            f"{inferred.method}: the weights of evidence determine {size} of {inferred.coef.size} coefficients. Leave "
            "a variable out of the card."
        )
    if inferred.vcov is None:
        withheld: Vcov = WithheldVcov(size, NO_ERRORS)
        return record.with_covariance(withheld, Covariance(*Covariance.withheld(NO_ERRORS)))
    back = np.linalg.inv(np.column_stack([record.coordinates.coef(unit) for unit in np.eye(size)]))
    label = f"sandwich in two steps, if what {inferred.method} assumes of rejects holds"
    return record.with_covariance(
        DenseVcov(back @ inferred.vcov @ back.T), Covariance("sampling", label, "n / (n - 1)")
    )
