"""Baselines, the symmetric form, and counts: the same model in other coordinates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import logitkit as lk
from multinomial.tables import table
from oracles.multinomial import maximise
from tolerances import EXACT, ROUTE

FORMULA = "y ~ x + z + g"


def in_full(fit: lk.MultinomialFit) -> np.ndarray:
    """Give the coefficients of all outcomes, zero for the reference, shape (K, p)."""
    return fit.coef.reindex(columns=list(fit.outcomes), fill_value=0.0).to_numpy().T


@pytest.mark.parametrize("reference", ["a", "b", "c", "d"])
def test_another_reference_permutes_and_subtracts(reference: str) -> None:
    frame = table(4)
    first, other = lk.multinomial(FORMULA, frame), lk.multinomial(FORMULA, frame, reference=reference)
    place = first.outcomes.index(reference)
    assert other.reference == reference
    whole = in_full(first)
    assert_allclose(in_full(other), whole - whole[place], rtol=ROUTE, atol=ROUTE)
    k, p = whole.shape
    change = np.delete(np.eye(k) - np.eye(k)[place], place, axis=0)[:, 1:]
    map_ = np.kron(change, np.eye(p))
    assert_allclose(other.vcov.to_numpy(), map_ @ first.vcov.to_numpy() @ map_.T, rtol=1e-7, atol=ROUTE)
    assert_allclose(other.loglik, first.loglik, rtol=EXACT)
    assert_allclose(other.predict(), first.predict(), rtol=ROUTE)


@pytest.mark.parametrize("formula", [FORMULA, "y ~ 0 + x", "y ~ x * g", "y ~ x + copy"])
def test_the_symmetric_form_is_that_of_least_norm(formula: str) -> None:
    frame = table(4).assign(copy=lambda d: 3 * d["x"])
    base, symmetric = lk.multinomial(formula, frame), lk.multinomial(formula, frame, reference=None)
    whole, found = in_full(base), in_full(symmetric)
    assert symmetric.reference is None
    assert_allclose(found.sum(axis=0)[~np.isnan(found[0])], 0.0, atol=ROUTE)
    assert_allclose(found, whole - whole.mean(axis=0), rtol=ROUTE, atol=ROUTE)
    rng = np.random.default_rng(0)
    for _ in range(20):
        shifted = found + rng.normal(size=found.shape[1])
        assert np.nansum(shifted**2) > np.nansum(found**2)
    assert_allclose(symmetric.predict(), base.predict(), rtol=ROUTE)
    left, right = symmetric.predictions(), base.predictions()
    assert_allclose(left.to_numpy(), right.to_numpy(), rtol=1e-7, atol=EXACT)
    k, p = whole.shape
    map_ = np.kron((np.eye(k) - 1 / k)[:, 1:], np.eye(p))
    aliased = np.isnan(np.kron(np.ones(k), whole[1]))
    vcov = map_ @ np.nan_to_num(base.vcov.to_numpy()) @ map_.T
    vcov[aliased] = vcov[:, aliased] = np.nan
    assert_allclose(symmetric.vcov.to_numpy(), vcov, rtol=1e-7, atol=ROUTE)
    assert symmetric.n_params == base.n_params
    assert symmetric.lr_test().dof == base.lr_test().dof
    assert_allclose(symmetric.aic, base.aic, rtol=EXACT)


def test_logits_are_logarithms_of_probabilities() -> None:
    frame = table(4)
    offset = {"b": frame["z"], "a": -frame["x"]}
    base = lk.multinomial("y ~ x", frame, offset=offset)
    symmetric = lk.multinomial("y ~ x", frame, offset=offset, reference=None)
    logarithm = np.log(base.predict())
    assert_allclose(base.predict_logit(), logarithm.sub(logarithm["a"], axis=0), rtol=1e-8, atol=ROUTE)
    assert_allclose(symmetric.predict_logit(), logarithm.sub(logarithm.mean(axis=1), axis=0), rtol=1e-8, atol=ROUTE)


def test_odds_ratios_and_tests_do_not_depend_on_the_form() -> None:
    frame = table(4)
    fits = [lk.multinomial(FORMULA, frame, reference=reference) for reference in ("a", "d", None)]
    tables = [fit.odds_ratios(outcome="c", against="b", units={"x": -2.0}) for fit in fits]
    for other in tables[1:]:
        for column in ("odds_ratio", "std_error", "conf_low", "conf_high", "p_value"):
            assert_allclose(other[column], tables[0][column], rtol=1e-7, err_msg=column)
    for kind in ("Wald", "LR"):
        for verb in ("anova", "combine_tests"):
            found = [getattr(fit, verb)(test=kind) for fit in fits]
            for other in found[1:]:
                assert_allclose(other.statistic, found[0].statistic, rtol=1e-7)
                assert other.dof.tolist() == found[0].dof.tolist()
    tested = [fits[0].test("b:x = c:x"), fits[1].test("b:x = c:x"), fits[2].test("b:x - c:x = 0")]
    for other in tested[1:]:
        assert_allclose(other.statistic, tested[0].statistic, rtol=1e-7)


@pytest.mark.parametrize("kind", ["frequency", "precision"])
def test_counts_are_their_rows(kind: str) -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 6, size=(15, 3))
    counts[4] = 0
    wide = pd.DataFrame(counts, columns=["u", "v", "w"]).assign(x=rng.normal(size=15), f=rng.integers(0, 3, 15))
    long = wide.melt(["x", "f"], ["u", "v", "w"], var_name="y", value_name="times")
    rows = long.loc[long.index.repeat(long["times"])]
    grouped = lk.multinomial("cbind(u, v, w) ~ x", wide, weights="f", weight_kind=kind)
    single = lk.multinomial("y ~ x", rows, weights="f", weight_kind=kind)
    weighted = lk.multinomial("y ~ x", long.assign(m=long["times"] * long["f"]), weights="m")
    assert_allclose(grouped.coef, single.coef, rtol=ROUTE)
    assert_allclose(grouped.coef, weighted.coef, rtol=ROUTE)
    assert_allclose(grouped.vcov, single.vcov, rtol=1e-8)
    assert_allclose(grouped.vcov, weighted.vcov, rtol=1e-8)
    fall = grouped.null_deviance - grouped.deviance
    assert_allclose(single.null_deviance - single.deviance, fall, rtol=1e-8)
    assert_allclose(grouped.r_squared["mcfadden"], single.r_squared["mcfadden"], rtol=1e-8)
    from scipy.special import gammaln

    constant = np.sum(wide["f"] * (gammaln(counts.sum(axis=1) + 1) - gammaln(counts + 1).sum(axis=1)))
    assert_allclose(grouped.loglik, single.loglik + constant, rtol=ROUTE)
    y = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    saturated = np.sum(wide["f"].to_numpy()[:, None] * counts * np.log(np.where(y > 0, y, 1.0)))
    assert_allclose(grouped.deviance, 2 * (saturated - single.loglik), rtol=ROUTE)


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 3))
def test_random_tables_against_the_oracle(seed: int, k: int, p: int) -> None:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(90), rng.normal(size=(90, p))])
    codes = np.concatenate([np.arange(k), rng.integers(0, k, 90 - k)])
    fit = lk.multinomial_matrix(X, codes, names=["Intercept", *"uvw"[:p]])
    best = maximise(X, np.eye(k)[codes])
    assert_allclose(fit.record.coef, best.coef, rtol=1e-8, atol=1e-8)
    assert_allclose(fit.vcov.to_numpy(), best.vcov, rtol=1e-7, atol=1e-10)
    assert_allclose(-fit.loglik, best.loss, rtol=EXACT)
