"""Choosing the strength of a model of several outcomes: cross-validation beside a plain loop, counts, summaries."""

from __future__ import annotations

import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import log_loss, roc_auc_score

import logitkit as lk
from engine.regularised.shrunken_outcomes import OutcomeProblem, outcome_problem, table
from logitkit.engine.regularised.options import ProxNewton
from logitkit.errors import DataError
from tolerances import ROUTE

STRENGTHS = [0.1, 0.03, 0.01]


@cache
def problem() -> OutcomeProblem:
    return outcome_problem("dense, C order")


def plain_score(measure: str, labels: np.ndarray, mean: np.ndarray, outcomes: list[str]) -> float:
    if measure == "deviance":
        return 2.0 * float(log_loss(labels, mean, labels=outcomes))
    if measure == "auc":
        return float(roc_auc_score(labels, mean, multi_class="ovo", labels=outcomes))
    hit = labels[:, None] == np.array(outcomes)
    if measure == "brier":
        return float(((mean - hit) ** 2).sum(axis=1).mean())
    return float((np.array(outcomes)[mean.argmax(axis=1)] != labels).mean())


PENALTIES = {
    "l1": lk.Lasso(),
    "l2": lk.Ridge(),
    "across": lk.Lasso(across_outcomes=True),
    "relaxed": lk.RelaxedLasso(gamma=0.5),
    "adaptive": lk.AdaptiveLasso(initial=lk.Ridge(0.05)),
}


@cache
def held_out(penalty: str, strength: float) -> list[tuple[np.ndarray, np.ndarray, list[str]]]:
    """Outcomes of each fold, their probabilities by the fit to the others, and the names of the columns."""
    p = problem()
    X, folds = p.columns.X, np.arange(len(p.y)) % 5
    found = []
    for fold in range(5):
        out = folds == fold
        fit = lk.multinomial_matrix(X[~out], p.y[~out], p.columns.shape.names, penalty=PENALTIES[penalty].at(strength))
        found.append((p.y[out], fit.predict(X[out]).to_numpy(), list(fit.outcomes)))
    return found


@pytest.mark.parametrize("measure", ["deviance", "auc", "brier", "misclassification"])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_scores_are_those_of_a_plain_loop(measure: str, penalty: str) -> None:
    p = problem()
    X, names = p.columns.X, p.columns.shape.names
    folds = np.arange(len(p.y)) % 5
    strengths = STRENGTHS[:1] if penalty == "relaxed" else STRENGTHS  # with a refit without each fold
    given: dict[str, Any] = {
        "model": lk.Multinomial(),
        "folds": lk.Folds(given=folds),
        "measure": measure,
        "strengths": strengths,
    }
    cv = lk.cross_validate_matrix(X, p.y, names, penalty=PENALTIES[penalty], solver=ProxNewton(tol=1e-14), **given)
    for k, strength in enumerate(strengths):
        scores = [plain_score(measure, *fold) for fold in held_out(penalty, strength)]
        assert_allclose(cv.record.curve.mean[k], np.mean(scores), rtol=1e-6)  # the folds are not polished


def test_one_thread_gives_the_bits_of_two_and_a_file_what_was_put_in() -> None:
    p = problem()
    given: dict[str, Any] = {"penalty": lk.Lasso(), "model": lk.Multinomial(), "n_strengths": 8}
    before = lk.get_threads()
    found = []
    try:
        for threads in (1, 2):
            lk.set_threads(threads)
            found.append(lk.cross_validate_matrix(p.columns.X, p.y, p.columns.shape.names, **given))
    finally:
        lk.set_threads(before)
    assert_array_equal(found[0].record.curve.mean, found[1].record.curve.mean)
    again = pickle.loads(pickle.dumps(found[0]))
    assert_array_equal(again.record.curve.mean, found[0].record.curve.mean)
    assert "with outcomes spread evenly" in str(again)
    assert again.best_strength == found[0].best_strength
    assert found[0].best.certificate().holds


def test_a_fold_without_an_outcome_is_refused() -> None:
    p = problem()
    y = np.where(p.y == "cedar", "ash", p.y)
    y[:2] = "cedar"
    folds = np.r_[0, 0, np.arange(len(y) - 2) % 5]
    given: dict[str, Any] = {"penalty": lk.Lasso(), "model": lk.Multinomial(), "folds": lk.Folds(given=folds)}
    with pytest.raises(DataError, match="would be trained on 118 rows without"):
        lk.cross_validate_matrix(p.columns.X, y, p.columns.shape.names, **given)


def test_of_even_outcomes_the_lasso_that_is_reported_is_one_and_is_counted() -> None:
    """Its coefficients are determined but for a number a column: whatever the solver ended at, one is chosen."""
    p = outcome_problem("dense, C order", "weights and offset", 4)
    path = p.path(lk.Lasso(), n_strengths=8, solver=ProxNewton(tol=1e-13))
    for k, strength in enumerate(path.strengths):
        fit = path.at(float(strength))
        coef = path.coef.to_numpy()[k].reshape(4, -1)
        assert_allclose(coef, table(fit), atol=1e-4)  # at the end of the path the curvature is small
        assert path.n_nonzero[k] == fit.record.penalty.n_nonzero
        assert path.n_nonzero[k] == np.count_nonzero(coef[:, 1:]) + 4  # intercepts
        middle = np.sort(coef[:, 1:], axis=0)[1:3]
        assert ((middle == 0.0).any(axis=0) | (coef[:, 1:] == 0.0).all(axis=0)).all()


@pytest.mark.parametrize("penalty", [lk.Lasso(0.02), lk.Ridge(0.02), lk.GaussianPrior(), lk.Lasso(1.0)])
@pytest.mark.parametrize("reference", [None, "birch"])
def test_a_fit_shows_itself(penalty: Any, reference: str | None) -> None:
    fit = problem().fit(penalty, **({} if reference is None else {"reference": reference}))
    text = str(fit.summary())
    assert f"Penalty {fit.record.penalty.words}" in " ".join(text.split())
    assert "Gap: upper bound" in text
    posterior = "posterior standard deviations and intervals" in " ".join(text.split())
    assert posterior == (not isinstance(penalty, lk.Lasso))
    assert "RRR" not in text
    assert "against the mean of all outcomes" not in text  # from which coefficients of a lasso are no distance
    assert fit.summary().to_html()


def test_the_covariance_of_a_ridge_is_the_inverse_of_its_second_derivatives() -> None:
    p = problem()
    fit, oracle = p.fit(lk.Ridge(0.05), reference="ash"), p.oracle(reference=0)
    oracle.columns.elastic_net(0.05, 0.0)
    coef, size = table(fit), table(fit).size
    second = np.empty((size, size))
    for j in range(size):
        step = np.zeros(size)
        step[j] = 1e-5 / np.tile(oracle.columns.scale, 2)[j]
        up, down = (oracle.smooth(coef + sign * step.reshape(coef.shape))[1].ravel() for sign in (1.0, -1.0))
        second[j] = (up - down) / (2.0 * step[j])
    # Of central differences with steps of 1e-5.
    assert_allclose(np.asarray(fit.vcov), np.linalg.inv(second), rtol=1e-5, atol=1e-8)
    likelihood = second - np.diag(np.tile(oracle.columns.l2, 2))
    assert_allclose(fit.record.penalty.dof, np.trace(np.linalg.solve(second, likelihood)), rtol=1e-6)
    assert fit.record.penalty.gap < ROUTE
