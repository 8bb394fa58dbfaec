r"""Rating grades: optimal monotone intervals of points, their probabilities of default, and margins of conservatism.

Grades are the bins of points that are best by a criterion under a monotone default rate, by the exact dynamic programme
of the binning. Their default rates are brought to a central tendency by one shift of all log-odds or by one factor.
The margin of category C is the distance to an upper limit of the default rate, relative to it; those of categories A
and B are stated (``docs/maths/scorecard_validation.md``, equations 12 and 13).

References
----------
European Banking Authority (2017) Guidelines on PD estimation, LGD estimation and the treatment of defaulted exposures.
EBA/GL/2017/16.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.special import betaincinv, expit, logit, ndtr, ndtri

from logitkit.diagnostics.rows.proportions import effective_observations
from logitkit.engine.law import require_level
from logitkit.errors import DataError
from logitkit.options import is_finite_number, listed, require_choice
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.optimal import Partition
from logitkit.scorecard.rules import NumberRule
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.validation.bands import band_labels, band_places
from logitkit.scorecard.validation.one_factor import jeffreys_p_value
from logitkit.scorecard.validation.outcomes import ScoredRows, group_totals
from logitkit.scorecard.weighting import UNWEIGHTED, Weighting
from logitkit.typing import FloatArray, IntArray

__all__ = ["CalibrationMethod", "Grades", "Margin", "best_grades", "central_pd", "upper_rate", "with_margin"]

CalibrationMethod = Literal["odds", "scale"]
STEPS = 200  # of searches, which end sooner
EXACT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Margin:
    """Margins of conservatism on the probabilities of default of g grades.

    Parameters
    ----------
    data, changes : (g,) arrays
        Stated margins of categories A (deficiencies of data and methods) and B (changes of standards and markets).
    estimation : (g,) array
        Margins of category C, the general estimation error.
    upper : (g,) array
        Upper limits of the default rates, from which category C is computed.
    level, correlation : float
        One-sided confidence level of the limits, and the asset correlation that they assume.
    """

    data: FloatArray
    changes: FloatArray
    estimation: FloatArray
    upper: FloatArray
    level: float
    correlation: float

    @property
    def total(self) -> FloatArray:
        """Sum of the three categories, shape (g,)."""
        return self.data + self.changes + self.estimation


@dataclass(frozen=True, eq=False)
class Grades:
    """Rating grades, the riskiest first.

    Parameters
    ----------
    cuts : (g - 1,) array
        Points at which grades begin, ascending.
    labels : tuple of str
        Range of points of each grade.
    n, bad : (g,) arrays
        Numbers of rows and bads from which the grades were made.
    best : (g,) array
        Best estimates of the probabilities of default: default rates, scaled to the central tendency if one is stated.
    partition : Partition
        The optimal partition.
    safer : int
        1 if more points are safer, -1 if fewer are.
    central_tendency : float or None
        The requested mean probability of default.
    method : {"odds", "scale"} or None
        How the central tendency was reached.
    margin : Margin or None
        Margins of conservatism, if requested.
    effective : (g,) array or None
        Effective number of independent rows behind the default rates; ``n`` without sampling weights.
    weighting : Weighting
        Meaning of the weights of the rows.
    """

    cuts: FloatArray
    labels: tuple[str, ...]
    n: FloatArray
    bad: FloatArray
    best: FloatArray
    partition: Partition
    safer: int = 1
    central_tendency: float | None = None
    method: CalibrationMethod | None = None
    margin: Margin | None = None
    effective: FloatArray | None = None
    weighting: Weighting = UNWEIGHTED

    @property
    def rate(self) -> FloatArray:
        """Default rates, shape (g,)."""
        return np.asarray(self.bad / self.n)

    @property
    def pd(self) -> FloatArray:
        """Probabilities of default with their margins, at most 1, shape (g,)."""
        return self.best if self.margin is None else np.minimum(self.best + self.margin.total, 1.0)

    @property
    def monotone(self) -> bool:
        """Whether the probabilities of default, with margins, decrease from grade to grade."""
        return bool((np.diff(self.pd) <= 0).all())

    def places(self, points: FloatArray) -> IntArray:
        """Return the grade of each number of points, from 0, the riskiest."""
        return band_places(points, self.cuts, self.safer)


def best_grades(points: Any, rows: ScoredRows, bins: Bins) -> Grades:
    """Return the grades that are best by the criterion of the bins; ``points`` are those of the rows as a column."""
    if bins.shape not in ("auto", "down" if rows.safer > 0 else "up"):
        raise DataError(f"shape={bins.shape!r}: default rates of grades fall as points become safer; leave shape= out.")
    stated = replace(bins, shape="down" if rows.safer > 0 else "up")
    # Sampling weights count as many rows as they are worth: limits and p-values of bins are of counts.
    own = rows.w * (rows.weighting.effective / rows.n) if rows.sampling else rows.w
    weights = None if rows.weights is None else own
    binning = binning_of(points, rows.bad, stated, name="points", weights=weights)
    rule: Any = binning.rule
    if not isinstance(rule, NumberRule) or rule.special:
        raise DataError("bins of grades: points have no special values and no levels. Leave special= and order= out.")
    cuts = np.array(rule.cuts, dtype=np.float64)
    place = band_places(rows.points, cuts, rows.safer)
    w, spread, k = rows.w, rows.spread, cuts.size + 1
    bad, n = group_totals(place, w * rows.bad, k), group_totals(place, w, k)
    squares = [group_totals(place, spread * which, k) for which in (rows.bad, ~rows.bad)]
    return Grades(
        cuts,
        band_labels(cuts, rows.safer),
        n,
        bad,
        bad / n,
        binning.partition,
        rows.safer,
        effective=effective_observations(bad / n, n, *squares) if rows.sampling else None,
        weighting=rows.weighting,
    )


def central_pd(rate: FloatArray, shares: FloatArray, tendency: float, method: CalibrationMethod) -> FloatArray:
    """Return probabilities of default whose mean by shares is the central tendency."""
    require_choice("method", method, ("odds", "scale"))
    if not is_finite_number(tendency) or not 0 < tendency < 1:
        raise DataError(f"central_tendency={tendency!r:.60}: give the mean probability of default, between 0 and 1.")
    shares = shares / shares.sum()
    if method == "scale":
        scaled = rate * (tendency / (shares @ rate))
        if (scaled >= 1).any():
            raise DataError(
                f"central_tendency={tendency:g}: one factor brings a grade to 1 or more. Use method='odds'."
            )
        return np.asarray(scaled)
    if ((rate <= 0) | (rate >= 1))[shares > 0].any():
        raise DataError("A grade has no bads or no goods, so that its log-odds are infinite. Join it with a neighbour.")
    odds = logit(rate)
    low, high = logit(tendency) - odds.max(), logit(tendency) - odds.min()
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (middle, high) if shares @ expit(odds + middle) < tendency else (low, middle)
    return np.asarray(expit(odds + high))


def upper_rate(n: float, bad: float, level: float, correlation: float = 0.0) -> float:
    """Return the quantile of the posterior of a default rate under Jeffreys' prior, with one factor."""
    limit = float(betaincinv(bad + 0.5, n - bad + 0.5, level)) if bad < n else 1.0
    if correlation == 0.0 or limit == 1.0:
        return limit
    # Regula falsi on probits, with the Illinois rule: an end that stays twice counts half.
    low, high = float(ndtri(limit)), float(ndtri(limit)) + 1.0
    while (below := _excess(n, bad, low, level, correlation)) > 0.0:
        low -= 0.5
    while (above := _excess(n, bad, high, level, correlation)) < 0.0:
        high += 1.0
    side = 0
    for _ in range(STEPS):
        middle = (low * above - high * below) / (above - below)
        found = _excess(n, bad, middle, level, correlation)
        if abs(found) < EXACT or high - low < EXACT:
            break
        if found < 0.0:
            low, below, above = middle, found, 0.5 * above if side < 0 else above
        else:
            high, above, below = middle, found, 0.5 * below if side > 0 else below
        side = -1 if found < 0.0 else 1
    return float(ndtr(middle))


