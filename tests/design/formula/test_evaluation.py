"""The evaluator of formulas against plain NumPy on float64, and what it refuses."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.formula.evaluation import Scope
from logitkit.errors import DataError, DataWarning, FormulaError
from tolerances import EXACT, ROUTE

N = 40
RNG = np.random.default_rng(3)
STORED: dict[str, Any] = {
    "b": RNG.random(N) < 0.5,
    "c": RNG.random(N) < 0.3,
    "i8": RNG.integers(-128, 128, N).astype(np.int8),
    "u8": RNG.integers(0, 256, N).astype(np.uint8),
    "i16": RNG.integers(-32768, 32768, N).astype(np.int16),
    "u32": RNG.integers(0, 2**32, N).astype(np.uint32),
    "u64": RNG.integers(0, 2**40, N).astype(np.uint64),
    "i64": RNG.integers(-(10**12), 10**12, N),
    "f16": RNG.normal(size=N).astype(np.float16),
    "f32": (1990 + RNG.integers(0, 30, N)).astype(np.float32),
    "f64": RNG.normal(size=N),
}
#: The same columns as numbers of 64 bits: what the evaluator must compute with.
WIDE = {name: values.astype(np.float64) for name, values in STORED.items()}
FRAME = pd.DataFrame(STORED)


def evaluate(text: str, columns: Any = None) -> Any:
    frame = FRAME if columns is None else columns
    return Scope({name: frame[name] for name in frame}, {}, {}).evaluate(text, dict)


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
COMPARED = {">": operator.gt, "<=": operator.le, "==": operator.eq}


Pair = tuple[str, Callable[[], Any]]


def computed(sign: str, left: Pair, right: Pair) -> Pair:
    return f"({left[0]} {sign} {right[0]})", lambda: ARITHMETIC[sign](left[1](), right[1]())


def compared(sign: str, name: str, constant: int) -> Pair:
    return f"({name} {sign} {constant})", lambda: COMPARED[sign](WIDE[name], constant) * 1.0


def applied(form: str, function: Callable[[Any], Any], inner: Pair) -> Pair:
    return form.format(inner[0]), lambda: function(np.asarray(inner[1](), dtype=np.float64))


FORMS = [
    ("(-{})", operator.neg),
    ("({} / 7)", lambda values: values / 7),
    ("({} ** 3)", lambda values: values**3),
    ("np.arctan({})", np.arctan),
    ("np.square({})", np.square),
]
LEAVES = st.one_of(
    st.sampled_from(sorted(STORED)).map(lambda name: (name, lambda: WIDE[name])),
    st.integers(-3, 9).map(lambda value: (f"({value})", lambda: float(value))),
    st.builds(compared, st.sampled_from(sorted(COMPARED)), st.sampled_from(sorted(STORED)), st.integers(-3, 9)),
)
NUMBERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(computed, st.sampled_from(sorted(ARITHMETIC)), inner, inner),
        st.builds(lambda form, part: applied(*form, part), st.sampled_from(FORMS), inner),
    ),
    max_leaves=5,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(NUMBERS)
def test_numbers_are_those_of_numpy_on_float64(pair: Pair) -> None:
    text, twin = pair
    with np.errstate(all="ignore"):
        expected = np.asarray(twin())
        found = np.asarray(evaluate(text), dtype=np.float64)
    # Whole numbers are exact here and rounded in the twin; differences of large ones show that at the largest's scale.
    scale = 1e-9 * np.max(np.abs(np.where(np.isfinite(expected), expected, 0.0)), initial=1.0)
    assert_allclose(found, np.broadcast_to(expected, found.shape), rtol=ROUTE, atol=scale)


TRUTHS = ["b & c", "b | c", "~b", "~(b & ~c)", "(f64 > 0) & b", "~(f64 > 0) | (u8 > 9)"]


WHOLE = pd.DataFrame({"k": [3, 5, 7], "t": ["a", "b", "c"]})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k.pow(40)", np.array([3.0, 5.0, 7.0]) ** 40),
        ("k.mul(2 ** 62)", np.array([3.0, 5.0, 7.0]) * 2.0**62),
        ("k.multiply(2 ** 62)", np.array([3.0, 5.0, 7.0]) * 2.0**62),
        ("k.add(2 ** 63 - 1)", np.full(3, 2.0**63)),
        ("(k * 2 ** 60).sum() + k", np.full(3, 15 * 2.0**60)),
        ("np.cumsum(k * 2 ** 60)", np.array([3.0, 8.0, 15.0]) * 2.0**60),
        ("(k ** 20).prod() + k", np.full(3, 105.0**20)),
        ("(k * 2 ** 31).dot(k * 2 ** 31) + k", np.full(3, 83 * 2.0**62)),
        ("(k * 2 ** 31) @ (k * 2 ** 31) + k", np.full(3, 83 * 2.0**62)),
        ("k.add(1) + k.sum()", np.array([19.0, 21.0, 23.0])),
    ],
)
def test_methods_and_sums_of_whole_numbers_do_not_run_over(text: str, expected: np.ndarray) -> None:
    assert_allclose(evaluate(text, WHOLE), expected, rtol=EXACT)


@pytest.mark.parametrize("text", ["t.sum()", "t.cumsum()", "np.sum(t)", "t.mul(3)", "t * 3"])
def test_text_is_neither_added_up_nor_multiplied(text: str) -> None:
    with pytest.raises(FormulaError, match=r"must add numbers|needs numbers"):
        evaluate(text, WHOLE)


def test_a_column_that_is_called_like_an_alias_is_itself() -> None:
    frame = pd.DataFrame({"a b": [1.0, 2.0], "_column_0_": [10.0, 20.0], "x": [5.0, 6.0]})
    assert evaluate("`a b` + _column_0_", frame).tolist() == [11.0, 22.0]
    assert evaluate("`x` + x", frame).tolist() == [10.0, 12.0]


@pytest.mark.parametrize("text", TRUTHS)
def test_conditions_stay_logical(text: str) -> None:
    found = evaluate(text)
    assert found.dtype == bool
    assert np.array_equal(found, eval(text, {"__builtins__": {}}, dict(STORED)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b + c", lambda b, c, _: b + c),
        ("b - c", lambda b, c, _: b - c),
        ("-b", lambda b, c, _: -b),
        ("+b * 3", lambda b, c, _: 3 * b),
        ("(z > 0) + (z > 1)", lambda b, c, z: (z > 0) * 1.0 + (z > 1)),
        ("b ** 2 + b / 2", lambda b, c, _: b**2 + b / 2),
        ("np.add(b, c)", lambda b, c, _: b + c),
        ("np.exp(b)", lambda b, c, _: np.exp(b)),
        ("b.add(c)", lambda b, c, _: b + c),
        ("b.cumsum() - b.mean()", lambda b, c, _: np.cumsum(b) - b.mean()),
        ("np.where(b, b, c) + b", lambda b, c, _: np.where(b > 0, b, c) + b),
        ("2 - ~b", lambda b, c, _: 2 - (1 - b)),
    ],
)
@pytest.mark.parametrize("kind", [bool, pd.SparseDtype(bool, False), "boolean"])
def test_a_boolean_is_zero_or_one_in_arithmetic(text: str, expected: Any, kind: Any) -> None:
    z = RNG.normal(size=N)
    frame = pd.DataFrame({name: pd.Series(STORED[name]).astype(kind) for name in "bc"})
    found = np.asarray(evaluate(text, frame.assign(z=z)), dtype=np.float64)
    assert_allclose(found, expected(WIDE["b"], WIDE["c"], z), rtol=EXACT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i8 + i8", lambda v: v + v),
        ("u8 - 200", lambda v: v - 200),
        ("u8 * u8", lambda v: v * v),
        ("u32 - 2 * u32", lambda v: -v),
        ("u64 - 3 * u64", lambda v: -2 * v),
        ("i64 ** 3", lambda v: v**3),
        ("i64 * i64", lambda v: v * v),
        ("i16 ** -1", lambda v: v**-1.0),
        ("np.power(i64, 3)", lambda v: v**3),
        ("np.square(i64)", lambda v: v**2),
        ("f32 ** 3", lambda v: v**3),
        ("f16 * 3000", lambda v: v * 3000),
        ("np.exp(f16)", np.exp),
        ("i16 // 0", lambda v: v // 0),
        ("u8 % (u8 > 99)", lambda v: v % (v > 99)),
    ],
)
def test_numbers_of_few_bits_are_widened(text: str, expected: Any) -> None:
    column = next(name for name in sorted(STORED, key=len, reverse=True) if name in text)
    with np.errstate(all="ignore"):
        assert_allclose(np.asarray(evaluate(text), dtype=np.float64), expected(WIDE[column]), rtol=EXACT)


def test_columns_used_bare_keep_what_they_are() -> None:
    assert evaluate("f32").dtype == np.float64
    fit = lk.logit("y ~ f32 + C(i8 > 0)", FRAME.assign(y=STORED["b"]))
    wide = lk.logit("y ~ f32 + C(i8 > 0)", pd.DataFrame(WIDE).assign(y=STORED["b"]))
    assert_allclose(fit.coef, wide.coef, rtol=EXACT)
    mixed = pd.Series(np.array([0, 2**63], dtype=np.uint64))
    assert evaluate("u - 1", pd.DataFrame({"u": mixed})).tolist() == [-1.0, 2.0**63 - 1]


RIGHTS = {
    "I(b + c)": "s",
    "{b + c}": "s",
    "C(b + c)": "C(s)",
    "I((f64 > 0) + (f64 > 1))": "t",
    "f64 + offset(b + c)": "f64 + offset(s)",
    "I(-b)": "I(-1.0 * w)",
    "scale(b + c)": "scale(s)",
    "poly(f32, 3)": "poly(g, 3)",
    "scale(f16)": "scale(e)",
    "I(b & c)": "I(w * v)",
    "I(~b)": "I(1 - w)",
    "exp10(f64)": "I(10.0 ** f64)",
    "bs(u8, df=4):b": "bs(h, df=4):w",
}


@pytest.mark.parametrize("right", RIGHTS)
def test_a_fit_and_its_predictions_follow_the_rule(right: str, tmp_path: Any) -> None:
    y = RNG.integers(0, 2, N)
    frame = FRAME.assign(y=y)
    w, v, z = WIDE["b"], WIDE["c"], STORED["f64"]
    named = {"w": w, "v": v, "s": w + v, "t": (z > 0) * 1.0 + (z > 1), "g": WIDE["f32"], "h": WIDE["u8"]}
    named["e"] = WIDE["f16"]
    plain = frame.assign(**named)
    fit, twin = lk.logit(f"y ~ {right}", frame), lk.logit(f"y ~ {RIGHTS[right]}", plain)
    assert_allclose(fit.coef, twin.coef, rtol=ROUTE)
    loaded = lk.load(fit.save(tmp_path / "model.json"))
    for model in (fit, loaded):
        assert_allclose(model.predict(frame.head(9)), twin.predict(plain.head(9)), rtol=ROUTE)


def test_the_left_side_follows_the_rule() -> None:
    frame = FRAME.assign(s=WIDE["b"] + WIDE["c"])
    assert_allclose(lk.logit("b + c > 1 ~ f64", frame).coef, lk.logit("s > 1 ~ f64", frame).coef, rtol=EXACT)
    counts = lk.logit("cbind(b + c, 2 - b - c) ~ f64", frame)
    assert_allclose(counts.coef, lk.logit("cbind(s, 2 - s) ~ f64", frame).coef, rtol=EXACT)
    assert counts.record.total == 2 * N
    assert_allclose(lk.logit("~b ~ f64", frame).coef, -lk.logit("b ~ f64", frame).coef, rtol=ROUTE)
    several = lk.multinomial("b + c ~ f64", frame)
    assert_allclose(several.coef, lk.multinomial("s ~ f64", frame.astype({"s": int})).coef, rtol=EXACT)


def test_what_was_learnt_under_a_name_in_backticks_is_used_for_new_rows() -> None:
    # The identifier that stands for "f 64" must not depend on which other columns there are.
    frame = FRAME.assign(**{"f 64": STORED["f64"] + 5, "f_64": WIDE["c"], "y": STORED["b"]})
    for formula in ("y ~ center(`f 64`) + f_64", "f_64 > 0 ~ center(`f 64`)", "y ~ I(`f 64` * `f 64`) + `f 64`"):
        fit = lk.logit(formula, frame)
        assert_allclose(fit.predict(frame.head(3)), fit.predict().head(3), rtol=EXACT)


def test_columns_called_like_operators_and_functions_of_the_caller_called_like_pythons() -> None:
    def round(values: Any) -> Any:  # noqa: A001
        return values - 7

    frame = FRAME.assign(**{"a+b": STORED["f64"], "f:np.log": WIDE["f16"], "()": WIDE["f32"], "y": STORED["b"]})
    fit = lk.logit("y ~ I(`a+b` + 2 * `a+b` + `f:np.log` - abs(`()`)) + round(f64)", frame)
    plain = lk.logit("y ~ I(3 * f64 + f16 - f32) + I(f64 - 7)", frame)
    assert_allclose(fit.coef, plain.coef, rtol=ROUTE)


def test_a_column_of_new_rows_is_not_taken_for_a_constant_of_the_left_side() -> None:
    cut = 0.2
    fit = lk.logit("f64 > cut ~ i8", FRAME)
    expected = fit.residuals()
    assert cut == 0.2
    assert_allclose(fit.residuals(data=FRAME.assign(cut=-9.0)), expected, rtol=EXACT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("~f64", "precedes numbers"),
        ("~(b + c)", "precedes numbers"),
        ("'a' * 9", "applied to text or a list"),
        ("[1] * 9", "applied to text or a list"),
        ("'%s' % b", "applied to text or a list"),
        ("f64.__class__", "begin with '_'"),
        ("(f64 + 1).__class__", "begin with '_'"),
        ("b and c", "write & for 'and'"),
        ("not b", "~ for 'not'"),
        ("0 < f64 < 9", "parentheses around each comparison"),
        ("np.log(f64, f64)", "computes with 1 value, and is given 2"),
        ("9 ** 9 ** 9 + 10 ** 500 * b", "too large|out of range"),
    ],
)
def test_what_no_expression_does(text: str, words: str) -> None:
    with pytest.raises((FormulaError, OverflowError), match=words):
        evaluate(text)


@pytest.mark.parametrize("text", ["quit()", "exit()", "exec('1')", "eval('1')", "open('x')", "getattr(f64, 'a')"])
def test_functions_of_python_that_act_on_the_process(text: str) -> None:
    for formula in (f"b ~ I({text})", f"I({text}) ~ f64", f"b ~ f64 + offset({text})"):
        with pytest.raises(FormulaError, match="acts on the process"):
            lk.logit(formula, FRAME)
    with pytest.raises(FormulaError, match="Python's own"):
        lk.logit("b ~ I(__import__('os').getpid() * f64)", FRAME)
    # A column may be called so.
    assert lk.logit("b ~ open + C(exit > 0)", FRAME.assign(open=STORED["f64"], exit=STORED["i8"])).n_obs == N


def test_a_function_that_ends_python_or_fails() -> None:
    def ends(values: Any) -> Any:
        raise SystemExit(3)

    def interrupted(values: Any) -> Any:
        raise KeyboardInterrupt

    def fails(values: Any) -> Any:
        raise KeyError("nothing")

    for formula in ("b ~ ends(f64)", "ends(f64) ~ f32", "b ~ f64 + offset(ends(f64))"):
        with pytest.raises(FormulaError, match=r"exits Python") as caught:
            lk.logit(formula, FRAME)
        assert isinstance(caught.value.__cause__, SystemExit)
    with pytest.raises(KeyboardInterrupt):
        lk.logit("b ~ interrupted(f64)", FRAME)
    with pytest.raises(FormulaError, match="KeyError: 'nothing'") as caught:
        lk.logit("b ~ fails(f64)", FRAME)
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_transform_that_learns_is_refused_on_the_left_side() -> None:
    with pytest.raises(FormulaError, match=r"scale\(f64\) on the left side depends on the rows"):
        lk.logit("scale(f64) > 0 ~ f32", FRAME)


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("y ~ ns(x, df=4)", r"is here cr\(x, df=4, constraints='center'\)"),
        ("y ~ rcs(x, 4)", r"is here cr\(x, knots"),
        ("y ~ factor(g)", r"is here C\(x\)"),
        ("y ~ as.factor(g)", r"as\.factor\(\) is written C\(x\)"),
        ("y ~ ln(x)", r"is here log\(x\)"),
        ("y ~ sqrt(x)", r"Write np\.sqrt\(\.\.\.\)"),
        ("y ~ ifelse(x > 0, 1, 0)", r"np\.where"),
        ("y ~ C(g, ref='b')", r"C\(\) in the formula has no option 'ref'.*contr\.treatment\('b'\)"),
        ("y ~ bs(x, dff=4)", "has no option 'dff'. Did you mean 'df'"),
        ("y ~ last weight", "the column 'last weight' .* in backticks, `last weight`"),
        ("y ~ I(last weight * 2)", "the column 'last weight' .* in backticks, `last weight`"),
        ("y ~ weight", "'last weight' needs backticks"),
        ("y ~ x ~ g", "more than one '~'"),
        ("~ x", "no response"),
    ],
)
def test_what_is_written_otherwise_elsewhere(formula: str, words: str) -> None:
    frame = pd.DataFrame({"y": [0, 1] * 20, "x": RNG.normal(size=N), "g": ["a", "b"] * 20, "last weight": range(N)})
    with pytest.raises(FormulaError, match=words) as caught:
        lk.logit(formula, frame)
    assert "Materializer" not in str(caught.value)


def test_tildes_within_names_and_expressions() -> None:
    frame = FRAME.assign(**{"a~b": STORED["f64"], "y": STORED["b"]})
    plain = lk.logit("y ~ f64 + I(1 - c)", frame)
    fit = lk.logit("y ~ `a~b` + I(~c)", frame)
    assert_allclose(fit.coef, plain.coef, rtol=EXACT)
    assert lk.logit("`a~b` > 0 ~ f32", frame).record.info.response.name == "`a~b` > 0"


def test_values_outside_a_spline_are_named_without_pages_of_traceback() -> None:
    import traceback

    frame = pd.DataFrame({"y": [0, 1, 1, 0] * 10, "x": np.arange(N) / 4})
    fit = lk.logit("y ~ bs(x, df=4)", frame)
    with pytest.raises(FormulaError, match=r"covers x from 0 to 9\.75.*Of the 2 values given 1 lies outside") as caught:
        fit.predict({"x": [1.0, 12.5]})
    assert "furthest at 12.5" in str(caught.value)
    assert "lower_bound=..., upper_bound=...)" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert "formulaic.errors" not in shown
    assert "During handling" not in shown


def test_values_that_are_no_number_are_told_with_their_row(recwarn: pytest.WarningsRecorder) -> None:
    rng = np.random.default_rng(0)
    data = {"y": rng.integers(0, 2, 60), "x": np.arange(60.0) - 4.0, "z": np.r_[np.nan, np.arange(59.0)]}
    with pytest.warns(DataWarning, match=r"'np.sqrt\(x\)' in the formula is no number in 4 of 60 rows.* where x is -4"):
        fit = lk.logit("y ~ np.sqrt(x)", data)
    assert fit.n_obs == 56
    assert lk.logit("y ~ np.sqrt(z)", data).n_obs == 59  # of which one is missing in the table
    with np.errstate(invalid="ignore"):  # which asks for silence
        assert lk.logit("y ~ np.sqrt(x)", data).n_obs == 56
    with pytest.raises(DataError, match=r"'np.log\(z\)' holds -inf in row 1"):
        lk.logit("y ~ np.log(z)", data)
    assert not [each for each in recwarn if issubclass(each.category, RuntimeWarning)]
