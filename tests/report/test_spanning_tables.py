"""Tables with heads over several columns and levels that are set in: every format has them, read again by a parser."""

from __future__ import annotations

import io
import json
import re
from xml.etree import ElementTree as ET

import pytest

from logitkit.errors import LogitkitError
from logitkit.report.document import Column, Document, Span, Table
from logitkit.report.formats.excel import render_excel
from logitkit.report.formats.html import render_html
from logitkit.report.formats.json_document import render_json
from logitkit.report.formats.latex import render_latex
from logitkit.report.formats.markdown import render_markdown
from logitkit.report.formats.text import render_text
from logitkit.report.formats.word import render_word

TABLE = Table(
    None,
    (Column("", "left"), Column("OR"), Column("95% CI"), Column("OR"), Column("95% CI")),
    (
        ("Race", "", "", "", ""),
        ("White", "1", "", "1", ""),
        ("Black & other", "2.33", "0.94 to 5.77", "2.10", "0.80 to 5.50"),
        ("Age", "0.95", "0.89 to 1.01", "0.96", "0.90 to 1.03"),
        ("Rows", "189", "", "189", ""),
        ("AIC", "230.1", "", "228.5", ""),
    ),
    spans=(Span("Univariable", 1, 2), Span("Adjusted", 3, 2)),
    kinds=("heading", "level", "level", "plain", "statistic", "statistic"),
)
DOCUMENT = Document("Births", blocks=(TABLE,))


def test_text_has_heads_in_the_middle_of_their_columns_and_levels_set_in() -> None:
    lines = render_text(DOCUMENT).splitlines()
    heads = next(k for k, line in enumerate(lines) if "Univariable" in line)
    assert re.fullmatch(r" +-+ +-+", lines[heads + 1])
    assert re.search(r"\w", lines[heads][:18]) is None
    assert any(line.startswith("  White") for line in lines)
    rows = next(k for k, line in enumerate(lines) if line.startswith("Rows"))
    assert set(lines[rows - 1]) == {"-"}


def test_html_is_well_formed_and_spans_its_columns() -> None:
    page = render_html(DOCUMENT)
    table = ET.fromstring(page[page.index("<table") : page.index("</table>") + 8])
    spans, heads = table.findall("./thead/tr")
    assert sum(int(cell.get("colspan", "1")) for cell in spans) == len(list(heads)) == 5
    assert [cell.text for cell in spans.findall("th")] == ["Univariable", "Adjusted"]
    names = [row.find("th") for row in table.findall("./tbody/tr")]
    assert [name.get("class", "").split()[-1] for name in names if name is not None][:4] == [
        "lk-heading",
        "lk-level",
        "lk-level",
        "lk-whole",
    ]


def test_latex_has_as_many_columns_in_every_row() -> None:
    source = render_latex(DOCUMENT)
    rows = re.findall(r"^(.*?) \\\\$", source, re.MULTILINE)
    counts = {
        sum(int(n) for n in re.findall(r"\\multicolumn\{(\d)\}", row))
        + len([cell for cell in re.split(r"(?<!\\)&", row) if "multicolumn" not in cell])
        for row in rows
    }
    assert counts == {5}
    assert r"\cmidrule(lr){2-3} \cmidrule(lr){4-5}" in source
    assert r"\quad Black \& other" in source
    assert source.count(r"\midrule") == 2
    assert source.count("{") == source.count("}")


def test_markdown_names_the_span_in_each_head() -> None:
    lines = [line for line in render_markdown(DOCUMENT).splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in lines[0].strip("|").split("|")][1] == "Univariable OR"
    assert {line.count("|") for line in lines} == {6}
    assert "&emsp;White" in lines[3]


def test_word_merges_the_heads() -> None:
    docx = pytest.importorskip("docx")
    table = docx.Document(io.BytesIO(render_word(DOCUMENT))).tables[0]
    first = [cell.text for cell in table.rows[0].cells]
    assert first == ["", "Univariable", "Univariable", "Adjusted", "Adjusted"]
    assert [cell.text for cell in table.rows[1].cells] == ["", "OR", "95% CI", "OR", "95% CI"]
    assert len(table.rows) == 8
    assert table.rows[3].cells[0].paragraphs[0].paragraph_format.left_indent


def test_excel_merges_the_heads_over_both_ends_of_an_interval() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(io.BytesIO(render_excel(DOCUMENT))).active
    assert sorted(map(str, sheet.merged_cells.ranges)) == ["B2:D2", "E2:G2"]
    assert sheet["B5"].value == 1 or sheet["B5"].value == 1.0
    assert (sheet["C6"].value, sheet["D6"].value) == (0.94, 5.77)
    assert sheet["A5"].alignment.indent == 1


def test_json_says_what_each_row_is() -> None:
    found = json.loads(render_json(DOCUMENT))["sections"][0]
    assert found["kinds"][:2] == ["heading", "level"]
    assert found["spans"][1] == {"name": "Adjusted", "columns": [3, 4]}


@pytest.mark.parametrize("spans", [(Span("a", 1, 2), Span("b", 2, 1)), (Span("a", 4, 2),), (Span("a", 1, 0),)])
def test_spans_that_overlap_or_end_beyond_the_table_are_refused(spans: tuple[Span, ...]) -> None:
    with pytest.raises(LogitkitError, match="span"):
        Table(None, TABLE.columns, TABLE.rows, spans=spans)


def test_kinds_of_some_rows_are_refused() -> None:
    with pytest.raises(LogitkitError, match="1 kinds and 6 rows"):
        Table(None, TABLE.columns, TABLE.rows, kinds=("plain",))
