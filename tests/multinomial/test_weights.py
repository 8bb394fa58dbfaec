"""Kinds of weights, clusters and offsets of several outcomes against the sums written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import UnsupportedError
from multinomial.tables import table
from oracles.multinomial import loss, maximise, scores
from tolerances import EXACT, ROUTE

K = 3


def arrays(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Give the columns of "y ~ x + g" and the indicators of the outcomes."""
    g = frame["g"].to_numpy()
    X = np.column_stack([np.ones(len(frame)), g == "v", g == "w", frame["x"]]).astype(float)
    return X, np.eye(K)[frame["y"].map(ord).to_numpy() - 97]


def flat(fit: lk.MultinomialFit) -> np.ndarray:
    terms = ["Intercept", "g[T.v]", "g[T.w]", "x"]
    return fit.coef.loc[terms].to_numpy().T.ravel()


def vcov(fit: lk.MultinomialFit) -> np.ndarray:
    names = [f"{outcome}:{term}" for outcome in "bc" for term in ("Intercept", "g[T.v]", "g[T.w]", "x")]
    return fit.vcov.loc[names, names].to_numpy()


def test_frequency_weights_are_rows() -> None:
    frame = table()
    weighted = lk.multinomial("y ~ x + g", frame, weights="times")
    rows = frame.loc[frame.index.repeat(frame["times"])]
    expanded = lk.multinomial("y ~ x + g", rows)
    assert_allclose(weighted.coef, expanded.coef, rtol=ROUTE)
    assert_allclose(weighted.vcov, expanded.vcov, rtol=1e-8)
    for key in ("loglik", "deviance", "null_deviance", "aic", "bic", "n_obs", "dof_residual"):
        assert_allclose(getattr(weighted, key), getattr(expanded, key), rtol=ROUTE, err_msg=key)
    assert_allclose(weighted.r_squared[:3], expanded.r_squared[:3], rtol=1e-8)
    for verb in ("anova", "combine_tests"):
        for kind in ("Wald", "LR"):
            one, other = (getattr(fit, verb)(test=kind) for fit in (weighted, expanded))
            assert_allclose(one.statistic, other.statistic, rtol=1e-7)
    assert_allclose(weighted.iia_tests().statistic, expanded.iia_tests().statistic, rtol=1e-6)


def test_a_row_of_weight_zero_is_absent() -> None:
    frame = table()
    frame.loc[5, "x"] = 1e6
    weights = np.ones(len(frame))
    weights[5] = 0.0
    with_row = lk.multinomial("y ~ x + g", frame, weights=weights)
    without = lk.multinomial("y ~ x + g", frame.drop(index=5))
    assert_allclose(with_row.coef, without.coef, rtol=ROUTE)
    assert with_row.n_obs == without.n_obs
    assert_allclose(with_row.predict().drop(index=5), without.predict(), rtol=ROUTE)


def test_precision_weights() -> None:
    frame = table()
    fit = lk.multinomial("y ~ x + g", frame, weights="w", weight_kind="precision")
    X, Y = arrays(frame)
    best = maximise(X, Y * frame["w"].to_numpy()[:, None])
    assert_allclose(flat(fit), best.coef, rtol=ROUTE, atol=ROUTE)
    assert_allclose(vcov(fit), best.vcov, rtol=1e-8, atol=ROUTE * 0.1)
    assert_allclose(-fit.loglik, best.loss, rtol=EXACT)
    assert fit.n_obs == len(frame)


@pytest.mark.parametrize("reference", ["a", None])
def test_sampling_weights_are_a_sandwich_of_scores(reference: str | None) -> None:
    frame = table()
    fit = lk.multinomial("y ~ x + g", frame, weights="w", weight_kind="sampling", reference=reference)
    X, Y = arrays(frame)
    counts = Y * frame["w"].to_numpy()[:, None]
    best, n = maximise(X, counts), len(frame)
    by_row = scores(best.coef, X, counts)
    expected = n / (n - 1) * best.vcov @ sum(np.outer(s, s) for s in by_row) @ best.vcov
    if reference is None:
        centre = np.kron((np.eye(K) - 1 / K)[:, 1:], np.eye(4))
        expected = centre @ expected @ centre.T
        names = [f"{k}:{term}" for k in "abc" for term in ("Intercept", "g[T.v]", "g[T.w]", "x")]
        assert_allclose(fit.vcov.loc[names, names], expected, rtol=1e-8, atol=EXACT)
        return
    assert_allclose(flat(fit), best.coef, rtol=ROUTE, atol=ROUTE)
    assert_allclose(vcov(fit), expected, rtol=1e-8, atol=ROUTE * 0.1)
    assert np.isnan([fit.loglik, fit.deviance, fit.aic]).all()
    for refused in (fit.lr_test, lambda: fit.anova(3, "LR"), lambda: fit.combine_tests("LR"), fit.iia_tests):
        with pytest.raises(UnsupportedError):
            refused()
    assert np.isfinite(fit.anova(3, "Wald").statistic).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_clusters_are_a_sandwich_of_summed_scores(weighted: bool) -> None:
    frame = table()
    options = {"weights": "w", "weight_kind": "sampling"} if weighted else {}
    fit = lk.multinomial("y ~ x + g", frame, cluster="id", **options)
    X, Y = arrays(frame)
    counts = Y * (frame["w"].to_numpy()[:, None] if weighted else 1.0)
    best = maximise(X, counts)
    by_row = scores(best.coef, X, counts)
    meat = np.zeros((8, 8))
    ids = frame["id"].to_numpy()
    for code in np.unique(ids):
        total = by_row[ids == code].sum(axis=0)
        meat += np.outer(total, total)
    g = np.unique(ids).size
    assert_allclose(vcov(fit), g / (g - 1) * best.vcov @ meat @ best.vcov, rtol=1e-8, atol=ROUTE * 0.1)


