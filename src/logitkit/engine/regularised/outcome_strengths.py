r"""The penalty of a model of several outcomes, from that of the columns.

What is stated for a column holds for its coefficient of each outcome with a predictor. A part across outcomes becomes
the length of these coefficients, :math:`\nu_j \lVert b_{j\cdot} \rVert_2`. In symmetric form the coefficients of
columns without a penalty are determined up to a number a column only, so that the first outcome's are left out while
the problem is solved (``docs/maths/multinomial.md``, section 8).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from logitkit.engine.regularised.strengths import Strengths
from logitkit.errors import UnsupportedError
from logitkit.models.penalties.penalty import Groups, Penalty, no_penalty
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["StackedStrengths", "stack_strengths"]


class StackedStrengths(NamedTuple):
    """A penalty of the coefficients that are solved for.

    Parameters
    ----------
    strengths : Strengths
        Of these.
    place : (q,) int array
        Where they are among the flat coefficients of all outcomes with a predictor.
    free : (p,) bool array
        Columns without a penalty.
    """

    strengths: Strengths
    place: IntArray
    free: BoolArray


def stack_strengths(given: Strengths, n_predictors: int, symmetric: bool) -> StackedStrengths:
    """Return the penalty of the coefficients of several outcomes.

    Examples
    --------
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> lasso = replace(no_penalty(2), l1=np.array([0.0, 1.0]))
    >>> nothing = no_penalty(2)
    >>> given = Strengths(nothing, lasso, None, np.ones(2), True, np.empty(0, int))
    >>> stack_strengths(given, 3, symmetric=True).place.tolist()
    [1, 2, 3, 4, 5]
    """
    p = given.scale.size
    fixed, unit = _tiled(given.fixed, n_predictors), _tiled(given.unit, n_predictors)
    if given.across is not None:
        if fixed.groups is not None or unit.groups is not None:
            raise UnsupportedError("Groups of columns and lengths across outcomes cannot be penalised at once.")
        used = np.flatnonzero((given.across[0] > 0.0) | (given.across[1] > 0.0))
        # Groups without a strength are none: a path would take what it varies for penalised all along.
        fixed, unit = (
            penalty.plus(_across(strength, used, n_predictors)) if strength.any() else penalty
            for penalty, strength in zip((fixed, unit), given.across, strict=True)
        )
    quadratic = None if given.quadratic is None else _tiled_prior(given.quadratic, n_predictors)
    whole = fixed.plus(unit) if given.varies else fixed
    free: BoolArray = np.asarray(whole.free.reshape(n_predictors, p).all(axis=0))
    if quadratic is not None:
        diagonal = quadratic.strengths if quadratic.strengths.ndim == 1 else quadratic.strengths.diagonal()
        free = free & (diagonal[:p] == 0.0)
    place = np.arange(n_predictors * p)
    if symmetric:
        bounded = (np.isfinite(whole.lower) | np.isfinite(whole.upper)) & ~whole.held
        if bounded.any():
            raise UnsupportedError(
                "Bounds in symmetric form say nothing, because a number may be added to the coefficients of all "
                "outcomes. Name a reference, whose coefficients are zero."
            )
        place = np.r_[np.flatnonzero(~free), place[p:]]
    if quadratic is not None and place.size < n_predictors * p:
        own = quadratic.strengths
        centre = None if quadratic.centre is None else quadratic.centre[place]
        quadratic = Quadratic(own[place] if own.ndim == 1 else own[np.ix_(place, place)], centre)
    constant = np.flatnonzero(np.isin(place % p, given.constant))
    stacked = Strengths(
        fixed.pick(place),
        unit.pick(place),
        quadratic,
        np.tile(given.scale, n_predictors)[place],
        given.varies,
        constant,
        None,
    )
    return StackedStrengths(stacked, place, free)


def _tiled(penalty: Penalty, m: int) -> Penalty:
    """Return the penalty of each outcome's coefficients, side by side."""
    groups = penalty.groups
    if groups is not None:
        n_groups = groups.strengths.size
        codes = [np.where(groups.codes >= 0, groups.codes + k * n_groups, -1) for k in range(m)]
        groups = Groups(np.concatenate(codes), np.tile(groups.strengths, m))
    return Penalty(
        np.tile(penalty.l1, m), np.tile(penalty.l2, m), np.tile(penalty.lower, m), np.tile(penalty.upper, m), groups
    )


def _across(strength: FloatArray, used: IntArray, m: int) -> Penalty:
    """Return the lengths of the coefficients of each used column over the outcomes."""
    codes = np.full(strength.size, -1, dtype=np.int64)
    codes[used] = np.arange(used.size)
    return replace(no_penalty(m * strength.size), groups=Groups(np.tile(codes, m), strength[used]))


def _tiled_prior(prior: Quadratic, m: int) -> Quadratic:
    """Return the prior of each outcome's coefficients, independent of one another."""
    centre = None if prior.centre is None else np.tile(prior.centre, m)
    if prior.strengths.ndim == 1:
        return Quadratic(np.tile(prior.strengths, m), centre)
    return Quadratic(np.asarray(np.kron(np.eye(m), prior.strengths)), centre)
