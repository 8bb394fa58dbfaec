"""What may be asked of a penalised fit, and what is said where it may not: the one place that decides.

A penalty pulls coefficients towards zero, or holds them there. What rests on estimates that scatter about the truth is
refused; what describes predictions stays. After squares only there is a posterior, given the strength, and what rests
on that is answered and named so (``docs/maths/penalties.md``).

References
----------
Leeb, H. and Pötscher, B. M. (2005) Model selection and inference: facts and fiction. Econometric Theory 21, 21-59.
le Cessie, S. and van Houwelingen, J. C. (1992) Ridge estimators in logistic regression. Applied Statistics 41, 191-201.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.engine.curvature.vcov import WithheldVcov
from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError

__all__ = [
    "Refusal",
    "has_posterior",
    "interval_words",
    "is_withheld",
    "posterior_condition",
    "require_covariance",
    "require_likelihood",
    "why_withheld",
]

ELSEWHERE = "fit the columns that were chosen without a penalty to rows that took no part in the choice"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a verb does not answer after a penalty.

    Parameters
    ----------
    subject : str
        What was asked for.
    reason : str
        Why there is no answer.
    instead : str
        What would be valid.

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
    "the replicates would be fits without the penalty; and with it, the pull towards zero is a bias that replicates "
    "share and do not show",
    f"for intervals, {ELSEWHERE}; for how stable the choice is, call lk.cross_validate on resampled rows yourself",
)
#: What rests on maximum likelihood, by the name of the verb.
REFUSED = {
    "test": Refusal(
        "A Wald test",
        "it takes the estimates for unbiased, and the penalty pulls them towards zero",
        f"{ELSEWHERE}; after a ridge or a Gaussian prior, fit.confint() has posterior intervals and fit.vcov the "
        "covariance",
    ),
    "lr_test": Refusal(
        "A likelihood-ratio test",
        "the coefficients do not maximise the likelihood, so twice its logarithm has no chi-square distribution",
        f"compare predictions of rows left out (lk.cross_validate), or {ELSEWHERE}",
    ),
    "bootstrap": RESAMPLING,
    "jackknife": RESAMPLING,
    "refit": RESAMPLING,
    "influence": Refusal(
        "Influence (leverage, Cook's distance, standardised residuals)",
        "these are laws of maximum likelihood estimates",
        "fit.residuals(kind=...) and fit.augment() have what each row is off by; for influence, fit without a penalty",
    ),
    "collinearity": Refusal(
        "Variance inflation",
        "it compares variances of maximum likelihood estimates, which a penalty holds down",
        "fit the same formula without penalty= and ask that fit",
    ),
    "goodness_of_fit": Refusal(
        "The Hosmer-Lemeshow test on the rows of the fit",
        "its degrees of freedom there are those of maximum likelihood",
        "give rows that took no part in the fit, fit.goodness_of_fit(data=...), or look at fit.calibration(data=...)",
    ),
}


def require_likelihood(record: FitRecord, verb: str) -> None:
    """Refuse what rests on maximum likelihood where a fit is penalised.

    Parameters
    ----------
    record : FitRecord
        The fit.
    verb : str
        What is asked of it, a key of ``REFUSED``.

    Raises
    ------
    UnsupportedError
        After a penalty of any kind: why, and what would be valid.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> require_likelihood(lk.logit("y ~ x", data).record, "lr_test")
    >>> require_likelihood(lk.logit("y ~ x", data, penalty=lk.Ridge(0.1)).record, "lr_test")
    Traceback (most recent call last):
    ...
    logitkit.errors.UnsupportedError: A likelihood-ratio test is not offered after a penalty: ...
    """
    if record.penalty is not None:
        raise UnsupportedError(REFUSED[verb].sentence)


def require_covariance(record: FitRecord, subject: str, instead: str = "") -> None:
    """Refuse standard errors and intervals where a penalty leaves none; a posterior is enough.

    Parameters
    ----------
    record : FitRecord
        The fit.
    subject : str
        What is asked for, to open the message.
    instead : str
        What there is, a sentence.

    Raises
    ------
    UnsupportedError
        Where the covariance is withheld.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> require_covariance(lk.logit("y ~ x", data, penalty=lk.Ridge(0.1)).record, "Intervals")
    >>> require_covariance(lk.logit("y ~ x", data, penalty=lk.Lasso(0.1)).record, "Intervals")
    Traceback (most recent call last):
    ...
    logitkit.errors.UnsupportedError: Intervals: ...
    """
    if is_withheld(record):
        raise UnsupportedError(f"{subject}: {why_withheld(record)}{f' {instead}' if instead else ''}")


def is_withheld(record: FitRecord) -> bool:
    """Tell whether a penalty leaves no covariance.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    bool
        False without a penalty, and where there is a posterior.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> [is_withheld(lk.logit("y ~ x", data, penalty=p).record) for p in (lk.Lasso(0.1), lk.Ridge(0.1), None)]
    [True, False, False]
    """
    return record.covariance.kind == "withheld"


def has_posterior(record: FitRecord) -> bool:
    """Tell whether the covariance is that of a posterior.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    bool
        True after a ridge or a Gaussian prior.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> [has_posterior(lk.logit("y ~ x", data, penalty=p).record) for p in (lk.Lasso(0.1), lk.Ridge(0.1), None)]
    [False, True, False]
    """
    return record.covariance.kind == "posterior"


def why_withheld(record: FitRecord) -> str:
    """Return why there is no covariance, and what would be valid.

    Parameters
    ----------
    record : FitRecord
        A fit whose covariance is withheld.

    Returns
    -------
    str
        Sentences.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> why_withheld(lk.logit("y ~ x", data, penalty=lk.Lasso(0.1)).record).split(",")[0]
    'The penalty chose the coefficients with the same data'
    """
    facts = record.penalty
    if facts is None or facts.penalty.smooth:
        vcov = record.inner_vcov
        return vcov.reason if isinstance(vcov, WithheldVcov) else "There is no covariance."
    how = "chose the coefficients with the same data" if _chooses(facts) else "bounds the coefficients"
    return (
        f"The penalty {how}, so there are no standard errors, intervals or p-values: the distribution of such "
        f"estimates is far from normal. For inference, {ELSEWHERE}; or use lk.Ridge, whose posterior has intervals."
    )


def interval_words(record: FitRecord) -> str:
    """Return what an interval of the fit is called.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    str
        "interval", or "posterior interval".

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> interval_words(lk.logit("y ~ x", data, penalty=lk.Ridge(0.1)).record)
    'posterior interval'
    """
    return "posterior interval" if has_posterior(record) else "interval"


def posterior_condition(facts: PenaltyFacts) -> str:
    """Return what a posterior takes for known.

    Parameters
    ----------
    facts : PenaltyFacts
        Of a fit with a posterior.

    Returns
    -------
    str
        "given the strength", "given the prior" or both.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> posterior_condition(lk.logit("y ~ x", data, penalty=lk.GaussianPrior(precision=1.0)).penalty)
    'given the prior'
    """
    known = ["the strength"] if facts.strengths else []
    if facts.quadratic is not None:
        known.append("the prior")
    return f"given {' and '.join(known)}"


def _chooses(facts: PenaltyFacts) -> bool:
    """Tell whether a penalty has corners, which set coefficients to zero."""
    return facts.penalty.groups is not None or bool(np.any(facts.penalty.l1))
