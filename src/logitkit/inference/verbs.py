"""Which verbs are available for which fits, and the error for those that are not.

A verb has conditions that are checked in order. The first that fails says why the verb is not available and what is
valid instead. After a penalty, verbs that assume unbiased estimates are refused, and verbs that describe predictions
are available. Conditions on the rows given to a verb are with the verb, conditions on the fit are in ``conditions/``,
and those of verbs of a single family are here.
"""

from __future__ import annotations

from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError, SeparationError, UnsupportedError
from logitkit.inference.bias.refused import not_adjusted
from logitkit.inference.conditions.condition import Condition
from logitkit.inference.conditions.drawn import has_latent, has_order, one_predictor
from logitkit.inference.conditions.estimates import (
    beside_nuisance,
    by_maximum_likelihood,
    has_coefficients_one_by_one,
    has_converged,
    has_covariance,
    has_errors_of_predictors,
    has_few_levels,
    has_independent_units,
    is_finite,
    keeps_design,
)
from logitkit.inference.conditions.likelihood import (
    has_comparable_likelihood,
    has_degrees_of_freedom,
    has_independent_rows,
    has_likelihood,
    has_ratios,
    unadjusted,
)
from logitkit.inference.conditions.model import (
    alternatives,
    binomial_variance,
    certified,
    corrected,
    has_events,
    inverse_ratio,
    named_ratio,
    same_predictors,
    within_model,
)

__all__ = ["VERBS", "may", "require"]


