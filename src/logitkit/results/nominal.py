"""The fit of a multinomial model, with the verbs that only this model has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from logitkit.inference.prediction import fitted_matrix
from logitkit.results.documented import documents
from logitkit.results.figures import FitPlots
from logitkit.results.fit import Fit
from logitkit.results.row_figures import RowPlots
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.results.verbs_by_task import verbs_in_help

if TYPE_CHECKING:
    from logitkit.inference.hypotheses.chi_square import ChiSquareTests
    from logitkit.inference.hypotheses.iia import IiaTests

__all__ = ["MultinomialFit", "NominalPlots", "NominalRowPlots"]


class NominalRowPlots(RowPlots):
    """Figures of rows for a multinomial model.

    Parameters
    ----------
    rows : Rows
        The fit and the rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> others = lk.multinomial("race ~ age + lwt", births[::2]).on(births[1::2])
    >>> [text.get_text() for text in others.plot.ternary().texts[-3:]]
    ['white', 'black', 'other']
    """

    def ternary(self, ax: Any = None, title: str = "") -> Any:
        """Draw the probabilities of three outcomes as points in a triangle, coloured by the observed outcome."""
        from logitkit.plots.ternary import plot_ternary
        from logitkit.report.called import printed_record

        record, design = self._rows.record, self._rows.design
        mean = fitted_matrix(record, design.matrix, design.response.offset).probabilities
        return plot_ternary(mean, printed_record(record).outcomes, design.response.y.astype(int), ax, title=title)


@documents(NominalRowPlots)
class NominalPlots(FitPlots):
    """Figures of a multinomial model.

    Parameters
    ----------
    fit : MultinomialFit
        The fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> fit.plot.roc()
    <Axes: xlabel='False positive rate ...', ylabel='True positive rate (sensitivity)'>
    """

    def ternary(self, data: Any = None, ax: Any = None, title: str = "") -> Any:
        """Draw the probabilities of three outcomes as points in a triangle, coloured by the observed outcome.

        Parameters
        ----------
        data : table, optional
            Rows with an outcome; the rows of the fit by default.
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.

        Returns
        -------
        Axes
            The plot.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
        >>> axes = fit.plot.ternary(title="Race by age and weight")
        >>> [text.get_text() for text in axes.texts[-3:]]
        ['white', 'black', 'other']
        """
        return NominalRowPlots(Rows(self._record, self._fit.design, data)).ternary(ax, title)


@verbs_in_help
class MultinomialFit(Fit):
    """A fitted multinomial logistic regression.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit, for the verbs that need rows. A loaded model has none, so these verbs need ``data=``.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.

    Examples
    --------
    In a model with intercepts, the fitted probabilities of an outcome sum to its frequency:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> fit.predict().sum().round(9).tolist()
    [3.0, 3.0, 3.0]
    """

    def _figures(self) -> type[FitPlots]:
        """Return the class of the figures."""
        return NominalPlots

    def _row_figures(self) -> type[RowPlots]:
        """Return the class of the figures of given rows."""
        return NominalRowPlots

    def combine_tests(self, test: Literal["LR", "Wald"] = "Wald") -> ChiSquareTests:
        """Test, for each pair of outcomes, whether the columns distinguish them.

        Parameters
        ----------
        test : {'LR', 'Wald'}
            Likelihood-ratio test, from a fit in which the two outcomes have equal coefficients, or Wald test.

        Returns
        -------
        ChiSquareTests
            One row per pair of outcomes.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> fit = lk.multinomial("race ~ age + lwt", births)
        >>> found = fit.combine_tests()
        >>> dict(zip(found.labels, found.p_value.round(4).tolist(), strict=True))
        {'white & black': 0.0062, 'white & other': 0.0083, 'black & other': 0.0007}
        """
        from logitkit.inference.hypotheses.combine import combine_tests

        return shown(combine_tests(self.record, self.design, test))

    def iia_tests(self, method: Literal["hausman", "small_hsiao"] = "hausman", seed: int = 0) -> IiaTests:
        """Test the independence of irrelevant alternatives (IIA); both tests are known to be unreliable.

        Parameters
        ----------
        method : {'hausman', 'small_hsiao'}
            The test of Hausman and McFadden, or of Small and Hsiao.
        seed : int, default 0
            Seed for the random halves in the test of Small and Hsiao.

        Returns
        -------
        IiaTests
            One row per outcome left out.

        Examples
        --------
        >>> import logitkit as lk
        >>> births = lk.datasets.load_lbw()
        >>> found = lk.multinomial("race ~ age + lwt", births).iia_tests()
        >>> dict(zip(found.omitted, found.statistic.round(2).tolist(), strict=True))
        {'white': -0.28, 'black': 0.13, 'other': -2.13}
        """
        from logitkit.inference.hypotheses.iia import iia_tests

        return shown(iia_tests(self.record, self.design, method, seed))
