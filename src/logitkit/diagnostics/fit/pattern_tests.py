r"""Pearson's statistic and the deviance of covariate patterns, and Osius and Rojek's test.

Rows with the same columns and offset are one pattern. With J patterns of :math:`m_j` trials, and observed and expected
numbers :math:`O_{jk}` and :math:`E_{jk}` of outcome k,

.. math:: X^2 = \sum_j \sum_k \frac{(O_{jk} - E_{jk})^2}{E_{jk}}, \qquad D = 2 \sum_j \sum_k O_{jk} \log
    \frac{O_{jk}}{E_{jk}}

are chi-square with J (K - 1) degrees of freedom, less the coefficients on the rows of the fit, while no more than a
fifth of the expected numbers is below five (Cochran's rule). With sparse patterns neither has that law: of single
trials the deviance is a function of the predictions alone. There the p-value is missing.

Osius and Rojek let J grow with the trials: :math:`X^2` of an event is about normal with mean J less the coefficients
and variance

.. math:: 2 \Bigl(J - \sum_j \frac{1}{m_j}\Bigr) + \sum_j \frac{(1 - 2 p_j)^2}{m_j p_j (1 - p_j)} - c' I^{-1} c ,
    \qquad c = \sum_j (1 - 2 p_j)\, \frac{F'(\eta_j)}{p_j (1 - p_j)}\, x_j ,

where the last term is what the estimates take up, on the rows of the fit alone.

References
----------
Cochran, W. G. (1954) Biometrics 10, 417-451.
Osius, G. and Rojek, D. (1992) Normal goodness-of-fit tests for multinomial models with large degrees of freedom.
Journal of the American Statistical Association 87, 1145-1152.
Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013) Applied Logistic Regression, 3rd edition, section 5.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.diagnostics.fit.linear_tests import LinearSums, RowFunctions, linear_sums
from logitkit.diagnostics.rows.patterns import Marks, free_log_odds, marking
from logitkit.diagnostics.rows.ranking import ROUNDING, PredictedRows, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.numerics.external_sort import ExternalSort
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["EXPECTED_LEAST", "FEW_CELLS", "PatternSums", "osius_rojek", "pattern_sums"]

EXPECTED_LEAST = 5.0
FEW_CELLS = 0.2  # of all cells: where more expect fewer than five, chi-square is no law of the statistic


@dataclass(frozen=True)
class PatternSums:
    """Sums over covariate patterns.

    Parameters
    ----------
    count : int
        Number of patterns, J, with more than one possible outcome.
    free : int
        Number of free probabilities of these patterns, J (K - 1).
    pearson, deviance : float
        Pearson's statistic and the deviance; infinite if an outcome with probability 0 occurred.
    few_expected : float
        Proportion of cells, defined by pattern and outcome, with an expected number below five.
    inverse_trials : float
        Sum of 1 / m over the patterns, with m trials each.
    skewness : float
        Sum over the patterns of (1 - 2 p) squared divided by m p (1 - p), for two outcomes.
    trials : (n,) array or None
        Number of trials of the pattern of each row; None for rows that are read in chunks.
    cross : (1, q) array or None
        The vector c of Osius and Rojek's test, if requested.

    Examples
    --------
    >>> PatternSums(4, 4, 3.0, 3.1, 0.0, 0.4, 0.1, None).is_sparse
    False
    """

    count: int
    free: int
    pearson: float
    deviance: float
    few_expected: float
    inverse_trials: float
    skewness: float
    trials: FloatArray | None
    cross: FloatArray | None = None

    @property
    def is_sparse(self) -> bool:
        """Whether expected numbers are too small for the chi-square distribution."""
        return self.few_expected > FEW_CELLS


def pattern_sums(
    record: FitRecord, design: Design, own: bool, *, whole_rows: bool = False, columns: bool = False
) -> PatternSums:
    """Return Pearson's statistic and the deviance of covariate patterns, with sums for their null distributions.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome; those read in chunks are sorted on disk.
    own : bool
        Whether the rows are those of the fit.
    whole_rows : bool, default False
        Whether each row is a separate pattern with its own number of trials.
    columns : bool, default False
        Whether columns are sorted with the rows, to compute the vector c of Osius and Rojek's test.

    Returns
    -------
    PatternSums
        The sums, at the cost of a sort.

    Examples
    --------
    For rows of counts without repeated patterns, it is the deviance of the fit:

    >>> import logitkit as lk
    >>> fit = lk.logit("cbind(a, b) ~ x", {"a": [8, 10, 17], "b": [12, 9, 6], "x": [0.0, 1.0, 2.0]})
    >>> found = pattern_sums(fit.record, fit.design, True)
    >>> found.count, bool(np.isclose(found.deviance, fit.deviance))
    (3, True)
    """
    k, held = len(record.outcomes), not design.in_chunks
    task = _Rows(record, own, tuple(marking(record, design.sample, seed) for seed in (0, 1)), columns)
    q = record.inner_coef.size if columns else 0
    memory = (1 << 62) if design.stream is None else design.stream.memory // 8
    largest, second, contradicted = 0.0, 0.0, False
    totals: FloatArray = np.zeros(7)
    cross: FloatArray = np.zeros((1, q))
    trials = np.ones(design.n_rows) if held else None
    with ExternalSort(4 + 2 * k + q, memory, what="The covariate patterns") as sort:
        for found, bad in design.each(task):
            largest = max(largest, float(np.abs(found[:, 0]).max(initial=0.0)))
            second = max(second, float(np.abs(found[:, 1]).max(initial=0.0)))
            contradicted |= bad
            sort.add(found)
        rounding = np.full(2, -1.0) if whole_rows else ROUNDING * np.maximum(1.0, (largest, second))
        for table in _patterns(sort.blocks(), rounding, k):
            totals += _sums(table.sums, k)
            if columns:
                cross += _skewed(table.sums, k)
            if trials is not None:
                trials[table.places] = table.sums[table.of_row, 0]
    count, free, pearson, deviance, few, inverse, skewness = totals
    infinite = np.inf if contradicted else 0.0
    return PatternSums(
        count=int(count),
        free=int(free),
        pearson=float(pearson) + infinite,
        deviance=float(deviance) + infinite,
        few_expected=float(few) / max(count * k, 1.0),
        inverse_trials=float(inverse),
        skewness=float(skewness),
        trials=trials,
        cross=cross if columns else None,
    )


def osius_rojek(
    record: FitRecord,
    design: Design,
    own: bool,
    found: PatternSums,
    n_params: int,
    information: FloatArray | None = None,
) -> float:
    """Return Osius and Rojek's statistic, which is standard normal under the model.

    Parameters
    ----------
    record : FitRecord
        A fit of two outcomes with one linear predictor.
    design : Design
        The rows of the fit; rows that are read in chunks are not read again.
    own : bool
        Whether the rows are those of the fit.
    found : PatternSums
        Sums over the patterns of the same rows.
    n_params : int
        Number of coefficients that were estimated from these rows.
    information : (q, q) array, optional
        Expected information matrix, if rows are read in chunks.

    Returns
    -------
    float
        Statistic; nan if its variance is zero.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = pattern_sums(fit.record, fit.design, True)
    >>> round(osius_rojek(fit.record, fit.design, True, found, 3), 2)
    1.44
    """
    if found.trials is not None:
        functions: tuple[RowFunctions, ...] = (_Skewness(found.trials),)
        sums: LinearSums = linear_sums(record, design, own, functions)
        taken = float((sums.known - sums.covariance)[0, 0])
    else:
        taken = 0.0
        if own:
            assert found.cross is not None
            assert information is not None
            none = np.zeros((1, 1))
            taken = -float(LinearSums(none[0], none, found.cross, information).covariance[0, 0])
    variance = 2.0 * (found.count - found.inverse_trials) + found.skewness - taken
    if variance <= 1e-9 * found.count:
        return np.nan
    return float((found.pearson - (found.count - n_params)) / np.sqrt(variance))


@dataclass(frozen=True)
class _Skewness:
    """The derivative of Pearson's statistic by the events of a row: its third moment over the second."""

    trials: FloatArray

    def __call__(self, rows: PredictedRows, block: slice, matrix: Matrix) -> FloatArray:  # noqa: ARG002
        """Return the function of some rows, shape (1, b)."""
        p, m = rows.probability[:, block], self.trials[rows.order[block]]
        variance = m * p[0] * p[1]
        return np.asarray(np.divide(p[0] - p[1], variance, out=np.zeros_like(m), where=variance > 0.0))[None]


