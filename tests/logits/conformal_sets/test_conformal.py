"""Conformal sets against plain loops, exact enumeration and, where slow, simulated coverage."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from fractions import Fraction
from itertools import permutations
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import beta, comb, softmax

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.conformal_sets.conformity import CALIBRATING, NEW, TUNING, Conformity, drawn
from logitkit.logits.conformal_sets.law import central, count_law, rank_of, rows_needed, sum_law, tails
from tolerances import EXACT, ROUTE

REFERENCES = Path(__file__).resolve().parents[2] / "references"
METHODS = ("split", "class", "aps", "raps")


def rows(seed: int, n: int, k: int = 5, ties: bool = False) -> tuple[Any, Any]:
    """Return logits, in whole numbers if there are to be ties, and outcomes drawn from their probabilities."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 2.0, (n, k))
    if ties:
        z = np.round(z)
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


def score(z: Any, j: int, u: float, penalty: float, free: int) -> float:
    """Return the score of Romano, and of Angelopoulos, as published: sums of probabilities from the largest."""
    p = softmax(z)
    above = sum(p[i] for i in range(len(z)) if z[i] > z[j])
    tied = sum(p[i] for i in range(len(z)) if z[i] == z[j])
    rank = sum(z[i] >= z[j] for i in range(len(z)))
    return float(above + u * tied + penalty * max(rank - free, 0))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("penalty", "free"), [(0.0, 0), (0.05, 2)])
def test_aps_and_raps_are_what_the_papers_say(ties: bool, penalty: float, free: int) -> None:
    z, y = rows(1, 60, ties=ties)
    new = rows(2, 40, ties=ties)[0]
    method = "raps" if penalty else "aps"
    found = lk.logits.conformal(z, y, 0.8, method, seed=3, constants=(penalty, free) if penalty else None)
    u, v = drawn(60, 3, CALIBRATING), drawn(40, 3, NEW)
    scores = sorted(score(z[i], y[i], u[i], penalty, free) for i in range(60))
    threshold = scores[ceil(61 * 0.8) - 1]
    assert found.threshold == pytest.approx(threshold, rel=EXACT)
    expected = [
        [score(row, j, v[i], penalty, free) <= threshold + 1e-13 for j in range(5)] for i, row in enumerate(new)
    ]
    assert found.sets(new).tolist() == expected
    parts = np.vstack([found.sets(new[:15]), found.sets(new[15:], first=15)])
    assert parts.tolist() == expected


@pytest.mark.parametrize("method", ["split", "class"])
def test_sets_by_probability_are_those_of_plain_numpy(method: str) -> None:
    z, y = rows(3, 200)
    new = rows(4, 50)[0]
    found = lk.logits.conformal(z, y, 0.9, method)
    p = softmax(z, axis=1)[np.arange(200), y]
    groups = [p] if method == "split" else [p[y == j] for j in range(5)]
    limits = np.array([np.sort(g)[::-1][ceil((g.size + 1) * 9 / 10) - 1] for g in groups])
    assert_allclose(np.atleast_1d(found.threshold), limits, rtol=EXACT)
    assert (found.sets(new) == (softmax(new, axis=1) >= limits * (1 - 1e-13))).all()


def test_thresholds_and_sets_are_those_of_mapie() -> None:
    stored = json.loads((REFERENCES / "logits" / "mapie.json").read_text())
    z, y, n = np.array(stored["logits"]), np.array(stored["y"], dtype=np.int32), stored["made_by"]["n"]
    split = lk.logits.conformal(z[:n], y[:n], 0.9)
    assert 1.0 - split.threshold == pytest.approx(stored["lac"]["quantile"], rel=EXACT)
    assert split.sets(z[n:]).astype(int).tolist() == stored["lac"]["sets"]
    rule, limit = Conformity(nested=True), 1.0 - stored["aps"]["quantile"]
    room = rule.of_outcomes(z[:n], y[:n], 1.0 - np.random.RandomState(1).uniform(size=n))  # as MAPIE draws
    assert np.sort(room)[::-1][rank_of(n, 0.9) - 1] == pytest.approx(limit, rel=EXACT)
    sets = rule.sets(z[n:], np.array([limit]), np.ones(len(z) - n))
    empty = ~sets.any(axis=1)
    sets[empty, z[n:][empty].argmax(axis=1)] = True
    assert sets.astype(int).tolist() == stored["aps"]["sets"]


