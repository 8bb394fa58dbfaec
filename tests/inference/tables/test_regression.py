"""Fits side by side: numbers against R and against single fits, rows brought together, and what is refused.

R 4 on the same 189 births (``glm(..., binomial, epsilon = 1e-12)``, ``drop1(f, test = "Chisq")``)::

    exp(coef) and Wald limits, low ~ age + lwt + race + smoke
      raceblack 3.425372 1.243215 9.437763   p 0.017267      drop1 race p 0.0157429
    alone, low ~ race
      raceblack 2.327536 0.938507 5.772384   p 0.068301      drop1 race p 0.081661
    alone, low ~ age: 0.950133 0.893223 1.010669 p 0.104548
    table(race, low): white 73 23, black 15 11, other 42 25
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, FormulaError, UnsupportedError
from logitkit.inference.tables.regression import Block, Cell, Row, regression_rows
from tolerances import EXACT, ROUTE

BIRTHS = lk.datasets.load_lbw()
FIT = lk.logit("low ~ age + lwt + race + smoke", BIRTHS)
PRINTED = 1e-5  # R prints six decimals of numbers between 0.01 and 10


def _row(table: object, model: str, term: str, level: str = "") -> dict[str, float]:
    frame = table.to_frame()  # type: ignore[attr-defined]
    found = frame[(frame["model"] == model) & (frame["term"] == term) & (frame["level"] == level)]
    return dict(found.iloc[0])


def test_estimates_and_tests_of_terms_are_those_of_r() -> None:
    table = lk.regression_table(FIT, univariable=True)
    for model, ratio, low, high, p, term_p in (
        ("Multivariable", 3.425372, 1.243215, 9.437763, 0.017267, 0.0157429),
        ("Univariable", 2.327536, 0.938507, 5.772384, 0.068301, 0.081661),
    ):
        row = _row(table, model, "race", "black")
        assert_allclose(np.exp([row["estimate"], row["conf_low"], row["conf_high"]]), [ratio, low, high], rtol=PRINTED)
        assert_allclose(row["p_value"], p, rtol=1e-4)
        assert_allclose(_row(table, model, "race")["term_p"], term_p, rtol=PRINTED)
    age = _row(table, "Univariable", "age")
    assert_allclose(
        np.exp([age["estimate"], age["conf_low"], age["conf_high"]]), [0.950133, 0.893223, 1.010669], PRINTED
    )


def test_counts_of_levels_are_those_of_the_table() -> None:
    frame = lk.regression_table(FIT).to_frame()
    levels = frame[(frame["term"] == "race") & (frame["level"] != "")].set_index("level")
    assert levels[["n", "events"]].to_numpy().tolist() == [[96, 23], [26, 11], [67, 25]]
    assert levels.loc["white", "estimate"] == 0.0


def test_frequency_weights_are_counted() -> None:
    twice = lk.logit("low ~ race", BIRTHS.assign(w=2), weights="w")
    assert _row(lk.regression_table(twice), "(1)", "race", "black")["events"] == 22
    sampled = lk.logit("low ~ race", BIRTHS.assign(w=2.5), weights="w", weight_kind="sampling")
    assert _row(lk.regression_table(sampled), "(1)", "race", "black")["events"] == 11


def test_terms_alone_are_fitted_on_the_rows_of_the_whole_model() -> None:
    data = BIRTHS.assign(lwt=BIRTHS["lwt"].where(BIRTHS.index % 7 != 0))
    table = lk.univariable("low ~ age + lwt + race", data)
    rows = data.dropna(subset=["lwt"])
    for term in ("age", "lwt"):
        alone = lk.logit(f"low ~ {term}", rows)
        row = _row(table, "Univariable", term)
        assert_allclose([row["estimate"], row["std_error"]], [alone.coef[term], alone.std_error[term]], rtol=ROUTE)
    assert_allclose(_row(table, "Univariable", "race")["term_p"], lk.logit("low ~ race", rows).lr_test().p_value, ROUTE)
    assert "27 rows with missing values left out" in str(table)


def test_clusters_and_offsets_stay_with_terms_alone() -> None:
    data = BIRTHS.assign(g=BIRTHS["id"] % 20, z=0.01 * BIRTHS["age"])
    fit = lk.logit("low ~ lwt + smoke", data, cluster="g", offset="z")
    alone = lk.logit("low ~ smoke", data, cluster="g", offset="z")
    row = _row(lk.regression_table(fit, univariable=True), "Univariable", "smoke")
    assert_allclose([row["estimate"], row["std_error"]], [alone.coef["smoke"], alone.std_error["smoke"]], rtol=ROUTE)


def test_levels_of_fits_that_code_a_factor_in_different_ways_stand_in_one_row() -> None:
    other = lk.logit("low ~ C(race, contr.treatment('black')) + smoke", BIRTHS)
    table = lk.regression_table(FIT, other)
    assert [row for row in table.rows if row.term == "race"] == [
        Row("race"),
        Row("race", "white"),
        Row("race", "black"),
        Row("race", "other"),
    ]
    assert _row(table, "(1)", "race", "white")["estimate"] == _row(table, "(2)", "race", "black")["estimate"] == 0.0
    assert_allclose(_row(table, "(2)", "race", "white")["estimate"], other.coef.iloc[1])


def test_rows_come_in_the_order_of_the_fits() -> None:
    blocks = [Block(0, "", None, {Row(name): Cell() for name in names}, {}) for names in ("adf", "bde", "gf")]
    assert "".join(row.term for row in regression_rows(blocks)) == "gbadef"


def test_units_change_estimates_where_a_variable_changes_alone() -> None:
    spline = lk.logit("low ~ bs(age, df=3) + smoke", BIRTHS)
    table = lk.regression_table(FIT, spline, units={"age": -10})
    row = _row(table, "(1)", "age")
    interval = FIT.confint().loc["age"]
    assert_allclose(row["estimate"], -10 * FIT.coef["age"], rtol=EXACT)
    assert_allclose([row["conf_low"], row["conf_high"]], [-10 * interval["conf_high"], -10 * interval["conf_low"]])
    assert "age (per -10)" in str(table)


def test_every_family_and_covariance_stands_beside_every_other() -> None:
    ordered = BIRTHS.assign(ftv=BIRTHS["ftv"].clip(upper=2))
    fits = (
        FIT,
        FIT.robust("HC3"),
        lk.logit("low ~ age + race", BIRTHS, link="probit"),
        lk.multinomial("race ~ age + smoke", BIRTHS),
        lk.ordinal("ftv ~ age + race", ordered),
        lk.ordinal("ftv ~ age + race", ordered, nominal="age"),
        lk.logit("low ~ age + smoke", BIRTHS, penalty=lk.Ridge(0.1)),
        lk.logit("low ~ age + smoke", BIRTHS, penalty=lk.Lasso(0.1)),
        lk.logit("low ~ age", BIRTHS, absorb="race"),
        lk.logit("low ~ age + race", BIRTHS, penalty=lk.Jeffreys()),
    )
    table = lk.regression_table(*fits)
    text = table.to_text(400)
    for words in (
        "heteroscedasticity-robust sandwich (HC3)",
        "RRR: relative risk ratio",
        "Coef.: coefficient",
        "posterior",
    ):
        assert words in text
    assert "likelihood ratio" in text
    assert "Wald (" in text
    assert len(table.blocks) == 13  # two of the multinomial fit, three of the ordinal one with a nominal term
    assert pickle.loads(pickle.dumps(table)).rows == table.rows


def test_a_loaded_fit_has_wald_tests_and_no_counts(tmp_path) -> None:  # type: ignore[no-untyped-def]
    loaded = lk.load(FIT.save(tmp_path / "fit.json"))
    table = lk.regression_table(loaded, style="full")
    assert_allclose(_row(table, "(1)", "race")["term_p"], FIT.test("race").p_value, rtol=ROUTE)
    assert np.isnan(_row(table, "(1)", "race", "black")["n"])
    with pytest.raises(UnsupportedError, match="rows of the fit"):
        lk.regression_table(loaded, univariable=True)


def test_separated_and_aliased_columns_are_said_to_be_so() -> None:
    data = {"y": [0, 0, 1, 0, 1, 1, 0, 1], "x": [1.0, 2, 3, 4, 5, 6, 2, 4], "s": [0, 0, 0, 0, 1, 1, 0, 0]}
    fit = lk.logit("y ~ x + s + I(2 * x)", data)
    text = str(lk.regression_table(fit))
    assert "aliased" in text
    assert "inf" in text


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"names": ["a", "b"]}, DataError, "must be 1 texts"),
        ({"show": ["ps"]}, DataError, "Did you mean 'p'"),
        ({"style": "long"}, DataError, "use 'compact' or 'full'"),
        ({"levle": 0.9}, ArgumentError, "Did you mean 'level'"),
        ({"labels": {"agee": "Age"}}, FormulaError, "Did you mean 'age'"),
        ({"units": {"agee": 10}}, FormulaError, "Did you mean 'age'"),
        ({"test": "F"}, DataError, "use 'LR' or 'Wald'"),
    ],
)
def test_what_is_not_known_is_refused(given: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lk.regression_table(FIT, **given)  # type: ignore[arg-type]


def test_what_is_no_fit_is_refused() -> None:
    with pytest.raises(DataError, match="Argument 2 is a DataFrame, not a fit"):
        lk.regression_table(FIT, BIRTHS)
    with pytest.raises(DataError, match="at least one fit"):
        lk.regression_table()
    with pytest.raises(DataError, match="before one fit"):
        lk.regression_table(FIT, FIT, univariable=True)
    with pytest.raises(UnsupportedError, match="likelihood"):
        lk.regression_table(FIT.robust("HC3"), test="LR")
    with pytest.raises(UnsupportedError, match="without its penalty"):
        lk.regression_table(lk.logit("low ~ age", BIRTHS, penalty=lk.Ridge(1.0)), univariable=True)


def test_pooled_fits_have_tests_over_the_imputed_tables() -> None:
    tables = [BIRTHS.assign(lwt=BIRTHS["lwt"].where(BIRTHS.index % 7 > 0, 120 + 5 * k)) for k in range(5)]
    pooled = lk.pool([lk.logit("low ~ lwt + race", data) for data in tables])
    table = lk.regression_table(FIT, pooled, names=["One table", "Imputed"])
    assert_allclose(_row(table, "Imputed", "race")["term_p"], pooled.test("race").p_value, rtol=ROUTE)
    row = _row(table, "Imputed", "race", "black")
    assert_allclose(
        [row["estimate"], row["std_error"]], [pooled.coef["race[T.black]"], pooled.std_error["race[T.black]"]]
    )
    text = " ".join(str(table).split())
    assert "D1, over the imputed tables (Imputed)" in text
    assert "Rubin's rules (Imputed)" in text


@pytest.mark.parametrize("kind", ["HC3", "CR2", "cluster"])
def test_robust_errors_are_those_of_each_term_alone(kind: str) -> None:
    data = BIRTHS.assign(g=BIRTHS["id"] % 20)
    given = {} if kind == "HC3" else {"cluster": "g"}
    fit = lk.logit("low ~ lwt + smoke", data).robust(kind, **given)
    alone = lk.logit("low ~ smoke", data).robust(kind, **given)
    table = lk.regression_table(fit, univariable=True)
    row = _row(table, "Univariable", "smoke")
    assert_allclose(
        [row["std_error"], row["p_value"]], [alone.std_error["smoke"], alone.tidy()["p_value"].iloc[1]], ROUTE
    )
    assert "model-based" not in str(table)


def test_surveys_stay_with_terms_alone() -> None:
    data = BIRTHS.assign(s=BIRTHS["race"].astype(str), w=1.0 + BIRTHS["id"] % 3)
    design = lk.Survey(strata="s")
    fit = lk.logit("low ~ lwt + smoke", data, weights="w", survey=design)
    alone = lk.logit("low ~ smoke", data, weights="w", survey=design)
    row = _row(lk.regression_table(fit, univariable=True), "Univariable", "smoke")
    assert_allclose([row["estimate"], row["std_error"]], [alone.coef["smoke"], alone.std_error["smoke"]], rtol=ROUTE)
