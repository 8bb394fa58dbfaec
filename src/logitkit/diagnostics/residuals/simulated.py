r"""Residuals by simulation: where each outcome lies among outcomes drawn from the fitted model.

Of B simulated values of a group, a proportion :math:`a` below what was observed and a proportion b at most as large,
the scaled residual is a draw between a and b: uniform under the model, but for the estimation of its coefficients,
which makes that of uniformity conservative, the more so the more coefficients there are for the groups. A row of a
single 0/1 outcome says nearly nothing by itself, so that such rows are put together first, and their numbers of events
compared.

* uniformity: Kolmogorov and Smirnov's distance, exact;
* dispersion: the sum of squares of observed less mean simulated numbers, over the mean of the same of the simulated
  ones, with a two-sided p-value by their rank;
* outliers: groups beyond all simulated values, compared with how often a simulated data set has such groups among the
  others.

References
----------
Gelman, A. and Hill, J. (2007) Data Analysis Using Regression and Multilevel/Hierarchical Models, section 8.3. Dunn, P.
K. and Smyth, G. K. (1996) Journal of Computational and Graphical Statistics 5, 236-244. Hartig, F. DHARMa: residual
diagnostics for hierarchical regression models (the vignette of the R package).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.uniformity import distance_from_uniform, kolmogorov_p
from logitkit.diagnostics.rows.patterns import pattern_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.verbs import require
from logitkit.options import is_count, require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["SimulatedResiduals", "simulated_residuals"]

PATTERN_LEAST = 5.0  # rows per covariate pattern from which patterns are the groups
PATTERNS_OF_PARAMETER = 3  # fewer are fitted too closely to vary as they are simulated
GROUP_LEAST, GROUPS_MOST = 10, 100  # rows of a group by predicted probability, and groups


@dataclass(frozen=True)
class SimulatedResiduals:
    """Scaled residuals of g groups of rows, with tests.

    Parameters
    ----------
    grouping : str
        Description of how rows were grouped.
    residuals : (g,) array
        Scaled residuals, uniform on [0, 1] under the model.
    observed, expected, size : (g,) array
        Number of events, or sum of the scores 0 to K - 1 of ordered outcomes; its mean over the simulations; and the
        number of observations in each group.
    predicted : (g,) array
        ``expected`` as a proportion of its largest possible value.
    of_row : (n,) int array
        Group of each row; -1 for a row of weight zero or without a prediction.
    distance, uniformity_p : float
        Kolmogorov-Smirnov distance from the uniform distribution, and its p-value.
    dispersion, dispersion_p : float
        Ratio of observed to mean simulated variation, and its p-value.
    outliers : int
        Number of groups outside the range of the simulated values.
    outliers_expected, outliers_p : float
        Mean number of such groups in a simulated data set, and the p-value from the proportion of data sets with at
        least as many.
    n_simulations : int
        Number of simulated data sets, B.
    seed : int or None
        Seed of the random numbers.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = simulated_residuals(fit.record, fit.design, seed=1)
    >>> found.residuals.size, bool(found.uniformity_p > 0.01)
    (18, True)
    """

    grouping: str
    residuals: FloatArray = field(repr=False)
    observed: FloatArray = field(repr=False)
    expected: FloatArray = field(repr=False)
    size: FloatArray = field(repr=False)
    predicted: FloatArray = field(repr=False)
    of_row: IntArray = field(repr=False)
    distance: float
    uniformity_p: float
    dispersion: float
    dispersion_p: float
    outliers: int
    outliers_expected: float
    outliers_p: float
    n_simulations: int
    seed: int | None


def simulated_residuals(
    record: FitRecord,
    design: Design,
    n: int = 250,
    *,
    seed: int | None = None,
    groups: IntArray | None = None,
    name: str = "",
) -> SimulatedResiduals:
    """Return simulation-based scaled residuals with tests of uniformity, dispersion and outliers.

    Parameters
    ----------
    record : FitRecord
        The fit of two outcomes or of ordered outcomes.
    design : Design
        n rows with their outcome, in memory.
    n : int, default 250
        Number of simulated data sets.
    seed : int, optional
        Seed of the random numbers.
    groups : (n,) int array, optional
        Group of each row. By default, rows of counts are separate groups if they hold at least five observations on
        average. Otherwise rows are grouped by covariate pattern if there are at least five observations per pattern and
        three patterns per coefficient, and else by predicted probability.
    name : str
        Name of the given groups.

    Returns
    -------
    SimulatedResiduals
        Residuals of the groups, with tests.

    Raises
    ------
    UnsupportedError
        If outcomes are unordered or fractions, weights are not counts, or rows are read in chunks.
    DataError
        If fewer than two groups remain.

    Examples
    --------
    Counts that vary more than the model implies:

    >>> import logitkit as lk
    >>> counts = {"y": [0, 9, 1, 8, 10, 1, 9, 2], "n": [10, 1, 9, 2, 0, 9, 1, 8]}
    >>> fit = lk.logit("cbind(y, n) ~ 1", counts)
    >>> found = simulated_residuals(fit.record, fit.design, seed=1)
    >>> found.dispersion > 3, found.dispersion_p < 0.01
    (True, True)
    """
    require(record, "drawn residuals")
    if not is_count(n, 20):
        raise DataError(f"n={n!r:.60} must be a whole number of at least 20.")
    require_seed(seed)
    response = design.response
    if design.in_chunks:
        raise UnsupportedError("Simulated residuals are of rows that are held, and these are read in chunks.")
    if response.prior is not None and response.weight_kind != "frequency":
        raise UnsupportedError(
            f"Rows with {response.weight_kind} weights are no numbers of outcomes that could be drawn: simulated "
            "residuals take frequency weights and counts."
        )
    p = record.family.probabilities(fitted_rows(record, design).eta)
    used = np.flatnonzero((response.weights > 0.0) & ~np.isnan(p).any(axis=0))
    score = np.arange(len(p)) @ p  # of an event its probability
    codes, grouping = _groups(record, design, used, score, groups, name)
    if response.clusters is not None:
        grouping += f"; outcomes are drawn independently also within {response.clusters.name}, whose dependence is seen"
    _, codes = np.unique(codes, return_inverse=True)
    count = int(codes.max(initial=-1)) + 1
    if count < 2:
        raise DataError(f"Simulated residuals compare groups, and there are {count}: give by= with more values.")
    rng = np.random.default_rng(seed)
    size = np.rint(response.weights[used]).astype(np.int64)
    shares = response.indicators()[:, used]
    observed = np.bincount(codes, np.rint(np.arange(len(p)) @ shares * size), count)
    simulated = _simulated(p[:, used], size, codes, count, n, rng)
    total = np.bincount(codes, size, count)
    below, most = (simulated < observed).mean(axis=0), (simulated <= observed).mean(axis=0)
    residuals = below + (most - below) * rng.random(count)
    expected = simulated.mean(axis=0)
    distance = distance_from_uniform(residuals)
    spread, spreads = ((observed - expected) ** 2).sum(), ((simulated - expected) ** 2).sum(axis=1)
    above, under = (spreads >= spread).sum(), (spreads <= spread).sum()
    outliers = int(((below == 1.0) | (most == 0.0)).sum())
    lonely = _lonely(simulated)
    of_row = np.full(design.n_rows, -1)
    of_row[used] = codes
    return SimulatedResiduals(
        grouping=grouping,
        residuals=residuals,
        observed=observed.astype(np.float64),
        expected=expected,
        size=total.astype(np.float64),
        predicted=expected / (total * (len(p) - 1)),
        of_row=of_row,
        distance=distance,
        uniformity_p=kolmogorov_p(distance, count),
        dispersion=float(spread / spreads.mean()) if spreads.any() else float("nan"),
        dispersion_p=float(min(1.0, 2.0 * (1.0 + min(above, under)) / (n + 1.0))),
        outliers=outliers,
        outliers_expected=float(lonely.mean()),
        outliers_p=float((1.0 + (lonely >= outliers).sum()) / (n + 1.0)),
        n_simulations=n,
        seed=seed,
    )


def _groups(
    record: FitRecord, design: Design, used: IntArray, score: FloatArray, groups: IntArray | None, name: str
) -> tuple[IntArray, str]:
    """Return the group of each row used, and how they were made, in words."""
    response = design.response
    if groups is not None:
        return groups[used], f"rows with equal values of {name}"
    counted = response.trials is not None or bool(response.prior is not None and (response.prior > 1.0).any())
    if counted and response.weights[used].mean() >= PATTERN_LEAST:
        return np.arange(used.size), "each row of counts by itself"
    if design.level_codes is None:
        codes = pattern_rows(record, design)[1][used]
        patterns = np.unique(codes).size
        enough = patterns >= PATTERNS_OF_PARAMETER * record.n_params
        if enough and response.weights[used].sum() >= PATTERN_LEAST * patterns:
            return codes, f"{patterns:,} covariate patterns, as single outcomes say little by themselves"
    total = response.weights[used].sum()
    count = int(min(GROUPS_MOST, max(total // GROUP_LEAST, 2)))
    order = np.argsort(score[used], kind="stable")
    before = np.cumsum(response.weights[used][order])
    codes = np.empty(used.size, dtype=np.int64)
    codes[order] = np.minimum((before - 0.5) * count / total, count - 1).astype(np.int64)
    what = "probability" if record.has_event else "mean score"
    return codes, f"{count:,} groups of neighbours by predicted {what}, as single outcomes say little by themselves"


def _simulated(
    p: FloatArray, size: IntArray, codes: IntArray, count: int, n: int, rng: np.random.Generator
) -> FloatArray:
    """Return simulated events, or sums of scores, of each group, (n, g)."""
    out = np.empty((n, count))
    single = bool((size == 1).all())
    above = np.cumsum(p[::-1], axis=0)[::-1][1:]  # probability of each outcome or a later one
    for draw in range(n):
        if single:
            values = (rng.random(size.size) < above).sum(axis=0)
        elif len(p) == 2:
            values = rng.binomial(size, np.clip(p[1], 0.0, 1.0))
        else:
            values = rng.multinomial(size, (p / p.sum(axis=0)).T) @ np.arange(len(p))
        out[draw] = np.bincount(codes, values, count)
    return out


def _lonely(simulated: FloatArray) -> IntArray:
    """Return how many groups of each simulated data set lie beyond all others, shape (n,)."""
    found = np.zeros(len(simulated), dtype=np.int64)
    for values in (simulated, -simulated):
        largest = values == values.max(axis=0)
        found += (largest & (largest.sum(axis=0) == 1)).sum(axis=1)
    return found
