r"""Does the model fit? The Hosmer-Lemeshow test, and its generalisation to several outcomes.

Rows are grouped by the predicted probability of all outcomes but the reference r together, :math:`1 - p_{ir}`: in a
model of an event, by that of the event. With observed and expected numbers :math:`O_{gk}` and :math:`E_{gk}` of outcome
k in group g of G,

.. math:: C = \sum_g \sum_k \frac{(O_{gk} - E_{gk})^2}{E_{gk}},

which for two outcomes is :math:`\sum_g (O_g - E_g)^2 / \{E_g (1 - E_g / n_g)\}`, of the events among the :math:`n_g`
observations of each group. Under the model it is about chi-square with (G - 2)(K - 1) degrees of freedom on the rows
of the fit, and with G (K - 1) on rows that took no part in it, provided that these are few beside those of the fit: the
coefficients are taken as known there. A saturated model, with as many coefficients as the covariate patterns have free
probabilities, has nothing to test and is refused; where the patterns leave fewer degrees of freedom than the test
takes, the p-value is too large. Packages differ in how they group, and their answers with them: on Hosmer and
Lemeshow's own data 9.65 by Stata's rule and 10.40 by R's.

With several outcomes the answer also depends on the outcome that makes the groups. Rows of one group may differ in all
but :math:`p_{ir}`, so that the test sees little of a fault that tells the other outcomes apart: try other references.

Ordered outcomes are grouped by their mean score :math:`\sum_k k\, p_{ik}`, and the statistic has (G - 2)(K - 1) + K - 2
degrees of freedom on the rows of the fit.

References
----------
Hosmer, D. W. and Lemeshow, S. (1980) Communications in Statistics A9, 1043-1069.
Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013) Applied Logistic Regression, 3rd edition, section
5.2.2.
StataCorp, Base Reference Manual, [R] estat gof (the degrees of freedom on other rows).
Fagerland, M. W., Hosmer, D. W. and Bofin, A. M. (2008) Multinomial goodness-of-fit tests for logistic regression
models. Statistics in Medicine 27, 4238-4253.
Fagerland, M. W. and Hosmer, D. W. (2012) A generalized Hosmer-Lemeshow goodness-of-fit test for multinomial logistic
regression models. The Stata Journal 12, 447-453.
Fagerland, M. W. and Hosmer, D. W. (2013) A goodness-of-fit test for the proportional odds regression model. Statistics
in Medicine 32, 2235-2249.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.diagnostics.fit.conditions import require_chi_square
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import InOrder, Ranking, grouped, rows_in_order
from logitkit.diagnostics.rows.patterns import Patterns, count_patterns, require_unsaturated
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.logits.grouping import GROUPING_WORDS
from logitkit.typing import FloatArray, IntArray

__all__ = ["GroupTests", "HosmerLemeshow", "group_tests", "hosmer_lemeshow"]

EXPECTED_LEAST = 5.0  # the usual rule for the chi-square distribution of a table


@dataclass(frozen=True)
class HosmerLemeshow:
    """The Hosmer-Lemeshow test and its table of G groups.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    reference : str
        Reference outcome; rows are grouped by the probability of all others. Empty for ordered outcomes, which are
        grouped by their mean score.
    size : (G,) array
        Number of observations in each group.
    observed, expected : (G,) or (K, G) array
        Observed and expected numbers of the event, or of each of several outcomes.
    lowest, highest : (G,) array
        Range in each group of the predicted probability of all outcomes except the reference. For ordered outcomes,
        range of the mean score, scaled from 0 (certainly the first outcome) to 1 (certainly the last).
    statistic, p_value : float
        Chi-square statistic and its tail probability.
    dof : int
        Degrees of freedom: (G - 2)(K - 1) on the rows of the fit, plus K - 2 for ordered outcomes; G (K - 1) on other
        rows. Outcomes that separation makes impossible in all rows of a group are not counted.
    grouping : str
        Grouping rule in words.
    in_sample : bool
        Whether the rows are those of the fit.
    groups_asked : int
        Requested number of groups; ties may reduce the actual number.
    group : (n,) int array or None
        Group of each row of the design, counted from 1; 0 for rows left out. None for rows that are read in chunks.
    few_expected : float
        Proportion of the table's cells with an expected number below five.
    undetermined : int
        Number of rows left out because separation leaves their prediction undetermined.
    left_out : LeftOut
        Number of rows given, used and left out.
    share_of_fit : float
        Weighted number of trials in these rows, divided by that of the fit.
    patterns : Patterns or None
        Covariate patterns of the rows of the fit; None for other rows. If the patterns leave fewer degrees of freedom
        than ``dof``, the p-value is too large.

    Examples
    --------
    For an event, the statistic is the sum of squared standardised differences between observed and expected numbers:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> test = hosmer_lemeshow(fit.record, fit.design)
    >>> variance = test.expected * (1 - test.expected / test.size)
    >>> bool(np.isclose(np.sum((test.observed - test.expected) ** 2 / variance), test.statistic))
    True

    For several outcomes, it is the sum over all cells:

    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> test = hosmer_lemeshow(fit.record, fit.design)
    >>> bool(np.isclose(np.sum((test.observed - test.expected) ** 2 / test.expected), test.statistic))
    True
    """

    outcomes: tuple[str, ...]
    reference: str
    size: FloatArray
    observed: FloatArray
    expected: FloatArray
    lowest: FloatArray
    highest: FloatArray
    statistic: float
    p_value: float
    dof: int
    grouping: str
    in_sample: bool
    groups_asked: int
    group: IntArray | None
    few_expected: float
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW
    share_of_fit: float = 1.0
    patterns: Patterns | None = None

    @property
    def of_event(self) -> bool:
        """Whether the table is for a single event."""
        return self.observed.ndim == 1


def hosmer_lemeshow(
    record: FitRecord,
    design: Design,
    *,
    groups: int = 10,
    grouping: Literal["stata", "r", "sas"] | None = None,
    reference: int | None = None,
) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow test.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones, which are distinguished by a fingerprint.
    groups : int, default 10
        Number of groups.
    grouping : {'stata', 'r', 'sas'}, optional
        Rule for the cut points (``logitkit.logits.grouping``); that of the fit's conventions by default.
    reference : int, optional
        Position of the reference outcome; rows are grouped by the probability of all others. By default it is the
        reference of the fit, or the first outcome if the model is symmetric. Ordered outcomes are grouped by their mean
        score.

    Returns
    -------
    HosmerLemeshow
        The test and its table. With grouped data and frequency weights, every trial counts.

    Raises
    ------
    UnsupportedError
        With precision or sampling weights, clusters or an absorbed factor, for which the statistic has no chi-square
        distribution; on the rows of a penalised fit or a saturated model; or if fewer than three groups remain.

    Examples
    --------
    If the model has intercepts, the expected and observed totals of each outcome are equal:

    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> test = hosmer_lemeshow(fit.record, fit.design)
    >>> bool(np.allclose(test.expected.sum(axis=1), test.observed.sum(axis=1))), test.dof
    (True, 16)
    """
    grouping = record.conventions.hosmer_lemeshow if grouping is None else grouping
    with group_tests(record, design, reference) as tests:
        return tests.of(groups, grouping)


