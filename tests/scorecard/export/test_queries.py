"""Exports row by row beside the card: the same double, or the same refusal."""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.scorecard.export.sql import DIALECTS, literal
from oracles.applicants import VARIABLES, applicants, at_the_cuts, card_of, new_applicants, require_equal

KINDS = {"whole points": (True, "woe"), "exact points": (False, "woe"), "a coefficient per bin": (False, "dummies")}


@pytest.fixture(scope="module", params=KINDS)
def card(request: pytest.FixtureRequest) -> lk.scorecard.Scorecard:
    return card_of(*KINDS[request.param])


def by_sqlite(card: lk.scorecard.Scorecard, data: pd.DataFrame) -> pd.DataFrame:
    query = card.export("sql", dialect="sqlite", keys=["id"])
    with sqlite3.connect(":memory:") as connection:
        connection.create_function("EXP", 1, lambda x: None if x is None else math.exp(x), deterministic=True)
        data.to_sql("applicants", connection, index=False)
        return pd.read_sql(f"{query} ORDER BY id", connection)


def by_duckdb(card: lk.scorecard.Scorecard, data: pd.DataFrame) -> pd.DataFrame:
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(":memory:") as connection:
        connection.register("applicants", data)
        return connection.sql(f"{card.export('sql', dialect='duckdb', keys=['id'])} ORDER BY id").df()


def by_python(card: lk.scorecard.Scorecard, data: pd.DataFrame) -> pd.DataFrame:
    module: dict[str, Any] = {}
    exec(card.export("python"), module)
    return pd.DataFrame(map(module["score"], data.to_dict("records")), columns=["points", "log_odds", "probability"])


def by_json(card: lk.scorecard.Scorecard, data: pd.DataFrame) -> pd.DataFrame:
    """As the description of the file says."""
    packed = json.loads(card.export("json"))
    rows = []
    for row in data.to_dict("records"):
        points, log_odds = packed["base_points"], packed["intercept"]
        for variable in packed["variables"]:
            value = row[variable["name"]]
            special = [own["bin"] for own in variable["special"] if value in own["values"]]
            if pd.isna(value):
                place = variable["missing"]
            elif special:
                place = special[0]
            elif variable["type"] == "number":
                place = sum(cut <= value for cut in variable["cuts"])
            else:
                place = next((m for m, own in enumerate(variable["groups"]) if value in own), variable["unseen"])
            points, log_odds = points + variable["points"][place], log_odds + variable["log_odds"][place]
        rows.append((points, log_odds, 1 / (1 + math.exp(-log_odds))))
    return pd.DataFrame(rows, columns=["points", "log_odds", "probability"])


def by_onnx(card: lk.scorecard.Scorecard, data: pd.DataFrame) -> dict[str, Any]:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(card.export("onnx"), providers=["CPUExecutionProvider"])
    columns = {
        name: data[name].fillna("").to_numpy(object) if name == "g" else data[name].to_numpy(np.float64)
        for name in VARIABLES
    }
    return dict(zip(["points", "log_odds", "probability"], session.run(None, columns), strict=True))


@pytest.mark.parametrize("scored", [by_sqlite, by_duckdb, by_python, by_json, by_onnx])
def test_exports_score_as_the_card(scored: Any, card: lk.scorecard.Scorecard) -> None:
    for data in (new_applicants(), at_the_cuts(card)):
        require_equal(scored(card, data), card.score(data))


def test_what_the_card_refuses_has_no_score(card: lk.scorecard.Scorecard) -> None:
    """No row had a missing n when the card was made."""
    data = new_applicants().head(3).astype({"n": float})
    data.loc[1, "n"] = np.nan
    with pytest.raises(DataError, match="'n', row 1: a missing value"):
        card.score(data)
    for scored in (by_sqlite, by_duckdb, by_onnx):
        found = scored(card, data)
        for name in ("points", "log_odds", "probability"):
            assert np.isnan(np.asarray(found[name], dtype=np.float64)).tolist() == [False, True, False]
    with pytest.raises(ValueError, match="'n': nan has no points in this card"):
        by_python(card, data)
    with pytest.raises(TypeError, match="'n' must be a number"):
        by_python(card, data.assign(n="3"))
    # SQLite has columns of any type, and text is larger than every number.
    assert by_sqlite(card, data.assign(n="3 or so"))["points"].isna().all()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_quotes_names_and_levels(card: lk.scorecard.Scorecard, dialect: str) -> None:
    """Names and text are found again by a parser of the dialect."""
    sqlglot = pytest.importorskip("sqlglot")
    query = card.export("sql", dialect=dialect, table="my.applicants", keys=["id"])
    parsed = sqlglot.parse_one(query, dialect=dialect.replace("postgresql", "postgres"))
    assert {"in come", "id", "owner"} <= {column.name for column in parsed.find_all(sqlglot.exp.Column)}
    text = {literal.this for literal in parsed.find_all(sqlglot.exp.Literal) if literal.is_string}
    assert {"a", "b'c", 'd"e', "ß", "F\\"} <= text
    assert ("my", "applicants") in {(table.db, table.name) for table in parsed.find_all(sqlglot.exp.Table)}
    assert parsed.named_selects == ["id", "points", "log_odds", "probability"]


