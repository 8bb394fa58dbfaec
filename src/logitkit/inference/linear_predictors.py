r"""The linear predictors of rows, at their limits if the data of the fit are separated.

A separated fit has no finite maximum: along the directions of its recession cone the likelihood keeps increasing. The
limit of a row is determined by the sign of a contrast of its predictors over the whole cone
(``docs/maths/separation.md``). Where each predictor counts by itself, it is plus or minus infinity, or is not known
because the directions disagree. Where only the differences of the predictors count, an outcome whose predictor falls
below that of another along every direction, or stays, has the probability zero; where directions disagree about two
outcomes that are left, the probabilities of these are not known.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.record import FitRecord
from logitkit.numerics.kernels.dense import row_products
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["contrast_sides", "finite_predictors", "linear_predictors", "predictor_functions", "rows_of_block"]

BLOCK = 16_384
NUMBERS_OF_BLOCK = 4_000_000  # of functions of the coefficients that are written out at once


def linear_predictors(
    record: FitRecord,
    matrix: Matrix,
    offset: FloatArray | None = None,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> FloatArray:
    """Return the linear predictors of each row, at their limits under separation.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.
    offset : (m, n) array or None
        Offsets that are added to the predictors.
    sides : (n,) array, optional
        From ``known_sides``.
    levels : (n,) int array, optional
        Level of each row; required for a separated fit with an absorbed factor.

    Returns
    -------
    (m, n) array
        If a predictor counts by itself: plus or minus infinity if every direction of recession agrees, nan if
        directions disagree. If only differences count: minus infinity for an outcome whose probability is zero, nan for
        outcomes whose probabilities are not determined.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> eta = linear_predictors(fit.record, fit.design.matrix)
    >>> bool(np.allclose(eta[0], fit.design.matrix.to_dense() @ fit.coef.to_numpy()))
    True
    >>> data = {"y": ["a", "a", "b", "c", "b", "c"], "x": [0, 0, 1, 1, 2, 2]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> eta = linear_predictors(fit.record, fit.design.matrix)
    >>> bool(np.isneginf(eta[1:, :2]).all()), bool(np.isnan(eta).any())
    (True, False)
    """
    eta = finite_predictors(record, matrix)
    if record.limit.cone is not None:
        if record.family.compares_predictors:
            _rule_out(record, matrix, eta)
        else:
            for k, unit in enumerate(np.eye(len(eta))):
                signs = contrast_sides(record, matrix, unit, sides, levels)
                infinite = np.where(np.isnan(signs), np.nan, np.copysign(np.inf, signs))
                eta[k] = np.where(signs == 0.0, eta[k], infinite)
    if isinstance(record.coordinates, LevelCoordinates) and record.coordinates.undecided is not None:
        open_rows = record.coordinates.undecided.broken(matrix)[0]
        eta[np.isfinite(eta) & open_rows] = np.nan
    # A level that is separated as a whole has no intercept to add, and its rows may be certain all the same.
    return eta if offset is None else np.where(np.isinf(eta), eta, eta + offset)


def finite_predictors(record: FitRecord, matrix: Matrix) -> FloatArray:
    """Return the linear predictors without offset; under separation, at a finite representative of the limit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows.

    Returns
    -------
    (m, n) array
        Zero for a predictor without coefficients, such as that of a reference.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> eta = finite_predictors(fit.record, fit.design.matrix)
    >>> bool(np.allclose(np.exp(eta) / np.exp(eta).sum(axis=0), fit.predict().T, rtol=1e-12))
    True
    """
    out = np.zeros((record.predictors.n_predictors, matrix.n_rows))
    if record.is_single:
        # In the coordinates of the fit, so that badly conditioned columns cost no digits.
        working = record.coordinates.matrix(matrix)
        if working.is_few:
            return row_products(working.to_dense(), np.array(record.inner_coef))[None]

        def fill(block: int) -> None:
            start, stop = block * BLOCK, min((block + 1) * BLOCK, matrix.n_rows)
            out[0, start:stop] = working.rows(start, stop).matvec(record.inner_coef)

        with single_threaded_blas():
            for _ in ordered_map(fill, -(-matrix.n_rows // BLOCK), light=True):
                pass
        return out
    table = record.finite_table
    for k in np.flatnonzero(np.any(table != 0.0, axis=1)):
        out[k] = matrix.matvec(table[k])
    return out


def predictor_functions(record: FitRecord, matrix: Matrix, weights: FloatArray) -> FloatArray:
    """Return a sum of the linear predictors of each row as a function of the coefficients that were solved for.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        n rows, which are written out.
    weights : (m, n) array
        Weights of the predictors of each row.

    Returns
    -------
    (n, q) array
        One function per row; times ``record.inner_coef`` it gives the sum, without offsets.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> weights = np.outer([0.0, 1.0, -1.0], np.ones(9))  # the log of the odds of b against c
    >>> gap = predictor_functions(fit.record, fit.design.matrix, weights) @ fit.record.inner_coef
    >>> bool(np.allclose(gap, np.log(fit.predict()["b"] / fit.predict()["c"])))
    True
    """
    if record.is_single:
        return np.asarray(record.coordinates.matrix(matrix).to_dense() * weights[0][:, None])
    flat = record.predictors.rows(matrix.to_dense(), weights.T)
    if record.aliased.size:
        flat[:, record.aliased] = 0.0
    return record.coordinates.jacobian(flat)


def contrast_sides(
    record: FitRecord,
    matrix: Matrix,
    weights: FloatArray,
    sides: FloatArray | None = None,
    levels: IntArray | None = None,
) -> FloatArray:
    """Return the sign of a contrast of predictors over all directions of recession; nan if they disagree.

    Parameters
    ----------
    record : FitRecord
        A separated fit with a recession cone.
    matrix : Matrix
        n rows.
    weights : (m,) array
        Weights of the predictors; if only differences count, they sum to zero.
    sides : (n,) array, optional
        Signs that are already known for rows that move; 0 where they are not.
    levels : (n,) int array, optional
        Level of each row; required with an absorbed factor.

    Returns
    -------
    (n,) array
        Signs: 1, -1, 0 or nan.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1, 2, 3, 4]})
    >>> contrast_sides(fit.record, fit.design.matrix, np.ones(1)).tolist()
    [-1.0, -1.0, 1.0, 1.0]
    """
    assert record.limit.cone is not None
    cone, nuisance = record.limit.cone, record.nuisance
    out, step = np.empty(matrix.n_rows), rows_of_block(record)
    for start in range(0, matrix.n_rows, step):
        stop = min(start + step, matrix.n_rows)
        given = predictor_functions(record, matrix.rows(start, stop), np.repeat(weights[:, None], stop - start, axis=1))
        own = None if levels is None else levels[start:stop]
        rows = nuisance.from_anchors(given, own)
        moving = np.flatnonzero(np.any(cone.moves(rows) != 0.0, axis=1))
        signs = np.zeros(moving.size) if sides is None else sides[start + moving]
        unknown = np.flatnonzero(signs == 0.0)
        known = np.isfinite(rows[moving[unknown]]).all(axis=1)
        signs[unknown[known]] = cone.signs(rows[moving[unknown[known]]])
        alone = moving[unknown[~known]]
        if alone.size:
            codes = None if own is None else own[alone]
            signs[unknown[~known]] = nuisance.beyond_reach(given[alone], codes, cone.directions @ cone.rays[0])
        out[start:stop] = 0.0
        out[start + moving] = signs
    return out


def rows_of_block(record: FitRecord) -> int:
    """Return how many rows are written out at once as functions of the coefficients.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    int
        At least one.

    Examples
    --------
    >>> import logitkit as lk
    >>> rows_of_block(lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4]}).record)
    16384
    """
    return BLOCK if record.is_single else max(NUMBERS_OF_BLOCK // max(record.predictors.n_flat, 1), 1)


def _rule_out(record: FitRecord, matrix: Matrix, eta: FloatArray) -> None:
    """Write minus infinity where a probability is zero in the limit, and nan where it is not determined."""
    k = len(eta)
    gone: BoolArray = np.zeros(eta.shape, dtype=bool)
    open_pairs = []
    for a, b in combinations(range(k), 2):
        sides = contrast_sides(record, matrix, np.eye(k)[a] - np.eye(k)[b])
        gone[b] |= sides > 0.0
        gone[a] |= sides < 0.0
        open_pairs.append((a, b, np.isnan(sides)))
    undetermined = np.zeros(eta.shape, dtype=bool)
    for a, b, disagree in open_pairs:
        both = disagree & ~gone[a] & ~gone[b]
        undetermined[a] |= both
        undetermined[b] |= both
    eta[gone] = -np.inf
    # What is left of one is shared among those that are open: the others have no finite ratio to them.
    eta[~gone & undetermined.any(axis=0)] = np.nan
