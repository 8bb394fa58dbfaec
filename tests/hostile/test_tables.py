"""Tables that are damaged: rows that do not fit their head, names that stand twice, names without an order."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import logitkit as lk
from logitkit.cli.command import main
from logitkit.design.table.files import read_file
from logitkit.errors import DataError, LogitkitError
from logitkit.estimators import LogitClassifier

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, entered."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y,x\nr1,0,1\nr2,1,2\nr3,0,3\n", "line 2: the row has 3 fields, the header 2 names. If rows begin"),
        ("y,x\n0,1\n1,2\n0,3,4\n", "line 4: the row has 3 fields, the header 2 names"),
        ("y,x\n0,1,\n1,2,\n", "line 2: .*ends in a separator that the header does not have"),
        ("y,x\n0,1\n1\n0,3\n", "line 3: the row has 1 field, the header 2 names. Write an empty field"),
        ("y,x,z\n0,1,2\n\n1,2\n", "line 4: the row has 2 fields, the header 3 names"),
        ('y,x\n0,"a\nb"\n1,2,3,4\n', "line 4: the row has 4 fields, the header 2 names. If a value contains"),
        ("\n\ny,x\n0\n", "line 4: the row has 1 field"),
        ("y,x,x\n0,1,2\n", r"line 1: the column name 'x' occurs 2 times \(columns 2 and 3\)"),
        ("y,x,x,x\n", r"'x' occurs 3 times \(columns 2, 3 and 4\)"),
        ("\ufeffy,x,y\n0,1,2\n", "line 1: the column name 'y' occurs 2 times"),
        ("y,,x\n0,1,2\n", "line 1: column 2 has no name"),
        ("y,x,\n0,1,2\n", "line 1: column 3 has no name"),
        ("y,x, \n0,1,2\n", "line 1: column 3 has no name"),
        ('y,x\n0,"1\n1,2\n', "line 2: the row has|cannot be read"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_table_whose_rows_do_not_fit_its_head_is_refused(
    text: str, message: str, packed: bool, here: Path, capsys: Capture
) -> None:
    path = Path("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert main(["fit", "y ~ x", str(path)]) == 2
    assert re.search(f"'{path}'.*{message}", capsys.readouterr().err)


def test_tables_that_are_whole_are_read(here: Path) -> None:
    expected = pd.DataFrame({"y": [0, 1], "x": ["a,b", 'c"d\ne']})
    expected.to_csv("t.csv", index=False)
    pd.testing.assert_frame_equal(read_file("t.csv"), expected)
    expected.to_csv("t.csv")  # the names of rows have no head, as R's write.csv has it
    pd.testing.assert_frame_equal(read_file("t.csv").iloc[:, 1:], expected)
    for text in ("y,x\r\n0,a\r\n1,b\r\n", "\ufeffy,x\n\n0,a\n   \n1,b\n\n", "y,x\n0,a\n1,b", "y,x\r0,a\r1,b\r"):
        Path("t.csv").write_bytes(text.encode())
        assert read_file("t.csv").to_dict("list") == {"y": [0, 1], "x": ["a", "b"]}
    Path("t.csv").write_text("y\n0\n1\n", encoding="utf-8")
    assert read_file("t.csv").to_dict("list") == {"y": [0, 1]}
    limit = csv.field_size_limit()
    Path("t.csv").write_text(f"y,x\n0,{'a' * (limit + 1)}\n", encoding="utf-8")
    assert read_file("t.csv")["x"].str.len().tolist() == [limit + 1]
    assert csv.field_size_limit() == limit


def test_names_that_stand_twice_are_refused_in_every_kind_of_table() -> None:
    columns = [[0, 1, 0, 1], [1.0, 2.0, 3.0, 1.0], [1.0, 2.0, 3.0, 4.0]]
    names = ["y", "x", "x"]
    arrow = pa.table([pa.array(column) for column in columns], names=names)
    frame = pd.DataFrame(np.transpose(columns), columns=names)
    fit = lk.logit("y ~ x", {"y": columns[0], "x": columns[2]})
    calls: list[Any] = [
        lambda table: lk.logit("y ~ x", table),
        lambda table: lk.logit("y ~ .", table),
        lambda table: lk.logit("y ~ 1", table, weights="x", weight_kind="precision"),
        lambda table: lk.logit_by("y ~ 1", table, by="x"),
        lambda table: lk.multinomial("x ~ y", table),
        fit.predict,
        fit.augment,
        lambda table: lk.logit_matrix(table, columns[0]),
        lambda table: LogitClassifier().fit(table, columns[0]),
        lambda table: LogitClassifier(formula="x").fit(table, columns[0]),
    ]
    for table in (arrow, frame):
        for call in calls:
            with pytest.raises(LogitkitError, match=r"'x' occurs 2 times \(columns 2 and 3\)|2 columns called 'x'"):
                call(table)
    with pytest.raises(DataError, match="Column 2 of the table has no name"):
        lk.logit("y ~ .", frame.set_axis(["y", " ", "x"], axis=1))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"Intercept", "x"}, "names is a set, which has no order"),
        (frozenset("ab"), "names is a frozenset, which has no order"),
        ({"Intercept": 1, "x": 2}, "names is a dict"),
        ({"Intercept": 1, "x": 2}.keys(), "names is a dict_keys, which has no order"),
        ("ab", "must be one name per column"),
        (7, "must be one name per column"),
        (["Intercept", 1], "must be one name per column"),
        (["Intercept"], "names, 1, is not that of the columns of X, 2"),
        (["x", "x"], "the column name 'x' occurs 2 times"),
        (["x", ""], "column 2 has no name"),
    ],
)
def test_names_of_a_matrix(names: Any, message: str) -> None:
    X, y = np.column_stack([np.ones(6), [1, 2, 3, 4, 5, 6]]), [0, 1, 0, 1, 0, 1]
    for function in (lk.logit_matrix, lk.multinomial_matrix, lk.path_matrix, lk.cross_validate_matrix):
        with pytest.raises(DataError, match=message):
            function(X, y, names)
