"""Coefficients of larger changes than one unit: their rows, their labels, and which units to propose.

A coefficient per unit of money is too small to be read. With a unit u the row holds u times the coefficient, its error
and its limits; z and p-value stay, and the label says "per u".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.design.labels import step_text
from logitkit.engine.record import FitRecord
from logitkit.errors import FormulaError
from logitkit.inference.changes import column_changes, without_ratio
from logitkit.inference.delta import Estimates
from logitkit.models.words import Ratio
from logitkit.report.wording import name_list
from logitkit.typing import FloatArray, IntArray, Unit

__all__ = ["changes_of", "grouped_unit_note", "per_unit", "read_units", "unit_labels", "unit_note"]

SMALL = 5e-4  # a coefficient and an error below it are a change of the odds by less than 0.05%
LARGE, SPREAD = 20.0, 0.1  # a coefficient above it is no odds ratio to print; deviations that a unit is far beyond
INVERTED_MOST = 200  # coefficients whose information is computed for a proposal
PROPOSED_MOST = 6  # units that a note writes out
SPREAD_WORDS: dict[str, Unit] = {"sd": "sd", "iqr": "iqr"}
READABLE = 0.03  # size of the effect that a unit is proposed for where the deviation of its column is not known


def changes_of(info: DesignInfo, units: Mapping[str, float] | None) -> FloatArray:
    """Return the change of each column.

    Examples
    --------
    >>> import logitkit as lk
    >>> info = lk.logit("low ~ age + smoke", lk.datasets.load_lbw()).record.info
    >>> changes_of(info, {"age": 10}).tolist()
    [1.0, 10.0, 1.0]
    """
    if not units:
        return np.ones(len(info.names))
    changes = column_changes(info, units)
    return np.where(np.isnan(changes), 1.0, changes)


def per_unit(found: Estimates, changes: FloatArray) -> Estimates:
    """Return estimates of larger changes.

    Examples
    --------
    >>> from logitkit.inference.delta import wald_estimates
    >>> one = wald_estimates(np.array([0.1]), np.array([0.04]), 0.95)
    >>> ten = per_unit(one, np.array([-10.0]))
    >>> float(ten.std_error[0]), bool(ten.low[0] == -10 * one.high[0]), bool(ten.statistic[0] == -one.statistic[0])
    (0.4, True, True)
    """
    low, high = changes * found.low, changes * found.high
    turned = changes < 0.0
    return Estimates(
        changes * found.estimate,
        np.abs(changes) * found.std_error,
        np.sign(changes) * found.statistic,
        found.p_value,
        np.where(turned, high, low),
        np.where(turned, low, high),
        found.level,
    )


def unit_labels(names: Sequence[str], changes: FloatArray) -> list[str]:
    """Return names with their units.

    Examples
    --------
    >>> unit_labels(["age", "balance"], np.array([1.0, 1e5]))
    ['age', 'balance (per 100,000)']
    """
    return [
        name if change == 1.0 else f"{name} (per {step_text(change)})"
        for name, change in zip(names, changes, strict=True)
    ]


def unit_note(record: FitRecord, found: Estimates, changes: FloatArray) -> Iterator[str]:
    """Propose units for columns whose coefficients are too small to be read, or whose unit is far beyond the data."""
    ratio = record.family.words.ratio
    verbs = "fit.plot.coefficients and fit.report" if ratio is None else ratio.verbs
    sizes = _sizes(found.estimate, found.std_error, record.predictors.columns, len(record.info.names))
    units = _proposed(record.info, sizes, changes, lambda: _deviations(record))
    if units:
        yield f"{_small_words(units, ratio)} fit.summary(units={_mapping(units)}); {verbs} take units too."
    fine = _finer(record, found, changes)
    if fine:
        verb = "is" if len(fine) == 1 else "are each"
        yield (
            f"One unit of {name_list(list(fine))} {verb} far more than the data range over. For smaller changes: "
            f"fit.summary(units={_mapping(fine)}); {verbs} take units too."
        )


def grouped_unit_note(
    info: DesignInfo, estimate: FloatArray, std_error: FloatArray, changes: FloatArray, ratio: Ratio | None
) -> Iterator[str]:
    """Propose units for columns whose coefficients are too small to be read in every group."""
    p = len(info.names)
    unknown = np.full(p, np.nan)
    sizes = _sizes(estimate, std_error, np.tile(np.arange(p), estimate.size // p), p)
    units = _proposed(info, sizes, changes, lambda: unknown)
    if units:
        yield f"{_small_words(units, ratio)} fits.summary(units={_mapping(units)})."


def read_units(words: Sequence[str]) -> dict[str, Unit]:
    """Read units as they are written on a command line.

    Examples
    --------
    >>> read_units(["balance=10000", "age=10"])
    {'balance': 10000.0, 'age': 10.0}
    """
    units: dict[str, Unit] = {}
    for word in words:
        name, equals, number = word.rpartition("=")
        try:
            units[name.strip()] = SPREAD_WORDS[number] if number in SPREAD_WORDS else float(number)
        except ValueError:
            equals = ""
        if not equals or not name.strip():
            raise FormulaError(f"--units {word!r} is not NAME=NUMBER, such as balance=10000, or NAME=sd, NAME=iqr.")
    return units


def _sizes(estimate: FloatArray, std_error: FloatArray, columns: IntArray, p: int) -> FloatArray:
    """Return the largest finite coefficient or error of each of p columns."""
    sizes = np.fmax(np.abs(estimate), std_error).reshape(-1)
    largest = np.zeros(p)
    np.maximum.at(largest, columns, np.where(np.isfinite(sizes), sizes, 0.0))
    return largest


def _proposed(
    info: DesignInfo, sizes: FloatArray, changes: FloatArray, deviations: Callable[[], FloatArray]
) -> dict[str, float]:
    """Return units for the columns that are too small to be read: the power of ten nearest their deviation."""
    small = (sizes > 0.0) & (sizes < SMALL) & (changes == 1.0) & ~without_ratio(info)
    # Powers, products and levels follow from the columns that they are made of.
    names = info.names
    columns = [j for j in np.flatnonzero(small) if names[j] != INTERCEPT and not set(names[j]) & set(":([")]
    if not columns:
        return {}
    spread = deviations()
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.round(np.log10(np.where(np.isnan(spread), READABLE / sizes, spread)))
    return {names[j]: float(10.0 ** powers[j]) for j in columns if 1 <= powers[j] <= 15}


def _finer(record: FitRecord, found: Estimates, changes: FloatArray) -> dict[str, float]:
    """Return units for columns of a deviation below one tenth whose coefficients are too large to be read."""
    info, p = record.info, len(record.info.names)
    sizes = np.zeros(p)
    known = np.where(np.isfinite(found.estimate), np.abs(found.estimate), 0.0)
    np.maximum.at(sizes, record.predictors.columns, known)
    large = (sizes > LARGE) & (changes == 1.0) & ~without_ratio(info)
    columns = [j for j in np.flatnonzero(large) if info.names[j] != INTERCEPT and not set(info.names[j]) & set(":([")]
    if not columns or record.is_separated:
        return {}
    spread = _deviations(record)
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.round(np.log10(spread))
    return {info.names[j]: float(10.0 ** powers[j]) for j in columns if spread[j] < SPREAD and powers[j] >= -15}


def _small_words(units: Mapping[str, float], ratio: Ratio | None) -> str:
    effect = f"the {ratio.of} by less than 0.05%" if ratio is not None else f"the linear predictor by less than {SMALL}"
    names = name_list(list(units))
    if len(units) == 1:
        return f"One unit of {names} changes {effect}. For larger changes:"
    return f"One unit of any of these columns changes {effect}: {names}. For larger changes:"


def _mapping(units: Mapping[str, float]) -> str:
    listed = [
        f"{name!r}: {unit:.0f}" if unit >= 1.0 else f"{name!r}: {unit:g}"
        for name, unit in list(units.items())[:PROPOSED_MOST]
    ]
    return f"{{{', '.join(listed)}{', ...' if len(units) > len(listed) else ''}}}"


def _deviations(record: FitRecord) -> FloatArray:
    """Return standard deviations of the columns, nan where they are not known.

    After a penalty that standardises they are its scale. Else they follow from the information of each column's first
    coefficient, ``sum w x x'``, whose weights w are those of the iterations: near enough for a power of ten, and kept
    in a record that has no rows.
    """
    p, intercept = len(record.info.names), record.info.intercept
    unknown = np.full(p, np.nan)
    if record.penalty is not None:
        scale = record.penalty.scale
        return unknown if scale.size < p else np.where(scale[-p:] == 1.0, np.nan, scale[-p:])
    if intercept is None or record.coef.size > INVERTED_MOST:
        return unknown
    vcov = record.model_vcov
    known = np.flatnonzero(np.diag(vcov) > 0.0)
    root = np.sqrt(np.diag(vcov)[known])
    try:
        information = np.linalg.inv(vcov[np.ix_(known, known)] / np.outer(root, root)) / np.outer(root, root)
    except np.linalg.LinAlgError:
        return unknown
    columns = record.predictors.columns[known]
    first = np.unique(columns, return_index=True)[1]
    if intercept not in columns[first]:
        return unknown
    own = first[columns[first] == intercept][0]
    with np.errstate(invalid="ignore"):
        shares = information[first, own] / information[own, own]
        variances = np.diag(information)[first] / information[own, own] - shares**2
        unknown[columns[first]] = np.where(variances > 0.0, np.sqrt(variances), np.nan)
    return unknown