def _excess(n: float, bad: float, c: float, level: float, correlation: float) -> float:
    """Return by how much the posterior probability of at most the rate of a probit exceeds a level."""
    return jeffreys_p_value(n, bad, float(ndtr(c)), correlation) - level


def with_margin(
    grades: Grades, level: float, correlation: float, data: float | Sequence[float], changes: float | Sequence[float]
) -> Grades:
    """Return the grades with margins of conservatism; those stated are in units of probability, for all or each."""
    require_level(level)
    if not is_finite_number(correlation) or not 0.0 <= correlation < 1.0:
        raise DataError(f"correlation={correlation!r:.60}: give the asset correlation, at least 0 and below 1.")
    size, events = grades.n, grades.bad
    if grades.effective is not None:
        size, events = grades.effective, grades.effective * grades.rate
    upper = np.array([upper_rate(n, d, level, correlation) for n, d in zip(size, events, strict=True)])
    with np.errstate(invalid="ignore", divide="ignore"):
        # Relative to the rate, so that it applies at the level of the central tendency.
        estimation = np.where(grades.rate > 0, grades.best * (upper / grades.rate - 1.0), upper)
    margin = Margin(
        _each(data, "a", grades.n.size),
        _each(changes, "b", grades.n.size),
        np.maximum(estimation, 0.0),
        upper,
        level,
        correlation,
    )
    return replace(grades, margin=margin)


def _each(stated: Any, name: str, g: int) -> FloatArray:
    """Return a stated margin for each grade."""
    values = [stated] * g if is_finite_number(stated) else listed(stated) or []
    if len(values) != g or not all(is_finite_number(value) and 0 <= value <= 1 for value in values):
        raise DataError(f"{name}={stated!r:.60}: give a margin from 0 to 1, or one for each of the {g} grades.")
    return np.array(values, dtype=np.float64)
