"""Average effects of every variable, as a report shows them."""

from __future__ import annotations

from dataclasses import dataclass

from logitkit.errors import LogitkitError
from logitkit.inference.effects.comparisons import Effects
from logitkit.results.effects.effects import EffectsAsked, effects_of
from logitkit.results.effects.in_chunks import Ends, either_ends, ends_of, reduced
from logitkit.results.effects.rows_to_average import NoCompleteRowError, is_indicator, is_numeric, rows_to_average
from logitkit.results.rows import Rows

__all__ = ["effects_of_all"]

ROWS_MOST = 60  # of a table that is read on a page
INDICATOR = 0.0, 1.0, True


def effects_of_all(rows: Rows) -> Effects | LogitkitError | None:
    """Return the average effect of each variable, from 0 to 1 for indicators; None if there are none.

    If effects are refused, return the refusal, which the report states instead.

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
        indicators = _indicators(rows, coding.variables)
        found = effects_of(rows, EffectsAsked(change=dict.fromkeys(indicators, (0, 1)) or None))
    except LogitkitError as refusal:  # absorbed levels, no errors after a penalty, values that other columns contradict
        return refusal
    return found if len(found.numbers.names) <= ROWS_MOST else None


def _indicators(rows: Rows, variables: tuple[str, ...]) -> list[str]:
    """Return the variables that are 0 and 1 alone, both of them."""
    if not rows.in_chunks:
        frame = rows_to_average(rows).frame
        return [name for name in variables if is_indicator(frame[name])]
    ends = reduced(rows, (), _EndsOfChunk(variables), either_ends)
    return [name for name in variables if ends.get(name) == INDICATOR]


@dataclass(frozen=True)
class _EndsOfChunk:
    """The least and the largest value of each variable of numbers in a chunk."""

    variables: tuple[str, ...]

    def __call__(self, rows: Rows) -> dict[str, Ends]:
        """Return them, none where no row is complete."""
        try:
            frame = rows_to_average(rows, of_chunk=True).frame
        except NoCompleteRowError:
            return {}
        return {name: ends_of(frame[name]) for name in self.variables if is_numeric(frame[name])}
