"""Validations with their tables and figures, and the shrunken model."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import logitkit.report.findings.validation  # noqa: F401 - says how these results are shown
from logitkit.errors import UnsupportedError
from logitkit.inference.validation.validation import Validation
from logitkit.options import require_choice
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base

if TYPE_CHECKING:
    from logitkit.results.recalibrated import RecalibratedFit

__all__ = ["OTHER", "ValidationResult", "validation_result"]

OTHER = "From all rows the recipe makes another model than the fit; apparent measures are those of the recipe's."


@extends_base
@dataclass(frozen=True)
class ValidationResult(Validation):
    """A validation of a fit, with tables and figures.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> fit.validate(n=10, seed=1).tidy().iloc[:4, :4].round(3)
        measure  apparent  training   test
    0         c     0.640     0.649  0.647
    1  somers_d     0.281     0.299  0.295
    2        r2     0.075     0.080  0.058
    3     brier     0.204     0.200  0.206
    """

    _fit: Any = field(default=None, repr=False, kw_only=True)

    def to_frame(self) -> pd.DataFrame:
        """Return the table of ``tidy``.

        Returns
        -------
        pandas.DataFrame
            One row per measure.
        """
        return self.tidy()

    def tidy(self) -> pd.DataFrame:
        """Return one row per measure.

        Returns
        -------
        pandas.DataFrame
            measure, apparent, training, test, optimism, corrected, conf_low, conf_high, corrected_632,
            corrected_632plus, n. For cross-validation, pooled takes the place of the intervals and of the .632
            estimates.
        """
        columns: dict[str, Any] = {
            "measure": list(self.names),
            "apparent": self.apparent,
            "training": self.training,
            "test": self.test,
            "optimism": self.optimism,
            "corrected": self.corrected,
        }
        if self.method == "bootstrap":
            columns |= {
                "conf_low": self.low,
                "conf_high": self.high,
                "corrected_632": self.corrected_632,
                "corrected_632plus": self.corrected_632plus,
            }
        else:
            columns["pooled"] = self.pooled
        return ResultFrame({**columns, "n": self.n_used})

    def replicates(self) -> pd.DataFrame:
        """Return one row per replicate and measure.

        Returns
        -------
        pandas.DataFrame
            replicate, measure, training, test; for the bootstrap also out, the measure in the rows that were not drawn.
        """
        values = self.replays.values
        n, s, j = values.shape
        names = ("training", "test", "out")[:s]
        return pd.DataFrame(
            {
                "replicate": np.repeat(np.arange(n), j),
                "measure": np.tile(np.array(self.names), n),
                **{name: values[:, place].ravel() for place, name in enumerate(names)},
            }
        )

    def shrunken(self) -> RecalibratedFit:
        """Return the fit with its log odds shrunk by the corrected slope and its intercept estimated again.

        Returns
        -------
        RecalibratedFit
            A model that predicts, can be assessed on other rows, and can be saved, as a fit can.
        """
        from logitkit.results.validated.shrunken import shrunken_fit

        if OTHER in self.made:
            raise UnsupportedError(
                "The slope is that of models which the recipe makes, and the fit is another one: validate the fit that "
                "the recipe makes of all rows."
            )
        return shrunken_fit(self._fit, self.of("slope"))

    def plot(self, ax: Any = None, *, title: str = "") -> Any:
        """Draw the apparent value of each measure and the value expected in new rows.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot: differences in units of the standard deviation of each measure over samples, beside the values.
        """
        from logitkit.plots.validation import plot_optimism

        return plot_optimism(self, ax, title=title)

    def plot_stability(
        self, ax: Any = None, *, outcome: str | None = None, level: float = 0.95, title: str = ""
    ) -> Any:
        """Draw the predictions of models from other samples against the predictions of the fit, row by row.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        outcome : str, optional
            With several outcomes, the one whose probability is drawn; the first by default.
        level : float, default 0.95
            Proportion of the predictions that the band contains.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The instability plot of Riley and Collins.
        """
        from logitkit.plots.validation import plot_stability

        if self.stability is None:
            raise UnsupportedError("Stability is that of models from resamples: fit.validate('bootstrap').")
        place = 0
        if outcome is not None:
            require_choice("outcome", outcome, self.stability.outcomes)
            place = self.stability.outcomes.index(outcome)
        return plot_stability(self.stability, ax, level=level, outcome=place, title=title)


def validation_result(found: Validation, fit: Any) -> ValidationResult:
    """Return a validation with its tables."""
    return ValidationResult(**{each.name: getattr(found, each.name) for each in fields(found)}, _fit=fit)
