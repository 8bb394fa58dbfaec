r"""Sample size for developing a multinomial model: the criteria of Pate and others.

For K outcomes with proportions :math:`\phi_k` and p parameters per equation, the criteria are:

1. a shrinkage factor of at least S in each of the K (K - 1) / 2 logistic models of two outcomes, of which the pair j, k
   has :math:`n_{jk} = p / \{(S - 1) \ln(1 - R^2_{jk} / S)\}` observations, a proportion :math:`\phi_j + \phi_k` of all;
2. an optimism of Nagelkerke's :math:`R^2` of the whole model of at most :math:`\delta`: with (K - 1) p parameters,
   :math:`n = (K - 1) p / \{(S_\delta - 1) \ln(1 - R^2 / S_\delta)\}`, where
   :math:`S_\delta = R^2 / (R^2 + \delta R^2_{max})` and :math:`R^2_{max} = 1 - \prod_k \phi_k^{2 \phi_k}`;
3. all K proportions within a margin m, by intervals that hold together (Bonferroni): :math:`n = \max_k
   \chi^2_{1, 1 - 0.05 / K}\, \phi_k (1 - \phi_k) / m^2`.

The sample size is the largest of these.

References
----------
Pate, A. and others (2023) Minimum sample size for developing a multivariable prediction model using multinomial
logistic regression. Statistical Methods in Medical Research 32, 555-571.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from scipy.special import ndtri

from logitkit.errors import DataError
from logitkit.inference.planning.checks import require_count, require_share
from logitkit.inference.planning.development import largest_r_squared, r_squared_of_auc, shrunken_size
from logitkit.options import is_finite_number

__all__ = ["SeveralSize", "several_size"]

Pair = tuple[str, str]
SUM_OFF = 1e-6  # proportions that are written with some digits
TYPICAL = 0.15  # of the largest Cox-Snell coefficient, where nothing is known (Riley and others 2020)


@dataclass(frozen=True)
class SeveralSize:
    """The sample size that each criterion requires, for K outcomes.

    Parameters
    ----------
    criteria : tuple of str
        The criteria, in words.
    needed : tuple of int
        Observations that each criterion requires; the sample size is the largest.
    n_parameters : int
        Number of candidate parameters per equation, without the intercept.
    proportions : mapping of str to float
        Proportions of the K outcomes.
    pairs : tuple of (str, str)
        The pairs of outcomes.
    pair_r_squared : tuple of float
        Cox-Snell coefficient of the logistic model of each pair.
    pair_needed : tuple of int
        Total number of observations, over all outcomes, that each pair requires.
    r_squared, r_squared_most : float
        Cox-Snell coefficient of the whole model, and the largest value that it can have.
    notes : tuple of str
        Notes on what was assumed.

    Examples
    --------
    >>> found = several_size(10, {"a": 0.5, "b": 0.3, "c": 0.2}, auc=0.8)
    >>> found.n, [round(n) for n in found.pair_needed]
    (607, [388, 503, 607])
    """

    criteria: tuple[str, ...]
    needed: tuple[int, ...]
    n_parameters: int
    proportions: Mapping[str, float]
    pairs: tuple[Pair, ...]
    pair_r_squared: tuple[float, ...]
    pair_needed: tuple[int, ...]
    r_squared: float
    r_squared_most: float
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """The number of observations that satisfies all criteria."""
        return max(self.needed)


def several_size(
    n_parameters: int,
    proportions: Mapping[str, float],
    *,
    auc: float | Mapping[Pair, float] | None = None,
    pair_r_squared: float | Mapping[Pair, float] | None = None,
    r_squared: float | None = None,
    shrinkage: float = 0.9,
    optimism: float = 0.05,
    margin: float = 0.05,
) -> SeveralSize:
    """Return the sample size for developing a multinomial model (Pate and others 2023).

    Parameters
    ----------
    n_parameters : int
        Number of candidate parameters per equation, without the intercept; include all parameters that variable
        selection considers.
    proportions : mapping of str to float
        Proportions of at least three outcomes, which sum to 1.
    auc, pair_r_squared : float or mapping of (str, str) to float, optional
        Expected c statistic, or expected Cox-Snell coefficient, of the logistic model of each pair of outcomes; a
        single number applies to all pairs. Give one of the two.
    r_squared : float, optional
        Expected Cox-Snell coefficient of the whole model; by default 15 per cent of its largest value.
    shrinkage : float, default 0.9
        Smallest acceptable shrinkage factor of the model of a pair.
    optimism : float, default 0.05
        Largest acceptable optimism of Nagelkerke's coefficient.
    margin : float, default 0.05
        Half-width of the simultaneous 95 per cent intervals of the proportions.

    Returns
    -------
    SeveralSize
        What each criterion and each pair requires, and the largest requirement.

    Raises
    ------
    DataError
        For values outside their range, missing or unknown pairs, and proportions that do not sum to 1.

    Examples
    --------
    >>> import logitkit as lk
    >>> shares = {"benign": 0.66, "borderline": 0.06, "malignant": 0.28}
    >>> found = lk.multinomial_sample_size(12, shares, auc=0.85)
    >>> found.pairs[found.pair_needed.index(found.n)]
    ('borderline', 'malignant')
    """
    require_count("n_parameters", n_parameters)
    for name, value in (("shrinkage", shrinkage), ("optimism", optimism), ("margin", margin)):
        require_share(name, value)
    phi = _proportions(proportions)
    if (auc is None) == (pair_r_squared is None):
        raise DataError(
            "Give auc=, c statistics of pairs of outcomes, or pair_r_squared=, Cox and Snell's: one of them."
        )
    pairs = tuple(combinations(phi, 2))
    given = _by_pair("auc", auc, pairs) if auc is not None else _by_pair("pair_r_squared", pair_r_squared, pairs)
    coefficients, needed = [], []
    for (one, other), value in zip(pairs, given, strict=True):
        both = phi[one] + phi[other]
        found = value if auc is None else r_squared_of_auc(value, phi[one] / both)
        _require_possible(f"of {one!r} and {other!r}", found, largest_r_squared(phi[one] / both), shrinkage)
        coefficients.append(found)
        needed.append(math.ceil(shrunken_size(n_parameters, found, shrinkage) / both))
    most = -math.expm1(2.0 * sum(share * math.log(share) for share in phi.values()))
    notes: tuple[str, ...] = ()
    if r_squared is None:
        r_squared = TYPICAL * most
        notes = (f"Cox and Snell's coefficient of the whole model was taken as {TYPICAL:.0%} of the largest.",)
    _require_possible("of the whole model", r_squared, most, 1.0)
    slope = r_squared / (r_squared + optimism * most)
    equations = (len(phi) - 1) * n_parameters
    z = float(ndtri(1.0 - 0.025 / len(phi)))
    third = max(z**2 * share * (1.0 - share) / margin**2 for share in phi.values())
    return SeveralSize(
        criteria=(
            f"Shrinkage factor of every pair of at least {shrinkage:g}",
            f"Optimism of Nagelkerke's R2 at most {optimism:g}",
            f"All proportions within {margin:g}",
        ),
        needed=(max(needed), math.ceil(shrunken_size(equations, r_squared, slope)), math.ceil(third)),
        n_parameters=n_parameters,
        proportions=phi,
        pairs=pairs,
        pair_r_squared=tuple(coefficients),
        pair_needed=tuple(needed),
        r_squared=r_squared,
        r_squared_most=most,
        notes=notes,
    )


def _proportions(given: Any) -> dict[str, float]:
    """Return the proportions of the outcomes, or refuse what are none."""
    if not isinstance(given, Mapping) or len(given) < 3:
        raise DataError(
            f"proportions={given!r:.60}: give the proportion of each of at least three outcomes by its name; of an "
            "event there is lk.sample_size."
        )
    for name, value in given.items():
        require_share(f"proportions[{name!r}]", value)
    if abs(sum(given.values()) - 1.0) > SUM_OFF:
        raise DataError(f"The proportions sum to {sum(given.values()):.6g}, and have to sum to 1.")
    return {str(name): float(value) for name, value in given.items()}


def _by_pair(name: str, given: Any, pairs: tuple[Pair, ...]) -> list[float]:
    """Return a number for each pair of outcomes, whichever of the two was written first."""
    if not isinstance(given, Mapping):
        require_share(name, given)
        return [float(given)] * len(pairs)
    left = dict(given)
    found = []
    for one, other in pairs:
        value = left.pop((one, other), left.pop((other, one), None))
        if value is None:
            raise DataError(f"{name} says nothing of the pair {(one, other)}.")
        require_share(f"{name}[{(one, other)}]", value)
        found.append(float(value))
    if left:
        raise DataError(f"{name} has {next(iter(left))!r}, which is no pair of outcomes, or one that was given twice.")
    return found


def _require_possible(whose: str, value: Any, most: float, below: float) -> None:
    """Refuse a Cox-Snell coefficient that cannot be."""
    if not is_finite_number(value) or not 0.0 < value < min(most, below):
        raise DataError(
            f"Cox and Snell's coefficient {whose} is {value!r:.60}, and must be above 0 and below "
            f"{min(most, below):.4g}. Of Nagelkerke's, multiply by {most:.4g}."
        )
