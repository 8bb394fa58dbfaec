"""Risk by coverage against all orders of tied rows, and its error by the jackknife and by simulation."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import softmax

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.selective import risk_curve
from tolerances import EXACT


def rows(seed: int, n: int, k: int = 4) -> tuple[Any, Any]:
    """Return logits and outcomes drawn from their probabilities."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 1.5, (n, k))
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


def area(errors: Any) -> float:
    """Return the area for rows in their order."""
    return float(np.mean(np.cumsum(errors) / np.arange(1, len(errors) + 1)))


def test_ties_are_the_mean_over_all_orders() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        score, wrong = rng.integers(0, 3, 6), rng.random(6) < 0.4
        logits = np.where(wrong, -1.0, 1.0)
        found = lk.logits.risk_coverage(logits, np.ones(6), score=score.astype(float))
        orders = [o for o in permutations(range(6)) if all(score[a] >= score[b] for a, b in pairwise(o))]
        assert found.area == pytest.approx(np.mean([area(wrong[list(o)]) for o in orders]), rel=EXACT)
        best = min(area(wrong[list(o)]) for o in permutations(range(6)))
        assert found.best_area == pytest.approx(best, rel=EXACT, abs=1e-15)
        assert found.random_area == wrong.mean()
        for point, least in enumerate(found.confidence):
            assert found.risk[point] == wrong[score >= least].mean()
            assert found.coverage[point] == (score >= least).mean()


def test_scores_are_what_they_are_called() -> None:
    z, y = rows(2, 300)
    p, wrong = softmax(z, axis=1), z.argmax(axis=1) != y
    two = np.sort(z, axis=1)
    scores = {"probability": p.max(axis=1), "margin": two[:, -1] - two[:, -2], "entropy": (p * np.log(p)).sum(axis=1)}
    for name, score in scores.items():
        found = lk.logits.risk_coverage(z, y, name)
        assert found.area == pytest.approx(area(wrong[np.argsort(-score)]), rel=EXACT)
        assert found.area == lk.logits.risk_coverage(z, y, score).area
    event = z[:, 1] - z[:, 0]
    one = {lk.logits.risk_coverage(event, y % 2, name).area for name in scores}
    assert one == {risk_curve(np.column_stack([np.zeros(300), event]), y % 2).area}


def test_risk_at_a_coverage() -> None:
    z, y = rows(3, 200)
    found = lk.logits.risk_coverage(z, y)
    wrong = (z.argmax(axis=1) != y)[np.argsort(-softmax(z, axis=1).max(axis=1))]
    table = found.at([0.1, 0.5, 1.0])
    assert_allclose(table[:, 1], [wrong[:20].mean(), wrong[:100].mean(), wrong.mean()], rtol=EXACT)
    assert (table[:, 2] < table[:, 1]).all()
    assert (table[:, 1] < table[:, 3]).all()
    # binom.test(9, 27)$conf.int in R 4.3
    low, high = risk_curve([1.0] * 27, [1] * 18 + [0] * 9).limits(np.array([0]))
    assert_allclose([low[0], high[0]], [0.1652, 0.5396], atol=6e-5)
    frame = found.to_frame()
    assert frame["risk"].to_numpy()[-1] == wrong.mean()
    assert pickle.loads(pickle.dumps(found)).area == found.area
    assert "Excess area" in repr(found)


@pytest.mark.parametrize("digits", [8, 0])
def test_the_error_of_the_area_is_that_of_the_jackknife(digits: int) -> None:
    z, y = rows(4, 400, 3)
    score = np.round(softmax(z, axis=1).max(axis=1) * 4, digits)
    found = lk.logits.risk_coverage(z, y, score)
    left = np.array([risk_curve(np.delete(z, i, 0), np.delete(y, i), np.delete(score, i)).area for i in range(400)])
    jackknife = np.sqrt(399 / 400 * ((left - left.mean()) ** 2).sum())
    assert found.std_error == pytest.approx(jackknife, rel=0.02)  # of order 1 / n apart
    assert found.low < found.area < found.high


def test_no_error_and_nothing_but_errors() -> None:
    right, wrong = (lk.logits.risk_coverage([1.0, 2.0, 3.0], [y] * 3) for y in (1, 0))
    assert (right.area, right.excess_area, right.std_error) == (0.0, 0.0, 0.0)
    assert (wrong.area, wrong.best_area) == (1.0, 1.0)
    assert wrong.std_error == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: lk.logits.risk_coverage([1.0, 2.0], [0, 1], [1.0]), r"score has shape \(1,\)"),
        (lambda: lk.logits.risk_coverage([1.0, 2.0], [0, 1], "maximum"), "score='maximum' is not known"),
        (lambda: lk.logits.risk_coverage([1.0, np.nan], [0, 1]), "not finite in row 1"),
        (lambda: lk.logits.risk_coverage([1.0, 2.0], [0, 0.5]), "whole number from 0 to 1"),
        (lambda: lk.logits.risk_coverage([1.0, 2.0], [0, 1]).at(0.0), "above 0 and at most 1"),
    ],
)
def test_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        call()


@pytest.mark.slow
def test_intervals_of_the_area_hold_it() -> None:
    truth = risk_curve(*rows(5, 2_000_000)).area
    held = []
    for seed in range(1_000):
        found = risk_curve(*rows(10 + seed, 300))
        held.append(found.low <= truth <= found.high)
    assert 0.925 < np.mean(held) < 0.97


def test_weights_are_rows_that_are_repeated() -> None:
    z, y = rows(6, 200)
    weights = np.random.default_rng(7).integers(0, 4, 200)
    again = np.repeat(np.arange(200), weights)
    for score in ("probability", np.round(z[:, 0])):
        own = score if isinstance(score, str) else score[again]
        one, other = lk.logits.risk_coverage(z, y, score, weights=weights), risk_curve(z[again], y[again], own)
        assert (one.area, one.std_error, one.low, one.best_area) == (
            other.area,
            other.std_error,
            other.low,
            other.best_area,
        )
        assert one.n_answered.tolist() == other.n_answered.tolist()
    with pytest.raises(UnsupportedError, match=r"not in row 0 \(from 0\): limits of error rates"):
        lk.logits.risk_coverage(z, y, weights=np.full(200, 0.5))
    with pytest.raises(UnsupportedError, match="more than the 200,000,000"):
        lk.logits.risk_coverage(z, y, weights=np.full(200, 2e6))
