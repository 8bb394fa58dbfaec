"""Conditions of verbs that ask how the estimates of a fit were found: their existence, errors, levels and units."""

from __future__ import annotations

from logitkit.design.nuisance import NuisanceVerb
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import ConvergenceError, LogitkitError, SeparationError, UnsupportedError
from logitkit.inference.conditions.condition import Condition
from logitkit.inference.penalised.posterior import is_withheld, why_withheld
from logitkit.inference.penalised.refusals import AFTER_PENALTY

__all__ = [
    "beside_nuisance",
    "by_maximum_likelihood",
    "has_coefficients_one_by_one",
    "has_converged",
    "has_covariance",
    "has_errors_of_predictors",
    "has_few_levels",
    "has_independent_units",
    "is_finite",
    "keeps_design",
]


def by_maximum_likelihood(verb: str) -> Condition:
    """Return the condition that a fit is by maximum likelihood."""
    sentence = AFTER_PENALTY[verb].sentence
    return lambda record: None if record.penalty is None else UnsupportedError(sentence)


def has_covariance(subject: str, instead: str = "") -> Condition:
    """Return the condition that there is a covariance; that of a posterior is enough."""

    def look(record: FitRecord) -> LogitkitError | None:
        if not is_withheld(record):
            return None
        why = why_withheld(record)
        return UnsupportedError(f"{subject}: {why.rstrip('.')}. {instead}" if instead else f"{subject}: {why}")

    return look


def is_finite(what: str, end: str) -> Condition:
    """Return the condition that there is a finite estimate."""

    def look(record: FitRecord) -> LogitkitError | None:
        if record.is_separated:
            return SeparationError(
                f"The data of the fit are separated: estimates are infinite, and {what}. Leave out the terms that "
                "separate the outcomes, or use a penalty."
            )
        if record.converged:
            return None
        return ConvergenceError(f"The fit has not converged ({record.status.value}); there is no estimate {end}.")

    return look


def has_converged(record: FitRecord) -> LogitkitError | None:
    """Refuse what starts from the maximum where it was not reached."""
    if record.converged:
        return None
    return ConvergenceError(f"The fit has not converged ({record.status.value}); there is no maximum to start from.")


def has_coefficients_one_by_one(record: FitRecord) -> LogitkitError | None:
    """Refuse refits by function where levels are eliminated for their number."""
    if isinstance(record.coordinates, Coordinates):
        return None
    return UnsupportedError(
        f"The model has {len(record.names):,} coefficients, most of them levels of one factor, and a profile is fitted "
        "for each. Use method='wald'."
    )


def has_few_levels(record: FitRecord) -> LogitkitError | None:
    """Refuse refits of a model with so many levels that hardly a resample would hold them all."""
    if isinstance(record.coordinates, Coordinates):
        return None
    return UnsupportedError(
        f"The model has {len(record.names):,} coefficients, most of them levels of one factor, and nearly every "
        "resample lacks some of these levels. Resample a model without that factor, or use cluster-robust errors."
    )


def has_independent_units(record: FitRecord) -> LogitkitError | None:
    """Refuse to draw independent units where the covariance says that there are none."""
    if record.covariance.kind not in ("clusters", "serial", "survey"):
        return None
    return UnsupportedError(
        f"Resampling draws independent rows or clusters, and the errors are a {record.covariance.label}, which "
        "says that there are none. Take the replicates of the fit itself, or of fit.robust('cluster', cluster=...) by "
        "one column."
    )


def keeps_design(record: FitRecord) -> LogitkitError | None:
    """Refuse a covariance that would forget the design of a survey."""
    if record.covariance.kind != "survey":
        return None
    return UnsupportedError(
        f"The fit has the {record.covariance.label}, which another covariance would forget. Fit without survey= first."
    )


def has_errors_of_predictors(record: FitRecord) -> LogitkitError | None:
    """Refuse errors of predictions where those of what is eliminated are not to be had."""
    covariance = "" if record.has_likelihood else record.covariance.label
    why = record.nuisance.why_no_errors(covariance, record.inner_coef.size)
    return UnsupportedError(why) if why else None


def beside_nuisance(verb: NuisanceVerb) -> Condition:
    """Return the condition that what is eliminated from the model leaves the verb its meaning."""

    def look(record: FitRecord) -> LogitkitError | None:
        why = record.nuisance.why_not(verb)
        return UnsupportedError(why) if why else None

    return look
