"""Pools against SciPy's optimisers, closed forms, the conditions of optimality and the package's own bounded fits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import brentq, minimize
from scipy.special import expit, log_softmax, logit, logsumexp, ndtri, softmax

import logitkit as lk
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.logits.pools.least import least
from tolerances import EXACT, ITERATIVE, ROUTE

QUANTILE = ndtri(0.975) ** 2 / 2


@pytest.fixture(scope="module")
def events():
    """Four members, the last of which is worse than nothing."""
    rng = np.random.default_rng(1)
    z = rng.normal(0.0, 1.5, (4, 400))
    z[3] = -z[0] + rng.normal(0.0, 0.5, 400)
    p = 0.5 * expit(z[0]) + 0.3 * expit(z[1]) + 0.2 * expit(z[2])
    return z, (rng.random(400) < p).astype(float), rng.integers(0, 4, 400).astype(float)


@pytest.fixture(scope="module")
def outcomes():
    rng = np.random.default_rng(2)
    z = rng.normal(0.0, 1.5, (3, 300, 4))
    true = 0.8 * z[0] + 0.4 * z[1]
    return z, np.argmax(true + rng.gumbel(size=true.shape), axis=1), rng.integers(0, 3, 300).astype(float)


def linear_loss(z, y, w):
    """Minus the log-likelihood of an average of probabilities, by its definition."""
    if z.ndim == 3:
        of_it = np.take_along_axis(softmax(z, axis=2), np.broadcast_to(y[None, :, None], (len(z), y.size, 1)), 2)[
            ..., 0
        ]
        return lambda v: -np.sum(w * np.log(v @ of_it))
    return lambda v: -np.sum(w * (y * np.log(v @ expit(z)) + (1 - y) * np.log(v @ expit(-z))))


def log_loss(z, y, w):
    """Minus the log-likelihood of a weighted sum of logits, by its definition."""
    if z.ndim == 3:
        return lambda v: -np.sum(w * log_softmax(np.tensordot(v, z, 1), axis=1)[np.arange(y.size), y])
    return lambda v: np.sum(w * (np.logaddexp(0, v @ z) - y * (v @ z)))


def by_scipy(loss, n_members, adds_up):
    limits = [{"type": "eq", "fun": lambda v: v.sum() - 1}] if adds_up else []
    start = np.full(n_members, 1 / n_members)
    options = {"ftol": 1e-15, "maxiter": 1000}
    found = minimize(loss, start, bounds=[(0, None)] * n_members, constraints=limits, method="SLSQP", options=options)
    return found.x, found.fun


@pytest.mark.parametrize("data", ["events", "outcomes"])
@pytest.mark.parametrize("kind", ["linear", "log", "log, sum one"])
def test_weights_are_those_of_scipy_and_satisfy_the_conditions(data, kind, request):
    z, y, w = request.getfixturevalue(data)
    adds_up = kind != "log"
    loss = (linear_loss if kind == "linear" else log_loss)(z, y, w)
    if kind == "linear":
        pool = lk.logits.linear_pool(list(z), y, w)
    else:
        pool = lk.logits.log_pool(list(z), y, w, sum_to_one=adds_up)
    expected, value = by_scipy(loss, len(z), adds_up)
    assert loss(pool.weights) <= value + 1e-9 * abs(value)
    assert_allclose(pool.weights, expected, atol=2e-5)  # the root of what SLSQP leaves of the loss
    assert 0.0 <= pool.gap < 1e-8
    step = 1e-5 * np.eye(len(z))
    inside = pool.weights > 0.0
    slope = (
        np.array(
            [
                (loss(pool.weights + h) - loss(np.maximum(pool.weights - h, 0))) / (1 + k)
                for h, k in zip(step, inside, strict=True)
            ]
        )
        / 1e-5
    )
    multiplier = slope[inside].mean() if adds_up else 0.0
    assert_allclose(slope[inside], multiplier, atol=1e-4 * w.sum())
    assert (slope[~inside] > multiplier - 1e-4 * w.sum()).all()
    assert_array_equal(pool.at_bound, ~inside)
    assert_array_equal(pool.std_error[~inside], 0.0)
    assert pool.log_loss == pytest.approx(loss(pool.weights) / w.sum(), rel=EXACT)
    vertices = [(linear_loss if kind == "linear" else log_loss)(z, y, w)(v) / w.sum() for v in np.eye(len(z))]
    assert_allclose(pool.member_log_loss, vertices, rtol=1e-11)


def test_a_member_worse_than_nothing_has_weight_zero(events):
    z, y, w = events
    assert lk.logits.linear_pool(list(z), y, w).at_bound.tolist() == [False, False, False, True]
    assert lk.logits.log_pool(list(z), y, w).at_bound[3]


def test_log_pool_is_the_bounded_logit_of_the_package(events):
    z, y, w = events
    names = ["a", "b", "c", "d"]
    fit = lk.logit_matrix(z.T, y, names=names, weights=w, penalty=lk.Bounds(lower=0.0), solver=lk.ProxNewton(tol=1e-12))
    assert_allclose(lk.logits.log_pool(list(z), y, w).weights, np.asarray(fit.coef), atol=ITERATIVE)


def test_two_experts_have_a_closed_form():
    # Members that say a and b in every row: the pool's probability is the proportion of events.
    y = np.repeat([1.0, 0.0], [30, 70])
    z = [np.full(100, logit(0.2)), np.full(100, logit(0.6))]
    pool = lk.logits.linear_pool(z, y)
    assert_allclose(pool.weights, [0.75, 0.25], rtol=ROUTE)
    assert_allclose(pool.std_error, np.sqrt(0.3 * 0.7 / 100) / 0.4, rtol=ROUTE)

    def fall(p):
        return 30 * np.log(0.3 / p) + 70 * np.log(0.7 / (1 - p)) - QUANTILE

    low, high = brentq(fall, 0.2, 0.3, xtol=1e-14), brentq(fall, 0.3, 0.6, xtol=1e-14)
    assert_allclose(pool.interval()[1], [(low - 0.2) / 0.4, (high - 0.2) / 0.4], rtol=1e-7)
    assert_allclose(pool.interval()[0], 1 - pool.interval()[1, ::-1], rtol=1e-7)


def test_an_expert_alone_is_recalibrated_by_its_temperature(events):
    z, y, _ = events
    slope = lk.logits.recalibrate(z[0], y, method="temperature").estimate[0]
    pool = lk.logits.log_pool([z[0], z[3]], y)  # the other is the reverse with noise, and is left out
    assert_allclose(pool.weights, [slope, 0.0], rtol=ROUTE)


@pytest.mark.parametrize("data", ["events", "outcomes"])
@pytest.mark.parametrize("kind", ["linear", "log", "log, sum one"])
def test_limits_are_where_the_profile_has_fallen(data, kind, request):
    z, y, w = request.getfixturevalue(data)
    adds_up = kind != "log"
    loss = (linear_loss if kind == "linear" else log_loss)(z, y, w)
    if kind == "linear":
        pool = lk.logits.linear_pool(list(z), y, w)
    else:
        pool = lk.logits.log_pool(list(z), y, w, sum_to_one=adds_up)
    limits = pool.interval()
    m = len(z)
    for j in (0, m - 1):
        for value, edge in zip(limits[j], (0.0, 1.0 if adds_up else np.inf), strict=True):
            rest = np.delete(np.arange(m), j)

            def held(v, value=value, j=j, rest=rest):
                out = np.empty(m)
                out[j], out[rest] = value, v
                return loss(out)

            sums = [{"type": "eq", "fun": lambda v, value=value: v.sum() - 1 + value}] if adds_up else []
            start = np.full(m - 1, (1 - value) / (m - 1) if adds_up else 0.3)
            best = minimize(
                held, start, bounds=[(0, None)] * (m - 1), constraints=sums, method="SLSQP", options={"ftol": 1e-14}
            ).fun
            if value == edge:
                assert best - loss(pool.weights) <= QUANTILE + 1e-6
            else:
                assert best - loss(pool.weights) == pytest.approx(QUANTILE, abs=1e-5)
    assert ((limits[:, 0] <= pool.weights) & (pool.weights <= limits[:, 1])).all()


def test_covariance_is_the_inverse_of_differences_of_the_loss(outcomes):
    z, y, w = outcomes
    pool = lk.logits.log_pool(list(z), y, w)
    free = np.flatnonzero(pool.weights > 0)
    loss, h, m = log_loss(z, y, w), 1e-4, free.size
    steps = h * np.eye(len(z))[free]
    hessian = np.empty((m, m))
    for a in range(m):
        for b in range(m):
            signs = [(s, t, loss(pool.weights + s * steps[a] + t * steps[b])) for s in (1, -1) for t in (1, -1)]
            hessian[a, b] = sum(s * t * value for s, t, value in signs) / (4 * h * h)
    assert_allclose(pool.vcov[np.ix_(free, free)], np.linalg.inv(hessian), rtol=1e-4)  # of differences of 1e-4


def test_pools_of_two_outcomes_are_those_of_the_event(events):
    z, y, w = events
    both = [np.column_stack([np.zeros(400), one]) for one in z]
    for pool_of in (lk.logits.linear_pool, lk.logits.log_pool):
        one, two = pool_of(list(z), y, w), pool_of(both, y, w)
        assert_allclose(two.weights, one.weights, rtol=ROUTE, atol=EXACT)
        assert_allclose(two.std_error, one.std_error, rtol=ROUTE, atol=EXACT)
        assert_allclose(np.diff(two.transform(both), axis=1)[:, 0], one.transform(list(z)), rtol=ROUTE, atol=EXACT)
        assert two.brier == pytest.approx(2 * one.brier, rel=ROUTE)


def test_a_proportion_is_its_events_and_the_others(events):
    z, _, _ = events
    shares = np.tile([0.0, 0.25, 0.5, 1.0], 100)
    for pool_of in (lk.logits.linear_pool, lk.logits.log_pool):
        mixed = pool_of(list(z), shares, np.full(400, 4.0))
        rows = np.repeat(np.arange(400), 4)
        whole = pool_of(list(z[:, rows]), (np.tile(np.arange(4), 400) < 4 * shares[rows]).astype(float))
        assert_allclose(mixed.weights, whole.weights, rtol=ROUTE, atol=EXACT)
        assert_allclose(mixed.std_error, whole.std_error, rtol=ROUTE, atol=EXACT)


def test_what_a_pool_makes_of_logits_is_right_far_out():
    z = np.array([[800.0, -900.0, 3.0], [850.0, -700.0, -1.0]])
    linear = lk.logits.linear_pool(list(z), given=[0.25, 0.75])
    event = logsumexp(np.log([[0.25], [0.75]]) - np.logaddexp(0, -z), axis=0)
    other = logsumexp(np.log([[0.25], [0.75]]) - np.logaddexp(0, z), axis=0)
    assert_allclose(linear.transform(list(z)), event - other, rtol=EXACT)
    assert_allclose(linear.transform_probabilities({"0": z[0], "1": z[1]})[2], 0.25 * expit(3) + 0.75 * expit(-1))
    log = lk.logits.log_pool({"a": z[0], "b": z[1]})
    assert_allclose(log.transform({"b": z[1], "a": z[0]}), z.mean(axis=0), rtol=EXACT)
    assert np.isnan(log.log_loss)


def test_logits_of_ten_thousand_are_pooled():
    rng = np.random.default_rng(4)
    z = 1e4 * rng.standard_normal((2, 200))
    y = (rng.random(200) < 0.5).astype(float)
    for pool in (lk.logits.linear_pool(list(z), y), lk.logits.log_pool(list(z), y, sum_to_one=True)):
        assert np.isfinite(pool.log_loss)
        assert pool.weights.sum() == pytest.approx(1.0, rel=EXACT)
        assert pool.gap <= 1e-6


def test_given_weights_are_scored_but_have_no_interval(events):
    z, y, w = events
    pool = lk.logits.linear_pool(list(z), y, w, given=[0.4, 0.3, 0.2, 0.1])
    assert pool.log_loss == pytest.approx(linear_loss(z, y, w)(pool.weights) / w.sum(), rel=EXACT)
    with pytest.raises(UnsupportedError, match="given, not learnt"):
        pool.interval()


def test_the_point_of_the_simplex_nearest_to_another():
    rng = np.random.default_rng(5)
    for target in rng.normal(0.0, 1.0, (20, 6)):
        found = least(lambda x, t=target: (0.5 * ((x - t) ** 2).sum(), x - t, np.eye(6)), np.full(6, 1 / 6), 1.0, True)
        shift = brentq(lambda c, t=target: np.maximum(t - c, 0).sum() - 1, target.min() - 2, target.max())
        assert_allclose(found.at, np.maximum(target - shift, 0), atol=1e-12)


@pytest.mark.parametrize(
    ("members", "y", "options", "error", "words"),
    [
        ([[0.0, 1.0]], [0, 1], {}, DataError, "at least two"),
        (3.0, [0, 1], {}, DataError, "a list of logits"),
        ([[0.0, 1.0], [0.0]], [0, 1], {}, DataError, "see the same rows"),
        (
            {"net": [0.0, 1.0], "glm": [0.0, np.nan]},
            [0, 1],
            {},
            DataError,
            "Member glm: logits are not finite in row 1",
        ),
        ([[[0.5, 0.5], [0.2, 0.8]]] * 2, [0, 1], {}, DataError, "look like probabilities"),
        ([[0.0, 1.0], [1.0, 2.0]], [0, 3], {}, DataError, "y is 3 in row 1"),
        ([[0.0, 1.0], [1.0, 2.0]], None, {"given": [0.5, 0.6]}, DataError, "adds up to 1.1"),
        ([[0.0, 1.0], [1.0, 2.0]], None, {"given": [1.5, -0.5]}, DataError, "at least 0"),
        ([[0.0, 1.0], [0.0, 1.0]], [0, 1], {}, UnsupportedError, "Members 0 and 1 say the same"),
    ],
)
def test_what_cannot_be_pooled_is_refused(members, y, options, error, words):
    with pytest.raises(error, match=words):
        lk.logits.linear_pool(members, y, **options)


def test_members_that_follow_from_others_are_refused(events):
    z, y, _ = events
    with pytest.raises(UnsupportedError, match="follows from what the others say"):
        lk.logits.log_pool([z[0], z[1], 0.5 * z[0] + 0.5 * z[1]], y)


def test_separated_outcomes_have_no_free_sum_but_a_sum_of_one():
    z, y = [[-1.0, -2.0, 1.0, 3.0], [-2.0, -1.0, 2.0, 1.0]], [0, 0, 1, 1]
    with pytest.raises(SeparationError, match="sum_to_one=True"):
        lk.logits.log_pool(z, y)
    assert lk.logits.log_pool(z, y, sum_to_one=True).weights.sum() == pytest.approx(1.0, rel=EXACT)


def test_other_members_are_refused(events):
    z, y, _ = events
    pool = lk.logits.log_pool({"a": z[0], "b": z[1]}, y)
    with pytest.raises(DataError, match="the pool has"):
        pool.transform({"a": z[0], "c": z[1]})
    with pytest.raises(DataError, match="3 members"):
        pool.transform(list(z[:3]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["linear", "log"])
def test_intervals_cover_weights_as_often_as_they_say(kind):
    rng = np.random.default_rng(6)
    true, covered, runs, n = np.array([0.6, 0.4, 0.0]), np.zeros(3), 300, 300
    for _ in range(runs):
        z = rng.normal(0.0, 2.0, (3, n))
        p = true @ expit(z) if kind == "linear" else expit(true @ z)
        pool = getattr(lk.logits, f"{kind}_pool")(list(z), (rng.random(n) < p).astype(float))
        low, high = pool.interval().T
        covered += (low <= true) & (true <= high)
    # Four standard errors; at its bound a weight is covered when the upper side holds, 0.975 of the time.
    assert_allclose(covered[:2] / runs, 0.95, atol=4 * np.sqrt(0.95 * 0.05 / runs))
    assert covered[2] / runs == pytest.approx(0.975, abs=4 * np.sqrt(0.975 * 0.025 / runs))


def test_extreme_logits_of_events_are_pooled_as_moderate_ones_are():
    rng = np.random.default_rng(9)
    a, b = rng.normal(0.0, 2.0, (2, 400))
    y = rng.random(400) < 0.5 / (1 + np.exp(-a)) + 0.5 / (1 + np.exp(-b))
    moderate = lk.logits.linear_pool([a, b], y)
    a, b, y = np.append(a, 1e4), np.append(b, 1e4), np.append(y, True)  # a row of which both are certain
    extreme = lk.logits.linear_pool([a, b], y)
    assert_allclose(extreme.weights, moderate.weights, rtol=ROUTE)
    assert_allclose(extreme.log_loss * 401, moderate.log_loss * 400, rtol=ROUTE)
    assert_allclose(extreme.transform([a, b])[:-1], moderate.transform([a[:-1], b[:-1]]), rtol=EXACT, atol=EXACT)
    assert extreme.transform([a, b])[-1] == 1e4
