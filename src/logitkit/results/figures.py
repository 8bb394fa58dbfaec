"""Figures of a fit, as one-line verbs; matplotlib, and the name of its type, stay in ``plots``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from logitkit.diagnostics.calibration import calibration
from logitkit.diagnostics.discrimination import discrimination
from logitkit.diagnostics.influence import influence
from logitkit.errors import FormulaError, UnsupportedError, nearest_name
from logitkit.inference.odds_ratios import OddsRatios, odds_ratios
from logitkit.inference.penalised import interval_words, is_withheld
from logitkit.record import FitRecord
from logitkit.report.penalty import listed_coefficients
from logitkit.report.wording import counted
from logitkit.results.estimates import Estimates
from logitkit.results.rows import rows_of

__all__ = ["FitPlots"]


class FitPlots:
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
    ) -> Any:
        """Draw odds ratios with their intervals, without them where a penalty leaves none.

        Parameters
        ----------
        units : mapping, optional
            As in ``Fit.odds_ratios``. A unit other than 1 is written behind the coefficient's name.
        ax : Axes, optional
            Where to draw.
        labels : mapping of str to str, optional
            What is written, as it is, in place of a coefficient's name; the name for those not given.

        Returns
        -------
        Axes
            The plot. After a penalty coefficients that are zero are left out, and of many the largest are drawn, by the
            coefficient times the scale of its column, and the title counts the others.

        Raises
        ------
        UnsupportedError
            If the model has no coefficient besides the intercept, or a penalty has set all of them to zero.
        FormulaError
            If ``units`` or ``labels`` names no coefficient.
        """
        from logitkit.plots.forest import plot_forest

        result = odds_ratios(self._fit.record, units)
        if not result.terms:
            raise UnsupportedError(
                "There is no odds ratio to draw: the model has no coefficient besides the intercept."
            )
        record, names = self._fit.record, _forest_labels(result, labels or {})
        rows, title = _forest_rows(record, result)
        level, interval = (None if is_withheld(record) else result.level), interval_words(record)
        return plot_forest(
            [names[row] for row in rows],
            result.estimate[rows],
            result.low[rows],
            result.high[rows],
            ax,
            level=level,
            interval=interval,
            title=title,
        )

    def roc(
        self, data: Any = None, ax: Any = None, label: str | None = None, color: str | None = None, y: Any = None
    ) -> Any:
        """Draw the ROC curve.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        label : str, optional
            Names the curve in a legend; curves with labels can share ``ax``.
        color : str, optional
            Of the curve.
        y : array-like, optional
            Outcome of the rows of ``data`` after a fit of a matrix.

        Returns
        -------
        Axes
            The plot.
        """
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
        """Draw observed against predicted rates.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        bins : int, default 10
            Number of bins.
        label : str, optional
            Names the points in a legend, in place of histogram and words; points with labels can share ``ax``.
        color : str, optional
            Of the points.
        y : array-like, optional
            Outcome of the rows of ``data`` after a fit of a matrix.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.calibration import plot_calibration

        result = calibration(self._fit.record, rows_of(self._fit, data, y=y), bins=bins)
        return plot_calibration(result, ax, label=label, color=color)

    def residuals(self, data: Any = None, ax: Any = None, y: Any = None) -> Any:
        """Draw residuals against leverage.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; those of the fit by default.
        ax : Axes, optional
            Where to draw.
        y : array-like, optional
            Outcome of the rows of ``data`` after a fit of a matrix.

        Returns
        -------
        Axes
            The plot.
        """
        from logitkit.plots.residuals import plot_residuals

        return plot_residuals(influence(self._fit.record, rows_of(self._fit, data, y=y)), ax)


def _forest_rows(record: FitRecord, result: OddsRatios) -> tuple[list[int], str]:
    """Return the odds ratios that are drawn, and what is said of those that are not."""
    if record.penalty is None:
        return list(range(len(result.terms))), ""
    drawn = {record.names[j] for j in listed_coefficients(record, record.penalty) if record.coef[j] != 0.0}
    rows = [row for row, name in enumerate(result.terms) if name in drawn]
    if not rows:
        raise UnsupportedError(
            "There is no odds ratio to draw: the penalty has set every coefficient besides the intercept to zero."
        )
    chosen = np.array([record.coef[record.names.index(name)] != 0.0 for name in result.terms])
    parts = []
    if chosen.sum() > len(rows):
        parts.append(f"{counted(int(chosen.sum()) - len(rows), 'smaller coefficient')} not drawn")
    if not chosen.all():
        parts.append(f"{int((~chosen).sum()):,} at zero")
    return rows, "; ".join(parts)


def _forest_labels(result: OddsRatios, labels: Mapping[str, str]) -> list[str]:
    """Return a text a row: the one that was given, or the coefficient's name with its unit unless that is 1."""
    for name in labels:
        if name not in result.terms:
            raise FormulaError(f"labels names {name!r}, which has no odds ratio. {nearest_name(name, result.terms)}")
    return [
        labels.get(name, name if unit == 1.0 else f"{name} (per {unit:,.12g})")
        for name, unit in zip(result.terms, result.units, strict=True)
    ]
