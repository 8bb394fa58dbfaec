r"""The calibration belt: a polynomial of what was predicted, with the region in which it may lie.

The outcomes are fitted by the link of the fit on a polynomial of the linear predictor, standardised. Its degree is
chosen forward: from 1, or on the rows of the fit from 2, one more while the likelihood-ratio statistic of the next
degree exceeds the 95% point of chi-square, up to 4. The statistic

.. math:: T = 2 \{\ell(\hat\alpha) - \ell(\text{as predicted})\}

tests that the polynomial is the identity; ``belt_law.py`` has its distribution, which knows of the choice. The belt of
level c inverts that test: it spans, at each linear predictor, the values of the polynomials of that degree whose
likelihood-ratio statistic against the estimate is at most the point that T exceeds with probability 1 - c
(``belt_region.py``). So the belt has the whole curve inside at once.

On the rows of a fit T takes the variance of the powers beside intercept and slope alone, and is a little conservative
where the model has many columns.

References
----------
Nattino, G., Finazzi, S. and Bertolini, G. (2014) Statistics in Medicine 33, 2390-2407 (new rows).
Nattino, G., Finazzi, S. and Bertolini, G. (2016) Statistics in Medicine 35, 709-720 (rows of the fit).
Nattino, G., Lemeshow, S., Phillips, G., Finazzi, S. and Bertolini, G. (2017) Assessing the calibration of dichotomous
outcome models with the calibration belt. The Stata Journal 17, 1003-1014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.log_odds_rows import LogOddsRows
from logitkit.diagnostics.fit.belt_law import belt_critical, belt_tail
from logitkit.diagnostics.fit.belt_region import belt_ends, counts_of
from logitkit.diagnostics.fit.conditions import require_event_model, require_testable
from logitkit.diagnostics.fit.polynomials import Predicted, polynomial_fit, powers, predicted_sums
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.options import is_finite_number, listed
from logitkit.typing import BoolArray, FloatArray

__all__ = ["BeltEnds", "BeltTest", "CalibrationBelt", "belt_test", "calibration_belt"]

DEGREE_MOST = 4
LEAST = float(chdtri(1, 0.05))  # gain of one more degree: the 5% point of its likelihood-ratio statistic
POINTS = 101


@dataclass(frozen=True)
class BeltEnds:
    """The limits of a calibration belt at one confidence level.

    Parameters
    ----------
    level : float
        Confidence level.
    low, high : (r,) array
        Lower and upper limit at each predicted probability.
    above, below : tuple of (float, float)
        Ranges of predicted probabilities in which the whole belt lies above the diagonal, so that events are more
        frequent than predicted, or below it.

    Examples
    --------
    >>> BeltEnds(0.95, np.zeros(2), np.ones(2), (), ()).above
    ()
    """

    level: float
    low: FloatArray
    high: FloatArray
    above: tuple[tuple[float, float], ...]
    below: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class CalibrationBelt:
    """A calibration belt and its test.

    Parameters
    ----------
    predicted, curve : (r,) array
        Grid of predicted probabilities, and the event rate from the polynomial at each.
    belts : tuple of BeltEnds
        Belt for each confidence level, in ascending order.
    degree : int
        Degree of the polynomial.
    statistic, p_value : float
        Test statistic T, and its p-value.
    critical : float
        Critical value of T at the 5% level for this degree.
    in_sample : bool
        Whether the rows are those of the fit.
    n_trials : float
        Number of trials.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> calibration_belt(fit.record, fit.design).degree
    2
    """

    predicted: FloatArray
    curve: FloatArray
    belts: tuple[BeltEnds, ...]
    degree: int
    statistic: float
    p_value: float
    critical: float
    in_sample: bool
    n_trials: float
    left_out: LeftOut = EVERY_ROW


def calibration_belt(record: FitRecord, design: Design, levels: Sequence[float] = (0.8, 0.95)) -> CalibrationBelt:
    """Return the calibration belt.

    Parameters
    ----------
    record : FitRecord
        A fit of two outcomes with one linear predictor.
    design : Design
        Rows with their outcome: those of the fit, or new ones.
    levels : sequence of float, default (0.8, 0.95)
        Confidence levels.

    Returns
    -------
    CalibrationBelt
        The belt and its test. With grouped data and frequency weights, every trial counts.

    Raises
    ------
    UnsupportedError
        If the rows are those of a fit without an intercept or with an offset, for which intercept and slope are not 0
        and 1; if weights are not counts; or if predictions take too few distinct values.
    DataError
        If a level is not between 0 and 1.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> belt = calibration_belt(fit.record, fit.design)
    >>> bool((belt.belts[1].low <= belt.curve).all()), 0.0 < belt.p_value < 1.0
    (True, True)
    """
    asked = [levels] if isinstance(levels, float) else listed(levels)
    if not asked or not all(is_finite_number(level) and 0.0 < level < 1.0 for level in asked):
        raise DataError(f"levels={levels!r:.60} must be confidence levels between 0 and 1, such as (0.8, 0.95).")
    own, given, test = _chosen(record, design, None)
    sums, coef, degree = given.sums, test.coef, test.degree
    ends = record.family.probabilities(np.array([[sums.lowest, sums.highest]]))[1]
    predicted = np.linspace(ends[0], ends[1], POINTS)
    link = record.family.tail_link
    eta = np.clip(link.link(predicted), sums.lowest, sums.highest)
    wanted = np.sort(np.asarray(asked, dtype=np.float64))
    rises = np.array([test.critical(1.0 - level) for level in wanted])
    rates = link.inverse(belt_ends(counts_of(given), link, coef, sums.mean, sums.spread, eta, rises))
    belts = tuple(
        BeltEnds(float(level), low, high, _ranges(predicted, low > predicted), _ranges(predicted, high < predicted))
        for level, (low, high) in zip(wanted, rates, strict=True)
    )
    return CalibrationBelt(
        predicted=predicted,
        curve=link.inverse(powers((eta - sums.mean) / sums.spread, degree) @ coef),
        belts=belts,
        degree=degree,
        statistic=test.statistic,
        p_value=test.p_value,
        critical=test.critical(0.05),
        in_sample=own,
        n_trials=float(sums.facts.totals.sum()),
        left_out=sums.facts.left_out(design),
    )


@dataclass(frozen=True)
class BeltTest:
    """The test of a calibration belt.

    Parameters
    ----------
    coef : (degree + 1,) array
        Coefficients of the polynomial in the standardised linear predictor.
    degree, start : int
        Selected degree, and degree at which selection started.
    statistic : float
        Test statistic T.

    Examples
    --------
    >>> round(BeltTest(np.zeros(3), 2, 2, 3.8414588).p_value, 6)
    0.05
    """

    coef: FloatArray
    degree: int
    start: int
    statistic: float

    @property
    def p_value(self) -> float:
        """P-value of the statistic."""
        return belt_tail(self.statistic, self.degree - self.start, 3 - self.start, LEAST)

    def critical(self, probability: float) -> float:
        """Return the critical value that the statistic exceeds with a given probability under a calibrated model.

        Parameters
        ----------
        probability : float
            Probability, between 0 and 1.

        Returns
        -------
        float
            Critical value for this degree.
        """
        return belt_critical(probability, self.degree - self.start, 3 - self.start, LEAST)


def belt_test(record: FitRecord, design: Design, given: Predicted | None = None) -> BeltTest:
    """Return the test of the calibration belt without the belt itself.

    Parameters
    ----------
    record : FitRecord
        A fit of two outcomes with one linear predictor.
    design : Design
        Rows with their outcome: those of the fit, or new ones.
    given : Predicted, optional
        The rows with their predictions, if already computed.

    Returns
    -------
    BeltTest
        Test for the selected degree.

    Raises
    ------
    UnsupportedError
        As for ``calibration_belt``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> belt_test(fit.record, fit.design).p_value == calibration_belt(fit.record, fit.design).p_value
    True
    """
    return _chosen(record, design, given)[2]


def _chosen(record: FitRecord, design: Design, given: Predicted | None) -> tuple[bool, Predicted, BeltTest]:
    """Return whether rows are those of the fit, what was predicted for them, and the polynomial that is chosen."""
    own = is_sample(record, design)
    require_testable(record, design, own)
    require_event_model(record, "The calibration belt")
    if own:
        _require_identity(record, design)
    given = predicted_sums(record, design, own) if given is None else given
    given.require_answer("The calibration belt")
    rows, sums = given.rows, given.sums
    start = 2 if own else 1
    found = _fit(rows, start, sums.mean, sums.spread)
    if found is None:
        raise UnsupportedError(
            f"The calibration belt has no answer here: predictions take too few values for a polynomial of degree "
            f"{start}, or it separates the outcomes."
        )
    degree = start
    while degree < DEGREE_MOST:
        larger = _fit(rows, degree + 1, sums.mean, sums.spread)
        if larger is None or found.deviance - larger.deviance <= LEAST:
            break
        found, degree = larger, degree + 1
    return own, given, BeltTest(found.coef, degree, start, max(sums.deviance - found.deviance, 0.0))


def _require_identity(record: FitRecord, design: Design) -> None:
    """Refuse the rows of a fit whose predictions do not have intercept 0 and slope 1 by construction."""
    if design.sample.response.offset is not None:
        what = "with an offset"
    elif not record.info.spans_intercept:
        what = "without an intercept"
    else:
        return
    raise UnsupportedError(
        f"The calibration belt on the rows of a fit {what} has no known distribution: intercept and slope of its "
        "predictions are not 0 and 1 there. Give rows that took no part in the fit."
    )


def _fit(rows: LogOddsRows, degree: int, mean: float, size: float) -> FitRecord | None:
    """Return the polynomial of a degree; None where it has no finite estimate."""
    found = polynomial_fit(rows, degree, mean, size)
    return None if found.is_separated or not found.converged or found.aliased.size else found


def _ranges(predicted: FloatArray, inside: BoolArray) -> tuple[tuple[float, float], ...]:
    """Return the ranges of predictions in which something holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return tuple(
        (float(predicted[first]), float(predicted[last - 1]))
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    )
