"""The confusion table and its measures: Stata, scikit-learn, loops over rows, and the scores of calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics

import logitkit as lk
from logitkit.diagnostics.discrimination.classification import classification
from logitkit.diagnostics.rows.proportions import wilson_interval
from logitkit.errors import DataError, UnsupportedError
from tolerances import EXACT, ROUTE


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    rng = np.random.default_rng(41)
    x, z = rng.standard_normal((2, 160))
    eta = np.column_stack([np.zeros(160), 1.2 * x, 1.2 * z - 0.5])
    y = np.array(["a", "b", "c"])[(eta + rng.gumbel(size=eta.shape)).argmax(axis=1)]
    return pd.DataFrame({"x": x, "z": z, "y": y, "w": rng.integers(1, 4, 160)})


@pytest.mark.parametrize("weights", [None, "w"])
def test_agrees_with_scikit_learn(drawn, weights):
    fit = lk.multinomial("y ~ x + z", drawn, weights=weights)
    found, p = fit.classification(), fit.predict()
    labels = list(fit.outcomes)
    y, w = drawn["y"], None if weights is None else drawn["w"]
    said = p.idxmax(axis=1)
    assert_allclose(found.confusion, metrics.confusion_matrix(y, said, labels=labels, sample_weight=w), rtol=EXACT)
    for average, ours in (("macro", found.macro), ("weighted", found.weighted), ("micro", found.micro)):
        theirs = metrics.precision_recall_fscore_support(y, said, average=average, sample_weight=w)[:3]
        assert_allclose([ours.precision, ours.recall, ours.f1], theirs, rtol=EXACT)
    each = metrics.precision_recall_fscore_support(y, said, labels=labels, sample_weight=w)
    assert_allclose([found.precision, found.recall, found.f1, found.support], each, rtol=EXACT)
    assert_allclose(found.accuracy, metrics.accuracy_score(y, said, sample_weight=w), rtol=EXACT)
    assert_allclose(found.balanced_accuracy, metrics.balanced_accuracy_score(y, said, sample_weight=w), rtol=EXACT)
    assert_allclose(found.kappa, metrics.cohen_kappa_score(y, said, sample_weight=w), rtol=EXACT)
    assert_allclose(found.matthews, metrics.matthews_corrcoef(y, said, sample_weight=w), rtol=EXACT)
    assert_allclose(found.log_loss, metrics.log_loss(y, p, labels=labels, sample_weight=w), rtol=EXACT)
    gap = pd.get_dummies(y)[labels].to_numpy(dtype=float) - p.to_numpy()
    assert_allclose(found.brier, np.average((gap**2).sum(axis=1), weights=w), rtol=EXACT)
    assert (found.ties, found.in_sample) == (0, True)


def test_the_interval_is_wilsons(drawn):
    n = len(drawn)
    plain = lk.multinomial("y ~ x + z", drawn).classification()
    low, high = wilson_interval(np.array([plain.accuracy]), np.array([float(n)]), 0.95)
    assert_allclose([plain.accuracy_low, plain.accuracy_high], [low[0], high[0]], rtol=EXACT)
    w = drawn["w"].to_numpy(dtype=float)
    sampled = lk.multinomial("y ~ x + z", drawn, weights="w", weight_kind="sampling").classification()
    low, high = wilson_interval(np.array([sampled.accuracy]), np.array([w.sum() ** 2 / (w @ w)]), 0.95)
    assert_allclose([sampled.accuracy_low, sampled.accuracy_high], [low[0], high[0]], rtol=EXACT)
    precise = lk.multinomial("y ~ x + z", drawn, weights="w", weight_kind="precision").classification()
    assert np.isnan([precise.accuracy_low, precise.accuracy_high]).all()
    clustered = lk.multinomial("y ~ x + z", drawn.assign(id=np.arange(n) // 4), cluster="id").classification()
    assert np.isnan(clustered.accuracy_low)
    assert "Accuracy" in clustered.to_text()


def test_counts_are_their_trials(drawn):
    rows = drawn.assign(x=drawn["x"].round(), z=drawn["z"].round())
    table = pd.crosstab([rows["x"], rows["z"]], rows["y"]).reset_index()
    counted = lk.multinomial("cbind(a, b, c) ~ x + z", table).classification()
    single = lk.multinomial("y ~ x + z", rows).classification()
    assert_allclose(counted.confusion, single.confusion, rtol=EXACT)
    for name in ("log_loss", "brier", "accuracy_low", "matthews"):
        assert_allclose(getattr(counted, name), getattr(single, name), rtol=ROUTE)


def test_two_outcomes_have_the_binary_scores():
    data = lk.datasets.load_lbw()
    several = lk.multinomial("low ~ age + lwt", data).classification()
    binary = lk.logit("low ~ age + lwt", data)
    assert_allclose(several.log_loss, binary.calibration().log_loss, rtol=ROUTE)
    assert_allclose(several.brier, 2 * binary.calibration().brier, rtol=ROUTE)
    assert_allclose(several.predicted[1], (binary.predict() > 0.5).sum(), rtol=EXACT)


def test_what_has_no_value_is_missing_and_said(drawn):
    """An outcome that is never predicted has no precision, one that does not occur no recall."""
    fit = lk.multinomial("y ~ 1", drawn)
    most = drawn["y"].value_counts().idxmax()
    found = fit.classification()
    rare = tuple(name for name in fit.outcomes if name != most)
    assert found.never_predicted == rare
    assert np.isnan(found.precision).sum() == 2
    assert_allclose(found.recall, [float(name == most) for name in fit.outcomes], rtol=EXACT)
    assert_allclose(found.f1[[name != most for name in fit.outcomes]], 0.0, atol=0)
    assert np.isnan([found.macro.precision, found.weighted.precision, found.matthews]).all()
    assert_allclose(found.balanced_accuracy, 1 / 3, rtol=EXACT)
    assert_allclose([found.kappa, found.accuracy], [0.0, found.no_information], atol=EXACT)
    assert f"Never predicted, so precision is undefined: {', '.join(rare)}" in found.to_text()
    few = lk.multinomial("y ~ x + z", drawn).classification(data=drawn[drawn["y"] != "c"])
    assert few.absent == ("c",)
    assert np.isnan(few.recall[2])
    assert np.isnan(few.macro.recall)
    assert_allclose(few.balanced_accuracy, few.recall[:2].mean(), rtol=EXACT)
    assert not few.in_sample


def test_ties_go_to_the_first_and_are_told():
    data = pd.DataFrame({"x": np.repeat([0, 1], [6, 4]), "y": list("aabbcc" + "accc")})
    found = lk.multinomial("y ~ C(x)", data).classification()
    assert found.ties == 6
    assert_array_equal(found.confusion, [[2, 0, 1], [2, 0, 0], [2, 0, 3]])
    assert "6 rows with a tie" in found.to_text()


def test_limits_of_a_separated_fit_score_as_they_should():
    data = pd.DataFrame({"x": np.repeat([0, 1], [4, 8]), "y": list("aaaa" + "abcbccbb")})
    fit = lk.multinomial("y ~ C(x)", data)
    assert fit.separation is not None
    p = fit.predict().to_numpy()
    own = p[np.arange(12), [fit.outcomes.index(value) for value in data["y"]]]
    assert_allclose(fit.classification().log_loss, -np.log(own).mean(), rtol=ROUTE)
    assert fit.classification(data=pd.DataFrame({"x": [0, 1], "y": ["b", "b"]})).log_loss == np.inf


FULL = "low ~ age + lwt + C(race) + smoke + ptl + ht + ui"


def test_an_event_is_classified_as_stata_prints():
    """[R] estat classification, example 1."""
    found = lk.logit(FULL, lk.datasets.load_lbw()).classification()
    assert found.confusion.tolist() == [[118.0, 12.0], [38.0, 21.0]]
    rates = [
        found.sensitivity,
        found.specificity,
        found.positive_predictive_value,
        found.negative_predictive_value,
        found.accuracy,
    ]
    assert [f"{100 * rate:.2f}" for rate in rates] == ["35.59", "90.77", "63.64", "75.64", "73.54"]
    assert (found.threshold, found.outcomes, found.ties) == (0.5, ("0", "1"), 0)


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.35, 1.0])
def test_thresholds_agree_with_scikit_learn(threshold):
    data = lk.datasets.load_lbw()
    data["w"] = 1.0 + data["id"] % 3
    fit = lk.logit(FULL, data, weights="w")
    found, p = fit.classification(threshold=threshold), fit.predict()
    said = (p >= threshold).astype(int)
    assert_allclose(found.confusion, metrics.confusion_matrix(data["low"], said, sample_weight=data["w"]), rtol=EXACT)
    expected = metrics.cohen_kappa_score(data["low"], said, sample_weight=data["w"])
    assert_allclose(found.kappa, expected, rtol=EXACT, atol=EXACT)
    score = metrics.brier_score_loss(data["low"], p, sample_weight=data["w"])
    assert_allclose([found.brier, found.brier], [score, fit.calibration().brier], rtol=EXACT)
    assert f"at a threshold of {threshold:g}" in found.to_text()
    assert "Sensitivity" in found.to_text()


def test_a_row_at_the_threshold_is_an_event():
    """Whose prediction is found by a sum of another order, and so off by rounding."""
    data = pd.DataFrame({"g": np.repeat([0, 1, 2], 4), "y": [0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 0]})
    fit = lk.logit("y ~ C(g)", data)
    for threshold, called in ((0.25, 12), (0.5, 8), (0.75, 4)):
        found = fit.classification(threshold=threshold)
        assert (found.predicted[1], found.ties) == (called, 4)
        assert "4 rows at the threshold: the event is predicted" in found.to_text()


def test_new_rows_of_an_event():
    data = lk.datasets.load_lbw()
    fit = lk.logit("low ~ age + lwt", data.iloc[::2])
    found, rows = fit.classification(data.iloc[1::2], threshold=0.3), data.iloc[1::2]
    said = (fit.predict(rows) >= 0.3).astype(int)
    assert_allclose(found.confusion, metrics.confusion_matrix(rows["low"], said), rtol=EXACT)
    assert not found.in_sample


def test_what_is_no_threshold_is_refused(drawn):
    births = lk.datasets.load_lbw()
    for threshold in (-0.1, 1.5, np.nan, "half", True):
        with pytest.raises(DataError, match="must be a probability, from 0 to 1"):
            lk.logit("low ~ age", births).classification(threshold=threshold)
    fit = lk.multinomial("y ~ x", drawn)
    with pytest.raises(UnsupportedError, match="with several outcomes the most probable one is predicted"):
        classification(fit.record, fit.design, threshold=0.5)
    with pytest.raises(UnsupportedError, match="each has its own: see recall"):
        _ = fit.classification().sensitivity
    with pytest.raises(AttributeError, match=r"It is called classification\(\) here"):
        _ = fit.confusion


def test_rates_have_wilsons_limits_where_weights_count():
    births = lk.datasets.load_lbw()
    found = lk.logit("low ~ age + lwt + C(race) + smoke + ptl + ht + ui", births).classification()
    low, high = found.recall_limits[:, 1]  # 21 of 59
    for end in (low, high):
        assert_allclose(abs(21 / 59 - end) / np.sqrt(end * (1 - end) / 59), 1.959963985, rtol=1e-8)
    assert f"Sensitivity {found.sensitivity:.4f} [{low:.4f}, {high:.4f}]" in " ".join(found.to_text().split())
    clustered = lk.logit("low ~ age", births, cluster="age").classification()
    assert np.isnan(clustered.recall_limits).all()
