"""An updated fit, with all updates among which it was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from logitkit.report.frames.shown import ResultFrame
from logitkit.results.shown import shown
from logitkit.selection.updating.ladder import MEASURES, UpdateLadder

if TYPE_CHECKING:
    from logitkit.results.fit import Fit
    from logitkit.results.on_rows import FitOnRows

__all__ = ["UpdatedFit"]


class UpdatedFit:
    """A fit updated with the outcomes of new rows.

    Parameters
    ----------
    original : Fit
        The fit before the update.
    model : Fit, RecalibratedFit or ExtendedFit
        The fit after the update; a revision or a prior gives a ``Fit`` with all its methods.
    ladder : UpdateLadder
        All updates that were made, for comparison.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> found = lk.logit("low ~ age + lwt + smoke", births[::2]).update(births[1::2])
    >>> found.to_frame().iloc[:, :3].round(3)
          update  n_params  loglik
    0   original       0.0 -62.137
    1  intercept       1.0 -62.092
    2      slope       2.0 -57.961
    3   revision       4.0 -51.278
    """

    def __init__(self, original: Fit, model: Any, ladder: UpdateLadder) -> None:
        self.original, self.model, self.ladder = original, model, ladder

    @property
    def chosen(self) -> str:
        """The name of the update that was chosen and that predicts."""
        return self.ladder.chosen

    def predict(self, data: Any, offset: Any = None) -> Any:
        """Return the probabilities that the updated model predicts.

        Parameters
        ----------
        data : table
            Rows.
        offset : array-like, optional
            Offset of these rows; required if the offset of the fit was an array.

        Returns
        -------
        Series or DataFrame
            Probability of the event, or of each of several outcomes.
        """
        return self.model.predict(data, offset)

    def predict_logit(self, data: Any, offset: Any = None) -> Any:
        """Return the logits that the updated model predicts.

        Parameters
        ----------
        data : table
            Rows.
        offset : array-like, optional
            Offset of these rows; required if the offset of the fit was an array.

        Returns
        -------
        Series or DataFrame
            Log odds of the event, or one logit for each of several outcomes.
        """
        return self.model.predict_logit(data, offset)

    def on(self, data: Any, weights: Any = None, offset: Any = None) -> FitOnRows:
        """Return the updated model's predictions for rows with outcomes, with all diagnostics of predictions.

        Parameters
        ----------
        data : table
            Rows with their outcome.
        weights, offset : str or array-like, optional
            Weights and offset of these rows, as in ``fit.on``.

        Returns
        -------
        FitOnRows
            Calibration, ROC curves and the other diagnostics.
        """
        return self.model.on(data, weights, offset)  # type: ignore[no-any-return]

    def calibration(self, data: Any, **how: Any) -> Any:
        """Return predicted and observed rates, as ``fit.calibration`` does.

        Parameters
        ----------
        data : table
            Rows with an outcome, preferably not those of the update.
        **how : object
            Options of ``fit.calibration``.

        Returns
        -------
        Calibration
            The calibration of the updated predictions.
        """
        return self.on(data).calibration(**how)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per update.

        Returns
        -------
        pandas.DataFrame
            Columns update, n_params, loglik, against, statistic, dof, p_value and chosen; with held-out rows also
            log_loss, brier, c, slope and in_the_large.
        """
        found = self.ladder
        columns = {
            "update": list(found.updates),
            "n_params": found.n_params,
            "loglik": found.loglik,
            "against": list(found.against),
            "statistic": found.statistic,
            "dof": found.dof,
            "p_value": found.p_value,
            "chosen": [name == found.chosen for name in found.updates],
        }
        scores = dict(zip(MEASURES, found.held_out.T, strict=True)) if found.n_held_out else {}
        return ResultFrame(columns | scores)

    def save(self, path: str | Path) -> Path:
        """Write the updated model as plain JSON, without data; ``lk.load`` reads the file.

        Parameters
        ----------
        path : str or Path
            File to write.

        Returns
        -------
        Path
            The file written.
        """
        return self.model.save(path)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        """Return the ladder as text."""
        return repr(shown(self.ladder))

    def _repr_html_(self) -> str:
        """Return the ladder as HTML, for notebooks."""
        return shown(self.ladder).to_html()  # type: ignore[attr-defined, no-any-return]
