"""Many small fits in compiled code: against a NumPy twin, with the compiler switched off, and where they give up."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from logitkit.engine.solvers.newton import ARMIJO, ROUNDING
from logitkit.numerics.kernels import logit_fits as kernel
from numerics.kernels.uncompiled import with_and_without_the_compiler
from oracles.likelihood import mean, row_loss
from tolerances import EXACT, ROUTE

TOL, MOST = 1e-8, 100


def twin(X: np.ndarray, y: np.ndarray, w: np.ndarray, offset: np.ndarray, start: np.ndarray) -> dict[str, object]:
    """Newton's method with halved steps, as the textbook has it, rows of weight zero left out."""
    n, used = len(y), w > 0.0
    X, y, w, offset = X[used], y[used], w[used], offset[used]
    bound = TOL**2 * min(1.0, w.sum() / n)
    beta = start.copy()

    def loss(b: np.ndarray) -> float:
        return float(w @ row_loss(X @ b + offset, y))

    for iteration in range(MOST):
        eta = X @ beta + offset
        slope = w * ((1 - y) * mean(eta) - y * mean(-eta))
        H = (X * (w * mean(eta) * mean(-eta))[:, None]).T @ X
        step = np.linalg.solve(H, -X.T @ slope)
        squared = -(X.T @ slope) @ step
        if squared <= bound:
            scale = 1 / np.sqrt(np.diag(H))
            pivots = np.diag(np.linalg.cholesky(H * np.outer(scale, scale))) ** 2
            single = (y == 0) | (y == 1)
            return dict(
                coef=beta + step, information=H, value=loss(beta), pivot=pivots.min(),
                closest=np.abs(slope[single]).min() if single.any() else np.inf, steps=iteration,
                fitted=w @ mean(eta), matched=(w * y) @ mean(eta),
            )  # fmt: skip
        length = 1.0
        while loss(beta + length * step) > loss(beta) - ARMIJO * length * squared + ROUNDING * abs(loss(beta)):
            length /= 2
        beta = beta + length * step
    raise AssertionError("the twin has not converged")


def run(X, y, w, offset, bounds, start, tol=TOL, most=MOST):
    m, p = len(bounds), X.shape[1]
    coef, information, report = np.empty((m, p)), np.empty((m, p, p)), np.empty((m, kernel.REPORTED))
    kernel.logit_fits(
        X, np.atleast_2d(y), np.atleast_2d(w), offset, bounds, np.atleast_2d(start), tol, most, ARMIJO, ROUNDING,
        coef, np.empty((m, p)), information, np.empty((0, p, p)), np.empty((m, 0, 3)), report,
    )  # fmt: skip
    return coef, information, report


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(1)
    sizes = [30, 31, 32, 33, 57, 200]  # every remainder of the partial sums
    n = sum(sizes)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 3)) * [1.0, 1e3, 1e-3]])
    y = (rng.random(n) < mean(X @ [0.2, 0.5, 3e-4, 200.0])).astype(float)
    y[::11] = 0.3
    w = rng.choice([0.0, 0.5, 1.0, 2.5], n, p=[0.15, 0.2, 0.5, 0.15])
    offset = rng.normal(size=n)
    edges = np.concatenate([[0], np.cumsum(sizes)])
    return X, y, w, offset, np.column_stack([edges[:-1], edges[1:]])


def agree(found, group: int, expected: dict[str, object]) -> None:
    coef, information, report = found
    # Coefficients and matrix in their own units: the columns differ by six orders of magnitude.
    error = 1 / np.sqrt(np.diag(expected["information"]))
    assert_allclose(coef[group], expected["coef"], rtol=ROUTE, atol=1e-13 * error.max())
    size = np.sqrt(np.diag(expected["information"]))
    assert_allclose(
        information[group] / np.outer(size, size), expected["information"] / np.outer(size, size), atol=ROUTE
    )
    assert_allclose(report[group, kernel.VALUE], expected["value"], rtol=EXACT)
    assert_allclose(report[group, kernel.CLOSEST], expected["closest"], rtol=ROUTE)
    assert_allclose(report[group, kernel.PIVOT], expected["pivot"], rtol=ROUTE)
    assert_allclose(report[group, kernel.FITTED], expected["fitted"], rtol=ROUTE)
    assert_allclose(report[group, kernel.MATCHED], expected["matched"], rtol=ROUTE)
    assert report[group, kernel.STEPS] == expected["steps"]
    assert report[group, kernel.ENDED] == kernel.CONVERGED
    assert report[group, kernel.SQUARED] <= TOL**2