def test_an_event_is_the_second_of_two_outcomes() -> None:
    z, y = rows(5, 300, 2)
    of_two, of_event = (lk.logits.conformal(each, y, 0.85, "aps", seed=2) for each in (z - z[:, :1], z[:, 1] - z[:, 0]))
    assert of_two.threshold == of_event.threshold
    assert (of_two.sets(z[:50] - z[:50, :1]) == of_event.sets(z[:50, 1] - z[:50, 0])).all()
    assert of_event.coverage(z[:, 1] - z[:, 0], y).n == 300


def test_nearly_certain_rows_keep_their_order() -> None:
    """One less a probability of 1e-30 is 1: sums from the top would put every outcome into every set."""
    rng = np.random.default_rng(1)
    z = np.zeros((40, 4))
    z[:, 0], z[:, 1:] = 100.0, rng.uniform(0.0, 60.0, (40, 3))
    y = np.full(40, 1)
    found = lk.logits.conformal(z, y, 0.5, "aps", randomised=False)
    assert 0.0 < float(found.limits[0]) < 1e-15
    below = np.sort([np.exp(row[row < row[1]]).sum() / np.exp(row).sum() for row in z])
    # The last outcome of a row has nothing below it.
    assert float(found.limits[0]) == pytest.approx(below[::-1][ceil(41 * 0.5) - 1], rel=1e-12)
    assert found.sets(z).sum(axis=1).max() < 5
    assert not found.sets(z).all()


def test_coverage_is_exact_over_all_orders_of_rows() -> None:
    """Of six rows each may be the new one: coverage over all orders is k / (n + 1), of every method."""
    z, y = rows(6, 6, 3)
    for method in ("split", "aps"):
        rule = Conformity(method == "aps")
        values = rule.of_outcomes(z, y.astype(np.int32), drawn(6, 1, CALIBRATING))
        held = [
            values[order[-1]] >= np.sort(values[list(order[:-1])])[::-1][rank_of(5, 0.7) - 1]
            for order in permutations(range(6))
        ]
        assert Fraction(sum(map(bool, held)), len(held)) == Fraction(rank_of(5, 0.7), 6)


def test_the_law_of_coverage_is_that_of_the_formula_and_of_enumeration() -> None:
    m, n, k = 6, 19, 17
    a, b = k, n + 1 - k
    expected = [comb(m, j) * beta(j + a, m - j + b) / beta(a, b) for j in range(m + 1)]
    assert_allclose(count_law(m, n, k), expected, rtol=ROUTE)
    # Two new rows among five: in which places of the order of all seven they may be.
    places = [sorted(pair) for pair in permutations(range(7), 2)]
    covered = []
    for pair in places:
        old = [i for i in range(7) if i not in pair]  # places from the largest conformity on
        covered.append(sum(place < old[3] for place in pair))  # at least the fourth largest of the old
    found = np.bincount(covered, minlength=3) / len(places)
    assert_allclose(count_law(2, 5, 4), found, rtol=EXACT)
    both = sum_law([count_law(2, 5, 4), count_law(100, 50, 40), count_law(70, 30, 25)])
    assert_allclose(
        both, np.convolve(np.convolve(count_law(2, 5, 4), count_law(100, 50, 40)), count_law(70, 30, 25)), atol=1e-15
    )
    low, high = central(both, 0.9)
    assert both[:low].sum() <= 0.05 < both[: low + 1].sum()
    assert both[high + 1 :].sum() <= 0.05 < both[high:].sum()
    assert tails(both, low) == pytest.approx(2.0 * both[: low + 1].sum())


def test_a_large_law_is_accurate() -> None:
    law = count_law(200_000, 1_000, 901)
    j = np.arange(law.size)
    mean = 200_000 * 901 / 1_001
    assert float(law @ j) == pytest.approx(mean, rel=1e-10)
    variance = 200_000 * 901 * 100 * (1_001 + 200_000) / (1_001**2 * 1_002)
    assert float(law @ (j - mean) ** 2) == pytest.approx(variance, rel=1e-8)