@contextmanager
def group_tests(
    record: FitRecord, design: Design, reference: int | None = None, patterns: Patterns | None = None
) -> Iterator[GroupTests]:
    """Yield tests for different groupings of rows that are sorted once.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    reference : int, optional
        Position of the reference outcome; rows are grouped by the probability of all others.
    patterns : Patterns, optional
        Covariate patterns of the rows of the fit, if known; they are counted by default.

    Yields
    ------
    GroupTests
        An object that returns the test for a number of groups and a rule.

    Raises
    ------
    UnsupportedError
        As for ``hosmer_lemeshow``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> with group_tests(fit.record, fit.design) as tests:
    ...     [tests.of(groups, "stata").dof for groups in (10, 20)]
    [8, 18]
    """
    in_sample = is_sample(record, design)
    require_chi_square(record, design, in_sample)
    ordered = record.family.words.ordered
    if ordered and reference is not None:
        raise UnsupportedError(
            "Ordered outcomes are grouped by their mean score, not by the probability of one outcome."
        )
    place = (record.reference or 0) if reference is None else reference
    if not in_sample:
        patterns = None
    elif patterns is None:
        patterns = count_patterns(record, design)
    if patterns is not None:
        require_unsaturated(patterns)
    # The others together, from the largest on: the log odds are those of the reference with the other sign.
    ranking = Ranking(_by_score if ordered else partial(_without, place), _trials)
    with rows_in_order(record, design, in_sample, [ranking]) as rows:
        yield GroupTests(record, design, in_sample, place, patterns, rows)