def test_slices_agree_with_the_twin(rows):
    X, y, w, offset, bounds = rows
    found = run(X, y, w, offset, bounds, np.zeros(4))
    for group, (first, last) in enumerate(bounds):
        part = slice(first, last)
        agree(found, group, twin(X[part], y[part], w[part], offset[part], np.zeros(4)))


@pytest.mark.parametrize("p", range(1, 11))
def test_any_number_of_columns_and_of_pieces_agrees_with_the_twin(p):
    rng = np.random.default_rng(p)
    n = 2 * kernel.PIECE + 37 * p  # pieces that are full, and one that is not
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 10))])[:, :p]
    y, w = (rng.random(n) < mean(X @ np.full(p, 0.3))).astype(float), rng.choice([0.0, 1.0, 2.0], n)
    agree(run(X, y, w, np.zeros(n), np.array([[0, n]]), np.zeros(p)), 0, twin(X, y, w, np.zeros(n), np.zeros(p)))


def test_gradient_information_and_its_inverse_are_those_of_the_last_evaluation():
    rng = np.random.default_rng(3)
    n, p = 600, 5
    X, start = rng.normal(size=(n, p)), rng.normal(size=p)
    y, w = rng.random(n), rng.uniform(0.5, 2.0, n)
    slope, information, report = np.empty((1, p)), np.empty((1, p, p)), np.empty((1, kernel.REPORTED))
    loose = 1e3  # standard errors: the first evaluation is the last
    inverse = np.empty((1, p, p))
    places = np.empty((1, p)), slope, information, inverse, np.empty((1, 0, 3)), report
    bounds, offset = np.array([[0, n]]), rng.normal(size=n)
    kernel.logit_fits(X, y[None], w[None], offset, bounds, start[None], loose, 100, ARMIJO, ROUNDING, *places)
    assert report[0, kernel.ENDED] == kernel.CONVERGED
    assert report[0, kernel.STEPS] == 0
    mu = mean(X @ start + offset)
    assert_allclose(slope[0], X.T @ (w * (mu - y)), rtol=ROUTE)
    assert_allclose(information[0], (X * (w * mu * (1 - mu))[:, None]).T @ X, rtol=ROUTE, atol=ROUTE)
    assert_array_equal(inverse[0], inverse[0].T)
    assert_allclose(inverse[0] @ information[0], np.eye(p), atol=EXACT)


def test_weights_outcomes_and_starts_by_fit_agree_with_the_twin(rows):
    X, _, _, offset, _ = rows
    rng = np.random.default_rng(2)
    m, n = 5, len(X)
    w = rng.integers(0, 3, (m, n)).astype(float)
    y = (rng.random((m, n)) < 0.5).astype(float)
    start = rng.normal(size=(m, 4)) * [0.1, 0.1, 1e-4, 100.0]
    found = run(X, y, w, offset, np.tile([0, n], (m, 1)), start)
    for fit in range(m):
        agree(found, fit, twin(X, y[fit], w[fit], offset, start[fit]))


def test_small_weights_demand_a_smaller_decrement(rows):
    X, y, w, offset, bounds = rows
    found = run(X, y, w * 1e-12, offset, bounds, np.zeros(4))
    assert (found[2][:, kernel.SQUARED] <= TOL**2 * 1e-11).all()
    assert_allclose(found[0], run(X, y, w, offset, bounds, np.zeros(4))[0], rtol=ROUTE)


def test_a_far_start_halves_its_steps():
    X, y = np.ones((10, 1)), np.r_[np.ones(4), np.zeros(6)]
    found = run(X, y, np.ones(10), np.zeros(10), np.array([[0, 10]]), np.array([3.0]))
    assert_allclose(found[0], np.log(4 / 6), rtol=ROUTE)
    agree(found, 0, twin(X, y, np.ones(10), np.zeros(10), np.array([3.0])))


