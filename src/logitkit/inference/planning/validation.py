r"""Sample size for an external validation, from target standard errors of its measures.

For prevalence :math:`\phi` and a linear predictor that is normal in the validation population, the measures are:

- observed over expected events, :math:`n = (1 - \phi) / \{\phi\, SE(\ln O/E)^2\}`;
- the calibration slope, :math:`n = I_{00} / \{SE^2 (I_{00} I_{11} - I_{01}^2)\}` with the information of one
  observation on intercept and slope;
- the c statistic, from Newcombe's error with :math:`n \phi` events;
- net benefit at a threshold, standardised by the prevalence.

References
----------
Riley, R. D. and others (2021) Minimum sample size for external validation of a clinical prediction model with a binary
outcome. Statistics in Medicine 40, 4230-4251.
Newcombe, R. G. (2006) Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2.
Statistics in Medicine 25, 559-573.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ndtri

from logitkit.errors import DataError
from logitkit.inference.planning.checks import require_share
from logitkit.options import is_finite_number

__all__ = ["ValidationSize", "auc_error", "slope_information", "validation_size"]

Z = -float(ndtri(0.025))
MOST = 1e12  # observations that are looked for
WIDTHS = {"ratio": 0.2, "slope": 0.2, "auc": 0.1, "benefit": 0.2}


@dataclass(frozen=True)
class ValidationSize:
    """The sample size that each measure requires.

    Parameters
    ----------
    criteria : tuple of str
        The measures, in words, with the width of the 95 per cent interval.
    needed : tuple of int
        Observations that each measure requires.
    prevalence : float
        Proportion of events.

    Examples
    --------
    >>> validation_size(0.1, widths={"ratio": 0.4}).n
    876
    """

    criteria: tuple[str, ...]
    needed: tuple[int, ...]
    prevalence: float

    @property
    def n(self) -> int:
        """The number of observations that is enough for all measures."""
        return max(self.needed)

    @property
    def events(self) -> int:
        """Expected number of events among ``n`` observations, rounded up."""
        return math.ceil(self.n * self.prevalence)


def auc_error(auc: float, n: float, prevalence: float) -> float:
    """Return the standard error of a c statistic by Newcombe's formula.

    Parameters
    ----------
    auc : float
        The c statistic.
    n : float
        Number of observations.
    prevalence : float
        Proportion of events.

    Returns
    -------
    float
        Standard error of the c statistic.

    Examples
    --------
    >>> round(auc_error(0.8, 1000, 0.1), 4)
    0.0233
    """
    half = n / 2.0 - 1.0
    spread = 1.0 + half * (1.0 - auc) / (2.0 - auc) + half * auc / (1.0 + auc)
    return math.sqrt(auc * (1.0 - auc) * spread / (n**2 * prevalence * (1.0 - prevalence)))


def slope_information(mean: float, sd: float) -> tuple[float, float, float]:
    """Return the information of one observation about the calibration intercept and slope of a calibrated model.

    Parameters
    ----------
    mean, sd : float
        Mean and standard deviation of the linear predictor, which is normal.

    Returns
    -------
    tuple of float
        The information on the intercept, the cross term, and the information on the slope.

    Examples
    --------
    >>> [round(value, 4) for value in slope_information(0.0, 1.0)]
    [0.2066, 0.0, 0.1442]
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    eta = mean + sd * nodes
    variance = weights * expit(eta) * expit(-eta)
    return float(variance.sum()), float(variance @ eta), float(variance @ eta**2)


