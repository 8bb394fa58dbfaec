r"""Corrections of Firth's estimates whose mean prediction is the proportion of events.

*FLIC*: the intercept is estimated anew by maximum likelihood, the linear predictor without it being given.

*FLAC*: Firth's scores are those of maximum likelihood on the rows and on copies of them with both outcomes, each of
half the weight of the row's leverage. A column that is one on the copies gives them an intercept of their own.

References
----------
Puhr, R., Heinze, G., Nold, M., Lusa, L. and Geroldinger, A. (2017) Firth's logistic regression with rare events:
accurate effect estimates and predictions? Statistics in Medicine 36, 2302-2317.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.bias.jeffreys import inverse_root
from logitkit.engine.bias.rows import Block, PredictorRows
from logitkit.engine.chunked import ChunkedObjective, Rows
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution
from logitkit.typing import FloatArray

__all__ = ["flac", "flic", "leverages"]


def leverages(base: Objective, coef: FloatArray, root: FloatArray | None = None) -> FloatArray:
    """Return the leverage of each row at some coefficients of a model of two outcomes, (n,); they sum to q.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> X = np.column_stack([np.ones(4), [1.0, 2.0, 3.0, 5.0]])
    >>> base = Objective(Dense(X), Response(np.array([0.0, 1.0, 0.0, 1.0])), Binomial())
    >>> bool(np.isclose(leverages(base, np.zeros(2)).sum(), 2.0))
    True
    """
    half = _root(base, coef) if root is None else root
    rows, out = PredictorRows.of(base), np.empty(base.response.n_rows)

    def of_block(block: Block) -> tuple[FloatArray, ...]:
        spread = block.functions(rows.flat(half))[0]
        curvature = base.response.weights[block.rows] * base.family.curvatures(rows.eta(block, coef))[0, 0]
        out[block.rows] = curvature * np.einsum("ij,ij->i", spread, spread)
        return ()

    rows.sums(of_block, base.n_params)
    return out


def _root(base: Objective, coef: FloatArray) -> FloatArray:
    """Return the root of the inverse information."""
    information = base.evaluate(coef).hessian
    assert isinstance(information, DenseHessian)
    found = inverse_root(information.array)
    assert found is not None  # at an estimate
    return found[0]


@dataclass(frozen=True)
class _Alone:
    """The objective of the intercept alone, beside coefficients that stay."""

    coef: FloatArray

    def of(self, base: Objective) -> Objective:
        """Return it for some rows."""
        response = replace(base.response, offset=np.atleast_2d(base.linear_predictor(self.coef)))
        return Objective(Dense(np.ones((response.n_rows, 1))), response, base.family)


@dataclass(frozen=True)
class _Augmented:
    """The objective of rows and of those that Firth's penalty adds to them, which have a column of their own."""

    coef: FloatArray
    root: FloatArray

    def of(self, base: Objective) -> Objective:
        """Return it for some rows."""
        response, n = base.response, base.response.n_rows
        X, added = base.matrix.take(np.arange(n)).to_dense(), leverages(base, self.coef, self.root)
        both = np.vstack([np.column_stack([X, np.zeros(n)]), np.column_stack([X, np.ones(n)])])
        offset = None if response.offset is None else np.hstack([response.offset, response.offset])
        augmented = Response(
            np.append(response.y, np.full(n, 0.5)), prior=np.append(response.weights, added), offset=offset
        )
        return Objective(Dense(both), augmented, base.family)


@dataclass(frozen=True)
class _RowsOf:
    """The same of any rows that are read in chunks."""

    rows: Rows
    made: _Alone | _Augmented
    quadratic: None = None

    @property
    def likelihood(self) -> Any:
        """The family whose outcomes are counted."""
        return self.rows.likelihood

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held."""
        return self.made.of(self.rows.of(part))


def _objective(base: Objective, made: _Alone | _Augmented) -> Objective:
    """Return the objective of all rows."""
    if isinstance(base, ChunkedObjective):
        return ChunkedObjective(base.design, _RowsOf(base.rows_of, made))
    return made.of(base)


def flic(base: Objective, coef: FloatArray, intercept: FloatArray, solver: Newton) -> Solution:
    """Return coefficients with the intercept, a direction of the coefficients, estimated anew by maximum likelihood.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> base = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> found = flic(base, np.log([3.5 / 1.5]), np.ones(1), Newton())
    >>> bool(np.isclose(found.coef[0], np.log(3.0)))
    True
    """
    alone = _objective(base, _Alone(coef))
    found = solver.solve(alone, np.zeros(1), suspicious=False)
    return replace(found, coef=coef + found.coef[0] * intercept)


def flac(base: Objective, coef: FloatArray, solver: Newton) -> tuple[Solution, FloatArray]:
    """Return coefficients from the rows and those that Firth's penalty adds, and the covariance of the coefficients.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> base = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> found, _ = flac(base, np.log([3.5 / 1.5]), Newton())
    >>> bool(np.isclose(found.coef[0], np.log(3.0)))
    True
    """
    augmented = _objective(base, _Augmented(coef, _root(base, coef)))
    found = solver.solve(augmented, np.append(coef, 0.0), suspicious=False)
    information = found.evaluation.hessian
    assert isinstance(information, DenseHessian)
    root = inverse_root(information.array)
    q = coef.size
    vcov = np.full((q, q), np.nan) if root is None else (root[0] @ root[0].T)[:q, :q]
    return replace(found, coef=found.coef[:q]), vcov
