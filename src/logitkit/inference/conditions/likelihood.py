"""Conditions of verbs that ask what the likelihood of a fit is good for: ratios, comparisons, tests of its form."""

from __future__ import annotations

from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError, UnsupportedError
from logitkit.inference.bias.refused import why_no_ratios
from logitkit.inference.conditions.condition import Condition
from logitkit.inference.penalised.posterior import ELSEWHERE

__all__ = [
    "has_comparable_likelihood",
    "has_degrees_of_freedom",
    "has_independent_rows",
    "has_likelihood",
    "has_ratios",
    "unadjusted",
]


def has_ratios(instead: str) -> Condition:
    """Return the condition that twice the log-likelihood has a chi-square distribution."""

    def look(record: FitRecord) -> LogitkitError | None:
        if record.has_ratios:
            return None
        if error := why_no_ratios(record):
            return error
        return UnsupportedError(f"A likelihood-ratio test is not valid with {record.covariance.label}; {instead}")

    return look


def has_degrees_of_freedom(record: FitRecord) -> LogitkitError | None:
    """Refuse an F test where nothing was estimated that would give its denominator degrees of freedom."""
    if not record.law.is_normal:
        return None
    return UnsupportedError(
        f"An F test needs a dispersion, or a covariance with degrees of freedom of its own, and that of this fit is "
        f"{record.covariance.label}, whose tests are chi-square: use test='Wald'."
    )


def has_likelihood(record: FitRecord) -> LogitkitError | None:
    """Refuse what the likelihood says where it is not that of the data."""
    if record.has_ratios:
        return None
    if error := why_no_ratios(record):
        return error
    if record.penalty is not None:
        return UnsupportedError(
            "Profile and score intervals are not offered after a penalty that shrinks: they take the maximum of the "
            f"likelihood for the estimate. Instead: {ELSEWHERE}; after a ridge or a Gaussian prior, fit.confint() has "
            "posterior intervals."
        )
    return UnsupportedError(
        f"Profile and score intervals are not valid with {record.covariance.label}; use method='wald'."
    )


def has_comparable_likelihood(record: FitRecord) -> LogitkitError | None:
    """Refuse to compare models by a likelihood that is not that of the data."""
    if record.has_likelihood:
        return None
    return UnsupportedError(
        f"Models are compared by their likelihoods, which are not valid with {record.covariance.label}. Test the terms "
        "by which they differ in the larger one: fit.anova(test='Wald') or fit.test(...)."
    )


def has_independent_rows(record: FitRecord) -> LogitkitError | None:
    """Refuse the analytic correction of a bias where rows are not independent."""
    if record.has_likelihood:
        return None
    return UnsupportedError(
        "The analytic correction assumes independent rows, and the covariance of this fit is a "
        f"{record.covariance.label}. Use method='jackknife'."
    )


def unadjusted(record: FitRecord) -> LogitkitError | None:
    """Refuse a sandwich of estimates whose scores do not sum to zero."""
    if record.adjustment is None:
        return None
    return UnsupportedError(
        "A robust covariance of bias-reduced estimates is not offered: a sandwich is made of scores that sum to "
        "zero, and these do not. Fit by maximum likelihood, or resample with fit.bootstrap(...)."
    )
