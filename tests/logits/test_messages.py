"""Every public name of lk.logits refuses what it cannot use, and says what is wrong, where and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import logitkit as lk
from logitkit.errors import DataError, LogitkitError, UnsupportedError

L = lk.logits
N = 40
RNG = np.random.default_rng(1)
EVENT, SEVERAL = RNG.normal(0.0, 1.0, N), RNG.normal(0.0, 1.0, (N, 3))
HAPPENED, CODES = np.arange(N) % 2, np.arange(N) % 3
HALF, BOTH = np.full(N, 0.5), np.tile([0.4, 0.6], (N, 1))
BOXES, SCORES = [[0, 0, 1, 1], [0, 0, 2, 2]], [0.5, 0.6]
HEAD, ANCHORS = RNG.normal(0.0, 1.0, (2, 7, 3, 3)), [[1, 2], [3, 4]]
ONES = np.ones((5, 1))
BANDIT = L.SimulatedBandit(np.log([[0.5], [2.0]]))
POLICY = L.SoftmaxPolicy(np.zeros((2, 1)))


def with_seventh(values: Any, what: float) -> Any:
    """Return a copy with another number in row 7."""
    found = np.array(values, dtype=np.float64)
    found[(7, *(0,) * (found.ndim - 1))] = what
    return found


def nullable(values: Any) -> Any:
    """Return a nullable column, or frame, of pandas that misses row 7."""
    if np.ndim(values) == 2:
        frame = pd.DataFrame(values).astype("Float64")
        frame.iloc[7, 0] = pd.NA
        return frame
    column = pd.Series(values).astype("boolean" if np.asarray(values).dtype == bool else "Float64")
    column.iloc[7] = pd.NA
    return column


#: Of each public function of one array of logits and outcomes: a call with these two.
OF_ROWS: dict[str, Callable[[Any, Any], Any]] = {
    "BinaryLoss": lambda z, y: L.BinaryLoss().value(z, y),
    "CategoricalLoss": lambda z, y: L.CategoricalLoss().value(z, y),
    "RankingLoss": lambda z, y: L.RankingLoss().value(z, y),
    "calibration_error": lambda z, y: L.calibration_error(z, y, resamples=20),
    "closed_test": L.closed_test,
    "conformal": L.conformal,
    "linear_pool": lambda z, y: L.linear_pool([EVENT, z] if np.ndim(z) == 1 else [SEVERAL, z], y),
    "log_pool": lambda z, y: L.log_pool([EVENT, z] if np.ndim(z) == 1 else [SEVERAL, z], y),
    "ndcg": L.ndcg,
    "recall_at": lambda z, y: L.recall_at(z, y, k=2),
    "recalibrate": lambda z, y: L.recalibrate(z, y, "temperature"),
    "reciprocal_rank": L.reciprocal_rank,
    "reliability": lambda z, y: L.reliability(z, y, resamples=20),
    "risk_coverage": L.risk_coverage,
    "threshold": lambda z, y: L.threshold(z, y, n=0),
}
OF_SEVERAL = {"CategoricalLoss"}
OF_EVENTS = {"BinaryLoss", "RankingLoss", "closed_test", "ndcg", "recall_at", "reciprocal_rank", "threshold"}
#: Of logits alone.
OF_LOGITS: dict[str, Callable[[Any], Any]] = {
    **{name: getattr(L, name) for name in ("sigmoid", "log_sigmoid", "softplus", "log1mexp", "softmax", "log_softmax")},
    "logsumexp": L.logsumexp,
    "entropy": L.entropy,
    "kl_divergence": lambda z: L.kl_divergence(z, z),
    "prior_shift": lambda z: L.prior_shift(z, priors=0.5 if np.ndim(z) == 1 else [0.3, 0.3, 0.4]),
    "Sampler": lambda z: L.Sampler().draw(z, seed=1),
}
OF_THEIR_OWN = {"decode_yolo", "non_maximum_suppression", "off_policy_value", "reinforce"}  # tested by the table below


def test_every_public_function_is_looked_at() -> None:
    functions = {name for name in L.__all__ if not isinstance(getattr(L, name), type)}
    assert functions - OF_THEIR_OWN <= OF_ROWS.keys() | OF_LOGITS.keys()


@pytest.mark.parametrize("name", [*OF_ROWS, *OF_LOGITS])
def test_logits_that_are_no_numbers_are_refused_with_their_row(name: str) -> None:
    def of(z: Any) -> Any:
        if name in OF_LOGITS:
            return OF_LOGITS[name](z)
        return OF_ROWS[name](z, HAPPENED if np.ndim(z) == 1 else CODES)

    given = [SEVERAL] if name in OF_SEVERAL else [EVENT] if name in OF_EVENTS else [EVENT, SEVERAL]
    for z in given:
        for wrong in (np.nan, np.inf, -np.inf):
            with pytest.raises(DataError, match=r"not finite in row 7.*: (nan, as if missing|-?inf); 1 in all"):
                of(with_seventh(z, wrong))
        with pytest.raises(DataError, match=r"in row 7.*(nan, as if missing|<NA>, a missing value)"):
            of(nullable(z))
        with pytest.raises(DataError, match="must be real numbers in an array, and these are text"):
            of(z.astype(str))
        with pytest.raises(DataError, match="must be real numbers in an array, and these are complex"):
            of(z + 1j)
        objects = z.astype(object)
        objects[(7, *(0,) * (z.ndim - 1))] = "high"
        with pytest.raises(DataError, match=r"in row 7.* is 'high'"):
            of(objects)
        objects[(7, *(0,) * (z.ndim - 1))] = 10**400
        with pytest.raises(DataError, match=r"in row 7.* is a number too large"):
            of(objects)
        with pytest.raises(DataError, match=r"have shape \(0"):
            of(z[:0])
    if name not in OF_EVENTS and name not in {"sigmoid", "log_sigmoid", "softplus", "log1mexp"}:
        with pytest.raises(DataError, match="look like probabilities"):
            of(L.softmax(SEVERAL))


@pytest.mark.parametrize("name", OF_ROWS)
def test_outcomes_that_are_none_are_refused_with_their_row(name: str) -> None:
    z, y = (SEVERAL, CODES) if name in OF_SEVERAL else (EVENT, HAPPENED)

    def of(outcomes: Any) -> Any:
        return OF_ROWS[name](z, outcomes)

    with pytest.raises(DataError, match=r"not finite in row 7 \(counted from 0\): nan"):
        of(with_seventh(y, np.nan))
    with pytest.raises(DataError, match=r"in row 7 .*nan, as if missing"):
        of(nullable(y))
    with pytest.raises(DataError, match=r"in row 7 .*is <NA>, a missing value: leave such rows out"):
        of(nullable(y == 1))
    with pytest.raises(DataError, match="shape"):
        of(y[:5])
    if "recall" not in name and "rank" not in name.lower() and name != "ndcg":
        with pytest.raises(DataError, match=r"np\.unique"):
            of(np.where(y == 1, "a", "b"))
        for wrong in (-1, 3):
            with pytest.raises(DataError, match=rf"y is {wrong} in row 7 \(from 0\), and must be"):
                of(with_seventh(y, wrong))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: L.softmax(SEVERAL, mask=np.zeros((N, 3), bool)), "leaves no outcome in row 0"),
        (lambda: L.softmax(with_seventh(SEVERAL, -np.inf)), "ruled out by mask="),
        (lambda: L.sigmoid(None), "logits are None: give numbers"),
        (lambda: L.linear_pool(SEVERAL, CODES), r"list\(array\.T\) if each column"),
        (lambda: L.log_pool(SEVERAL.T), "may be 3 members of 40 rows"),
        (lambda: L.linear_pool(pd.DataFrame(SEVERAL), HAPPENED), r"dict\(frame\.items\(\)\)"),
        (lambda: L.linear_pool([EVENT], HAPPENED), "needs at least two"),
        (lambda: L.prior_shift(SEVERAL, method="BBSE"), "needs held_out="),
        (lambda: L.prior_shift(EVENT, priors=0), "priors=0: give 2 proportions above 0"),
        (lambda: L.prior_shift(SEVERAL, held_out=(with_seventh(SEVERAL, np.nan), CODES)), "held_out=: logits are not"),
        (lambda: L.prior_shift(SEVERAL, held_out=(SEVERAL, with_seventh(CODES, 9))), "held_out=: y is 9 in row 7"),
        (lambda: L.ndcg(EVENT, HAPPENED, [None, *range(1, N)]), r"label of row 0 \(counted from 0\) in groups"),
        (lambda: L.ndcg(EVENT, HAPPENED, with_seventh(CODES, np.nan)), "label of row 7"),
        (lambda: L.recall_at(EVENT, HAPPENED, nullable(CODES), k=1), "label of row 7"),
        (lambda: L.ndcg(EVENT, HAPPENED, draws=3), "draws=3: give a pair"),
        (lambda: L.ndcg(EVENT, HAPPENED, draws=("a", 1)), "replicates"),
        (lambda: L.ndcg(EVENT, HAPPENED, draws=(2_000, "a")), "seed='a'"),
        (lambda: L.ndcg(EVENT, HAPPENED).minus(3), "no difference to 3"),
        (lambda: L.off_policy_value(with_seventh(HAPPENED, np.nan), HALF, HALF), r"row 7 .*Leave these rows out\.$"),
        (lambda: L.off_policy_value(HAPPENED, with_seventh(HALF, 0.0), HALF), "propensity of row 7 .* is 0"),
        (lambda: L.off_policy_value(HAPPENED, HALF, with_seventh(HALF, -1.0)), "target is -1 in row 7"),
        (
            lambda: L.off_policy_value(HAPPENED, HALF, with_seventh(BOTH, 0.9), action=HAPPENED),
            "row 7 .* add up to 1.5",
        ),
        (lambda: L.off_policy_value(HAPPENED, HALF, BOTH), "action= must say"),
        (lambda: L.off_policy_value(HAPPENED, HALF, BOTH, action=with_seventh(HAPPENED, 2)), "action is 2 in row 7"),
        (lambda: L.off_policy_value(HAPPENED, HALF, BOTH, action=HAPPENED[:3]), "action has shape"),
        (lambda: L.off_policy_value(HAPPENED, HALF, HALF, clusters=[None, *range(1, N)]), "row 0 .* in clusters"),
        (lambda: L.off_policy_value(HAPPENED, HALF, HALF, "SNIPS"), "'snips' here"),
        (lambda: L.reinforce(BANDIT, ONES, 3), "n_actions=3, and the bandit has 2"),
        (lambda: L.reinforce(BANDIT, ONES, 2, rate="a"), "rate='a'"),
        (lambda: L.reinforce(BANDIT, ONES, 2, rounds=True), "rounds=True"),
        (lambda: L.reinforce(BANDIT, ONES, 2, seed="a"), "seed='a'"),
        (lambda: L.reinforce(lambda x, a, g: a * np.nan, ONES, 2), "Rewards of round 0 .* Look at the bandit"),
        (lambda: BANDIT.value(ONES, [0.5]), r"target has shape \(1,\)"),
        (lambda: BANDIT.value(ONES, [[0.5, 0.6]] * 5), "add up to 1.1"),
        (lambda: BANDIT.log(3, ONES), "policy=3: give a SoftmaxPolicy of the 2 actions"),
        (lambda: POLICY.draw(ONES, seed="a"), "seed='a'"),
        (lambda: POLICY.gradient(ONES, [0, 1, 0, 1, 2], np.ones(5)), "action is 2 in row 4"),
        (lambda: L.SoftmaxPolicy([[np.nan], [0.0]]), "Coefficients are not finite"),
        (lambda: L.SoftmaxPolicy(np.zeros(3)), "one row per action"),
        (lambda: L.Sampler(temperature=0.0), "temperature=0.0: give a finite number above 0"),
        (lambda: L.Sampler().draw(SEVERAL, seen=3), "seen=3"),
        (lambda: L.non_maximum_suppression([[0, 0, 1, np.nan]], [1.0]), r"row 0.*Leave these boxes out\.$"),
        (lambda: L.non_maximum_suppression([[0, 0, -1, 1]], [1.0]), r"Row 0 .*negative size"),
        (lambda: L.non_maximum_suppression(BOXES, SCORES, "a"), "threshold='a'"),
        (lambda: L.non_maximum_suppression(BOXES, SCORES, 0.5, [None, 1]), "row 0 .* in classes"),
        (lambda: L.decode_yolo(HEAD, [[1, -2], [3, 4]], 8), "width and height above 0"),
        (lambda: L.decode_yolo(HEAD, ANCHORS, "a"), "stride='a'"),
        (lambda: L.decode_yolo(HEAD, ANCHORS, 8).above("a"), "score='a'"),
        (lambda: L.decode_yolo(HEAD, ANCHORS, 8).joined(3), "3 are no detections"),
        (lambda: L.Detections([[0, 0, -1, 1]], [0.5], [0]), "negative size"),
        (lambda: L.Detections(BOXES, [0.5], [0, 1]), r"Scores have shape \(1,\), and there are 2 boxes"),
        (lambda: L.Detections(BOXES, SCORES, [0, 1.5]), "Classes are numbers from 0, and one is 1.5"),
        (lambda: L.recalibrate(EVENT, HAPPENED, weights=with_seventh(HALF, -1.0)), r"weights\[7\] is -1"),
    ],
)
def test_a_message_says_what_is_wrong_where_and_what_to_do(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(LogitkitError, match=told) as raised:
        make()
    assert "\n" not in str(raised.value)


def test_a_recalibration_without_a_temperature_has_no_interval_of_one() -> None:
    with pytest.raises(UnsupportedError, match="method='logistic' has no temperature"):
        L.recalibrate(EVENT, HAPPENED).temperature_interval()


def test_a_policy_whose_logits_look_like_probabilities_is_one() -> None:
    found = L.SoftmaxPolicy([[0.0], [1.0]]).probabilities(ONES)
    np.testing.assert_allclose(found[:, 1], 1.0 / (1.0 + np.exp(-1.0)), rtol=1e-12)
