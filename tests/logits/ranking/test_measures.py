"""Measures of ranking, against scikit-learn and against all orders of equal scores; their intervals by simulation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from logitkit.errors import DataError
from logitkit.logits import ndcg, recall_at, reciprocal_rank
from tolerances import EXACT


def by_enumeration(s: Any, y: Any, measure: Callable[[Any], float]) -> float:
    """Return the mean of a measure of the ordered relevance over all orders that the scores leave open."""
    orders = [p for p in permutations(range(len(s))) if all(s[p[i]] >= s[p[i + 1]] for i in range(len(s) - 1))]
    return float(np.mean([measure(y[list(p)]) for p in orders]))


def dcg(gains: Any, k: int) -> float:
    return float(sum(g / np.log2(r + 2) for r, g in enumerate(gains[:k])))


def queries(seed: int, q: int = 12) -> tuple[Any, Any, Any]:
    """Return scores with ties, grades, and shuffled queries of 1 to 6 rows, each with a relevant row."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(q), rng.integers(1, 7, q))
    s, y = rng.integers(0, 3, groups.size).astype(float), rng.integers(0, 4, groups.size)
    y[np.unique(groups, return_index=True)[1]] += 1
    order = rng.permutation(groups.size)
    return s[order], y[order], groups[order]


def test_measures_are_means_over_all_orders_of_equal_scores() -> None:
    s, y, groups = queries(1)
    k = 2
    found = {
        "dcg": ndcg(s, y, groups, k=k, gain="exponential"),
        "recall": recall_at(s, y, groups, k=k),
        "rank": reciprocal_rank(s, y, groups),
    }
    for j in range(12):
        own = groups == j
        gains = 2.0 ** y[own] - 1.0
        best = dcg(np.sort(gains)[::-1], k)
        expected = {
            "dcg": by_enumeration(s[own], gains, lambda g: dcg(g, k) / best),  # noqa: B023
            "recall": by_enumeration(s[own], y[own], lambda g: np.sum(g[:k] > 0) / np.sum(g > 0)),
            "rank": by_enumeration(s[own], y[own], lambda g: 1.0 / (1.0 + np.argmax(g > 0))),
        }
        for name, value in expected.items():
            assert found[name].values[j] == pytest.approx(value, rel=EXACT)


@pytest.mark.parametrize("k", [None, 1, 5, 100])
def test_ndcg_is_that_of_scikit_learn(k: int | None) -> None:
    rng = np.random.default_rng(2)
    y, s = rng.integers(0, 4, (30, 20)), rng.integers(0, 8, (30, 20)).astype(np.float32)
    found = ndcg(s.ravel(), y.ravel(), np.repeat(np.arange(30), 20), k=k)
    assert found.estimate == pytest.approx(ndcg_score(y, s, k=k), rel=EXACT)


@pytest.mark.parametrize("relevant", [1, 7, 200])
def test_a_large_block_of_equal_scores_has_the_mean_reciprocal_rank_of_its_recursion(relevant: int) -> None:
    # E(1 / first rank) = sum of P(first rank = j) / j, with the ratios of successive binomial coefficients exactly.
    from fractions import Fraction

    n, before = 200, 3
    chance, expected = Fraction(relevant, n), Fraction(0)
    for j in range(1, n - relevant + 2):
        expected += chance / (before + j)
        chance *= Fraction(n - j - relevant + 1, max(n - j, 1))
    s, y = np.r_[np.ones(3), np.zeros(n)], np.r_[np.zeros(3), np.arange(n) < relevant]
    assert reciprocal_rank(s, y).estimate == pytest.approx(float(expected), rel=EXACT)


def test_queries_without_a_relevant_row_are_left_out_and_counted() -> None:
    s, y, groups = [3.0, 2.0, 1.0, 5.0, 4.0], [1, 0, 1, 0, 0], ["a", "a", "a", "b", "b"]
    for found in (ndcg(s, y, groups), recall_at(s, y, groups, k=1), reciprocal_rank(s, y, groups)):
        assert (found.queries.tolist(), found.n_queries, found.n_left_out) == (["a"], 1, 1)
        assert np.isnan([found.std_error, found.conf_low, found.conf_high]).all()


