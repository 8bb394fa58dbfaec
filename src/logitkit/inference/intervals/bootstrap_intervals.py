r"""Intervals from bootstrap replicates: percentiles, and percentiles corrected for bias and acceleration.

Order statistics are taken at (B + 1) times a probability and interpolated on the normal scale, as Davison and Hinkley
do (``docs/maths/resampling.md``, equations 6 to 12). An infinite replicate keeps its place in the order. For those who
want intervals and no decisions, ``standard_intervals`` has made them.

References
----------
Davison, A. C. and Hinkley, D. V. (1997) Bootstrap Methods and their Application, sections 2.2, 5.2 and 5.3.
Efron, B. (1987) Journal of the American Statistical Association 82, 171-185.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import ndtr, ndtri

from logitkit.design.design import Design
from logitkit.engine.law import NORMAL, require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.resampling.jackknife import Jackknife, jackknife
from logitkit.inference.resampling.resampling import Bootstrap, bootstrap
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = ["BootstrapIntervals", "IntervalKind", "bootstrap_intervals", "standard_intervals"]

IntervalKind = Literal["percentile", "bca"]

# Of the standard intervals: 2,000 times the tail of the usual levels is whole, and enough for their quantiles.
STANDARD_REPLICATES = 1999
STANDARD_SEED = 1


@dataclass(frozen=True)
class BootstrapIntervals:
    """Confidence intervals of p coefficients.

    Parameters
    ----------
    names : tuple of str
        Names of the coefficients.
    low, high : (p,) array
        Limits; infinite where so many replicates are, nan where the replicates cannot tell.
    kind : {'percentile', 'bca'}
        How they were made.
    level : float
        Confidence level.
    n_replicates : int
        Replicates that were drawn.
    unit : str
        What was drawn, in words.
    seed : int
        Seed that reproduces the replicates.
    n_undetermined : (p,) int array
        Replicates that say nothing of each coefficient and were left out of its percentiles.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.resampling.resampling import bootstrap
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = bootstrap_intervals(bootstrap(fit.record, fit.design, 199, seed=1), "percentile")
    >>> bool(np.all((found.low < fit.coef) & (fit.coef < found.high)))
    True
    """

    names: tuple[str, ...]
    low: FloatArray
    high: FloatArray
    kind: IntervalKind
    level: float
    n_replicates: int
    unit: str
    seed: int
    n_undetermined: IntArray

    @property
    def label(self) -> str:
        """How the intervals were made, in words; with what was left out, if anything was."""
        kind = "BCa" if self.kind == "bca" else "percentile"
        made = f"{kind} bootstrap, {self.n_replicates} draws of {self.unit}, seed {self.seed}"
        open_in = self.n_undetermined[self.n_undetermined < self.n_replicates].max(initial=0)  # not of aliased ones
        return made + (f", up to {open_in} draws undetermined" if open_in else "")


def bootstrap_intervals(
    result: Bootstrap,
    kind: IntervalKind = "percentile",
    *,
    level: float | None = None,
    jackknife: Jackknife | None = None,
) -> BootstrapIntervals:
    """Return intervals from the replicates of a bootstrap.

    Parameters
    ----------
    result : Bootstrap
        B replicates.
    kind : {'percentile', 'bca'}
        Percentiles, or percentiles corrected for bias and acceleration.
    level : float, optional
        Confidence level; that of the fit by default.
    jackknife : Jackknife, optional
        Of the same fit; what ``'bca'`` takes the acceleration from.

    Returns
    -------
    BootstrapIntervals
        Replicates that do not determine a coefficient are left out of its percentiles: ``result.n_undetermined``.

    Raises
    ------
    UnsupportedError
        If there are too few replicates for the level.
    DataError
        For a kind that is not known, or ``'bca'`` without the jackknife of the same fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.resampling.jackknife import jackknife
    >>> from logitkit.inference.resampling.resampling import bootstrap
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> drawn, without = bootstrap(fit.record, fit.design, 199, seed=1), jackknife(fit.record, fit.design)
    >>> found = bootstrap_intervals(drawn, "bca", jackknife=without)
    >>> bool(np.all((found.low < fit.coef) & (fit.coef < found.high)))
    True
    """
    level = result.level if level is None else level
    z = float(NORMAL.quantile(level))
    _require_replicates(result.n_replicates, level)
    require_choice("kind", kind, get_args(IntervalKind))
    acceleration = np.zeros(len(result.names))
    if kind == "bca":
        if jackknife is None:
            raise DataError("kind='bca' needs the jackknife of the fit: jackknife=fit.jackknife().")
        if jackknife.names != result.names or not np.array_equal(jackknife.estimate, result.estimate, equal_nan=True):
            raise DataError("jackknife= belongs to another fit; give fit.jackknife() of the fit that was resampled.")
        acceleration = jackknife.acceleration
    limits = np.full((2, len(result.names)), np.nan)
    for j, estimate in enumerate(result.estimate):
        ordered = np.sort(result.replicates[~np.isnan(result.replicates[:, j]), j])
        if ordered.size and np.isfinite(estimate):
            points = np.array([-z, z])
            if kind == "bca":
                points = _corrected(points, float(np.mean(ordered < estimate)), float(acceleration[j]))
            limits[:, j] = [
                _order_statistic(ordered, float(ndtr(point)), lower)
                for point, lower in zip(points, (True, False), strict=True)
            ]
    return BootstrapIntervals(
        result.names,
        limits[0],
        limits[1],
        kind,
        level,
        result.n_replicates,
        result.unit,
        result.seed,
        result.n_undetermined,
    )


def standard_intervals(record: FitRecord, design: Design, level: float | None = None) -> BootstrapIntervals:
    """Return BCa intervals by fixed defaults: 1,999 replicates from seed 1, and the jackknife for the acceleration.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    level : float, optional
        Confidence level; that of the fit by default.

    Returns
    -------
    BootstrapIntervals
        Of rows, or of clusters where the fit has them.

    Raises
    ------
    SeparationError, ConvergenceError
        If the fit has no finite estimate to begin with.
    UnsupportedError
        Where a factor is absorbed, or for a level that needs more replicates.

    Notes
    -----
    The jackknife takes a refit for each row or cluster: with many rows it costs more than the replicates, and makes
    little difference. ``Bootstrap.intervals`` gives percentiles without it.

    Examples
    --------
    They are those of the bootstrap and the jackknife, asked for one by one:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = standard_intervals(fit.record, fit.design)
    >>> by_hand = fit.bootstrap(1999, seed=1).intervals("bca", jackknife=fit.jackknife())
    >>> bool(np.array_equal(found.low, by_hand.low)), found.label
    (True, 'BCa bootstrap, 1999 draws of rows, seed 1')
    """
    level = record.level if level is None else level
    require_level(level)  # refuses what is no level, before the replicates are drawn
    _require_replicates(STANDARD_REPLICATES, level)
    drawn = bootstrap(record, design, STANDARD_REPLICATES, seed=STANDARD_SEED)
    return bootstrap_intervals(drawn, "bca", level=level, jackknife=jackknife(record, design))


def _require_replicates(n: int, level: float) -> None:
    """Refuse a level whose limits lie beyond the extreme replicates."""
    least = math.ceil(2.0 / (1.0 - level) - 1.0 - 1e-9)
    if n < least:
        raise UnsupportedError(
            f"{n} replicates are too few for an interval of level {level:g}: its limits lie beyond the most extreme "
            f"replicates. Draw at least {least}, preferably {20 * (least + 1) - 1}: fit.bootstrap(n)."
        )


def _corrected(points: FloatArray, below: float, acceleration: float) -> FloatArray:
    """Return normal quantiles corrected for bias and acceleration, nan where every replicate lies on one side."""
    if not 0.0 < below < 1.0:
        return np.full(points.shape, np.nan)
    centre = ndtri(below)
    return np.asarray(centre + (centre + points) / (1.0 - acceleration * (centre + points)))


def _order_statistic(ordered: FloatArray, probability: float, lower: bool) -> float:
    """Return the (B + 1) p-th order statistic, interpolated on the normal scale; nan beyond the extremes."""
    if math.isnan(probability):
        return math.nan
    place = (ordered.size + 1) * probability
    k = math.floor(place + 1e-9)  # a level such as 0.95 makes products that miss a whole number by rounding
    if not (k >= 1 and place <= ordered.size + 1e-9):
        return math.nan
    left = float(ordered[k - 1])
    if abs(place - k) <= 1e-9 or k == ordered.size:
        return left
    right = float(ordered[k])
    if not (math.isfinite(left) and math.isfinite(right)):
        return left if lower else right  # the wider of the two
    ends = ndtri(np.array([k, k + 1]) / (ordered.size + 1))
    return left + float((ndtri(probability) - ends[0]) / (ends[1] - ends[0])) * (right - left)
