r"""Does the model fit? The Hosmer-Lemeshow test.

Rows are grouped by predicted probability. With :math:`n_g` observations, :math:`O_g` events and :math:`E_g`
expected events in group g of G,

.. math:: C = \sum_g \frac{(O_g - E_g)^2}{E_g (1 - E_g / n_g)},

which under the model is about chi-square with G - 2 degrees of freedom on the rows of the fit, and with G on rows
that took no part in it, provided that these are few beside those of the fit: the coefficients are taken as known
there. A saturated model, with a coefficient for every covariate pattern, has nothing to test and is refused; where
the patterns leave fewer than G - 2 degrees of freedom, the p-value is too large. Packages differ in how they group,
and their answers with them: on Hosmer and Lemeshow's own data 9.65 by Stata's rule and 10.40 by R's.

References
----------
Hosmer, D. W. and Lemeshow, S. (1980) Communications in Statistics A9, 1043-1069.
Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013) Applied Logistic Regression, 3rd edition, section
5.2.2.
StataCorp, Base Reference Manual, [R] estat gof (the degrees of freedom on other rows).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.diagnostics.grouping import GROUPING_WORDS, group_sums, quantile_groups
from logitkit.diagnostics.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.patterns import Patterns, count_patterns, require_unsaturated
from logitkit.diagnostics.ranking import predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.penalised import require_likelihood
from logitkit.inference.prediction import is_sample
from logitkit.typing import FloatArray, IntArray

__all__ = ["HosmerLemeshow", "hosmer_lemeshow", "require_chi_square"]


@dataclass(frozen=True)
class HosmerLemeshow:
    """The test and its table of G groups.

    Parameters
    ----------
    size, observed, expected : (G,) array
        Observations, events and expected events of each group.
    lowest, highest : (G,) array
        Range of predicted probabilities in each group.
    statistic, p_value : float
        Chi-square statistic and its tail probability.
    dof : int
        G - 2 on the rows of the fit, else G.
    grouping : str
        The rule in words.
    in_sample : bool
        Whether the rows are those of the fit.
    groups_asked : int
        Number of groups asked for; there are fewer when ties leave one empty.
    group : (n,) int array
        Group of each row of the design, counted from 1; 0 for rows left out.
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
    The statistic is the sum of squared standardised gaps of the table:

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.engine.fit import fit_design
    >>> from logitkit.engine.solvers.newton import Newton
    >>> X = np.column_stack([np.ones(8), np.arange(8.0)])
    >>> design = ready_design(X, [0, 0, 1, 0, 1, 0, 1, 1], names=["Intercept", "x"])
    >>> test = hosmer_lemeshow(fit_design(design, Binomial(), Newton()), design, groups=4)
    >>> variance = test.expected * (1 - test.expected / test.size)
    >>> bool(np.isclose(np.sum((test.observed - test.expected) ** 2 / variance), test.statistic))
    True
    """

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
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW
    share_of_fit: float = 1.0
    patterns: Patterns | None = None


def hosmer_lemeshow(
    record: FitRecord, design: Design, *, groups: int = 10, grouping: Literal["stata", "r"] = "stata"
) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow test.

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

    Returns
    -------
    HosmerLemeshow
        Grouped data and frequency weights count every trial.

    Raises
    ------
    UnsupportedError
        With precision or sampling weights, clusters or an absorbed factor, where the statistic has no chi-square
        distribution; on the rows of a penalised fit; of a saturated model on its own rows; or when fewer than three
        groups are left.

    Examples
    --------
    With an intercept in the model, as many events are expected as there are:

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.engine.fit import fit_design
    >>> from logitkit.engine.solvers.newton import Newton
    >>> X = np.column_stack([np.ones(8), np.arange(8.0)])
    >>> design = ready_design(X, [0, 0, 1, 0, 1, 0, 1, 1], names=["Intercept", "x"])
    >>> test = hosmer_lemeshow(fit_design(design, Binomial(), Newton()), design, groups=4)
    >>> bool(np.isclose(test.expected.sum(), test.observed.sum())), test.dof
    (True, 2)
    """
    in_sample = is_sample(record, design)
    require_chi_square(record, design, in_sample)
    rows = predicted_rows(record, design)
    ranked = rows.against_rest(1)
    patterns = None
    if in_sample:
        free = np.zeros(design.n_rows, dtype=np.int64)
        free[ranked.order] = np.isfinite(ranked.log_odds)
        patterns = count_patterns(record, design.matrix, design.response.offset, free)
        require_unsaturated(patterns)
    tied = record.family.mean(ranked.score)
    group = quantile_groups(tied, ranked.weights, groups, grouping)
    count = int(group[-1]) + 1
    if count < 3:
        found = "1 group" if count == 1 else f"{count} groups"
        raise UnsupportedError(
            f"The predictions fall into {found} (groups={groups}; equal predictions stay together); "
            "the test needs three."
        )
    size = group_sums(group, ranked.weights)
    observed = group_sums(group, ranked.events)
    expected = group_sums(group, ranked.weights * ranked.mu)
    first = np.searchsorted(group, np.arange(count))
    last = np.append(first[1:], group.size) - 1
    dof = count - 2 if in_sample else count
    statistic = float(np.sum(_contributions(size, observed, expected)))
    of_row = np.zeros(design.n_rows, dtype=np.int64)
    of_row[ranked.order] = group + 1
    return HosmerLemeshow(
        size=size,
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
        undetermined=rows.undetermined,
        left_out=rows.left_out,
        share_of_fit=design.response.total / record.total,
        patterns=patterns,
    )


