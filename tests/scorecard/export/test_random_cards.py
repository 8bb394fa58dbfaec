"""Random cards in the languages that need no server, row by row: the same double, or the same refusal."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import UnsupportedError
from oracles.random_cards import RandomCard, random_card

COLUMNS = ["points", "log_odds", "probability"]
Scored = Callable[[RandomCard], pd.DataFrame]
made = cache(random_card)


def by_python(case: RandomCard) -> pd.DataFrame:
    module: dict[str, Any] = {}
    exec(case.card.export("python"), module)
    found = []
    for row in case.records():
        try:
            found.append(module["score"](row))
        except ValueError:
            found.append((math.nan,) * 3)
    return pd.DataFrame(found, columns=COLUMNS)


def by_sqlite(case: RandomCard) -> pd.DataFrame:
    query = case.card.export("sql", dialect="sqlite", keys=["id"])
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in case.rows.columns)
    with sqlite3.connect(":memory:") as connection:
        connection.create_function("EXP", 1, lambda x: None if x is None else math.exp(x), deterministic=True)
        connection.execute(f"CREATE TABLE applicants ({names})")
        places = ", ".join("?" for _ in case.rows.columns)
        rows = [tuple(row.values()) for row in case.records()]
        connection.executemany(f"INSERT INTO applicants VALUES ({places})", rows)
        found = connection.execute(f"{query} ORDER BY id").fetchall()
    return pd.DataFrame([row[1:] for row in found], columns=COLUMNS).astype(float)


def by_duckdb(case: RandomCard) -> pd.DataFrame:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(":memory:") as connection:
        connection.register("applicants", case.rows)
        return connection.sql(f"{case.card.export('sql', dialect='duckdb', keys=['id'])} ORDER BY id").df()[COLUMNS]


def by_onnx(case: RandomCard) -> pd.DataFrame:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(case.card.export("onnx"), providers=["CPUExecutionProvider"])
    given = {
        name: case.rows[name].fillna("").to_numpy(object) if kind == "STRING" else case.rows[name].to_numpy(np.float64)
        for name, kind in case.types.items()
        if name != "id"
    }
    return pd.DataFrame(dict(zip(COLUMNS, session.run(None, given), strict=True)))


def require_same(scored: Scored, case: RandomCard) -> None:
    found, expected = scored(case), case.expected()
    for name in ("points", "log_odds"):
        np.testing.assert_array_equal(found[name], expected[name])
    np.testing.assert_allclose(found["probability"], expected["probability"], rtol=4 * np.finfo(float).eps)


@pytest.mark.parametrize("scored", [by_python, by_sqlite, by_duckdb, by_onnx])
def test_random_cards_score_as_the_card(scored: Scored) -> None:
    for seed in range(4):
        require_same(scored, made(seed))


@pytest.mark.slow
@pytest.mark.parametrize("scored", [by_python, by_sqlite, by_duckdb, by_onnx])
def test_many_random_cards_score_as_the_card(scored: Scored) -> None:
    for seed in range(100, 250):
        require_same(scored, made(seed))


def card_of(values: Any, **stated: Any) -> lk.scorecard.Scorecard:
    """A card of one column, whose first half is mostly good."""
    bad = (np.arange(len(values)) * 7 % 10 < np.linspace(2, 7, len(values))).astype(int)
    bins = lk.scorecard.Bins(shape="none", **stated)
    return lk.scorecard(["x"], pd.DataFrame({"x": values, "bad": bad}), target="bad", bins=bins)


def test_decimals_of_a_driver_are_the_doubles_of_the_card() -> None:
    """Decimal('0.1') is less than the double 0.1."""
    card = card_of(np.repeat([0.0, 0.1, 0.2, 0.3], 100), cuts=[0.1], special=[0.3])
    module: dict[str, Any] = {}
    exec(card.export("python"), module)
    for text in ("0.1", "0.3"):
        score = card.score(pd.DataFrame({"x": [float(text)]}))["points"][0]
        assert module["score"]({"x": Decimal(text)})[0] == score
    with pytest.raises(TypeError, match="'x' must be a number; it is True"):
        module["score"]({"x": True})


def test_names_and_values_of_numpy_are_written_as_those_of_python() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"n": rng.integers(0, 3, 300), "bad": rng.integers(0, 2, 300)})
    bins = lk.scorecard.Bins(order=np.array([0, 1]), special=[np.int64(2)], shape="none", min_size=1)
    card = lk.scorecard(np.array(["n"]), table, target="bad", bins=bins)
    assert "np." not in card.export("python")
    assert json.loads(card.export("json"))["variables"][0]["special"] == [{"values": [2], "bin": len(card.table()) - 3}]


def test_levels_of_pmml_have_no_entities() -> None:
    """Some engines lose what stands before or after one; `make test-deploy` has the scores of an engine."""
    levels = ["<0", "0<=X<200", "R&D", "&lt;", 'a"b\\', "plain"]
    text = card_of(np.repeat(np.array(levels, dtype=object), 60), min_size=1).export("pmml")
    assert not re.search(r">[^<]*&[^<]*</(Constant|Array)", text)
    found = {element.text for element in ET.fromstring(text).iter("{http://www.dmg.org/PMML-4_4}Constant")}
    assert set(levels) <= found


def test_levels_by_the_hundred_are_joined() -> None:
    """A list of 4,000 levels took DuckDB 15 seconds on a million rows, a join 0.5."""
    query = random_card(0).card.export("sql", dialect="duckdb")
    assert "JOIN" not in query
    many = np.repeat(np.array([f"bank {m}" for m in range(51)], dtype=object), 20)
    query = card_of(many, rare=1.0, min_size=1.0).export("sql", dialect="duckdb", keys=["id"])
    assert 'LEFT JOIN card_levels_0 ON "x" = card_level_0' in query
    assert "IN (" not in query
    assert "JOIN" not in card_of(many, rare=1.0, min_size=1.0).export("sql", dialect="sqlite")  # its lists are quick


def test_what_a_language_cannot_hold_is_refused() -> None:
    words = np.array(["a", "b", "c\x07", ""], dtype=object)
    with pytest.raises(UnsupportedError, match="characters that XML does not keep"):
        card_of(np.repeat(words[:3], 100)).export("pmml")
    with pytest.raises(UnsupportedError, match="the empty string as a level, which engines of PMML"):
        card_of(np.repeat(words[[0, 1, 3]], 100)).export("pmml")
    with pytest.raises(UnsupportedError, match="a null character, which no query can hold"):
        card_of(np.repeat(np.array(["a", "b\0"], dtype=object), 100)).export("sql", dialect="sqlite")
    with pytest.raises(UnsupportedError, match=r"the level inf\. Exports hold finite numbers"):
        card_of(np.repeat([0.0, 1.0, np.inf], 100), order=[0.0, 1.0, np.inf]).export("sql", dialect="sqlite")
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"Age": rng.normal(size=300), "age": rng.normal(size=300), "bad": rng.integers(0, 2, 300)})
    both = lk.scorecard(["Age", "age"], table, target="bad")
    with pytest.raises(UnsupportedError, match="'Age' and 'age' are one name in 'spark'"):
        both.export("sql", dialect="spark")
    assert '"Age"' in both.export("sql", dialect="postgresql")
