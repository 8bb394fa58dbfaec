r"""The objective of a fit and what is known of it at one coefficient vector.

The objective is the negative log-likelihood as a plain weighted sum over rows,
:math:`f(\beta) = \sum_i w_i \ell(x_i'\beta + o_i, y_i)`, with gradient :math:`X' s` and Hessian
:math:`X' \mathrm{diag}(c) X` where slope :math:`s` and curvature :math:`c` come from the family
(``docs/maths/binomial.md``, equations 6 to 8), plus the quadratic part of a penalty where there is one. Sums over rows
add, so any way of cutting the rows is another way of adding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian, Hessian
from logitkit.engine.curvature.sums import DenseSums, GramSums, Place, RoughSums
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.numerics.once import once
from logitkit.numerics.threads.local import get_threads, go_on, ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.numerics.unshared import unshared_zeros
from logitkit.typing import FloatArray, IntArray

__all__ = ["Evaluation", "Objective", "SmoothObjective"]

NUMBERS_OF_PART = 1_048_576  # of a product with all columns at once, which a thread is worth
ROWS_OF_PART = 131_072  # of which losses are summed: of fewer a thread is not worth the handing over
PARTS_MOST = 64
BLOCKS_AT_ONCE = 4  # where second derivatives need no room: threads wait for the interpreter between blocks


@dataclass(slots=True)
class Evaluation:
    """The objective at one coefficient vector.

    Parameters
    ----------
    value : float
        Negative log-likelihood without the binomial constant.
    gradient : (p,) array
        Its gradient.
    hessian : Hessian or None
        Second derivatives, which for the logit are the information, observed and expected; None when not asked for.
    closest : float
        The least weighted distance between outcome and mean among rows of one outcome.
    fitted, matched : float
        Weighted sums of the means, of all trials and of the events.
    pearson : float
        Pearson's statistic, and twice the quadratic part of the penalty; zero when not asked for.
    """

    value: float
    gradient: FloatArray
    hessian: Hessian | None
    closest: float
    fitted: float = 0.0
    matched: float = 0.0
    pearson: float = 0.0


class SmoothObjective(Protocol):
    """What a solver sees of an objective: a convex function of coefficients that is a sum over rows."""

    @property
    def n_params(self) -> int:
        """Number of coefficients."""

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1."""

    @property
    def gram_cost(self) -> float:
        """About what second derivatives cost, in units of a walk without them."""

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian and Pearson's statistic at ``coef``."""

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction."""


@dataclass(slots=True)
class _RowSums:
    """What a group of rows adds, in the inner columns of the matrix."""

    gradient: FloatArray
    gram: tuple[FloatArray, ...] | None
    value: float = 0.0
    closest: float = np.inf
    fitted: float = 0.0
    matched: float = 0.0
    pearson: float = 0.0


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
    sums : GramSums, optional
        How second derivatives are summed; into one array by default.
    quadratic : Quadratic, optional
        Part of a penalty.

    Examples
    --------
    At zero every probability is one half, and the loss is n log 2:

    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> objective = Objective(Dense(np.ones((4, 1))), Response(np.array([0.0, 1.0, 1.0, 1.0])), Binomial())
    >>> evaluation = objective.evaluate(np.zeros(1))
    >>> bool(np.isclose(evaluation.value, 4 * np.log(2))), evaluation.gradient.tolist()
    (True, [-1.0])
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        family: Binomial,
        sums: GramSums | None = None,
        quadratic: Quadratic | None = None,
    ) -> None:
        self.matrix = matrix
        self.response = response
        self.family = family
        self.sums: GramSums = DenseSums(matrix) if sums is None else sums
        self.quadratic = quadratic
        self._inner = matrix.inner
        self._groups = self.sums.aligned(row_groups(matrix.n_rows, matrix.width, self.sums.bytes))
        self._idle: list[_Workspace] = []
        get_threads()  # refuses a setting that makes no sense, also where one thread is all that is used

    @property
    def n_params(self) -> int:
        """Number of coefficients."""
        return self.matrix.n_columns

    @property
    def gram_cost(self) -> float:
        """About what second derivatives cost, in units of a walk without them."""
        return self._inner.gram_cost

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1: what a standard error is measured against when weights are small."""
        return self._mean_weight

    @once
    def _mean_weight(self) -> float:
        return min(1.0, self.response.total / max(self.matrix.n_rows, 1))

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian and Pearson's statistic at ``coef``, in one walk.

        A rough Hessian is right to seven digits.
        """
        inner = self.matrix.spread(coef)
        sums: GramSums = RoughSums(self.matrix) if rough and isinstance(self.sums, DenseSums) else self.sums
        whole = sums.whole() if hessian else None
        bounds = self._groups.bounds
        if len(bounds) == 1:  # a small fit, whose time is that of the calls
            go_on()
            total = self._evaluate_group(0, inner, whole, sums, pearson)
            if whole is not None and total.gram is not None:
                sums.merge(whole, total.gram)
        else:
            total = _RowSums(np.zeros(self._inner.n_columns), whole)

            def sums_of(group: int) -> _RowSums:
                return self._evaluate_group(group, inner, whole, sums, pearson)

            small = whole is None and self.matrix.n_rows * self.matrix.width <= NUMBERS_OF_PART
            light = whole is None and self._groups.light
            for part in map(sums_of, range(len(bounds))) if small else ordered_map(sums_of, len(bounds), light=light):
                total.value += part.value
                total.gradient += part.gradient
                total.closest = min(total.closest, part.closest)
                total.fitted += part.fitted
                total.matched += part.matched
                total.pearson += part.pearson
                if whole is not None and part.gram is not None:
                    sums.merge(whole, part.gram)
        value, gradient = total.value, self.matrix.collect(total.gradient)
        second = None if whole is None else sums.finish(whole)
        if self.quadratic is not None:
            value += (quadratic := self.quadratic.value(coef))
            total.pearson += 2.0 * quadratic
            gradient = gradient + self.quadratic.gradient(coef)
            second = None if second is None else _with_quadratic(second, self.quadratic.strengths)
        return Evaluation(
            value, gradient, second, total.closest, total.fitted, total.matched, total.pearson if pearson else 0.0
        )

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return X coef + offset for every row, shape (n,)."""
        if self.matrix.n_rows * self.matrix.width <= NUMBERS_OF_PART:  # not worth the handing over
            return self._eta(self._inner, 0, self.matrix.n_rows, self.matrix.spread(coef))
        inner, eta = self.matrix.spread(coef), np.empty(self.matrix.n_rows)

        def fill(group: int) -> None:
            for start, stop in self._groups.blocks(group, BLOCKS_AT_ONCE):
                eta[start:stop] = self._eta(self._inner.rows(start, stop), start, stop, inner)

        for _ in ordered_map(fill, len(self._groups.bounds), light=self._groups.light):
            pass
        return eta

    def rows(self, coef: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return slope and curvature of every row, each of shape (n,)."""
        return self.rows_at(self.linear_predictor(coef))[1:]

    def rows_at(self, eta: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the loss at linear predictors, and slope and curvature of every row, each of shape (n,)."""
        slope, curvature = np.empty(eta.size), np.empty(eta.size)
        y, weights = self.response.y, self.response.weights
        if eta.size <= ROWS_OF_PART:
            return self.family.rows(eta, y, weights, slope, curvature)[0], slope, curvature

        def fill(group: int) -> float:
            total = 0.0
            for start, stop in self._groups.blocks(group):
                here = slice(start, stop)
                total += self.family.rows(eta[here], y[here], weights[here], slope[here], curvature[here])[0]
            return total

        return sum(ordered_map(fill, len(self._groups.bounds), light=self._groups.light)), slope, curvature

    def pull(self, values: FloatArray) -> FloatArray:
        """Return X' v for one value a row, shape (p,).

        Of wide rows there are few to a block: the parts are cut by the numbers that they hold.
        """
        n = self.matrix.n_rows
        parts = min(max(n * self.matrix.width // NUMBERS_OF_PART, 1), PARTS_MOST)
        edges = [n * part // parts for part in range(parts + 1)]

        def product(part: int) -> FloatArray:
            start, stop = edges[part], edges[part + 1]
            out = unshared_zeros(self._inner.n_columns)
            self._inner.rows(start, stop).add_rmatvec(values[start:stop], out)
            return out

        total = np.zeros(self._inner.n_columns)
        for part in ordered_map(product, parts, light=n * self.matrix.width <= PARTS_MOST * NUMBERS_OF_PART):
            total += part
        return self.matrix.collect(total)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction, max |x' d|."""
        inner = self.matrix.spread(direction)

        def largest(group: int) -> float:
            blocks = (self._inner.rows(start, stop) for start, stop in self._groups.blocks(group))
            return max((float(np.abs(block.matvec(inner)).max(initial=0.0)) for block in blocks), default=0.0)

        return max(ordered_map(largest, len(self._groups.bounds)))

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
        sums = DenseSums(self.matrix)
        total = sums.whole()

        def gram(group: int) -> tuple[FloatArray, ...]:
            first, last = self._groups.bounds[group]
            part = sums.start(total, first, last)
            buffer = np.empty(self._groups.block * self._inner.dense_width)
            for start, stop in self._groups.blocks(group):
                sums.add(part, self._inner.rows(start, stop), weights[start:stop], Place(first, start), buffer)
            return part

        for part in ordered_map(gram, len(self._groups.bounds)):
            sums.merge(total, part)
        return sums.finish(total).array

    def multiply(self, curvature: FloatArray, vector: FloatArray) -> FloatArray:
        """Return X' diag(curvature) X v, shape (p,), in one walk over the rows."""
        inner = self.matrix.spread(vector)

        def product(group: int) -> FloatArray:
            out = unshared_zeros(self._inner.n_columns)
            for start, stop in self._groups.blocks(group, BLOCKS_AT_ONCE):
                block = self._inner.rows(start, stop)
                block.add_rmatvec(curvature[start:stop] * block.matvec(inner), out)
            return out

        total = np.zeros(self._inner.n_columns)
        for part in ordered_map(product, len(self._groups.bounds), light=self._groups.light):
            total += part
        return self.matrix.collect(total)

    def subset(self, index: IntArray) -> Objective:
        """Return the objective of the rows at the given positions, its second derivatives in one array.

        Its penalty weighs as much beside these rows as the whole does beside all.
        """
        response = self.response.take(index)
        quadratic = self.quadratic
        if quadratic is not None:
            quadratic = quadratic.scaled(response.total / self.response.total)
        return Objective(self.matrix.take(index), response, self.family, None, quadratic)

    def _eta(self, block: Matrix, start: int, stop: int, inner: FloatArray) -> FloatArray:
        eta = block.matvec(inner)
        return eta if self.response.shift is None else eta + self.response.shift[start:stop]

    def _evaluate_group(
        self, group: int, inner: FloatArray, whole: tuple[FloatArray, ...] | None, sums: GramSums, pearson: bool
    ) -> _RowSums:
        try:
            space = self._idle.pop()
        except IndexError:
            most = min(self._groups.block, self.matrix.n_rows)
            several, scratch = BLOCKS_AT_ONCE * most, np.empty(most * self._inner.dense_width)
            space = _Workspace(np.empty(several), np.empty(several), scratch)
        y, weights = self.response.y, self.response.weights
        first, last = self._groups.bounds[group]
        gram = None if whole is None else sums.start(whole, first, last)
        total = _RowSums(unshared_zeros(self._inner.n_columns), gram)
        # Sums that are not finite are the caller's to explain, who knows the column and the row.
        with np.errstate(invalid="ignore", over="ignore"):
            for start, stop in self._groups.blocks(group, 1 if whole is not None else BLOCKS_AT_ONCE):
                slope, curvature = space.slope[: stop - start], space.curvature[: stop - start]
                here = (y[start:stop], weights[start:stop], slope, curvature)
                block = self._inner.rows(start, stop)
                numbers = block.by_row if isinstance(block, Dense) else None
                if numbers is not None:
                    offset = None if self.response.shift is None else self.response.shift[start:stop]
                    sums_of_rows = self.family.walk(numbers, inner, offset, *here, total.gradient)
                else:
                    eta = self._eta(block, start, stop, inner)
                    sums_of_rows = self.family.rows(eta, *here)
                    block.add_rmatvec(slope, total.gradient)
                value, closest, fitted, matched = sums_of_rows
                total.value += value
                total.fitted += fitted
                total.matched += matched
                total.closest = min(total.closest, closest)
                if pearson:
                    total.pearson += self.family.pearson(slope, curvature)
                if total.gram is not None:
                    sums.add(total.gram, block, curvature, Place(first, start), space.scaled)
        self._idle.append(space)
        return total


def _with_quadratic(hessian: Hessian, strengths: FloatArray) -> Hessian:
    if strengths.ndim == 1:
        return hessian.plus_diagonal(strengths)
    assert isinstance(hessian, DenseHessian)
    return DenseHessian(hessian.array + strengths)
