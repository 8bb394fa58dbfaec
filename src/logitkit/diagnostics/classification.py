r"""What happens when each row is given its most probable outcome: the confusion table, and what is read from it.

With :math:`n_{ab}` the weight of trials of outcome a that are predicted b, margins :math:`n_{a\cdot}, n_{\cdot b}` and
total n:

* accuracy :math:`\sum_a n_{aa} / n`, with Wilson's interval;
* recall :math:`n_{aa} / n_{a\cdot}`, precision :math:`n_{aa} / n_{\cdot a}`, and their harmonic mean
  :math:`F_1 = 2 n_{aa} / (n_{a\cdot} + n_{\cdot a})`, of each outcome; macro averages are plain means over the
  outcomes, weighted ones by :math:`n_{a\cdot}`, and the micro average, of pooled counts, is the accuracy for all three;
* balanced accuracy: mean recall of the outcomes that occur;
* Cohen's :math:`\kappa = (o - e) / (1 - e)` with o the accuracy and :math:`e = \sum_a n_{a\cdot} n_{\cdot a} / n^2`;
* the correlation of observed and predicted outcomes, Matthews' coefficient for several outcomes;
* of the probabilities themselves, the mean log loss, and the Brier score :math:`\sum_k (y_k - p_k)^2` of a trial, which
  of two outcomes is twice that of the event alone.

What has no value, such as the precision of an outcome that is never predicted, is nan and makes the averages that need
it nan.

References
----------
Cohen, J. (1960) Educational and Psychological Measurement 20, 37-46. Gorodkin, J. (2004) Computational Biology and
Chemistry 28, 367-374, equation 8. Brier, G. W. (1950) Monthly Weather Review 78, 1-3. Sokolova, M. and Lapalme, G.
(2009) Information Processing and Management 45, 427-437.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.left_out import EVERY_ROW, LeftOut
from logitkit.diagnostics.proportions import independent_observations, wilson_interval
from logitkit.diagnostics.ranking import ROUNDING, PredictedRows, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.inference.delta import normal_quantile
from logitkit.inference.outcome_sample import is_outcome_sample
from logitkit.typing import FloatArray, IntArray

__all__ = ["Averages", "Classification", "classification", "mean_brier"]


@dataclass(frozen=True)
class Averages:
    """Precision, recall and F1 over outcomes.

    Parameters
    ----------
    precision, recall, f1 : float
        nan where an outcome that is averaged over has none.

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
    """Predicted against observed outcomes.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    confusion : (K, K) array
        Weighted trials; a row an observed outcome, a column a predicted one.
    accuracy, accuracy_low, accuracy_high : float
        Share of trials on the diagonal, with Wilson's interval; nan bounds with precision weights or clusters. With
        sampling weights it rests on Kish's effective size.
    no_information : float
        Accuracy of always predicting the most frequent outcome.
    precision, recall, f1 : (K,) array
        Of each outcome; nan where it is never predicted, does not occur, or neither.
    support, predicted : (K,) array
        Weighted trials that have each outcome, and that are predicted to.
    macro, weighted, micro : Averages
        Over all outcomes; plain, weighted by support, and of pooled counts.
    balanced_accuracy : float
        Mean recall of the outcomes that occur.
    kappa, matthews : float
        Agreement beyond chance, and correlation; nan where observed or predicted outcomes do not vary.
    log_loss, brier : float
        Mean scores of one trial.
    ties : int
        Rows whose largest probability belongs to several outcomes; the first of these is predicted.
    level : float
        Confidence level.
    in_sample : bool
        Whether the rows are those of the fit, where predictions do better than elsewhere.
    undetermined : int
        Rows left out because their prediction is undetermined under separation.
    left_out : LeftOut
        Rows given, used and left out.

    Examples
    --------
    The trace of the table makes the accuracy:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = classification(fit.record, fit.design)
    >>> bool(np.isclose(np.trace(found.confusion) / found.confusion.sum(), found.accuracy))
    True
    """

    outcomes: tuple[str, ...]
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
    undetermined: int = 0
    left_out: LeftOut = EVERY_ROW

    @property
    def absent(self) -> tuple[str, ...]:
        """Outcomes that no row has."""
        return tuple(name for name, total in zip(self.outcomes, self.support, strict=True) if total <= 0.0)

    @property
    def never_predicted(self) -> tuple[str, ...]:
        """Outcomes that no row is predicted to have."""
        return tuple(name for name, total in zip(self.outcomes, self.predicted, strict=True) if total <= 0.0)


