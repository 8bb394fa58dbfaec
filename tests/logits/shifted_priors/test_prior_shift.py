"""New proportions of outcomes against plain EM, brute force and, where slow, simulated coverage."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

import logitkit as lk
from logitkit.errors import DataError, DataWarning
from tolerances import EXACT, ITERATIVE, ROUTE

OLD = np.array([0.3, 0.3, 0.4])
NEW = np.array([0.1, 0.6, 0.3])
CENTRES = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def rows(seed: int, n: int, proportions: Any = NEW, scale: float = 1.0) -> tuple[Any, Any]:
    """Return logits that are right for the old proportions, and outcomes by others."""
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=proportions)
    x = scale * CENTRES[y] + rng.normal(size=(n, 2))
    return np.log(OLD) - 0.5 * ((x[:, None] - scale * CENTRES) ** 2).sum(axis=2), y


def loglik(z: Any, q: Any, old: Any = OLD) -> float:
    return float(logsumexp(z - np.log(old) + np.log(q), axis=1).sum())


def em(z: Any, old: Any = OLD, steps: int = 20_000) -> Any:
    """The algorithm as published, to its end."""
    p, q = softmax(z, axis=1), old.copy()
    for _ in range(steps):
        weighted = p * (q / old)
        new = (weighted / weighted.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(new - q).max() < 1e-15:
            break
        q = new
    return q


def test_the_maximum_is_that_of_em_and_its_errors_are_those_of_differences() -> None:
    z, _ = rows(1, 400)
    found = lk.logits.prior_shift(z, priors=OLD)
    assert_allclose(found.priors, em(z), rtol=1e-7)  # where EM stops
    assert found.gap < 1e-11

    def of_two(free: Any) -> float:
        return loglik(z, np.append(free, 1.0 - free.sum()))

    h, at = 1e-4, found.priors[:2]
    hessian = np.array(
        [
            [
                sum(a * b * of_two(at + h * (a * np.eye(2)[i] + b * np.eye(2)[j])) for a in (1, -1) for b in (1, -1))
                / (4 * h * h)
                for j in range(2)
            ]
            for i in range(2)
        ]
    )
    assert_allclose(found.vcov[:2, :2], np.linalg.inv(-hessian), rtol=ITERATIVE)
    assert_allclose(found.vcov.sum(axis=0), 0.0, atol=1e-15)
    assert found.statistic == pytest.approx(2.0 * (loglik(z, found.priors) - loglik(z, OLD)), rel=ROUTE)
    assert found.p_value < 1e-6
    assert_allclose(found.low, found.priors - 1.959963984540054 * found.std_error, rtol=ROUTE)


def test_old_proportions_that_were_counted_add_their_error() -> None:
    (z, _), (held, y) = rows(1, 400), rows(2, 300, OLD)
    found = lk.logits.prior_shift(z, held_out=(held, y))
    old = np.bincount(y) / 300
    h, basis = 1e-5, np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])
    slopes = [
        (lk.logits.prior_shift(z, priors=old + h * d).priors - lk.logits.prior_shift(z, priors=old - h * d).priors)
        / (2 * h)
        for d in basis
    ]
    moved = np.array(slopes).T @ np.linalg.pinv(basis.T)
    counted = (np.diag(old) - np.outer(old, old)) / 300
    given = lk.logits.prior_shift(z, priors=old)
    assert_allclose(found.priors, given.priors, rtol=EXACT)
    assert_allclose(found.vcov, given.vcov + moved @ counted @ moved.T, rtol=ITERATIVE)
    # The mean probability of the new rows and the counted proportions, both of two free numbers.
    p = softmax(z, axis=1)[:, :2]
    gap = p.mean(axis=0) - old[:2]
    spread = np.cov(p, rowvar=False) / 400 + counted[:2, :2]
    assert found.statistic == pytest.approx(gap @ np.linalg.solve(spread, gap), rel=ROUTE)
    assert found.counted
    assert not given.counted
    assert "score" in repr(found)
    assert "likelihood ratio" in repr(given)


def test_few_held_out_rows_beside_many_new_ones_are_no_shift() -> None:
    found = [
        lk.logits.prior_shift(rows(100 + seed, 4_000, OLD)[0], held_out=rows(500 + seed, 100, OLD))
        for seed in range(40)
    ]
    assert sum(each.p_value < 0.05 for each in found) <= 6  # 2 are expected, and 7 or more once in 300
    assert np.mean([(each.low <= OLD) & (each.high >= OLD) for each in found]) > 0.85


def test_an_outcome_that_is_absent() -> None:
    z, _ = rows(3, 150, [0.5, 0.5, 0.0])
    found = lk.logits.prior_shift(z, priors=OLD)
    assert found.priors[2] == 0.0
    assert np.isnan(found.std_error[2])

    def profile(t: float) -> float:
        best = minimize(lambda a: -loglik(z, np.array([a[0], 1.0 - t - a[0], t])), [0.4], bounds=[(0.01, 0.98 - t)])
        return float(-best.fun)

    top = loglik(z, np.maximum(found.priors, 1e-300))
    assert found.low[2] == 0.0
    # The quadratic upper limit is near where the profile likelihood has fallen by half of 3.84.
    assert top - profile(float(found.high[2])) == pytest.approx(1.92, rel=0.15)
    with pytest.raises(DataError, match="Outcome 2 has an estimated proportion of 0"):
        found.transform(z)
    moved = found.transform(z, least=0.003)
    q = np.maximum(found.priors, 0.003) / 1.003
    assert_allclose(moved - z, np.tile(np.log(q / OLD), (150, 1)), rtol=1e-9)


@pytest.mark.parametrize("scale", [0.1, 3.0])
def test_overlap_and_none_reach_the_maximum(scale: float) -> None:
    z, _ = rows(3, 500, scale=scale)
    found = lk.logits.prior_shift(z, priors=OLD)
    assert found.gap < 1e-11
    q = em(z, steps=2_000)  # which is not yet there
    assert loglik(z, np.maximum(found.priors, 1e-300)) >= loglik(z, q) - 1e-9
    assert abs(found.priors.sum() - 1.0) < EXACT


def test_many_outcomes_reach_the_maximum() -> None:
    rng = np.random.default_rng(4)
    z = rng.normal(0.0, 2.0, (100, 30))
    found = lk.logits.prior_shift(z, priors=np.full(30, 1 / 30))
    assert found.gap < 1e-11
    assert (found.priors == 0.0).any()
    assert np.isfinite(found.high).all()


def test_an_event_is_the_second_of_two_outcomes() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(0.0, 2.0, 300)
    one = lk.logits.prior_shift(x, priors=0.3)
    two = lk.logits.prior_shift(np.column_stack([np.zeros(300), x]), priors=[0.7, 0.3])
    assert_allclose(one.priors, two.priors, rtol=EXACT)
    assert_allclose(
        one.transform(x), np.diff(two.transform(np.column_stack([np.zeros(300), x])), axis=1)[:, 0], rtol=1e-9
    )
    # At the maximum the mean probability is the proportion.
    assert lk.logits.sigmoid(one.transform(x)).mean() == pytest.approx(one.priors[1], rel=1e-9)


def test_bbse_is_the_inverse_of_the_confusion_matrix_with_errors_by_the_delta_method() -> None:
    held, y = rows(6, 500, OLD)
    z, _ = rows(7, 400)
    found = lk.logits.prior_shift(z, method="BBSE", held_out=(held, y))
    joint = np.zeros((3, 3))
    for called, true in zip(held.argmax(axis=1), y, strict=True):
        joint[called, true] += 1 / 500
    mu = np.bincount(z.argmax(axis=1), minlength=3) / 400
    weights = np.linalg.solve(joint, mu)  # as published: ratios of new to old proportions
    assert_allclose(found.priors, weights * np.bincount(y) / 500, rtol=ROUTE)
    assert_allclose(found.confusion, joint / joint.sum(axis=0), rtol=EXACT)
    assert found.condition == pytest.approx(np.linalg.cond(joint / joint.sum(axis=0)))

    def solved(numbers: Any) -> Any:
        return np.linalg.solve(numbers[3:].reshape(3, 3), numbers[:3])

    at = np.append(mu, found.confusion)
    jacobian = np.array([(solved(at + h) - solved(at - h)) / 2e-6 for h in 1e-6 * np.eye(12)]).T
    spread = np.zeros((12, 12))
    spread[:3, :3] = (np.diag(mu) - np.outer(mu, mu)) / 400
    for k, m in enumerate(np.bincount(y)):
        own, places = found.confusion[:, k], 3 + np.arange(3) * 3 + k
        spread[np.ix_(places, places)] = (np.diag(own) - np.outer(own, own)) / m
    assert_allclose(found.vcov, jacobian @ spread @ jacobian.T, rtol=ITERATIVE, atol=1e-12)
    assert "Condition number" in repr(found)
    assert (pickle.loads(pickle.dumps(found)).priors == found.priors).all()
    assert found.to_frame()["prior"].tolist() == found.priors.tolist()


def test_an_outcome_that_is_hardly_predicted_is_warned_of() -> None:
    rng = np.random.default_rng(8)
    y = rng.random(2_000) < 0.5
    held = rng.normal(0.02 * y, 1.0)
    held[:2] = [-9.0, 9.0]
    with pytest.warns(DataWarning, match="above 30"):
        found = lk.logits.prior_shift(rng.normal(0.0, 1.0, 500), method="BBSE", held_out=(held, y))
    assert found.is_ill_conditioned


HELD = rows(9, 60, OLD)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: lk.logits.prior_shift(HELD[0]), "priors= are missing"),
        (lambda: lk.logits.prior_shift(HELD[0], priors=[0.5, 0.5]), "give 3 proportions above 0"),
        (lambda: lk.logits.prior_shift(HELD[0], priors=[0.5, 0.5, 0.0]), "give 3 proportions above 0"),
        (lambda: lk.logits.prior_shift(HELD[0], priors=[0.5, 0.5, 0.5]), "add up to 1"),
        (lambda: lk.logits.prior_shift(HELD[0], method="BBSE", priors=OLD), r"needs held_out=\(logits, y\)"),
        (lambda: lk.logits.prior_shift(HELD[0], method="em", priors=OLD), "'em' is 'EM' here"),
        (lambda: lk.logits.prior_shift(HELD[0], held_out=HELD[0]), "give a pair"),
        (lambda: lk.logits.prior_shift(HELD[0], held_out=(HELD[0], HELD[1] % 2)), "has outcome 2"),
        (lambda: lk.logits.prior_shift(HELD[0][:, :2], held_out=HELD), r"have shape \(60, 3\)"),
        (lambda: lk.logits.prior_shift([1.0], method="BBSE", held_out=([1.0, 2.0], [0, 1])), "outcome 0 is never"),
        (lambda: lk.logits.prior_shift(HELD[0], priors=OLD).transform([1.0]), r"logits of shape \(n, 3\)"),
        (lambda: lk.logits.prior_shift(HELD[0], priors=OLD).transform(HELD[0], least=0.5), "least=0.5"),
    ],
)
def test_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        call()


@pytest.mark.slow
def test_limits_of_an_outcome_that_is_rare() -> None:
    """Near zero limits do not jump, and none is the whole range."""
    new = np.array([0.03, 0.57, 0.4])
    found = [lk.logits.prior_shift(rows(40_000 + seed, 500, new)[0], priors=OLD) for seed in range(1_000)]
    assert any(each.priors[0] == 0.0 for each in found)
    held = np.mean([(each.low <= new) & (each.high >= new) for each in found], axis=0)
    assert (held > 0.91).all()
    assert max(each.high[0] for each in found) < 0.25


@pytest.mark.slow
@pytest.mark.parametrize("method", ["EM", "EM counted", "BBSE"])
def test_intervals_hold_the_proportions_and_the_test_its_size(method: str) -> None:
    held, rejected = [], []
    for seed in range(1_500):
        known: dict[str, Any] = {"priors": OLD} if method == "EM" else {"held_out": rows(10_000 + seed, 600, OLD)}
        known["method"] = method[:2] if method != "BBSE" else method
        found = lk.logits.prior_shift(rows(20_000 + seed, 500)[0], **known)
        held.append((found.low <= NEW) & (found.high >= NEW))
        rejected.append(lk.logits.prior_shift(rows(30_000 + seed, 500, OLD)[0], **known).p_value < 0.05)
    assert (np.abs(np.mean(held, axis=0) - 0.95) < 0.02).all()
    assert 0.03 < np.mean(rejected) < 0.07


@pytest.mark.parametrize("method", ["EM", "BBSE"])
def test_weights_are_rows_that_are_repeated(method: str) -> None:
    rng = np.random.default_rng(9)
    z, held = rng.normal(0.0, 2.0, (250, 3)), rng.normal(0.0, 3.0, (300, 3))
    y = (held + rng.gumbel(size=held.shape)).argmax(axis=1)
    w, v = rng.integers(0, 4, 250), rng.integers(0, 3, 300)
    again, others = np.repeat(np.arange(250), w), np.repeat(np.arange(300), v)
    one = lk.logits.prior_shift(z, method=method, held_out=(held, y, v), weights=w)
    other = lk.logits.prior_shift(z[again], method=method, held_out=(held[others], y[others]))
    for name in ("old", "priors", "std_error", "low", "high", "vcov", "statistic", "n"):
        assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12, err_msg=name)
    with pytest.raises(DataError, match=r"weights\[0\] is -1"):
        lk.logits.prior_shift(z, priors=OLD, weights=[-1.0] * 250)
