r"""A preconditioner of L-BFGS for a ridge of many outcomes, by the second moments of the columns and the ridge.

The second derivatives of outcome k with itself are near :math:`c_k G + D`, with
:math:`c_k = \pi_k (1 - \pi_k)` at the outcome's share, G the Gram matrix of the columns less their means, and D the
ridge. With :math:`D^{-1/2} G D^{-1/2} = Q \Lambda Q'` the inverse is
:math:`D^{-1/2} Q (c_k \Lambda + 1)^{-1} Q' D^{-1/2}`: one decomposition is used for all outcomes.

Where columns are many or sparse, each coefficient is by itself. Let column j of zeros and ones meet outcome k in N of
its rows, E of them by the outcome's share. Its coefficient alone, from zero, would end near
:math:`\log (N + d)/(E + d)` with the ridge d, and the gradient changes by N - E on the way: the mean curvature of that
way is :math:`(N - E) / \log ((N + d)/(E + d))`, the logarithmic mean of the two. The curvature at zero, E + d, is far
too small where an outcome is rare but not beside this column.
"""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.models.predictors import Predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["Precondition", "Preconditioner", "gap_of", "logarithmic_mean"]

DECOMPOSED_MOST = 1_600  # columns whose Gram matrix is decomposed
LEAST_RIDGE = 1e-8  # of the diagonal of the Gram matrix, where a column has none


def gap_of(gradient: FloatArray, strengths: FloatArray, precondition: Precondition) -> float:
    """Return a bound on what is left to gain from coefficients with a square, and about what the others leave."""
    squared = strengths > 0.0
    bound = float(np.sum(gradient[squared] ** 2 / (2.0 * strengths[squared])))
    rest = np.where(squared, 0.0, gradient)
    return bound + float(rest @ precondition(rest))


class Precondition:
    """A preconditioner at one ridge, of gradients by what is solved for.

    Parameters
    ----------
    given : Preconditioner
        Of the columns.
    strengths : (q,) array
        The ridge.
    """

    def __init__(self, given: Preconditioner, strengths: FloatArray) -> None:
        self.given = given
        p, m = given.mean.size, given.curvature.size
        flat = np.zeros(m * p)
        flat[given.place] = strengths
        # One ridge a column: the largest of its outcomes, of which a free column's first is left out.
        ridge = flat.reshape(m, p).max(axis=0)
        ridge = np.maximum(ridge, LEAST_RIDGE * np.maximum(given.diagonal, 1e-300))
        if given.intercept is not None:
            ridge[given.intercept] = 1.0  # solved for by itself: no scale of it may reach the others
        self.root = 1.0 / np.sqrt(ridge)
        self.vectors: FloatArray | None = None
        if given.gram is None:
            met, expected = given.met + ridge, np.multiply.outer(given.curvature, given.diagonal) + ridge
            self.alone: FloatArray = logarithmic_mean(met, expected).reshape(-1)[given.place]
        else:
            self.values, self.vectors = np.linalg.eigh(given.gram * self.root[:, None] * self.root)

    def __call__(self, gradient: FloatArray) -> FloatArray:
        """Return M g."""
        given = self.given
        if self.vectors is None:
            return gradient / self.alone
        m, p = given.curvature.size, given.mean.size
        flat = np.zeros(m * p)
        flat[given.place] = gradient
        blocks = flat.reshape(m, p)
        intercept = given.intercept
        total = None if intercept is None else blocks[:, intercept].copy()
        if total is not None:
            blocks -= np.multiply.outer(total, given.mean)
            blocks[:, intercept] = 0.0  # its root is that of no ridge, whose products overflow
        inner = blocks * self.root
        inner = inner @ self.vectors
        inner /= np.multiply.outer(given.curvature, np.maximum(self.values, 0.0)) + 1.0
        out = (inner @ self.vectors.T) * self.root
        if total is not None:
            out[:, intercept] = 0.0
            out[:, intercept] = total / (given.curvature * given.total) - out @ given.mean
        return np.asarray(out.reshape(-1)[given.place])


class Preconditioner:
    """What is known of the columns, whatever the ridge.

    Parameters
    ----------
    matrix : Matrix
        n rows and p columns.
    response : Response
        The same rows.
    predictors : Predictors
        Outcomes with a predictor, and which flat coefficients are solved for.
    """

    def __init__(self, matrix: Matrix, response: Response, predictors: Predictors) -> None:
        self.place, self.total = predictors.chosen, response.total
        share = response.totals / response.total
        #: Curvature of each outcome with a predictor, never quite zero.
        self.curvature: FloatArray = np.maximum(share * (1.0 - share), 1.0 / response.total)[predictors.active]
        self.mean: FloatArray = np.zeros(matrix.n_columns)
        self.gram: FloatArray | None = None
        self.intercept: int | None = None
        weights = response.weights
        if isinstance(matrix, Dense) and matrix.n_columns <= DECOMPOSED_MOST:
            ones = np.flatnonzero((matrix.array == 1).all(axis=0))
            gram = matrix.gram(weights)
            if ones.size:
                self.intercept = int(ones[0])
                self.mean = matrix.rmatvec(weights) / self.total
                self.mean[self.intercept] = 0.0
                gram = gram - self.total * np.multiply.outer(self.mean, self.mean)
                gram[self.intercept] = gram[:, self.intercept] = 0.0
            self.gram = gram
            self.diagonal: FloatArray = np.maximum(gram.diagonal(), 0.0)
        else:
            squares = np.zeros(matrix.inner.n_columns)
            matrix.inner.add_squares(weights, squares)
            self.diagonal = matrix.collect_squares(squares)
            self.met = (1.0 - share[predictors.active])[:, None] * _squares_by_outcome(
                matrix, response, predictors.active
            )

    def at(self, strengths: FloatArray) -> Precondition:
        """Return the preconditioner at a ridge, of the coefficients that are solved for."""
        return Precondition(self, strengths)


def _squares_by_outcome(matrix: Matrix, response: Response, outcomes: IntArray) -> FloatArray:
    """Return the weighted sums of squares of the columns over the rows of each outcome, shape (m, p)."""
    found = []
    for k in outcomes:
        if response.shares is None:
            rows = np.flatnonzero(response.codes == k)
            weights = response.weights[rows]
        else:
            rows = np.flatnonzero(response.shares[k] > 0.0)
            weights = (response.weights * response.shares[k])[rows]
        squares = np.zeros(matrix.inner.n_columns)
        matrix.take(rows).inner.add_squares(weights, squares)
        found.append(matrix.collect_squares(squares))
    return np.stack(found)


def logarithmic_mean(a: FloatArray, b: FloatArray) -> FloatArray:
    r"""Return :math:`(a - b) / (\log a - \log b)`, which lies between two positive numbers.

    Parameters
    ----------
    a, b : array
        Positive numbers.

    Returns
    -------
    array
        a where both are the same.

    Examples
    --------
    >>> logarithmic_mean(np.array([3.0, 1.0]), np.array([3.0, np.e])).round(3).tolist()
    [3.0, 1.718]
    """
    low, high = np.minimum(a, b), np.maximum(a, b)
    ratio = (high - low) / low
    near = ratio < 1e-6
    return np.where(near, 0.5 * (low + high), (high - low) / np.log1p(np.where(near, 1.0, ratio)))
