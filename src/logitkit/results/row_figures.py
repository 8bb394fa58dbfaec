"""Figures of a fit on given rows, as one-line verbs; matplotlib stays in ``plots``.

The docstrings of the verbs are those of ``FitPlots``, from which they are copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from inspect import signature
from typing import Any, Literal

from logitkit.errors import DataError
from logitkit.models.nominal import outcome_place
from logitkit.results.foreign import meant_by, verbs_in_our_words
from logitkit.results.rows import Rows

__all__ = ["Figures", "RowPlots"]


class Figures:
    """A namespace of figures, displayed as a list."""

    def __init_subclass__(cls) -> None:
        """Make every figure refuse unknown arguments."""
        super().__init_subclass__()
        verbs_in_our_words(cls)

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


class RowPlots(Figures):
    """Figures of a fit on given rows; each returns matplotlib Axes.

    Parameters
    ----------
    rows : Rows
        The fit and the rows.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

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
        return plot_average_predictions(found, ax, kind=kind)

    def roc(
        self,
        ax: Any = None,
        label: str | None = None,
        color: str | None = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
    ) -> Any:
        """Draw the ROC curve of the event, or of each of several outcomes against the rest."""
        from logitkit.diagnostics.discrimination.curves import discrimination
        from logitkit.plots.roc import plot_roc

        found = discrimination(self._rows.record, self._rows.design)
        return plot_roc(found, ax, title=title, label=label, color=color, outcomes=self._places(outcomes))

    def calibration(
        self,
        ax: Any = None,
        bins: int = 10,
        label: str | None = None,
        color: str | None = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
    ) -> Any:
        """Draw observed rates against mean predictions in bins."""
        from logitkit.diagnostics.calibration.curve import calibration
        from logitkit.plots.calibration import plot_calibration

        found = calibration(self._rows.record, self._rows.design, bins=bins)
        return plot_calibration(found, ax, title=title, label=label, color=color, outcomes=self._places(outcomes))

    def residuals(self, ax: Any = None, outcome: Any = None, title: str = "") -> Any:
        """Draw standardised residuals against leverage."""
        from logitkit.diagnostics.influential import influential_rows
        from logitkit.diagnostics.residuals.influence import influence
        from logitkit.plots.residuals import DRAWN_MOST, plot_residuals

        record = self._rows.record
        place = None if outcome is None else outcome_place(outcome, record.info, "outcome")
        if self._rows.in_chunks:
            found = influential_rows(record, self._rows.design, DRAWN_MOST, place)
            return plot_residuals(found.rows, ax, outcome=place, title=title, out_of=(found.n_rows, found.n_usable))
        return plot_residuals(influence(record, self._rows.design), ax, outcome=place, title=title)

    def _places(self, outcomes: Sequence[Any] | None) -> list[int] | None:
        """Return the places of the named outcomes, None if none are named."""
        if outcomes is None:
            return None
        if not isinstance(outcomes, Iterable):
            raise DataError(f"outcomes={outcomes!r:.60} must be a list of outcomes.")
        named = [outcomes] if isinstance(outcomes, str) else outcomes
        return [outcome_place(each, self._rows.record.info, "outcomes") for each in named]
