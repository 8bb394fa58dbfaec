"""Factors are kept as codes: which part of a design a term becomes, what is not copied, and what is refused."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from design.inputs import small
from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.matrix.sparse import Sparse
from logitkit.design.rebuild import new_rows, rebuild_design
from logitkit.design.table import memory
from logitkit.design.table.frame import read_table
from logitkit.engine.saved.file import digest_of
from logitkit.errors import DataError
from tolerances import EXACT, ROUTE

FRAME = small()


def design_of(right: str, data: Any = FRAME) -> Design:
    return build_design(f"default ~ {right}", data, namespace={})


def parts_of(right: str, data: Any = FRAME) -> dict[str, int]:
    """Give the number of columns of each part of a design, by its kind and number."""
    matrix = design_of(right, data).matrix
    matrix = matrix.matrix if isinstance(matrix, Recoded) else matrix
    parts = matrix.joined.parts if isinstance(matrix, Blocks) else (matrix,)
    return {f"{type(part).__name__} {i}": part.n_columns for i, part in enumerate(parts)}


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("age + income + bs(z, df=4)", {"Dense 0": 7}),
        ("region", {"Categorical 0": 2, "Dense 1": 1}),
        ("0 + region", {"Categorical 0": 3}),
        ("age + region + grade", {"Categorical 0": 2, "Categorical 1": 2, "Dense 2": 2}),
        ("region:grade", {"Categorical 0": 6, "Categorical 1": 2, "Dense 2": 1}),
        ("age:region + region:income", {"Categorical 0": 3, "Categorical 1": 3, "Dense 2": 1}),
        ("C(region, contr.sum)", {"Categorical 0": 3, "Dense 1": 1}),
        ("C(region, contr.sum):C(grade, contr.poly)", {"Categorical 0": 9, "Categorical 1": 3, "Dense 2": 1}),
        ("C(owner, levels=[True, False])", {"Categorical 0": 1, "Dense 1": 1}),
    ],
)
def test_each_term_has_its_part(right: str, expected: dict[str, int]) -> None:
    assert parts_of(right) == expected


def test_contrasts_that_choose_levels_need_no_recoding() -> None:
    for right in (
        "region",
        "C(region, contr.SAS)",
        "C(region, contr.treatment('south')):z",
        "0 + C(region, contr.sum)",
    ):
        assert not isinstance(design_of(right).matrix, Recoded)
    for contrast in ("contr.sum", "contr.helmert", "contr.poly", "contr.diff", "{'a': [1, 0, -1]}"):
        assert isinstance(design_of(f"C(region, {contrast})").matrix, Recoded)


def test_the_codes_of_a_part_are_those_of_the_levels() -> None:
    matrix = design_of("0 + grade").matrix
    assert isinstance(matrix, Categorical)
    assert matrix.codes.dtype == np.int32
    assert_array_equal(matrix.codes, FRAME["grade"].cat.codes)
    matrix = design_of("0 + grade:z").matrix
    assert isinstance(matrix, Categorical)
    assert_array_equal(matrix.scale, FRAME["z"])


def test_a_sparse_column_stays_sparse() -> None:
    values = np.where(np.arange(60) % 9 == 0, FRAME["z"], 0.0)
    frame = FRAME.assign(s=pd.arrays.SparseArray(values, fill_value=0.0), dense=values)
    assert parts_of("age + s + s:age + s:region", frame) == {"Categorical 0": 2, "Sparse 1": 2, "Dense 2": 2}
    for right in ("age + {0}", "{0}:age + age", "{0}:{0} + {0}:age:z", "{0}:region + C(region):{0}:age", "I({0} ** 2)"):
        found = design_of(right.format("s"), frame).matrix.to_dense()
        assert_allclose(found, design_of(right.format("dense"), frame).matrix.to_dense(), rtol=EXACT)
    gone = frame.assign(s=pd.arrays.SparseArray(np.where(np.arange(60) == 18, np.nan, values), fill_value=0.0))
    design = design_of("age + s", gone)
    assert 18 not in design.positions
    assert_allclose(design.matrix.to_dense()[:, 2], np.delete(values, 18), rtol=0)
    assert isinstance(design_of("0 + s", frame).matrix, Sparse)
    filled = frame.assign(s=pd.arrays.SparseArray(values + 1.0, fill_value=1.0))
    assert parts_of("age + s", filled) == {"Dense 0": 3}
    fit = lk.logit("default ~ age + s", frame, weights=pd.Series(pd.arrays.SparseArray(np.ones(60), fill_value=0.0)))
    assert_allclose(fit.coef.to_numpy(), lk.logit("default ~ age + dense", frame).coef.to_numpy(), rtol=ROUTE)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "Int8"])
def test_whole_numbers_of_few_bits_do_not_run_over(kind: str) -> None:
    frame = FRAME.assign(n=np.full(60, 100), e=FRAME["default"] * 99 + 1)
    narrow = frame.astype({"age": kind, "n": kind, "e": kind})
    for formula in (
        "default ~ I(age ** 2) + I(age * n) + age:n",
        "cbind(e, n * n) ~ age",
        "default ~ I(n - age)",
    ):
        expected = build_design(formula, frame, namespace={})
        found = build_design(formula, narrow, namespace={})
        assert_allclose(found.matrix.to_dense(), expected.matrix.to_dense(), rtol=0)
        assert_allclose(found.response.weights, expected.response.weights, rtol=0)


@pytest.mark.parametrize(
    "table",
    [
        lambda values: pd.DataFrame({"x": values}),
        lambda values: pl.DataFrame({"x": values}),
        lambda values: pa.table({"x": pa.array(values)}),
        lambda values: {"x": values},
    ],
    ids=["pandas", "polars", "arrow", "dict"],
)
def test_numbers_are_read_without_a_copy(table: Any) -> None:
    native = table(np.arange(1_000.0))
    read = read_table(native)
    frame = read.frame(["x"], None)
    again = read.frame(["x"], None)
    assert np.shares_memory(frame["x"].to_numpy(), again["x"].to_numpy())
    if not isinstance(native, dict | pl.DataFrame):
        column = native["x"].to_numpy()
        assert np.shares_memory(frame["x"].to_numpy(), column)


def test_codes_of_a_categorical_are_read_without_a_copy() -> None:
    read = read_table(FRAME).frame(["grade"], None)["grade"]
    assert np.shares_memory(read.array.codes, FRAME["grade"].array.codes)


@pytest.mark.parametrize("kind", ["polars", "arrow"])
def test_whole_numbers_with_gaps_stay_whole(kind: str) -> None:
    values = [None if i == 7 else i % 3 for i in range(60)]
    columns = {"default": FRAME["default"].tolist(), "k": values}
    table = pl.DataFrame(columns) if kind == "polars" else pa.table(columns)
    design = design_of("C(k)", table)
    assert design.info.names == ("Intercept", "C(k)[T.1]", "C(k)[T.2]")
    assert design.counts.missing == 1


@pytest.mark.parametrize("column", ["identifier", "C(number)", "C(money)", "z:identifier", "age + grade:C(number)"])
def test_a_factor_with_a_level_for_each_row(column: str) -> None:
    frame = FRAME.assign(identifier=[f"row {i}" for i in range(60)], number=np.arange(60), money=FRAME["income"])
    with pytest.raises(DataError, match=r"60 levels in 60 rows.*identifies rows.*absorb=.*measurement"):
        lk.logit(f"default ~ {column}", frame)
    # Rows of weight zero, or that are dropped, do not count.
    with pytest.raises(DataError, match="59 levels in 59 rows"):
        lk.logit(f"default ~ {column}", frame, weights=np.where(np.arange(60) == 4, 0, 1))
    frame["identifier"] = frame["identifier"].where(frame.index != 3)
    if "identifier" in column:
        with pytest.raises(DataError, match="59 levels in 59 rows"):
            lk.logit(f"default ~ {column}", frame)


def test_a_level_for_each_row_of_counts_is_a_saturated_model() -> None:
    frame = pd.DataFrame({"e": [3, 5, 2], "o": [4, 1, 6], "dose": ["low", "mid", "high"]})
    fit = lk.logit("cbind(e, o) ~ 0 + dose", frame)
    assert_allclose(fit.coef[["dose[low]", "dose[mid]"]], np.log([3 / 4, 5 / 1]), rtol=ROUTE)


def test_categories_that_mix_text_and_numbers() -> None:
    for values in (["one", 2], ["one", 2.5], [1, "1"]):
        frame = FRAME.assign(mixed=pd.Categorical.from_codes(np.arange(60) % 2, values))
        with pytest.raises(DataError, match=r"'mixed' mixes (int|float) and str; convert it to all numbers or"):
            lk.logit("default ~ mixed", frame)


def test_levels_that_the_data_go_beyond() -> None:
    with pytest.raises(DataError, match=r"lists levels, and the data have others: 'south'\. List them too"):
        design_of("C(region, levels=['east', 'north'])")
    with pytest.raises(lk.errors.FormulaError, match="unique"):
        design_of("C(region, levels=['east', 'north', 'south', 'south'])")


def test_a_design_that_does_not_fit_is_refused_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    frame = pd.DataFrame({"y": rng.integers(0, 2, n), "x": rng.normal(size=n), "a": np.arange(n) % 4_000})
    frame["b"] = rng.permutation(frame["a"])

    def wide(x: Any) -> Any:
        return {f"c{j}": x for j in range(500)}

    monkeypatch.setattr(memory, "available_bytes", lambda: 70 << 20)
    with pytest.raises(
        DataError, match=r"20,000 rows and 501 numeric columns would take 0\.075 GiB, and 0\.068 GiB are free.*C\("
    ):
        build_design("y ~ wide(x)", frame, namespace={"wide": wide})
    with pytest.raises(DataError, match=r"16,000,000 columns \(4,000 x 4,000\).*C\(a\).*GiB are free.*fewer levels"):
        build_design("y ~ 0 + C(a):C(b)", frame, namespace={})
    assert build_design("y ~ x + C(a)", frame, namespace={}).matrix.n_columns == 4_001


def test_what_the_system_says_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = memory.available_bytes()
    assert free is None or free > 1 << 20
    info = tmp_path / "meminfo"
    info.write_text("MemTotal:  9000 kB\nMemAvailable:  5000 kB\n", encoding="ascii")
    monkeypatch.setattr(memory, "MEMINFO", info)
    monkeypatch.setattr(memory, "CONTAINER", tmp_path)
    assert memory.available_bytes() == 5000 * 1024
    for name, text in {"memory.max": "4000000", "memory.current": "3000000", "memory.stat": "anon 1\nfile 500"}.items():
        (tmp_path / name).write_text(f"{text}\n", encoding="ascii")
    assert memory.available_bytes() == 1_000_500
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert memory.available_bytes() == 5000 * 1024
    info.unlink()
    everything = memory.available_bytes()
    assert everything is None or everything > 1 << 20


def saved_with(tmp_path: Path, change: Any) -> Path:
    path = Path(lk.logit("default ~ age + C(region) + grade", FRAME).save(tmp_path / "fit.json"))
    document = json.loads(path.read_text(encoding="utf-8"))
    holder: list[dict[str, Any]] = []

    def search(value: Any) -> None:
        if isinstance(value, dict):
            if "seen" in value and "state" in value:
                holder.append(value)
            for item in value.values():
                search(item)

    search(document)
    assert len(holder) == 1
    change(holder[0])
    document["digest"] = digest_of(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda coding: coding["seen"]["grade"].append("Z"), "lists the level 'Z' of grade but does not code it"),
        (lambda coding: coding["seen"]["grade"].append("A"), "lists the level 'A' of grade twice"),
        (lambda coding: coding["seen"].pop("grade"), "codes grade but does not list its levels"),
        (lambda coding: coding["state"]["encoder"].pop("grade"), "lists levels of grade but codes none"),
    ],
)
def test_saved_levels_that_disagree(tmp_path: Path, change: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        lk.load(saved_with(tmp_path, change))


def test_saved_levels_that_give_other_columns(tmp_path: Path) -> None:
    def reverse(coding: dict[str, Any]) -> None:
        [[key, levels]] = coding["state"]["encoder"]["grade"][1]["dict"]
        assert key == "categories"
        levels.reverse()

    loaded = lk.load(saved_with(tmp_path, reverse))
    with pytest.raises(
        DataError, match=r"do not give the columns of the fit \('grade\[T.C\]' in place of 'grade\[T.A\]'"
    ):
        loaded.predict(FRAME)


def test_a_missing_level_after_a_transform_is_no_reference_level() -> None:
    # The factor is looked at for unseen levels first; the gap that it has there must not be forgotten.
    formula = "default ~ C(region.where(z > -1)) + age"
    fit = lk.logit(formula, FRAME)
    assert fit.n_obs == (FRAME["z"] > -1).sum()
    predicted = fit.predict(FRAME)
    assert_array_equal(predicted.isna(), FRAME["z"] <= -1)
    assert_allclose(predicted.dropna(), fit.predict().dropna(), rtol=EXACT)


def test_memory_is_that_of_numbers_and_codes() -> None:
    rng = np.random.default_rng(0)
    n = 200_000
    frame = pd.DataFrame({f"x{j}": rng.normal(size=n) for j in range(5)})
    for k in (5, 500):
        frame[f"f{k}"] = pd.Categorical.from_codes(rng.integers(0, k, n), [f"level {i}" for i in range(k)])
    frame["y"] = rng.integers(0, 2, n)
    formula = "y ~ x0 + x1 + x2 + x3 + x4 + f5 + C(f500) + f5:x0"
    build_design(formula, frame.head(5_000), namespace={})  # what is imported at the first use does not count
    tracemalloc.start()
    try:
        build_design(formula, frame, namespace={})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # A row: six numbers, a multiplier, the outcome, its weight and its place of 8 bytes, and three codes of 4.
    assert peak < 1.15 * n * (10 * 8 + 3 * 4)


def test_a_design_of_factors_is_that_of_its_dummies() -> None:
    coded = lk.logit("default ~ age + C(region) + grade", FRAME)
    dummies = pd.get_dummies(FRAME[["region", "grade"]], dtype=float)
    table = FRAME.assign(**{name: dummies[name] for name in dummies})
    plain = lk.logit("default ~ age + region_north + region_south + grade_B + grade_A", table)
    assert isinstance(plain.design.matrix, Dense)
    assert_allclose(coded.coef.to_numpy(), plain.coef.to_numpy()[[0, 1, 2, 3, 4, 5]], rtol=ROUTE)
    assert_allclose(coded.std_error.to_numpy(), plain.std_error.to_numpy(), rtol=ROUTE)


def test_new_rows_are_coded_too() -> None:
    info = design_of("age + C(region) + grade:z").info
    assert isinstance(new_rows(info, FRAME).matrix, Blocks)
    assert isinstance(rebuild_design(info, FRAME.head(9)).matrix, Blocks)
