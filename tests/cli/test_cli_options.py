"""Options of the fit at the command line: each is that of ``lk.fit``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.cli.command import main
from tolerances import EXACT

SURVEY = lk.Survey(strata="s", units="u", domain="old")


@pytest.fixture(scope="module")
def births(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "births.csv"
    data = lk.datasets.load_lbw()
    data = data.assign(w=1.0 + data["ftv"], s=data["id"] % 3, u=data["id"] % 30, old=data["age"] > 18)
    data.assign(share=data["bwt"] / 5000, other=9 - data["ftv"]).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("formula", "options", "given"),
    [
        ("low ~ age", ["--penalty", "firth"], {"penalty": lk.Jeffreys()}),
        ("low ~ age", ["--penalty", "log-f=2"], {"penalty": lk.LogF(2)}),
        ("low ~ age", ["--penalty", "ridge=0.1"], {"penalty": lk.Ridge(0.1)}),
        ("low ~ age + lwt", ["--penalty", "elastic-net=0.01,0.5"], {"penalty": lk.ElasticNet(0.01, 0.5)}),
        ("cbind(ftv, other) ~ age", ["--dispersion", "pearson"], {"dispersion": "pearson"}),
        ("low ~ age + race", ["--conventions", "sas"], {"conventions": "sas"}),
        ("share ~ age", ["--model", "fraction"], {"model": lk.Binary(outcome="fraction")}),
        (
            "low ~ age",
            ["--weights", "w", "--survey", "strata=s,units=u,domain=old"],
            {"weights": "w", "survey": SURVEY},
        ),
    ],
)
def test_options_are_those_of_the_function(
    births: Path, tmp_path: Path, formula: str, options: list[str], given: dict[str, Any]
) -> None:
    assert main(["fit", formula, str(births), *options, "--save", str(tmp_path / "m.json")]) == 0
    loaded, fit = lk.load(tmp_path / "m.json"), lk.fit(formula, pd.read_csv(births), **given)
    assert_allclose(loaded.coef, fit.coef, rtol=EXACT)
    assert_allclose(loaded.std_error, fit.std_error, rtol=EXACT)
    assert loaded.conventions == fit.conventions
    assert loaded.record.law == fit.record.law


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--penalty", "bridge=1"], "--penalty 'bridge=1' is not known; give lasso, ridge"),
        (["--penalty", "lasso"], "lasso takes one number"),
        (["--penalty", "lasso=much"], "lasso takes one number"),
        (["--penalty", "firth=1"], "firth takes no number"),
        (["--penalty", "elastic-net=1"], "two numbers, strength and share"),
        (["--dispersion", "pearson"], "dispersion"),
        (["--dispersion", "fisher"], "'fisher' is not known"),
        (["--conventions", "spss"], "conventions='spss' is not known"),
        (["--survey", "strata=s"], "survey= needs weights="),
        (["--survey", "strata=s", "--weights", "w", "--penalty", "ridge=1"], "survey= with penalty= is not offered"),
        (["--weights", "w", "--survey", "psu=u"], "--survey 'psu=u': give strata=..., units=..."),
        (["--weights", "w", "--survey", "units"], "--survey 'units': give strata=..., units=..."),
        (["--weights", "w", "--survey", "units=u", "--cluster", "u"], "survey= and cluster= both say"),
    ],
)
def test_options_that_mean_nothing_are_refused(
    births: Path, options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", "low ~ age", str(births), *options]) == 2
    assert words in capsys.readouterr().err


def test_help_names_every_option_of_the_fit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    text = capsys.readouterr().out
    wanted = ["penalty", "dispersion", "conventions", "survey", "units", "model"]
    assert np.all([f"--{name}" in text for name in wanted])
