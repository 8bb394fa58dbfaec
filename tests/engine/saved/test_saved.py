"""Saved fits: plain versioned JSON without training data, and refusals by name."""

from __future__ import annotations

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
from logitkit.engine.saved.file import VERSION, digest_of
from logitkit.errors import DataError, FormulaError, LogitkitError
from oracles.likelihood import mean
from references.load import load_frame, load_reference
from tolerances import EXACT


def rows(n: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.uniform(1, 5, n),
            "g": rng.choice(["a", "b", "c"], n),
            "h": pd.Categorical(rng.choice(["no", "yes"], n), ["yes", "no"]),
            "k": rng.integers(1, 4, n),
            "flag": rng.random(n) < 0.5,
        }
    )
    frame["y"] = (rng.random(n) < mean((frame["x"] + 0.3 * frame["z"] - 1).to_numpy())).astype(int)
    return frame


def numbers_in(value: Any) -> set[float]:
    if isinstance(value, dict):
        return numbers_in(list(value.values()))
    if isinstance(value, list):
        return set().union(*(numbers_in(item) for item in value))
    return {float(value)} if isinstance(value, int | float) and not isinstance(value, bool) else set()


FORMULAS = (
    "y ~ x + z + C(g) + h",
    "y ~ x * g + np.log(z)",
    "y ~ 0 + C(g, contr.treatment('c')) + offset(z / 10)",
    "y ~ flag:x + C(k) + scale(z)",
    "cbind(y, k) ~ x + C(g, contr.sum)",
    "y ~ I(x > 0) + center(z)",
)


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_value_of_a_row_is_in_the_file(formula: str, tmp_path: Path) -> None:
    frame = rows()
    fit = lk.logit(formula, frame, weights="k" if "cbind" not in formula else None)
    text = fit.save(tmp_path / "model.json").read_text(encoding="utf-8")
    packed = json.loads(text)
    assert text.isascii()
    stored = numbers_in(packed)
    drawn = set(frame["x"]) | set(frame["z"])
    assert not stored & drawn
    assert not any(f"{value!r}" in text for value in drawn)
    # Nothing grows with the rows either.
    twice = pd.concat([frame, frame], ignore_index=True)
    again = lk.logit(formula, twice, weights="k" if "cbind" not in formula else None)
    longer = again.save(tmp_path / "twice.json").read_text(encoding="utf-8")
    assert abs(len(longer.splitlines()) - len(text.splitlines())) <= 7 * abs(len(again.trace) - len(fit.trace))


def test_a_spline_keeps_its_knots_and_no_more(tmp_path: Path) -> None:
    frame = rows()
    fit = lk.logit("y ~ bs(x, df=5)", frame)
    path = fit.save(tmp_path / "model.json")
    shared = numbers_in(json.loads(path.read_text(encoding="utf-8"))) & set(frame["x"])
    # The outer knots are the extremes of the column, which the basis needs.
    assert shared <= {frame["x"].min(), frame["x"].max()}


