"""What a report says of where its numbers come from, and how its figures are shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import logitkit as lk
from examples import every_section
from logitkit.cli.command import main
from logitkit.errors import DataError
from logitkit.report.document import Section, Table
from logitkit.report.pages.page import Extra, report_document
from logitkit.report.provenance import model_in_words, written_on
from logitkit.report.readers import without_code


def births() -> Any:
    table = lk.datasets.load_lbw()
    table.loc[[3, 7], "lwt"] = np.nan
    table.loc[5, "age"] = np.nan
    return table


def items(fit: lk.Fit, **extra: Any) -> dict[str, str]:
    section = report_document(fit.record, fit.design, extra=Extra(**extra)).blocks[-1]
    assert isinstance(section, Section)
    assert section.heading == "About this report"
    (table,) = section.blocks
    assert isinstance(table, Table)
    return dict(table.rows)


@pytest.mark.usefixtures("figures_not_written")
def test_rows_model_day_and_versions_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    fit = lk.logit("low ~ age + lwt", births(), level=0.9)
    found = items(fit)
    assert found["Rows of the fit"] == "a table of 189 rows, 186 used; 3 dropped for missing values (lwt 2, age 1)"
    assert items(fit, source="births.csv")["Rows of the fit"].startswith("births.csv: 189 rows read, 186 used; 3 ")
    assert found["Model"] == "low ~ age + lwt; event low = 1; 90% intervals"
    assert found["Written"] == "2023-11-14 22:13 UTC"
    assert re.fullmatch(r"logitkit \S+, Python 3\.\d+\.\S+, NumPy \d\S+", found["Versions"])


def test_a_page_is_the_same_bytes_on_a_fixed_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    fit = lk.logit("low ~ age", births())
    one, two = (fit.report(tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert one == two
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(DataError, match="SOURCE_DATE_EPOCH is 'soon'"):
        written_on()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weights": "ftv", "weight_kind": "precision"}, "precision weights in ftv"),
        ({"offset": np.zeros(189)}, "offset given as an array"),
        ({"cluster": "id"}, "clusters in id"),
        ({"penalty": lk.Ridge(0.1)}, "ridge, strength 0.1 (given)"),
    ],
)
def test_options_are_said_in_words(options: dict[str, Any], words: str) -> None:
    fit = lk.logit("low ~ lwt", lk.datasets.load_lbw(), **options)
    assert words in model_in_words(fit.record)


@pytest.mark.usefixtures("figures_not_written")
def test_the_command_line_names_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    births().to_csv("births.csv", index=False)
    births()[::3].to_csv("others.csv", index=False)
    assert main(["fit", "low ~ age + lwt", "births.csv", "--save", "m.json", "--report", "a.html"]) == 0
    assert (
        "births.csv: 189 rows read, 186 used; 3 dropped for missing values (lwt 2, age 1)" in Path("a.html").read_text()
    )
    assert main(["report", "m.json", "others.csv", "--output", "b.html"]) == 0
    page = Path("b.html").read_text()
    assert "others.csv: 63 rows read, 62 used; 1 dropped" in page
    assert "a table of 189 rows, 186 used" in page
    assert "Apparent" not in page
    assert main(["report", "m.json", "births.csv", "--output", "c.html"]) == 0
    assert "births.csv: 189 rows read" in Path("c.html").read_text()


@pytest.mark.usefixtures("figures_not_written")
def test_an_area_on_the_rows_of_the_fit_is_called_apparent() -> None:
    for options in ({}, {"penalty": lk.Lasso(0.02)}):
        fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw(), **options)
        text = str(report_document(fit.record, fit.design))
        assert "The apparent area under the ROC curve is" in text
        assert "Apparent: these are the rows of the fit" in text


@pytest.mark.usefixtures("figures_not_written")
def test_notes_stand_under_their_table_and_terms_are_tested() -> None:
    fit = lk.logit("low ~ lwt + race", lk.datasets.load_lbw())
    document = report_document(fit.record, fit.design)
    sections = {block.heading: block for block in every_section(document.blocks)}
    (table,) = sections["Coefficients"].blocks
    assert isinstance(table, Table)
    assert any("Standard errors" in note for note in table.notes)
    assert document.notes == ()
    tests = sections["Tests of terms"].blocks[1]
    assert isinstance(tests, Table)
    assert [row[0] for row in tests.rows] == ["lwt", "race"]


def test_figures_are_as_large_as_they_were_drawn_so_that_their_text_has_one_size(tmp_path: Path) -> None:
    page = lk.logit("low ~ lwt + race", lk.datasets.load_lbw()).report(tmp_path / "r.html").read_text()
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) == 6
    assert all("svg+xml" in image and "class" not in image and "width" not in image for image in images)
    assert ".lk-doc figure img{display:block;width:auto;" in page


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Not converged: the solver stopped. Do not use these numbers.", None),
        (
            "Infinite: x. Remedies: drop it, or penalise, such as penalty=lk.Ridge(0.01), and so on.",
            "penalise, and so on.",
        ),
        (
            "No statistic: it is infinite (then the likelihood ratio, test='LR', may have one), or not.",
            "infinite, or not.",
        ),
        (
            "Left out under separation; fit.plot.average_predictions(variable, data) draws one of them.",
            "Left out under separation.",
        ),
    ],
)
def test_what_names_code_is_left_out(text: str, left: str | None) -> None:
    assert without_code(text) == text if left is None else without_code(text).endswith(left)


def test_a_link_other_than_the_usual_one_is_part_of_the_model() -> None:
    assert "probit link" in model_in_words(lk.logit("low ~ age", births(), link="probit").record)
    assert "link" not in model_in_words(lk.logit("low ~ age", births()).record)
