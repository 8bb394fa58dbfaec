"""Penalised fits as R's glmnet has them: coefficients, largest strengths, cross-validation, the relaxed lasso.

What is stored, and which of glmnet's conventions stand behind it, is in ``references/penalised/README.md``. The
coefficients compared are those polished by Newton's method, which glmnet's own are near.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import logitkit as lk
from logitkit.design.response.response import Response
from logitkit.engine.regularised.options import ProxNewton
from logitkit.selection.rules import best_strength, one_se_strength, score_curve
from logitkit.selection.scores import measure_named
from tolerances import EXACT, REFERENCE

ROOT = Path(__file__).resolve().parents[3]
FOLDER = Path(__file__).parents[2] / "references" / "penalised"
#: On coefficients. The gap at which a solver stops bounds them by its root only: a gap of 1e-15 leaves 5e-7 here.
COEF = 1e-6
#: Least curvature of 3e-7 on the columns of the solution: the same gap leaves more.
FLAT = {"wide": 1e-5}
#: Of the loss at the null model, to which the default solver proves a solution.
DEFAULT_GAP = 1e-12
#: What is passed to fits whose coefficients are compared.
TIGHT: dict[str, Any] = {"solver": ProxNewton(tol=1e-15)}
TABLES = {
    "lbw": 43,
    "german_credit": 6,
    "credit_data": 3,
    "esoph": 7,
    "wide": 7,
    "correlated": 4,
    "copied": 3,
}
CASES = [(name, case) for name in TABLES for case in json.loads((FOLDER / f"{name}.json").read_text())["cases"]]
# what glmnet calls a measure, what is ours, and its value over ours
MEASURES = {
    "deviance": ("deviance", 1.0),
    "class": ("misclassification", 1.0),
    "mse": ("brier", 2.0),
    "auc": ("auc", 1.0),
}


@cache
def stored(name: str) -> dict[str, Any]:
    reference: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return reference


@cache
def frame_of(name: str) -> pd.DataFrame:
    """Give the rows of a table that comes from a file, with the columns made for the cases."""
    table = stored(name)["table"]
    data = pd.read_csv(ROOT / table["data_file"]).dropna().reset_index(drop=True)
    return data.assign(**{key: np.array(values, dtype=float) for key, values in table["columns"].items()})


@cache
def columns_of(name: str) -> np.ndarray:
    """Give the columns without the intercept: from the JSON, or from the file, as their names say."""
    table = stored(name)["table"]
    if table["X"] is not None:
        return np.array(table["X"], dtype=float)
    data = frame_of(name)

    def column(spelled: str) -> np.ndarray:
        match = re.fullmatch(r"(.+?)\[T\.(.+)\]", spelled)
        return (data[match[1]] == match[2] if match else data[spelled]).to_numpy(dtype=float)

    return np.column_stack([column(spelled) for spelled in table["names"]])


class Problem:
    """A case of the references as a matrix, and its penalty."""

    def __init__(self, name: str, case: str) -> None:
        table, self.case = stored(name)["table"], stored(name)["cases"][case]
        X, response = columns_of(name), np.array(table["response"], dtype=float)
        extra = {key: np.array(values, dtype=float) for key, values in table["columns"].items()}
        offset = extra[self.case["offset"]] if self.case["offset"] else np.zeros(len(X))
        weights = extra[self.case["weights"]] if self.case["weights"] else np.ones(len(X))
        if response.ndim == 2:  # others and events: one row for each outcome, weighted by its count
            X, offset = np.vstack([X, X]), np.concatenate([offset, offset])
            weights = np.concatenate([weights * response[:, 0], weights * response[:, 1]])
            response = np.repeat([0.0, 1.0], len(response))
        self.columns = table["names"]
        self.intercept = self.case["intercept"]
        self.names = ["Intercept", *self.columns] if self.intercept else self.columns
        self.X = np.column_stack([np.ones(len(X)), X]) if self.intercept else X
        self.y, self.offset, self.weights = response, offset, weights
        self.relative, self.scale = np.array(self.case["relative"]), np.array(self.case["scale"])
        self.strengths = np.array(self.case["strengths"])
        self.coef = np.array(self.case["polished"]["coef"])
        self.lower, self.upper = (np.array(self.case[end], dtype=float) for end in ("lower", "upper"))

    def padded(self, values: np.ndarray, intercept: float) -> np.ndarray:
        return np.append(intercept, values) if self.intercept else values

    def penalty(self, strength: float | None = None) -> Any:
        """Give the penalty in the words of the library."""
        relative = {name: v for name, v in zip(self.columns, self.relative, strict=True) if v not in (0.0, 1.0)}
        keep = [name for name, v in zip(self.columns, self.relative, strict=True) if v == 0.0]
        options = {"standardize": self.case["standardize"], "keep": keep or None, "relative": relative or None}
        ratio = self.case["l1_ratio"]
        if ratio in (0, 1):
            chosen = (lk.Lasso if ratio else lk.Ridge)(strength, **options)
        else:
            chosen = lk.ElasticNet(strength, ratio, **options)
        ends = {}
        for end, values in (("lower", self.lower), ("upper", self.upper)):
            if np.isfinite(values).all() and np.ptp(values) == 0.0:
                ends[end] = float(values[0])
            elif np.isfinite(values).any():
                ends[end] = {n: float(v) for n, v in zip(self.columns, values, strict=True) if np.isfinite(v)}
        return chosen + lk.Bounds(**ends) if ends else chosen

    def options(self) -> dict[str, Any]:
        kind = "frequency" if self.case["weight_kind"] == "frequency" else "precision"
        return {"weights": self.weights, "weight_kind": kind, "offset": self.offset}

    def fit(self, strength: float, **solver: Any) -> lk.Fit:
        return lk.logit_matrix(self.X, self.y, self.names, penalty=self.penalty(strength), **self.options(), **solver)

    def objective(self, coef: np.ndarray, strength: float) -> float:
        """Return the mean loss with the penalty."""
        eta = self.offset + self.X @ coef
        loss = np.average(np.logaddexp(0.0, eta) - self.y * eta, weights=self.weights)
        ratio, beta = self.case["l1_ratio"], coef * self.padded(self.scale, 1.0)
        terms = ratio * np.abs(beta) + (1.0 - ratio) / 2 * beta**2
        return float(loss + strength * (self.padded(self.relative, 0.0) @ terms))

    def distance(self, coef: np.ndarray, strength: float) -> float:
        """Say how far a proximal step of length one would move, in units of standard deviations."""
        scale = self.padded(self.scale, 1.0)
        ratio, factor = self.case["l1_ratio"], strength * self.padded(self.relative, 0.0)
        mu = 1.0 / (1.0 + np.exp(-self.offset - self.X @ coef))
        gradient = self.X.T @ (self.weights * (mu - self.y)) / self.weights.sum() / scale
        beta = coef * scale
        step = beta - gradient - factor * (1.0 - ratio) * beta
        target = np.sign(step) * np.maximum(np.abs(step) - factor * ratio, 0.0)
        lower, upper = self.padded(self.lower, -np.inf) * scale, self.padded(self.upper, np.inf) * scale
        return float(np.abs(beta - np.clip(target, lower, upper)).max())


@cache
def problem(name: str, case: str) -> Problem:
    return Problem(name, case)


def assert_coefficients(actual: Any, expected: np.ndarray, scale: Any = 1.0, atol: float = COEF) -> None:
    """Compare on the original scale, and in units of standard deviations where these are larger."""
    assert_allclose((actual - expected) * np.maximum(scale, 1.0), 0.0, atol=atol)


def test_every_case_that_is_stored_is_compared() -> None:
    assert {name: len(stored(name)["cases"]) for name in TABLES} == TABLES
    assert {path.stem for path in FOLDER.glob("*.json") if "cases" in stored(path.stem)} == set(TABLES)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_what_is_stored_is_optimal(name: str, case: str) -> None:
    """NumPy finds what R did: the polished are optimal, and glmnet's nearly so."""
    p = problem(name, case)
    W = p.weights
    centre = np.average(p.X, axis=0, weights=W)
    deviation = np.sqrt(np.average((p.X - centre) ** 2, axis=0, weights=W))[int(p.intercept) :]
    assert_allclose(p.scale, deviation if p.case["standardize"] else 1.0, rtol=EXACT)
    for k, strength in enumerate(p.strengths):
        assert p.distance(p.coef[k], strength) < 1e-12
        assert p.distance(np.array(p.case["glmnet"]["coef"][k]), strength) < COEF
        assert_array_equal(np.array(p.case["glmnet"]["coef"][k]) == 0, p.coef[k] == 0)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_coefficients(name: str, case: str) -> None:
    p = problem(name, case)
    for k, strength in enumerate(p.strengths):
        fit = p.fit(strength, **TIGHT)
        assert fit.converged
        assert list(fit.coef.index) == p.names
        assert_coefficients(fit.coef.to_numpy(), p.coef[k], p.padded(p.scale, 1.0), FLAT.get(name, COEF))
        if p.case["l1_ratio"] > 0:
            assert_array_equal(fit.coef == 0.0, p.coef[k] == 0.0)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_objective_of_the_default_solver(name: str, case: str) -> None:
    p = problem(name, case)
    for k, strength in enumerate(p.strengths):
        fit = p.fit(strength)
        assert fit.converged
        coef = fit.coef.to_numpy()
        assert (coef >= p.padded(p.lower, -np.inf)).all()
        assert (coef <= p.padded(p.upper, np.inf)).all()
        excess = (p.objective(coef, strength) - p.objective(p.coef[k], strength)) / p.case["null_loss"]
        assert -EXACT < excess <= 2 * DEFAULT_GAP  # and rounding


