"""Functions that take a model, those named for one, and the words that a model has taken over."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import logitkit as lk
from logitkit.api.scope import PACKAGE
from logitkit.errors import ArgumentError, DataError, UnsupportedError

BINARY, SEVERAL = "low ~ age + lwt + smoke", "race ~ age + lwt + smoke"
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "weights": {"weights": "w", "weight_kind": "sampling"},
    "clusters": {"cluster": "w", "level": 0.9},
    "penalty": {"penalty": lk.Ridge(0.02), "solver": lk.ProxNewton(tol=1e-9)},
    "solver": {"solver": lk.Newton(tol=1e-11), "missing": "raise"},
}
TAKE_A_MODEL: dict[str, Callable[..., Any]] = {
    "fit": lambda **given: lk.fit(BINARY, births(), **given),
    "fit_by": lambda **given: lk.fit_by(BINARY, births(), by="ht", **given),
    "path": lambda **given: lk.path(BINARY, births(), **given),
    "cross_validate": lambda **given: lk.cross_validate(BINARY, births(), **given),
    "fit_matrix": lambda **given: lk.fit_matrix(*matrix(), **given),
    "path_matrix": lambda **given: lk.path_matrix(*matrix(), **given),
    "cross_validate_matrix": lambda **given: lk.cross_validate_matrix(*matrix(), **given),
}
OF_ALL = pytest.mark.parametrize("name", list(TAKE_A_MODEL))


def births() -> pd.DataFrame:
    data = lk.datasets.load_lbw()
    return data.assign(race=data["race"].astype(str), w=1.0 + np.arange(len(data)) % 3)


def matrix(y: str = "low") -> tuple[np.ndarray, Any, list[str]]:
    data = births()
    return np.column_stack([np.ones(len(data)), data[["age", "lwt"]]]), data[y], ["Intercept", "age", "lwt"]


def assert_same(found: Any, named: Any) -> None:
    assert type(found) is type(named)
    assert_array_equal(found.coef, named.coef)
    assert_array_equal(found.std_error, named.std_error)
    assert str(found.summary()) == str(named.summary())


@pytest.mark.parametrize("name", list(OPTIONS))
def test_functions_that_are_named_for_a_model_fit_it(name: str) -> None:
    options = OPTIONS[name]
    assert_same(
        lk.fit(BINARY, births(), model=lk.Binary(event=0), **options), lk.logit(BINARY, births(), event=0, **options)
    )
    model = lk.Multinomial("white")
    assert_same(
        lk.fit(SEVERAL, births(), model=model, **options),
        lk.multinomial(SEVERAL, births(), reference="white", **options),
    )


def test_links_and_information_are_words_of_the_functions_too() -> None:
    model, words = lk.Binary("cloglog", 0, "observed"), {"link": "cloglog", "event": 0, "information": "observed"}
    assert_same(lk.fit(BINARY, births(), model=model), lk.logit(BINARY, births(), **words))
    assert_same(lk.fit_matrix(*matrix(), model=model), lk.logit_matrix(*matrix(), **words))
    found = lk.fit_by("low ~ age", births(), by="smoke", model=model)
    assert_array_equal(found.std_error, lk.logit_by("low ~ age", births(), by="smoke", **words).std_error)
    expected = lk.logit(BINARY, births(), link="cloglog", event=0)
    assert_array_equal(lk.logit(BINARY, births(), **words).coef, expected.coef)
    assert (lk.logit(BINARY, births(), **words).std_error != expected.std_error).all()


def test_offsets_are_those_of_the_model() -> None:
    data, tilt = births(), np.linspace(-1.0, 1.0, 189)
    assert_same(lk.fit(BINARY, data, offset=tilt), lk.logit(BINARY, data, offset=tilt))
    by_outcome = {"other": tilt}
    found = lk.fit(SEVERAL, data, model=lk.Multinomial(), offset=by_outcome)
    assert_same(found, lk.multinomial(SEVERAL, data, offset=by_outcome))
    assert_same(lk.fit_matrix(*matrix(), offset=tilt), lk.logit_matrix(*matrix(), offset=tilt))
    with pytest.raises(DataError, match="one offset per outcome"):
        lk.fit(SEVERAL, data, model=lk.Multinomial(), offset=tilt)


def test_ready_matrices_have_the_same_models() -> None:
    assert_same(lk.fit_matrix(*matrix(), model=lk.Binary(event=0)), lk.logit_matrix(*matrix(), event=0))
    model = lk.Multinomial("black", equal="age")
    named = lk.multinomial_matrix(*matrix("race"), reference="black", equal="age")
    assert_same(lk.fit_matrix(*matrix("race"), model=model), named)


def test_groups_have_the_same_models() -> None:
    data = births().assign(tilt=np.linspace(-1.0, 1.0, 189))
    for options in ({}, {"offset": "tilt"}, {"offset": data["tilt"].to_numpy(), "weights": "w"}):
        found = lk.fit_by("low ~ age", data, by="smoke", model=lk.Binary(event=0), **options)
        assert_array_equal(found.coef, lk.logit_by("low ~ age", data, by="smoke", event=0, **options).coef)
    holed = data.assign(smoke=data["smoke"].where(np.arange(189) % 9 > 0))
    rest = holed[holed["smoke"].notna()]
    found = lk.fit_by("low ~ age", holed, by="smoke", offset=holed["tilt"].to_numpy())
    assert_array_equal(found.coef, lk.fit_by("low ~ age", rest, by="smoke", offset="tilt").coef)


def test_paths_and_cross_validations_have_the_same_models() -> None:
    grid: dict[str, Any] = {"penalty": lk.Ridge(), "strengths": [0.1, 0.01]}
    yes, no = (lk.path(BINARY, births(), model=lk.Binary(event=event), **grid) for event in (1, 0))
    np.testing.assert_allclose(yes.coef, -no.coef, rtol=1e-6, atol=1e-9)
    against = lk.path(SEVERAL, births(), model=lk.Multinomial("white"), **grid)
    fit = lk.multinomial(SEVERAL, births(), reference="white", penalty=lk.Ridge(0.01))
    np.testing.assert_allclose(against.at(0.01).coef, fit.coef, rtol=1e-6, atol=1e-9)
    chosen = lk.cross_validate_matrix(*matrix("race"), model=lk.Multinomial("white"), folds=3, **grid)
    assert chosen.best.reference == "white"


@OF_ALL
@pytest.mark.parametrize(
    ("word", "value", "ours"),
    [
        ("event", "yes", "model=lk.Binary(event='yes')"),
        ("link", "logit", "model=lk.Binary(link='logit') or model=lk.Ordinal(link='logit')"),
        (
            "information",
            "observed",
            "model=lk.Binary(information='observed') or model=lk.Ordinal(information='observed')",
        ),
        ("reference", "bus", "model=lk.Multinomial(reference='bus')"),
        ("per_outcome", {"bus": "cost"}, "model=lk.Multinomial(per_outcome={'bus': 'cost'})"),
        ("equal", "cost", "model=lk.Multinomial(equal='cost')"),
    ],
)
def test_words_that_the_model_states_are_answered(name: str, word: str, value: Any, ours: str) -> None:
    with pytest.raises(ArgumentError) as told:
        TAKE_A_MODEL[name](**{word: value})
    assert str(told.value) == f"{name}() has no argument {word!r}. It belongs to the model: {ours}."


@OF_ALL
def test_models_as_text_are_answered(name: str) -> None:
    with pytest.raises(
        DataError, match=r"^model='multinomial': give the model as an object, model=lk\.Multinomial\(\)\.$"
    ):
        TAKE_A_MODEL[name](model="multinomial")
    with pytest.raises(ArgumentError, match=r"has no argument 'family'\. It is model= here"):
        TAKE_A_MODEL[name](family="binomial")


@pytest.mark.parametrize("function", [lk.logit, lk.logit_by, lk.multinomial, lk.logit_matrix, lk.multinomial_matrix])
def test_functions_that_are_named_for_a_model_take_no_other(function: Callable[..., Any]) -> None:
    with pytest.raises(ArgumentError, match=r"has no argument 'model'.* lk\.fit\(formula, data, model="):
        function(BINARY, births(), model=lk.Multinomial())
    other = "reference" if "event" in inspect.signature(function).parameters else "event"
    with pytest.raises(ArgumentError, match=rf"has no argument '{other}'\. One of "):
        function(BINARY, births(), **{other: 1})


def test_several_outcomes_have_no_absorbed_levels() -> None:
    with pytest.raises(UnsupportedError, match=r"absorb='ht' cannot be combined with model=Multinomial\(\)"):
        lk.fit(SEVERAL, births(), model=lk.Multinomial(), absorb="ht")
    with pytest.raises(ArgumentError, match=r"absorbed by lk\.logit"):
        lk.multinomial(SEVERAL, births(), absorb="ht")
    absorbed = lk.fit(BINARY, births(), absorb="ht")
    assert_array_equal(absorbed.coef, lk.logit(BINARY, births(), absorb="ht").coef)


def test_groups_of_several_outcomes_are_refused_with_the_way_that_there_is() -> None:
    with pytest.raises(UnsupportedError, match=r"model=Multinomial\(reference='white'\): groups .* lk\.fit\(formula"):
        lk.fit_by(SEVERAL, births(), by="smoke", model=lk.Multinomial("white"))


@pytest.mark.parametrize("model", [lk.Multinomial("white", {"black": "age"}), lk.Multinomial(equal="age")], ids=repr)
def test_restricted_models_have_no_penalty(model: Any) -> None:
    for verb in (lk.path, lk.cross_validate):
        with pytest.raises(UnsupportedError, match="per_outcome= and equal= cannot be combined with penalty="):
            verb(SEVERAL, births(), model=model)
    with pytest.raises(UnsupportedError, match="per_outcome= and equal= cannot be combined with penalty="):
        lk.fit(SEVERAL, births(), model=model, penalty=lk.Ridge(0.1))


def test_formulas_see_the_names_of_the_caller_in_every_function() -> None:
    shift = 2.0  # noqa: F841 - the formulas use it
    data = births()
    plain, moved = BINARY, "low ~ I(age + shift) + lwt + smoke"
    several = "race ~ I(age + shift)"
    grid: dict[str, Any] = {"strengths": [0.01]}
    assert_array_equal(lk.fit(moved, data).coef.iloc[2:].round(7), lk.fit(plain, data).coef.iloc[2:].round(7))
    assert lk.logit(moved, data).n_obs == lk.multinomial(several, data).n_obs == 189
    assert lk.fit_by(moved, data, by="ht").coef.shape == lk.logit_by(moved, data, by="ht").coef.shape
    assert lk.path(moved, data, **grid).coef.shape == lk.cross_validate(moved, data, folds=3, **grid).path.coef.shape
    assert [lk.fit(moved, data).n_obs for _ in range(1)] == [189]
    assert {k: lk.logit(moved, data).n_obs for k in range(1)} == {0: 189}


def test_a_package_beside_ours_is_a_caller_like_any() -> None:
    code = "def ask(fit, data):\n    shift = 2.0\n    return fit('low ~ I(age + shift)', data)"
    names: dict[str, Any] = {}
    exec(compile(code, f"{PACKAGE.rstrip(os.sep)}_more{os.sep}ask.py", "exec"), names)
    assert_array_equal(names["ask"](lk.logit, births()).coef, lk.logit("low ~ I(age + 2.0)", births()).coef)
