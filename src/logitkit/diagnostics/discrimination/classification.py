r"""What happens when each row is given an outcome: the confusion table, and what is read from it.

Of several outcomes a row is given the most probable; an event is predicted where its probability is at least a
threshold, as Stata and SAS do. With :math:`n_{ab}` the weight of trials of outcome a that are predicted b, margins
:math:`n_{a\cdot}, n_{\cdot b}` and total n:

* accuracy :math:`\sum_a n_{aa} / n`, with Wilson's interval;
* recall :math:`n_{aa} / n_{a\cdot}`, precision :math:`n_{aa} / n_{\cdot a}`, and their harmonic mean
  :math:`F_1 = 2 n_{aa} / (n_{a\cdot} + n_{\cdot a})`, of each outcome; macro averages are plain means over the
  outcomes, weighted ones by :math:`n_{a\cdot}`, and the micro average, of pooled counts, is the accuracy for all three.
  The recall of an event is its sensitivity, that of its absence the specificity, and precision the predictive value;
* balanced accuracy: mean recall of the outcomes that occur;
* Cohen's :math:`\kappa = (o - e) / (1 - e)` with o the accuracy and :math:`e = \sum_a n_{a\cdot} n_{\cdot a} / n^2`;
* the correlation of observed and predicted outcomes, Matthews' coefficient for several outcomes;
* of the probabilities themselves, the mean log loss, and the Brier score :math:`(y - p)^2` of a trial, which is summed
  over several outcomes: of two it is then twice that of the event alone.

What has no value, such as the precision of an outcome that is never predicted, is nan and makes the averages that need
it nan.

References
----------
Cohen, J. (1960) Educational and Psychological Measurement 20, 37-46. Gorodkin, J. (2004) Computational Biology and
Chemistry 28, 367-374, equation 8. Brier, G. W. (1950) Monthly Weather Review 78, 1-3. Sokolova, M. and Lapalme, G.
(2009) Information Processing and Management 45, 427-437. StataCorp, Base Reference Manual, [R] estat classification.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.rows.ordering import RowFacts, row_facts
from logitkit.diagnostics.rows.proportions import independent_observations, wilson_interval
from logitkit.diagnostics.rows.ranking import ROUNDING, no_rows, predicted_rows
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.models.links import LOGIT
from logitkit.options import is_finite_number
from logitkit.typing import FloatArray, IntArray

__all__ = ["Averages", "Classification", "classification"]


@dataclass(frozen=True)
class Averages:
    """Precision, recall and F1 averaged over outcomes.

    Parameters
    ----------
    precision, recall, f1 : float
        Averages; nan if the measure is undefined for an outcome.

    Examples
    --------
    >>> Averages(0.5, 0.25, 1 / 3).recall
    0.25
    """

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Classification:
    """Predicted and observed outcomes, with measures of agreement.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    threshold : float or None
        Probability from which an event is predicted; None if the most probable of several outcomes is predicted.
    confusion : (K, K) array
        Weighted trials, with one row per observed outcome and one column per predicted outcome.
    accuracy, accuracy_low, accuracy_high : float
        Proportion of trials on the diagonal, with its Wilson interval. With sampling weights the interval uses Kish's
        effective sample size; with precision weights or clusters its limits are nan.
    no_information : float
        Accuracy of always predicting the most frequent outcome.
    precision, recall, f1 : (K,) array
        Measures for each outcome. Precision is nan if the outcome is never predicted, recall if it does not occur, and
        F1 if both hold.
    support, predicted : (K,) array
        Weighted trials with each observed outcome, and with each predicted outcome.
    macro, weighted, micro : Averages
        Averages over all outcomes: unweighted, weighted by support, and from pooled counts.
    balanced_accuracy : float
        Mean recall over the outcomes that occur.
    kappa, matthews : float
        Cohen's kappa, and Matthews correlation; nan if observed or predicted outcomes do not vary.
    log_loss, brier : float
        Mean score per trial.
    ties : int
        Number of rows in which several outcomes share the largest probability; the first of them is predicted. In a
        model of an event, number of rows exactly at the threshold; the event is predicted.
    level : float
        Confidence level.
    in_sample : bool
        Whether the rows are those of the fit, where predictions look better than on other rows.
    recall_limits, precision_limits : (2, K) array
        Wilson limits for each outcome; nan if weights do not count independent observations.
    undetermined : int
        Number of rows left out because separation leaves their prediction undetermined.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    The accuracy is the trace of the table divided by its total:

    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> found = classification(fit.record, fit.design)
    >>> bool(np.isclose(np.trace(found.confusion) / found.confusion.sum(), found.accuracy))
    True
    """

    outcomes: tuple[str, ...]
    threshold: float | None
    confusion: FloatArray
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    no_information: float
    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    support: FloatArray
    predicted: FloatArray
    macro: Averages
    weighted: Averages
    micro: Averages
    balanced_accuracy: float
    kappa: float
    matthews: float
    log_loss: float
    brier: float
    ties: int
    level: float
    in_sample: bool
    recall_limits: FloatArray
    precision_limits: FloatArray
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW

    @property
    def of_event(self) -> bool:
        """Whether the model predicts a single event."""
        return self.threshold is not None

    @property
    def absent(self) -> tuple[str, ...]:
        """Outcomes that do not occur in the rows."""
        return tuple(name for name, total in zip(self.outcomes, self.support, strict=True) if total <= 0.0)

    @property
    def never_predicted(self) -> tuple[str, ...]:
        """Outcomes that are not predicted for any row."""
        return tuple(name for name, total in zip(self.outcomes, self.predicted, strict=True) if total <= 0.0)

    @property
    def sensitivity(self) -> float:
        """Proportion of events that are predicted, in a model of an event."""
        return self._of_event(self.recall, 1, "recall")

    @property
    def specificity(self) -> float:
        """Proportion of non-events that are predicted, in a model of an event."""
        return self._of_event(self.recall, 0, "recall")

    @property
    def positive_predictive_value(self) -> float:
        """Proportion of events among predicted events, in a model of an event."""
        return self._of_event(self.precision, 1, "precision")

    @property
    def negative_predictive_value(self) -> float:
        """Proportion of non-events among predicted non-events, in a model of an event."""
        return self._of_event(self.precision, 0, "precision")

    def _of_event(self, values: FloatArray, place: int, name: str) -> float:
        if not self.of_event:
            raise UnsupportedError(f"With several outcomes, each has its own: see {name}, in the order of outcomes.")
        return float(values[place])


def classification(
    record: FitRecord, design: Design, *, threshold: float | None = None, level: float | None = None
) -> Classification:
    """Return how predicted outcomes agree with observed outcomes.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones. With counts, every trial is one outcome.
    threshold : float, optional
        Probability from which an event is predicted, 0.5 by default. With several outcomes the most probable one is
        predicted.
    level : float, optional
        Confidence level; that of the fit by default.

    Returns
    -------
    Classification
        The table and measures of agreement.

    Raises
    ------
    DataError
        If no row has a prediction, or the threshold is not a probability.
    UnsupportedError
        If a threshold is given for several outcomes.

    Examples
    --------
    The first table of [R] estat classification:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + C(race) + smoke + ptl + ht + ui", lk.datasets.load_lbw())
    >>> found = classification(fit.record, fit.design)
    >>> found.confusion.tolist(), round(100 * found.sensitivity, 2), round(100 * found.specificity, 2)
    ([[118.0, 12.0], [38.0, 21.0]], 35.59, 90.77)

    A model with only intercepts always predicts the most frequent outcome:

    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> found = classification(fit.record, fit.design)
    >>> found.accuracy, found.never_predicted, found.kappa
    (0.5, ('a', 'c'), 0.0)
    """
    require(record, "classification")
    level = record.level if level is None else level
    threshold = _threshold(record.has_event, threshold)
    in_sample = is_sample(record, design)
    counted = design.reduce(_Counted(record, threshold, in_sample if design.in_chunks else None), _Counts.plus)
    confusion, facts = counted.confusion, counted.facts
    if not confusion.any():
        raise no_rows(design.n_rows)
    support, predicted, right = confusion.sum(axis=1), confusion.sum(axis=0), np.diag(confusion)
    total = float(support.sum())
    accuracy = float(right.sum()) / total
    precision, recall, f1 = _share(right, predicted), _share(right, support), _share(2.0 * right, support + predicted)
    low, high = _accuracy_interval(accuracy, counted, design.sample.response, level)
    chance = float(support @ predicted) / total**2
    return Classification(
        outcomes=facts.outcomes,
        threshold=threshold,
        confusion=confusion,
        accuracy=accuracy,
        accuracy_low=low,
        accuracy_high=high,
        no_information=float(support.max()) / total,
        precision=precision,
        recall=recall,
        f1=f1,
        support=support,
        predicted=predicted,
        macro=Averages(float(precision.mean()), float(recall.mean()), float(f1.mean())),
        weighted=Averages(*(_weighted(values, support) for values in (precision, recall, f1))),
        micro=Averages(accuracy, accuracy, accuracy),
        balanced_accuracy=float(recall[support > 0.0].mean()),
        kappa=(accuracy - chance) / (1.0 - chance) if chance < 1.0 else math.nan,
        matthews=_matthews(float(right.sum()), support, predicted),
        log_loss=counted.loss / total,
        brier=counted.squared_error / counted.weight,
        ties=counted.ties,
        level=level,
        in_sample=in_sample,
        undetermined=facts.undetermined,
        left_out=facts.left_out(design),
        recall_limits=_limits(recall, support, design.sample.response, level),
        precision_limits=_limits(precision, predicted, design.sample.response, level),
    )


@dataclass(frozen=True)
class _Counts:
    """Sums over rows of which the table and its measures are made."""

    confusion: FloatArray
    ties: int
    loss: float
    squared_error: float
    weight: float
    squares: float
    facts: RowFacts

    def plus(self, other: _Counts) -> _Counts:
        """Return the sums over both."""
        return _Counts(
            self.confusion + other.confusion,
            self.ties + other.ties,
            self.loss + other.loss,
            self.squared_error + other.squared_error,
            self.weight + other.weight,
            self.squares + other.squares,
            self.facts.plus(other.facts),
        )


@dataclass(frozen=True)
class _Counted:
    """The sums over some rows."""

    record: FitRecord
    threshold: float | None
    own: bool | None

    def __call__(self, part: Design) -> _Counts:
        """Return the sums."""
        rows, cut = predicted_rows(self.record, part, self.own), self.threshold
        place, ties = _most_probable(rows.log_odds) if cut is None else _at_least(rows.log_odds[1], cut)
        trials, k = rows.weights * rows.shares, len(rows.outcomes)
        confusion = np.stack([np.bincount(place, trial, k) for trial in trials]).astype(np.float64)
        loss, weight = float(rows.weights @ rows.loss), float(rows.weights.sum())
        squares = float(rows.weights @ rows.weights)
        return _Counts(confusion, ties, loss, rows.squared_error, weight, squares, row_facts(rows, part))


def _threshold(of_event: bool, given: Any) -> float | None:
    """Return the probability from which an event is predicted, None for several outcomes."""
    if not of_event:
        if given is not None:
            raise UnsupportedError(
                f"threshold={given!r:.60} applies to an event; with several outcomes the most probable one is "
                "predicted."
            )
        return None
    if given is None:
        return 0.5
    if not is_finite_number(given) or not 0.0 <= given <= 1.0:
        raise DataError(f"threshold={given!r:.60} must be a probability, from 0 to 1.")
    return float(given)


def _most_probable(log_odds: FloatArray) -> tuple[IntArray, int]:
    """Return the first of the most probable outcomes of each row, and how many rows have several."""
    near = log_odds >= log_odds.max(axis=0) - _rounding(log_odds)
    return near.argmax(axis=0), int(np.count_nonzero(near.sum(axis=0) > 1))


def _at_least(log_odds: FloatArray, threshold: float) -> tuple[IntArray, int]:
    """Return 1 for each row whose probability is at least a threshold, else 0, and how many rows are at it."""
    cut = float(LOGIT.link(np.array(threshold)))
    rounding = _rounding(log_odds)
    with np.errstate(invalid="ignore"):
        at = (log_odds == cut) | (np.abs(log_odds - cut) <= rounding)
    return (at | (log_odds > cut)).astype(np.int64), int(np.count_nonzero(at))


def _rounding(log_odds: FloatArray) -> float:
    """Return by how much log odds that are equal may differ."""
    finite = np.abs(log_odds[np.isfinite(log_odds)])
    return ROUNDING * max(1.0, float(finite.max(initial=0.0)))


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0.0))


def _limits(rate: FloatArray, total: FloatArray, response: Response, level: float) -> FloatArray:
    n = np.where((total > 0.0) & response.counts_independently, total, np.nan)
    return np.stack(wilson_interval(np.minimum(rate, 1.0), n, level))


def _weighted(values: FloatArray, support: FloatArray) -> float:
    """Return the mean over the outcomes that occur, weighted by how often they do."""
    occurs = support > 0.0
    return float(values[occurs] @ support[occurs] / support.sum())


def _matthews(right: float, support: FloatArray, predicted: FloatArray) -> float:
    total = float(support.sum())
    spread = (total**2 - float(support @ support)) * (total**2 - float(predicted @ predicted))
    return (right * total - float(support @ predicted)) / math.sqrt(spread) if spread > 0.0 else math.nan


def _accuracy_interval(accuracy: float, counted: _Counts, response: Response, level: float) -> tuple[float, float]:
    """Return Wilson's interval, where weights count or are those of a sample."""
    require_level(level)
    total, squares = np.array([counted.weight]), np.array([counted.squares])
    n = independent_observations(response, total, squares)
    low, high = wilson_interval(np.array([min(accuracy, 1.0)]), n, level)
    return float(low[0]), float(high[0])
