r"""Effects: differences, ratios and slopes of averages, with all that inference about them needs.

An effect is a slope, which is itself an average, or a function of two averages: :math:`a - b`, the risk ratio :math:`a
/ b`, or the odds ratio :math:`a (1 - b) / \{(1 - a) b\}`. Its standard error follows by the chain rule from the
covariance of the averages (``docs/maths/effects.md``, equations 6 and 7). The covariance is :math:`J V J'` if the rows
are fixed. If the rows were sampled too, it is the covariance of the influence functions of the averages,

.. math::

    \omega_i \{f_i(\hat\beta) - \bar f\} + J A^{-1} s_i ,

where s are the scores and A the information. It may also be the covariance of draws, by simulation or by the bootstrap.

References
----------
Stata Corporation: Base Reference Manual, margins, methods and formulas (vce(unconditional)). King, G., Tomz, M. and
Wittenberg, J. (2000) American Journal of Political Science 44, 347-361. Korn, E. L. and Graubard, B. I. (1999) Analysis
of Health Surveys, section 3.7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from scipy.special import ndtri

from logitkit.engine.law import require_level
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.delta import Estimates
from logitkit.inference.derived import Derived
from logitkit.inference.effects.limits import certain
from logitkit.inference.hypotheses.wald import WaldTest
from logitkit.inference.intervals.bootstrap_intervals import replicate_limits, require_replicates
from logitkit.inference.intervals.simultaneous import IntervalAdjustment
from logitkit.inference.resampling.jackknife import Jackknife
from logitkit.inference.resampling.refits import Refits
from logitkit.options import require_choice
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "Comparison",
    "ContrastKind",
    "DrawsKind",
    "EffectScale",
    "Effects",
    "WithoutUnits",
    "compared",
    "level_pairs",
]

EffectScale = Literal["probability", "link", "risk_ratio", "odds_ratio"]
DrawsKind = Literal["percentile", "basic", "bca"]
RATIOS = ("risk_ratio", "odds_ratio")
BETWEEN = ("Differences of effects between groups", "Ratios of effects between groups")
ContrastKind = Literal["reference", "pairwise", "sequential"]


class Comparison(NamedTuple):
    """The averages that an effect compares.

    Parameters
    ----------
    variable : str
        The variable that changes.
    contrast : str
        The change, in words.
    high : int
        Index of the average after the change, or of the slope.
    low : int or None
        Index of the average before the change; None for a slope.

    Examples
    --------
    >>> Comparison("smoke", "1 - 0", 1, 0).low
    0
    """

    variable: str
    contrast: str
    high: int
    low: int | None


@dataclass(frozen=True, eq=False)
class WithoutUnits:
    """Effects without each sampling unit in turn.

    Parameters
    ----------
    values : (U, E) array
        Effects; nan where the estimates without a unit are not finite.
    multiplicity : (U,) array
        Number of observations that each unit represents.

    Examples
    --------
    >>> found = WithoutUnits(np.array([[1.0], [2.0], [6.0]]), np.ones(3)).acceleration(np.asarray)
    >>> bool(np.isclose(found[0], np.sum((3 - np.array([1, 2, 6])) ** 3) / (6 * 14**1.5)))
    True
    """

    values: FloatArray
    multiplicity: FloatArray

    def acceleration(self, forward: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return the acceleration of BCa intervals: the skewness of the influence divided by six.

        Parameters
        ----------
        forward : callable
            Transformation to the scale of the intervals.

        Returns
        -------
        (E,) array
            nan where an effect is missing without a unit.
        """
        none = np.zeros(len(self.values), dtype=bool)
        values = forward(self.values)
        names = tuple(f"e{k + 1}" for k in range(values.shape[1]))
        return Jackknife(names, values[0], Refits(values, none, none, none), self.multiplicity, "units").acceleration


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects of variables, one row per cell, comparison and outcome.

    Parameters
    ----------
    labels : tuple of (str, tuple)
        Columns that identify a row: set values, groups, variable, contrast, outcome.
    numbers : Derived
        The E effects.
    title : str
        Description of the effects.
    scale : str
        ``"probability"``, ``"link"``, ``"risk_ratio"`` or ``"odds_ratio"``.
    method : str
        How standard errors were computed, in words.
    n_rows : int
        Number of rows averaged over.
    cells : (E,) int array
        The combination of set values and groups to which each row belongs.
    adjust : str or None
        How intervals are adjusted for multiplicity.
    draws : (B, E) array or None
        Effects of simulated or resampled coefficients, from which the intervals are computed.
    without : WithoutUnits or None
        Effects without each unit in turn, for BCa intervals.
    kind : {'percentile', 'basic', 'bca'}
        Kind of interval computed from the draws; for ratios, on the log scale.
    notes : tuple of str
        Remarks about the effects.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> found = fit.effects()
    >>> found.numbers.names
    ('age', 'smoke')
    """

    labels: tuple[tuple[str, tuple[Any, ...]], ...]
    numbers: Derived
    title: str
    scale: EffectScale
    method: str
    n_rows: int
    cells: IntArray
    adjust: IntervalAdjustment | None = None
    draws: FloatArray | None = None
    without: WithoutUnits | None = None
    kind: DrawsKind = "percentile"
    notes: tuple[str, ...] = ()

    def estimates(self, level: float | None = None, adjust: IntervalAdjustment | None = None) -> Estimates:
        """Return the effects with standard errors, tests and intervals.

        Parameters
        ----------
        level : float, optional
            Confidence level; by default that of the effects.
        adjust : {'bonferroni', 'single-step'}, optional
            Adjustment for multiplicity; by default the one requested with the effects.

        Returns
        -------
        Estimates
            With draws, the intervals are computed from the percentiles of the draws.
        """
        adjust = self.adjust if adjust is None else adjust
        found = self.numbers.estimates(level, None if self.draws is not None else adjust)
        if self.draws is None:
            return found
        if adjust == "single-step":
            raise UnsupportedError("Percentiles of draws have no single-step adjustment; use adjust='bonferroni'.")
        require_level(found.level)
        tail = 0.5 * (1.0 - found.level) / (len(self.numbers.names) if adjust else 1)
        known = np.isfinite(self.draws).all(axis=1)
        if np.count_nonzero(known) < 2:
            raise UnsupportedError("Fewer than two draws have all effects, so that there are no percentiles.")
        if self.kind == "percentile":
            low, high = np.quantile(self.draws[known], [tail, 1.0 - tail], axis=0)
            return replace(found, low=low, high=high)
        require_replicates(int(known.sum()), 1.0 - 2.0 * tail)
        forward, back = (np.log, np.exp) if self.scale in RATIOS else (np.asarray, np.asarray)
        with np.errstate(divide="ignore", invalid="ignore"):
            values, centre = forward(self.draws[known]), forward(self.numbers.value)
            speed = np.zeros(centre.size) if self.without is None else self.without.acceleration(forward)
            low, high = back(replicate_limits(values, centre, self.kind, -float(ndtri(tail)), speed))
        return replace(found, low=low, high=high)

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the effects.

        Parameters
        ----------
        hypothesis : str
            Hypotheses in terms of the names of the effects, or of ``b1``, ``b2``, ... by row: ``"b1 = b2"``.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            Joint test of all hypotheses.
        """
        return self.numbers.test(hypothesis, level)

    def between(self, kind: ContrastKind = "reference") -> Effects:
        """Return differences of effects between cells, or ratios of effects if the effects are ratios.

        Parameters
        ----------
        kind : {'reference', 'pairwise', 'sequential'}
            Each cell against the first, each pair of cells, or each cell against the one before it.

        Returns
        -------
        Effects
            One row per pair of cells and effect, such as a difference in differences, on the scale of the effects.
        """
        require_choice("kind", kind, get_args(ContrastKind))
        if int(self.cells.max()) < 1:
            raise DataError("There is one cell only; give by=... or at=... with several values to compare effects.")
        rows = [np.flatnonzero(self.cells == cell) for cell in range(int(self.cells.max()) + 1)]
        pairs = level_pairs(len(rows), kind)
        high, low = (np.concatenate([rows[pair[side]] for pair in pairs]) for side in (0, 1))
        ratio = self.scale in RATIOS
        sign, again = (" / " if ratio else " - "), self.title.startswith(BETWEEN)
        called = self.numbers.names
        names = [_against(called[a], called[b], sign, again) for a, b in zip(high, low, strict=True)]
        value, left, right = _combined(self.numbers.value, high, low, "risk_ratio" if ratio else "probability")
        root = left[:, None] * self.numbers.root[high] + right[:, None] * self.numbers.root[low]
        combined = np.zeros((high.size, self.numbers.value.size))
        combined[np.arange(high.size), high], combined[np.arange(high.size), low] = left, right
        law = self.numbers.law.of(combined)
        numbers = replace(self.numbers, names=tuple(names), value=value, root=root, law=law)
        scale: EffectScale = "risk_ratio" if ratio else "probability"
        draws = None if self.draws is None else np.stack([_combined(one, high, low, scale)[0] for one in self.draws])
        without = self.without
        if without is not None:
            own = np.stack([_combined(one, high, low, scale)[0] for one in without.values])
            without = replace(without, values=own)
        varied = {
            head
            for head, cells in self.labels
            if len(set(np.asarray(cells, dtype=object)[np.concatenate([r[:1] for r in rows])].tolist())) > 1
        }
        labels = tuple(
            (
                head,
                tuple(
                    _against(cells[a], cells[b], sign, again) if head in varied else cells[a]
                    for a, b in zip(high, low, strict=True)
                ),
            )
            for head, cells in self.labels
        )
        cells = np.repeat(np.arange(len(pairs)), [rows[pair[0]].size for pair in pairs])
        title = BETWEEN[ratio]
        return replace(self, labels=labels, numbers=numbers, title=title, cells=cells, draws=draws, without=without)


