"""A design laid out in parts is formulaic's matrix column by column, at the fit and at every replay."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from formulaic import Formula, ModelSpec
from formulaic.materializers import PandasMaterializer
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.formula.saved_coding import pack_coding, unpack_coding
from logitkit.design.matrix.dense import Dense
from logitkit.design.rebuild import new_rows, rebuild_design
from tolerances import EXACT, ROUTE

SLOPES = np.array([[0.0, 1.0], [1.0, -0.5], [2.0, 0.25]])

NUMBERS = ("x", "z", "k", "np.exp(-z)", "I(x ** 2)", "center(x)", "flag")
SEVERAL = ("bs(x, df=4)", "poly(z, 2)", "cs(x, df=3)", "cc(z, df=3)")
FACTORS = (
    "g",
    "h",
    "C(g)",
    "C(k)",
    "C(g, contr.sum)",
    "C(h, contr.helmert)",
    "C(g, contr.poly)",
    "C(k, contr.diff)",
    "C(g, contr.treatment('b'))",
    "C(g, contr.treatment)",
    "C(g, Treatment('c'))",
    "C(g, contr.SAS)",
    "C(g, contr.helmert(reverse=False, scale=True))",
    "C(h, contr.poly(scores=[1, 2, 5]))",
    "C(g, contr.custom(SLOPES, names=['one', 'two']))",
    "C(h, levels=['high', 'none', 'low'])",
    "C(g, levels=['c', 'b', 'a'], contrasts=contr.sum)",
    "C(g, SLOPES)",
    "C(g, {'up': [-1, 0, 1], 'mid': [-1, 2, -1]})",
    "C(g, spans_intercept=False)",
    "C(x > 0)",
    "hashed(g, 3)",
)
SCALED = ("2:I(x + z)", "3:C(h)", "2:I(x - z):C(h)", "2:C(g, contr.sum):C(h)")
ATOMS = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(FACTORS), st.sampled_from(SEVERAL))
TERMS = st.one_of(ATOMS, st.lists(ATOMS, min_size=2, max_size=3, unique=True).map(":".join), st.sampled_from(SCALED))


@st.composite
def rights(draw: st.DrawFn) -> str:
    """Draw a right side of one to four terms, with or without an intercept."""
    terms = draw(st.lists(TERMS, min_size=1, max_size=4, unique=True))
    return draw(st.sampled_from(["", "", "0 + "])) + " + ".join(terms)


def table(seed: int, n: int = 60) -> pd.DataFrame:
    """Give n rows in which every level occurs more than once."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.uniform(0.1, 3.0, n),
            "k": rng.permutation(np.arange(n) % 4),
            "g": rng.permutation(np.array(["a", "b", "c"])[np.arange(n) % 3]),
            "h": pd.Categorical(rng.permutation(np.array(["low", "high"])[np.arange(n) % 2]), ["low", "none", "high"]),
            "flag": rng.random(n) < 0.5,
        }
    )
    frame["y"] = rng.permutation(np.arange(n) % 2)
    return frame


def formulaics(right: str, frame: pd.DataFrame) -> Any:
    """Give the matrix that formulaic itself makes, with its spec."""
    spec = ModelSpec(formula=Formula(right), output="numpy")
    return PandasMaterializer(frame, {"SLOPES": SLOPES}).get_model_matrix(spec)


def design_of(right: str, data: Any) -> Design:
    return build_design(f"y ~ {right}", data, namespace={"SLOPES": SLOPES})


def assert_same_columns(found: Any, expected: Any) -> None:
    expected = np.asarray(expected, dtype=np.float64)
    assert found.shape == expected.shape
    assert_allclose(found, expected, rtol=EXACT, atol=EXACT)


@given(st.integers(0, 10_000), rights())
def test_the_columns_are_formulaics(seed: int, right: str) -> None:
    frame = table(seed)
    expected = formulaics(right, frame)
    design = design_of(right, frame)
    assert design.info.names == tuple(expected.model_spec.column_names)
    assert_same_columns(design.matrix.to_dense(), expected)
    coef = np.cos(np.arange(design.matrix.n_columns))
    assert_allclose(design.matrix.matvec(coef), np.asarray(expected, dtype=float) @ coef, rtol=ROUTE, atol=ROUTE)


