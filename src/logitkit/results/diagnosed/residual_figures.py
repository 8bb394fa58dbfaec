"""Figures of residuals and influence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.table.beside import values_beside
from logitkit.errors import DataError, UnsupportedError, nearest_name
from logitkit.models.places import outcome_place
from logitkit.options import require_choice, texts_listed
from logitkit.report.frames.rows import row_labels
from logitkit.results.given_rows import OfRows
from logitkit.results.labelled import as_printed, printed_names
from logitkit.results.rows import Rows

__all__ = ["ResidualFigures"]


class ResidualFigures(OfRows):
    """Figures of residuals and influence."""

    def residuals(self, data: Any = None, ax: Any = None, outcome: Any = None, title: str = "") -> Any:
        """Draw standardised residuals against leverage, for an event or for one of several outcomes against the others.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, if it was loaded; by default those that the fit holds.
        ax : Axes, optional
            Axes to draw on.
        outcome : object, optional
            The outcome; required if there are several.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            One point per row, with area proportional to Cook's distance.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.residuals()
        <Axes: xlabel='Leverage', ylabel='Standardised deviance residual'>
        """
        from logitkit.diagnostics.residuals.influence import influence
        from logitkit.diagnostics.residuals.influential import influential_rows
        from logitkit.plots.residuals import DRAWN_MOST, plot_residuals

        rows = self._rows_of(data)
        record = rows.record
        place = None if outcome is None else outcome_place(outcome, record.info, "outcome")
        if rows.in_chunks:
            found = influential_rows(record, rows.design, DRAWN_MOST, place)
            return plot_residuals(
                as_printed(found.rows, rows), ax, outcome=place, title=title, out_of=(found.n_rows, found.n_usable)
            )
        return plot_residuals(as_printed(influence(record, rows.design), rows), ax, outcome=place, title=title)

    def simulated_residuals(self, data: Any = None, n: int = 250, seed: int | None = None, by: Any = None) -> Any:
        """Draw simulated residuals against uniform quantiles and against predictions.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        n : int, default 250
            Number of simulated data sets.
        seed : int, optional
            Random seed.
        by : str or (n,) array-like, optional
            Groups of rows to compare.

        Returns
        -------
        Figure
            Two panels, with the p-values of three tests.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> [axes.get_ylabel() for axes in fit.plot.simulated_residuals(n=50).axes]
        ['Scaled residual', 'Scaled residual']
        """
        from logitkit.plots.residual_panels import plot_simulated
        from logitkit.results.diagnosed.simulated import simulated_of_rows

        return plot_simulated(simulated_of_rows(self._rows_of(data), n, seed, by, data))

    def binned_residuals(
        self,
        data: Any = None,
        ax: Any = None,
        by: Any = None,
        bins: int | None = None,
        outcome: Any = None,
        title: str = "",
    ) -> Any:
        """Draw mean residuals in bins of rows with similar predictions, with their limits under the model.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        by : str or (n,) array-like, optional
            A numeric variable by which rows are ordered, instead of the predicted probability.
        bins : int, optional
            Number of bins; by default the square root of the number of rows.
        outcome : object, optional
            The outcome; required if there are several.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            One point per bin, and a band of plus and minus two standard deviations.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.binned_residuals()
        <Axes: xlabel='Predicted probability of 1', ylabel='Mean residual'>
        """
        from logitkit.diagnostics.residuals.binned import binned_residuals
        from logitkit.plots.residual_panels import plot_binned

        rows = _held(self._rows_of(data), "Binned residuals")
        place = _outcome(rows, outcome)
        values, name = None, ""
        if by is not None:
            series, name = values_beside(by, rows.design, "by")
            values = _numbers(series, name)
        found = binned_residuals(rows.record, rows.design, place, bins=bins, by=values, name=name)
        return plot_binned(as_printed(found, rows), ax, title=title)

    def partial_residuals(
        self, term: str, data: Any = None, ax: Any = None, title: str = "", *, method: str = "partial"
    ) -> Any:
        """Draw the partial residuals of a term, with the fitted part and a smooth curve.

        Parameters
        ----------
        term : str
            The term, as named in the formula, or the column. A term with several columns (a factor, a spline) is drawn
            against its variable, by level if the variable is not numeric.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.
        method : {'partial', 'ceres'}
            ``'ceres'`` (Cook) adds to the model the smoothed means of the other columns given this one, which gives the
            right shape also if these means are not linear.

        Returns
        -------
        Axes
            The plot. Where the smooth curve departs from the fitted part, the term needs another shape.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.partial_residuals("age")
        <Axes: xlabel='age', ylabel='Partial residual'>
        """
        from logitkit.diagnostics.residuals.by_column import partial_residuals
        from logitkit.diagnostics.residuals.ceres import ceres_residuals
        from logitkit.diagnostics.residuals.kinds import residuals
        from logitkit.inference.prediction import fitted_rows
        from logitkit.plots.residual_panels import plot_partial

        rows = _held(self._rows_of(data), "Partial residuals")
        record, design = rows.record, rows.design
        names, values = partial_residuals(record, design)
        if term not in names:
            raise DataError(f"{term!r:.60} is no term of the fit. {nearest_name(str(term), names)}")
        columns = next((each.columns for each in record.info.terms if each.name == term), None)
        if columns is None:
            columns = (record.info.names.index(term),)
        require_choice("method", method, ("partial", "ceres"))
        eta = fitted_rows(record, design).eta
        weights = design.response.weights * np.nan_to_num(record.family.curvatures(eta)[0, 0])
        label = printed_names([term], rows)[0]
        if method == "ceres":
            if len(columns) != 1:
                raise UnsupportedError(f"method='ceres' is of terms of one column, and {term} has {len(columns)}.")
            x, found, part = ceres_residuals(record, design, columns[0])
            drawn = plot_partial(label, x, found, part, weights, ax, title)
            drawn.set_ylabel("CERES residual")
            return drawn
        levels: tuple[str, ...] = ()
        found = values[:, names.index(term)]
        if len(columns) == 1:
            x = design.matrix.columns(np.array(columns)).matvec(np.ones(1))
        else:
            x, levels, label = _of_variable(rows, term, len(columns))
        part = found - residuals(record, design, "working")
        return plot_partial(label, x, found, part, weights, ax, title, levels=levels)

    def added_variable(self, name: str, data: Any = None, ax: Any = None, title: str = "") -> Any:
        """Draw an added-variable plot: residuals of the working response against residuals of the column.

        Parameters
        ----------
        name : str
            The coefficient, as named in the summary.
        data : table, optional
            The rows of the fit, if it was loaded; by default those that the fit holds.
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot. The slope of the line is the coefficient; points far to the left or right have most influence on
            it.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.added_variable("lwt")
        <Axes: xlabel='lwt beyond the others', ylabel='Outcome beyond the others'>
        """
        from logitkit.diagnostics.residuals.added import added_variable
        from logitkit.plots.residual_panels import plot_added_variable

        rows = _held(self._rows_of(data), "An added-variable plot")
        if name not in rows.record.names:
            raise DataError(f"{name!r:.60} is no coefficient of the fit. {nearest_name(str(name), rows.record.names)}")
        found = as_printed(added_variable(rows.record, rows.design, name), rows)
        return plot_added_variable(found, ax, title=title)

    def influence_index(self, data: Any = None) -> Any:
        """Draw leverage, Cook's distance, and the decrease of Pearson's statistic and deviance without each row.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, if it was loaded; by default those that the fit holds.

        Returns
        -------
        Figure
            Four panels, in which the rows with the largest values are labelled.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> [axes.get_ylabel() for axes in fit.plot.influence_index().axes]
        ['Leverage', "Cook's distance", "Decrease of Pearson's statistic", 'Decrease of the deviance']
        """
        from logitkit.diagnostics.residuals.influence import influence
        from logitkit.plots.influence import plot_influence_index

        rows = _held(self._rows_of(data), "Influence by row")
        return plot_influence_index(influence(rows.record, rows.design), pd.Index(row_labels(rows.design)))

    def dfbetas(self, data: Any = None, ax: Any = None, terms: Sequence[str] | None = None, title: str = "") -> Any:
        """Draw the change of each coefficient when each row is left out, with one line of points per coefficient.

        Parameters
        ----------
        data : table, optional
            The rows of the fit, if it was loaded; by default those that the fit holds.
        ax : Axes, optional
            Axes to draw on.
        terms : sequence of str, optional
            Coefficients to draw, in this order; all by default.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot; for each coefficient, the row that changes it most is labelled.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.dfbetas()
        <Axes: xlabel='Change without a row, in standard errors'>
        """
        from logitkit.diagnostics.residuals.dfbetas import dfbetas
        from logitkit.plots.influence import plot_dfbetas

        rows = _held(self._rows_of(data), "A figure of DFBETAS")
        names = list(rows.record.names)
        asked = names if terms is None else texts_listed("terms", terms)
        for term in asked:
            if term not in names:
                raise DataError(f"{term!r:.60} is no coefficient of the fit. {nearest_name(term, names)}")
        chosen = [names.index(term) for term in asked]
        values = dfbetas(rows.record, rows.design)[:, chosen]
        labels = pd.Index(row_labels(rows.design))
        return plot_dfbetas(printed_names(asked, rows), values, labels, ax, title=title)


def _of_variable(rows: Rows, term: str, n_columns: int) -> tuple[Any, tuple[str, ...], str]:
    """Return the values of the variable of a term, its levels where it is no number, and its name."""
    coding = rows.record.info.coding
    variables = [] if coding is None else [name for name in coding.variables if _is_named(name, term)]
    if len(variables) != 1:
        raise UnsupportedError(
            f"The term {term} has {n_columns} columns and is of {len(variables)} variables, and a partial residual is "
            "drawn against one: see fit.plot.average_predictions(...), or fit.residuals('partial')."
        )
    column, name = pd.Series(np.asarray(rows.beside(variables[0], "term")[0])), variables[0]
    labels = rows.record.info.labels
    written = re.search(r"\bC\(", term) is not None
    if not written and pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64), (), labels.of(name)
    codes, levels = pd.factorize(column, sort=True)
    return codes.astype(np.float64), tuple(labels.level(name, level) for level in levels), labels.of(name)


def _is_named(name: str, term: str) -> bool:
    """Tell whether a term names a variable."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.(])", term) is not None


def _held(rows: Rows, what: str) -> Rows:
    """Refuse rows in chunks."""
    if rows.in_chunks:
        raise UnsupportedError(
            f"{what} is drawn from rows that are held, and these are read in chunks: draw some rows."
        )
    return rows


def _outcome(rows: Rows, outcome: Any) -> int:
    """Return the place of the outcome that is drawn: the event, or one that is named."""
    if outcome is not None:
        return int(outcome_place(outcome, rows.record.info, "outcome"))
    if not rows.record.has_event:
        raise UnsupportedError(
            f"Each of the {len(rows.record.outcomes)} outcomes has its own residuals: name the outcome to draw."
        )
    return 1


def _numbers(series: Any, name: str) -> Any:
    """Return a column as numbers, or refuse it."""
    try:
        return np.asarray(series, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"by={name!r:.60} has values that are no numbers, and rows are ordered by it.") from error
