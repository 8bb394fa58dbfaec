"""The summary: decimals that follow the standard error, models with nothing to explain, lists that stay short."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import UnsupportedError
from logitkit.models.form import Form
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import Part, Predictors
from logitkit.models.words import ODDS_RATIO, Words
from logitkit.report.frames.tidy import tidy_frame
from logitkit.report.summary import coefficient_tables, summary_document


def decimals(cell: str) -> int:
    return len(cell.partition(".")[2])


def births() -> pd.DataFrame:
    return lk.datasets.load_lbw()


def labels(fit: lk.Fit) -> set[str]:
    return {fact.label for fact in fit.summary().facts}


# --------------------------------------------------------------------------------------------------- decimals


@pytest.fixture(scope="module")
def dollars() -> lk.Fit:
    """A slope per ten-thousandth of a pound beside ordinary ones."""
    return lk.logit("low ~ age + I(lwt * 10000) + lwt:ht + smoke", births())


def test_one_small_slope_changes_the_notation_of_its_column(dollars: lk.Fit) -> None:
    rows = coefficient_tables(dollars.record)[0].rows
    assert all("e" in cell for row in rows for cell in row[1:3])
    assert {decimals(ratio) for row in rows[1:] for ratio in row[5:]} == {7}


def test_the_cells_of_a_small_slope_are_its_numbers(dollars: lk.Fit) -> None:
    """A column ten thousand times as large has a slope ten thousand times as small."""
    plain = lk.logit("low ~ age + lwt + lwt:ht + smoke", births())
    small = next(row for row in coefficient_tables(dollars.record)[0].rows if "10000" in row[0])
    assert float(small[1]) * 1e4 == pytest.approx(plain.coef["lwt"], rel=0.005)  # three digits are printed
    assert float(small[2]) * 1e4 == pytest.approx(plain.std_error["lwt"], rel=0.005)


def test_the_hypothesis_table_follows_the_same_rule(dollars: lk.Fit) -> None:
    (table,) = dollars.test("age = 0, smoke = 0").to_document().blocks
    assert [[decimals(row[place]) for place in (1, 2, 5, 6)] for row in table.rows] == [[4] * 4, [4] * 4]
    (table,) = dollars.test("age = 0, I(lwt * 10000) = 0").to_document().blocks
    assert all("e" in row[place] for row in table.rows for place in (1, 2, 5, 6))


# ------------------------------------------------------------------------------- models with nothing to explain


def test_the_null_model_states_no_rounding_error_as_a_finding() -> None:
    explained = {"McFadden R2", "Nagelkerke R2", "Tjur R2"}
    assert labels(lk.logit("low ~ smoke", births())) >= explained
    null = lk.logit("low ~ 1", births())
    assert not labels(null) & explained
    assert not any(label.startswith("LR chi2") for label in labels(null))
    document = null.lr_test().to_document()
    assert document.facts == ()
    assert "nothing to test" in document.notes[0]


def test_a_model_whose_other_columns_are_aliased_is_the_null_model() -> None:
    fit = lk.logit("low ~ one", births().assign(one=2.0))
    assert fit.n_params == 1
    assert "McFadden R2" not in labels(fit)


def test_without_an_intercept_the_null_model_is_named() -> None:
    fit = lk.logit("low ~ 0 + age + lwt", births())
    # The deviance of a model that says one half in every row.
    assert fit.null_deviance == pytest.approx(2 * 189 * math.log(2))
    assert "No intercept: no column is called 'Intercept'" in fit.summary().notes[0]
    assert (
        "Null model of the likelihood-ratio test and of R2: probability one half in every row." in fit.summary().notes
    )
    shifted = lk.logit("low ~ 0 + lwt", births(), offset="age")
    assert "Null model of the likelihood-ratio test and of R2: the offset only." in shifted.summary().notes
    assert not any("intercept" in note for note in lk.logit("low ~ age", births()).summary().notes)


@pytest.mark.parametrize(("rows", "columns"), [(30, 29), (30, 40), (12, 11)])
def test_more_coefficients_than_rows_can_tell(rows: int, columns: int) -> None:
    rng = np.random.default_rng(rows + columns)
    X = np.column_stack([np.ones(rows), rng.normal(size=(rows, columns))])
    y = np.arange(rows) % 2
    warned = lk.logit_matrix(X, y).summary().warnings
    (wide,) = [text for text in warned if "without a penalty" in text]
    assert wide.startswith(f"{columns + 1} coefficients for {rows} rows")
    assert all(name in wide for name in ("lk.Ridge", "lk.Lasso", "lk.cross_validate"))
    assert any("penalty=lk.Jeffreys()" in text for text in warned if text.startswith("Complete separation"))
    names = ["Intercept", *(f"x{j}" for j in range(columns))]
    assert not lk.logit_matrix(X, y, names, penalty=lk.Ridge(0.1)).summary().warnings


def test_copies_of_rows_that_do_not_separate_are_too_few_as_well() -> None:
    X = np.random.default_rng(0).normal(size=(10, 21))
    fit = lk.logit_matrix(np.vstack([X, X]), np.repeat([0, 1], 10))
    assert fit.converged
    assert any(text.startswith("21 coefficients for 20 rows") for text in fit.summary().warnings)


def test_a_saturated_model_of_counts_is_no_wide_one() -> None:
    data = {"events": [13, 25, 12], "others": [14, 12, 16], "g": ["a", "b", "c"]}
    fit = lk.logit("cbind(events, others) ~ C(g)", data)
    assert fit.dof_residual == 0
    assert not fit.summary().warnings


def test_many_slopes_for_the_rows_are_said_with_their_ratio() -> None:
    frame = births()
    few = lk.logit("low ~ age + lwt + smoke + ptl + ht + ui + C(race)", frame)
    assert not few.summary().warnings  # 8 / 189 = 0.042
    many = lk.logit("low ~ age + lwt + smoke + ptl + ht + ui + C(race) + ftv + I(age**2)", frame)
    (text,) = many.summary().warnings
    assert text.startswith("10 slopes for 189 rows (p / n = 0.053)")
    twice = lk.logit("low ~ age + lwt + smoke + ptl + ht + ui + C(race) + ftv + I(2 * age)", frame)
    assert not any("slopes for" in text for text in twice.summary().warnings)  # an aliased column is none
    weighted = lk.logit(many.formula, frame.assign(w=2), weights="w")
    assert not weighted.summary().warnings
    counts = {"events": [3, 5, 2], "others": [4, 2, 6], "g": ["a", "b", "c"]}
    (text,) = lk.logit("cbind(events, others) ~ C(g)", counts).summary().warnings
    assert text.startswith("2 slopes for 22 trials (p / n = 0.091)")
    several = lk.multinomial("race ~ age + lwt + smoke + ptl + ht + ui + ftv + low + bwt + I(age**2)", frame)
    assert "10 slopes for 189 rows" in several.summary().warnings[0]
    assert not lk.logit(many.formula, frame, penalty=lk.Ridge(0.01)).summary().warnings
    reduced = lk.logit(many.formula, frame, penalty=lk.Jeffreys()).summary().warnings
    assert not any("slopes for" in text for text in reduced)


# ----------------------------------------------------------------------------------------------- counts and lists


def test_one_iteration_is_one_iteration() -> None:
    record = lk.logit("low ~ smoke", births()).record
    once = summary_document(replace(record, trace=record.trace[:1]))
    assert once.facts[-1].value == "converged, 1 iteration"


def test_a_weighted_count_has_one_decimal_and_a_whole_one_none() -> None:
    frame = births().assign(w=np.where(births()["low"] == 1, 1.15, 2.0))
    fit = lk.logit("low ~ smoke", frame, weights="w", weight_kind="precision")
    events = next(fact.value for fact in fit.summary().facts if fact.label == "Events")
    assert events.startswith(f"{59 * 1.15:.1f} (")


def test_long_lists_of_names_are_cut_with_a_count() -> None:
    rows = births().assign(person=lambda frame: [f"p{min(i, 187):03d}" for i in range(len(frame))])
    (separated,) = lk.logit("low ~ 0 + person", rows).summary().warnings
    assert separated.count("person[") == 12
    assert "and 176 more." in separated
    copies = {f"copy{k:02d}": rows["age"] * (k + 2) for k in range(15)}
    (aliased,) = lk.logit("low ~ age + " + " + ".join(copies), rows.assign(**copies)).summary().warnings
    assert aliased.endswith("copy10, copy11 and 3 more.")


def test_a_reference_level_that_cannot_be_seen_is_quoted():
    data = pd.DataFrame({"y": [0, 1, 1, 0, 0, 1], "odd": ["", "z"] * 3, "end": ["a ", "a ", "b", "b", "b", "a "]})
    assert "Reference levels: odd: '', end: 'a '." in " ".join(str(lk.logit("y ~ odd + end", data)).split())


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_a_predictor_that_explains_nothing_explains_zero(rows: int):
    data = pd.DataFrame({"y": [0, 1, 1, 0, 1, 1] * rows, "g": list("aaabbb") * rows})
    fit = lk.logit("y ~ g", data)
    shown = {fact.label: fact.value for fact in fit.summary().facts}
    assert (shown["McFadden R2"], shown["Nagelkerke R2"]) == ("0", "0")
    assert (fit.r_squared.drop("tjur", errors="ignore") == 0.0).all()


def test_common_slopes_have_one_table_and_thresholds_another():
    """The layout of a proportional odds model: two thresholds, and slopes that all predictors share."""

    class Ordered(Multinomial):
        words = Words("Ordered model", "", ODDS_RATIO, "multinomial", equation="threshold", intercepts="Thresholds")

    record = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw()).record
    thresholds = Part(np.array([0]), rows=np.array([0, 1]), labels=("a|b", "b|c"))
    slopes = Part(np.array([1, 2]), constraint=np.ones((2, 1)), labels=("",))
    info = replace(record.info, names=("Intercept", "age", "lwt"), terms=())
    predictors = Predictors(2, 3, (thresholds, slopes))
    ordered = replace(record, form=Form(Ordered(3), predictors, predictors), info=info)
    common, cuts = coefficient_tables(ordered)
    assert (common.title, cuts.title) == (None, "Thresholds")
    assert [row[0] for row in common.rows] == ["age", "lwt"]
    assert [row[0] for row in cuts.rows] == ["a|b", "b|c"]
    assert "Odds ratio" in [column.name for column in common.columns]
    assert "Odds ratio" not in [column.name for column in cuts.columns]
    assert all(cuts.rows[0][-2:])  # the limits of a threshold are those of the threshold itself
    frame = tidy_frame(ordered)
    assert frame["threshold"].tolist() == ["a|b", "b|c", "", ""]
    assert frame["term"].tolist() == ["Intercept", "Intercept", "age", "lwt"]
    assert frame["estimate"].tolist() == record.coef.tolist()


def test_a_summary_has_the_intervals_that_are_asked_for():
    data = pd.read_csv("tests/references/data/endometrial.csv")
    for fit, words in (
        (lk.logit("HG ~ NV + PI + EH", data), "Intervals: profile likelihood; tests of single coefficients: Wald."),
        (lk.logit("HG ~ NV + PI + EH", data, penalty=lk.Jeffreys()), "Intervals: penalised profile likelihood;"),
    ):
        found = fit.summary(method="profile", units={"PI": 5})
        limits = fit.odds_ratios(method="profile", units={"PI": 5})
        (table,) = found.blocks
        assert [row[0] for row in table.rows] == ["Intercept", "NV", "PI (per 5)", "EH"]
        for row, (_, own) in zip(table.rows[1:], limits.iterrows(), strict=True):
            printed = [float(cell.replace(",", "")) for cell in row[-2:]]
            assert printed == pytest.approx([own["conf_low"], own["conf_high"]], abs=6e-5)
        assert words in " ".join(str(found).split())
    with pytest.raises(UnsupportedError, match="not valid with"):
        lk.logit("HG ~ PI", data).robust("HC3").summary(method="profile")