def require_chi_square(record: FitRecord, design: Design, in_sample: bool) -> None:
    """Refuse a fit or rows for which the statistic has no chi-square distribution.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    in_sample : bool
        Whether these are the rows of the fit.

    Raises
    ------
    UnsupportedError
        With precision or sampling weights, clusters or an absorbed factor, and on the rows of a penalised fit or of a
        complete separation.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> require_chi_square(fit.record, fit.design, True)
    """
    response, absorbed = design.response, record.info.absorbed
    if record.penalty is not None and in_sample:
        require_likelihood(record, "goodness_of_fit")
    if absorbed is not None:
        raise UnsupportedError(
            "The Hosmer-Lemeshow statistic has no known distribution where a factor is absorbed "
            f"({absorbed.name}): the predictions that form its groups rest on an intercept for each of "
            f"{absorbed.n_varied:,} levels, which few rows determine badly. Look at the calibration table instead; "
            f"or, where every level has many rows, fit the factor as a term, C({absorbed.name})."
        )
    if response.prior is not None and response.weight_kind != "frequency":
        why = ", which count no observations" if response.weight_kind == "precision" else ""
        raise UnsupportedError(
            f"The Hosmer-Lemeshow statistic has no chi-square distribution with {response.weight_kind} weights{why}. "
            "Look at the calibration table instead."
        )
    if response.clusters is not None:
        raise UnsupportedError(
            "The Hosmer-Lemeshow statistic has no chi-square distribution with clusters "
            f"({response.clusters.name}). Look at the calibration table instead."
        )
    if in_sample and record.separated_completely:
        raise UnsupportedError(
            "Every row is fitted perfectly (complete separation), so that a test of goodness of fit has nothing to "
            "test on the rows of the fit."
        )


def _contributions(size: FloatArray, observed: FloatArray, expected: FloatArray) -> FloatArray:
    """Return each group's part; where probabilities are 0 or 1 only, 0, or infinity if contradicted."""
    variance = expected * (1.0 - expected / size)
    gap = (observed - expected) ** 2
    sure = variance <= 0.0
    return np.where(sure, np.where(gap == 0.0, 0.0, np.inf), gap / np.where(sure, 1.0, variance))
