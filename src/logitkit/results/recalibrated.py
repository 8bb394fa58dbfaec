"""Fits with recalibrated logits, which predict, have diagnostics, and are saved like other fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.diagnostics.calibration.logits_of_rows import RowLogits, offset_fit, row_logits
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.saved.file import digest_of, packed_record, record_in, sealed, write_packed
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.logits.recalibration.closed_test import ClosedTest, Refit, closed_test_of
from logitkit.logits.recalibration.fitting import COVARIANCES, learn
from logitkit.logits.recalibration.recalibrator import METHODS, Recalibrator
from logitkit.logits.recalibration.sandwich import with_sandwich
from logitkit.logits.scores import probabilities
from logitkit.options import require_choice
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.classes import fit_of
from logitkit.results.on_rows import FitOnRows
from logitkit.results.row_figures import RowPlots
from logitkit.results.rows import Rows
from logitkit.results.shown import shown

if TYPE_CHECKING:
    from logitkit.results.fit import Fit

__all__ = [
    "FORMAT",
    "RecalibratedFit",
    "holds_recalibrations",
    "recalibrated",
    "recalibrated_in",
    "refitted",
    "with_errors",
]

FORMAT, VERSION = "logitkit recalibrated fit", 1
CLOSED = "closed"
LINES = ("none", "intercept", "logistic", "temperature")  # methods that keep an event's logit linear


class RecalibratedFit:
    """A fit with recalibrated logits: they are transformed as learnt from the outcomes of other rows.

    Parameters
    ----------
    fit : Fit
        The fit, or the refit if a closed test chose it.
    recalibrator : Recalibrator
        The transformation of the logits.
    test : ClosedTest or None
        The closed test that chose the method; None for other methods.

    Examples
    --------
    On the rows from which the recalibration was learnt, the calibration slope is one:

    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt + smoke", births[::2])
    >>> new = fit.recalibrate(births[1::2])
    >>> [round(float(each.calibration(births[1::2]).slope), 3) for each in (fit, new)]
    [0.142, 1.0]
    """

    def __init__(self, fit: Fit, recalibrator: Recalibrator, test: ClosedTest | None = None) -> None:
        self.fit, self.recalibrator, self.test = fit, recalibrator, test

    def predict_logit(self, data: Any = None, offset: Any = None) -> Any:
        """Return recalibrated logits.

        Parameters
        ----------
        data : table, optional
            New rows; the rows of the fit by default.
        offset : array-like, optional
            Offset of the new rows; required if the fit was given an array.

        Returns
        -------
        Series or DataFrame
            Log odds of the event, or one logit for each of several outcomes (only their differences have a meaning).
        """
        if self.recalibrator.of_event:
            base = self.fit.predict_logit(data, offset)
        else:
            with np.errstate(divide="ignore"):
                base = np.log(self.fit.predict(data, offset))
        values = base.to_numpy(dtype=np.float64)
        finite = np.isfinite(values).reshape(values.shape[0], -1).all(axis=1)
        # A probability of 0 or 1, at the limit of a separated fit, stays what it is; of several outcomes none is known.
        made = values.copy() if values.ndim == 1 else np.full(values.shape, np.nan)
        if finite.any():
            made[finite] = self.recalibrator.transform(values[finite])
        if values.ndim == 1:
            return pd.Series(made, base.index, name="logit")
        return pd.DataFrame(made, base.index, base.columns)

    def predict(self, data: Any = None, offset: Any = None) -> Any:
        """Return recalibrated probabilities.

        Parameters
        ----------
        data : table, optional
            New rows; the rows of the fit by default.
        offset : array-like, optional
            Offset of the new rows; required if the fit was given an array.

        Returns
        -------
        Series or DataFrame
            Probability of the event, or of each of several outcomes.
        """
        logits = self.predict_logit(data, offset)
        made = probabilities(logits.to_numpy())
        if made.ndim == 1:
            return pd.Series(made, logits.index, name="probability")
        return pd.DataFrame(made, logits.index, logits.columns)

    def on(self, data: Any, weights: Any = None, offset: Any = None, y: Any = None) -> FitOnRows:
        """Return recalibrated predictions of rows, with all diagnostics of predictions (calibration, ROC curves, ...).

        Parameters
        ----------
        data : table or matrix
            Rows with their outcome.
        weights, offset : str or array-like, optional
            Weights and offset of these rows, as in ``fit.on``.
        y : array-like, optional
            Outcome of these rows, for a fit to a matrix.

        Returns
        -------
        FitOnRows
            It holds the recalibrated predictions, as those of a fit without coefficients.
        """
        record = self.fit.record
        design = Rows(record, None, data, weights, offset, y).design
        if design.in_chunks:
            raise UnsupportedError(
                "Recalibrated predictions are looked at on rows that are held: read the files first."
            )
        rows = row_logits(record, design)
        made, its = offset_fit(record, design, rows.order, self.recalibrator.transform(rows.logits))
        table = None if record.info.coding is None else data
        return FitOnRows(Rows(made, replace(its, table=table)), RowPlots)

    def calibration(self, data: Any, **how: Any) -> Any:
        """Compare predicted and observed rates, as ``fit.calibration`` does.

        Parameters
        ----------
        data : table
            Rows with an outcome, preferably other rows than those of the recalibration.
        **how : object
            Options of ``fit.calibration``: ``bins``, ``by``, ``curve``, ``binning``.

        Returns
        -------
        Calibration
            The calibration of the recalibrated predictions.
        """
        return self.on(data).calibration(**how)

    @property
    def coef(self) -> pd.Series:
        """Coefficients of the recalibrated logit of an event, if it is linear: a + b times the logit of the fit.

        The intercept is a + b times the intercept of the fit, and each slope is b times that of the fit. An offset is
        also multiplied by b.
        """
        found, record = self.recalibrator, self.fit.record
        if not (found.of_event and found.method in LINES and record.family.is_logit):
            raise UnsupportedError(
                f"Recalibrated by method={found.method!r} the logits are no line in those of the fit, or "
                "there are several: fit.coef has the coefficients before, predict_logit(data) the recalibrated logits."
            )
        start, stop = found.transform(np.array([0.0, 1.0]))
        coef: pd.Series = self.fit.coef * float(stop - start)
        place = record.info.intercept
        if place is None and start != 0.0:
            raise UnsupportedError(
                f"The recalibrated logits have the intercept {start:.6g}, and the fit has none to add it to: see "
                "predict_logit(data)."
            )
        if place is not None:
            coef.iloc[place] += start
        return coef

    def to_text(self, width: int = 80) -> str:
        """Return a description of the recalibration as plain text.

        Parameters
        ----------
        width : int, default 80
            Width of the text in characters.

        Returns
        -------
        str
            The text; after a closed test it begins with the test.
        """
        parts = [] if self.test is None else [shown(self.test)]
        return "\n".join(each.to_text(width) for each in (*parts, shown(self.recalibrator)))  # type: ignore[attr-defined]

    def to_frame(self) -> pd.DataFrame:
        """Return the parameters or, for isotonic methods, the rate at each logit.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, conf_low, conf_high (95% limits); for isotonic methods, logit and rate.
        """
        found = self.recalibrator
        if not found.names:
            return ResultFrame({"logit": found.at, "rate": found.rates})
        low, high = found.interval().T
        columns = {"estimate": found.estimate, "std_error": found.std_error, "conf_low": low, "conf_high": high}
        return ResultFrame({"term": list(found.names), **columns})

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw recalibrated probabilities of an event against the original predictions.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on; those of a new figure by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The curve, with a pointwise 95% band if the method has parameters.
        """
        from logitkit.plots.recalibration import plot_recalibration

        if not self.recalibrator.of_event:
            raise UnsupportedError(
                "With several outcomes a recalibrated probability depends on all logits, which is no curve: see "
                "fit.recalibrate(data).on(data).plot.calibration()."
            )
        return plot_recalibration(self.recalibrator, ax, title=title)

    def save(self, path: str | Path) -> Path:
        """Write the fit with its recalibration as plain JSON, without any row and without code.

        Parameters
        ----------
        path : str or Path
            File to write; ``lk.load`` reads it.

        Returns
        -------
        Path
            The file written.
        """
        fields = {"fit": packed_record(self.fit.record), "recalibrator": self.recalibrator.to_dict()}
        return write_packed(sealed(FORMAT, VERSION, fields), path)

    def __repr__(self) -> str:
        """Return what the recalibration changes, as text."""
        parts = [] if self.test is None else [repr(shown(self.test))]
        return "\n".join([*parts, repr(shown(self.recalibrator))])


