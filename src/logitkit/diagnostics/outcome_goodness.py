r"""Does a model of several outcomes fit? The generalised Hosmer-Lemeshow test of Fagerland, Hosmer and Bofin.

Rows are grouped by the predicted probability of all outcomes but the reference together, :math:`1 - p_{i1}`. With
observed and expected numbers :math:`O_{gk}` and :math:`E_{gk}` of outcome k in group g of G,

.. math:: C = \sum_g \sum_k \frac{(O_{gk} - E_{gk})^2}{E_{gk}},

which under the model is about chi-square with (G - 2)(K - 1) degrees of freedom on the rows of the fit, and with
G (K - 1) on rows that took no part in it, provided that these are few beside those of the fit: the coefficients are
taken as known there. Of two outcomes it is the binary test.

The answer depends on the outcome that makes the groups, and on how these are cut. Rows of one group may differ in all
but :math:`p_{i1}`, so that the test sees little of a fault that tells the other outcomes apart: try other references.

References
----------
Fagerland, M. W., Hosmer, D. W. and Bofin, A. M. (2008) Multinomial goodness-of-fit tests for logistic regression
models. Statistics in Medicine 27, 4238-4253.
Fagerland, M. W. and Hosmer, D. W. (2012) A generalized Hosmer-Lemeshow goodness-of-fit test for multinomial logistic
regression models. The Stata Journal 12, 447-453.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.diagnostics.goodness import require_chi_square
from logitkit.diagnostics.grouping import GROUPING_WORDS, group_sums, quantile_groups
from logitkit.diagnostics.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.patterns import Patterns, count_patterns, require_unsaturated
from logitkit.diagnostics.ranking import predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.outcome_sample import is_outcome_sample
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray, IntArray

__all__ = ["OutcomeHosmerLemeshow", "outcome_hosmer_lemeshow"]

EXPECTED_LEAST = 5.0  # the usual rule for the chi-square distribution of a table


@dataclass(frozen=True)
class OutcomeHosmerLemeshow:
    """The test and its table of G groups and K outcomes.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    reference : str
        The outcome whose probability makes the groups.
    size : (G,) array
        Observations of each group.
    observed, expected : (K, G) array
        Observed and expected observations of each outcome.
    lowest, highest : (G,) array
        Range in each group of the predicted probability of all outcomes but the reference.
    statistic, p_value : float
        Chi-square statistic and its tail probability.
    dof : int
        (G - 2)(K - 1) on the rows of the fit, else G (K - 1).
    grouping : str
        The rule in words.
    in_sample : bool
        Whether the rows are those of the fit.
    groups_asked : int
        Number of groups asked for; there are fewer when ties leave one empty.
    group : (n,) int array
        Group of each row of the design, counted from 1; 0 for rows left out.
    few_expected : float
        Share of the cells of the table in which fewer than five are expected.
    undetermined : int
        Rows left out because their prediction is undetermined under separation.
    left_out : LeftOut
        Rows given, used and left out.
    share_of_fit : float
        Trials of these rows as a share of those of the fit, both weighted.
    patterns : Patterns or None
        Covariate patterns of the rows of the fit; None on other rows. Where these leave fewer degrees of freedom than
        ``dof``, the p-value is too large.

    Examples
    --------
    The statistic is the sum over the table:

    >>> import logitkit as lk
    >>> data = {"y": list("abcbaccab") * 4, "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1] * 4}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> test = outcome_hosmer_lemeshow(fit.record, fit.design, groups=4)
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
    group: IntArray
    few_expected: float
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW
    share_of_fit: float = 1.0
    patterns: Patterns | None = None


def outcome_hosmer_lemeshow(
    record: FitRecord,
    design: Design,
    *,
    groups: int = 10,
    grouping: Literal["stata", "r"] = "stata",
    reference: int | None = None,
) -> OutcomeHosmerLemeshow:
    """Return the generalised Hosmer-Lemeshow test.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones, which its fingerprint tells.
    groups : int, default 10
        Number of groups.
    grouping : {'stata', 'r'}
        How cut points are placed (``logitkit.diagnostics.grouping``).
    reference : int, optional
        Place of the outcome whose probability makes the groups; the fit's reference by default, in symmetric form the
        first outcome.

    Returns
    -------
    OutcomeHosmerLemeshow
        Counted outcomes and frequency weights count every trial.

    Raises
    ------
    UnsupportedError
        With sampling weights or clusters, where the statistic has no chi-square distribution; on the rows of a
        penalised fit; of a saturated model on its own rows; or when fewer than three groups are left.

    Examples
    --------
    With intercepts in the model, as much is expected of each outcome as there is:

    >>> import logitkit as lk
    >>> data = {"y": list("abcbaccab") * 4, "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1] * 4}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> test = outcome_hosmer_lemeshow(fit.record, fit.design, groups=4)
    >>> bool(np.allclose(test.expected.sum(axis=1), test.observed.sum(axis=1))), test.dof
    (True, 4)
    """
    in_sample = is_outcome_sample(record, design)
    require_chi_square(record, design, in_sample)
    if reference is None:
        reference = record.reference or 0
    rows = predicted_rows(record, design)
    patterns = None
    if in_sample:
        free = np.full(design.n_rows, -1, dtype=np.int64)
        free[rows.order] = np.count_nonzero(~np.isneginf(rows.eta), axis=0) - 1
        patterns = count_patterns(record, design.matrix, design.response.offset, free)
        require_unsaturated(patterns)
    # The others together, from the largest on: the log-odds are those of the reference with the other sign.
    ranked = rows.without(reference)
    group = quantile_groups(Binomial().mean(ranked.score), ranked.weights, groups, grouping)
    count = int(group[-1]) + 1
    if count < 3:
        found = "1 group" if count == 1 else f"{count} groups"
        raise UnsupportedError(
            f"The predictions fall into {found} (groups={groups}; equal predictions stay together); "
            "the test needs three."
        )
    of_row = np.zeros(design.n_rows, dtype=np.int64)
    of_row[ranked.order] = group + 1
    own = of_row[rows.order] - 1
    observed = np.stack([group_sums(own, rows.weights * share) for share in rows.shares])
    expected = np.stack([group_sums(own, rows.weights * mean) for mean in rows.probability])
    first = np.searchsorted(group, np.arange(count))
    last = np.append(first[1:], group.size) - 1
    dof = (count - 2 if in_sample else count) * (len(rows.outcomes) - 1)
    statistic = float(_contributions(observed, expected).sum())
    return OutcomeHosmerLemeshow(
        outcomes=rows.outcomes,
        reference=rows.outcomes[reference],
        size=group_sums(own, rows.weights),
        observed=observed,
        expected=expected,
        lowest=ranked.mu[first],
        highest=ranked.mu[last],
        statistic=statistic,
        p_value=float(chdtrc(dof, statistic)),
        dof=dof,
        grouping=GROUPING_WORDS[grouping],
        in_sample=in_sample,
        groups_asked=groups,
        group=of_row,
        few_expected=float(np.mean(expected < EXPECTED_LEAST)),
        undetermined=rows.undetermined,
        left_out=rows.left_out,
        share_of_fit=design.response.total / record.total,
        patterns=patterns,
    )


def _contributions(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """Return each cell's part; where no probability is left, 0, or infinity if contradicted."""
    gap = (observed - expected) ** 2
    none = expected <= 0.0
    return np.where(none, np.where(gap == 0.0, 0.0, np.inf), gap / np.where(none, 1.0, expected))
