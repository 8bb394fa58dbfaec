r"""Relative risk ratios: by what factor a change of u units multiplies :math:`p_a / p_b`.

:math:`\exp(u(\beta_{aj} - \beta_{bj}))`, with Wald intervals made on the log scale. They do not depend on which outcome
is the reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.changes import column_changes, ratios_of
from logitkit.inference.functions import function_estimates
from logitkit.typing import FloatArray, IntArray

__all__ = ["RiskRatios", "contrast_functions", "risk_ratios"]


@dataclass(frozen=True)
class RiskRatios:
    """Relative risk ratios of all terms but the intercept.

    Parameters
    ----------
    outcomes, against : tuple of str
        The two outcomes of each of the m ratios.
    terms : tuple of str
        Column that changes.
    units : (m,) array
        By how much it changes; nan where it cannot change alone.
    estimate, std_error, low, high, p_value : (m,) array
        Ratio, its standard error by the delta method, its interval, and the p-value that it is 1.
    level : float
        Confidence level.

    Examples
    --------
    >>> one = np.ones(1)
    >>> RiskRatios(("b",), ("a",), ("x",), one, 2 * one, one, one, 3 * one, one, 0.95).terms
    ('x',)
    """

    outcomes: tuple[str, ...]
    against: tuple[str, ...]
    terms: tuple[str, ...]
    units: FloatArray
    estimate: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    p_value: FloatArray
    level: float


def risk_ratios(
    record: FitRecord,
    outcome: int | None = None,
    against: int | None = None,
    units: Mapping[str, float] | None = None,
    level: float | None = None,
) -> RiskRatios:
    """Return relative risk ratios with intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    outcome : int, optional
        Whose risk; all other outcomes by default.
    against : int, optional
        Relative to which; the reference by default, the first outcome in symmetric form.
    units : mapping of str to float, optional
        Change of a variable, as it stands in the formula; 1 for those not named. In a product changes multiply.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    RiskRatios
        Infinite, zero or missing where separation leaves no finite ratio; missing for columns that cannot change alone,
        such as those of a spline.

    Raises
    ------
    FormulaError, DataError
        For units of an unknown column, or that are zero; for an outcome against itself.

    Examples
    --------
    The ratio of b against c is that of b against a over that of c against a:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> both, one = risk_ratios(fit.record), risk_ratios(fit.record, outcome=1, against=2)
    >>> bool(np.isclose(one.estimate[0], both.estimate[0] / both.estimate[1]))
    True
    """
    base = (record.reference or 0) if against is None else against
    if outcome == base:
        raise DataError(f"The ratio of {record.outcomes[base]!r} against itself is 1; name two outcomes.")
    compared = [k for k in range(len(record.outcomes)) if k != base] if outcome is None else [outcome]
    columns = np.array([j for j, name in enumerate(record.info.names) if name != INTERCEPT], dtype=np.int64)
    change = column_changes(record.info, units)[columns]
    functions = np.vstack([contrast_functions(record, k, base, columns) for k in compared])
    found = function_estimates(record, functions, level)
    change = np.tile(change, len(compared))
    ratios = ratios_of(found, change)
    names = [record.info.names[j] for j in columns]
    return RiskRatios(
        tuple(record.outcomes[k] for k in compared for _ in names),
        (record.outcomes[base],) * len(change),
        tuple(names * len(compared)),
        change,
        ratios.estimate,
        ratios.std_error,
        ratios.low,
        ratios.high,
        found.p_value,
        found.level,
    )


def contrast_functions(record: FitRecord, first: int, second: int, columns: IntArray) -> FloatArray:
    """Return the differences of two outcomes' coefficients as functions of the flat coefficients.

    Parameters
    ----------
    record : FitRecord
        The fit.
    first, second : int
        Outcomes; the reference has coefficients of zero.
    columns : (c,) int array
        Columns of the design.

    Returns
    -------
    (c, m p) array
        A row a column.

    Examples
    --------
    The slope of b less that of c, where a is the reference:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> contrast_functions(fit.record, 1, 2, np.array([1])).tolist()
    [[0.0, 1.0, 0.0, -1.0]]
    """
    p = record.predictors.n_columns
    out = np.zeros((columns.size, record.predictors.n_flat))
    here = np.arange(columns.size)
    for outcome, sign in ((first, 1.0), (second, -1.0)):
        place = np.flatnonzero(record.predictors.active == outcome)
        if place.size:
            out[here, place[0] * p + columns] = sign
    return out