@pytest.mark.parametrize(("level", "n"), [(0.9, 9), (0.95, 19), (0.7, 3), (0.99, 99)])
def test_levels_count_as_they_are_written(level: float, n: int) -> None:
    assert rows_needed(level) == n
    assert rank_of(n, level) == n
    assert rank_of(n - 1, level) == n
    assert rank_of(99, 0.07) == 7


def test_the_constants_of_raps_are_chosen_on_other_rows() -> None:
    z, y = rows(7, 200, 6)
    found = lk.logits.conformal(z, y, 0.9, "raps", seed=4, tuning=0.3)
    order = np.argsort(drawn(200, 4, TUNING), kind="stable")
    apart, rest = order[:60], np.sort(order[60:])
    assert found.n_tuning == 60
    assert found.n.tolist() == [140]
    ranks = sorted(int((z[i] >= z[i, y[i]]).sum()) for i in apart)
    assert found.free == ranks[ceil(61 * 0.9) - 1]
    u = drawn(200, 4, CALIBRATING)
    sizes = {}
    for penalty in (0.001, 0.01, 0.1, 0.2, 0.5):
        limit = sorted(score(z[i], y[i], u[i], penalty, found.free) for i in apart)[ceil(61 * 0.9) - 1]
        sizes[penalty] = sum(
            score(z[i], j, u[i], penalty, found.free) <= limit + 1e-13 for i in apart for j in range(6)
        )
    assert found.penalty == min(sizes, key=lambda each: sizes[each])
    scores = sorted(score(z[i], y[i], u[i], found.penalty, found.free) for i in rest)
    assert found.threshold == pytest.approx(scores[ceil(141 * 0.9) - 1], rel=EXACT)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_said_of_other_rows_is_counted(method: str) -> None:
    z, y = rows(8, 900)
    found = lk.logits.conformal(z[:600], y[:600], 0.9, method, seed=5)
    new, codes = z[600:], y[600:]
    judged, sets = found.coverage(new, codes), found.sets(new)
    held = sets[np.arange(300), codes]
    assert judged.coverage == held.mean()
    assert judged.mean_size == sets.sum() / 300
    assert judged.size_counts.tolist() == [int((sets.sum(axis=1) == s).sum()) for s in range(6)]
    table = judged.to_frame()
    assert table["n"].tolist() == [300, *np.bincount(codes, minlength=5)]
    assert_allclose(table["coverage"][1:], [held[codes == j].mean() for j in range(5)], rtol=EXACT)
    assert_allclose(table["mean_size"][1:], [sets[codes == j].sum(axis=1).mean() for j in range(5)], rtol=EXACT)
    assert judged.expected[0] < 0.9 < judged.expected[1]
    again = pickle.loads(pickle.dumps(found))
    assert (again.sets(new) == sets).all()
    assert ("marginal" in repr(found)) == (method != "class")
    assert "beta-binomial" in repr(judged)


def test_outcomes_with_equal_logits_enter_together_and_their_order_does_not_matter() -> None:
    z, y = rows(9, 400, ties=True)
    order = np.array([3, 1, 4, 0, 2])
    back = np.argsort(order)
    for method in ("split", "aps", "raps"):
        found, other = lk.logits.conformal(z, y, 0.9, method), lk.logits.conformal(z[:, order], back[y], 0.9, method)
        sets = found.sets(z)
        assert (sets[:, order] == other.sets(z[:, order])).all()
        assert all(
            len({(value, kept) for value, kept in zip(*pair, strict=True)}) == len(set(pair[0]))
            for pair in zip(z, sets, strict=True)
        )


def test_empty_sets_can_be_given_the_most_probable_outcome() -> None:
    z, y = rows(10, 2_000, 3)
    y = np.where(np.arange(2_000) % 10 == 0, y, z.argmax(axis=1))  # nearly always the most probable
    found = lk.logits.conformal(z, y, 0.6, "split")
    sets, full = found.sets(z), found.sets(z, never_empty=True)
    empty = ~sets.any(axis=1)
    assert empty.any()
    assert (full.sum(axis=1) >= 1).all()
    assert (full[empty].argmax(axis=1) == z[empty].argmax(axis=1)).all()
    assert (full[~empty] == sets[~empty]).all()


