r"""From a penalty in words to strengths of the columns of a design.

The solver works with :math:`b_j = s_j \beta_j`, coefficients of columns divided by their scale. A part that is stated
for standardised columns has its strengths as they are; one for the columns as given has them divided by the scale.
Both are multiplied by the total weight, because the objective is a sum and the strength is stated beside a mean
(``docs/maths/penalties.md``, equations 1 to 8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.formula.named import as_numbers, columns_named, numbers_named
from logitkit.design.info import DesignInfo
from logitkit.engine.moments import Moments
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.penalties.bounds import Bounds
from logitkit.models.penalties.elastic_net import AdaptiveLasso, ElasticNet
from logitkit.models.penalties.group_lasso import GroupLasso
from logitkit.models.penalties.penalty import Groups, Penalty, no_penalty
from logitkit.models.penalties.prior import GaussianPrior
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.models.penalties.specification import Part, Specification, parts_of
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Strengths", "strengths_of"]


@dataclass(frozen=True)
class Strengths:
    """A penalty of the scaled coefficients, as a function of one strength.

    Parameters
    ----------
    fixed : Penalty
        What has a strength of its own, and bounds.
    unit : Penalty
        What grows with the strength, at strength 1.
    quadratic : Quadratic or None
        A prior, of the coefficients as given.
    scale : (p,) array
        What the columns are divided by.
    varies : bool
        Whether some part has no strength of its own.
    constant : (k,) int array
        Columns besides the intercept that do not vary, whose coefficients are held at zero.
    intercept : int or None
        Position of the intercept.
    across : tuple of (p,) array or None
        Strengths of the length of a column's coefficients over several outcomes: with a strength of their own, and at
        strength 1; None where no part is stated so.
    """

    fixed: Penalty
    unit: Penalty
    quadratic: Quadratic | None
    scale: FloatArray
    varies: bool
    constant: IntArray
    intercept: int | None = None
    across: tuple[FloatArray, FloatArray] | None = None

    def at(self, strength: float) -> Penalty:
        """Return the penalty at a strength."""
        return self.fixed.plus(self.unit, strength) if self.varies else self.fixed

    @once
    def whole(self) -> Penalty:
        """The penalty at strength 1, which tells what is penalised at all."""
        return self.at(1.0)


def strengths_of(penalty: Specification, info: DesignInfo, moments: Moments, total: float) -> Strengths:
    """Return the strengths of the columns."""
    p, intercept = len(info.names), info.intercept
    parts = parts_of(penalty)
    varying = moments.deviation > 0.0
    scale = np.where(varying, moments.deviation, 1.0)
    if intercept is not None:
        scale[intercept] = 1.0
    for part in parts:
        if isinstance(part, GroupLasso) and not part.standardize:
            for columns in _groups(part, info).values():
                scale[columns] = 1.0
    _require_one_scale(parts)
    priors = [_prior(part, info) for part in parts if isinstance(part, GaussianPrior)]
    if len(priors) > 1:
        raise DataError("Two Gaussian priors at once: give one, with both precisions added.")
    quadratic = priors[0] if priors else None
    constant = np.flatnonzero(~varying)
    constant = constant[constant != (-1 if intercept is None else intercept)]
    held = np.zeros(p, dtype=bool)
    # Beside an intercept a constant is no column, but where a prior says what its coefficient is; without an intercept
    # it stands for it, and is kept.
    if intercept is not None:
        held[constant] = True
        if quadratic is not None:
            held &= (quadratic.strengths if quadratic.strengths.ndim == 1 else quadratic.strengths.diagonal()) == 0.0
    flat = np.zeros(p, dtype=bool)  # coefficients that a part for standardised columns says nothing of
    if intercept is not None:
        flat[constant] = True
        constant = np.flatnonzero(held)
    fixed = unit = no_penalty(p)
    across = np.zeros((2, p))
    varies = False
    for part in parts:
        if isinstance(part, ElasticNet):
            unsaid = flat if part.standardize else held
            own = _elastic_net(part, info, scale, total, unsaid)
            own = replace(own, l1=np.where(unsaid, 0.0, own.l1), l2=np.where(unsaid, 0.0, own.l2))
            if part.across_outcomes:
                across[int(part.strength is None)] += own.l1 * (1.0 if part.strength is None else part.strength)
                own = replace(own, l1=np.zeros(p))
            if part.strength is None:
                unit, varies = _together(unit, own), True
            else:
                fixed = _together(fixed, own, part.strength)
        elif isinstance(part, Bounds):
            fixed = fixed.plus(_bounds(part, info, scale))
    zero = np.where(held, 0.0, np.inf)
    fixed = fixed.plus(replace(no_penalty(p), lower=-zero, upper=zero))
    _require_apart(fixed, unit, info, np.asarray(across.any(axis=0)))
    across[:, fixed.held] = 0.0
    fixed, unit = fixed.apart(fixed.held), unit.apart(fixed.held)
    several = (across[0], across[1]) if any(_is_across(part) for part in parts) else None
    return Strengths(fixed, unit, quadratic, scale, varies, constant, intercept, several)


def _is_across(part: Part) -> bool:
    """Tell whether a part is stated across outcomes; groups of columns cannot be."""
    if not isinstance(part, ElasticNet) or not part.across_outcomes:
        return False
    if isinstance(part, GroupLasso | AdaptiveLasso):
        raise UnsupportedError(
            f"{type(part).__name__}(across_outcomes=True) is not offered; use lk.Lasso or ElasticNet."
        )
    return True


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


def _elastic_net(part: ElasticNet, info: DesignInfo, scale: FloatArray, total: float, unsaid: BoolArray) -> Penalty:
    """Return the penalty of scaled coefficients at strength 1; columns of which it says nothing are in no group."""
    p = len(info.names)
    groups = _groups(part, info, unsaid) if isinstance(part, GroupLasso) else None
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
                raise DataError("The columns of a group have one relative strength; give it by the name of the group.")
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
    if isinstance(part, AdaptiveLasso):
        first = _first_estimates(part, info)
        with np.errstate(divide="ignore", invalid="ignore"):  # of a kept one that is zero
            adapted = relative * np.abs(first * (scale if part.standardize else 1.0)) ** -part.power
        out = np.isinf(adapted) & (relative > 0.0)
        zero = np.where(out, 0.0, np.inf)
        return replace(none, l1=np.where(out | (relative == 0.0), 0.0, adapted) / units, lower=-zero, upper=zero)
    return replace(none, l1=part.l1_ratio * relative / units, l2=(1.0 - part.l1_ratio) * relative / units**2)


def _first_estimates(part: AdaptiveLasso, info: DesignInfo) -> FloatArray:
    given = numbers_named(part.initial, info, "AdaptiveLasso(initial=...)", None)
    if not np.isfinite(given).all():
        raise DataError(
            "The first estimates of the adaptive lasso are not all finite (separated or aliased columns?). Give "
            "others, or a penalty to estimate them with, as in AdaptiveLasso(initial=lk.Ridge(0.01))."
        )
    return given


def _groups(part: GroupLasso, info: DesignInfo, unsaid: BoolArray | None = None) -> dict[str, IntArray]:
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


def _prior(part: GaussianPrior, info: DesignInfo) -> Quadratic:
    mean = numbers_named(part.mean, info, "GaussianPrior(mean=...)", 0.0)
    if not np.isfinite(mean).all():
        raise DataError("GaussianPrior(mean=...): give finite numbers.")
    p = len(info.names)
    named = hasattr(part.precision, "items") and getattr(part.precision, "ndim", 1) == 1
    matrix = None if named else as_numbers(_in_order(part.precision, info), "GaussianPrior(precision=...)")
    if matrix is not None and matrix.ndim == 2:
        if matrix.shape != (p, p):
            raise DataError(f"GaussianPrior(precision=...) has shape {matrix.shape}; the model has {p} coefficients.")
        if not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T, rtol=1e-10, atol=0.0):
            raise DataError("GaussianPrior(precision=...) is not a symmetric matrix of finite numbers.")
        values = np.linalg.eigvalsh(matrix)
        if values[0] < -1e-10 * max(values[-1], 0.0):
            raise DataError(f"GaussianPrior(precision=...) has the negative eigenvalue {values[0]:.3g}.")
        return Quadratic(0.5 * (matrix + matrix.T), mean)
    diagonal = numbers_named(part.precision, info, "GaussianPrior(precision=...)", 0.0)
    if not np.isfinite(diagonal).all() or (diagonal < 0.0).any():
        raise DataError("GaussianPrior(precision=...): give finite numbers that are not negative.")
    if info.intercept is not None and matrix is not None and matrix.ndim == 0:  # as of every penalty
        diagonal[info.intercept] = 0.0
    return Quadratic(diagonal, mean)


def _bounds(part: Bounds, info: DesignInfo, scale: FloatArray) -> Penalty:
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


def _together(first: Penalty, second: Penalty, share: float = 1.0) -> Penalty:
    one, two = first.groups, second.groups
    if (
        one is not None
        and two is not None
        and not np.array_equal(one.codes, two.codes)
        and np.any((one.codes >= 0) & (two.codes >= 0))
    ):
        raise DataError("Two group lassos have groups that overlap without being the same.")
    return first.plus(second, share)


def _in_order(precision: Any, info: DesignInfo) -> Any:
    """Return a labelled matrix in the order of the coefficients, anything else as it is."""
    if not hasattr(precision, "columns") or not hasattr(precision, "index"):
        return precision
    rows, columns = [str(label) for label in precision.index], [str(label) for label in precision.columns]
    if sorted(rows) != sorted(info.names) or sorted(columns) != sorted(info.names):
        raise DataError(
            "GaussianPrior(precision=...) is a table whose labels are not the names of the coefficients: "
            f"{', '.join(info.names[:6])}{', ...' if info.names[6:] else ''}. Label it so, or give an array in order."
        )
    places = [rows.index(name) for name in info.names], [columns.index(name) for name in info.names]
    return np.asarray(precision)[np.ix_(*places)]


def _require_one_scale(parts: Sequence[Part]) -> None:
    """Refuse a group lasso of columns as given beside a penalty of standardised columns."""
    groups = [part.standardize for part in parts if isinstance(part, GroupLasso)]
    if False in groups and any(isinstance(part, ElasticNet) and part.standardize for part in parts):
        raise DataError(
            "A group lasso of columns as given (standardize=False) does not go with a penalty of standardised columns: "
            "state both for the same columns."
        )


def _require_apart(fixed: Penalty, unit: Penalty, info: DesignInfo, across: BoolArray) -> None:
    """Refuse bounds of coefficients whose length is penalised, of a group or over the outcomes."""
    bounded = (np.isfinite(fixed.lower) | np.isfinite(fixed.upper)) & ~((fixed.lower == 0.0) & (fixed.upper == 0.0))
    for part in (fixed, unit):
        if part.groups is not None and (found := bounded & (part.groups.codes >= 0)).any():
            name = info.names[int(np.argmax(found))]
            raise DataError(f"{name!r} is in a group of a group lasso and has a bound; the two do not go together.")
    if (bounded & across).any():
        name = info.names[int(np.argmax(bounded & across))]
        raise DataError(
            f"{name!r} has a bound, and a penalty across outcomes; the two do not go together. Leave one of them out, "
            "or penalise each coefficient by itself (across_outcomes=False)."
        )
