r"""Rank correlations of predictions and outcomes: c, Somers' D, Goodman and Kruskal's gamma and Kendall's tau-a.

Of all pairs of trials with different outcomes, P are concordant (the one with the later outcome has the larger mean
score), Q discordant, and the others tie:

.. math:: D = \frac{P - Q}{T}, \quad \gamma = \frac{P - Q}{P + Q}, \quad \tau_a = \frac{P - Q}{N (N - 1) / 2}, \quad
          c = \frac{D + 1}{2},

T the pairs with different outcomes and N the trials. Of an event c is the area under the ROC curve. With ordered
outcomes rows are ranked by their mean score, outcomes numbered from 0, as SAS does.

Each is a ratio of sums over pairs, and its error that of the linear parts: with :math:`x_l` the concordant less the
discordant pairs of trial l, :math:`s_l` their sum and :math:`t_l` its pairs, D changes by
:math:`2 (x_l - D t_l) / \sum t`, and the others likewise; squares are summed over trials, times M / (M - 1) within an
outcome of M trials, which makes the error of c that of DeLong (``docs/maths/discrimination.md``, equation 9).

References
----------
Somers, R. H. (1962) A new asymmetric measure of association for ordinal variables. American Sociological Review 27,
799-811. Goodman, L. A. and Kruskal, W. H. (1963) JASA 58, 310-364. SAS, PROC LOGISTIC, Rank Correlation of Observed
Responses and Predicted Probabilities (which groups probabilities in bins of 0.002, where these are exact).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import Ranking, rows_in_order
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows
from logitkit.engine.law import NORMAL, require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.typing import FloatArray

__all__ = ["Concordance", "concordance"]

NAMES = ("c", "Somers' D", "Goodman-Kruskal gamma", "Kendall's tau-a")


@dataclass(frozen=True, eq=False)
class Concordance:
    """Rank correlations between predictions and outcomes.

    Parameters
    ----------
    names : tuple of str
        Names of the four measures.
    estimates, errors, low, high : (4,) array
        Estimates, standard errors and confidence limits; standard errors are nan if weights do not count independent
        observations.
    concordant, discordant, tied : float
        Weight of concordant, discordant and tied pairs of trials with different outcomes.
    trials : float
        Number of trials, N.
    outcomes : tuple of str
        Outcomes in order.
    level : float
        Confidence level.
    in_sample : bool
        Whether the rows are those of the fit.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = concordance(fit.record, fit.design)
    >>> bool(np.isclose(found.c, fit.discrimination().auc))
    True
    """

    names: tuple[str, ...]
    estimates: FloatArray
    errors: FloatArray
    low: FloatArray
    high: FloatArray
    concordant: float
    discordant: float
    tied: float
    trials: float
    outcomes: tuple[str, ...]
    level: float
    in_sample: bool = False
    left_out: LeftOut = EVERY_ROW

    @property
    def c(self) -> float:
        """Proportion of concordant pairs, with ties counted as one half."""
        return float(self.estimates[0])

    @property
    def somers_d(self) -> float:
        """Somers' D, with the outcomes as the independent variable."""
        return float(self.estimates[1])

    @property
    def gamma(self) -> float:
        """Goodman and Kruskal's gamma, from the pairs that are not tied."""
        return float(self.estimates[2])

    @property
    def tau_a(self) -> float:
        """Kendall's tau-a, from all pairs of trials."""
        return float(self.estimates[3])


