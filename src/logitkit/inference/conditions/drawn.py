"""Conditions of residuals that need more of a model than its fitted probabilities."""

from __future__ import annotations

from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError, UnsupportedError

__all__ = ["has_latent", "has_order", "one_predictor"]


def has_order(record: FitRecord) -> LogitkitError | None:
    """Refuse a distribution function for outcomes without an order, or that are fractions.

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
    >>> has_order(lk.logit("low ~ age", lk.datasets.load_lbw()).record) is None
    True
    """
    words = record.family.words
    if words.quasi:
        return UnsupportedError(
            "The outcome of this fit is a fraction, whose distribution the model does not state, so that there is "
            "nothing to draw from: see fit.residuals('pearson')."
        )
    if record.has_event or words.ordered:
        return None
    return UnsupportedError(
        f"{words.title}: outcomes without an order have no distribution function, so that quantile, surrogate and "
        "simulated residuals are not defined. fit.residuals('deviance') has residuals of each outcome against the "
        "others."
    )


def has_latent(record: FitRecord) -> LogitkitError | None:
    """Refuse surrogate residuals unless the outcome comes from a latent variable on the whole line.

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
    >>> has_latent(lk.logit("low ~ age", lk.datasets.load_lbw()).record) is None
    True
    """
    link = record.family.tail_link
    if link is not None and link.rises_to_one:
        return None
    return UnsupportedError(
        f"{record.family.words.title}: the outcome is not a latent variable that is cut at thresholds, so that it has "
        "no surrogate residual. fit.residuals('quantile') has residuals that are standard normal."
    )


def one_predictor(record: FitRecord) -> LogitkitError | None:
    """Refuse partial residuals if a term enters several linear predictors.

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
    >>> one_predictor(lk.logit("low ~ age", lk.datasets.load_lbw()).record) is None
    True
    """
    if record.has_event:
        return None
    return UnsupportedError(
        f"{record.family.words.title}: a term has a part in several linear predictors, and a row no single working "
        "residual to add it to. Fit one outcome against the others by lk.logit, or see fit.residuals('score')."
    )