def classification(record: FitRecord, design: Design, *, level: float | None = None) -> Classification:
    """Return how the most probable outcomes agree with those observed.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome: those of the fit, or new ones. Of counted outcomes every trial is one.
    level : float, optional
        Confidence level; the fit's by default.

    Returns
    -------
    Classification
        The table and its measures.

    Raises
    ------
    DataError
        If no row has a prediction.

    Examples
    --------
    The most frequent outcome is all that a model without columns predicts:

    >>> import logitkit as lk
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> found = classification(fit.record, fit.design)
    >>> found.accuracy, found.never_predicted, found.kappa
    (0.5, ('a', 'c'), 0.0)
    """
    level = record.level if level is None else level
    rows = predicted_rows(record, design)
    place, ties = _most_probable(rows.eta)
    trials = rows.weights * rows.shares
    k = len(rows.outcomes)
    confusion = np.stack([np.bincount(place, trial, k) for trial in trials]).astype(np.float64)
    support, predicted, right = confusion.sum(axis=1), confusion.sum(axis=0), np.diag(confusion)
    total = float(support.sum())
    accuracy = float(right.sum()) / total
    precision, recall, f1 = _share(right, predicted), _share(right, support), _share(2.0 * right, support + predicted)
    low, high = _accuracy_interval(accuracy, rows, design, level)
    chance = float(support @ predicted) / total**2
    return Classification(
        outcomes=rows.outcomes,
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
        log_loss=float(rows.weights @ rows.loss) / total,
        brier=mean_brier(rows),
        ties=ties,
        level=level,
        in_sample=is_outcome_sample(record, design),
        undetermined=rows.undetermined,
        left_out=rows.left_out,
    )


def mean_brier(rows: PredictedRows) -> float:
    """Return the mean Brier score of one trial, summed over outcomes.

    Parameters
    ----------
    rows : PredictedRows
        With their probabilities.

    Returns
    -------
    float
        Between 0 and 2.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> mean_brier(predicted_rows(fit.record, fit.design))
    0.625
    """
    trials, p = rows.weights * rows.shares, rows.probability
    with_outcome = trials * (1.0 - p) ** 2
    without = (rows.weights - trials) * p**2
    return float((with_outcome + without).sum() / rows.weights.sum())


def _most_probable(eta: FloatArray) -> tuple[IntArray, int]:
    """Return the first of the most probable outcomes of each row, and how many rows have several."""
    finite = np.abs(eta[np.isfinite(eta)])
    rounding = ROUNDING * max(1.0, float(finite.max(initial=0.0)))
    near = eta >= eta.max(axis=0) - rounding
    return near.argmax(axis=0), int(np.count_nonzero(near.sum(axis=0) > 1))


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray(np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0.0))


def _weighted(values: FloatArray, support: FloatArray) -> float:
    """Return the mean over the outcomes that occur, weighted by how often they do."""
    occurs = support > 0.0
    return float(values[occurs] @ support[occurs] / support.sum())


def _matthews(right: float, support: FloatArray, predicted: FloatArray) -> float:
    total = float(support.sum())
    spread = (total**2 - float(support @ support)) * (total**2 - float(predicted @ predicted))
    return (right * total - float(support @ predicted)) / math.sqrt(spread) if spread > 0.0 else math.nan


def _accuracy_interval(accuracy: float, rows: PredictedRows, design: Design, level: float) -> tuple[float, float]:
    """Return Wilson's interval, where weights count or are those of a sample."""
    normal_quantile(level)
    total, squares = np.array([rows.weights.sum()]), np.array([rows.weights @ rows.weights])
    n = independent_observations(design.response, total, squares)
    low, high = wilson_interval(np.array([min(accuracy, 1.0)]), n, level)
    return float(low[0]), float(high[0])
