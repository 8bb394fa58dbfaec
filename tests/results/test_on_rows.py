"""Verbs on rows of the caller's choice: fit.on(data, ...) is what the verbs of a fit say of data."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.errors import ArgumentError, DataError, DataWarning, UnsupportedError
from logitkit.results.figures import FitPlots
from logitkit.results.on_rows import FitOnRows
from logitkit.results.row_figures import RowPlots
from tolerances import EXACT, ROUTE

BIRTHS = lk.datasets.load_lbw()
OLD, NEW = BIRTHS.iloc[::2], BIRTHS.iloc[1::2]
FITS = {
    "two": lk.logit("low ~ lwt + smoke + C(race)", OLD),
    "several": lk.multinomial("race ~ lwt + smoke", OLD),
    "ordered": lk.ordinal("ptl ~ lwt + smoke", OLD.assign(ptl=OLD["ptl"].clip(upper=2))),
}
ROWS = {"two": NEW, "several": NEW, "ordered": NEW.assign(ptl=NEW["ptl"].clip(upper=2))}
BELONGING = {"weights", "offset", "y", "unseen"}
OF_THE_FIT = {"on", "robust"}  # the second takes the rows of the fit again, and no others
PREDICTING = {"predict", "predict_logit", "predict_link", "predictions"}


def values(found: Any) -> Any:
    return found.to_numpy() if hasattr(found, "to_numpy") else str(found)


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize(
    "verb",
    [*sorted(PREDICTING), "augment", "residuals", "discrimination", "classification", "calibration", "hosmer_lemeshow"],
)
def test_a_verb_of_other_rows_is_that_of_the_fit_with_data(kind: str, verb: str) -> None:
    fit, rows = FITS[kind], ROWS[kind]
    one, other = values(getattr(fit.on(rows), verb)()), values(getattr(fit, verb)(data=rows))
    assert np.all((one == other) | (pd.isna(one) & pd.isna(other)))


@pytest.mark.parametrize(("of_fit", "of_rows"), [(lk.Fit, FitOnRows), (FitPlots, RowPlots)])
def test_every_verb_that_takes_data_is_there_for_other_rows_and_asks_for_nothing_that_belongs_to_them(
    of_fit: type, of_rows: type
) -> None:
    for name, verb in inspect.getmembers(of_fit, inspect.isfunction):
        parameters = inspect.signature(verb).parameters
        if name.startswith("_") or name in OF_THE_FIT or "data" not in parameters:
            continue
        allowed = {"offset", "unseen"} if name in PREDICTING else set()
        assert set(parameters) & BELONGING == allowed, name
        if name == "report":
            allowed = {"validate"}  # which refits the model, and is of its own rows
        others = list(inspect.signature(getattr(of_rows, name)).parameters)
        assert others == [each for each in parameters if each not in {"data", *allowed}], name


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize("word", ["weights", "y"])
def test_what_belongs_to_the_rows_is_answered_with_on(kind: str, word: str) -> None:
    fit = FITS[kind]
    with pytest.raises(
        ArgumentError, match=rf"It belongs to the rows: fit\.on\(data, {word}=\.\.\.\)\.calibration\(\)"
    ):
        fit.calibration(NEW, **{word: 1})
    with pytest.raises(ArgumentError, match=rf"fit\.on\(data, {word}=\.\.\.\)\.plot\.roc\(\)"):
        fit.plot.roc(NEW, **{word: 1})
    with pytest.raises(ArgumentError, match=r"fit\.on\(data, unseen=\.\.\.\)\.augment\(\)"):
        fit.augment(NEW, unseen="missing")
    assert word not in inspect.signature(fit.predict).parameters


def test_without_data_they_are_the_rows_of_the_fit() -> None:
    fit = FITS["two"]
    assert_allclose(fit.on(None).predict(), fit.predict(), rtol=0.0)
    for word in ("weights", "offset", "y"):
        with pytest.raises(DataError, match="given without data"):
            fit.on(None, **{word: OLD["low"]}).residuals()
    with pytest.raises(DataError, match="unseen='nothing'"):
        fit.on(NEW, unseen="nothing")


def test_weights_of_other_rows_are_copies_of_them() -> None:
    fit = lk.logit("low ~ lwt + smoke", OLD, weights="ftv")
    fit_of_arrays = lk.logit("low ~ lwt + smoke", OLD, weights=OLD["ftv"].to_numpy())
    written = NEW.loc[NEW.index.repeat(NEW["ftv"])]
    by_array = fit_of_arrays.on(NEW, weights=NEW["ftv"].to_numpy())
    for others in (fit.on(NEW), by_array, fit_of_arrays.on(written, weights=np.ones(len(written)))):
        assert_allclose(others.discrimination().auc, fit.discrimination(NEW).auc, rtol=EXACT)
        assert_allclose(others.calibration().brier, fit.calibration(NEW).brier, rtol=EXACT)
        assert_allclose(
            others.average_predictions("smoke")["estimate"],
            fit.average_predictions("smoke", NEW)["estimate"].to_numpy(),
            rtol=EXACT,
        )


@pytest.mark.parametrize("options", [{}, {"absorb": "g"}])
def test_rows_that_the_fit_says_nothing_of_are_left_out_and_counted(options: Any) -> None:
    data = BIRTHS.assign(g=BIRTHS["race"].astype(str))
    formula = "low ~ lwt" if options else "low ~ lwt + g"
    fit = lk.logit(formula, data[data["race"] != "other"], **options)
    known = data["race"] != "other"
    with pytest.raises(DataError, match="never saw"):
        fit.on(data).calibration()
    others = fit.on(data, unseen="missing")
    assert others.predict().notna().equals(known.set_axis(others.predict().index))
    found = others.calibration()
    assert_allclose(found.brier, fit.calibration(data[known]).brier, rtol=EXACT)
    said = f"Rows used: {int(known.sum())} of {len(data)}. Left out: {int((~known).sum())} that the fit cannot predict"
    assert said in " ".join(str(found).split())
    with pytest.warns(DataWarning, match="that the fit cannot predict"):
        assert len(others.augment()) == known.sum()


def test_rows_that_are_not_estimable_are_left_out_and_counted() -> None:
    data = BIRTHS.assign(twice=2.0 * BIRTHS["lwt"])
    fit = lk.logit("low ~ lwt + twice + smoke", data)
    moved = data.assign(twice=np.where(np.arange(len(data)) < 5, 0.0, data["twice"]))
    with pytest.raises(DataError, match="Not estimable for 5 rows"):
        fit.on(moved).discrimination()
    left = fit.on(moved, unseen="missing").discrimination().left_out
    assert (left.unseen, left.used) == (5, len(data) - 5)


@pytest.mark.usefixtures("figures_not_written")
def test_a_report_counts_rows_that_the_fit_says_nothing_of(tmp_path: Path) -> None:
    fit = lk.logit("low ~ lwt + C(race)", BIRTHS[BIRTHS["race"] != "other"])
    page = fit.on(BIRTHS, unseen="missing").report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Rows used: 122 of 189. Left out: 67 that the fit cannot predict" in page


def test_the_verbs_show_themselves() -> None:
    others = FITS["two"].on(NEW)
    assert "calibration, calibration_belt, certificate, classification" in repr(others)
    with pytest.raises(AttributeError, match=r"A FitOnRows has no attribute 'auc'\. It is called discrimination\(\)"):
        _ = others.auc
    assert "plot.roc()" in repr(others.plot)
    assert not hasattr(others.plot, "ternary")
    assert hasattr(FITS["several"].on(NEW).plot, "ternary")


# What only one kind of fit had, both have.


def test_the_table_of_coefficients_is_a_frame_for_every_model() -> None:
    two, several = FITS["two"], FITS["several"]
    assert two.coef_table.columns.tolist() == [two.outcomes[1]]
    assert_allclose(two.coef_table.iloc[:, 0], two.coef, rtol=0.0)
    pd.testing.assert_frame_equal(several.coef_table, several.coef)
    assert two.reference == two.outcomes[0]


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_the_link_of_the_probability_is_the_linear_predictor(link: str) -> None:
    fit = lk.logit("low ~ lwt + smoke", BIRTHS, link=link)
    X = np.column_stack([np.ones(len(BIRTHS)), BIRTHS["lwt"], BIRTHS["smoke"]])
    assert_allclose(fit.predict_link(), X @ fit.coef.to_numpy(), rtol=ROUTE)
    mu = fit.predict()
    assert_allclose(fit.predict_logit(), np.log(mu / (1.0 - mu)), rtol=ROUTE)
    assert fit.predict_link().name == "link"
    assert (link == "logit") == np.array_equal(fit.predict_link(), fit.predict_logit())


def test_linear_predictors_of_ordered_outcomes_are_called_by_threshold() -> None:
    fit, rows = FITS["ordered"], ROWS["ordered"]
    link = fit.predict_link(rows)
    assert link.columns.tolist() == ["0|1", "1|2"]
    below = 1.0 / (1.0 + np.exp(-link.to_numpy()))
    assert_allclose(below, np.cumsum(fit.predict(rows).to_numpy(), axis=1)[:, :2], rtol=ROUTE)
    p = fit.predict(rows)
    assert_allclose(fit.predict_logit(rows), np.log(p / (1.0 - p)), rtol=ROUTE)


def test_odds_of_the_other_outcome_are_the_inverse() -> None:
    fit = FITS["two"]
    event, other = fit.odds_ratios(), fit.odds_ratios(outcome=fit.outcomes[0], against=fit.outcomes[1])
    assert_allclose(other["odds_ratio"] * event["odds_ratio"], 1.0, rtol=EXACT)
    assert_allclose(other["conf_low"] * event["conf_high"], 1.0, rtol=EXACT)
    assert_allclose(other["p_value"], event["p_value"], rtol=0.0)
    pd.testing.assert_frame_equal(fit.odds_ratios(outcome=fit.outcomes[1], against=fit.outcomes[0]), event)
    with pytest.raises(DataError, match="against itself"):
        fit.odds_ratios(outcome=fit.outcomes[0])
    with pytest.raises(UnsupportedError, match="not the inverse"):
        lk.logit("low ~ lwt", BIRTHS, link="cloglog").odds_ratios(against=1)
    with pytest.raises(UnsupportedError, match="all higher outcomes with all lower ones"):
        FITS["ordered"].odds_ratios(against="0")


def test_average_predictions_are_a_table() -> None:
    two, several = FITS["two"].average_predictions("smoke", NEW), FITS["several"].average_predictions("smoke", NEW)
    assert two.index.name == "smoke"
    for value in two.index:
        assert_allclose(two.loc[value, "estimate"], FITS["two"].predict(NEW.assign(smoke=value)).mean(), rtol=ROUTE)
    assert several.index.names == ["smoke", "outcome"]
    assert_allclose(several["estimate"].groupby("smoke").sum(), 1.0, rtol=EXACT)


def test_residuals_of_the_other_outcome_have_the_other_sign() -> None:
    fit = FITS["two"]
    by_outcome, of_event = fit.outcome_influence(), fit.influence()
    for outcome, sign in zip(fit.outcomes, (-1.0, 1.0), strict=True):
        own = by_outcome.xs(outcome, level="outcome")
        assert_allclose(own["leverage"], of_event["leverage"], rtol=0.0)
        for name in ("standardized_pearson", "standardized_deviance"):
            assert_allclose(own[name], sign * of_event[name], rtol=0.0)


def test_calibration_and_goodness_of_two_outcomes_may_be_told_against_either() -> None:
    fit = FITS["two"]
    event, other = fit.calibration(NEW), fit.calibration(NEW, against=fit.outcomes[1])
    assert_allclose(other.brier, event.brier, rtol=EXACT)
    assert (event.reference, other.reference) == fit.outcomes
    assert fit.hosmer_lemeshow(NEW, against=fit.outcomes[1]).reference == fit.outcomes[1]
