"""Sentences that several documents share: lists of names that stay short, counts with their noun, caveats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.law import Law
from logitkit.engine.record import FitRecord
from logitkit.errors import quoted_names
from logitkit.report.number_format import format_integer, format_number
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.inference.hypotheses.likelihood_ratio import LikelihoodRatioTest

__all__ = [
    "FIRST_GIVEN",
    "counted",
    "denominator",
    "depends_on_coding",
    "has_only_intercept",
    "is_calibrated",
    "learnt_from_all",
    "name_list",
    "numbered_names",
    "ratio_notes",
    "without_intercept",
]

FIRST_GIVEN = (
    "The initial estimates of the adaptive lasso were given as numbers and are the same for every fold. If they were "
    "estimated from these rows, they depend on the rows held out, and the scores are optimistic: give the penalty "
    "that yields them, as in AdaptiveLasso(initial=lk.Ridge(0.01)), and they are re-estimated without each fold."
)
NAMES_IN_SENTENCE = 4
EXACTLY = 1e-6  # what is left of a number that is zero by construction, found by an iteration
NAMES_MOST = 12


def name_list(names: Sequence[str], most: int = NAMES_MOST) -> str:
    """Return names with commas, in quotes where a name holds one, and beyond some of them how many more there are.

    Examples
    --------
    >>> name_list(["a", "b"]), name_list(["a", "b", "c", "d"], most=2)
    ('a, b', 'a, b and 2 more')
    """
    text = ", ".join(quoted_names(names[:most]))
    return f"{text} and {format_integer(len(names) - most)} more" if len(names) > most else text


def learnt_from_all(transforms: Sequence[str]) -> str:
    """Say that the folds of a cross-validation share what transforms learnt.

    Examples
    --------
    >>> learnt_from_all(["scale(x)"]).partition(":")[0]
    'scale(x) learnt from all rows, including those held out'
    """
    return (
        f"{name_list(transforms, NAMES_IN_SENTENCE)} learnt from all rows, including those held out: the means, knots "
        "or bases are the same for every fold, and the scores may be slightly optimistic. The estimators learn them "
        "within each training set of scikit-learn's cross-validation."
    )


def numbered_names(counts: Sequence[tuple[str, int]]) -> str:
    """Return names with a number each.

    Examples
    --------
    >>> numbered_names([("age", 3), ("income, net", 1200)])
    "'age' 3, 'income, net' 1,200"
    """
    names = quoted_names(name for name, _ in counts)
    return ", ".join(f"{name} {format_integer(count)}" for name, (_, count) in zip(names, counts, strict=True))


def counted(number: int, noun: str) -> str:
    """Return a count with its noun, in the plural unless it is one.

    Examples
    --------
    >>> counted(1, "iteration"), counted(0, "row"), counted(1200, "row")
    ('1 iteration', '0 rows', '1,200 rows')
    """
    return f"{format_integer(number)} {noun}{'' if number == 1 else 's'}"


def depends_on_coding(contained: Sequence[tuple[str, Sequence[str]]], averaged: bool = False) -> tuple[str, ...]:
    """Return a note on tests of terms that interactions of the model contain, ``averaged`` over levels or not.

    Examples
    --------
    >>> depends_on_coding([]), depends_on_coding([("x", ["x:g"])])[0][:43]
    ((), 'Depends on the coding: x (contained in x:g)')
    """
    if not contained:
        return ()
    terms = name_list([f"{name} (contained in {', '.join(larger)})" for name, larger in contained])
    name, larger = contained[0]
    if averaged:
        cause = "the origin of numeric variables"
        where = "where the numeric variables that it interacts with are zero, averaged over the levels of factors"
    else:
        cause = "the coding"
        where = (
            "where the other variables are coded zero: at the reference level of a factor with treatment contrasts, at "
            "0 for a number"
        )
    note = (
        f"Depends on {cause}: {terms}. A term within an interaction is tested {where}. This is not a test of the "
        f"variable as a whole, which is fit.test({', '.join([name, *larger])!r})."
    )
    return (note,)


def has_only_intercept(record: FitRecord) -> bool:
    """Return whether no coefficient was estimated besides the intercept, so that the model is the null model."""
    return record.n_intercepts > 0 and record.n_params == record.n_intercepts


def without_intercept(names: Sequence[str]) -> tuple[str, ...]:
    """Return a note where a model has no intercept, and what would be one.

    Examples
    --------
    >>> without_intercept(["Intercept", "x"]), without_intercept(["x"])[0][:16]
    ((), 'No intercept: no')
    """
    if INTERCEPT in names:
        return ()
    return (f"No intercept: no column is called '{INTERCEPT}', and none is added to a matrix.",)


def is_calibrated(intercept: float | FloatArray, slope: float | FloatArray) -> bool:
    """Tell whether calibration intercepts are 0 and slopes 1, as on the rows of a fit with intercepts.

    Examples
    --------
    >>> is_calibrated(1e-12, 1.0), is_calibrated(0.0, 0.9)
    (True, False)
    """
    gaps = np.concatenate([np.atleast_1d(intercept), np.atleast_1d(slope) - 1.0])
    gaps = np.abs(gaps[~np.isnan(gaps)])
    return bool(gaps.size and (gaps < EXACTLY).all())


def ratio_notes(result: LikelihoodRatioTest) -> tuple[str, ...]:
    """Return the notes on a likelihood-ratio test against the null model."""
    if result.dof == 0:
        return ("There is nothing to test: the model is the null model.",)
    notes = (f"Null model: {result.null_model}.",) if result.null_model else ()
    if not np.isnan(result.p_value):
        return notes
    perfect = (
        "No p-value: every row is fitted perfectly (complete separation), and the statistic is the deviance of the "
        "null model, whatever the columns are."
    )
    return (*notes, perfect)


def denominator(law: Law) -> str:
    """Return the denominator degrees of freedom of an F test after a comma; empty for chi-square.

    Examples
    --------
    >>> denominator(Law()), denominator(Law(11.0)), denominator(Law(7.25))
    ('', ', 11', ', 7.25')
    """
    if law.is_normal or np.ndim(law.dof):
        return ""
    dof = float(law.dof)
    return f", {format_integer(int(dof))}" if dof.is_integer() else f", {format_number(dof)}"
