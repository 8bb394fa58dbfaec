"""Covariate patterns: how many different rows of X (and offset) there are, and what a model leaves of them to test.

A model with as many coefficients as there are patterns, a saturated one, fits the proportions of every pattern exactly,
whatever they are. With J patterns, K outcomes and q coefficients J (K - 1) - q degrees of freedom are left.

References
----------
Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013) Applied Logistic Regression, 3rd edition, section 5.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.diagnostics.rows.ranking import ROUNDING, PredictedRows, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.numerics.external_sort import ExternalSort
from logitkit.typing import FloatArray, IntArray

__all__ = ["Patterns", "count_patterns", "marking", "pattern_rows", "require_unsaturated"]


@dataclass(frozen=True)
class Patterns:
    """Covariate patterns of the rows of a fit.

    Parameters
    ----------
    count : int
        Number of patterns, J; under separation, of those whose outcome is not certain in the limit.
    dof : int
        Number of free log odds of the patterns minus the number of finite coefficients: the degrees of freedom for a
        test.

    Examples
    --------
    >>> Patterns(count=12, dof=2).dof
    2
    """

    count: int
    dof: int


def count_patterns(record: FitRecord, design: Design) -> Patterns:
    """Count the covariate patterns of the rows of a fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit; offsets are part of the pattern.

    Returns
    -------
    Patterns
        Counts among rows with more than one possible outcome.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1, 1], "x": [0, 0, 1, 1, 2, 2]})
    >>> count_patterns(fit.record, fit.design)
    Patterns(count=3, dof=1)
    """
    task = marking(record, design.sample)
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


def marking(record: FitRecord, rows: Design, seed: int = 0) -> Marks:
    """Return the task that assigns a mark to each pattern, with scales from some of the rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    rows : Design
        Some of the rows.
    seed : int, default 0
        Seed of the random combination of the columns.

    Returns
    -------
    Marks
        Marks are equal for equal rows, and for a pair of different rows with probability about 1e-11.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1, 1], "x": [0, 0, 1, 1, 2, 2]})
    >>> np.unique(marking(fit.record, fit.design).mark(fit.design)).size
    3
    """
    rng = np.random.default_rng(seed)
    matrix, shift = rows.matrix, rows.response.offset
    inner = matrix.inner
    squares = np.zeros(inner.n_columns)
    inner.add_squares(np.ones(matrix.n_rows), squares)
    size = np.sqrt(matrix.collect_squares(squares) / max(matrix.n_rows, 1))
    weights = rng.normal(size=matrix.n_columns) / np.where(size > 0.0, size, 1.0)
    offsets = () if shift is None else np.atleast_2d(shift)
    tiny = np.finfo(float).tiny
    scales = tuple((float(rng.normal()), max(float(np.abs(offset).max(initial=0.0)), tiny)) for offset in offsets)
    return Marks(record, weights, scales)


def pattern_rows(record: FitRecord, design: Design) -> tuple[Design, IntArray]:
    """Return the covariate patterns of a fit as rows of counts, and the pattern of each row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit, in memory; offsets are part of the pattern.

    Returns
    -------
    patterns : Design
        One row per pattern, in order of first appearance. Its number of trials is the sum of the weights of its rows,
        and its response the proportions of the outcomes.
    codes : (n,) int array
        Pattern of each row.

    Raises
    ------
    UnsupportedError
        If rows are read in chunks, or a factor is absorbed, because its levels would be part of the pattern.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 1, 1], "x": [2, 2, 1, 1, 1, 0]})
    >>> patterns, codes = pattern_rows(fit.record, fit.design)
    >>> patterns.response.trials.tolist(), patterns.response.y.round(3).tolist(), codes.tolist()
    ([2.0, 3.0, 1.0], [0.5, 0.667, 1.0], [0, 0, 1, 1, 1, 2])
    """
    if design.in_chunks or design.level_codes is not None:
        why = "an absorbed factor is part of none" if design.level_codes is not None else "rows are read in chunks"
        raise UnsupportedError(f"Rows are not put together by covariate pattern: {why}. Ask row by row, by=None.")
    mark = marking(record, design).mark(design)
    order = np.argsort(mark, kind="stable")
    rounding = ROUNDING * max(1.0, float(np.abs(mark).max(initial=0.0)))
    sorted_codes = np.cumsum(np.diff(mark[order], prepend=mark[order[:1]]) > rounding)
    codes = np.empty(mark.size, dtype=np.int64)
    codes[order] = sorted_codes
    _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(first))
    codes, first = place[codes], np.sort(first)
    response = design.response
    weights, count = response.weights, first.size
    trials = np.asarray(np.bincount(codes, weights, count), dtype=np.float64)
    sums = np.stack([np.bincount(codes, weights * share, count) for share in response.indicators()])
    shares = np.divide(sums, trials, out=np.full_like(sums, 1.0 / len(sums)), where=trials > 0.0)
    several = response.n_outcomes > 2
    grouped = Response(
        shares.argmax(axis=0).astype(np.float64) if several else shares[1],
        trials,
        offset=None if response.offset is None else response.offset[:, first],
        n_outcomes=response.n_outcomes,
        shares=shares if several else None,
    )
    return replace(design.take(first), response=grouped), codes


@dataclass(frozen=True)
class Marks:
    """Marks of rows: a random combination of their offsets and columns, each scaled to about unit size."""

    record: FitRecord
    weights: FloatArray
    scales: tuple[tuple[float, float], ...]

    def __call__(self, design: Design) -> FloatArray:
        """Return the mark and the free log-odds of some rows: outcomes that are possible there, less one."""
        rows = predicted_rows(self.record, design, True)
        free = free_log_odds(rows)
        return np.asarray(np.column_stack([self.mark(design)[rows.order], free])[free > 0], dtype=np.float64)

    def mark(self, design: Design) -> FloatArray:
        """Return the mark of each row, shape (n,)."""
        mark = design.matrix.matvec(self.weights)
        if self.scales:
            assert design.response.offset is not None
            for (draw, scale), offset in zip(self.scales, np.atleast_2d(design.response.offset), strict=True):
                mark = mark + draw * offset / scale
        return np.asarray(mark)


def free_log_odds(rows: PredictedRows) -> IntArray:
    """Return the number of possible outcomes in each row minus one, shape (r,)."""
    return np.asarray(np.count_nonzero(~np.isneginf(rows.log_odds), axis=0) - 1, dtype=np.int64)


def require_unsaturated(patterns: Patterns) -> None:
    """Raise an error if a model fits every covariate pattern exactly, so that its fit cannot be tested.

    Parameters
    ----------
    patterns : Patterns
        Covariate patterns of the rows of the fit.

    Raises
    ------
    UnsupportedError
        If there are no degrees of freedom.

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
