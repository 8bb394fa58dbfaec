"""From the best case to the worst: what is proved by search over outcomes, and what is only attained."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard import RejectInference
from logitkit.scorecard.rejects.areas import _largest
from oracles.rejects import population, solved
from tolerances import EXACT, ROUTE


def small(seed: int, n: int = 90, rejects: int = 12) -> RejectInference:
    """Return few applicants with very few rejects, whose outcomes can all be gone through."""
    table, accepted = population(n, seed, "card")
    accepted = accepted | (np.arange(n) >= rejects)
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    return lk.scorecard.reject_inference(card, table[accepted], table[~accepted], [])


def area(scores: np.ndarray, bad: np.ndarray) -> float:
    """Return the proportion of pairs, one bad and one good in part, that are in order; ties count half."""
    pairs = (scores[:, None] > scores) + 0.5 * (np.abs(scores[:, None] - scores) < 1e-9)
    return float(bad @ pairs @ (1 - bad)) / float(bad.sum() * (1 - bad).sum())


@pytest.mark.parametrize("seed", [19, 4, 8])
def test_ends_of_coefficients_are_those_of_all_outcomes_of_rejects(seed: int) -> None:
    a = (found := small(seed)).applicants
    assert 3 <= a.rejects.shape[0] <= 9
    both, w = np.vstack([a.accepts, a.rejects]), np.ones(a.bad.size + a.rejects.shape[0])
    every = np.array(
        [solved(both, np.concatenate([a.bad, q]), w) for q in product((0.0, 1.0), repeat=a.rejects.shape[0])]
    )
    ends = found.coefficients(bounds=True).loc["none"]
    np.testing.assert_allclose(ends["least"], every.min(axis=0), rtol=ROUTE)
    np.testing.assert_allclose(ends["largest"], every.max(axis=0), rtol=ROUTE)


def test_ends_between_the_cases_are_attained_and_search_finds_none_farther() -> None:
    a = (found := small(19)).applicants
    odds = [a.of_rejects / (1 - a.of_rejects) * factor for factor in found.between]
    low, high = (ratio / (1 + ratio) for ratio in odds)
    both, w = np.vstack([a.accepts, a.rejects]), np.ones(a.bad.size + a.rejects.shape[0])
    ends = found.coefficients(bounds="between").loc["none"]
    draw = np.random.default_rng(0)
    some = np.array([solved(both, np.concatenate([a.bad, draw.uniform(low, high)]), w) for _ in range(200)])
    corners = np.array(
        [
            solved(both, np.concatenate([a.bad, np.where(up, high, low)]), w)
            for up in product((False, True), repeat=low.size)
        ]
    )
    np.testing.assert_allclose(ends["least"], corners.min(axis=0), rtol=ROUTE)
    np.testing.assert_allclose(ends["largest"], corners.max(axis=0), rtol=ROUTE)
    assert ((some > ends["least"].to_numpy()) & (some < ends["largest"].to_numpy())).all()
    with pytest.raises(DataError, match="bounds='all'"):
        found.coefficients(bounds="all")


def test_the_gini_coefficient_of_all_has_the_ends_that_search_over_outcomes_finds() -> None:
    """All outcomes are gone through; between the cases a search by gradients goes to the ends, and not beyond."""
    a = (found := small(19)).applicants
    table = found.bounds()
    scores = np.vstack([a.accepts, a.rejects]) @ found.inferred[0].coef
    every = [area(scores, np.concatenate([a.bad, q])) for q in product((0.0, 1.0), repeat=a.rejects.shape[0])]
    gini = table.loc["Gini of all"]
    assert gini["least_possible"] == pytest.approx(2 * min(every) - 1, rel=ROUTE)
    assert gini["largest_possible"] == pytest.approx(2 * max(every) - 1, rel=ROUTE)
    assert gini["assumed"] == pytest.approx(2 * area(scores, np.concatenate([a.bad, a.of_rejects])) - 1, rel=ROUTE)
    box = [expit(np.log(a.of_rejects / (1 - a.of_rejects)) + np.log(factor)) for factor in found.between]
    for sign, end in ((1.0, "least_thought"), (-1.0, "largest_thought")):

        def towards(q: np.ndarray, sign: float = sign) -> float:
            return sign * (2 * area(scores, np.concatenate([a.bad, q])) - 1)

        search = minimize(towards, a.of_rejects, bounds=list(zip(*box, strict=True)))
        assert sign * search.fun == pytest.approx(gini[end], abs=1e-7)  # gradients by differences
    rates = table.loc["bad rate of rejects"]
    assert rates.tolist() == [0, box[0].mean(), found.inferred[0].rates.mean(), box[1].mean(), 1]
    n, r = a.bad.size, a.rejects.shape[0]
    np.testing.assert_allclose(table.loc["bad rate of all"], (a.bad.sum() + r * rates) / (n + r), rtol=EXACT)


def test_the_gini_coefficient_is_largest_where_some_of_one_score_are_bad() -> None:
    """The root of the quadratic is inside: by a grid."""
    total, bad, more = np.array([7.0, 15.0, 21.0]), np.array([1.0, 3.0, 0.0]), np.array([0.0, 12.0, 0.0])
    ends = np.linspace(0, more.sum(), 200_001)
    numbers = bad + np.column_stack([np.zeros_like(ends), ends, np.zeros_like(ends)])
    n = numbers.sum(axis=1)
    areas = (numbers @ (np.cumsum(total) - total / 2) - n**2 / 2) / (n * (total.sum() - n))
    assert 0 < int(areas.argmax()) < 200_000
    assert _largest(total, bad, more) == pytest.approx(areas.max(), rel=1e-9)
