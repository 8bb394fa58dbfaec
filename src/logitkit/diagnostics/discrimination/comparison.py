r"""Comparison of ROC curves: areas of several scores, of the same rows or of others, and tests that they are equal.

With areas :math:`\hat\theta` of k scores and their covariance S, a contrast has the estimate :math:`l'\hat\theta` and
the variance :math:`l'Sl`, and all contrasts L together the statistic
:math:`(L\hat\theta)'(LSL')^-(L\hat\theta)`, chi-square on rank(LSL') degrees of freedom. S is DeLong's
(``areas.py``), or that of bootstrap samples; of scores of other rows it is diagonal. There pROC compares z with
Student's t, on the degrees of freedom of Welch: :math:`(\sum_j l_j^2 S_{jj})^2 / \sum_j (l_j^2 S_{jj})^2 / (n_j - 1)`.

Equal areas are not equal curves. Venkatraman's tests compare the curves whole, by permutation (``venkatraman.py``).

References
----------
DeLong, E. R., DeLong, D. M. and Clarke-Pearson, D. L. (1988) Biometrics 44, 837-845. SAS, PROC LOGISTIC, ROCCONTRAST.
Demler, O. V., Pencina, M. J. and D'Agostino, R. B. (2012) Misuse of DeLong test to compare AUCs for nested models.
Statistics in Medicine 31, 2577-2587. R's pROC, ``roc.test``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from scipy.special import chdtrc

from logitkit.diagnostics.discrimination.areas import areas_of, covariance_of, drawn_areas
from logitkit.diagnostics.discrimination.areas_on_disk import areas_on_disk
from logitkit.diagnostics.discrimination.joined import JoinedRows
from logitkit.diagnostics.discrimination.roc import POINTS_MOST, RocCurve, curve_of
from logitkit.diagnostics.discrimination.scored import Scored, ScoredRows
from logitkit.diagnostics.discrimination.venkatraman import paired_curves, unpaired_curves
from logitkit.engine.law import NORMAL, Law, require_level
from logitkit.errors import DataError, UnsupportedError
from logitkit.options import is_count, require_choice
from logitkit.typing import FloatArray

__all__ = ["CompareAsked", "RocMethod", "RocTest", "roc_test"]

RocMethod = Literal["delong", "bootstrap", "venkatraman"]
RANK = 1e-10  # of the largest eigenvalue: contrasts that vary less are combinations of others


@dataclass(frozen=True)
class CompareAsked:
    """Options for a comparison of ROC curves.

    Parameters
    ----------
    method : {'delong', 'bootstrap', 'venkatraman'}
        Method of the test.
    contrasts : {'reference', 'successive', 'pairs'} or (r, k) array
        Contrasts of the areas: the first score minus each other score, each minus the next, all pairs, or rows of
        coefficients that sum to zero.
    fpr : pair of float
        False positive rates that bound the areas.
    level : float
        Confidence level.
    n : int
        Number of bootstrap samples or permutations.
    seed : int or None
        Seed of the random numbers.

    Examples
    --------
    >>> CompareAsked("bootstrap", n=500).contrasts
    'reference'
    """

    method: RocMethod = "delong"
    contrasts: Any = "reference"
    fpr: tuple[float, float] = (0.0, 1.0)
    level: float = 0.95
    n: int = 2000
    seed: int | None = 0

    def __post_init__(self) -> None:
        """Refuse what is no choice."""
        require_choice("method", self.method, ("delong", "bootstrap", "venkatraman"))
        require_level(self.level)
        if not is_count(self.n, 100):
            raise DataError(f"n={self.n!r:.60} must be a whole number of at least 100 samples or permutations.")
        if self.method == "venkatraman" and self.fpr != (0.0, 1.0):
            raise UnsupportedError(
                "Venkatraman's test compares whole curves: leave fpr away, or use method='bootstrap'."
            )


@dataclass(frozen=True, eq=False)
class RocTest:
    """Areas under several ROC curves, and a test of contrasts between them.

    Parameters
    ----------
    names : tuple of str
        Names of the k scores.
    areas, std_errors, low, high : (k,) array
        Area of each score with its standard error and interval, truncated at 0 and the largest possible area.
    covariance : (k, k) array
        Covariance of the areas.
    labels : tuple of str
        Names of the r contrasts.
    contrasts : (r, k) array
        Coefficients of the contrasts.
    estimates, errors, statistics, p_values, lows, highs : (r,) array
        Estimate, standard error, z statistic, p-value and confidence limits of each contrast.
    statistic : float
        Chi-square statistic for all contrasts; with Venkatraman's method, the area between curves on which the test is
        based.
    dof : int
        Degrees of freedom; 0 if the p-value comes from permutations.
    p_value : float
        P-value of the joint test of all contrasts, or of the hypothesis that the curves are equal.
    method : {'delong', 'bootstrap', 'venkatraman'}
        Method for the standard errors or the p-value.
    paired : bool
        Whether the scores are for the same rows.
    events, nonevents : (k,) array
        Total weight of events and of non-events for each score.
    fpr : pair of float
        False positive rates that bound the areas.
    level : float
        Confidence level.
    n : int
        Number of bootstrap samples or permutations; 0 if there were none.
    in_sample : bool
        Whether any fit predicts the rows that it was fitted to.
    not_shared : int
        Number of rows left out because a score is missing.
    curves : tuple of RocCurve
        The k curves, with at most 10,000 points each.
    units : {'counts', 'rows', 'clusters'}
        Independent units: observations counted by weights, rows with sampling weights, or clusters.
    welch_dofs : (r,) array or None
        Degrees of freedom of the t distribution that pROC uses for scores from different rows; None otherwise.

    Examples
    --------
    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1, 1, 0], [[1.0, 2, 3, 4, 5, 6], [1.0, 6, 2, 3, 4, 5]])
    >>> found = roc_test([rows], CompareAsked())
    >>> bool(np.isclose(found.statistic, found.statistics[0] ** 2))
    True
    """

    names: tuple[str, ...]
    areas: FloatArray
    std_errors: FloatArray
    low: FloatArray
    high: FloatArray
    covariance: FloatArray
    labels: tuple[str, ...]
    contrasts: FloatArray
    estimates: FloatArray
    errors: FloatArray
    statistics: FloatArray
    p_values: FloatArray
    lows: FloatArray
    highs: FloatArray
    statistic: float
    dof: int
    p_value: float
    method: RocMethod
    paired: bool
    events: FloatArray
    nonevents: FloatArray
    fpr: tuple[float, float]
    level: float
    n: int = 0
    in_sample: bool = False
    not_shared: int = 0
    curves: tuple[RocCurve, ...] = ()
    units: str = "counts"
    welch_dofs: FloatArray | None = None

    @property
    def welch_p_values(self) -> FloatArray | None:
        """P-values of the contrasts from the t distribution with Welch's degrees of freedom, shape (r,)."""
        return None if self.welch_dofs is None else np.asarray(Law(self.welch_dofs).two_sided(self.statistics))

    @property
    def is_whole(self) -> bool:
        """Whether the areas are those under the whole curves."""
        return self.fpr == (0.0, 1.0)


