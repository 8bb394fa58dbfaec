r"""Sample size for developing a prediction model: the criteria of Riley and others.

For p candidate parameters, prevalence :math:`\phi` and an expected Cox-Snell coefficient of determination :math:`R^2`,
the criteria are:

1. a shrinkage factor of at least S, :math:`n = p / \{(S - 1) \ln(1 - R^2 / S)\}`;
2. an optimism of Nagelkerke's :math:`R^2` of at most :math:`\delta`: the same with
   :math:`S = R^2 / (R^2 + \delta R^2_{max})`, where :math:`R^2_{max} = 1 - \{\phi^\phi (1 - \phi)^{1 - \phi}\}^2`;
3. the overall risk within a margin m of the truth, :math:`n = (z / m)^2 \phi (1 - \phi)`;
4. a mean absolute error of the probabilities, by the regression of van Smeden and others (2019) on simulations with at
   most 30 parameters: :math:`\ln \mathrm{MAPE} = -0.508 - 0.544 \ln n + 0.259 \ln\phi + 0.504 \ln p`.

The sample size is the largest of these. If a c statistic is given instead of :math:`R^2`, the linear predictor is
assumed normal with equal variances among events and non-events, :math:`N(\sqrt{2}\, \Phi^{-1}(c), 1)` and :math:`N(0,
1)` (Riley and others 2021); :math:`R^2 = 1 - \exp\{-2\, E(\ell - \ell_0)\}` is then an integral.

References
----------
Riley, R. D. and others (2019) Minimum sample size for developing a multivariable prediction model: part II, binary and
time-to-event outcomes. Statistics in Medicine 38, 1276-1296.
Riley, R. D. and others (2020) Calculating the sample size required for developing a clinical prediction model. BMJ 368,
m441.
Riley, R. D., Van Calster, B. and Collins, G. S. (2021) A note on estimating the Cox-Snell R2 from a reported C
statistic. Statistics in Medicine 40, 859-864.
van Smeden, M. and others (2019) Sample size for binary logistic prediction models: beyond events per variable
criteria. Statistical Methods in Medical Research 28, 2455-2474.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from logitkit.errors import DataError
from logitkit.inference.planning.checks import require_count, require_share

__all__ = ["DevelopmentSize", "development_size", "largest_r_squared", "r_squared_of_auc", "shrunken_size"]

PARAMETERS_MOST = 30  # of the simulations behind the fourth criterion


@dataclass(frozen=True)
class DevelopmentSize:
    """The sample size that each criterion requires.

    Parameters
    ----------
    criteria : tuple of str
        The criteria, in words.
    needed : tuple of int
        Observations that each criterion requires; the sample size is the largest.
    n_parameters : int
        Number of candidate parameters, without the intercept.
    prevalence, r_squared, r_squared_most : float
        Proportion of events, the Cox-Snell coefficient, and the largest value that it can have.
    auc : float or None
        The c statistic from which the coefficient was derived.
    notes : tuple of str
        Notes on criteria that were left out.

    Examples
    --------
    >>> found = development_size(24, 0.174, r_squared=0.288)
    >>> found.needed, found.n, found.events
    ((623, 662, 221), 662, 116)
    """

    criteria: tuple[str, ...]
    needed: tuple[int, ...]
    n_parameters: int
    prevalence: float
    r_squared: float
    r_squared_most: float
    auc: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """The number of observations that satisfies all criteria."""
        return max(self.needed)

    @property
    def events(self) -> int:
        """Expected number of events among ``n`` observations, rounded up."""
        return math.ceil(self.n * self.prevalence)

    @property
    def events_per_parameter(self) -> float:
        """Events per candidate parameter."""
        return self.n * self.prevalence / self.n_parameters


def largest_r_squared(prevalence: float) -> float:
    """Return the largest possible Cox-Snell coefficient of determination.

    Parameters
    ----------
    prevalence : float
        Proportion of events.

    Returns
    -------
    float
        The coefficient; 0.75 if half of the observations are events.

    Examples
    --------
    >>> largest_r_squared(0.5)
    0.75
    """
    entropy = prevalence * math.log(prevalence) + (1.0 - prevalence) * math.log1p(-prevalence)
    return -math.expm1(2.0 * entropy)


def r_squared_of_auc(auc: float, prevalence: float) -> float:
    """Return the Cox-Snell coefficient of a model with a normal linear predictor and a given c statistic.

    Parameters
    ----------
    auc : float
        The c statistic, above 0.5 and below 1.
    prevalence : float
        Proportion of events.

    Returns
    -------
    float
        The coefficient in the population.

    Examples
    --------
    >>> round(r_squared_of_auc(0.89, 0.174), 3)
    0.291
    """
    if not 0.5 < auc < 1.0:
        raise DataError(f"auc={auc!r} must be above 0.5 and below 1.")
    distance = math.sqrt(2.0) * float(ndtri(auc))
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    centre = math.log(prevalence / (1.0 - prevalence)) - 0.5 * distance**2
    # ln P of the outcome that occurs, of events and of others.
    of_events = -np.logaddexp(0.0, -(centre + distance * (nodes + distance)))
    of_others = -np.logaddexp(0.0, centre + distance * nodes)
    model = prevalence * float(weights @ of_events) + (1.0 - prevalence) * float(weights @ of_others)
    null = prevalence * math.log(prevalence) + (1.0 - prevalence) * math.log1p(-prevalence)
    return -math.expm1(-2.0 * (model - null))


def shrunken_size(n_parameters: int, r_squared: float, shrinkage: float) -> float:
    """Return the sample size at which the expected shrinkage factor has a given value.

    Parameters
    ----------
    n_parameters : int
        Number of candidate parameters.
    r_squared : float
        Expected Cox-Snell coefficient of determination.
    shrinkage : float
        The shrinkage factor, above ``r_squared`` and below 1.

    Returns
    -------
    float
        Sample size by equation 1 of the page on planning, not rounded.

    Examples
    --------
    >>> round(shrunken_size(24, 0.288, 0.9), 1)
    622.3
    """
    return n_parameters / ((shrinkage - 1.0) * math.log1p(-r_squared / shrinkage))


def development_size(
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
    """Return the sample size for developing a prediction model (Riley and others 2020).

    Parameters
    ----------
    n_parameters : int
        Number of candidate parameters, without the intercept; include all parameters that variable selection considers.
    prevalence : float
        Proportion of events.
    r_squared, auc : float, optional
        Expected Cox-Snell coefficient of the model, or its expected c statistic; give one of them.
    shrinkage : float, default 0.9
        Smallest acceptable shrinkage factor, for criterion 1.
    optimism : float, default 0.05
        Largest acceptable optimism of Nagelkerke's coefficient, for criterion 2.
    margin : float, default 0.05
        Half-width of the 95 per cent interval of the overall risk, for criterion 3.
    error : float, optional
        Mean absolute error of the probabilities, for criterion 4, a rule for at most 30 parameters. The criterion is
        left out if this is not given.

    Returns
    -------
    DevelopmentSize
        What each criterion requires, and the largest requirement.

    Raises
    ------
    DataError
        For values outside their range.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.sample_size(24, 0.174, r_squared=0.288).n
    662
    """
    require_count("n_parameters", n_parameters)
    for name, value in (
        ("prevalence", prevalence),
        ("shrinkage", shrinkage),
        ("optimism", optimism),
        ("margin", margin),
    ):
        require_share(name, value)
    if (r_squared is None) == (auc is None):
        raise DataError("Give r_squared=, Cox and Snell's, or auc=, the c statistic: one of them.")
    found = r_squared_of_auc(auc, prevalence) if auc is not None else float(r_squared or 0.0)
    most = largest_r_squared(prevalence)
    if not 0.0 < found < most:
        raise DataError(
            f"r_squared={found:g} must be above 0 and below {most:.4g}, the largest of Cox and Snell's coefficient at "
            f"a prevalence of {prevalence:g}. Of Nagelkerke's, multiply by that."
        )
    if found >= shrinkage:
        raise DataError(f"r_squared={found:g} must be below shrinkage={shrinkage:g}.")
    second = found / (found + optimism * most)

    criteria = [f"Shrinkage factor of at least {shrinkage:g}", f"Optimism of Nagelkerke's R2 at most {optimism:g}"]
    needed = [math.ceil(shrunken_size(n_parameters, found, factor)) for factor in (shrinkage, second)]
    criteria.append(f"Overall risk within {margin:g}")
    needed.append(math.ceil((-float(ndtri(0.025)) / margin) ** 2 * prevalence * (1.0 - prevalence)))
    notes: tuple[str, ...] = ()
    if error is not None and n_parameters <= PARAMETERS_MOST:
        require_share("error", error)
        exponent = -0.508 + 0.259 * math.log(prevalence) + 0.504 * math.log(n_parameters) - math.log(error)
        criteria.append(f"Mean absolute error of probabilities at most {error:g}")
        needed.append(math.ceil(math.exp(exponent / 0.544)))
    elif error is not None:
        notes = (f"The mean absolute error was left out: its rule is of at most {PARAMETERS_MOST} parameters.",)
    return DevelopmentSize(tuple(criteria), tuple(needed), n_parameters, prevalence, found, most, auc, notes)
