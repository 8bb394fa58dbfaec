"""``plot_forest``: several fits in one forest plot, beside a table of their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from logitkit.api.naming import names_of_fits
from logitkit.errors import DataError
from logitkit.results.fit import Fit
from logitkit.results.spread_units import units_of_several
from logitkit.typing import Unit

__all__ = ["plot_forest"]


def plot_forest(
    *fits: Fit,
    names: Sequence[str] | None = None,
    units: Mapping[str, Unit] | None = None,
    labels: Mapping[str, str] | None = None,
    level: float | None = None,
    ax: Any = None,
    title: str = "",
) -> Any:
    """Draw the ratios of several fits with their intervals in one forest plot, beside a table of the numbers.

    Parameters
    ----------
    *fits : Fit
        Fits of models of an event, or of ordered outcomes with one coefficient per term.
    names : sequence of str, optional
        Names of the fits; by default Model 1, Model 2 and so on.
    units : mapping of str to float, 'sd' or 'iqr', optional
        The change in a column to which its ratio refers, as in ``fit.odds_ratios``, in every fit that has the column.
        Standard deviations and interquartile ranges are those of the first such fit.
    labels : mapping of str to str, optional
        Labels to show instead of the names of coefficients or factors, as in ``fit.plot.forest``; at least one fit must
        have each name.
    level : float, optional
        Confidence level; that of the fits by default.
    ax : Axes, optional
        Axes to draw on.
    title : str, optional
        Title of the figure.

    Returns
    -------
    Axes
        The axes. Each term has one row, in the order of the first fit that has it, with one mark per fit. The reference
        level of a factor has a row with a hollow mark at 1.

    Raises
    ------
    DataError
        If there is no fit, or the number of names is wrong.
    UnsupportedError
        If a fit has several outcomes, or if the fits have different kinds of ratios.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fits = [lk.logit(formula, births) for formula in ("low ~ smoke", "low ~ smoke + race")]
    >>> [text.get_text() for text in lk.plot_forest(*fits, names=["crude", "adjusted"]).get_legend().get_texts()]
    ['crude', 'adjusted']
    """
    from logitkit.plots.forest import plot_forest as draw
    from logitkit.report.forests import forest_of_several

    other = next((each for each in fits if not isinstance(each, Fit)), None)
    if other is not None or not fits:
        raise DataError(f"plot_forest draws fits, such as lk.plot_forest(one, other); it was given {other!r:.60}.")
    called = names_of_fits(names, [f"Model {k + 1}" for k in range(len(fits))])
    numbers = units_of_several([(fit.record.info, fit.design) for fit in fits], units)
    drawn = forest_of_several([fit.record for fit in fits], called, numbers, labels, level)
    return draw(drawn, ax, title=title)
