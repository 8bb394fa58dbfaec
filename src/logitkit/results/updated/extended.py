"""A model of the logits of an earlier fit and new predictors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT
from logitkit.diagnostics.calibration.logits_of_rows import offset_fit, row_logits
from logitkit.engine.saved.columns import checked_columns, pack_columns
from logitkit.engine.saved.file import digest_of, other_version, packed_record, record_in, sealed, write_packed
from logitkit.errors import DataError
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.on_rows import FitOnRows
from logitkit.results.row_figures import RowPlots
from logitkit.results.rows import Rows, coded_rows
from logitkit.selection.updating.extension import LOGIT, Extension
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.results.fit import Fit

__all__ = ["FORMAT", "ExtendedFit", "extended_in"]

FORMAT, VERSION = "logitkit extended fit", 1


class ExtendedFit:
    """A model whose predictors are the logit of an earlier fit and new variables.

    Parameters
    ----------
    fit : Fit
        The earlier fit.
    extension : Extension
        The estimates from the new rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt", births[::2])
    >>> new = fit.update(births[1::2], "extension", extend="smoke").model
    >>> new.to_frame()["term"].tolist()
    ['Intercept', 'logit of the earlier model', 'smoke']
    """

    def __init__(self, fit: Fit, extension: Extension) -> None:
        self.fit, self.extension = fit, extension

    def predict_logit(self, data: Any, offset: Any = None) -> pd.Series:
        """Return log odds of the event.

        Parameters
        ----------
        data : table
            Rows with the variables of both models.
        offset : array-like, optional
            Offset of these rows; required if the offset of the earlier fit was an array.

        Returns
        -------
        pandas.Series
            Missing where a variable is missing.
        """
        earlier = self.fit.predict_logit(data, offset)
        added = coded_rows(self.extension.info, data, None, "raise")
        made = np.full(len(earlier), np.nan)
        made[added.kept] = self.extension.logits(earlier.to_numpy()[added.kept], added.matrix.to_dense())
        return pd.Series(made, earlier.index, name="logit")

    def predict(self, data: Any, offset: Any = None) -> pd.Series:
        """Return probabilities of the event.

        Parameters
        ----------
        data : table
            Rows with the variables of both models.
        offset : array-like, optional
            Offset of these rows; required if the offset of the earlier fit was an array.

        Returns
        -------
        pandas.Series
            Missing where a variable is missing.
        """
        logits = self.predict_logit(data, offset)
        return pd.Series(1.0 / (1.0 + np.exp(-logits.to_numpy())), logits.index, name="probability")

    def on(self, data: Any, weights: Any = None, offset: Any = None) -> FitOnRows:
        """Return the predictions for rows with outcomes, with all diagnostics of predictions.

        Parameters
        ----------
        data : table
            Rows with their outcome, without missing values in the variables of both models.
        weights, offset : str or array-like, optional
            Weights and offset of these rows, as in ``fit.on``.

        Returns
        -------
        FitOnRows
            The diagnostics; those that need coefficients are not available.
        """
        record = self.fit.record
        design = Rows(record, None, data, weights, offset).design
        rows = row_logits(record, design)
        logits = self.extension.logits(rows.logits, self.columns(data, design)[rows.order])
        made, its = offset_fit(record, design, rows.order, logits)
        return FitOnRows(Rows(made, its), RowPlots)

    def columns(self, data: Any, design: Design) -> FloatArray:
        """Return the columns of the new predictors for rows of a table.

        Parameters
        ----------
        data : table
            The rows.
        design : Design
            The rows that are used.

        Returns
        -------
        (n, q) array
            The first column consists of ones.

        Raises
        ------
        DataError
            If a new variable is missing in these rows.
        """
        found = coded_rows(self.extension.info, data, None, "raise")
        if not found.kept[design.positions].all():
            raise DataError("The new variables are missing in some of the rows: use those that are complete.")
        place = np.cumsum(found.kept) - 1
        return found.matrix.take(place[design.positions]).to_dense()

    def save(self, path: str | Path) -> Path:
        """Write both models as plain JSON, without data and without code; ``lk.load`` reads the file.

        Parameters
        ----------
        path : str or Path
            File to write.

        Returns
        -------
        Path
            The file written.
        """
        made = self.extension
        fields = {
            "fit": packed_record(self.fit.record),
            "joint": packed_record(made.joint),
            "columns": pack_columns(made.info),
        }
        return write_packed(sealed(FORMAT, VERSION, fields), path)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per parameter.

        Returns
        -------
        pandas.DataFrame
            Columns term, estimate, std_error, p_value and the interval; the first rows are the intercept and the slope
            of the earlier logit.
        """
        from logitkit.report.frames.tidy import tidy_frame

        return ResultFrame(tidy_frame(self.extension.joint, None))


def extended_in(packed: Mapping[str, Any], path: Path, functions: Mapping[str, Any]) -> ExtendedFit:
    """Return the extended fit from the JSON values of a file, after all of them have been checked."""
    from logitkit.results.classes import fit_of

    version = packed.get("version")
    if type(version) is not int or version != VERSION:
        raise DataError(f"'{path}' {other_version(version, packed.get('written_by'), VERSION, VERSION)}")
    if packed.get("digest") != digest_of(packed):
        raise DataError(f"'{path}' was changed after it was saved: its digest does not match its fields.")
    record, joint = (record_in(packed.get(part), path, functions) for part in ("fit", "joint"))
    info = checked_columns(packed.get("columns"), functions)
    names = (INTERCEPT, LOGIT, *info.names[1:])
    if not record.has_event or not joint.is_single or joint.names != names or info.names[0] != INTERCEPT:
        raise DataError(f"'{path}' is damaged: its new columns are others than those of its coefficients.")
    made = Extension(joint, info, joint.loglik - joint.log_constant, joint.n_params)
    return ExtendedFit(fit_of(record), made)
