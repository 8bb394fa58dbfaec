r"""Tests of fit of models of ordered outcomes: Lipsitz's, and Pulkstenis and Robinson's.

*Lipsitz.* Rows are put into G groups by their mean score, as by the ordinal Hosmer-Lemeshow test, and indicators of
G - 1 groups are added to the model. Their likelihood-ratio statistic is chi-square with G - 1 degrees of freedom.

*Pulkstenis and Robinson.* Rows with the same categorical columns are one pattern, and each of the I patterns is split
at the median of the mean score of its rows. Pearson's statistic and the deviance of the 2 I groups are chi-square with
(2 I - 1)(K - 1) - k - 1 degrees of freedom on the rows of the fit: 2 I (K - 1) free probabilities less K - 1
thresholds, k coefficients of categorical columns and one for the split. On new rows there are 2 I (K - 1).

Categorical are factors and columns of two values.

References
----------
Lipsitz, S. R., Fitzmaurice, G. M. and Molenberghs, G. (1996) Goodness-of-fit tests for ordinal response regression
models. Applied Statistics 45, 175-190.
Pulkstenis, E. and Robinson, T. J. (2004) Goodness-of-fit tests for ordinal response regression models. Statistics in
Medicine 23, 999-1014.
Fagerland, M. W. and Hosmer, D. W. (2016) Tests for goodness of fit in ordinal logistic regression models. Journal of
Statistical Computation and Simulation 86, 3398-3418.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import xlogy

from logitkit.design.formula.terms import Term
from logitkit.design.matrix.blocks import Blocks
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.sparse import sparse_matrix
from logitkit.diagnostics.fit.hosmer_lemeshow import hosmer_lemeshow
from logitkit.diagnostics.fit.pattern_tests import EXPECTED_LEAST, FEW_CELLS
from logitkit.diagnostics.fit.tested import GoodnessTest, Tested
from logitkit.diagnostics.rows.ranking import PredictedRows, merge_rounding, predicted_rows
from logitkit.errors import UnsupportedError
from logitkit.inference.hypotheses.single_terms import add_terms
from logitkit.numerics.once import once
from logitkit.typing import IntArray

__all__ = ["OrderedTests"]

ADDED = "group of scores"
NOT_HELD = "Rows that are read in chunks are not held, and their groups are columns of a larger model."


@dataclass(frozen=True, eq=False)
class OrderedTests:
    """Tests of a model of ordered outcomes on some rows.

    Parameters
    ----------
    tested : Tested
        The fit and the rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.ordinal("race ~ age + lwt", births, order=["white", "black", "other"])
    >>> OrderedTests(Tested(fit.record, fit.design, True)).of("lipsitz")[0].dof
    9.0
    """

    tested: Tested

    def of(self, name: str) -> list[GoodnessTest]:
        """Return the rows of a test.

        Parameters
        ----------
        name : str
            ``"lipsitz"`` or ``"pulkstenis_robinson"``.

        Returns
        -------
        list of GoodnessTest
            One or two.
        """
        if self.tested.design.in_chunks:
            raise UnsupportedError(NOT_HELD)
        tests: dict[str, Callable[[], list[GoodnessTest]]] = {
            "lipsitz": self._lipsitz,
            "pulkstenis_robinson": self._pulkstenis_robinson,
        }
        return tests[name]()

    def _lipsitz(self) -> list[GoodnessTest]:
        """Return Lipsitz's test by ten groups."""
        record, design = self.tested.record, self.tested.design
        if not self.tested.own:
            raise UnsupportedError("It adds groups to the fit: ask it of the rows of the fit.")
        groups = hosmer_lemeshow(record, design)
        assert groups.group is not None
        count = groups.size.size
        codes = np.where(groups.group > 0, groups.group - 2, -1).astype(np.int32)  # the first group is the reference
        matrix = _beside(design.matrix, Categorical(codes, count - 1))
        names = tuple(f"{ADDED} {g}" for g in range(2, count + 1))
        p = len(design.info.names)
        term = Term(ADDED, tuple(range(p, p + count - 1)))
        info = replace(
            design.info,
            names=(*design.info.names, *names),
            terms=(*design.info.terms, term),
            formula=None,
            coding=None,
            constant=None,
        )
        found = add_terms(record, design, [(ADDED, replace(design, matrix=matrix, info=info))], "LR")
        statistic, dof = float(found.tests.statistic[0]), int(found.tests.dof[0])
        if np.isnan(statistic):
            raise UnsupportedError("The model with groups has no finite estimate.")
        return [GoodnessTest.chi_square("lipsitz", statistic, dof, f"Likelihood ratio of {count} groups.")]

    def _pulkstenis_robinson(self) -> list[GoodnessTest]:
        """Return Pearson's statistic and the deviance of categorical patterns split at the median score."""
        record, design, own = self.tested.record, self.tested.design, self.tested.own
        name, k = "pulkstenis_robinson", len(record.outcomes)
        columns = self._categorical
        if not columns:
            raise UnsupportedError("The model has no factor and no column of two values, which make its patterns.")
        if record.n_params != k - 1 + len(record.info.names) - 1 - len(record.aliased):
            raise UnsupportedError("Its degrees of freedom are those of proportional terms, and some are nominal.")
        rows = predicted_rows(record, design, own)
        half = _halves(self._patterns(columns)[rows.order], rows)
        count = int(half.max()) + 1
        cells = np.stack([np.bincount(half, rows.weights * y, count) for y in rows.shares])
        expected = np.stack([np.bincount(half, rows.weights * p, count) for p in rows.probability])
        patterns = np.unique(half // 2).size
        if np.unique(half).size < 2 * patterns:
            raise UnsupportedError("The rows of some pattern have one mean score, which has no halves.")
        used = np.unique(half)
        cells, expected = cells[:, used], expected[:, used]
        dof = (2 * patterns - 1) * (k - 1) - len(columns) - 1 if own else 2 * patterns * (k - 1)
        few = float(np.mean(expected < EXPECTED_LEAST))
        pearson = float(np.sum((cells - expected) ** 2 / expected))
        deviance = 2.0 * float(np.sum(xlogy(cells, cells / expected)))
        made = [
            GoodnessTest.chi_square(name, statistic, dof, f"{patterns} categorical patterns in halves.", kind)
            for kind, statistic in (("Pearson", pearson), ("deviance", deviance))
        ]
        if few <= FEW_CELLS:
            return made
        why = f"No p-value: fewer than five are expected in {few:.0%} of the cells of its groups."
        return [replace(test, p_value=float("nan"), null="", note=why) for test in made]

    @once
    def _categorical(self) -> tuple[int, ...]:
        """Columns of factors, and columns of two values."""
        record, matrix = self.tested.record, self.tested.design.matrix
        info = record.info
        seen = {} if info.coding is None else info.coding.seen
        found = []
        for term in info.terms:
            of_factors = all(factor in seen for factor in term.name.split(":"))
            for place in term.columns:
                if place == info.intercept or place in record.aliased:
                    continue
                if of_factors or _distinct(matrix, place) == 2:
                    found.append(place)
        return tuple(found)

    def _patterns(self, columns: tuple[int, ...]) -> IntArray:
        """Return the categorical pattern of each row, shape (n,)."""
        matrix = self.tested.design.matrix
        weights = np.zeros(matrix.n_columns)
        weights[list(columns)] = np.random.default_rng(0).normal(size=len(columns))
        mark = matrix.matvec(weights)
        order = np.argsort(mark, kind="stable")
        fresh = np.diff(merge_rounding(mark[order]), prepend=-np.inf) > 0.0
        codes = np.empty(mark.size, dtype=np.int64)
        codes[order] = np.cumsum(fresh) - 1
        return codes


def _distinct(matrix: Matrix, place: int) -> int:
    """Return how many values a column takes, three for more."""
    unit = np.zeros(matrix.n_columns)
    unit[place] = 1.0
    values = matrix.matvec(unit)
    few = np.unique(values[:1000]).size
    return 3 if few > 2 else min(np.unique(values).size, 3)


def _beside(matrix: Matrix, added: Categorical) -> Matrix:
    """Return a matrix with more columns after its own."""
    p = matrix.n_columns
    part = matrix if isinstance(matrix, Dense) else sparse_matrix(matrix.to_sparse())
    return Blocks((part, added), (np.arange(p), p + np.arange(added.n_columns)))


def _halves(codes: IntArray, rows: PredictedRows) -> IntArray:
    """Return twice the pattern of each row, and one more where its mean score is above the median of the pattern."""
    ranked = rows.by_score()
    score = np.empty(ranked.score.size)
    score[ranked.place] = ranked.score
    order = np.lexsort((score, codes))
    code, value, weight = codes[order], score[order], rows.weights[order]
    fresh = np.concatenate([[True], (code[1:] != code[:-1]) | (value[1:] != value[:-1])])
    first = np.flatnonzero(fresh)
    block = np.add.reduceat(weight, first)
    of_block = code[first]
    before = np.cumsum(block) - block
    start = np.concatenate([[True], of_block[1:] != of_block[:-1]])
    totals = np.add.reduceat(block, np.flatnonzero(start))
    pattern = np.cumsum(start) - 1
    within = before - before[np.flatnonzero(start)][pattern]
    upper = within >= 0.5 * totals[pattern]
    half = np.empty(codes.size, dtype=np.int64)
    half[order] = 2 * code + upper[np.cumsum(fresh) - 1]
    return half
