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

from logitkit.design.design import Design
from logitkit.diagnostics.rows.ranking import ROUNDING, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.numerics.external_sort import ExternalSort
from logitkit.typing import FloatArray

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


def count_patterns(record: FitRecord, design: Design) -> Patterns:
    """Return the covariate patterns of the rows of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows; offsets belong to the pattern.

    Returns
    -------
    Patterns
        Counted among rows of which more than one outcome is possible.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1, 1], "x": [0, 0, 1, 1, 2, 2]})
    >>> count_patterns(fit.record, fit.design)
    Patterns(count=3, dof=1)
    """
    task = _marking(record, design.sample)
    memory = (1 << 62) if design.stream is None else design.stream.memory // 8
    largest = 0.0
    with ExternalSort(2, memory) as marks:
        for found in design.each(task):
            largest = max(largest, float(np.abs(found[:, 0]).max(initial=0.0)))
            marks.add(found)
        rounding, last, count, dof = ROUNDING * max(1.0, largest), -np.inf, 0, 0
        for block in marks.blocks():
            fresh = np.diff(block[:, 0], prepend=last) > rounding
            count += int(np.count_nonzero(fresh))
            dof += int(block[fresh, 1].sum())
            last = float(block[-1, 0])
    return Patterns(count=count, dof=dof - (record.n_params - record.limit.dimension))


def _marking(record: FitRecord, rows: Design) -> _Marks:
    """Return the task that marks patterns, with scales from some of the rows."""
    rng = np.random.default_rng(0)
    matrix, shift = rows.matrix, rows.response.offset
    inner = matrix.inner
    squares = np.zeros(inner.n_columns)
    inner.add_squares(np.ones(matrix.n_rows), squares)
    size = np.sqrt(matrix.collect_squares(squares) / max(matrix.n_rows, 1))
    weights = rng.normal(size=matrix.n_columns) / np.where(size > 0.0, size, 1.0)
    offsets = () if shift is None else np.atleast_2d(shift)
    tiny = np.finfo(float).tiny
    scales = tuple((float(rng.normal()), max(float(np.abs(offset).max(initial=0.0)), tiny)) for offset in offsets)
    return _Marks(record, weights, scales)


@dataclass(frozen=True)
class _Marks:
    """Rows are equal where a random combination of their columns, each brought to about unit size, and offsets is."""

    record: FitRecord
    weights: FloatArray
    scales: tuple[tuple[float, float], ...]

    def __call__(self, design: Design) -> FloatArray:
        """Return the mark and the free log-odds of some rows: outcomes that are possible there, less one."""
        rows = predicted_rows(self.record, design, True)
        mark = design.matrix.matvec(self.weights)
        if self.scales:
            assert design.response.offset is not None
            for (draw, scale), offset in zip(self.scales, np.atleast_2d(design.response.offset), strict=True):
                mark = mark + draw * offset / scale
        free = np.count_nonzero(~np.isneginf(rows.log_odds), axis=0) - 1
        return np.asarray(np.column_stack([mark[rows.order], free])[free > 0], dtype=np.float64)


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
