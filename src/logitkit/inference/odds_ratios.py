r"""Odds ratios: :math:`\exp(u\beta_j)` for a change of u units, with Wald intervals made on the log scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.inference.changes import column_changes, ratios_of
from logitkit.inference.wald import coefficient_estimates
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
        Change in the column that each ratio is for; nan where the column cannot change alone.
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
        Change of a variable, as it stands in the formula; 1 for those not named. In a product changes multiply.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    OddsRatios
        Infinite or zero ratios for separated coefficients, without interval; missing for columns that cannot change
        alone, such as those of a spline, and for ratios that are too large or too small for a number.

    Raises
    ------
    FormulaError
        If ``units`` names what is no numeric variable of the model, or one whose columns cannot change alone.
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
    keep = np.array([j for j, name in enumerate(record.names) if name != INTERCEPT], dtype=np.int64)
    change = column_changes(record.info, units)[keep]
    table = coefficient_estimates(record, level).at(keep)
    found = ratios_of(table, change)
    terms = tuple(record.names[j] for j in keep)
    ends = (found.low, found.high)
    return OddsRatios(terms, change, found.estimate, found.std_error, *ends, table.p_value, table.level)
