"""Reject inference on populations whose rejects have known outcomes, which the test hid."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from logitkit.scorecard import (
    Augmentation,
    Extrapolation,
    FuzzyAugmentation,
    Parcelling,
    Reclassification,
    RejectInference,
    Scorecard,
)
from oracles.rejects import population, solved
from tolerances import EXACT, ROUTE


def inference(n: int = 4000, seed: int = 3, policy: str = "card", **given: Any) -> tuple[RejectInference, pd.DataFrame]:
    table, accepted = population(n, seed, policy)
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    found = lk.scorecard.reject_inference(card, table[accepted], table[~accepted].drop(columns="bad"), **given)
    return found, table[~accepted]


@pytest.fixture(scope="module")
def found() -> RejectInference:
    return inference()[0]


def named(found: RejectInference, method: str) -> Any:
    return next(one for one in found.inferred if one.method.startswith(method))


def test_none_is_the_card_of_accepts_with_robust_errors(found: RejectInference) -> None:
    none = found.inferred[0]
    np.testing.assert_allclose(none.coef, found.scorecard.fit.coef.to_numpy(), rtol=ROUTE)
    robust = found.scorecard.fit.robust("HC0").std_error.to_numpy() * np.sqrt(1 / (1 - 1 / none_size(found)))
    np.testing.assert_allclose(none.std_error, robust, rtol=1e-7)


def none_size(found: RejectInference) -> int:
    return int(found.applicants.accepts.shape[0])


def test_fuzzy_augmentation_returns_the_card_and_its_errors_though_a_plain_fit_prints_smaller_ones(
    found: RejectInference,
) -> None:
    none, fuzzy = found.inferred[0], named(found, "fuzzy")
    np.testing.assert_allclose(fuzzy.coef, none.coef, rtol=ROUTE)
    np.testing.assert_allclose(fuzzy.std_error, none.std_error, rtol=ROUTE)
    np.testing.assert_allclose(fuzzy.rate_error, none.rate_error, rtol=ROUTE)
    assert (fuzzy.naive_error < 0.85 * none.std_error).all()


@pytest.mark.parametrize("odds", [0.5, 3.0])
def test_fuzzy_augmentation_with_odds_solves_its_equation(found: RejectInference, odds: float) -> None:
    own = FuzzyAugmentation(odds=odds).infer(found.applicants)
    a = found.applicants
    p = expit(a.rejects @ found.inferred[0].coef)
    np.testing.assert_allclose(logit(own.rates), logit(p) + np.log(odds), rtol=EXACT)
    both, y = np.vstack([a.accepts, a.rejects]), np.concatenate([a.bad, own.rates])
    np.testing.assert_allclose(own.coef, solved(both, y, np.ones(y.size)), rtol=ROUTE)


def test_parcelling_multiplies_the_bad_rates_of_bands(found: RejectInference) -> None:
    a, own = found.applicants, Parcelling(factor=[1.0, 1.2, 4.0], bands=3).infer(found.applicants)
    scores = [expit(rows @ found.inferred[0].coef) for rows in (a.accepts, a.rejects)]
    edges = np.quantile(np.concatenate(scores), [1 / 3, 2 / 3], method="inverted_cdf")
    for band, factor in enumerate((1.0, 1.2, 4.0)):
        mine, theirs = (np.searchsorted(edges, part, side="right") == band for part in scores)
        np.testing.assert_allclose(own.rates[theirs], min(factor * a.bad[mine].mean(), 1.0), rtol=EXACT)
    assert [name for name, _ in own.facts] == ([] if own.rates.max() < 1 else ["rejects whose rate is cut at 1"])


def test_cut_offs_make_as_many_bad_as_expected_and_reclassification_assigns_what_it_was_made_from(
    found: RejectInference,
) -> None:
    a, once, settled = found.applicants, named(found, "extrapolation"), named(found, "reclassification")
    kinds, size = np.unique(a.of_rejects, return_counts=True)
    assert abs(once.rates.sum() - a.of_rejects.sum()) <= size.max() / 2
    cut = dict(settled.facts)["cut-off"]
    np.testing.assert_array_equal(settled.rates, expit(a.rejects @ settled.coef) >= cut)
    assert set(once.rates) == {0.0, 1.0}
    assert np.isnan(once.std_error).all()
    assert kinds.size == 9


def test_a_kind_that_was_never_accepted_is_refused_and_listed() -> None:
    table, accepted = population(2000, 11, "card")
    accepted &= (table["second"] != "c").to_numpy()
    bins = lk.scorecard.Bins(unseen="neutral")
    card = lk.scorecard(["first", "second"], table[accepted], target="bad", bins=bins)
    found = lk.scorecard.reject_inference(card, table[accepted], table[~accepted])
    assert found.refused[0].method == "Augmentation"
    assert "no accepts are like them" in found.refused[0].reason
    assert "Augmentation is refused." in " ".join(found.to_text().split())


def test_few_accepts_of_some_kind_are_refused_by_the_least_that_is_stated(found: RejectInference) -> None:
    smallest = dict(named(found, "augmentation").facts)["smallest P(accept) of rejects"]
    with pytest.raises(UnsupportedError, match="no accepts are like them"):
        Augmentation(least=smallest * 1.01).infer(found.applicants)


def test_parcelling_is_refused_where_a_band_has_no_accept() -> None:
    table, _ = population(2000, 13, "card")
    accepted = (table["first"] == "a").to_numpy() | (table["second"] == "a").to_numpy()
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    with pytest.raises(
        UnsupportedError, match=r"Parcelling: band \d of 9, from the safest on, has rejects and no accept"
    ):
        lk.scorecard.reject_inference(card, table[accepted], table[~accepted], [Parcelling(bands=9)])


@pytest.mark.parametrize(
    "method",
    [
        FuzzyAugmentation(odds=2.0),
        Parcelling(factor=1.3, bands=2),
        Augmentation(),
        Augmentation(bands=3),
        Augmentation(bands=2, bands_of="card"),
        Augmentation(accept_probability="known"),
        Augmentation(accept_probability="known", bands=3),
    ],
)
def test_errors_are_those_of_the_jackknife(method: Any) -> None:
    """Leaving out one applicant of each kind and outcome gives the influence of all that are like it."""
    table, accepted = population(1500, 17, "card")
    table["known"] = expit(1.6 - 0.8 * table["first"].map({"a": 0, "b": 1, "c": 2}) - 0.2 * (table["second"] == "c"))
    card = lk.scorecard(["first", "second"], table[accepted], target="bad")
    given = [Augmentation(accept_probability="known")]
    applicants = lk.scorecard.reject_inference(card, table[accepted], table[~accepted], given).applicants
    outcome = np.concatenate([applicants.bad, np.full(applicants.rejects.shape[0], -1)])
    kinds = np.column_stack([np.vstack([applicants.accepts, applicants.rejects]), outcome])
    n, full, total, of_rate = applicants.accepts.shape[0], method.infer(applicants), 0.0, 0.0
    _, first, count = np.unique(kinds.round(9), axis=0, return_index=True, return_counts=True)
    step, rejects = 1e-3, applicants.reject_weights
    for row, many in zip(first, count, strict=True):
        w, v = applicants.accept_weights.copy(), applicants.reject_weights.copy()
        (w if row < n else v)[row if row < n else row - n] += step
        moved = method.infer(replace(applicants, accept_weights=w, reject_weights=v))
        change = (moved.coef - full.coef) / step
        total = total + many * np.outer(change, change)
        if row < n or not full.with_rejects:  # assumed rates follow accepts alone
            of_rate += many * ((moved.rate(rejects) - full.rate(rejects)) / step) ** 2
    np.testing.assert_allclose(full.std_error, np.sqrt(np.diag(total) * n / (n - 1)), rtol=2e-3)  # differences of 1e-3
    np.testing.assert_allclose(full.rate_error, np.sqrt(of_rate * n / (n - 1)), rtol=2e-3)


def test_rejected_by_the_cards_variables_none_and_augmentation_are_right() -> None:
    """Missing at random: the truth lies within the band, and the bad rate of rejects is found within its error."""
    found, hidden = inference(20_000, 23)
    error = found.against(hidden["bad"])["error"]
    noise = 4 * np.sqrt(0.25 / len(hidden))
    assert abs(error["none"]) < noise + 0.005
    assert abs(error["augmentation"]) < noise + 0.005
    assert error["best case"] < -0.05 < 0.05 < error["worst case"]
    slopes = found.coefficients()["estimate"].xs("first", level="term")
    assert slopes["augmentation"] == pytest.approx(slopes["none"], abs=0.06)  # the same, less efficiently


def test_rejected_by_a_hidden_variable_all_that_follow_accepts_are_biased_alike() -> None:
    found, hidden = inference(20_000, 29, policy="hidden")
    error = found.against(hidden["bad"])["error"]
    for method in ("none", "augmentation", "fuzzy augmentation", "extrapolation"):
        assert -0.13 < error[method] < -0.06  # they find some 10 of 100 bad too few
    assert error["best case"] < 0 < error["worst case"]  # the truth lies within the band
    assert error["all good"] == pytest.approx(-hidden["bad"].mean(), abs=1e-12)
    assert error["all bad"] == pytest.approx(1 - hidden["bad"].mean(), abs=1e-12)


def test_every_outcome_by_a_cut_off_is_that_of_a_plain_twin() -> None:
    """The cut-off makes as many rejects bad as the card of accepts expects, in every round."""
    found, _ = inference(1500, 5)
    a = found.applicants
    both, w = np.vstack([a.accepts, a.rejects]), np.ones(1500)
    expected = expit(a.rejects @ solved(a.accepts, a.bad, np.ones(a.bad.size))).sum()

    def assigned(coef: np.ndarray) -> np.ndarray:
        p = expit(a.rejects @ coef).round(12)
        cuts = np.unique(p)
        return p >= min(cuts, key=lambda cut: abs((p >= cut).sum() - expected))

    bad = assigned(solved(a.accepts, a.bad, np.ones(a.bad.size)))
    coef = solved(both, np.concatenate([a.bad, bad]), w)
    np.testing.assert_allclose(named(found, "extrapolation").coef, coef, rtol=ROUTE)
    for _ in range(20):
        coef = solved(both, np.concatenate([a.bad, assigned(coef)]), w)
    np.testing.assert_allclose(named(found, "reclassification").coef, coef, rtol=ROUTE)


def test_methods_of_one_kind_are_told_apart_by_their_bands() -> None:
    found, _ = inference(
        1500, 5, methods=[Parcelling(), Parcelling(bands=3), Augmentation(bands=2), Augmentation(bands=3)]
    )
    assert len(set(found.methods)) == len(found.methods)
    assert found.card("parcelling, 1.5 times, 3 bands").intercept == named(found, "parcelling, 1.5 times, 3").coef[0]


def test_tables_points_and_scores_of_a_method(found: RejectInference) -> None:
    points = found.points()
    assert list(points)[:3] == ["variable", "label", "none"]
    np.testing.assert_array_equal(points["none"], found.scorecard.table()["points"])
    table = population(50, 1, "card")[0]
    own = found.score(table, "parcelling")
    coef = named(found, "parcelling").coef
    woes = np.column_stack([found.scorecard.binnings[name].transformed(table) for name in ("first", "second")])
    np.testing.assert_allclose(own["log_odds"], coef[0] + woes @ coef[1:], rtol=ROUTE)
    rates = found.table()
    n, r = found.applicants.bad.size, found.applicants.rejects.shape[0]
    expected = (found.applicants.bad.sum() + r * rates.loc["worst case", "reject_bad_rate"]) / (n + r)
    np.testing.assert_allclose(rates.loc["worst case", "bad_rate"], expected, rtol=EXACT)
    text = found.to_text()
    for one in found.inferred:
        assert one.assumption.split(" ", 1)[0] in text
    assert "No method and no test tells" in " ".join(text.split())


@pytest.mark.parametrize("method", ["augmentation", "fuzzy", "parcelling", "all bad"])
def test_the_card_of_a_method_can_be_adopted_with_its_errors(
    found: RejectInference, method: str, tmp_path: Path
) -> None:
    table = population(60, 1, "card")[0]
    own, one = found.adopted(method), named(found, method)
    pd.testing.assert_frame_equal(own.score(table), found.score(table, method))
    np.testing.assert_allclose(own.fit.coef.to_numpy(), one.coef, rtol=ROUTE)
    np.testing.assert_allclose(own.fit.std_error.to_numpy(), one.std_error, rtol=ROUTE)
    assert f"if what {one.method} assumes of rejects holds" in " ".join(own.fit.summary().to_text().split())
    assert "def " in own.export("python")
    loaded = lk.load(own.save(tmp_path / "card.json"))
    pd.testing.assert_frame_equal(loaded.score(table), own.score(table), check_exact=True)
    assert str(loaded.fit) == str(own.fit)


def test_an_adopted_card_of_a_cut_off_has_no_errors_and_none_is_the_card_of_accepts(
    found: RejectInference, tmp_path: Path
) -> None:
    own = found.adopted("reclassification")
    assert np.isnan(own.fit.std_error).all()
    assert str(lk.load(own.save(tmp_path / "card.json")).fit) == str(own.fit)
    assert "assigned by a cut-off" in " ".join(found.adopted("extrapolation").fit.summary().to_text().split())
    pd.testing.assert_series_equal(found.adopted("none").table()["points"], found.scorecard.table()["points"])


def test_the_result_is_pickled_whole(found: RejectInference) -> None:
    again = pickle.loads(pickle.dumps(found))
    assert again.to_text() == found.to_text()
    pd.testing.assert_frame_equal(again.adopted("fuzzy").table(), found.adopted("fuzzy").table())


def test_weights_are_rows_that_often(found: RejectInference) -> None:
    table, accepted = population(800, 31, "card")
    weights = np.random.default_rng(2).integers(1, 4, 800)
    many = table.loc[table.index.repeat(weights)]
    twice = accepted.repeat(weights)
    card = lk.scorecard(["first", "second"], table[accepted], target="bad", weights=weights[accepted])
    own = lk.scorecard.reject_inference(
        card,
        table[accepted],
        table[~accepted],
        [Augmentation(), Parcelling(bands=2)],
        weights=weights[accepted],
        reject_weights=weights[~accepted],
    )
    long_card = lk.scorecard(["first", "second"], many[twice], target="bad")
    whole = lk.scorecard.reject_inference(long_card, many[twice], many[~twice], [Augmentation(), Parcelling(bands=2)])
    for one, other in zip(own.inferred, whole.inferred, strict=True):
        np.testing.assert_allclose(one.coef, other.coef, rtol=1e-7)
        np.testing.assert_allclose(one.std_error, other.std_error, rtol=1e-6)


def test_the_figure_has_a_row_per_method_and_the_band(found: RejectInference) -> None:
    ax = found.plot()
    labels = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert labels == [name for name in found.methods if not name.endswith("case") and not name.startswith("all")]
    (points,) = [line for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(points.get_xdata(), found.table()["reject_bad_rate"][: len(labels)])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Augmentation(least=0), "give a probability above 0"),
        (lambda: Augmentation(on="age"), "give a list of names"),
        (lambda: Augmentation(on=[]), "at least one variable"),
        (lambda: Augmentation(bands=0), "at least 1, or None"),
        (lambda: Augmentation(bands=2, bands_of="score"), "give 'acceptance' or 'card'"),
        (lambda: Augmentation(bands_of="card"), "needs bands="),
        (lambda: Augmentation(on=["age"], accept_probability="p"), "leave out one of it and on="),
        (lambda: Augmentation(accept_probability=0.3), "the name of a column"),
        (lambda: FuzzyAugmentation(odds=-1), "not negative"),
        (lambda: Parcelling(factor=-1), "not negative"),
        (lambda: Parcelling(factor=[1, 2], bands=3), "2 values and there are 3 bands"),
        (lambda: Parcelling(bands=0), "at least 1"),
        (lambda: Parcelling(resamples=20), "a whole number from 50 on"),
        (lambda: Extrapolation(cutoff=1.0), "above 0 and below 1"),
        (lambda: Reclassification(cutoff="x"), "above 0 and below 1"),
    ],
)
def test_statements_out_of_range_are_refused(make: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        make()


def test_what_does_not_fit_the_card_is_refused(found: RejectInference) -> None:
    card: Scorecard = found.scorecard
    table, accepted = population(4000, 3, "card")
    accepts, rejects = table[accepted], table[~accepted]
    call = lk.scorecard.reject_inference
    with pytest.raises(DataError, match=r"The card was made from .* good and .* bad, and accepts has"):
        call(card, accepts.iloc[1:], rejects)
    with pytest.raises(DataError, match="their coefficients differ"):
        call(card, accepts.assign(first=accepts["first"].to_numpy()[::-1]), rejects)
    with pytest.raises(DataError, match="no column 'second'"):
        call(card, accepts, rejects.drop(columns="second"))
    with pytest.raises(DataError, match="level 'z' was not there"):
        call(card, accepts, rejects.assign(first="z"))
    with pytest.raises(DataError, match="rejects has no rows"):
        call(card, accepts, rejects.iloc[:0])
    with pytest.raises(DataError, match="between"):
        call(card, accepts, rejects, between=(2, 1))
    with pytest.raises(DataError, match=r"methods: 'fuzzy' is none"):
        call(card, accepts, rejects, ["fuzzy"])
    with pytest.raises(DataError, match="was not binned for the card"):
        call(card, accepts, rejects, [Augmentation(on=["third"])])
    with pytest.raises(DataError, match="more than one begins so"):
        found.card("all")
    with pytest.raises(DataError, match="one True or False per reject"):
        found.against([True])
