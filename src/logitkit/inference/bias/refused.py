"""Which verbs are not available for a bias-reduced fit, and what is valid instead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.typing import BoolArray, FloatArray

__all__ = ["at_maximum", "not_adjusted", "why_no_ratios"]

MOVED = 1e-6  # of a standard error: less is rounding

#: By the name of the verb.
AFTER_ADJUSTMENT = {
    "score": (
        "Score tests and intervals are not offered after bias reduction: the score is not zero at these estimates. Use "
        "fit.confint('profile') of a penalised likelihood, or method='wald'."
    ),
    "influence": (
        "Influence (leverage, Cook's distance, standardised residuals) is not offered after bias reduction: a row that "
        "is left out changes the penalty as well, which one step of maximum likelihood leaves out. fit.residuals() has "
        "what each row is off by; fit.jackknife() fits without each row."
    ),
    "goodness_of_fit": (
        "Tests of fit on the rows of the fit are not offered after bias reduction: scores do not sum to zero, which "
        "their distributions take for granted. Give rows that took no part in the fit, or look at fit.calibration()."
    ),
    "hosmer_lemeshow": (
        "The Hosmer-Lemeshow test on the rows of the fit is not offered after bias reduction: expected events do not "
        "sum to those observed, which its reference distribution takes for granted. Give rows that took no part in the "
        "fit, or look at fit.calibration()."
    ),
    "compare": (
        "Models are not compared after bias reduction: their information criteria are those of maximum likelihood. "
        "fit.anova() and fit.drop1() test the terms of the larger model; or fit without penalty=."
    ),
    "iia_tests": (
        "Tests of irrelevant alternatives are not offered after bias reduction: they compare fits by maximum "
        "likelihood. Fit without penalty=."
    ),
}


def not_adjusted(verb: str) -> Callable[[FitRecord], UnsupportedError | None]:
    """Return the condition that neither the likelihood nor the scores were adjusted.

    Parameters
    ----------
    verb : str
        A key of ``AFTER_ADJUSTMENT``.

    Returns
    -------
    callable
        Function of a record that returns an error, or None.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> not_adjusted("influence")(lk.logit("y ~ x", data).record) is None
    True
    """
    return lambda record: None if record.adjustment is None else UnsupportedError(AFTER_ADJUSTMENT[verb])


def why_no_ratios(record: FitRecord) -> UnsupportedError | None:
    """Return why likelihood-ratio tests are not valid for an adjusted fit; None if they are, and for other fits.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    UnsupportedError or None
        An error that says what is valid instead.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fits = [lk.logit("y ~ x", data, penalty=p) for p in (lk.Jeffreys(), lk.MedianBias())]
    >>> [why_no_ratios(fit.record) is None for fit in fits]
    [True, False]
    """
    facts = record.adjustment
    if facts is not None and record.is_separated:
        return UnsupportedError(
            "Likelihood ratios and profile intervals are not offered where columns without a prior separate the rows, "
            f"so that estimates are infinite ({', '.join(record.limit.infinite)}). Give each of them a prior, "
            "penalty=lk.LogF(1), or use lk.Jeffreys()."
        )
    if facts is None or facts.has_likelihood:
        return None
    return UnsupportedError(
        f"Likelihood ratios and profile intervals are not offered after {facts.stated.words}: "
        f"{facts.stated.why_no_ratio}. Use fit.test(...), fit.anova(test='Wald') and fit.confint(), by Wald."
    )


def at_maximum(record: FitRecord, functions: FloatArray) -> BoolArray:
    """Return which functions of the coefficients have their value at the maximum of the penalised likelihood.

    Parameters
    ----------
    record : FitRecord
        The fit.
    functions : (m, p) array
        Linear functions of the flat coefficients.

    Returns
    -------
    (m,) bool array
        False for functions of the FLIC intercept, which is estimated separately.

    Raises
    ------
    UnsupportedError
        If there are functions and all of them involve the FLIC intercept.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 0, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data, penalty=lk.Jeffreys(correction="FLIC"))
    >>> at_maximum(fit.record, np.eye(2)).tolist()
    [False, True]
    """
    facts = record.adjustment
    if facts is None or facts.stated.why_no_ratio:
        return np.ones(len(functions), dtype=bool)
    inner = record.coordinates.jacobian(functions)
    error = np.sqrt(np.maximum(record.inner_vcov.variances(inner), 0.0))
    same = np.abs(inner @ (facts.optimum - record.inner_coef)) <= MOVED * error
    if same.size and not same.any():
        raise UnsupportedError(
            f"Profile intervals of what contains the intercept are not offered after {facts.stated.words}: it was "
            "estimated by itself, and does not maximise the penalised likelihood. Fit with lk.Jeffreys(), or use "
            "method='wald'."
        )
    return np.asarray(same)