def _own_predictors(record: FitRecord) -> LogitkitError | None:
    """Refuse to solve for a probability that depends on several linear predictors."""
    if record.family.tail_link is not None:
        return None
    return UnsupportedError(
        f"{record.family.words.title}: a probability depends on several linear predictors, so that no value of one of "
        "them gives it. Inverse prediction is of two outcomes, or of ordered ones by cumulative probabilities."
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
    is_finite("their sampling distribution is not defined", "for refits to start from"),
    beside_nuisance("refit"),
    has_few_levels,
    has_independent_units,
)
LEFT = "fit.predict gives the probabilities."
#: Conditions by verb, in the order in which they are looked at.
VERBS: dict[str, tuple[Condition, ...]] = {
    # estimates and their errors
    "vcov": (has_covariance("A covariance"),),
    "confint": (has_covariance("Intervals"),),
    "profile": (
        within_model,
        has_likelihood,
        has_covariance("Profile intervals"),
        beside_nuisance("profile"),
        has_coefficients_one_by_one,
        has_converged,
    ),
    "score": (
        within_model,
        not_adjusted("score"),
        has_likelihood,
        has_covariance("Score intervals"),
        beside_nuisance("profile"),
        has_coefficients_one_by_one,
        has_converged,
    ),
    "odds_ratios": (named_ratio,),
    "odds_ratios of the other outcome": (named_ratio, inverse_ratio),
    "certificate": (certified,),
    # tests
    "test": (
        by_maximum_likelihood("test"),
        within_model,
        has_covariance("Wald tests"),
    ),
    "lr_test": (by_maximum_likelihood("lr_test"), within_model, has_ratios("use fit.test(...), a Wald test.")),
    "test of terms by LR": (by_maximum_likelihood("lr_test"), within_model, has_ratios("use test='Wald'.")),
    "added terms by LR": (
        by_maximum_likelihood("lr_test"),
        within_model,
        has_ratios("fit the larger model, and test its terms by fit.anova(test='Wald')."),
    ),
    "test of terms by Wald": (
        by_maximum_likelihood("test"),
        within_model,
        has_covariance("Wald tests"),
    ),
    "test of terms by F": (by_maximum_likelihood("test"), within_model, has_degrees_of_freedom),
    "test of terms by score": (by_maximum_likelihood("score_test"), within_model, not_adjusted("score"), has_converged),
    "compare": (
        by_maximum_likelihood("lr_test"),
        within_model,
        not_adjusted("compare"),
        has_comparable_likelihood,
        has_converged,
    ),
    "combine_tests": (same_predictors,),
    "iia_tests": (by_maximum_likelihood("lr_test"), not_adjusted("iia_tests"), alternatives),
    "proportional_odds_test": (by_maximum_likelihood("lr_test"), _proportional),
    # other samples
    "refit": (by_maximum_likelihood("refit"), *REFITTED),
    "bootstrap": (by_maximum_likelihood("bootstrap"), *REFITTED),
    "jackknife": (by_maximum_likelihood("jackknife"), *REFITTED),
    "leave_out": (by_maximum_likelihood("jackknife"), *REFITTED),
    "validate": (has_events("Validation is"), *REFITTED[1:]),
    "score_bootstrap": (by_maximum_likelihood("refit"), not_adjusted("score"), *REFITTED),
    # covariances
    "robust": (by_maximum_likelihood("robust"), has_covariance("A robust covariance"), keeps_design, unadjusted),
    # predictions
    "predictions": (has_covariance("Predictions with errors", LEFT), has_errors_of_predictors),
    "errors of predictors": (has_errors_of_predictors,),
    "effects": (has_covariance("Effects with errors", LEFT), beside_nuisance("average predictions")),
    "average predictions": (
        has_covariance("Average predictions with errors", LEFT),
        beside_nuisance("average predictions"),
    ),
    "means": (has_covariance("Marginal means with errors", LEFT), beside_nuisance("average predictions")),
    "inverse": (
        has_covariance("Inverse prediction", LEFT),
        beside_nuisance("average predictions"),
        _own_predictors,
        is_finite("no value is known at which a probability is reached", "to invert"),
    ),
    # many levels
    "bias_correction": (beside_nuisance("bias_correction"), corrected),
    "analytic correction": (has_independent_rows,),
    # diagnostics
    "discrimination": (has_events("ROC curves are"),),
    "classification": (has_events("A confusion table is"),),
    "calibration": (has_events("Calibration compares probabilities with proportions"),),
    "drawn residuals": (has_order,),
    "surrogate residuals": (has_order, has_latent),
    "partial residuals": (one_predictor,),
    "influence": (
        by_maximum_likelihood("influence"),
        not_adjusted("influence"),
        has_covariance("Influence", "fit.residuals(kind=...) has what rows are off by."),
    ),
    "collinearity": (by_maximum_likelihood("collinearity"),),
    "goodness_of_fit": (has_events("Tests of fit are"), beside_nuisance("goodness_of_fit")),
    "goodness_of_fit on the rows of the fit": (
        by_maximum_likelihood("goodness_of_fit"),
        not_adjusted("goodness_of_fit"),
        has_covariance("A test of fit on the rows of the fit", "Give other rows, or look at fit.calibration()."),
        binomial_variance,
    ),
    "hosmer_lemeshow": (has_events("The Hosmer-Lemeshow test is"), beside_nuisance("hosmer_lemeshow")),
    "hosmer_lemeshow on the rows of the fit": (
        by_maximum_likelihood("hosmer_lemeshow"),
        not_adjusted("hosmer_lemeshow"),
        has_covariance(
            "The Hosmer-Lemeshow test on the rows of the fit", "Give other rows, or look at fit.calibration()."
        ),
        binomial_variance,
    ),
}


def may(record: FitRecord, verb: str) -> LogitkitError | None:
    """Return why a verb is not available for a fit, or None.

    Parameters
    ----------
    record : FitRecord
        The fit.
    verb : str
        Name of the verb, a key of ``VERBS``.

    Returns
    -------
    LogitkitError or None
        The error that says why, and what is valid instead; it is not raised.

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
    """Raise an error if a verb is not available for a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    verb : str
        Name of the verb, a key of ``VERBS``.

    Raises
    ------
    UnsupportedError, SeparationError, ConvergenceError
        With the reason, and what is valid instead.

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
