r"""Restricted cubic splines of one number: cubic between knots, linear beyond the first and the last.

With knots :math:`t_1 < \dots < t_k` the columns are x itself and, for j = 1, ..., k - 2,

.. math::
    \frac{(x - t_j)_+^3 - (x - t_{k-1})_+^3 \frac{t_k - t_j}{t_k - t_{k-1}}
    + (x - t_k)_+^3 \frac{t_{k-1} - t_j}{t_k - t_{k-1}}}{(t_k - t_1)^2}.

References
----------
Harrell, F. E. (2015) Regression Modeling Strategies, 2nd edition, section 2.4.5 and table 2.3.
"""

from __future__ import annotations

import numpy as np

from logitkit.errors import DataError
from logitkit.options import is_count
from logitkit.typing import FloatArray

__all__ = ["KNOT_QUANTILES", "placed_knots", "restricted_cubic", "weighted_quantiles"]

#: Where knots are placed, by their number.
KNOT_QUANTILES = {
    3: (0.1, 0.5, 0.9),
    4: (0.05, 0.35, 0.65, 0.95),
    5: (0.05, 0.275, 0.5, 0.725, 0.95),
    6: (0.05, 0.23, 0.41, 0.59, 0.77, 0.95),
    7: (0.025, 0.1833, 0.3417, 0.5, 0.6583, 0.8167, 0.975),
}


def weighted_quantiles(values: FloatArray, weights: FloatArray, at: FloatArray) -> FloatArray:
    """Return quantiles of type 7 of values that occur as often as their weights say.

    Parameters
    ----------
    values, weights : (n,) array
        Values in any order, and how often each occurs.
    at : (q,) array
        Probabilities.

    Returns
    -------
    (q,) array
        Interpolated at rank 1 + (N - 1) of the probability, of N in all.

    Examples
    --------
    >>> values, counts = np.array([3.0, 1.0, 2.0]), np.array([1, 2, 1])
    >>> found = weighted_quantiles(values, counts, np.array([0.2, 0.5, 0.9]))
    >>> bool(np.allclose(found, np.quantile(np.repeat(values, counts), [0.2, 0.5, 0.9])))
    True
    """
    order = np.argsort(values, kind="stable")
    ordered, cumulative = values[order], np.cumsum(weights[order])
    rank = np.asarray(at) * max(float(cumulative[-1]) - 1.0, 0.0)
    low = np.floor(rank)
    last = ordered.size - 1
    below = ordered[np.minimum(np.searchsorted(cumulative, low, side="right"), last)]
    above = ordered[np.minimum(np.searchsorted(cumulative, low + 1.0, side="right"), last)]
    return np.asarray(np.where(rank > low, below + (rank - low) * (above - below), below))


def placed_knots(values: FloatArray, weights: FloatArray, knots: int) -> FloatArray:
    """Return knots at Harrell's quantiles of values; none where fewer than three of them differ.

    Parameters
    ----------
    values, weights : (n,) array
        Finite values, and how often each occurs.
    knots : int
        From 3 to 7.

    Returns
    -------
    (k,) array
        Ascending and distinct.

    Raises
    ------
    DataError
        For another number of knots.

    Examples
    --------
    >>> placed_knots(np.arange(11.0), np.ones(11), 3).tolist()
    [1.0, 5.0, 9.0]
    """
    if not is_count(knots, 3) or knots not in KNOT_QUANTILES:
        raise DataError(f"knots={knots!r:.40} must be a whole number from 3 to 7.")
    found = np.unique(weighted_quantiles(values, weights, np.array(KNOT_QUANTILES[knots])))
    return found if found.size >= 3 else np.empty(0)


def restricted_cubic(x: FloatArray, knots: FloatArray) -> FloatArray:
    """Return the columns of a restricted cubic spline.

    Parameters
    ----------
    x : (n,) array
        Where to evaluate.
    knots : (k,) array
        Ascending; none for a line.

    Returns
    -------
    (n, max(k - 1, 1)) array
        x itself first.

    Examples
    --------
    Beyond the last knot every column is a line:

    >>> found = restricted_cubic(np.array([5.0, 6.0, 7.0]), np.array([0.0, 1.0, 2.0, 4.0]))
    >>> bool(np.allclose(np.diff(found, 2, axis=0), 0.0))
    True
    """
    columns = [x]
    if knots.size:
        last, before = knots[-1], knots[-2]
        width, range_ = last - before, (last - knots[0]) ** 2
        for knot in knots[:-2]:
            cubes = (np.maximum(x - t, 0.0) ** 3 for t in (knot, before, last))
            own, one, two = cubes
            columns.append((own - one * (last - knot) / width + two * (before - knot) / width) / range_)
    return np.column_stack(columns)
