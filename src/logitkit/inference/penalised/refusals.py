"""Errors of verbs that rest on maximum likelihood, after a penalty: the reason, and what is valid instead."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.inference.penalised.posterior import ELSEWHERE

__all__ = ["AFTER_PENALTY", "Refusal"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a verb is not available after a penalty.

    Parameters
    ----------
    subject : str
        The result that was requested.
    reason : str
        Why it is not available.
    instead : str
        The valid alternative.

    Examples
    --------
    >>> Refusal("A mean", "the rows have none", "give rows").sentence
    'A mean is not offered after a penalty: the rows have none. Instead: give rows.'
    """

    subject: str
    reason: str
    instead: str

    @property
    def sentence(self) -> str:
        """The message of the error."""
        return f"{self.subject} is not offered after a penalty: {self.reason}. Instead: {self.instead}."


RESAMPLING = Refusal(
    "Resampling",
    "replicates without the penalty would be fits of another model, and replicates with it all carry the bias of "
    "shrinkage, which they therefore cannot reveal",
    f"for intervals, {ELSEWHERE}; for how stable the choice is, call lk.cross_validate on resampled rows yourself",
)
#: What rests on maximum likelihood, by the name of the verb.
AFTER_PENALTY = {
    "test": Refusal(
        "A Wald test",
        "it treats the estimates as unbiased, whereas the penalty shrinks them",
        f"{ELSEWHERE}; after a ridge or a Gaussian prior, fit.confint() has posterior intervals and fit.vcov the "
        "covariance",
    ),
    "lr_test": Refusal(
        "A likelihood-ratio test",
        "the coefficients do not maximise the likelihood, so twice its logarithm has no chi-square distribution",
        f"compare predictions of rows left out (lk.cross_validate), or {ELSEWHERE}",
    ),
    "score_test": Refusal(
        "A score test",
        "the coefficients do not maximise the likelihood, so that its gradient is not zero at them whatever holds",
        f"compare predictions of rows left out (lk.cross_validate), or {ELSEWHERE}",
    ),
    "bootstrap": RESAMPLING,
    "jackknife": RESAMPLING,
    "refit": RESAMPLING,
    "robust": Refusal(
        "A robust covariance",
        "a sandwich is of maximum likelihood estimates, and the pull of a penalty is a bias that it does not show",
        f"{ELSEWHERE}; or fit without a penalty",
    ),
    "influence": Refusal(
        "Influence (leverage, Cook's distance, standardised residuals)",
        "these are defined for maximum likelihood estimates",
        "use fit.residuals(kind=...) or fit.augment() for the residual of each row; for influence, fit without a "
        "penalty",
    ),
    "collinearity": Refusal(
        "Variance inflation",
        "it compares variances of maximum likelihood estimates, which a penalty reduces",
        "fit the same formula without penalty=",
    ),
    "goodness_of_fit": Refusal(
        "A test of fit on the rows of the fit",
        "its distribution there holds for maximum likelihood only",
        "test on rows that took no part in the fit, fit.goodness_of_fit(data=...), or see fit.calibration(data=...)",
    ),
    "hosmer_lemeshow": Refusal(
        "The Hosmer-Lemeshow test on the rows of the fit",
        "its degrees of freedom there hold for maximum likelihood only",
        "test on rows that took no part in the fit, fit.hosmer_lemeshow(data=...), or see fit.calibration(data=...)",
    ),
}
