r"""Bootstrap intervals: percentile, basic, normal, and bias-corrected and accelerated (BCa).

Order statistics are taken at (B + 1) times a probability and interpolated on the normal scale, as in Davison and
Hinkley (``docs/maths/resampling.md``, equations 6 to 16). An infinite replicate keeps its place in the order.
``standard_intervals`` gives intervals with fixed defaults.

References
----------
Davison, A. C. and Hinkley, D. V. (1997) Bootstrap Methods and their Application, sections 2.2 and 5.2 to 5.4.
Efron, B. (1987) Journal of the American Statistical Association 82, 171-185.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from scipy.special import ndtr, ndtri

from logitkit.design.design import Design
from logitkit.engine.law import NORMAL, require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.resampling.jackknife import Jackknife, jackknife
from logitkit.inference.resampling.refits import ReplicateFunctions
from logitkit.inference.resampling.resampling import Bootstrap, bootstrap
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "BootstrapIntervals",
    "IntervalKind",
    "bootstrap_intervals",
    "replicate_limits",
    "require_replicates",
    "standard_intervals",
]

IntervalKind = Literal["percentile", "basic", "bca", "normal"]
#: What they are called.
WORDS = {"percentile": "percentile", "basic": "basic", "bca": "BCa", "normal": "normal"}

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
        Limits; infinite if enough replicates are infinite, nan if the replicates do not determine them.
    kind : {'percentile', 'basic', 'bca', 'normal'}
        Kind of interval.
    level : float
        Confidence level.
    n_replicates : int
        Number of replicates that were drawn.
    unit : str
        The unit that was drawn, in words.
    seed : int
        Seed that reproduces the replicates.
    n_undetermined : (p,) int array
        Number of replicates that do not determine each coefficient; they are left out of its percentiles.
    n_infinite : (p,) int array
        Number of replicates in which each coefficient is infinite; they keep their place in percentiles.
    bayesian : bool
        Whether weights were drawn, so that the intervals are posterior intervals.

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
    n_infinite: IntArray
    bayesian: bool = False

    @property
    def label(self) -> str:
        """How the intervals were computed, in words, and what was left out, if anything."""
        how = f"{WORDS[self.kind]} {'Bayesian ' if self.bayesian else ''}bootstrap"
        made = f"{how}, {self.n_replicates} draws of {self.unit}, seed {self.seed}"
        infinite = int(self.n_infinite.max(initial=0))
        open_in = self.n_undetermined[self.n_undetermined < self.n_replicates].max(initial=0)  # not of aliased ones
        lost = ((infinite, "infinite"), (open_in, "undetermined"))
        return made + "".join(f", up to {count} draws {what}" for count, what in lost if count)


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
    kind : {'percentile', 'basic', 'bca', 'normal'}
        Percentiles; percentiles reflected about the estimate; percentiles corrected for bias and acceleration; or the
        bias-corrected estimate plus and minus a normal quantile times the standard error.
    level : float, optional
        Confidence level; by default that of the fit.
    jackknife : Jackknife, optional
        Jackknife of the same fit, from which ``'bca'`` gets the acceleration.

    Returns
    -------
    BootstrapIntervals
        Replicates that do not determine a coefficient are left out of its percentiles: ``result.n_undetermined``.

    Raises
    ------
    UnsupportedError
        If there are too few replicates for the level, and for the reflection or correction of posterior draws.
    DataError
        For an unknown kind, or ``'bca'`` without the jackknife of the same fit.

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
    require_choice("kind", kind, get_args(IntervalKind))
    bayesian = result.kind == "bayesian"
    if bayesian and kind in ("basic", "bca"):
        raise UnsupportedError(
            f"kind={kind!r} is not offered for the Bayesian bootstrap: its replicates are draws of a posterior, whose "
            "quantiles are the limits. Use kind='percentile' or 'normal'."
        )
    if kind != "normal":
        require_replicates(result.n_replicates, level)
    acceleration = np.zeros(len(result.names))
    if kind == "bca":
        if jackknife is None:
            raise DataError("kind='bca' needs the jackknife of the fit: jackknife=fit.jackknife().")
        if jackknife.names != result.names or not np.array_equal(jackknife.estimate, result.estimate, equal_nan=True):
            raise DataError(
                "jackknife= belongs to another fit, or is of other functions; give fit.jackknife() of the fit that was "
                "resampled, with the same of=."
            )
        acceleration = jackknife.acceleration
    if kind == "normal":
        # The mean of a posterior is its centre; that of other replicates is off by the bias of the estimate once more.
        centre = result.estimate + (np.asarray(result.bias) if bayesian else -np.asarray(result.bias))
        # Moments of the finite replicates alone would be those of another distribution.
        centre[result.n_infinite > 0] = np.nan
        return _made(result, kind, level, centre + np.multiply.outer([-z, z], np.asarray(result.std_error)))
    return _made(result, kind, level, replicate_limits(result.replicates, result.estimate, kind, z, acceleration))


def replicate_limits(
    replicates: FloatArray, estimate: FloatArray, kind: IntervalKind, z: float, acceleration: FloatArray
) -> FloatArray:
    """Return percentile, basic or BCa limits.

    Parameters
    ----------
    replicates : (B, p) array
        Replicates; nan where a replicate does not determine a coefficient.
    estimate : (p,) array
        Estimates of the fit.
    kind : {'percentile', 'basic', 'bca'}
        Kind of limits.
    z : float
        The normal quantile of the level.
    acceleration : (p,) array
        Acceleration for BCa.

    Returns
    -------
    (2, p) array
        Lower and upper limits; nan if the replicates do not determine them.

    Examples
    --------
    >>> draws = np.arange(1.0, 100.0)[:, None]
    >>> replicate_limits(draws, np.array([40.0]), "percentile", 1.2815515655446004, np.zeros(1)).round(6).tolist()
    [[10.0], [90.0]]
    >>> replicate_limits(draws, np.array([40.0]), "basic", 1.2815515655446004, np.zeros(1)).round(6).tolist()
    [[-10.0], [70.0]]
    """
    limits = np.full((2, estimate.size), np.nan)
    for j, value in enumerate(estimate):
        ordered = np.sort(replicates[~np.isnan(replicates[:, j]), j])
        if ordered.size and np.isfinite(value):
            points = np.array([-z, z])
            if kind == "bca":
                points = _corrected(points, float(np.mean(ordered < value)), float(acceleration[j]))
            limits[:, j] = [
                _order_statistic(ordered, float(ndtr(point)), lower)
                for point, lower in zip(points, (True, False), strict=True)
            ]
    return np.asarray(2.0 * estimate - limits[::-1] if kind == "basic" else limits)


def _made(result: Bootstrap, kind: IntervalKind, level: float, limits: FloatArray) -> BootstrapIntervals:
    """Return limits, shape (2, p), with what they were made of."""
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
        result.n_infinite,
        result.kind == "bayesian",
    )


def standard_intervals(
    record: FitRecord,
    design: Design,
    level: float | None = None,
    kind: IntervalKind = "bca",
    of: tuple[tuple[str, ...], FloatArray, FloatArray] | ReplicateFunctions | None = None,
) -> BootstrapIntervals:
    """Return intervals by fixed defaults: 1,999 replicates with seed 1, and the jackknife acceleration for BCa.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    level : float, optional
        Confidence level; by default that of the fit.
    kind : {'percentile', 'basic', 'bca', 'normal'}
        Kind of interval, computed from the replicates.
    of : (names, functions, constant) or ReplicateFunctions, optional
        Linear functions of the coefficients with constants that are added, or other functions; by default the
        coefficients.

    Returns
    -------
    BootstrapIntervals
        Intervals from resampled rows, or from resampled clusters if the fit has them.

    Raises
    ------
    SeparationError, ConvergenceError
        If the fit has no finite estimate to begin with.
    UnsupportedError
        With an absorbed factor, or for a level that needs more replicates.

    Notes
    -----
    The jackknife needs a refit for each row or cluster. With many rows it costs more than the replicates and makes
    little difference. The other kinds do not use it.

    Examples
    --------
    They equal the intervals from separate calls of the bootstrap and the jackknife:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = standard_intervals(fit.record, fit.design)
    >>> by_hand = fit.bootstrap(1999, seed=1).intervals("bca", jackknife=fit.jackknife())
    >>> bool(np.array_equal(found.low, by_hand.low)), found.label
    (True, 'BCa bootstrap, 1999 draws of rows, seed 1')
    """
    level = record.level if level is None else level
    require_level(level)  # refuses what is no level, before the replicates are drawn
    require_choice("kind", kind, get_args(IntervalKind))
    require_replicates(STANDARD_REPLICATES, level)
    drawn = bootstrap(record, design, STANDARD_REPLICATES, seed=STANDARD_SEED)
    without = jackknife(record, design) if kind == "bca" else None
    if isinstance(of, ReplicateFunctions):
        drawn = replace(drawn, names=of.names, estimate=of.estimate, refits=drawn.refits.mapped(of))
        if without is not None:
            without = replace(without, names=of.names, estimate=of.estimate, refits=without.refits.mapped(of))
    elif of is not None:
        drawn = drawn.functions(*of)
        without = None if without is None else without.functions(*of)
    return bootstrap_intervals(drawn, kind, level=level, jackknife=without)


def require_replicates(n: int, level: float) -> None:
    """Raise an error for a level whose limits lie beyond the extreme replicates.

    Parameters
    ----------
    n : int
        Number of replicates.
    level : float
        Confidence level.

    Raises
    ------
    UnsupportedError
        With the number of replicates that is needed.

    Examples
    --------
    >>> require_replicates(39, 0.95)
    """
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