def test_intervals_are_those_of_a_mean_over_queries() -> None:
    s, y, groups = queries(3, 40)
    found = recall_at(s, y, groups, k=2, level=0.9)
    error = found.values.std(ddof=1) / np.sqrt(40)
    assert found.std_error == pytest.approx(error, rel=EXACT)
    assert found.conf_high - found.conf_low == pytest.approx(2 * 1.6448536269514722 * error, rel=EXACT)
    # A percentile interval of a mean is near the normal one with the standard error of a bootstrap, sqrt((q - 1) / q).
    drawn = recall_at(s, y, groups, k=2, level=0.9, interval="bootstrap", draws=(20_000, 5))
    half = 1.6448536269514722 * error * np.sqrt(39 / 40)
    assert drawn.estimate == found.estimate
    assert drawn.conf_low == pytest.approx(found.estimate - half, abs=0.05 * half)
    assert drawn.conf_high == pytest.approx(found.estimate + half, abs=0.05 * half)


def test_a_measure_prints_its_mean_and_not_its_queries() -> None:
    found = repr(ndcg(*queries(3, 40), k=3))
    assert found.startswith("NDCG at 3")
    assert "array" not in found


def test_two_rankings_are_compared_within_queries() -> None:
    s, y, groups = queries(4, 40)
    a, b = ndcg(s, y, groups), ndcg(-s, y, groups)
    found = a.minus(b)
    d = a.values - b.values
    assert found.estimate == pytest.approx(d.mean(), rel=EXACT)
    assert found.std_error == pytest.approx(d.std(ddof=1) / np.sqrt(40), rel=EXACT)
    assert found.name == "Difference in NDCG"
    with pytest.raises(DataError, match="compare one measure"):
        a.minus(ndcg(s, y, groups, k=3))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ndcg([1.0, np.nan], [1, 0]), r"Scores are not finite in row 1"),
        (lambda: ndcg([1.0, 0.0], [1, -1]), r"y is -1 in row 1"),
        (lambda: ndcg([1.0, 0.0], [1]), "relevance"),
        (lambda: ndcg([1.0, 0.0], [0, 0]), "No row is relevant"),
        (lambda: ndcg([1.0, 0.0], [1, 0], gain="log"), "gain='log'"),
        (lambda: ndcg([1.0], [2_000], gain="exponential"), "too large"),
        (lambda: recall_at([1.0, 0.0], [1, 0], k=0), "k=0"),
        (lambda: reciprocal_rank([1.0], [1], ["a", "b"]), "groups have shape"),
        (lambda: reciprocal_rank([1.0, 1.0], [1, 0], np.array(["a", 1], dtype=object)), "no order"),
        (lambda: reciprocal_rank([1.0], [1], interval="bca"), "interval='bca'"),
        (lambda: reciprocal_rank([1.0], [1], interval="bootstrap", draws=(10, 0)), r"draws=\(10"),
        (lambda: reciprocal_rank([1.0], [1], draws=(200, -1)), "seed=-1"),
    ],
)
def test_bad_input_is_refused(call: Callable[[], object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()


@pytest.mark.slow
@pytest.mark.parametrize("interval", ["normal", "bootstrap"])
def test_intervals_cover_the_mean_over_queries_like_these(interval: str) -> None:
    def draw(rng: Any, q: int) -> tuple[Any, Any, Any]:
        size = rng.integers(3, 12, q)
        groups = np.repeat(np.arange(q), size)
        z = rng.standard_normal(groups.size)
        y = rng.random(groups.size) < 1 / (1 + np.exp(1.0 - z))
        return np.round(z, 1), y, groups

    rng = np.random.default_rng(6)
    truth = reciprocal_rank(*draw(rng, 400_000)).estimate
    found = [reciprocal_rank(*draw(rng, 80), interval=interval, draws=(1_000, i)) for i in range(1_000)]
    covered = np.mean([each.conf_low <= truth <= each.conf_high for each in found])
    assert 0.925 < covered < 0.965  # 0.95 with three standard errors of 0.007, and what 80 queries lack to be normal
