r"""Finite coefficients that approximate the limit of a separated fit, along one direction determined by the data.

Under separation the likelihood rises along every direction of a cone. scikit-learn requires one finite vector, so one
direction :math:`\delta` of the cone is taken, the shortest with

.. math:: s_i x_i'\delta \ge 1 \quad \text{for every separated row}, \qquad x_i'\delta = 0 \quad \text{for every other},

where :math:`s_i = \pm 1` is the row's outcome and the length is
:math:`|\delta|^2 = (\delta_0 + c'\delta)^2 + \sum_j (r_j \delta_j)^2`, with :math:`c_j` the middle and :math:`r_j` half
the range of column j. It is unique, and its predictions do not depend on the order of the rows, on repeated rows or on
the units of the columns.

With several outcomes, each row is replaced by pairs with :math:`s = 1`, :math:`(e_k - e_l) \otimes x_i` for its own
outcome k and every other l, and the squared length is the sum over outcomes of the squared lengths of
:math:`\delta_k - \bar\delta`, which does not depend on a reference; with two outcomes it gives the same direction. Then

.. math:: \tilde\beta = \hat\beta + t\,\delta, \qquad t = \max_i \frac{T - s_i x_i'\hat\beta}{s_i x_i'\delta},

with :math:`\hat\beta` the shortest coefficients of the limiting model, gives each separated row a logit of at least T
on its side (with several outcomes: at least T above the logit of each outcome that is ruled out), and all other rows
the logit of the limiting model.

With ordered outcomes, a pair is the threshold above the row's outcome, which must not fall, or the threshold below it,
which must not rise. The squared length is the sum over all linear predictors, and T depends on the link: the cauchit
approaches its limit so slowly that T = F^{-1}(1 - 10^{-8}), beyond which other rows would lose digits.

References
----------
Lawson, C. L. and Hanson, R. J. (1974) Solving Least Squares Problems, chapter 23, on the shortest vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.transformed import Transformed
from logitkit.design.response.response import Response
from logitkit.engine.existence.margins import margin_rows
from logitkit.engine.existence.recession import RecessionCone
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.numerics.threads.row_groups import row_groups
from logitkit.typing import FloatArray, IntArray

__all__ = ["finite_coef", "shortest_vector"]

FAR = 40.0  # a logit whose probability is within 1e-17 of its limit
NEAR = 1e-8  # of its limit, where a link takes further than that to come to it
SLACK = 1e-11  # share of the margin by which a row may miss it
MOVES = 1e-9  # of the largest move of a row: what is less is rounding


def finite_coef(record: FitRecord, design: Design) -> FloatArray:
    """Return finite coefficients: zero if aliased and, under separation, far along one direction.

    Parameters
    ----------
    record : FitRecord
        The fit; with several outcomes, a fit without offsets.
    design : Design
        The rows of the fit.

    Returns
    -------
    (p,) array
        The estimates, if they exist; with several outcomes in one vector, outcome by outcome.

    Examples
    --------
    The boundary is half way between the two nearest rows:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 4.0, 5.0]})
    >>> coef = finite_coef(fit.record, fit.design)
    >>> (coef[0] + coef[1] * np.array([1.0, 2.0, 4.0, 5.0])).round(9).tolist()
    [-80.0, -40.0, 40.0, 80.0]
    """
    if not record.is_separated:
        return np.where(np.isfinite(record.coef), record.coef, 0.0)
    base = record.coordinates.coef(np.where(np.isfinite(record.inner_coef), record.inner_coef, 0.0))
    matrix, response = _margins(record, design)
    if record.limit.cone is None:  # the intercepts of levels whose rows all have one outcome: there is no choice
        direction = record.limit.direction
        values = np.abs(matrix.matvec(direction))
        moved = np.flatnonzero((response.weights > 0.0) & (values > MOVES * values.max(initial=0.0)))
    else:
        found = _cone_rows(record, record.limit.cone, matrix, response, _metric(record, design))
        base, moved = found.shortest(base), found.moved
        try:
            direction = found.direction()
        except RuntimeError:  # least squares did not converge: the certificate moves every row as well
            direction = record.limit.direction
    sides, rows = np.where(response.y[moved] > 0.5, 1.0, -1.0), matrix.take(moved)
    start = rows.matvec(base) + (0.0 if response.shift is None else response.shift[moved])
    length = float(np.max((_far(record) - sides * start) / (sides * rows.matvec(direction)), initial=0.0))
    return np.asarray(base + length * direction)


def shortest_vector(rows: FloatArray) -> FloatArray:
    """Return the shortest vector whose product with each row is at least one.

    Rows enter only when they are violated, so that each least-squares problem stays small.

    Parameters
    ----------
    rows : (m, d) array
        Rows for which there is such a vector.

    Returns
    -------
    (d,) array
        The vector, which is unique.

    Examples
    --------
    >>> shortest_vector(np.array([[1.0, 0.0], [3.0, 1.0]])).round(9).tolist()
    [1.0, 0.0]
    """
    from scipy.optimize import nnls

    d = rows.shape[1]
    size = float(np.linalg.norm(rows, axis=1).max())
    unit = rows / size
    chosen: IntArray = np.zeros(0, dtype=np.int64)
    vector, least = np.zeros(d), 1.0
    while True:
        margins = unit @ vector
        worst = np.argsort(margins, kind="stable")[: max(2 * d, 50)]
        fresh = np.setdiff1d(worst[margins[worst] < least * (1.0 - SLACK)], chosen)
        if fresh.size == 0:
            return np.asarray(vector / (margins.min() * size))
        chosen = np.concatenate([chosen, fresh])
        # The residual of a problem of least squares, with weights that are not negative, points along the vector.
        system = np.vstack([unit[chosen].T, np.full(chosen.size, least)])
        target = np.zeros(d + 1)
        target[-1] = 1.0
        weights, _ = nnls(system, target)
        residual = system @ weights - target
        vector = residual[:-1] / -residual[-1]
        # Of length one, with the product that it has then: the next problem loses no digits to a thin margin.
        length = float(np.linalg.norm(vector))
        vector, least = vector / length, least / length


@dataclass(frozen=True)
class _ConeRows:
    """The rows that a cone moves, and the length of its directions.

    Parameters
    ----------
    basis : (p, d) array
        Of the cone's span, among the p coefficients.
    moved : (m,) int array
        Rows that some direction moves.
    moves : (m, d) array
        By how much each vector of the basis moves them, towards their outcome.
    metric : (k, p) array
        Whose product with a direction has its length.
    """

    basis: FloatArray
    moved: IntArray
    moves: FloatArray
    metric: FloatArray

    def direction(self) -> FloatArray:
        """Return the shortest direction that moves every row by one or more, shape (p,)."""
        triangle = np.asarray(np.linalg.qr(self.metric @ self.basis, mode="r"))
        vector = shortest_vector(np.linalg.solve(triangle.T, self.moves.T).T)
        return np.asarray(self.basis @ np.linalg.solve(triangle, vector))

    def shortest(self, coef: FloatArray) -> FloatArray:
        """Return the shortest coefficients that differ from the given ones along the cone's span only."""
        steps, *_ = np.linalg.lstsq(self.metric @ self.basis, self.metric @ coef, rcond=None)
        return np.asarray(coef - self.basis @ steps)