@pytest.mark.parametrize(("name", "case"), [c for c in CASES if c[1] != "ridge" and not c[1].endswith("_ridge")])
def test_largest_strength(name: str, case: str) -> None:
    """Every penalised coefficient is zero above it; below it one is not, where no limit forbids that."""
    p = problem(name, case)
    largest = p.case["strength_max"]
    penalised = p.padded(p.relative, 0.0) > 0.0
    assert_allclose(p.case["glmnet"]["strength_max"], largest, rtol=REFERENCE)
    assert (p.fit(largest * 1.0001).coef[penalised] == 0.0).all()
    free = np.isinf(p.lower).all() and np.isinf(p.upper).all()
    if free:
        assert (p.fit(largest * 0.999).coef[penalised] != 0.0).any()


@pytest.mark.parametrize(("name", "case"), [c for c in CASES if c[0] in ("lbw", "wide", "esoph")])
def test_path(name: str, case: str) -> None:
    p = problem(name, case)
    path = lk.path_matrix(p.X, p.y, p.names, penalty=p.penalty(), strengths=p.strengths, **p.options(), **TIGHT)
    assert_allclose(path.strengths, p.strengths, rtol=EXACT)
    assert_coefficients(path.coef.to_numpy(), p.coef, p.padded(p.scale, 1.0), FLAT.get(name, COEF))
    if name != "esoph" and (p.relative > 0.0).all():  # of counts glmnet's deviance is that of rows, not of trials
        assert_allclose(path.deviance_ratio, p.case["polished"]["deviance_ratio"], atol=REFERENCE)


