r"""The objective of a fit and what is known of it at one coefficient vector.

The objective is the negative log-likelihood as a plain weighted sum over rows,
:math:`f(\beta) = \sum_i w_i \ell(x_i'\beta + o_i, y_i)`, with gradient :math:`X' s` and Hessian
:math:`X' \mathrm{diag}(c) X` where slope :math:`s` and curvature :math:`c` come from the family
(``docs/maths/binomial.md``, equations 6 to 8). Evaluations add over rows, so any way of cutting the rows is
another way of adding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from logitkit.design.matrix import Matrix
from logitkit.design.response import Response
from logitkit.execution.local import ordered_map, row_groups
from logitkit.families.binomial import Binomial
from logitkit.typing import FloatArray, IntArray

__all__ = ["Evaluation", "Objective"]


@dataclass(slots=True)
class Evaluation:
    """The objective at one coefficient vector, summed over some rows.

    Parameters
    ----------
    value : float
        Negative log-likelihood without the binomial constant.
    gradient : (p,) array
        Its gradient.
    hessian : (p, p) array
        Its Hessian, which for the logit is the information, observed and expected; (0, 0) when not asked for.
    closest : float
        The least weighted distance between outcome and mean among rows of one outcome.
    fitted, matched : float
        Weighted sums of the means, of all trials and of the events.
    """

    value: float
    gradient: FloatArray
    hessian: FloatArray
    closest: float
    fitted: float = 0.0
    matched: float = 0.0

    def add(self, other: Evaluation) -> None:
        """Add the sums of other rows, in place."""
        self.value += other.value
        self.gradient += other.gradient
        self.hessian += other.hessian
        self.closest = min(self.closest, other.closest)
        self.fitted += other.fitted
        self.matched += other.matched


@dataclass(slots=True)
class _Workspace:
    """Buffers of one thread for one block of rows."""

    slope: FloatArray
    curvature: FloatArray
    scaled: FloatArray


class Objective:
    """Matrix, response and family as a function of the coefficients.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same n rows.
    family : Binomial
        Gives loss, slope and curvature of each row.

    Examples
    --------
    At zero every probability is one half, and the loss is n log 2:

    >>> import numpy as np
    >>> from logitkit.design.dense import Dense
    >>> objective = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> evaluation = objective.evaluate(np.zeros(1))
    >>> bool(np.isclose(evaluation.value, 4 * np.log(2))), evaluation.gradient.tolist()
    (True, [-1.0])
    """

    def __init__(self, matrix: Matrix, response: Response, family: Binomial) -> None:
        self.matrix = matrix
        self.response = response
        self.family = family
        self._groups = row_groups(matrix.n_rows, matrix.n_columns)
        self._idle: list[_Workspace] = []

    @property
    def n_params(self) -> int:
        """Number of coefficients."""
        return self.matrix.n_columns

    @cached_property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1: what a standard error is measured against when weights are small."""
        return min(1.0, self.response.total / max(self.matrix.n_rows, 1))

    def evaluate(self, coef: FloatArray, hessian: bool = True) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian at ``coef``, in one walk over the rows."""

        def evaluate_group(group: int) -> Evaluation:
            return self._evaluate_group(group, coef, hessian)

        sums = ordered_map(evaluate_group, len(self._groups.bounds))
        total = next(sums)
        for part in sums:
            total.add(part)
        return total

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return X coef + offset for every row, shape (n,)."""
        eta = np.empty(self.matrix.n_rows)

        def fill(group: int) -> None:
            for start, stop in self._groups.blocks(group):
                eta[start:stop] = self._eta(start, stop, coef)[1]

        for _ in ordered_map(fill, len(self._groups.bounds)):
            pass
        return eta

    def map_rows(self, function: Callable[[Matrix, slice], FloatArray]) -> FloatArray:
        """Return one number a row: ``function`` of each block and its place, joined, shape (n,)."""
        out = np.empty(self.matrix.n_rows)

        def fill(group: int) -> None:
            for start, stop in self._groups.blocks(group):
                out[start:stop] = function(self.matrix.rows(start, stop), slice(start, stop))

        for _ in ordered_map(fill, len(self._groups.bounds)):
            pass
        return out

    def sum_gram(self, weights: FloatArray) -> FloatArray:
        """Return X' diag(weights) X for weights that are not negative, shape (p, p)."""

        def gram(group: int) -> FloatArray:
            total = np.zeros((self.n_params, self.n_params))
            buffer = np.empty(self._groups.block * self.n_params)
            for start, stop in self._groups.blocks(group):
                total += self.matrix.rows(start, stop).gram(weights[start:stop], buffer)
            return total

        sums = ordered_map(gram, len(self._groups.bounds))
        total = next(sums)
        for part in sums:
            total += part
        return total

    def subset(self, index: IntArray) -> Objective:
        """Return the objective of the rows at the given positions."""
        return Objective(self.matrix.take(index), self.response.take(index), self.family)

    def _eta(self, start: int, stop: int, coef: FloatArray) -> tuple[Matrix, FloatArray]:
        block = self.matrix.rows(start, stop)
        eta = block.matvec(coef)
        if self.response.offset is not None:
            eta = eta + self.response.offset[start:stop]
        return block, eta

    def _evaluate_group(self, group: int, coef: FloatArray, hessian: bool) -> Evaluation:
        p = self.n_params
        size = p if hessian else 0
        try:
            space = self._idle.pop()
        except IndexError:
            rows = min(self._groups.block, self.matrix.n_rows)
            space = _Workspace(np.empty(rows), np.empty(rows), np.empty(rows * p))
        y, weights = self.response.y, self.response.weights
        total = Evaluation(0.0, np.zeros(p), np.zeros((size, size)), np.inf)
        # Sums that are not finite are the caller's to explain, who knows the column and the row.
        with np.errstate(invalid="ignore", over="ignore"):
            for start, stop in self._groups.blocks(group):
                block, eta = self._eta(start, stop, coef)
                slope, curvature = space.slope[: stop - start], space.curvature[: stop - start]
                value, closest, fitted, matched = self.family.rows(
                    eta, y[start:stop], weights[start:stop], slope, curvature
                )
                total.value += value
                total.fitted += fitted
                total.matched += matched
                total.closest = min(total.closest, closest)
                total.gradient += block.rmatvec(slope)
                if hessian:
                    total.hessian += block.gram(curvature, space.scaled)
        self._idle.append(space)
        return total
