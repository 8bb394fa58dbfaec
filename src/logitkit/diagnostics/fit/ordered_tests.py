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
from logitkit.design.matrix.categorical import Categorical
from logitkit.diagnostics.fit.hosmer_lemeshow import hosmer_lemeshow
from logitkit.diagnostics.fit.ordered_in_chunks import (
    beside,
    categorical_columns,
    halves_in_chunks,
    with_groups,
)
from logitkit.diagnostics.fit.pattern_tests import EXPECTED_LEAST, FEW_CELLS
from logitkit.diagnostics.fit.tested import GoodnessTest, Tested
from logitkit.diagnostics.rows.ranking import PredictedRows, merge_rounding, predicted_rows
from logitkit.errors import UnsupportedError
from logitkit.inference.hypotheses.single_terms import add_terms
from logitkit.numerics.once import once
from logitkit.typing import IntArray

__all__ = ["OrderedTests"]

ADDED = "group of scores"


@dataclass(frozen=True, eq=False)
class OrderedTests:
    """Goodness-of-fit tests of a model of ordered outcomes on some rows.

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
        """Return the results of one test.

        Parameters
        ----------
        name : str
            ``"lipsitz"`` or ``"pulkstenis_robinson"``.

        Returns
        -------
        list of GoodnessTest
            One or two results.
        """
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
        count = groups.size.size
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
        if groups.group is None:
            larger = with_groups(record, design, info, groups.lowest, groups.highest)
        else:
            codes = np.where(groups.group > 0, groups.group - 2, -1).astype(np.int32)  # the first is the reference
            larger = replace(design, matrix=beside(design.matrix, Categorical(codes, count - 1)), info=info)
        found = add_terms(record, design, [(ADDED, larger)], "LR")
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
        if design.in_chunks:
            used, cells, expected = halves_in_chunks(record, design, own, columns)
        else:
            rows = predicted_rows(record, design, own)
            half = _halves(self._patterns(columns)[rows.order], rows)
            count, used = int(half.max()) + 1, np.unique(half)
            both = (rows.shares, rows.probability)
            cells, expected = (
                np.array([np.bincount(half, rows.weights * y, count) for y in each], dtype=np.float64)[:, used]
                for each in both
            )
        patterns = np.unique(used // 2).size
        if used.size < 2 * patterns:
            raise UnsupportedError("The rows of some pattern have one mean score, which has no halves.")
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
        record, info = self.tested.record, self.tested.record.info
        seen = {} if info.coding is None else info.coding.seen
        asked: dict[int, bool] = {}  # of each column, whether it is of factors
        for term in info.terms:
            of_factors = all(factor in seen for factor in term.name.split(":"))
            for place in term.columns:
                if place != info.intercept and place not in record.aliased:
                    asked[place] = of_factors
        others = [place for place, of_factors in asked.items() if not of_factors]
        pairs = set(categorical_columns(self.tested.design, others)) if others else set()
        return tuple(place for place, of_factors in asked.items() if of_factors or place in pairs)

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
