"""Penalised fits of two outcomes against the conditions of optimality of a plain NumPy twin over random designs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import xlog1py, xlogy

import logitkit as lk
from logitkit.errors import UnsupportedError
from oracles.binary import area
from oracles.freedom import freedom, posterior_covariance
from oracles.likelihood import mean, row_loss
from oracles.penalised import PenalisedOracle
from properties.comparing import Comparison
from properties.designs import MARKS, Drawn, Strata, belongs, columns_of, drawn, strata, term_names
from tolerances import EXACT, REFERENCE, ROUTE

DIMENSIONS = {
    "penalty": ("ridge", "lasso", "net", "groups", "sparse groups", "bounds", "groups and ridge"),
    "strength": (0.01, 0.05),
    "response": ("number", "bool", "grouped"),
    "weights": ("none", "frequency", "precision"),
    "offset": (False, True),
    "intercept": (True, True, True, False),
    "standardize": (True, True, False),
}
pytestmark = MARKS
CASES = strata(28, DIMENSIONS, key=3)


@dataclass(frozen=True)
class Case:
    """A design with its response, the call of logitkit and the oracle."""

    words: str
    drawn: Drawn
    formula: str
    frame: pd.DataFrame
    options: dict[str, Any]
    names: list[str]
    oracle: PenalisedOracle


def penalise(case: Strata, d: Drawn, oracle: PenalisedOracle) -> Any:
    """State the penalty in the library's words, and to the oracle."""
    kind, strength, standardize = case.kinds["penalty"], case.kinds["strength"], case.kinds["standardize"]
    names = list(d.columns)
    groups = [
        np.array([j for j, name in enumerate(names) if belongs(name, term)], dtype=int) for term in term_names(d.terms)
    ]
    # Groups as they are stated are the columns of one term each.
    match kind:
        case "ridge" | "lasso" | "net":
            ratio = {"ridge": 0.0, "lasso": 1.0, "net": 0.4}[kind]
            oracle.elastic_net(strength, ratio, standardize=standardize)
            return lk.ElasticNet(strength, ratio, standardize=standardize)
        case "groups" | "sparse groups":
            ratio = 0.3 if kind == "sparse groups" else 0.0
            oracle.group_lasso(strength, ratio, groups, standardize=standardize)
            return lk.GroupLasso(strength, ratio, standardize=standardize)
        case "groups and ridge":
            oracle.group_lasso(strength, 0.0, groups, standardize=standardize)
            oracle.elastic_net(0.02, 0.0, standardize=standardize)
            return lk.GroupLasso(strength, standardize=standardize) + lk.Ridge(0.02, standardize=standardize)
    held = names[-1]
    oracle.elastic_net(0.02, 0.0, standardize=standardize)
    oracle.upper[-1] = 0.1 * strength
    return lk.Bounds(upper={held: 0.1 * strength}) + lk.Ridge(0.02, standardize=standardize)


def make(case: Strata) -> Case:
    kinds = case.kinds
    for attempt in range(60):
        d = drawn((3, case.index, attempt), kinds["intercept"], n_terms=(3, 6))
        frame, rng, n = d.frame.copy(), d.rng, len(d.frame)
        offset = frame["o"].to_numpy(dtype=float) * kinds["offset"]
        eta = d.eta(1.5) + offset
        trials, event = np.ones(n), d.event(eta)
        y = event.astype(float)
        frame["y"] = event if kinds["response"] == "bool" else event.astype(np.int8)
        if kinds["response"] == "grouped":
            trials = rng.integers(0, 5, n).astype(float)
            frame["s"] = rng.binomial(trials.astype(int), mean(eta))
            frame["r"] = trials.astype(int) - frame["s"]
            y = np.divide(frame["s"].to_numpy(), trials, out=np.full(n, 0.5), where=trials > 0)
        prior = {
            "none": np.ones(n),
            "frequency": rng.integers(0, 4, n).astype(float),
            "precision": rng.uniform(0.2, 2.5, n) * (rng.random(n) > 0.1),
        }[kinds["weights"]]
        frame["w"] = prior.astype(np.int64) if kinds["weights"] == "frequency" else prior
        w, X = prior * trials, d.matrix
        if np.linalg.matrix_rank(X[w > 0]) < X.shape[1] or not 3 < (w * y).sum() < w.sum() - 3:
            continue
        names = list(d.columns)
        oracle = PenalisedOracle(X, y, w, offset, names.index("Intercept") if kinds["intercept"] else None)
        options: dict[str, Any] = {"penalty": penalise(case, d, oracle)}
        if kinds["weights"] != "none":
            options |= {"weights": "w", "weight_kind": kinds["weights"]}
        if kinds["offset"]:
            options["offset"] = "o"
        left = "cbind(s, r)" if kinds["response"] == "grouped" else "y"
        formula = f"{left} ~ {d.right}"
        return Case(f"{case}\n{formula} {options}", d, formula, frame, options, names, oracle)
    raise AssertionError(f"no design was drawn: {case}")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_fit_is_the_minimum_and_its_verbs_are_their_formulas(case: Strata) -> None:
    made = make(case)
    with Comparison(made.words) as c:
        oracle = made.oracle
        fit = lk.logit(made.formula, made.frame, **made.options)
        c.same("names", set(fit.coef.index), set(made.names))
        beta = fit.coef[made.names].to_numpy()
        # In standard deviations: zero at the minimum and nowhere else.
        c.near("distance to the minimum", oracle.residual(beta), 0.0, atol=REFERENCE)
        eta = oracle.X @ beta + oracle.o
        check_statistics(c, fit, made, beta)
        check_rows(c, fit, made, eta)
        if case.kinds["penalty"] == "ridge":
            vcov = posterior_covariance(oracle, beta)
            c.near("posterior std_error", fit.std_error[made.names], np.sqrt(np.diag(vcov)), rtol=REFERENCE)
            c.near("posterior vcov", fit.vcov.loc[made.names, made.names], vcov, rtol=REFERENCE, atol=ROUTE)
        c.refused("lr_test", fit.lr_test, UnsupportedError)
        c.refused("influence", fit.influence, UnsupportedError)
        c.refused("hosmer_lemeshow", fit.hosmer_lemeshow, UnsupportedError)


