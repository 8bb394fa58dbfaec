r"""From a penalty in words to strengths of the coefficients that are solved for.

The solver works with :math:`b_j = s_j \beta_j`, coefficients of columns divided by their scale. A part that is stated
for standardised columns has its strengths as they are; one for the columns as given has them divided by the scale.
Both are multiplied by the total weight, because the objective is a sum and the strength is stated beside a mean
(``docs/maths/penalties.md``, equations 1 to 8).

What is stated for a column holds for its coefficient in each of the m linear predictors. A part across outcomes becomes
the length of these coefficients, :math:`\nu_j \lVert b_{j\cdot} \rVert_2`. In symmetric form the coefficients of
columns without a penalty are determined up to a constant per column only, so that the first outcome's are left out
while the problem is solved (``docs/maths/multinomial.md``, section 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.info import DesignInfo
from logitkit.engine.moments import Moments
from logitkit.engine.regularised.parts import ONE, adaptive_lasso, bounds_of, elastic_net, groups_of, prior_of
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.penalties.bounds import Bounds
from logitkit.models.penalties.elastic_net import AdaptiveLasso, ElasticNet
from logitkit.models.penalties.group_lasso import GroupLasso
from logitkit.models.penalties.penalty import Groups, Penalty, no_penalty
from logitkit.models.penalties.prior import GaussianPrior
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.models.penalties.specification import Part, Specification, parts_of
from logitkit.numerics.once import altered, once
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Strengths", "strengths_of"]


@dataclass(frozen=True)
class Strengths:
    """A penalty of the scaled coefficients that are solved for, as a function of one strength.

    Parameters
    ----------
    fixed : Penalty
        The parts with a strength of their own, and bounds.
    unit : Penalty
        The parts that grow with the strength, at strength 1.
    quadratic : Quadratic or None
        A prior, of the coefficients as given.
    scale : (q,) array
        What the columns are divided by.
    varies : bool
        Whether some part has no strength of its own.
    constant : (k,) int array
        Columns besides the intercept that do not vary, whose coefficients are held at zero.
    place : (q,) int array
        Where the coefficients are among the flat ones of all linear predictors.
    penalised, free : (p,) bool array
        Columns with a penalty or a bound, and columns with neither these nor a prior.
    intercept : int or None
        The column of the intercept.
    """

    fixed: Penalty
    unit: Penalty
    quadratic: Quadratic | None
    scale: FloatArray
    varies: bool
    constant: IntArray
    place: IntArray
    penalised: BoolArray
    free: BoolArray
    intercept: int | None = None

    def at(self, strength: float) -> Penalty:
        """Return the penalty at a strength."""
        if not self.varies:
            return self.fixed
        if not self._adds:
            return self.fixed.plus(self.unit, strength)
        fixed, unit = self.fixed, self.unit
        l2 = fixed.l2 + strength * unit.l2 if self._squares else fixed.l2
        return altered(fixed, l1=fixed.l1 + strength * unit.l1, l2=l2)

    @once
    def least(self) -> float:
        """The smallest penalty of a coefficient at strength 1, where all grow with the strength alone; else 0."""
        fixed, size = self.fixed, np.maximum(self.unit.l1, self.unit.l2)
        alone = self.varies and self._adds and not (fixed.l1.any() or fixed.l2.any())
        return float(size[size > 0.0].min(initial=np.inf)) if alone else 0.0

    @once
    def _squares(self) -> bool:
        """Whether squares grow with the strength."""
        return bool(self.unit.l2.any())

    @once
    def _adds(self) -> bool:
        """Whether the varying parts have neither groups nor bounds."""
        unit = self.unit
        bounded = bool(np.isfinite(unit.lower).any() or np.isfinite(unit.upper).any())
        return not bounded and self.fixed.groups is None and unit.groups is None

    @once
    def whole(self) -> Penalty:
        """The penalty at strength 1, which tells what is penalised at all."""
        return self.at(1.0)


def strengths_of(
    penalty: Specification,
    info: DesignInfo,
    moments: Moments,
    total: float,
    labels: Sequence[str] = ONE,
    symmetric: bool = False,
) -> Strengths:
    """Return the strengths of the coefficients of linear predictors with the given labels."""
    m, p, intercept = len(labels), len(info.names), info.intercept
    parts = parts_of(penalty)
    varying = moments.deviation > 0.0
    scale = _scale(parts, info, moments, varying)
    _require_one_scale(parts)
    priors = [prior_of(part, info, labels) for part in parts if isinstance(part, GaussianPrior)]
    if len(priors) > 1:
        raise DataError("Two Gaussian priors were given: give one, with the sum of their precisions.")
    quadratic = priors[0] if priors else None
    constant, held, flat = _constants(info, varying, quadratic)
    fixed = unit = no_penalty(m * p)
    across = np.zeros((2, p))
    varies = False
    for part in parts:
        if isinstance(part, ElasticNet):
            unsaid = flat if part.standardize else held
            if isinstance(part, AdaptiveLasso):
                own = adaptive_lasso(part, info, scale, total, labels)
            else:
                own = _tiled(elastic_net(part, info, scale, total, unsaid), m)
            said = ~_repeated(unsaid, m)
            own = replace(own, l1=np.where(said, own.l1, 0.0), l2=np.where(said, own.l2, 0.0))
            if _is_across(part, labels):
                across[int(part.strength is None)] += own.l1[:p] * (1.0 if part.strength is None else part.strength)
                own = replace(own, l1=np.zeros(m * p))
            if part.strength is None:
                unit, varies = _together(unit, own), True
            else:
                fixed = _together(fixed, own, part.strength)
        elif isinstance(part, Bounds):
            fixed = fixed.plus(_tiled(bounds_of(part, info, scale), m))
    zero = _repeated(np.where(held, 0.0, np.inf), m)
    fixed = fixed.plus(replace(no_penalty(m * p), lower=-zero, upper=zero))
    _require_apart(fixed, unit, info, _repeated(np.asarray(across.any(axis=0)), m))
    across[:, fixed.held.reshape(m, p).all(axis=0)] = 0.0
    if any(isinstance(part, ElasticNet) and part.across_outcomes for part in parts):
        fixed, unit = _with_lengths(fixed, unit, across, m)
    fixed, unit = fixed.apart(fixed.held), unit.apart(fixed.held)
    whole = fixed.plus(unit) if varies else fixed
    penalised: BoolArray = np.asarray(~whole.free.reshape(m, p).all(axis=0))
    free: BoolArray = ~penalised if quadratic is None else np.asarray(~penalised & (_diagonal(quadratic, p) == 0.0))
    place = np.arange(m * p)
    if symmetric and quadratic is not None and len(quadratic.strengths) > p:
        raise UnsupportedError("A prior of all coefficients together needs a reference outcome: name one, reference=.")
    if symmetric:
        _require_unbounded(whole)
        place = np.r_[np.flatnonzero(~free), place[p:]]
    if quadratic is not None:
        quadratic = _picked_prior(_tiled_prior(quadratic, m * p), place)
    if place.size < m * p:
        fixed, unit = fixed.pick(place), unit.pick(place)
    return Strengths(
        fixed, unit, quadratic, _repeated(scale, m)[place], varies, constant, place, penalised, free, intercept
    )


def _constants(
    info: DesignInfo, varying: BoolArray, quadratic: Quadratic | None
) -> tuple[IntArray, BoolArray, BoolArray]:
    """Return the columns that do not vary; which are held at zero; of which standardised penalties say nothing.

    Beside an intercept a constant is no column, but where a prior says what its coefficient is; without an intercept it
    stands for it, and is kept.
    """
    constant = np.flatnonzero(~varying)
    held, unsaid = np.zeros(varying.size, dtype=bool), np.zeros(varying.size, dtype=bool)
    if info.intercept is None:
        return constant, held, unsaid
    constant = constant[constant != info.intercept]
    held[constant] = unsaid[constant] = True
    if quadratic is not None:
        held &= _diagonal(quadratic, varying.size) == 0.0
    return np.flatnonzero(held), held, unsaid


def _scale(parts: Sequence[Part], info: DesignInfo, moments: Moments, varying: BoolArray) -> FloatArray:
    """Return what each column is divided by."""
    scale = np.where(varying, moments.deviation, 1.0)
    if info.intercept is not None:
        scale[info.intercept] = 1.0
    for part in parts:
        if isinstance(part, GroupLasso) and not part.standardize:
            for columns in groups_of(part, info).values():
                scale[columns] = 1.0
    return scale


def _diagonal(prior: Quadratic, p: int) -> FloatArray:
    """Return the largest precision of each column over the linear predictors, shape (p,)."""
    own = prior.strengths if prior.strengths.ndim == 1 else prior.strengths.diagonal()
    return np.asarray(own.reshape(-1, p).max(axis=0))


def _is_across(part: ElasticNet, labels: Sequence[str]) -> bool:
    """Tell whether a part is stated across outcomes; groups of columns cannot be."""
    if not part.across_outcomes:
        return False
    if isinstance(part, GroupLasso | AdaptiveLasso):
        raise UnsupportedError(
            f"{type(part).__name__}(across_outcomes=True) is not offered; use lk.Lasso or ElasticNet."
        )
    if tuple(labels) == ONE:
        raise DataError(
            "across_outcomes=True is for models with several outcomes: with two there is one coefficient per column."
        )
    return True


def _with_lengths(fixed: Penalty, unit: Penalty, across: FloatArray, m: int) -> tuple[Penalty, Penalty]:
    """Return both parts of a penalty with the lengths of the coefficients of each column over the outcomes."""
    if fixed.groups is not None or unit.groups is not None:
        raise UnsupportedError("Group penalties over columns and over outcomes cannot be combined.")
    used = np.flatnonzero((across[0] > 0.0) | (across[1] > 0.0))
    codes = np.full(across.shape[1], -1, dtype=np.int64)
    codes[used] = np.arange(used.size)

    def with_own(penalty: Penalty, strength: FloatArray) -> Penalty:
        # Groups without a strength are none: a path would take what it varies for penalised all along.
        groups = Groups(np.tile(codes, m), strength[used])
        return penalty.plus(replace(no_penalty(m * strength.size), groups=groups)) if strength.any() else penalty

    return with_own(fixed, across[0]), with_own(unit, across[1])


def _require_unbounded(whole: Penalty) -> None:
    """Refuse bounds in symmetric form."""
    bounded = (np.isfinite(whole.lower) | np.isfinite(whole.upper)) & ~whole.held
    if bounded.any():
        raise UnsupportedError(
            "Bounds are not meaningful in the symmetric form, where a constant may be added to the coefficients of "
            "all outcomes. Name a reference, whose coefficients are zero."
        )


def _repeated(values: NDArray[Any], m: int) -> NDArray[Any]:
    """Return numbers of columns for each linear predictor, side by side."""
    return values if m == 1 else np.tile(values, m)


def _tiled(penalty: Penalty, m: int) -> Penalty:
    """Return the penalty of the coefficients of each linear predictor, side by side."""
    if m == 1:
        return penalty
    groups = penalty.groups
    if groups is not None:
        n_groups = groups.strengths.size
        codes = [np.where(groups.codes >= 0, groups.codes + k * n_groups, -1) for k in range(m)]
        groups = Groups(np.concatenate(codes), np.tile(groups.strengths, m))
    return Penalty(
        np.tile(penalty.l1, m), np.tile(penalty.l2, m), np.tile(penalty.lower, m), np.tile(penalty.upper, m), groups
    )


def _tiled_prior(prior: Quadratic, n_flat: int) -> Quadratic:
    """Return the prior of the coefficients of all linear predictors, which are independent where it is of each."""
    m = n_flat // max(len(prior.strengths), 1)
    if m <= 1:
        return prior
    centre = None if prior.centre is None else np.tile(prior.centre, m)
    if prior.strengths.ndim == 1:
        return Quadratic(np.tile(prior.strengths, m), centre)
    return Quadratic(np.asarray(np.kron(np.eye(m), prior.strengths)), centre)


def _picked_prior(prior: Quadratic, place: IntArray) -> Quadratic:
    """Return the prior of the coefficients that are solved for; the others have none."""
    own = prior.strengths
    if place.size == len(own):
        return prior
    centre = None if prior.centre is None else prior.centre[place]
    return Quadratic(own[place] if own.ndim == 1 else own[np.ix_(place, place)], centre)


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


def _require_one_scale(parts: Sequence[Part]) -> None:
    """Refuse a group lasso of columns as given beside a penalty of standardised columns."""
    groups = [part.standardize for part in parts if isinstance(part, GroupLasso)]
    if False in groups and any(isinstance(part, ElasticNet) and part.standardize for part in parts):
        raise DataError(
            "A group lasso of columns as given (standardize=False) cannot be combined with a penalty on standardised "
            "columns: state both on the same scale."
        )


def _require_apart(fixed: Penalty, unit: Penalty, info: DesignInfo, across: BoolArray) -> None:
    """Refuse bounds of coefficients whose length is penalised, of a group or over the outcomes."""
    bounded = (np.isfinite(fixed.lower) | np.isfinite(fixed.upper)) & ~((fixed.lower == 0.0) & (fixed.upper == 0.0))
    for part in (fixed, unit):
        if part.groups is not None and (found := bounded & (part.groups.codes >= 0)).any():
            name = info.names[int(np.argmax(found)) % len(info.names)]
            raise DataError(f"{name!r} is in a group of a group lasso and has a bound; the two cannot be combined.")
    if (bounded & across).any():
        name = info.names[int(np.argmax(bounded & across)) % len(info.names)]
        raise DataError(
            f"{name!r} has a bound and a penalty across outcomes; the two cannot be combined. Leave one of them out, "
            "or penalise each coefficient separately (across_outcomes=False)."
        )