def test_offsets_by_outcome() -> None:
    frame = table()
    shift = np.random.default_rng(1).normal(size=(len(frame), K))
    X, Y = arrays(frame)
    best = maximise(X, Y, shift)
    frame = frame.assign(oa=shift[:, 0], ob=shift[:, 1], oc=shift[:, 2])
    given = [shift, {"a": "oa", "b": "ob", "c": "oc"}, pd.DataFrame(shift, columns=list("abc"))[["c", "a", "b"]]]
    # What is added to all outcomes changes nothing.
    given += [shift + shift[:, [2]], {"b": shift[:, 1] - shift[:, 0], "c": shift[:, 2] - shift[:, 0]}]
    for offset in given:
        fit = lk.multinomial("y ~ x + g", frame, offset=offset)
        assert_allclose(flat(fit), best.coef, rtol=ROUTE, atol=ROUTE)
        assert_allclose(-fit.loglik, best.loss, rtol=EXACT)
        null = maximise(np.ones((len(frame), 1)), Y, shift)
        assert_allclose(-fit.record.null_loglik, null.loss, rtol=ROUTE)
    bare = lk.multinomial("y ~ 0 + x", frame, offset=shift)
    assert_allclose(-bare.record.null_loglik, loss(np.zeros(2), np.ones((len(frame), 1)), Y, shift), rtol=EXACT)
    named = lk.multinomial("y ~ x + g", frame, offset={"a": "oa", "b": "ob", "c": "oc"})
    assert_allclose(named.predict(frame.iloc[:7]), named.predict().iloc[:7], rtol=EXACT)
    with pytest.raises(lk.errors.DataError, match="offset"):
        lk.multinomial("y ~ x + g", frame, offset=shift).predict(frame)
    array = lk.multinomial("y ~ x + g", frame, offset=shift)
    assert_allclose(array.predict(frame.iloc[:7], offset=shift[:7]), named.predict().iloc[:7], rtol=EXACT)
    # One that is forgotten would be zero in silence.
    each = lk.multinomial("y ~ x + g", frame, offset=dict(zip("abc", shift.T, strict=True)))
    for fitted in (each, named):
        with pytest.raises(lk.errors.DataError, match="given for a, b and not for c"):
            fitted.predict(frame.iloc[:7], offset={"a": shift[:7, 0], "b": shift[:7, 1]})


@pytest.mark.parametrize("far", [50.0, 1e3, 1e5])
@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("y ~ x + g", {}),
        ("y ~ x + g + copy", {}),
        ("y ~ x + g + copy", {"reference": None}),
        ("y ~ x + g", {"equal": "g"}),
        ("y ~ x + g", {"per_outcome": {"b": "x"}}),
    ],
)
def test_an_offset_far_away_moves_the_intercept_only(far: float, formula: str, options: dict[str, Any]) -> None:
    frame = table(4).assign(copy=lambda d: 3.0 - d["x"])
    near = lk.multinomial(formula, frame, **options)
    for outcome in "ab":
        moved = lk.multinomial(formula, frame, offset={outcome: np.full(len(frame), far)}, **options)
        assert moved.converged
        assert_allclose(moved.loglik, near.loglik, rtol=1e-10)
        assert_allclose(moved.record.null_loglik, near.record.null_loglik, rtol=1e-10)
        slopes = [term for term in near.coef.index if term != "Intercept"]
        assert_allclose(moved.coef.loc[slopes], near.coef.loc[slopes], rtol=1e-7, atol=1e-8)
        assert_allclose(moved.predict(), near.predict(), rtol=1e-8)


def test_an_offset_far_away_beside_separation() -> None:
    frame = pd.DataFrame(
        {"x": [1.0, 2, 3, 7, 8, 9, 1, 3, 2], "z": [1.0, 2, 1, 2, 3, 4, 2, 2, 1], "y": list("abacccbab")}
    )
    for options in ({}, {"equal": "z"}, {"reference": None}):
        near = lk.multinomial("y ~ x + z", frame, **options)
        moved = lk.multinomial("y ~ x + z", frame, offset={"b": np.full(9, 1e4)}, **options)
        assert near.separation is not None
        assert moved.separation is not None
        assert_allclose(moved.loglik, near.loglik, rtol=1e-9)
        assert_allclose(moved.predict(), near.predict(), rtol=1e-7, atol=1e-12)
