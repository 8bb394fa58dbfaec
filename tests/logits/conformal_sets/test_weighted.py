"""Conformal sets of weighted rows against plain loops and repeated rows, and, where slow, simulated shifts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError

METHODS = ("split", "class", "aps")


def rows(seed: int, n: int, k: int = 3) -> tuple[Any, Any]:
    """Return logits and outcomes drawn from their probabilities."""
    rng = np.random.default_rng(seed)
    z = rng.normal(0.0, 1.5, (n, k))
    return z, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


@pytest.mark.parametrize("method", METHODS)
def test_whole_weights_are_rows_that_are_repeated(method: str) -> None:
    z, y = rows(1, 150)
    new = rows(2, 80)[0]
    weights = np.random.default_rng(3).integers(0, 4, 150)
    weighted = lk.logits.conformal(z, y, 0.85, method, randomised=False, weights=weights)
    again = np.repeat(np.arange(150), weights)
    repeated = lk.logits.conformal(z[again], y[again], 0.85, method, randomised=False)
    assert (weighted.sets(new, weights=np.ones(80)) == repeated.sets(new)).all()


@pytest.mark.parametrize("method", ["split", "class", "aps", "raps"])
def test_equal_weights_change_nothing_whatever_they_are(method: str) -> None:
    z, y = rows(4, 400)
    new = rows(5, 60)[0]
    plain = lk.logits.conformal(z, y, 0.9, method, seed=2)
    weighted = lk.logits.conformal(z, y, 0.9, method, seed=2, weights=np.full(400, 0.3))
    assert (weighted.sets(new, weights=np.full(60, 0.3)) == plain.sets(new)).all()
    np.testing.assert_array_equal(weighted.limits, plain.limits)


def test_thresholds_follow_the_definition_for_each_new_row() -> None:
    z, y = rows(6, 60)
    new = rows(7, 40)[0]
    rng = np.random.default_rng(8)
    w, v = rng.exponential(size=60), rng.exponential(size=40) * 3.0
    assert (lk.logits.conformal(z, y, 0.7, weights=w).sets(new[:1], weights=[0.0])).shape == (1, 3)
    v[0] = 1e6  # more than all others together
    found = lk.logits.conformal(z, y, 0.7, weights=w).sets(new, weights=v)
    c = softmax(z, axis=1)[np.arange(60), y]
    p = softmax(new, axis=1)
    for i in range(40):
        for j in range(3):
            # Left out where the rows that conform better than the outcome have the level of all weight.
            above = w[c > p[i, j]].sum()
            assert found[i, j] == (above < 0.7 * (w.sum() + v[i]))
    assert found[0].all()


def test_weighted_sets_are_kept_printed_and_judged() -> None:
    z, y = rows(9, 300)
    w = np.exp(z[:, 0])
    for method in METHODS:
        sets = lk.logits.conformal(z, y, 0.8, method, weights=w, seed=1)
        again = lk.logits.ConformalSets.from_dict(json.loads(json.dumps(sets.to_dict())))
        assert (again.sets(z, weights=w) == sets.sets(z, weights=w)).all()
        assert "Rows have weights" in repr(sets)
        judged = sets.coverage(z, y, weights=w)
        assert np.isnan(judged.p_value)
        assert "Expected" not in repr(judged)
        assert len(judged.plot().collections) == 1  # intervals, and no band
        assert np.isnan(sets.to_frame()["conf_low"]).all()


def test_what_weights_do_not_have_is_refused() -> None:
    z, y = rows(10, 100)
    plain, weighted = lk.logits.conformal(z, y), lk.logits.conformal(z, y, weights=np.ones(100))
    with pytest.raises(DataError, match=r"give weights= of the new rows, on the same scale"):
        weighted.sets(z)
    with pytest.raises(UnsupportedError, match="give them to conformal too"):
        plain.sets(z, weights=np.ones(100))
    with pytest.raises(UnsupportedError, match="no law that is known"):
        weighted.coverage_law()
    with pytest.raises(DataError, match="no row with outcome 1 with a weight above 0"):
        lk.logits.conformal(z, y, method="class", weights=(y != 1).astype(float))
    kept = weighted.to_dict()
    for change in ({"starts": [0, 3]}, {"mass": [1.0]}, {"conformity": "a"}):
        with pytest.raises(DataError, match="no conformal sets"):
            lk.logits.ConformalSets.from_dict(kept | {"weighted": kept["weighted"] | change})


@pytest.mark.slow
@pytest.mark.parametrize("method", ["split", "aps", "class"])
def test_coverage_holds_under_a_shift_of_the_rows(method: str) -> None:
    rng = np.random.default_rng(11)
    covered, without, n_new = [], [], 40
    for _ in range(600):
        x = rng.normal(0.0, 1.0, 400)
        shifted = rng.normal(1.0, 1.0, n_new)  # whose density ratio is exp(x - 1/2)

        def drawn(at: Any) -> tuple[Any, Any]:
            true = np.column_stack([np.zeros(at.size), at, -at])
            y = (true + rng.gumbel(size=true.shape)).argmax(axis=1)
            return np.column_stack([np.zeros(at.size), 0.2 * at, 0.2 * at]), y  # a model that is wrong

        (z, y), (new, happened) = drawn(x), drawn(shifted)
        sets = lk.logits.conformal(z, y, 0.8, method, weights=np.exp(x), seed=int(rng.integers(1 << 30)))
        plain = lk.logits.conformal(z, y, 0.8, method)
        covered.append(sets.sets(new, weights=np.exp(shifted))[np.arange(n_new), happened].mean())
        without.append(plain.sets(new)[np.arange(n_new), happened].mean())
    error = np.std(covered, ddof=1) / np.sqrt(len(covered))
    assert np.mean(covered) > 0.8 - 3.0 * error
    assert np.mean(covered) < 0.83
    if method == "split":
        assert abs(np.mean(without) - 0.8) > 0.03  # what the weights mend
