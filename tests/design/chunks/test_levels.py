"""Levels and outcomes of rows read in chunks are those of the table in memory, whatever chunk they are in."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.design.chunks.learned import assert_as_in_memory, cut, in_chunks

from logitkit.design.build import build_design
from logitkit.design.chunks.stream import Stream
from logitkit.design.response.reading import BinaryReader, FractionReader, NominalReader
from logitkit.errors import LogitkitError

N = 200


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"x": rng.normal(size=N), "g": rng.choice(list("dbca"), N), "k": rng.integers(0, 5, N)})
    data["y"] = (rng.random(N) < 0.4).astype(int)
    data["w"] = rng.integers(1, 3, N).astype(float)
    data["b"] = data["x"] > 0.3
    data["day"] = [dt.date(2024, 1, 1 + k % 3) for k in range(N)]
    data["h"] = pd.Categorical(data["g"], categories=["c", "unused", "b", "a", "d"])
    data["kind"] = np.where(data["x"] < -0.5, "bus", np.where(data["x"] < 0.5, "car", "walk"))
    data["said"] = np.where(data["y"] == 1, "yes", "no")
    data["part"] = rng.random(N).round(3)
    data["events"], data["rest"] = rng.integers(0, 3, N), rng.integers(0, 3, N)
    data["o1"], data["o2"] = rng.normal(size=N), rng.normal(size=N)
    data.loc[N - 3, "g"] = "rare"
    data.loc[N - 2, ["g", "w"]] = ["weightless", 0.0]
    data.loc[N - 4, ["g", "x"]] = ["incomplete", np.nan]
    data.loc[N - 6, "w"] = 0.0  # the first row of a level may weigh nothing
    data.loc[[N - 6, N - 5], "g"] = "late"
    return data


CASES = {
    "text, with levels that are rare, of weight zero or incomplete": ("y ~ x + g", {"weights": "w"}),
    "the same by C()": ("y ~ x + C(g)", {"weights": "w"}),
    "without weights": ("y ~ C(g)", {}),
    "declared, one unused": ("y ~ x + h", {}),
    "whole numbers": ("y ~ C(k)", {}),
    "booleans": ("y ~ C(b) + b", {}),
    "dates": ("y ~ C(day)", {}),
    "an expression": ("y ~ C(k > 2) + C(g + said)", {}),
    "contrasts": ("y ~ C(g, contr.treatment('c')) + C(k, Sum)", {}),
    "stated levels": ("y ~ C(k, levels=[4, 3, 2, 1, 0])", {}),
    "sum to zero": ("y ~ g + x", {"factors_by": "sum", "weights": "w"}),
    "interaction": ("y ~ g:x + h", {}),
    "buckets": ("y ~ hashed(g, levels=4)", {}),
    "two words": ("said ~ x", {}),
    "the event stated": ("said ~ x", {"reader": BinaryReader(event="no")}),
    "a condition": ("I(kind == 'bus') ~ x + g", {}),
    "fractions": ("part ~ x", {"reader": FractionReader()}),
    "counts": ("cbind(events, rest) ~ x + g", {"weights": "w"}),
    "several outcomes": ("kind ~ k", {"reader": NominalReader()}),
    "an outcome of one row": ("g ~ k", {"reader": NominalReader()}),
    "offsets by outcome": ("kind ~ k", {"reader": NominalReader(offsets={"car": "o1", "walk": "o2"})}),
}


@pytest.mark.parametrize("case", CASES)
def test_designs_are_those_of_the_table_in_memory(case, table) -> None:
    formula, options = CASES[case]
    assert_as_in_memory(formula, table, cut(table, 1, 50, 77), **options)


def test_an_outcome_may_be_called_like_a_role(table) -> None:
    data = table.assign(kind=table["kind"].replace({"car": "weights", "walk": "cluster"}))
    reader = NominalReader(offsets={"weights": "o1", "cluster": "o2"})
    assert_as_in_memory("kind ~ k", data, cut(data, 50), reader=reader)


def test_dictionaries_that_differ_between_files(table, tmp_path) -> None:
    orders = [["d", "b"], ["a", "unused", "c", "b"], ["rare", "c", "a", "b", "d"]]
    rng = np.random.default_rng(0)
    parts = []
    for number, order in enumerate(orders):
        part = table.iloc[60 * number : 60 * number + 60].copy()
        used = [level for level in order if level != "unused"]
        part["h"] = pd.Categorical(rng.choice(used, len(part)), categories=order)
        parts.append(part[["y", "x", "h"]])
        part[["y", "x", "h"]].to_parquet(tmp_path / f"{number}.parquet", index=False)
    whole = pa.concat_tables([pa.Table.from_pandas(part) for part in parts]).to_pandas()
    for formula, options in {"y ~ h": {}, "h ~ x": {"reader": NominalReader()}}.items():
        found = in_chunks(formula, str(tmp_path), **options)
        expected = build_design(formula, whole, namespace={}, **options)
        assert found.info.names == expected.info.names
        assert found.info.references == expected.info.references
        assert found.info.response == expected.info.response
        assert np.array_equal(found.matrix.to_dense(), expected.matrix.to_dense())
        assert np.array_equal(found.response.y, expected.response.y)


def test_many_levels_are_kept_as_values() -> None:
    n = 30_000
    data = pd.DataFrame({"id": np.arange(n) // 2 * 7, "y": np.arange(n) % 2})
    found = in_chunks("y ~ C(id)", cut(data, 7_001), size=8_192, sample=100)
    assert len(found.info.names) == n // 2
    assert found.stream.sample.n_rows == 100  # no row is held for a level


def test_more_levels_than_memory_are_refused() -> None:
    n = 60_000
    data = pd.DataFrame({"id": np.arange(n), "y": np.arange(n) % 2})
    with pytest.raises(LogitkitError, match=r"C\(id\) has more than 6,250 levels.*only identifies rows"):
        in_chunks("y ~ C(id)", cut(data, 7_001), size=16_384, sample=100, memory="10MB")


@pytest.mark.parametrize(
    ("change", "formula", "options", "words"),
    [
        ({}, "kind ~ x", {}, "has 3 classes"),
        ({"y": 1}, "y ~ x", {}, "one class only"),
        ({"said": "no"}, "said ~ x", {}, "one class only"),
        ({"events": 0}, "cbind(events, rest) ~ x", {}, "one class only"),
        ({}, "k ~ x", {}, "holds [234]; numbers must be 0 or 1"),
        ({}, "said ~ x", {"reader": BinaryReader(event="maybe")}, "does not occur"),
        ({"g": [f"{k}" for k in range(N)]}, "y ~ g", {}, "one level per row"),
        ({}, "y ~ C(k, levels=[0, 1])", {}, "lists levels, and the data have others"),
    ],
)
def test_what_is_refused_in_memory_is_refused(change, formula, options, words, table) -> None:
    data = table.assign(**change)
    with pytest.raises(LogitkitError, match=words):
        build_design(formula, data, namespace={}, **options) if "holds" not in words else in_chunks(
            formula, cut(data, 50), **options
        )
    with pytest.raises(LogitkitError, match=words):
        list(in_chunks(formula, cut(data, 50), **options).chunks())


def test_an_outcome_of_weight_zero_alone_is_refused(table) -> None:
    with pytest.raises(LogitkitError, match="'weightless' of 'g' occurs in rows of weight zero only"):
        in_chunks("g ~ k", cut(table, 50), reader=NominalReader(), weights="w")


def test_rare_events_of_counts_are_found(table) -> None:
    data = table.assign(events=0)
    data.loc[N - 30, "events"] = 1
    assert_as_in_memory("cbind(events, rest) ~ k", data, cut(data, 50))


def test_a_level_that_appears_in_a_later_pass_means_that_the_source_changed(table, tmp_path) -> None:
    for number, part in enumerate(cut(table, 100)):
        part[["y", "k", "g"]].to_parquet(tmp_path / f"{number}.parquet", index=False)
    found = in_chunks("y ~ g", str(tmp_path))
    assert isinstance(found.stream, Stream)
    chunk = pa.Table.from_pandas(table[["y", "k", "g"]].assign(g="new").iloc[:40], preserve_index=False)
    from logitkit.design.chunks.source import Chunk

    with pytest.raises(LogitkitError, match=r"changed between two passes: from 1.parquet, row 20 on, .*'new'"):
        found.stream.coded(Chunk(3, 120, chunk, "1.parquet, row 20"), found.info)
