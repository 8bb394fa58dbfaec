"""The value of the predictions of a fit for decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from logitkit.results.given_rows import OfRows

if TYPE_CHECKING:
    from logitkit.results.diagnosed.decided import DecisionCurveResult, ReclassificationResult

__all__ = ["DecisionVerbs"]


class DecisionVerbs(OfRows):
    """Decision curves and reclassification."""

    def decision_curve(
        self,
        other: Any = None,
        data: Any = None,
        *,
        thresholds: Sequence[float] | float | None = None,
        prevalence: float | None = None,
        harm: float | Mapping[str, float] = 0.0,
        level: float | None = None,
    ) -> DecisionCurveResult:
        """Return the net benefit of acting on predicted probabilities at each threshold.

        Parameters
        ----------
        other : Fit, str, array, or several as a mapping by name, optional
            Other predictions of the same rows: fits, columns of ``data``, or probabilities for each row of the table.
            A mapping may name the fit itself too: ``{"clinical": fit, "with tests": richer}``.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        thresholds : sequence of float, optional
            Probabilities at or above which one acts; by default 0.01, 0.02, and so on to 0.99. Give the range that is
            reasonable for the decision.
        prevalence : float, optional
            Proportion of events in the population, if the rows were sampled by outcome.
        harm : float or mapping by name, default 0
            Harm of obtaining a prediction, such as that of a required test, in events per row.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        DecisionCurveResult
            Net benefit with intervals, compared with acting on all rows and on none.

        Examples
        --------
        The net benefit of the model, and of acting on all rows:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> found = fit.decision_curve(thresholds=[0.2, 0.3]).to_frame()
        >>> found[["threshold", "net_benefit", "of_all"]].astype(float).round(3)
           threshold  net_benefit  of_all
        0        0.2        0.157   0.140
        1        0.3        0.089   0.017
        """
        from logitkit.diagnostics.decisions.net_benefit import decision_curve
        from logitkit.diagnostics.discrimination.at_thresholds import require_prevalence, thresholds_asked
        from logitkit.results.diagnosed.decided import DecisionCurveResult
        from logitkit.results.diagnosed.together import as_result, probabilities_together

        rows = self._rows_of(data)
        cuts = thresholds_asked([k / 100 for k in range(1, 100)] if thresholds is None else thresholds)
        prevalence = require_prevalence(prevalence)
        with probabilities_together(rows, other) as scored:
            found = decision_curve(
                scored,
                cuts,
                prevalence=prevalence,
                harm=dict(harm) if isinstance(harm, Mapping) else harm,
                level=rows.record.level if level is None else level,
            )
        return as_result(DecisionCurveResult, found)

    def reclassification(
        self,
        other: Any,
        data: Any = None,
        *,
        cuts: Sequence[float] | float | None = None,
        level: float | None = None,
    ) -> ReclassificationResult:
        """Return the net reclassification (NRI) and integrated discrimination improvement (IDI) over an older model.

        Parameters
        ----------
        other : Fit, str or array
            The older model, a column of ``data`` with its probabilities, or an array with a probability for each row.
        data : table, optional
            Rows with an outcome; the rows of the fits by default, on which both measures are optimistic.
        cuts : sequence of float, optional
            Boundaries of the risk categories; by default every change of a probability counts.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        ReclassificationResult
            Both measures with their components and standard errors, and notes on their interpretation.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births)
        >>> found = fit.reclassification(lk.logit("low ~ age", births))
        >>> found.to_frame()[["measure", "estimate", "std_error"]].iloc[[0, 3]]
          measure  estimate  std_error
        0     nri  0.441721   0.153623
        3     idi  0.044860   0.015248
        """
        from logitkit.diagnostics.decisions.reclassification import reclassification
        from logitkit.results.diagnosed.decided import ReclassificationResult
        from logitkit.results.diagnosed.together import as_result, probabilities_together

        rows = self._rows_of(data)
        level = rows.record.level if level is None else level
        with probabilities_together(rows, other) as scored:
            return as_result(ReclassificationResult, reclassification(scored, cuts, level=level))
