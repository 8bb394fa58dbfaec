"""Exports in the programs that run them: PostgreSQL, Spark, and an engine of PMML. `make test-deploy` runs these."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from oracles.applicants import at_the_cuts, card_of, new_applicants, require_equal
from oracles.random_cards import random_card

pytestmark = pytest.mark.deploy
COLUMNS = ["points", "log_odds", "probability"]
TYPES = {
    "id": "BIGINT",
    "in come": "DOUBLE",
    "n": "DOUBLE",
    "g": "STRING",
    "owner": "BOOLEAN",
    "class": "DOUBLE",
    "change": "DOUBLE",
}
Run = Callable[[str, pd.DataFrame, dict[str, str]], pd.DataFrame]


@pytest.fixture(scope="module", params=[True, False], ids=["whole points", "exact points"])
def card(request: pytest.FixtureRequest) -> lk.scorecard.Scorecard:
    return card_of(request.param)


def with_refused(data: pd.DataFrame) -> pd.DataFrame:
    """No row had a missing n when the card was made."""
    return data.astype({"n": float}).assign(n=lambda rows: rows["n"].mask(rows["id"] == 3))


def require_java() -> None:
    if shutil.which("java") is None:
        pytest.skip("no Java: apt-get install default-jre-headless")


def require_as_the_card(run: Run, dialect: str, card: lk.scorecard.Scorecard) -> None:
    query = card.export("sql", dialect=dialect, keys=["id"])
    assert isinstance(query, str)
    for data in (new_applicants(), at_the_cuts(card)):
        require_equal(run(query, data, TYPES), card.score(data))
    found = run(query, with_refused(new_applicants().head(6)), TYPES)
    assert found[COLUMNS].isna().all(axis=1).tolist() == [False, False, False, True, False, False]


def require_random_cards(run: Run, dialect: str, seeds: range) -> None:
    """Names, levels and numbers that are hard to quote, joins of many levels, and rows that the card refuses."""
    for seed in seeds:
        case = random_card(seed)
        query = case.card.export("sql", dialect=dialect, keys=["id"])
        assert isinstance(query, str)
        found, expected = run(query, case.rows, case.types), case.expected()
        for name in ("points", "log_odds"):
            np.testing.assert_array_equal(found[name], expected[name])
        np.testing.assert_allclose(found["probability"], expected["probability"], rtol=1e-15)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Run]:
    """A server of its own, in a folder of its own, that listens to a socket there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(found[-1]) if found else None)
    if initdb is None or shutil.which("psql") is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
    programs = Path(initdb).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    who: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        who = {"user": "postgres"}
        shutil.chown(folder, "postgres")

    def program(name: str, *words: str) -> None:
        done = subprocess.run(
            [programs / name, "-D", folder / "data", *words], cwd=folder, check=False, capture_output=True, **who
        )
        assert done.returncode == 0, done.stderr.decode()

    def psql(text: str) -> str:
        words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(folder), "-U", "card", "-d", "postgres"]
        done = subprocess.run(words, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(query: str, data: pd.DataFrame, types: dict[str, str]) -> pd.DataFrame:
        own = {"DOUBLE": "DOUBLE PRECISION", "STRING": "TEXT"}
        quoted = {name: '"' + name.replace('"', '""') + '"' for name in data.columns}
        columns = ", ".join(f"{quoted[name]} {own.get(types[name], types[name])}" for name in data.columns)
        # Every other missing number is NaN rather than NULL: both are missing.
        numbers = data.astype(object).where(data.notna(), None)
        for name in data.columns[[types[name] == "DOUBLE" for name in data.columns]]:
            numbers.loc[data[name].isna() & (data["id"] % 2 == 0), name] = "NaN"
        rows = numbers.to_csv(index=False, header=False)
        made = f"DROP TABLE IF EXISTS applicants;\nCREATE TABLE applicants ({columns});\n"
        copied = f"COPY applicants FROM STDIN WITH (FORMAT csv);\n{rows}\\.\n"
        text = psql(f"{made}{copied}COPY ({query} ORDER BY id) TO STDOUT WITH (FORMAT csv, HEADER);\n")
        found = csv.DictReader(io.StringIO(text))
        return pd.DataFrame([{name: float(row[name] or "nan") for name in COLUMNS} for row in found])

    try:
        program("initdb", "-A", "trust", "-U", "card", "-E", "UTF8", "--locale=C", "--no-sync")
        program("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -h '' -F", "start")
        try:
            yield run
        finally:
            program("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def spark() -> Iterator[Run]:
    require_java()
    sql = pytest.importorskip("pyspark.sql", reason="no Spark: pip install pyspark")
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )

    def run(query: str, data: pd.DataFrame, types: dict[str, str]) -> pd.DataFrame:
        schema = [f"`{name.replace('`', '``')}` {types[name]}" for name in data.columns]
        # Missing numbers are NaN in one half of the rows, and NULL in the other.
        doubles = {name: float for name, own in types.items() if own == "DOUBLE"}
        plain = [
            [
                None if pd.isna(value) and (name not in doubles or row["id"] % 2) else value
                for name, value in row.items()
            ]
            for row in data.astype(doubles).to_dict("records")
        ]
        session.createDataFrame(plain, ", ".join(schema)).createOrReplaceTempView("applicants")
        rows = session.sql(f"{query} ORDER BY id").collect()
        return pd.DataFrame([row.asDict() for row in rows]).astype(dict.fromkeys(COLUMNS, float))

    yield run
    session.stop()


def test_postgresql_scores_as_the_card(postgresql: Run, card: lk.scorecard.Scorecard) -> None:
    require_as_the_card(postgresql, "postgresql", card)


def test_postgresql_scores_random_cards(postgresql: Run) -> None:
    require_random_cards(postgresql, "postgresql", range(300, 320))


def test_spark_scores_as_the_card(spark: Run, card: lk.scorecard.Scorecard) -> None:
    require_as_the_card(spark, "spark", card)


def test_spark_scores_random_cards(spark: Run) -> None:
    require_random_cards(spark, "spark", range(300, 310))


def by_pmml(card: lk.scorecard.Scorecard, data: pd.DataFrame) -> pd.DataFrame:
    """Row by row: whole tables pass through JSON of ten digits."""
    require_java()
    pypmml = pytest.importorskip("pypmml", reason="no engine of PMML: pip install pypmml")
    model = pypmml.Model.fromString(card.export("pmml"))
    names = list(card.card.names)
    assert model.inputNames == names
    numbers = [
        name for name in names if data[name].dtype != object and not isinstance(data[name].dtype, pd.StringDtype)
    ]
    rows = data[names].astype(dict.fromkeys(numbers, float)).astype(object).to_numpy().tolist()
    plain = [[None if pd.isna(value) else value for value in row] for row in rows]
    return pd.DataFrame(model.predict(plain), columns=model.outputNames)


def test_an_engine_of_pmml_scores_as_the_card(card: lk.scorecard.Scorecard) -> None:
    for data in (new_applicants().head(300), at_the_cuts(card)):
        require_equal(by_pmml(card, data), card.score(data))
    found = by_pmml(card, with_refused(new_applicants().head(6)))
    assert found[COLUMNS].isna().all(axis=1).tolist() == [False, False, False, True, False, False]


def test_an_engine_of_pmml_scores_random_cards() -> None:
    for seed in range(300, 312):
        case = random_card(seed)
        found, expected = by_pmml(case.card, case.rows), case.expected()
        for name in ("points", "log_odds"):
            np.testing.assert_array_equal(found[name], expected[name])
