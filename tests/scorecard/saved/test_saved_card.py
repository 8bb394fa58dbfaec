"""Saved scorecards: whole, checked, to the last bit, without rows; damage and forgery are refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.engine.saved.file import digest_of
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.scorecard.saved.file import SavedCard

Bins = lk.scorecard.Bins
NAMES = ["income", "n", "grade", "owner"]


def applicants(n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {
            "income": rng.lognormal(3, 1, n),
            "n": rng.integers(0, 30, n),
            "grade": rng.choice(["a", "b", "ß", "rare 1", "d"], n, p=[0.4, 0.3, 0.2, 0.01, 0.09]),
            "owner": rng.uniform(size=n) < 0.5,
            "noise": rng.normal(size=n),
        }
    )
    data.loc[rng.uniform(size=n) < 0.1, "income"] = np.nan
    data.loc[rng.uniform(size=n) < 0.1, "income"] = -9.0
    log_odds = data["owner"] - data["income"].fillna(0) / 30 + data["n"] / 20
    status = np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-log_odds)), "bad", "good").astype(object)
    status[::50] = "open"
    return data.assign(status=status, weight=rng.integers(1, 3, n))


def make(data: pd.DataFrame, **options: Any) -> lk.scorecard.Scorecard:
    bins = {
        "income": Bins(special={"refused": [-9]}, cuts=[20.0], max_size=0.6),
        "grade": Bins(unseen="rare", rare=0.05),
        "n": Bins(empty="worst", prebins=[5, 10, 15, 20]),
    }
    return lk.scorecard(
        [*NAMES, "noise"],
        data,
        target="status",
        event="bad",
        indeterminate="open",
        exclude={"young": data["n"] > 28},
        bins=bins,
        weights="weight",
        selection=lk.scorecard.Selection(),
        **options,
    )


@pytest.fixture(scope="module")
def card() -> lk.scorecard.Scorecard:
    return make(applicants())


@pytest.fixture(scope="module")
def packed(card: lk.scorecard.Scorecard, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return json.loads(card.save(tmp_path_factory.mktemp("card") / "card.json").read_text(encoding="utf-8"))


def resealed(packed: dict[str, Any]) -> dict[str, Any]:
    return packed | {"digest": digest_of(packed)}


def load(packed: Any, folder: Path) -> Any:
    path = folder / "changed.json"
    path.write_text(json.dumps(packed), encoding="utf-8")
    return lk.load(path)


def test_a_loaded_card_is_the_card(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    data = applicants()
    data.loc[5, "grade"] = "not seen"
    data["n"] = data["n"].astype(float)
    data.loc[6, "n"] = np.nan
    loaded = lk.load(card.save(tmp_path / "card.json"))
    assert type(loaded) is type(card)
    for verb in ("score", "points", "reasons", "what_if"):
        pd.testing.assert_frame_equal(getattr(loaded, verb)(data), getattr(card, verb)(data), check_exact=True)
    drift, again = card.stability(data, replicates=0), loaded.stability(data, replicates=0)
    pd.testing.assert_frame_equal(again.table(), drift.table(), check_exact=True)
    for verb in ("table", "selection"):
        pd.testing.assert_frame_equal(getattr(loaded, verb)(), getattr(card, verb)(), check_exact=True)
    assert str(loaded) == str(card)
    assert str(loaded.fit) == str(card.fit)
    np.testing.assert_array_equal(loaded.fit.vcov, card.fit.vcov)
    assert loaded.export("sql", dialect="duckdb") == card.export("sql", dialect="duckdb")
    assert list(loaded.binnings) == list(card.binnings)
    for name, binning in card.binnings.items():
        again = loaded.binnings[name]
        assert str(again) == str(binning)
        assert again.stated == binning.stated
        pd.testing.assert_frame_equal(again.table(), binning.table(), check_exact=True)


def test_every_field_of_a_scorecard_is_saved(card: lk.scorecard.Scorecard) -> None:
    """A field that is added to a scorecard is added to its file."""
    kept = [field.name for field in fields(card) if field.name != "rows"]  # which stay behind
    assert kept == [name.replace("record", "fit") for name in SavedCard._fields]
    assert {field.name for field in fields(card.card)} == {
        "variables",
        "intercept",
        "base_points",
        "scaling",
        "coding",
    }
    assert {field.name for field in fields(card.card.variables[0])} == {"binning", "coef", "logits", "points"}


def test_saved_twice_is_the_same_file(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    first = card.save(tmp_path / "first.json")
    assert lk.load(first).save(tmp_path / "second.json").read_bytes() == first.read_bytes()


def test_bins_changed_by_hand_keep_their_trail(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    income, grade = card.binnings["income"], card.binnings["grade"]
    edited = income.merge(1, 2, reason="too few").split(at=income.prebins.cut(1), reason="policy")
    changed = {**card.binnings, "income again": replace(edited, name="income again")}
    changed["grade again"] = replace(grade.merge(1, 2), name="grade again")
    path = type(card)(card.card, card.fit, changed, card.population, card.steps).save(tmp_path / "card.json")
    loaded = lk.load(path).binnings
    for name in ("income again", "grade again"):
        assert loaded[name].edits == changed[name].edits
        assert loaded[name].rule == changed[name].rule
    # What is loaded can be changed further, and its trail replayed.
    assert loaded["income again"].merge(1, 2).rule == edited.merge(1, 2).rule
    assert income.replay(loaded["income again"].edits).rule == edited.rule


def test_a_file_has_the_ends_of_pre_bins_and_no_other_values(
    card: lk.scorecard.Scorecard, packed: dict[str, Any]
) -> None:
    """The two values next to each end are there: splits by hand may lie between them."""
    text = json.dumps(packed)
    found = [value for value in applicants()["noise"] if f"{value!r}" in text]
    prebins = card.binnings["noise"].prebins
    assert set(found) <= set(prebins.starts) | set(prebins.below)


PLACES = [
    (("card", "intercept"), "high", "'card.intercept' is of type str"),
    (("fit",), "another fit", "'card' has other coefficients than 'fit'"),
    (("card", "base_points"), {"float": "nan"}, "'card.base_points' holds nan"),
    (("card", "scaling", "base_odds"), -1, "base_odds=-1"),
    (("card", "scaling", "code"), "print(1)", "'card.scaling' has an unknown field 'code'"),
    (("card", "variables", 0, "name"), "nobody", "'nobody', which is not among 'binnings'"),
    (("card", "variables", 0, "coef"), -0.5, "the 'logits' of .* do not agree with its bins"),
    (("card", "variables", 0, "points", "array", 0), {"float": "nan"}, "must be missing where its 'logits' are"),
    (("card", "variables", 0, "points", "array"), [1.0], "points' has 1 values|holds 1|must have"),
    (("binnings", 0, "name"), "n", "'binnings' hold a name twice"),
    (("binnings", 0, "members", 0), [0, 0], "each of the .* pre-bins once"),
    (("binnings", 0, "members", 0), [2**70], "must be at least 0 and less than"),
    (("binnings", 0, "prebins", "events", "array", 0), -1.0, "holds -1, and must be 0 or more"),
    (("binnings", 0, "prebins", "starts", "array", 0), 1e9, "'prebins.starts' must increase"),
    (("binnings", 0, "prebins", "fixed"), [999], "'prebins.fixed' must be less than"),
    (("binnings", 0, "prebins", "exact", 0), 1, "must be true or false"),
    (("binnings", 0, "stated", "shape"), "sideways", "shape='sideways' is not known"),
    (("binnings", 0, "stated", "special"), [["refused"]], "must hold labels with their values"),
    (("binnings", 0, "stated", "special"), [["refused", [None]]], "a missing value has its own bin"),
    (("binnings", 0, "partition", "boundaries"), [0, 1], "must increase from 0 to"),
    (("binnings", 0, "partition", "shape"), "round", "'round', which is not known"),
    (("binnings", 0, "edits"), [["exec", [1.0], "", 0.1, 0.1]], "'exec', which is not known"),
    (("binnings", 2, "prebins", "groups", 0), ["a", "a"], "twice"),
    (("binnings", 2, "prebins", "rare"), 99, "'prebins.rare' must be less than"),
    (("population", "n_bad"), 1.5, "must be a whole number"),
    (("steps", 0), ["income", 1, "why", 0.1], "must be true or false"),
    (("development", "counts"), [1.0], "'counts' must be one more"),
    (("fit",), {"format": "logitkit fit"}, "version None"),
    (("fit",), [], "is not a fit that logitkit saved"),
    (("fit", "coef", "array", 0), 5.0, "damaged|changed"),
    (("version",), 2, "has version 2 of the format"),
    (("extra",), 1, "unknown field 'extra'"),
]


@pytest.mark.parametrize(("place", "value", "words"), PLACES, ids=lambda part: str(part)[:50])
def test_what_is_wrong_is_named(
    place: tuple[Any, ...], value: Any, words: str, packed: dict[str, Any], tmp_path: Path
) -> None:
    """Also where the digest was computed again."""
    changed = json.loads(json.dumps(packed))
    if value == "another fit":
        data = lk.datasets.load_lbw()
        other = lk.logit("low ~ age", data).save(tmp_path / "fit.json")
        value = json.loads(other.read_text(encoding="utf-8"))
    part = changed
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = value
    with pytest.raises(DataError, match=words) as caught:
        load(resealed(changed), tmp_path)
    assert "changed.json" in str(caught.value)


def test_a_change_without_a_new_digest_is_noticed(packed: dict[str, Any], tmp_path: Path) -> None:
    changed = json.loads(json.dumps(packed))
    changed["card"]["variables"][0]["points"]["array"][0] += 50
    with pytest.raises(DataError, match="was changed after it was saved"):
        load(changed, tmp_path)


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    items = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for name, item in items:
        yield from leaves(item, (*place, name))


def test_points_set_by_hand_are_saved_and_exported(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    data, name = applicants(), card.card.names[0]
    labels = card.card.variables[0].binning.rule.labels()
    best = labels[int(np.nanargmax(card.card.variables[0].points[: len(labels)]))]
    edited = card.with_points({name: {best: 99}}, base=700)
    loaded = lk.load(edited.save(tmp_path / "card.json"))
    pd.testing.assert_frame_equal(loaded.score(data), edited.score(data), check_exact=True)
    assert not loaded.score(data)["points"].equals(card.score(data)["points"])
    pd.testing.assert_frame_equal(loaded.selection(), edited.selection())
    module: dict[str, Any] = {}
    exec(loaded.export("python"), module)
    assert [module["score"](row)[0] for row in data.to_dict("records")] == edited.score(data)["points"].tolist()


@pytest.mark.parametrize("zero", ["neutral", "mean", "lowest"])
def test_cards_of_every_scaling_and_of_another_bad_rate_are_saved(zero: str, tmp_path: Path) -> None:
    data = applicants()
    card = make(data, scaling=lk.scorecard.Scaling(zero=zero, rounded=False, points_to_double=-15)).with_prior(0.1)
    loaded = lk.load(card.save(tmp_path / "card.json"))
    pd.testing.assert_frame_equal(loaded.score(data), card.score(data), check_exact=True)
    pd.testing.assert_frame_equal(loaded.table(), card.table(), check_exact=True)
    assert loaded.card.scaling == card.card.scaling
    assert str(loaded) == str(card)
    module: dict[str, Any] = {}
    exec(loaded.export("python"), module)
    assert [module["score"](row)[0] for row in data.to_dict("records")] == card.score(data)["points"].tolist()


def test_no_part_can_be_replaced_by_another_type(packed: dict[str, Any], tmp_path: Path) -> None:
    """Whatever stands in place of a part, what comes out is an error of the package or a card that scores."""
    places = [place for place in leaves({name: packed[name] for name in packed if name != "fit"}) if place]
    rng = np.random.default_rng(0)
    for at in rng.choice(len(places), 40, replace=False):
        changed = json.loads(json.dumps(packed))
        part = changed
        for step in places[at][:-1]:
            part = part[step]
        part[places[at][-1]] = [{"float": "inf"}, [[]], "import os"][at % 3]
        try:
            loaded = load(resealed(changed), tmp_path)
        except LogitkitError:
            continue
        loaded.table()


def test_what_cannot_be_saved_is_refused(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    infinite = type(card.card)(card.card.variables, np.inf, 0.0, card.card.scaling)
    with pytest.raises(UnsupportedError, match="not all finite"):
        type(card)(infinite, card.fit, card.binnings, card.population).save(tmp_path / "card.json")
