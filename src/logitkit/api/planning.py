"""The public functions that plan a study: how many observations, and what power."""

from __future__ import annotations

from collections.abc import Mapping

from logitkit.inference.planning.development import DevelopmentSize, development_size
from logitkit.inference.planning.power import CoefficientPower, PowerMethod, coefficient_power
from logitkit.inference.planning.validation import ValidationSize, validation_size
from logitkit.results.foreign import in_our_words
from logitkit.results.shown import shown

__all__ = ["power", "sample_size", "validation_sample_size"]


@in_our_words
def sample_size(
    n_parameters: int,
    prevalence: float,
    *,
    r_squared: float | None = None,
    auc: float | None = None,
    shrinkage: float = 0.9,
    optimism: float = 0.05,
    margin: float = 0.05,
    error: float | None = None,
) -> DevelopmentSize:
    """Return how many observations the development of a prediction model needs (Riley and others 2020).

    Parameters
    ----------
    n_parameters : int
        Candidate parameters, the intercept not counted; those among which is chosen are counted.
    prevalence : float
        Proportion of events.
    r_squared, auc : float, optional
        Cox and Snell's coefficient of determination that is expected, or the c statistic: one of them.
    shrinkage : float, default 0.9
        The least shrinkage factor.
    optimism : float, default 0.05
        The largest optimism of Nagelkerke's coefficient.
    margin : float, default 0.05
        Half width of the 95 per cent interval of the overall risk.
    error : float, optional
        Mean absolute error of the probabilities, by a rule for at most 30 parameters; left out if not given.

    Returns
    -------
    DevelopmentSize
        What each criterion asks for, and the largest.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.sample_size(24, 0.174, r_squared=0.288).n
    662
    """
    found = development_size(
        n_parameters,
        prevalence,
        r_squared=r_squared,
        auc=auc,
        shrinkage=shrinkage,
        optimism=optimism,
        margin=margin,
        error=error,
    )
    return shown(found)


@in_our_words
def validation_sample_size(
    prevalence: float,
    *,
    auc: float | None = None,
    linear_predictor: tuple[float, float] | None = None,
    decision: tuple[float, float, float] | None = None,
    widths: Mapping[str, float] | None = None,
) -> ValidationSize:
    """Return how many observations an external validation needs (Riley and others 2021).

    Parameters
    ----------
    prevalence : float
        Proportion of events.
    auc : float, optional
        The c statistic that is expected.
    linear_predictor : (float, float), optional
        Mean and standard deviation of the log odds in the population, for the calibration slope.
    decision : (float, float, float), optional
        A risk from which is acted, and the sensitivity and specificity that are expected there, for net benefit.
    widths : mapping of str to float, optional
        Widths of the 95 per cent intervals: ``ratio`` (0.2), ``slope`` (0.2), ``auc`` (0.1) and ``benefit`` (0.2).

    Returns
    -------
    ValidationSize
        What each measure asks for, and the largest.

    Examples
    --------
    >>> import logitkit as lk
    >>> len(lk.validation_sample_size(0.1, auc=0.8, linear_predictor=(-2.6, 1.2)).needed)
    3
    """
    return shown(
        validation_size(prevalence, auc=auc, linear_predictor=linear_predictor, decision=decision, widths=widths)
    )


@in_our_words
def power(
    *,
    odds_ratio: float | None = None,
    n: int | None = None,
    power: float | None = None,
    event_rate: float,
    share: float | None = None,
    alpha: float = 0.05,
    explained: float = 0.0,
    method: PowerMethod = "hsieh",
) -> CoefficientPower:
    """Return what two of sample size, power and odds ratio make of the third, for the test of one coefficient.

    Parameters
    ----------
    odds_ratio : float, optional
        Per standard deviation of a normal covariate, or between the two values of a binary one.
    n : int, optional
        Observations.
    power : float, optional
        Probability of rejecting.
    event_rate : float
        At the mean of a normal covariate, or where a binary one is 0.
    share : float, optional
        Proportion of observations where a binary covariate is 1; a normal covariate if not given.
    alpha : float, default 0.05
        Two-sided significance level.
    explained : float, default 0
        Squared multiple correlation of the covariate with the others.
    method : {'hsieh', 'information'}
        By the formulas of Hsieh, Bloch and Larsen (1998), or by the expected information at the alternative (Demidenko
        2007), which is closer where the odds ratio is far from 1.

    Returns
    -------
    CoefficientPower
        With the third.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.power(odds_ratio=1.5, power=0.95, event_rate=0.5).n
    317
    """
    found = coefficient_power(
        odds_ratio=odds_ratio,
        n=n,
        power=power,
        event_rate=event_rate,
        share=share,
        alpha=alpha,
        explained=explained,
        method=method,
    )
    return shown(found)
