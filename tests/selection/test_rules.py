"""Mean, standard error and the rules, against cv.glmnet's and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.errors import DataError
from logitkit.selection.rules import ScoreCurve, best_strength, one_se_strength, score_curve
from tolerances import EXACT

STRENGTHS = np.array([8.0, 4.0, 2.0, 1.0])


def curve_of(mean, std_error, count=None):
    mean = np.asarray(mean, dtype=float)
    counts = np.full(mean.size, 5) if count is None else np.asarray(count)
    return ScoreCurve(mean, np.broadcast_to(np.asarray(std_error, dtype=float), mean.shape), counts, 5)


@pytest.mark.parametrize("weighting", ["plain", "weighted"])
@pytest.mark.parametrize("measure", ["deviance", "class", "mse", "auc"])
def test_curve_is_that_of_the_stored_folds(weighting, measure, penalised_reference):
    stored = penalised_reference("cross_validation")
    folds = np.array(stored["folds"])
    run = stored[weighting]["by_measure"][measure]["polished"]
    column = stored[weighting]["weights"]
    weights = np.ones(folds.size) if column is None else np.array(stored["table"]["columns"][column])
    totals = np.array([weights[folds == fold].sum() for fold in np.unique(folds)])
    curve = score_curve(np.array(run["by_fold"]), totals)
    assert_allclose(curve.mean, run["mean"], rtol=EXACT)
    assert_allclose(curve.std_error, run["std_error"], rtol=EXACT)


def test_order_of_the_strengths_does_not_matter():
    scores = np.random.default_rng(0).random((5, 4))
    curve = score_curve(scores, np.ones(5))
    turned = score_curve(scores[:, ::-1], np.ones(5))
    for rule in (best_strength, one_se_strength):
        assert STRENGTHS[rule(STRENGTHS, curve)] == STRENGTHS[::-1][rule(STRENGTHS[::-1], turned)]


def test_one_se_is_the_largest_strength_within_the_bound():
    curve = curve_of([1.31, 1.29, 1.4, 1.2], 0.1)
    assert best_strength(STRENGTHS, curve) == 3
    assert one_se_strength(STRENGTHS, curve) == 1  # 1.4, between the two, is outside: that does not stop the rule
    assert one_se_strength(STRENGTHS, curve_of([-1.31, -1.29, -1.4, -1.2], 0.1), larger_is_better=True) == 1
    # the bound itself belongs, and the standard error is that of the best strength
    assert one_se_strength(STRENGTHS, curve_of([1.5, 3.0, 3.0, 1.0], [0.0, 0.0, 0.0, 0.5])) == 0
    assert one_se_strength(STRENGTHS, curve_of([1.5, 3.0, 3.0, 1.0], [9.0, 9.0, 9.0, 0.4])) == 3


def test_equal_means_go_to_the_largest_strength():
    assert best_strength(STRENGTHS, curve_of([2.0, 1.0, 1.0, 1.0], 0.0)) == 1
    assert best_strength(STRENGTHS[::-1], curve_of([1.0, 1.0, 1.0, 2.0], 0.0)) == 2


def test_a_fold_without_scores_is_left_out_and_counted():
    scores = np.array([[1.0, 2.0], [np.nan, np.nan], [3.0, 5.0]])
    curve = score_curve(scores, np.array([1.0, 9.0, 2.0]))
    without = score_curve(scores[[0, 2]], np.array([1.0, 2.0]))
    assert_array_equal(curve.mean, without.mean)
    assert_array_equal(curve.std_error, without.std_error)
    assert_array_equal(curve.n_scores, [2, 2])
    assert curve.n_splits == 3
    assert curve.comparable.all()


def test_a_strength_that_a_fold_did_not_reach_cannot_win():
    # the hard fold stopped early; without it the mean at the last strength looks best
    scores = np.array([[2.0, 1.8, 1.7], [5.0, 4.9, np.nan]])
    curve = score_curve(scores, np.ones(2))
    assert curve.mean[2] < curve.mean[1]
    assert best_strength(STRENGTHS[:3], curve) == 1
    assert one_se_strength(STRENGTHS[:3], curve) == 0


def test_infinite_means_cannot_win():
    scores = np.array([[1.0, np.inf], [1.0, 0.0]])
    curve = score_curve(scores, np.ones(2))
    assert_array_equal(curve.mean, [1.0, np.inf])
    assert best_strength(STRENGTHS[:2], curve) == 0
    with pytest.raises(DataError, match="None of the 1 strengths"):
        best_strength(STRENGTHS[:1], curve_of([np.inf], np.nan))


def test_repetitions_average_and_do_not_shrink_the_error():
    scores = np.random.default_rng(1).random((6, 3))
    weights = np.array([1.0, 2.0, 1.0, 2.0, 1.0, 1.0])
    repeats = np.array([0, 0, 0, 1, 1, 1])
    both = score_curve(scores, weights, repeats)
    parts = [score_curve(scores[repeats == r], weights[repeats == r]) for r in (0, 1)]
    assert_allclose(both.mean, (parts[0].mean + parts[1].mean) / 2, rtol=EXACT)
    assert_allclose(both.std_error**2, (parts[0].std_error ** 2 + parts[1].std_error ** 2) / 2, rtol=EXACT)
    twice = score_curve(np.vstack([scores[:3], scores[:3]]), np.append(weights[:3], weights[:3]), repeats)
    assert_allclose(twice.std_error, parts[0].std_error, rtol=EXACT)


def test_what_cannot_be_chosen_is_refused():
    nothing = score_curve(np.full((3, 2), np.nan), np.ones(3))
    assert np.isnan(nothing.mean).all()
    with pytest.raises(DataError, match="both outcomes"):
        best_strength(STRENGTHS[:2], nothing)
    single = score_curve(np.array([[1.0, 2.0], [np.nan, np.nan]]), np.ones(2))
    assert best_strength(STRENGTHS[:2], single) == 0
    with pytest.raises(DataError, match="needs two folds"):
        one_se_strength(STRENGTHS[:2], single)
    with pytest.raises(DataError, match="weight of split 1"):
        score_curve(np.ones((2, 1)), np.array([1.0, 0.0]))
    with pytest.raises(DataError, match="two axes"):
        score_curve(np.ones((2, 1)), np.ones(3))
