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
from logitkit.typing import BoolArray, FloatArray

__all__ = ["LARGE", "SMALL", "Resampled", "StabilityIndex", "stability_index"]

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
        Pairs of samples that are drawn; 0 for no interval.
    seed : int or None, default 0
        Of the generator.
    """

    level: float = 0.95
    replicates: int = 1000
    seed: int | None = 0

    def __post_init__(self) -> None:
        """Refuse what is no level, no count and no seed."""
        require_level(self.level)
        require_seed(self.seed)
        if self.replicates != 0 and not is_count(self.replicates, least=100):
            raise DataError(f"replicates={self.replicates!r}: give at least 100, or 0 for no interval.")


@dataclass(frozen=True, eq=False)
class StabilityIndex:
    """Population stability index of a variable or a score.

    Parameters
    ----------
    name : str
        What is compared.
    labels : tuple of str
        What each bin is called.
    base, recent : (k,) arrays
        Rows by bin of the two samples, sums of weights.
    value : float
        The index.
    low, high : float
        Its basic bootstrap interval, not below zero; nan where none was asked for.
    by_chance : float
        What samples of one population would show on average.
    statistic : float
        The index over 1/n + 1/m: chi-square for samples of one population.
    dof : int
        Bins that have rows, less one.
    p_value : float
        The chance of a statistic as large in samples of one population.
    parts : (k,) array
        What each bin adds to the index.
    corrected : (k,) array of bool
        Where one half was added to both counts, because one of them is zero.
    level : float
        Of the interval.
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
    dof: int
    p_value: float
    parts: FloatArray
    corrected: BoolArray
    level: float

    @property
    def change(self) -> str:
        """What the index is customarily called: none, moderate or large."""
        return "none" if self.value < SMALL else "moderate" if self.value < LARGE else "large"


def stability_index(
    base: FloatArray, recent: FloatArray, labels: tuple[str, ...], name: str, resampled: Resampled | None = None
) -> StabilityIndex:
    r"""Return the population stability index of counts.

    Parameters
    ----------
    base, recent : (k,) arrays
        Rows by bin of the two samples. A bin without rows in both is left out; where it has none in one, one half is
        added to both of its counts.
    labels : tuple of str
        What each bin is called.
    name : str
        What is compared.
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
    Model Validation* 14(4).

    Examples
    --------
    >>> found = stability_index(np.array([50.0, 50.0]), np.array([40.0, 60.0]), ("a", "b"), "x")
    >>> round(found.value, 6)  # 0.1 ln(60 / 40), as both bins differ by 0.1
    0.040547
    >>> found.dof, found.by_chance, round(found.statistic, 4)
    (1, 0.02, 2.0273)
    """
    how = resampled or Resampled()
    n, m = float(base.sum()), float(recent.sum())
    for size, which in ((n, "base"), (m, "recent")):
        if not size > 0:
            raise DataError(f"{name!r}: the {which} sample has no rows, so that there is nothing to compare.")
    parts = information_parts(base, recent)
    value, dof = float(parts.sum()), int(((base > 0) | (recent > 0)).sum()) - 1
    unit = 1.0 / n + 1.0 / m
    statistic = value / unit
    low, high = _interval(base, recent, value, how)
    return StabilityIndex(
        name,
        labels,
        base,
        recent,
        value,
        low,
        high,
        dof * unit,
        statistic,
        dof,
        float(chdtrc(dof, statistic)) if dof else float("nan"),
        parts,
        corrected_counts(base, recent)[2],
        how.level,
    )


def _interval(base: FloatArray, recent: FloatArray, value: float, how: Resampled) -> tuple[float, float]:
    """Return the basic bootstrap interval: twice the index less quantiles of resampled indices, at least zero."""
    if how.replicates == 0:
        return float("nan"), float("nan")
    generator = np.random.default_rng(how.seed)
    drawn = [
        generator.multinomial(max(round(float(counts.sum())), 1), counts / counts.sum(), how.replicates)
        for counts in (base, recent)
    ]
    values = information_parts(drawn[0].astype(np.float64), drawn[1].astype(np.float64)).sum(axis=1)
    tail = 0.5 * (1.0 - how.level)
    upper, lower = np.quantile(values, [1.0 - tail, tail])
    return max(2.0 * value - float(upper), 0.0), max(2.0 * value - float(lower), 0.0)
