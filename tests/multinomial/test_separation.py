"""Separation of several outcomes against linear programs, growing likelihoods and smaller models."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import linprog

import logitkit as lk
from oracles.multinomial import gradient, information, logits, loss, maximise, pair_rows
from tolerances import ROUTE

VISIBLE = 1e-6  # far above the feasibility tolerance of the programs, far below a gain in a small design of integers


class Problem(NamedTuple):
    """Integers that are separated or not, and which coefficients there are."""

    X: np.ndarray
    counts: np.ndarray
    offset: np.ndarray | None
    reference: int | None
    options: dict[str, Any]
    basis: np.ndarray

    @property
    def names(self) -> list[str]:
        return ["Intercept", *"uvw"[: self.X.shape[1] - 1]]

    def fit(self) -> lk.MultinomialFit:
        k = self.counts.shape[1]
        frame = pd.DataFrame(self.X[:, 1:], columns=self.names[1:])
        frame[[f"y{j}" for j in range(k)]] = self.counts.astype(int)
        left = f"cbind({', '.join(f'y{j}' for j in range(k))})"
        if (self.counts.sum(axis=1) == 1).all():
            left, frame["y"] = "y", [f"y{j}" for j in self.counts.argmax(axis=1)]
        reference = None if self.reference is None else f"y{self.reference}"
        formula = f"{left} ~ {' + '.join(self.names[1:])}"
        return lk.multinomial(formula, frame, reference=reference, offset=self.offset, **self.options)

    def largest(self, function: np.ndarray) -> float:
        """Give the largest value of a function of flat coefficients over the cone of recession within the box."""
        pairs, both, _ = pair_rows(self.X, self.counts)
        pairs = pairs @ self.basis
        result = linprog(
            -(function @ self.basis),
            A_ub=-pairs[~both] if (~both).any() else None,
            b_ub=np.zeros((~both).sum()) if (~both).any() else None,
            A_eq=pairs[both] if both.any() else None,
            b_eq=np.zeros(both.sum()) if both.any() else None,
            bounds=(-1, 1),
            method="highs",
        )
        assert result.status == 0, result.message
        return float(-result.fun)

    def side(self, function: np.ndarray) -> float:
        """Give the sign of a function over the cone, nan where it takes both."""
        up, down = self.largest(function) > VISIBLE, self.largest(-function) > VISIBLE
        return np.nan if up and down else float(up) - float(down)

    def functions(self) -> np.ndarray:
        """Give the coefficients that the fit shows as functions of those against the first outcome."""
        k, p = self.counts.shape[1], self.X.shape[1]
        unit = np.vstack([np.zeros(k - 1), np.eye(k - 1)])
        shown = unit - unit.mean(axis=0) if self.reference is None else np.delete(unit, self.reference, axis=0)
        base = np.zeros(k - 1) if self.reference is None else unit[self.reference]
        return np.kron(shown - base, np.eye(p))

    def limit(self) -> np.ndarray:
        """Give flat coefficients far out: of the most likely model under a prior that is nearly flat."""
        flat, basis, offset = np.zeros(self.basis.shape[1]), self.basis, 0.0 if self.offset is None else self.offset

        def value(at: np.ndarray, strength: float) -> float:
            return loss(basis @ at, self.X, self.counts, offset) + strength / 2 * at @ at

        for strength in (1e-2, 1e-4, 1e-6, 1e-8, 1e-10):
            for _ in range(100):
                g = basis.T @ gradient(basis @ flat, self.X, self.counts, offset) + strength * flat
                H = basis.T @ information(basis @ flat, self.X, self.counts, offset) @ basis
                step, size = -np.linalg.solve(H + strength * np.eye(flat.size), g), 1.0
                while value(flat + size * step, strength) > value(flat, strength) + 1e-13 and size > 1e-8:
                    size /= 2
                flat = flat + size * step
                if -g @ step < 1e-20:
                    break
        return basis @ flat


@st.composite
def problems(draw: Any, restricted: bool = False) -> Problem:
    """Draw integers, of rows or counts, of which about every third set is separated."""
    k, p = draw(st.integers(2, 4)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = int(rng.integers(k + p + 2, 22))
    X = np.column_stack([np.ones(n), rng.integers(-2, 3, size=(n, p))])
    while np.linalg.matrix_rank(X) <= p:
        X[:, 1:] = rng.integers(-2, 3, size=(n, p))
    slopes = rng.normal(size=(k, p + 1)) * rng.choice([0.5, 2.0, 5.0])
    codes = (X @ slopes.T + rng.gumbel(size=(n, k))).argmax(axis=1)
    codes[:k] = np.arange(k)
    counts = np.eye(k)[codes]
    if draw(st.booleans()):
        counts *= rng.integers(1, 4, size=(n, 1))
        counts[0] += rng.integers(0, 2, k)
    offset = rng.normal(size=(n, k)) if draw(st.booleans()) else None
    basis = np.eye((k - 1) * (p + 1))
    if not restricted:
        return Problem(X, counts, offset, draw(st.sampled_from([None, *range(k)])), {}, basis)
    if draw(st.booleans()):
        return Problem(
            X, counts, offset, 0, {"per_outcome": {"y1": "1"}}, np.delete(basis, np.arange(1, p + 1), axis=1)
        )
    shared = basis[:, 1 :: p + 1].sum(axis=1, keepdims=True)
    return Problem(
        X, counts, offset, 0, {"equal": "u"}, np.hstack([np.delete(basis, np.s_[1 :: p + 1], axis=1), shared])
    )


def check(problem: Problem) -> None:
    fit = problem.fit()
    pairs, both, row = pair_rows(problem.X, problem.counts)
    separated = problem.largest(pairs[~both].sum(axis=0)) > VISIBLE if (~both).any() else False
    assert (fit.separation is not None) == separated
    assert fit.converged
    if not separated:
        assert np.isfinite(fit.record.coef).all()
        return
    functions = problem.functions()
    # The certificate is checked by multiplying it out: no pair falls, and one rises.
    direction = fit.separation.direction
    flat = np.linalg.lstsq(functions @ problem.basis, direction, rcond=None)[0]
    assert_allclose(functions @ problem.basis @ flat, direction, atol=1e-9)
    gains = pairs @ problem.basis @ flat
    assert gains[~both].min(initial=0.0) >= -1e-9
    assert np.abs(gains[both]).max(initial=0.0) <= 1e-9
    assert gains.max() > 1e-3
    # Which coefficients run away, and where to.
    sides = np.array([problem.side(function) for function in functions])
    coef = fit.record.coef
    assert np.array_equal(np.isfinite(coef), sides == 0.0)
    assert np.array_equal(np.isnan(coef), np.isnan(sides))
    assert np.array_equal(np.sign(coef[np.isinf(coef)]), sides[np.isinf(coef)])
    # What is left of the likelihood, of the probabilities and of the finite coefficients.
    far = problem.limit()
    offset = 0.0 if problem.offset is None else problem.offset
    plain = fit.loglik - fit.record.log_constant
    assert_allclose(plain, -loss(far, problem.X, problem.counts, offset), rtol=1e-5, atol=1e-5)
    eta = logits(far, problem.X, problem.counts.shape[1], offset)
    mean = np.exp(eta - eta.max(axis=1, keepdims=True))
    # The prior has pulled what is far out to a distance of some tens: to 1e-3 of a probability.
    assert_allclose(fit.predict(), mean / mean.sum(axis=1, keepdims=True), atol=2e-3)
    finite = np.isfinite(coef)
    assert_allclose(coef[finite], (functions @ far)[finite], rtol=0.03, atol=0.03)
    # Rows of one outcome, all of whose other outcomes are gone.
    moves = np.array([problem.largest(pair) > VISIBLE for pair in pairs]) & ~both
    alone = [moves[row == i].all() for i in range(len(problem.X)) if (row == i).any()]
    assert fit.separation.n_rows == np.count_nonzero(alone)
    gone = np.zeros(eta.shape, dtype=bool)
    place = np.flatnonzero(moves)
    other = np.array([[b for b in range(eta.shape[1]) if b != a] for i in range(len(eta)) for a in _own(problem, i)])
    gone[row[place], other.ravel()[place]] = True
    assert np.array_equal(fit.predict().to_numpy() == 0.0, gone)


def _own(problem: Problem, i: int) -> np.ndarray:
    return np.flatnonzero(problem.counts[i] > 0)


@given(problems())
def test_random_designs_of_integers(problem: Problem) -> None:
    check(problem)


@given(problems(restricted=True))
def test_random_designs_with_predictors_that_differ(problem: Problem) -> None:
    check(problem)


def iris() -> pd.DataFrame:
    from sklearn.datasets import load_iris

    found = load_iris()
    frame = pd.DataFrame(found.data, columns=["sl", "sw", "pl", "pw"])
    return frame.assign(species=found.target_names[found.target].astype(object))


@pytest.mark.parametrize("reference", ["setosa", "versicolor", "virginica", None])
def test_iris(reference: str | None) -> None:
    frame = iris()
    fit = lk.multinomial("species ~ sl + sw + pl + pw", frame, reference=reference)
    two = frame.query("species != 'setosa'")
    binary = lk.logit("species ~ sl + sw + pl + pw", two, event="virginica")
    assert_allclose(fit.loglik, -5.9493, atol=5e-5)
    assert_allclose(fit.loglik, binary.loglik, rtol=ROUTE)
    assert_allclose(fit.deviance, binary.deviance, rtol=ROUTE)
    assert fit.separation is not None
    assert fit.separation.n_rows == 50
    assert fit.n_params == 10
    ratios = fit.odds_ratios(outcome="virginica", against="versicolor")
    odds = binary.odds_ratios()
    for column in ("odds_ratio", "std_error", "conf_low", "conf_high"):
        assert_allclose(ratios[column], odds[column], rtol=1e-7)
    probability = fit.predict()
    assert np.array_equal(probability["setosa"], np.repeat([1.0, 0.0], [50, 100]))
    assert_allclose(probability["virginica"].iloc[50:], binary.predict(), rtol=1e-7, atol=1e-15)
    found = fit.predictions().xs("virginica", level="outcome").iloc[50:]
    assert_allclose(found["std_error"], binary.predictions()["std_error"], rtol=1e-6)
    assert fit.predictions().xs("setosa", level="outcome")["std_error"].isna().all()
    logit = fit.predict_logit()
    between = (logit["virginica"] - logit["versicolor"])[50:]
    if reference in {"versicolor", "virginica"}:
        assert_allclose(between, binary.predict_logit(), rtol=1e-7)
        assert (logit[reference] == 0.0).all()
        assert np.array_equal(logit["setosa"], np.repeat([np.inf, -np.inf], [50, 100]))
    if reference == "setosa":
        assert (logit["setosa"] == 0.0).all()
        assert (logit.iloc[50:][["versicolor", "virginica"]] == np.inf).all(axis=None)
    if reference == "versicolor":
        assert_allclose(fit.coef["virginica"], binary.coef, rtol=1e-7)
        assert_allclose(fit.std_error["virginica"], binary.std_error, rtol=1e-7)
    test = fit.lr_test()
    assert test.dof == 8
    assert_allclose(test.statistic, 2 * (150 * np.log(3) + fit.loglik), rtol=ROUTE)


def three(seed: int = 3, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=n).round(1), rng.normal(size=n).round(1)
    return pd.DataFrame({"x": x, "z": z, "y": rng.choice(list("abc"), n)})


def test_an_outcome_that_is_separated_from_all_others() -> None:
    frame = three()
    frame.loc[frame["x"] > 0.9, "y"] = "c"
    frame = frame[(frame["x"] > 0.9) | (frame["y"] != "c")]
    fit = lk.multinomial("y ~ x", frame)
    assert fit.coef.loc["x", "c"] == np.inf
    assert fit.coef.loc["Intercept", "c"] == -np.inf
    rest = lk.logit("y ~ x", frame.query("y != 'c'"), event="b")
    assert_allclose(fit.coef["b"], rest.coef, rtol=1e-8)
    assert_allclose(fit.std_error["b"], rest.std_error, rtol=1e-8)
    assert_allclose(fit.loglik, rest.loglik, rtol=ROUTE)
    new = pd.DataFrame({"x": [-3.0, 0.5, 1.5, 1e6], "z": 0.0})
    found = fit.predict(new)
    assert found["c"].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert_allclose(found["b"].iloc[:2], rest.predict(new.iloc[:2]), rtol=1e-8)


def test_a_row_between_the_outcomes_is_not_determined() -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 3, 7, 8, 9, 1, 3, 2], "y": list("abacccbab")})
    fit = lk.multinomial("y ~ x", frame)
    with pytest.warns(lk.errors.DataWarning, match="1"):
        found = fit.predict(pd.DataFrame({"x": [0.0, 5.0, 20.0]}))
    assert found.isna().to_numpy().tolist() == [[False] * 3, [True] * 3, [False] * 3]
    assert found.iloc[2].tolist() == [0.0, 0.0, 1.0]


def test_a_pair_that_is_separated_among_three() -> None:
    frame = three(n=300)
    low, high = frame["x"] < -0.2, frame["x"] > 0.2
    # a and b never meet in x, c is everywhere.
    frame.loc[low & (frame["y"] == "b"), "y"] = "a"
    frame.loc[high & (frame["y"] == "a"), "y"] = "b"
    frame = frame[low | high | (frame["y"] == "c")]
    fit = lk.multinomial("y ~ x", frame, reference="c")
    assert fit.separation is None
    # With c in one place the pair is free to run apart, and c's rows with it.
    frame.loc[frame["y"] == "c", "x"] = 0.0
    fit = lk.multinomial("y ~ x", frame, reference="c")
    assert fit.separation is not None
    assert fit.coef.loc["x"].tolist() == [-np.inf, np.inf]
    assert_allclose(fit.loglik, 0.0, atol=1e-9)


def test_a_level_of_a_factor_without_an_outcome() -> None:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        {"g": rng.choice(list("uvw"), 150), "x": rng.normal(size=150), "y": rng.choice(list("abc"), 150)}
    )
    frame = frame[~((frame["g"] == "v") & (frame["y"] == "b"))]
    fit = lk.multinomial("y ~ g + x", frame)
    assert fit.coef.loc["g[T.v]", "b"] == -np.inf
    assert np.isfinite(fit.coef.drop(index="g[T.v]")).all(axis=None)
    assert np.isfinite(fit.coef.loc["g[T.v]", "c"])
    assert (fit.predict(pd.DataFrame({"g": ["v"], "x": [50.0]}))["b"] == 0.0).all()
    # The limit is the model in which rows in v cannot have b.
    v = frame["g"].to_numpy() == "v"
    X = np.column_stack([np.ones(len(frame)), v, frame["g"] == "w", frame["x"]]).astype(float)
    Y = np.eye(3)[frame["y"].map(ord).to_numpy() - 97]
    shift = np.zeros(Y.shape)
    shift[v, 1] = -700.0
    best = maximise(X, Y, shift, np.delete(np.eye(8), 1, axis=1))
    finite = np.delete(np.arange(8), 1)
    found = fit.coef.loc[["Intercept", "g[T.v]", "g[T.w]", "x"]].to_numpy().T.ravel()
    assert_allclose(found[finite], best.coef[finite], rtol=1e-8, atol=ROUTE)
    names = [f"{outcome}:{term}" for outcome in "bc" for term in ("Intercept", "g[T.v]", "g[T.w]", "x")]
    vcov = fit.vcov.loc[names, names].to_numpy()
    assert_allclose(vcov[np.ix_(finite, finite)], best.vcov[np.ix_(finite, finite)], rtol=1e-7, atol=ROUTE)
    assert np.isnan(vcov[1]).all()
    assert_allclose(fit.loglik, -best.loss, rtol=ROUTE)
    test = fit.test("c:g[T.v] = 0")
    assert np.isfinite(test.statistic)
    wald = fit.anova(3, "Wald")
    assert np.isnan(wald.statistic[0])
    assert np.isfinite(wald.statistic[1])
    ratio = fit.anova(3, "LR")
    smaller = lk.multinomial("y ~ x", frame)
    assert_allclose(ratio.statistic[0], 2 * (fit.loglik - smaller.loglik), rtol=1e-7)
    assert ratio.dof.tolist() == [4, 2]
