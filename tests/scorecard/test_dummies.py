"""Cards with a coefficient per bin: the model, points with their errors, what is refused, and every verb."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
import logitkit.estimators
from logitkit.errors import DataError, SeparationError, UnsupportedError
from logitkit.scorecard import Bins, Scaling, Selection

COLUMNS = ["checking_status", "duration", "purpose", "age"]
Z = 1.959963984540054
BAD: dict[str, Any] = dict(target="class", event="bad")


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(COLUMNS, loans, coding="dummies", **BAD)


def errors_of(table: pd.DataFrame) -> np.ndarray:
    return ((table["points_high"] - table["points_low"]) / (2 * Z)).to_numpy()


def in_bins(card: lk.scorecard.Scorecard, data: pd.DataFrame) -> pd.DataFrame:
    """The label of the bin of every row."""
    rules = {v.binning.name: v.binning.rule for v in card.card.variables}
    return pd.DataFrame(
        {name: np.array(rule.labels(), dtype=object)[rule.codes(data[name], name)] for name, rule in rules.items()}
    )


def test_the_model_is_the_logistic_regression_on_indicators(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    labels = in_bins(card, loans)
    fit = lk.logit("bad ~ " + " + ".join(f"C({name})" for name in COLUMNS), labels.assign(bad=loans["class"] == "bad"))
    np.testing.assert_allclose(card.score(loans)["probability"], fit.predict(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(card.fit.record.loglik, fit.record.loglik, rtol=1e-12)
    np.testing.assert_allclose(
        card.table()["points"].iloc[0] + card.points(loans).sum(axis=1), card.score(loans)["points"], rtol=0
    )
    apart = {name: card.card.variables[j].logits for j, name in enumerate(COLUMNS)}
    for name, logits in apart.items():  # differences between bins are those of the coefficients
        names = card.binnings[name].rule.labels()
        coef = [fit.coef.get(f"C({name})[T.{label}]", 0.0) for label in names[:-1]]
        np.testing.assert_allclose(np.diff(logits[: len(coef)]), np.diff(coef), rtol=0, atol=1e-10)
    tests = fit.anova()
    text = card.summary().to_text(110)
    for name, statistic, dof in zip(COLUMNS, tests.statistic, tests.dof, strict=True):
        line = next(line for line in text.splitlines() if line.startswith(name))
        assert f"{statistic:.2f}" in line
        assert line.split()[1] == str(dof)
    assert "by likelihood ratio" in text
    most = labels["age"].value_counts().index[0]
    assert next(line for line in text.splitlines() if line.startswith("age") and most in line).endswith("reference")


@pytest.mark.parametrize("zero", ["neutral", "mean", "lowest"])
@pytest.mark.parametrize("rounded", [True, False])
def test_of_one_variable_it_is_the_card_of_weights_of_evidence(loans: pd.DataFrame, zero: str, rounded: bool) -> None:
    """Both models are saturated: the same points, errors that count the weights of evidence, and scores."""
    stated = dict(scaling=Scaling(zero=zero, rounded=rounded), bins=Bins(empty="neutral"), **BAD)
    woe, dummies = (lk.scorecard(["purpose"], loans, coding=coding, **stated) for coding in ("woe", "dummies"))
    tables = [card.table(0.95).drop(columns="coef") for card in (woe, dummies)]
    # Points whose variance is zero: 1e-16 of the others is rounding, and its root is 1e-8 of the other errors.
    pd.testing.assert_frame_equal(*tables, rtol=1e-9, atol=1e-6)
    pd.testing.assert_frame_equal(woe.score(loans), dummies.score(loans), rtol=1e-11)
    np.testing.assert_allclose(dummies.card.intercept, np.log(300 / 700), rtol=0, atol=1e-11)


@pytest.mark.parametrize("zero", ["neutral", "mean", "lowest"])
def test_errors_from_the_covariance_are_those_of_numerical_derivatives(loans: pd.DataFrame, zero: str) -> None:
    from logitkit.scorecard.dummies import card_of_dummies

    scaling = Scaling(zero=zero, rounded=False)
    card = lk.scorecard(COLUMNS, loans, coding="dummies", scaling=scaling, bins=Bins(empty="worst"), **BAD)
    binnings, coef = tuple(v.binning for v in card.card.variables), card.fit.record.coef

    def points(at: np.ndarray) -> np.ndarray:
        made = card_of_dummies(binnings, at, scaling)
        return np.concatenate([[made.base_points], *(variable.points[:-1] for variable in made.variables)])

    step = 1e-5
    slopes = np.array([(points(coef + step * e) - points(coef - step * e)) / (2 * step) for e in np.eye(coef.size)])
    expected = np.sqrt(np.einsum("im,ij,jm->m", slopes, card.fit.record.vcov, slopes))
    np.testing.assert_allclose(errors_of(card.table(0.95, "given")), expected, rtol=1e-6, atol=1e-7)


def test_errors_sum_what_each_row_moves() -> None:
    """A card is made again with the weight of one row of each kind a little larger and a little smaller."""
    from logitkit.scorecard.card import with_scaling

    rng = np.random.default_rng(5)
    n = 400
    data = pd.DataFrame({"a": rng.integers(0, 3, n).astype(str), "b": rng.integers(0, 2, n).astype(str)})
    logit = -0.5 + 0.9 * (data["a"] == "1") - 0.8 * (data["a"] == "2") + 0.7 * (data["b"] == "1")
    data["bad"] = rng.uniform(size=n) < 1 / (1 + np.exp(-logit))
    scales = [Scaling(zero=zero, rounded=False) for zero in ("neutral", "mean", "lowest")]
    stated = dict(coding="dummies", bins=Bins(empty="neutral"))
    step = 1e-4

    def points(row: int, change: float) -> np.ndarray:
        weights = np.ones(n)
        weights[row] += change
        card = lk.scorecard("bad ~ a + b", data, weights=weights, **stated).card
        made = [with_scaling(card, scaling) for scaling in scales]
        own = [np.concatenate([[m.base_points], *(variable.points[:-1] for variable in m.variables)]) for m in made]
        return np.array(own)

    variance = 0.0
    for rows in data.groupby(["a", "b", "bad"]).groups.values():
        moved = (points(rows[0], step) - points(rows[0], -step)) / (2 * step)
        variance = variance + len(rows) * moved**2
    for scaling, expected in zip(scales, np.sqrt(variance), strict=True):
        found = errors_of(lk.scorecard("bad ~ a + b", data, scaling=scaling, **stated).table(level=0.95))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_swapping_good_and_bad_flips_what_bins_add(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    turned = lk.scorecard(COLUMNS, loans, target="class", event="good", coding="dummies")
    of = {v.binning.name: v for v in turned.card.variables}
    np.testing.assert_allclose(turned.card.intercept, -card.card.intercept, rtol=1e-9)
    for variable in card.card.variables:
        name = variable.binning.name
        there = dict(zip(of[name].binning.rule.labels(), of[name].logits, strict=False))
        here = zip(variable.binning.rule.labels(), variable.logits, strict=False)
        shared = [(own, there[label]) for label, own in here if label in there and not np.isnan(own)]
        assert len(shared) > 1
        np.testing.assert_allclose(*zip(*[(a, -b) for a, b in shared], strict=True), rtol=1e-8)


def test_frequencies_are_rows(loans: pd.DataFrame) -> None:
    times = np.arange(1000) % 3
    stated = dict(coding="dummies", **BAD)
    once = lk.scorecard(["purpose", "housing"], loans, weights=times, **stated)
    repeated = lk.scorecard(["purpose", "housing"], loans.iloc[np.repeat(np.arange(1000), times)], **stated)
    for verb in ("given", "estimated"):
        pd.testing.assert_frame_equal(once.table(0.95, verb), repeated.table(0.95, verb), rtol=1e-8)


def confounded(n: int = 2000) -> pd.DataFrame:
    """The bad rate of ``y`` rises from a to b, and falls once ``x`` is known."""
    rng = np.random.default_rng(2)
    y = rng.choice(["a", "b"], n)
    x = np.where(rng.uniform(size=n) < np.where(y == "b", 0.8, 0.2), "high", "low")
    logit = -2.5 + 2.5 * (x == "high") - 0.6 * (y == "b")
    return pd.DataFrame({"x": x, "y": y, "bad": rng.uniform(size=n) < 1 / (1 + np.exp(-logit))})


def test_points_out_of_the_order_of_the_event_rates_are_a_finding(card: lk.scorecard.Scorecard) -> None:
    data = confounded()
    rates = data.groupby("y")["bad"].mean()
    assert rates["b"] > rates["a"]
    every = Selection(method="all", right_signs=False)
    found = lk.scorecard(["x", "y"], data, target="bad", coding="dummies", selection=every)
    points = found.table().set_index(["variable", "label"])["points"]
    assert points["y", "b"] > points["y", "a"]
    text = " ".join(found.summary().to_text(200).split())
    assert f"Out of order: 'b' of 'y' has {points['y', 'b']:g} points and 'a' {points['y', 'a']:g}" in text
    assert f"though its bad rate is {100 * rates['b']:.2f}%, not {100 * rates['a']:.2f}%." in text
    assert "broken" in text
    assert "kept" in text
    assert "Out of order" not in card.summary().to_text()
    negative = Scaling(points_to_double=-20)
    turned = lk.scorecard(["x", "y"], data, target="bad", coding="dummies", selection=every, scaling=negative)
    assert "Out of order: 'b' of 'y'" in turned.summary().to_text(200)
    others = found.with_points({"x": {"low": 30}})  # the order that the model broke is another variable's
    assert others.table().set_index(["variable", "label"])["points"]["x", "low"] == 30
    with pytest.raises(DataError, match=r"'y': 'b' would have .* State any_order=True"):
        found.with_points({"y": {"a": points["y", "a"] - 1}})
    by_hand = card.with_points({"age": {"below 26": 40}}, any_order=True)  # of either coding
    assert "Out of order: 'below 26' of 'age' has 40 points" in by_hand.summary().to_text(200)


def test_what_has_no_points_is_refused(loans: pd.DataFrame) -> None:
    data = loans.assign(old=np.where(loans.index < 4, np.nan, loans["age"]), class_=loans["class"])
    data.loc[data.index < 4, "class"] = "good"
    with pytest.raises(
        SeparationError, match=r"'old': the bin 'Missing' has goods alone: .* Fill its values in.*coding='woe'"
    ):
        lk.scorecard(["old", "duration"], data, coding="dummies", **BAD)
    few = pd.DataFrame({"x": np.repeat(["a", "b", "c"], 100), "bad": np.tile([0, 1], 150) * np.repeat([1, 1, 0], 100)})
    with pytest.raises(SeparationError, match=r"the bin 'c' has goods alone: .*min_events=.*merge it by hand"):
        lk.scorecard(["x"], few, target="bad", coding="dummies", bins=Bins(min_events=0))
    for j, name in enumerate(("one", "two")):
        data[name] = np.where(loans.index % 10 < 2, np.nan, np.random.default_rng(j).normal(size=1000))
    bins = Bins(max_bins=3)
    with pytest.raises(UnsupportedError, match=r"bin 'Missing' of 'two' are determined by the bins of the other"):
        lk.scorecard(["one", "two"], data, coding="dummies", bins=bins, target="class_", event="bad")
    twice = loans.assign(again=loans["purpose"])
    found = lk.scorecard(["purpose", "age", "again"], twice, coding="dummies", **BAD)
    assert found.card.names == ("purpose", "age")
    assert found.selection()["reason"].tolist() == ["its bins are determined by those of the others"]
    with pytest.raises(DataError, match="coding='effects' is not known"):
        lk.scorecard(["age"], loans, coding="effects", **BAD)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match="needs a card of weights of evidence"):
        lk.scorecard.reject_inference(found, twice, twice)


def test_policies_score_what_has_no_coefficient(loans: pd.DataFrame) -> None:
    new = pd.DataFrame({"purpose": ["a boat", None], "age": [30, 30]})
    made = {
        (empty, unseen): lk.scorecard(
            ["purpose", "age"], loans, coding="dummies", bins=Bins(empty=empty, unseen=unseen, rare=0.08), **BAD
        )
        for empty, unseen in (("neutral", "neutral"), ("worst", "rare"), ("worst", "missing"))
    }
    assert (made["neutral", "neutral"].points(new)["purpose"] == 0).all()
    own = made["worst", "rare"].card.variables[0]
    points = made["worst", "rare"].points(new)["purpose"].tolist()
    assert points == [own.points[own.binning.rule.rare], np.nanmin(own.points[:-2])]  # type: ignore[union-attr]
    first, second = made["worst", "missing"].points(new)["purpose"]
    assert first == second
    with pytest.raises(DataError, match="level 'a boat' was not there"):
        lk.scorecard(["purpose", "age"], loans, coding="dummies", **BAD).score(new)


def test_every_verb_works(loans: pd.DataFrame, card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    again = lk.load(card.save(tmp_path / "card.json"))
    pd.testing.assert_frame_equal(again.score(loans), card.score(loans), check_exact=True)
    pd.testing.assert_frame_equal(again.table(0.95, "given"), card.table(0.95, "given"), check_exact=True)
    assert "by Wald tests" in again.summary().to_text()  # a likelihood ratio needs the rows
    assert again.card.coding == "dummies"
    assert card.verify(loans).agrees
    other = card.verify(loans.assign(age=loans["age"].where(loans.index > 50, 30)))
    assert not other.agrees
    assert "Estimate of the fit" in set(other.table(all=False)["part"])
    scores, bad = card.score(loans)["points"], loans["class"] == "bad"
    pairs = np.sign(scores[~bad].to_numpy()[:, None] - scores[bad].to_numpy())
    assert card.validate(loans).table()["gini"].iloc[0] == pytest.approx(pairs.mean(), rel=1e-12)
    first = card.reasons(loans.head(3), n=2)
    assert first.shape == (3, 4)
    what = card.what_if(loans, 5)
    assert what["gain"][what["own"]].eq(0).all()
    prior = card.with_prior(0.1)
    shift = np.log(0.1 / 0.9) - np.log(0.3 / 0.7)
    np.testing.assert_allclose(prior.score(loans)["log_odds"] - card.score(loans)["log_odds"], shift, rtol=1e-9)
    pd.testing.assert_frame_equal(lk.load(prior.save(tmp_path / "p.json")).score(loans), prior.score(loans))
    assert prior.verify(loans).agrees
    np.testing.assert_allclose(errors_of(prior.table(0.95)), errors_of(card.table(0.95)), rtol=1e-9)
    fine = lk.scorecard(COLUMNS, loans, coding="dummies", scaling=Scaling(rounded=False), **BAD)
    difference = (card.score(loans)["points"] - fine.score(loans)["points"]).abs().max()
    assert card.rounding().largest == pytest.approx(difference, rel=1e-9)
    assert card.stability(loans).score.value == pytest.approx(0.0, abs=1e-12)
    one = lk.scorecard(["age"], loans, coding="dummies", **BAD)
    words = one.report(tmp_path / "card.html").read_text(encoding="utf-8")
    assert "Coefficients of the bins in the logit of bad" in words
    assert "above the neutral point of the variable" in words


def test_the_classifier_makes_such_cards(loans: pd.DataFrame, card: lk.scorecard.Scorecard) -> None:
    model = lk.estimators.ScorecardClassifier(bad="bad", coding="dummies").fit(loans[COLUMNS], loans["class"])
    pd.testing.assert_frame_equal(model.scorecard_.table(), card.table())
    assert model.scorecard_.verify(loans[[*COLUMNS, "class"]]).agrees
    with pytest.raises(DataError, match="coding='effects' is not known"):
        lk.estimators.ScorecardClassifier(bad="bad", coding="effects").fit(loans[COLUMNS], loans["class"])
