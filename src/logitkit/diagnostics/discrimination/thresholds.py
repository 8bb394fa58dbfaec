r"""Which probability to call an event from: thresholds chosen by a stated aim, with bootstrap intervals.

Every predicted probability is tried as a threshold. With the sensitivity Se and the specificity Sp of the rows, and the
proportion :math:`\pi` of events (or a prevalence that is given):

* ``youden``: the largest Se + Sp - 1; ``closest``: the least distance to (0, 1), :math:`(1 - Se)^2 + (1 - Sp)^2`;
* ``accuracy`` and ``f1``: the largest of each;
* ``cost``: the least :math:`r (1 - \pi) (1 - Sp) + \pi (1 - Se)`, with r the cost of a false event over that of a
  missed one. Where probabilities are calibrated this is the threshold r / (1 + r), which needs no data;
* ``capacity``: the lowest threshold that calls at most a stated proportion of the rows;
* ``sensitivity``: the highest threshold of a sensitivity not below the one asked for; ``specificity``: the lowest one
  of a specificity not below it.

Of equally good thresholds the highest is taken. The interval is of percentiles over samples of the rows, the fit held
as it is. A threshold that was chosen on rows does better on them than on others.

References
----------
Youden, W. J. (1950) Index for rating diagnostic tests. Cancer 3, 32-35. Perkins, N. J. and Schisterman, E. F. (2006)
The inconsistency of "optimal" cutpoints. American Journal of Epidemiology 163, 670-675. Elkan, C. (2001) The
foundations of cost-sensitive learning. IJCAI, 973-978.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.discrimination.at_thresholds import Rates, rates_of, require_prevalence
from logitkit.diagnostics.discrimination.curves import BY_EVENT
from logitkit.diagnostics.discrimination.precision_recall import require_event
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import rows_in_order
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.sample import is_sample
from logitkit.models.links import LOGIT
from logitkit.numerics.pooled import pooled
from logitkit.options import is_count, is_finite_number, require_choice
from logitkit.typing import FloatArray

__all__ = ["METHODS", "Aim", "Threshold", "ThresholdMethod", "asked_value", "threshold_for", "threshold_of_sums"]

ThresholdMethod = Literal["youden", "closest", "accuracy", "f1", "cost", "capacity", "sensitivity", "specificity"]
METHODS = ("youden", "closest", "accuracy", "f1", "cost", "capacity", "sensitivity", "specificity")
WITH_VALUE = {
    "cost": "the cost of a false event over that of a missed one, above 0",
    "capacity": "the largest proportion of the rows that can be called, between 0 and 1",
    "sensitivity": "the least sensitivity, between 0 and 1",
    "specificity": "the least specificity, between 0 and 1",
}
ROUNDING = 1e-12  # of a rate: by how much equally good thresholds may differ
SCORES_MOST = 20_000  # distinct ones, up to which samples are drawn without being asked for
DRAWS = 500


class Aim(NamedTuple):
    """The aim by which a threshold is chosen.

    Parameters
    ----------
    method : str
        Name of the aim.
    value : float or None
        Value that the aim requires, such as a cost ratio.
    prevalence : float or None
        Proportion of events in the population where the threshold will be used; that of the rows if None.

    Examples
    --------
    >>> Aim("capacity", 0.1, None).value
    0.1
    """

    method: str
    value: float | None
    prevalence: float | None


@dataclass(frozen=True, eq=False)
class Threshold:
    """A threshold chosen on some rows.

    Parameters
    ----------
    threshold, low, high : float
        Probability from which an event is predicted, with bootstrap percentile limits; limits are nan without bootstrap
        samples.
    method : str
        Name of the aim.
    value : float or None
        Value that the aim requires, such as a cost ratio.
    criterion : float
        Value of the criterion at the threshold: an index, distance, cost, proportion of predicted events, or rate.
    rates : Rates
        Classification rates at the threshold; their intervals treat the threshold as fixed.
    called : float
        Proportion of the rows that are predicted to be events.
    by_costs : float
        Optimal threshold for calibrated probabilities, which depends only on the costs; nan for other aims.
    prevalence : float or None
        Prevalence, if one was given.
    n : int
        Number of bootstrap samples.
    level : float
        Confidence level.
    in_sample : bool
        Whether the rows are those of the fit.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    Youden's index is largest at the threshold of the Kolmogorov-Smirnov distance:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found, curve = threshold_for(fit.record, fit.design), fit.discrimination()
    >>> bool(np.isclose(found.criterion, curve.ks)), bool(np.isclose(found.threshold, curve.ks_threshold))
    (True, True)
    """

    threshold: float
    low: float
    high: float
    method: str
    value: float | None
    criterion: float
    rates: Rates
    called: float
    by_costs: float
    prevalence: float | None
    n: int
    level: float
    in_sample: bool = False
    left_out: LeftOut = EVERY_ROW


def threshold_for(
    record: FitRecord,
    design: Design,
    method: ThresholdMethod = "youden",
    value: float | None = None,
    *,
    prevalence: float | None = None,
    n: int | None = None,
    level: float | None = None,
    seed: int | None = 0,
) -> Threshold:
    """Return the best threshold for a stated aim on some rows.

    Parameters
    ----------
    record : FitRecord
        The fit of an event.
    design : Design
        Rows with their outcome.
    method : str
        Name of the aim.
    value : float, optional
        Value that the aim requires, such as a cost ratio.
    prevalence : float, optional
        Proportion of events in the population where the threshold will be used; that of the rows by default.
    n : int, optional
        Number of bootstrap samples, 0 for no interval; by default 500 if there are at most 20,000 distinct predictions,
        and otherwise 0.
    level : float, optional
        Confidence level; that of the fit by default.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    Threshold
        The threshold and the classification rates at it.

    Raises
    ------
    DataError
        If the value does not suit the aim, or only one outcome occurs.
    UnsupportedError
        If the model has several outcomes.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> bool(threshold_for(fit.record, fit.design, "sensitivity", 0.9).rates.sensitivity[0, 0] >= 0.9)
    True
    """
    require_event(record, "A threshold")
    require_choice("method", method, METHODS)
    value = asked_value(method, value)
    share = require_prevalence(prevalence)
    level = record.level if level is None else level
    require_level(level)
    own = is_sample(record, design)
    with rows_in_order(record, design, own, [BY_EVENT]) as rows:
        blocks = list(pooled(rows.blocks(0)))
        scores = np.concatenate([block.scores for block in blocks])
        sums = np.concatenate([block.sums for block in blocks], axis=1)
        left_out = rows.facts.left_out(design)
    aim = Aim(method, value, share)
    independent = design.sample.response.counts_independently
    found = threshold_of_sums(scores, sums, aim, counts=independent, n=n, level=level, seed=seed)
    return replace(found, in_sample=own, left_out=left_out)


def threshold_of_sums(
    scores: FloatArray, sums: FloatArray, aim: Aim, *, counts: bool, n: int | None, level: float, seed: int | None
) -> Threshold:
    """Return the best threshold, computed from the events and non-events at each score.

    Parameters
    ----------
    scores : (k,) array
        Distinct log odds in ascending order.
    sums : (2, k) array
        Events and non-events at each score.
    aim : Aim
        Aim of the threshold.
    counts : bool
        Whether the sums are counts, so that bootstrap samples can be drawn.
    n : int or None
        Number of bootstrap samples, 0 for none; None for the default.
    level : float
        Confidence level.
    seed : int or None
        Seed of the random numbers.

    Returns
    -------
    Threshold
        The threshold and the classification rates at it.

    Examples
    --------
    >>> sums = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> aim = Aim("youden", None, None)
    >>> threshold_of_sums(np.array([-1.0, 0.0]), sums, aim, counts=True, n=0, level=0.95, seed=0).threshold
    0.5
    """
    if n is not None and n != 0 and not is_count(n, 100):
        raise DataError(f"n={n!r:.60} must be 0 or a whole number of at least 100 samples.")
    events, nonevents = (float(each) for each in sums.sum(axis=1))
    if events <= 0.0 or nonevents <= 0.0:
        raise DataError(
            f"The rows hold {events:g} events and {nonevents:g} non-events by weight; a threshold is chosen where both "
            "occur."
        )
    whole = np.rint(sums)  # proportions of trials, times these, are whole numbers but for rounding
    counts = counts and np.allclose(sums, whole, rtol=ROUNDING, atol=ROUNDING)
    sums = whole if counts else sums
    place, criterion, true, false = _best(sums, aim)
    draws = (DRAWS if scores.size <= SCORES_MOST else 0) if n is None else n
    draws = draws if counts else 0
    low = high = math.nan
    if draws:
        rng = np.random.default_rng(seed)
        drawn = [scores[_best(_drawn(sums, rng), aim, sampled=True)[0]] for _ in range(draws)]
        ends = np.quantile(drawn, [0.5 * (1.0 - level), 0.5 * (1.0 + level)], method="inverted_cdf")
        low, high = (float(each) for each in LOGIT.inverse(np.asarray(ends)))
    at = np.array([true]), np.array([false])
    return Threshold(
        threshold=float(LOGIT.inverse(scores[place : place + 1])[0]),
        low=low,
        high=high,
        method=aim.method,
        value=aim.value,
        criterion=criterion,
        rates=rates_of(*at, events, nonevents, level, counts=counts, prevalence=aim.prevalence),
        called=(true + false) / (events + nonevents),
        by_costs=aim.value / (1.0 + aim.value) if aim.method == "cost" and aim.value is not None else math.nan,
        prevalence=aim.prevalence,
        n=draws,
        level=level,
    )


def asked_value(method: str, given: Any) -> float | None:
    """Check the value that an aim requires, and return it.

    Parameters
    ----------
    method : str
        Name of the aim.
    given : float or None
        A cost ratio, a proportion or a rate, for aims that require one.

    Returns
    -------
    float or None
        The checked value.

    Examples
    --------
    >>> asked_value("cost", 1)
    1.0
    """
    if method not in WITH_VALUE:
        if given is not None:
            raise DataError(f"value={given!r:.60} goes with method={', '.join(map(repr, WITH_VALUE))}, not {method!r}.")
        return None
    most = math.inf if method == "cost" else 1.0
    if not is_finite_number(given) or not 0.0 < given <= most or (method == "capacity" and given == 1.0):
        raise DataError(f"method={method!r} needs value=, {WITH_VALUE[method]}; it is {given!r:.60}.")
    return float(given)


def _drawn(sums: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return events and non-events at each score in a bootstrap sample, as many of both."""
    return np.stack([rng.multinomial(round(float(row.sum())), row / row.sum()) for row in sums]).astype(np.float64)


