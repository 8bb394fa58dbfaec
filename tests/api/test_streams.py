"""What is learnt in mini-batches, beside the batch optimum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import logitkit as lk
from logitkit.errors import DataError, DataWarning, LogitkitError, UnsupportedError

NAMES = ["Intercept", "a", "b", "c"]


def rows(n: int, seed: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(5.0, 2.0, n), rng.normal(0.0, 0.1, n), rng.random(n) < 0.3])
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-(X @ [-2.0, 0.4, 3.0, 0.5])))).astype(int)


@pytest.mark.parametrize("kind", [np.asarray, np.float32, sparse.csr_array])
def test_saga_comes_to_the_batch_optimum(kind: Any) -> None:
    X, y = rows(2_000)
    fit = lk.learn_matrix(kind(X), y, NAMES, solver=lk.Stochastic("saga", batch=32, epochs=120))
    batch = lk.fit_matrix(kind(X), y, NAMES)
    assert 0.0 <= fit.excess < 1e-9
    np.testing.assert_allclose(fit.coef, batch.coef, atol=1e-3, rtol=1e-3)  # as flat as the loss is there
    np.testing.assert_allclose(fit.optimum, -batch.loglik / 2_000, rtol=1e-12)


def test_ridge_is_compared_with_its_own_optimum() -> None:
    X, y = rows(1_000)
    fit = lk.learn_matrix(X, y, NAMES, solver=lk.Stochastic("saga", batch=32, epochs=100, ridge=0.2))
    batch = lk.fit_matrix(X, y, NAMES, penalty=lk.Ridge(0.2))
    assert 0.0 <= fit.excess < 1e-9
    # An excess of 1e-9 allows steps of its root, 3e-5, in units of a curvature of order one.
    np.testing.assert_allclose(fit.coef, batch.coef, atol=1e-4)


def test_several_outcomes_from_a_formula_and_for_new_rows() -> None:
    births = lk.datasets.load_lbw()
    solver = lk.Stochastic("saga", batch=16, epochs=200)
    batch = lk.multinomial("race ~ age + lwt", births, reference="white")
    fit = lk.learn("race ~ age + lwt", births, model=lk.Multinomial(reference="white"), solver=solver)
    assert 0.0 <= fit.excess < 1e-8
    assert list(fit.coef.columns) == list(batch.coef.columns)
    # Probabilities differ by the root of the excess, 1e-4.
    np.testing.assert_allclose(fit.predict(births), batch.predict(births), atol=1e-4)
    again = lk.learn("race ~ age + lwt", births, model=lk.Multinomial(reference=None), solver=solver)
    np.testing.assert_allclose(again.predict(births), fit.predict(births), atol=1e-8)
    np.testing.assert_allclose(again.coef.sum(axis=1), 0.0, atol=1e-12)


def test_what_was_learnt_is_saved_as_plain_numbers() -> None:
    X, y = rows(500)
    fit = lk.learn_matrix(X, y, NAMES, solver=lk.Stochastic("sgd", average=True))
    again = lk.StochasticFit.from_dict(json.loads(json.dumps(fit.to_dict())))
    np.testing.assert_array_equal(again.predict(X), fit.predict(X))
    assert again.solver == fit.solver
    assert again.tidy().equals(fit.tidy())
    assert repr(again) == repr(fit)
    with pytest.raises(DataError, match="nothing that was learnt"):
        lk.StochasticFit.from_dict({**fit.to_dict(), "estimate": [[1.0]]})


@pytest.mark.parametrize(
    "model",
    [lk.Multinomial(reference="white"), pytest.param(lk.Multinomial(reference=None), marks=pytest.mark.slow)],
)
def test_the_coding_of_a_formula_is_saved_and_predicts_from_a_table(model: Any, tmp_path: Path) -> None:
    births = lk.datasets.load_lbw()
    births["work"] = births["ftv"].clip(upper=2).map({0: "none", 1: "one", 2: "more"})
    new = births[["age", "lwt", "work"]].head(30).assign(age=lambda rows: rows["age"].where(rows["age"] < 25))
    for formula, its in (
        ("race ~ bs(age, df=4) + C(work) + scale(lwt)", model),
        ("low ~ log(lwt) * work", lk.Binary()),
    ):
        fit = lk.learn(formula, births, model=its)
        again = lk.StochasticFit.from_dict(json.loads(json.dumps(fit.to_dict())))
        loaded = lk.load(fit.save(tmp_path / "learnt.json"))
        for other in (again, loaded):
            np.testing.assert_array_equal(other.predict(new), fit.predict(new))
            assert other.info.names == fit.info.names
        assert np.isnan(fit.predict(new)).any() == ("age" in formula)


def test_a_saved_stochastic_fit_is_checked_whole(tmp_path: Path) -> None:
    births = lk.datasets.load_lbw()
    fit = lk.learn("low ~ age + C(race)", births)
    path = fit.save(tmp_path / "learnt.json")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"n_rows": 189', '"n_rows": 190'), encoding="utf-8")
    with pytest.raises(DataError, match="was changed after it was saved"):
        lk.load(path)
    path.write_text(text.replace('"version": 1', '"version": 7'), encoding="utf-8")
    with pytest.raises(DataError, match="Update logitkit"):
        lk.load(path)
    kept = fit.to_dict()
    for part, value, words in (
        ("formula", "low ~ age + __import__('os').getcwd()", "formula"),
        ("names", ["Intercept", "age", "b", "c"], "names"),
        ("response", {"dict": []}, "response"),
    ):
        with pytest.raises(LogitkitError, match=words):
            lk.StochasticFit.from_dict({**kept, "columns": {**kept["columns"], part: value}})
    with pytest.raises(DataError, match="others than those of its coefficients"):
        lk.StochasticFit.from_dict({**kept, "names": ["Intercept", "age", "b", "c"]})


def test_early_stopping_returns_to_the_least_loss_of_rows_held_out() -> None:
    X, y = rows(400)
    solver = lk.Stochastic("adam", rate=2.0, schedule="constant", epochs=50, early_stopping=0.25, seed=3)
    fit = lk.learn_matrix(X, y, NAMES, solver=solver)
    assert len(fit.held_out) < 50
    assert fit.held_out[-1] > min(fit.held_out)
    assert len(fit.held_out) == 3 + int(np.argmin(fit.held_out))
    assert fit.n_seen == 300 * len(fit.held_out)
    held = np.sort(np.random.default_rng([3, 0]).permutation(400)[:100])
    p = fit.predict(X[held])
    loss = -np.mean(np.where(y[held] == 1, np.log(p), np.log1p(-p)))
    assert loss == pytest.approx(min(fit.held_out), rel=1e-10)


def test_plug_in_errors_are_the_sandwich_where_all_rows_were_averaged() -> None:
    X, y = rows(3_000)
    fit = lk.learn_matrix(X, y, NAMES, solver=lk.Stochastic("sgd", average=True, epochs=40))
    batch = lk.fit_matrix(X, y, NAMES, weights=np.ones(3_000), weight_kind="sampling")
    np.testing.assert_allclose(fit.std_error, batch.std_error, rtol=0.02)  # of averages near the optimum
    once = lk.learn_matrix(X, y, NAMES, solver=lk.Stochastic("sgd", average=True, epochs=0.5))
    assert (once.std_error > 1.3 * fit.std_error).all()  # of 45 in 100 rows


def three(n: int, seed: int = 4) -> tuple[Any, Any]:
    X = rows(n, seed)[0]
    rng = np.random.default_rng(seed)
    logits = X @ np.array([[0.0, 0.0, 0.0, 0.0], [-1.0, 0.2, 2.0, 0.5], [0.5, -0.1, 4.0, -0.5]]).T
    return X, np.array(["a", "b", "c"])[(logits + rng.gumbel(size=logits.shape)).argmax(axis=1)]


@pytest.mark.parametrize("reference", ["b", pytest.param(None, marks=pytest.mark.slow)])
def test_plug_in_errors_of_several_outcomes_are_the_sandwich(reference: str | None) -> None:
    X, y = three(3_000)
    model = lk.Multinomial(reference=reference)
    fit = lk.learn_matrix(X, y, NAMES, model=model, solver=lk.Stochastic("sgd", average=True, epochs=60))
    batch = lk.fit_matrix(X, y, NAMES, model=model, weights=np.ones(3_000), weight_kind="sampling")
    assert list(fit.std_error.columns) == list(batch.std_error.columns)
    np.testing.assert_allclose(fit.std_error, batch.std_error, rtol=0.02)  # of averages near the optimum
    found = fit.tidy()
    assert found.columns.tolist() == ["outcome", "term", "estimate", "std_error", "conf_low", "conf_high"]
    np.testing.assert_array_equal(found["outcome"], batch.tidy()["outcome"])
    again = lk.StochasticFit.from_dict(json.loads(json.dumps(fit.to_dict())))
    assert again.tidy().equals(found)


def test_plug_in_errors_count_frequencies_as_rows_and_square_other_weights() -> None:
    X, y = three(600)
    twice = np.where(np.arange(600) % 3 == 0, 2.0, 1.0)
    place = np.repeat(np.arange(600), twice.astype(int))
    solver = lk.Stochastic("sgd", average=True, epochs=100, batch=32)
    for outcome, model in ((y, lk.Multinomial(reference="a")), (y == "a", lk.Binary())):
        by_weight = lk.learn_matrix(X, outcome, NAMES, model=model, weights=twice, solver=solver)
        by_row = lk.learn_matrix(X[place], outcome[place], NAMES, model=model, solver=solver)
        np.testing.assert_allclose(by_weight.std_error, by_row.std_error, rtol=0.01)  # of averages near the optimum
        sampled = lk.learn_matrix(X, outcome, NAMES, model=model, weights=twice, weight_kind="sampling", solver=solver)
        batch = lk.fit_matrix(X, outcome, NAMES, model=model, weights=twice, weight_kind="sampling")
        np.testing.assert_allclose(sampled.std_error, batch.std_error, rtol=0.01)  # of averages near the optimum


@pytest.mark.parametrize("reference", ["b", pytest.param(None, marks=pytest.mark.slow)])
def test_a_ridge_of_several_outcomes_is_compared_with_its_own_optimum(reference: str | None) -> None:
    X, y = three(800)
    solver = lk.Stochastic("saga", batch=32, epochs=120, ridge=0.2)
    fit = lk.learn_matrix(X, y, NAMES, model=lk.Multinomial(reference=reference), solver=solver)
    assert 0.0 <= fit.excess < 1e-9
    batch = lk.fit_matrix(X, y, NAMES, model=lk.Multinomial(reference=None), penalty=lk.Ridge(0.2))
    # An excess of 1e-9 allows steps of its root, 3e-5, in units of a curvature of order one.
    np.testing.assert_allclose(fit.predict(X), batch.predict(X), atol=1e-4)


def test_two_outcomes_may_be_stated_as_several() -> None:
    births = lk.datasets.load_lbw()
    solver = lk.Stochastic("saga", batch=8, epochs=200, ridge=0.1)
    one = lk.learn("low ~ age + lwt", births, solver=solver)
    several = lk.learn("low ~ age + lwt", births, model=lk.Multinomial(), solver=solver)
    np.testing.assert_allclose(several.predict(births)[:, 1], one.predict(births), rtol=1e-12)
    np.testing.assert_allclose([several.mean_loss, several.optimum], [one.mean_loss, one.optimum], rtol=1e-12)
    assert several.coef.shape == (3, 1)


@pytest.mark.slow
def test_intervals_of_one_pass_cover() -> None:
    true, hits = np.array([-2.0, 0.4, 3.0, 0.5]), np.zeros(4)
    for seed in range(400):
        X, y = rows(8_000, seed)
        solver = lk.Stochastic("sgd", average=True, epochs=1, batch=8)
        table = lk.learn_matrix(X, y, NAMES, solver=solver, compared=False).tidy()
        hits += (table["conf_low"] <= true) & (true <= table["conf_high"])
    assert (hits / 400 > 0.91).all()  # 95 percent less 3.7 standard errors


def test_files_are_learnt_chunk_by_chunk(tmp_path: Path) -> None:
    X, y = rows(4_000)
    table = pd.DataFrame(X[:, 1:], columns=NAMES[1:]).assign(y=y)
    table.to_parquet(tmp_path / "rows.parquet", row_group_size=1_000)
    solver = lk.Stochastic("saga", epochs=30)
    fit = lk.learn("y ~ a + b + c", tmp_path / "rows.parquet", solver=solver)
    assert 0.0 <= fit.excess < 1e-6
    shrunk = lk.learn("y ~ a + b + c", tmp_path / "rows.parquet", solver=lk.Stochastic("saga", epochs=30, ridge=0.1))
    assert 0.0 <= shrunk.excess < 1e-6
    held = lk.learn("y ~ a + b + c", table, solver=solver)
    # Both are within 1e-6 of the optimum, by other orders of the rows: probabilities differ by its root, 1e-3.
    np.testing.assert_allclose(fit.predict(table), held.predict(table), atol=1e-3)


def test_files_in_an_order_that_goes_with_the_outcomes_are_told() -> None:
    X, y = rows(20_000)
    table = pd.DataFrame(X[:, 1:], columns=NAMES[1:]).assign(y=y)

    def source(ordered: pd.DataFrame) -> Any:
        return lambda: (ordered.iloc[first : first + 2_000] for first in range(0, 20_000, 2_000))

    solver = lk.Stochastic(epochs=1)
    with pytest.warns(DataWarning, match=r"their chunk explains \d+% of the variance"):
        lk.learn("y ~ a + b + c", source(table.sort_values("y")), solver=solver, compared=False, memory="10MB")
    lk.learn(
        "y ~ a + b + c", source(table), solver=solver, compared=False, memory="10MB"
    )  # a warning would be an error


def test_what_is_not_learnt_is_refused() -> None:
    births = lk.datasets.load_lbw()
    with pytest.raises(UnsupportedError, match="the logit of two outcomes"):
        lk.learn("low ~ age", births, model=lk.Binary(link="probit"))
    with pytest.raises(UnsupportedError, match="dropout_as='ridge'"):
        lk.learn("race ~ age", births, model=lk.Multinomial(), solver=lk.Stochastic(dropout=0.5, dropout_as="ridge"))
    with pytest.raises(DataError, match=r"give lk\.Stochastic"):
        lk.learn("low ~ age", births, solver=lk.Newton())
    with pytest.raises(UnsupportedError, match="averaged iterates"):
        lk.learn("low ~ age", births).tidy()