def test_a_formula_with_everything() -> None:
    """Terms in place of coefficients: `keep` as a formula, `relative` and the box by term."""
    p = problem("lbw", "all_standardized")
    ratio = float(p.relative[1])  # what glmnet's rescaling makes of 1
    relative = {"race": 2 * ratio, "lwt": ratio, "smoke": ratio / 2, "ptl": ratio, "ui": 1.5 * ratio, "ftv": 3 * ratio}
    assert_allclose(p.relative, [0, ratio, 2 * ratio, 2 * ratio, ratio / 2, ratio, 0, 1.5 * ratio, 3 * ratio])
    box = lk.Bounds(
        lower={
            "age": -0.02,
            "lwt": -0.005,
            "race[T.other]": -1,
            "smoke": 0,
            "ptl": 0,
            "ht": -1,
            "ui": -0.25,
            "ftv": -0.125,
        },
        upper={"age": 0.01, "race": 0.25, "smoke": 0.5, "ptl": 0.375, "ht": 1, "ui": 0.5, "ftv": 0},
    )
    data = frame_of("lbw")
    for k, strength in enumerate(p.strengths):
        penalty = lk.ElasticNet(strength, 0.5, keep="age + ht", relative=relative) + box
        fit = lk.logit(
            stored("lbw")["table"]["formula"] + " + offset(offset)",
            data,
            penalty=penalty,
            weights="precision",
            weight_kind="precision",
            **TIGHT,
        )
        assert list(fit.coef.index) == p.names
        assert_coefficients(fit.coef.to_numpy(), p.coef[k], p.padded(p.scale, 1.0))


