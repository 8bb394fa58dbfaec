"""The notebook on a network: its numbers by plain NumPy and SciPy, and what its words say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, logsumexp, softmax

from logitkit.datasets import load_digit_logits
from notebook_runs import look_into
from tolerances import EXACT

LEARN, SETTLE, JUDGE = slice(0, 1000), slice(1000, 2000), slice(2000, 3000)


@pytest.fixture(scope="module", params=[True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "whole"])
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("10-network", tmp_path_factory.mktemp("network"), request.param)


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    digits = load_digit_logits()
    return digits.filter(like="logit_").to_numpy().astype(float), digits["label"].to_numpy()


def loss(z: np.ndarray, y: np.ndarray) -> float:
    return float(-log_softmax(z, axis=1)[np.arange(len(y)), y].mean())


def top_error(z: np.ndarray, y: np.ndarray) -> float:
    """The expected calibration error of ten bins of equal counts."""
    p, right = softmax(z, axis=1).max(axis=1), z.argmax(axis=1) == y
    order = np.argsort(p, kind="stable")
    return float(sum(abs(p[b].sum() - right[b].sum()) for b in np.array_split(order, 10)) / len(y))


def test_temperature_is_the_best_of_all(seen: dict[str, Any], rows: tuple[np.ndarray, np.ndarray]) -> None:
    z, y = rows
    best = minimize_scalar(lambda s: loss(s * z[LEARN], y[LEARN]), bounds=(0.1, 3.0), options={"xatol": 1e-9})
    assert_allclose(seen["temperature"][1], 1 / best.x, rtol=1e-6)  # the minimiser sees no smaller steps
    assert_allclose(seen["losses"]["none"], loss(z[JUDGE], y[JUDGE]), rtol=1e-6)  # single precision in the notebook
    assert_allclose(seen["losses"]["temperature"], loss(best.x * z[JUDGE], y[JUDGE]), rtol=1e-6)
    assert_allclose(seen["ece"]["none"], top_error(z[JUDGE], y[JUDGE]), rtol=1e-6)
    assert_allclose(seen["ece"]["temperature"], top_error(best.x * z[JUDGE], y[JUDGE]), rtol=1e-6)


def test_beta_map_is_the_most_likely(seen: dict[str, Any], rows: tuple[np.ndarray, np.ndarray]) -> None:
    z, y = rows
    k = 3
    logit = z[:, k] - logsumexp(np.delete(z, k, axis=1), axis=1)
    event = y == k
    X = np.column_stack([-np.logaddexp(0, -logit), np.logaddexp(0, logit), np.ones(len(y))])

    def mean_loss(b: np.ndarray, part: slice) -> float:
        return float(np.mean(np.logaddexp(0, np.where(event[part], -1, 1) * (X[part] @ b))))

    best = minimize(mean_loss, [1.0, 1.0, 0.0], args=(LEARN,), bounds=[(0, None), (0, None), (None, None)], tol=1e-12)
    change = mean_loss(best.x, JUDGE) - mean_loss(np.array([1.0, 1.0, 0.0]), JUDGE)
    assert_allclose(seen["beta"][k], change, rtol=1e-3)  # of two losses near one another, with slopes to 1e-5


def test_sets_have_the_quantile_of_the_probabilities(seen: dict[str, Any], rows: tuple[np.ndarray, np.ndarray]) -> None:
    z, y = rows
    p = softmax(z / seen["temperature"][1], axis=1)
    least = np.sort(p[SETTLE][np.arange(1000), y[SETTLE]])[1000 - int(np.ceil(1001 * 0.95))]
    sets = p[JUDGE] >= least
    assert_allclose(seen["judged"]["split"][0], sets[np.arange(1000), y[JUDGE]].mean(), rtol=EXACT)
    assert_allclose(seen["judged"]["split"][3], sets.sum(axis=1).mean(), rtol=EXACT)


def test_risk_and_new_proportions_by_counting(seen: dict[str, Any], rows: tuple[np.ndarray, np.ndarray]) -> None:
    z, y = rows
    p = softmax(z / seen["temperature"][1], axis=1)
    wrong = (p.argmax(axis=1) != y)[JUDGE][np.argsort(-p[JUDGE].max(axis=1), kind="stable")]
    assert_allclose(seen["risk"], [wrong.mean(), wrong[:800].mean()], rtol=EXACT)
    new = np.full(10, 0.1)
    for _ in range(2000):
        posterior = p[seen["town"]] * new
        new = (posterior / posterior.sum(axis=1, keepdims=True)).mean(axis=0)
    assert_allclose(seen["shift"], new, atol=1e-6)  # EM comes there slowly


def test_the_words_hold(seen: dict[str, Any]) -> None:
    losses, p_values = seen["losses"], seen["p_values"]
    assert [round(losses[name], 3) for name in ("none", "temperature")] == [0.335, 0.279]
    assert losses["vector"] > losses["temperature"]
    assert p_values["none"] < 0.01
    assert min(p_values["temperature"], p_values["vector"]) > 0.1
    assert seen["ece"]["none"] > 4 * seen["ece"]["chance"]
    assert max(seen["beta"]) < 0.0
    assert np.argmin(seen["beta"]) == 3
    for coverage, low, high, _, _ in seen["judged"].values():
        assert low <= coverage <= high
    sizes = {method: each[3] for method, each in seen["judged"].items()}
    assert min(sizes, key=sizes.__getitem__) == "split"
    assert round(sizes["split"], 2) == 1.13
    assert (seen["judged"]["aps"][4], seen["judged"]["raps"][4]) == (7, 2)
    ones = np.mean(load_digit_logits()["label"].to_numpy()[seen["town"]] == 1)
    assert seen["limits"][0] < ones < seen["limits"][1]
    assert seen["shift_loss"][1] < seen["shift_loss"][0]
    assert seen["shift_wrong"][1] < seen["shift_wrong"][0]
    assert seen["images"] == 2
