r"""From a penalty in words to strengths of the columns of a design.

The solver works with :math:`b_j = s_j \beta_j`, coefficients of columns divided by their scale. A part that is stated
for standardised columns has its strengths as they are; one for the columns as given has them divided by the scale.
Both are multiplied by the total weight, because the objective is a sum and the strength is stated beside a mean
(``docs/maths/penalties.md``, equations 1 to 8).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.info import DesignInfo
from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.moments import Moments
from logitkit.once import once
from logitkit.penalties.bounds import Bounds
from logitkit.penalties.elastic_net import AdaptiveLasso, ElasticNet
from logitkit.penalties.group_lasso import GroupLasso
from logitkit.penalties.penalty import Groups, Penalty, no_penalty
from logitkit.penalties.prior import GaussianPrior
from logitkit.penalties.quadratic import Quadratic
from logitkit.penalties.specification import Specification, parts_of
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Strengths", "columns_named", "strengths_of"]


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
    """

    fixed: Penalty
    unit: Penalty
    quadratic: Quadratic | None
    scale: FloatArray
    varies: bool
    constant: IntArray

    def at(self, strength: float) -> Penalty:
        """Return the penalty at a strength."""
        return self.fixed.plus(self.unit, strength) if self.varies else self.fixed

    @once
    def whole(self) -> Penalty:
        """The penalty at strength 1, which tells what is penalised at all."""
        return self.at(1.0)


def strengths_of(
    penalty: Specification, info: DesignInfo, moments: Moments, total: float, initial: FloatArray | None = None
) -> Strengths:
    """Return the strengths of the columns.

    Parameters
    ----------
    penalty : Specification
        As the user stated it.
    info : DesignInfo
        Names and terms of the columns.
    moments : Moments
        Of the columns.
    total : float
        Total weight, W.
    initial : (p,) array, optional
        Coefficients of a first fit, where an adaptive lasso has none of its own.

    Returns
    -------
    Strengths
        Of scaled coefficients, absolute.

    Raises
    ------
    DataError, FormulaError
        For names that are no term and no coefficient, groups that overlap, bounds that cross.
    """
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
    constant = np.flatnonzero(~varying)
    constant = constant[constant != (-1 if intercept is None else intercept)]
    held = np.zeros(p, dtype=bool)
    # Beside an intercept a constant is no column; without one it stands for it, and is kept.
    if intercept is not None:
        held[constant] = True
    fixed = unit = no_penalty(p)
    quadratic: Quadratic | None = None
    varies = False
    for part in parts:
        if isinstance(part, ElasticNet):
            own = _elastic_net(part, info, scale, total, initial)
            if part.strength is None:
                unit, varies = _together(unit, own), True
            else:
                fixed = _together(fixed, own, part.strength)
        elif isinstance(part, GaussianPrior):
            if quadratic is not None:
                raise DataError("Two Gaussian priors at once: give one, with both precisions added.")
            quadratic = _prior(part, info)
        elif isinstance(part, Bounds):
            fixed = fixed.plus(_bounds(part, info, scale))
    zero = np.where(held, 0.0, np.inf)
    fixed = fixed.plus(replace(no_penalty(p), lower=-zero, upper=zero))
    crossed = np.flatnonzero(fixed.lower > fixed.upper)
    if crossed.size:
        raise DataError(f"The lower bound of {info.names[crossed[0]]!r} is above its upper bound.")
    _require_apart(fixed, unit, info)
    fixed, unit = _without(fixed, held), _without(unit, held)
    return Strengths(fixed, unit, quadratic, scale, varies, constant)