def recalibrated(
    fit: Fit, rows: Rows, method: str, level: float | None, covariance: str | None = None
) -> RecalibratedFit:
    """Return a fit recalibrated on rows that it was not fitted to."""
    require_choice("method", method, (*METHODS, CLOSED))
    if covariance is not None:
        require_choice("covariance", covariance, COVARIANCES)
    record, design = rows.record, rows.design
    require(record, "calibration")
    if is_sample(record, design):
        raise DataError(
            "These are the rows of the fit, on which it is calibrated by construction, or shrunken by its penalty: "
            "recalibrate on other rows."
        )
    found = row_logits(record, design)
    if method == CLOSED:
        return _closed(fit, record, design, found, record.level if level is None else level)
    learnt = learn(found.logits, found.shares, found.weights, method)
    return RecalibratedFit(fit, with_errors(learnt, found, design, covariance))


def _closed(fit: Fit, record: FitRecord, design: Design, rows: RowLogits, level: float) -> RecalibratedFit:
    """Return the update that a closed test chooses."""
    if design.sample.response.clusters is not None or design.sample.response.weight_kind == "sampling":
        raise UnsupportedError("A closed test compares likelihoods, which sampling weights and clusters do not have.")
    again = refitted(record, design) if rows.order.size == design.n_rows else None
    nested = again is not None and holds_recalibrations(record, design)
    refit = Refit(again.loglik - again.log_constant, again.n_params) if again is not None and nested else None
    test = closed_test_of(rows.logits, rows.shares, rows.weights, refit, level)
    if test.chosen == "refit" and again is not None:
        return RecalibratedFit(fit_of(again, design), test.recalibrator, test)
    return RecalibratedFit(fit, test.recalibrator, test)


