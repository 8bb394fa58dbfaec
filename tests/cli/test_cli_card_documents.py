"""``logitkit scorecard report`` and ``verify``: what they write, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import logitkit as lk
from logitkit.cli.command import main

Capture = pytest.CaptureFixture[str]
COLUMNS = ["checking_status", "housing"]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    data = lk.datasets.load_german_credit()[[*COLUMNS, "job", "age", "class"]]
    data.loc[::40, "class"] = "open"
    return data.assign(minor=data["age"] < 21)


@pytest.fixture
def folder(loans: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    loans.to_csv("loans.csv", index=False)
    bins = lk.scorecard.Bins(unseen="neutral", empty="neutral")
    card = lk.scorecard(
        COLUMNS, loans, target="class", event="bad", indeterminate="open", exclude={"minors": "minor"}, bins=bins
    )
    card.save("card.json")
    return tmp_path


VERIFY = ["scorecard", "verify", "card.json", "loans.csv", "--exclude", "minors=minor"]
REPORT = ["scorecard", "report", "card.json", "--indeterminate", "open"]


def test_a_card_that_the_rows_give_ends_with_status_0(folder: Path, capsys: Capture) -> None:
    assert main(VERIFY) == 0
    assert "every number is the same" in capsys.readouterr().out
    assert main([*VERIFY, "--format", "json", "--output", "verified.docx", "--same-versions"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["facts"]["Result"] == "all agree"
    assert err == "Wrote the document to verified.docx\n"
    assert (folder / "verified.docx").read_bytes()[:2] == b"PK"


def test_a_card_that_the_rows_do_not_give_ends_with_status_1(
    folder: Path, loans: pd.DataFrame, capsys: Capture
) -> None:
    loans.assign(housing=loans["housing"].where(loans.index != 3, "own")).to_csv("loans.csv", index=False)
    assert main([*VERIFY, "--output", "verified.json"]) == 1
    assert "Fingerprint: housing" in capsys.readouterr().out
    found = json.loads((folder / "verified.json").read_text())
    assert found["format"] == "logitkit document"
    assert found["facts"]["Result"] == "differs"


def test_a_mistake_ends_with_status_2(folder: Path, capsys: Capture) -> None:
    for words, message in (
        (VERIFY[:4], "made under rules (minors)"),
        ([*VERIFY[:4], "--exclude", "minors"], "--exclude 'minors': give a name and what it names"),
        ([*VERIFY, "--rejects", "loans.csv"], "made from accepts alone"),
        ([*VERIFY, "--output", "loans.csv"], "loans.csv"),
        ([*REPORT, "--exclude", "minors=minor"], "--exclude is of the rows of --development"),
        ([*REPORT, "--sample", "later"], "--sample 'later': give a name"),
        ([*REPORT, "--groups", "job"], "Give cut="),
        ([*REPORT, "--output", "card.txt"], "card.txt"),
        ([*REPORT, "--development", "loans.csv"], "without those that rules left out"),
    ):
        assert main(words) == 2
        assert message in capsys.readouterr().err


@pytest.mark.usefixtures("figures_not_written")
def test_the_document_of_a_saved_card(folder: Path, loans: pd.DataFrame, capsys: Capture) -> None:
    loans.iloc[500:].to_csv("later.csv", index=False)
    rows = ["--development", "loans.csv", "--exclude", "minors=minor", "--sample", "later=later.csv"]
    more = ["--groups", "job", "--cut", "500", "--gain", "1", "--loss", "age", "--correlation", "0.1"]
    assert main([*REPORT, *rows, *more, "--title", "Card A", "--output", "card.html"]) == 0
    assert capsys.readouterr().err == "Wrote the document to card.html\n"
    page = (folder / "card.html").read_text()
    for words in ('<h1 class="lk-title">Card A</h1>', ">job: later</h3>", "Profit and cut-off", "Light, 0.1"):
        assert words in page
    loaded, kept = lk.load("card.json"), loans[~loans["minor"]]
    evidence = lk.scorecard.Evidence(development=kept, groups="job", cut=500, gain=1.0, loss="age", correlation=0.1)
    samples = {"later": loans.iloc[500:]}
    own = loaded.report("own.html", samples, indeterminate="open", title="Card A", evidence=evidence).read_text()
    assert [line for line in own.splitlines() if "Written" not in line] == [
        line for line in page.splitlines() if "Written" not in line
    ]


@pytest.mark.parametrize("command", ["report", "verify"])
def test_commands_are_explained(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["scorecard", command, "--help"])
    assert stop.value.code == 0
    assert "--development" in (out := capsys.readouterr().out) or "Exit status: 0" in " ".join(out.split())


def test_a_document_needs_no_sample(folder: Path) -> None:
    assert main(["scorecard", "report", "card.json", "--output", "alone.html"]) == 0
    assert (folder / "alone.html").read_text("utf-8").startswith("<!doctype html>")
