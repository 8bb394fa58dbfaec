"""Penalised models of several outcomes as glmnet has them, ungrouped and grouped (``penalised_multinomial.R``)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.special import softmax

import logitkit as lk
from oracles.penalised import PenalisedOracle
from oracles.penalised_outcomes import OutcomeOracle
from tolerances import EXACT, ITERATIVE, ROUTE

FOLDER = Path(__file__).resolve().parents[2] / "references" / "multinomial"
#: What glmnet's stop at thresh = 1e-14 leaves of the conditions of optimality: stored, and measured again below.
KKT = 2e-6


@cache
def stored() -> dict[str, Any]:
    reference: dict[str, Any] = json.loads((FOLDER / "penalised.json").read_text(encoding="utf-8"))
    return reference


@cache
def made() -> pd.DataFrame:
    return pd.DataFrame(json.loads((FOLDER / "multinomial.json").read_text(encoding="utf-8"))["made"])


CASES = stored()["cases"]


def labels(case: dict[str, Any]) -> np.ndarray:
    data = made()
    if case["response"] == "three":
        return data["four"].replace("train", "car").to_numpy()
    return data["four"].to_numpy() if case["response"] == "four" else data["six"].replace("s6", "s5").to_numpy()


class Case:
    """A case as rows, a penalty and an oracle."""

    def __init__(self, name: str) -> None:
        self.case = CASES[name]
        self.X = np.column_stack([np.ones(len(made())), np.array(stored()["X"], dtype=float)])
        self.names = ["Intercept", *stored()["columns"]]
        self.y, self.outcomes = labels(self.case), self.case["outcomes"]
        K = len(self.outcomes)
        self.weights = None if self.case["weights"] is None else made()[self.case["weights"]].to_numpy(dtype=float)
        columns = ["o_air", "o_bus", "o_car", "o_train"][:K]
        self.offset = made()[columns].to_numpy(dtype=float) if self.case["offset"] else None
        self.relative = np.r_[0.0, self.case["relative"]]

    def oracle(self, strength: float) -> OutcomeOracle:
        c = self.case
        columns = PenalisedOracle(self.X, np.zeros(len(self.y)), self.weights)
        shares = (self.y[:, None] == np.array(self.outcomes)).astype(float)
        oracle = OutcomeOracle(columns, shares, self.offset)
        if c["grouped"]:
            assert (self.relative[1:] == 1.0).all()
            oracle.lengths_across(strength, c["l1_ratio"], c["standardize"])
        else:
            columns.elastic_net(strength, c["l1_ratio"], self.relative, c["standardize"])
        return oracle

    def fit(self, strength: float) -> Any:
        c = self.case
        given = zip(self.names[1:], c["relative"], strict=True)
        parts = {name: v for name, v in given if v not in (0.0, 1.0)}
        keep = [name for name, v in zip(self.names[1:], c["relative"], strict=True) if v == 0.0]
        penalty = lk.ElasticNet(
            strength,
            c["l1_ratio"],
            standardize=c["standardize"],
            keep=keep or None,
            relative=parts or None,
            across_outcomes=c["grouped"],
        )
        return lk.multinomial_matrix(
            sparse.csc_array(self.X) if c["sparse"] else self.X,
            self.y,
            self.names,
            penalty=penalty,
            weights=self.weights,
            weight_kind="frequency" if self.weights is None else "precision",
            offset=self.offset,
        )


@pytest.mark.parametrize("name", CASES)
def test_the_fit_is_glmnets_or_better(name: str) -> None:
    p = Case(name)
    for k, strength in enumerate(p.case["strengths"]):
        theirs = np.array(p.case["coef"][k])
        fit, oracle = p.fit(strength), p.oracle(strength)
        ours = fit.record.coef_table
        assert list(fit.record.outcomes) == p.outcomes
        assert oracle.residual(theirs) < KKT  # the same problem, nearly solved
        assert oracle.residual(ours) < 1e-10  # what our own stop leaves, on the scale of the above
        mean = oracle.columns.total
        assert oracle.objective(ours) <= oracle.objective(theirs) + EXACT * mean
        assert_allclose(oracle.objective(ours), oracle.objective(theirs), rtol=ROUTE)
        scale = oracle.columns.scale
        one, two = ours * scale, theirs * scale
        if p.case["l1_ratio"] == 1.0 and not p.case["grouped"] and len(p.outcomes) % 2 == 0:
            one, two = one - one.mean(axis=0), two - two.mean(axis=0)  # a number a column is not determined
        else:
            free = p.relative == 0.0
            one[:, free] -= one[:, free].mean(axis=0)
            two[:, free] -= two[:, free].mean(axis=0)
        assert_allclose(one, two, atol=ITERATIVE)
        assert_allclose(softmax(oracle.logits(ours), axis=1), softmax(oracle.logits(theirs), axis=1), atol=ITERATIVE)
        assert_allclose(fit.predict(), softmax(oracle.logits(ours), axis=1), atol=EXACT)


@pytest.mark.parametrize("name", CASES)
def test_what_r_stored_of_the_conditions_is_what_they_are(name: str) -> None:
    p = Case(name)
    assert max(p.case["kkt"]) < KKT
    if p.case["standardize"]:
        found = [p.oracle(s).residual(np.array(c)) for s, c in zip(p.case["strengths"], p.case["coef"], strict=True)]
        # Differences of numbers of size one that leave 1e-9 to 1e-6: what agrees is the rounding of the former.
        assert_allclose(found, p.case["kkt"], rtol=0, atol=1e-14)


def test_the_cases_cover_what_they_should() -> None:
    cases = CASES.values()
    assert {len(case["outcomes"]) for case in cases} == {3, 4, 5}
    for key in ("grouped", "standardize", "offset", "sparse"):
        assert {case[key] for case in cases} == {True, False}, key
    assert {0, 1} < {case["l1_ratio"] for case in cases}


# glmnet 4.1.6 on load_lbw(), x the columns below and y the race: coefficients of black, other, white.
# glmnet(x, y, family = "multinomial", lambda = 0.02 * sum(v) / 5, penalty.factor = v, thresh = 1e-16, maxit = 1e7)
# with v = c(0.5, 2, 1, 3, 0.25), which glmnet scales to the sum 5
ADAPTIVE = [
    [-0.836226292630, 1.99408114584, -1.15785485321],
    [-0.032393325096, 0.0, 0.06815247519],
    [0.007231090872, -0.01106030003, 0.0],
    [0.0, -0.98046512764, 0.62457947393],
    [0.0, 0.0, 0.0],
    [-0.053189804208, 0.30467312730, 0.0],
]
# coef(glmnet(x, y, family = "multinomial", relax = TRUE, thresh = 1e-14, lambda = 6:3 / 100)$relaxed, s = 0.03)
RELAXED = [
    [-1.50335787098, 3.03211261513, -1.52875474415],
    [-0.06735420859, 0.0, 0.06795954311],
    [0.01500987295, -0.02125868522, 0.0],
    [0.0, -1.24928245252, 0.70243001857],
    [0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0],
]


def test_the_adaptive_and_the_relaxed_lasso_of_several_outcomes() -> None:
    data, names = lk.datasets.load_lbw(), ["age", "lwt", "smoke", "ht", "ui"]
    X = np.column_stack([np.ones(len(data)), data[names].to_numpy(float)])
    first = np.r_[1.0, 1.0 / (X[:, 1:].std(axis=0) * np.array([0.5, 2.0, 1.0, 3.0, 0.25]))]
    for penalty, expected in ((lk.AdaptiveLasso(0.02, initial=first), ADAPTIVE), (lk.RelaxedLasso(0.03), RELAXED)):
        fit = lk.multinomial_matrix(X, data["race"].astype(str), ["Intercept", *names], penalty=penalty)
        assert list(fit.outcomes) == ["black", "other", "white"]
        # Where glmnet stops.
        assert_allclose(fit.coef, expected, rtol=ITERATIVE)
        assert_array_equal(fit.coef.to_numpy() == 0.0, np.array(expected) == 0.0)