def test_draws_are_by_place_and_streams_are_apart() -> None:
    u = drawn(4_000, 1, CALIBRATING)
    assert abs(u.mean() - 0.5) < 0.02
    for other in (drawn(4_000, 1, NEW), drawn(4_000, 2, CALIBRATING), drawn(4_000, 1, TUNING)):
        assert abs(np.corrcoef(u, other)[0, 1]) < 0.06


@pytest.mark.parametrize("width", [10, 400])
def test_sets_do_not_depend_on_threads(width: int) -> None:
    z, y = rows(11, 8_000 // (width // 10), width)
    before = lk.get_threads()
    try:
        found = []
        for threads in (1, 2):
            lk.set_threads(threads)
            made = lk.logits.conformal(z, y, 0.9, "raps", seed=1)
            found.append((made.threshold, made.sets(z).tobytes()))
    finally:
        lk.set_threads(before)
    assert found[0] == found[1]


Z, Y = rows(12, 30, 3)


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda: lk.logits.conformal(Z[:8], Y[:8]), DataError, r"8 rows .* needs 9: .* infinite"),
        (lambda: lk.logits.conformal(Z, Y % 2, 0.6, method="class"), DataError, "0 rows with outcome 2"),
        (lambda: lk.logits.conformal(Z, Y, method="raps"), DataError, r"6 rows to choose the constants on \(tuning=\)"),
        (lambda: lk.logits.conformal(Z, Y, method="lac"), DataError, "method='lac' is not known"),
        (lambda: lk.logits.conformal(Z, Y + 1), DataError, "whole number from 0 to 2"),
        (lambda: lk.logits.conformal(Z, Y, 1.0), DataError, "level"),
        (lambda: lk.logits.conformal(Z, Y, seed=None), DataError, "seed=None"),
        (lambda: lk.logits.conformal(softmax(Z, axis=1), Y), DataError, "look like probabilities"),
        (lambda: lk.logits.conformal(Z, Y, constants=(0.1, 1)), UnsupportedError, "are of method='raps'"),
        (lambda: lk.logits.conformal(Z, Y, method="raps", constants=(-0.1, 1)), DataError, "at least 0"),
        (lambda: lk.logits.conformal(Z, Y, method="raps", constants=0.1), DataError, "give a pair"),
        (lambda: lk.logits.conformal(Z, Y, method="raps", tuning=1.0), DataError, "tuning=1.0"),
        (lambda: lk.logits.conformal(Z, Y).sets(Z[:, :2]), DataError, r"logits of shape \(n, 3\)"),
        (lambda: lk.logits.conformal(Z, Y).sets(Z, first=-1), DataError, "first=-1"),
        (lambda: lk.logits.conformal(Z, Y).coverage_law(2.0), DataError, "level"),
    ],
)
def test_refused(call: Callable[[], Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        call()


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_coverage_is_the_level_by_simulation(method: str) -> None:
    """3,000 samples of 99 rows (of each outcome, 300 in all) and 100 new ones, of a model that is wrong."""
    rng = np.random.default_rng(13)
    k, times, level = 3, 3_000, 0.9
    shares, inside = [], []
    for turn in range(times):
        z = rng.normal(0.0, 1.5, (400, k))
        y = (0.5 * z + rng.gumbel(size=z.shape)).argmax(axis=1)
        n = 300 if method == "class" else 99
        found = lk.logits.conformal(
            z[:n], y[:n], level, method, seed=turn, constants=(0.05, 1) if method == "raps" else None
        )
        judged = found.coverage(z[300:], y[300:])
        shares.append(judged.coverage)
        inside.append(judged.expected[0] <= judged.coverage <= judged.expected[1])
    error = np.std(shares) / np.sqrt(times)
    above = 0.0 if method != "class" else 0.01  # a threshold of about 100 rows has up to 1 in 101 more
    assert level - 4 * error < np.mean(shares) < level + above + 4 * error
    assert 0.94 < np.mean(inside) < 0.985