def check_statistics(c: Comparison, fit: lk.Fit, made: Case, beta: np.ndarray) -> None:
    oracle, glance = made.oracle, fit.glance().iloc[0]
    eta = oracle.X @ beta + oracle.o
    loss, w, y = float(oracle.w @ row_loss(eta, oracle.y)), oracle.w, oracle.y
    saturated = -float(w @ (xlogy(y, y) + xlog1py(1.0 - y, -y)))
    c.near("deviance", glance["deviance"], 2.0 * (loss - saturated), rtol=ROUTE)
    free = np.flatnonzero((beta != 0.0) & (beta > oracle.lower) & (beta < oracle.upper))
    # Differences of the conditions at a step of 1e-6 keep six to eight digits.
    c.near("effective degrees of freedom", fit.penalty.dof, freedom(oracle, beta, free), rtol=1e-5)
    c.same("nonzero coefficients", int(fit.penalty.n_nonzero), int(np.count_nonzero(beta)))
    for name in ("aic", "bic", "mcfadden", "lr_statistic"):
        c.near(name, glance[name], np.nan)
    mu = mean(eta)
    means = [float(v @ mu / v.sum()) for v in (w * y, w * (1.0 - y))]
    c.near("tjur", fit.r_squared["tjur"], means[0] - means[1], atol=ROUTE)


def check_rows(c: Comparison, fit: lk.Fit, made: Case, eta: np.ndarray) -> None:
    oracle = made.oracle
    trials = made.frame[["s", "r"]].sum(axis=1) if "s" in made.frame else pd.Series(1.0, made.frame.index)
    used = trials.to_numpy() > 0.0
    index = made.frame.index[used]
    mu = mean(eta)
    c.near("predict", fit.predict()[index], mu[used])
    c.near("residuals", fit.residuals("response")[index], (oracle.y - mu)[used], atol=ROUTE)
    copies = made.options.get("weight_kind") == "frequency"
    own = np.where(oracle.w > 0.0, trials.to_numpy() if copies else oracle.w, 0.0)
    pearson = (oracle.y - mu) * np.sqrt(own / (mu * mean(-eta)))
    c.near("residuals('pearson')", fit.residuals("pearson")[index], pearson[used], atol=ROUTE)
    found = fit.discrimination()
    counted = made.options.get("weight_kind") != "precision"
    events = oracle.w * oracle.y
    for name, value in area(np.round(eta, 9), events, oracle.w - events, 0.95, counted).items():
        c.near(f"discrimination {name}", getattr(found, name), value, atol=EXACT)
    calibration = fit.calibration(bins=4)
    c.near("log loss", calibration.log_loss, oracle.w @ row_loss(eta, oracle.y) / oracle.w.sum())
    new = made.frame.iloc[::-9].copy()
    new["x"] = new["x"] + 0.25
    X = np.column_stack(list(columns_of(made.drawn.terms, made.drawn.intercept, new).values()))
    shift = new["o"].to_numpy(dtype=float) if "offset" in made.options else 0.0
    c.near("predict(new)", fit.predict(new), mean(X @ fit.coef[made.names].to_numpy() + shift))
