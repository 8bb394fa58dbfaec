"""Which verb may be asked of which fit, and what is said where it may not: the one table that decides.

A verb has conditions, which are looked at in order; the first that fails says why there is no answer, and what would be
valid. After a penalty what rests on estimates that scatter about the truth is refused, and what describes predictions
stays. Conditions on rows that a verb is given stand with the verb.
"""

from __future__ import annotations

from collections.abc import Callable

from logitkit.design.nuisance import NuisanceVerb
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import ConvergenceError, LogitkitError, SeparationError, UnsupportedError
from logitkit.inference.bias.refused import not_adjusted, why_no_ratios
from logitkit.inference.conditions import (
    alternatives,
    binomial_variance,
    certified,
    corrected,
    inverse_ratio,
    named_ratio,
    same_predictors,
    within_model,
)
from logitkit.inference.drawn_conditions import has_latent, has_order, one_predictor
from logitkit.inference.penalised.posterior import ELSEWHERE, is_withheld, why_withheld
from logitkit.inference.penalised.refusals import AFTER_PENALTY

__all__ = ["VERBS", "may", "require"]

Condition = Callable[[FitRecord], LogitkitError | None]


def _penalised(verb: str) -> Condition:
    """Return the condition that a fit is by maximum likelihood."""
    sentence = AFTER_PENALTY[verb].sentence
    return lambda record: None if record.penalty is None else UnsupportedError(sentence)


def _withheld(subject: str, instead: str = "") -> Condition:
    """Return the condition that there is a covariance; that of a posterior is enough."""

    def look(record: FitRecord) -> LogitkitError | None:
        if not is_withheld(record):
            return None
        why = why_withheld(record)
        return UnsupportedError(f"{subject}: {why.rstrip('.')}. {instead}" if instead else f"{subject}: {why}")

    return look


def _working(instead: str) -> Condition:
    """Return the condition that twice the log-likelihood has a chi-square distribution."""

    def look(record: FitRecord) -> LogitkitError | None:
        if record.has_ratios:
            return None
        if error := why_no_ratios(record):
            return error
        return UnsupportedError(f"A likelihood-ratio test is not valid with {record.covariance.label}; {instead}")

    return look


def _has_degrees_of_freedom(record: FitRecord) -> LogitkitError | None:
    """Refuse an F test where nothing was estimated that would give its denominator degrees of freedom."""
    if not record.law.is_normal:
        return None
    return UnsupportedError(
        f"An F test needs a dispersion, or a covariance with degrees of freedom of its own, and that of this fit is "
        f"{record.covariance.label}, whose tests are chi-square: use test='Wald'."
    )


def _of_events(subject: str) -> Condition:
    """Return the condition that rows have events, and no fractions."""

    def look(record: FitRecord) -> LogitkitError | None:
        if not record.family.words.quasi:
            return None
        return UnsupportedError(
            f"{subject} of events that occur or not, and the outcome of this fit is a fraction: see fit.residuals() "
            "and fit.predict(), which are fractions."
        )

    return look


def _has_likelihood(record: FitRecord) -> LogitkitError | None:
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


def _compared(record: FitRecord) -> LogitkitError | None:
    """Refuse to compare models by a likelihood that is not that of the data."""
    if record.has_likelihood:
        return None
    return UnsupportedError(
        f"Models are compared by their likelihoods, which are not valid with {record.covariance.label}. Test the terms "
        "by which they differ in the larger one: fit.anova(test='Wald') or fit.test(...)."
    )


def _converged(record: FitRecord) -> LogitkitError | None:
    """Refuse what starts from the maximum where it was not reached."""
    if record.converged:
        return None
    return ConvergenceError(f"The fit has not converged ({record.status.value}); there is no maximum to start from.")


def _one_by_one(record: FitRecord) -> LogitkitError | None:
    """Refuse refits by function where levels are eliminated for their number."""
    if isinstance(record.coordinates, Coordinates):
        return None
    return UnsupportedError(
        f"The model has {len(record.names):,} coefficients, most of them levels of one factor, and a profile is fitted "
        "for each. Use method='wald'."
    )


def _finite(what: str, end: str) -> Condition:
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


def _own_predictors(record: FitRecord) -> LogitkitError | None:
    """Refuse to solve for a probability that depends on several linear predictors."""
    if record.family.tail_link is not None:
        return None
    return UnsupportedError(
        f"{record.family.words.title}: a probability depends on several linear predictors, so that no value of one of "
        "them gives it. Inverse prediction is of two outcomes, or of ordered ones by cumulative probabilities."
    )


