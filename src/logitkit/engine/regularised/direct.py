r"""Direct solutions of a quadratic model: by the factor of its second derivatives, a penalty's corners held.

A factor is used for more than one step. That of the last solution predicts the next one when the strength has changed
a little, which is the derivative of the path; second derivatives that were corrected since make it an approximation,
whose step is as long as lowers the model most.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.models.penalties.penalty import Groups, Penalty
from logitkit.numerics.kernels.symmetric import gather_upper
from logitkit.numerics.threads.lapack import cholesky, cholesky_solve
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "BlockFactor",
    "best_length",
    "block_of",
    "factorise",
    "signs_held",
    "slide_by",
    "step_by",
    "step_of_groups",
    "with_factor",
]

HALVINGS_MOST = 20
ARMIJO = 1e-3
FLAT = 100.0 * np.finfo(float).eps  # of what a slope is the difference of: rounding
SINGULAR = 1e-12  # of the diagonal, added where a block has no factor; less curvature than this share is none

WEAK = 1e-4  # of the diagonal: squares of a penalty that coordinates take many steps to follow
BESIDE = 100.0  # times these squares: a pivot as small is theirs, and not of the second derivatives


@dataclass(frozen=True)
class BlockFactor:
    """The factor of some rows and columns of second derivatives, with the squares of the penalty.

    Parameters
    ----------
    inside : (k,) int array
        Which.
    ridge : (k,) array
        What was added to the diagonal.
    solve : callable
        Solves with them.
    null : (k, m) array or None
        Orthonormal directions that have no curvature but that of weak squares; None where the factor has full rank.
    """

    inside: IntArray
    ridge: FloatArray
    solve: Callable[[FloatArray], FloatArray]
    null: FloatArray | None = None

    def is_of(self, inside: IntArray, ridge: FloatArray) -> bool:
        """Tell whether the factor belongs to these coefficients and this penalty."""
        return np.array_equal(self.inside, inside) and np.array_equal(self.ridge, ridge)


def factorise(hessian: FloatArray, inside: IntArray, ridge: FloatArray, space: FloatArray | None = None) -> BlockFactor:
    """Factorise some rows and columns, which may be singular.

    Parameters
    ----------
    hessian : (p, p) array
        Second derivatives, in C order.
    inside : (k,) int array
        Which.
    ridge : (k,) array
        Added to the diagonal.
    space : (k * k,) array, optional
        Where the factor is put: as long as it is used, nothing else may be.

    Returns
    -------
    BlockFactor
        Where there is no curvature, it solves for no step.

    Examples
    --------
    >>> factorise(np.diag([2.0, 4.0, 8.0]), np.array([0, 2]), np.zeros(2)).solve(np.array([2.0, 4.0])).tolist()
    [1.0, 0.5]
    """
    k = inside.size
    if k == 0:
        return BlockFactor(inside, ridge, np.asarray)
    block = np.empty((k, k)) if space is None else space.reshape(k, k)
    gather_upper(hessian, inside, ridge, block)
    most = block.diagonal().max()
    factor, info = cholesky(block, overwrite=True)
    least = factor.diagonal().min() ** 2 if info == 0 else 0.0
    if least > SINGULAR * most:
        weak = ridge.max() <= WEAK * most and least <= BESIDE * ridge.max()
        null = _spectral(block_of(hessian, inside, np.zeros(k)))[1] if weak else None
        return BlockFactor(inside, ridge, lambda vector: cholesky_solve(factor, vector), null)
    return BlockFactor(inside, ridge, *_spectral(block_of(hessian, inside, ridge)))


def step_by(factor: BlockFactor, hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty) -> float:
    """Take a step of Newton's method with a factor, which may be that of another strength, signs and bounds held.

    Coefficients that would change their sign become zero, and those that would cross a bound meet it. The step that
    this leaves is taken as far as the model falls.
    """
    inside = factor.inside
    if inside.size == 0:
        return 0.0
    own, here = penalty.pick(inside), coef[inside]
    away = slope[inside] + own.gradient(here)
    new = signs_held(here, -factor.solve(away), own)
    step = new - here
    change = np.zeros(coef.size)
    change[inside] = step
    image = hessian @ change
    length = best_length(-float(away @ step), float(step @ image[inside] + own.l2 @ step**2))
    coef[inside] = new if length == 1.0 else here + length * step
    slope += length * image
    return length


def slide_by(
    factor: BlockFactor, hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty, least: float
) -> bool:
    """Move along directions without curvature, down the penalty, until a coefficient becomes zero or meets a bound.

    The model is linear along a combination of collinear columns, or nearly so where the penalty has weak squares, so
    that its minimum is at a corner or far: to creep there by coordinates takes as many steps as the penalty is weak.
    With every corner the directions are one fewer.

    Examples
    --------
    Two equal columns, of which the second costs more:

    >>> from dataclasses import replace
    >>> from logitkit.models.penalties.penalty import no_penalty
    >>> hessian, coef = np.ones((2, 2)), np.array([1.0, 2.0])
    >>> factor = factorise(hessian, np.arange(2), np.zeros(2))
    >>> lasso = replace(no_penalty(2), l1=np.array([0.1, 0.2]))
    >>> slide_by(factor, hessian, np.zeros(2), coef, lasso, 0.0), coef.round(12).tolist()
    (True, [3.0, 0.0])
    """
    inside, null, moved = factor.inside, factor.null, False
    own = penalty.pick(inside)
    if null is not None and not own.differentiable(coef[inside]).all():
        return False
    while null is not None and null.shape[1]:
        here = coef[inside]
        corners = own.gradient(here)
        pull = null.T @ (slope[inside] + corners)
        rounding = FLAT * (
            float(hessian.diagonal()[inside].max()) * float(np.abs(here).sum()) + np.linalg.norm(corners)
        )
        step = -null @ pull
        falls, (reach, ends) = float(pull @ pull), _reach(here, step, own)
        change = np.zeros(coef.size)
        change[inside] = step
        image = hessian @ change
        curvature = float(step @ image[inside] + own.l2 @ step**2)
        furthest = float(reach.min())
        length = min(furthest, falls / curvature if curvature > 0.0 else np.inf)
        if falls <= rounding**2 or not length < np.inf or falls * length <= least:
            break
        met = reach <= length
        coef[inside] = np.where(met, ends, here + length * step)
        slope += length * image
        moved = True
        if not met.any():
            break
        rest = np.linalg.svd(null[met])
        null = null @ rest.Vh[int(np.count_nonzero(rest.S > FLAT)) :].T
    return moved


def _reach(coef: FloatArray, step: FloatArray, penalty: Penalty) -> tuple[FloatArray, FloatArray]:
    """Return how much of a step takes each coefficient to zero or a bound, and its value there."""
    with np.errstate(divide="ignore", invalid="ignore"):
        to_zero = np.where((np.sign(coef) * step < 0.0) & (penalty.l1 > 0.0), -coef / step, np.inf)
        to_bound = np.where(step > 0.0, (penalty.upper - coef) / step, (penalty.lower - coef) / step)
        to_bound = np.where(step == 0.0, np.inf, to_bound)
    bound = np.where(step > 0.0, penalty.upper, penalty.lower)
    return np.minimum(to_zero, to_bound), np.where(to_zero <= to_bound, 0.0, bound)


def signs_held(coef: FloatArray, step: FloatArray, penalty: Penalty) -> FloatArray:
    """Return where a step leads, but zero for a sign that would change, and the bound where one would be crossed."""
    new = coef + step
    new[(np.sign(coef) * new < 0.0) & (penalty.l1 > 0.0)] = 0.0
    return penalty.within(new)


def best_length(falls: float, curvature: float) -> float:
    """Return the fraction of a step, at most one, that minimises a quadratic."""
    if not falls > 0.0:
        return 0.0
    return min(1.0, falls / curvature) if curvature > 0.0 else 1.0


def step_of_groups(hessian: FloatArray, slope: FloatArray, coef: FloatArray, penalty: Penalty) -> float:
    """Take a step of Newton's method on the coefficients where the penalty has a derivative, the others held.

    It ends where a sign would change or a bound be crossed, or before if the model would not fall enough.
    """
    inside = np.flatnonzero(penalty.differentiable(coef))
    if inside.size == 0:
        return 0.0
    own, here = penalty.pick(inside), coef[inside]
    away = slope[inside] + own.gradient(here)
    curved = block_of(hessian, inside, own.l2)
    if own.groups is not None:
        curved += own.groups.curvature(here)
    step = -cholesky_solve(with_factor(curved), away)
    reach, ends = _reach(here, step, own)  # the furthest that no sign changes and no bound is crossed
    furthest = length = min(1.0, float(reach.min()))
    decrement = -float(away @ step)
    change = np.zeros(coef.size)
    change[inside] = step
    image = hessian @ change
    if own.groups is not None:  # without groups the model is a quadratic on the way, and falls
        curvature = float(step @ image[inside] + own.l2 @ step**2)
        length = _enough(own.groups, here, step, decrement, curvature, furthest)
    if length == 0.0:
        return 0.0
    new = here + length * step
    if length == furthest < 1.0:
        first = reach == length
        new[first] = ends[first]
    coef[inside] = new
    slope += length * image
    return decrement


def _enough(
    groups: Groups, here: FloatArray, step: FloatArray, decrement: float, curvature: float, longest: float
) -> float:
    """Return the longest of the steps 1, 1/2, 1/4, ... times the longest by which the model falls enough; 0 for none.

    What it falls by is computed from the change of each length itself, which leaves no large terms to cancel.
    """
    before = groups.norms(here)
    along = np.bincount(groups.codes[groups.codes >= 0], (here * step)[groups.codes >= 0], before.size)
    squares, slopes = groups.norms(step) ** 2, along / before
    length = longest
    for _ in range(HALVINGS_MOST):
        grown = length * (2.0 * along + length * squares) / (groups.norms(here + length * step) + before)
        rise = float(groups.strengths @ (grown - length * slopes)) + 0.5 * length**2 * curvature
        if rise <= (1.0 - ARMIJO) * length * decrement:
            return length
        length *= 0.5
    return 0.0


def block_of(array: FloatArray, index: IntArray, ridge: FloatArray) -> FloatArray:
    """Return some rows and columns, with a diagonal added.

    Parameters
    ----------
    array : (p, p) array
        Symmetric.
    index : (k,) int array
        Which.
    ridge : (k,) array
        The diagonal.

    Returns
    -------
    (k, k) array
        By two gathers, which is twice as fast as by one.
    """
    block = array[index][:, index]
    block[np.diag_indices_from(block)] += ridge
    return np.asarray(block)


def with_factor(array: FloatArray) -> FloatArray:
    """Return the Cholesky factor of a symmetric matrix, or of one that has one.

    Parameters
    ----------
    array : (p, p) array
        Of which the upper triangle is read.

    Returns
    -------
    (p, p) array
        As ``cholesky`` gives it, with as much added to the diagonal as it needs.
    """
    factor, info = cholesky(array)
    lift = SINGULAR
    while info != 0 and lift < math.inf:  # without end on what is no number
        factor, info = cholesky(array + lift * np.diag(np.maximum(array.diagonal(), 1e-300)))
        lift *= 100.0
    return factor


def _spectral(array: FloatArray) -> tuple[Callable[[FloatArray], FloatArray], FloatArray]:
    """Return what solves with a symmetric matrix that is singular, or nearly, and its directions without curvature."""
    values, vectors = np.linalg.eigh(array)
    curved = values > SINGULAR * values[-1]
    inverse = np.where(curved, 1.0 / np.where(values > 0.0, values, 1.0), 0.0)
    return lambda vector: np.asarray(vectors @ (inverse * (vectors.T @ vector))), vectors[:, ~curved]
