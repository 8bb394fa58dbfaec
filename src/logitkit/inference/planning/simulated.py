"""Power of any test by simulation: studies are drawn and analysed, and the rejections are counted.

The power at n is the proportion of p-values that are at most alpha. Its Clopper-Pearson interval covers the Monte Carlo
error only; the power itself depends on the assumptions from which studies are drawn. A study without a p-value, such as
one whose outcomes are separated, counts as a study that does not reject.

References
----------
Clopper, C. J. and Pearson, E. S. (1934) The use of confidence or fiducial limits illustrated in the case of the
binomial. Biometrika 26, 404-413.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from logitkit.engine.law import require_level
from logitkit.errors import DataError, LogitkitError
from logitkit.inference.planning.checks import require_count, require_share
from logitkit.numerics.threads.progress import progress
from logitkit.options import is_finite_number, listed, require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["SimulatedPower", "power_of_studies", "proportion_limits"]

LABEL = "Studies"


@dataclass(frozen=True)
class SimulatedPower:
    """Power at s sample sizes.

    Parameters
    ----------
    n : tuple of int
        The sample sizes.
    repetitions : int
        Number of studies of each size, R.
    rejected, unanswered : (s,) int array
        Number of studies that reject, and number without a p-value, which count as not rejecting.
    power, low, high : (s,) array
        Proportion of studies that reject, with limits for its Monte Carlo error.
    alpha : float
        Significance level of each test.
    level : float
        Confidence level of the limits.
    test : str
        The test, in words.
    seed : int
        Seed of the studies.
    reason : str
        Why the first study without a p-value has none; empty if all have one.

    Examples
    --------
    Without an effect, about a proportion alpha of the studies reject:

    >>> found = power_of_studies(lambda n, rng: rng.random(), [50], 400, alpha=0.05, seed=1)
    >>> found.n, found.power.round(3).tolist(), found.low.round(3).tolist(), found.high.round(3).tolist()
    ((50,), [0.052], [0.033], [0.079])
    """

    n: tuple[int, ...]
    repetitions: int
    rejected: IntArray
    unanswered: IntArray
    power: FloatArray
    low: FloatArray
    high: FloatArray
    alpha: float
    level: float
    test: str
    seed: int
    reason: str = ""


def proportion_limits(count: IntArray, total: int, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the exact limits of Clopper and Pearson for proportions.

    Parameters
    ----------
    count : (s,) int array
        Numbers of successes.
    total : int
        Number of trials.
    level : float
        Confidence level.

    Returns
    -------
    (s,) array, (s,) array
        Lower and upper limits.

    Examples
    --------
    >>> low, high = proportion_limits(np.array([0, 5]), 10, 0.95)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.187], [0.308, 0.813])
    """
    tail = 0.5 * (1.0 - level)
    none, every = count == 0, count == total
    low = betaincinv(np.where(none, 1, count), total - count + 1.0, tail)
    high = betaincinv(count + 1.0, np.where(every, 1, total - count), 1.0 - tail)
    return np.where(none, 0.0, low), np.where(every, 1.0, high)


def power_of_studies(
    p_value: Callable[[int, np.random.Generator], float],
    n: int | list[int],
    repetitions: int,
    *,
    alpha: float = 0.05,
    seed: int | None = None,
    level: float = 0.95,
    test: str = "",
) -> SimulatedPower:
    """Return the power of a test by drawing studies.

    Parameters
    ----------
    p_value : callable
        Function of a sample size and a random generator that returns the p-value of one study. A logitkit error, or
        nan, counts as no p-value.
    n : int or list of int
        Sample sizes.
    repetitions : int
        Number of studies of each size.
    alpha : float, default 0.05
        Significance level.
    seed : int, optional
        Seed of the studies. The studies of a size depend only on the seed, the size and the number of repetitions.
    level : float, default 0.95
        Confidence level of the Monte Carlo limits.
    test : str
        The test, in words.

    Returns
    -------
    SimulatedPower
        One entry per size, in the order given.

    Raises
    ------
    DataError
        For values outside their range, and where no study of a size gives a p-value.

    Examples
    --------
    >>> power_of_studies(lambda n, rng: 0.0, 20, 10).power.tolist()
    [1.0]
    """
    sizes = listed(n)
    sizes = [n] if sizes is None else sizes
    if not sizes:
        raise DataError("n= names no sample size.")
    for size in sizes:
        require_count("n", size)
    require_count("repetitions", repetitions)
    require_share("alpha", alpha)
    require_level(level)
    sequence = np.random.SeedSequence(require_seed(seed))
    entropy = int(sequence.entropy)  # type: ignore[arg-type]
    rejected, unanswered = np.zeros((2, len(sizes)), dtype=np.int64)
    reason = ""
    with progress(len(sizes) * repetitions, LABEL) as shown:
        for place, size in enumerate(sizes):
            for number in range(repetitions):
                child = np.random.SeedSequence(entropy, spawn_key=(int(size), number))
                found, why = _answer(p_value, int(size), np.random.default_rng(child))
                unanswered[place] += math.isnan(found)
                rejected[place] += found <= alpha
                reason = reason or why
                shown.advance()
            if unanswered[place] == repetitions:
                raise DataError(f"None of the {repetitions:,} studies of n={size} gave a p-value. The first: {reason}")
    low, high = proportion_limits(rejected, repetitions, level)
    return SimulatedPower(
        n=tuple(map(int, sizes)),
        repetitions=repetitions,
        rejected=rejected,
        unanswered=unanswered,
        power=rejected / repetitions,
        low=low,
        high=high,
        alpha=alpha,
        level=level,
        test=test,
        seed=entropy,
        reason=reason,
    )


def _answer(
    p_value: Callable[[int, np.random.Generator], float], size: int, generator: np.random.Generator
) -> tuple[float, str]:
    """Return the p-value of one study; nan and why where there is none."""
    try:
        found = p_value(size, generator)
    except LogitkitError as error:
        return math.nan, str(error)
    if is_finite_number(found) and not 0.0 <= found <= 1.0:
        raise DataError(f"The test gave {found!r:.60}, and a p-value lies between 0 and 1.")
    number = float(found)
    return number, "the p-value is missing." if math.isnan(number) else ""
