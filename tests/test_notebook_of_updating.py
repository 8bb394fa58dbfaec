"""The notebook on updating: its numbers by plain Newton steps, and what its words say of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import chdtrc, expit

from logitkit.datasets import load_indo_rct
from notebook_runs import look_into
from tolerances import ITERATIVE, ROUTE

pytestmark = pytest.mark.slow
FLAGS = ["pep", "psphinc", "difcan"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look_into("13-updating", tmp_path_factory.mktemp("updating"), quick=False)


def columns(site: str) -> tuple[np.ndarray, np.ndarray]:
    """Outcome and columns of the patients of a site, made by hand."""
    trial = load_indo_rct()
    trial = trial[trial["site"].str[2:] == site]
    flags = [(trial[name] == "1_yes").to_numpy(float) for name in FLAGS]
    treated = (trial["rx"] == "1_indomethacin").to_numpy(float)
    return (trial["outcome"] == "1_yes").to_numpy(float), np.column_stack([np.ones(len(trial)), treated, *flags])


def newton(X: np.ndarray, y: np.ndarray, offset: Any = 0.0, precision: Any = 0.0, centre: Any = 0.0) -> Any:
    b = np.zeros(X.shape[1])
    P = precision * np.eye(b.size) if np.ndim(precision) == 0 else precision
    for _ in range(40):
        p = expit(X @ b + offset)
        hessian = X.T @ (X * (p * (1 - p))[:, None]) + P
        b = b - np.linalg.solve(hessian, X.T @ (p - y) + P @ (b - centre))
    eta = X @ b + offset
    return b, float(np.sum(y * eta - np.logaddexp(0, eta))), hessian


def test_the_ladder_is_that_of_plain_newton_steps(seen: dict[str, Any]) -> None:
    old, _, information = newton(*columns("IU")[::-1])
    y, X = columns("UM")
    assert y[:110].sum() == 21
    first, later = slice(0, 110), slice(110, None)
    eta, one = X @ old, np.ones((len(y), 1))
    line = np.column_stack([one, eta])
    shift, slope, again = (
        newton(one[first], y[first], eta[first]),
        newton(line[first], y[first]),
        newton(X[first], y[first]),
    )
    none = float(np.sum(y[first] * eta[first] - np.logaddexp(0, eta[first])))
    loglik = np.array([none, shift[1], slope[1], again[1]])
    assert_allclose(seen["loglik"], loglik, rtol=ITERATIVE)
    p = chdtrc([5, 4, 3], 2 * (loglik[3] - loglik[:3]))
    assert_allclose(seen["p_value"][:3], p, rtol=1e-4)
    assert p[0] < 0.05 < p[1]
    assert seen["chosen"] == "intercept"
    etas = [eta, eta + shift[0], line @ slope[0], X @ again[0]]
    losses = [np.mean(np.logaddexp(0, each[later]) - y[later] * each[later]) for each in etas]
    assert_allclose(seen["held_out"]["log_loss"], losses, rtol=ITERATIVE)
    assert_allclose(seen["held_out"]["brier"][1], np.mean((y[later] - expit(etas[1][later])) ** 2), rtol=ITERATIVE)

    # The prior: the information of Indiana with its intercept eliminated.
    P = np.zeros((5, 5))
    P[1:, 1:] = information[1:, 1:] - np.outer(information[0, 1:], information[0, 1:]) / information[0, 0]
    assert_allclose(seen["coefs"]["prior"], newton(X[first], y[first], 0.0, seen["strength"] * P, old)[0], rtol=1e-4)
    assert_allclose(seen["coefs"]["revision"], again[0], rtol=1e-4)
    patient = np.array([[1.0, 0, 1, 1, 0], [1.0, 1, 1, 1, 0]]) @ old
    assert_allclose(seen["risks"], np.column_stack([expit(patient), expit(patient + shift[0])]), rtol=ITERATIVE)


def test_what_the_words_say(seen: dict[str, Any]) -> None:
    rates = seen["rates"]
    assert (rates["IU"][:2], rates["UM"][:2]) == ([413, 41], [164, 36])
    assert rates["UM"][2] > 2 * rates["IU"][2]
    held = seen["held_out"]
    for name in ("log_loss", "brier"):
        assert np.argmin(held[name]) == 1
    assert held["log_loss"][3] > max(held["log_loss"][1:3])
    assert_allclose(held["c"][:3], held["c"][0], rtol=ROUTE)
    often = seen["often"]
    assert round(often["slope"] + often["revision"], 2) == 0.08
    assert 0.3 < often["original"] < 0.4
    assert 0.5 < seen["strength"] < 0.55
    assert held["log_loss"][1] < seen["prior"] < held["log_loss"][3]
    coefs = {name: np.array(values) for name, values in seen["coefs"].items()}
    assert ((coefs["prior"] - coefs["Indiana"]) * (coefs["prior"] - coefs["revision"]) < 0).all()
    assert seen["extension"][0] > 0.5
    assert seen["extension"][1] > held["log_loss"][1]
    assert seen["images"] == 2
