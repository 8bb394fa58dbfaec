"""Whether the columns of a design without an intercept span one: a combination that is one on every row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["constant_combination", "constant_of_kept", "with_constant"]

ONE = 1e-7  # largest distance from one that is rounding
MOST_STEPS = 200  # of the iteration; a factor, a spline basis or compositional columns take a handful


def with_constant(design: Design) -> Design:
    """Return the design with the combination of columns that is an intercept, where it has no column for one.

    Examples
    --------
    Indicators of all levels of a factor add up to an intercept:

    >>> from logitkit.design.ready import ready_design
    >>> with_constant(ready_design(np.eye(2), [0, 1])).info.constant.round(9).tolist()
    [1.0, 1.0]
    """
    info = design.info
    if info.intercept is not None or info.nuisance.spans_constant:
        return design
    found = constant_combination(design.matrix, design.response.weights > 0.0)
    return design if found is None else replace(design, info=replace(info, constant=found))


def constant_of_kept(design: Design, aliased: IntArray) -> Design:
    """Return the design with a constant combination of the columns that were not dropped."""
    info = design.info
    if info.constant is None or aliased.size == 0:
        return design
    kept = np.setdiff1d(np.arange(len(info.names)), aliased)
    found = constant_combination(design.matrix, design.response.weights > 0.0, kept)
    return replace(design, info=replace(info, constant=found))


def constant_combination(matrix: Matrix, used: BoolArray, columns: IntArray | None = None) -> FloatArray | None:
    """Return coefficients b with X b = 1 on the rows used.

    Least squares by LSMR (Fong and Saunders 2011), which needs products with X alone, and then a look at every row.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> x = np.array([[1.0, 3.0], [2.0, 2.0], [4.0, 0.0]])
    >>> constant_combination(Dense(x), np.ones(3, dtype=bool)).round(9).tolist()
    [0.25, 0.25]
    >>> constant_combination(Dense(x[:, :1]), np.ones(3, dtype=bool)) is None
    True
    """
    from scipy.sparse.linalg import LinearOperator, lsmr

    n, p = matrix.n_rows, matrix.n_columns
    mask = used.astype(np.float64)
    inner = np.zeros(matrix.inner.n_columns)
    matrix.inner.add_squares(mask, inner)
    squares = matrix.collect_squares(inner)
    scale = np.where(squares > 0.0, 1.0 / np.sqrt(np.where(squares > 0.0, squares, 1.0)), 0.0)
    if columns is not None:
        scale = np.where(np.isin(np.arange(p), columns), scale, 0.0)
    if not np.isfinite(squares).all() or not used.any():
        return None
    scaled = LinearOperator(
        (n, p),
        matvec=lambda b: mask * matrix.matvec(scale * np.ravel(b)),
        rmatvec=lambda r: scale * matrix.rmatvec(mask * np.ravel(r)),
        dtype=np.float64,
    )
    found = np.asarray(lsmr(scaled, mask, atol=1e-13, btol=1e-13, conlim=0.0, maxiter=MOST_STEPS)[0])
    found = scale * found
    return found if bool(np.all(np.abs(matrix.matvec(found) - 1.0)[used] <= ONE)) else None
