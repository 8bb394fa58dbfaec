"""Classification at thresholds and thresholds that are chosen: one step written out, scikit-learn, every one tried."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, ROUTE

FORMULA = "low ~ age + lwt + C(race) + smoke + ptl + ht + ui"


@pytest.fixture(scope="module")
def births():
    return lk.datasets.load_lbw()


@pytest.fixture(scope="module")
def fit(births):
    return lk.logit(FORMULA, births)


def test_counts_are_those_of_scikit_learn(births, fit):
    found = fit.classification_table()
    y, p = births["low"], fit.predict()
    for k, cut in enumerate(found.thresholds):
        tn, fp, fn, tp = confusion_matrix(y, p >= cut).ravel()
        counts = [x[k] for x in (found.true_nonevents, found.false_events, found.false_nonevents, found.true_events)]
        assert_array_equal(counts, [tn, fp, fn, tp])
        assert_allclose(found.rates.correct[0, k], accuracy_score(y, p >= cut), rtol=EXACT)
    assert_allclose(
        found.rates.positive_predictive_value[0, 5], precision_score(y, p >= found.thresholds[5]), rtol=EXACT
    )


def test_intervals_are_wilsons(fit):
    """sqrt(n) |p - limit| / sqrt(limit (1 - limit)) is the normal quantile at both ends."""
    found = fit.classification_table(thresholds=0.3)
    for rate, n in ((found.rates.sensitivity, 59), (found.rates.specificity, 130)):
        estimate, *ends = rate[:, 0]
        for end in ends:
            assert_allclose(np.sqrt(n) * abs(estimate - end) / np.sqrt(end * (1 - end)), 1.959963985, rtol=1e-8)


def test_one_threshold_is_that_of_the_confusion_table(fit):
    found, one = fit.classification_table(thresholds=[0.4]), fit.classification(threshold=0.4)
    assert_allclose(found.rates.sensitivity[0, 0], one.sensitivity, rtol=EXACT)
    assert_allclose(found.rates.negative_predictive_value[0, 0], one.negative_predictive_value, rtol=EXACT)


def test_rows_at_the_threshold_are_called():
    fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1, 1], "x": [0, 0, 1, 1, 1, 1]})
    assert fit.classification_table(thresholds=[0.5, 0.75]).true_events.tolist() == [4.0, 3.0]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_correction_is_one_step_from_the_fit(births, weighted):
    """Normal equations without the observation, written out: b - (X'WX)^-1 x (y - p) / (1 - h)."""
    w = 1.0 + births["id"].to_numpy() % 3 if weighted else np.ones(len(births))
    fit = lk.logit("low ~ age + lwt + smoke", births.assign(w=w), weights="w")
    X = np.column_stack([np.ones(len(births)), births[["age", "lwt", "smoke"]]])
    y, p = births["low"].to_numpy(), fit.predict().to_numpy()
    inverse = np.linalg.inv(X.T @ (X * (w * p * (1 - p))[:, None]))
    h = np.einsum("ij,jk,ik->i", X, inverse, X) * p * (1 - p)
    steps = (X @ inverse) * ((y - p) / (1 - h))[:, None]
    eta = np.einsum("ij,ij->i", X, fit.coef.to_numpy() - steps)
    found = fit.classification_table(thresholds=[0.2, 0.3, 0.5], corrected=True)
    for k, cut in enumerate(found.thresholds):
        called = eta >= np.log(cut / (1 - cut))
        assert_allclose(
            [found.true_events[k], found.false_events[k]], [w @ (called & (y == 1)), w @ (called & (y == 0))]
        )


def test_predictive_values_of_a_prevalence_are_by_bayes(fit):
    found = fit.classification_table(thresholds=[0.3], prevalence=0.02)
    plain = fit.classification_table(thresholds=[0.3]).rates
    se, sp = plain.sensitivity[0, 0], plain.specificity[0, 0]
    assert_allclose(found.rates.positive_predictive_value[0, 0], 0.02 * se / (0.02 * se + 0.98 * (1 - sp)), rtol=EXACT)
    own = fit.classification_table(thresholds=[0.3], prevalence=59 / 189)
    assert_allclose(own.rates.positive_predictive_value[0], plain.positive_predictive_value[0], rtol=EXACT)


def best(y, p, quality):
    """The highest of the thresholds with the largest quality, each tried."""
    tried = np.unique(p)[::-1]
    values = [quality(p >= cut) for cut in tried]
    return tried[int(np.argmax(np.round(values, 12)))]


def rates(y, called):
    return called[y == 1].mean(), 1 - called[y == 0].mean()


@pytest.mark.parametrize(
    ("given", "quality"),
    [
        (("youden",), lambda y, c: sum(rates(y, c))),
        (("closest",), lambda y, c: -sum((1 - r) ** 2 for r in rates(y, c))),
        (("accuracy",), accuracy_score),
        (("f1",), f1_score),
        (("cost", 0.25), lambda y, c: -(0.25 * (c & (y == 0)).sum() + (~c & (y == 1)).sum())),
        (("capacity", 0.2), lambda y, c: c.mean() if c.mean() <= 0.2 else -1),
        (("sensitivity", 0.8), lambda y, c: rates(y, c)[1] if rates(y, c)[0] >= 0.8 else -1),
        (("specificity", 0.8), lambda y, c: rates(y, c)[0] if rates(y, c)[1] >= 0.8 else -1),
    ],
)
def test_a_chosen_threshold_is_the_best_of_all(births, fit, given, quality):
    y, p = births["low"].to_numpy(), fit.predict().to_numpy()
    found = fit.thresholds(*given, n=100)
    assert_allclose(found.threshold, best(y, p, lambda called: quality(y, called)), rtol=ROUTE)
    assert found.low <= found.threshold <= found.high or given[0] in ("capacity", "accuracy")
    assert_allclose(found.rates.sensitivity[0, 0], rates(y, p >= found.threshold - 1e-9)[0], rtol=EXACT)
    assert "chosen on the rows of the fit" in found.to_text()


def test_costs_alone_give_a_threshold_and_a_prevalence_moves_it(fit, births):
    found = fit.thresholds("cost", 0.25, n=0)
    assert found.by_costs == 0.2
    assert np.isnan(found.low)
    assert fit.thresholds("cost", 0.25, prevalence=0.05, n=0).threshold > found.threshold
    other = fit.thresholds(data=births.sample(frac=0.7, random_state=1), n=0)
    assert "chosen on the rows of the fit" not in other.to_text()


def test_rows_in_chunks_have_the_same_thresholds(births, fit, tmp_path):
    births.to_parquet(tmp_path / "births.parquet", index=False)
    chunks = fit.on(tmp_path / "births.parquet")
    assert_allclose(chunks.thresholds(n=0).threshold, fit.thresholds(n=0).threshold, rtol=ROUTE)
    assert_array_equal(chunks.classification_table().true_events, fit.classification_table().true_events)
    assert_array_equal(
        chunks.classification_table(corrected=True).true_events, fit.classification_table(corrected=True).true_events
    )


@pytest.mark.parametrize("value", [0, 1, 1.5, -0.1, "half", [], [0.2, 1.0], None])
def test_thresholds_outside_0_and_1_are_refused(fit, value):
    if value is not None:
        with pytest.raises(DataError, match="between 0 and 1"):
            fit.classification_table(thresholds=value)
    with pytest.raises(DataError, match="needs value="):
        fit.thresholds("sensitivity", -1 if value is None else 2.0 if value == 1 else value)


def test_what_cannot_be_chosen_is_refused(births, fit):
    with pytest.raises(DataError, match="goes with method"):
        fit.thresholds("youden", 0.5)
    with pytest.raises(DataError, match="shared by more rows"):
        lk.logit_matrix(np.ones((4, 1)), [0, 0, 0, 1], names=["one"]).thresholds("capacity", 0.5)
    with pytest.raises(DataError, match="where both occur"):
        fit.thresholds(data=births[births["low"] == 1])
    with pytest.raises(DataError, match="needs both"):
        fit.classification_table(births[births["low"] == 1])
    with pytest.raises(UnsupportedError, match="of the rows of the fit"):
        fit.classification_table(births.iloc[20:], corrected=True)
    with pytest.raises(UnsupportedError, match="logit link"):
        lk.logit("low ~ age", births, link="probit").classification_table(corrected=True)
    with pytest.raises(UnsupportedError, match="of an event"):
        lk.multinomial("race ~ age", births).thresholds()
    with pytest.raises(DataError, match="prevalence"):
        fit.classification_table(prevalence=1.0)


def test_predictions_by_outcome_are_drawn_with_a_threshold(births, fit):
    from matplotlib.figure import Figure

    from logitkit.diagnostics.discrimination.spread import spread_of

    counts, reached = spread_of(fit.record, fit.design, 10, 0.3)
    for row, k in ((counts[0], 1), (counts[1], 0)):
        assert_array_equal(row, np.histogram(fit.predict()[births["low"] == k], np.arange(11) / 10)[0])
    found = fit.classification_table(thresholds=0.3).rates
    assert_allclose(reached, [found.sensitivity[0, 0], 1 - found.specificity[0, 0]], rtol=EXACT)
    ax = Figure().add_subplot()
    assert fit.plot.predicted(ax=ax, threshold=0.3) is ax
    with pytest.raises(DataError, match="from 2 to 1000"):
        fit.plot.predicted(bins=1)


def test_counts_have_the_intervals_of_their_trials():
    births = lk.datasets.load_lbw().assign(one=1)
    births["heavy"] = births["lwt"] // 20
    counts = births.groupby(["heavy", "smoke"], as_index=False).agg(low=("low", "sum"), n=("one", "sum"))
    counts["other"] = counts["n"] - counts["low"]
    trials = lk.logit("low ~ heavy + smoke", births).thresholds(n=100)
    found = lk.logit("cbind(low, other) ~ heavy + smoke", counts).thresholds(n=100)
    assert found.n == 100
    assert_allclose([found.threshold, found.low, found.high], [trials.threshold, trials.low, trials.high], rtol=1e-9)
    assert_allclose(found.rates.sensitivity, trials.rates.sensitivity, rtol=1e-9)


def test_a_threshold_says_whether_its_rates_have_intervals(births, fit):
    assert "Intervals of the rates take the threshold as given." in fit.thresholds().to_text()
    weighted = lk.logit(FORMULA, births, weights=np.full(len(births), 0.5), weight_kind="precision")
    text = weighted.thresholds(n=0).to_text()
    assert "No intervals" in text
    assert "take the threshold as given" not in text