def test_what_is_out_of_the_ordinary_is_given_up():
    one, x = np.ones(6), np.array([0.0, 1, 2, 3, 4, 5])
    cases = {
        "separated": (x, (x > 2.0) * 1.0, 1.0),
        "constant": (one, np.r_[0.0, 1, 1, 0, 1, 0], 1.0),
        "empty": (0 * one, np.r_[0.0, 1, 1, 0, 1, 0], 1.0),
        "infinite": (np.where(x == 2, np.inf, x), np.r_[0.0, 1, 1, 0, 1, 0], 1.0),
        "missing": (np.where(x == 2, np.nan, x), np.r_[0.0, 1, 1, 0, 1, 0], 1.0),
        "absent": (x, np.r_[0.0, 1, 1, 0, 1, 0], 0.0),
    }
    ended = {}
    for name, (column, y, weight) in cases.items():
        _, _, report = run(np.column_stack([one, column]), y, weight * one, 0 * one, np.array([[0, 6]]), np.zeros(2))
        ended[name] = report[0, kernel.ENDED]
        if name == "separated":
            # Where it ends is a matter of rounding; that it is no certificate is not.
            assert report[0, kernel.CLOSEST] <= 100 * max(report[0, kernel.SQUARED], np.finfo(float).eps ** 2)
        else:
            assert ended[name] != kernel.CONVERGED, name
    assert ended["absent"] == kernel.NO_ROWS
    assert {ended["constant"], ended["empty"]} == {kernel.INDEFINITE}
    assert {ended["infinite"], ended["missing"]} == {kernel.NOT_FINITE}
    far = run(np.ones((4, 1)), np.r_[0.0, 1, 1, 1], np.ones(4), np.zeros(4), np.array([[0, 4]]), np.array([800.0]))
    assert far[2][0, kernel.ENDED] in {kernel.INDEFINITE, kernel.NO_STEP}
    few = run(np.ones((4, 1)), np.r_[0.0, 1, 1, 1], np.ones(4), np.zeros(4), np.array([[0, 4]]), np.zeros(1), most=1)
    assert few[2][0, kernel.ENDED] == kernel.ITERATIONS


SCRIPT = """
import json, sys
import numpy as np
from logitkit.numerics.kernels import logit_fits as kernel

rng = np.random.default_rng(0)
X = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
y = (rng.random((3, 60)) < 0.5).astype(float)
y[2, 20:40] = 1.0
w = rng.integers(0, 3, (1, 60)).astype(float)
coef, information, report = np.empty((3, 3)), np.empty((3, 3, 3)), np.empty((3, kernel.REPORTED))
slope, inverse, trace = np.empty((3, 3)), np.empty((3, 3, 3)), np.empty((3, 4, 3))
bounds = np.array([[0, 20], [0, 60], [20, 40]])
places = coef, slope, information, inverse, trace, report
kernel.logit_fits(X, y, w, np.zeros(60), bounds, np.zeros((1, 3)), 1e-8, 100, 1e-4, 1e-12, *places)
numbers = [*coef[:2].ravel(), *information[:2].ravel(), *inverse[:2].ravel(), *trace[:2, :3].ravel()]
numbers += [*report[:2, [0, 2, 3, 4, 5, 6, 7]].ravel(), report[2, 5]]
print(json.dumps([hasattr(kernel.logit_fits, "py_func"), [float(number) for number in numbers]]))
"""


def test_the_fits_are_the_same_uncompiled():
    found = with_and_without_the_compiler(SCRIPT)
    assert [compiled for compiled, _ in found] == [True, False]
    assert_allclose(found[0][1], found[1][1], rtol=ROUTE)


def test_an_empty_place_keeps_no_information(rows):
    X, y, w, offset, bounds = rows
    coef, report = np.empty((len(bounds), 4)), np.empty((len(bounds), kernel.REPORTED))
    places = coef, np.empty((0, 4)), np.empty((0, 4, 4)), np.empty((0, 4, 4)), np.empty((len(bounds), 0, 3)), report
    kernel.logit_fits(X, y[None], w[None], offset, bounds, np.zeros((1, 4)), TOL, MOST, ARMIJO, ROUNDING, *places)
    assert_array_equal(coef, run(X, y, w, offset, bounds, np.zeros(4))[0])
