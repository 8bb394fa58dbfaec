r"""The population stability index of two samples, its distribution by chance, and a bootstrap interval.

With proportions :math:`p_k` of the base and :math:`q_k` of the recent sample,
:math:`\mathrm{PSI} = \sum_k (q_k - p_k) \ln(q_k / p_k)` (``docs/maths/stability.md``, equations 1 to 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from logitkit.engine.law import require_level
from logitkit.errors import DataError
from logitkit.options import is_count, require_seed
from logitkit.scorecard.criteria import corrected_counts, information_parts
from logitkit.scorecard.weighting import drawn_sums
from logitkit.typing import BoolArray, FloatArray

__all__ = ["LARGE", "SMALL", "Resampled", "Sample", "StabilityIndex", "stability_index"]

#: Below the first an index is customarily called no change, from the second on a large one.
SMALL, LARGE = 0.10, 0.25


@dataclass(frozen=True, slots=True)
class Resampled:
    """How an interval is resampled.

    Parameters
    ----------
    level : float, default 0.95
        Confidence level.
    replicates : int, default 1000
        Number of pairs of samples that are drawn; 0 for no interval.
    seed : int or None, default 0
        Seed of the generator.
    """

    level: float = 0.95
    replicates: int = 1000
    seed: int | None = 0

    def __post_init__(self) -> None:
        """Refuse what is no level, no count and no seed."""
        require_level(self.level)
        require_seed(self.seed)
        if not is_count(self.replicates, least=0) or 0 < self.replicates < 100:
            raise DataError(f"replicates={self.replicates!r}: give at least 100, or 0 for no interval.")


@dataclass(frozen=True, eq=False)
class StabilityIndex:
    """Population stability index of a variable or a score.

    Parameters
    ----------
    name : str
        Name of the variable or score.
    labels : tuple of str
        Label of each bin.
    base, recent : (k,) arrays
        Rows of the two samples in each bin, as sums of weights.
    value : float
        The index.
    low, high : float
        Basic bootstrap interval of the index, not below zero; nan if none was requested.
    by_chance : float
        Mean of the index for two samples of one population.
    statistic : float
        The index over 1/n + 1/m, chi-square distributed for samples of one population. With sampling weights 1/n + 1/m
        is adjusted for them.
    dof : float
        Number of bins with rows, minus one; with sampling weights smaller, and not a whole number.
    p_value : float
        Probability of a statistic at least as large for samples of one population.
    parts : (k,) array
        Contribution of each bin to the index.
    corrected : (k,) array of bool
        True if the counts were corrected because one of them is zero.
    level : float
        Confidence level of the interval.
    sampled : bool
        Whether a sample has sampling weights.
    """

    name: str
    labels: tuple[str, ...]
    base: FloatArray
    recent: FloatArray
    value: float
    low: float
    high: float
    by_chance: float
    statistic: float
    dof: float
    p_value: float
    parts: FloatArray
    corrected: BoolArray
    level: float
    sampled: bool = False

    @property
    def change(self) -> str:
        """Conventional name of the change: none, moderate or large."""
        return "none" if self.value < SMALL else "moderate" if self.value < LARGE else "large"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A sample by bin.

    Parameters
    ----------
    counts : (k,) array
        Rows, or sums of their weights.
    spread : (k,) array or None
        Sums of the squares of sampling weights; None if weights count rows.
    """

    counts: FloatArray
    spread: FloatArray | None = None

    @property
    def unit(self) -> float:
        """Weight of one effective row."""
        return 1.0 if self.spread is None else float(self.spread.sum() / self.counts.sum())


