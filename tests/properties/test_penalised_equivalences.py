"""Penalties that must agree where they say the same, and fits that must not depend on how the rows are given."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from engine.regularised.shrunken import DESIGNS, PENALTIES, Problem, problem
from oracles.penalised import PenalisedOracle
from tolerances import EXACT, ROUTE

#: Of coefficients in standard deviations: fits of the same problem by different routes, each polished.
SAME = 1e-9
SHAPED = ["dense, C order", "sparse", "coded", "wide"]


@pytest.fixture
def dense() -> Problem:
    return problem("dense, C order", "weights and offset")


def assert_same(first: lk.Fit, second: lk.Fit, scale: np.ndarray) -> None:
    """Compare coefficients in standard deviations."""
    assert list(first.coef.index) == list(second.coef.index)
    assert_allclose(scale * first.coef.to_numpy(), scale * second.coef.to_numpy(), atol=SAME)


@pytest.mark.parametrize("design", SHAPED)
@pytest.mark.parametrize(
    "penalty", [lk.Lasso(), lk.ElasticNet(l1_ratio=0.3), lk.GroupLasso(), lk.Lasso(standardize=False)]
)
def test_the_largest_strength_is_where_the_first_coefficient_moves(design: str, penalty: lk.ElasticNet) -> None:
    p = problem(design, "weights and offset")
    largest = float(p.path(penalty, n_strengths=5).strengths[0])
    at, below = p.fit(penalty.at(largest * (1 + 1e-9))), p.fit(penalty.at(largest * (1 - 1e-3)))
    assert (at.coef.drop("Intercept") == 0.0).all()
    moved = below.coef.drop("Intercept") != 0.0
    assert moved.any()
    if isinstance(penalty, lk.GroupLasso):
        terms = [moved[[name for name in block if name in moved.index]] for block in p.shape.blocks]
        if design == "coded":
            assert sum(term.any() for term in terms) == 1
    else:
        assert moved.sum() == 1
    null = lk.logit_matrix(
        np.ones((len(p.y), 1)), p.y, ["Intercept"], weights=p.rows["weights"], offset=p.rows["offset"]
    )
    assert_allclose(at.coef["Intercept"], null.coef["Intercept"], rtol=ROUTE)
    assert_allclose(at.deviance, null.deviance, rtol=ROUTE)


def test_the_largest_strength_with_kept_terms_is_their_fit(dense: Problem) -> None:
    penalty = lk.Lasso(keep=["x1", "x4"])
    largest = float(dense.path(penalty, n_strengths=5).strengths[0])
    at = dense.fit(penalty.at(largest * (1 + 1e-9)))
    kept = [0, 1, 4]
    null = lk.logit_matrix(dense.X[:, kept], dense.y, [dense.shape.names[j] for j in kept], **dense.rows)
    assert (at.coef.drop(["Intercept", "x1", "x4"]) == 0.0).all()
    assert_allclose(at.coef[["Intercept", "x1", "x4"]], null.coef, rtol=ROUTE)
    assert (dense.fit(penalty.at(largest * 0.999)).coef != 0.0).sum() == 4


def test_the_adaptive_lasso_with_equal_first_estimates_is_the_lasso(dense: Problem) -> None:
    scale = dense.oracle().scale
    equal = {name: 0.5 / s for name, s in zip(dense.shape.names, scale, strict=True) if name != "Intercept"}
    assert_same(dense.fit(lk.AdaptiveLasso(0.01, initial=equal)), dense.fit(lk.Lasso(0.02)), scale)
    raw = dict.fromkeys(equal, 0.5)
    adaptive = dense.fit(lk.AdaptiveLasso(0.01, initial=raw, power=2.0, standardize=False))
    assert_same(adaptive, dense.fit(lk.Lasso(0.04, standardize=False)), scale)


def test_the_adaptive_lasso_starts_from_maximum_likelihood(dense: Problem) -> None:
    first = dense.fit(None).coef
    scale = dense.oracle().scale
    assert_same(dense.fit(lk.AdaptiveLasso(0.01)), dense.fit(lk.AdaptiveLasso(0.01, initial=first)), scale)


def test_the_adaptive_lasso_starts_from_the_estimates_of_a_penalty(dense: Problem) -> None:
    scale = dense.oracle().scale
    for first in (lk.Ridge(0.02), lk.GaussianPrior(precision=2.0), lk.ElasticNet(0.001) + lk.Bounds(lower=-1.0)):
        given = dense.fit(lk.AdaptiveLasso(0.01, initial=dense.fit(first).coef))
        assert_same(dense.fit(lk.AdaptiveLasso(0.01, initial=first)), given, scale)


def test_a_ridge_is_a_prior_with_its_precision(dense: Problem) -> None:
    oracle = dense.oracle()
    precision = {n: 0.03 * oracle.total * s**2 for n, s in zip(dense.shape.names, oracle.scale, strict=True)}
    precision["Intercept"] = 0.0
    ridge, prior = dense.fit(lk.Ridge(0.03)), dense.fit(lk.GaussianPrior(precision=precision))
    assert_same(ridge, prior, oracle.scale)
    whole = dense.fit(lk.GaussianPrior(precision=np.diag(list(precision.values()))))
    assert_same(ridge, whole, oracle.scale)
    assert_allclose(ridge.vcov, prior.vcov, rtol=ROUTE, atol=EXACT)
    assert_allclose(ridge.vcov, whole.vcov, rtol=ROUTE, atol=EXACT)


@pytest.mark.parametrize("standardize", [True, False])
def test_groups_of_one_are_a_lasso(dense: Problem, standardize: bool) -> None:
    scale = dense.oracle().scale
    lasso = dense.fit(lk.Lasso(0.02, standardize=standardize))
    named = {name: [name] for name in dense.shape.penalised}
    for ratio in (0.0, 0.5, 1.0):
        penalty = lk.GroupLasso(0.02, ratio, groups=named, standardize=standardize)
        assert_same(dense.fit(penalty), lasso, scale)
    # Columns that no group names are groups of one.
    rest = lk.GroupLasso(0.02, groups={"one": ["x1"]}, standardize=standardize)
    assert_same(dense.fit(rest), lasso, scale)


def test_a_sparse_group_lasso_with_all_its_weight_on_coefficients_is_a_lasso(dense: Problem) -> None:
    groups = {str(k): block for k, block in enumerate(dense.shape.blocks)}
    fit = dense.fit(lk.GroupLasso(0.02, 1.0, groups=groups))
    assert_same(fit, dense.fit(lk.Lasso(0.02)), dense.oracle().scale)


@pytest.mark.parametrize("penalty", ["lasso", "ridge", "sparse group", "box", "lasso and whole prior"])
def test_rows_written_twice_are_frequency_weights(penalty: str) -> None:
    p, stated = problem("dense, C order", "weights and offset"), PENALTIES[penalty]
    weights, offset = p.rows["weights"].astype(int), p.rows["offset"]
    written = lk.logit_matrix(
        np.repeat(p.X, weights, axis=0),
        np.repeat(p.y, weights),
        p.shape.names,
        offset=np.repeat(offset, weights),
        penalty=stated.penalty(p.shape),
    )
    assert_same(p.fit(stated.penalty(p.shape)), written, p.oracle().scale)


def test_precision_weights_scale_a_prior_and_not_a_strength(dense: Problem) -> None:
    """A strength is beside the mean loss, so that weights ten times as large change nothing; a prior is absolute."""
    scale = dense.oracle().scale
    ten = Problem(dense.design, dense.rows | {"weights": 10.0 * dense.rows["weights"], "weight_kind": "precision"})
    for penalty in (lk.Lasso(0.02), lk.Ridge(0.02), lk.GroupLasso(0.02, groups={"a": ["x1", "x2"]})):
        assert_same(dense.fit(penalty), ten.fit(penalty), scale)
    assert_same(dense.fit(lk.GaussianPrior(0.1, 2.0)), ten.fit(lk.GaussianPrior(0.1, 20.0)), scale)


@pytest.mark.parametrize("penalty", [lk.Lasso, lk.Ridge, lk.ElasticNet, lk.GroupLasso])
@pytest.mark.parametrize("design", ["dense, C order", "coded"])
def test_keeping_everything_or_strength_zero_is_maximum_likelihood(design: str, penalty: type[lk.ElasticNet]) -> None:
    p = problem(design, "weights and offset")
    plain = p.fit(None)
    scale = p.oracle().scale
    assert_same(p.fit(penalty(0.3, keep=p.shape.penalised)), plain, scale)
    assert_same(p.fit(penalty(0.0)), plain, scale)


def test_standardised_penalties_do_not_know_the_units(dense: Problem) -> None:
    units = np.r_[1.0, 10.0 ** np.linspace(-4, 4, dense.X.shape[1] - 1)]
    moved = dense.X * units + np.r_[0.0, np.linspace(-3, 3, units.size - 1)]
    for penalty in (lk.Lasso(0.01), lk.Ridge(0.02), lk.GroupLasso(0.01, 0.2, groups={"a": ["x1", "x2", "x3"]})):
        first = dense.fit(penalty)
        second = lk.logit_matrix(moved, dense.y, dense.shape.names, penalty=penalty, **dense.rows)
        assert_allclose(first.predict_logit(), second.predict_logit(), atol=1e-8)
        assert_array_equal(first.coef == 0.0, second.coef == 0.0)


@pytest.mark.parametrize("design", SHAPED)
@pytest.mark.parametrize("penalty", [lk.Lasso(), lk.ElasticNet(l1_ratio=0.4), lk.Ridge(), lk.GroupLasso()])
def test_a_fit_of_a_path_is_the_fit_at_its_strength(design: str, penalty: lk.ElasticNet) -> None:
    p = problem(design, "weights and offset")
    path = p.path(penalty, n_strengths=8, ratio=0.02)
    for strength in (path.strengths[3], 0.7 * path.strengths[2]):
        assert_same(path.at(float(strength)), p.fit(penalty.at(float(strength))), p.oracle().scale)
    # The path itself stops at its own tolerance: the gap bounds coefficients by its root only.
    scale = p.oracle().scale
    assert_allclose(
        scale * path.coef.to_numpy()[3], scale * path.at(float(path.strengths[3])).coef.to_numpy(), atol=1e-2
    )


@pytest.mark.parametrize("design", ["dense, C order", "sparse", "coded"])
@pytest.mark.parametrize("penalty", [lk.Lasso(), lk.ElasticNet(l1_ratio=0.2), lk.Ridge(), lk.GroupLasso()])
def test_a_path_is_optimal_at_each_strength_to_its_tolerance(design: str, penalty: lk.ElasticNet) -> None:
    p = problem(design, "weights and offset")
    path = p.path(penalty, n_strengths=12, ratio=0.01)
    groups = [np.array([p.shape.names.index(name) for name in block]) for block in p.shape.blocks]
    null = None
    for k, strength in enumerate(path.strengths):
        oracle = p.oracle()
        if isinstance(penalty, lk.GroupLasso):
            own = groups if p.design.formula else [np.array([j]) for j in range(1, len(p.shape.names))]
            oracle.group_lasso(float(strength), 0.0, own)
        else:
            oracle.elastic_net(float(strength), penalty.l1_ratio)
        best = p.fit(penalty.at(float(strength))).coef.to_numpy()
        null = oracle.objective(p.fit(penalty.at(1e6)).coef.to_numpy()) if null is None else null
        excess = oracle.objective(path.coef.to_numpy()[k]) - oracle.objective(best)
        assert -EXACT * null <= excess <= 1e-7 * null


@pytest.fixture
def threads() -> Iterator[None]:
    before = lk.get_threads() if hasattr(lk, "get_threads") else None
    yield
    lk.set_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("penalty", [lk.Lasso(), lk.GroupLasso(), lk.Ridge()])
def test_any_number_of_threads_gives_the_same_bits(penalty: lk.ElasticNet) -> None:
    rng = np.random.default_rng(11)
    n = 60_000
    data = pd.DataFrame({"x": rng.normal(size=n), "z": rng.exponential(size=n), "g": rng.choice(list("abcdef"), n)})
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-data["x"] + data["z"]))).astype(int)
    found = []
    for count in (1, 2):
        lk.set_threads(count)
        path = lk.path("y ~ x + z + g + x:g", data, penalty=penalty, n_strengths=6, ratio=0.01)
        found.append((path.strengths, path.coef.to_numpy(), path.at(float(path.strengths[2])).coef.to_numpy()))
    for one, two in zip(*found, strict=True):
        assert_array_equal(one, two)


@pytest.mark.parametrize("design", ["dense, C order", "coded"])
def test_the_order_of_columns_does_not_matter(design: str) -> None:
    p = problem(design, "plain")
    order = np.r_[0, 1 + np.random.default_rng(1).permutation(p.X.shape[1] - 1)]
    names = [p.shape.names[j] for j in order]
    first = lk.logit_matrix(p.X, p.y, p.shape.names, penalty=lk.ElasticNet(0.01, 0.8))
    second = lk.logit_matrix(p.X[:, order], p.y, names, penalty=lk.ElasticNet(0.01, 0.8))
    assert_allclose(p.oracle().scale[order] * (first.coef[names] - second.coef), 0.0, atol=SAME)


def test_storage_does_not_matter() -> None:
    """The same numbers as C, Fortran and sparse columns, at a path and at a strength."""
    from scipy.sparse import csc_array

    given, y = DESIGNS["sparse"].given
    X = given.toarray()
    names = ["Intercept", *(f"x{j}" for j in range(1, X.shape[1]))]
    oracle = PenalisedOracle(X, y)
    for penalty in (lk.Lasso(0.01), lk.Ridge(0.01), lk.GroupLasso(0.01, groups={"a": ["x1", "x2"]})):
        fits = [lk.logit_matrix(form(X), y, names, penalty=penalty) for form in (np.asfortranarray, csc_array)]
        plain = lk.logit_matrix(X, y, names, penalty=penalty)
        for fit in fits:
            assert_same(plain, fit, oracle.scale)
