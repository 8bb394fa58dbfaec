"""Intervals by a named method, for coefficients or for linear combinations given as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.constraints import parse_hypothesis
from logitkit.design.formula.nonlinear import NonlinearFunctions, nonlinear_functions
from logitkit.engine.record import FitRecord
from logitkit.errors import DataWarning, FormulaError, SeparationError, UnsupportedError, warn_caller
from logitkit.inference.functions import function_estimates, function_sides
from logitkit.inference.hypotheses.wald import covariance_root
from logitkit.inference.intervals.profile import FunctionIntervals, estimated, profile_intervals
from logitkit.inference.intervals.score import score_intervals
from logitkit.inference.intervals.simultaneous import IntervalAdjustment, critical_value
from logitkit.inference.resampling.refits import ReplicateFunctions
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = [
    "AskedFunctions",
    "IntervalMethod",
    "Limits",
    "asked_functions",
    "limits_of",
    "replicate_functions",
    "warn_of_ends",
]

IntervalMethod = Literal["wald", "profile", "score"]
WORDS = {"wald": "Wald", "profile": "profile likelihood", "score": "score"}
ADJUSTED = {"bonferroni": "Bonferroni", "single-step": "single-step"}


@dataclass(frozen=True, eq=False)
class AskedFunctions:
    """Linear functions of the coefficients, with their names.

    Parameters
    ----------
    names : tuple of str
        The functions in words; by default the names of the coefficients.
    functions : (m, p) array
        Linear functions of the flat coefficients.
    constant : (m,) array
        Constants that are added to the functions.
    own : bool
        Whether the functions are the coefficients themselves, in order.
    curved : mapping of int to NonlinearFunctions
        Nonlinear functions, by their position; ``functions`` and ``constant`` are then their tangents at the estimates.

    Examples
    --------
    >>> AskedFunctions(("x",), np.ones((1, 1)), np.zeros(1), True).names
    ('x',)
    """

    names: tuple[str, ...]
    functions: FloatArray
    constant: FloatArray
    own: bool
    curved: Mapping[int, NonlinearFunctions] = field(default_factory=dict)

    def part(self, places: IntArray) -> AskedFunctions:
        """Return some of the functions, as linear functions.

        Parameters
        ----------
        places : (k,) int array
            Positions to select, from 0.

        Returns
        -------
        AskedFunctions
            The k selected functions.
        """
        names = tuple(self.names[int(k)] for k in places)
        return AskedFunctions(names, self.functions[places], self.constant[places], own=False)


@dataclass(frozen=True, eq=False)
class Limits:
    """Limits of intervals.

    Parameters
    ----------
    low, high : (m,) array
        Limits, which may be infinite or missing.
    label : str
        How the limits were computed, in words; empty for Wald intervals without adjustment.
    critical : () or (m,) array
        The critical value that was used.

    Examples
    --------
    >>> Limits(np.zeros(1), np.ones(1), "score", np.array(1.96)).label
    'score'
    """

    low: FloatArray
    high: FloatArray
    label: str
    critical: FloatArray


def asked_functions(
    record: FitRecord, of: str | Sequence[str] | None = None, *, curved: bool = False
) -> AskedFunctions:
    """Return the requested functions.

    Parameters
    ----------
    record : FitRecord
        The fit.
    of : str or sequence of str, optional
        Linear combinations, written like the left side of a hypothesis in ``fit.test``: ``"age - 2 * lwt"``. The name
        of a term stands for all its coefficients. The default is all coefficients.
    curved : bool, default False
        Whether nonlinear functions, such as ``"age / lwt"``, are accepted too.

    Returns
    -------
    AskedFunctions
        One per combination.

    Raises
    ------
    FormulaError
        For text that cannot be read, an unknown name, and an equation.
    UnsupportedError
        For a combination that involves an aliased coefficient, or that the model fixes.
    SeparationError
        For a nonlinear function of infinite coefficients.

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
    rows: list[FloatArray] = []
    constants: list[FloatArray] = []
    names: list[str] = []
    bent: dict[int, NonlinearFunctions] = {}
    for text in texts:
        if "=" in text:
            raise FormulaError(f"{text!r} is an equation: of= takes a linear combination, such as 'age - 2 * lwt'.")
        found = nonlinear_functions(text, record.names, record.naming, record.term_places()) if curved else None
        if found is not None:
            value, slopes = _at_estimates(record, found)
            for k, equation in enumerate(found.texts):
                bent[len(names)] = NonlinearFunctions((found.trees[k],), found.places, (equation,))
                names.append(equation.removesuffix(" = 0"))
            rows.append(slopes)
            constants.append(value - slopes @ record.coordinates.coef(record.inner_coef))
            continue
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
    return AskedFunctions(tuple(names), functions, np.concatenate(constants), own=False, curved=bent)


