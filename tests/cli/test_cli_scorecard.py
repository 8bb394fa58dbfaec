"""The commands of scorecards: what they print and write is what the package gives; how they fail."""

from __future__ import annotations

import io
import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.cli.command import main

Capture = pytest.CaptureFixture[str]
Bins = lk.scorecard.Bins


def loans() -> pd.DataFrame:
    data = lk.datasets.load_german_credit()[["checking_status", "duration", "credit_amount", "age", "class"]]
    data.loc[::40, "class"] = "open"
    return data.assign(id=[f"=loan {i}" for i in range(len(data))], student=data["age"] < 21, count=1 + data["age"] % 2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    loans().to_csv(tmp_path / "loans.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(capsys: Capture, *words: str) -> str:
    assert main(["scorecard", *words]) == 0
    return capsys.readouterr().out


def error_of(capsys: Capture, *words: str) -> str:
    assert main([str(word) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.removeprefix("logitkit: error: ").strip()


FIT = ["fit", "class ~ .", "loans.csv", "--event", "bad", "--indeterminate", "open", "--leave-out", "id"]
ALL = [*FIT, "--exclude", "students=student", "--weights", "count"]


def test_a_card_is_made_saved_and_printed(folder: Path, capsys: Capture) -> None:
    (folder / "bins.json").write_text(json.dumps({"age": {"cuts": [30]}, "checking_status": {"unseen": "neutral"}}))
    options = ["--max-bins", "4", "--special", "-9", "--bins", "bins.json", "--min-iv", "0.05", "--keep", "age"]
    points = ["--points-to-double", "40", "--base-points", "500", "--base-odds", "20", "--zero", "mean", "--exact"]
    text = printed(capsys, *ALL, *options, *points, "--save", "card.json")
    of_numbers = {name: Bins(max_bins=4, special=[-9.0]) for name in ("duration", "credit_amount")}
    bins = {
        **of_numbers,
        "age": Bins(max_bins=4, special=[-9.0], cuts=[30]),
        "checking_status": Bins(max_bins=4, unseen="neutral"),
    }
    expected = lk.scorecard(
        ["checking_status", "duration", "credit_amount", "age"],
        pd.read_csv("loans.csv"),
        target="class",
        event="bad",
        indeterminate="open",
        exclude={"students": "student"},
        weights="count",
        bins=bins,
        selection=lk.scorecard.Selection(min_iv=0.05, keep=["age"]),
        scaling=lk.scorecard.Scaling(points_to_double=40, base_points=500, base_odds=20, zero="mean", rounded=False),
    )
    assert text == f"{expected.to_text()}\n"
    loaded = lk.load("card.json")
    assert loaded.population.excluded == (("students", int(loans()["student"].sum())),)
    pd.testing.assert_frame_equal(loaded.table(), expected.table(), check_exact=True)


def test_a_card_of_bins_is_made(folder: Path, capsys: Capture) -> None:
    text = printed(
        capsys, "fit", "class ~ age", "loans.csv", "--event", "bad", "--indeterminate", "open", "--coding", "dummies"
    )
    assert "Each bin has a coefficient of its own" in text


def test_applicants_are_scored(folder: Path, capsys: Capture) -> None:
    main(["scorecard", *ALL, "--save", "card.json"])
    assert "Wrote the scorecard to card.json" in capsys.readouterr().err
    text = printed(capsys, "score", "card.json", "loans.csv", "--keys", "id", "--reasons", "2")
    found = pd.read_csv(io.StringIO(text))
    card, data = lk.load("card.json"), pd.read_csv("loans.csv")
    columns = ["points", "log_odds", "probability"]
    assert list(found.columns) == ["row", "id", *columns, "reason_1", "points_1", "reason_2", "points_2"]
    np.testing.assert_array_equal(found[columns], card.score(data)[columns])
    assert found["id"].tolist() == [f"'{name}" for name in data["id"]]  # no spreadsheet runs them
    assert printed(capsys, "score", "card.json", "loans.csv", "--output", "scores.csv") == ""
    assert printed(capsys, "score", "card.json", "loans.csv") == Path("scores.csv").read_text(encoding="utf-8")
    # Scores are replaced by scores, and nothing else is.
    printed(capsys, "score", "card.json", "loans.csv", "--output", "scores.csv", "--reasons", "1")
    Path("notes.csv").write_text("mine")
    words = ("scorecard", "score", "card.json", "loans.csv", "--output")
    assert "is no scores that logitkit wrote" in error_of(capsys, *words, "notes.csv")
    assert "which is read in the same run" in error_of(capsys, *words, "card.json")


def test_a_card_is_exported(folder: Path, capsys: Capture) -> None:
    main(["scorecard", *ALL, "--save", "card.json"])
    capsys.readouterr()
    card, data = lk.load("card.json"), pd.read_csv("loans.csv")
    query = printed(capsys, "export", "card.json", "sql", "--dialect", "sqlite", "--table", "loans", "--keys", "id")
    with sqlite3.connect(":memory:") as connection:
        connection.create_function("EXP", 1, np.exp)
        data.to_sql("loans", connection, index=False)
        rows = connection.execute(query).fetchall()
    assert [row[:2] for row in rows] == list(zip(data["id"], card.score(data)["points"], strict=True))
    for kind, name in (("json", "table.json"), ("python", "table.py"), ("sql", "table.sql")):
        dialect = ["--dialect", "spark"] if kind == "sql" else []
        for _ in range(2):  # what was written is replaced
            printed(capsys, "export", "card.json", kind, *dialect, "--output", name)
        assert printed(capsys, "export", "card.json", kind, *dialect) == Path(name).read_text(encoding="utf-8")
    assert "name a file, --output" in error_of(capsys, "scorecard", "export", "card.json", "onnx")
    assert "name the dialect" in error_of(capsys, "scorecard", "export", "card.json", "sql")


def test_a_card_is_monitored(folder: Path, capsys: Capture) -> None:
    main(["scorecard", *ALL, "--save", "card.json"])
    later = pd.read_csv("loans.csv").query("`class` != 'open'").head(300)
    later["applied"] = [f"2020-{1 + i // 60:02d}-{1 + i % 28:02d}" for i in range(len(later))]
    later["seen"] = later["applied"].str.replace("2020", "2021")
    later.to_csv("later.csv", index=False)
    card = lk.load("card.json")
    dated = later.assign(applied=pd.to_datetime(later["applied"]), seen=pd.to_datetime(later["seen"]))
    capsys.readouterr()
    words = ["monitor", "card.json", "later.csv", "--period", "applied"]
    expected = card.monitor(dated, period="applied", known=2, every="quarter", base=later)
    text = printed(capsys, *words, "--known", "2", "--every", "quarter", "--base", "later.csv")
    assert text == f"{expected.to_text()}\n"
    text = printed(capsys, *words, "--known", "seen", "--target", "class", "--report", "monitor.html")
    assert text == f"{card.monitor(dated, period='applied', known='seen').to_text()}\n"
    assert "2020" in text
    printed(capsys, *words, "--report", "monitor.html")  # a report is replaced by a report
    assert Path("monitor.html").read_text(encoding="utf-8").startswith("<!")
    # Periods that are no dates stay as they are.
    later.assign(applied=[f"wave {1 + i // 100}" for i in range(len(later))]).to_csv("later.csv", index=False)
    assert "wave 2" in printed(capsys, *words)
    assert "'applies'" in error_of(capsys, "scorecard", *words[:-1], "applies")
    assert "does not end in .html" in error_of(capsys, "scorecard", *words, "--report", "monitor.txt")


def test_mistakes_end_in_one_line(folder: Path, capsys: Capture) -> None:
    fit = lk.logit("age ~ duration", pd.read_csv("loans.csv").assign(age=lambda d: (d["age"] > 30).astype(int)))
    fit.save("fit.json")
    main(["scorecard", *ALL, "--save", "card.json"])
    capsys.readouterr()
    assert "holds a fit and no scorecard" in error_of(capsys, "scorecard", "score", "fit.json", "loans.csv")
    assert "holds a scorecard" in error_of(capsys, "predict", "card.json", "loans.csv")
    assert "holds a scorecard" in error_of(capsys, "report", "card.json", "loans.csv")
    for words, message in (
        (["--exclude", "young"], "give the name of a rule and a column"),
        (["--leave-out", "id,nothing"], "'nothing' is none of the variables"),
        (["--special", "none"], "'none' is no number"),
        (["--bins", "nowhere.json"], "'nowhere.json' cannot be read"),
        (["--shape", "round"], "shape='round' is not known"),
        (["--base-odds", "0"], "base_odds=0.0"),
        (["--zero", "high"], "zero='high' is not known"),
        (["--weights", "wait"], "there is no such column"),
    ):
        assert message in error_of(capsys, "scorecard", *FIT, *words)
    for content, message in (
        ("{", "is not JSON"),
        ("[]", "must hold options by variable"),
        ('{"height": {}}', "'height', which the card has not"),
        ('{"age": {"trend": "up"}}', "It is shape= here"),
    ):
        Path("bins.json").write_text(content)
        assert message in error_of(capsys, "scorecard", *FIT, "--bins", "bins.json")
    words = ("scorecard", "score", "card.json", "loans.csv", "--keys")
    assert "there is no column 'ids'" in error_of(capsys, *words, "ids")
    assert "'id' is a column of the result already" in error_of(capsys, *words, "id,id")


def test_limits_of_a_monitor_are_stated(folder: Path, capsys: Capture) -> None:
    main(["scorecard", *ALL, "--save", "card.json"])
    days = pd.Timestamp("2007-01-01") + pd.to_timedelta(np.arange(1000) % 150, unit="D")
    data = loans().assign(day=days)
    data.to_csv("later.csv", index=False)
    capsys.readouterr()
    stated = ["--psi", "0.01", "--gini", "0.9", "--bad-rate", "1.5", "--indeterminate", "open"]
    text = printed(capsys, "monitor", "card.json", "later.csv", "--period", "day", "--known", "2", *stated)
    limits = lk.scorecard.Limits(psi=0.01, gini=0.9, bad_rate=1.5)
    expected = lk.load("card.json").monitor(data, period="day", known=2, limits=limits, indeterminate="open")
    assert text == f"{expected.to_text()}\n"
    assert len(expected.cohorts) == 3
    assert "psi=0.0" in error_of(
        capsys, "scorecard", "monitor", "card.json", "later.csv", "--period", "day", "--psi", "0"
    )
