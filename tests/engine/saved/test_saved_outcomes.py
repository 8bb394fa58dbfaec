"""Saved fits of several outcomes: everything comes back, no row does, and what is not known is refused."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.formula.saved_levels import pack_array
from logitkit.errors import DataError, FormulaError, LogitkitError
from tolerances import EXACT


def rows(n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(12)
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.uniform(1, 5, n), "g": rng.choice(["u", "v"], n)})
    eta = np.column_stack([np.zeros(n), 0.8 * frame["x"], 1 - 0.3 * frame["z"]])
    frame["y"] = np.array(["a", "b", "c"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    frame["w"] = rng.integers(1, 4, n)
    counts = rng.multinomial(6, [0.2, 0.3, 0.5], n)
    return frame.assign(n1=counts[:, 0], n2=counts[:, 1], n3=counts[:, 2], shift=rng.normal(size=n))


def separated() -> pd.DataFrame:
    frame = rows()
    return frame.assign(x=np.where(frame["y"] == "a", -1.0, frame["x"].abs() + 0.5))


MODELS: dict[str, Any] = {
    "plain": lambda: lk.multinomial("y ~ x + np.log(z) + g", rows()),
    "symmetric": lambda: lk.multinomial("y ~ x * g", rows(), reference=None),
    "reference": lambda: lk.multinomial("y ~ scale(x)", rows(), reference="c", weights="w"),
    "counts": lambda: lk.multinomial("cbind(n1, n2, n3) ~ x + C(g)", rows()),
    "per outcome": lambda: lk.multinomial("y ~ x + z", rows(), per_outcome={"c": "z"}),
    "equal": lambda: lk.multinomial("y ~ x + z", rows(), equal="x"),
    "aliased": lambda: lk.multinomial("y ~ x + I(2 * x) + g", rows()),
    "aliased, symmetric": lambda: lk.multinomial("y ~ x + I(2 * x) + g", rows(), reference=None),
    "badly scaled": lambda: lk.multinomial("y ~ I(x + 1e7) + z", rows()),
    "separated": lambda: lk.multinomial("y ~ x + z", separated()),
    "separated, symmetric": lambda: lk.multinomial("y ~ x + z", separated(), reference=None),
    "separated, restricted": lambda: lk.multinomial("y ~ x + z", separated(), equal="z"),
    "clusters": lambda: lk.multinomial("y ~ x", rows(), weights="z", weight_kind="sampling", cluster="g"),
    "offsets": lambda: lk.multinomial("y ~ x", rows(), offset={"b": "shift"}),
    "two outcomes": lambda: lk.multinomial("y ~ x", rows().query("y != 'c'")),
    "whole numbers": lambda: lk.multinomial(
        "y ~ x", rows().assign(y=lambda frame: frame["y"].map({"a": 3, "b": 1, "c": 7}))
    ),
}


@pytest.fixture(scope="module", params=list(MODELS))
def fit(request: Any) -> Any:
    return MODELS[request.param]()


def test_everything_comes_back(fit: Any, tmp_path: Path) -> None:
    path = fit.save(tmp_path / "model.json")
    json.loads(path.read_text(encoding="utf-8"), parse_constant=pytest.fail)  # strict JSON has no NaN and no Infinity
    loaded = lk.load(path)
    assert isinstance(loaded, lk.MultinomialFit)
    for name in ("coef", "std_error", "vcov", "trace"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(fit, name), check_exact=True)
    for name in ("formula", "outcomes", "reference", "n_obs", "n_params", "converged", "status", "aliased", "model"):
        assert getattr(loaded, name) == getattr(fit, name)
    assert loaded.record.info.response == fit.record.info.response
    pd.testing.assert_frame_equal(loaded.glance(), fit.glance(), check_exact=True)
    pd.testing.assert_frame_equal(loaded.odds_ratios(), fit.odds_ratios(), check_exact=True)
    # A summary reads the record only.
    assert str(loaded.summary()) == str(lk.MultinomialFit(fit.record).summary())
    assert loaded.save(tmp_path / "again.json").read_bytes() == path.read_bytes()


@pytest.mark.filterwarnings("ignore:Rows with missing predictions")  # centred logits, some of them infinite
def test_a_loaded_fit_predicts_and_tests_as_it_did(fit: Any, tmp_path: Path) -> None:
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    frame = separated() if fit.separation is not None else rows()
    part = frame.iloc[[3, 70, 11]]
    for verb in ("predict", "predict_logit", "predictions"):
        expected = getattr(fit, verb)(part)
        pd.testing.assert_frame_equal(getattr(loaded, verb)(part), expected, check_exact=True)
    tests = [each.anova(3, "Wald") for each in (loaded, fit)]
    np.testing.assert_array_equal(tests[0].statistic, tests[1].statistic)
    name = "b:x"
    if name in fit.record.names and np.isfinite(fit.record.coef[fit.record.names.index(name)]):
        assert loaded.test(f"{name} = 0").statistic == fit.test(f"{name} = 0").statistic


def numbers_in(value: Any) -> set[float]:
    if isinstance(value, dict):
        return numbers_in(list(value.values()))
    if isinstance(value, list):
        return set().union(*(numbers_in(item) for item in value))
    return {float(value)} if isinstance(value, int | float) and not isinstance(value, bool) else set()


def test_no_value_of_a_row_is_in_the_file(fit: Any, tmp_path: Path) -> None:
    frame = separated() if fit.separation is not None else rows()
    stored = numbers_in(json.loads(fit.save(tmp_path / "model.json").read_text(encoding="utf-8")))
    assert not stored & (set(frame["z"]) | set(frame["shift"]) | (set(frame["x"]) - {-1.0}))


def test_pickles_and_copies(fit: Any) -> None:
    pickled = pickle.loads(pickle.dumps(fit))
    assert pickled.design is None
    np.testing.assert_array_equal(pickled.record.coef, fit.record.coef)
    assert copy.copy(fit).design is fit.design
    assert copy.deepcopy(fit).record is fit.record


def test_array_offsets_are_asked_for_again(tmp_path: Path) -> None:
    frame = rows()
    fit = lk.multinomial("y ~ x", frame, offset={"b": frame["shift"].to_numpy()})
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    with pytest.raises(DataError, match="offset"):
        loaded.predict(frame)
    again = loaded.predict(frame, offset={"b": frame["shift"].to_numpy()})
    assert_allclose(again, fit.predict(), rtol=EXACT)


def test_a_ready_matrix(tmp_path: Path) -> None:
    frame = rows()
    X = np.column_stack([np.ones(len(frame)), frame["x"]])
    fit = lk.multinomial_matrix(X, frame["y"], ["Intercept", "x"])
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    assert_allclose(loaded.predict(X), fit.predict(), rtol=EXACT)


def test_verbs_that_need_rows_say_so_and_take_data(tmp_path: Path) -> None:
    frame = rows()
    fit = lk.multinomial("y ~ x", frame)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    for verb in (loaded.predict, loaded.augment):
        with pytest.raises(DataError, match="pass data="):
            verb()
    with pytest.raises(DataError, match="holds no rows for a likelihood-ratio test"):
        loaded.anova(3, "LR")
    pd.testing.assert_frame_equal(loaded.augment(frame), fit.augment(), rtol=EXACT)


def test_functions_of_the_caller_are_asked_for_by_name(tmp_path: Path) -> None:
    def stretched(values: Any) -> Any:
        return 2 * values

    fit = lk.multinomial("y ~ stretched(x)", rows())
    path = fit.save(tmp_path / "model.json")
    with pytest.raises(FormulaError, match="'stretched'"):
        lk.load(path)
    assert_allclose(lk.load(path, {"stretched": stretched}).predict(rows()), fit.predict(), rtol=EXACT)


def test_outcomes_that_json_cannot_hold(tmp_path: Path) -> None:
    days = {"a": date(2020, 1, 1), "b": date(2021, 1, 1), "c": date(2022, 1, 1)}
    fit = lk.multinomial("day ~ x", rows().assign(day=lambda frame: frame["y"].map(days)))
    with pytest.raises(DataError, match="The response 'day' keeps"):
        fit.save(tmp_path / "model.json")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda packed: packed.update(model={"Ordinary": {}}), "one of 'Binary', 'Multinomial', 'Ordinal'"),
        (
            lambda packed: packed.update(
                model={"Binary": {"link": "logit", "event": None, "information": "expected", "outcome": "event"}}
            ),
            "the outcomes \\['a', 'b', 'c'\\] of the kind 'nominal', which are not of its 'model'",
        ),
        (
            lambda packed: stated(packed, reference="d"),
            "its 'model' does not go .* reference='d' is not an outcome of 'y'",
        ),
        (lambda packed: stated(packed, reference=["a"]), r"reference=\['a'\] is not a single outcome"),
        (lambda packed: stated(packed, reference=None), "'coef' has 6 numbers and must have 9"),
        (lambda packed: stated(packed, equal="q"), "equal: 'q' is neither a term of the model nor a coefficient"),
        (lambda packed: stated(packed, equal=1), "its 'model' does not go .* 1 is not a name"),
        (
            lambda packed: stated(packed, per_outcome=1),
            "its 'model' cannot be stated so: per_outcome=1 is not a mapping",
        ),
        (lambda packed: stated(packed, event="b"), "'model.Multinomial' has an unknown field 'event'"),
        (lambda packed: packed["model"]["Multinomial"].pop("equal"), "'model.Multinomial' has no 'equal'"),
        (lambda packed: packed.update(aliased=[17]), r"'aliased\[0\]' is 17"),
        (lambda packed: packed.update(aliased=[1]), "'inner_coef' has 6 numbers and must have 5"),
        (lambda packed: packed["totals"]["array"].pop(), "'totals' has 2 numbers and must have 3"),
        (lambda packed: packed["coef"]["array"].pop(), "'coef' has 5 numbers and must have 6"),
        (
            lambda packed: packed["inner_vcov"].update(square=pack_array(np.eye(5))),
            "'inner_vcov.square' has 25 numbers and must have 36",
        ),
        (lambda packed: packed.pop("totals"), "it has no 'totals'"),
        (lambda packed: packed.update(colour="red"), "an unknown field 'colour'"),
        (
            lambda packed: packed.update(coordinates={"transform": ""}),
            "'coordinates.transform' has 0 numbers",
        ),
        (lambda packed: packed.update(coordinates={"transform": "AAAA", "vanishing": None}), "damaged"),
        (lambda packed: level(packed, "levels", ["a", "b"]), "'response.coded"),
        (lambda packed: level(packed, "levels", ["a", "b", "b"]), "'response.levels' holds 'b' twice"),
        (lambda packed: packed["terms"].pop(), "'terms' have the columns"),
    ],
)
def test_damage_is_named(damage: Any, words: str, tmp_path: Path) -> None:
    path = lk.multinomial("y ~ x + z", rows()).save(tmp_path / "model.json")
    packed = json.loads(path.read_text(encoding="utf-8"))
    damage(packed)
    path.write_text(json.dumps(packed), encoding="utf-8")
    with pytest.raises(LogitkitError, match=words):
        lk.load(path)


def stated(packed: dict[str, Any], **changes: Any) -> None:
    """Change what the model of a file says."""
    packed["model"]["Multinomial"] |= changes


def level(packed: dict[str, Any], name: str, value: Any) -> None:
    entry = next(entry for entry in packed["response"]["dict"] if entry[0] == name)
    entry[1] = value


@pytest.mark.parametrize("model", ["plain", "separated", "equal", "aliased"])
def test_any_part_of_another_type_is_refused_by_an_error_of_ours(model: str, tmp_path: Path) -> None:
    path = MODELS[model]().save(tmp_path / "model.json")
    packed = json.loads(path.read_text(encoding="utf-8"))
    for key in packed:
        for value in ([], {}, "text", True, [["a"]], {"array": [1.0]}, {"dict": 3}):
            harmless = value == [] and key in {"trace", "references"}
            if value == packed[key] or harmless or (type(value), type(packed[key])) == (str, str):
                continue
            other = path.with_name("edited.json")
            other.write_text(json.dumps(packed | {key: value}), encoding="utf-8")
            with pytest.raises(LogitkitError):
                lk.load(other)


def test_the_logit_of_the_reference_is_zero_also_where_it_is_gone() -> None:
    frame = separated()
    fit = lk.multinomial("y ~ x + z", frame)
    logits = fit.predict_logit()
    assert (logits["a"] == 0.0).all()
    assert np.isposinf(logits.loc[frame["y"] != "a", ["b", "c"]]).all(axis=None)
