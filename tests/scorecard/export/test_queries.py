"""Exports row by row beside the card: the same double, or the same refusal."""

from __future__ import annotations

import math
import sqlite3
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.scorecard.export.python import python_of
from logitkit.scorecard.export.source import CardSource, card_source
from logitkit.scorecard.export.sql import DIALECTS, sql_of

Bins, Scaling = lk.scorecard.Bins, lk.scorecard.Scaling


def applicants(n: int = 800) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {
            "id": np.arange(n),
            "in come": np.round(rng.lognormal(3, 1, n), 2),
            "n": rng.integers(0, 30, n),
            "g": rng.choice(["a", "b'c", 'd"e', "ß", "F"], n),
        }
    )
    data.loc[rng.uniform(size=n) < 0.1, "in come"] = np.nan
    data.loc[rng.uniform(size=n) < 0.05, "in come"] = -9.0
    data.loc[rng.uniform(size=n) < 0.05, "g"] = None
    log_odds = -1 - data["in come"].fillna(0) / 30 + data["n"] / 20
    return data.assign(bad=(rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds))).astype(int))


@pytest.fixture(scope="module", params=[True, False], ids=["whole points", "exact points"])
def card(request: pytest.FixtureRequest) -> lk.scorecard.Scorecard:
    bins = {"in come": Bins(special=[-9]), "g": Bins(unseen="neutral")}
    scaling = Scaling(rounded=request.param)
    return lk.scorecard(["in come", "n", "g"], applicants(), target="bad", bins=bins, scaling=scaling)


def new_applicants() -> pd.DataFrame:
    """Rows of every kind: missing, special and unseen values, cut points themselves and their neighbours."""
    data = applicants().drop(columns="bad")
    data.loc[5, "g"] = "unseen"
    data.loc[6, "in come"] = -0.0
    data.loc[7, "in come"] = 0.0
    return data


def at_the_cuts(card: lk.scorecard.Scorecard) -> pd.DataFrame:
    cuts = np.array(card.card.variables[0].binning.rule.cuts)  # type: ignore[union-attr]
    values = np.concatenate([cuts, np.nextafter(cuts, -np.inf), np.nextafter(cuts, np.inf), [1e300, -1e300]])
    return pd.DataFrame({"id": np.arange(values.size), "in come": values, "n": 3, "g": "a"})


def by_sqlite(query: str, data: pd.DataFrame) -> pd.DataFrame:
    with sqlite3.connect(":memory:") as connection:
        connection.create_function("EXP", 1, lambda x: None if x is None else math.exp(x), deterministic=True)
        data.to_sql("applicants", connection, index=False)
        return pd.read_sql(f"{query} ORDER BY id", connection)


def test_sqlite_scores_as_the_card(card: lk.scorecard.Scorecard) -> None:
    query = sql_of(card_source(card.card), "sqlite", "applicants", ["id"])
    for data in (new_applicants(), at_the_cuts(card)):
        expected = card.score(data)
        found = by_sqlite(query, data)
        np.testing.assert_array_equal(found["points"], expected["points"])
        np.testing.assert_array_equal(found["log_odds"], expected["log_odds"])
        np.testing.assert_allclose(found["probability"], expected["probability"], rtol=4 * np.finfo(float).eps)


def run(source: CardSource) -> Any:
    namespace: dict[str, Any] = {}
    exec(python_of(source), namespace)
    return namespace["score"]


def test_plain_python_scores_as_the_card(card: lk.scorecard.Scorecard) -> None:
    score = run(card_source(card.card))
    for data in (new_applicants(), at_the_cuts(card)):
        expected = card.score(data)
        found = np.array([score(row) for row in data.to_dict("records")])
        np.testing.assert_array_equal(found[:, 0], expected["points"])
        np.testing.assert_array_equal(found[:, 1], expected["log_odds"])
        np.testing.assert_allclose(found[:, 2], expected["probability"], rtol=4 * np.finfo(float).eps)


def test_what_the_card_refuses_is_null_or_an_error(card: lk.scorecard.Scorecard) -> None:
    """No row had a missing n when the card was made."""
    data = new_applicants().head(3).astype({"n": float})
    data.loc[1, "n"] = np.nan
    with pytest.raises(DataError, match="'n', row 1: a missing value"):
        card.score(data)
    found = by_sqlite(sql_of(card_source(card.card), "sqlite", "applicants", ["id"]), data)
    assert found["points"].isna().tolist() == [False, True, False]
    assert found["probability"].isna().tolist() == [False, True, False]
    with pytest.raises(ValueError, match="'n': nan has no points in this card"):
        run(card_source(card.card))(data.iloc[1].to_dict())
    with pytest.raises(TypeError, match="'n' must be a number"):
        run(card_source(card.card))({**data.iloc[0].to_dict(), "n": "3"})


def test_every_dialect_quotes_names_and_levels(card: lk.scorecard.Scorecard) -> None:
    for dialect in DIALECTS:
        query = sql_of(card_source(card.card), dialect, "my.applicants")
        quote = DIALECTS[dialect].quote
        assert f"{quote}in come{quote}" in query
        assert "'b''c'" in query
        assert "FROM my.applicants" in query
    with pytest.raises(DataError, match="dialect='oracle' is not known"):
        sql_of(card_source(card.card), "oracle", "t")
    with pytest.raises(DataError, match="give the name of a table"):
        sql_of(card_source(card.card), "sqlite", "t; drop table t")
