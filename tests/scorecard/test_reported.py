"""The document of a card has what a validator asks for, and a card can be made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.scorecard.fingerprints import column_fingerprint
from logitkit.scorecard.leakage import leakage_signs

pytestmark = pytest.mark.usefixtures("figures_not_written")

COLUMNS = ["checking_status", "duration", "housing"]
RULE = "older than 70"


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def rules(loans: pd.DataFrame) -> dict[str, pd.Series]:
    return {RULE: loans["age"] > 70}


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame, rules: dict[str, pd.Series]) -> lk.scorecard.Scorecard:
    chosen = lk.scorecard.Selection(min_iv=0.1)
    return lk.scorecard(COLUMNS, loans, target="class", event="bad", exclude=rules, selection=chosen)


def test_a_card_is_made_again_from_its_rows_whatever_their_storage(
    card: lk.scorecard.Scorecard, loans: pd.DataFrame, rules: dict[str, pd.Series], tmp_path: Path
) -> None:
    found = card.verify(loans, exclude=rules)
    assert found.agrees
    assert "every number is the same" in found.to_text()
    assert found.table()["agrees"].all()
    assert found.table(all=False).empty
    stored = loans.astype({"duration": "float64", "housing": object, "class": object})
    assert card.verify(stored, exclude=rules).agrees
    assert lk.load(card.save(tmp_path / "card.json")).verify(loans, exclude=rules).agrees


def test_a_changed_row_is_found_where_it_matters(
    card: lk.scorecard.Scorecard, loans: pd.DataFrame, rules: dict[str, pd.Series]
) -> None:
    other = loans.copy()
    other.loc[3, "duration"] = 4
    wrong = card.verify(other, exclude=rules).table(all=False)
    prints = wrong[wrong["part"] == "Fingerprint"]
    assert prints["item"].tolist() == ["duration"]
    counts = wrong[wrong["part"] == "Counts of bins"].iloc[0]
    assert (counts["item"], counts["differing"], counts["largest"]) == ("duration", 2, 1.0)
    chosen = lk.scorecard.Selection(min_iv=0.1)
    again = lk.scorecard(COLUMNS, other, target="class", event="bad", exclude=rules, selection=chosen)
    row = wrong.set_index(["part", "item"]).loc[("Model", "log likelihood")]
    assert float(row["found"]) == pytest.approx(again.fit.loglik, rel=1e-9)


def test_a_value_outside_of_the_fit_is_seen_by_its_fingerprint_alone(
    card: lk.scorecard.Scorecard, loans: pd.DataFrame, rules: dict[str, pd.Series]
) -> None:
    other = loans.copy()
    other.loc[other["age"].idxmax(), "duration"] += 1  # a row that the rule leaves out
    wrong = card.verify(other, exclude=rules).table(all=False)
    assert wrong[["part", "item"]].to_numpy().tolist() == [["Fingerprint", "duration"]]


def test_a_changed_card_is_found(
    card: lk.scorecard.Scorecard, loans: pd.DataFrame, rules: dict[str, pd.Series]
) -> None:
    first, *others = card.card.variables
    points = first.points.copy()
    points[0] += 1
    changed = replace(card, card=replace(card.card, variables=(replace(first, points=points), *others)))
    wrong = changed.verify(loans, exclude=rules).table(all=False)
    assert wrong[["part", "item", "largest"]].to_numpy().tolist() == [["Points", "checking_status", 1.0]]
    nudged = replace(card, card=replace(card.card, variables=(replace(first, coef=first.coef + 1e-6), *others)))
    assert nudged.verify(loans, exclude=rules).table(all=False)["part"].tolist() == ["Coefficient"]
    assert card.manifest is not None
    other = replace(card, manifest=replace(card.manifest, selection=lk.scorecard.Selection(min_iv=0.0)))
    assert "Selection" in set(other.verify(loans, exclude=rules).table(all=False)["part"])


def test_what_is_needed_to_verify_is_asked_for(
    card: lk.scorecard.Scorecard, loans: pd.DataFrame, rules: dict[str, pd.Series]
) -> None:
    with pytest.raises(DataError, match=f"made under rules \\({RULE}\\). Give them as exclude="):
        card.verify(loans)
    assert not card.verify(loans, exclude={RULE: loans["age"] > 60}).agrees
    weighted = lk.scorecard(COLUMNS, loans, target="class", event="bad", weights=np.full(1000, 2.0))
    with pytest.raises(DataError, match="made with weights"):
        weighted.verify(loans)
    assert weighted.verify(loans, weights=np.full(1000, 2.0)).agrees
    with pytest.raises(UnsupportedError, match="no manifest"):
        replace(card, manifest=None).verify(loans)


def test_fingerprints_are_of_values_and_their_order() -> None:
    numbers = pd.Series([1.0, -0.0, np.nan])
    assert column_fingerprint(numbers) == column_fingerprint(pd.Series([1, 0, None], dtype="Int64"))
    assert column_fingerprint(numbers) != column_fingerprint(numbers.iloc[::-1])
    text = pd.Series(["b", "a", None])
    category = pd.Series(pd.Categorical(["b", "a", None], ["c", "b", "a"]))
    assert column_fingerprint(text) == column_fingerprint(category)
    assert column_fingerprint(text) != column_fingerprint(pd.Series(["a", "b", None]))


def test_the_document_has_what_a_validator_asks_for(
    card: lk.scorecard.Scorecard, loans: pd.DataFrame, tmp_path: Path
) -> None:
    later = loans.iloc[600:]
    page = card.report(tmp_path / "card.html", {"Later": later}, title="Card A", source="Table B").read_text()
    for heading in (
        "Population and exclusions",
        "Leakage checks",
        "Variables in bins",
        "Selection",
        "Model",
        "Scaling and points",
        "Validation",
        "Stability",
        "Limits",
        "Manifest",
    ):
        assert f">{heading}</h2>" in page
    for text in ("Card A", "Table B", f"Left out: {RULE}", "housing (not in the card)", "below 0.1 were left out"):
        assert text in page
    assert card.manifest is not None
    assert all(digest in page.replace("<wbr>", "") for _, digest in card.manifest.fingerprints)
    assert f"{card.validate(later).samples[0].gini:.3f}" in page
    in_all = card.validate(loans[loans["age"] <= 70]).samples[0].gini
    assert f"{in_all:.3f}" in page  # without the rows that the rule left out
    assert f"{card.stability(later).score.value:.4f}" in page
    assert page.count("<img") >= len(COLUMNS) + 2


def test_a_card_that_was_loaded_says_what_it_does_not_know(loans: pd.DataFrame, tmp_path: Path) -> None:
    card = lk.scorecard(["housing"], loans, target="class", event="bad")
    loaded = lk.load(card.save(tmp_path / "card.json"))
    page = loaded.report(tmp_path / "card.html").read_text()
    assert "are not kept by a card that was loaded" in page
    assert "how the card does on later applicants is not known" in page


def test_signs_of_leakage_are_those_that_were_put_there() -> None:
    rng = np.random.default_rng(0)
    n = 2000
    bad = rng.random(n) < 0.2
    data = pd.DataFrame({"bad": bad.astype(int), "honest": rng.normal(size=n) - 0.3 * bad})
    data["collected"] = np.where(bad & (rng.random(n) < 0.3), "agency", "none")
    data["recovered"] = np.where(bad, rng.normal(size=n), np.where(rng.random(n) < 0.9, np.nan, 0.0))
    data["after"] = 3.0 * bad + rng.normal(size=n)
    binnings = {name: lk.scorecard.binning(name, data, target="bad") for name in list(data)[1:]}
    found = {(sign.variable, sign.kind, sign.severe) for sign in leakage_signs(binnings)}
    assert not any(name == "honest" for name, _, _ in found)
    assert ("collected", "bad only", True) in found
    assert ("recovered", "missing", True) in found
    assert ("after", "information", True) in found


def test_the_probability_that_a_value_has_one_outcome_by_chance() -> None:
    """All 13 rows of one of two levels (and the missing ones) are bad at a rate of 0.5: 3 / 2 ** 13."""

    def found(rows: int) -> list[str]:
        data = pd.DataFrame({"x": ["a"] * rows + ["b"] * (120 - rows), "bad": [1] * 60 + [0] * 60})
        signs = leakage_signs({"x": lk.scorecard.binning("x", data, target="bad")})
        return [sign.words for sign in signs if sign.kind == "bad only"]

    assert found(13) == [f"a: all 13 rows are bad, by chance with probability below {3 * 2.0**-13:.1g}"]
    assert not found(11)  # 3 / 2 ** 11 is above 0.001


def test_a_number_that_parts_good_and_bad_is_seen_though_it_has_one_bin() -> None:
    rng = np.random.default_rng(3)
    bad = rng.random(1000) < 0.3
    data = pd.DataFrame({"bad": bad.astype(int), "leak": bad + rng.random(1000) / 2})
    signs = leakage_signs({"leak": lk.scorecard.binning("leak", data, target="bad")})
    words = {sign.kind: sign.words for sign in signs}
    assert set(words) == {"bad only", "good only"}
    assert f"all {bad.sum()} rows are bad" in words["bad only"]
    assert f"all {(~bad).sum()} rows are good" in words["good only"]


def test_honest_variables_are_seldom_named() -> None:
    rng = np.random.default_rng(4)
    named = 0
    for _ in range(40):
        bad = rng.random(500) < 0.05
        data = pd.DataFrame(
            {"bad": bad.astype(int), "x": rng.normal(size=500), "g": rng.integers(0, 30, 500).astype(str)}
        )
        signs = leakage_signs({name: lk.scorecard.binning(name, data, target="bad") for name in ("x", "g")})
        named += sum(sign.kind != "information" for sign in signs)
    assert named <= 1


def test_changes_by_hand_enter_the_card_stay_in_the_document_and_are_verified(
    loans: pd.DataFrame, tmp_path: Path
) -> None:
    edited = lk.scorecard.binning("duration", loans, target="class", event="bad").merge(1, 2, "too few")
    card = lk.scorecard(["duration", "housing"], loans, target="class", event="bad", bins={"duration": edited})
    own = card.binnings["duration"]
    assert own.rule.labels() == edited.rule.labels()
    assert own.edits == edited.edits
    np.testing.assert_array_equal(card.card.variables[0].logits, card.card.variables[0].coef * edited.woe_at_scoring)
    assert card.verify(loans).agrees
    assert lk.load(card.save(tmp_path / "card.json")).verify(loans).agrees
    assert "(too few)" in card.report(tmp_path / "card.html").read_text()
    with pytest.raises(DataError, match="are those of 'duration'"):
        lk.scorecard(["housing"], loans, target="class", event="bad", bins={"housing": edited})


def test_all_levels_of_a_bin_are_listed(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"town": [f"t{i:03d}" for i in rng.integers(0, 150, 3000)]})
    data["bad"] = (rng.random(3000) < np.where(data["town"] < "t075", 0.2, 0.4)).astype(int)
    bins = lk.scorecard.Bins(order=sorted(data["town"].unique()), cuts=None, max_bins=2)
    card = lk.scorecard(["town"], data, target="bad", bins=bins)
    page = card.report(tmp_path / "card.html").read_text()
    (first, second) = card.binnings["town"].rule.groups
    assert f"Bin 1: {', '.join(first[:60])}" in page
    assert f" and {len(second) - 60} more." in page


def test_the_document_of_an_adopted_card_says_that_it_rests_on_an_assumption(
    loans: pd.DataFrame, tmp_path: Path
) -> None:
    accepted = loans["duration"] + np.arange(1000) % 24 <= 36
    bins = lk.scorecard.Bins(unseen="neutral", empty="neutral")
    card = lk.scorecard(["housing", "age"], loans[accepted], target="class", event="bad", bins=bins)
    found = lk.scorecard.reject_inference(card, loans[accepted], loans[~accepted])
    page = found.adopted("parcelling").report(tmp_path / "card.html").read_text()
    assert "follow from an assumption about the outcomes of rejects" in page
    assert "No reject inference was done" not in page
    assert "one of an assumption about rejects, and no other sample was given" in page
    assert "sandwich in two steps" in page
    page = found.adopted("extrapolation").report(tmp_path / "card.html").read_text()
    assert "Standard errors: none. Outcomes of rejects were assigned by a cut-off" in page
