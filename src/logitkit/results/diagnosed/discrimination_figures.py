"""Figures of discrimination."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logitkit.models.places import named_places
from logitkit.results.given_rows import OfRows
from logitkit.results.labelled import as_printed

__all__ = ["DiscriminationFigures"]


class DiscriminationFigures(OfRows):
    """Figures of discrimination."""

    def roc(
        self,
        data: Any = None,
        ax: Any = None,
        label: str | None = None,
        color: str | None = None,
        title: str = "",
        *,
        outcomes: Sequence[Any] | None = None,
    ) -> Any:
        r"""Draw the ROC curve of the event, or of each of several outcomes against the rest.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        label : str, optional
            Name of the curve of an event in a legend; labelled curves can share ``ax``.
        color : str, optional
            Colour of the curve of an event.
        title : str, optional
            Title of the figure.
        outcomes : sequence, optional
            With several outcomes, those to draw, at most twelve. Default: all outcomes or, if there are more than
            twelve, the most frequent; the figure names those not drawn.

        Returns
        -------
        Axes
            The plot, with one curve, or one curve per outcome, and the areas.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> axes = lk.logit("low ~ age + lwt + smoke", births).plot.roc(label="three terms")
        >>> axes = lk.logit("low ~ lwt", births).plot.roc(ax=axes, label="weight")
        >>> [text.get_text().replace("\xa0", " ") for text in axes.get_legend().get_texts()]
        ['three terms (AUC 0.653)', 'weight (AUC 0.613)']
        """
        from logitkit.diagnostics.discrimination.curves import discrimination
        from logitkit.plots.roc import plot_roc

        rows = self._rows_of(data)
        places = named_places(outcomes, rows.record.info)
        found = discrimination(rows.record, rows.design)
        return plot_roc(as_printed(found, rows), ax, title=title, label=label, color=color, outcomes=places)

    def precision_recall(self, data: Any = None, ax: Any = None, label: str | None = None, title: str = "") -> Any:
        """Draw precision against recall.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        label : str, optional
            Name of the curve in a legend; labelled curves can share ``ax``.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The curve as a step function, with a line at the rate of events.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.precision_recall()
        <Axes: xlabel='Recall (sensitivity)', ylabel='Precision (positive predictive value)'>
        """
        from logitkit.diagnostics.discrimination.precision_recall import precision_recall
        from logitkit.plots.precision_recall import plot_precision_recall

        rows = self._rows_of(data)
        return plot_precision_recall(precision_recall(rows.record, rows.design), ax, label=label, title=title)

    def cap(self, data: Any = None, ax: Any = None, label: str | None = None, title: str = "") -> Any:
        """Draw the cumulative accuracy profile (CAP, gains curve): the proportion of events captured by depth.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        label : str, optional
            Name of the profile in a legend; labelled profiles can share ``ax``.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The profile, with those of a random and of a perfect model.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.cap()
        <Axes: xlabel='Proportion of rows, the highest probabilities first', ylabel='Proportion of the events'>
        """
        from logitkit.diagnostics.discrimination.gains import gains
        from logitkit.plots.gains import plot_gains

        rows = self._rows_of(data)
        return plot_gains(gains(rows.record, rows.design), ax, label=label, title=title)

    def lift(self, data: Any = None, ax: Any = None, groups: int = 10, title: str = "") -> Any:
        """Draw the lift of groups of rows, ordered from the highest probabilities to the lowest.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        groups : int, default 10
            Number of groups of equal weight.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            Bars with intervals, and a line for the cumulative lift.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> axes = fit.plot.lift(groups=4)
        >>> [round(float(bar.get_height()), 2) for bar in axes.patches]
        [1.44, 1.31, 0.71, 0.54]
        """
        from logitkit.diagnostics.discrimination.gains import gains
        from logitkit.plots.gains import plot_lift

        rows = self._rows_of(data)
        return plot_lift(gains(rows.record, rows.design, groups), ax, title=title)

    def predicted(
        self,
        data: Any = None,
        ax: Any = None,
        threshold: float | None = None,
        bins: int = 40,
        title: str = "",
    ) -> Any:
        """Draw the distribution of predicted probabilities, upwards for events and downwards for non-events.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        threshold : float, optional
            A probability to mark.
        bins : int, default 40
            Number of equally wide bins from 0 to 1.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot; the bars are proportions within each outcome.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw())
        >>> fit.plot.predicted(threshold=0.3, bins=10)
        <Axes: xlabel='Predicted probability', ylabel='Proportion of each outcome'>
        """
        import numpy as np

        from logitkit.diagnostics.discrimination.spread import spread_of
        from logitkit.plots.predicted_by_outcome import plot_predicted_by_outcome

        rows = self._rows_of(data)
        counts, (first, second) = spread_of(rows.record, rows.design, bins, threshold)
        other, event = rows.record.outcomes
        return plot_predicted_by_outcome(
            np.linspace(0.0, 1.0, bins + 1),
            counts,
            ax,
            names=(event, other),
            threshold=threshold,
            reached=(float(first), float(second)),
            title=title,
        )

    def decision_curve(
        self,
        other: Any = None,
        data: Any = None,
        ax: Any = None,
        *,
        thresholds: Sequence[float] | None = None,
        standardized: bool = False,
        title: str = "",
    ) -> Any:
        """Draw the net benefit of acting on predicted probabilities, for this fit and others.

        Parameters
        ----------
        other : Fit, str, array, or several as a mapping by name, optional
            Other predictions of the same rows. A mapping may name the fit itself too:
            ``{"clinical": fit, "with tests": richer}``.
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        thresholds : sequence of float, optional
            Probabilities at or above which one acts; by default 0.01, 0.02, and so on to 0.99.
        standardized : bool, default False
            Whether to draw the net benefit divided by the prevalence.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            One curve per model, with those of acting on all rows and on none.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.logit("low ~ age + lwt + smoke", births)
        >>> axes = fit.plot.decision_curve(lk.logit("low ~ lwt", births), thresholds=[0.1, 0.2, 0.3, 0.4])
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['this fit', 'other', 'all', 'none']
        """
        from logitkit.diagnostics.decisions.net_benefit import decision_curve
        from logitkit.diagnostics.discrimination.at_thresholds import thresholds_asked
        from logitkit.plots.decision_curve import plot_decision_curve
        from logitkit.results.diagnosed.together import probabilities_together

        rows = self._rows_of(data)
        cuts = thresholds_asked([k / 100 for k in range(1, 100)] if thresholds is None else thresholds)
        with probabilities_together(rows, other) as scored:
            found = decision_curve(scored, cuts, level=rows.record.level)
        return plot_decision_curve(found, ax, standardized=standardized, title=title)
