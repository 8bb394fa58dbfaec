"""Penalised problems of several outcomes: the designs and penalties of ``shrunken.py`` with outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import logitkit as lk
from engine.regularised.shrunken import DESIGNS, ROWS, Problem, Stated, problem
from oracles.penalised import PenalisedOracle
from oracles.penalised_outcomes import OutcomeOracle

__all__ = ["OUTCOME_ROWS", "OutcomeProblem", "outcome_problem"]

OUTCOME_ROWS = tuple(ROWS)
LABELS = np.array(["ash", "birch", "cedar", "date", "elm"])


@dataclass
class OutcomeProblem:
    """A design with outcomes and what is given beside it: fits of it, and oracles of it."""

    columns: Problem
    codes: np.ndarray
    n_outcomes: int
    rows: dict[str, Any]

    @property
    def y(self) -> np.ndarray:
        """The outcomes as labels."""
        return LABELS[self.codes]

    def fit(self, penalty: Any, **options: Any) -> Any:
        """Return the fit of the library."""
        design, names = self.columns.design, self.columns.shape.names
        given = design.given[0]
        if design.formula is not None:
            return lk.multinomial(design.formula, given.assign(y=self.y), penalty=penalty, **self.rows, **options)
        return lk.multinomial_matrix(given, self.y, names, penalty=penalty, **self.rows, **options)

    def path(self, penalty: Any, **options: Any) -> Any:
        """Return the path of the library."""
        design, names = self.columns.design, self.columns.shape.names
        given = design.given[0]
        options = {"model": lk.Multinomial(), **self.rows, **options}
        if design.formula is not None:
            return lk.path(design.formula, given.assign(y=self.y), penalty=penalty, **options)
        return lk.path_matrix(given, self.y, names, penalty=penalty, **options)

    def oracle(self, stated: Stated | None = None, reference: int | None = None) -> OutcomeOracle:
        """Return the objective, with a penalty."""
        columns = PenalisedOracle(self.columns.X, np.zeros(len(self.codes)), self.rows.get("weights"))
        if stated is not None:
            stated.oracle(columns, self.columns.shape)
        return OutcomeOracle(columns, np.eye(self.n_outcomes)[self.codes], self.rows.get("offset"), reference)


def table(fit: Any) -> np.ndarray:
    """Return coefficients, a row an outcome that has some."""
    return np.asarray(fit.record.coef_table)


def outcome_problem(design: str, rows: str = "plain", n_outcomes: int = 3) -> OutcomeProblem:
    """Return a problem by the names of its parts."""
    columns = problem(design)
    X, rng = columns.X, np.random.default_rng(4)
    Z = X[:, 1:] - X[:, 1:].mean(axis=0)
    Z = Z / np.maximum(Z.std(axis=0), 1e-9)
    effects = rng.normal(size=(Z.shape[1], n_outcomes)) * (rng.random((Z.shape[1], 1)) < min(0.5, 6.0 / Z.shape[1]))
    codes = (Z @ effects + 0.4 * np.arange(n_outcomes) + rng.gumbel(size=(len(X), n_outcomes))).argmax(axis=1)
    given = dict(ROWS[rows](len(DESIGNS[design].given[1])))
    if "offset" in given:
        given["offset"] = np.random.default_rng(9).normal(0.3, 1.0, (len(X), n_outcomes))
    return OutcomeProblem(columns, codes, n_outcomes, given)