def roc_test(samples: Sequence[Scored], asked: CompareAsked) -> RocTest:
    """Return a comparison of the ROC curves of several scores.

    Parameters
    ----------
    samples : sequence of ScoredRows or JoinedRows
        One sample with all scores for the same rows, or several independent samples with different rows.
    asked : CompareAsked
        Options of the comparison.

    Returns
    -------
    RocTest
        Areas, contrasts, and a test of all contrasts.

    Raises
    ------
    DataError
        If there are fewer than two scores, or contrasts have the wrong shape or do not sum to zero.
    UnsupportedError
        If standard errors are not available, as with precision weights.

    Examples
    --------
    Areas from different rows have no covariance:

    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> one, two = (scored_arrays([0, 1, 0, 1], [[1, 2, 3, 4]], [name]) for name in "ab")
    >>> roc_test([one, two], CompareAsked()).covariance.tolist()
    [[0.125, 0.0], [0.0, 0.125]]
    """
    names = tuple(name for rows in samples for name in rows.names)
    if len(names) < 2:
        raise DataError("A comparison needs two scores or more.")
    if len(set(names)) < len(names):
        raise DataError(f"Scores need names that differ, and these are {', '.join(names)}.")
    if any(rows.errors == "none" for rows in samples):
        raise UnsupportedError(
            "A test of areas needs to know how many independent observations there are, and precision weights do not "
            "say, nor are the strata and units of a survey counted here: give weight_kind='frequency' or 'sampling', "
            "or cluster=."
        )
    coefficients, labels = _contrasts(asked.contrasts, names)
    rng = np.random.default_rng(asked.seed)
    low, high = asked.fpr
    areas, blocks, held = [], [], []
    curves: list[RocCurve] = []
    for given in samples:
        if isinstance(given, JoinedRows) and asked.method == "delong" and (low, high) == (0.0, 1.0):
            passed = areas_on_disk(given)
            areas.append(passed.areas)
            blocks.append(passed.covariance)
            curves += passed.curves
            continue
        rows = given.whole()
        held.append(rows)
        found, of_events, of_nonevents = areas_of(rows, low, high)
        areas.append(found)
        if asked.method == "bootstrap":
            blocks.append(np.atleast_2d(np.cov(_drawn(rows, asked, rng).T)))
        else:
            blocks.append(covariance_of(rows, of_events, of_nonevents))
        curves += [_curve(rows, number) for number in range(len(rows.names))]
    area, covariance = np.concatenate(areas), _diagonal(blocks)
    estimates, spread = coefficients @ area, coefficients @ covariance @ coefficients.T
    errors = np.sqrt(np.maximum(np.diag(spread), 0.0))
    statistics = np.divide(estimates, errors, out=np.full(estimates.size, np.nan), where=errors > 0.0)
    if asked.method == "venkatraman":
        statistic, p_value = _venkatraman(held, names, asked, rng)
        dof = 0
    else:
        statistic, dof = _chi_square(estimates, spread)
        p_value = float(chdtrc(dof, statistic)) if dof else math.nan
    z = float(NORMAL.quantile(asked.level))
    std_errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return RocTest(
        names=names,
        areas=area,
        std_errors=std_errors,
        low=np.maximum(area - z * std_errors, 0.0),
        high=np.minimum(area + z * std_errors, high - low),
        covariance=covariance,
        labels=labels,
        contrasts=coefficients,
        estimates=estimates,
        errors=errors,
        statistics=statistics,
        p_values=np.asarray(NORMAL.two_sided(statistics)),
        lows=estimates - z * errors,
        highs=estimates + z * errors,
        statistic=statistic,
        dof=dof,
        p_value=p_value,
        method=asked.method,
        paired=len(samples) == 1,
        events=np.array([rows.n_events for rows in samples for _ in rows.names]),
        nonevents=np.array([rows.n_nonevents for rows in samples for _ in rows.names]),
        fpr=asked.fpr,
        level=asked.level,
        n=0 if asked.method == "delong" else asked.n,
        in_sample=any(rows.in_sample for rows in samples),
        not_shared=sum(rows.not_shared for rows in samples),
        curves=tuple(curves),
        units=samples[0].errors,
        welch_dofs=_welch(samples, coefficients, covariance) if len(samples) > 1 and asked.method == "delong" else None,
    )


