"""``fit.model``: the model that was fitted, as a statement that fits the same again wherever models are taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.engine.fit import fit_design
from logitkit.errors import DataError, ResponseError, UnsupportedError
from logitkit.models.binomial import Binomial


def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    size = np.digitize(data["bwt"], [2500, 3200])
    return data.assign(weight=np.array(["low", "normal", "high"])[size], low_text=np.where(data["low"], "yes", "no"))


ORDER = ["low", "normal", "high"]
FITS: dict[str, tuple[Callable[[Any, Any], Any], Any, str]] = {
    "0 and 1": (lambda model, data: lk.fit("low ~ age + lwt", data, model=model), lk.Binary(), "Binary()"),
    "text": (
        lambda model, data: lk.fit("low_text ~ age", data, model=model),
        lk.Binary("probit"),
        "Binary(link='probit', event='yes')",
    ),
    "event stated": (
        lambda model, data: lk.fit("low_text ~ age", data, model=model),
        lk.Binary(event="no", information="observed"),
        "Binary(event='no', information='observed')",
    ),
    "counts": (lambda model, data: lk.fit("cbind(low, smoke) ~ age", data, model=model), lk.Binary(), "Binary()"),
    "absorbed": (
        lambda model, data: lk.fit("low_text ~ age", data, model=model, absorb="race"),
        lk.Binary(),
        "Binary(event='yes')",
    ),
    "ridge": (
        lambda model, data: lk.fit("low ~ age", data, model=model, penalty=lk.Ridge(0.1)),
        lk.Binary(),
        "Binary()",
    ),
    "several": (
        lambda model, data: lk.fit("race ~ age + lwt", data, model=model),
        lk.Multinomial(equal="age"),
        "Multinomial(reference='white', equal='age')",
    ),
    "per outcome": (
        lambda model, data: lk.fit("race ~ age + lwt", data, model=model),
        lk.Multinomial("black", per_outcome={"other": ["lwt"]}),
        "Multinomial(reference='black', per_outcome={'other': ('lwt',)})",
    ),
    "whole numbers": (
        lambda model, data: lk.fit("ftv ~ age", data.assign(ftv=data["ftv"].clip(upper=2)), model=model),
        lk.Multinomial(),
        "Multinomial(reference=0)",
    ),
    "counts of several": (
        lambda model, data: lk.fit("cbind(low, smoke, ht) ~ age", data, model=model),
        lk.Multinomial(),
        "Multinomial(reference='low')",
    ),
    "penalised": (
        lambda model, data: lk.fit("race ~ age + lwt", data, model=model, penalty=lk.Ridge(0.1)),
        lk.Multinomial(),
        "Multinomial(reference=None)",
    ),
    "ordered": (
        lambda model, data: lk.fit("weight ~ age + lwt", data, model=model),
        lk.Ordinal(order=ORDER, nominal="lwt", link="cloglog"),
        "Ordinal(link='cloglog', nominal='lwt', order=('low', 'normal', 'high'))",
    ),
    "adjacent": (
        lambda model, data: lk.fit("ftv ~ age", data.assign(ftv=data["ftv"].clip(upper=2)), model=model),
        lk.Ordinal("adjacent"),
        "Ordinal(model='adjacent')",
    ),
}


@pytest.mark.parametrize("case", FITS)
def test_it_fits_the_same_again_and_is_a_call_that_can_be_typed(case: str) -> None:
    make, stated, words = FITS[case]
    fit = make(stated, births())
    assert repr(fit.model) == words
    assert eval(words, vars(lk)) == fit.model
    again = make(fit.model, births())
    assert again.model == fit.model
    assert again.record.names == fit.record.names
    assert np.array_equal(again.record.coef, fit.record.coef)


def test_the_event_and_the_reference_stay_where_other_rows_lack_a_level() -> None:
    data = births()
    model = lk.multinomial("race ~ age", data).model
    rest = data[data["race"] != "black"]
    assert lk.fit("race ~ age", rest, model=model).reference == "white"
    with pytest.raises(ResponseError, match="reference='white' is not an outcome"):
        lk.fit("race ~ age", data[data["race"] != "white"], model=model)
    event = lk.logit("low_text ~ age", data).model
    other = data.assign(low_text=data["low_text"].replace("no", "zero"))
    assert lk.fit("low_text ~ age", other, model=event).record.info.response.event == "yes"


def test_every_function_that_takes_a_model_takes_it() -> None:
    data = births()
    model = lk.logit("low_text ~ age + lwt", data).model
    X = np.column_stack([np.ones(len(data)), data[["age", "lwt"]]])
    matrix = lk.fit_matrix(X, data["low_text"], ["Intercept", "age", "lwt"], model=model)
    assert matrix.model == model
    groups = lk.fit_by("low_text ~ age + lwt", data, by="smoke", model=model)
    assert (groups.model, groups[0].model, groups[1].model) == (model, model, model)
    path = lk.path("low_text ~ age + lwt", data, model=model, n_strengths=5)
    assert path.at(path.strengths[2]).model == model
    scores = lk.cross_validate("low_text ~ age + lwt", data, model=model, folds=3, n_strengths=5)
    assert scores.best.model == model
    several = lk.multinomial("race ~ age + lwt", data, penalty=lk.Ridge(0.1)).model
    path = lk.path("race ~ age + lwt", data, model=several, n_strengths=5)
    assert (path.at(path.strengths[2]).model, path.at(path.strengths[2]).reference) == (several, None)


def test_groups_that_are_fitted_one_by_one_have_it_too() -> None:
    data = births()
    separated = data.assign(age=np.where(data["smoke"] == 1, data["low"] * 10.0, data["age"]))
    groups = lk.logit_by("low ~ age", separated, by="smoke", link="logit")
    assert groups[1].separation is not None
    assert groups[1].model == groups.model == lk.Binary()


def test_estimators_state_their_model() -> None:
    data = births()
    fitted = lk.estimators.LogitClassifier("age + lwt").fit(data, data["low_text"])
    assert fitted.fit_.model == lk.Binary(event="yes")
    several = lk.estimators.MultinomialClassifier("age").fit(data, data["race"]).fit_
    again = lk.fit("race ~ age", data, model=several.model)
    assert (again.model, again.reference) == (several.model, several.reference)


def test_a_fit_of_a_family_alone_has_no_model_to_save(tmp_path: Any) -> None:
    fit = lk.logit("low ~ age", births())
    alone = lk.Fit(fit_design(fit.design, Binomial(), lk.Newton()))
    assert alone.model is None
    with pytest.raises(UnsupportedError, match="cannot hold the model None; it can hold Binary, Multinomial, Ordinal"):
        alone.save(tmp_path / "fit.json")


def test_terms_per_outcome_may_be_listed() -> None:
    text = lk.Multinomial("white", per_outcome={"black": "age + lwt"}, equal="lwt")
    listed = lk.Multinomial("white", per_outcome={"black": ["age", "lwt"]}, equal=["lwt"])
    fits = [lk.fit("race ~ age + lwt + smoke", births(), model=model) for model in (text, listed)]
    assert np.array_equal(fits[0].record.coef, fits[1].record.coef)
    given = {"black": ["age"]}
    model = lk.Multinomial(per_outcome=given)
    given["black"].append("lwt")
    assert model.per_outcome == {"black": ("age",)}


def test_a_level_that_json_cannot_hold_is_stated_but_not_saved(tmp_path: Any) -> None:
    data = births()
    days = pd.to_datetime(np.where(data["low"] == 1, "2024-01-02", "2024-01-01"))
    fit = lk.logit("day ~ age", data.assign(day=days))
    assert fit.model.event == pd.Timestamp("2024-01-02")
    with pytest.raises(DataError, match="The response 'day' keeps"):
        fit.save(tmp_path / "fit.json")
