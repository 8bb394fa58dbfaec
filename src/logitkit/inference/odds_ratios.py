r"""Odds ratios: :math:`\exp(u\beta_j)` for a change of u units, with Wald intervals made on the log scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

import numpy as np

from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.inference.wald import coefficient_estimates
from logitkit.record import FitRecord
from logitkit.typing import FloatArray

__all__ = ["OddsRatios", "odds_ratios"]


@dataclass(frozen=True)
class OddsRatios:
    """Odds ratios of all coefficients but the intercept.

    Parameters
    ----------
    terms : tuple of str
        Names of the m coefficients.
    units : (m,) array
        Change in the column that each ratio is for.
    estimate, std_error, low, high, p_value : (m,) array
        Ratio, its standard error by the delta method, its interval, and the p-value that it is 1.
    level : float
        Confidence level.

    Examples
    --------
    >>> one = np.ones(1)
    >>> OddsRatios(("x",), one, 2 * one, one, one, 3 * one, one, 0.95).terms
    ('x',)
    """

    terms: tuple[str, ...]
    units: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    level: float


def odds_ratios(record: FitRecord, units: Mapping[str, float] | None = None, level: float | None = None) -> OddsRatios:
    """Return odds ratios with intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    units : mapping of str to float, optional
        Change in a column, by the coefficient's name; 1 for those not named.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    OddsRatios
        Infinite or zero ratios for separated coefficients, without interval.

    Raises
    ------
    FormulaError
        If ``units`` names no coefficient.
    DataError
        If a unit is zero or not finite.

    Examples
    --------
    The ratio for two units is the square of that for one:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> one, two = odds_ratios(fit.record), odds_ratios(fit.record, {"x": 2})
    >>> bool(np.isclose(two.estimate[0], one.estimate[0] ** 2))
    True
    """
    table = coefficient_estimates(record, level)
    change = np.ones(len(record.names))
    if units is not None and not isinstance(units, Mapping):
        raise DataError(f"units is a {type(units).__name__}; give a dict of names and numbers, such as {{'age': 10}}.")
    for name, value in (units or {}).items():
        if name not in record.names or name == "Intercept":
            raise FormulaError(f"units names {name!r}, which is no coefficient. {nearest_name(name, record.names)}")
        if not isinstance(value, Real) or not np.isfinite(value) or value == 0.0:
            raise DataError(f"units[{name!r}] = {value!r}; a change of units is a finite number other than 0.")
        change[record.names.index(name)] = value
    keep = np.array([j for j, name in enumerate(record.names) if name != "Intercept"], dtype=np.int64)
    change = change[keep]
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = np.exp(change * table.estimate[keep])
        ends = np.exp(np.stack([change * table.low[keep], change * table.high[keep]]))
        std_error = ratio * np.abs(change) * table.std_error[keep]
    return OddsRatios(
        tuple(record.names[j] for j in keep),
        change,
        ratio,
        std_error,
        ends.min(axis=0),
        ends.max(axis=0),
        table.p_value[keep],
        table.level,
    )