def _beside(verb: NuisanceVerb) -> Condition:
    """Return the condition that what is eliminated from the model leaves the verb its meaning."""

    def look(record: FitRecord) -> LogitkitError | None:
        why = record.nuisance.why_not(verb)
        return UnsupportedError(why) if why else None

    return look


def _independent_units(record: FitRecord) -> LogitkitError | None:
    """Refuse to draw independent units where the covariance says that there are none."""
    if record.covariance.kind not in ("clusters", "serial", "survey"):
        return None
    return UnsupportedError(
        f"Resampling draws independent rows or clusters, and the errors are a {record.covariance.label}, which "
        "says that there are none. Take the replicates of the fit itself, or of fit.robust('cluster', cluster=...) by "
        "one column."
    )


def _unadjusted(record: FitRecord) -> LogitkitError | None:
    """Refuse a sandwich of estimates whose scores do not sum to zero."""
    if record.adjustment is None:
        return None
    return UnsupportedError(
        "A robust covariance of bias-reduced estimates is not offered: a sandwich is made of scores that sum to "
        "zero, and these do not. Fit by maximum likelihood, or resample with fit.bootstrap(...)."
    )


def _designed(record: FitRecord) -> LogitkitError | None:
    """Refuse a covariance that would forget the design of a survey."""
    if record.covariance.kind != "survey":
        return None
    return UnsupportedError(
        f"The fit has the {record.covariance.label}, which another covariance would forget. Fit without survey= first."
    )


def _many_levels(record: FitRecord) -> LogitkitError | None:
    """Refuse refits of a model with so many levels that hardly a resample would hold them all."""
    if isinstance(record.coordinates, Coordinates):
        return None
    return UnsupportedError(
        f"The model has {len(record.names):,} coefficients, most of them levels of one factor, and nearly every "
        "resample lacks some of these levels. Resample a model without that factor, or use cluster-robust errors."
    )


def _errors_of_predictors(record: FitRecord) -> LogitkitError | None:
    """Refuse errors of predictions where those of what is eliminated are not to be had."""
    covariance = "" if record.has_likelihood else record.covariance.label
    why = record.nuisance.why_no_errors(covariance, record.inner_coef.size)
    return UnsupportedError(why) if why else None


def _independent(record: FitRecord) -> LogitkitError | None:
    """Refuse the analytic correction of a bias where rows are not independent."""
    if record.has_likelihood:
        return None
    return UnsupportedError(
        "The analytic correction assumes independent rows, and the covariance of this fit is a "
        f"{record.covariance.label}. Use method='jackknife'."
    )


def _proportional(record: FitRecord) -> LogitkitError | None:
    """Refuse the test of proportional odds where there is nothing to test, or no likelihood."""
    if record.family.words.ordered and len(record.outcomes) < 3:
        return UnsupportedError("With two outcomes there is one threshold, and every term is proportional.")
    if record.adjustment is not None:
        return UnsupportedError(
            "Tests of proportional odds are not offered after bias reduction: they compare fits by maximum likelihood. "
            "Give the terms as nominal=, and test by fit.test(...) that their coefficients are equal."
        )
    if not record.has_likelihood:
        return UnsupportedError(
            f"Tests of proportional odds compare likelihoods, which are not valid with {record.covariance.label}. Fit "
            "the terms as nominal=, and test that their coefficients are equal by fit.test(...)."
        )
    if record.is_separated:
        return SeparationError(
            "The data of the fit are separated, so estimates are infinite and proportional odds cannot be tested. "
            "Leave out the terms that separate the outcomes."
        )
    return None


