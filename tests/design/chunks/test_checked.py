"""Sources whose rows may change or move between passes: what is noticed, and what may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.design.chunks.checked import CheckedSource
from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.readers import ReaderSource
from logitkit.design.chunks.row_hashes import hash_of_rows, row_hashes
from logitkit.errors import DataError, UnsupportedError

FORMULA = "y ~ x + g"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    n = 500
    data = pd.DataFrame({"x": rng.normal(size=n), "g": rng.choice(list("abc"), n), "k": np.arange(n)})
    data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(-data["x"]))).astype(int)
    return data.mask(pd.DataFrame({"x": rng.random(n) < 0.1}).reindex(columns=data.columns, fill_value=False))


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    monkeypatch.setattr(build, "ROWS_LEAST", 170)
    monkeypatch.setattr(build, "ROWS_MOST", 170)
    monkeypatch.setattr(build, "SAMPLE_LEAST", 150)


class Shuffled:
    """Another order of the same rows in each pass."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table, self.passes = table, 0

    def __call__(self) -> Iterator[pd.DataFrame]:
        self.passes += 1
        rows = self.table.sample(frac=1.0, random_state=self.passes)
        return iter([rows.iloc[:123], rows.iloc[123:]])


def unordered(table, monkeypatch) -> None:
    """Let the fit read a function as what promises no order."""

    def opened(data, executor=None):
        calls = data if callable(data) else None
        if calls is None:
            return source_of(data, executor)
        source = ReaderSource("the query", tuple(table.columns), lambda columns, size: calls())
        return CheckedSource(source, ordered=False)

    monkeypatch.setattr("logitkit.api.reading.source_of", opened)


def test_any_order_of_the_rows_gives_the_fit_in_memory(table, monkeypatch, tmp_path) -> None:
    held = lk.logit(FORMULA, table)
    unordered(table, monkeypatch)
    shuffled = Shuffled(table)
    read, again = lk.logit(FORMULA, shuffled), lk.logit(FORMULA, shuffled)
    assert shuffled.passes >= 4  # of two fits
    for found in (read, again):
        gap = np.abs(held.record.coef - found.record.coef) / held.tidy()["std_error"].to_numpy()
        assert gap.max() < 1e-10
        # The information is that of an iterate within 1e-8 standard errors of the optimum.
        np.testing.assert_allclose(found.tidy()["std_error"], held.tidy()["std_error"], rtol=1e-9)
    assert read.record.counts == held.record.counts
    assert read.record.fingerprint == again.record.fingerprint
    with pytest.raises(UnsupportedError, match="in another order in the second pass"):
        read.predict()
    for write in (read.predict, read.influence):
        with pytest.raises(UnsupportedError, match="told by their place, without keys=, must be in the order"):
            write(to=tmp_path / "rows")
    with pytest.raises(UnsupportedError, match="What is drawn by place must be in the order of the rows"):
        read.bootstrap(2, seed=1, kind="poisson")


def test_rows_of_no_promised_order_must_stay_the_same(table, monkeypatch) -> None:
    unordered(table, monkeypatch)
    for change, says in (
        (lambda rows: rows.assign(x=rows["x"] + 1e-9), "other values"),
        (lambda rows: rows[1:], "499"),
    ):
        shuffled = Shuffled(table)

        def changing(shuffled=shuffled, change=change):
            found = list(shuffled())
            return found if shuffled.passes < 2 else map(change, (pd.concat(found),))

        with pytest.raises(DataError, match=f"changed between two passes.*{says}"):
            lk.logit(FORMULA, changing)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows.assign(y=1 - rows["y"]), "rows from changing.., frame 1 on are others than"),
        (lambda rows: rows.iloc[::-1], "or in another order"),
        (lambda rows: pd.concat([rows, rows[:200]]), "more rows than|are others"),
        (lambda rows: rows[:450], "gave 450 rows and had given 500|fewer|are others"),
        (lambda rows: rows[:0], "gave 0 rows|fewer"),
    ],
)
def test_a_function_must_give_the_same_rows_again(table, change, says) -> None:
    calls = []

    def changing():
        calls.append(1)
        return [table] if len(calls) < 3 else [change(table)]

    with pytest.raises(DataError, match=f"(?s)changed between two passes.*({says})"):
        lk.logit(FORMULA, changing)


def test_a_function_makes_a_new_iterator(table) -> None:
    once = iter([table])
    with pytest.raises(DataError, match="returned the same list_iterator twice"):
        lk.logit(FORMULA, lambda: once)
    with pytest.raises(DataError, match="returned a DataFrame; it must return an iterator of frames"):
        lk.logit(FORMULA, lambda: table)


def test_a_connection_is_read_by_one_pass_at_a_time(table) -> None:
    connection = duckdb.connect()
    connection.register("loans", table)
    source = source_of(connection.sql("select * from loans where k < 450"))
    one, other = source.batches(["k"], 100), source.batches(["k"], 100)
    found = [next(one), next(other), *one, *other]
    assert [batch.table["k"][0].as_py() for batch in found] == [0, 0, 100, 200, 300, 400, 100, 200, 300, 400]
    next(waiting := source.batches(["k"], 100))
    waiting.close()
    assert connection.sql("select 1").fetchall() == [(1,)]
    connection.close()
    with pytest.raises(DataError, match=r"The relation cannot be read: .*closed"):
        next(source.batches(["k"], 100))
    with pytest.raises(DataError, match="give a relation, such as"):
        lk.logit(FORMULA, duckdb.connect())


