r"""Odds ratios: :math:`\exp(u\delta_j)` for a change of u units in column j, with Wald intervals on the log scale.

For two outcomes, :math:`\delta_j` is the coefficient. For several, it is the difference of two outcomes' coefficients,
:math:`\beta_{aj} - \beta_{bj}`. The change then multiplies :math:`p_a / p_b` by the ratio: a relative risk ratio, which
does not depend on the choice of reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.changes import column_changes, ratios_of
from logitkit.inference.delta import Estimates
from logitkit.inference.functions import contrast_functions, function_estimates
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["LimitsOf", "OddsRatios", "odds_ratios"]

LimitsOf = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class OddsRatios:
    """Odds ratios of all columns except the intercept.

    Parameters
    ----------
    outcomes : tuple of str
        For several outcomes or equations, the one of each of the m ratios; otherwise empty.
    against : tuple of str
        If outcomes are compared, the other outcome; otherwise empty.
    terms : tuple of str
        The column that changes.
    units : (m,) array
        Change of the column; nan if it cannot change alone.
    estimate, std_error, low, high, p_value : (m,) array
        Ratio, its standard error by the delta method, its interval, and the p-value of the hypothesis that it is 1.
    level : float
        Confidence level.

    Examples
    --------
    >>> one = np.ones(1)
    >>> OddsRatios(("b",), ("a",), ("x",), one, 2 * one, one, one, 3 * one, one, 0.95).terms
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


def odds_ratios(
    record: FitRecord,
    outcome: int | None = None,
    against: int | None = None,
    units: Mapping[str, float] | None = None,
    level: float | None = None,
    limits: LimitsOf | None = None,
) -> OddsRatios:
    """Return odds ratios with intervals.

    Parameters
    ----------
    record : FitRecord
        The fit.
    outcome : int, optional
        The outcome whose odds are compared. The default is all other outcomes in turn; for two outcomes, the event.
    against : int, optional
        The outcome with which it is compared; by default the reference, or in symmetric form the first outcome.
    units : mapping of str to float, optional
        Changes of variables, named as in the formula; variables that are not named change by 1. In a product, changes
        multiply.
    level : float, optional
        Confidence level; by default that of the fit.
    limits : callable, optional
        Limits of functions of the flat coefficients, (m, p), if they are not Wald limits.

    Returns
    -------
    OddsRatios
        Infinite, zero or missing, without an interval, if separation leaves no finite ratio; missing for columns that
        cannot change alone, such as those of a spline, and for ratios that are too large or too small to represent.

    Raises
    ------
    FormulaError
        If ``units`` names something other than a numeric variable of the model, or a variable whose columns cannot
        change alone.
    DataError
        If a unit is zero or not finite, and for an outcome against itself.
    UnsupportedError
        If exp(coefficient) is not a named ratio.

    Examples
    --------
    The ratio for two units is the square of that for one:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> one, two = odds_ratios(fit.record), odds_ratios(fit.record, units={"x": 2})
    >>> bool(np.isclose(two.estimate[0], one.estimate[0] ** 2))
    True

    The ratio of b against c is that of b against a divided by that of c against a:

    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> both, one = odds_ratios(fit.record), odds_ratios(fit.record, outcome=1, against=2)
    >>> bool(np.isclose(one.estimate[0], both.estimate[0] / both.estimate[1]))
    True
    """
    columns = np.array([j for j, name in enumerate(record.info.names) if name != INTERCEPT], dtype=np.int64)
    change, names = column_changes(record.info, units)[columns], tuple(record.info.names[j] for j in columns)
    require(record, "odds_ratios")
    base = (record.reference or 0) if against is None else against
    if outcome == base and (record.is_single or record.family.words.compares):
        raise DataError(f"The ratio of {record.outcomes[base]!r} against itself is 1; name two outcomes.")
    if not record.family.words.compares:
        if not record.is_single and (outcome is not None or against is not None):
            raise UnsupportedError(
                f"{record.family.words.title}: a ratio compares all higher outcomes with all lower ones, not one "
                "outcome with another. Leave out outcome= and against=."
            )
        turned = base == 1 and record.is_single
        found = coefficient_estimates(record, level)
        return _of_equations(record, found, dict(zip(columns, change, strict=True)), limits, turned=turned)
    compared = [k for k in range(len(record.outcomes)) if k != base] if outcome is None else [outcome]
    functions = np.vstack([contrast_functions(record, k, base, columns) for k in compared])
    first = tuple(record.outcomes[k] for k in compared for _ in names)
    second, terms = (record.outcomes[base],) * len(first), names * len(compared)
    found = function_estimates(record, functions, level)
    found = found if limits is None else _limited(found, functions, limits)
    return _ratios(found, np.tile(change, len(compared)), first, second, terms)


def _limited(found: Estimates, functions: FloatArray, limits: LimitsOf) -> Estimates:
    """Return estimates with limits of another kind."""
    low, high = limits(functions)
    return replace(found, low=low, high=high)


def _of_equations(
    record: FitRecord, table: Estimates, change: Mapping[int, float], limits: LimitsOf | None, *, turned: bool
) -> OddsRatios:
    """Return the ratios of the coefficients of every equation, which are labelled where more than one has some."""
    pairs = ((one.label, zip(one.columns, one.places, strict=True)) for one in record.equations)
    rows = [(label, int(j), int(place)) for label, found in pairs for j, place in found if j in change]
    labels = tuple(label for label, _, _ in rows) if len({label for label, _, _ in rows}) > 1 else ()
    places = np.array([place for _, _, place in rows], dtype=np.int64)
    terms = tuple(record.info.names[j] for _, j, _ in rows)
    found = table.at(places)
    if limits is not None:  # of a wide design the functions are not written out
        found = _limited(found, np.eye(record.coef.size)[places], limits)
    found = _turned(record, found) if turned else found
    return _ratios(found, np.array([change[j] for _, j, _ in rows]), labels, (), terms)


def _turned(record: FitRecord, found: Estimates) -> Estimates:
    """Return estimates for the non-event against the event."""
    require(record, "odds_ratios of the other outcome")
    return replace(found, estimate=-found.estimate, statistic=-found.statistic, low=-found.high, high=-found.low)


def _ratios(
    found: Estimates, change: FloatArray, outcomes: tuple[str, ...], against: tuple[str, ...], terms: tuple[str, ...]
) -> OddsRatios:
    """Return the ratios of estimates of the logarithms of ratios."""
    made = ratios_of(found, change)
    values = (made.estimate, made.std_error, made.low, made.high, found.p_value)
    return OddsRatios(outcomes, against, terms, change, *values, found.level)
