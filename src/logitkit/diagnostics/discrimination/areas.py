r"""Areas under the ROC curves of several scores of the same rows, whole or between two rates, with their covariance.

With :math:`[a_i, b_i]` the proportions of non-events above event i, strictly and with ties, the area between the false
positive rates l and h is a mean over events,

.. math:: A = \frac1m \sum_i \frac{1}{b_i - a_i} \int_{a_i}^{b_i} \min\{h - l, \max(h - u, 0)\}\, du,

and as a function of the non-events its derivative is the height of the curve at the rate of non-event j, held between l
and h: :math:`g_j = R(\min\{h, \max(l, u_j)\})`, averaged over the ties of j likewise. No density enters. The
variance is that of the values of events over m and of the :math:`g_j` over n, covariances of several scores likewise;
for l = 0 and h = 1 these are DeLong's placements and DeLong's covariance. Where rows are dependent, the deviations of
events over m and of non-events over n are summed by cluster, and the covariance is G / (G - 1) times their cross
products (Obuchowski); with sampling weights each row is a cluster (``docs/maths/discrimination.md``, equations 1 to 4).

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845.
McClish, D. K. (1989) Analyzing a portion of the ROC curve. Medical Decision Making 9, 190-195.
He, Y. and Escobar, M. (2008) Nonparametric statistical inference method for partial areas under ROC curves.
Statistics in Medicine 27, 5291-5308. Obuchowski, N. A. (1997) Biometrics 53, 567-578.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.diagnostics.discrimination.scored import ScoredRows
from logitkit.errors import DataError, UnsupportedError
from logitkit.numerics.kernels.ranks import area_between
from logitkit.options import is_finite_number, listed
from logitkit.typing import FloatArray

__all__ = ["Deviations", "areas_of", "covariance_of", "drawn_areas", "rates_between"]

Deviations = tuple[FloatArray, FloatArray, FloatArray]


def rates_between(name: str, given: Any) -> tuple[float, float]:
    """Check the two rates that bound a partial area, and return them.

    Parameters
    ----------
    name : str
        Name of the rates in error messages.
    given : pair of float
        Rates between 0 and 1, the lower first.

    Returns
    -------
    pair of float
        The rates as floats.

    Raises
    ------
    DataError
        If the values are anything else.

    Examples
    --------
    >>> rates_between("fpr", (0, 0.1))
    (0.0, 0.1)
    """
    values = listed(given)
    if values is None or len(values) != 2 or not all(is_finite_number(each) for each in values):
        raise DataError(f"{name}={given!r:.60} must be two rates between 0 and 1, as {name}=(0, 0.1).")
    low, high = float(values[0]), float(values[1])
    if not 0.0 <= low < high <= 1.0:
        raise DataError(f"{name}={given!r:.60} must be two rates between 0 and 1, the lower first.")
    return low, high


def areas_of(rows: ScoredRows, low: float = 0.0, high: float = 1.0) -> Deviations:
    """Return the areas of all scores between two false positive rates, and the contribution of each row to them.

    Parameters
    ----------
    rows : ScoredRows
        n rows with k scores.
    low, high : float
        False positive rates that bound the area.

    Returns
    -------
    areas : (k,) array
        Areas, at most ``high - low``.
    of_events, of_nonevents : (k, n) arrays
        Contribution of an event, and of a non-event, in each row, as deviations from the area and from the mean height.

    Examples
    --------
    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> areas_of(scored_arrays([0, 1, 0, 1], [[1.0, 2.0, 3.0, 4.0]]))[0].tolist()
    [0.75]
    """
    k, n = rows.scores.shape
    areas, of_events, of_nonevents = np.empty(k), np.empty((k, n)), np.empty((k, n))
    whole = low == 0.0 and high == 1.0
    for number in range(k):
        true, more_true, false, more_false = rows.above(number)
        if whole:
            own, others = 1.0 - 0.5 * (false + more_false), 0.5 * (true + more_true)
        else:
            own = _mean_between(false, more_false, low, high)
            others = _mean_height(rows, false, more_false, true, more_true, low, high)
        areas[number] = rows.events @ own / rows.n_events
        of_events[number] = own - areas[number]
        of_nonevents[number] = others - rows.nonevents @ others / rows.n_nonevents
    return areas, of_events, of_nonevents


def _mean_between(first: FloatArray, last: FloatArray, low: float, high: float) -> FloatArray:
    """Return the means of min(high - low, max(high - u, 0)) for u between two rates of each row."""

    def integral(u: FloatArray) -> FloatArray:
        inside = np.clip(u, low, high)
        return np.minimum(u, low) * (high - low) + 0.5 * ((high - low) ** 2 - (high - inside) ** 2)

    width = last - first
    at = np.clip(high - first, 0.0, high - low)
    tied = width > 0.0
    return np.where(tied, (integral(last) - integral(first)) / np.where(tied, width, 1.0), at)


def _mean_height(
    rows: ScoredRows,
    first: FloatArray,
    last: FloatArray,
    true: FloatArray,
    more_true: FloatArray,
    low: float,
    high: float,
) -> FloatArray:
    """Return the mean height of the curve, its rate held between two, over the ties of each non-event."""
    of = rows.nonevents > 0.0
    steps = np.unique(np.stack([last[of], more_true[of], first[of], true[of]]), axis=1)
    ends, heights = np.append(0.0, steps[0]), np.append(steps[3, :1], steps[1])
    starts = np.append(0.0, steps[3])  # the height that the curve rises to before the step

    def height(u: float) -> float:
        place = min(int(np.searchsorted(ends[1:], u, side="left")), steps.shape[1] - 1)
        left, right = ends[place], ends[place + 1]
        return float(starts[place + 1] + (heights[place + 1] - starts[place + 1]) * (u - left) / (right - left))

    at_low, at_high = height(low), height(high)
    width = np.where(last > first, last - first, 1.0)
    slope = (more_true - true) / width
    inner_first, inner_last = np.clip(first, low, high), np.clip(last, low, high)
    inside = (inner_last - inner_first) * (true + slope * (0.5 * (inner_first + inner_last) - first))
    below, beyond = np.clip(low - first, 0.0, last - first), np.clip(last - high, 0.0, last - first)
    return np.where(of, (below * at_low + inside + beyond * at_high) / width, 0.0)


def covariance_of(rows: ScoredRows, of_events: FloatArray, of_nonevents: FloatArray) -> FloatArray:
    """Return the covariance of areas, computed from the contributions of the rows.

    Parameters
    ----------
    rows : ScoredRows
        n rows.
    of_events, of_nonevents : (k, n) arrays
        Contributions, as returned by ``areas_of``.

    Returns
    -------
    (k, k) array
        DeLong's covariance if weights count observations; nan with precision weights, or with a single event or
        non-event.

    Examples
    --------
    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1], [[1.0, 2.0, 3.0, 4.0]])
    >>> covariance_of(rows, *areas_of(rows)[1:]).tolist()
    [[0.125]]
    """
    m, n = rows.n_events, rows.n_nonevents
    k = of_events.shape[0]
    if rows.errors == "none" or (rows.errors == "counts" and min(m, n) <= 1.0):
        return np.full((k, k), np.nan)
    if rows.errors == "counts":
        first = (of_events * rows.events) @ of_events.T / (m * (m - 1.0))
        return np.asarray(first + (of_nonevents * rows.nonevents) @ of_nonevents.T / (n * (n - 1.0)))
    added = rows.events * of_events / m + rows.nonevents * of_nonevents / n
    if rows.clusters is not None:
        added = np.stack([np.bincount(rows.clusters, each) for each in added])
    units = added.shape[1]
    return np.asarray(added @ added.T * (units / (units - 1.0) if units > 1 else np.nan))


def drawn_areas(rows: ScoredRows, low: float, high: float, n: int, rng: np.random.Generator) -> FloatArray:
    """Return the areas of all scores in bootstrap samples.

    Parameters
    ----------
    rows : ScoredRows
        Rows with k scores.
    low, high : float
        False positive rates that bound the area.
    n : int
        Number of samples. Events and non-events are resampled separately, with their numbers fixed; clusters are
        resampled whole.
    rng : Generator
        NumPy random-number generator.

    Returns
    -------
    (n, k) array
        Areas; nan if a sample of clusters has only one outcome.

    Raises
    ------
    UnsupportedError
        If the rows have sampling or precision weights.

    Examples
    --------
    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1], [[1.0, 2.0, 3.0, 4.0]])
    >>> drawn_areas(rows, 0.0, 1.0, 3, np.random.default_rng(1)).shape
    (3, 1)
    """
    whole = np.allclose(rows.weights, np.rint(rows.weights), rtol=1e-9, atol=1e-9)  # counts but for rounding
    if rows.errors not in ("counts", "clusters") or not whole:
        raise UnsupportedError(
            "A bootstrap draws observations, and weights that do not count them say not how many there are: use "
            "method='delong'."
        )
    orders = [rows.ordered(number) for number in range(len(rows.names))]
    out = np.empty((n, len(orders)))
    for draw in range(n):
        events, nonevents = _drawn(rows, rng)
        for number, (order, fresh) in enumerate(orders):
            out[draw, number] = area_between(order, fresh, events, nonevents, low, high)
    return out


def _drawn(rows: ScoredRows, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Return events and non-events of a bootstrap sample."""
    if rows.clusters is not None:
        count = int(rows.clusters.max()) + 1
        times = np.bincount(rng.integers(0, count, count), minlength=count)[rows.clusters]
        return rows.events * times, rows.nonevents * times
    both = []
    for weights in (rows.events, rows.nonevents):
        total, there = float(weights.sum()), np.flatnonzero(weights > 0.0)
        drawn = np.zeros(weights.size)
        if weights[there].max() == 1.0:
            drawn[there] = np.bincount(rng.integers(0, there.size, there.size), minlength=there.size)
        else:
            drawn[there] = rng.multinomial(round(total), weights[there] / total)
        both.append(drawn)
    return both[0], both[1]
