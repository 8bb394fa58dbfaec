"""Covariate patterns: how many different rows of X (and offset) there are, and what a model leaves of them to test.

A model with as many coefficients as there are patterns, a saturated one, fits the proportions of every pattern exactly,
whatever they are. With J patterns, K outcomes and q coefficients J (K - 1) - q degrees of freedom are left.

References
----------
Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013) Applied Logistic Regression, 3rd edition, section 5.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.matrix.matrix import Matrix
from logitkit.diagnostics.ranking import merge_rounding
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.typing import FloatArray, IntArray

__all__ = ["Patterns", "count_patterns", "require_unsaturated"]


@dataclass(frozen=True)
class Patterns:
    """Covariate patterns of the rows of a fit.

    Parameters
    ----------
    count : int
        Number of patterns, J; under separation of those whose outcome is not certain in the limit.
    dof : int
        Free log-odds of the patterns less the finite coefficients: what the model leaves to test.

    Examples
    --------
    >>> Patterns(count=12, dof=2).dof
    2
    """

    count: int
    dof: int


def count_patterns(record: FitRecord, matrix: Matrix, shift: FloatArray | None, free: IntArray) -> Patterns:
    """Return the covariate patterns of the rows of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    matrix : Matrix
        Its n rows.
    shift : (n,) or (K, n) array or None
        Offsets, which belong to the pattern.
    free : (n,) int array
        Free log-odds of each row: outcomes that are possible there, less one. Negative for rows left out.

    Returns
    -------
    Patterns
        Counted among rows with free log-odds.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1, 1], "x": [0, 0, 1, 1, 2, 2]})
    >>> count_patterns(fit.record, fit.design.matrix, None, np.ones(6, dtype=np.int64))
    Patterns(count=3, dof=1)
    """
    # Rows are equal where a random combination of their columns is, each column first brought to unit size.
    rng = np.random.default_rng(0)
    inner = matrix.inner
    squares = np.zeros(inner.n_columns)
    inner.add_squares(np.ones(matrix.n_rows), squares)
    size = np.sqrt(matrix.collect_squares(squares) / max(matrix.n_rows, 1))
    mark = matrix.matvec(rng.normal(size=matrix.n_columns) / np.where(size > 0.0, size, 1.0))
    for offset in () if shift is None else np.atleast_2d(shift):
        mark = mark + rng.normal() * offset / max(float(np.abs(offset).max()), np.finfo(float).tiny)
    kept = np.flatnonzero(free > 0)
    kept = kept[np.argsort(mark[kept], kind="stable")]
    first = np.diff(merge_rounding(mark[kept]), prepend=-np.inf) > 0.0
    rank = record.n_params - record.limit.dimension
    return Patterns(count=int(np.count_nonzero(first)), dof=int(free[kept][first].sum()) - rank)


def require_unsaturated(patterns: Patterns) -> None:
    """Refuse a goodness-of-fit test of a model that fits every covariate pattern exactly.

    Parameters
    ----------
    patterns : Patterns
        Of the rows of the fit.

    Raises
    ------
    UnsupportedError
        If no degree of freedom is left.

    Examples
    --------
    >>> require_unsaturated(Patterns(count=12, dof=2))
    """
    if patterns.dof > 0:
        return
    words = {0: "the", 1: "the one", 2: "both"}
    many = f"{words.get(patterns.count, f'all {patterns.count:,}')} covariate pattern{'s' * (patterns.count != 1)}"
    raise UnsupportedError(
        f"The model is saturated: its coefficients fit {many} of these rows exactly, whatever the outcomes, so there "
        "is no lack of fit to test."
    )
