"""Intervals by the name of the method, of coefficients or of linear combinations of them in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.engine.record import FitRecord
from logitkit.errors import DataWarning, FormulaError, UnsupportedError, warn_caller
from logitkit.inference.functions import function_estimates, function_sides
from logitkit.inference.hypotheses.wald import covariance_root
from logitkit.inference.intervals.profile import FunctionIntervals, estimated, profile_intervals
from logitkit.inference.intervals.score import score_intervals
from logitkit.inference.intervals.simultaneous import IntervalAdjustment, critical_value
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray

__all__ = ["AskedFunctions", "IntervalMethod", "Limits", "asked_functions", "limits_of", "warn_of_ends"]

IntervalMethod = Literal["wald", "profile", "score"]
WORDS = {"wald": "Wald", "profile": "profile likelihood", "score": "score"}
ADJUSTED = {"bonferroni": "Bonferroni", "single-step": "single-step"}


@dataclass(frozen=True, eq=False)
class AskedFunctions:
    """Linear functions of the coefficients, with their names.

    Parameters
    ----------
    names : tuple of str
        In words; those of the coefficients where nothing else was asked for.
    functions : (m, p) array
        Of the flat coefficients.
    constant : (m,) array
        Added to them.
    own : bool
        Whether they are the coefficients themselves, in order.

    Examples
    --------
    >>> AskedFunctions(("x",), np.ones((1, 1)), np.zeros(1), True).names
    ('x',)
    """

    names: tuple[str, ...]
    functions: FloatArray
    constant: FloatArray
    own: bool


@dataclass(frozen=True, eq=False)
class Limits:
    """Limits of intervals.

    Parameters
    ----------
    low, high : (m,) array
        Infinite or missing where they are.
    label : str
        How they were made, in words; empty for Wald's, one at a time.
    critical : () or (m,) array
        The quantile that was used.

    Examples
    --------
    >>> Limits(np.zeros(1), np.ones(1), "score", np.array(1.96)).label
    'score'
    """

    low: FloatArray
    high: FloatArray
    label: str
    critical: FloatArray


def asked_functions(record: FitRecord, of: str | Sequence[str] | None = None) -> AskedFunctions:
    """Return the functions that are asked for.

    Parameters
    ----------
    record : FitRecord
        The fit.
    of : str or sequence of str, optional
        Linear combinations, as ``fit.test`` reads the left side of a hypothesis: ``"age - 2 * lwt"``. The name of a
        term stands for all its coefficients. All coefficients by default.

    Returns
    -------
    AskedFunctions
        One per combination.

    Raises
    ------
    FormulaError
        For what cannot be read, an unknown name, and an equation.
    UnsupportedError
        For a combination of aliased coefficients, or one that the model fixes.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> asked = asked_functions(fit.record, "Intercept + 2 * x")
    >>> asked.names, asked.functions.tolist()
    (('Intercept + 2 * x',), [[1.0, 2.0]])
    """
    p = record.coef.size
    if of is None:
        return AskedFunctions(record.names, np.eye(p), np.zeros(p), own=True)
    texts = [of] if isinstance(of, str) else list(of) if isinstance(of, Iterable) else []
    if not texts or not all(isinstance(text, str) for text in texts):
        raise FormulaError(f"of={of!r:.80} must be a linear combination such as 'age - 2 * lwt', or a list of them.")
    rows, constants, names = [], [], []
    for text in texts:
        if "=" in text:
            raise FormulaError(f"{text!r} is an equation: of= takes a linear combination, such as 'age - 2 * lwt'.")
        left, right, words = parse_hypothesis(text, record.names, record.naming, record.term_places())
        rows.append(left)
        constants.append(-right)
        names += [word.removesuffix(" = 0") for word in words] if len(words) > 1 else [text.strip()]
    functions = np.vstack(rows)
    known = estimated(record, functions)
    if not known.all():
        raise UnsupportedError(
            f"{names[int(np.argmin(known))]!r} has no interval: a coefficient in it is aliased (earlier columns "
            "determine it), or the model fixes it."
        )
    return AskedFunctions(tuple(names), functions, np.concatenate(constants), own=False)


def limits_of(
    record: FitRecord,
    design: Design | None,
    asked: AskedFunctions,
    method: IntervalMethod,
    level: float | None = None,
    adjust: IntervalAdjustment | None = None,
) -> Limits:
    """Return intervals of functions.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its rows, which Wald intervals do without.
    asked : AskedFunctions
        m functions.
    method : {'wald', 'profile', 'score'}
        How.
    level : float, optional
        Confidence level, of all together where they are adjusted; the fit's by default.
    adjust : {'bonferroni', 'single-step'}, optional
        For their number, which is that of the functions with an interval.

    Returns
    -------
    Limits
        Ends that are not certified are told by a warning.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> one, both = (
    ...     limits_of(fit.record, None, asked_functions(fit.record), "wald", adjust=how) for how in (None, "bonferroni")
    ... )
    >>> bool((both.low < one.low).all())
    True
    """
    require_choice("method", method, get_args(IntervalMethod))
    require(record, {"wald": "confint", "profile": "profile", "score": "score"}[method])
    level = record.level if level is None else level
    functions = asked.functions
    known, sides = estimated(record, functions), function_sides(record, functions)
    finite = known & (sides == 0.0)
    jacobian = record.coordinates.jacobian(functions)
    counted = finite if method == "wald" else known & ~np.isnan(sides)
    critical = _critical(record, jacobian, (finite, counted), level, adjust)
    label = "" if method == "wald" else WORDS[method]
    if method == "profile" and record.adjustment is not None:
        label = f"penalised {label}"
    if adjust is not None:
        label = f"{label + ', ' if label else ''}simultaneous ({ADJUSTED[adjust]})"
    if method == "wald":
        found = function_estimates(record, functions, level)
        half = np.where(finite, critical * found.std_error, np.nan)
        low, high = found.estimate - half, found.estimate + half
        return Limits(low + asked.constant, high + asked.constant, label, critical)
    make = profile_intervals if method == "profile" else score_intervals
    made = make(record, design, functions, level, float(critical))
    warn_of_ends(made, asked.names, known)
    return Limits(made.low + asked.constant, made.high + asked.constant, label, critical)


def warn_of_ends(made: FunctionIntervals, names: Sequence[str], known: BoolArray | None = None) -> None:
    """Warn of ends that are not certain, and of sets that are no intervals.

    Parameters
    ----------
    made : FunctionIntervals
        m intervals.
    names : sequence of str
        Of what.
    known : (m,) bool array, optional
        Which there are; all by default.

    Examples
    --------
    Certain ends say nothing:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> warn_of_ends(profile_intervals(fit.record, fit.design, np.eye(2)), ["Intercept", "x"])
    """
    doubtful = [names[int(k)] for k in made.uncertified if known is None or known[k]]
    if doubtful:
        warn_caller(
            f"An end is not certain for {', '.join(doubtful)}: the statistic there is not at its quantile, as where "
            "the model has a boundary or the likelihood several maxima. An end that is far off is missing.",
            DataWarning,
        )
    if made.several.any():
        several = [names[int(k)] for k in np.flatnonzero(made.several)]
        warn_caller(
            f"The values that the test does not reject are more than one interval for {', '.join(several)}: the one "
            "that holds the estimate is given.",
            DataWarning,
        )


def _critical(
    record: FitRecord,
    jacobian: FloatArray,
    which: tuple[BoolArray, BoolArray],
    level: float,
    adjust: IntervalAdjustment | None,
) -> FloatArray:
    """Return the quantile for functions, of which ``which`` says whether they are finite and whether they count."""
    finite, counted = which
    law = record.law.of(jacobian)
    if adjust is None:
        return law.quantile(level)
    if adjust == "single-step":
        if not np.array_equal(finite, counted):
            raise UnsupportedError(
                "A single-step adjustment rests on the correlations of the estimates, and some are infinite. Use "
                "adjust='bonferroni', or name finite ones by of=."
            )
        return critical_value(covariance_root(record, jacobian[finite]), record.law, level, adjust)
    return critical_value(np.ones((int(counted.sum()), 1)), law, level, adjust)