def replicate_functions(record: FitRecord, asked: AskedFunctions, places: IntArray) -> ReplicateFunctions:
    """Return nonlinear functions in the form that the bootstrap uses.

    Parameters
    ----------
    record : FitRecord
        The fit.
    asked : AskedFunctions
        The requested functions.
    places : (k,) int array
        Positions of the nonlinear functions.

    Returns
    -------
    ReplicateFunctions
        Values are missing if a replicate is outside the domain of a function, or has infinite coefficients.

    Examples
    --------
    >>> import logitkit as lk
    >>> record = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}).record
    >>> found = replicate_functions(record, asked_functions(record, "exp(x)", curved=True), np.array([0]))
    >>> bool(np.isclose(found.estimate[0], np.exp(record.coef[1]))), found.used.tolist()
    (True, [1])
    """
    functions = [asked.curved[int(k)] for k in places]
    used = np.unique(np.concatenate([each.used for each in functions]))

    def at(coef: FloatArray, separated: FitRecord | None = None) -> FloatArray:
        del separated
        out = np.full(len(functions), np.nan)
        for k, each in enumerate(functions):
            if np.isfinite(coef[each.used]).all():
                with suppress(FormulaError):
                    out[k] = each.at(np.nan_to_num(coef))[0][0]
        return out

    return ReplicateFunctions(tuple(asked.names[int(k)] for k in places), at(record.coef), at, used)


def _at_estimates(record: FitRecord, functions: NonlinearFunctions) -> tuple[FloatArray, FloatArray]:
    """Return functions and their derivatives at the estimates, which must be finite."""
    infinite = [record.names[int(j)] for j in functions.used if not np.isfinite(record.coef[j])]
    if infinite:
        raise SeparationError(
            f"{', '.join(infinite)} has no finite estimate, so that {functions.texts[0].removesuffix(' = 0')!r} has no "
            "interval. Linear combinations have one, which may be infinite on one side."
        )
    value, slopes = functions.at(np.nan_to_num(record.coef))
    flat = ~record.coordinates.jacobian(slopes).any(axis=1)
    if flat.any():
        text = functions.texts[int(np.argmax(flat))].removesuffix(" = 0")
        raise FormulaError(f"{text!r} has derivatives of zero at the estimates, so that it has no interval.")
    return value, slopes


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
        The rows of the fit, which Wald intervals do not need.
    asked : AskedFunctions
        m functions.
    method : {'wald', 'profile', 'score'}
        Method of the intervals.
    level : float, optional
        Confidence level, simultaneous if the intervals are adjusted; by default that of the fit.
    adjust : {'bonferroni', 'single-step'}, optional
        Adjustment for the number of functions that have an interval.

    Returns
    -------
    Limits
        A warning names limits that are not certified.

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
    if asked.curved:
        low, high = _some_curved(record, design, asked, method, level, float(np.max(critical)))
        return Limits(low, high, label, critical)
    make = profile_intervals if method == "profile" else score_intervals
    made = make(record, design, functions, level, float(critical))
    warn_of_ends(made, asked.names, known)
    return Limits(made.low + asked.constant, made.high + asked.constant, label, critical)


def _some_curved(
    record: FitRecord,
    design: Design | None,
    asked: AskedFunctions,
    method: IntervalMethod,
    level: float,
    critical: float,
) -> tuple[FloatArray, FloatArray]:
    """Return profile or score intervals of functions of which some are not linear."""
    from logitkit.inference.intervals.curved import curved_intervals, curved_model
    from logitkit.inference.intervals.stated import stated_function

    assert method != "wald"
    bent = np.array(sorted(asked.curved), dtype=np.int64)
    straight = np.setdiff1d(np.arange(len(asked.names)), bent)
    low, high = np.empty(len(asked.names)), np.empty(len(asked.names))
    if straight.size:
        part = asked.part(straight)
        make = profile_intervals if method == "profile" else score_intervals
        made = make(record, design, part.functions, level, critical)
        warn_of_ends(made, part.names)
        low[straight], high[straight] = made.low + part.constant, made.high + part.constant
    model = curved_model(record, design, method)
    functions = [stated_function(model, asked.curved[int(k)], critical) for k in bent]
    made = curved_intervals(model, functions, method, level, critical)
    warn_of_ends(made, [asked.names[int(k)] for k in bent])
    low[bent], high[bent] = made.low, made.high
    return low, high


def warn_of_ends(made: FunctionIntervals, names: Sequence[str], known: BoolArray | None = None) -> None:
    """Warn about limits that are not certified, and about sets that are not intervals.

    Parameters
    ----------
    made : FunctionIntervals
        m intervals.
    names : sequence of str
        Names of the functions.
    known : (m,) bool array, optional
        Which intervals exist; all by default.

    Examples
    --------
    Certified limits give no warning:

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
