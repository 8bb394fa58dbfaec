"""Average effects of every variable, as a report shows them."""

from __future__ import annotations

from logitkit.errors import LogitkitError
from logitkit.inference.effects.comparisons import Effects
from logitkit.results.effects.effects import EffectsAsked, effects_of
from logitkit.results.effects.rows_to_average import is_indicator, rows_to_average
from logitkit.results.rows import Rows

__all__ = ["effects_of_all"]

ROWS_MOST = 60  # of a table that is read on a page


def effects_of_all(rows: Rows) -> Effects | None:
    """Return the average effect of each variable, from 0 to 1 of those that are 0 or 1; None where there are none.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> effects_of_all(fit._own_rows).numbers.names
    ('age', 'smoke[1 - 0]')
    """
    coding = rows.record.info.coding
    if coding is None or coding.uses_neighbours or rows.record.is_separated:
        return None
    try:
        frame = rows_to_average(rows).frame
        change = {name: (0, 1) for name in coding.variables if is_indicator(frame[name])}
        found = effects_of(rows, EffectsAsked(change=change or None))
    except LogitkitError:  # absorbed levels, no errors after a penalty, values that other columns contradict
        return None
    return found if len(found.numbers.names) <= ROWS_MOST else None
