"""Units that are said once: the row of a coefficient is that of the fit to the rescaled column."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import FormulaError


@pytest.fixture(scope="module")
def births() -> pd.DataFrame:
    births = lk.datasets.load_lbw()
    return births.assign(tens=births["lwt"] / -10.0, place=births["age"] % 9)


FITS = {
    "binary": lambda data, x: lk.logit(f"low ~ {x} + smoke", data),
    "clusters": lambda data, x: lk.logit(f"low ~ {x} + smoke", data, cluster="place"),
    "absorbed": lambda data, x: lk.logit(f"low ~ {x} + smoke", data, absorb="place"),
    "ridge": lambda data, x: lk.logit(f"low ~ {x} + smoke", data, penalty=lk.Ridge(0.01)),
    "lasso": lambda data, x: lk.logit(f"low ~ {x} + smoke", data, penalty=lk.Lasso(0.01)),
    "several": lambda data, x: lk.multinomial(f"race ~ {x} + smoke", data),
    "several, symmetric": lambda data, x: lk.multinomial(f"race ~ {x} + smoke", data, reference=None),
    "several, ridge": lambda data, x: lk.multinomial(f"race ~ {x} + smoke", data, penalty=lk.Ridge(0.01)),
}


@pytest.mark.parametrize("kind", FITS)
def test_a_unit_gives_the_rows_of_the_fit_to_the_rescaled_column(births, kind):
    given = FITS[kind](births, "lwt").summary(units={"lwt": -10})
    rescaled = FITS[kind](births, "tens").summary()
    for table, other in zip(given.blocks, rescaled.blocks, strict=True):
        assert [row[1:] for row in table.rows] == [row[1:] for row in other.rows]
        labels = [row[0] for row in table.rows]
        assert "lwt (per -10)" in labels
        assert [label.replace("lwt (per -10)", "tens") for label in labels] == [row[0] for row in other.rows]
    assert given.facts[2:] == FITS[kind](births, "lwt").summary().facts[2:]


def test_products_follow_and_columns_of_a_spline_have_no_unit(births):
    fit = lk.logit("low ~ lwt * smoke + bs(age, df=4)", births)
    rows = {row[0]: row[1:] for row in fit.summary(units={"lwt": -10}).blocks[0].rows}
    other = lk.logit("low ~ tens * smoke + bs(age, df=4)", births).summary().blocks[0].rows
    assert rows["lwt:smoke (per -10)"] == next(row[1:] for row in other if row[0] == "tens:smoke")
    assert rows["bs(age, df=4)[1]"][-3:] == ("", "", "")
    text = repr(fit.odds_ratios())
    assert "NaN" in text
    assert max(map(len, text.splitlines()[:-1])) <= 80


def test_groups_of_fits_take_units(births):
    (table,) = lk.logit_by("low ~ lwt", births, by="smoke").summary(units={"lwt": -10}).blocks
    (other,) = lk.logit_by("low ~ tens", births, by="smoke").summary().blocks
    assert table.rows == other.rows
    assert table.columns[-1].name == "lwt (per -10)"


def test_a_name_that_is_no_column_is_refused_everywhere(births, tmp_path):
    fit = lk.logit("low ~ age", births)
    for verb in (fit.summary, fit.plot.forest, lambda units: fit.report(tmp_path / "x.html", units=units)):
        with pytest.raises(FormulaError, match="'agee'"):
            verb(units={"agee": 10})


@pytest.mark.usefixtures("figures_not_written")
def test_a_report_keeps_the_units_in_table_and_figure(births, tmp_path):
    page = lk.logit("low ~ age + smoke", births).report(tmp_path / "x.html", units={"age": 10}).read_text("utf-8")
    assert re.search(r'<th scope="row" class="lk-left[^"]*">age \(per 10\)</th>', page)
    axes = lk.multinomial("race ~ age + smoke", births).plot.forest(units={"age": 10})
    assert any("age (per 10)" in text.get_text() for text in axes.get_yticklabels() + axes.texts)


# ------------------------------------------------------------------------------------------- units that are proposed


@pytest.fixture(scope="module")
def cards() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    n = 4000
    balance, pay = rng.lognormal(11.0, 0.7, n), rng.normal(0.0, 900.0, n)
    late, age = rng.integers(0, 2, n), rng.integers(20, 70, n)
    y = rng.uniform(size=n) < 1 / (1 + np.exp(1 + 4e-6 * balance - 2e-4 * pay - 0.5 * late))
    three = np.where(y, "a", np.where(rng.uniform(size=n) < 0.5, "b", "c"))
    return {"y": y.astype(int), "balance": balance, "pay": pay, "late": late, "age": age, "three": three}


def proposals(document) -> list[str]:
    return [note for note in document.notes if note.startswith("One unit of ")]


def test_the_proposal_is_the_power_of_ten_nearest_the_standard_deviation(cards, tmp_path):
    fit = lk.logit("y ~ balance + pay + late + age", cards)
    (note,) = proposals(fit.summary())
    powers = {name: 10 ** round(float(np.log10(cards[name].std()))) for name in ("balance", "pay")}
    assert f"fit.summary(units={{'balance': {powers['balance']}, 'pay': {powers['pay']}}})" in note
    assert "late" not in note
    assert "age" not in note
    assert proposals(lk.load(fit.save(tmp_path / "m.json")).summary()) == [note]
    told = fit.summary(units=powers)
    assert not proposals(told)
    assert proposals(fit.summary(units={"pay": 1000}))[0].startswith("One unit of balance changes")
    assert [row[0] for row in told.blocks[0].rows][1] == f"balance (per {powers['balance']:,})"
    assert not any("e-" in cell for row in told.blocks[0].rows for cell in row)


def test_models_of_every_kind_propose(cards):
    for fit in (
        lk.logit("y ~ balance + late", cards, penalty=lk.Ridge(0.01)),
        lk.logit("y ~ balance + late", cards, penalty=lk.Lasso(0.001)),
        lk.logit("y ~ balance + late", cards, cluster="age"),
        lk.logit("y ~ balance", cards, absorb="age"),
        lk.logit("y ~ 0 + balance", cards),
        lk.multinomial("three ~ balance + late", cards),
        lk.multinomial("three ~ balance + late", cards, penalty=lk.Ridge(0.01)),
    ):
        (note,) = proposals(fit.summary())
        assert note.startswith("One unit of balance changes the odds by less than 0.05%.")
        assert re.search(r"'balance': 1000?0?0\b", note)


def test_no_unit_is_proposed_for_a_column_without_an_effect_or_in_a_good_unit(cards, births):
    assert not proposals(lk.logit("low ~ age + lwt + C(race) + smoke", births).summary())
    noise = np.random.default_rng(0).normal(size=4000)
    assert not proposals(lk.logit("y ~ noise + late", cards | {"noise": noise}).summary())
    assert not proposals(lk.logit("y ~ 1", cards).summary())


def test_groups_of_fits_propose_units(cards):
    fits = lk.logit_by("y ~ balance + late", cards | {"half": cards["age"] > 45}, by="half")
    (note,) = proposals(fits.summary())
    assert re.search(r"fits\.summary\(units=\{'balance': 10+\}\)\.$", note)
    assert not proposals(fits.summary(units={"balance": 10_000}))


def test_the_note_on_relative_risk_ratios_speaks_of_the_units_in_labels(cards):
    fit = lk.multinomial("three ~ balance + late", cards)
    (plain,) = (note for note in fit.summary().notes if note.startswith("RRR"))
    (told,) = (note for note in fit.summary(units={"balance": 10_000}).notes if note.startswith("RRR"))
    assert "the factor by which an increase of one unit multiplies P(outcome) / P(" in plain
    assert "the factor by which an increase of one unit, or of the number of units in the label, multiplies" in told


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("cloglog", "changes the hazard by less than 0.05%"),
        ("probit", "changes the linear predictor by less than 0.0005"),
    ],
)
def test_the_proposal_names_what_the_coefficients_of_a_link_are_of(cards, link, words):
    fit = lk.logit("y ~ balance + late", cards, link=link)
    (note,) = proposals(fit.summary())
    assert words in note
    assert "odds" not in note.replace("fit.odds_ratios", "")


def test_a_smaller_unit_is_proposed_where_one_is_far_beyond_the_data() -> None:
    """A specific gravity between 1.00 and 1.04: the odds ratio of a whole unit is 1e40 and more."""
    rng = np.random.default_rng(2)
    gravity = 1.018 + 0.007 * rng.normal(size=300)
    y = (rng.random(300) < 1 / (1 + np.exp(-150.0 * (gravity - 1.018)))).astype(int)
    data = {"y": y, "gravity": gravity, "x": rng.normal(size=300)}
    text = " ".join(str(lk.logit("y ~ gravity + x", data)).split())
    assert "One unit of gravity is far more than the data range over." in text
    assert "fit.summary(units={'gravity': 0.01})" in text
    again = " ".join(str(lk.logit("y ~ gravity + x", data).summary(units={"gravity": 0.01})).split())
    assert "far more than" not in again
    assert "far more than" not in str(lk.logit("y ~ x", data))


def test_a_step_that_was_computed_is_shown_to_five_digits(births: pd.DataFrame) -> None:
    fit, steps = lk.logit("low ~ age + lwt", births), {"age": 10.0, "lwt": births["lwt"].std()}
    assert f"{steps['lwt']:.6f}" == "30.575150"
    shown = str(fit.odds_ratios(units=steps))
    assert "30.575 " in shown
    assert "30.5751" not in shown
    assert fit.odds_ratios(units=steps).loc["lwt", "unit"] == steps["lwt"]
    assert "lwt (per 30.575)" in str(fit.summary(units=steps))
    assert "age (per 10)" in str(fit.summary(units=steps))