def _margins(record: FitRecord, design: Design) -> tuple[Matrix, Response]:
    """Return rows of functions of the coefficients, and the side of zero on which each should be."""
    if record.is_single:
        return design.matrix, design.response
    assert design.response.offset is None
    return margin_rows(design.matrix, design.response, record.predictors, record.family)


def _cone_rows(
    record: FitRecord, cone: RecessionCone, matrix: Matrix, response: Response, metric: FloatArray
) -> _ConeRows:
    coordinates = record.coordinates
    assert isinstance(coordinates, Coordinates)
    working = coordinates.matrix(matrix)
    if coordinates.basis is None and coordinates.transform is not None:
        working = Transformed(matrix, np.zeros(matrix.n_columns), coordinates.transform)
    step = row_groups(matrix.n_rows, matrix.n_columns).block
    every = np.vstack(
        [
            cone.moves(working.rows(start, min(start + step, matrix.n_rows)).to_dense())
            for start in range(0, matrix.n_rows, step)
        ]
    )
    moved = np.flatnonzero((response.weights > 0.0) & np.any(every != 0.0, axis=1))
    sides = np.where(response.y[moved] > 0.5, 1.0, -1.0)
    return _ConeRows(coordinates.directions(cone.directions), moved, sides[:, None] * every[moved], metric)


def _far(record: FitRecord) -> float:
    """Return how far from zero a linear predictor is at its limit."""
    family = record.family
    if record.is_single or family.compares_predictors:
        return FAR
    rest = family.n_outcomes - 1
    ends = family.intercepts(np.array([NEAR, *rest * [(1.0 - NEAR) / rest]]))
    return max(FAR, float(np.abs(ends).max()))


def _metric(record: FitRecord, design: Design) -> FloatArray:
    """Return what a direction is multiplied by to have its length, by the range of the columns on the rows used."""
    used, intercept, p = design.response.weights > 0.0, design.info.intercept, design.matrix.n_columns
    step = row_groups(design.n_rows, p).block
    low, high = np.full(p, np.inf), np.full(p, -np.inf)
    for start in range(0, design.n_rows, step):
        stop = min(start + step, design.n_rows)
        block = design.matrix.rows(start, stop).to_dense()[used[start:stop]]
        low = np.minimum(low, block.min(axis=0, initial=np.inf))
        high = np.maximum(high, block.max(axis=0, initial=-np.inf))
    if intercept is None:
        metric = np.diag(np.maximum(np.abs(low), np.abs(high)))
    else:
        metric = np.diag(0.5 * (high - low))
        metric[intercept] = 0.5 * (high + low)
    if record.is_single:
        return metric
    tables = record.predictors.tables(np.eye(record.predictors.n_flat))
    if record.family.compares_predictors:
        tables = tables - tables.mean(axis=0)
    return np.asarray(np.vstack([metric @ table for table in tables]))