def doubles(n: int) -> np.ndarray:
    """Doubles of every size that a card may hold, of few digits and of many, and the ends of their range."""
    rng = np.random.default_rng(0)
    many = rng.normal(size=n) * 10.0 ** rng.integers(-30, 30, n)
    few = np.round(rng.normal(size=n) * 100, rng.integers(0, 6))
    ends = [0.0, -0.0, 0.1, 1 / 3, 2.0**53, 2.0**53 + 2, 1e300, -1e300, 1e-290, np.pi]
    return np.concatenate([many, few, ends])


def test_databases_read_the_numbers_that_were_written() -> None:
    """To the last bit: SQLite reads some decimals of 17 digits as another double, so they are not written there."""
    numbers = doubles(700)
    with sqlite3.connect(":memory:") as connection:
        columns = ", ".join(literal(number, DIALECTS["sqlite"]) for number in numbers)
        assert connection.execute(f"SELECT {columns}").fetchone() == tuple(numbers)
    duckdb = pytest.importorskip("duckdb")
    columns = ", ".join(literal(number, DIALECTS["duckdb"]) for number in numbers)
    assert duckdb.sql(f"SELECT {columns}").fetchall()[0] == tuple(numbers)


@pytest.mark.parametrize("scored", [by_sqlite, by_duckdb, by_python, by_onnx])
def test_sums_run_in_the_order_of_the_card(scored: Any, card: lk.scorecard.Scorecard) -> None:
    """Logits of very different sizes, whose sums depend on their order."""
    scales = np.array([10.0, 1e-12, 3.0, 1e-3, 1e-7, 1.0])
    sized = [
        replace(variable, logits=variable.logits * scale, points=-math.pi * scale * variable.logits)
        for variable, scale in zip(card.card.variables, scales, strict=True)
    ]
    other = replace(card, card=replace(card.card, variables=tuple(sized)))
    backwards = replace(card, card=replace(card.card, variables=tuple(reversed(sized))))
    data = new_applicants().head(200)
    expected = other.score(data)
    assert (backwards.score(data)[["points", "log_odds"]] != expected[["points", "log_odds"]]).any().all()
    require_equal(scored(other, data), expected)


def test_exports_are_written_to_files(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    assert card.export("json", tmp_path / "card.json").read_text(encoding="utf-8") == card.export("json")
    assert card.export("onnx", tmp_path / "card.onnx").read_bytes() == card.export("onnx")


def test_exports_that_are_not_possible_are_refused(card: lk.scorecard.Scorecard) -> None:
    with pytest.raises(DataError, match="kind='sas' is not known; use 'sql', 'python'"):
        card.export("sas")
    with pytest.raises(DataError, match="dialect='oracle' is not known"):
        card.export("sql", dialect="oracle")
    with pytest.raises(DataError, match="name the dialect, one of 'sqlite'"):
        card.export("sql")
    with pytest.raises(DataError, match="applies to export"):
        card.export("json", dialect="duckdb")
    with pytest.raises(DataError, match="give the name of a table"):
        card.export("sql", dialect="sqlite", table="t; drop table t")
    for keys, words in (("id", "give a list of names"), (["Points"], "that the query makes"), (["a", "A"], "twice")):
        with pytest.raises(DataError, match=words):
            card.export("sql", dialect="sqlite", keys=keys)


def test_levels_that_no_language_shares_are_refused() -> None:
    data = applicants()
    data["g"] = data["g"].fillna("")
    card = lk.scorecard(["n", "g"], data, target="bad")
    with pytest.raises(UnsupportedError, match="'g' has the empty string as a level"):
        card.export("onnx")
    card = lk.scorecard(["points"], data.rename(columns={"n": "points"}), target="bad")
    for kind in ("onnx", "pmml"):
        with pytest.raises(UnsupportedError, match="'points' would be an input and an output"):
            card.export(kind)


def test_levels_of_two_types_are_refused_where_a_field_has_one() -> None:
    data = applicants()
    data["g"] = data["g"].fillna("0")
    card = lk.scorecard(["n", "g"], data, target="bad", bins={"g": lk.scorecard.Bins(special=[1])})
    for kind in ("onnx", "pmml"):
        with pytest.raises(UnsupportedError, match="'g' has text and"):
            card.export(kind)
    assert by_python(card, data)["points"].tolist() == card.score(data)["points"].tolist()


def test_attributes_of_pmml_are_the_bins(card: lk.scorecard.Scorecard) -> None:
    """As elements; `make test-deploy` has the scores of an engine."""
    space = "{http://www.dmg.org/PMML-4_4}"
    model = ET.fromstring(card.export("pmml")).find(f"{space}Scorecard")
    assert model is not None
    assert float(model.get("initialScore", "")) == card.card.base_points
    for variable, element in zip(card.card.variables, model.iter(f"{space}Characteristic"), strict=True):
        assert element.get("name") == variable.binning.name
        found = sorted(float(each.get("partialScore", "")) for each in element.iter(f"{space}Attribute"))
        known = variable.points[~np.isnan(variable.points)]
        assert set(found) == set(known)
