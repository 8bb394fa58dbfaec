"""Fits that start from an earlier one: the same estimates, in fewer steps, matched by the names of coefficients."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.engine.warm_start import known_coefficients, warm_start
from logitkit.errors import DataError, DataWarning, UnsupportedError

EQUAL = 1e-8  # standard errors, the solver's tolerance


def births() -> Any:
    rows = lk.datasets.load_lbw()
    return rows.assign(visits=rows["ftv"].clip(upper=2)).sample(frac=1.0, random_state=1)


def require_same(fit: Any, other: Any) -> None:
    """Require the same estimates, standard errors and log-likelihood."""
    error = np.asarray(fit.std_error, dtype=np.float64)
    apart = np.abs(np.asarray(other.coef, dtype=np.float64) - np.asarray(fit.coef, dtype=np.float64)) / error
    assert np.nanmax(apart) < EQUAL
    np.testing.assert_allclose(other.std_error, fit.std_error, rtol=1e-8)
    assert other.loglik == pytest.approx(fit.loglik, rel=1e-12)


STATED = {
    "logit": ("low ~ age + lwt + C(race) + smoke", lk.Binary()),
    "cloglog": ("low ~ age + lwt + C(race) + smoke", lk.Binary("cloglog")),
    "several": ("race ~ age + lwt + smoke", lk.Multinomial(reference="white")),
    "symmetric": ("race ~ age + lwt + smoke", lk.Multinomial(reference=None)),
    "equal": ("race ~ age + lwt + smoke", lk.Multinomial(reference="white", equal="age")),
    "ordered": ("visits ~ age + lwt + smoke", lk.Ordinal()),
}


QUICK = ("logit", "several", "ordered")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in STATED]
)
def test_a_loaded_fit_gives_the_same_estimates_in_fewer_steps(name: str, tmp_path: Path) -> None:
    formula, model = STATED[name]
    rows = births()
    earlier = lk.load(lk.fit(formula, rows[:150], model=model).save(tmp_path / "model.json"))
    cold, warm = lk.fit(formula, rows, model=model), lk.fit(formula, rows, model=model, start=earlier)
    require_same(cold, warm)
    assert len(warm.trace) <= len(cold.trace)
    again = lk.fit(formula, rows, model=model, start=cold)
    require_same(cold, again)
    assert len(again.trace) <= 2


def test_coefficients_are_matched_by_name_whatever_the_order_and_the_reference() -> None:
    rows = births()
    fit = lk.multinomial("race ~ age + lwt", rows, reference="white")
    known = known_coefficients(fit.record)
    for reference in ("black", None):
        other = lk.multinomial("race ~ lwt + age", rows, reference=reference)
        found = warm_start(known, other.record.info, other.record.form)
        np.testing.assert_allclose(found, other.record.inner_coef, atol=1e-7)
        assert len(lk.multinomial("race ~ lwt + age", rows, reference=reference, start=fit).trace) <= 2
    X = np.column_stack([np.ones(len(rows)), rows["age"], rows["lwt"], rows["smoke"]])
    names = ["Intercept", "age", "lwt", "smoke"]
    by_matrix = lk.logit_matrix(X, rows["low"], names)
    turned = lk.logit_matrix(X[:, ::-1], rows["low"], names[::-1], start=by_matrix)
    assert len(turned.trace) <= 2
    require_same(by_matrix, lk.logit_matrix(X, rows["low"], names, start=dict(turned.coef)))
    assert len(lk.logit("low ~ age + lwt + smoke", rows, start=by_matrix).trace) <= 2


def test_what_does_not_match_is_told_or_refused() -> None:
    rows = births()
    fit = lk.logit("low ~ age + lwt", rows)
    with pytest.warns(DataWarning, match=r"no finite coefficient of 'smoke': .* this model has not: 'lwt'"):
        new = lk.logit("low ~ age + smoke", rows, start=fit)
    require_same(lk.logit("low ~ age + smoke", rows), new)
    with pytest.raises(DataError, match=r"none of the coefficients of this model: it has 'Intercept', 'age', 'lwt'"):
        lk.logit("low ~ ht + ui", rows, start=fit)
    with pytest.raises(DataError, match="the probability of '1', and this model that of '0'"):
        lk.logit("low ~ age + lwt", rows, event=0, start=fit)
    with pytest.raises(DataError, match="another model"):
        lk.logit("low ~ age + lwt", rows, link="probit", start=fit)
    with pytest.raises(UnsupportedError, match="of maximum likelihood"):
        lk.logit("low ~ age + lwt", rows, penalty=lk.Lasso(0.1), start=fit)
    with pytest.raises(UnsupportedError, match="absorb="):
        lk.logit("low ~ age + lwt", rows, absorb="race", start=fit)
    for wrong in (fit.coef.to_numpy(), "fit", {}, {"age": "old"}):
        with pytest.raises(DataError, match="start="):
            lk.logit("low ~ age + lwt", rows, start=wrong)


def test_a_start_that_is_far_off_or_infinite_changes_nothing() -> None:
    rows = births()
    cold = lk.logit("low ~ age + lwt", rows)
    require_same(cold, lk.logit("low ~ age + lwt", rows, start={"Intercept": 1e4, "age": -1e5, "lwt": 1e6}))
    apart = pd.DataFrame({"low": [0, 0, 1, 1], "age": [1.0, 2, 3, 4], "lwt": [1.0, 2, 1, 2]})
    separated = lk.logit("low ~ age + lwt", apart)
    with pytest.warns(DataWarning, match="no finite coefficient"):
        require_same(cold, lk.logit("low ~ age + lwt", rows, start={**dict(cold.coef), "age": np.inf}))
    again = lk.logit("low ~ age + lwt", apart, start=cold)
    np.testing.assert_array_equal(again.coef, separated.coef)


def test_what_was_learnt_in_mini_batches_is_a_start() -> None:
    rows = births()
    for formula, model in (("low ~ age + lwt", lk.Binary()), ("race ~ age + lwt", lk.Multinomial(reference="white"))):
        cold = lk.fit(formula, rows, model=model)
        near = lk.learn(formula, rows, model=model, solver=lk.Stochastic("saga", batch=8, epochs=100))
        warm = lk.fit(formula, rows, model=model, start=near)
        require_same(cold, warm)
        assert len(warm.trace) < len(cold.trace)


@pytest.mark.slow
def test_many_rows_start_from_what_a_sample_cannot_tell_from_its_own_solution(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(210_000), rng.normal(size=(210_000, 9))])
    y = rng.random(210_000) < 1.0 / (1.0 + np.exp(-X @ np.linspace(-1.0, 1.0, 10)))
    names = ["Intercept", *(f"x{j}" for j in range(1, 10))]
    cold = lk.logit_matrix(X, y, names)
    again = lk.logit_matrix(X, y, names, start=cold)
    require_same(cold, again)
    assert len(again.trace) == 1  # one pass
    far = lk.logit_matrix(X, y, names, start=dict.fromkeys(names, 0.1))
    require_same(cold, far)
    table = pd.DataFrame(X[:40_000, 1:3], columns=names[1:3]).assign(y=y[:40_000])
    table.to_parquet(tmp_path / "rows.parquet", row_group_size=5_000)
    source = tmp_path / "rows.parquet"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit = lk.logit("y ~ x1 + x2", source)
        warm = lk.logit("y ~ x1 + x2", source, start=fit)
    require_same(fit, warm)
    assert warm.record.read.passes <= fit.record.read.passes
