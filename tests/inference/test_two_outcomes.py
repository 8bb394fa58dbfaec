"""With two outcomes the model is the binary one, in every verb that both have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.results.effects.average_predictions import average_predictions_of
from logitkit.results.rows import Rows
from tolerances import EXACT, ROUTE

ROWS = 160
OFFSET = np.random.default_rng(9).normal(size=ROWS)


def table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    x, g = rng.normal(size=ROWS), rng.choice(["u", "v", "w"], ROWS)
    p = 1 / (1 + np.exp(-(0.3 + 0.8 * x - 0.7 * (g == "v"))))
    frame = pd.DataFrame({"x": x, "g": g, "y": np.where(rng.random(ROWS) < p, "yes", "no")})
    frame["w"] = rng.integers(0, 4, ROWS)
    frame["v"] = rng.random(ROWS) + 0.2
    frame["id"] = rng.integers(0, 25, ROWS)
    return frame.assign(copy=2.0 * x, o=OFFSET)


VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("y ~ x + g", {}),
    "frequency": ("y ~ x * g", {"weights": "w"}),
    "precision": ("y ~ x + g", {"weights": "v", "weight_kind": "precision"}),
    "sampling": ("y ~ x + g", {"weights": "v", "weight_kind": "sampling"}),
    "clusters": ("y ~ x + g", {"cluster": "id"}),
    "clusters and weights": ("y ~ x", {"cluster": "id", "weights": "v", "weight_kind": "sampling"}),
    "no intercept": ("y ~ 0 + x + g", {}),
    "offset": ("y ~ x + g", {"offset": "o"}),
    "aliased": ("y ~ x + copy + g", {}),
    "one column": ("y ~ 1", {}),
}


def both(name: str, reference: str | None = "no") -> tuple[lk.MultinomialFit, lk.Fit]:
    formula, options = VARIANTS[name]
    here = {key: {"yes": value} if key == "offset" else value for key, value in options.items()}
    return lk.multinomial(formula, table(), reference=reference, **here), lk.logit(formula, table(), **options)


@pytest.mark.parametrize("name", list(VARIANTS))
def test_estimates_errors_and_quantities(name: str) -> None:
    several, two = both(name)
    assert several.outcomes == ("no", "yes")
    assert_allclose(several.coef["yes"].to_numpy(), two.coef.to_numpy(), rtol=ROUTE, atol=ROUTE)
    assert list(several.coef.index) == list(two.coef.index)
    # The information is summed at an iterate within 1e-8 standard errors of the optimum, and not at the same one.
    assert_allclose(several.std_error["yes"], two.std_error, rtol=1e-8)
    assert_allclose(several.vcov.to_numpy(), two.vcov.to_numpy(), rtol=1e-8, atol=ROUTE)
    for key in ("loglik", "deviance", "null_deviance", "aic", "bic", "n_obs", "n_params", "dof_residual", "converged"):
        assert_allclose(getattr(several, key), getattr(two, key), rtol=ROUTE, err_msg=key)
    assert [alias.removeprefix("yes:") for alias in several.aliased] == list(two.aliased)
    assert_allclose(
        several.r_squared[["mcfadden", "cox_snell", "nagelkerke"]],
        two.r_squared[["mcfadden", "cox_snell", "nagelkerke"]],
        rtol=1e-8,
        atol=ROUTE,
    )
    left, right = several.tidy().drop(columns=["outcome"]), two.tidy()
    assert left["term"].tolist() == right["term"].tolist()
    for column in ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"):
        assert_allclose(left[column], right[column], rtol=1e-8, atol=ROUTE, err_msg=column)
    assert_allclose(several.confint(level=0.8), two.confint(level=0.8), rtol=1e-8, atol=ROUTE)


@pytest.mark.parametrize("name", ["plain", "sampling", "clusters", "aliased", "frequency"])
def test_ratios_and_tests(name: str) -> None:
    several, two = both(name)
    ratios, odds = several.odds_ratios(units={"x": 2.5}), two.odds_ratios(units={"x": 2.5})
    assert list(ratios.index.get_level_values("term")) == list(odds.index)
    for column in ("odds_ratio", "std_error", "conf_low", "conf_high"):
        assert_allclose(ratios[column], odds[column], rtol=1e-8, err_msg=column)
    tested, expected = several.test("yes:x = 0.5, yes:g[T.v] = yes:g[T.w]"), two.test("x = 0.5, g[T.v] = g[T.w]")
    assert_allclose([tested.statistic, tested.p_value], [expected.statistic, expected.p_value], rtol=1e-7)
    kinds = ("LR", "Wald") if name in {"plain", "aliased", "frequency"} else ("Wald",)
    for kind in kinds:
        left, right = several.anova(test=kind), two.anova(test=kind)
        assert left.labels == right.labels
        assert left.dof.tolist() == right.dof.tolist()
        assert_allclose(left.statistic, right.statistic, rtol=1e-7, atol=ROUTE)
    if name in {"plain", "aliased", "frequency"}:
        assert_allclose(several.lr_test().statistic, two.lr_test().statistic, rtol=ROUTE)
        assert several.lr_test().dof == two.lr_test().dof


@pytest.mark.parametrize("name", list(VARIANTS))
@pytest.mark.parametrize("reference", ["no", "yes", None])
def test_predictions(name: str, reference: str | None) -> None:
    several, two = both(name, reference)
    new = table().iloc[[3, 1, 7, 7]].assign(x=[0.0, 5.0, -40.0, 600.0], copy=[0.0, 10.0, -80.0, 1200.0])
    for data in (None, new):
        found, expected = several.predictions(data, level=0.9), two.predictions(data, level=0.9)
        of_yes = found.xs("yes", level="outcome")
        for column in ("estimate", "std_error", "conf_low", "conf_high"):
            # At 600 the logit is some hundreds, whose error is its rounding.
            assert_allclose(of_yes[column], expected[column], rtol=1e-7, atol=1e-300, err_msg=column)
        assert_allclose(several.predict(data)["yes"], two.predict(data), rtol=1e-8, atol=1e-300)
        logit = several.predict_logit(data)
        assert_allclose(logit["yes"] - logit["no"], two.predict_logit(data), rtol=1e-8, atol=1e-12)
        assert of_yes.index.tolist() == list(expected.index)


def test_counts() -> None:
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3, 4], "a": [1, 4, 6, 0, 3], "b": [9, 6, 4, 2, 5], "w": [1, 2, 1, 3, 2]})
    several, two = (
        lk.multinomial("cbind(b, a) ~ x", frame, weights="w"),
        lk.logit("cbind(a, b) ~ x", frame, weights="w"),
    )
    assert_allclose(several.coef["a"], two.coef, rtol=ROUTE)
    for key in ("loglik", "deviance", "null_deviance", "aic", "bic", "n_obs"):
        assert_allclose(getattr(several, key), getattr(two, key), rtol=ROUTE, err_msg=key)
    assert_allclose(several.r_squared[:3], two.r_squared[:3], rtol=1e-8)


@pytest.mark.parametrize("shape", ["complete", "quasi"])
def test_separation(shape: str) -> None:
    x = np.arange(12.0)
    y = np.where(x < 6, "no", "yes")
    if shape == "quasi":
        x[6] = 5.0
    z = np.array([1.0, 0, 2, 1, 3, 0, 2, 1, 0, 3, 1, 2])
    frame = pd.DataFrame({"x": x, "z": z, "y": y})
    for formula in ("y ~ x", "y ~ x + z"):
        several, two = lk.multinomial(formula, frame), lk.logit(formula, frame)
        assert np.array_equal(several.coef["yes"], two.coef, equal_nan=True)
        assert several.separation is not None
        assert two.separation is not None
        assert several.separation.dimension == two.separation.dimension
        assert several.separation.n_rows == two.separation.n_rows
        assert_allclose(several.loglik, two.loglik, rtol=ROUTE, atol=EXACT)
        found, expected = several.predictions(), two.predictions()
        of_yes = found.xs("yes", level="outcome")
        assert_allclose(of_yes["estimate"], expected["estimate"], rtol=ROUTE)
        assert_allclose(several.predict_logit()["yes"], two.predict_logit(), rtol=ROUTE, atol=ROUTE)


def test_a_ready_matrix() -> None:
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(80), rng.normal(size=(80, 2))])
    y = (rng.random(80) < 0.4).astype(int)
    several = lk.multinomial_matrix(X, y, ["Intercept", "a", "b"], offset=np.column_stack([np.zeros(80), X[:, 1]]))
    two = lk.logit_matrix(X, y, ["Intercept", "a", "b"], offset=X[:, 1])
    assert_allclose(several.coef["1"], two.coef, rtol=ROUTE)
    new = rng.normal(size=(4, 3))
    offset = {"1": new[:, 0]}
    assert_allclose(several.predict(new, offset=offset)["1"], two.predict(new, offset=new[:, 0]), rtol=ROUTE)


@pytest.mark.parametrize("name", ["plain", "frequency", "precision", "clusters", "offset", "aliased"])
def test_refits(name: str) -> None:
    several, two = both(name)
    one, other = several.bootstrap(10, seed=3), two.bootstrap(10, seed=3)
    assert_allclose(one.replicates, other.replicates, rtol=1e-8, atol=ROUTE)
    assert (one.kind, one.unit, one.n_units) == (other.kind, other.unit, other.n_units)
    assert_allclose(several.jackknife().std_error, two.jackknife().std_error, rtol=1e-7)


@pytest.mark.parametrize("name", ["plain", "frequency", "sampling", "clusters", "offset", "aliased", "no intercept"])
@pytest.mark.parametrize("reference", ["no", None])
def test_average_predictions(name: str, reference: str | None) -> None:
    several, two = both(name, reference)
    rows = table()
    for variable, values in (("x", [-1.0, 0.0, 2.0]), ("g", None)):
        data = rows.assign(copy=2.0 * rows["x"])
        if name == "aliased" and variable == "x":
            continue  # x cannot be set while its copy stays
        one = average_predictions_of(Rows(several.record, several.design, data), variable, values, level=0.9)
        other = average_predictions_of(Rows(two.record, two.design), variable, values, level=0.9)
        assert (one.outcomes, other.outcomes, one.values) == (("no", "yes"), ("yes",), other.values)
        for column in ("probability", "std_error", "low", "high"):
            assert_allclose(getattr(one, column)[1:], getattr(other, column), rtol=1e-7, err_msg=column)
