"""The mean of a measure over queries, with its interval."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError
from logitkit.options import is_count, require_choice, require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["Options", "RankingMeasure", "mean_of", "options_of"]

Options = tuple[float, str, int, int]  # level, kind of interval, replicates, seed

CELLS = 1 << 20  # numbers drawn at a time


@dataclass(frozen=True, eq=False)
class RankingMeasure:
    """A measure of ranking, averaged over queries.

    Queries are the sampling units, because rows of one query depend on one another. For queries without a relevant row
    the measure is not defined; they are left out of the mean.

    Parameters
    ----------
    name : str
        The measure, such as ``'NDCG at 10'``.
    estimate, std_error : float
        Mean over queries, and its standard error; nan for a single query.
    conf_low, conf_high : float
        Interval for the mean over the population of queries.
    level : float
        Its confidence level.
    interval : {'normal', 'bootstrap'}
        The kind of interval.
    queries : (q,) array
        Labels of the queries for which the measure is defined.
    values : (q,) array
        The measure of each.
    n_left_out : int
        Number of queries without a relevant row.
    replicates, seed : int
        Number of bootstrap draws, and their seed. Measures of equally many queries draw the same queries.

    Examples
    --------
    >>> import logitkit as lk
    >>> found = lk.logits.reciprocal_rank([3, 2, 1, 1, 2], [0, 1, 0, 0, 1], ["a", "a", "a", "b", "b"])
    >>> found.estimate, found.values.tolist()
    (0.75, [0.5, 1.0])
    """

    name: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    level: float
    interval: str
    queries: Any = field(repr=False)
    values: FloatArray = field(repr=False)
    n_left_out: int
    replicates: int
    seed: int

    @property
    def n_queries(self) -> int:
        """Number of queries for which the measure is defined."""
        return int(self.values.size)

    def minus(self, other: RankingMeasure) -> RankingMeasure:
        """Return the mean of the differences, query by query, from the same measure of other scores.

        Differences within queries vary less than the measures themselves; use this interval to compare two rankings.

        Parameters
        ----------
        other : RankingMeasure
            The measure of the other scores, for the same rows and queries.

        Returns
        -------
        RankingMeasure
            The mean difference, with the level and the kind of interval of this measure.

        Raises
        ------
        DataError
            If the measures or their queries are not the same.
        """
        if not isinstance(other, RankingMeasure):
            raise DataError(f"There is no difference to {other!r:.40}: give a measure of the same rows and queries.")
        if self.name != other.name or not np.array_equal(self.queries, other.queries):
            raise DataError(
                f"{self.name} of {self.n_queries} queries and {other.name} of {other.n_queries}: compare one measure "
                "of the same queries."
            )
        differences = self.values - other.values
        options = (self.level, self.interval, self.replicates, self.seed)
        found = _summary(f"Difference in {self.name}", self.queries, differences, self.n_left_out, options)
        return replace(self, **vars(found))


def options_of(level: float, interval: str, draws: Any) -> Options:
    """Return level, kind of interval, replicates and seed.

    Examples
    --------
    >>> options_of(0.95, "normal", (2_000, 0))
    (0.95, 'normal', 2000, 0)
    """
    if not isinstance(draws, tuple | list) or len(draws) != 2:
        raise DataError(f"draws={draws!r:.60}: give a pair, the replicates of the bootstrap and their seed.")
    return level, interval, draws[0], draws[1]


def mean_of(name: str, queries: Any, values: FloatArray, options: Options) -> RankingMeasure:
    """Return the mean over queries for which the measure is defined.

    Parameters
    ----------
    name : str
        The measure.
    queries : (q,) array
        Labels.
    values : (q,) array
        The measure of each query; nan if it is not defined.
    options : tuple
        Confidence level, kind of interval, number of replicates and seed.

    Returns
    -------
    RankingMeasure
        The mean.

    Raises
    ------
    DataError
        If no query has a value, or an option is invalid.

    Examples
    --------
    >>> mean_of("MRR", np.arange(3), np.array([1.0, 0.5, np.nan]), (0.95, "normal", 0, 0)).estimate
    0.75
    """
    level, interval, replicates, seed = options
    require_level(level)
    require_choice("interval", interval, ("normal", "bootstrap"))
    if not is_count(replicates, 100 if interval == "bootstrap" else 0):
        raise DataError(f"draws=({replicates!r:.40}, ...): give at least 100 replicates, a whole number.")
    if require_seed(seed) is None:
        raise DataError("draws=(..., None): give a seed, so that the interval can be repeated.")
    has = ~np.isnan(values)
    if not has.any():
        raise DataError("No row is relevant (y above 0) in any query: the measure has no value.")
    return _summary(name, queries[has], values[has], int((~has).sum()), options)


def _summary(name: str, queries: Any, values: FloatArray, n_left_out: int, options: Options) -> RankingMeasure:
    """Return mean, standard error and interval of values of queries."""
    level, interval, replicates, seed = options
    q, mean = values.size, float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(q)) if q > 1 else float("nan")
    low, high = mean - float(NORMAL.quantile(level)) * error, mean + float(NORMAL.quantile(level)) * error
    if interval == "bootstrap":
        means = _resampled(values, replicates, seed)
        tail = 0.5 * (1.0 - level)
        low, high = (float(each) for each in np.quantile(means, [tail, 1.0 - tail])) if q > 1 else (float("nan"),) * 2
    return RankingMeasure(
        name, mean, error, low, high, level, interval, queries, values, n_left_out, int(replicates), int(seed)
    )


def _resampled(values: FloatArray, replicates: int, seed: int) -> FloatArray:
    """Return the means of values that are drawn with replacement, as many as there are."""
    rng = np.random.Generator(np.random.PCG64(seed))
    q, means = values.size, np.empty(replicates)
    step = max(CELLS // q, 1)
    for start in range(0, replicates, step):
        rows: IntArray = rng.integers(0, q, (min(step, replicates - start), q))
        means[start : start + rows.shape[0]] = values[rows].mean(axis=1)
    return means
