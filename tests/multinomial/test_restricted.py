"""Predictors that differ by outcome, and coefficients that are equal, against a search over what is left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import minimize

import logitkit as lk
from examples import every_other
from logitkit.errors import DataError, FormulaError, LogitkitError, ResponseError, UnsupportedError
from multinomial.tables import table
from oracles.multinomial import gradient, loss, maximise
from tolerances import EXACT, ROUTE

TERMS = ("Intercept", "g[T.v]", "g[T.w]", "x", "z")
FORMULA = "y ~ g + x + z"

# What may not be zero by outcome, besides the intercept, and what is equal.
CASES: dict[str, tuple[dict[str, Any], dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "one outcome with one term": ({"per_outcome": {"b": "x"}}, {"b": ("x",)}, ()),
    "two outcomes": ({"per_outcome": {"b": "x", "c": "g + z"}}, {"b": ("x",), "c": ("g[T.v]", "g[T.w]", "z")}, ()),
    "an intercept alone": ({"per_outcome": {"c": "1"}}, {"c": ()}, ()),
    "one equal": ({"equal": "x"}, {}, ("x",)),
    "a factor equal": ({"equal": "g"}, {}, ("g[T.v]", "g[T.w]")),
    "all equal": ({"equal": ["x", "z", "g"]}, {}, ("x", "z", "g[T.v]", "g[T.w]")),
    "both": ({"per_outcome": {"b": "x"}, "equal": "x + z"}, {"b": ("x",)}, ("x", "z")),
}


def basis_of(outcomes: list[str], kept: dict[str, tuple[str, ...]], equal: tuple[str, ...]) -> np.ndarray:
    """Give the flat coefficients as a matrix times those that are free."""
    columns: list[np.ndarray] = []
    shared: dict[str, np.ndarray] = {}
    for k, outcome in enumerate(outcomes):
        for j, term in enumerate(TERMS):
            if outcome in kept and term != "Intercept" and term not in kept[outcome]:
                continue
            unit = np.zeros(len(outcomes) * len(TERMS))
            unit[k * len(TERMS) + j] = 1.0
            if term in equal and term in shared:
                shared[term] += unit
                continue
            if term in equal:
                shared[term] = unit
            columns.append(unit)
    return np.column_stack(columns)


def arrays(frame: Any, reference: str, k: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    g = frame["g"].to_numpy()
    X = np.column_stack([np.ones(len(frame)), g == "v", g == "w", frame["x"], frame["z"]]).astype(float)
    order = [reference, *(chr(97 + i) for i in range(k) if chr(97 + i) != reference)]
    return X, (frame["y"].to_numpy()[:, None] == np.array(order)).astype(float), order


@pytest.mark.parametrize(("case", "reference"), every_other(CASES, ["a", "d"]))
def test_against_a_search(case: str, reference: str) -> None:
    options, kept, equal = CASES[case]
    frame = table(4)
    X, Y, order = arrays(frame, reference, 4)
    basis = basis_of(order[1:], kept, equal)
    found = minimize(
        lambda b: loss(basis @ b, X, Y),
        np.zeros(basis.shape[1]),
        jac=lambda b: basis.T @ gradient(basis @ b, X, Y),
        method="BFGS",
        options={"gtol": 1e-9},
    )
    fit = lk.multinomial(FORMULA, frame, reference=reference, **options)
    assert fit.n_params == basis.shape[1]
    table_ = fit.coef.loc[list(TERMS), order[1:]].to_numpy().T
    # BFGS stops where the loss no longer changes in its digits: the root of their precision.
    assert_allclose(table_.ravel(), basis @ found.x, rtol=1e-5, atol=1e-5)
    best = maximise(X, Y, basis=basis)
    assert_allclose(table_.ravel(), best.coef, rtol=ROUTE, atol=ROUTE)
    names = [f"{outcome}:{term}" for outcome in order[1:] for term in TERMS]
    expected = best.vcov
    assert_allclose(np.nan_to_num(fit.vcov.loc[names, names]), expected, rtol=1e-7, atol=EXACT)
    assert_allclose(-fit.loglik, best.loss, rtol=EXACT)
    assert_allclose(fit.aic, 2 * best.loss + 2 * basis.shape[1], rtol=EXACT)
    test = fit.lr_test()
    null = maximise(np.ones((len(frame), 1)), Y)
    assert_allclose(test.statistic, 2 * (null.loss - best.loss), rtol=ROUTE)
    assert test.dof == basis.shape[1] - 3
    mean = np.exp(np.column_stack([np.zeros(len(frame)), X @ table_.T]))
    assert_allclose(fit.predict()[order], mean / mean.sum(axis=1, keepdims=True), rtol=ROUTE)


def test_ready_matrices_take_names_of_columns() -> None:
    frame = table(3)
    X = np.column_stack([np.ones(len(frame)), frame["x"], frame["z"]])
    options: dict[str, Any] = {"per_outcome": {"b": "x"}, "equal": "x"}
    matrix = lk.multinomial_matrix(X, frame["y"], ["Intercept", "x", "z"], **options)
    formula = lk.multinomial("y ~ x + z", frame, **options)
    assert_allclose(matrix.coef, formula.coef, rtol=ROUTE)


def test_nothing_restricted_is_the_whole_model() -> None:
    frame = table(3)
    whole = lk.multinomial("y ~ x + z", frame)
    same = lk.multinomial("y ~ x + z", frame, per_outcome={"b": "x + z", "c": "z + x"})
    assert_allclose(same.coef, whole.coef, rtol=ROUTE)
    assert_allclose(same.vcov, whole.vcov, rtol=1e-8)
    assert same.n_params == whole.n_params


@pytest.mark.parametrize("case", CASES)
def test_terms_of_restricted_models_by_refitting(case: str) -> None:
    frame = table(4)
    X, Y, order = arrays(frame, "a", 4)
    options, kept, equal = CASES[case]
    fit = lk.multinomial(FORMULA, frame, **options)
    basis = basis_of(order[1:], kept, equal)
    whole = maximise(X, Y, basis=basis)
    tests, wald = fit.anova(3, "LR"), fit.anova(3, "Wald")
    for place, (label, columns) in enumerate({"g": (1, 2), "x": (3,), "z": (4,)}.items()):
        assert tests.labels[place] == label
        flat = (np.arange(3)[:, None] * 5 + np.array(columns)).ravel()
        left = basis.copy()
        left[flat] = 0.0
        left = left[:, (left != 0).any(axis=0)]
        dof = basis.shape[1] - left.shape[1]
        smaller = maximise(X, Y, basis=left)
        assert_allclose(tests.statistic[place], 2 * (smaller.loss - whole.loss), rtol=1e-7, atol=1e-8)
        assert tests.dof[place] == dof
        free = flat[(basis[flat] != 0).any(axis=1)]
        expected = whole.coef[free] @ np.linalg.pinv(whole.vcov[np.ix_(free, free)], rcond=1e-10) @ whole.coef[free]
        assert_allclose(wald.statistic[place], expected, rtol=1e-6)
        assert wald.dof[place] == dof


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"per_outcome": {"q": "x"}}, ResponseError, "not an outcome of 'y'"),
        ({"per_outcome": {"a": "x"}}, FormulaError, "is the reference"),
        ({"per_outcome": {"b": "cost"}}, FormulaError, "cost"),
        ({"equal": "cost"}, FormulaError, "cost"),
        ({"equal": "1"}, FormulaError, "no term"),
        ({"equal": "Intercept"}, FormulaError, "intercept"),
        ({"equal": "x", "reference": None}, UnsupportedError, "Name a reference"),
        ({"per_outcome": ["x"]}, LogitkitError, "per_outcome"),
        ({"per_outcome": {"b": 3}}, LogitkitError, "per_outcome"),
        ({"equal": 3}, LogitkitError, "equal"),
    ],
)
def test_what_cannot_be_restricted(options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lk.multinomial("y ~ x + z", table(), **options)


def test_combining_is_refused_and_aliased_columns_too() -> None:
    frame = table().assign(copy=lambda d: 2 * d["x"])
    fit = lk.multinomial("y ~ x + z", frame, equal="x")
    with pytest.raises(UnsupportedError):
        fit.combine_tests()
    with pytest.raises(FormulaError, match="copy"):
        lk.multinomial("y ~ x + copy", frame, equal="x")


def test_an_aliased_column_of_a_part_is_dropped_and_the_rest_is_the_fit_without_it() -> None:
    frame = table().assign(twice=lambda d: 2 * d["z"] + 3, shift=lambda d: 1e8 + d["x"])
    fit = lk.multinomial("y ~ x + z + twice", frame, equal="x")
    plain = lk.multinomial("y ~ x + z", frame, equal="x")
    assert fit.record.aliased.size == len(fit.record.modelled)
    assert_allclose(fit.loglik, plain.loglik, rtol=EXACT)
    assert_allclose(fit.coef.loc[["Intercept", "x", "z"]], plain.coef, rtol=ROUTE, atol=ROUTE)
    assert_allclose(fit.std_error.loc[["Intercept", "x", "z"]], plain.std_error, rtol=ROUTE)
    assert fit.coef.loc["twice"].isna().all()
    assert_allclose(fit.predict(), plain.predict(), rtol=ROUTE)
    with pytest.raises(DataError, match="twice"):
        fit.predict(frame.assign(twice=0.0))


@pytest.mark.parametrize("equal", ["shift", "z"])
def test_columns_far_from_zero_cost_no_digits_in_a_restricted_model(equal: str) -> None:
    frame = table()
    far = frame.assign(shift=2.0**26 + frame["x"])
    fit = lk.multinomial("y ~ shift + z", far, equal=equal)
    plain = lk.multinomial("y ~ x + z", frame, equal="x" if equal == "shift" else "z")
    near = far["shift"] - 2.0**26  # what is left of x beside the large number
    assert_allclose(near, frame["x"], atol=1e-7)
    rounded = lk.multinomial("y ~ n + z", far.assign(n=near), equal=equal.replace("shift", "n"))
    assert_allclose(fit.loglik, rounded.loglik, rtol=ROUTE)
    assert_allclose(fit.coef.loc["z"], plain.coef.loc["z"], rtol=1e-6)
