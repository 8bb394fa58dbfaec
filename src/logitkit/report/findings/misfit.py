"""What a Hosmer-Lemeshow test shows beside its p-value: where observed and predicted rates part, and by how much.

References
----------
Hosmer, D. W., Hosmer, T., le Cessie, S. and Lemeshow, S. (1997) A comparison of goodness-of-fit tests for the logistic
regression model. Statistics in Medicine 16, 965-980 (the power with 100 and with 500 rows).
"""

from __future__ import annotations

import numpy as np

from logitkit.diagnostics.fit.hosmer_lemeshow import HosmerLemeshow
from logitkit.report.number_format import format_integer, format_percent
from logitkit.report.wording import counted

__all__ = ["few_patterns", "fewer_groups", "is_small_misfit", "many_new_rows", "misfit_words"]

REJECTED = 0.05
FEW_ROWS = 500.0  # below, the power against a missing quadratic term or interaction is low
MANY_ROWS = 1_000.0  # above, gaps too small to matter are found
SMALL_GAP = 0.01  # of a rate, and
SMALL_SHARE = 0.1  # of the predicted rate or its complement: a gap below both is small
MANY_NEW = 0.1  # of the rows of the fit: at a tenth the test rejects as often as it should, at as many three times


def few_patterns(result: HosmerLemeshow) -> tuple[str, ...]:
    """Return a warning where covariate patterns leave fewer degrees of freedom than the test takes."""
    patterns = result.patterns
    if patterns is None or patterns.dof >= result.dof:
        return ()
    verb = "is" if patterns.dof == 1 else "are"
    text = (
        f"The rows have only {counted(patterns.count, 'covariate pattern')}, so {format_integer(patterns.dof)} of the "
        f"{format_integer(result.dof)} degrees of freedom of the test {verb} left by the model: the p-value is too "
        "large. Test additional terms instead."
    )
    return (text,)


def fewer_groups(result: HosmerLemeshow) -> tuple[str, ...]:
    """Return a note when a Hosmer-Lemeshow test has fewer groups than were asked for."""
    found = result.size.size
    if found >= result.groups_asked:
        return ()
    asked = format_integer(result.groups_asked)
    return (f"{asked} groups were requested and {found} remain, as equal predictions are kept together.",)


def many_new_rows(result: HosmerLemeshow) -> tuple[str, ...]:
    """Return a note when a Hosmer-Lemeshow test is of many rows that the fit did not see."""
    if result.in_sample or result.share_of_fit <= MANY_NEW:
        return ()
    share = format_percent(result.share_of_fit)
    note = (
        f"The degrees of freedom treat the coefficients as known, but these rows are {share} of the number in the fit: "
        "the statistic tends to be too large and the p-value too small. With as many new rows as in the fit, a "
        "correct model is rejected at the 5% level about three times as often as it should be."
    )
    return (note,)


def is_small_misfit(result: HosmerLemeshow) -> bool:
    """Tell whether many rows reject a model of which every group is off by little."""
    observed, expected = np.atleast_2d(result.observed), np.atleast_2d(result.expected)
    rate, predicted = observed / result.size, expected / result.size
    gap, room = np.abs(rate - predicted), np.minimum(predicted, 1.0 - predicted)
    small = (gap == 0.0) | ((gap <= SMALL_GAP) & (gap <= SMALL_SHARE * room))
    return bool(float(result.size.sum()) >= MANY_ROWS and small.all())


def misfit_words(result: HosmerLemeshow) -> tuple[str, ...]:
    """Return where a rejected model is off and by how much, or that few rows show large misfit only.

    Notes
    -----
    That many rows reject a model for little is said only where there are many and every gap is small.
    """
    total = float(result.size.sum())
    if result.p_value >= REJECTED:
        if total >= FEW_ROWS:
            return ()
        rows = counted(round(total), "observation")
        return (f"With {rows} the test has little power: that it does not reject is little evidence for the model.",)
    observed, expected = np.atleast_2d(result.observed), np.atleast_2d(result.expected)
    rate, predicted = observed / result.size, expected / result.size
    gap = np.abs(rate - predicted)
    variance = predicted * (1.0 - predicted) / result.size
    scaled = np.divide(gap, np.sqrt(variance), out=np.where(gap > 0.0, np.inf, 0.0), where=variance > 0.0)
    outcome, group = np.unravel_index(int(scaled.argmax()), scaled.shape)
    of = "" if result.of_event else f" {result.outcomes[outcome]!r}"
    where = (
        f"The largest standardised deviation is in group {group + 1} of {result.size.size}: "
        f"{format_percent(float(rate[outcome, group]))}{of} observed, "
        f"{format_percent(float(predicted[outcome, group]))} predicted."
    )
    if not is_small_misfit(result):
        return (where,)
    largest, rows = format_percent(float(gap.max())), counted(round(total), "observation")
    return where, (
        f"No group deviates by more than {largest}; with {rows} the test detects deviations that may be too small to "
        "matter."
    )