def test_a_fit_beside_a_pass_that_is_left_open_is_right_or_says_what_holds_the_connection(table) -> None:
    connection = duckdb.connect()
    connection.register("loans", table)
    # Made beforehand: DuckDB itself refuses connection.sql() while a result is open.
    first, second = (connection.sql("select * from loans") for _ in range(2))
    fit = lk.logit(FORMULA, first)
    next(left := fit.design.chunks())  # as an error leaves it, whose traceback is kept
    try:  # whether the result was drained by then depends on the threads that read ahead
        again = lk.logit(FORMULA, second)
    except DataError as error:
        assert "A connection gives one result at a time" in str(error)  # noqa: PT017 - either is right
    else:
        assert np.array_equal(again.coef, fit.coef)
    del left


def test_a_query_in_another_order_each_time_is_not_read_twice_at_once() -> None:
    orders = iter([[1, 2, 3, 4], [4, 3, 2, 1], [1, 3, 2, 4]])
    reader = ReaderSource("the query", ("x",), lambda columns, size: iter([{"x": next(orders)}]))
    source = CheckedSource(reader, ordered=False, alone=True)
    one, other = source.batches(["x"], 2), source.batches(["x"], 2)
    next(one), next(other)
    with pytest.raises(UnsupportedError, match="two passes go on at once"):
        next(one)


def test_verbs_of_a_relation_are_those_in_memory(table) -> None:
    held, read = lk.logit(FORMULA, table), lk.logit(FORMULA, duckdb.from_df(table))
    assert not read.record.read.in_order
    assert "in no promised order: digits agree to 1e-10" in str(read.summary())
    assert lk.logit(FORMULA, lambda: [table]).record.read.in_order
    np.testing.assert_allclose(read.predict(), held.predict(), rtol=1e-9)
    np.testing.assert_allclose(read.residuals(), held.residuals(), rtol=1e-9)
    assert duckdb.sql("select 2").fetchall() == [(2,)]


EACH = {
    "int8": pa.array([1, None, 3], pa.int8()),
    "uint64": pa.array([2**64 - 1, 2, None], pa.uint64()),
    "bool": pa.array([True, None, False]),
    "float32": pa.array([1.5, None, float("nan")], pa.float32()),
    "float16": pa.array([1, 2, None], pa.float16()),
    "date": pa.array([dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)]),
    "timestamp": pa.array([1, None, 5], pa.timestamp("us", "UTC")),
    "decimal": pa.array([1, None, 2], pa.decimal128(5, 2)),
    "text": pa.array(["a", None, ""], pa.large_string()),
    "view": pa.array(["a", None, "longer than eight bytes"], pa.string_view()),
    "bytes": pa.array([b"x", None, b"y"]),
    "levels": pa.array(["a", None, "b"]).dictionary_encode(),
    "nothing": pa.nulls(3),
}


@pytest.mark.parametrize("kind", EACH)
def test_hashes_of_rows_do_not_depend_on_their_place(kind) -> None:
    rows = pa.table({"x": EACH[kind]})
    whole = row_hashes(rows)
    assert whole[0] != whole[1] or kind == "nothing"
    np.testing.assert_array_equal(row_hashes(rows.slice(1)), whole[1:])
    np.testing.assert_array_equal(row_hashes(pa.concat_tables([rows.slice(2), rows.slice(0, 2)])), whole[[2, 0, 1]])


def test_hashes_of_rows_tell_values_columns_and_order_apart() -> None:
    rows = pa.table({"x": [0.0, 1.0, 2.0], "y": [1.0, 0.0, 2.0]})
    assert row_hashes(rows.select(["y", "x"]))[0] != row_hashes(rows)[0]
    assert (
        hash_of_rows(rows).total != hash_of_rows(pa.table({"x": [0.0, 1.0, 2.0], "y": [1.0, 0.0, 2.0 + 4e-16]})).total
    )
    turned = hash_of_rows(rows.take([1, 0, 2]))
    assert turned.total == hash_of_rows(rows).total
    assert turned.ordered != hash_of_rows(rows).ordered
    assert hash_of_rows(pa.table({"x": [-0.0]})) == hash_of_rows(pa.table({"x": [0.0]}))
    levels = pa.table({"x": pa.array(["b", "a"]).dictionary_encode()})
    assert hash_of_rows(levels) == hash_of_rows(pa.table({"x": ["b", "a"]}))


def test_a_lazy_frame_must_keep_its_order(table) -> None:
    wide = pl.from_pandas(pd.concat([table.assign(k=table["k"] + 500 * i) for i in range(20)]))
    shuffled = wide.lazy().select(pl.all().shuffle())
    with pytest.raises(DataError, match=r"(?s)The lazy frame changed between two passes.*Sort it"):
        lk.logit(FORMULA, shuffled)
