"""Measures of held-out predictions against cv.glmnet and against plain sums."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from logitkit.design.response.response import Response
from logitkit.errors import DataError, UnsupportedError
from logitkit.selection.rules import best_strength, one_se_strength, score_curve
from logitkit.selection.scores import MEASURES, measure_named
from tolerances import EXACT

NAMES = sorted(MEASURES)
# glmnet's mse sums the squared error over both classes.
FACTOR = {"brier": 2.0}


def score(name, logits, y, weights=None):
    y = np.asarray(y, dtype=float)
    weights = np.ones(y.size) if weights is None else np.asarray(weights, dtype=float)
    rows = Response(y, prior=weights, weight_kind="precision")
    return MEASURES[name].score(np.asarray(logits, dtype=float), rows)


@pytest.fixture
def rows():
    rng = np.random.default_rng(11)
    logits = rng.normal(size=(40, 3)) * np.array([0.1, 1.0, 4.0])
    logits[::5] = np.round(logits[::5])  # ties
    return logits, (rng.random(40) < 0.4).astype(float), rng.integers(1, 5, 40) / 2.0


@pytest.mark.parametrize("name", NAMES)
def test_measures_and_rules_are_those_of_cv_glmnet(name, penalised_reference):
    stored = penalised_reference("held_out")
    arrays = (np.array(stored[key], dtype=float) for key in ("response", "weights", "folds", "strengths", "logits"))
    y, weights, folds, strengths, logits = arrays
    numbers = np.unique(folds)
    scores = [score(name, logits[folds == k], y[folds == k], weights[folds == k]) for k in numbers]
    curve = score_curve(np.array(scores), np.array([weights[folds == k].sum() for k in numbers]))
    expected, factor = stored["by_measure"][name], FACTOR.get(name, 1.0)
    assert_allclose(factor * curve.mean, expected["mean"], rtol=EXACT)
    assert_allclose(factor * curve.std_error, expected["std_error"], rtol=EXACT)
    chosen = {"larger_is_better": MEASURES[name].larger_is_better}
    assert strengths[best_strength(strengths, curve, **chosen)] == expected["best"]
    assert strengths[one_se_strength(strengths, curve, **chosen)] == expected["one_se"]


def brute(name, eta, y, w):
    """The definitions, trial by trial: events of weight wy and non-events of weight w(1 - y)."""
    mu = 1.0 / (1.0 + np.exp(-eta))
    trials = [(e, m, 1, a * b) for e, m, a, b in zip(eta, mu, w, y, strict=True)]
    trials += [(e, m, 0, a * (1 - b)) for e, m, a, b in zip(eta, mu, w, y, strict=True)]
    trials = [trial for trial in trials if trial[3] > 0]
    total = sum(trial[3] for trial in trials)
    if name == "auc":
        pairs = [
            (a[3] * b[3], (a[0] > b[0]) + 0.5 * (a[0] == b[0]))
            for a in trials
            for b in trials
            if a[2] == 1 and b[2] == 0
        ]
        return sum(weight * won for weight, won in pairs) / sum(weight for weight, _ in pairs)
    one = {
        "deviance": lambda m, outcome: -2.0 * math.log(m if outcome else 1.0 - m),
        "brier": lambda m, outcome: (outcome - m) ** 2,
        "misclassification": lambda m, outcome: float((m > 0.5) != outcome),
    }[name]
    return sum(weight * one(m, outcome) for _, m, outcome, weight in trials) / total


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("grouped", [False, True])
def test_measures_are_their_definitions(name, grouped, rows):
    logits, y, weights = rows
    y = np.where(np.arange(40) % 3 == 0, 0.25, y) if grouped else y
    expected = [brute(name, column, y, weights) for column in logits.T]
    assert_allclose(score(name, logits, y, weights), expected, rtol=EXACT)


@pytest.mark.parametrize("name", NAMES)
def test_grouped_rows_count_as_their_trials(name):
    logits = np.array([[0.3], [-1.2], [2.0]])
    grouped = score(name, logits, [0.25, 0.5, 1.0], [4, 2, 3])
    one_by_one = score(name, np.repeat(logits, [4, 2, 3], axis=0), [1, 0, 0, 0, 1, 0, 1, 1, 1])
    assert_allclose(grouped, one_by_one, rtol=EXACT)


@pytest.mark.parametrize("name", NAMES)
def test_weight_zero_is_the_row_absent(name, rows):
    logits, y, weights = rows
    added = np.vstack([logits, np.full((1, 3), np.nan)])
    found = score(name, added, np.append(y, 1.0), np.append(weights, 0.0))
    assert_array_equal(found, score(name, logits, y, weights))


@pytest.mark.parametrize("name", NAMES)
def test_swapping_the_event_flips_the_logits_and_nothing_else(name, rows):
    logits, y, weights = rows
    logits = logits + 1e-3  # no logit of zero, where the likelier outcome is a convention
    assert_allclose(score(name, -logits, 1.0 - y, weights), score(name, logits, y, weights), rtol=EXACT)


def test_far_logits_keep_their_digits():
    logits = np.array([[800.0], [-800.0], [40.0]])
    assert_allclose(score("deviance", logits, [0, 1, 1]), [2 * (800 + 800 + math.exp(-40)) / 3], rtol=EXACT)
    # 1 - 1/(1 + exp(-40)) is 0 in floating point; the error of the tail is not
    assert_allclose(score("brier", [[40.0]], [1]), [math.exp(-80)], rtol=EXACT)
    assert_array_equal(score("misclassification", logits, [0, 1, 1]), [2 / 3])


def test_infinite_logits_are_their_limit():
    logits = np.array([[np.inf, np.inf], [-np.inf, 0.0]])
    assert_allclose(score("deviance", logits, [1, 0]), [0.0, math.log(2)], rtol=EXACT)
    assert_array_equal(score("deviance", logits, [0, 0]), [np.inf, np.inf])
    assert_array_equal(score("brier", logits, [1, 0]), [0.0, 0.125])
    assert_array_equal(score("auc", logits, [1, 0]), [1.0, 1.0])


def test_a_missing_logit_leaves_its_column_without_a_score():
    logits = np.array([[0.0, np.nan], [1.0, 2.0], [-1.0, 1.0]])
    for name in NAMES:
        found = score(name, logits, [0, 1, 0])
        assert_array_equal(np.isnan(found), [False, True])


def test_an_area_needs_both_outcomes_and_the_other_measures_do_not():
    for name in NAMES:
        found = score(name, [[0.5], [1.0]], [1, 1])
        assert np.isnan(found[0]) == (name == "auc")


def test_logits_that_differ_by_rounding_are_tied():
    assert_array_equal(score("auc", [[0.3], [0.1 + 0.2]], [0, 1]), [0.5])


@pytest.fixture
def several():
    """Logits (K, n, k) of four outcomes with ties, their codes, proportions of counted outcomes, and weights."""
    rng = np.random.default_rng(12)
    logits = rng.normal(size=(4, 60, 2)) * np.array([0.5, 3.0])
    logits[:, ::5] = np.round(logits[:, ::5])
    codes = np.append(np.arange(4), rng.integers(0, 4, 56))
    counts = rng.multinomial(6, [0.1, 0.2, 0.3, 0.4], 60).T.astype(float)
    return logits, codes, counts, rng.integers(1, 5, 60) / 2.0


def brute_of_several(name, eta, shares, weights):
    """The definitions, trial by trial, from logits (K, n)."""
    p = softmax(eta, axis=0)
    trials = [(p[:, i], k, weights[i] * shares[k, i]) for i in range(p.shape[1]) for k in range(len(p))]
    trials = [trial for trial in trials if trial[2] > 0]
    if name == "auc":
        areas = []
        for a in range(len(p)):
            for b in set(range(len(p))) - {a}:
                ones, others = ([(q[a], w) for q, k, w in trials if k == outcome] for outcome in (a, b))
                won = sum(v * w * ((x > y) + 0.5 * (x == y)) for x, v in ones for y, w in others)
                areas.append(won / (sum(v for _, v in ones) * sum(w for _, w in others)))
        return np.mean(areas)
    one = {
        "deviance": lambda q, k: -2.0 * math.log(q[k]),
        "brier": lambda q, k: sum((q[j] - (j == k)) ** 2 for j in range(len(q))),
        "misclassification": lambda q, k: float(np.argmax(q) != k),
    }[name]
    return sum(w * one(q, k) for q, k, w in trials) / sum(w for _, _, w in trials)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("counted", [False, True])
def test_measures_of_several_outcomes_are_their_definitions(name, counted, several):
    logits, codes, counts, weights = several
    rows = Response(codes.astype(float), prior=weights, weight_kind="precision", n_outcomes=4)
    if counted:
        rows = replace(rows, y=counts.argmax(axis=0).astype(float), trials=np.full(60, 6.0), shares=counts / 6.0)
    expected = [brute_of_several(name, logits[:, :, j], rows.indicators(), rows.weights) for j in range(2)]
    assert_allclose(MEASURES[name].score(logits, rows), expected, rtol=EXACT)


@pytest.mark.parametrize("name", NAMES)
def test_measures_of_several_outcomes_are_those_of_scikit_learn(name, several):
    logits, codes, _, _ = several
    found = MEASURES[name].score(logits, Response(codes.astype(float), n_outcomes=4))
    for j in range(2):
        p = softmax(logits[:, :, j], axis=0).T
        expected = {
            "deviance": lambda p: 2.0 * log_loss(codes, p),
            "auc": lambda p: roc_auc_score(codes, p, multi_class="ovo"),
            "brier": lambda p: brier_score_loss(codes, p, scale_by_half=False),
            "misclassification": lambda p: np.mean(p.argmax(axis=1) != codes),
        }[name](p)
        assert_allclose(found[j], expected, rtol=EXACT)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("grouped", [False, True])
def test_two_outcomes_with_a_predictor_each_are_those_with_one(name, grouped, rows):
    """Brier's own score sums over both outcomes, and is twice that of the event alone; the area is Hand and Till's."""
    logits, y, weights = rows
    y = np.where(np.arange(40) % 3 == 0, 0.25, y) if grouped else y
    logits = logits + 1e-3  # no logit of zero, where the likelier outcome is a convention
    both = np.stack([-0.3 * logits, 0.7 * logits])
    response = Response(y, prior=weights, weight_kind="precision")
    found = MEASURES[name].score(both, replace(response, shares=np.stack([1.0 - y, y])))
    assert_allclose(found, FACTOR.get(name, 1.0) * score(name, logits, y, weights), rtol=EXACT)


def test_far_and_infinite_logits_of_several_outcomes_are_their_limit():
    logits = np.array([[0.0, -np.inf], [0.0, 0.0], [-np.inf, 0.0]])[:, :, None]

    def of(name, codes):
        return MEASURES[name].score(logits, Response(np.array(codes, dtype=float), n_outcomes=3))[0]

    assert_allclose(of("deviance", [0, 2]), 2.0 * math.log(2.0), rtol=EXACT)
    assert of("deviance", [2, 2]) == np.inf
    assert of("brier", [1, 2]) == 0.5
    assert of("misclassification", [0, 1]) == 0.0
    assert np.isnan(of("auc", [0, 2]))
    far = np.array([[40.0], [0.0], [0.0]])[:, :, None]
    found = MEASURES["brier"].score(far, Response(np.zeros(1), n_outcomes=3))
    assert_allclose(found, [6.0 * math.exp(-80.0)], rtol=EXACT)  # 4 of the outcome and 1 of each other


@pytest.mark.parametrize("name", NAMES)
def test_outcomes_may_be_numbered_anew(name, several):
    logits, codes, _, weights = several
    logits = logits + 1e-3 * np.arange(4)[:, None, None]  # no ties, where the likelier outcome is a convention
    order = np.array([2, 0, 3, 1])
    rows = Response(codes.astype(float), prior=weights, weight_kind="precision", n_outcomes=4)
    moved = replace(rows, y=np.argsort(order)[codes].astype(float))
    assert_allclose(MEASURES[name].score(logits[order], moved), MEASURES[name].score(logits, rows), rtol=EXACT)


def test_the_area_of_several_outcomes_is_named():
    assert measure_named("AUC", several=True).label == "Hand and Till's area under the ROC curves"
    assert measure_named("auc").label == "Area under the ROC curve"
    for name in set(NAMES) - {"auc"}:
        assert measure_named(name, several=True) is measure_named(name)


def test_bad_input_is_refused():
    with pytest.raises(UnsupportedError, match="Did you mean 'deviance'"):
        measure_named("devianse")
    with pytest.raises(DataError, match="need the axes rows and strengths"):
        score("auc", [0.0, 1.0], [0, 1])
    with pytest.raises(DataError, match="same rows"):
        score("auc", [[0.0], [1.0]], [0, 1, 1])
    with pytest.raises(DataError, match="None of the 2 predicted rows"):
        score("brier", [[0.0], [1.0]], [0, 1], [0, 0])
    with pytest.raises(DataError, match="of 2 rows with 3 outcomes"):
        MEASURES["auc"].score(np.zeros((2, 2, 1)), Response(np.zeros(2), n_outcomes=3))
