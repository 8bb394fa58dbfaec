"""Figures of a fit, as one-line verbs; matplotlib, and the name of its type, stay in ``plots``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

from logitkit.diagnostics.calibration import calibration
from logitkit.diagnostics.discrimination import discrimination
from logitkit.diagnostics.influence import influence
from logitkit.results.estimates import Estimates
from logitkit.results.foreign import meant_by
from logitkit.results.rows import rows_of

__all__ = ["FitPlots", "Plots"]


class Plots:
    """The verbs that draw a fit, which show themselves as a list."""

    def __getattr__(self, name: str) -> Any:
        """Say which figures there are."""
        raise AttributeError(meant_by(name, type(self)))

    def __repr__(self) -> str:
        """Return a line for each figure, with its first arguments."""
        lines = []
        for name, verb in vars(type(self)).items():
            if not name.startswith("_") and callable(verb):
                words = (verb.__doc__ or "").strip().partition("\n")[0]
                required = [
                    each.name for each in list(signature(verb).parameters.values())[1:] if each.default is each.empty
                ]
                lines.append((f"plot.{name}({', '.join(required)})", words))
        width = max(len(call) for call, _ in lines)
        return "\n".join(["Figures:", *(f"  {call:<{width}}  {words}" for call, words in lines)])


class FitPlots(Plots):
    """Figures of a fit; each returns matplotlib Axes.

    Parameters
    ----------
    fit : Fit
        The fit.
    """

    def __init__(self, fit: Estimates) -> None:
        self._fit = fit

    def forest(
        self,
        units: Mapping[str, float] | None = None,
        ax: Any = None,
        labels: Mapping[str, str] | None = None,
        title: str = "",
        level: float | None = None,
        terms: Sequence[str] | None = None,
    ) -> Any:
        """Draw odds ratios with their intervals, with both as numbers beside; the ratios alone where there are none."""
        from logitkit.plots.forest import plot_forest
        from logitkit.report.forest_rows import forest_rows

        found = forest_rows(self._fit.record, units, labels=labels, terms=terms, level=level)
        return plot_forest(found.rows, ax, level=found.level, interval=found.interval, title=title, note=found.note)

    def roc(
        self, data: Any = None, ax: Any = None, label: str | None = None, color: str | None = None, y: Any = None
    ) -> Any:
        """Draw the ROC curve."""
        from logitkit.plots.roc import plot_roc

        return plot_roc(discrimination(self._fit.record, rows_of(self._fit, data, y=y)), ax, label=label, color=color)

    def calibration(
        self,
        data: Any = None,
        ax: Any = None,
        bins: int = 10,
        label: str | None = None,
        color: str | None = None,
        y: Any = None,
    ) -> Any:
        """Draw observed against predicted rates."""
        from logitkit.plots.calibration import plot_calibration

        result = calibration(self._fit.record, rows_of(self._fit, data, y=y), bins=bins)
        return plot_calibration(result, ax, label=label, color=color)

    def residuals(self, data: Any = None, ax: Any = None, y: Any = None) -> Any:
        """Draw residuals against leverage."""
        from logitkit.plots.residuals import plot_residuals

        return plot_residuals(influence(self._fit.record, rows_of(self._fit, data, y=y)), ax)