@dataclass(frozen=True)
class _Rows:
    """Gives marks, place, free log odds, trials by outcome and their expectation of rows that are uncertain."""

    record: FitRecord
    own: bool
    marks: tuple[Marks, ...]
    columns: bool = False

    def __call__(self, part: Design) -> tuple[FloatArray, bool]:
        """Return the table of some rows, and whether an outcome occurred that has the probability zero."""
        rows = predicted_rows(self.record, part, self.own)
        free = free_log_odds(rows)
        m = rows.weights
        observed, expected = m * rows.shares, m * rows.probability
        with np.errstate(invalid="ignore"):
            bad = bool(((rows.shares > 0.0) & np.isneginf(rows.log_odds)).any())
        marks = [each.mark(part)[rows.order] for each in self.marks]
        beside = []
        if self.columns:
            slope = m * rows.family.probability_slopes(rows.eta)[1, 0]
            beside.append(self.record.coordinates.matrix(part.matrix.take(rows.order)).to_dense() * slope[:, None])
        table = np.column_stack([*marks, rows.order, free, observed.T, expected.T, *beside])
        return np.asarray(table[free > 0], dtype=np.float64), bad


@dataclass(frozen=True)
class _Table:
    """Patterns of a block: trials, free log odds, observed and expected numbers; and the rows that they are of."""

    sums: FloatArray
    places: IntArray
    of_row: IntArray


