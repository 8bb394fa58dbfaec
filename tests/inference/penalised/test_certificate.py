"""Theorem 1 of docs/maths/separation.md by brute force, and with it the cone and the limiting signs.

Hundreds of small data sets, separated and not, whose answer a linear program written out here knows: with
grouped rows, rows of weight zero, and weights of any size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import linprog

from logitkit.design.matrix.dense import Dense
from logitkit.design.ready import ready_design
from logitkit.design.response.response import Response
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.existence.separation import find_separation
from logitkit.engine.fit import fit_design
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton, newton_step
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.models.binomial import Binomial

# The columns are small numbers, so margins are far above this or zero.
MARGIN = 1e-7


@dataclass(frozen=True)
class Case:
    """A data set of full rank and whether it overlaps."""

    X: np.ndarray
    response: Response
    overlaps: bool

    @property
    def objective(self) -> Objective:
        return Objective(Dense(self.X), self.response, Binomial())


def constraints(X, y, weights):
    """The rows of the cone: single ones, each towards its outcome, and mixed ones."""
    used = weights > 0
    single = used & ((y == 0) | (y == 1))
    return np.where(y == 1, 1.0, -1.0)[single, None] * X[single], X[used & ~single]


def largest(objective, single, mixed):
    """The largest value of a linear function over the cone within the unit box."""
    program = linprog(
        -objective,
        A_ub=-single if single.size else None,
        b_ub=np.zeros(len(single)) if single.size else None,
        A_eq=mixed if mixed.size else None,
        b_eq=np.zeros(len(mixed)) if mixed.size else None,
        bounds=(-1.0, 1.0),
        method="highs",
    )
    return -program.fun


def random_cases(count: int, seed: int) -> Iterator[Case]:
    rng = np.random.default_rng(seed)
    while count:
        n, p = int(rng.integers(4, 16)), int(rng.integers(1, 5))
        if rng.random() < 0.6:
            X = np.column_stack([np.ones(n), rng.integers(-2, 3, size=(n, p - 1))]).astype(float)
        else:
            X = rng.normal(size=(n, p))
        trials = rng.integers(1, 5, size=n) if rng.random() < 0.5 else np.ones(n, dtype=int)
        logits = X @ rng.normal(size=p) * rng.choice([0.5, 2.0, 8.0])
        y = rng.binomial(trials, 1 / (1 + np.exp(-logits))) / trials
        prior = rng.choice([0.0, 0.3, 1.0, 5.0, 1e4], size=n, p=[0.15, 0.2, 0.45, 0.15, 0.05])
        if np.linalg.matrix_rank(X[prior > 0]) < p:
            continue
        single, mixed = constraints(X, y, prior)
        overlaps = bool(largest(single.sum(axis=0), single, mixed) < MARGIN) if single.size else True
        yield Case(X, Response(y, trials.astype(float), prior, "precision"), overlaps)
        count -= 1


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return list(random_cases(110, seed=0))


def points(case: Case, rng: np.random.Generator) -> Iterator[Solution]:
    """Random coefficients, near zero and far from it, and points on the way to the optimum."""
    objective, p = case.objective, case.X.shape[1]
    near = Newton(max_iter=6).solve(objective, np.zeros(p), suspicious=False).coef
    tries = [rng.normal(size=p) * size for size in (0.1, 0.5, 1.0, 4.0)]
    tries += [near + rng.normal(size=p) * 10.0**-digits for digits in (0, 1, 2, 4, 8)]
    for coef in tries:
        here = objective.evaluate(coef)
        step = newton_step(here)
        assert step.factor is not None
        yield Solution(coef, here, float(np.sqrt(step.squared)), Status.STALLED, (), step.factor.definite)


def test_the_cases_are_of_both_kinds(cases):
    overlapping = sum(case.overlaps for case in cases)
    assert 25 < overlapping < len(cases) - 25


def test_the_certificate_never_claims_overlap_of_separated_rows(cases):
    rng = np.random.default_rng(1)
    claimed = 0
    for case in cases:
        for solution in points(case, rng):
            if overlap_is_certain(solution):
                assert case.overlaps
                claimed += 1
    assert claimed > 80  # at points that are no optimum


def test_separated_rows_bound_the_decrement_from_below_at_every_point(cases):
    """The corollary, which needs no allowance but for rounding: it is what the certificate rests on."""
    rng = np.random.default_rng(2)
    for case in cases:
        if not case.overlaps:
            for solution in filter(lambda point: point.definite, points(case, rng)):
                assert solution.evaluation.closest <= solution.decrement**2 * (1 + 1e-6)


def test_the_bound_is_sharp():
    """One event alone: w r / lambda^2 = 1 - r."""
    objective = Objective(Dense(np.ones((1, 1))), Response(np.ones(1)), Binomial())
    for eta in (0.0, 2.0, 6.0):
        here = objective.evaluate(np.array([eta]))
        r = 1 / (1 + np.exp(eta))
        assert here.closest / newton_step(here).squared == pytest.approx(1 - r, rel=1e-12)


def test_it_fires_at_converged_fits(cases):
    fired = 0
    for case in cases:
        if case.overlaps:
            solution = Newton().solve(case.objective, np.zeros(case.X.shape[1]), suspicious=False)
            if solution.status is Status.CONVERGED:
                # Only a probability within 1e-14 of its outcome may keep it silent.
                assert overlap_is_certain(solution) or solution.evaluation.closest < 1e-13
                fired += overlap_is_certain(solution)
    assert fired > 0.95 * sum(case.overlaps for case in cases)


def test_rows_of_weight_zero_and_mixed_groups_do_not_silence_it():
    X = np.column_stack([np.ones(5), [0.0, 1.0, 2.0, 3.0, 400.0]])
    response = Response(np.array([0.0, 1.0, 0.5, 1.0, 1.0]), None, np.array([1.0, 1.0, 2.0, 1.0, 0.0]), "precision")
    solution = Newton().solve(Objective(Dense(X), response, Binomial()), np.zeros(2))
    assert solution.status is Status.CONVERGED
    # The row of weight zero is fitted to within rounding; it would have been the closest.
    assert X[4] @ solution.coef > 100
    assert overlap_is_certain(solution)


def test_the_linear_program_of_the_package_decides_the_same(cases):
    for case in cases:
        assert (find_separation(Dense(case.X), case.response) is None) == case.overlaps


def test_separated_rows_are_those_that_some_direction_moves(cases):
    """Theorem 2: the rows found are the union over the cone, and the direction moves all of them at once."""
    separated = 0
    for case in cases:
        if case.overlaps:
            continue
        found = find_separation(Dense(case.X), case.response)
        y, weights = case.response.y, case.response.weights
        single, mixed = constraints(case.X, y, weights)
        used = weights > 0
        sides = np.where(y == 1, 1.0, -1.0)
        moved = [
            bool(used[i] and y[i] in (0.0, 1.0) and largest(sides[i] * case.X[i], single, mixed) > MARGIN)
            for i in range(len(y))
        ]
        assert found.rows.tolist() == moved
        margins = sides * (case.X @ found.direction)
        assert (margins[found.rows] > 0).all()
        assert np.abs(margins[used & ~found.rows]).max(initial=0.0) < 1e-9
        null = np.linalg.matrix_rank(case.X[used & ~found.rows]) if (used & ~found.rows).any() else 0
        assert found.cone.dimension == case.X.shape[1] - null
        separated += 1
    assert separated > 25


def test_coefficients_are_infinite_undetermined_or_finite_as_the_cone_says():
    """Theorem 4 for unit vectors, with both extremes of each coefficient over the cone."""
    rng = np.random.default_rng(5)
    seen = {"+": 0, "-": 0, "?": 0, "0": 0}
    for _ in range(100):
        n, p = int(rng.integers(4, 12)), int(rng.integers(2, 5))
        X = np.column_stack([np.ones(n), rng.integers(0, 2, size=(n, p - 1))]).astype(float)
        y = rng.integers(0, 2, n)
        single, mixed = constraints(X, y, np.ones(n))
        if y.min() == y.max() or np.linalg.matrix_rank(X) < p or largest(single.sum(axis=0), single, mixed) < MARGIN:
            continue
        names = ["Intercept", *(f"x{j}" for j in range(1, p))]
        record = fit_design(ready_design(X, y, names=names), Binomial(), Newton())
        for unit, value in zip(np.eye(p), record.coef, strict=True):
            up, down = largest(unit, single, mixed) > MARGIN, largest(-unit, single, mixed) > MARGIN
            expected = "?" if up and down else "+" if up else "-" if down else "0"
            got = "?" if np.isnan(value) else "0" if np.isfinite(value) else "+" if value > 0 else "-"
            assert got == expected
            seen[expected] += 1
    assert min(seen.values()) > 5
