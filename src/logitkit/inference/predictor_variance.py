r"""The covariance of the linear predictors of a row.

For coefficients :math:`\theta` with covariance V, the covariance of predictors :math:`\eta_a = j_a'\theta + o_a` is
:math:`j_a' V j_b`. For a single predictor this is :math:`x'Vx`; with an absorbed factor the intercept of the row's
level was estimated too, and the variance is :math:`1/d_l + (x - f_l)'V(x - f_l)` (``docs/maths/incidental.md``,
equation 5).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.curvature.vcov import Vcov
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.inference.functions import column_of
from logitkit.inference.linear_predictors import BLOCK, NUMBERS_OF_BLOCK, linear_predictors
from logitkit.inference.sample import known_sides
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray, IntArray

__all__ = ["has_own_columns", "predictor_covariances", "working_columns"]


def predictor_covariances(
    record: FitRecord, matrix: Matrix, vcov: Vcov, levels: IntArray | None = None
) -> Iterator[tuple[slice, FloatArray]]:
    """Return the covariance of the linear predictors of each row, block of rows by block of rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    vcov : Vcov
        Covariance of the coefficients that were solved for: ``record.inner_vcov`` or ``record.inner_model_vcov``.
    levels : (n,) int array, optional
        Level of each row; required with an absorbed factor.

    Returns
    -------
    iterator of (slice, (r, m, m) array)
        Rows and their covariances: zero for the predictor of a reference; under separation, those of a finite
        representative of the limit.

    Raises
    ------
    UnsupportedError
        If a factor is absorbed and the variances of its intercepts are not available.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> _, covariance = next(predictor_covariances(fit.record, fit.design.matrix, fit.record.inner_vcov))
    >>> x = np.array([0.0, 0.0, 1.0, 1.0])  # the logit of c in the first row, where x = 1
    >>> bool(np.isclose(covariance[0, 2, 2], x @ fit.record.vcov @ x))
    True
    """
    if not record.is_single:
        return _covariances(record, matrix, vcov)
    require(record, "errors of predictors")
    working = record.nuisance.within(record.coordinates.matrix(matrix), levels, None)
    return _variances(working, record.nuisance.variances(levels, None, matrix.n_rows), vcov)


def _variances(working: Matrix, own: FloatArray, vcov: Vcov) -> Iterator[tuple[slice, FloatArray]]:
    """Yield the variance of the only predictor of each row, of which the part ``own`` is its intercept's."""
    for start in range(0, working.n_rows, BLOCK):
        rows = slice(start, min(start + BLOCK, working.n_rows))
        variance = own[rows] + vcov.row_variances(working.rows(rows.start, rows.stop))
        yield rows, variance[:, None, None]


def _covariances(record: FitRecord, matrix: Matrix, vcov: Vcov) -> Iterator[tuple[slice, FloatArray]]:
    """Yield the covariance of several predictors, which are functions of the cells of a row that all rows share."""
    given = np.eye(record.coef.size)
    given[record.aliased] = 0.0
    functions = record.coordinates.jacobian(given)
    left, right = record.predictors.tables(functions), record.predictors.tables(vcov.times(functions))
    active = np.flatnonzero(np.any(left != 0.0, axis=(1, 2)))
    first, second = (active[places] for places in np.tril_indices(active.size))
    m, p, q = left.shape
    by_pairs = has_own_columns(record)
    between = np.stack([right[a] @ left[b].T for a, b in zip(first, second, strict=True)], axis=1) if by_pairs else None
    step = max(NUMBERS_OF_BLOCK // max(first.size * p if by_pairs else 2 * active.size * q, 1), 1)
    for start in range(0, matrix.n_rows, step):
        rows = slice(start, min(start + step, matrix.n_rows))
        dense = matrix.rows(rows.start, rows.stop).to_dense()
        if between is not None:  # p^2 products of each pair of predictors
            halves = (dense @ between.reshape(p, -1)).reshape(len(dense), first.size, p)
            values = np.einsum("ikp,ip->ik", halves, dense)
        else:  # in the coordinates of the fit, so that badly conditioned columns cost no digits
            own, times = [dense @ left[a] for a in active], [dense @ right[a] for a in active]
            pairs = zip(*np.tril_indices(active.size), strict=True)
            values = np.stack([np.einsum("ij,ij->i", times[a], own[b]) for a, b in pairs], axis=1)
        covariance = np.zeros((len(dense), m, m))
        covariance[:, first, second] = covariance[:, second, first] = values
        yield rows, covariance


def has_own_columns(record: FitRecord) -> bool:
    """Return whether the coefficients of several predictors were solved for on the original columns.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    bool
        False if columns were orthogonalised first, as badly conditioned and aliased columns are.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> far = data | {"x": [1e9 + x for x in data["x"]]}
    >>> [has_own_columns(lk.multinomial("y ~ x", each).record) for each in (data, far)]
    [True, False]
    """
    transform = record.coordinates.transform if isinstance(record.coordinates, Coordinates) else None
    if transform is None:
        return True
    # Each coefficient that was solved for gives coefficients of one column.
    columns, gives = column_of(record), transform != 0.0
    last = np.where(gives, columns[:, None], -1).max(axis=0)
    first = np.where(gives, columns[:, None], record.predictors.n_columns).min(axis=0)
    return bool((last == first).all())


def working_columns(record: FitRecord, design: Design) -> Matrix:
    """Return the columns that were solved for, minus the part explained by absorbed levels.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows of a model with a single predictor; with an absorbed factor these must be the rows of the fit, unless the
        record kept the means of its levels.

    Returns
    -------
    Matrix
        The columns, minus their means in each row's level if a factor is absorbed.

    Examples
    --------
    Weighted by their curvature, such columns sum to zero in every level:

    >>> import logitkit as lk
    >>> data = {"y": [0, 1, 0, 1, 1, 0], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0], "g": [1, 1, 1, 2, 2, 2]}
    >>> fit = lk.logit("y ~ x", data, absorb="g")
    >>> mu = fit.predict().to_numpy()
    >>> sums = np.bincount(
    ...     fit.design.level_codes, mu * (1 - mu) * working_columns(fit.record, fit.design).to_dense()[:, 0]
    ... )
    >>> bool(np.allclose(sums, 0.0, atol=1e-9))
    True
    """
    codes = design.level_codes

    def curvature() -> FloatArray:
        sides = known_sides(record, design)
        eta = linear_predictors(record, design.matrix, design.response.offset, sides, codes)[0]
        return np.asarray(design.response.weights * record.family.curvatures(eta[None])[0, 0])

    return record.nuisance.within(record.coordinates.matrix(design.matrix), codes, curvature)