def columns_named(names: str | Sequence[str], info: DesignInfo, where: str) -> IntArray:
    """Return the columns of terms or coefficients.

    Parameters
    ----------
    names : str or sequence of str
        Terms as in a formula, joined by plus signs, or a list of terms and coefficients.
    info : DesignInfo
        Names and terms of the columns.
    where : str
        What asks, for the message.

    Returns
    -------
    int array
        In order, each once.

    Raises
    ------
    FormulaError
        For a name that is neither.
    """
    listed = _split(names) if isinstance(names, str) else list(names)
    terms = {_canonical(term.name): term.columns for term in info.terms}
    found: list[int] = []
    for name in listed:
        if not isinstance(name, str):
            raise FormulaError(f"{where}: {name!r} is no name. Give terms or coefficients as text.")
        if name in info.names:
            found.append(info.names.index(name))
        elif _canonical(name) in terms:
            found.extend(terms[_canonical(name)])
        elif name.strip() not in {"1", *info.empty_terms}:
            known = [*(term.name for term in info.terms), *info.names]
            raise FormulaError(
                f"{where}: {name!r} is neither a term of the model nor a coefficient. {nearest_name(name, known)}"
            )
    return np.unique(np.array(found, dtype=np.int64))


def _split(text: str) -> list[str]:
    """Return what stands between the plus signs that are in no bracket and no quote."""
    pieces, depth, quote, start = [], 0, "", 0
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"`":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == "+" and depth == 0:
            pieces.append(text[start:place])
            start = place + 1
    pieces = [piece.strip() for piece in [*pieces, text[start:]]]
    if not all(pieces):
        raise FormulaError(f"{text!r} has a plus sign with nothing beside it.")
    return pieces


def _canonical(term: str) -> str:
    """Return a term without blanks, the parts of an interaction in one order."""
    return ":".join(sorted(re.sub(r"\s+", "", term).replace('"', "'").split(":")))


def _relative(part: ElasticNet, info: DesignInfo, among: Mapping[str, IntArray] | None = None) -> FloatArray:
    """Return the relative strength of each coefficient: 1, 0 where kept and for the intercept."""
    out = np.ones(len(info.names))
    for name, value in (part.relative or {}).items():
        columns = among[name] if among and name in among else columns_named([name], info, "relative")
        out[columns] = value
    if part.keep is not None:
        out[columns_named(part.keep, info, "keep")] = 0.0
    if info.intercept is not None:
        out[info.intercept] = 0.0
    return out


def _elastic_net(
    part: ElasticNet, info: DesignInfo, scale: FloatArray, total: float, initial: FloatArray | None
) -> Penalty:
    """Return the penalty of scaled coefficients at strength 1."""
    p = len(info.names)
    groups = _groups(part, info) if isinstance(part, GroupLasso) else None
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
        codes = np.where(np.r_[strengths, 0.0][codes] > 0.0, codes, -1)
        kept = np.flatnonzero(strengths > 0.0)
        place = np.full(strengths.size + 1, -1)
        place[kept] = np.arange(kept.size)
        return replace(
            none,
            l1=part.l1_ratio * relative / units,
            groups=Groups(place[codes], strengths[kept]) if kept.size else None,
        )
    if isinstance(part, AdaptiveLasso):
        first = _first_estimates(part, info, initial)
        with np.errstate(divide="ignore"):
            adapted = relative * np.abs(first * (scale if part.standardize else 1.0)) ** -part.power
        out = np.isinf(adapted) & (relative > 0.0)
        zero = np.where(out, 0.0, np.inf)
        return replace(none, l1=np.where(out | (relative == 0.0), 0.0, adapted) / units, lower=-zero, upper=zero)
    return replace(none, l1=part.l1_ratio * relative / units, l2=(1.0 - part.l1_ratio) * relative / units**2)


def _first_estimates(part: AdaptiveLasso, info: DesignInfo, initial: FloatArray | None) -> FloatArray:
    given = initial if part.initial is None else _by_name(part.initial, info, "AdaptiveLasso(initial=...)", None)
    assert given is not None
    if not np.isfinite(given).all():
        raise DataError(
            "The first estimates of the adaptive lasso are not all finite (separated or aliased columns?). Give others: "
            "AdaptiveLasso(initial=lk.logit(..., penalty=lk.Ridge(0.01)).coef)."
        )
    return given


