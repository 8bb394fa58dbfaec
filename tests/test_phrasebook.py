"""Every call in the last column of the phrase book runs."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk

PAGE = Path(__file__).resolve().parents[1] / "docs" / "phrasebook.md"
CELL = re.compile(r"`((?:lk|fit)\.[^`]+)`")


def calls() -> list[str]:
    """Return the calls in the last column of each table."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [call for row in rows for call in CELL.findall(re.split(r"(?<!\\)\|", row)[-2])]


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    births = lk.datasets.load_lbw()
    visits = np.array(["none", "one", "more"])[np.minimum(births["ftv"], 2)]
    births = births.assign(
        clinic=births["id"] % 11, w=1.0 + births["id"] % 3, s=births["id"] % 4, u=births["id"] % 28, visits=visits
    )
    counts = pd.DataFrame({"r": [2, 4, 7, 5], "f": [8, 7, 4, 1], "x": [0.0, 1.0, 2.0, 3.0]})
    return {"lk": lk, "births": births, "counts": counts, "fit": lk.logit("low ~ age + lwt + race * smoke", births)}


@pytest.mark.parametrize("call", calls())
def test_a_call_of_the_phrase_book_runs(
    call: str, names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few rows, and eleven clusters
        found = eval(call, dict(names))
    assert found is not None or call == "fit.separation"  # of rows that overlap there is none


def test_the_phrase_book_has_a_call_in_every_row() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    answers = [re.split(r"(?<!\\)\|", row)[-2] for row in rows if not row.startswith("| question")]
    assert len(answers) > 50
    assert all(CELL.search(answer) for answer in answers)
