"""Which columns are kept, and how well the kept ones are solved when they are badly conditioned."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import logitkit as lk
from logitkit.design.matrix.dense import Dense
from logitkit.engine.rank import TOLERANCE, least_share, orthogonal_coordinates
from oracles.likelihood import mean, newton_decrement
from tolerances import EXACT, REFERENCE, ROUTE


def draw(n: int = 300, seed: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    return a, b, (rng.random(n) < mean(0.5 * a - b)).astype(float)


def test_the_later_column_is_dropped_in_formula_order() -> None:
    a, b, y = draw()
    data = {"y": y, "a": a, "b": b, "sum": a + b, "one": np.full(300, 7.0)}
    for right, aliased in [
        ("a + b + sum", ("sum",)),
        ("sum + a + b", ("b",)),
        ("a + sum + b", ("b",)),
        ("one + a", ("one",)),
        ("0 + one + a", ()),
        ("a + b + a:b + I(a * b)", ("a:b",)),  # formulaic puts interactions last
    ]:
        fit = lk.logit(f"y ~ {right}", data)
        assert fit.aliased == aliased
        assert fit.n_params == len(fit.coef) - len(aliased)
        assert fit.collinearity()["gvif"].gt(0).all()


def test_the_kept_coefficients_are_those_of_the_model_without_the_dropped_column() -> None:
    a, b, y = draw()
    data = {"y": y, "a": a, "b": b, "sum": a + b}
    fit, less = lk.logit("y ~ sum + a + b", data), lk.logit("y ~ sum + a", data)
    assert_allclose(fit.coef[less.coef.index], less.coef, rtol=ROUTE)
    assert_allclose(fit.std_error[less.coef.index], less.std_error, rtol=ROUTE)
    # Predictions ignore the dropped column where it is what it was; elsewhere there is none: test_estimable.py.
    new = {"sum": [1.0, 1.0], "a": [2.0, 2.0], "b": [-1.0, 1e6]}
    assert_allclose(fit.predict(new, unseen="missing"), [less.predict(new)[0], np.nan], rtol=ROUTE)


@pytest.mark.parametrize("shift", [0.0, 1e3, 1e6, 1e8])
def test_a_column_far_from_zero_is_not_the_intercept(shift: float) -> None:
    a, b, y = draw()
    fit = lk.logit("y ~ a + b", {"y": y, "a": a + shift, "b": b})
    plain = lk.logit("y ~ a + b", {"y": y, "a": a, "b": b})
    assert fit.aliased == ()
    # The column itself has lost log10(shift) of its sixteen digits.
    loss = max(ROUTE, 1e-15 * shift)
    assert_allclose(fit.coef[["a", "b"]], plain.coef[["a", "b"]], rtol=loss)
    assert_allclose(fit.std_error[["a", "b"]], plain.std_error[["a", "b"]], rtol=loss)
    assert_allclose(fit.deviance, plain.deviance, rtol=loss)


@pytest.mark.parametrize("own", [1e-3, 1e-5, 1e-7, 1e-9])
def test_a_column_with_little_of_its_own_is_kept_and_solved(own: float) -> None:
    a, b, y = draw()
    fit = lk.logit("y ~ a + near", {"y": y, "a": a, "near": a + own * b})
    plain = lk.logit("y ~ a + b", {"y": y, "a": a, "b": b})
    assert fit.aliased == ()
    # Rounding of `near` itself is 1e-16 beside a share of `own`.
    loss = 1e-14 / own
    assert_allclose(fit.coef["near"] * own, plain.coef["b"], rtol=max(loss, ROUTE))
    assert_allclose(fit.std_error["near"] * own, plain.std_error["b"], rtol=max(loss, ROUTE))
    assert_allclose(fit.predict(), plain.predict(), rtol=max(loss, ROUTE))


def test_a_share_below_the_tolerance_is_aliased() -> None:
    a, b, y = draw()
    fit = lk.logit("y ~ a + near", {"y": y, "a": a, "near": a + 1e-13 * b})
    assert TOLERANCE > 1e-13
    assert fit.aliased == ("near",)


def test_powers_of_a_large_number() -> None:
    rng = np.random.default_rng(0)
    year = rng.uniform(1990, 2020, 500)
    t = (year - 2005) / 15
    y = (rng.random(500) < mean(0.3 + t - t**2)).astype(float)
    raw = lk.logit("y ~ year + I(year ** 2)", {"y": y, "year": year})
    centred = lk.logit("y ~ t + I(t ** 2)", {"y": y, "t": t})
    assert raw.aliased == ()
    # year ** 2 keeps 1e-16 of 4e6 beside a curvature of its own of about 1e2: eight digits are lost of sixteen.
    assert_allclose(raw.coef["I(year ** 2)"] * 15**2, centred.coef["I(t ** 2)"], rtol=REFERENCE)
    assert_allclose(raw.std_error["I(year ** 2)"] * 15**2, centred.std_error["I(t ** 2)"], rtol=REFERENCE)
    assert_allclose(raw.predict(), centred.predict(), rtol=REFERENCE)


def test_units_do_not_decide_the_rank() -> None:
    a, b, y = draw()
    fit = lk.logit("y ~ a + b", {"y": y, "a": 1e-120 * a, "b": 1e120 * b})
    plain = lk.logit("y ~ a + b", {"y": y, "a": a, "b": b})
    assert fit.aliased == ()
    assert_allclose(fit.coef[["a", "b"]] * [1e-120, 1e120], plain.coef[["a", "b"]], rtol=ROUTE)
    assert_allclose(fit.predict(), plain.predict(), rtol=ROUTE)


def test_more_columns_than_rows() -> None:
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(5), rng.integers(0, 3, (5, 8))])
    fit = lk.logit_matrix(X, [0, 1, 0, 1, 1], names=["Intercept", *"abcdefgh"])
    assert fit.n_params == np.linalg.matrix_rank(X)
    assert len(fit.aliased) == 9 - fit.n_params
    assert fit.separation is not None
    assert_allclose(fit.predict(), [0, 1, 0, 1, 1], atol=EXACT)


def test_columns_of_zeros_alone() -> None:
    fit = lk.logit("y ~ 0 + x", {"y": [0, 1, 1, 0, 1], "x": np.zeros(5)})
    assert fit.aliased == ("x",)
    assert fit.n_params == 0
    assert_allclose(fit.predict(), 0.5, rtol=EXACT)
    assert_allclose(fit.loglik, -5 * np.log(2), rtol=EXACT)


def test_the_coordinates_are_orthogonal_and_lead_back() -> None:
    a, b, y = draw()
    X = np.column_stack([np.ones(300), 1e6 + a, a - 2 * b, a * b])
    coordinates = orthogonal_coordinates(Dense(X), np.ones(300), 0)
    assert coordinates.aliased.tolist() == []
    Z = coordinates.matrix(Dense(X)).to_dense()
    assert coordinates.transform is not None
    assert_allclose(Z.T @ Z / 300, np.eye(4), atol=ROUTE)
    solved = np.array([0.3, -1.0, 0.5, 2.0])
    assert_allclose(X @ coordinates.coef(solved), Z @ solved, rtol=ROUTE, atol=ROUTE)
    assert coordinates.vcov(np.eye(4)).shape == (4, 4)
    assert len(y) == 300


def test_the_share_that_a_hessian_shows() -> None:
    a, b, _ = draw()
    X = np.column_stack([np.ones(300), a, a + 0.1 * b])
    rest = X[:, 2] - X[:, :2] @ np.linalg.lstsq(X[:, :2], X[:, 2], rcond=None)[0]
    expected = rest @ rest / (X[:, 2] @ X[:, 2])
    assert_allclose(least_share(X.T @ X, 0), expected, rtol=ROUTE)
    swapped = X[:, [1, 0, 2]]
    assert_allclose(least_share(swapped.T @ swapped, 1), expected, rtol=ROUTE)
    assert least_share(np.zeros((2, 2)), None) == 0.0


def test_the_solution_in_other_coordinates_is_stationary() -> None:
    a, b, y = draw()
    X = np.column_stack([np.ones(300), a, a + 1e-6 * b])
    fit = lk.logit_matrix(X, y, names=["Intercept", "a", "near"])
    # In the columns themselves the Hessian has a condition of 1e12; in a and b it has none to speak of.
    coef = fit.coef.to_numpy()
    given = np.array([coef[0], coef[1] + coef[2], 1e-6 * coef[2]])
    assert newton_decrement(given, np.column_stack([np.ones(300), a, b]), y) < REFERENCE