def _welch(samples: Sequence[Scored], coefficients: FloatArray, covariance: FloatArray) -> FloatArray | None:
    """Return Welch's degrees of freedom of contrasts of independent areas; none where weights are no counts."""
    if any(rows.errors != "counts" for rows in samples):
        return None
    parts = coefficients**2 * np.diag(covariance)
    sizes = np.array([rows.n_events + rows.n_nonevents for rows in samples for _ in rows.names])
    below, total = (parts**2 / (sizes - 1.0)).sum(axis=1), parts.sum(axis=1) ** 2
    return np.asarray(np.divide(total, below, out=np.full(total.size, np.nan), where=below > 0.0))


def _curve(rows: ScoredRows, number: int) -> RocCurve:
    """Return the curve of a score."""
    block = rows.pooled(number)
    return curve_of([block], block.sums.sum(axis=1), points=POINTS_MOST, independent_counts=False)


def _drawn(rows: ScoredRows, asked: CompareAsked, rng: np.random.Generator) -> FloatArray:
    """Return the areas in bootstrap samples that hold both outcomes."""
    drawn = drawn_areas(rows, *asked.fpr, asked.n, rng)
    return drawn[~np.isnan(drawn).any(axis=1)]


def _diagonal(blocks: Sequence[FloatArray]) -> FloatArray:
    """Return a matrix with blocks along its diagonal."""
    size = sum(len(block) for block in blocks)
    out, at = np.zeros((size, size)), 0
    for block in blocks:
        out[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return out


def _contrasts(given: Any, names: tuple[str, ...]) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the coefficients of contrasts, and what they are called."""
    k = len(names)
    pairs = {
        "reference": [(0, j) for j in range(1, k)],
        "successive": [(j, j + 1) for j in range(k - 1)],
        "pairs": list(combinations(range(k), 2)),
    }
    if isinstance(given, str):
        require_choice("contrasts", given, pairs)
        out = np.zeros((len(pairs[given]), k))
        for row, (first, second) in enumerate(pairs[given]):
            out[row, first], out[row, second] = 1.0, -1.0
        return out, tuple(f"{names[first]} - {names[second]}" for first, second in pairs[given])
    try:
        out = np.atleast_2d(np.asarray(given, dtype=np.float64))
    except (TypeError, ValueError, OverflowError):
        out = np.empty((0, 0))
    if out.ndim != 2 or out.shape[1] != k or not out.size or not np.isfinite(out).all():
        raise DataError(
            f"contrasts={given!r:.60} must be 'reference', 'successive', 'pairs', or rows of {k} numbers, one for each "
            "score."
        )
    if np.abs(out.sum(axis=1)).max() > 1e-9 or (np.abs(out).max(axis=1) == 0.0).any():
        raise DataError("The coefficients of a contrast of areas must sum to zero, and not all be zero.")
    return out, tuple(_label(row, names) for row in out)


def _label(row: FloatArray, names: tuple[str, ...]) -> str:
    """Return what a contrast is called."""
    words = ""
    for value, name in zip(row.tolist(), names, strict=True):
        if value != 0.0:
            sign = "-" if value < 0.0 else "+" if words else ""
            size = "" if abs(value) == 1.0 else f"{abs(value):g} "
            words += f" {sign} {size}{name}" if words else f"{sign}{size}{name}"
    return words


def _chi_square(estimates: FloatArray, spread: FloatArray) -> tuple[float, int]:
    """Return the statistic of contrasts that may be combinations of one another, and its degrees of freedom."""
    if not np.isfinite(spread).all():
        return math.nan, 0
    values, vectors = np.linalg.eigh(spread)
    kept = values > RANK * max(float(values[-1]), 0.0)
    if values[-1] <= RANK**2 or not kept.any():
        return math.nan, 0
    turned = vectors[:, kept].T @ estimates
    return float(turned @ (turned / values[kept])), int(np.count_nonzero(kept))


def _venkatraman(
    samples: Sequence[ScoredRows], names: tuple[str, ...], asked: CompareAsked, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the area between two curves and its p-value by permutation."""
    if len(names) > 2:
        raise UnsupportedError(
            f"Venkatraman's test compares two curves, and there are {len(names)}: compare pairs, or use "
            "method='delong' for a joint test of areas."
        )
    for rows in samples:
        if rows.errors != "counts" or not np.isin(rows.weights, (1.0,)).all() or not np.isin(rows.events, (0, 1)).all():
            raise UnsupportedError(
                "Venkatraman's test exchanges observations, one in each row: it takes no weights, counts or clusters. "
                "Use method='delong' or method='bootstrap'."
            )
    if len(samples) == 1:
        first, second = samples[0].scores
        return paired_curves(samples[0].events > 0.0, first, second, asked.n, rng)
    return unpaired_curves([(rows.events > 0.0, rows.scores[0]) for rows in samples], asked.n, rng)