def holds_recalibrations(record: FitRecord, design: Design) -> bool:
    """Tell whether recalibrations by intercept and slope are nested in a refit, so that a likelihood ratio tests them.

    They are not nested with a link other than the logit, with ordered outcomes, with an offset (which a slope
    multiplies), or without an intercept.
    """
    linear = (record.family.is_logit or record.family.compares_predictors) and not record.form.in_parts
    return linear and design.response.offset is None and record.info.spans_intercept


def refitted(record: FitRecord, design: Design) -> FitRecord | None:
    """Return the model fitted to other rows; None if it does not maximise a likelihood or has no finite estimate."""
    if record.is_penalised or record.nuisance.n_parameters or design.in_chunks:
        return None
    found = fit_design(design, record.form, Newton(), record.level)
    usable = found.converged and not found.is_separated and not found.aliased.size
    return found if usable else None


def with_errors(found: Recalibrator, rows: RowLogits, design: Design, covariance: str | None) -> Recalibrator:
    """Return a recalibrator with sandwich standard errors if requested, or if weights or clusters require them."""
    response = design.sample.response
    clusters, counts = response.clusters, response.weight_kind != "sampling"
    required = clusters is not None or not counts
    if covariance == "model" and required:
        raise UnsupportedError(
            "covariance='model' is of a likelihood, which sampling weights and clusters do not have: leave it out, "
            "or use covariance='robust'."
        )
    if not required and covariance != "robust":
        return found
    if clusters is not None and design.in_chunks:
        unknown = np.full(found.std_error.shape, np.nan)
        return replace(found, std_error=unknown, vcov=np.full(found.vcov.shape, np.nan))
    codes = None if clusters is None else clusters.codes[rows.order]
    return with_sandwich(found, rows.logits, rows.shares, rows.weights, counts=counts, clusters=codes)


def recalibrated_in(packed: Mapping[str, Any], path: Path, functions: Mapping[str, Any]) -> RecalibratedFit:
    """Return the recalibrated fit from the JSON values of a file."""
    if packed.get("version") != VERSION:
        raise DataError(
            f"'{path}' is of version {packed.get('version')!r:.20} of recalibrated fits, which is not known."
        )
    if "digest" not in packed or packed["digest"] != digest_of(packed):
        raise DataError(f"'{path}' was changed after it was saved: its digest does not match its fields.")
    kept = packed.get("recalibrator")
    if not isinstance(kept, dict):
        raise DataError(f"'{path}' is damaged: it has no recalibrator.")
    record = record_in(packed.get("fit"), path, functions)
    found = Recalibrator.from_dict(kept)
    if found.of_event != record.has_event or (not found.of_event and found.n_outcomes != len(record.outcomes)):
        raise DataError(f"'{path}' is damaged: its recalibrator is of other outcomes than its fit.")
    return RecalibratedFit(fit_of(record), found)
