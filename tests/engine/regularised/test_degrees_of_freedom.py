"""Effective degrees of freedom are the derivative of the fitted means by the responses, taken by refits."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.design import Design
from logitkit.design.ready import ready_design
from logitkit.engine.curvature.freedom import effective_freedom, gram_rank
from logitkit.engine.regularised import shrinkage
from tolerances import ITERATIVE, REFERENCE

STEP = 1e-5  # of a response: differences are right to its square, and to what a solver leaves over it
NAMES = ["Intercept", "a", "b", "c", "d"]
GROUPS = {"first": ["a", "b"], "second": ["c", "d"]}
FIRST = {"Intercept": 0.0, "a": 1.0, "b": -0.8, "c": 0.5, "d": 0.2}
BINARY: dict[str, Any] = {
    "lasso": lk.Lasso(0.05),
    "elastic net": lk.ElasticNet(0.1, l1_ratio=0.5),
    "ridge": lk.Ridge(0.1),
    "groups": lk.GroupLasso(0.05, groups=GROUPS),
    "groups as given": lk.GroupLasso(0.05, groups=GROUPS, standardize=False),
    "sparse groups": lk.GroupLasso(0.05, groups=GROUPS, l1_ratio=0.3),
    "groups and ridge": lk.GroupLasso(0.05, groups=GROUPS) + lk.Ridge(0.05),
    "adaptive": lk.AdaptiveLasso(0.02, initial=FIRST),
    "relaxed": lk.RelaxedLasso(0.05),
    "half relaxed": lk.RelaxedLasso(0.05, gamma=0.5),
    "prior": lk.GaussianPrior(precision=2.0),
    "prior of all": lk.GaussianPrior(precision=np.eye(5) + 0.3),
    "lasso and prior": lk.Lasso(0.05) + lk.GaussianPrior(precision=2.0),
    "bounds": lk.Bounds(upper=0.2),
    "bounds and ridge": lk.Bounds(lower={"b": -0.2}) + lk.Ridge(0.05),
}
SEVERAL: dict[str, Any] = {
    "lasso": lk.Lasso(0.03),
    "groups": lk.GroupLasso(0.03, groups=GROUPS, l1_ratio=0.2),
    "across": lk.ElasticNet(0.03, l1_ratio=0.5, across_outcomes=True),
    "prior": lk.GaussianPrior(precision=2.0),
}


def _columns(n: int) -> np.ndarray:
    X = np.random.default_rng(3).normal(size=(n, 4))
    X[:, 3] = 2.0 * X[:, 3] + 1.0
    return X


@cache
def _binary_rows(n: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng, X = np.random.default_rng(4), _columns(n)
    shares = np.clip(0.1 + 0.8 / (1.0 + np.exp(-X @ [1.0, -1.0, 0.5, 0.3])) + 0.1 * rng.normal(size=n), 0.05, 0.95)
    return X, shares, rng.uniform(1.0, 3.0, n)


def _binary(penalty: Any, shares: np.ndarray) -> lk.Fit:
    """Each row is there twice, with and without the event, weighed by its share: a response between 0 and 1."""
    X, _, weights = _binary_rows()
    n = len(X)
    twice = np.column_stack([np.ones(2 * n), np.vstack([X, X])])
    y = np.repeat([1.0, 0.0], n)
    own = np.r_[weights * shares, weights * (1.0 - shares)]
    return lk.logit_matrix(twice, y, NAMES, weights=own, weight_kind="precision", penalty=penalty)


@pytest.mark.parametrize("penalty", BINARY)
def test_of_a_binary_fit(penalty: str) -> None:
    X, shares, _ = _binary_rows()
    total = 0.0
    for i in range(len(X)):
        step = np.zeros(len(X))
        step[i] = STEP
        above, below = (_binary(BINARY[penalty], shares + sign * step) for sign in (1.0, -1.0))
        total += (above.predict()[i] - below.predict()[i]) / (2.0 * STEP)
    fit = _binary(BINARY[penalty], shares)
    assert_allclose(fit.penalty.dof, total, rtol=REFERENCE)


@cache
def _several_rows(n: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng, X = np.random.default_rng(5), _columns(n)
    eta = X @ np.array([[0.0, 0.0, 0.0, 0.0], [1.0, -1.0, 0.5, 0.0], [0.3, 0.8, -0.4, 0.0]]).T
    shares = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    return X, 0.7 * shares + 0.1, rng.uniform(1.0, 3.0, n)


def _several(penalty: Any, shares: np.ndarray, reference: int | None) -> lk.MultinomialFit:
    X, _, weights = _several_rows()
    n, k = shares.shape
    rows = np.column_stack([np.ones(k * n), np.vstack([X] * k)])
    named = {} if reference is None else {"reference": reference}
    own = (weights * shares.T).ravel()
    y = np.repeat(np.arange(k), n)
    return lk.multinomial_matrix(rows, y, NAMES, weights=own, weight_kind="precision", penalty=penalty, **named)


@pytest.mark.parametrize("reference", [None, 0])
@pytest.mark.parametrize("penalty", SEVERAL)
def test_of_several_outcomes(penalty: str, reference: int | None) -> None:
    X, shares, _ = _several_rows()
    total = 0.0
    for i in range(len(X)):
        for outcome in (1, 2):  # shares sum to one: those of two outcomes move freely
            step = np.zeros_like(shares)
            step[i, [0, outcome]] = -STEP, STEP
            fits = [_several(SEVERAL[penalty], shares + sign * step, reference) for sign in (1.0, -1.0)]
            above, below = (np.asarray(fit.predict())[i, outcome] for fit in fits)
            total += (above - below) / (2.0 * STEP)
    assert_allclose(_several(SEVERAL[penalty], shares, reference).record.penalty.dof, total, rtol=REFERENCE)


@pytest.mark.parametrize("reference", [None, "a"])
def test_collinear_columns_count_by_their_rank(reference: str | None) -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(90), rng.normal(size=(90, 2))])
    X = np.column_stack([X, X[:, 1]])
    names = ["Intercept", "a", "b", "again"]
    y = (rng.random(90) < 1.0 / (1.0 + np.exp(-X[:, 1] - X[:, 2]))).astype(int)
    fit = lk.logit_matrix(X, y, names, penalty=lk.Lasso(0.01))
    assert fit.penalty.dof == 3.0
    three = np.where(rng.random(90) < 0.3, 2, y)
    kind = {} if reference is None else {"reference": 0}
    once = lk.multinomial_matrix(X[:, :3], three, names[:3], penalty=lk.Lasso(0.01), **kind)
    twice = lk.multinomial_matrix(X, three, names, penalty=lk.Lasso(0.01), **kind)
    assert twice.record.penalty.dof == once.record.penalty.dof
    assert effective_freedom(np.ones((2, 2)), None) == 1.0
    assert_allclose(effective_freedom(np.ones((2, 2)), np.diag([1e-9, 1e-9])), 1.0, rtol=ITERATIVE)
    assert gram_rank(np.zeros((3, 3))) == 0


def test_a_repeated_column_counts_once() -> None:
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(4_000), rng.normal(size=(4_000, 3))])
    X = np.column_stack([X, X[:, 2]])
    y = (rng.random(4_000) < 1.0 / (1.0 + np.exp(-X[:, 1] - X[:, 2]))).astype(int)
    facts = lk.logit_matrix(X, y, ["Intercept", "a", "b", "c", "again"], penalty=lk.Lasso(0.01)).record.penalty
    assert len(pickle.dumps(facts)) < X[:, 0].nbytes  # the rows stay behind
    assert facts.dof == 4.0


@pytest.mark.parametrize("penalty", [lk.Lasso(), lk.GroupLasso(), lk.ElasticNet(l1_ratio=0.4), lk.RelaxedLasso()])
def test_along_a_path_they_are_those_of_the_fits(penalty: Any) -> None:
    births = lk.datasets.load_lbw()
    path = lk.path("low ~ age + lwt + race + smoke + ht", births, penalty=penalty, n_strengths=6)
    fits = [path.at(strength).penalty.dof for strength in path.strengths]
    assert_allclose(path.dof, fits, rtol=1e-3)  # those of a path are at a gap of 1e-7
    least = int(np.argmin(path.record.deviance + 2.0 * np.array(fits)))
    assert path.choose("aic").penalty.strengths[0][1] == path.strengths[least]


@pytest.mark.parametrize(
    ("case", "rank", "reads_all"), [("apart", 3, False), ("apart in one row", 3, True), ("equal", 2, True)]
)
def test_some_rows_tell_that_columns_are_independent_but_not_that_they_are_collinear(
    monkeypatch: pytest.MonkeyPatch, case: str, rank: int, reads_all: bool
) -> None:
    n = 5_000
    a = np.random.default_rng(0).normal(size=n)
    b = {"apart": a**2, "apart in one row": a + 5.0 * (np.arange(n) == n - 1), "equal": a}[case]
    X = np.column_stack([np.ones(n), a, b])
    read: list[int] = []
    of_rows = shrinkage._gram_of_rows

    def counted(columns: Any, scale: Any, centre: Any, part: Design) -> np.ndarray:
        read.append(part.n_rows)
        return of_rows(columns, scale, centre, part)

    monkeypatch.setattr(shrinkage, "_gram_of_rows", counted)
    design = ready_design(X, np.arange(n) % 2.0, NAMES[:3])
    assert shrinkage.ColumnRanks(design, np.arange(3), np.ones(3)).of(np.arange(3)) == rank == np.linalg.matrix_rank(X)
    assert (max(read) == n) is reads_all