def stability_index(
    base: FloatArray | Sample,
    recent: FloatArray | Sample,
    labels: tuple[str, ...],
    name: str,
    resampled: Resampled | None = None,
) -> StabilityIndex:
    r"""Return the population stability index of counts.

    Parameters
    ----------
    base, recent : (k,) arrays or Sample
        Rows of the two samples in each bin. A bin without rows in both is left out. If one sample has none, one half is
        added there, and the same at the overall odds to the other; with sampling weights, half an effective row.
    labels : tuple of str
        Label of each bin.
    name : str
        Name of the variable or score.
    resampled : Resampled, optional
        Level, replicates and seed of the interval.

    Returns
    -------
    StabilityIndex

    Raises
    ------
    DataError
        If a sample has no rows.

    Notes
    -----
    For two samples of one population, of n and m rows, the index is asymptotically
    :math:`(1/n + 1/m) \chi^2_{B-1}` (Yurdakul and Naranjo 2020).

    References
    ----------
    Yurdakul, B. and Naranjo, J. (2020). Statistical properties of the population stability index. *Journal of Risk
    Model Validation* 14(4). Rao, J. N. K. and Scott, A. J. (1981). The analysis of categorical data from complex sample
    surveys. *Journal of the American Statistical Association* 76, 221-230, with sampling weights.

    Examples
    --------
    >>> found = stability_index(np.array([50.0, 50.0]), np.array([40.0, 60.0]), ("a", "b"), "x")
    >>> round(found.value, 6)  # 0.1 ln(60 / 40), as both bins differ by 0.1
    0.040547
    >>> found.dof, found.by_chance, round(found.statistic, 4)
    (1, 0.02, 2.0273)
    """
    how = resampled or Resampled()
    first, second = (each if isinstance(each, Sample) else Sample(each) for each in (base, recent))
    for sample, which in ((first, "base"), (second, "recent")):
        if not sample.counts.sum() > 0:
            raise DataError(f"{name!r}: the {which} sample has no rows, so that there is nothing to compare.")
    rows = tuple(sample.counts / sample.unit for sample in (first, second))
    parts = information_parts(*rows)
    value, dof = float(parts.sum()), float(((rows[0] > 0) | (rows[1] > 0)).sum()) - 1.0
    sampled = first.spread is not None or second.spread is not None
    unit = 1.0 / float(rows[0].sum()) + 1.0 / float(rows[1].sum())
    if sampled and dof:
        unit, dof = _law_of_weighted(first, second)
    statistic = value / unit
    low, high = _interval((first, second), value, how)
    return StabilityIndex(
        name,
        labels,
        first.counts,
        second.counts,
        value,
        low,
        high,
        dof * unit,
        statistic,
        dof if sampled else int(dof),
        float(chdtrc(dof, statistic)) if dof else float("nan"),
        parts,
        corrected_counts(rows[0], rows[1])[2],
        how.level,
        sampled,
    )


def _law_of_weighted(first: Sample, second: Sample) -> tuple[float, float]:
    """Return what the index of one population with sampling weights is a multiple of, and of how many degrees.

    The index is a sum of independent chi-square variables times the eigenvalues of D^-1 V, with V the covariance of the
    difference of the proportions and D the proportions themselves: Rao and Scott's approximation has the same mean
    and variance.
    """
    rows = first.counts / first.unit + second.counts / second.unit
    used = rows > 0
    pi = rows[used] / rows.sum()
    cov = np.zeros((pi.size, pi.size))
    for sample in (first, second):
        counts, total = sample.counts[used], float(sample.counts.sum())
        spread = counts if sample.spread is None else sample.spread[used]
        each = np.divide(spread, counts, out=np.full(pi.size, sample.unit), where=counts > 0) * pi
        cov += (np.diag(each) - np.outer(each, pi) - np.outer(pi, each) + each.sum() * np.outer(pi, pi)) / total
    product = cov / pi[:, None]
    mean, squares = float(np.trace(product)), float((product * product.T).sum())
    return squares / mean, mean**2 / squares


def _interval(samples: tuple[Sample, Sample], value: float, how: Resampled) -> tuple[float, float]:
    """Return the basic bootstrap interval: twice the index less quantiles of resampled indices, at least zero."""
    if how.replicates == 0:
        return float("nan"), float("nan")
    generator = np.random.default_rng(how.seed)
    values = information_parts(*(_drawn(sample, generator, how.replicates) for sample in samples)).sum(axis=1)
    tail = 0.5 * (1.0 - how.level)
    upper, lower = np.quantile(values[~np.isnan(values)], [1.0 - tail, tail])
    return max(2.0 * value - float(upper), 0.0), max(2.0 * value - float(lower), 0.0)


def _drawn(sample: Sample, generator: np.random.Generator, replicates: int) -> FloatArray:
    """Return counts of rows that are drawn again, shape (replicates, k)."""
    counts = sample.counts
    if sample.spread is not None:
        return drawn_sums(generator, counts, sample.spread, replicates) / sample.unit
    found = generator.multinomial(max(round(float(counts.sum())), 1), counts / counts.sum(), replicates)
    return found.astype(np.float64)
