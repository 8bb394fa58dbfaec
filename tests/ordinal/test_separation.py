"""Ordered outcomes whose maximum lies at infinity, thresholds that cross, and coefficients that no row tells."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import linprog
from scipy.special import log_expit, log_ndtr

import logitkit as lk
from logitkit.errors import DataWarning, FormulaError

GROUP = {"y": [1, 2, 3, 2, 1, 3, 1, 1, 1, 2], "x": [0, 0, 0, 0, 0, 0, 1, 1, 1, 0]}
COMPLETE = {"y": [1, 1, 2, 2, 3, 3], "x": [1, 2, 3, 4, 5, 6]}
QUASI = {"y": [1, 1, 2, 2, 3, 3, 2], "x": [1, 2, 2, 4, 5, 6, 2]}
LINKS = ("logit", "probit", "cloglog", "loglog", "cauchit")


@pytest.mark.parametrize("link", LINKS)
def test_a_group_with_the_lowest_outcome_only_has_an_infinite_slope(link: str) -> None:
    fit = lk.ordinal("y ~ x", GROUP, link=link)
    assert fit.separation is not None
    assert fit.coef["x"] == -np.inf
    others = lk.ordinal("y ~ 1", {"y": [1, 2, 3, 2, 1, 3, 2]}, link=link)
    assert_allclose(fit.coef[:2], others.coef, rtol=1e-8)
    assert_allclose(fit.std_error[:2], others.std_error, rtol=1e-6)
    assert_allclose(fit.loglik, others.loglik, rtol=1e-12)
    assert fit.predict().iloc[6].tolist() == [1.0, 0.0, 0.0]
    assert "Separation" in str(fit.summary())
    again = lk.ordinal("y ~ x", GROUP, link=link)
    assert_allclose(fit.residuals(), again.residuals(), equal_nan=True)


@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
@pytest.mark.parametrize("nominal", [None, "x"])
def test_complete_separation_is_told(model: str, nominal: str | None) -> None:
    fit = lk.ordinal("y ~ x", COMPLETE, model=model, nominal=nominal)
    assert np.isinf(fit.coef).all()
    assert fit.loglik == 0.0
    assert_allclose(fit.predict().to_numpy()[np.arange(6), np.array(COMPLETE["y"]) - 1], 1.0)


@pytest.mark.parametrize("model", ["cumulative", "adjacent"])
@pytest.mark.parametrize("nominal", [None, "x"])
def test_rows_that_overlap_keep_their_probabilities_in_the_limit(model: str, nominal: str | None) -> None:
    fit = lk.ordinal("y ~ x", QUASI, model=model, nominal=nominal)
    assert fit.separation is not None
    assert_allclose(fit.loglik, np.log(1 / 3) + 2 * np.log(2 / 3), rtol=1e-10)
    assert_allclose(fit.predict().iloc[1], [1 / 3, 2 / 3, 0.0], atol=1e-8)


def crossing() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    x = rng.uniform(-1, 1, 300)
    scale = np.exp(1.5 * x)  # a spread that grows with x: lines through the thresholds cross beyond the data
    return pd.DataFrame({"x": x, "y": np.digitize(scale * rng.logistic(size=300), [-1.0, 1.0])})


def test_rows_whose_thresholds_cross_have_no_predictions() -> None:
    data = crossing()
    fit = lk.ordinal("y ~ x", data, nominal="x")
    low, high = fit.coef.iloc[:2], fit.coef.iloc[2:]
    meet = (low.iloc[1] - low.iloc[0]) / (high.iloc[1] - high.iloc[0])
    new = pd.DataFrame({"x": [0.0, meet + np.sign(meet) * 0.5]})
    with pytest.warns(DataWarning, match="In 1 rows the thresholds cross"):
        found = fit.predict(new)
    assert found.iloc[0].notna().all()
    assert found.iloc[1].isna().all()
    assert (fit.predict() >= 0.0).all(axis=None)


def test_crossing_rows_of_the_fit_are_counted() -> None:
    # At x = 1 nobody has the outcome between the others, so that two thresholds pass each other there.
    data = {"y": [1, 2, 3, 1, 2, 3, 1, 3, 1, 3], "x": [0, 0, 0, 0, 0, 0, 1, 1, 1, 1]}
    fit = lk.ordinal("y ~ x", data, nominal="x")
    assert fit.separation is not None
    with pytest.warns(DataWarning, match="In 4 rows the thresholds cross"):
        assert fit.predict().isna().all(axis=1).sum() == 4


def test_a_coefficient_that_no_row_tells_is_named() -> None:
    with pytest.raises(FormulaError, match=r"No row identifies these coefficients: .*2\|3:x"):
        lk.ordinal("y ~ x", GROUP, nominal="x")


def pushes_of(x: np.ndarray, y: np.ndarray, nominal: str | None) -> np.ndarray:
    """What each row pushes up, of three outcomes: the threshold above its outcome, and minus that below."""
    own = np.eye(2)
    below, above = (np.column_stack([np.tile(own[k], (x.size, 1)), -x[:, None] * own[k]]) for k in (0, 1))
    if nominal is None:
        below, above = (np.column_stack([D[:, :2], D[:, 2:].sum(axis=1)]) for D in (below, above))
    return np.vstack([below[y == 0], -below[y == 1], above[y == 1], -above[y == 2]])


def log_tails(eta: np.ndarray, link: str) -> tuple[np.ndarray, np.ndarray]:
    """log F and log(1 - F), written out."""
    if link == "logit":
        return log_expit(eta), log_expit(-eta)
    if link == "probit":
        return log_ndtr(eta), log_ndtr(-eta)
    if link == "cauchit":
        return tuple(np.log(np.arctan2(1.0, -side * eta) / np.pi) for side in (1.0, -1.0))
    rate = np.exp(eta if link == "cloglog" else -eta)
    tails = np.log(-np.expm1(-rate)), -rate
    return tails if link == "cloglog" else tails[::-1]


def loglik(coef: np.ndarray, x: np.ndarray, y: np.ndarray, link: str) -> float:
    """The log-likelihood of three outcomes, written out; minus infinity where one is impossible."""
    slope = coef[2:][:, None] if coef.size > 3 else coef[2]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        below, above = log_tails(coef[:2, None] - slope * x, link)
        up, down = above[0] - above[1], below[1] - below[0]  # by the smaller tails
        middle = np.where(below[1] < above[0], below[1] + np.log(-np.expm1(-down)), above[0] + np.log(-np.expm1(-up)))
    return float(np.nan_to_num(np.select([y == 0, y == 1], [below[0], middle], above[1]), nan=-1e9, neginf=-1e9).sum())


@pytest.mark.parametrize("nominal", [None, "x"])
@pytest.mark.parametrize("link", LINKS)
def test_existence_is_what_a_linear_program_says(link: str, nominal: str | None) -> None:
    """And by brute force: the likelihood rises along the direction without end, or falls away from the estimate."""
    rng = np.random.default_rng(8)
    separated = found = 0
    for _ in range(14 if link == "cauchit" else 20):  # whose starts take a while
        x = rng.integers(-2, 3, size=8).astype(float)
        y = np.clip((x + 2) // 2 + rng.integers(-1, 2, 8) * (rng.random(8) < 0.5), 0, 2).astype(int)
        if len(set(y)) < 3 or np.ptp(x) == 0:
            continue
        pushes = pushes_of(x, y, nominal)
        if np.linalg.matrix_rank(pushes) < pushes.shape[1]:
            continue  # a coefficient that no row tells
        program = linprog(-pushes.sum(axis=0), A_ub=-pushes, b_ub=np.zeros(len(pushes)), bounds=(-1, 1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # of several maxima
            fit = lk.ordinal("y ~ x", {"y": y, "x": x}, nominal=nominal, link=link)
        assert (fit.separation is not None) == (program.fun < -1e-9)
        found += 1
        if fit.separation is None:
            coef, away = fit.coef.to_numpy(), rng.normal(size=(20, pushes.shape[1]))
            assert_allclose(loglik(coef, x, y, link), fit.loglik, rtol=1e-9)
            scale = np.outer([1e-3, 0.1, 10.0, 1e3], np.ones(20)).reshape(-1, 1)
            assert max(loglik(coef + step, x, y, link) for step in scale * np.tile(away, (4, 1))) <= fit.loglik
            continue
        separated += 1
        start = np.array([-1.0, 1.0, *np.zeros(pushes.shape[1] - 2)])
        values = [loglik(start + t * program.x, x, y, link) for t in (0.0, 1.0, 10.0, 100.0)]
        assert np.all(np.diff(values) >= -1e-12)
        assert values[0] < values[-1] < fit.loglik + 1e-9  # which is the limit
    assert 1 < separated < found
