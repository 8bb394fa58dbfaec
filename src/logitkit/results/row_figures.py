"""Figures of a fit on given rows, as one-line verbs; matplotlib stays in ``plots``.

The docstrings of the verbs are those of ``FitPlots``, from which they are copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import Any, Literal

from logitkit.results.diagnosed.calibration_figures import CalibrationFigures
from logitkit.results.diagnosed.discrimination_figures import DiscriminationFigures
from logitkit.results.diagnosed.goodness_figures import GoodnessFigures
from logitkit.results.diagnosed.residual_figures import ResidualFigures
from logitkit.results.given_rows import OfRows, of_given_rows
from logitkit.results.labelled import as_printed
from logitkit.results.rows import Rows
from logitkit.results.their_words import meant_by

__all__ = ["DiagnosticFigures", "Figures", "RowPlots"]


class Figures(OfRows):
    """A collection of figures, displayed as a list."""

    def __getattr__(self, name: str) -> Any:
        """Name the nearest figure."""
        raise AttributeError(meant_by(name, type(self)))

    def __repr__(self) -> str:
        """Return one line per figure, with its required arguments."""
        lines = []
        verbs = {name: verb for kind in reversed(type(self).__mro__) for name, verb in vars(kind).items()}
        for name, verb in verbs.items():
            if not name.startswith("_") and callable(verb):
                words = (verb.__doc__ or "").strip().partition("\n")[0]
                required = [
                    each.name for each in list(signature(verb).parameters.values())[1:] if each.default is each.empty
                ]
                lines.append((f"plot.{name}({', '.join(required)})", words))
        width = max(len(call) for call, _ in lines)
        return "\n".join(["Figures:", *(f"  {call:<{width}}  {words}" for call, words in lines)])


class DiagnosticFigures(ResidualFigures, GoodnessFigures, DiscriminationFigures, CalibrationFigures):
    """Figures that are written once for a fit and for a fit on given rows."""


@of_given_rows
class RowPlots(DiagnosticFigures, Figures):
    """Figures of a fit on given rows; each returns matplotlib Axes.

    Parameters
    ----------
    rows : Rows
        The fit and the rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> others = lk.logit("low ~ age + lwt + smoke", births[::2]).on(births[1::2])
    >>> others.plot.roc()
    <Axes: xlabel='False positive rate ...', ylabel='True positive rate (sensitivity)'>
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def _rows_of(self, data: Any) -> Rows:  # noqa: ARG002 - verbs of given rows have no such parameter
        """Return the given rows."""
        return self._rows

    def average_predictions(
        self,
        variable: str,
        kind: Literal["lines", "stacked"] = "lines",
        values: Sequence[Any] | None = None,
        level: float | None = None,
        ax: Any = None,
    ) -> Any:
        """Draw average predicted probabilities over the rows, with a variable set to each of several values."""
        from logitkit.plots.average_predictions import plot_average_predictions
        from logitkit.results.effects.average_predictions import average_predictions_of

        every = range(len(self._rows.record.outcomes)) if kind == "stacked" else None
        found = average_predictions_of(self._rows, variable, values, level, outcomes=every)
        return plot_average_predictions(as_printed(found, self._rows), ax, kind=kind)
