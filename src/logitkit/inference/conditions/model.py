"""Conditions of verbs that ask what model a fit is of, and what was minimised."""

from __future__ import annotations

from logitkit.engine.record import FitRecord
from logitkit.errors import ConvergenceError, LogitkitError, SeparationError, UnsupportedError
from logitkit.inference.conditions.condition import Condition
from logitkit.inference.penalised.posterior import why_withheld
from logitkit.models.words import ODDS_RATIO

__all__ = [
    "alternatives",
    "binomial_variance",
    "certified",
    "corrected",
    "has_events",
    "inverse_ratio",
    "named_ratio",
    "same_predictors",
    "within_model",
]


def certified(record: FitRecord) -> LogitkitError | None:
    """Refuse a certificate for a fit without a penalty, or one that minimised no objective.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> str(certified(fit.record))[:30]
    'A certificate belongs to a pen'
    """
    if record.penalty is None:
        return UnsupportedError(
            "A certificate belongs to a penalised fit, and this fit has no penalty: the gradient is zero at the "
            "estimates, and fit.glance() reports the Newton decrement."
        )
    if record.penalty.certified:
        return None
    return UnsupportedError(
        "A relaxed lasso lies between two fits and minimises no objective, so there is nothing to certify. The "
        "lasso that chose its columns has a certificate: fit it with gamma=1."
    )


def same_predictors(record: FitRecord) -> LogitkitError | None:
    """Refuse to combine outcomes whose predictors differ.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> same_predictors(fit.record) is None
    True
    """
    if not record.restricted:
        return None
    return UnsupportedError("Outcomes with different predictors cannot be tested for being combined.")


def named_ratio(record: FitRecord) -> LogitkitError | None:
    """Refuse ratios for models in which the exponential of a coefficient is not a ratio.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> named_ratio(fit.record) is None
    True
    """
    words = record.family.words
    if words.ratio is not None:
        return None
    return UnsupportedError(
        f"{words.title}: exp(coefficient) is not an odds ratio and has no name of its own. {words.instead}"
    )


def inverse_ratio(record: FitRecord) -> LogitkitError | None:
    """Refuse the ratio for the non-event where it is not the inverse of the ratio for the event.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> inverse_ratio(fit.record) is None
    True
    """
    words = record.family.words
    if not record.is_single or words.ratio is None or words.ratio.name == ODDS_RATIO.name:
        return None
    return UnsupportedError(
        f"The {words.ratio.name} of {record.outcomes[0]!r} is not the inverse of that of the event, "
        f"{record.outcomes[1]!r}: fit the model with the other event, event=."
    )


def within_model(record: FitRecord) -> LogitkitError | None:
    """Refuse verbs that assume normal estimates where a fitted mean is one, at the boundary of the model.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> within_model(fit.record) is None
    True
    """
    if record.penalty is not None or record.covariance.kind != "withheld":
        return None
    return UnsupportedError(f"{why_withheld(record).rstrip('.')}.")


def alternatives(record: FitRecord) -> LogitkitError | None:
    """Refuse tests of irrelevant alternatives if there are none, or there is no likelihood.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> str(alternatives(fit.record))[:40]
    'Tests of the independence of irrelevant '
    """
    counts = record.info.response.kind == "counts"
    if record.has_likelihood and not record.restricted and not counts and len(record.outcomes) > 2:
        return None
    return UnsupportedError(
        "Tests of the independence of irrelevant alternatives require three or more outcomes with the same "
        "predictors, one outcome per row (no counts), and a likelihood (no sampling weights, no clusters)."
    )


def binomial_variance(record: FitRecord) -> LogitkitError | None:
    """Refuse tests of fit for counts whose variance may exceed that of the model.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> binomial_variance(fit.record) is None
    True
    """
    if record.covariance.kind != "dispersion":
        return None
    return UnsupportedError(
        "Tests of fit compare the spread of counts with that of the model, and this fit allows for more "
        f"({record.covariance.label}). Fit without dispersion= to test it."
    )


def corrected(record: FitRecord) -> LogitkitError | None:
    """Refuse a bias correction if there is no estimate.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    LogitkitError or None
        The error that says why the verb is not available, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> corrected(fit.record) is None
    True
    """
    if not record.converged:
        return ConvergenceError(f"The fit has not converged ({record.status.value}); there is no estimate to correct.")
    if record.is_separated:
        return SeparationError(
            "The columns separate the outcomes within levels, so estimates are infinite and there is no bias to remove."
        )
    return None


def has_events(subject: str) -> Condition:
    """Return the condition that rows have events and not fractions."""

    def look(record: FitRecord) -> LogitkitError | None:
        if not record.family.words.quasi:
            return None
        return UnsupportedError(
            f"{subject} of events that occur or not, and the outcome of this fit is a fraction: see fit.residuals() "
            "and fit.predict(), which are fractions."
        )

    return look
