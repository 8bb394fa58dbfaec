"""Models as users state them: compared, printed, copied, and refused before any data are seen."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import logitkit as lk
from logitkit.design.build import build_design
from logitkit.errors import ArgumentError, DataError, FormulaError, LogitkitError, ResponseError, UnsupportedError
from logitkit.models.catalogue import require_model
from logitkit.models.form import Form
from logitkit.models.model import Model

STATED = {
    "Binary()": lk.Binary(),
    "Binary(event='yes')": lk.Binary(event="yes"),
    "Binary(event=0)": lk.Binary("logit", 0),
    "Multinomial()": lk.Multinomial(),
    "Multinomial(reference=None)": lk.Multinomial(None),
    "Multinomial(reference='bus')": lk.Multinomial("bus"),
    "Multinomial(per_outcome={'bus': 'cost'}, equal='time')": lk.Multinomial(per_outcome={"bus": "cost"}, equal="time"),
    "Multinomial(equal=('cost', 'time'))": lk.Multinomial(equal=["cost", "time"]),
}
LETTERS = {"y": list("abcabcacbb"), "x": np.arange(10.0), "z": np.arange(10.0) ** 2}


@pytest.mark.parametrize("text", list(STATED))
def test_a_model_shows_the_call_that_makes_it(text: str) -> None:
    model = STATED[text]
    assert repr(model) == text
    assert eval(text, {"Binary": lk.Binary, "Multinomial": lk.Multinomial}) == model
    assert [other for other, found in STATED.items() if found == model] == [text]
    for again in (copy.copy(model), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again == model
        assert hash(again) == hash(model)
        assert repr(again) == text


def test_a_model_stays_as_it_was_stated() -> None:
    terms, equal = {"bus": "cost"}, ["time"]
    model = lk.Multinomial("car", terms, equal)
    terms["bus"] = "time"
    equal.append("cost")
    assert model == lk.Multinomial("car", {"bus": "cost"}, ("time",))
    with pytest.raises(AttributeError):
        model.reference = "bus"  # type: ignore[misc]
    assert lk.Multinomial(per_outcome={}) == lk.Multinomial()


def test_no_level_is_the_reference_that_is_not_stated() -> None:
    unstated: Any = lk.Multinomial().reference
    assert repr(unstated) == "<first outcome; with a penalty None>"
    assert pickle.loads(pickle.dumps(unstated)) is unstated
    assert unstated not in (None, "first", "first outcome", 0)
    levels = {"y": ["first", "a", "unstated", "first", "a", "unstated", "a"], "x": np.arange(7.0)}
    assert lk.multinomial("y ~ 1", levels).reference == "a"
    assert lk.multinomial("y ~ 1", levels, reference="first").reference == "first"


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (lambda: lk.Binary("probbit"), UnsupportedError, "link='probbit'"),
        (lambda: lk.Binary(event=["a", "b"]), ResponseError, "not a single value"),
        (lambda: lk.Binary(event={"a"}), ResponseError, "not a single value"),
        (lambda: lk.Binary(event=np.nan), ResponseError, "event=nan is missing"),
        (lambda: lk.Multinomial(["a"]), DataError, r"reference=\['a'\] is not a single outcome"),
        (lambda: lk.Multinomial(np.array(["a"])), DataError, "is not a single outcome"),
        (lambda: lk.Multinomial("a", "b: x"), DataError, "per_outcome='b: x' is not a mapping"),
        (lambda: lk.Multinomial(None, {"b": "x"}), UnsupportedError, "Name a reference"),
        (lambda: lk.Multinomial(None, equal="x"), UnsupportedError, "Name a reference"),
    ],
)
def test_what_no_data_make_right_is_refused_at_once(make: Any, kind: type[LogitkitError], words: str) -> None:
    with pytest.raises(kind, match=words):
        make()


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("multinomial", r"model='multinomial': give the model as an object, model=lk\.Multinomial\(\)\.$"),
        ("logit", r"model='logit': give the model as an object, model=lk\.Binary\(\)\.$"),
        ("probit", r"model='probit' is not a model; give lk\.Binary\(\), lk\.Multinomial\(\) or lk\.Ordinal\(\)\.$"),
        (lk.Multinomial, r"model=Multinomial is a class; give an instance, model=lk\.Multinomial\(\)\.$"),
        (None, r"model=None is not a model"),
        (lk.Lasso(), r"model=Lasso\(.* is not a model"),
    ],
)
def test_what_is_no_model_is_refused_with_the_one_that_is_meant(model: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        require_model(model)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: lk.Binary(reference="a"),
            r"^Binary\(\) has no .* lk\.Multinomial\(reference='a'\)",
        ),
        (lambda: lk.Multinomial(link="logit"), r"argument 'link'\. It belongs to lk\.Binary\(link='logit'\)"),
        (
            lambda: lk.Multinomial(weights="w"),
            r"'weights'\. It belongs to .* lk\.fit\(\.\.\., model=lk\.Mult",
        ),
        (lambda: lk.Multinomial(refrence="a"), r"Did you mean 'reference'\?"),
        (
            lambda: lk.Binary("logit", 1, "observed", "event", 2),
            r"^Binary\(\) takes 4 values by position, and was given 5\.",
        ),
    ],
)
def test_arguments_of_another_model_or_of_none_are_answered(make: Any, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        make()


def test_models_are_models() -> None:
    for model in STATED.values():
        assert isinstance(model, Model)
        assert require_model(model) is model


def form(model: Model, penalised: bool = False) -> Form:
    design = build_design("y ~ x + z", LETTERS, namespace={}, reader=model.reader())
    return model.form(design.info, penalised)


def test_without_a_reference_the_first_outcome_is_it_and_with_a_penalty_none() -> None:
    assert form(lk.Multinomial()).reference == 0
    assert form(lk.Multinomial(), penalised=True).reference is None
    assert form(lk.Multinomial(None)).reference is None
    for penalised in (False, True):
        assert form(lk.Multinomial("c"), penalised).reference == 2
        assert not form(lk.Multinomial("c"), penalised).is_single
    assert form(lk.Multinomial()).predictors.n_params == 6


def test_terms_of_single_outcomes_and_equal_ones_are_fewer_coefficients() -> None:
    assert form(lk.Multinomial("a", {"b": "x"})).predictors.n_params == 5
    assert form(lk.Multinomial("a", equal=("x", "z"))).predictors.n_params == 4
    both = form(lk.Multinomial("a", {"b": "x"}, equal="x"))
    assert both.predictors.n_params == 4
    assert both.absent is not None
    assert both.absent.tolist() == [False, False, True, False, False, False]


@pytest.mark.parametrize(
    ("model", "kind", "words"),
    [
        (lk.Multinomial("q"), ResponseError, "reference='q'"),
        (lk.Multinomial("a", {"q": "x"}), ResponseError, "per_outcome='q'"),
        (lk.Multinomial("a", {"a": "x"}), FormulaError, "'a', which is the reference"),
        (lk.Multinomial("a", {"b": "w"}), FormulaError, "'w' is neither a term"),
        (lk.Multinomial("a", equal="w"), FormulaError, "'w' is neither a term"),
        (lk.Multinomial("a", equal=()), FormulaError, r"equal=\(\) contains no term"),
        (lk.Multinomial("a", equal="Intercept"), FormulaError, "equal names the intercept"),
    ],
)
def test_words_that_the_data_do_not_know_are_refused(model: Model, kind: type[LogitkitError], words: str) -> None:
    with pytest.raises(kind, match=words):
        form(model)


@pytest.mark.parametrize("model", [lk.Multinomial("a", {"b": "x"}), lk.Multinomial(equal="x")], ids=repr)
def test_a_penalty_is_of_models_whose_outcomes_have_the_same_terms(model: Model) -> None:
    with pytest.raises(UnsupportedError, match="per_outcome= and equal= cannot be combined with penalty="):
        form(model, penalised=True)
