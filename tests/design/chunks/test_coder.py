"""The plan by which chunks are coded gives what the long way gives, to the bit, or leaves the chunk to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logitkit.design.build import build_design
from logitkit.design.chunks.coder import coder_of
from logitkit.design.matrix.columnar import Columnar
from logitkit.design.rebuild import rebuild_design
from logitkit.design.response.reading import BinaryReader, FractionReader, NominalReader
from logitkit.errors import LogitkitError

N = 400
rng = np.random.default_rng(3)
WHOLE = pa.table(
    {
        "y": pa.array(rng.integers(0, 2, N), pa.int8()),
        "yes": pa.array(rng.random(N) < 0.4),
        "word": pa.array(rng.choice(["no", "yes"], N)),
        "part": pa.array(rng.random(N), pa.float32()),
        "kind": pa.array(rng.choice(["bus", "car", "walk"], N)),
        "f": pa.array(rng.normal(size=N), pa.float32()),
        "d": pa.array(rng.normal(size=N), pa.float64()),
        "i": pa.array(rng.integers(-9, 9, N), pa.int64()),
        "u": pa.array(rng.integers(0, 9, N), pa.uint16()),
        "b": pa.array(rng.random(N) < 0.5),
        "g": pa.array(rng.choice(list("abc"), N)),
        "h": pa.array(rng.choice(list("pqrs"), N)).dictionary_encode(),
        "w": pa.array(rng.integers(1, 4, N), pa.int32()),
        "o": pa.array(rng.normal(size=N), pa.float32()),
        "gap": pa.array(np.where(rng.random(N) < 0.1, np.nan, rng.normal(size=N)), pa.float32()),
        "null": pa.array([None if k % 7 == 0 else k for k in range(N)], pa.int32()),
        "hole": pa.array([None if k % 11 == 0 else "xyz"[k % 3] for k in range(N)]),
    }
)
TERMS = [
    "f",
    "d",
    "i",
    "u",
    "b",
    "gap",
    "null",
    "C(g)",
    "h",
    "g",
    "hole",
    "C(i)",
    "f:d",
    "f:g",
    "g:h",
    "C(h, Sum)",
    "w",
    "np.log(w)",
    "I(f**2)",
    "np.sqrt(np.abs(gap) + 1)",
    "I(-d / w):g",
    "I(null * 2)",
    "np.exp(f):d",
]
LEFT: dict[str, Any] = {
    "y": BinaryReader(),
    "yes": BinaryReader(),
    "word": BinaryReader(event="no"),
    "part": FractionReader(),
    "kind": NominalReader(),
}


def design_of(formula: str, reader: Any, **options: Any) -> Any:
    return build_design(formula, WHOLE, namespace={}, reader=reader, **options)


def in_pieces(table: pa.Table, cuts: list[int]) -> pa.Table:
    edges = [0, *sorted(cuts), table.num_rows]
    parts = [table.slice(start, stop - start) for start, stop in pairwise(edges)]
    return pa.concat_tables([pa.table(part.to_pydict(), schema=part.schema) for part in parts]).unify_dictionaries()


def assert_same(short: Any, long: Any) -> None:
    assert short.counts == long.counts
    assert np.array_equal(short.positions, long.positions)
    assert short.matrix.inner.n_columns == long.matrix.inner.n_columns
    assert np.array_equal(short.matrix.to_dense(), long.matrix.to_dense())
    for name in ("y", "trials", "prior", "weight_kind", "n_outcomes", "shares"):
        assert np.array_equal(getattr(short.response, name), getattr(long.response, name))
    assert (short.response.offset is None) == (long.response.offset is None)
    assert short.response.offset is None or np.array_equal(short.response.offset, long.response.offset)


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_plan_gives_the_bits_of_the_long_way(data: Any) -> None:
    left = data.draw(st.sampled_from(sorted(LEFT)))
    terms = data.draw(st.lists(st.sampled_from(TERMS), min_size=1, max_size=4, unique=True))
    intercept = data.draw(st.sampled_from(["", "0 + "]))
    weights = data.draw(st.sampled_from([None, "w"]))
    reader = LEFT[left]
    if left in ("y", "yes") and data.draw(st.booleans()):
        reader = BinaryReader(offset="o")
    if left != "kind":
        terms += data.draw(st.sampled_from([[], ["offset(o)"], ["offset(np.log(w))", "offset(-d / 2)"]]))
    info = design_of(f"{left} ~ {intercept}{' + '.join(terms)}", reader, weights=weights).info
    chunk = in_pieces(WHOLE.slice(data.draw(st.integers(0, 50))), data.draw(st.lists(st.integers(1, 300), max_size=2)))
    coder = coder_of(info, chunk)
    assert coder is not None
    found = coder.design(chunk, info)
    assert found is not None
    assert_same(found, rebuild_design(info, chunk))


def test_numbers_stay_where_the_table_has_them() -> None:
    info = design_of("y ~ f + d", BinaryReader()).info
    design = coder_of(info, WHOLE).design(WHOLE, info)
    assert isinstance(design.matrix, Columnar)
    held = design.matrix.held[1][0]
    assert held.dtype == np.float32
    assert held.__array_interface__["data"][0] == WHOLE["f"].chunk(0).buffers()[1].address


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ np.clip(w, 1, 2)",
        "y ~ f + I(d % 2)",
        "y ~ np.log(b + 1)",
        "y ~ offset(np.clip(w, 1, 2)) + f",
        "cbind(y, w) ~ f",
        "y + 0 ~ f",
    ],
)
def test_what_has_to_be_evaluated_takes_the_long_way(formula) -> None:
    info = build_design(formula, WHOLE, namespace={"np": np}, reader=BinaryReader()).info
    assert coder_of(info, WHOLE) is None


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("g", pa.array(["a", "new"] * 5), "never saw"),
        ("h", pa.array(["p", "new"] * 5).dictionary_encode(), "never saw"),
        ("y", pa.array([0, 2] * 5, pa.int8()), "other than 0 and 1"),
        ("w", pa.array([1, -1] * 5, pa.int32()), "not negative"),
    ],
)
def test_what_is_refused_is_refused_in_the_same_words(column, values, words) -> None:
    info = design_of("y ~ f + g + h", BinaryReader(), weights="w").info
    coder = coder_of(info, WHOLE)
    rows = WHOLE.slice(0, 10)
    wrong = rows.set_column(rows.column_names.index(column), column, values)
    with pytest.raises(LogitkitError, match=words):
        coder.design(wrong, info) or rebuild_design(info, wrong)
    if column != "w":
        assert coder.design(wrong, info) is None


def test_numbers_that_are_not_finite_are_left_to_the_long_way() -> None:
    info = design_of("y ~ np.log(u + 1) + f", BinaryReader()).info
    coder = coder_of(info, WHOLE)
    assert coder.design(WHOLE, info) is not None
    rows = WHOLE.slice(0, 10)
    for values in ([-1.0] + [2.0] * 9, [-2.0] + [2.0] * 9):
        assert coder.design(rows.set_column(rows.column_names.index("u"), "u", pa.array(values)), info) is None


def test_functions_of_the_caller_take_the_long_way() -> None:
    own = build_design("y ~ shifted(w)", WHOLE, namespace={"shifted": lambda x: x + 0.5}, reader=BinaryReader()).info
    assert coder_of(own, WHOLE) is None


def test_a_level_that_was_declared_and_never_seen_is_left_to_the_long_way() -> None:
    table = WHOLE.to_pandas()
    table["h"] = pd.Categorical(table["h"], categories=["p", "q", "r", "s", "t"])
    info = build_design("y ~ h", table, namespace={}, reader=BinaryReader()).info
    chunk = pa.Table.from_pandas(table.assign(h=table["h"].where(table.index > 300, "t"))[["y", "h"]])
    assert coder_of(info, pa.Table.from_pandas(table[["y", "h"]])).design(chunk, info) is None
