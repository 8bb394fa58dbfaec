r"""Each part of a penalty, as stated in words, as arrays of the columns of a design at strength 1.

What is stated for standardised columns has its strengths as they are; what is stated for the columns as given has them
divided by the scale (``docs/maths/penalties.md``, equations 1 to 8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.formula.named import as_numbers, columns_named, numbers_named
from logitkit.design.info import DesignInfo
from logitkit.errors import DataError
from logitkit.models.penalties.bounds import Bounds
from logitkit.models.penalties.elastic_net import AdaptiveLasso, ElasticNet
from logitkit.models.penalties.group_lasso import GroupLasso
from logitkit.models.penalties.penalty import Groups, Penalty, no_penalty
from logitkit.models.penalties.prior import GaussianPrior
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["ONE", "adaptive_lasso", "bounds_of", "elastic_net", "groups_of", "prior_of"]

ONE = ("",)  # labels of the only linear predictor of two outcomes


def _relative(part: ElasticNet, info: DesignInfo, among: Mapping[str, IntArray] | None = None) -> FloatArray:
    """Return the relative strength of each coefficient: 1, 0 where kept and for the intercept."""
    out = np.ones(len(info.names))
    emptied = set(part.groups or ()) if isinstance(part, GroupLasso) else set()  # all of whose terms are kept
    for name, value in (part.relative or {}).items():
        if name in emptied and name not in (among or {}):
            continue
        columns = among[name] if among and name in among else columns_named([name], info, "relative")
        out[columns] = value
    if part.keep is not None:
        out[columns_named(part.keep, info, "keep")] = 0.0
    if info.intercept is not None:
        out[info.intercept] = 0.0
    return out


def elastic_net(part: ElasticNet, info: DesignInfo, scale: FloatArray, total: float, unsaid: BoolArray) -> Penalty:
    """Return the penalty of scaled coefficients at strength 1; columns of which it says nothing are in no group."""
    p = len(info.names)
    groups = groups_of(part, info, unsaid) if isinstance(part, GroupLasso) else None
    relative = total * _relative(part, info, groups)
    units = np.ones(p) if part.standardize else scale
    none = no_penalty(p)
    if groups is not None:
        if not part.standardize and any(np.ptp(scale[columns]) > 0.0 for columns in groups.values()):
            raise DataError("Group lassos of standardised columns and of columns as given cannot share a column.")
        codes, strengths = np.full(p, -1, dtype=np.int64), np.zeros(len(groups))
        for number, columns in enumerate(groups.values()):
            codes[columns] = number
            strengths[number] = (
                (1.0 - part.l1_ratio) * math.sqrt(columns.size) * relative[columns].max() / units[columns[0]]
            )
            if np.ptp(relative[columns]) > 0.0:
                raise DataError(
                    "The columns of a group share one relative strength; give it under the name of the group."
                )
        # The length of one coefficient is its absolute value.
        single = np.array([columns.size == 1 for columns in groups.values()], dtype=bool)
        alone = np.where(np.r_[single, False][codes], np.r_[strengths, 0.0][codes], 0.0)
        strengths[single] = 0.0
        codes = np.where(np.r_[strengths, 0.0][codes] > 0.0, codes, -1)
        kept = np.flatnonzero(strengths > 0.0)
        place = np.full(strengths.size + 1, -1)
        place[kept] = np.arange(kept.size)
        return replace(
            none,
            l1=part.l1_ratio * relative / units + alone,
            groups=Groups(place[codes], strengths[kept]) if kept.size else None,
        )
    return replace(none, l1=part.l1_ratio * relative / units, l2=(1.0 - part.l1_ratio) * relative / units**2)


def adaptive_lasso(
    part: AdaptiveLasso, info: DesignInfo, scale: FloatArray, total: float, labels: Sequence[str]
) -> Penalty:
    """Return the adaptive lasso of the scaled coefficients of all linear predictors, at strength 1."""
    m, p = len(labels), len(info.names)
    relative, units = total * _relative(part, info), np.ones(p) if part.standardize else scale
    first = _first_estimates(part, info, labels)
    with np.errstate(divide="ignore", invalid="ignore"):  # of a kept one that is zero
        adapted = relative * np.abs(first * (scale if part.standardize else 1.0)) ** -part.power
    out = np.isinf(adapted) & (relative > 0.0)
    zero = np.where(out, 0.0, np.inf).reshape(-1)
    strengths = (np.where(out | (relative == 0.0), 0.0, adapted) / units).reshape(-1)
    return replace(no_penalty(m * p), l1=strengths, lower=-zero, upper=zero)


def _first_estimates(part: AdaptiveLasso, info: DesignInfo, labels: Sequence[str]) -> FloatArray:
    """Return the initial estimates by linear predictor, shape (m, p)."""
    where, m = "AdaptiveLasso(initial=...)", len(labels)
    given, of_each = part.initial, tuple(labels) != ONE and getattr(part.initial, "ndim", 1) == 2
    if of_each and hasattr(given, "index"):
        given = _table_in_order(given, info, labels, where)
    if of_each:
        values = as_numbers(given, where).T
        if values.shape != (m, len(info.names)):
            raise DataError(
                f"{where} has shape {values.shape[::-1]}; give one row per term and one column per outcome with "
                f"coefficients, ({len(info.names)}, {m}), as the coef of a fit."
            )
    else:
        values = np.tile(numbers_named(given, info, where, None), (m, 1))
    if not np.isfinite(values).all():
        raise DataError(
            "The initial estimates of the adaptive lasso are not all finite (separated or aliased columns?). Give "
            "other values, or a penalty to estimate them with, as in AdaptiveLasso(initial=lk.Ridge(0.01))."
        )
    return values


def _table_in_order(table: Any, info: DesignInfo, labels: Sequence[str], where: str) -> FloatArray:
    """Return a table of a row per term and a column per outcome in the order of the coefficients."""
    rows, columns = [str(label) for label in table.index], [str(label) for label in table.columns]
    if sorted(rows) != sorted(info.names) or sorted(columns) != sorted(labels):
        raise DataError(
            f"{where} is a table whose labels are not the terms ({', '.join(info.names[:6])}"
            f"{', ...' if info.names[6:] else ''}) and outcomes ({', '.join(labels)}) of the model."
        )
    places = [rows.index(name) for name in info.names], [columns.index(label) for label in labels]
    return np.asarray(table, dtype=np.float64)[np.ix_(*places)]


def groups_of(part: GroupLasso, info: DesignInfo, unsaid: BoolArray | None = None) -> dict[str, IntArray]:
    """Return the columns of each group, the intercept, kept terms and columns that are left out in none."""
    if part.groups is None:
        named = {term.name: np.array(term.columns, dtype=np.int64) for term in info.terms}
    else:
        named = {
            name: columns_named(list(given) if not isinstance(given, str) else given, info, f"groups[{name!r}]")
            for name, given in part.groups.items()
        }
    seen = np.zeros(len(info.names), dtype=np.int64)
    for columns in named.values():
        seen[columns] += 1
    if (seen > 1).any():
        raise DataError(
            f"Two groups share the column {info.names[int(np.argmax(seen > 1))]!r}; groups must not overlap."
        )
    out = set() if info.intercept is None else {info.intercept}
    if unsaid is not None:
        out |= set(np.flatnonzero(unsaid).tolist())
    if part.keep is not None:
        out |= set(columns_named(part.keep, info, "keep").tolist())
    if part.groups is not None:
        # A column that no group names is a group of its own.
        named |= {info.names[j]: np.array([j]) for j in np.flatnonzero(seen == 0)}
    left = {name: np.array([j for j in columns if j not in out], dtype=np.int64) for name, columns in named.items()}
    return {name: columns for name, columns in left.items() if columns.size}


def prior_of(part: GaussianPrior, info: DesignInfo, labels: Sequence[str] = ONE) -> Quadratic:
    """Return the prior of the coefficients of the columns as given: of each linear predictor, or of all together."""
    if len(labels) > 1 and np.shape(part.precision) == (len(labels) * len(info.names),) * 2:
        return _prior_of_all(part, info, labels)
    mean = numbers_named(part.mean, info, "GaussianPrior(mean=...)", 0.0)
    if not np.isfinite(mean).all():
        raise DataError("GaussianPrior(mean=...): give finite numbers.")
    p = len(info.names)
    named = hasattr(part.precision, "items") and getattr(part.precision, "ndim", 1) == 1
    matrix = None if named else as_numbers(_in_order(part.precision, info.names), "GaussianPrior(precision=...)")
    if matrix is not None and matrix.ndim == 2:
        if matrix.shape != (p, p):
            raise DataError(f"GaussianPrior(precision=...) has shape {matrix.shape}; the model has {p} coefficients.")
        return Quadratic(_symmetric(matrix), mean)
    diagonal = numbers_named(part.precision, info, "GaussianPrior(precision=...)", 0.0)
    if not np.isfinite(diagonal).all() or (diagonal < 0.0).any():
        raise DataError("GaussianPrior(precision=...): give finite numbers that are not negative.")
    if info.intercept is not None and matrix is not None and matrix.ndim == 0:  # as of every penalty
        diagonal[info.intercept] = 0.0
    return Quadratic(diagonal, mean)


def _symmetric(matrix: FloatArray) -> FloatArray:
    """Return a precision, which is symmetric and not negative."""
    if not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T, rtol=1e-10, atol=0.0):
        raise DataError("GaussianPrior(precision=...) is not a symmetric matrix of finite numbers.")
    values = np.linalg.eigvalsh(matrix)
    if values[0] < -1e-10 * max(values[-1], 0.0):
        raise DataError(f"GaussianPrior(precision=...) has the negative eigenvalue {values[0]:.3g}.")
    return 0.5 * (matrix + matrix.T)


def _prior_of_all(part: GaussianPrior, info: DesignInfo, labels: Sequence[str]) -> Quadratic:
    """Return the prior of the coefficients of all linear predictors, which are given by outcome and column."""
    names = [f"{label}:{name}" for label in labels for name in info.names]
    matrix = as_numbers(_in_order(part.precision, names), "GaussianPrior(precision=...)")
    given = part.mean
    if hasattr(given, "columns"):  # a table of the coefficients of a fit
        known = list(given.columns) == list(labels) and list(given.index) == list(info.names)
        given = np.asarray(given).T.reshape(-1) if known else None
    mean = None if given is None else np.asarray(given, dtype=np.float64)
    if mean is None or mean.shape not in ((), (len(names),)) or not np.isfinite(mean).all():
        raise DataError(
            f"GaussianPrior(mean=...) with a precision of all {len(names)} coefficients: give as many finite numbers, "
            "by outcome and column, or fit.coef."
        )
    return Quadratic(_symmetric(matrix), np.array(np.broadcast_to(mean, (len(names),))))


def bounds_of(part: Bounds, info: DesignInfo, scale: FloatArray) -> Penalty:
    """Return the bounds of scaled coefficients."""
    sides = []
    for given, none in ((part.lower, -np.inf), (part.upper, np.inf)):
        side = np.full(len(info.names), none)
        if isinstance(given, Mapping):
            for name, value in given.items():
                side[columns_named([name], info, "Bounds")] = value
        elif given is not None:
            side[:] = given
            if info.intercept is not None:
                side[info.intercept] = none
        sides.append(_scaled_bound(side, scale))
    return replace(no_penalty(len(info.names)), lower=sides[0], upper=sides[1])


def _scaled_bound(bound: FloatArray, scale: FloatArray) -> FloatArray:
    """Return a bound times the scale, rounded so that what is divided by the scale again does not cross it."""
    out = bound * scale
    crosses = np.isfinite(bound) & (np.abs(out / scale) > np.abs(bound))
    return np.where(crosses, np.nextafter(out, 0.0), out)


def _in_order(precision: Any, names: Sequence[str]) -> Any:
    """Return a labelled matrix in the order of the coefficients, anything else as it is."""
    if not hasattr(precision, "columns") or not hasattr(precision, "index"):
        return precision
    rows, columns = [str(label) for label in precision.index], [str(label) for label in precision.columns]
    if sorted(rows) != sorted(names) or sorted(columns) != sorted(names):
        raise DataError(
            "GaussianPrior(precision=...) is a table whose labels are not the names of the coefficients: "
            f"{', '.join(names[:6])}{', ...' if names[6:] else ''}. Label it with them, or give an array in "
            "their order."
        )
    places = [rows.index(name) for name in names], [columns.index(name) for name in names]
    return np.asarray(precision)[np.ix_(*places)]
