"""The command line with ordered outcomes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.cli.command import main


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    data = pd.DataFrame({"rating": ["low", "mid", "high", "mid", "low", "high", "high", "mid", "low"]})
    path = tmp_path / "ratings.csv"
    data.assign(x=[1.0, 2, 3, 4, 2, 6, 5, 4, 1], z=[0, 1, 0, 1, 1, 0, 1, 0, 0]).to_csv(path, index=False)
    return path


def test_ordered_outcomes_are_fitted_saved_and_predicted(
    ratings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.json"
    options = ["--model", "ordinal", "--order", "low,mid,high", "--link", "probit", "--offset", "z"]
    assert main(["fit", "rating ~ x", str(ratings), *options, "--save", str(model)]) == 0
    assert "Thresholds" in capsys.readouterr().out
    assert main(["predict", str(model), str(ratings)]) == 0
    lines = capsys.readouterr().out.splitlines()
    data = pd.read_csv(ratings)
    fit = lk.ordinal("rating ~ x", data, order=["low", "mid", "high"], link="probit", offset="z")
    assert len(lines) == 1 + 3 * len(data)
    assert_allclose(lk.load(model).coef, fit.coef)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "ordinal"], "have no order"),
        (["--model", "ordinal", "--order", "low,mid"], "'high', which is not in order="),
        (["--order", "low,mid,high"], "--order applies to --model ordinal"),
        (["--nominal", "x"], "--nominal applies to --model ordinal"),
        (["--model", "ordinal", "--reference", "low"], "--reference applies to --model multinomial"),
        (["--model", "ordinal", "--event", "low"], "--event applies to a model with two outcomes"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    ratings: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "rating ~ x", str(ratings), *options]) == 2
    assert words in capsys.readouterr().err


def test_adjacent_outcomes_are_fitted(ratings: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    options = ["--model", "adjacent", "--order", "low,mid,high", "--offset", "z", "--conventions", "sas"]
    assert main(["fit", "rating ~ x", str(ratings), *options, "--save", str(model)]) == 0
    given = {"model": "adjacent", "order": ["low", "mid", "high"], "offset": "z", "direction": "lower"}
    fit = lk.ordinal("rating ~ x", pd.read_csv(ratings), **given)
    assert_allclose(lk.load(model).coef, fit.coef)
    assert lk.load(model).conventions.name == "sas"
