"""Transforms that are learnt a chunk at a time know what they would have learnt from all rows at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from formulaic.transforms import stateful_transform
from tests.design.chunks.learned import assert_as_in_memory, cut, in_chunks

import logitkit as lk
from logitkit.design.build import build_design
from logitkit.design.chunks import build, transform_states
from logitkit.errors import LogitkitError, UnsupportedError

N = 200


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    data = pd.DataFrame(
        {
            "x": rng.normal(50.0, 2.0, N),
            "z": rng.lognormal(size=N),
            "age": rng.integers(18, 90, N),
            "short": rng.normal(size=N).astype(np.float32),
            "g": rng.choice(list("abc"), N),
        }
    )
    data["y"] = (rng.random(N) < 0.4).astype(int)
    data["w"] = rng.integers(0, 3, N)
    data.loc[::17, "z"] = np.nan
    data.loc[5, "x"] = 70.0  # in one chunk, and not in the sample
    return data


@pytest.fixture(scope="module")
def parts(table) -> list[pd.DataFrame]:
    return cut(table, 1, 7, 90, 91)


TERMS = [
    "center(x)",
    "scale(x) + z",
    "scale(short)",
    "standardize(age)",
    "scale(x, center=False)",
    "scale(x, 50, 2)",
    "scale(x, center=50.5)",
    "standardize(x, rescale=False)",
    "scale(x, ddof=0)",
    "bs(z, df=5)",
    "bs(age, df=6, degree=2)",
    "bs(x, knots=[49, 51], include_intercept=True)",
    "bs(x, df=4, lower_bound=0, upper_bound=100)",
    "bs(x, df=5, lower_bound=48, upper_bound=52, extrapolation='clip')",
    "bs(x, df=5, upper_bound=51, extrapolation='na')",
    "bs(x, df=5, lower_bound=48, extrapolation='zero')",
    "bs(x, 5, extrapolation='extend')",
    "cr(z, df=4)",
    "cr(age, df=4, constraints='center')",
    "cr(age, df=4, constraints=[[1, 0, 0, 0, 1]])",
    "cs(x, knots=[49, 51])",
    "cc(age, df=5)",
    "cc(x, df=4, constraints='center')",
    "cr(x, df=4, constraints='center', lower_bound=48, upper_bound=52, extrapolation='zero')",
    "poly(x, 3)",
    "poly(age)",
    "poly(z, 2)",
    "poly(age, 4)",
    "poly(x, 2, raw=True)",
    "poly(x, 2, True)",
    "scale(np.log(z))",
    "scale(scale(x))",
    "bs(scale(x), df=4)",
    "I(scale(x) ** 2) + scale(x)",
    "np.log(center(age))",
    "C(center(age) > 5)",
    "scale(poly(x, 2))",
    "C(g):scale(x)",
    "x + offset(center(z))",
]


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.filterwarnings("ignore:.*is no number in")
def test_columns_are_those_of_the_table_in_memory(terms, table, parts) -> None:
    assert_as_in_memory(f"y ~ {terms}", table, parts)


def test_weights_do_not_change_what_is_learnt(table, parts) -> None:
    assert_as_in_memory("y ~ scale(x) + bs(age, df=4) + g", table, parts, weights="w")


def test_knots_are_exact_where_values_do_not_fit_into_memory(table, parts, monkeypatch) -> None:
    monkeypatch.setattr(transform_states, "VALUES_LEAST", 20)
    monkeypatch.setattr(transform_states, "PART_OF_MEMORY", 1 << 40)
    found = assert_as_in_memory("y ~ bs(x, df=6) + cr(x, df=5)", table, parts)
    expected = build_design("y ~ bs(x, df=6) + cr(x, df=5)", table, namespace={})
    assert found.info.coding.spec.transform_state == expected.info.coding.spec.transform_state  # knots to the bit


def test_a_polynomial_of_a_column_with_a_large_mean_keeps_its_digits() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": np.sort(1e6 + rng.normal(size=N)), "y": rng.integers(0, 2, N)})
    found = in_chunks("y ~ poly(x, 3)", cut(data, 50))
    # Independent of formulaic: the columns are orthonormal, and orthogonal to the constant.
    columns = found.matrix.to_dense()
    np.testing.assert_allclose(columns[:, 1:].T @ columns[:, 1:], np.eye(3), atol=1e-9)
    np.testing.assert_allclose(columns[:, 1:].sum(axis=0), 0.0, atol=1e-8)


def test_moments_are_those_of_long_arithmetic() -> None:
    x = np.random.default_rng(2).normal(1e8, 1.0, N)
    data = pd.DataFrame({"x": x, "y": np.arange(N) % 2})
    state = in_chunks("y ~ scale(x)", cut(data, 3, 120)).info.coding.spec.transform_state["scale(x)"]
    long = x.astype(np.longdouble)
    assert state["center"] == pytest.approx(float(long.mean()), rel=1e-15)
    assert state["scale"] == pytest.approx(float(long.std(ddof=1)), rel=1e-12)


def test_the_number_of_passes_is_the_depth(table, parts) -> None:
    depths = {"scale(x)": 1, "bs(x, df=5)": 1, "scale(scale(x))": 2, "poly(x, 2)": 2, "np.log(center(age) + 99)": 2}
    for terms, passes in depths.items():
        assert in_chunks(f"y ~ {terms}", parts).stream.passes.count == passes, terms


def test_coefficients_and_errors_of_a_fit(table, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(build, "ROWS_LEAST", 64)
    monkeypatch.setattr(build, "ROWS_MOST", 64)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 50)
    for number, part in enumerate(cut(table, 30)):
        part.to_parquet(tmp_path / f"{number}.parquet", index=False)
    formula = "y ~ scale(x) + bs(age, df=4) + g"
    held, read = lk.logit(formula, table), lk.logit(formula, str(tmp_path))
    gap = np.abs(held.tidy()["estimate"] - read.tidy()["estimate"]) / held.tidy()["std_error"]
    assert gap.max() < 1e-10
    np.testing.assert_allclose(read.tidy()["std_error"], held.tidy()["std_error"], rtol=1e-10)
    np.testing.assert_allclose(read.predict(table), held.predict(table), rtol=1e-9)


@stateful_transform
def above_least(x, _state=None):
    _state.setdefault("least", float(np.min(x)))
    return x - _state["least"]


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ("above_least(x)", r"above_least\(x\).* only its author knows.*compute the column beforehand"),
        ("scale(bs(x, df=4))", r"scale\(bs\(x, df=4\)\) is learnt from several columns"),
        ("poly(g2, 3)", "poly of degree 3.*has 2 different values"),
        ("bs(x, df=1)", "Invalid value for `df`"),
        ("cr(one, df=4)", "Unable to compute"),
        ("cr(x)", "Must specify either 'df' or 'knots'"),
        ("bs(x, df=4, lower_bound=50)", "covers x from 50"),
        ("scale(nosuch)", "nosuch"),
    ],
)
def test_what_cannot_be_learnt_is_refused_by_name(terms, words, table) -> None:
    data = table.assign(g2=(table["g"] == "a").astype(int), one=1.0)
    with pytest.raises(LogitkitError, match=words):
        list(in_chunks(f"y ~ {terms}", cut(data, 90), namespace={"above_least": above_least}).chunks())


def test_a_polynomial_that_would_lose_digits_is_refused() -> None:
    x = np.concatenate([np.linspace(0, 1, 9_000), [1e9], np.linspace(0, 1, 90)])
    data = pd.DataFrame({"x": x, "y": np.arange(x.size) % 2})
    with pytest.raises(UnsupportedError, match="poly of degree 5"):
        in_chunks("y ~ poly(x, 5)", cut(data, 500), size=1_000)