def concordance(record: FitRecord, design: Design, *, level: float | None = None) -> Concordance:
    """Return rank correlations between predictions and outcomes.

    Parameters
    ----------
    record : FitRecord
        The fit of an event or of ordered outcomes.
    design : Design
        Rows with their outcome.
    level : float, optional
        Confidence level; that of the fit by default.

    Returns
    -------
    Concordance
        Measures from all pairs of trials with different outcomes.

    Raises
    ------
    UnsupportedError
        If the outcomes are not ordered.
    DataError
        If all rows have the same outcome.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> found = concordance(fit.record, fit.design)
    >>> found.somers_d, found.gamma, round(found.tau_a, 4)
    (0.5, 0.5, 0.3333)
    """
    require(record, "discrimination")
    if not record.has_event and not record.family.words.ordered:
        raise UnsupportedError(
            "Pairs are concordant where outcomes have an order, and these have none: see fit.discrimination(), which "
            "has Hand and Till's measure."
        )
    level = record.level if level is None else level
    require_level(level)
    own = is_sample(record, design)
    with rows_in_order(record, design, own, [BY_MEAN_SCORE]) as rows:
        totals, facts = rows.totals[0], rows.facts
        if np.count_nonzero(totals > 0.0) < 2:
            raise DataError("All rows have one outcome; pairs need two.")
        sums = _Pairs(totals)
        for block in pooled(rows.blocks(0)):
            sums.add(block)
    estimates, errors = sums.measures()
    if not design.sample.response.counts_independently:
        errors = np.full(4, math.nan)
    half = float(NORMAL.quantile(level)) * errors
    least = np.array([0.0, -1.0, -1.0, -1.0])
    return Concordance(
        names=NAMES,
        estimates=estimates,
        errors=errors,
        low=np.maximum(estimates - half, least),
        high=np.minimum(estimates + half, 1.0),
        concordant=sums.concordant,
        discordant=sums.discordant,
        tied=sums.different - sums.concordant - sums.discordant,
        trials=float(totals.sum()),
        outcomes=facts.outcomes,
        level=level,
        in_sample=own,
        left_out=facts.left_out(design),
    )


def _by_mean_score(rows: PredictedRows) -> RankedRows:
    return rows.by_score()


def _trials(rows: PredictedRows, ranked: RankedRows) -> FloatArray:
    """Return the trials of each outcome, shape (K, r)."""
    return ranked.weights * rows.shares[:, ranked.place]


BY_MEAN_SCORE = Ranking(_by_mean_score, _trials)


class _Pairs:
    """What is summed over ascending scores, by outcome."""

    def __init__(self, totals: FloatArray) -> None:
        self.totals = totals
        self._seen = np.zeros(totals.size)
        self._sums = np.zeros((totals.size, 5))  # of x, s, x^2, x s, s^2

    def add(self, block: Pooled) -> None:
        """Take the next scores."""
        trials = block.sums
        below = self._seen[:, None] + np.cumsum(trials, axis=1) - trials
        above = np.maximum(self.totals[:, None] - below - trials, 0.0)
        for k in range(self.totals.size):
            right = below[:k].sum(axis=0) + above[k + 1 :].sum(axis=0)
            wrong = above[:k].sum(axis=0) + below[k + 1 :].sum(axis=0)
            x, s = right - wrong, right + wrong
            self._sums[k] += [float(trials[k] @ each) for each in (x, s, x * x, x * s, s * s)]
        self._seen = self._seen + trials.sum(axis=1)

    @property
    def different(self) -> float:
        """Pairs with different outcomes."""
        return float(0.5 * self.totals @ (self.totals.sum() - self.totals))

    @property
    def concordant(self) -> float:
        """Pairs in the right order."""
        return float(0.25 * (self._sums[:, 1] + self._sums[:, 0]).sum())

    @property
    def discordant(self) -> float:
        """Pairs in the wrong order."""
        return float(0.25 * (self._sums[:, 1] - self._sums[:, 0]).sum())

    def measures(self) -> tuple[FloatArray, FloatArray]:
        """Return c, D, gamma and tau-a, with their errors."""
        n, m = float(self.totals.sum()), self.totals
        x, s, xx, xs, ss = self._sums.T
        ordered, untied = float(x.sum()), float(s.sum())
        others = n - m
        d = ordered / float(m @ others)
        gamma = ordered / untied if untied > 0.0 else math.nan
        tau = ordered / (n * (n - 1.0))
        own = np.divide(m, m - 1.0, out=np.full(m.size, math.nan), where=m > 1.0)
        own = np.where(m > 0.0, own, 0.0)
        of_d = xx - 2.0 * d * others * x + d * d * others**2 * m
        of_gamma = xx - 2.0 * gamma * xs + gamma**2 * ss
        of_tau = xx - 2.0 * tau * (n - 1.0) * x + tau**2 * (n - 1.0) ** 2 * m
        spread = [
            float(own @ of_d) / float(m @ others) ** 2,
            float(own @ of_gamma) / untied**2 if untied > 0.0 else math.nan,
            float(of_tau.sum()) * n / (n - 1.0) / (n * (n - 1.0)) ** 2,
        ]
        if untied == 0.0 or abs(gamma) == 1.0:
            spread = [math.nan] * 3  # zero by the formula, which is no precision
        errors = 2.0 * np.sqrt(np.maximum(spread, 0.0))
        return np.array([0.5 * (d + 1.0), d, gamma, tau]), np.concatenate([[0.5 * errors[0]], errors])
