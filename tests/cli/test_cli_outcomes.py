"""The command line with several outcomes: fitted, saved, reported and predicted, and refused where it must be."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.cli.command import main
from tolerances import EXACT

Capture = pytest.CaptureFixture[str]
FORMULA = "mode ~ cost + g"
SEVERAL = ("--model", "multinomial")


@pytest.fixture
def trips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Trips, also in the file trips.csv of the folder entered."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"cost": rng.normal(size=120).round(3), "g": rng.choice(["u", "v"], 120)})
    frame["mode"] = rng.choice(["bus", "car", "walk"], 120)
    frame["code"] = frame["mode"].map({"bus": 1, "car": 2, "walk": 3})
    frame["w"] = rng.integers(1, 4, 120)
    frame.to_csv("trips.csv", index=False)
    return frame


def run(capsys: Capture, *words: str, status: int = 0) -> tuple[str, str]:
    assert main(list(words)) == status
    out, err = capsys.readouterr()
    return out, " ".join(err.split())


def test_fit_prints_the_summary_of_the_same_fit(trips: pd.DataFrame, capsys: Capture) -> None:
    out, _ = run(capsys, "fit", FORMULA, "trips.csv", *SEVERAL, "--reference", "walk", "--weights", "w")
    expected = lk.multinomial(FORMULA, trips, reference="walk", weights="w")
    assert out == expected.summary().to_text() + "\n"


def test_a_reference_that_is_a_number(trips: pd.DataFrame, capsys: Capture) -> None:
    out, _ = run(capsys, "fit", "code ~ cost", "trips.csv", *SEVERAL, "--reference", "2", "--format", "markdown")
    assert "code = 3 (against 2)" in out
    _, err = run(capsys, "fit", "code ~ cost", "trips.csv", *SEVERAL, "--reference", "7", status=2)
    assert "'7' is not an outcome" in err


def test_saved_predicted_and_reported(trips: pd.DataFrame, capsys: Capture) -> None:
    run(capsys, "fit", FORMULA, "trips.csv", *SEVERAL, "--save", "m.json", "--report", "one.html")
    trips.assign(cost=trips["cost"].where(trips.index > 1)).to_csv("new.csv", index=False)
    out, err = run(capsys, "predict", "m.json", "new.csv", "--level", "0.8")
    table = pd.read_csv(io.StringIO(out)).set_index(["row", "outcome"])
    expected = lk.multinomial(FORMULA, trips).predictions(level=0.8)
    assert list(table.columns) == ["probability", "conf_low", "conf_high"]
    assert table.loc[[0, 1]].isna().all(axis=None)
    assert_allclose(table.loc[2:], expected.loc[2:, ["estimate", "conf_low", "conf_high"]], rtol=EXACT)
    assert "Rows without a prediction: 2 of 120" in err
    run(capsys, "report", "m.json", "trips.csv", "--output", "two.html", "--title", "Ways")
    assert "Ways" in Path("two.html").read_text(encoding="utf-8")
    assert Path("one.html").stat().st_size > 20_000


def test_several_outcomes_without_the_option_name_it(trips: pd.DataFrame, capsys: Capture) -> None:
    del trips
    _, err = run(capsys, "fit", FORMULA, "trips.csv", status=2)
    assert "has 3 classes ('bus', 'car', 'walk')" in err
    assert "--model multinomial" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*SEVERAL, "--event", "bus"), "--event applies to a model with two outcomes"),
        ((*SEVERAL, "--offset", "cost"), "--offset applies to models with two or with ordered outcomes"),
        ((*SEVERAL, "--link", "probit"), "--link applies to models with two or with ordered outcomes"),
        (("--reference", "bus"), "--reference applies to --model multinomial"),
        ((*SEVERAL, "--reference", "walc"), "'walc' is not an outcome.*walk"),
    ],
)
def test_options_of_the_other_model_are_refused(
    words: tuple[str, ...], message: str, trips: pd.DataFrame, capsys: Capture
) -> None:
    del trips
    out, err = run(capsys, "fit", FORMULA, "trips.csv", *words, status=2)
    assert out == ""
    assert err.startswith("logitkit: error: ")
    assert re.search(message, err)
