"""Bad input of several outcomes gets an error of our own: what is wrong, the value, where, and what to do."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from design.inputs import unchanged
from logitkit.errors import DataError, FormulaError, LogitkitError, ResponseError, UnsupportedError
from multinomial.tables import table

N = 240
ROWS = table(3, N)
COUNTS = pd.DataFrame({"a": [1, 2, 3, 4], "b": [2, 0, 1, 1], "c": [0, 1, 2, 3], "x": [0.0, 1, 2, 4]})


def assert_says(error: BaseException, kind: type[LogitkitError], *parts: str) -> None:
    assert type(error) is kind
    assert isinstance(error, ValueError)
    for part in parts:
        assert part in str(error), f"{part!r} is not in {str(error)!r}"


FITS: dict[str, tuple[str, Any, dict[str, Any], type[LogitkitError], tuple[str, ...]]] = {
    "one outcome": ("y ~ x", ROWS.assign(y="a"), {}, ResponseError, ("'y'", "one outcome only (a)")),
    "one that weighs": ("y ~ x", ROWS, {"weights": (ROWS["y"] == "b") * 1.0}, ResponseError, ("one outcome only (b)",)),
    "measurements": ("x ~ z", ROWS, {}, ResponseError, ("'x'", "240 different numbers", "looks like a measurement")),
    "no such reference": ("y ~ x", ROWS, {"reference": "q"}, ResponseError, ("reference='q'", "'y'", "a, b, c")),
    "a list as reference": ("y ~ x", ROWS, {"reference": ["a"]}, DataError, ("reference=['a']",)),
    "an empty reference": (
        "y ~ x",
        ROWS.assign(y=pd.Categorical(ROWS["y"], ["a", "b", "c", "never"])),
        {"reference": "never"},
        ResponseError,
        ("'never'", "does not occur among the rows of positive weight"),
    ),
    "one offset": ("y ~ x", ROWS, {"offset": np.zeros(N)}, DataError, ("shape (240,)", "one offset per outcome")),
    "a name as offset": ("y ~ x", ROWS, {"offset": "x"}, DataError, ("one offset per outcome",)),
    "two offsets": ("y ~ x", ROWS, {"offset": np.zeros((N, 2))}, DataError, ("2 columns", "3 outcomes (a, b, c)")),
    "short offsets": ("y ~ x", ROWS, {"offset": np.zeros((N - 1, 3))}, DataError, ("239 values", "240 rows")),
    "turned offsets": ("y ~ x", ROWS, {"offset": np.zeros((3, N))}, DataError, ("3 values", "240 rows")),
    "offset of none": ("y ~ x", ROWS, {"offset": {"q": "x"}}, DataError, ("'q'", "not an outcome", "a, b, c")),
    "offset of no column": ("y ~ x", ROWS, {"offset": {"b": "xx"}}, DataError, ("'xx'", "Did you mean 'x'")),
    "infinite offset": ("y ~ x", ROWS, {"offset": {"b": np.full(N, np.inf)}}, DataError, ("inf in row 0",)),
    "offset in the formula": (
        "y ~ x + offset(z)",
        ROWS,
        {},
        FormulaError,
        ("changes no probability", "one offset per outcome"),
    ),
    "negative counts": ("cbind(a, b, c) ~ x", COUNTS.assign(b=[2, -1, 1, 1]), {}, ResponseError, ("b", "-1", "row 1")),
    "half a count": ("cbind(a, b, c) ~ x", COUNTS.assign(b=[2, 0.5, 1, 1]), {}, ResponseError, ("0.5", "row 1")),
    "counts of words": ("cbind(a, b, c) ~ x", COUNTS.assign(b="q"), {}, ResponseError, ("must be numbers",)),
    "no counts": ("cbind(a, b, c) ~ x", COUNTS.assign(a=0, b=0, c=0), {}, ResponseError, ("are zero",)),
    "counts of one": ("cbind(a, b, c) ~ x", COUNTS.assign(b=0, c=0), {}, ResponseError, ("one outcome only (a)",)),
    "counts twice": ("cbind(a, b, a) ~ x", COUNTS, {}, ResponseError, ("same counts twice",)),
    "words beside numbers": (
        "y ~ x",
        pd.DataFrame({"y": pd.Categorical([1, "1", "2", 1, "1", "2"]), "x": [1.0, 2, 3, 4, 5, 7]}),
        {},
        DataError,
        ("'y' mixes int and str",),
    ),
    "two coefficients of one name": (
        "y ~ x * z",
        ROWS.replace({"y": {"a": "0", "b": "q:x", "c": "q"}}),
        {},
        FormulaError,
        ("'q:x:z'", "rename"),
    ),
    "missing and not allowed": (
        "y ~ x",
        ROWS.assign(y=ROWS["y"].where(ROWS["x"] > 0)),
        {"missing": "raise"},
        DataError,
        ("y",),
    ),
    "a solver by name": ("y ~ x", ROWS, {"solver": "lbfgs"}, DataError, ("'lbfgs'", "lk.Newton")),
    "one cluster": ("y ~ x", ROWS, {"cluster": np.ones(N)}, DataError, ("1 cluster",)),
    "weights below zero": ("y ~ x", ROWS, {"weights": -np.ones(N)}, DataError, ("-1.0 in row 0",)),
}


@pytest.mark.parametrize("name", list(FITS))
def test_fits_that_are_refused(name: str) -> None:
    formula, frame, options, kind, parts = FITS[name]
    with unchanged(frame), pytest.raises(LogitkitError) as caught:
        lk.multinomial(formula, frame, **options)
    assert_says(caught.value, kind, *parts)


VERBS: dict[str, tuple[Callable[[lk.MultinomialFit], Any], type[LogitkitError], tuple[str, ...]]] = {
    "an unknown outcome": (lambda fit: fit.test("q:x = 0"), FormulaError, ("'q:x'", "Did you mean")),
    "an unknown term": (lambda fit: fit.test("b:age = 0"), FormulaError, ("b:age",)),
    "no outcome": (lambda fit: fit.test("x = 1"), FormulaError, ("'x'", "b:x", "outcome:term")),
    "the reference": (lambda fit: fit.test("a:x = 0"), FormulaError, ("the reference, 'a', has none",)),
    "half a hypothesis": (lambda fit: fit.test("b:x = "), FormulaError, ("b:x",)),
    "ratios of none": (lambda fit: fit.odds_ratios(outcome="q"), ResponseError, ("outcome='q'", "a, b, c")),
    "ratios against itself": (
        lambda fit: fit.odds_ratios(outcome="b", against="b"),
        DataError,
        ("'b' against itself",),
    ),
    "ratios of the reference": (lambda fit: fit.odds_ratios(outcome="a"), DataError, ("'a' against itself",)),
    "units of none": (lambda fit: fit.odds_ratios(units={"age": 1}), FormulaError, ("'age'",)),
    "units of zero": (lambda fit: fit.odds_ratios(units={"x": 0}), DataError, ("units['x'] = 0",)),
    "an unknown residual": (
        lambda fit: fit.residuals("likelihood"),
        UnsupportedError,
        ("'likelihood'", "response, pearson"),
    ),
    "an unknown test": (lambda fit: fit.anova(test="rao"), DataError, ("'rao'", "'LR'")),
    "another": (lambda fit: fit.combine_tests("score"), DataError, ("'score'", "'LR' or 'Wald'")),
    "an unknown method": (lambda fit: fit.iia_tests("cheng"), DataError, ("'cheng'", "'hausman'")),
    "a seed of words": (lambda fit: fit.iia_tests("small_hsiao", seed="x"), DataError, ("seed='x'",)),
    "a seed below zero": (lambda fit: fit.iia_tests("small_hsiao", seed=-1), DataError, ("seed=-1",)),
    "a new level": (lambda fit: fit.predict(ROWS.head(2).assign(g="new")), DataError, ("'new'", "unseen='missing'")),
    "a missing column": (lambda fit: fit.predict(ROWS[["x"]]), DataError, ("'g'",)),
    "an offset for nothing": (lambda fit: fit.predict(ROWS, offset={"b": np.ones(N)}), DataError, ("without one",)),
    "no data": (lambda fit: pickle.loads(pickle.dumps(fit)).predict(), DataError, ("pass data",)),
    "no rows for a ratio": (lambda fit: pickle.loads(pickle.dumps(fit)).anova(3), DataError, ("use test='Wald'",)),
    "no rows to fit": (lambda fit: pickle.loads(pickle.dumps(fit)).iia_tests(), DataError, ("does not hold the rows",)),
    "a level of 2": (lambda fit: fit.predictions(level=2.0), DataError, ("level=2.0",)),
}


@pytest.mark.parametrize("name", list(VERBS))
def test_questions_that_are_refused(name: str) -> None:
    ask, kind, parts = VERBS[name]
    with pytest.raises(LogitkitError) as caught:
        ask(lk.multinomial("y ~ x + g", ROWS))
    assert_says(caught.value, kind, *parts)


def test_levels_that_do_not_occur_are_left_out_and_told() -> None:
    fit = lk.multinomial("y ~ x", ROWS.assign(y=pd.Categorical(ROWS["y"], ["never", "c", "b", "a"])))
    assert fit.outcomes == ("c", "b", "a")
    assert fit.record.info.response.empty == ("never",)
    assert lk.multinomial("y ~ x", ROWS).record.info.response.empty == ()
    assert lk.multinomial("y ~ x", ROWS.assign(y=pd.Categorical(ROWS["y"], list("cba")))).reference == "c"
    weightless = lk.multinomial("y ~ x", ROWS, weights=(ROWS["y"] != "b") * 1.0)
    assert weightless.outcomes == ("a", "c")
    assert weightless.record.info.response.empty == ("b",)
    two = lk.logit("y ~ x", ROWS.query("y != 'b'"), event="c")
    np.testing.assert_allclose(weightless.coef["c"], two.coef, rtol=1e-9)
    counted = lk.multinomial("cbind(a, b, c) ~ x", COUNTS.assign(b=0))
    assert counted.outcomes == ("a", "c")


def test_an_outcome_that_occurs_once() -> None:
    frame = ROWS.copy()
    frame.loc[3, "y"] = "rare"
    fit = lk.multinomial("y ~ x", frame)
    assert fit.converged
    expected = lk.multinomial("y ~ 1", frame).predict().iloc[0]
    np.testing.assert_allclose(expected, frame["y"].value_counts(normalize=True).sort_index(), rtol=1e-9)
    # A single row of an outcome, with a factor beside it, is at infinity: that is found, and no error.
    assert lk.multinomial("y ~ x + g", frame).separation is not None


def test_more_outcomes_than_rows() -> None:
    wide = COUNTS.iloc[:3].assign(e=[1, 2, 1], f=[3, 1, 1], h=[1, 1, 2])
    fit = lk.multinomial("cbind(a, b, c, e, f, h) ~ x", wide)
    assert fit.converged
    np.testing.assert_allclose(
        fit.predict().mul(wide[list("abcefh")].sum(axis=1), axis=0).sum(), wide[list("abcefh")].sum()
    )
    each = lk.multinomial("y ~ x", {"y": list("abcdef"), "x": [1.0, 2, 3, 4, 5, 7]})
    assert each.separation is not None
    np.testing.assert_allclose(each.loglik, 0.0, atol=1e-9)


@pytest.mark.parametrize(
    ("values", "reference", "name"),
    [
        ([1, 2, 3], 2, "2"),
        ([1, 2, 3], np.int64(2), "2"),
        ([1, 2, 3], "2", "2"),
        ([0.5, 1.0, 1.5], 1.0, "1.0"),
        ([False, True], True, "True"),
        (["x", "y", "z"], "z", "z"),
    ],
)
def test_outcomes_of_any_kind(values: list[Any], reference: Any, name: str) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"y": np.array(values)[rng.integers(0, len(values), 60)], "x": rng.normal(size=60)})
    fit = lk.multinomial("y ~ x", frame, reference=reference)
    assert fit.reference == name
    assert fit.outcomes == tuple(str(value) for value in values)
