"""Results of lk.logits as tables, figures and text, against the numbers that they are made of."""

from __future__ import annotations

import pickle
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.errors import DataError, UnsupportedError


@pytest.fixture(scope="module")
def found():
    """One result of each kind."""
    rng = np.random.default_rng(1)
    a, b, noise = rng.normal(0.0, 1.0, (3, 300))
    y = rng.random(300) < lk.logits.sigmoid(a + b)
    z = rng.normal(0.0, 2.0, (900, 4))
    codes = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    policy = np.tile([0.4, 0.6], (300, 1))
    logged = y.astype(float), np.full(300, 0.5), policy
    action = rng.integers(0, 2, 300)
    sets = lk.logits.conformal(z[:500], codes[:500], method="class")
    return SimpleNamespace(
        pool=lk.logits.log_pool({"net": a, "$glm$": b, "noise": noise}, y),
        measure=lk.logits.ndcg(a, y, np.arange(300) // 10, k=5),
        other=lk.logits.ndcg(b, y, np.arange(300) // 10, k=5),
        value=lk.logits.off_policy_value(*logged, action=action),
        robust=lk.logits.off_policy_value(*logged, "dr", action=action),
        policy=lk.logits.reinforce(lk.logits.SimulatedBandit(np.log([[0.5], [2.0]])), np.ones((1, 1)), 2, rounds=40),
        boxes=lk.logits.decode_yolo(rng.normal(-2.0, 1.0, (2, 8, 3, 3)), [[20, 20], [40, 30]], 16.0),
        sets=sets,
        coverage=sets.coverage(z[500:], codes[500:]),
        shift=lk.logits.prior_shift(z, priors=[0.4, 0.3, 0.2, 0.1]),
        top=lk.logits.calibration_error(z, codes, resamples=50),
        each=lk.logits.calibration_error(z, codes, of="class", resamples=50, groups=codes),
        test=lk.logits.closed_test(a, y),
    )


KINDS = ("pool", "measure", "value", "policy", "boxes", "sets", "coverage", "shift", "top", "each", "test")


@pytest.mark.parametrize("kind", KINDS)
def test_every_result_prints_has_a_table_and_survives_a_pickle(found, kind: str) -> None:
    result = getattr(found, kind)
    text = result.to_text(80)
    assert max(map(len, text.splitlines())) <= 80
    assert "array of shape" not in text
    assert text == repr(result) == repr(pickle.loads(pickle.dumps(result)))
    assert len(result.to_frame()) >= 1
    assert result.to_markdown().startswith("#")


def test_pools_have_weights_with_profile_intervals_and_scores(found) -> None:
    frame, pool = found.pool.to_frame(0.9), found.pool
    assert frame["member"].tolist() == ["net", "$glm$", "noise"]
    assert_array_equal(frame[["conf_low", "conf_high"]], pool.interval(0.9))
    assert_array_equal(frame[["weight", "log_loss"]], np.column_stack([pool.weights, pool.member_log_loss]))
    axes = pool.plot()
    assert_array_equal(axes.lines[-1].get_xdata(), pool.weights)
    assert [each.get_text() for each in axes.get_yticklabels()] == ["net", r"\$glm\$", "noise"]
    equal = lk.logits.linear_pool([np.zeros(2), np.ones(2)])
    assert list(equal.to_frame()) == ["member", "weight"]
    assert "not learnt" in repr(equal)
    assert equal.plot().get_xlabel() == "Weight"


def test_pools_are_read_again_without_their_rows(found) -> None:
    import json

    kept = json.loads(json.dumps(found.pool.to_dict()))
    again = lk.logits.Pool.from_dict(kept)
    assert_array_equal(again.vcov, found.pool.vcov)
    members = {name: np.array([1.0, -2.0]) for name in again.names}
    assert_array_equal(again.transform(members), found.pool.transform(members))
    assert list(again.to_frame()) == ["member", "weight", "std_error", "log_loss", "brier"]
    with pytest.raises(UnsupportedError, match="read from a file"):
        again.interval()
    given = lk.logits.Pool.from_dict(lk.logits.linear_pool([np.zeros(2), np.ones(2)]).to_dict())
    assert "not learnt" in repr(given)
    for change in (
        {"kind": "mean"},
        {"weights": [1.0]},
        {"vcov": [[1.0]]},
        {"names": []},
        {"weights": [-1.0, 1.0, 1.0]},
    ):
        with pytest.raises(DataError, match="no pool"):
            lk.logits.Pool.from_dict(kept | change)
    with pytest.raises(DataError, match="add up to 2"):
        lk.logits.Pool.from_dict(kept | {"adds_up": True, "weights": [1.0, 0.5, 0.5]})
    with pytest.raises(DataError, match="'gap'"):
        lk.logits.Pool.from_dict({name: value for name, value in kept.items() if name != "gap"})


def test_shifted_proportions_are_read_again(found) -> None:
    import json

    rng = np.random.default_rng(3)
    held = rng.normal(0.0, 3.0, (300, 3))
    pair = held, (held + rng.gumbel(size=held.shape)).argmax(axis=1)
    for shift in (found.shift, lk.logits.prior_shift(held[:100], method="BBSE", held_out=pair)):
        kept = json.loads(json.dumps(shift.to_dict()))
        again = lk.logits.ShiftedPriors.from_dict(kept)
        assert repr(again) == repr(shift)
        z = np.zeros((1, shift.old.size))
        assert_array_equal(again.transform(z, least=0.01), shift.transform(z, least=0.01))
        for change in ({"method": "none"}, {"old": [1.0]}, {"priors": [2.0] * z.size}, {"dof": 1.5}, {"low": None}):
            with pytest.raises(DataError, match="no shifted proportions"):
                lk.logits.ShiftedPriors.from_dict(kept | change)


def test_measures_of_ranking_have_a_row_and_values_of_queries(found) -> None:
    one = found.measure
    assert one.to_frame().loc[0, ["n", "estimate", "conf_low"]].tolist() == [one.n_queries, one.estimate, one.conf_low]
    assert_array_equal(one.by_query()["value"], one.values)
    assert sum(bar.get_height() for bar in one.plot().patches) >= one.n_queries
    difference = one.minus(found.other)
    assert type(difference) is lk.logits.RankingMeasure
    assert repr(difference).startswith("Difference in NDCG at 5")
    assert difference.estimate == pytest.approx(one.estimate - found.other.estimate, abs=1e-12)
    assert lk.logits.reciprocal_rank([2.0, 1.0], [0, 1]).plot().get_xlabel() == "Mean reciprocal rank"


def test_values_of_policies_stand_side_by_side(found) -> None:
    frame = found.value.to_frame()
    assert frame.loc[0, ["estimate", "conf_high"]].tolist() == [found.value.value, found.value.conf_high]
    axes = found.value.plot(beside=[found.robust])
    assert_array_equal(axes.lines[-1].get_xdata(), [found.value.value, found.robust.value])
    assert [each.get_text() for each in axes.get_yticklabels()] == ["SNIPS", "Doubly robust"]
    with pytest.raises(DataError, match=r"beside= holds 3"):
        found.value.plot(beside=[3])
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rare = lk.logits.off_policy_value(np.eye(1, 100)[0], np.full(100, 0.5), np.full(100, 0.5))
    assert [str(each.message) for each in told] == list(rare.concerns)
    assert all(each[:20] in repr(rare) for each in rare.concerns)


def test_policies_show_their_coefficients_and_rewards(found) -> None:
    assert_array_equal(found.policy.to_frame()["feature 0"], found.policy.coef[:, 0])
    grey, mean = found.policy.plot().lines
    assert_array_equal(grey.get_ydata(), found.policy.rewards)
    assert_allclose(mean.get_ydata()[0], found.policy.rewards[: 40 // 20].mean())
    with pytest.raises(UnsupportedError, match="not learnt by reinforce"):
        lk.logits.SoftmaxPolicy(np.zeros((2, 1))).plot()


def test_boxes_are_drawn_where_they_are(found) -> None:
    kept = found.boxes.above(0.0).kept(0.3)
    assert type(kept) is type(found.boxes) is lk.logits.Detections
    assert_array_equal(kept.to_frame()[["left", "top", "right", "bottom"]], kept.boxes)
    axes = kept.plot(names=["cat", "dog", "hen"])
    best = axes.patches[-1]
    assert_allclose([*best.get_xy(), best.get_width() + best.get_x()], kept.boxes[0, :3])
    assert axes.yaxis_inverted()
    assert axes.texts[-1].get_text().split()[0] in {"cat", "dog", "hen"}
    again = found.boxes.above(2.0).plot(kept.plot())  # none of them, on the same axes
    assert len(again.patches) == len(kept)
    assert "0" in repr(found.boxes.above(2.0))
    with pytest.raises(DataError, match="a name for each"):
        kept.plot(names=["cat"])
    assert type(kept.joined(kept)) is lk.logits.Detections


def test_sets_and_shifts_are_drawn(found) -> None:
    assert_array_equal(found.sets.to_frame()["threshold"], found.sets.threshold)
    bars = found.coverage.plot_sizes().patches
    assert_allclose([bar.get_height() for bar in bars], found.coverage.size_counts[: len(bars)] / found.coverage.n)
    old, new = found.shift.plot().lines
    assert_array_equal(old.get_ydata(), found.shift.old)
    assert_array_equal(new.get_ydata(), found.shift.priors)


def test_bins_of_calibration_errors_are_drawn(found) -> None:
    marks, _ = found.top.plot().lines
    assert_array_equal(marks.get_ydata(), found.top.bins.observed)
    of_each = found.each.plot()
    assert [line.get_label() for line in of_each.lines] == [*(f"outcome {j}" for j in range(4)), "perfect calibration"]
    assert_array_equal(of_each.lines[2].get_xdata(), found.each.parts[2].bins.predicted)


def test_closed_tests_have_a_table(found) -> None:
    frame = found.test.to_frame()
    assert frame.loc[frame["chosen"], "update"].tolist() == [found.test.chosen]
    assert_array_equal(frame["p_value"][:-1], found.test.p_value)
    assert np.isnan(frame["statistic"].iloc[-1])


@pytest.mark.parametrize("method", ["split", "class", "aps", "raps"])
def test_conformal_sets_are_read_again_as_they_were_written(method: str) -> None:
    import json

    rng = np.random.default_rng(2)
    z = rng.normal(0.0, 2.0, (300, 3))
    y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    sets = lk.logits.conformal(z, y, method=method, seed=4)
    again = type(sets).from_dict(json.loads(json.dumps(sets.to_dict())))
    assert_array_equal(again.sets(z), sets.sets(z))
    assert repr(again) == repr(sets)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"limits": [float("nan")]}, "do not fit"),
        ({"n": [3]}, "out of range"),
        ({"n": [9.5]}, "no conformal sets"),
        ({"method": "splat"}, "splat"),
        ({"level": 1.5}, "level"),
        ({"n_outcomes": 1}, "do not fit"),
        ({"seed": -1}, "out of range"),
        ({"limits": None}, "do not fit"),
    ],
)
def test_what_are_no_conformal_sets_is_refused(change, words: str) -> None:
    kept = lk.logits.conformal(np.arange(-10.0, 10.0), np.arange(20) > 9).to_dict()
    with pytest.raises(DataError, match=words):
        lk.logits.ConformalSets.from_dict(kept | change)
    with pytest.raises(DataError, match="seed"):
        lk.logits.ConformalSets.from_dict({name: value for name, value in kept.items() if name != "seed"})
