r"""Which columns of a wide design are explained by the levels of its factor and by earlier columns.

After the levels are eliminated the other columns have the Gram matrix S, scaled so that its diagonal was one before: a
pivot of its Cholesky factor is the proportion of a column's squared length that neither levels nor earlier columns
explain. A proportion below ``SHARE`` is rounding. Each such column gives a combination of columns that vanishes on
every row, and from these follows which column of the design, in the order of the formula, has to go: the last that
takes part (``docs/maths/levels.md``, equations 7 and 8).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpotrf

from logitkit.typing import FloatArray, IntArray

__all__ = ["SHARE", "TAKES_PART", "aliased_in_order", "null_directions"]

SHARE = 1e-8  # of the squared length of a column, centred when it holds numbers: covariances keep eight digits
TAKES_PART = 1e-7  # of the largest entry of a vanishing combination: less is rounding


def null_directions(schur: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the independent columns, and the combinations in which the others vanish.

    Parameters
    ----------
    schur : (r, r) array
        S, of columns that had unit length before the levels were eliminated.

    Returns
    -------
    kept : (k,) int array
        Accepted in order.
    directions : (r, r - k) array
        Combinations of columns that S maps to zero, one for each column left out.

    Examples
    --------
    >>> kept, directions = null_directions(np.array([[1.0, 0.5, 0.0], [0.5, 0.25, 0.0], [0.0, 0.0, 1.0]]))
    >>> kept.tolist(), directions.ravel().tolist()
    ([0, 2], [-0.5, 1.0, 0.0])
    """
    r = schur.shape[0]
    if r == 0:
        return np.empty(0, dtype=np.int64), np.empty((0, 0))
    factor, info = dpotrf(schur)
    if info == 0 and float((factor.diagonal() ** 2).min()) > SHARE:
        return np.arange(r), np.empty((r, 0))
    upper = np.zeros((r, r))
    kept: list[int] = []
    directions = []
    for j in range(r):
        m = len(kept)
        own = solve_triangular(upper[:m, :m], schur[kept, j], trans="T") if m else np.empty(0)
        share = float(schur[j, j] - own @ own)
        if share > SHARE:
            upper[:m, m] = own
            upper[m, m] = np.sqrt(share)
            kept.append(j)
            continue
        direction = np.zeros(r)
        direction[j] = 1.0
        if m:
            direction[kept] = -solve_triangular(upper[:m, :m], own)
        directions.append(direction)
    return np.array(kept, dtype=np.int64), np.array(directions).T.reshape(r, -1)


def aliased_in_order(null: FloatArray) -> IntArray:
    """Return which columns have to go so that no combination vanishes, the later ones first.

    Parameters
    ----------
    null : (p, m) array
        A basis of the combinations of columns that vanish on every row.

    Returns
    -------
    (m,) int array
        In increasing order: a column is among them when a vanishing combination ends in it.

    Examples
    --------
    >>> aliased_in_order(np.array([[1.0, 0.0], [-1.0, 1.0], [0.0, 1.0]])).tolist()
    [1, 2]
    """
    left = null / np.abs(null).max(axis=0, initial=1e-300)
    found = []
    for j in range(null.shape[0] - 1, -1, -1):
        if left.shape[1] == 0:
            break
        best = int(np.argmax(np.abs(left[j])))
        if abs(left[j, best]) <= TAKES_PART:
            continue
        found.append(j)
        pivot = left[:, best] / left[j, best]
        left = np.delete(left, best, axis=1)
        left = left - np.outer(pivot, left[j])
        left = left / np.maximum(np.abs(left).max(axis=0, initial=1e-300), 1e-300)
    return np.array(sorted(found), dtype=np.int64)
