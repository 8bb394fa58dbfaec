"""Tests and diagnostics as documents: counts as counts, short groups said, separation with its certificate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from examples import every_section
from logitkit.errors import DataError
from logitkit.report.document import Figure
from logitkit.report.findings.dispatch import finding_document
from logitkit.report.number_format import format_amount
from logitkit.report.pages.page import report_document, write_page


@pytest.fixture(scope="module")
def fit() -> lk.Fit:
    return lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())


def facts(document: object) -> dict[str, str]:
    return {fact.label: fact.value for fact in document.facts}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (59.0, "59"),
        (58.99999999, "59"),
        (1031.0, "1,031"),
        (0.0, "0"),
        (58.96, "59.0"),
        (1e6 + 1e-4, "1,000,000"),
        (-0.0, "0"),
        (float("nan"), ""),
        (float("inf"), "inf"),
    ],
)
def test_amounts(x: float, text: str) -> None:
    assert format_amount(x) == text


def test_counts_are_whole(fit: lk.Fit) -> None:
    ranking = facts(fit.discrimination().to_document())
    assert (ranking["Events"], ranking["Non-events"]) == ("59", "130")
    level = facts(fit.calibration().to_document())
    assert (level["Observed events"], level["Expected events"]) == ("59", "59")
    white = lk.datasets.load_lbw().query("race == 'white'")
    elsewhere = facts(fit.calibration(white).to_document())
    assert elsewhere["Observed events"] == str(white["low"].sum())
    assert elsewhere["Expected events"] == f"{fit.predict(white).sum():.1f}"


def test_fewer_groups_than_asked_for_are_said() -> None:
    few = lk.logit("low ~ smoke + race", lk.datasets.load_lbw())
    test = few.hosmer_lemeshow()
    (table,) = test.to_document().blocks
    assert len(table.rows) == test.size.size < test.groups_asked == 10
    said = f"10 groups were requested and {len(table.rows)} remain"
    assert said in " ".join(test.to_document().notes)
    assert said in str(report_document(few.record, few.design))


def test_as_many_groups_as_asked_for_need_no_words(fit: lk.Fit) -> None:
    assert "asked for" not in str(fit.hosmer_lemeshow())


def test_separation_is_shown_with_its_certificate() -> None:
    frame = pd.DataFrame(
        {
            "y": [0, 1, 0, 1, 0, 1, 1, 1, 0, 0],
            "x": [1.0, 1.5, 2.0, 1.2, 2.5, 2.4, 1.0, 3.0, 1.0, 2.0],
            "g": list("aaaaaabbcc"),
        }
    )
    limit = lk.logit("y ~ x + g", frame).record.limit
    assert limit is not None
    document = finding_document(limit)
    assert facts(document) == {"Rows predicted perfectly": "4", "Dimension of the cone of directions": "2"}
    (table,) = document.blocks
    assert [row[:2] for row in table.rows] == [("g[T.b]", "+inf"), ("g[T.c]", "-inf")]
    # The certificate: along it no row's likelihood falls, and that of four rows rises.
    direction = dict.fromkeys("abc", 0.0) | {row[0][-2]: float(row[2]) for row in table.rows}
    gain = np.array([direction[g] * (2 * y - 1) for g, y in zip(frame["g"], frame["y"], strict=True)])
    assert (gain >= 0.0).all()
    assert (gain > 0.0).sum() == 4


def test_a_term_on_which_directions_disagree_is_undetermined() -> None:
    frame = pd.DataFrame({"y": [0, 0, 1, 1], "x": [1.0, 2.0, 4.0, 5.0]})
    limit = lk.logit("y ~ x", frame).record.limit
    assert limit is not None
    (table,) = finding_document(limit).blocks
    assert [row[:2] for row in table.rows] == [("Intercept", "-inf"), ("x", "+inf")]
    centred = lk.logit("y ~ I(x - 3)", frame).record.limit
    assert centred is not None
    (table,) = finding_document(centred).blocks
    assert [row[:2] for row in table.rows] == [("Intercept", "undetermined"), ("I(x - 3)", "+inf")]


@pytest.mark.parametrize("name", ["x.pdf", "report", "x.html.txt"])
def test_a_page_is_not_written_under_another_kind_of_name(fit: lk.Fit, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"does not end in \.html or \.htm"):
        fit.report(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.html", "x.htm", "X.HTML"])
def test_a_page_is_written(fit: lk.Fit, tmp_path: Path, name: str) -> None:
    assert write_page(tmp_path / name, fit.summary()).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_no_figure_of_the_report_repeats_the_heading_above_it(fit: lk.Fit) -> None:
    sections = list(every_section(report_document(fit.record, fit.design).blocks))
    figures = [(s.heading, block.title) for s in sections for block in s.blocks if isinstance(block, Figure)]
    assert len(figures) == 4
    assert all(heading != title for heading, title in figures)


def test_the_words_of_the_report_count_events_as_events(fit: lk.Fit) -> None:
    text = str(report_document(fit.record, fit.design))
    assert "59 events were observed and 59 expected" in text


def test_a_certificate_shows_its_numbers() -> None:
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt + smoke", births, penalty=lk.Lasso(0.02))
    own = fit.certificate()
    document = own.to_document()
    shown = facts(document)
    assert float(shown["Objective"]) == pytest.approx(own.objective, rel=1e-3)  # the digits that are printed
    assert shown["Holds"] == "yes"
    assert document.warnings == ()
    assert "Certificate of a penalised fit" in repr(own)
    assert facts(fit.certificate(births.assign(low=1 - births["low"])).to_document())["Holds"] == "no"


def test_a_certificate_of_other_rows_says_so() -> None:
    births = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt + smoke", births, penalty=lk.Lasso(0.02))
    assert fit.certificate(births).own_rows
    fewer = fit.certificate(births.iloc[:-1])
    assert not fewer.own_rows
    assert not fewer.holds
    (warning,) = fewer.to_document().warnings
    assert warning == fewer.words
    assert warning.startswith("These are not the rows of the fit")
    again = fit.certificate(births.iloc[::-1])  # the same objective, from rows that cannot be told to be the same
    assert again.holds
    assert not again.own_rows


def test_the_facts_of_a_penalty_are_short() -> None:
    fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(0.02))
    assert "array" not in repr(fit.penalty)
    assert "'lasso', 0.02" in repr(fit.penalty)