def validation_size(
    prevalence: float,
    *,
    auc: float | None = None,
    linear_predictor: tuple[float, float] | None = None,
    decision: tuple[float, float, float] | None = None,
    widths: Mapping[str, float] | None = None,
) -> ValidationSize:
    """Return the sample size for an external validation (Riley and others 2021).

    A measure is left out if the values that it needs are not given.

    Parameters
    ----------
    prevalence : float
        Proportion of events.
    auc : float, optional
        Expected c statistic.
    linear_predictor : (float, float), optional
        Mean and standard deviation of the log odds in the validation population, for the calibration slope.
    decision : (float, float, float), optional
        Risk threshold, and the sensitivity and specificity expected there, for net benefit.
    widths : mapping of str to float, optional
        Widths of the 95 per cent intervals: ``ratio`` of observed to expected events (0.2), ``slope`` (0.2), ``auc``
        (0.1) and standardised ``benefit`` (0.2).

    Returns
    -------
    ValidationSize
        What each measure requires, and the largest requirement.

    Raises
    ------
    DataError
        For values outside their range.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.validation_sample_size(0.1, auc=0.8, linear_predictor=(-2.6, 1.2))
    >>> found.needed[0], found.n == max(found.needed)
    (3469, True)
    """
    require_share("prevalence", prevalence)
    width = _widths(widths)
    # exp(z s) - exp(-z s) is the width.
    error = math.asinh(width["ratio"] / 2.0) / Z
    criteria = [f"Observed / expected within a width of {width['ratio']:g}"]
    needed = [math.ceil((1.0 - prevalence) / (prevalence * error**2))]
    if linear_predictor is not None:
        mean, sd = _several("linear_predictor", linear_predictor, 2)
        if sd <= 0.0:
            raise DataError(f"linear_predictor={linear_predictor!r:.60} must be a mean and a positive deviation.")
        own, both, slope = slope_information(mean, sd)
        criteria.append(f"Calibration slope within a width of {width['slope']:g}")
        needed.append(math.ceil(own / ((width["slope"] / (2.0 * Z)) ** 2 * (own * slope - both**2))))
    if auc is not None:
        criteria.append(f"c statistic within a width of {width['auc']:g}")
        needed.append(_size_of_auc(auc, prevalence, width["auc"] / (2.0 * Z)))
    if decision is not None:
        threshold, sensitivity, specificity = _several("decision", decision, 3)
        for name, value in (("threshold", threshold), ("sensitivity", sensitivity), ("specificity", specificity)):
            require_share(f"{name} of decision", value)
        weight = (1.0 - prevalence) / prevalence * threshold / (1.0 - threshold)
        variance = sensitivity * (1.0 - sensitivity) / prevalence
        variance += weight**2 * specificity * (1.0 - specificity) / (1.0 - prevalence)
        variance += weight**2 * (1.0 - specificity) ** 2 / (prevalence * (1.0 - prevalence))
        criteria.append(f"Standardised net benefit at {threshold:g} within a width of {width['benefit']:g}")
        needed.append(math.ceil(variance / (width["benefit"] / (2.0 * Z)) ** 2))
    return ValidationSize(tuple(criteria), tuple(needed), prevalence)


def _widths(given: Mapping[str, float] | None) -> dict[str, float]:
    """Return the widths of all measures."""
    found = WIDTHS | dict(given or {})
    for name, value in found.items():
        if name not in WIDTHS:
            raise DataError(f"widths has {name!r}: its keys are {', '.join(map(repr, WIDTHS))}.")
        if not is_finite_number(value) or value <= 0.0:
            raise DataError(f"widths[{name!r}]={value!r:.60} must be a positive number.")
    return found


def _several(name: str, given: Any, count: int) -> tuple[float, ...]:
    """Return as many numbers as a measure needs."""
    if not isinstance(given, (tuple, list)) or len(given) != count or not all(map(is_finite_number, given)):
        raise DataError(f"{name}={given!r:.60} must be {count} numbers.")
    return tuple(map(float, given))


def _size_of_auc(auc: float, prevalence: float, error: float) -> int:
    """Return the observations with which a c statistic has an error."""
    require_share("auc", auc)

    def excess(log_n: float) -> float:
        return auc_error(auc, math.exp(log_n), prevalence) - error

    return math.ceil(math.exp(brentq(excess, math.log(3.0), math.log(MOST), xtol=1e-12)) - 1e-6)