def _against(high: object, low: object, sign: str, again: bool) -> str:
    """Return what is compared in words, in parentheses where these are comparisons themselves."""
    return f"({high}){sign}({low})" if again else f"{high}{sign}{low}"


def level_pairs(n_levels: int, kind: ContrastKind, reference: int = 0) -> list[tuple[int, int]]:
    """Return which pairs of levels are compared; the second level is subtracted from the first.

    Parameters
    ----------
    n_levels : int
        Number of levels.
    kind : {'reference', 'pairwise', 'sequential'}
        Each level against the reference, each pair, or each level against the one before it.
    reference : int, default 0
        Index of the reference.

    Returns
    -------
    list of (int, int)
        Pairs in the order of the levels.

    Examples
    --------
    >>> level_pairs(3, "pairwise")
    [(1, 0), (2, 0), (2, 1)]
    >>> level_pairs(3, "reference", 1)
    [(0, 1), (2, 1)]
    """
    if kind == "sequential":
        return [(k, k - 1) for k in range(1, n_levels)]
    if kind == "pairwise":
        return [(high, low) for high in range(1, n_levels) for low in range(high)]
    return [(k, reference) for k in range(n_levels) if k != reference]


def compared(
    averages: Derived,
    shape: tuple[int, int, int],
    comparisons: Sequence[Comparison],
    scale: EffectScale,
    draws: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Return effects from averages: values, roots of the covariance, and draws.

    Parameters
    ----------
    averages : Derived
        C P L averages, in this order.
    shape : tuple of int
        Cells C, pieces P and values L.
    comparisons : sequence of Comparison
        R effects for each cell and value.
    scale : {'probability', 'link', 'risk_ratio', 'odds_ratio'}
        How two averages are compared.
    draws : (B, C P L) array, optional
        Draws of the averages.

    Returns
    -------
    value : (C R L,) array
        The effects, cells first, values last.
    root : (C R L, r) array
        A root R of their covariance: R R' is the covariance.
    draws : (B, C R L) array or None
        Draws of the effects.

    Examples
    --------
    >>> from logitkit.engine.law import Law
    >>> two = Derived(("a", "b"), np.array([0.2, 0.5]), np.eye(2), Law(), 0.95)
    >>> value, root, _ = compared(two, (1, 2, 1), [Comparison("x", "1 - 0", 1, 0)], "probability")
    >>> round(float(value[0]), 12), root.tolist()
    (0.3, [[-1.0, 1.0]])
    """
    cells, pieces, values = shape
    at = np.arange(cells * pieces * values).reshape(shape)
    high = np.stack([at[:, one.high] for one in comparisons], axis=1).reshape(-1)
    low = np.stack([at[:, one.high if one.low is None else one.low] for one in comparisons], axis=1).reshape(-1)
    single = np.array([one.low is None for one in comparisons])
    alone = np.broadcast_to(single[None, :, None], (cells, len(comparisons), values)).reshape(-1)

    def of(given: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        value, left, right = _combined(given, high, low, scale)
        return np.where(alone, given[high], value), np.where(alone, 1.0, left), np.where(alone, 0.0, right)

    ratio = scale in ("risk_ratio", "odds_ratio")
    value, left, right = of(certain(averages.value, averages.root) if ratio else averages.value)
    with np.errstate(invalid="ignore"):  # of an odds ratio that is zero or infinite
        root = left[:, None] * averages.root[high] + right[:, None] * averages.root[low]
    return value, root, None if draws is None else np.stack([of(one)[0] for one in draws])


def _combined(
    given: FloatArray, high: IntArray, low: IntArray, scale: EffectScale
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return comparisons of pairs of averages, and their derivatives by both."""
    a, b = given[high], given[low]
    with np.errstate(divide="ignore", invalid="ignore"):
        if scale == "risk_ratio":
            ratio = a / b
            return ratio, 1.0 / b, -ratio / b
        if scale == "odds_ratio":
            ratio = a * (1.0 - b) / ((1.0 - a) * b)
            return ratio, ratio / (a * (1.0 - a)), -ratio / (b * (1.0 - b))
        return a - b, np.ones(a.shape), -np.ones(a.shape)
