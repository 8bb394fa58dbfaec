"""What the code of the page on tables prints is what is kept here, and every format of it is read again by a parser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import logitkit as lk

PAGE = (Path(__file__).parents[3] / "docs" / "tables.md").read_text(encoding="utf-8")
CODE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
PRINTED = (
    (Path(__file__).parent / "printed.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n\n========\n\n")
)


def _parsed(page: str) -> ET.Element:
    """Return the table of a page, read as XML but for the places where a line may end."""
    return ET.fromstring(page[page.index("<table") : page.index("</table>") + 8].replace("<wbr>", ""))


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """What the code of the page makes."""
    names: dict[str, Any] = {}
    exec(CODE, names)
    return names


def test_what_the_page_prints_is_as_kept(made: dict[str, Any]) -> None:
    fit = made["fit"]
    printed = [made["both"], made["full"], made["first"], fit.describe(), fit.equation()]
    assert [each.to_text(84) for each in printed] == PRINTED


@pytest.mark.parametrize("name", ["both", "full", "first", "others"])
def test_every_format_is_read_again(made: dict[str, Any], name: str, tmp_path: Path) -> None:
    result = made[name]
    (table,) = result.to_document().blocks
    parsed = _parsed(result.to_html())
    rows = parsed.findall("./tbody/tr")
    assert len(rows) == len(table.rows)
    assert {len(list(row)) for row in rows} == {len(table.columns)}
    pipes = [line for line in result.to_markdown().splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in pipes} == {len(table.columns) + 1}
    latex = result.to_latex()
    for opening in set(re.findall(r"\\begin\{(\w+)\}", latex)):
        assert latex.count(rf"\begin{{{opening}}}") == latex.count(rf"\end{{{opening}}}")
    body = latex[latex.index(r"\toprule") : latex.index(r"\bottomrule")]
    cells = [line for line in body.splitlines() if line.endswith(r" \\") and "multicolumn" not in line]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in cells} == {len(table.columns) - 1}
    plain = latex.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    docx = pytest.importorskip("docx")
    word = docx.Document(str(result.to_word(tmp_path / "t.docx"))).tables[0]
    assert len(word.rows) == len(table.rows) + 1 + bool(table.spans)
    assert word.rows[-1].cells[0].text == table.rows[-1][0]
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(result.to_excel(tmp_path / "t.xlsx")).active
    texts = {str(cell.value) for row in sheet.iter_rows() for cell in row}
    assert {row[0] for row in table.rows} <= texts


def test_excel_has_numbers(made: dict[str, Any], tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(made["full"].to_excel(tmp_path / "t.xlsx")).active
    (row,) = [row for row in sheet.iter_rows() if row[0].value == "Black"]
    assert [cell.value for cell in row[1:6]] == [26, 11, 3.425, 1.243, 9.438]


def test_names_that_formats_would_obey_are_text() -> None:
    births = lk.datasets.load_lbw()
    named = lk.labels({"smoke": "a & b_c | <i> $x$ 50%", "race": "=1+1"}, levels={"race": {"black": "{x} \\ #1"}})
    table = lk.regression_table(lk.logit("low ~ smoke + race", births, labels=named))
    parsed = _parsed(table.to_html())
    assert "".join(parsed.itertext()).count("a & b_c | <i> $x$ 50%") == 1
    assert r"a \& b\_c \textbar{} \textless{}i\textgreater{} \$x\$ 50\%" in table.to_latex()
    assert r"a & b_c \| \<i> \$x\$ 50%" in table.to_markdown()