@pytest.mark.parametrize("formula", FORMULAS)
def test_everything_comes_back(formula: str, tmp_path: Path) -> None:
    frame = rows()
    fit = lk.logit(formula, frame)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    for one, other in [(fit.coef, loaded.coef), (fit.std_error, loaded.std_error)]:
        pd.testing.assert_series_equal(one, other, check_exact=True)
    pd.testing.assert_frame_equal(loaded.vcov, fit.vcov, check_exact=True)
    pd.testing.assert_frame_equal(loaded.trace, fit.trace)
    for key in ("formula", "loglik", "aic", "bic", "n_obs", "dof_residual", "converged", "status", "aliased"):
        assert getattr(loaded, key) == getattr(fit, key)
    assert loaded.record.fingerprint == fit.record.fingerprint
    assert_allclose(loaded.predict(frame), fit.predict(), rtol=EXACT)
    assert str(loaded.summary()) == str(lk.Fit(fit.record).summary())
    # Saving what was loaded gives the same bytes.
    assert loaded.save(tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


@pytest.mark.parametrize("reference", ["endometrial", "lbw_aliased"])
def test_infinite_and_missing_numbers_are_kept(reference: str, tmp_path: Path) -> None:
    stored = load_reference(reference)
    frame = load_frame(stored)
    fit = lk.logit(stored["model"]["formula"], frame)
    path = fit.save(tmp_path / "model.json")
    text = path.read_text(encoding="utf-8")
    json.loads(text, parse_constant=pytest.fail)  # strict JSON has no NaN and no Infinity
    assert f'"float": "{fit.coef[~np.isfinite(fit.coef)].iloc[0]}"' in text
    loaded = lk.load(path)
    assert np.array_equal(loaded.coef, fit.coef, equal_nan=True)
    assert loaded.aliased == fit.aliased
    assert_allclose(loaded.predict(frame), fit.predict(), rtol=EXACT)
    assert_allclose(loaded.predict_logit(frame), fit.predict_logit(), rtol=EXACT)
    assert str(loaded.summary()) == str(lk.Fit(fit.record).summary())
    if fit.separation is not None:
        assert loaded.separation is not None
        assert np.array_equal(loaded.separation.direction, fit.separation.direction)
        assert loaded.separation.n_rows == fit.separation.n_rows


def test_sandwich_weights_and_array_offsets_survive(tmp_path: Path) -> None:
    frame = rows()
    fit = lk.logit("y ~ x", frame, weights="z", weight_kind="sampling", cluster="g", offset=frame["z"] / 10)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    assert np.array_equal(loaded.vcov, fit.vcov)
    assert loaded.record.covariance == fit.record.covariance
    assert np.isnan(loaded.aic)
    with pytest.raises(DataError, match="offset"):
        loaded.predict(frame)
    assert_allclose(loaded.predict(frame, offset=frame["z"] / 10), fit.predict(), rtol=EXACT)


def test_a_ready_matrix(tmp_path: Path) -> None:
    frame = rows()
    X = np.column_stack([np.ones(80), frame["x"]])
    fit = lk.logit_matrix(X, frame["y"], names=["Intercept", "x"])
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    assert_allclose(loaded.predict(X), fit.predict(), rtol=EXACT)
    assert loaded.formula is None


def test_text_outcomes_and_their_event(tmp_path: Path) -> None:
    frame = rows()
    for values in (["good", "bad"], [False, True], [1, 2], [1.5, 2.5]):
        frame["answer"] = np.array(values)[frame["y"]]
        fit = lk.logit("answer ~ x", frame, event=values[1])
        loaded = lk.load(fit.save(tmp_path / "model.json"))
        assert_allclose(loaded.residuals("response", frame), fit.residuals("response"), rtol=EXACT)


def test_a_function_of_the_caller_is_refused_by_name_and_accepted_when_given(tmp_path: Path) -> None:
    def stretched(values: Any) -> Any:
        return 2 * values

    def unused(values: Any) -> Any:
        return values

    frame = rows()
    shift = 3.0
    fit = lk.logit("y ~ stretched(x) + C(unused(g)) + I(z - shift) + np.sqrt(z)", frame)
    path = fit.save(tmp_path / "model.json")
    with pytest.raises(FormulaError) as caught:
        lk.load(path)
    assert "'stretched', 'unused'" in str(caught.value)
    assert "functions={'stretched': stretched, 'unused': unused}" in str(caught.value)
    with pytest.raises(FormulaError, match="'unused'"):
        lk.load(path, functions={"stretched": stretched})
    loaded = lk.load(path, functions={"stretched": stretched, "unused": unused})
    assert_allclose(loaded.predict(frame), fit.predict(), rtol=EXACT)
    changed = lk.load(path, functions={"stretched": stretched, "unused": lambda values: values == "a"})
    with pytest.raises(DataError, match=r"unused\(g\)"):
        changed.predict(frame)
    assert shift == 3.0


def edited(path: Path, **changes: Any) -> Path:
    packed = json.loads(path.read_text(encoding="utf-8"))
    other = path.with_name("edited.json")
    other.write_text(json.dumps(packed | changes), encoding="utf-8")
    return other


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = lk.logit("y ~ x", rows()).save(tmp_path / "model.json")
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == VERSION
    for version in (VERSION + 1, 0, None, "1"):
        with pytest.raises(DataError, match=f"version {version!r} .* reads versions 4 to {VERSION}.*or load it with"):
            lk.load(edited(path, version=version))


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = lk.logit("y ~ x", rows()).save(tmp_path / "model.json")
    with pytest.raises(DataError, match="is not a fit that logitkit saved"):
        lk.load(edited(path, format="another"))
    for content, words in [("[1, 2]", "not a fit"), ("{}", "not a fit"), ("y ~ x", "not JSON"), ("", "not JSON")]:
        other = tmp_path / "other.json"
        other.write_text(content, encoding="utf-8")
        with pytest.raises(DataError, match=words):
            lk.load(other)
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(DataError, match=r"binary\.json"):
        lk.load(binary)
    for absent in (tmp_path / "absent.json", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            lk.load(absent)


def test_a_file_cut_short_or_without_a_part_is_refused(tmp_path: Path) -> None:
    path = lk.logit("y ~ x", rows()).save(tmp_path / "model.json")
    text = path.read_text(encoding="utf-8")
    short = tmp_path / "short.json"
    short.write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(DataError, match="not JSON"):
        lk.load(short)
    packed = json.loads(text)
    for key in ("coef", "coding", "status", "trace"):
        part = tmp_path / "part.json"
        part.write_text(json.dumps({name: value for name, value in packed.items() if name != key}), encoding="utf-8")
        with pytest.raises(DataError, match=key):
            lk.load(part)


def test_verbs_that_need_rows_say_so_and_take_data(tmp_path: Path) -> None:
    frame = rows()
    fit = lk.logit("y ~ x + C(g)", frame)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    for verb in (loaded.predict, loaded.residuals, loaded.influence, loaded.augment, loaded.discrimination):
        with pytest.raises(DataError, match="pass data="):
            verb()
    pd.testing.assert_frame_equal(loaded.influence(frame), fit.influence())
    assert loaded.r_squared["tjur"] == fit.r_squared["tjur"]
    assert str(loaded) == str(fit)


def test_pickling_leaves_the_rows_behind() -> None:
    frame = rows()
    fit = lk.logit("y ~ x + C(g)", frame)
    copy = pickle.loads(pickle.dumps(fit))
    assert copy.design is None
    assert_allclose(copy.predict(frame), fit.predict(), rtol=EXACT)
    assert repr(frame["x"].iloc[0]).encode() not in pickle.dumps(fit)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ {x**2}",
        "y ~ {x**2} + I(x**2 + z)",
        "y ~ {x + z}:g + {x**2}:{z > 2}",
        "y ~ (x + z + g)**2 - z",
        "y ~ `x in m` * C(`the g`) + np.log(`x in m` + 9)",
        "y ~ `a:b` + `a:b`:z + `a:b`:`x in m`",
        "y ~ 0 + {x**2} + offset(z)",
        "y ~ x + one",
        "y ~ 0 + one + x",
        "y ~ one:x + {z / 2}",
        "y ~ C(g, levels=['c', 'b', 'a']):x + poly(z, 2)",
    ],
)
def test_terms_come_back_as_they_were(formula: str, tmp_path: Path) -> None:
    frame = rows()
    frame = frame.assign(one="only", **{"x in m": frame["x"], "the g": frame["g"], "a:b": frame["z"] ** 2})
    fit = lk.logit(formula, frame)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    assert list(loaded.coef.index) == list(fit.coef.index)
    assert_allclose(loaded.predict(frame), fit.predict(), rtol=EXACT)
    assert_allclose(loaded.predict(frame.iloc[[3]]), fit.predict().iloc[[3]], rtol=EXACT)
    terms = [[(f.expr, f.eval_method) for f in term.factors] for term in fit.record.info.coding.spec.formula]
    again = [[(f.expr, f.eval_method) for f in term.factors] for term in loaded.record.info.coding.spec.formula]
    assert again == terms
    assert loaded.save(tmp_path / "again.json").read_bytes() == (tmp_path / "model.json").read_bytes()


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    fit = lk.logit("y ~ x", rows())
    for path in (tmp_path / "absent" / "model.json", tmp_path):
        with pytest.raises(DataError, match="cannot be written") as caught:
            fit.save(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("values", [[date(2020, 1, 1), date(2021, 1, 1)], [b"no", b"yes"]])
def test_an_outcome_that_json_cannot_hold(values: Any, tmp_path: Path) -> None:
    frame = rows()
    frame["answer"] = [values[code] for code in frame["y"]]
    fit = lk.logit("answer ~ x", frame)
    with pytest.raises(DataError, match=r"The response 'answer' keeps .* use numbers or text"):
        fit.save(tmp_path / "model.json")
    assert not (tmp_path / "model.json").exists()


def test_levels_that_json_cannot_hold(tmp_path: Path) -> None:
    frame = rows()
    frame["when"] = np.array([date(2020, 1, 1), date(2021, 1, 1)])[frame["y"].sample(frac=1, random_state=1)]
    fit = lk.logit("y ~ C(when)", frame)
    with pytest.raises(DataError, match=r"C\(when\) keeps Timestamp"):
        fit.save(tmp_path / "model.json")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda packed: packed["coef"]["array"].pop(), "'coef' has 2 numbers and must have 3"),
        (
            lambda packed: packed["inner_vcov"].update(square=pack_array(np.eye(2))),
            "'inner_vcov.square' has 4 numbers and must have 9",
        ),
        (lambda packed: packed.update(coef=[1.0, 2.0, 3.0]), "'coef' is of type list"),
        (lambda packed: packed.update(coef="many"), "'coef' is of type str"),
        (lambda packed: packed.update(coef={"array": ["a", "b", "c"]}), "'coef' holds a value of type str"),
        (lambda packed: packed.update(coef={"nothing": 1}), "'coef' is of type dict, .*must be an array"),
        (
            lambda packed: packed.update(names=["Intercept", "x", 3]),
            r"'names\[2\]' is of type int, 3",
        ),
        (lambda packed: packed["names"].pop(), r"'terms\[2\]\[1\]\[0\]' is 2, and must be at least 0 and less than 2"),
        (lambda packed: packed["terms"].pop(), "'terms' have the columns"),
        (lambda packed: packed.update(terms=[1, 2]), r"'terms\[0\]' is of type int, 1, and must be a list of 2"),
        (lambda packed: packed.update(aliased=[7]), r"'aliased\[0\]' is 7, and must be at least 0 and less than 3"),
        (lambda packed: packed.update(loglik="low"), "'loglik' is of type str"),
        (lambda packed: packed.update(n_obs=None), "'n_obs' is of type NoneType"),
        (lambda packed: packed.update(level=True), "'level' is of type bool"),
        (lambda packed: packed.update(deviance={"float": "much"}), "'deviance' is of type dict, .* must be a number"),
        (lambda packed: packed.update(deviance={"array": []}), "'deviance' is of type dict"),
        (lambda packed: packed.update(status="FINE"), "'status' is 'FINE', which is not known"),
        (lambda packed: packed.update(trace=[1]), r"'trace\[0\]' is of type int"),
        (lambda packed: packed.update(colour="red"), "an unknown field 'colour'"),
        (lambda packed: packed.pop("deviance"), "it has no 'deviance'"),
        (lambda packed: packed["covariance"].update(colour="red"), "colour"),
        (lambda packed: packed["covariance"].pop("kind") and None, "'covariance' has no 'kind'"),
        (lambda packed: packed["coding"].pop("terms"), "'coding' has no 'terms'"),
        (lambda packed: packed["coding"].update(names=["Intercept", "x", "q"]), "the names in 'coding' are not"),
        (lambda packed: packed["coding"]["terms"][0][0].append(1), r"'coding.terms\[0\]\[0\]' .* must be a list of 2"),
        (lambda packed: packed["coding"]["terms"][0].__setitem__(0, ["x", "guess"]), "is 'guess', which is not known"),
        (lambda packed: packed["coding"].update(state=[]), "'coding.state' is of type list"),
        (lambda packed: packed["counts"]["dict"].pop(), "it has no 'missing_by_column'|missing_by_column"),
        (lambda packed: packed["counts"]["dict"].__setitem__(0, ["given", "many"]), "'counts.given' is of type str"),
        (lambda packed: packed["model"]["Binary"].update(link="tobit"), "its 'model' cannot be stated so: .*tobit"),
        (lambda packed: packed["model"]["Binary"].update(link=["logit"]), "its 'model' cannot be stated so"),
        (lambda packed: packed["model"]["Binary"].update(event=[1]), "event=.* is not a single value"),
        (lambda packed: packed["model"].update(Ordinal={}), "'model' has an unknown field 'Ordinal'"),
        (lambda packed: packed.update(model={"os.system": {"command": "true"}}), "'model' is of type dict"),
        (lambda packed: packed["coef"]["array"].__setitem__(1, 7.5), "'coef' of 'x' does not agree with 'inner_coef'"),
        (
            lambda packed: packed["inner_coef"]["array"].__setitem__(2, 7.5),
            "'coef' of 'z' does not agree with 'inner_coef'",
        ),
        (lambda packed: packed.update(null_loglik=1e308), "'null_loglik' is 1e.308, but a likelihood is at most"),
    ],
)
def test_damage_is_named(damage: Any, words: str, tmp_path: Path) -> None:
    path = lk.logit("y ~ x + z", rows()).save(tmp_path / "model.json")
    packed = json.loads(path.read_text(encoding="utf-8"))
    damage(packed)
    path.write_text(json.dumps(packed), encoding="utf-8")
    with pytest.raises(LogitkitError, match=words):
        lk.load(path)