REFITTED = (
    within_model,
    _finite("their sampling distribution is not defined", "for refits to start from"),
    _beside("refit"),
    _many_levels,
    _independent_units,
)
LEFT = "fit.predict gives the probabilities."
#: Conditions by verb, in the order in which they are looked at.
VERBS: dict[str, tuple[Condition, ...]] = {
    # estimates and their errors
    "vcov": (_withheld("A covariance"),),
    "confint": (_withheld("Intervals"),),
    "profile": (within_model, _has_likelihood, _beside("profile"), _one_by_one, _converged),
    "score": (within_model, not_adjusted("score"), _has_likelihood, _beside("profile"), _one_by_one, _converged),
    "odds_ratios": (named_ratio,),
    "odds_ratios of the other outcome": (named_ratio, inverse_ratio),
    "certificate": (certified,),
    # tests
    "test": (
        _penalised("test"),
        within_model,
    ),
    "lr_test": (_penalised("lr_test"), within_model, _working("use fit.test(...), a Wald test.")),
    "test of terms by LR": (_penalised("lr_test"), within_model, _working("use test='Wald'.")),
    "added terms by LR": (
        _penalised("lr_test"),
        within_model,
        _working("fit the larger model, and test its terms by fit.anova(test='Wald')."),
    ),
    "test of terms by Wald": (
        _penalised("test"),
        within_model,
    ),
    "test of terms by F": (_penalised("test"), within_model, _has_degrees_of_freedom),
    "test of terms by score": (_penalised("score_test"), within_model, not_adjusted("score"), _converged),
    "compare": (_penalised("lr_test"), within_model, not_adjusted("compare"), _compared, _converged),
    "combine_tests": (same_predictors,),
    "iia_tests": (_penalised("lr_test"), not_adjusted("iia_tests"), alternatives),
    "proportional_odds_test": (_penalised("lr_test"), _proportional),
    # other samples
    "refit": (_penalised("refit"), *REFITTED),
    "bootstrap": (_penalised("bootstrap"), *REFITTED),
    "jackknife": (_penalised("jackknife"), *REFITTED),
    "leave_out": (_penalised("jackknife"), *REFITTED),
    "validate": (_of_events("Validation is"), *REFITTED[1:]),
    "score_bootstrap": (_penalised("refit"), not_adjusted("score"), *REFITTED),
    # covariances
    "robust": (_penalised("robust"), _withheld("A robust covariance"), _designed, _unadjusted),
    # predictions
    "predictions": (_withheld("Predictions with errors", LEFT), _errors_of_predictors),
    "errors of predictors": (_errors_of_predictors,),
    "effects": (_withheld("Effects with errors", LEFT), _beside("average predictions")),
    "average predictions": (_withheld("Average predictions with errors", LEFT), _beside("average predictions")),
    "means": (_withheld("Marginal means with errors", LEFT), _beside("average predictions")),
    "inverse": (
        _withheld("Inverse prediction", LEFT),
        _beside("average predictions"),
        _own_predictors,
        _finite("no value is known at which a probability is reached", "to invert"),
    ),
    # many levels
    "bias_correction": (_beside("bias_correction"), corrected),
    "analytic correction": (_independent,),
    # diagnostics
    "discrimination": (_of_events("ROC curves are"),),
    "classification": (_of_events("A confusion table is"),),
    "calibration": (_of_events("Calibration compares probabilities with proportions"),),
    "drawn residuals": (has_order,),
    "surrogate residuals": (has_order, has_latent),
    "partial residuals": (one_predictor,),
    "influence": (
        _penalised("influence"),
        not_adjusted("influence"),
        _withheld("Influence", "fit.residuals(kind=...) has what rows are off by."),
    ),
    "collinearity": (_penalised("collinearity"),),
    "goodness_of_fit": (_of_events("Tests of fit are"), _beside("goodness_of_fit")),
    "goodness_of_fit on the rows of the fit": (
        _penalised("goodness_of_fit"),
        not_adjusted("goodness_of_fit"),
        _withheld("Tests of fit on the rows of the fit", "Give other rows, or look at fit.calibration()."),
        binomial_variance,
    ),
    "hosmer_lemeshow": (_of_events("The Hosmer-Lemeshow test is"), _beside("hosmer_lemeshow")),
    "hosmer_lemeshow on the rows of the fit": (
        _penalised("hosmer_lemeshow"),
        not_adjusted("hosmer_lemeshow"),
        _withheld("The Hosmer-Lemeshow test on the rows of the fit", "Give other rows, or look at fit.calibration()."),
    ),
}


def may(record: FitRecord, verb: str) -> LogitkitError | None:
    """Return why a verb may not be asked of a fit, or None.

    Parameters
    ----------
    record : FitRecord
        The fit.
    verb : str
        A key of ``VERBS``.

    Returns
    -------
    LogitkitError or None
        The error that says why, and what would be valid; it is not raised.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> may(lk.logit("y ~ x", data).record, "lr_test") is None
    True
    >>> str(may(lk.logit("y ~ x", data, penalty=lk.Ridge(0.1)).record, "lr_test"))[:58]
    'A likelihood-ratio test is not offered after a penalty: th'
    """
    return next((error for condition in VERBS[verb] if (error := condition(record)) is not None), None)


def require(record: FitRecord, verb: str) -> None:
    """Refuse a verb that may not be asked of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    verb : str
        A key of ``VERBS``.

    Raises
    ------
    UnsupportedError, SeparationError, ConvergenceError
        Why, and what would be valid.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> require(lk.logit("y ~ x", data, penalty=lk.Ridge(0.1)).record, "confint")
    >>> require(lk.logit("y ~ x", data, penalty=lk.Lasso(0.1)).record, "confint")
    Traceback (most recent call last):
    ...
    logitkit.errors.UnsupportedError: Intervals: The penalty chose the coefficients with the same data, ...
    """
    error = may(record, verb)
    if error is not None:
        raise error
