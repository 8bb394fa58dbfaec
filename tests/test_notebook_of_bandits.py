"""The notebook on the value of a policy: numbers by plain sums and by scikit-learn, and what its words say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import ndcg_score

from logitkit.datasets import load_open_bandit
from notebook_runs import look_into
from tolerances import EXACT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("12-off-policy", tmp_path_factory.mktemp("bandits"), False)


def test_values_are_weighted_means_of_clicks(seen: dict[str, Any]) -> None:
    log = load_open_bandit()
    bts, uniform = log[log["policy"] == "bts"], log[log["policy"] == "random"]
    w, r = (1 / (80 * bts["propensity"])).to_numpy(), bts["click"].to_numpy()
    value = np.average(r, weights=w)
    assert_allclose(seen["values"]["snips"][0], value, rtol=EXACT)
    assert_allclose(
        seen["values"]["snips"][1], np.sqrt(np.sum((w * (r - value)) ** 2) / w.sum() ** 2 * 1e4 / 9_999), rtol=EXACT
    )
    assert_allclose(seen["values"]["ips"][:2], [np.mean(w * r), np.std(w * r, ddof=1) / 100], rtol=EXACT)
    assert_allclose(seen["values"]["own"][0], uniform["click"].mean(), rtol=EXACT)
    expected = [w.sum() ** 2 / (w @ w), (w @ r) ** 2 / np.sum((w * r) ** 2), w.mean(), w.max()]
    assert_allclose(seen["sizes"], expected, rtol=EXACT)


def test_the_words_hold(seen: dict[str, Any]) -> None:
    values = seen["values"]
    assert [round(values[name][0], 4) for name in ("snips", "own")] == [0.0023, 0.0038]
    for name in ("snips", "own"):
        assert values[name][2] < 0.003
        assert values[name][3] > 0.004
    assert values["dr"][1] > values["snips"][1]
    assert [round(each) for each in seen["sizes"][:2]] == [340, 7]
    assert seen["concerns"] == 1
    assert (round(100 * seen["covered"]["normal"]), round(100 * seen["covered"]["log odds"])) == (71, 76)
    assert 0.6 < seen["below"] < 0.7
    assert seen["queries"] == 34
    assert all(gain > 0.0 and low < 0.0 < high for _, _, gain, low, high in seen["ranked"].values())
    assert seen["images"] == 1


def test_scores_and_their_order_are_those_of_scikit_learn(seen: dict[str, Any]) -> None:
    log = load_open_bandit()
    bts, uniform = log[log["policy"] == "bts"], log[log["policy"] == "random"]
    hour, click = uniform["timestamp"].dt.floor("h").to_numpy(), uniform["click"].to_numpy()
    scores, found = np.array(seen["scores"]), []
    for each in np.unique(hour[click == 1]):
        own = hour == each
        found.append(ndcg_score(click[None, own], scores[None, own]))
    assert_allclose(seen["ranked"]["NDCG"][0], np.mean(found), rtol=EXACT)
    X = np.eye(80)[:, 1:]
    spread = X[bts["item_id"]].std(axis=0)
    peer = LogisticRegression(C=1 / (10_000 * 0.001), tol=1e-10, max_iter=1_000)
    peer.fit(X[bts["item_id"]] / spread, bts["click"])
    assert_allclose(scores, peer.decision_function(X[uniform["item_id"]] / spread), atol=1e-4)  # lbfgs stops there
