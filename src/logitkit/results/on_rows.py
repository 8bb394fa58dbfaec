"""A fit on given rows: every verb that uses rows, written once for all models.

The docstrings of the verbs are those of ``Fit``, from which they are copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from logitkit.report.frames import rows as row_frames
from logitkit.results.diagnosed.diagnostic_verbs import DiagnosticVerbs
from logitkit.results.documented import documents
from logitkit.results.fit import Fit
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.given_rows import of_given_rows
from logitkit.results.predicted import Scale, predicted, predicted_at_once, predicted_with_errors
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.results.their_words import meant_by

if TYPE_CHECKING:
    from logitkit.inference.effects.comparisons import ContrastKind, DrawsKind, EffectScale
    from logitkit.inference.effects.contrast_sets import ContrastSet
    from logitkit.inference.effects.inverse import InverseMethod
    from logitkit.inference.effects.means import Averaged, MeansScale
    from logitkit.inference.effects.profiles import ContrastMethod
    from logitkit.inference.intervals.asked import IntervalMethod
    from logitkit.inference.intervals.bootstrap_intervals import IntervalKind
    from logitkit.inference.intervals.simultaneous import Adjustment, IntervalAdjustment
    from logitkit.inference.penalised.dual_bound import Certificate
    from logitkit.results.effects.cells import At
    from logitkit.results.effects.inverse import InverseResult
    from logitkit.results.effects.means import MeansResult
    from logitkit.results.effects.pieces import Change
    from logitkit.results.effects.profile_contrasts import ProfileContrastResult
    from logitkit.results.effects.reference_grid import CellWeights
    from logitkit.results.effects.shown_effects import EffectsResult
    from logitkit.results.row_figures import RowPlots
    from logitkit.results.written_predictions import PredictedColumn
    from logitkit.typing import Unit

__all__ = ["FitOnRows"]


@verbs_in_our_words
@of_given_rows
class FitOnRows(DiagnosticVerbs):
    """A fit on given rows, with the verbs that use rows.

    Parameters
    ----------
    rows : Rows
        The fit and the rows.
    figures : type
        Class of the figures.

    Examples
    --------
    The outcome of the rows is given only once:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw().assign(Intercept=1.0)
    >>> old, new, names = births.iloc[::3], births.iloc[1::3], ["Intercept", "lwt", "smoke", "ht"]
    >>> fit = lk.logit_matrix(old[names], old["low"])
    >>> others = fit.on(new[names], y=new["low"])
    >>> round(others.calibration().brier, 3), round(others.discrimination().auc, 3)
    (0.202, 0.704)
    """

    def __init__(self, rows: Rows, figures: type[RowPlots]) -> None:
        self._rows, self._record, self._figures = rows, rows.record, figures

    def _rows_of(self, data: Any) -> Rows:  # noqa: ARG002 - verbs of given rows have no such parameter
        """Return the given rows."""
        return self._rows

    # Predictions.

    def predict(
        self,
        *,
        to: str | Path | None = None,
        columns: PredictedColumn | Sequence[PredictedColumn] = "probability",
        keys: str | Sequence[str] = (),
        level: float | None = None,
    ) -> Any:
        """Return the predicted probabilities."""
        if to is not None:
            from logitkit.results.written_predictions import written_predictions

            return written_predictions(self._rows, to, columns, keys, level)
        return self._predicted("probability")

    def predict_logit(self) -> Any:
        """Return the log odds of the event, or log-probabilities relative to the reference."""
        return self._predicted("logit")

    def predict_link(self) -> Any:
        """Return the linear predictors."""
        return self._predicted("link")

    def _predicted(self, scale: Scale) -> Any:
        """Return predictions on a scale."""
        record = self._record
        if self._rows.in_chunks:
            from logitkit.results.written_predictions import gathered_predictions

            return gathered_predictions(self._rows, partial(predicted, record, scale=scale))
        at_once = predicted_at_once(self._rows, scale)
        return predicted(record, self._rows.to_predict, scale) if at_once is None else at_once

    def predictions(self, level: float | None = None, method: IntervalMethod = "wald") -> pd.DataFrame:
        """Return predicted probabilities with standard errors and intervals."""
        record = self._record
        if self._rows.in_chunks and method == "wald":
            from logitkit.results.written_predictions import gathered_predictions

            return gathered_predictions(self._rows, partial(predicted_with_errors, record, level=level))  # type: ignore[no-any-return]  # a frame
        return predicted_with_errors(record, self._rows.to_predict, level, method, self._rows.own)

    def average_predictions(
        self, variable: str, values: Sequence[Any] | None = None, level: float | None = None
    ) -> pd.DataFrame:
        """Return average predictions with a variable set to each of several values."""
        from logitkit.results.effects.average_predictions import average_predictions_of

        found = average_predictions_of(self._rows, variable, values, level)
        return row_frames.average_predictions_frame(found, self._record)

    def effects(  # noqa: PLR0913 - asked for in as many ways as Stata's margins
        self,
        variables: str | Sequence[str] | None = None,
        *,
        at: At = None,
        by: str | Sequence[str] | None = None,
        average: bool = True,
        change: Change | Mapping[str, Change] | None = None,
        contrast: ContrastKind = "reference",
        scale: EffectScale = "probability",
        outcome: Any = None,
        method: Literal["delta", "simulation", "bootstrap"] = "delta",
        rows: Literal["given", "sampled"] = "given",
        level: float | None = None,
        adjust: IntervalAdjustment | None = None,
        n: int = 1000,
        seed: int | None = None,
        kind: DrawsKind | None = None,
    ) -> EffectsResult:
        """Return average effects of variables on probabilities over the rows."""
        from logitkit.results.effects.shown_effects import asked_effects

        return asked_effects(
            self._rows,
            variables=variables,
            at=at,
            by=by,
            average=average,
            change=change,
            contrast=contrast,
            scale=scale,
            outcome=outcome,
            method=method,
            rows=rows,
            level=level,
            adjust=adjust,
            n=n,
            seed=seed,
            kind=kind,
        )

    def contrast(
        self,
        a: Mapping[str, Any],
        b: Mapping[str, Any],
        *,
        at: At = None,
        method: ContrastMethod = "wald",
        level: float | None = None,
        kind: IntervalKind | None = None,
    ) -> ProfileContrastResult:
        """Return the contrast of two profiles."""
        from logitkit.results.effects.profile_contrasts import profile_contrast

        return profile_contrast(self._rows, a, b, at=at, method=method, level=level, kind=kind)

    def means(  # noqa: PLR0913 - the choices of a table that is read by itself
        self,
        factors: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        weights: CellWeights = "equal",
        scale: MeansScale = "link",
        averaged: Averaged = "link",
        contrasts: ContrastSet | None = None,
        adjust: Adjustment | None = None,
        level: float | None = None,
    ) -> MeansResult:
        """Return estimated marginal means."""
        from logitkit.results.effects.means import MeansAsked, means_of_rows

        asked = MeansAsked(factors, by, at, weights, scale, averaged, contrasts, adjust, level)
        return means_of_rows(self._rows, asked)

    def inverse(
        self,
        variable: str,
        probability: float | Sequence[float] = 0.5,
        at: Mapping[str, Any] | None = None,
        method: InverseMethod = "delta",
        level: float | None = None,
    ) -> InverseResult:
        """Return the values of a variable at which probabilities are reached."""
        from logitkit.results.effects.inverse import inverse_of_rows

        return inverse_of_rows(self._rows, variable, probability, at, method, level)

    def augment(self, *, to: str | Path | None = None, keys: str | Sequence[str] = ()) -> Any:
        """Return one row per observation, with its outcome, fitted values and residuals."""
        from logitkit.results.row_frames import row_frame

        return row_frame(self._rows, lambda part: row_frames.augment_frame(self._record, part), "augment", to, keys)

    # Diagnostics.

    def certificate(self) -> Certificate:
        """Return an upper bound on the distance of the penalised objective from its minimum."""
        from logitkit.inference.penalised.certificate import certificate

        return shown(certificate(self._record, self._rows.design))

    # Output.

    @property
    def plot(self) -> RowPlots:
        """Figures of these rows: effects, roc, calibration, residuals.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> others = lk.logit("low ~ age + lwt + smoke", births[::2]).on(births[1::2])
        >>> others.plot.binned_residuals()
        <Axes: xlabel='Predicted probability of 1', ylabel='Mean residual'>
        """
        return self._figures(self._rows)

    def report(
        self,
        path: str | Path,
        title: str | None = None,
        units: Mapping[str, Unit] | None = None,
        source: str | None = None,
        tripod: bool = False,
    ) -> Path:
        """Write one self-contained HTML page with tables and figures."""
        from logitkit.results.reported import write_report

        return write_report(self._rows, path, title, units, source, tripod=tripod)

    def __getattr__(self, name: str) -> Any:
        """Name the nearest verb."""
        raise AttributeError(meant_by(name, type(self)))

    def __repr__(self) -> str:
        """Return the verbs."""
        verbs = [name for name in dir(type(self)) if not name.startswith("_")]
        return f"A fit on given rows: {', '.join(verbs)}"


# Here and not where the fit is defined, so that the first fit of a process is not delayed.
documents(FitOnRows)(Fit)