def _best(sums: FloatArray, stated: Aim, *, sampled: bool = False) -> tuple[int, float, float, float]:
    """Return the place of the best threshold, its criterion, and the events and non-events called."""
    method, value, prevalence = stated
    true, false = np.cumsum(sums[:, ::-1], axis=1)[:, ::-1]
    events, nonevents = float(true[0]), float(false[0])
    share = events / (events + nonevents) if prevalence is None else prevalence
    hit, alarm = true / events, false / nonevents
    called = share * hit + (1.0 - share) * alarm
    used = sums.sum(axis=0) > 0.0
    aim = value or 0.0
    qualities: dict[str, Callable[[], FloatArray]] = {
        "youden": lambda: hit - alarm,
        "closest": lambda: -((1.0 - hit) ** 2 + alarm**2),
        "accuracy": lambda: share * hit + (1.0 - share) * (1.0 - alarm),
        "f1": lambda: 2.0 * share * hit / (share + called),
        "cost": lambda: -(aim * (1.0 - share) * alarm + share * (1.0 - hit)),
        "capacity": lambda: np.where(called <= aim + 1e-12, called, -np.inf),
        "sensitivity": lambda: np.where(hit >= aim - 1e-12, 2.0 - alarm, -np.inf),
        "specificity": lambda: np.where(1.0 - alarm >= aim - 1e-12, hit, -np.inf),
    }
    quality = np.where(used, qualities[method](), -np.inf)
    if not np.isfinite(quality).any() and not sampled:
        what = "the highest predicted probability is shared by more rows" if method == "capacity" else "no threshold"
        raise DataError(f"method={method!r} with value={aim:g} is reached by no predicted probability: {what}.")
    place = int(np.flatnonzero(quality >= quality.max() - ROUNDING)[-1])  # of equally good ones the highest
    criterion = {"sensitivity": float(hit[place])}.get(method, abs(float(quality[place])))
    if method == "specificity":
        criterion = 1.0 - float(alarm[place])
    return place, criterion, float(true[place]), float(false[place])