@pytest.mark.parametrize("case", ["lasso", "half", "fifth", "ridge"])
def test_counts_in_a_formula(case: str) -> None:
    p = problem("esoph", case)
    for k, strength in enumerate(p.strengths):
        fit = lk.logit(stored("esoph")["table"]["formula"], frame_of("esoph"), penalty=p.penalty(strength), **TIGHT)
        assert list(fit.coef.index) == p.names
        assert_coefficients(fit.coef.to_numpy(), p.coef[k])


@pytest.mark.parametrize("kind", ["plain", "weighted"])
@pytest.mark.parametrize("measure", MEASURES)
def test_mean_error_and_rules_of_the_folds_are_glmnets(kind: str, measure: str) -> None:
    """From the scores of the folds on: how they are weighted, the standard error, the best and the one-error rule."""
    reference = stored("cross_validation")
    expected, strengths = reference[kind]["by_measure"][measure], np.array(reference[kind]["strengths"])
    curve = score_curve(
        np.array(expected["polished"]["by_fold"]), np.bincount(reference["folds"], row_weights(kind))[1:]
    )
    assert_allclose(curve.mean, expected["polished"]["mean"], rtol=EXACT)
    assert_allclose(curve.std_error, expected["polished"]["std_error"], rtol=REFERENCE)
    assert_allclose(curve.mean, expected["glmnet"]["mean"], rtol=REFERENCE)
    assert_allclose(curve.std_error, expected["glmnet"]["std_error"], rtol=COEF)
    larger = measure_named(MEASURES[measure][0]).larger_is_better
    assert strengths[best_strength(strengths, curve, larger_is_better=larger)] == expected["glmnet"]["best"]
    assert strengths[one_se_strength(strengths, curve, larger_is_better=larger)] == expected["glmnet"]["one_se"]


@pytest.mark.parametrize("kind", ["plain", "weighted"])
def test_scores_of_the_folds(kind: str) -> None:
    """Each fold predicted by a fit to the others, at the strengths of the whole table."""
    reference = stored("cross_validation")
    X = np.column_stack([np.ones(189), columns_of("cross_validation")])
    names = ["Intercept", *reference["table"]["names"]]
    y, w, fold = np.array(reference["table"]["response"]), row_weights(kind), np.array(reference["folds"])
    for f in range(1, 8):
        out = fold == f
        logits = np.empty((out.sum(), len(reference[kind]["strengths"])))
        for k, strength in enumerate(reference[kind]["strengths"]):
            fit = lk.logit_matrix(
                X[~out], y[~out], names, penalty=lk.Lasso(strength), weights=w[~out], weight_kind="precision", **TIGHT
            )
            logits[:, k] = X[out] @ fit.coef.to_numpy()
        # The bound on the probabilities in glmnet's deviance does nothing here.
        assert np.abs(logits).max() < np.log(1e5)
        for measure, (ours, ratio) in MEASURES.items():
            expected = reference[kind]["by_measure"][measure]["polished"]["by_fold"][f - 1]
            held = Response(y[out].astype(float), prior=w[out], weight_kind="precision")
            scores = measure_named(ours).score(logits, held)
            assert_allclose(ratio * scores, expected, rtol=COEF, err_msg=measure)


def row_weights(kind: str) -> np.ndarray:
    table = stored("cross_validation")["table"]
    return np.array(table["columns"]["precision"]) if kind == "weighted" else np.ones(len(table["response"]))


def test_the_relaxed_lasso() -> None:
    """The columns of the lasso without a penalty, and half way between the two."""
    reference = stored("relaxed")
    X = np.column_stack([np.ones(189), columns_of("relaxed")])
    names = np.array(["Intercept", *reference["table"]["names"]])
    for k, strength in enumerate(reference["strengths"]):
        lasso = lk.logit_matrix(
            X, reference["table"]["response"], list(names), penalty=lk.Lasso(strength), **TIGHT
        ).coef.to_numpy()
        active = lasso != 0.0
        free = np.zeros(len(names))
        free[active] = lk.logit_matrix(X[:, active], reference["table"]["response"], list(names[active])).coef
        for key, blend in (("zero", free), ("half", (free + lasso) / 2)):
            assert_coefficients(blend, np.array(reference["polished"][key][k]))
            assert_coefficients(blend, np.array(reference["glmnet"][key][k]))
