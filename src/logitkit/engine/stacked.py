r"""The objective of a model with several linear predictors a row.

For coefficients :math:`\beta_k` of the outcomes with a predictor, the logits of a row are :math:`x_i'\beta_k + o_{ik}`,
zero for the reference. The objective is :math:`\sum_i w_i \ell(\eta_i, y_i)`, with (``docs/maths/multinomial.md``,
equations 6 to 8)

.. math::

    \nabla_k f &= X' s_k, \qquad s_{ik} = w_i (p_{ik} - y_{ik}), \\
    \nabla^2_{kl} f &= X' \operatorname{diag}(w_i p_{ik} (1\{k = l\} - p_{il})) X .

The second derivatives are Gram matrices of the columns, one a pair of outcomes, each summed once: whatever stores the
columns can sum them. Where outcomes are many and columns few, those of all pairs are instead one symmetric product of
the columns times :math:`\sqrt{w_i} p_{ik}`, and only those of an outcome with itself are summed one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation
from logitkit.models.multinomial import Multinomial
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.models.predictors import Predictors
from logitkit.numerics.once import once
from logitkit.numerics.threads.local import get_threads, ordered_map
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["StackedObjective", "is_joint"]

JOINT_OUTCOMES = 16  # with a predictor, from which one product for all pairs is faster than one a pair
JOINT_COLUMNS = 24  # up to which it is: it takes twice the arithmetic, and a pair little else where columns are many
PIECE_NUMBERS = 1 << 15  # logits at once, which with the columns they come from stay in a second-level cache


@dataclass(slots=True)
class _RowSums:
    """What a group of rows adds, in the inner columns of the matrix."""

    gradient: FloatArray
    grams: FloatArray | None
    products: FloatArray | None = None
    value: float = 0.0
    closest: float = np.inf
    pearson: float = 0.0


class StackedObjective:
    """Matrix, response and predictors as a function of the coefficients of all outcomes.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    predictors : Predictors
        Which outcomes have a predictor.
    quadratic : Quadratic, optional
        Part of a penalty.
    ruled_out : (K, n) bool array, optional
        Outcomes that a row cannot have: their probability is zero.
    second : bool, default True
        Whether second derivatives will be asked for, which decides how rows are cut.

    Examples
    --------
    At zero every one of K outcomes has the probability 1 / K:

    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.models.predictors import full_predictors
    >>> response = Response(np.array([0.0, 1.0, 2.0, 2.0]), n_outcomes=3)
    >>> objective = StackedObjective(Dense(np.ones((4, 1))), response, full_predictors(3, 1, reference=0))
    >>> bool(np.isclose(objective.evaluate(np.zeros(2)).value, 4 * np.log(3)))
    True
    """

    def __init__(
        self,
        matrix: Matrix,
        response: Response,
        predictors: Predictors,
        quadratic: Quadratic | None = None,
        ruled_out: BoolArray | None = None,
        second: bool = True,
    ) -> None:
        self.matrix, self.response, self.predictors = matrix, response, predictors
        self.quadratic, self.ruled_out = quadratic, ruled_out
        self.family = Multinomial(predictors.n_predictors)
        self._inner = matrix.inner
        m, q = predictors.active.size, self._inner.n_columns
        # A row holds its numbers, and for each outcome a logit, a slope and what is left to one.
        width = matrix.width + 3 * predictors.n_predictors
        self._joint = is_joint(m, q)
        sums = (m * q) ** 2 if self._joint else m * (m + 1) // 2 * q * q
        sums = sums if second else m * q
        self._groups = row_groups(matrix.n_rows, width, 8 * sums)
        get_threads()  # refuses a setting that makes no sense, also where one thread is all that is used

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self.predictors.n_params

    @once
    def _pairs(self) -> list[tuple[int, int]]:
        m = self.predictors.active.size
        return [(a, b) for a in range(m) for b in range(a, a + 1 if self._joint else m)]

    @property
    def gram_cost(self) -> float:
        """About what second derivatives cost, in units of a walk without them."""
        return 1.0 + 0.5 * (self.predictors.active.size + 1) * (self.matrix.inner.gram_cost - 1.0)

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
        inner = self._spread(coef)
        m, q = inner.shape
        total = self._empty(m, q, hessian)
        bounds = self._groups.bounds
        for part in ordered_map(lambda group: self._sum_group(group, inner, hessian, rough, pearson), len(bounds)):
            total.value += part.value
            total.gradient += part.gradient
            total.closest = min(total.closest, part.closest)
            total.pearson += part.pearson
            if part.grams is not None and total.grams is not None:
                total.grams += part.grams
            if part.products is not None and total.products is not None:
                total.products += part.products
        blocks = total.gradient
        if m and self._inner is not self.matrix:
            blocks = np.stack([self.matrix.collect(sums) for sums in total.gradient])
        value, gradient = total.value, self.predictors.gradient(blocks)
        second = None if total.grams is None else self.predictors.hessian(self._assemble(total.grams, total.products))
        if self.quadratic is not None:
            value += (quadratic := self.quadratic.value(coef))
            total.pearson += 2.0 * quadratic
            gradient = gradient + self.quadratic.gradient(coef)
            if second is not None:
                strengths = self.quadratic.strengths
                second = second + (np.diag(strengths) if strengths.ndim == 1 else strengths)
        found = None if second is None else DenseHessian(second)
        return Evaluation(value, gradient, found, total.closest, pearson=total.pearson if pearson else 0.0)

    def linear_predictor(self, coef: FloatArray) -> FloatArray:
        """Return the logits of every row, offset included, shape (K, n)."""
        inner, eta = self._spread(coef), np.empty((self.predictors.n_predictors, self.matrix.n_rows))

        def fill(group: int) -> None:
            for start, stop in self._groups.blocks(group):
                eta[:, start:stop] = self._eta(self._inner.rows(start, stop), start, stop, inner)

        for _ in ordered_map(fill, len(self._groups.bounds)):
            pass
        return eta

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a difference of two logits along a direction, or rather more."""
        inner = self._spread(direction)

        def largest(group: int) -> float:
            found = 0.0
            for start, stop in self._groups.blocks(group):
                change = self._inner.rows(start, stop).matvecs(inner)
                high = np.maximum(change.max(axis=0, initial=0.0), 0.0)
                low = np.minimum(change.min(axis=0, initial=0.0), 0.0)
                found = max(found, float((high - low).max(initial=0.0)))
            return found

        return max(ordered_map(largest, len(self._groups.bounds)))

    def subset(self, index: IntArray) -> StackedObjective:
        """Return the objective of the rows at the given positions; its penalty weighs as much beside them as before."""
        response = self.response.take(index)
        quadratic = self.quadratic
        if quadratic is not None:
            quadratic = quadratic.scaled(response.total / self.response.total)
        ruled_out = None if self.ruled_out is None else self.ruled_out[:, index]
        return StackedObjective(self.matrix.take(index), response, self.predictors, quadratic, ruled_out)

    def curve(self, coef: FloatArray, direction: FloatArray) -> tuple[FloatArray, float]:
        """Return second derivatives at ``coef`` times a direction, shape (q,), and the direction's own product."""
        inner, along = self._spread(coef), self._spread(direction)
        m, q = inner.shape
        active = self.predictors.active

        def product(group: int) -> tuple[FloatArray, float]:
            out, squared = np.zeros((m, q), order=self._inner.order), 0.0
            for start, stop in self._groups.blocks(group):
                block = self._inner.rows(start, stop)
                mean = self.family.mean(self._eta(block, start, stop, inner))
                change = np.zeros_like(mean)
                change[active] = block.matvecs(along)
                moved = self.response.weights[start:stop] * mean * (change - np.sum(mean * change, axis=0))
                squared += float(np.sum(moved * change))
                block.add_rmatvecs(moved[active], out)
            return out, squared

        total, squared = np.zeros((m, q)), 0.0
        for part, own in ordered_map(product, len(self._groups.bounds)):
            total += part
            squared += own
        blocks = total if self._inner is self.matrix else np.stack([self.matrix.collect(sums) for sums in total])
        return self.predictors.gradient(blocks), squared

    def _spread(self, coef: FloatArray) -> FloatArray:
        """Return coefficients of the inner columns by outcome with a predictor, shape (m, q)."""
        blocks = self.predictors.blocks(coef)
        inner = blocks if self._inner is self.matrix else np.stack([self.matrix.spread(block) for block in blocks])
        return np.asarray(inner, order=self._inner.order)

    def _eta(self, block: Matrix, start: int, stop: int, inner: FloatArray) -> FloatArray:
        predictors, response = self.predictors, self.response
        if predictors.active.size == predictors.n_predictors:
            eta = block.matvecs(inner)
        else:
            eta = np.zeros((predictors.n_predictors, stop - start), order=self._inner.order)
            eta[predictors.active] = block.matvecs(inner)
        if response.offset is not None:
            eta += response.offset[:, start:stop]
        if self.ruled_out is not None:
            eta[self.ruled_out[:, start:stop]] = -np.inf
        return eta

    def _sum_group(self, group: int, inner: FloatArray, hessian: bool, rough: bool, pearson: bool) -> _RowSums:
        m, q = inner.shape
        n_outcomes, active = self.predictors.n_predictors, self.predictors.active
        total = self._empty(m, q, hessian)
        if self._inner.order == "F" and not (hessian or pearson):
            self._add_by_row(group, inner, total)
            return total
        most = min(self._groups.block, self.matrix.n_rows)
        slopes, others = np.empty((n_outcomes, most)), np.empty((n_outcomes, most))
        buffer = np.empty(most * self._inner.dense_width) if hessian else np.empty(0)
        response = self.response
        # Sums that are not finite are the caller's to explain, who knows the column and the row.
        with np.errstate(invalid="ignore", over="ignore"):
            for start, stop in self._groups.blocks(group):
                block, size = self._inner.rows(start, stop), stop - start
                mean = np.ascontiguousarray(self._eta(block, start, stop, inner))
                slope, other = slopes[:, :size], others[:, :size]
                codes, shares, weights = response.part(start, stop)
                value, closest = self.family.rows(mean, codes, shares, weights, slope, other)
                total.value += value
                total.closest = min(total.closest, closest)
                block.add_rmatvecs(slope[active], total.gradient)
                if pearson:
                    total.pearson += self.family.pearson(mean, slope, weights)
                if total.grams is None:
                    continue
                scaled = weights * mean[active]
                if total.products is not None:
                    self._add_products(block, np.sqrt(weights) * mean[active], total.products, rough)
                for place, (a, b) in enumerate(self._pairs):
                    curvature = scaled[a] * (other[active[a]] if a == b else mean[active[b]])
                    (block.add_rough_gram if rough else block.add_gram)(curvature, total.grams[place], buffer)
        return total

    @staticmethod
    def _add_products(block: Matrix, scaled: FloatArray, out: FloatArray, rough: bool) -> None:
        """Add the products of all columns of all outcomes, each column times what is given for the outcome."""
        every = scaled[:, None, :] * block.to_dense().T
        rows: NDArray[Any] = every.reshape(-1, scaled.shape[1])
        if rough:
            rows = rows.astype(np.float32)
        # numpy sees one array on both sides and calls the symmetric product, at half the cost.
        out += rows @ rows.T

    def _add_by_row(self, group: int, inner: FloatArray, total: _RowSums) -> None:
        """Add value and gradient of a group whose logits come row by row, few rows at a time so that they stay near."""
        n_outcomes, active = self.predictors.n_predictors, self.predictors.active
        piece = max(PIECE_NUMBERS // n_outcomes, 1)
        with np.errstate(invalid="ignore", over="ignore"):
            for first, last in self._groups.blocks(group):
                for start in range(first, last, piece):
                    stop = min(start + piece, last)
                    block = self._inner.rows(start, stop)
                    eta = self._eta(block, start, stop, inner)
                    value, closest = self.family.slopes_by_row(eta.T, *self.response.part(start, stop))
                    total.value += value
                    total.closest = min(total.closest, closest)
                    block.add_rmatvecs(eta if active.size == n_outcomes else eta[active], total.gradient)

    def _empty(self, m: int, q: int, hessian: bool) -> _RowSums:
        gradient = np.zeros((m, q), order=self._inner.order)
        if not hessian:
            return _RowSums(gradient, None)
        products = np.zeros((m * q, m * q)) if self._joint else None
        return _RowSums(gradient, np.zeros((len(self._pairs), q, q)), products)

    def _assemble(self, grams: FloatArray, products: FloatArray | None) -> FloatArray:
        """Return the second derivatives by flat coefficients; those of two outcomes have the other sign."""
        m, p = self.predictors.active.size, self.predictors.n_columns
        if products is None:
            whole = np.empty((m, p, m, p))
        elif self._inner is self.matrix:
            whole = np.negative(products).reshape(m, p, m, p)
        else:
            q = self._inner.n_columns
            parts = products.reshape(m, q, m, q).swapaxes(1, 2)
            collected = [[-self.matrix.collect_gram(part) for part in row] for row in parts]
            whole = np.array(collected).reshape(m, m, p, p).swapaxes(1, 2)
        for (a, b), gram in zip(self._pairs, grams, strict=True):
            block = self.matrix.collect_gram(gram)
            if a == b:
                whole[a, :, a, :] = block
            else:
                whole[a, :, b, :] = -block
                whole[b, :, a, :] = -block.T
        return whole.reshape(m * p, m * p)


def is_joint(m: int, q: int) -> bool:
    """Tell whether the second derivatives of m predictors of q columns are summed by one product for all pairs.

    Examples
    --------
    >>> is_joint(2, 4), is_joint(100, 4), is_joint(100, 300)
    (False, True, False)
    """
    return m >= JOINT_OUTCOMES and q <= JOINT_COLUMNS
