"""Points with their errors, on every scale; what rounding costs; the model; clusters of variables."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.scorecard import Bins, Scaling, Selection

COLUMNS = ["checking_status", "duration", "purpose", "age"]
Z = 1.959963984540054


@pytest.fixture(scope="module")
def loans() -> pd.DataFrame:
    return lk.datasets.load_german_credit()


@pytest.fixture(scope="module")
def card(loans: pd.DataFrame) -> lk.scorecard.Scorecard:
    return lk.scorecard(COLUMNS, loans, target="class", event="bad")


def errors_of(table: pd.DataFrame) -> np.ndarray:
    return ((table["points_high"] - table["points_low"]) / (2 * Z)).to_numpy()


@pytest.mark.parametrize("zero", ["neutral", "mean", "lowest"])
def test_errors_given_the_weights_of_evidence_are_those_of_a_formula(loans: pd.DataFrame, zero: str) -> None:
    card = lk.scorecard(COLUMNS, loans, target="class", event="bad", scaling=Scaling(zero=zero))
    woe = pd.DataFrame({name: card.binnings[name].transformed(loans) for name in COLUMNS})
    at_zero = {"neutral": 0 * woe.mean(), "mean": woe.mean(), "lowest": woe.min()}[zero]
    fit = lk.logit("bad ~ " + " + ".join(COLUMNS), (woe - at_zero).assign(bad=loans["class"] == "bad"))
    table, factor = card.table(0.95, "given"), 20 / np.log(2)
    np.testing.assert_allclose(errors_of(table)[0], factor * fit.std_error["Intercept"], rtol=1e-7)
    own = table.iloc[1:].dropna()
    expected = factor * (own["woe"] - own["variable"].map(at_zero)).abs() * own["variable"].map(fit.std_error)
    np.testing.assert_allclose(errors_of(own), expected, rtol=1e-7, atol=1e-9)


def test_of_one_variable_the_error_with_woe_is_that_of_the_weight_of_evidence(loans: pd.DataFrame) -> None:
    """The coefficient is -1 whatever the counts are, and the points are F times the weight of evidence."""
    card = lk.scorecard(["purpose"], loans, target="class", event="bad")
    table = card.table(0.95).iloc[1:].dropna()
    bins = card.binnings["purpose"].table().dropna()
    events, rows = bins["events"].to_numpy(), bins["rows"].to_numpy()
    expected = np.sqrt(1 / events - 1 / 300 + 1 / (rows - events) - 1 / 700)
    np.testing.assert_allclose(errors_of(table), 20 / np.log(2) * expected, rtol=1e-8)


@pytest.mark.parametrize(("zero", "woe"), [("neutral", "good/bad"), ("mean", "good/bad"), ("lowest", "bad/good")])
def test_errors_with_woe_sum_what_each_row_moves(zero: str, woe: str) -> None:
    """A card is made again with the weight of one row of each kind a little larger and a little smaller."""
    rng = np.random.default_rng(5)
    n = 500
    data = pd.DataFrame({"a": rng.integers(0, 3, n).astype(str), "b": rng.integers(0, 2, n).astype(str)})
    logit = -0.5 + 0.9 * (data["a"] == "1") - 0.8 * (data["a"] == "2") + 0.7 * (data["b"] == "1")
    data["bad"] = rng.uniform(size=n) < 1 / (1 + np.exp(-logit))
    stated = dict(bins=Bins(woe=woe), scaling=Scaling(zero=zero, rounded=False))
    step = 1e-4

    def points(row: int, change: float) -> np.ndarray:
        weights = np.ones(n)
        weights[row] += change
        return lk.scorecard("bad ~ a + b", data, weights=weights, **stated).table()["points"].to_numpy()

    variance = 0.0
    for rows in data.groupby(["a", "b", "bad"]).groups.values():
        moved = (points(rows[0], step) - points(rows[0], -step)) / (2 * step)
        variance = variance + len(rows) * moved**2
    found = errors_of(lk.scorecard("bad ~ a + b", data, **stated).table(level=0.95))
    np.testing.assert_allclose(found, np.sqrt(variance), rtol=1e-5, atol=1e-6)


def test_frequencies_are_rows(loans: pd.DataFrame) -> None:
    times = np.arange(1000) % 3
    once = lk.scorecard(["purpose", "housing"], loans, target="class", event="bad", weights=times)
    repeated = lk.scorecard(
        ["purpose", "housing"], loans.iloc[np.repeat(np.arange(1000), times)], target="class", event="bad"
    )
    for verb in ("given", "estimated"):
        pd.testing.assert_frame_equal(once.table(0.95, verb), repeated.table(0.95, verb), rtol=1e-8)
    assert once.rounding().n == times.sum()
    np.testing.assert_allclose(once.rounding().rank_correlation, repeated.rounding().rank_correlation, rtol=1e-12)


@pytest.mark.parametrize("zero", ["mean", "lowest"])
def test_where_points_are_zero_moves_no_score(loans: pd.DataFrame, card: lk.scorecard.Scorecard, zero: str) -> None:
    exact = lk.scorecard(COLUMNS, loans, target="class", event="bad", scaling=Scaling(zero=zero, rounded=False))
    neutral = lk.scorecard(COLUMNS, loans, target="class", event="bad", scaling=Scaling(rounded=False))
    np.testing.assert_allclose(exact.score(loans)["points"], neutral.score(loans)["points"], rtol=1e-12)
    at_zero = exact.points(loans).mean() if zero == "mean" else exact.points(loans).min()
    np.testing.assert_allclose(at_zero, 0.0, atol=1e-11)
    whole = lk.scorecard(COLUMNS, loans, target="class", event="bad", scaling=Scaling(zero=zero))
    if zero == "lowest":
        assert (whole.points(loans).min() == 0).all()
    assert (whole.score(loans)["points"] - exact.score(loans)["points"]).abs().max() <= 2.5


@pytest.mark.parametrize("points_to_double", [20, -15])
def test_the_cost_of_rounding_is_that_of_two_scores(loans: pd.DataFrame, points_to_double: float) -> None:
    stated = dict(target="class", event="bad")
    scales = [Scaling(points_to_double=points_to_double, rounded=rounded) for rounded in (False, True)]
    exact, whole = (lk.scorecard(COLUMNS, loans, scaling=scale, **stated).score(loans)["points"] for scale in scales)
    card = lk.scorecard(COLUMNS, loans, scaling=scales[1], **stated)
    found = card.rounding([500, 540])
    difference = (whole - exact).abs()
    np.testing.assert_allclose([found.largest, found.mean], [difference.max(), difference.mean()], rtol=1e-9)
    assert found.largest <= found.bound == 2.5
    np.testing.assert_allclose(found.rank_correlation, exact.round(9).rank().corr(whole.rank()), rtol=1e-12)
    bad = loans["class"] == "bad"
    for quality, points in ((found.exact, exact), (found.whole, whole)):
        odds = 50 * 2 ** ((points - 600) / points_to_double)
        p = 1 / (1 + odds)
        pairs = p[bad].to_numpy()[:, None] - p[~bad].to_numpy()
        np.testing.assert_allclose(quality.auc, (pairs > 1e-12).mean() + 0.5 * (abs(pairs) <= 1e-12).mean(), atol=1e-5)
        np.testing.assert_allclose(quality.log_loss, -np.log(np.where(bad, p, 1 - p)).mean(), rtol=1e-9)
    accepts = [(s.round() >= 540 if points_to_double > 0 else s.round() <= 540) for s in (exact, whole)]
    assert found.accepted[1] == (accepts[0] & accepts[1]).sum()
    assert (found.only_exact[1], found.only_whole[1]) == (
        (accepts[0] & ~accepts[1]).sum(),
        (accepts[1] & ~accepts[0]).sum(),
    )
    assert "Cost of whole points" in found.to_text()
    assert len(card.rounding().cut_offs) == 9
    would = lk.scorecard(COLUMNS, loans, scaling=scales[0], **stated).rounding([500, 540])
    assert would.largest == found.largest


def test_the_summary_has_the_model_with_signs_and_inflation(loans: pd.DataFrame) -> None:
    data = loans.assign(turned=loans["duration"] + np.random.default_rng(0).normal(0, 6, 1000))
    every = Selection(min_iv=0.0, max_correlation=None, method="all", right_signs=False)
    card = lk.scorecard([*COLUMNS, "turned", "foreign_worker"], data, target="class", event="bad", selection=every)
    text = card.summary().to_text(110)
    woe = pd.DataFrame({name: card.binnings[name].transformed(data) for name in card.card.names})
    fit = lk.logit("bad ~ " + " + ".join(card.card.names), woe.assign(bad=data["class"] == "bad"))
    inflation = (
        fit.collinearity().set_index("term")["gvif"] if "term" in fit.collinearity() else fit.collinearity()["gvif"]
    )
    for name in card.card.names:
        line = next(line for line in text.splitlines() if line.startswith(name))
        assert f"{inflation[name]:.2f}" in line
        assert ("right" if fit.coef[name] < 0 else "wrong") in line
        assert f"{card.binnings[name].information.value:.3f}" in line
    assert "take bins, weights of evidence and selection as" in text


def test_clusters_hold_what_correlates(loans: pd.DataFrame) -> None:
    data = loans.assign(months=loans["duration"] + 0.1, noisy=loans["duration"] + np.arange(1000) % 5)
    card = lk.scorecard(
        ["age", "duration", "months", "noisy"], data, target="class", event="bad", selection=Selection(method="all")
    )
    found = card.clusters(data, 0.6)
    one = found[found["cluster"] == 1]
    assert set(one["variable"]) == {"duration", "months", "noisy"}
    assert one["taken"].sum() == 1
    assert np.isnan(one["correlation"].iloc[0])
    woe = {name: card.binnings[name].transformed(data) for name in card.binnings}
    np.testing.assert_allclose(
        one["correlation"].iloc[1:], [woe[one["variable"].iloc[0]].corr(woe[v]) for v in one["variable"].iloc[1:]]
    )
    assert set(one["closest"]) == {"age"}
    assert found["cluster"].tolist() == [1, 1, 1, 2]
    assert card.clusters(data, 1.0)["cluster"].nunique() == 3
    with pytest.raises(DataError, match="min_correlation=2: give a number"):
        card.clusters(data, 2)
    with pytest.raises(DataError, match="Clusters need a column 'months'"):
        card.clusters(data.drop(columns="months"))


def test_clusters_of_weighted_rows_are_those_of_repeated_rows(
    loans: pd.DataFrame, card: lk.scorecard.Scorecard
) -> None:
    times = np.arange(1000) % 4
    weighted = card.clusters(loans.assign(times=times), 0.1, weights="times")
    repeated = card.clusters(loans.iloc[np.repeat(np.arange(1000), times)], 0.1)
    pd.testing.assert_frame_equal(weighted, repeated, rtol=1e-10)
    assert not np.allclose(weighted["closest_correlation"], card.clusters(loans, 0.1)["closest_correlation"])
    pd.testing.assert_frame_equal(card.clusters(loans, 0.1, weights=0.1 * times), weighted, rtol=1e-10)
    for wrong, words in ((-times, "not negative"), (0 * times, "all are zero"), (times[:5], "5")):
        with pytest.raises(DataError, match=words):
            card.clusters(loans, 0.1, weights=wrong)


def test_what_needs_the_rows_of_the_fit_says_so(card: lk.scorecard.Scorecard) -> None:
    again = pickle.loads(pickle.dumps(card))
    pd.testing.assert_frame_equal(again.table(), card.table())
    pd.testing.assert_frame_equal(again.table(0.9, "given"), card.table(0.9, "given"))
    with pytest.raises(
        UnsupportedError, match="'intervals with woe='estimated'' needs the rows that the card was made from"
    ):
        again.table(level=0.95)
    with pytest.raises(UnsupportedError, match="'rounding' needs the rows"):
        again.rounding()
    with pytest.raises(DataError, match="woe='guessed' is not known"):
        card.table(woe="guessed")
    with pytest.raises(DataError, match="zero='highest' is not known"):
        Scaling(zero="highest")
    with pytest.raises(DataError, match="cut_offs: 'high' is no number"):
        card.rounding(["high"])


def test_the_development_has_the_points_of_every_scale(loans: pd.DataFrame) -> None:
    for zero in ("neutral", "mean", "lowest"):
        card = lk.scorecard(COLUMNS, loans, target="class", event="bad", scaling=Scaling(zero=zero))
        points = card.score(loans)["points"]
        np.testing.assert_allclose(card.development.mean, points.mean(), rtol=1e-12)
        np.testing.assert_allclose(card.development.variance, points.var(ddof=0), rtol=1e-9)


def test_points_are_set_by_hand_in_the_order_of_the_rates(
    loans: pd.DataFrame, card: lk.scorecard.Scorecard, tmp_path: Path
) -> None:
    changed = card.with_points({"age": {"below 26": -15, "35 and above": 10}}, base=510)
    before, after = card.score(loans), changed.score(loans)
    difference = np.where(loans["age"] < 26, -2, np.where(loans["age"] >= 35, 2, 0)) - 2
    np.testing.assert_array_equal(after["points"] - before["points"], difference)
    np.testing.assert_array_equal(after["log_odds"], before["log_odds"])
    np.testing.assert_allclose(changed.development.mean, after["points"].mean(), rtol=1e-12)
    trail = changed.selection()
    assert trail["reason"].tolist() == [
        "points of 'below 26' set by hand, were -13",
        "points of '35 and above' set by hand, were 8",
        "base points set by hand, were 512",
    ]
    assert trail["value"].tolist() == [-15, 10, 510]
    assert card.rounding().bound == 0.5 * (len(COLUMNS) + 1)
    far = card.with_points({"age": {"below 26": -60}}).rounding()
    assert 40 < far.largest <= far.bound
    with pytest.raises(
        DataError, match=r"'age': 'below 26' would have 1 points and '26 to below 30' -2, though its bad rate is"
    ):
        card.with_points({"age": {"below 26": 1}})
    turned = card.with_points({"age": {"below 26": 1}}, any_order=True)
    assert turned.table().set_index(["variable", "label"]).loc[("age", "below 26"), "points"] == 1
    with pytest.raises(DataError, match=r"'ages' is no variable of the card. Did you mean 'age'"):
        card.with_points({"ages": {}})
    with pytest.raises(DataError, match=r"'age' has no bin 'below 25'. Did you mean 'below 26'"):
        card.with_points({"age": {"below 25": 0}})
    for wrong in ([1], {"age": 5}):
        with pytest.raises(DataError, match=r"points=.*by variable"):
            card.with_points(wrong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"-12.5: the card has whole points"):
        card.with_points({"age": {"below 26": -12.5}})
    with pytest.raises(DataError, match=r"'Missing' of 'age' has no points: it is refused"):
        card.with_points({"age": {"Missing": 0}})


@pytest.mark.slow
@pytest.mark.parametrize("coding", ["woe", "dummies"])
def test_intervals_cover_the_points_of_the_population(coding: str) -> None:
    """Given the outcome the variables are independent: the coefficients are -1, and points are F times the true WOE."""
    rng = np.random.default_rng(1)
    of_a, of_b = ([0.5, 0.3, 0.2], [0.25, 0.35, 0.4]), ([0.6, 0.4], [0.4, 0.6])  # of goods and of bads
    truth = 20 / np.log(2) * np.concatenate([np.log(np.divide(*of_a)), np.log(np.divide(*of_b))])
    times, n = 400, 1500
    covered = {"given": np.zeros(5), "estimated": np.zeros(5)}
    for _ in range(times):
        bad = rng.uniform(size=n) < 0.15
        a = np.where(bad, rng.choice(3, n, p=of_a[1]), rng.choice(3, n, p=of_a[0]))
        b = np.where(bad, rng.choice(2, n, p=of_b[1]), rng.choice(2, n, p=of_b[0]))
        data = {"a": a.astype(str), "b": b.astype(str), "bad": bad}
        scaling = Scaling(rounded=False)
        card = lk.scorecard(["a", "b"], data, target="bad", bins=Bins(min_size=0.0), scaling=scaling, coding=coding)
        for woe in covered:
            table = card.table(0.95, woe).iloc[1:].dropna(subset="points_low").sort_values(["variable", "label"])
            covered[woe] += (table["points_low"] <= truth).to_numpy() & (truth <= table["points_high"]).to_numpy()
    assert (np.abs(covered["estimated"] / times - 0.95) < 0.045).all()
    if coding == "woe":
        assert covered["given"].min() / times < 0.5  # where the weight of evidence is close to 0


def test_a_card_of_other_rows_than_its_bins_has_errors_of_its_fit_only(loans: pd.DataFrame) -> None:
    accepted = loans["duration"] < 30
    card = lk.scorecard(["purpose", "age"], loans[accepted], target="class", event="bad")
    found = lk.scorecard.reject_inference(card, loans[accepted].drop(columns="job"), loans[~accepted])
    own = found.adopted("fuzzy")
    assert "purpose" in own.summary().to_text()
    table = own.table(0.95, "given").dropna()
    expected = 20 / np.log(2) * table["woe"].abs() * table["variable"].map(own.fit.std_error)
    np.testing.assert_allclose(errors_of(table), expected, rtol=1e-7)
    for verb in (lambda: own.table(level=0.95), own.rounding):
        with pytest.raises(UnsupportedError, match="was fitted to others, as after reject inference"):
            verb()
    assert "purpose" in found.adopted("reclassification").summary().to_text()  # which has no standard errors


def test_bins_that_share_a_weight_of_evidence_keep_their_rows() -> None:
    """Two bins of equal WOE are told apart by the codes of the rows, also where hand-set points part them."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": np.repeat([1.0, 2.0, -9.0], 100), "z": rng.normal(size=300)})
    data["y"] = np.concatenate([np.arange(100) < n for n in (30, 50, 30)]).astype(int)
    stated = dict(target="y", bins={"x": Bins(special=[-9])})
    card = lk.scorecard(["x", "z"], data, **stated)
    woe = card.binnings["x"].woe
    assert woe[0] == woe[2]
    fine = lk.scorecard(["x", "z"], data, scaling=Scaling(rounded=False), **stated)
    difference = (card.score(data)["points"] - fine.score(data)["points"]).abs()
    assert card.rounding().largest == pytest.approx(difference.max(), rel=1e-9)
    assert not np.signbit(card.table()["points"].to_numpy()[card.table()["points"].to_numpy() == 0]).any()

    one = lk.scorecard(["x"], data, **stated).table(level=0.95).dropna()
    expected = np.sqrt([1 / 30 - 1 / 110 + 1 / 70 - 1 / 190, 1 / 50 - 1 / 110 + 1 / 50 - 1 / 190])
    np.testing.assert_allclose(errors_of(one), 20 / np.log(2) * expected[[0, 1, 0]], rtol=1e-8)
    by_hand = card.with_points({"x": {"-9": -40, "below 2": 12}}, any_order=True)
    points, exact = by_hand.score(data)["points"], fine.score(data)["points"]
    found = by_hand.rounding()
    assert found.by_hand == 2
    assert found.largest == pytest.approx((points - exact).abs().max(), rel=1e-9)
    assert found.mean == pytest.approx((points - exact).abs().mean(), rel=1e-9)
    assert by_hand.development.mean == pytest.approx(points.mean(), rel=1e-12)
    assert by_hand.development.variance == pytest.approx(points.var(ddof=0), rel=1e-9)
    assert "Points set by hand" in found.to_text()
    assert "by hand" not in card.rounding().to_text()
    exactly = fine.with_points({"x": {"-9": -40.25}}, any_order=True)  # exact points by hand, then in whole numbers
    whole = exactly.points(data).round().sum(axis=1) + round(exactly.card.base_points)
    assert exactly.rounding().largest == pytest.approx((whole - exact).abs().max(), rel=1e-9)


def test_the_bins_of_the_rows_take_little_room_and_stay_behind(card: lk.scorecard.Scorecard, tmp_path: Path) -> None:
    assert card.rows is not None
    assert card.rows.codes.dtype == np.int8
    np.testing.assert_array_equal(
        np.bincount(card.rows.codes[:, 1]), np.sum(card.card.variables[1].binning.counts, 0)[:-1]
    )
    for other in (pickle.loads(pickle.dumps(card)), lk.load(card.save(tmp_path / "card.json"))):
        assert other.rows is None
    assert copy.deepcopy(card).rows is card.rows is copy.copy(card.rows)
