"""The document of a card has grades, calibration, groups, costs and periods where their input is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import docx
import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError
from logitkit.report.cards.model_document import _pages
from logitkit.report.formats.json_document import render_json

Evidence = lk.scorecard.Evidence
HEADINGS = [
    "Population and exclusions",
    "Leakage checks",
    "Variables in bins",
    "Stability of bins over time",
    "Selection",
    "Model",
    "Scaling and points",
    "Validation",
    "Rating grades",
    "Calibration by grade",
    "Stability",
    "Fairness between groups",
    "Profit and cut-off",
    "Limits",
    "Manifest",
]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    loans = lk.datasets.load_german_credit()
    young = np.where(loans["age"] < 30, "young", "older").astype(object)
    young[::97] = None
    return loans.assign(wave=np.arange(1000) // 250, group=young)


@pytest.fixture(scope="module")
def halves(loans: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return loans.iloc[:500], loans.iloc[500:]


@pytest.fixture(scope="module")
def card(halves: tuple[pd.DataFrame, pd.DataFrame]) -> lk.scorecard.Scorecard:
    bins = lk.scorecard.Bins(unseen="neutral", empty="neutral")
    return lk.scorecard(["checking_status", "duration"], halves[0], target="class", event="bad", bins=bins)


def said(path: Path) -> dict[str, Any]:
    """Return the sections of a document in JSON by heading."""
    return {part["heading"]: part["sections"] for part in json.loads(path.read_text())["sections"]}


def table(part: dict[str, Any], head: str) -> pd.DataFrame:
    """Return the first table of a section that has a head."""
    found = next(block for block in part["sections"] if head in block.get("columns", ()))
    return pd.DataFrame(found["rows"], columns=found["columns"])


@pytest.mark.usefixtures("figures_not_written")
def test_what_was_asked_for_stands_in_the_document_with_the_numbers_of_the_verbs(
    card: lk.scorecard.Scorecard, halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    old, new = halves
    more = Evidence(
        development=old, groups="group", cut=500, gain=1.0, loss="credit_amount", period="wave", correlation=0.05
    )
    parts = said(card.report(tmp_path / "card.json", {"later": new}, evidence=more))
    assert list(parts) == HEADINGS
    group = new["group"].fillna("missing")
    fair = card.fairness(new, by=group, cut=500)
    part = next(one for one in parts["Fairness between groups"] if one["heading"] == "group: later")
    assert table(part, "Approved")["Group"].tolist() == list(fair.table().index) == ["missing", "older", "young"]
    np.testing.assert_allclose(table(part, "Approved")["Rows"], fair.table()["rows"])
    assert [one["heading"] for one in parts["Fairness between groups"]] == ["group: Development", "group: later"]

    profit = card.profit(new, gain=1.0, loss="credit_amount")
    part = next(one for one in parts["Profit and cut-off"] if one["heading"] == "later")
    shown = table(part, "Profit").set_index("Cut-off")["Profit"]
    whole = profit.table()["profit"]
    np.testing.assert_allclose(shown, whole.loc[[float(cut) for cut in shown.index]], atol=0.51)

    grades = card.grades(old)
    np.testing.assert_allclose(table({"sections": parts["Rating grades"]}, "Best est.")["Rows"], grades.n)
    found = card.calibration_by_grade(new, list(grades.cuts), correlation=0.05)
    part = next(one for one in parts["Calibration by grade"] if one.get("heading") == "later")
    np.testing.assert_allclose(table(part, "PD")["PD"], found.pd, atol=5e-5)
    assert table(part, "Light")["Light"].tolist() == list(found.lights)
    assert table(part, "Light, 0.05")["Light, 0.05"].tolist() == list(found.lights_correlated)
    own = card.calibration_by_grade(old, list(grades.cuts), in_sample=True)
    part = next(one for one in parts["Calibration by grade"] if one.get("heading") == "Development")
    facts = table(part, "Measure").set_index("Measure")["Value"]
    assert facts["Degrees of freedom"] == own.dof

    periods = table({"sections": parts["Stability of bins over time"]}, "Largest PSI").set_index("Variable")
    whole_time = pd.concat([old, new])
    for name in card.card.names:
        by = card.binnings[name].stability(whole_time, period="wave", target="class", event="bad").by_period()
        assert periods.loc[name, "Largest PSI"] == pytest.approx(by["psi"].max(), abs=5e-5)
        assert periods.loc[name, "Reversals"] == by["reversals"].sum()


@pytest.mark.usefixtures("figures_not_written")
def test_what_was_not_asked_for_says_how_to_get_it(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    parts = said(card.report(tmp_path / "card.json"))
    assert list(parts) == HEADINGS
    for heading, how in (
        ("Stability of bins over time", "Evidence(period=...) of the report, or --period"),
        ("Fairness between groups", "Evidence(groups=..., cut=...) of the report, or --groups and --cut"),
        ("Profit and cut-off", "Evidence(gain=..., loss=...) of the report, or --gain and --loss"),
        ("Rating grades", "Evidence(grades=...) of the report takes yours"),
    ):
        assert how in parts[heading][0]["text"]


@pytest.mark.usefixtures("figures_not_written")
def test_stated_grades_are_tested_with_their_own_probabilities(
    card: lk.scorecard.Scorecard, halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    old, new = halves
    grades = card.grades(old).to_central_tendency(0.2)
    parts = said(card.report(tmp_path / "card.json", {"later": new}, evidence=Evidence(grades=grades)))
    part = next(one for one in parts["Calibration by grade"] if one.get("heading") == "later")
    np.testing.assert_allclose(table(part, "PD")["PD"][:-1], grades.pd, atol=5e-5)


@pytest.mark.usefixtures("figures_not_written")
def test_a_loaded_card_is_validated_on_the_rows_of_development(
    card: lk.scorecard.Scorecard, halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    loaded = lk.load(card.save(tmp_path / "saved.json"))
    bare = said(loaded.report(tmp_path / "bare.json"))
    assert "Evidence(development=...)" in bare["Validation"][0]["text"]
    parts = said(loaded.report(tmp_path / "card.json", evidence=Evidence(development=halves[0])))
    here = said(card.report(tmp_path / "here.json"))
    assert parts["Validation"] == here["Validation"]
    assert parts["Rating grades"] == here["Rating grades"]
    with pytest.raises(DataError, match=r"development has \d+ good and \d+ bad, and the card was made from"):
        loaded.report(tmp_path / "card.json", evidence=Evidence(development=halves[0].iloc[1:]))


@pytest.mark.usefixtures("figures_not_written")
def test_changes_by_hand_are_told_where_they_matter(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    label = card.card.variables[1].binning.rule.labels()[0]
    changed = card.with_points({"duration": {label: 99}}, any_order=True).with_prior(0.1)
    path = changed.report(tmp_path / "card.json")
    parts = said(path)
    assert any("Points were set by hand" in text for text in json.loads(path.read_text())["warnings"])
    rows = table({"sections": parts["Scaling and points"]}, "Changed by hand").to_numpy().tolist()
    assert [row[0] for row in rows] == [f"duration: {label}", "Bad rate of the population"]
    assert rows[0][2] == 99
    assert rows[1][2] == 0.1
    limits = " ".join(block["text"] for block in parts["Limits"])
    assert "stated to be 10.00%" in limits
    assert "Probabilities are those of the development sample" not in limits


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ({"groups": "group"}, "Give cut="),
        ({"gain": 1.0}, "gain= and loss= belong together"),
        ({"groups": [3], "cut": 1}, "give names of columns"),
        ({"gain": [1], "loss": 2}, "give a number or the name of a column"),
        ({"period": 3}, "give the name of a column"),
        ({"grades": [500]}, "from card.grades"),
        ({"every": "week"}, "every"),
    ],
)
def test_evidence_that_is_not_whole_is_refused(stated: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words):
        Evidence(**stated)


def test_columns_that_no_sample_has_are_refused(
    card: lk.scorecard.Scorecard, halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    path, old = tmp_path / "card.json", halves[0]
    with pytest.raises(DataError, match=r"No sample has a column 'groups'\. Did you mean 'group'"):
        card.report(path, evidence=Evidence(development=old, groups="groups", cut=500))
    with pytest.raises(DataError, match="is looked for in tables"):
        card.report(path, evidence=Evidence(groups="group", cut=500))
    with pytest.raises(DataError, match=r"'credit_amount' has \d+ values"):
        card.report(path, evidence=Evidence(development=old, groups="credit_amount", cut=500))
    with pytest.raises(DataError, match=r"give lk\.scorecard\.Evidence"):
        card.report(path, evidence={"groups": "group"})
    with pytest.raises(DataError, match=r"Evidence\(development=\.\.\.\), or call the sample"):
        card.report(path, {"Development": old})
    assert not path.exists()


def test_the_document_is_one_of_word_whose_pictures_say_what_they_show(
    halves: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    from matplotlib import pyplot as plt

    card = lk.scorecard(["housing"], halves[0], target="class", event="bad")
    before = plt.get_fignums()
    more = Evidence(development=halves[0], gain=1, loss=5, period="wave")
    found = docx.Document(str(card.report(tmp_path / "card.docx", evidence=more)))
    assert [p.text for p in found.paragraphs if p.style.name == "Heading 1"] == HEADINGS
    assert plt.get_fignums() == before  # in a notebook they would all be shown below the cell
    assert len(found.inline_shapes) == 1 + 2 + 1 + 2 + 1  # bins, bins over time, points, validation, profit
    told = [shape._inline.docPr.get("descr") for shape in found.inline_shapes]
    assert all(told)
    assert told[0].startswith("Bad rates of the 3 bins of housing, from ")
    page = found.sections[0]
    room = page.page_width - page.left_margin - page.right_margin
    for one in found.tables:
        assert sum(cell.width for cell in one.rows[0].cells) <= room * 1.001


def test_a_figure_of_points_has_as_many_variables_as_a_page_has_room_for() -> None:
    assert _pages([10, 10, 6, 1, 40, 2]) == [0, 0, 0, 1, 2, 3]
    assert _pages([]) == []


def test_cells_are_numbers_where_they_show_one() -> None:
    from logitkit.report.document import Column, Document, Section, Table

    heads = (Column("Bin", "left"), Column("Rows"), Column("Rate"), Column("p"))
    document = Document("Card", blocks=(Section("Bins", (Table(None, heads, (("1", "1,024", "2.5%", "<0.0001"),)),)),))
    [row] = json.loads(render_json(document))["sections"][0]["sections"][0]["rows"]
    assert row == ["1", 1024, 0.025, "<0.0001"]
