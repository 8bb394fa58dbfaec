"""The summary of a fit of several outcomes: a table an outcome, and words for what a table cannot say."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy.special import gammaincc

import logitkit as lk
from logitkit.inference.hypotheses.overall import overall_test
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.formats.text import display_width
from logitkit.report.listed import ROWS_MOST
from logitkit.results.shown import shown
from tolerances import EXACT, ROUTE


def trips(n: int = 240, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"cost": rng.normal(size=n), "time": rng.normal(size=n), "g": rng.choice(["u", "v"], n)})
    eta = np.column_stack([np.zeros(n), 0.7 * frame["cost"], 0.4 - 0.6 * frame["time"]])
    frame["mode"] = np.array(["bus", "car", "walk"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return frame


@pytest.fixture(scope="module")
def fit() -> Any:
    return lk.multinomial("mode ~ cost + time + g", trips())


def facts(fit: Any) -> dict[str, str]:
    return {fact.label: fact.value for fact in fit.summary().facts}


def notes(fit: Any) -> str:
    return " ".join(fit.summary().notes)


# ------------------------------------------------------------------------------------------------------ the tables


def test_there_is_a_table_for_each_outcome_but_the_reference(fit: Any) -> None:
    tables = fit.summary().blocks
    assert [table.title for table in tables] == ["mode = car (against bus)", "mode = walk (against bus)"]
    ratios = fit.odds_ratios()
    for table, outcome in zip(tables, ["car", "walk"], strict=True):
        for name, coef, error, z, _, ratio, low, high in table.rows:
            assert float(coef) == pytest.approx(fit.coef.loc[name, outcome], abs=6e-5)
            assert float(error) == pytest.approx(fit.std_error.loc[name, outcome], abs=6e-5)
            assert float(z) == pytest.approx(fit.coef.loc[name, outcome] / fit.std_error.loc[name, outcome], abs=6e-3)
            if name == "Intercept":
                assert (ratio, low, high) == ("", "", "")
                continue
            expected = ratios.loc[(outcome, name), ["odds_ratio", "conf_low", "conf_high"]]
            assert_allclose([float(ratio), float(low), float(high)], expected, atol=6e-4)


def test_two_outcomes_make_the_table_and_the_facts_of_the_binary_model() -> None:
    births = lk.datasets.load_lbw()
    binary, several = (model("low ~ age + lwt + smoke", births) for model in (lk.logit, lk.multinomial))
    (one,), (other,) = binary.summary().blocks, several.summary().blocks
    assert one.rows == other.rows
    assert [column.name for column in one.columns if column.name != "Odds ratio"] == [
        column.name for column in other.columns if column.name != "RRR"
    ]
    same = facts(binary)
    for label, value in facts(several).items():
        if label not in ("Outcomes of low", "Number of outcomes", "Status"):
            assert same[label] == value
    pd.testing.assert_frame_equal(
        binary.glance().drop(columns=["events", "tjur"]), several.glance().drop(columns="n_outcomes"), rtol=ROUTE
    )


def test_the_symmetric_form_has_no_ratio_and_says_what_it_is_against() -> None:
    fit = lk.multinomial("mode ~ cost", trips(), reference=None)
    document = fit.summary()
    assert [table.title for table in document.blocks] == [
        f"mode = {outcome} (against the mean of all outcomes)" for outcome in ("bus", "car", "walk")
    ]
    assert not any(column.name == "RRR" for table in document.blocks for column in table.columns)
    for table, outcome in zip(document.blocks, fit.outcomes, strict=True):
        row = {row[0]: row[-2:] for row in table.rows}["cost"]
        assert_allclose([float(cell) for cell in row], fit.confint().loc[(outcome, "cost")], atol=6e-5)
    assert "sum to zero over the outcomes" in facts(fit)["Identified by"]
    assert "odds_ratios(outcome, against)" in notes(fit)
    assert "reference" not in facts(fit)["Outcomes of mode"]


def test_of_very_many_coefficients_some_are_listed_and_the_others_counted() -> None:
    rng = np.random.default_rng(2)
    X = np.column_stack([np.ones(900), rng.normal(size=(900, 15))])
    fit = lk.multinomial_matrix(X, rng.integers(0, 30, 900), ["Intercept", *(f"x{j}" for j in range(15))])
    rows = sum(len(table.rows) for table in fit.summary().blocks)
    assert rows == ROWS_MOST // 16 * 16
    assert f"Not listed: {29 * 16 - rows} of {29 * 16} coefficients (the outcomes from 19 on)" in notes(fit)
    assert "fit.tidy() has them all" in notes(fit)


# ----------------------------------------------------------------------------------------------------------- facts


def test_outcomes_are_counted_and_the_reference_is_named_first() -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost", rows, reference="walk")
    count = rows["mode"].value_counts()
    expected = f"walk {count['walk']} (reference), bus {count['bus']}, car {count['car']}"
    assert facts(fit)["Outcomes of mode"] == expected
    weighted = lk.multinomial("mode ~ cost", rows.assign(w=2), weights="w")
    assert facts(weighted)["Outcomes of mode, weighted"].startswith(f"bus {2 * count['bus']} (reference)")
    assert facts(weighted)["Weights"] == "w (frequency)"


def test_the_null_model_has_an_intercept_for_each_outcome_but_one(fit: Any) -> None:
    """A model without columns is the null model: its test has as many degrees of freedom as coefficients differ."""
    rows = trips()
    null = lk.multinomial("mode ~ 1", rows)
    test = fit.lr_test()
    assert test.dof == fit.n_params - null.n_params == 6
    assert_allclose(test.p_value, gammaincc(3.0, (null.deviance - fit.deviance) / 2.0), rtol=ROUTE)
    assert null.lr_test().dof == 0
    assert not any(label.startswith(("LR", "McFadden")) for label in facts(null))
    bare = lk.multinomial("mode ~ 0 + cost", rows)
    assert bare.lr_test().dof == 2
    assert "the same probability for every outcome" in notes(bare)
    assert_allclose(bare.null_deviance, 2 * len(rows) * np.log(3), rtol=EXACT)


@pytest.mark.parametrize("reference", ["bus", "walk", None])
def test_with_clusters_the_overall_test_is_that_of_the_hypotheses(reference: Any) -> None:
    rows = trips().assign(home=np.arange(240) % 40)
    fit = lk.multinomial("mode ~ cost + time", rows, reference=reference, cluster="home")
    first = lk.multinomial("mode ~ cost + time", rows, cluster="home")
    names = [name for name in first.record.names if not name.endswith("Intercept")]
    expected = first.test(", ".join(f"{name} = 0" for name in names))
    statistic, dof, p = overall_test(fit.record)
    assert_allclose([statistic, dof, p], [expected.statistic, 4, expected.p_value], rtol=ROUTE)
    assert facts(fit)["Wald chi2(4)"].startswith(f"{statistic:,.2f}")
    assert "AIC" not in facts(fit)


# -------------------------------------------------------------------------------------------------- notes, warnings


def test_empty_levels_and_outcomes_seen_once_are_told() -> None:
    rows = trips()
    modes = rows["mode"].where(rows.index > 0, "train")
    rows["mode"] = pd.Categorical(modes, ["bus", "car", "walk", "train", "plane"])

    fit = lk.multinomial("mode ~ 1", rows)
    assert "Levels of mode that occur in none of the rows used: 'plane' (1)." in notes(fit)
    assert "Observed only once: train." in notes(fit)


def test_restrictions_are_told_in_words() -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + time", rows, per_outcome={"walk": "time"})
    assert "Predictors differ by outcome: walk without cost." in notes(fit)
    assert [row[0] for row in fit.summary().blocks[1].rows] == ["Intercept", "time"]
    fit = lk.multinomial("mode ~ cost + time", rows, equal="cost + time")
    assert "Equal coefficients for car, walk: cost, time." in notes(fit)


def test_separation_names_outcomes_and_terms_and_the_contrasts_that_stay_finite() -> None:
    rows = trips()
    rows["north"] = ((rows["mode"] == "bus") & (rows["g"] == "u")).astype(float)
    fit = lk.multinomial("mode ~ north + cost", rows)
    (warning,) = fit.summary().warnings
    north = int(rows["north"].sum())
    assert f"Rows whose outcome is then certain: {north}." in warning
    assert "Infinite (outcome:term): car:north, walk:north." in warning
    table = fit.summary().blocks[0]
    assert [row[1] for row in table.rows if row[0] == "north"] == ["-inf"]
    # Without the north the data still say how car and walk differ there, unless the column says nothing else.
    finite = fit.odds_ratios(outcome="car", against="walk").loc[("car", "north"), "odds_ratio"]
    assert ("car:north - walk:north" in warning) == bool(np.isfinite(finite) and finite > 0.0)


def test_a_contrast_of_two_infinite_coefficients_that_is_finite_is_named() -> None:
    """In the south no bus runs: car and walk both rise above it, and their ratio there is that of their counts."""
    rows = trips()
    rows["south"] = ((rows["mode"] != "bus") & (rows["g"] == "u")).astype(float)
    fit = lk.multinomial("mode ~ south", rows)
    (warning,) = fit.summary().warnings
    assert "Infinite (outcome:term): car:south, walk:south." in warning
    assert "Finite nevertheless: car:south - walk:south." in warning
    table = pd.crosstab(rows["south"], rows["mode"])
    expected = np.log(table.loc[1, "car"] / table.loc[1, "walk"]) - np.log(table.loc[0, "car"] / table.loc[0, "walk"])
    assert_allclose(np.log(fit.odds_ratios(outcome="car", against="walk")["odds_ratio"].iloc[0]), expected, rtol=ROUTE)
    # Two outcomes are left to each row of the south: none is certain.
    assert "then certain" not in warning
    assert "On every row at least two outcomes remain possible, so that none is certain." in warning
    assert "No outcome is certain in the limit" in " ".join(fit.separation.to_document().notes)


def test_aliased_columns_are_named_once() -> None:
    rows = trips()
    fit = lk.multinomial("mode ~ cost + twice", rows.assign(twice=2 * rows["cost"]))
    (warning,) = fit.summary().warnings
    assert warning == "Aliased and dropped for every outcome, because earlier columns determine them: twice."
    assert [row[1] for row in fit.summary().blocks[1].rows if row[0] == "twice"] == ["aliased"]


def test_a_fit_that_has_not_converged_says_so() -> None:
    with pytest.warns(lk.errors.ConvergenceWarning):
        fit = lk.multinomial("mode ~ cost", trips(), solver=lk.Newton(max_iter=1))
    assert any(text.startswith("Not converged") for text in fit.summary().warnings)


# ----------------------------------------------------------------------------------------------- rows, other formats


def test_augment_gives_probabilities_and_what_is_left(fit: Any) -> None:
    rows = trips()
    found = fit.augment()
    assert list(found["observed"]) == list(rows["mode"])
    expected = fit.predict()
    for outcome in fit.outcomes:
        assert_allclose(found[f"fitted:{outcome}"], expected[outcome], rtol=EXACT)
        observed = (rows["mode"] == outcome).to_numpy(float)
        assert_allclose(found[f"residual:{outcome}"], observed - expected[outcome], atol=EXACT)
    assert list(found["predicted"]) == list(expected.idxmax(axis=1))
    again = fit.augment(rows.iloc[[5, 9]])
    pd.testing.assert_frame_equal(again, found.iloc[[5, 9]], rtol=EXACT)


def test_a_fit_shows_itself_in_every_format(fit: Any) -> None:
    text = str(fit)
    assert text == fit.summary().to_text()
    assert max(map(display_width, text.splitlines())) <= 88
    for shown_as in (fit._repr_html_(), fit.summary().to_markdown(), fit.summary().to_latex()):
        assert "mode = walk" in shown_as
        assert "RRR" in shown_as


@pytest.mark.parametrize("test", ["LR", "Wald"])
def test_tests_of_terms_print_their_numbers(fit: Any, test: Any) -> None:
    result = fit.anova(test=test)
    (table,) = result.to_document().blocks
    assert [row[0] for row in table.rows] == ["cost", "time", "g"]
    assert_allclose([float(row[1]) for row in table.rows], result.statistic, atol=6e-3)
    assert [row[2] for row in table.rows] == ["2", "2", "2"]
    for text in (str(result), result.to_html(), result.to_markdown(), result.to_latex()):
        assert "Tests of terms across all outcomes" in text
        assert table.rows[0][1] in text
    assert str(pickle.loads(pickle.dumps(result))) == str(result)


def test_tests_of_combining_outcomes_print_pairs(fit: Any) -> None:
    (table,) = fit.combine_tests().to_document().blocks
    assert [row[0] for row in table.rows] == ["bus & car", "bus & walk", "car & walk"]


@pytest.mark.parametrize(("method", "name"), [("hausman", "Hausman-McFadden"), ("small_hsiao", "Small-Hsiao")])
def test_tests_of_irrelevant_alternatives_state_their_weakness(fit: Any, method: Any, name: str) -> None:
    result = fit.iia_tests(method)
    document = result.to_document()
    assert document.facts[0].value == name
    assert "known to be poor" in document.warnings[0]
    assert ("another seed" in document.warnings[0]) == (method == "small_hsiao")
    negative = dataclasses.replace(result, statistic=np.array([-1.0, 2.0, np.nan]))
    assert any("negative statistic has no p-value" in text for text in finding_document(negative).warnings)
    assert any("No statistic" in text for text in finding_document(negative).warnings)


@dataclasses.dataclass(frozen=True)
class Odd:
    """A result that nobody wrote a document for."""

    name: str
    values: Any


def test_a_result_without_a_document_lists_its_fields() -> None:
    text = str(shown(Odd("x", np.zeros((2, 3)))))
    assert text.startswith("Odd")
    assert "array of shape (2, 3)" in text


def test_an_order_of_the_outcomes_is_said_not_to_be_used(tmp_path: Path) -> None:
    births = lk.datasets.load_lbw()
    size = pd.cut(births["bwt"], [0, 2500, 3200, 9999], labels=["small", "medium", "large"])
    rows = births.assign(size=size)
    words = "The levels of size are ordered (small < medium < large), but this model does not use the order"
    fit = lk.multinomial("size ~ age", rows)
    assert words in notes(fit)
    assert words in notes(lk.load(fit.save(tmp_path / "fit.json")))
    assert words in notes(lk.multinomial("size ~ age", rows, penalty=lk.Ridge(0.01)))
    assert words in notes(
        lk.multinomial(
            "size ~ age",
            pl.from_pandas(births).with_columns(
                pl.Series("size", size.astype(str).to_list(), dtype=pl.Enum(["small", "medium", "large"]))
            ),
        )
    )
    for other in (size.astype(str), pd.Categorical(size, ordered=False), size.cat.remove_categories("large")):
        assert "order" not in notes(lk.multinomial("size ~ age", births.assign(size=other).dropna()))


def test_a_summary_of_an_ordered_model_says_what_its_odds_ratios_are_of():
    births = lk.datasets.load_lbw()
    for model, words in (
        ("cumulative", "multiplies the odds of an outcome above a threshold, P(Y > k) / P(Y <= k)."),
        ("adjacent", "multiplies the odds of an outcome against the one below it."),
    ):
        fit = lk.ordinal("ftv ~ age + lwt", births[births["ftv"] < 4], model=model)
        text = " ".join(str(fit).split())
        assert words in text
        assert "0: 100, 1: 47, 2: 30, 3: 7" in text  # numbers that are outcomes are told from their counts
    assert "the number of units in the label" in " ".join(str(fit.summary(units={"age": 10})).split())
