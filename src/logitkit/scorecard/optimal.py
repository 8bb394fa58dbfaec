r"""The best partition of pre-bins into bins, with what is known of it.

The criterion is a sum over bins, and constraints concern one bin or two or three neighbours, so that a dynamic
programme finds the optimum over every partition of the pre-bins into neighbours (``docs/maths/binning.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.special import chdtri

from logitkit.errors import DataError, NoBinsError
from logitkit.numerics.kernels.chains import EQUAL, best_chain, best_curved, best_monotone
from logitkit.numerics.kernels.partitions import best_free, bin_feasible, bin_values
from logitkit.scorecard.criteria import CRITERIA
from logitkit.scorecard.stated import Bins, enough
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["OrderedCounts", "Partition", "best_boundaries", "best_partition"]

#: Direction of the first steps, and whether it turns once.
CHAINS = {"none": (0, False), "up": (1, False), "down": (-1, False), "peak": (1, True), "valley": (-1, True)}
CURVES = {"concave": 1, "convex": -1}


class OrderedCounts(NamedTuple):
    """Counts of pre-bins in the order in which neighbours may be joined.

    Parameters
    ----------
    events, nonevents : (B,) arrays
        Sums of weights.
    totals : (float, float)
        Events and non-events of the whole population, missing and special values included.
    fixed : (f,) int array
        Pre-bins that must begin a bin.
    """

    events: FloatArray
    nonevents: FloatArray
    totals: tuple[float, float]
    fixed: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """The best bins of given pre-bins.

    Parameters
    ----------
    boundaries : (k + 1,) int array
        Bin m has the pre-bins from boundaries[m] up to, but not including, boundaries[m + 1].
    shape : str
        Shape of the bins: "up" or "down" if "auto" was requested.
    value : float
        Value of the criterion.
    free_value : float
        Largest value without constraints on shape, difference and p-value, under the same limits of size and number.
    unlimited_value : float
        Largest value with no constraint other than the number of bins.
    """

    boundaries: IntArray
    shape: str
    value: float
    free_value: float
    unlimited_value: float


def best_partition(counts: OrderedCounts, bins: Bins, shape: str, name: str) -> Partition:
    """Return the partition into neighbours with the largest criterion; if tied, the one with fewest bins.

    Parameters
    ----------
    counts : OrderedCounts
        The pre-bins.
    bins : Bins
        Criterion and constraints.
    shape : str
        The requested shape, which may be "auto".
    name : str
        Name of the variable.

    Returns
    -------
    Partition

    Raises
    ------
    DataError
        If no partition meets the constraints; the message says which one a single bin fails.

    Examples
    --------
    >>> counts = OrderedCounts(np.array([10.0, 20, 90]), np.array([90.0, 80, 10]), (120.0, 180.0), np.array([], int))
    >>> best_partition(counts, Bins(max_bins=2), "auto", "x").boundaries.tolist()
    [0, 2, 3]
    """
    problem, (value, chosen, boundaries) = _best(counts, bins, shape, name)
    nowhere = np.zeros(problem.sizes.size, dtype=np.int64)
    unlimited = bin_feasible(problem.sizes, problem.events, problem.nonevents, nowhere, np.zeros(3), np.full(3, np.inf))
    largest = best_free(problem.values, unlimited, min(bins.max_bins or problem.n, problem.n))[0].max()
    free = best_free(problem.values, problem.feasible, problem.n_bins)[0].max()
    return Partition(boundaries, chosen, value, float(free), float(largest))


def best_boundaries(counts: OrderedCounts, bins: Bins, shape: str, name: str) -> tuple[float, str, IntArray]:
    """Return the value, shape and boundaries of the best partition, without what else is known of it."""
    return _best(counts, bins, shape, name)[1]


class _Problem(NamedTuple):
    """Prefix sums, what each bin adds and which are allowed, and the largest number of bins."""

    events: FloatArray
    nonevents: FloatArray
    sizes: FloatArray
    values: FloatArray
    feasible: BoolArray
    least: FloatArray
    n_bins: int

    @property
    def n(self) -> int:
        return self.sizes.size - 1


def _problem(counts: OrderedCounts, bins: Bins) -> _Problem:
    events, nonevents = _sums(counts.events), _sums(counts.nonevents)
    sizes = events + nonevents
    least, most = _limits(bins, sum(counts.totals), float(events[-1]), float(nonevents[-1]))
    n = counts.events.size
    marks = np.zeros(n + 1, dtype=np.int64)
    marks[counts.fixed] = 1
    values = bin_values(events, nonevents, np.array(counts.totals), CRITERIA[bins.criterion])
    feasible = bin_feasible(sizes, events, nonevents, np.cumsum(marks), least, most)
    n_bins = min(bins.max_bins or n, n)
    if least[0] > 0:
        n_bins = max(1, min(n_bins, int(sizes[-1] / least[0])))
    return _Problem(events, nonevents, sizes, values, feasible, least, n_bins)


def _best(counts: OrderedCounts, bins: Bins, shape: str, name: str) -> tuple[_Problem, tuple[float, str, IntArray]]:
    """Return the problem and its solution; least counts that were not asked for give way where they leave one bin."""
    problem = _problem(counts, bins)
    stated = None not in (bins.min_events, bins.min_nonevents)
    try:
        found = _solved(problem, counts, bins, shape, name)
    except DataError:
        if stated:
            raise
    else:
        if stated or found[2].size > 2 or problem.n == 1:
            return problem, found
    one_of_each = replace(
        bins,
        min_events=1.0 if bins.min_events is None else bins.min_events,
        min_nonevents=1.0 if bins.min_nonevents is None else bins.min_nonevents,
    )
    return _best(counts, one_of_each, shape, name)


def _solved(problem: _Problem, counts: OrderedCounts, bins: Bins, shape: str, name: str) -> tuple[float, str, IntArray]:
    chi_square = 0.0 if bins.max_p_value is None else float(chdtri(1, bins.max_p_value))
    values, feasible, events, sizes, n_bins = (
        problem.values,
        problem.feasible,
        problem.events,
        problem.sizes,
        problem.n_bins,
    )
    found: list[tuple[float, str, IntArray]] = []
    for tried in ("up", "down") if shape == "auto" else (shape,):
        free = tried == "none" and bins.min_difference == 0 and chi_square == 0
        if free:
            best, boundaries = best_free(values, feasible, n_bins)
        elif tried in CURVES:
            best, boundaries = best_curved(
                values, feasible, events, sizes, n_bins, CURVES[tried], bins.min_difference, chi_square
            )
        elif tried != "none" and chi_square == 0:
            direction, turns = CHAINS[tried]
            rates = _rates(events, sizes)
            best, boundaries = best_monotone(values, feasible, rates, n_bins, direction, turns, bins.min_difference)
        else:
            direction, turns = CHAINS[tried]
            best, boundaries = best_chain(
                values, feasible, events, sizes, n_bins, direction, turns, bins.min_difference, chi_square
            )
        if not np.isfinite(best).any():
            continue
        k = _fewest(best)
        found.append(
            (float(best[k]), tried, _traced(boundaries, k, problem.n) if free else boundaries[k, : k + 1].copy())
        )
    if not found:
        raise _infeasible(counts, bins, problem.least, name)
    return max(found, key=lambda one: one[0])


def _rates(events: FloatArray, sizes: FloatArray) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return np.asarray((events[None, :] - events[:, None]) / (sizes[None, :] - sizes[:, None]))


def _sums(counts: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(counts)])


def _limits(bins: Bins, total: float, events: float, nonevents: float) -> tuple[FloatArray, FloatArray]:
    """Return the least and largest size, events and non-events of a bin; a size below 1 is a proportion of all rows."""
    small = bins.min_size * total if bins.min_size < 1 else bins.min_size
    large = np.inf if bins.max_size is None else bins.max_size * total if bins.max_size < 1 else bins.max_size
    most_events = np.inf if bins.max_events is None else bins.max_events
    most_nonevents = np.inf if bins.max_nonevents is None else bins.max_nonevents
    few_events = enough(events) if bins.min_events is None else bins.min_events
    few_nonevents = enough(nonevents) if bins.min_nonevents is None else bins.min_nonevents
    least = np.array([small * (1 - EQUAL), few_events, few_nonevents])
    return least, np.array([large * (1 + EQUAL), most_events, most_nonevents])


def _fewest(best: FloatArray) -> int:
    """Return the smallest number of bins whose best value is the largest."""
    finite = best[np.isfinite(best)]
    return int(np.flatnonzero(best >= finite.max() - EQUAL * (1.0 + abs(finite).max()))[0])


def _traced(starts: IntArray, k: int, end: int) -> IntArray:
    boundaries = np.zeros(k + 1, dtype=np.int64)
    for m in range(k, 0, -1):
        boundaries[m] = end
        end = int(starts[m, end])
    return boundaries


def _infeasible(counts: OrderedCounts, bins: Bins, least: FloatArray, name: str) -> DataError:
    """Return the error that says which limit no partition can meet."""
    events, nonevents = float(counts.events.sum()), float(counts.nonevents.sum())
    for what, value, low in zip(
        ("rows", "events", "non-events"), (events + nonevents, events, nonevents), least, strict=True
    ):
        if value < low:
            why = f"all ordinary values together are {value:g} {what}, and a bin must have at least {low:g}"
            return NoBinsError(f"{name!r}: {why}. Lower the limit, or leave the variable out.", why)
    stated = [
        f"{option}={getattr(bins, option)!r}"
        for option in (
            "max_bins",
            "min_size",
            "max_size",
            "max_events",
            "max_nonevents",
            "cuts",
            "max_p_value",
            "shape",
        )
        if getattr(bins, option) is not None
    ]
    return DataError(
        f"{name!r}: No partition of the {counts.events.size} pre-bins meets all of {', '.join(stated)}. Relax one."
    )
