"""A card is made again from its rows, with all that was done to it by hand; what differs is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

import logitkit as lk
from logitkit.engine.saved.file import digest_of
from logitkit.errors import DataError, UnsupportedError
from logitkit.estimators import ScorecardClassifier
from logitkit.scorecard.fingerprints import rows_fingerprint
from tolerances import EXACT

Scorecard = lk.scorecard.Scorecard
COLUMNS = ["checking_status", "duration", "housing"]


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> Scorecard:
    return lk.scorecard(COLUMNS, loans, target="class", event="bad")


@pytest.fixture(scope="module")
def changed(card: Scorecard) -> Scorecard:
    """A card with points set by hand before and after another bad rate was stated."""
    first, second = (variable.binning for variable in card.card.variables[:2])
    by_hand = card.with_points({first.name: {first.rule.labels()[0]: -40}}, base=520, any_order=True)
    return by_hand.with_prior(0.05).with_points({second.name: {second.rule.labels()[0]: 77}}, any_order=True)


def wrong(found: Any) -> list[list[str]]:
    return found.table(all=False)[["part", "item"]].to_numpy().tolist()


def kept(card: Scorecard, tmp_path: Path) -> Scorecard:
    return lk.load(card.save(tmp_path / "card.json"))


def test_changes_by_hand_are_repeated(changed: Scorecard, loans: pd.DataFrame, tmp_path: Path) -> None:
    assert [change.kind for change in changed.changes] == ["points", "base", "prior", "points"]
    assert changed.verify(loans).agrees
    loaded = kept(changed, tmp_path)
    assert loaded.changes == changed.changes
    assert loaded.verify(loans).agrees
    pd.testing.assert_frame_equal(loaded.score(loans), changed.score(loans), check_exact=True)


def test_points_set_by_hand_survive_another_bad_rate(card: Scorecard, changed: Scorecard, loans: pd.DataFrame) -> None:
    variable = changed.card.variables[0]
    assert variable.points[0] == -40
    shift = logit(0.05) - logit(0.3)
    np.testing.assert_allclose(changed.card.intercept, card.card.intercept + shift, rtol=EXACT)
    moved = -card.card.scaling.factor * shift
    assert abs(changed.card.base_points - 520 - moved) <= 1.0  # two whole numbers
    twice = card.with_prior(0.01).with_prior(0.05)
    np.testing.assert_allclose(twice.card.intercept, changed.card.intercept, rtol=EXACT)
    assert twice.card.base_points == card.with_prior(0.05).card.base_points


def test_a_file_that_tells_less_of_a_card_is_verified_too(card: Scorecard, loans: pd.DataFrame, tmp_path: Path) -> None:
    path = card.save(tmp_path / "card.json")
    packed = json.loads(path.read_text())
    del packed["changes"]
    for name in ("rows", "maker", "rejects"):
        del packed["manifest"][name]
    packed["digest"] = digest_of(packed)
    path.write_text(json.dumps(packed))
    loaded = lk.load(path)
    assert loaded.verify(loans).agrees
    assert not loaded.verify(loans[::-1]).reordered  # the order alone is not known to be another


@pytest.mark.parametrize("which", [0, 1, 2, 3])
def test_a_change_that_is_hidden_is_found(which: int, changed: Scorecard, loans: pd.DataFrame) -> None:
    told = tuple(change for j, change in enumerate(changed.changes) if j != which)
    found = wrong(replace(changed, changes=told).verify(loans))
    name = changed.changes[which].variable
    expected = {"points": ["Points", name], "base": ["Points", "base points"], "prior": ["Coefficient", "Intercept"]}
    assert expected[changed.changes[which].kind] in found


def test_edited_bins_that_data_do_not_allow_are_told(loans: pd.DataFrame) -> None:
    edited = lk.scorecard.binning("duration", loans, target="class", event="bad").merge(1, 2, "too few")
    card = lk.scorecard(["duration"], loans, target="class", event="bad", bins={"duration": edited})
    assert card.verify(loans).agrees
    own = card.binnings["duration"]
    other = replace(own, edits=(replace(own.edits[0], before=own.edits[0].before + 0.01),))
    assert wrong(replace(card, binnings={"duration": other}).verify(loans)) == [["Changes of bins", "duration"]]
    found = card.verify(loans.assign(duration=loans["duration"] % 3))
    assert not found.agrees
    assert ["Fingerprint", "duration"] in wrong(found)


@pytest.mark.parametrize("method", ["parcelling", "augmentation", "extrapolation", "worst case"])
def test_a_card_adopted_under_an_assumption_is_made_again(method: str, loans: pd.DataFrame, tmp_path: Path) -> None:
    refused = loans["duration"] + np.arange(1000) % 24 > 36
    bins = lk.scorecard.Bins(unseen="neutral", empty="neutral")
    rules = {"foreign": (loans["foreign_worker"] == "no") & ~refused}
    accepts, rejects = loans[~refused], loans[refused]
    own = {"foreign": rules["foreign"][~refused]}
    names = ["housing", "age"]
    card = lk.scorecard(names, accepts, target="class", event="bad", bins=bins, exclude=own)
    kinds = [lk.scorecard.Parcelling(factor=1.3), lk.scorecard.Augmentation(), lk.scorecard.Extrapolation()]
    inferred = lk.scorecard.reject_inference(card, accepts[~own["foreign"]], rejects, kinds, between=(0.5, 3))
    adopted = kept(inferred.adopted(method).with_prior(0.1), tmp_path)
    assert adopted.verify(accepts, exclude=own, rejects=rejects).agrees
    other = rejects.assign(age=rejects["age"].where(rejects.index != rejects.index[0], 75))
    assert ["Fingerprint", "age of rejects"] in wrong(adopted.verify(accepts, exclude=own, rejects=other))
    with pytest.raises(DataError, match=r"adopted under an assumption .*Give rejects="):
        adopted.verify(accepts, exclude=own)
    with pytest.raises(DataError, match="from accepts alone"):
        card.verify(accepts, exclude=own, rejects=rejects)


@pytest.mark.parametrize("weighted", [False, True])
def test_a_card_of_the_classifier_is_made_again(weighted: bool, loans: pd.DataFrame, tmp_path: Path) -> None:
    weights = np.arange(1000) % 3 if weighted else None
    model = ScorecardClassifier(bad="bad", selection=lk.scorecard.Selection(min_iv=0.05))
    card = kept(model.fit(loans[COLUMNS], loans["class"], weights).scorecard_, tmp_path)
    assert card.verify(loans, weights=weights).agrees
    other = loans.assign(housing=loans["housing"].where(loans.index != 4, "own"))
    found = wrong(card.verify(other, weights=weights))
    assert ["Fingerprint", "housing"] in found
    assert not any(part == "Fingerprint" and item != "housing" for part, item in found)


def test_arrays_of_the_classifier_have_columns_with_numbers(loans: pd.DataFrame) -> None:
    X, y = loans[["duration", "age"]].to_numpy(float), (loans["class"] == "bad").to_numpy()
    card = ScorecardClassifier().fit(X, y).scorecard_
    assert card.verify({"x0": X[:, 0], "x1": X[:, 1], "y": y}).agrees
    flat = pd.DataFrame({"x0": np.ones(1000)})
    with pytest.warns(lk.errors.DataWarning):
        empty = ScorecardClassifier().fit(flat, y).scorecard_
    with pytest.raises(UnsupportedError, match="without variables"):
        empty.verify(flat.assign(y=y))


def test_rows_in_another_order_are_told_from_other_rows(card: Scorecard, loans: pd.DataFrame) -> None:
    found = card.verify(loans.sample(frac=1, random_state=0))
    assert {part for part, _ in wrong(found)} == {"Fingerprint"}
    assert found.reordered
    assert not found.agrees
    assert "the same ones in another order" in found.to_text(200)
    swapped = loans.assign(housing=loans["housing"].iloc[::-1].to_numpy())  # each column alone has the same values
    assert not card.verify(swapped).reordered
    assert not card.verify(loans).reordered
    assert rows_fingerprint(loans[COLUMNS]) != rows_fingerprint(loans[COLUMNS].iloc[:-1])


def test_another_version_is_told_and_where_asked_for_a_difference(card: Scorecard, loans: pd.DataFrame) -> None:
    assert card.manifest is not None
    versions = tuple((name, "1.2.3" if name == "numpy" else then) for name, then in card.manifest.versions)
    old = replace(card, manifest=replace(card.manifest, versions=versions))
    found = old.verify(loans)
    assert found.agrees
    assert found.versions == (("numpy", "1.2.3", np.__version__),)
    assert wrong(old.verify(loans, same_versions=True)) == [["Version", "numpy"]]
    assert card.verify(loans, same_versions=True).agrees


def test_another_parameter_is_found(card: Scorecard, loans: pd.DataFrame) -> None:
    assert card.manifest is not None
    other = replace(card, manifest=replace(card.manifest, level=0.9))
    assert wrong(other.verify(loans)) == [["Model", "level"]]
    scaling = lk.scorecard.Scaling(points_to_double=40)
    points = wrong(replace(card, card=replace(card.card, scaling=scaling)).verify(loans))
    assert {part for part, _ in points} == {"Points"}
    own = card.binnings["duration"]
    binnings = {**card.binnings, "duration": replace(own, stated=lk.scorecard.Bins(max_bins=2))}
    assert ["Bins", "duration"] in wrong(replace(card, binnings=binnings).verify(loans))
    chosen = lk.scorecard.Selection(min_iv=0.15)
    selected = wrong(replace(card, manifest=replace(card.manifest, selection=chosen)).verify(loans))
    assert ["Selection", "trail"] in selected


def test_where_no_card_can_be_made_the_reason_is_told(card: Scorecard, loans: pd.DataFrame) -> None:
    flat = card.verify(loans.assign(duration=1, checking_status="none", housing="own"))
    assert ["Card", "made again"] in wrong(flat)
    assert "No variable has two rates" in flat.to_text(300)
    assert {item for part, item in wrong(flat) if part == "Fingerprint"} == set(COLUMNS)
    with pytest.raises(DataError, match="no column 'housing'"):
        card.verify(loans.drop(columns="housing"))


def test_the_seed_of_the_folds_of_a_lasso_is_in_the_manifest(card: Scorecard) -> None:
    assert card.manifest is not None
    assert card.manifest.seeds == ()
    chosen = lk.scorecard.Selection(method="lasso")
    assert replace(card.manifest, selection=chosen).seeds == (("Folds of the lasso", lk.Folds().seed),)
