"""Losses of logits against mpmath, their derivatives against differences in many digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import check_grad
from scipy.special import expit

import logitkit as lk
from logitkit.errors import DataError
from logitkit.logits import BinaryLoss, CategoricalLoss, RankingLoss

CATEGORICAL = [
    CategoricalLoss(),
    CategoricalLoss(smoothing=0.1),
    CategoricalLoss(class_weights=[1.0, 2.0, 0.5, 0.0]),
    CategoricalLoss(focus=2.0),
    CategoricalLoss(smoothing=0.2, class_weights=[1.0, 2.0, 0.5, 3.0], focus=0.5),
]
BINARY = [
    BinaryLoss(),
    BinaryLoss(smoothing=0.1),
    BinaryLoss(event_weight=3.0),
    BinaryLoss(focus=2.0),
    BinaryLoss(smoothing=0.2, event_weight=2.0, focus=0.5),
]


def exact_categorical(loss: CategoricalLoss, z: Any, shares: Any) -> Any:
    """Return the loss of one row as the formula says, in many digits."""
    n = len(z)
    total = mp.fsum(mp.exp(v) for v in z)
    terms = []
    for k in range(n):
        weight = 1.0 if loss.class_weights is None else float(loss.class_weights[k])
        target = weight * ((1 - mp.mpf(loss.smoothing)) * shares[k] + mp.mpf(loss.smoothing) / n)
        log_p = z[k] - mp.log(total)
        terms.append(target * (1 - mp.exp(log_p)) ** loss.focus * -log_p)
    return mp.fsum(terms)


def exact_binary(loss: BinaryLoss, z: Any, share: Any) -> Any:
    p = 1 / (1 + mp.exp(-z))
    target = (1 - mp.mpf(loss.smoothing)) * share + mp.mpf(loss.smoothing) / 2
    return loss.event_weight * target * (1 - p) ** loss.focus * -mp.log(p) + (1 - target) * p**loss.focus * -mp.log(
        1 - p
    )


@pytest.mark.parametrize("loss", CATEGORICAL)
def test_rows_of_outcomes_and_their_slopes_in_many_digits(loss: CategoricalLoss) -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(0.0, 3.0, (12, 4))
    shares = rng.dirichlet(np.ones(4), 12)
    shares[:6] = np.eye(4)[rng.integers(0, 4, 6)]
    weights = rng.uniform(0.0, 2.0, 12)
    rows = loss.rows(z, shares)
    value, slope = loss.value_and_gradient(z, shares, weights)
    parts = weights / weights.sum()
    assert value == pytest.approx(parts @ rows, rel=1e-14)
    with mp.workprec(300):
        step = mp.mpf(10) ** -30
        for i in range(12):
            here = [mp.mpf(float(v)) for v in z[i]]
            share = [mp.mpf(float(v)) for v in shares[i]]
            share = [each / mp.fsum(share) for each in share]
            assert float(exact_categorical(loss, here, share)) == pytest.approx(rows[i], rel=1e-14, abs=1e-15)
            for k in range(4):
                up, down = list(here), list(here)
                up[k], down[k] = here[k] + step, here[k] - step
                change = exact_categorical(loss, up, share) - exact_categorical(loss, down, share)
                assert float(change / (2 * step)) * parts[i] == pytest.approx(slope[i, k], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("loss", BINARY)
def test_rows_of_events_and_their_slopes_in_many_digits(loss: BinaryLoss) -> None:
    rng = np.random.default_rng(2)
    z, y = rng.normal(0.0, 4.0, 40), np.append(rng.integers(0, 2, 30), rng.random(10)).astype(float)
    rows, slope = loss.rows(z, y), loss.gradient(z, y)
    bend = loss.hessian_product(z, y, np.ones(40))
    with mp.workprec(300):
        step = mp.mpf(10) ** -30
        for i in range(40):
            at, share = mp.mpf(float(z[i])), mp.mpf(float(y[i]))
            low, here, high = (exact_binary(loss, at + j * step, share) for j in (-1, 0, 1))
            assert float(here) == pytest.approx(rows[i], rel=1e-14)
            assert float((high - low) / (2 * step)) / 40 == pytest.approx(slope[i], rel=1e-12, abs=1e-15)
            assert float((high - 2 * here + low) / step**2) / 40 == pytest.approx(bend[i], rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("loss", CATEGORICAL)
@pytest.mark.parametrize("codes", [True, False])
def test_the_hessian_is_the_derivative_of_the_gradient(loss: CategoricalLoss, codes: bool) -> None:
    rng = np.random.default_rng(3)
    z, along, weights = rng.normal(0.0, 2.0, (30, 4)), rng.normal(0.0, 1.0, (30, 4)), rng.uniform(0.1, 1.0, 30)
    y = rng.integers(0, 4, 30)
    given = y if codes else np.eye(4)[y] * 0.7 + 0.075
    found = loss.hessian_product(z, given, along, weights)
    step = 1e-5
    change = loss.gradient(z + step * along, given, weights) - loss.gradient(z - step * along, given, weights)
    np.testing.assert_allclose(found, change / (2.0 * step), rtol=2e-7, atol=1e-10)
    # Symmetric, and flat along what is common to all outcomes.
    other = rng.normal(0.0, 1.0, (30, 4))
    again = loss.hessian_product(z, given, other, weights)
    assert (other * found).sum() == pytest.approx((along * again).sum(), rel=1e-11)
    np.testing.assert_allclose(loss.hessian_product(z, given, np.ones((30, 4)), weights), 0.0, atol=1e-15)


def test_outcomes_by_number_are_as_their_proportions() -> None:
    rng = np.random.default_rng(4)
    z, y = rng.normal(0.0, 2.0, (50, 3)), rng.integers(0, 3, 50)
    for loss in (CategoricalLoss(), CategoricalLoss(class_weights=[1.0, 2.0, 3.0])):
        for one, other in zip(loss.value_and_gradient(z, y), loss.value_and_gradient(z, np.eye(3)[y]), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-17)


def test_two_outcomes_are_an_event() -> None:
    rng = np.random.default_rng(5)
    z, y = rng.normal(0.0, 2.0, 20), rng.integers(0, 2, 20)
    pair = np.column_stack([np.zeros(20), z])
    for focus, smoothing in ((0.0, 0.0), (1.5, 0.1)):
        event, outcomes = BinaryLoss(smoothing=smoothing, focus=focus), CategoricalLoss(smoothing, focus=focus)
        assert event.value(z, y) == pytest.approx(outcomes.value(pair, y), rel=1e-14)
        np.testing.assert_allclose(event.gradient(z, y), outcomes.gradient(pair, y)[:, 1], rtol=1e-12)


def test_several_events_of_a_row_are_its_mean() -> None:
    rng = np.random.default_rng(6)
    z, y, weights = rng.normal(0.0, 1.0, (6, 3)), rng.integers(0, 2, (6, 3)), rng.uniform(0.1, 1.0, 6)
    flat = BinaryLoss().rows(z.reshape(-1), y.reshape(-1)).reshape(6, 3)
    np.testing.assert_allclose(BinaryLoss().rows(z, y), flat.mean(axis=1), rtol=1e-15)
    spread = np.repeat(weights, 3)
    np.testing.assert_allclose(
        BinaryLoss().gradient(z, y, weights).reshape(-1),
        BinaryLoss().gradient(z.reshape(-1), y.reshape(-1), spread),
        rtol=1e-13,
    )
    along = rng.normal(0.0, 1.0, (6, 3))
    np.testing.assert_allclose(
        BinaryLoss().hessian_product(z, y, along, weights).reshape(-1),
        BinaryLoss().hessian_product(z.reshape(-1), y.reshape(-1), along.reshape(-1), spread),
        rtol=1e-13,
    )


def test_nothing_overflows_and_nothing_is_lost() -> None:
    z = np.array([[1e4, -1e4, 0.0], [0.0, -1e4, -400.0]])
    assert CategoricalLoss().rows(z, [1, 0]).tolist() == [2e4, np.exp(-400.0)]
    gradient = CategoricalLoss().gradient(z, [1, 0])
    assert gradient[0].tolist() == [0.5, -0.5, 0.0]
    np.testing.assert_allclose(gradient[1], [-0.5 * np.exp(-400.0), 0.0, 0.5 * np.exp(-400.0)], rtol=1e-15)
    assert np.isfinite(CategoricalLoss(focus=0.5).hessian_product(z, [1, 0], z)).all()
    assert np.isfinite(BinaryLoss(focus=0.5).hessian_product([1e4, -1e4], [1, 1], [1.0, 1.0])).all()
    assert BinaryLoss().rows([-1e4, 1e4], [1, 1]).tolist() == [1e4, 0.0]


def test_float32_is_rounded_once() -> None:
    rng = np.random.default_rng(7)
    z, y = rng.normal(0.0, 3.0, (200, 5)).astype(np.float32), rng.integers(0, 5, 200)
    value, slope = CategoricalLoss().value_and_gradient(z, y)
    exact, slopes = CategoricalLoss().value_and_gradient(z.astype(np.float64), y)
    assert value == exact
    assert slope.dtype == np.float32
    np.testing.assert_array_equal(slope, slopes.astype(np.float32))


def test_a_row_counted_twice() -> None:
    rng = np.random.default_rng(8)
    z, y, times = rng.normal(0.0, 1.0, (9, 3)), rng.integers(0, 3, 9), rng.integers(0, 4, 9)
    assert CategoricalLoss().value(z, y, times) == pytest.approx(
        CategoricalLoss().value(z.repeat(times, axis=0), y.repeat(times)), rel=1e-14
    )


def brute_pairs(s: Any, y: Any, groups: Any, w: Any) -> float:
    total = pairs = 0.0
    for i in range(len(s)):
        for j in range(len(s)):
            if groups[i] == groups[j] and y[i] > y[j]:
                total += w[i] * w[j] * np.logaddexp(0.0, s[j] - s[i])
                pairs += w[i] * w[j]
    return float(total / pairs)


def test_pairs_by_brute_force_with_derivatives() -> None:
    rng = np.random.default_rng(9)
    s, y, groups = rng.normal(0.0, 1.0, 25), rng.integers(0, 3, 25), np.array(list("abc"))[rng.integers(0, 3, 25)]
    w = rng.uniform(0.5, 2.0, 25)
    loss = RankingLoss()
    assert loss.value(s, y, groups, w) == pytest.approx(brute_pairs(s, y, groups, w), rel=1e-13)
    assert check_grad(lambda at: loss.value(at, y, groups, w), lambda at: loss.gradient(at, y, groups, w), s) < 1e-6
    along, step = rng.normal(0.0, 1.0, 25), 1e-5
    change = loss.gradient(s + step * along, y, groups, w) - loss.gradient(s - step * along, y, groups, w)
    np.testing.assert_allclose(loss.hessian_product(s, y, along, groups, w), change / (2 * step), atol=1e-9)
    assert loss.value([1e4, -1e4], [0, 1]) == 2e4


@pytest.mark.parametrize("grades", [2, 900])
def test_pairs_of_a_long_list_by_matrices_on_any_number_of_threads(grades: int) -> None:
    rng = np.random.default_rng(10)
    n = 1_600
    s, y, w = rng.normal(0.0, 3.0, n), rng.integers(0, grades, n), rng.uniform(0.0, 2.0, n)
    groups, along = (np.arange(n) < 1_500).astype(int), rng.normal(0.0, 1.0, n)
    s[:2] = 800.0, -800.0
    weight = np.where((y[:, None] > y) & (groups[:, None] == groups), w[:, None] * w, 0.0)
    assert (weight > 0.0).sum() > 1 << 19  # more than one part
    apart, total = s[:, None] - s, weight.sum()
    push = weight * expit(-apart) / total
    bend = weight * expit(apart) * expit(-apart) / total * (along[:, None] - along)
    before = lk.get_threads()
    try:
        for threads in (1, 2):
            lk.set_threads(threads)
            value, slope = RankingLoss().value_and_gradient(s, y, groups, w)
            product = RankingLoss().hessian_product(s, y, along, groups, w)
            if threads == 1:
                kept = value, slope, product
    finally:
        lk.set_threads(before)
    assert value == pytest.approx((weight * np.logaddexp(0.0, -apart)).sum() / total, rel=1e-13)
    np.testing.assert_allclose(slope, push.sum(axis=0) - push.sum(axis=1), atol=1e-15)
    np.testing.assert_allclose(product, bend.sum(axis=1) - bend.sum(axis=0), atol=1e-15)
    assert value == kept[0]  # to the last bit
    np.testing.assert_array_equal(slope, kept[1])
    np.testing.assert_array_equal(product, kept[2])


def test_lists_of_an_absurd_length_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    s, y = np.arange(2_000.0), np.arange(2_000) % 2
    monkeypatch.setattr("logitkit.logits.losses.ranking.PAIRS_MOST", 999_999)
    with pytest.raises(DataError, match="1,000,000 pairs"):
        RankingLoss().value(s, y)
    assert np.isfinite(RankingLoss().value(s, y, groups=s // 100))


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: CategoricalLoss(smoothing=1.0), "smoothing=1.0"),
        (lambda: CategoricalLoss(focus=-1.0), "focus=-1.0"),
        (lambda: CategoricalLoss(class_weights=[1.0, -1.0]), "not negative"),
        (lambda: BinaryLoss(event_weight=np.inf), "event_weight"),
        (lambda: CategoricalLoss(class_weights=[1.0, 1.0]).value(np.zeros((2, 3)), [0, 1]), "2 class weights"),
        (lambda: CategoricalLoss().value(np.zeros((2, 3)), [0, 3]), "y is 3 in row 1"),
        (lambda: CategoricalLoss().value(np.zeros((2, 3)), [0, 0.5]), "y is 0.5 in row 1"),
        (lambda: CategoricalLoss().value(np.zeros((2, 3)), [0]), "2 rows"),
        (lambda: CategoricalLoss().value(np.zeros(3), [0, 1, 0]), "BinaryLoss"),
        (lambda: CategoricalLoss().value(np.ones((1, 2)) * 3, [[0.5, 0.6]]), "add up to"),
        (lambda: CategoricalLoss().value(np.zeros((1, 2)), [0], [-1.0]), "weights"),
        (lambda: CategoricalLoss().hessian_product(np.zeros((1, 2)), [0], [1.0]), "direction has shape"),
        (lambda: CategoricalLoss().value([[np.nan, 0.0]], [0]), "row 0"),
        (lambda: CategoricalLoss().value([[0.5, 0.5], [0.1, 0.9]], [0, 1]), "look like probabilities"),
        (lambda: BinaryLoss().value([0.0], [2]), "y is 2 in row 0"),
        (lambda: BinaryLoss().value([0.0], [0, 1]), "y has shape"),
        (lambda: RankingLoss().value([0.0, 1.0], [1, 1]), "no pair"),
        (lambda: RankingLoss().hessian_product([0.0, 1.0], [1, 1], [1.0, 0.0]), "no pair"),
        (lambda: RankingLoss().value([0.0, 1.0], [1, 0], groups=["a"]), "groups have shape"),
    ],
)
def test_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        call()


def test_the_optimum_of_the_loss_is_the_fit() -> None:
    table = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt", table)
    design = np.column_stack([np.ones(len(table)), table["age"], table["lwt"]])
    y = table["low"].to_numpy()
    value, slope = BinaryLoss().value_and_gradient(design @ fit.coef.to_numpy(), y)
    assert value == pytest.approx(-fit.loglik / len(table), rel=1e-12)
    np.testing.assert_allclose(design.T @ slope, 0.0, atol=1e-9)
