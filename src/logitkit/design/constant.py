"""Whether the columns of a design without an intercept span one: a combination that is one on every row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["constant_combination", "constant_of_kept", "with_constant"]

SINGULAR = 1e-12  # of the largest eigenvalue of X'X: less is rounding
STEPS_OF_CHUNKS = 2
ONE = 1e-7  # largest distance from one that is rounding
LEAST = 2  # how LSMR ends where what is left is orthogonal to the columns
FEW, FEW_A_COLUMN = 1_000, 4  # rows that are tried first
BLOCK = 65_536  # rows that are looked at by one thread
MANY = 8  # times as many, of which they are
MISSED = 1e-5  # root mean square distance from one, above which there is no such combination
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
    found = _of_design(design, None)
    return design if found is None else replace(design, info=replace(info, constant=found))


def constant_of_kept(design: Design, aliased: IntArray) -> Design:
    """Return the design with a constant combination of the columns that were not dropped."""
    info = design.info
    if info.constant is None or aliased.size == 0:
        return design
    kept = np.setdiff1d(np.arange(len(info.names)), aliased)
    return replace(design, info=replace(info, constant=_of_design(design, kept)))


def _of_design(design: Design, columns: IntArray | None) -> FloatArray | None:
    """Return coefficients b with X b = 1; of rows that are read in chunks from sums, in two passes or three."""
    if not design.in_chunks:
        return constant_combination(design.matrix, design.response.weights > 0.0, columns)
    gram, total = design.reduce(_sums, _added)
    squares = gram.diagonal()
    if not np.isfinite(squares).all() or not squares.any():
        return None
    scale = np.where(squares > 0.0, 1.0 / np.sqrt(np.where(squares > 0.0, squares, 1.0)), 0.0)
    if columns is not None:
        scale = np.where(np.isin(np.arange(scale.size), columns), scale, 0.0)
    inverse = np.linalg.pinv(gram * scale[:, None] * scale, rcond=SINGULAR, hermitian=True)
    coef = scale * (inverse @ (scale * total))
    for _ in range(STEPS_OF_CHUNKS):
        far, left = design.reduce(_Far(coef), _farther)
        if far <= ONE:
            found: FloatArray = coef
            return found
        coef = coef + scale * (inverse @ (scale * left))
    return None


def _sums(part: Design) -> tuple[FloatArray, FloatArray]:
    """Return X'X and X'1 over the rows used."""
    used = (part.response.weights > 0.0).astype(np.float64)
    return part.matrix.gram(used), part.matrix.rmatvec(used)


def _added(left: tuple[FloatArray, FloatArray], right: tuple[FloatArray, FloatArray]) -> tuple[FloatArray, FloatArray]:
    return left[0] + right[0], left[1] + right[1]


@dataclass(frozen=True)
class _Far:
    """How far X b is from one."""

    coef: FloatArray

    def __call__(self, part: Design) -> tuple[float, FloatArray]:
        """Return the largest distance over the rows used, and X'(1 - X b)."""
        left = np.where(part.response.weights > 0.0, 1.0 - part.matrix.matvec(self.coef), 0.0)
        return float(np.abs(left).max(initial=0.0)), part.matrix.rmatvec(left)


def _farther(left: tuple[float, FloatArray], right: tuple[float, FloatArray]) -> tuple[float, FloatArray]:
    return max(left[0], right[0]), left[1] + right[1]


def constant_combination(matrix: Matrix, used: BoolArray, columns: IntArray | None = None) -> FloatArray | None:
    """Return coefficients b with X b = 1 on the rows used.

    b is found by least squares with LSMR (Fong and Saunders 2011), which needs only products with X and X'. The result
    is None unless X b is 1, to rounding, on every row used. Of many rows a few are tried first: no b that misses 1 on
    some of these is 1 on all rows, and one that is 1 on them is tried on all.

    Examples
    --------
    >>> from logitkit.design.matrix.dense import Dense
    >>> x = np.array([[1.0, 3.0], [2.0, 2.0], [4.0, 0.0]])
    >>> constant_combination(Dense(x), np.ones(3, dtype=bool)).round(9).tolist()
    [0.25, 0.25]
    >>> constant_combination(Dense(x[:, :1]), np.ones(3, dtype=bool)) is None
    True
    """
    rows = np.flatnonzero(used)
    few = max(FEW, FEW_A_COLUMN * matrix.n_columns)
    if rows.size > MANY * few:
        some = rows[np.linspace(0, rows.size - 1, few).astype(np.intp)]
        found, far = _least_squares(matrix.take(some), np.ones(few), columns)
        if far > MISSED:
            return None
        if found is not None and _is_one(matrix, used, found):
            return found
    found, _ = _least_squares(matrix, used.astype(np.float64), columns)
    return found if found is not None and _is_one(matrix, used, found) else None


def _is_one(matrix: Matrix, used: BoolArray, coef: FloatArray) -> bool:
    """Tell whether X b is 1, to rounding, on every row used."""

    def far(block: int) -> bool:
        here = slice(block * BLOCK, min((block + 1) * BLOCK, matrix.n_rows))
        return not (np.abs(matrix.rows(here.start, here.stop).matvec(coef) - 1.0)[used[here]] <= ONE).all()

    return not any(ordered_map(far, -(-matrix.n_rows // BLOCK)))


def _least_squares(matrix: Matrix, mask: FloatArray, columns: IntArray | None) -> tuple[FloatArray | None, float]:
    """Return the b of least squares, None for none, and the mean distance of X b from 1 where it surely is the least.

    The mean is over the rows whose mask is 1, and 0 where the iteration ended before.
    """
    from scipy.sparse.linalg import LinearOperator, lsmr

    n, p = matrix.n_rows, matrix.n_columns
    inner = np.zeros(matrix.inner.n_columns)
    matrix.inner.add_squares(mask, inner)
    squares = matrix.collect_squares(inner)
    scale = np.where(squares > 0.0, 1.0 / np.sqrt(np.where(squares > 0.0, squares, 1.0)), 0.0)
    if columns is not None:
        scale = np.where(np.isin(np.arange(p), columns), scale, 0.0)
    if not np.isfinite(squares).all() or not mask.any():
        return None, 0.0
    scaled = LinearOperator(
        (n, p),
        matvec=lambda b: mask * matrix.matvec(scale * np.ravel(b)),
        rmatvec=lambda r: scale * matrix.rmatvec(mask * np.ravel(r)),
        dtype=np.float64,
    )
    coef, ended, _, far, *_ = lsmr(scaled, mask, atol=1e-13, btol=1e-13, conlim=0.0, maxiter=MOST_STEPS)
    return scale * np.asarray(coef), far / np.sqrt(mask.sum()) if ended == LEAST else 0.0
