"""Tables of any kind, columns of another type than those of the card, and other samples: what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import logitkit as lk
from logitkit.errors import DataError, ResponseError
from logitkit.estimators import ScorecardClassifier, WoeEncoder

N = 300


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    income, grade = rng.normal(size=N).round(2), rng.choice(list("abc"), N)
    bad = rng.uniform(size=N) < 1 / (1 + np.exp(1 - income - 0.8 * (grade == "a")))
    return pd.DataFrame({"income": income, "grade": grade, "bad": bad.astype(int)})


@pytest.fixture(scope="module")
def card() -> lk.scorecard.Scorecard:
    return lk.scorecard(["income", "grade"], table(), target="bad")


def test_tables_of_any_kind_give_the_same_points(card: lk.scorecard.Scorecard) -> None:
    data = table().head(20)
    tables = [
        data.astype(object),
        data.set_index("bad"),
        data.assign(grade=pd.Categorical(data["grade"], list("zcba"))),
        data.convert_dtypes(),
        data.convert_dtypes(dtype_backend="pyarrow"),
        pl.from_pandas(data),
        pa.Table.from_pandas(data),
        pa.RecordBatch.from_pandas(data),
        data.to_records(index=False),
        {name: data[name].tolist() for name in data},
        pd.concat([data, data[["bad"]], data.rename(columns={"grade": "points"})[["points"]]], axis=1),
    ]
    for each in tables:
        assert card.score(each).to_numpy().tolist() == card.score(data).to_numpy().tolist()
    assert card.score(data.head(0)).shape == (0, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"income": True}, "'income' has True and False"),
        ({"income": pd.Series([True] * N, dtype=object)}, "'income' has True and False"),
        ({"income": pd.Categorical([1.0] * N)}, "'income' has categories, for example 1.0"),
        ({"income": "1.5"}, "'income' has text, for example '1.5'"),
        ({"income": pd.Series(["-9", *table()["income"][1:]], dtype=object)}, "'income' has text, for example '-9'"),
        ({"income": pd.Timestamp("2020-01-01")}, "'income' has dates, for example"),
        ({"income": [[1]] * N}, "'income' has values of type list"),
        ({"grade": 1}, "'grade' has numbers, for example 1, and its bins were made of text"),
        ({"grade": pd.Series([1, *["a"] * (N - 1)], dtype=object)}, "'grade' has numbers, for example 1"),
        ({"grade": np.nan}, "'grade', row 0 and 299 more: a missing value"),
        ({"grade": "nan"}, "'grade', row 0 and 299 more: level 'nan' was not there"),
    ],
)
def test_a_column_of_another_type_is_refused_at_scoring(
    card: lk.scorecard.Scorecard, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        card.score(table().assign(**change))


def test_errors_name_the_sample_and_the_column(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    data = table()
    changed = {
        "'grade', row 0 and 299 more: level 'q'": data.assign(grade="q"),
        "The card needs a column 'income'": data.drop(columns="income"),
        "'income' has text, for example 'low'": data.assign(income="low"),
        "There is no column 'bad', the target": data.drop(columns="bad"),
        "The rows hold 0 events": data.assign(bad=0),
        "No row has an outcome": data.assign(bad=np.nan),
        "has the value 2": data.assign(bad=1 + data["bad"]),
    }
    for message, other in changed.items():
        samples = {"development": data, "out of time": other}
        for verb in (card.validate, lambda given: card.report(tmp_path / "card.html", given)):
            with pytest.raises((DataError, ResponseError), match=f"Sample 'out of time': .*{message}"):
                verb(samples)
    with pytest.raises(DataError, match="Sample 'base': The card needs a column 'income'"):
        card.stability(data, base=data.drop(columns="income"))
    with pytest.raises(DataError, match="Two samples have one name: 1, '1'"):
        card.validate({1: data, "1": data})
    columns = {name: data[name].tolist() for name in data}
    found, whole = card.validate({"a": columns, "b": data}).table(), card.validate(columns).table()
    assert found["gini"].tolist() == [whole["gini"].iloc[0]] * 2
    with pytest.raises(DataError, match="The table has no rows"):
        card.what_if(data.head(0))


def test_what_is_no_argument_of_an_edit_is_refused(card: lk.scorecard.Scorecard) -> None:
    grade = card.binnings["grade"]
    for wrong, message in (
        (lambda: grade.split(levels=5), "levels=5: give a list of levels"),
        (lambda: grade.merge(1, 2, reason=5), "reason=5 must be text"),
        (lambda: grade.replay([1]), "1 is no change of bins"),
        (lambda: grade.replay(5), "5 is no trail"),
        (lambda: card.with_points({5: {}}), "5"),
        (lambda: card.clusters(table().head(0)), "less than two rows"),
        (lambda: lk.scorecard.binning(["income"], table(), target="bad"), r"\['income'\] is no name of a column"),
        (lambda: lk.scorecard.binnings_of_blocks("income", None, target="bad", event=1), "blocks=None: give tables"),
        (lambda: lk.scorecard(["income"], table(), target="bad", bins={5: lk.scorecard.Bins()}), "5 is none of the"),
    ):
        with pytest.raises(DataError, match=message):
            wrong()


def test_estimators_take_records_and_refuse_names_given_twice() -> None:
    X, y = table()[["income", "grade"]], table()["bad"]
    for kind in (ScorecardClassifier, WoeEncoder):
        verb = "points" if kind is ScorecardClassifier else "transform"
        fitted = kind().fit(X, y)
        records = kind().fit(X.to_records(index=False), y)
        assert np.array_equal(getattr(records, verb)(X.to_records(index=False)), getattr(fitted, verb)(X))
        with pytest.raises(DataError, match="the column name 'grade' occurs 2 times"):
            kind().fit(X.rename(columns={"income": "grade"}), y)
        with pytest.raises(DataError, match="'opened' holds dates"):
            kind().fit(X.assign(opened=pd.Timestamp("2005-03-31")), y)


def test_infinite_values_belong_to_the_outermost_intervals() -> None:
    card = lk.scorecard(["income"], table(), target="bad")
    low, high = card.card.variables[0].binning.rule.cuts[0], card.card.variables[0].binning.rule.cuts[-1]
    ends = card.points({"income": [-np.inf, low - 1, high, np.inf]})["income"].tolist()
    assert ends[0] == ends[1]
    assert ends[2] == ends[3]
    assert ends[0] != ends[3]
