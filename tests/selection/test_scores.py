"""Measures of held-out predictions against cv.glmnet and against plain sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

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
    return MEASURES[name].score(np.asarray(logits, dtype=float), y, weights)


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
    scores = [MEASURES[name].score(logits[folds == k], y[folds == k], weights[folds == k]) for k in numbers]
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


def test_bad_input_is_refused():
    with pytest.raises(UnsupportedError, match="Did you mean 'deviance'"):
        measure_named("devianse")
    with pytest.raises(DataError, match="two axes"):
        score("auc", [0.0, 1.0], [0, 1])
    with pytest.raises(DataError, match="same rows"):
        score("auc", [[0.0], [1.0]], [0, 1, 1])
    with pytest.raises(DataError, match="None of the 2 rows"):
        score("brier", [[0.0], [1.0]], [0, 1], [0, 0])
