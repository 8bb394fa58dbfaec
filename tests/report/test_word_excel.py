"""Documents as files of Word and Excel, read back by the libraries that others read them with."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import docx
import openpyxl
import pytest

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.plots.export import png_of
from logitkit.plots.style import page_axes
from logitkit.report.document import Column, Document, Fact, Figure, Prose, Section, Table
from logitkit.report.formats.excel import number_of, render_excel
from logitkit.report.formats.word import render_word

TABLE = Table(
    "Rates",
    (Column("Term", "left"), Column("Estimate"), Column("Share")),
    (("=1+1", "\N{MINUS SIGN}0.50", "30.1%"), ("b\x00 & <c>", "1,234", "")),
    ("A note.",),
)
DOCUMENT = Document(
    "Births",
    subtitle="Written today.",
    facts=(Fact("Rows", "189"),),
    blocks=(Prose("First.\n\nSecond."), Section("One/two", (TABLE, Section("Inner", (Prose("Deep."),))))),
    notes=("Last.",),
    warnings=("Beware.",),
)


def test_word_has_everything_in_reading_order() -> None:
    found = docx.Document(io.BytesIO(render_word(DOCUMENT)))
    texts = [paragraph.text for paragraph in found.paragraphs if paragraph.text]
    assert texts == [
        "Births",
        "Written today.",
        "Warning. Beware.",
        "First.",
        "Second.",
        "One/two",
        "Rates",
        "A note.",
        "Inner",
        "Deep.",
        "Last.",
    ]
    styles = {paragraph.text: paragraph.style.name for paragraph in found.paragraphs}
    assert (styles["Births"], styles["One/two"], styles["Inner"]) == ("Title", "Heading 1", "Heading 2")
    facts, table = found.tables
    assert [cell.text for cell in facts.rows[0].cells] == ["Rows", "189"]
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["Term", "Estimate", "Share"],
        ["=1+1", "\N{MINUS SIGN}0.50", "30.1%"],
        ["b & <c>", "1,234", ""],
    ]
    assert "w:tblHeader" in table.rows[0]._tr.xml
    assert "w:tblHeader" not in table.rows[1]._tr.xml


def test_word_shows_pictures_of_dots_no_wider_than_the_page() -> None:
    png = png_of(page_axes((12.0, 2.0)))
    document = Document(
        "F", blocks=(Figure("Rates", "<svg/>", png, "Below.", "A line"), Figure("X", "<svg/>", None, "", ""))
    )
    found = docx.Document(io.BytesIO(render_word(document)))
    (shape,) = found.inline_shapes
    assert shape.width <= docx.shared.Cm(15.5)
    assert shape.width / shape.height == pytest.approx(6, rel=0.2)
    assert shape._inline.docPr.get("descr") == "A line"
    assert {"Rates", "Below.", "X"} <= {paragraph.text for paragraph in found.paragraphs}


def test_excel_has_numbers_with_their_formats_and_no_formulas() -> None:
    book = openpyxl.load_workbook(io.BytesIO(render_excel(DOCUMENT)))
    assert book.sheetnames == ["Births", "One two"]
    cells = [[cell.value for cell in row] for row in book["One two"].iter_rows()]
    assert cells[:5] == [
        ["One/two", None, None],
        ["Rates", None, None],
        ["Term", "Estimate", "Share"],
        ["=1+1", -0.5, 0.301],
        ["b & <c>", 1234, None],
    ]
    row = book["One two"][4]
    assert row[0].data_type == "s"
    assert [cell.number_format for cell in row[1:]] == ["0.00", "0.0%"]
    said = [cell.value for row in book["Births"].iter_rows() for cell in row if cell.value is not None]
    assert said == ["Births", "Written today.", "Rows", 189, "Warning. Beware.", "First.", "Second.", "Last."]


def test_sections_of_one_name_have_sheets_of_their_own() -> None:
    long = "A heading that is longer than any name of a sheet may be"
    sections = tuple(Section(name, ()) for name in ("Model", "model", long, long, "'[]'"))
    names = openpyxl.load_workbook(io.BytesIO(render_excel(Document("Model", blocks=sections)))).sheetnames
    assert len({name.lower() for name in names}) == len(names) == 6
    assert all(0 < len(name) <= 31 for name in names)


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("12", 12.0, "0"),
        ("-1,234,567.5", -1234567.5, "#,##0.0"),
        ("1.5e-08", 1.5e-08, "0.0E+00"),
        ("0.00%", 0.0, "0.00%"),
        ("16.7%", 0.167, "0.0%"),
    ],
)
def test_a_text_is_the_number_that_it_shows(text: str, value: float, shown: str) -> None:
    assert number_of(text) == (value, shown)


@pytest.mark.parametrize("text", ["", "-", "<0.0001", "1,23", "[0.1, 0.2]", "inf", "nan", "1.2.3", "12345678901234567"])
def test_what_is_no_number_stays_text(text: str) -> None:
    assert number_of(text) is None


def test_results_write_themselves(tmp_path: Path) -> None:
    fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    book = openpyxl.load_workbook(fit.summary().to_excel(tmp_path / "fit.xlsx"))
    found = {row[0].value: row[1].value for row in book.active.iter_rows(min_col=1, max_col=2)}
    assert found["x"] == pytest.approx(fit.coef["x"], abs=1e-3)  # as printed
    assert docx.Document(str(fit.summary().to_word(tmp_path / "fit.docx"))).tables
    with pytest.raises(DataError, match=r"does not end in \.docx"):
        fit.summary().to_word(tmp_path / "fit.html")
    with pytest.raises(DataError, match=r"does not end in \.xlsx"):
        fit.summary().to_excel(tmp_path / "fit.xls")


def test_columns_of_intervals_are_two_columns_of_numbers_in_a_workbook() -> None:
    heads = (Column("Band", "left"), Column("Rate"), Column("95%"), Column("Range"), Column("Change"))
    rows = (
        ("586 to below 600", "2.5%", "1.00% to 4.00%", "[1,234, 2,345.5]", "+0.25"),
        ("All", "3.0%", "", "none", "\N{MINUS SIGN}0.50"),
    )
    book = openpyxl.load_workbook(io.BytesIO(render_excel(Document("Bands", blocks=(Table(None, heads, rows),)))))
    found = [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2, max_row=4)]
    assert found == [
        ["Band", "Rate", "95% low", "95% high", "Range", "Change"],
        ["586 to below 600", 0.025, 0.01, 0.04, "[1,234, 2,345.5]", 0.25],
        ["All", 0.03, None, None, "none", -0.5],
    ]
    assert book.active["F3"].number_format == "+0.00;-0.00;0.00"
    whole = Document("Bands", blocks=(Table(None, heads, rows[:1]),))
    book = openpyxl.load_workbook(io.BytesIO(render_excel(whole)))
    assert [cell.value for cell in book.active[3]][4:6] == [1234, 2345.5]


def test_columns_of_a_word_table_are_as_wide_as_their_cells_and_stay_on_the_page() -> None:
    heads = (Column("Variable", "left"), Column("Rows"))
    name = "a_variable_with_quite_a_long_name_from_the_data_warehouse"
    document = Document("Bins", blocks=(Table(None, heads, ((name, "1"),)), Table(None, heads, (("age", "2"),))))
    found = docx.Document(io.BytesIO(render_word(document)))
    wide, narrow = ([cell.width.cm for cell in table.rows[0].cells] for table in found.tables)
    assert wide[0] > 3 * narrow[0]
    assert narrow[1] == wide[1]
    assert sum(wide) <= 17.0
    assert round(found.sections[0].page_width.cm, 1) == 21.0
    properties = [part.tag.rpartition("}")[2] for part in found.tables[0]._tbl.tblPr]
    assert properties.index("tblCellMar") < properties.index("tblLook")  # as the schema has them
    assert "PAGE" in found.sections[0].footer._element.xml


def test_a_library_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "docx", None)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(UnsupportedError, match=r"pip install 'logitkit\[word\]'"):
        render_word(DOCUMENT)
    with pytest.raises(UnsupportedError, match=r"pip install 'logitkit\[excel\]'"):
        render_excel(DOCUMENT)
