"""Every call in the column ``here`` of the pages for those who come from another program runs."""

from __future__ import annotations

import os
import re
import warnings
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = [
    DOCS / "phrasebook.md",
    *sorted(page for page in (DOCS / "coming").glob("*.md") if page.name not in {"index.md", "penalties.md"}),
]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
BAR = re.compile(r"(?<!\\)\|")
HERE = {"here", "logitkit"}


@cache
def answers(page: Path) -> tuple[tuple[str, ...], ...]:
    """Return the calls of each row of each table that has a column for them."""
    found, column = [], None
    for line in page.read_text(encoding="utf-8").splitlines():
        if not line.startswith("|"):
            column = None
            continue
        cells = [cell.strip() for cell in BAR.split(line)[1:-1]]
        if HERE & set(cells):
            column = next(k for k, cell in enumerate(cells) if cell in HERE)
        elif column is not None and not set(line) <= set("|-: "):
            found.append(tuple(call.replace("\\|", "|") for call in CODE.findall(cells[column])))
    return tuple(found)


@cache
def names(page: Path) -> dict[str, Any]:
    """Return what the code blocks of a page leave, run from top to bottom."""
    there: dict[str, Any] = {"__name__": "docs"}
    before = Path.cwd()
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.chdir(folder)
        try:
            for code in BLOCK.findall(page.read_text(encoding="utf-8")):
                exec(compile(code, str(page), "exec"), there)
        finally:
            os.chdir(before)
    return there


CALLS = [(page, call) for page in PAGES for row in answers(page) for call in row]


@pytest.mark.parametrize(("page", "call"), CALLS, ids=[f"{page.stem}: {call}" for page, call in CALLS])
def test_a_call_runs(page: Path, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = dict(names(page))
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # few rows, and eleven clusters
        found = eval(call, there)
    assert found is not None or call == "fit.separation"  # of rows that overlap there is none


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_row_has_a_call(page: Path) -> None:
    assert len(answers(page)) >= 10
    assert all(answers(page))