def _patterns(blocks: Iterator[FloatArray], rounding: FloatArray, k: int) -> Iterator[_Table]:
    """Yield whole patterns of rows in order of their marks; the last of a block waits for the next."""
    left: FloatArray | None = None
    for each in blocks:
        block = each if left is None else np.concatenate([left, each])
        # Two marks: among a million patterns some have one in common that is not that of equal rows.
        fresh = np.any(np.abs(np.diff(block[:, :2], axis=0, prepend=-np.inf)) > rounding, axis=1).reshape(-1)
        last = int(np.flatnonzero(fresh)[-1])
        left = block[last:]
        if last:
            yield _table(block[:last], fresh[:last], k)
    if left is not None and len(left):
        yield _table(left, np.arange(len(left)) == 0, k)


def _table(rows: FloatArray, fresh: BoolArray, k: int) -> _Table:
    """Return the sums of the patterns of some rows."""
    first = np.flatnonzero(fresh)
    sums = np.add.reduceat(rows[:, 4:], first, axis=0)
    table = np.column_stack([sums[:, :k].sum(axis=1), rows[first, 3], sums])
    return _Table(table, rows[:, 2].astype(np.int64), np.cumsum(fresh) - 1)


def _sums(table: FloatArray, k: int) -> FloatArray:
    """Return what is summed over patterns, shape (7,)."""
    m, free, observed, expected = table[:, 0], table[:, 1], table[:, 2 : k + 2], table[:, k + 2 : 2 * k + 2]
    possible = expected > 0.0
    gap = np.divide((observed - expected) ** 2, expected, out=np.zeros_like(expected), where=possible)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = np.where(possible, xlogy(observed, np.where(possible, observed / expected, 1.0)), 0.0)
    skewness = 0.0
    if k == 2:
        variance = expected[:, 0] * expected[:, 1] / m
        away = (expected[:, 0] - expected[:, 1]) / m
        skewness = float(np.divide(away**2, variance, out=np.zeros_like(m), where=variance > 0.0).sum())
    few = np.count_nonzero(expected < EXPECTED_LEAST)
    return np.array([m.size, free.sum(), gap.sum(), 2.0 * loss.sum(), few, (1.0 / m).sum(), skewness])


def _skewed(table: FloatArray, k: int) -> FloatArray:
    """Return the c of Osius and Rojek's test over patterns, whose sums of columns stand last, shape (1, q)."""
    m, expected = table[:, 0], table[:, k + 2 : 2 * k + 2]
    variance = expected[:, 0] * expected[:, 1] / m
    away = (expected[:, 0] - expected[:, 1]) / m
    skewness = np.divide(away, variance, out=np.zeros_like(m), where=variance > 0.0)
    return np.asarray(skewness @ table[:, 2 * k + 2 :])[None]
