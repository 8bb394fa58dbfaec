"""Classification of outcomes by thresholds of the probability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from logitkit.results.given_rows import OfRows

if TYPE_CHECKING:
    from logitkit.diagnostics.discrimination.thresholds import ThresholdMethod
    from logitkit.results.diagnosed.decided import ClassificationTableResult, ThresholdResult
    from logitkit.results.diagnosed.with_frames import ClassificationResult

__all__ = ["ClassificationVerbs"]


class ClassificationVerbs(OfRows):
    """Classification, and the choice of a threshold."""

    def classification(self, data: Any = None, threshold: float | None = None) -> ClassificationResult:
        """Return the confusion table of predicted outcomes, with the measures derived from it.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        threshold : float, optional
            The event is predicted if its probability is at least this value, 0.5 by default. With several outcomes, the
            most probable one is predicted, and there is no threshold.

        Returns
        -------
        ClassificationResult
            The table; accuracy with its interval; precision and recall of each outcome (for an event, sensitivity,
            specificity and predictive values); agreement beyond chance; log loss and Brier score.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.classification(threshold=0.3)
        >>> found.confusion.tolist(), round(found.accuracy, 3)
        ([[76.0, 54.0], [19.0, 40.0]], 0.614)
        """
        from logitkit.diagnostics.discrimination.classification import classification
        from logitkit.results.diagnosed.together import as_result
        from logitkit.results.diagnosed.with_frames import ClassificationResult

        rows = self._rows_of(data)
        return as_result(ClassificationResult, classification(rows.record, rows.design, threshold=threshold))

    def classification_table(
        self,
        data: Any = None,
        thresholds: Sequence[float] | float | None = None,
        *,
        corrected: bool = False,
        prevalence: float | None = None,
        level: float | None = None,
    ) -> ClassificationTableResult:
        """Return the classification at several thresholds.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        thresholds : sequence of float, optional
            Probabilities at or above which the event is predicted; by default 0.05, 0.1, and so on to 0.95.
        corrected : bool, default False
            Whether to predict each observation of the fit from all others, by a one-step approximation, as CTABLE in
            SAS.
        prevalence : float, optional
            Proportion of events for predictive values by Bayes' rule; by default that of the rows.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        ClassificationTableResult
            Counts, and sensitivity, specificity, predictive values and accuracy with Wilson intervals.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.classification_table(thresholds=[0.2, 0.3, 0.4]).to_frame()
        >>> found[["threshold", "sensitivity", "specificity"]].astype(float).round(3)
           threshold  sensitivity  specificity
        0        0.2        0.932        0.223
        1        0.3        0.678        0.585
        2        0.4        0.356        0.808
        """
        from logitkit.diagnostics.discrimination.at_thresholds import classification_table
        from logitkit.results.diagnosed.decided import ClassificationTableResult
        from logitkit.results.diagnosed.together import as_result

        rows = self._rows_of(data)
        found = classification_table(
            rows.record, rows.design, thresholds, corrected=corrected, prevalence=prevalence, level=level
        )
        return as_result(ClassificationTableResult, found)

    def thresholds(
        self,
        method: ThresholdMethod = "youden",
        value: float | None = None,
        *,
        data: Any = None,
        prevalence: float | None = None,
        n: int | None = None,
        level: float | None = None,
        seed: int | None = 0,
    ) -> ThresholdResult:
        """Choose the probability threshold for predicting the event, by a stated criterion.

        Parameters
        ----------
        method : {'youden', 'closest', 'accuracy', 'f1', 'cost', 'capacity', 'sensitivity', 'specificity'}
            Criterion: the largest sensitivity + specificity - 1, the smallest distance of the ROC curve to the point
            without errors, the largest accuracy or F1, the smallest cost, a maximal proportion of predicted events, or
            a sensitivity or specificity to be reached.
        value : float, optional
            For ``'cost'``, the cost of a false positive divided by that of a false negative; for ``'capacity'``, the
            proportion of rows; for ``'sensitivity'`` and ``'specificity'``, the rate.
        data : table, optional
            Rows with an outcome; the rows of the fit by default, on which the performance at the chosen threshold is
            optimistic.
        prevalence : float, optional
            Proportion of events in the population in which the threshold will be used; that of the rows by default.
        n : int, optional
            Number of bootstrap samples for the interval of the threshold. Default: 500 with at most 20,000 distinct
            predictions, else none.
        level : float, optional
            Confidence level; that of the fit by default.
        seed : int, optional
            Random seed.

        Returns
        -------
        ThresholdResult
            The threshold with its interval, and the rates at the threshold.

        Examples
        --------
        The threshold with the largest sum of sensitivity and specificity:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.thresholds()
        >>> round(found.threshold, 3), [round(end, 2) for end in (found.low, found.high)]
        (0.293, [0.22, 0.36])
        """
        from logitkit.diagnostics.discrimination.thresholds import threshold_for
        from logitkit.options import require_seed
        from logitkit.results.diagnosed.decided import ThresholdResult
        from logitkit.results.diagnosed.together import as_result

        rows = self._rows_of(data)
        found = threshold_for(
            rows.record,
            rows.design,
            method,
            value,
            prevalence=prevalence,
            n=n,
            level=level,
            seed=require_seed(seed),
        )
        return as_result(ThresholdResult, found)
