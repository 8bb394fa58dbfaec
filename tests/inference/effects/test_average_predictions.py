"""Average adjusted predictions: against predictions made row by row, and derivatives made by differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import expit, logit, ndtri

import logitkit as lk
from logitkit.errors import DataError, FormulaError, UnsupportedError
from logitkit.results.effects import average_predictions as averages
from logitkit.results.effects.average_predictions import GRID
from logitkit.results.rows import Rows
from tolerances import EXACT, ROUTE

DIFFERENCES = 1e-6  # central differences of a smooth function: a step of 1e-5, squared, and rounding over the step


def average_predictions_of(
    fit: Any, variable: str, data: Any = None, values: Any = None, level: Any = None, **given: Any
) -> Any:
    return averages.average_predictions_of(Rows(fit.record, fit.design, data, **given), variable, values, level)


def average_predictions_of_all(fit: Any, data: Any) -> Any:
    return averages.average_predictions_of_all(Rows(fit.record, fit.design, data))


def trips(n: int = 180) -> pd.DataFrame:
    rng = np.random.default_rng(21)
    frame = pd.DataFrame({"cost": rng.normal(size=n), "k": rng.integers(1, 5, n), "g": rng.choice(["u", "v", "w"], n)})
    eta = np.column_stack([np.zeros(n), 0.7 * frame["cost"], 0.3 * frame["k"] - 1.0 * (frame["g"] == "v")])
    frame["mode"] = np.array(["bus", "car", "walk"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return frame.assign(w=rng.integers(1, 4, n), late=rng.normal(size=n), flag=rng.random(n) < 0.5)


FORMULA = "mode ~ cost * g + I(cost ** 2) + C(k)"


@pytest.fixture(scope="module")
def fit() -> Any:
    return lk.multinomial(FORMULA, trips())


@pytest.mark.parametrize(("variable", "values"), [("cost", [-1.0, 0.5]), ("g", ["u", "v", "w"]), ("k", [1, 2, 3, 4])])
def test_they_are_means_of_predictions(fit: Any, variable: str, values: list[Any]) -> None:
    rows = trips()
    found = average_predictions_of(fit, variable, rows, values if variable == "cost" else None)
    assert list(found.values) == values
    assert found.numeric == (variable == "cost")
    for place, value in enumerate(values):
        expected = fit.predict(rows.assign(**{variable: value})).mean()
        assert_allclose(found.probability[:, place], expected, rtol=EXACT)
    assert_allclose(found.probability.sum(axis=0), 1.0, rtol=EXACT)


@pytest.mark.parametrize("reference", ["bus", "car", None])
def test_errors_are_those_of_the_delta_method(reference: Any) -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost * g", rows, reference=reference, weights="w")
    found = average_predictions_of(fit, "cost", rows, [0.4], level=0.9)
    record, weights = fit.record, rows["w"] / rows["w"].sum()
    steps = record.inner_coef.size

    def average(inner: Any) -> Any:
        moved = lk.MultinomialFit(replace(record, inner_coef=inner, coef=np.array(record.coordinates.coef(inner))))
        return weights.to_numpy() @ moved.predict(rows.assign(cost=0.4)).to_numpy()

    jacobian = np.empty((3, steps))
    for j in range(steps):
        step = 1e-5 * np.eye(steps)[j]
        jacobian[:, j] = (average(record.inner_coef + step) - average(record.inner_coef - step)) / 2e-5
    expected = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, record.inner_vcov.array(), jacobian))
    assert_allclose(found.std_error[:, 0], expected, rtol=DIFFERENCES)
    p = found.probability[:, 0]
    half = ndtri(0.95) * expected / (p * (1 - p))
    assert_allclose(found.low[:, 0], expit(logit(p) - half), rtol=DIFFERENCES)
    assert_allclose(found.high[:, 0], expit(logit(p) + half), rtol=DIFFERENCES)


def test_one_row_is_a_prediction(fit: Any) -> None:
    row = trips().iloc[[7]]
    found = average_predictions_of(fit, "g", row, ["w"])
    expected = fit.predictions(row.assign(g="w"))
    for name, values in (
        ("estimate", found.probability),
        ("std_error", found.std_error),
        ("conf_low", found.low),
        ("conf_high", found.high),
    ):
        assert_allclose(values[:, 0], expected[name], rtol=ROUTE)


def test_weights_are_rows_that_often() -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + g", rows, weights="w")
    again = rows.loc[rows.index.repeat(rows["w"])]
    one, other = (
        average_predictions_of(fit, "cost", rows),
        average_predictions_of(fit, "cost", again, weights=np.ones(len(again))),
    )
    assert_allclose(one.probability, other.probability, rtol=ROUTE)
    assert_allclose(one.std_error, other.std_error, rtol=ROUTE)
    by_array = lk.multinomial("mode ~ cost + g", rows, weights=rows["w"].to_numpy())
    with pytest.raises(DataError, match="fitted with an array as weights"):
        average_predictions_of(by_array, "cost", rows)


def test_offsets_by_outcome_count() -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost", rows, offset={"walk": "late"})
    expected = fit.predict(rows.assign(cost=1.0)).mean()
    assert_allclose(average_predictions_of(fit, "cost", rows, [1.0]).probability[:, 0], expected, rtol=EXACT)
    with_arrays = lk.multinomial("mode ~ cost", rows, offset={"walk": rows["late"].to_numpy()})
    given = rows.assign(cost=rows["cost"].where(rows.index != 3))
    found = average_predictions_of(with_arrays, "cost", given, [1.0], offset={"walk": rows["late"].to_numpy()})
    assert found.n_rows == len(rows) - 1
    part = rows[rows.index != 3].assign(cost=1.0)
    expected = with_arrays.predict(part, offset={"walk": part["late"].to_numpy()}).mean()
    assert_allclose(found.probability[:, 0], expected, rtol=EXACT)


def test_what_a_variable_is_set_to() -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + g + C(k) + flag", rows.assign(g=pd.Categorical(rows["g"], ["w", "v", "u"])))
    rows = rows.assign(g=pd.Categorical(rows["g"], ["w", "v", "u"]))
    grid = average_predictions_of(fit, "cost", rows)
    assert grid.numeric
    assert len(grid.values) == GRID
    assert (grid.values[0], grid.values[-1]) == (rows["cost"].min(), rows["cost"].max())
    assert average_predictions_of(fit, "g", rows).values == ("w", "v", "u")  # in the order of the categories
    assert average_predictions_of(fit, "k", rows).values == (1, 2, 3, 4)
    assert not average_predictions_of(fit, "k", rows).numeric
    assert average_predictions_of(fit, "flag", rows).values == (False, True)
    few = average_predictions_of(lk.multinomial("mode ~ k", rows), "k", rows)
    assert few.numeric
    assert few.values == (1, 2, 3, 4)


def test_any_kind_of_table(fit: Any) -> None:
    rows = trips()
    expected = average_predictions_of(fit, "cost", rows).probability
    found = average_predictions_of(fit, "cost", {name: rows[name].to_numpy() for name in rows})
    assert_allclose(found.probability, expected, rtol=EXACT)


def test_a_separated_fit_has_its_limit() -> None:
    rows = trips().assign(north=lambda frame: ((frame["mode"] == "bus") & (frame["k"] == 1)).astype(float))
    fit = lk.multinomial("mode ~ north + cost", rows)
    found = average_predictions_of(fit, "north", rows)
    assert_allclose(found.probability[:, 1], [1.0, 0.0, 0.0], rtol=0.0)
    assert np.isnan(found.std_error[:, 1]).all()
    assert np.isfinite(found.std_error[:, 0]).all()


@pytest.mark.parametrize(
    ("variable", "values", "error", "words"),
    [
        ("cots", None, FormulaError, "'cots' is not a column that the formula uses.*cost"),
        ("mode", None, FormulaError, "'mode' is not a column that the formula uses"),
        ("cost", "all", DataError, "is not a list of values"),
        ("cost", [], DataError, "is not a list of values"),
        ("cost", [np.nan], DataError, "give finite numbers"),
        ("cost", ["a"], DataError, "give finite numbers"),
        ("g", ["z"], DataError, "'z'"),
        ("k", [9], DataError, "9"),
    ],
)
def test_what_is_refused(fit: Any, variable: str, values: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        average_predictions_of(fit, variable, trips(), values)


def test_where_there_is_no_variable_to_set() -> None:
    rows = trips()
    matrix = lk.multinomial_matrix(
        np.column_stack([np.ones(len(rows)), rows["cost"]]), rows["mode"], ["Intercept", "c"]
    )
    with pytest.raises(DataError, match="ready matrix"):
        average_predictions_of(matrix, "c", rows)
    lagged = lk.multinomial("mode ~ lag(cost)", rows)
    with pytest.raises(UnsupportedError, match="lag"):
        average_predictions_of(lagged, "cost", rows)
    assert average_predictions_of_all(matrix, rows) == average_predictions_of_all(lagged, rows) == []
    many = lk.multinomial("mode ~ cost + s", rows.assign(s=[f"s{i % 45}" for i in range(len(rows))]))
    with pytest.raises(DataError, match="has 45 levels"):
        average_predictions_of(many, "s", rows.assign(s=[f"s{i % 45}" for i in range(len(rows))]))


def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(late=np.linspace(-1.0, 1.0, len(data)), w=1 + np.arange(len(data)) % 3)


@pytest.mark.parametrize("options", [{}, {"offset": "late"}, {"weights": "w"}, {"cluster": "w"}])
def test_of_two_outcomes_the_event_has_the_mean_of_predictions(options: Any) -> None:
    rows = births()
    fit = lk.logit("low ~ age * smoke + race", rows, **options)
    share = rows["w"] if "weights" in options else np.ones(len(rows))
    for variable, values in (("age", [20, 30]), ("race", None)):
        found = average_predictions_of(fit, variable, None, values)
        assert found.outcomes == (fit.record.outcomes[1],)
        for place, value in enumerate(found.values):
            expected = np.average(fit.predict(rows.assign(**{variable: value})), weights=share)
            assert_allclose(found.probability[0, place], expected, rtol=ROUTE)


def test_offsets_of_two_outcomes_in_arrays_and_formulas() -> None:
    rows = births()
    late = rows["late"].to_numpy()
    named = lk.logit("low ~ age + smoke", rows.assign(both=2.0 * late), offset="both")
    mixed = lk.logit("low ~ age + smoke + offset(late)", rows, offset=late)
    assert_allclose(mixed.coef, named.coef, rtol=ROUTE)
    expected = average_predictions_of(named, "age", None, [25]).probability
    assert_allclose(average_predictions_of(mixed, "age", None, [25]).probability, expected, rtol=ROUTE)
    assert_allclose(average_predictions_of(mixed, "age", rows, [25], offset=late).probability, expected, rtol=ROUTE)
    with pytest.raises(DataError, match="fitted with an array as offset"):
        average_predictions_of(mixed, "age", rows, [25])


def test_of_two_outcomes_what_is_not_offered_says_so() -> None:
    rows = births()
    with pytest.raises(UnsupportedError, match="not offered where a factor is absorbed"):
        average_predictions_of(lk.logit("low ~ age", rows, absorb="w"), "age", rows)
    with pytest.raises(UnsupportedError, match="Average predictions with errors"):
        average_predictions_of(lk.logit("low ~ age + lwt", rows, penalty=lk.Lasso(0.02)), "age", rows)
    changed = births()
    fit = lk.logit("low ~ age", changed)
    changed["age"] += 1
    with pytest.raises(DataError, match="has changed since the fit"):
        average_predictions_of(fit, "age", None)


def test_both_kinds_of_figure_of_two_outcomes() -> None:
    from matplotlib import pyplot as plt

    fit = lk.logit("low ~ age + race", births())
    lines, stacked = fit.plot.average_predictions("age"), fit.plot.average_predictions("race", kind="stacked")
    assert len(lines.get_lines()) == 1
    assert_allclose(
        lines.get_lines()[0].get_ydata(), average_predictions_of(fit, "age", None).probability[0], rtol=EXACT
    )
    assert len(stacked.containers) == 2
    plt.close("all")
