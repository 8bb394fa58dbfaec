"""The penalty as arrays: value, conjugate, scale of a dual point, subdifferential, against brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from logitkit.models.penalties.penalty import Groups, Penalty, no_penalty, soft
from tolerances import EXACT, ROUTE

SEEDS = range(40)


def drawn(seed: int, groups: bool, p: int = 6) -> Penalty:
    """Draw a penalty: some strengths zero, some bounds missing, squares that differ within groups or are missing."""
    rng = np.random.default_rng(seed)
    l1 = rng.exponential(1.0, p) * (rng.random(p) < 0.7)
    l2 = rng.exponential(1.0, p) * (rng.random(p) < 0.6)
    lower = np.where(rng.random(p) < 0.5, -rng.exponential(1.0, p), -np.inf)
    upper = np.where(rng.random(p) < 0.5, rng.exponential(1.0, p), np.inf)
    if not groups:
        return Penalty(l1, l2, lower, upper)
    codes = rng.integers(-1, 2, p)
    lower, upper = np.where(codes >= 0, -np.inf, lower), np.where(codes >= 0, np.inf, upper)
    return Penalty(l1, l2, lower, upper, Groups(codes, rng.exponential(1.0, 2)))


def written_out(penalty: Penalty, coef: np.ndarray) -> float:
    """Return the penalty, term by term."""
    total = sum(a * abs(b) + 0.5 * c * b * b for a, c, b in zip(penalty.l1, penalty.l2, coef, strict=True))
    if penalty.groups is not None:
        for g, strength in enumerate(penalty.groups.strengths):
            total += strength * np.sqrt(sum(coef[penalty.groups.codes == g] ** 2))
    return float(total)


def largest(penalty: Penalty, dual: np.ndarray, reach: float = 1e3) -> float:
    """Return the largest dual'b less the penalty within a large box.

    Of a coefficient in no group, the best of the few points where the derivative vanishes or is not defined. Of groups,
    by a general optimiser from two starts, with b = u - v and u and v not negative, where absolute values are smooth.
    """
    low, high = np.maximum(penalty.lower, -reach), np.minimum(penalty.upper, reach)
    alone = np.ones(dual.size, dtype=bool) if penalty.groups is None else penalty.groups.codes < 0
    total = 0.0
    for d, l1, l2, ends in zip(dual[alone], penalty.l1[alone], penalty.l2[alone], np.c_[low, high][alone], strict=True):
        flat = [(d - l1) / l2, (d + l1) / l2] if l2 > 0.0 else []
        b = np.clip([*ends, 0.0, *flat], *ends)
        total += (d * b - l1 * np.abs(b) - 0.5 * l2 * b**2).max()
    if alone.all():
        return float(total)
    p, dual, l1, l2 = np.count_nonzero(~alone), dual[~alone], penalty.l1[~alone], penalty.l2[~alone]
    codes = penalty.groups.codes[~alone]

    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        b = z[:p] - z[p:]
        value = l1 @ (z[:p] + z[p:]) + 0.5 * l2 @ b**2 - dual @ b
        slope = l2 * b - dual
        for g, strength in enumerate(penalty.groups.strengths):
            own = codes == g
            size = np.sqrt((b[own] ** 2).sum() + 1e-24)
            value += strength * size
            slope[own] += strength * b[own] / size
        return float(value), np.r_[slope + l1, l1 - slope]

    box = [*zip(np.zeros(p), high[~alone], strict=True), *zip(np.zeros(p), -low[~alone], strict=True)]
    starts = [np.zeros(2 * p), 3.0 * np.random.default_rng(0).random(2 * p)]
    options = {"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-10}
    found = [minimize(loss, start, jac=True, method="L-BFGS-B", bounds=box, options=options).fun for start in starts]
    return float(total - min(found))


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_value_is_the_sum_of_its_terms(seed: int, groups: bool) -> None:
    penalty = drawn(seed, groups)
    coef = penalty.within(np.random.default_rng(seed).normal(size=6))
    assert_allclose(penalty.value(coef), written_out(penalty, coef), rtol=EXACT)


@pytest.mark.parametrize(("seed", "groups"), [*((s, False) for s in SEEDS), *((s, True) for s in SEEDS[:15])])
def test_the_conjugate_is_the_largest_value(seed: int, groups: bool) -> None:
    penalty = drawn(seed, groups)
    slope = np.random.default_rng(seed + 1000).normal(size=6)
    scale = 0.9 * penalty.dual_scale(slope)  # at the edge itself the largest value may be met at infinity
    assert 0.0 <= scale <= 0.9
    found = penalty.conjugate(-scale * slope)
    assert np.isfinite(found)
    # An optimiser stops short of the maximum by its own tolerance, and the smoothed length of a group by 1e-12.
    assert_allclose(found, largest(penalty, -scale * slope), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_scale_is_the_largest_with_a_finite_conjugate(seed: int, groups: bool) -> None:
    penalty = drawn(seed, groups)
    slope = 3.0 * np.random.default_rng(seed + 2000).normal(size=6)
    scale = penalty.dual_scale(slope)
    if scale < 1.0:
        assert penalty.conjugate(-min(1.0, scale * (1.0 + 1e-9) + 1e-9) * slope) == np.inf


def test_a_scale_below_one_is_met() -> None:
    scales = [
        drawn(s, g).dual_scale(3.0 * np.random.default_rng(s + 2000).normal(size=6)) for s in SEEDS for g in (0, 1)
    ]
    assert sum(0.0 < scale < 1.0 for scale in scales) > 10
    assert sum(scale == 1.0 for scale in scales) > 3


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_fenchel_and_young(seed: int, groups: bool) -> None:
    """Penalty plus conjugate is at least the product, and equal where the dual is the derivative."""
    penalty, rng = drawn(seed, groups), np.random.default_rng(seed)
    coef, slope = penalty.within(rng.normal(size=6)), rng.normal(size=6)
    dual = -penalty.dual_scale(slope) * slope
    assert penalty.value(coef) + penalty.conjugate(dual) >= dual @ coef - EXACT
    smooth = penalty.differentiable(coef)
    dual = np.where(smooth, penalty.gradient(coef), 0.0)
    coef = np.where(smooth, coef, 0.0)  # groups are smooth whole, or in no coefficient that is zero with an l1
    if penalty.groups is None:
        assert_allclose(penalty.value(coef) + penalty.conjugate(dual), dual @ coef, rtol=ROUTE, atol=EXACT)


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_derivative_is_that_of_the_value(seed: int, groups: bool) -> None:
    penalty = drawn(seed, groups)
    coef = penalty.within(np.random.default_rng(seed).normal(size=6))
    h = 1e-6
    for j in np.flatnonzero(penalty.differentiable(coef)):
        unit = h * np.eye(6)[j]
        numeric = (penalty.value(coef + unit) - penalty.value(coef - unit)) / (2 * h)
        assert_allclose(penalty.gradient(coef)[j], numeric, rtol=1e-6, atol=1e-6)  # of a difference quotient


@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_distance_is_zero_at_a_minimum_and_nowhere_else(seed: int, groups: bool) -> None:
    """Of |b - a|^2 / 2 plus the penalty, whose minimum one coordinate or group at a time is known."""
    penalty = drawn(seed, groups)
    if penalty.groups is not None:
        penalty = replace(penalty, l2=np.zeros(6))
    target = 2.0 * np.random.default_rng(seed).normal(size=6)
    best = soft(target, penalty.l1)
    if penalty.groups is not None:
        for g, strength in enumerate(penalty.groups.strengths):
            own = penalty.groups.codes == g
            size = np.linalg.norm(best[own])
            best[own] *= max(0.0, 1.0 - strength / size) if size > 0.0 else 0.0
    best = penalty.within(best / (1.0 + penalty.l2))
    assert_allclose(penalty.distance(best, best - target), 0.0, atol=EXACT)
    moved = penalty.within(best + np.where(best == 0.0, 0.0, 0.01))
    changed = moved != best
    assert (penalty.distance(moved, moved - target)[changed] > 1e-3).all()


def test_squares_of_a_group_that_differ_have_an_exact_conjugate() -> None:
    """Equality of Fenchel and Young at a point where both members are away from zero."""
    penalty = Penalty(
        np.array([0.1, 0.0, 0.2]),
        np.array([0.5, 2.0, 0.0]),
        np.full(3, -np.inf),
        np.full(3, np.inf),
        Groups(np.zeros(3, dtype=np.int64), np.array([0.7])),
    )
    coef = np.array([1.0, -0.3, 0.4])
    dual = penalty.gradient(coef)
    assert penalty.dual_scale(-dual) == 1.0
    assert_allclose(penalty.value(coef) + penalty.conjugate(dual), dual @ coef, rtol=EXACT)


def test_free_and_smooth() -> None:
    none = no_penalty(3)
    assert none.free.all()
    assert none.smooth
    assert replace(none, l2=np.ones(3)).smooth
    assert not replace(none, l2=np.ones(3)).free.any()
    assert not replace(none, l1=np.array([0.0, 0.0, 1.0])).smooth
    assert not replace(none, upper=np.array([np.inf, 0.0, np.inf])).smooth
    grouped = replace(none, groups=Groups(np.array([0, 0, -1]), np.array([1.0])))
    assert grouped.free.tolist() == [False, False, True]
    assert not grouped.smooth


def test_a_sum_and_a_part_are_those_of_the_terms() -> None:
    first, second = drawn(1, groups=True), drawn(2, groups=False)
    both = first.plus(second, 0.5)
    coef = both.within(np.random.default_rng(0).normal(size=6))
    assert_allclose(both.value(coef), first.value(coef) + 0.5 * second.value(coef), rtol=EXACT)
    assert (both.lower == np.maximum(first.lower, second.lower)).all()
    assert (both.upper == np.minimum(first.upper, second.upper)).all()
    own = np.flatnonzero(first.groups.codes == 0) if first.groups is not None else np.empty(0, dtype=int)
    inside = np.zeros(6)
    inside[own] = coef[own]
    assert_allclose(first.pick(own).value(coef[own]), first.value(inside), rtol=EXACT)