def test_a_limit_in_no_direction_is_refused(tmp_path: Path) -> None:
    """A file says that nothing runs to infinity by having no limit."""
    path = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]}).save(tmp_path / "model.json")
    assert lk.load(path).record.is_separated
    packed = json.loads(path.read_text(encoding="utf-8"))
    packed["limit"]["dimension"] = 0
    path.write_text(json.dumps(packed), encoding="utf-8")
    with pytest.raises(LogitkitError, match=r"'limit\.dimension' is 0, and must be at least 1"):
        lk.load(path)


def test_coefficients_of_several_outcomes_are_those_that_predict(tmp_path: Path) -> None:
    path = lk.multinomial("g ~ x + z", rows()).save(tmp_path / "model.json")
    packed = json.loads(path.read_text(encoding="utf-8"))
    packed["coef"]["array"][4] += 1e-3
    with pytest.raises(DataError, match="'coef' of 'c:x' does not agree with 'inner_coef'"):
        lk.load(edited(path, **packed))


def test_a_file_nested_without_end_is_refused_in_our_words(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text("[" * 100_000 + "]" * 100_000, encoding="utf-8")
    with pytest.raises(DataError, match="damaged: it is nested more than 40 deep"):
        lk.load(path)


def test_a_likelihood_of_nothing_is_shown(tmp_path: Path) -> None:
    path = lk.logit("y ~ x + z", rows()).save(tmp_path / "model.json")
    packed = json.loads(path.read_text(encoding="utf-8")) | {"loglik": -1e308}
    packed["digest"] = digest_of({name: value for name, value in packed.items() if name != "digest"})
    assert "Log-likelihood" in str(lk.load(edited(path, **packed)).summary())


@pytest.mark.parametrize("reference", ["endometrial", "lbw_aliased"])
def test_any_part_of_another_type_is_refused_by_an_error_of_ours(reference: str, tmp_path: Path) -> None:
    stored = load_reference(reference)
    path = lk.logit(stored["model"]["formula"], load_frame(stored)).save(tmp_path / "model.json")
    packed = json.loads(path.read_text(encoding="utf-8"))
    assert lk.load(path).formula == stored["model"]["formula"]
    for key in packed:
        for value in ([], {}, "text", True, [["a"]], {"array": [1.0]}, {"dict": 3}):
            empty_is_fine = value == [] and key in {"trace", "references"}
            if value == packed[key] or empty_is_fine or (type(value), type(packed[key])) == (str, str):
                continue
            other = edited(path, **{key: value})
            with pytest.raises(LogitkitError):
                lk.load(other)
