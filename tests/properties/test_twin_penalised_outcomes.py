"""Penalised fits of several outcomes against the conditions of optimality of a NumPy twin over random designs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp, softmax, xlogy

import logitkit as lk
from logitkit.errors import UnsupportedError
from oracles.freedom import outcome_freedom
from oracles.penalised import PenalisedOracle
from oracles.penalised_outcomes import OutcomeOracle
from properties.comparing import Comparison
from properties.designs import MARKS, Drawn, Strata, belongs, columns_of, drawn, strata, term_names
from tolerances import REFERENCE, ROUTE

DIMENSIONS = {
    "penalty": ("ridge", "lasso", "net", "groups", "across"),
    "strength": (0.02, 0.06),
    "response": ("text", "counts"),
    "weights": ("none", "frequency", "precision"),
    "reference": (None, None, "o0"),
    "offset": (False, True),
}
pytestmark = MARKS
CASES = strata(10, DIMENSIONS, key=4)
OUTCOMES = ["o0", "o1", "o2"]


@dataclass(frozen=True)
class Case:
    """A design with its response, the call of logitkit and the oracle."""

    words: str
    drawn: Drawn
    formula: str
    frame: pd.DataFrame
    options: dict[str, Any]
    trials: np.ndarray
    oracle: OutcomeOracle


def make(case: Strata) -> Case:
    kinds, strength = case.kinds, case.kinds["strength"]
    d = drawn((4, case.index), True, n_terms=(2, 4))
    frame, rng, n, k = d.frame.copy(), d.rng, len(d.frame), len(OUTCOMES)
    offset = np.zeros((n, k))
    offset[:, 1] = frame["o"].to_numpy(dtype=float) * kinds["offset"]
    p = softmax(np.column_stack([np.zeros(n), d.eta(1.5), d.eta(1.5)]) + offset, axis=1)
    trials = rng.integers(0, 4, n).astype(float) if kinds["response"] == "counts" else np.ones(n)
    counts = np.array([rng.multinomial(int(m), row) for m, row in zip(trials, p, strict=True)], dtype=float)
    frame[OUTCOMES] = counts.astype(np.int8)
    frame["y"] = np.array(OUTCOMES)[counts.argmax(axis=1)]
    shares = np.divide(counts, trials[:, None], out=np.full((n, k), 1.0 / k), where=trials[:, None] > 0)
    prior = {
        "none": np.ones(n),
        "frequency": rng.integers(0, 4, n).astype(float),
        "precision": rng.uniform(0.2, 2.5, n),
    }[kinds["weights"]]
    frame["w"] = prior.astype(np.int64) if kinds["weights"] == "frequency" else prior
    names = list(d.columns)
    columns = PenalisedOracle(d.matrix, np.zeros(n), prior * trials, None, names.index("Intercept"))
    oracle = OutcomeOracle(columns, shares, offset, None if kinds["reference"] is None else 0)
    penalty: Any
    match kinds["penalty"]:
        case "groups":
            terms = [[j for j, name in enumerate(names) if belongs(name, term)] for term in term_names(d.terms)]
            columns.group_lasso(strength, 0.2, [np.array(term) for term in terms])
            penalty = lk.GroupLasso(strength, 0.2)
        case "across":
            oracle.lengths_across(strength, 0.7)
            penalty = lk.ElasticNet(strength, 0.7, across_outcomes=True)
        case kind:
            ratio = {"ridge": 0.0, "lasso": 1.0, "net": 0.4}[kind]
            columns.elastic_net(strength, ratio)
            penalty = lk.ElasticNet(strength, ratio)
    options: dict[str, Any] = {"penalty": penalty, "reference": kinds["reference"]}
    if kinds["weights"] != "none":
        options |= {"weights": "w", "weight_kind": kinds["weights"]}
    if kinds["offset"]:
        options["offset"] = {"o1": "o"}
    left = "cbind(o0, o1, o2)" if kinds["response"] == "counts" else "y"
    formula = f"{left} ~ {d.right}"
    return Case(f"{case}\n{formula} {options}", d, formula, frame, options, trials, oracle)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_fit_is_the_minimum_and_its_verbs_are_their_formulas(case: Strata) -> None:
    made = make(case)
    d, frame, oracle, names = made.drawn, made.frame, made.oracle, list(made.drawn.columns)
    columns, shares = oracle.columns, oracle.shares
    with Comparison(made.words) as c:
        fit = lk.multinomial(made.formula, frame, **made.options)
        modelled = [OUTCOMES[a] for a in oracle.active]
        coef = fit.coef.loc[names, modelled].to_numpy().T
        # In standard deviations: zero at the minimum and nowhere else.
        c.near("distance to the minimum", oracle.residual(coef), 0.0, atol=REFERENCE)
        eta, w = oracle.logits(coef), columns.w
        loss = float(w @ np.sum(shares * (logsumexp(eta, axis=1, keepdims=True) - eta), axis=1))
        saturated = -float(w @ xlogy(shares, shares).sum(axis=1))
        c.near("deviance", fit.glance()["deviance"][0], 2.0 * (loss - saturated))
        # Differences of the conditions at a step of 1e-6 keep six to eight digits.
        c.near("effective degrees of freedom", fit.penalty.dof, outcome_freedom(oracle, coef), rtol=1e-5)
        # In symmetric form the intercepts sum to zero: one of them is not free.
        c.same("coefficients that are not zero", int(fit.penalty.n_nonzero), int(np.count_nonzero(coef)))
        free = int(np.count_nonzero(coef)) - (oracle.reference is None)
        c.same("parameters that are not zero", int(fit.n_params), free)
        used = made.trials > 0.0
        mean = softmax(eta, axis=1)
        c.near("predict", fit.predict().loc[frame.index[used], OUTCOMES], mean[used])
        c.near("residuals", fit.residuals("response").loc[frame.index[used]], (shares - mean)[used], atol=ROUTE)
        c.near("log loss", fit.calibration(bins=3).log_loss, loss / w.sum())
        new = frame.iloc[::-9].copy()
        new["x"] = new["x"] + 0.25
        X = np.column_stack(list(columns_of(d.terms, True, new).values()))
        logits = np.zeros((len(new), len(OUTCOMES)))
        logits[:, 1] = new["o"].to_numpy(dtype=float) * case.kinds["offset"]
        logits[:, oracle.active] += X @ coef.T
        c.near("predict(new)", fit.predict(new)[OUTCOMES], softmax(logits, axis=1))
        for verb in ("influence", "hosmer_lemeshow", "lr_test", "anova"):
            c.refused(verb, getattr(fit, verb), UnsupportedError)
