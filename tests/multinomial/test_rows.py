"""Rows that are missing, new, permuted or many; columns that are aliased, badly scaled, sparse or coded."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse

import logitkit as lk
from logitkit.errors import ConvergenceWarning, DataError
from multinomial.tables import table
from oracles.multinomial import gradient, information
from tolerances import EXACT, ROUTE

FORMULA = "y ~ x + z + g"


def test_missing_values_are_dropped_and_counted() -> None:
    frame = table(3).set_index(np.arange(240) * 2)
    frame.loc[frame.index[[3, 5]], "x"] = np.nan
    frame.loc[frame.index[7], "y"] = None
    frame.loc[frame.index[9], "g"] = None
    fit = lk.multinomial(FORMULA, frame)
    assert fit.n_obs == 236
    assert_allclose(fit.coef, lk.multinomial(FORMULA, frame.dropna()).coef, rtol=EXACT)
    # Of the fit's own rows those that were dropped are missing; of the same rows as new ones the outcome is not read.
    own, new = fit.predict(), fit.predict(frame)
    assert own.index.tolist() == frame.index.tolist()
    assert own.isna().any(axis=1).to_numpy().nonzero()[0].tolist() == [3, 5, 7, 9]
    assert new.isna().any(axis=1).to_numpy().nonzero()[0].tolist() == [3, 5, 9]
    assert_allclose(new.dropna().drop(index=14), own.dropna(), rtol=EXACT)
    both = fit.predictions(frame.iloc[3:5])
    assert both.index.tolist() == [(row, k) for row in (6, 8) for k in "abc"]
    assert both["estimate"].isna().tolist() == [True] * 3 + [False] * 3


def test_offsets_that_are_missing_drop_their_rows() -> None:
    frame = table(3)
    frame["o"] = np.where(np.arange(240) < 4, np.nan, 0.3)
    fit = lk.multinomial("y ~ x", frame, offset={"b": "o"})
    assert fit.n_obs == 236
    assert fit.predict(frame.iloc[:6]).isna().any(axis=1).tolist() == [True] * 4 + [False] * 2


def test_levels_that_the_fit_never_saw() -> None:
    frame = table(3)
    fit = lk.multinomial(FORMULA, frame)
    new = frame.head(3).assign(g=["u", "new", "w"])
    with pytest.raises(DataError, match="'new'"):
        fit.predict(new)
    for verb in (fit.predict, fit.predict_logit):
        found = verb(new, unseen="missing")
        assert found.isna().all(axis=1).tolist() == [False, True, False]
        assert_allclose(found.iloc[[0, 2]], verb(new.iloc[[0, 2]]), rtol=EXACT)


def test_rows_that_the_data_say_nothing_of() -> None:
    frame = table(3).query("not (g == 'v' and x > 0)").assign(h=lambda d: np.where(d["x"] > 0, "up", "down"))
    fit = lk.multinomial("y ~ g * h", frame)
    assert fit.aliased == ("b:g[T.v]:h[T.up]", "c:g[T.v]:h[T.up]")
    new = pd.DataFrame({"g": ["u", "v"], "h": ["up", "up"]})
    with pytest.raises(DataError):
        fit.predict(new)
    found = fit.predict(new, unseen="missing")
    assert found.isna().all(axis=1).tolist() == [False, True]


@given(st.integers(0, 1000))
def test_the_order_of_rows_and_names_of_outcomes_do_not_matter(seed: int) -> None:
    frame = table(3, 90, seed)
    fit = lk.multinomial(FORMULA, frame)
    shuffled = lk.multinomial(FORMULA, frame.sample(frac=1.0, random_state=seed))
    assert_allclose(shuffled.loglik, fit.loglik, rtol=ROUTE)
    assert_allclose(shuffled.predict().sort_index(), fit.predict(), rtol=1e-7, atol=ROUTE)
    renamed = lk.multinomial(FORMULA, frame.replace({"y": {"a": "z", "b": "y", "c": "x"}}), reference="z")
    assert_allclose(renamed.predict()[["z", "y", "x"]], fit.predict(), rtol=1e-7, atol=ROUTE)
    if fit.separation is None:
        assert_allclose(renamed.coef[["y", "x"]], fit.coef, rtol=1e-6, atol=1e-7)
        scaled = lk.multinomial(FORMULA, frame.assign(x=frame["x"] * 1e-6))
        assert_allclose(scaled.coef.loc["x"] * 1e-6, fit.coef.loc["x"], rtol=1e-6, atol=1e-7)


def test_badly_scaled_columns() -> None:
    frame = table(4, 400).assign(t=lambda d: 1e6 + d["x"], s=lambda d: 1e-9 * d["z"])
    plain = lk.multinomial("y ~ x + z", frame)
    far = lk.multinomial("y ~ t + s", frame)
    # The column itself has lost ten digits of x.
    assert_allclose(far.coef.loc["t"], plain.coef.loc["x"], rtol=1e-8)
    assert_allclose(far.coef.loc["s"] * 1e-9, plain.coef.loc["z"], rtol=1e-8)
    assert_allclose(far.std_error.loc["t"], plain.std_error.loc["x"], rtol=1e-8)
    assert_allclose(far.predict(), plain.predict(), rtol=1e-8)
    equal = lk.multinomial("y ~ t + s", frame, equal="s")
    assert_allclose(equal.coef.loc["s"] * 1e-9, lk.multinomial("y ~ x + z", frame, equal="z").coef.loc["z"], rtol=1e-7)


@pytest.mark.parametrize("reference", ["0", None])
def test_matrices_of_any_kind(reference: str | None) -> None:
    rng = np.random.default_rng(2)
    n = 500
    code = rng.integers(0, 8, n)
    X = np.column_stack([np.ones(n), rng.normal(size=n), (code[:, None] == np.arange(1, 8)) * 1.0])
    y = rng.integers(0, 3, n)
    names = ["Intercept", "x", *(f"k{j}" for j in range(1, 8))]
    fits = [
        lk.multinomial_matrix(given, y, names, reference=reference)
        for given in (
            X,
            np.asfortranarray(X),
            sparse.csr_array(X),
            sparse.csc_matrix(X),
            pd.DataFrame(X, columns=names),
        )
    ]
    coded = lk.multinomial("y ~ x + C(k)", {"y": y, "x": X[:, 1], "k": code}, reference=reference)
    for fit in fits[1:]:
        assert_allclose(fit.record.coef, fits[0].record.coef, rtol=ROUTE, atol=ROUTE)
        assert_allclose(fit.predictions().to_numpy(), fits[0].predictions().to_numpy(), rtol=1e-8)
    order = ["Intercept", "x", *(f"C(k)[T.{j}]" for j in range(1, 8))]
    assert_allclose(coded.coef.loc[order], fits[0].coef, rtol=1e-8, atol=ROUTE)
    assert_allclose(coded.vcov.loc[_flat(coded, order), _flat(coded, order)], fits[0].vcov, rtol=1e-7, atol=ROUTE)


def _flat(fit: lk.MultinomialFit, terms: list[str]) -> list[str]:
    return [f"{outcome}:{term}" for outcome in fit.record.modelled for term in terms]


def test_many_rows_from_a_sample_of_them() -> None:
    rng = np.random.default_rng(6)
    n, k = 60_000, 4
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    y = (X @ rng.normal(size=(k, 4)).T + rng.gumbel(size=(n, k))).argmax(axis=1)
    fit = lk.multinomial_matrix(X, y, ["Intercept", *"abc"])
    # Stationarity, asked of the formulas and not of the solver: the Newton decrement in standard errors.
    counts = np.eye(k)[y]
    g = gradient(fit.record.coef, X, counts)
    H = information(fit.record.coef, X, counts)
    assert np.sqrt(g @ np.linalg.solve(H, g)) < 1e-6
    assert_allclose(fit.vcov, np.linalg.inv(H), rtol=1e-6, atol=1e-9)


def test_a_fit_that_has_not_converged_says_so() -> None:
    with pytest.warns(ConvergenceWarning, match="Do not use its numbers"):
        fit = lk.multinomial(FORMULA, table(3), solver=lk.Newton(max_iter=1))
    assert not fit.converged


def test_copies_are_the_fit() -> None:
    frame = table(3)
    fit = lk.multinomial(FORMULA, frame)
    for again in (pickle.loads(pickle.dumps(fit)), copy.copy(fit), copy.deepcopy(fit)):
        assert again.coef.equals(fit.coef)
        assert again.predict(frame.head(3)).equals(fit.predict().head(3))
        assert again.anova(3, "Wald").statistic.tolist() == fit.anova(3, "Wald").statistic.tolist()