def _groups(part: GroupLasso, info: DesignInfo) -> dict[str, IntArray]:
    """Return the columns of each group, the intercept and kept terms in none."""
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
    if part.keep is not None:
        out |= set(columns_named(part.keep, info, "keep").tolist())
    if part.groups is not None:
        # A column that no group names is a group of its own.
        named |= {info.names[j]: np.array([j]) for j in np.flatnonzero(seen == 0)}
    left = {name: np.array([j for j in columns if j not in out], dtype=np.int64) for name, columns in named.items()}
    return {name: columns for name, columns in left.items() if columns.size}


def _by_name(given: Any, info: DesignInfo, where: str, default: float | None) -> FloatArray:
    """Return one number a coefficient from a number, a mapping, a labelled series or an array in order."""
    p = len(info.names)
    if hasattr(given, "items") and not isinstance(given, np.ndarray):
        out = np.full(p, np.nan if default is None else default)
        for name, value in given.items():
            out[columns_named([name], info, where)] = float(value)
        if default is None and info.intercept is not None and np.isnan(out[info.intercept]):
            out[info.intercept] = 0.0
        if np.isnan(out).any():
            raise DataError(f"{where} has no value for {info.names[int(np.argmax(np.isnan(out)))]!r}.")
        return out
    values = np.asarray(given, dtype=np.float64)
    if values.ndim == 0:
        return np.full(p, float(values))
    if values.shape != (p,):
        raise DataError(f"{where} has shape {values.shape} and the model has {p} coefficients; they must agree.")
    return values


def _prior(part: GaussianPrior, info: DesignInfo) -> Quadratic:
    mean = _by_name(part.mean, info, "GaussianPrior(mean=...)", 0.0)
    p = len(info.names)
    matrix = (
        None
        if hasattr(part.precision, "items") and getattr(part.precision, "ndim", 1) == 1
        else np.asarray(part.precision, dtype=np.float64)
    )
    if matrix is not None and matrix.ndim == 2:
        if matrix.shape != (p, p):
            raise DataError(f"GaussianPrior(precision=...) has shape {matrix.shape}; the model has {p} coefficients.")
        if not np.isfinite(matrix).all() or not np.allclose(matrix, matrix.T, rtol=1e-10, atol=0.0):
            raise DataError("GaussianPrior(precision=...) is not a symmetric matrix of finite numbers.")
        values = np.linalg.eigvalsh(matrix)
        if values[0] < -1e-10 * max(values[-1], 0.0):
            raise DataError(f"GaussianPrior(precision=...) has the negative eigenvalue {values[0]:.3g}.")
        return Quadratic(0.5 * (matrix + matrix.T), mean)
    diagonal = _by_name(part.precision, info, "GaussianPrior(precision=...)", 0.0)
    if not np.isfinite(diagonal).all() or (diagonal < 0.0).any() or not np.isfinite(mean).all():
        raise DataError("GaussianPrior: means must be finite, precisions finite and not negative.")
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
        sides.append(side * scale)
    return replace(no_penalty(len(info.names)), lower=sides[0], upper=sides[1])


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


def _without(penalty: Penalty, held: BoolArray) -> Penalty:
    """Return the penalty with some coefficients taken out of the groups."""
    if penalty.groups is None or not held.any():
        return penalty
    return replace(penalty, groups=replace(penalty.groups, codes=np.where(held, -1, penalty.groups.codes)))


def _require_apart(fixed: Penalty, unit: Penalty, info: DesignInfo) -> None:
    """Refuse bounds of coefficients in groups."""
    for part in (fixed, unit):
        if part.groups is None:
            continue
        bounded = (part.groups.codes >= 0) & (np.isfinite(fixed.lower) | np.isfinite(fixed.upper))
        bounded &= ~((fixed.lower == 0.0) & (fixed.upper == 0.0))
        if bounded.any():
            name = info.names[int(np.argmax(bounded))]
            raise DataError(f"{name!r} is in a group of a group lasso and has a bound; the two do not go together.")
