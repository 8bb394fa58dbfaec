"""``plot_forest``: several fits in one forest plot, with their numbers beside it."""

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
    """Draw the ratios of several fits side by side, with their intervals, and a table of the numbers beside it.

    Parameters
    ----------
    *fits : Fit
        Fits of an event, or of ordered outcomes with one coefficient per term.
    names : sequence of str, optional
        What they are called; by default Model 1, Model 2 and so on.
    units : mapping of str to float, 'sd' or 'iqr', optional
        Change in a column to which a ratio refers, as in ``fit.odds_ratios``, in the fits that have it; the standard
        deviation and the interquartile range are those of the first such fit.
    labels : mapping of str to str, optional
        Text in place of the name of a coefficient, or of a factor, that one of the fits has, as in ``fit.plot.forest``.
    level : float, optional
        Confidence level; that of the fits by default.
    ax : Axes, optional
        Axes to draw on.
    title : str, optional
        Title of the figure.

    Returns
    -------
    Axes
        One row per term in the order of the first fit that has it, in it one mark per fit that has the term. The
        reference level of a factor has a row with a hollow mark at 1.

    Raises
    ------
    DataError
        If there is no fit, or another number of names.
    UnsupportedError
        If a fit has several outcomes, or ratios of another kind.

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