@dataclass(frozen=True, eq=False)
class GroupTests:
    """Rows sorted for grouping.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    in_sample : bool
        Whether the rows are those of the fit.
    place : int
        Position of the reference outcome.
    patterns : Patterns or None
        Covariate patterns of the rows of the fit.
    rows : InOrder
        The sorted rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> with group_tests(fit.record, fit.design) as tests:
    ...     tests.of(10, "sas").dof
    8
    """

    record: FitRecord
    design: Design
    in_sample: bool
    place: int
    patterns: Patterns | None
    rows: InOrder

    def of(self, groups: int, grouping: str) -> HosmerLemeshow:
        """Return the test for groups formed by a rule.

        Parameters
        ----------
        groups : int
            Approximate number of groups.
        grouping : {'stata', 'r', 'sas'}
            Grouping rule.

        Returns
        -------
        HosmerLemeshow
            The test.
        """
        rows, ordered = self.rows, self.record.family.words.ordered
        found_groups, facts = grouped(rows, 0, groups, grouping), rows.facts
        count = found_groups.lowest.size
        if count < 3:
            found = "1 group" if count == 1 else f"{count} groups"
            raise UnsupportedError(
                f"The predictions fall into {found} (groups={groups}; equal predictions stay together); "
                "the test needs three."
            )
        k = len(facts.outcomes)
        size, observed, expected = found_groups.sums[0], found_groups.sums[1 : k + 1], found_groups.sums[k + 1 :]
        free = int(np.maximum(np.count_nonzero(expected > 0.0, axis=0) - 1, 0).sum())
        dof = free - (2 * (k - 1) - (k - 2 if ordered else 0) if self.in_sample else 0)
        if dof <= 0:
            raise UnsupportedError(
                "Under separation too few groups have outcomes that are not certain: none are left to test."
            )
        statistic = float(_contributions(observed, expected).sum())
        of_row = None
        if found_groups.group is not None and rows.rows is not None:
            of_row = np.zeros(self.design.n_rows, dtype=np.int64)
            of_row[rows.places(0)] = found_groups.group + 1
        return HosmerLemeshow(
            outcomes=facts.outcomes,
            reference="" if ordered else facts.outcomes[self.place],
            size=size,
            observed=observed[1] if facts.of_event else observed,
            expected=expected[1] if facts.of_event else expected,
            lowest=found_groups.lowest,
            highest=found_groups.highest,
            statistic=statistic,
            p_value=float(chdtrc(dof, statistic)),
            dof=dof,
            grouping=GROUPING_WORDS[grouping],
            in_sample=self.in_sample,
            groups_asked=groups,
            group=of_row,
            few_expected=float(np.mean(expected < EXPECTED_LEAST)),
            undetermined=facts.undetermined,
            left_out=facts.left_out(self.design),
            share_of_fit=facts.total / self.record.total,
            patterns=self.patterns,
        )


def _by_score(rows: PredictedRows) -> RankedRows:
    return rows.by_score()


def _without(place: int, rows: PredictedRows) -> RankedRows:
    return rows.without(place)


def _trials(rows: PredictedRows, ranked: RankedRows) -> FloatArray:
    """Return weights, and observed and expected trials of each outcome, shape (1 + 2 K, r)."""
    place, weights = ranked.place, ranked.weights
    return np.vstack([weights, weights * rows.shares[:, place], weights * rows.probability[:, place]])


def _contributions(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """Return each cell's part; where no probability is left, 0, or infinity if contradicted."""
    gap = (observed - expected) ** 2
    none = expected <= 0.0
    return np.where(none, np.where(gap == 0.0, 0.0, np.inf), gap / np.where(none, 1.0, expected))
