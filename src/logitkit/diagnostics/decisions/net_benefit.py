r"""Decision curves: the net benefit of acting on predicted probabilities at each threshold.

Who acts from a probability t takes 1 needless action for (1 - t) / t missed events as even, so that acting on the rows
with at least that probability is worth

.. math:: NB(t) = \frac{TP}{n} - \frac{FP}{n} \frac{t}{1 - t}

per row, in events: that of acting on all is :math:`\pi - (1 - \pi) t / (1 - t)`, of acting on none 0. Where rows were
sampled by their outcome, a prevalence :math:`\pi` is given, and
:math:`NB = \pi\, Se - (1 - \pi)(1 - Sp)\, t / (1 - t)`. The standardised net benefit is :math:`NB / \pi`, at most 1. A
harm, such as that of a test, is subtracted, in events per row.

Errors are those of the mean over rows of :math:`1_{p \ge t} \{y - (1 - y) t / (1 - t)\}`; with a given prevalence those
of two independent proportions. They take the model as given (``docs/maths/decisions.md``, equations 1 to 3).

References
----------
Vickers, A. J. and Elkin, E. B. (2006) Decision curve analysis. Medical Decision Making 26, 565-574. Kerr, K. F., Brown,
M. D., Zhu, K. and Janes, H. (2016) Assessing the clinical impact of risk prediction models with decision curves.
Journal of Clinical Oncology 34, 2534-2540. Sande, S. Z. and others (2020) Statistics in Medicine 39, 2980-3002.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.diagnostics.discrimination.at_thresholds import called_at
from logitkit.diagnostics.discrimination.scored import Scored
from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError
from logitkit.models.links import LOGIT
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray

__all__ = ["DecisionCurve", "decision_curve"]


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit of several models at several thresholds.

    Parameters
    ----------
    names : tuple of str
        Names of the k models.
    thresholds : (t,) array
        Threshold probabilities at which action is taken.
    net_benefit, std_error, low, high : (k, t) array
        Net benefit in events per row, with standard errors and intervals; these are nan if weights do not count
        independent observations.
    of_all : (t,) array
        Net benefit of acting on all rows.
    harm : (k,) array
        Harm that was subtracted from the net benefit of each model, in events per row.
    prevalence : float
        Proportion of events.
    is_given : bool
        Whether the prevalence was given, because rows were sampled by outcome.
    events, nonevents : float
        Total weight of events and of non-events.
    level : float
        Confidence level.
    in_sample : bool
        Whether any fit predicts the rows that it was fitted to.
    not_shared : int
        Number of rows left out because a prediction is missing.

    Examples
    --------
    At a threshold near zero all rows are acted on:

    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1], [[-1.0, 0.0, 1.0, 2.0]])
    >>> found = decision_curve(rows, np.array([0.01]))
    >>> bool(found.net_benefit[0, 0] == found.of_all[0])
    True
    """

    names: tuple[str, ...]
    thresholds: FloatArray
    net_benefit: FloatArray
    std_error: FloatArray
    low: FloatArray
    high: FloatArray
    of_all: FloatArray
    harm: FloatArray
    prevalence: float
    is_given: bool
    events: float
    nonevents: float
    level: float
    in_sample: bool = False
    not_shared: int = 0

    @property
    def standardized(self) -> FloatArray:
        """Net benefit divided by the prevalence, with a maximum of 1, shape (k, t)."""
        return self.net_benefit / self.prevalence

    @property
    def avoided(self) -> FloatArray:
        """Net reduction in unnecessary actions per row, compared with acting on all rows, shape (k, t)."""
        return (self.net_benefit - self.of_all) * (1.0 - self.thresholds) / self.thresholds


def decision_curve(
    rows: Scored,
    thresholds: FloatArray,
    *,
    prevalence: float | None = None,
    harm: float | dict[str, float] = 0.0,
    level: float = 0.95,
) -> DecisionCurve:
    """Return the net benefit of acting on the predictions of several models.

    Parameters
    ----------
    rows : ScoredRows or JoinedRows
        Rows with log odds of the event as scores.
    thresholds : (t,) array
        Threshold probabilities in ascending order.
    prevalence : float, optional
        Prevalence in the population, to be given if rows were sampled by outcome.
    harm : float or mapping by name, default 0
        Harm of obtaining each prediction, in events per row.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    DecisionCurve
        Net benefit with intervals.

    Raises
    ------
    DataError
        If a harm is not a number, is negative, or names an unknown model.

    Examples
    --------
    A harm is subtracted:

    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1], [[-1.0, 0.0, 1.0, 2.0]])
    >>> free, dear = (decision_curve(rows, np.array([0.5]), harm=each).net_benefit[0, 0] for each in (0.0, 0.1))
    >>> bool(np.isclose(free - dear, 0.1))
    True
    """
    require_level(level)
    harms = _harms(rows.names, harm)
    events, nonevents = rows.n_events, rows.n_nonevents
    total, odds = events + nonevents, thresholds / (1.0 - thresholds)
    share = rows.rate if prevalence is None else prevalence
    cuts = LOGIT.link(thresholds)
    benefit, error = np.empty((2, len(rows.names), thresholds.size))
    for k in range(len(rows.names)):
        true, false = _called(rows, k, cuts - rows.roundings[k])
        hit, alarm = true / events, false / nonevents
        benefit[k] = share * hit - (1.0 - share) * alarm * odds - harms[k]
        if prevalence is None:
            gain = benefit[k] + harms[k]
            error[k] = np.sqrt(np.maximum((true + false * odds**2) / total - gain**2, 0.0) / max(total - 1.0, 1.0))
        else:
            of_events = share**2 * hit * (1.0 - hit) / events
            error[k] = np.sqrt(of_events + ((1.0 - share) * odds) ** 2 * alarm * (1.0 - alarm) / nonevents)
    if rows.errors != "counts":
        error = np.full_like(error, np.nan)
    half = float(NORMAL.quantile(level)) * error
    return DecisionCurve(
        names=rows.names,
        thresholds=thresholds,
        net_benefit=benefit,
        std_error=error,
        low=benefit - half,
        high=benefit + half,
        of_all=share - (1.0 - share) * odds,
        harm=harms,
        prevalence=share,
        is_given=prevalence is not None,
        events=events,
        nonevents=nonevents,
        level=level,
        in_sample=rows.in_sample,
        not_shared=rows.not_shared,
    )


def _called(rows: Scored, number: int, cuts: FloatArray) -> FloatArray:
    """Return the weight of events and of non-events at or above each cut of a score, shape (2, t)."""
    found = np.zeros((2, cuts.size))
    for block in rows.blocks():
        scores = block.pooled(number)
        found += called_at([scores], scores.sums.sum(axis=1), cuts)
    return found


def _harms(names: tuple[str, ...], given: float | dict[str, float]) -> FloatArray:
    """Return the harm of each prediction."""
    by_name = given if isinstance(given, dict) else dict.fromkeys(names, given)
    for name, value in by_name.items():
        if name not in names:
            raise DataError(f"harm names {name!r}, and the predictions are {', '.join(names)}.")
        if not is_finite_number(value) or value < 0.0:
            raise DataError(f"harm={value!r:.60} must be a number of events per row, not negative.")
    return np.array([float(by_name.get(name, 0.0)) for name in names])