@given(st.integers(0, 10_000), rights(), st.integers(2, 30))
def test_new_rows_are_coded_as_formulaic_codes_them(seed: int, right: str, size: int) -> None:
    frame = table(seed)
    design = design_of(right, frame)
    # Spline knots reach as far as the rows of the fit.
    part = frame.sample(size, random_state=seed).reset_index(drop=True)
    expected = formulaics(right, frame).model_spec.get_model_matrix(part, context={"SLOPES": SLOPES})
    assert_same_columns(new_rows(design.info, part).matrix.to_dense(), expected)
    assert_same_columns(rebuild_design(design.info, part).matrix.to_dense(), expected)
    again = unpack_coding(pack_coding(design.info.coding), {"SLOPES": SLOPES})
    assert_same_columns(again.code(part[list(again.variables)]).matrix.to_dense(), expected)


@given(st.integers(0, 10_000), rights())
def test_rows_that_a_transform_leaves_missing_are_dropped(seed: int, right: str) -> None:
    assume("hashed" not in right)  # formulaic's own hashed() leaves the dropped rows in, and fails
    frame = table(seed)
    frame["z2"] = np.where(np.arange(len(frame)) % 7 == 3, -1.0, frame["z"])
    with np.errstate(invalid="ignore"):
        expected = formulaics(f"{right} + np.sqrt(z2)", frame)
        design = design_of(f"{right} + np.sqrt(z2)", frame)
        assert design.info.names == tuple(expected.model_spec.column_names)
        assert_same_columns(design.matrix.to_dense(), expected)
        assert np.array_equal(design.positions, np.flatnonzero(frame["z2"] > 0))
        assert_same_columns(new_rows(design.info, frame).matrix.to_dense(), expected)


@given(st.integers(0, 10_000), rights())
def test_tables_of_any_kind_give_one_design(seed: int, right: str) -> None:
    frame = table(seed)
    expected = design_of(right, frame)
    polars = pl.from_pandas(frame).with_columns(pl.col("h").cast(pl.Enum(["low", "none", "high"])))
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    for data in (polars, arrow, {name: frame[name].array for name in frame}, frame.astype({"g": object})):
        design = design_of(right, data)
        assert design.info.names == expected.info.names
        assert_allclose(design.matrix.to_dense(), expected.matrix.to_dense(), rtol=0)


@given(st.integers(0, 10_000), st.lists(st.sampled_from(NUMBERS + SEVERAL), min_size=1, max_size=4, unique=True))
def test_numbers_alone_are_one_array_in_c_order(seed: int, terms: list[str]) -> None:
    matrix = design_of(" + ".join(terms), table(seed)).matrix
    assert isinstance(matrix, Dense)
    assert matrix.array.flags.c_contiguous
    assert matrix.array.dtype == np.float64


@pytest.mark.parametrize(
    "right",
    [
        "x + g * k",
        "C(g, contr.sum) * x + h",
        "0 + C(k):z + g:h",
        "bs(x, df=4) + C(g, contr.poly):flag",
        "C(k, contr.diff)",
    ],
)
def test_predicting_the_rows_of_a_fit_gives_the_fitted_values(right: str, tmp_path: Path) -> None:
    frame = table(3, n=200)
    fit = lk.logit(f"y ~ {right}", frame)
    assert_allclose(fit.predict(frame), fit.predict(), rtol=EXACT)
    assert_allclose(lk.load(fit.save(tmp_path / "fit.json")).predict(frame), fit.predict(), rtol=EXACT)


def test_a_saved_formula_with_every_contrast_comes_back() -> None:
    frame = table(5, n=200)
    right = "C(g, contr.sum):x + C(h, contr.helmert) + C(k, contr.diff) + C(g, levels=['c', 'b', 'a'])"
    fit = lk.logit(f"y ~ {right}", frame)
    with tempfile.TemporaryDirectory() as folder:
        loaded = lk.load(fit.save(Path(folder) / "fit.json"))
    assert_allclose(loaded.predict(frame.head(9)), fit.predict().head(9), rtol=EXACT)
