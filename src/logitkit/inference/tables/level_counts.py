r"""Numbers of rows and of events for each level of the factors of a design.

A column of treatment contrasts is an indicator, so its counts are :math:`x_j'c` and :math:`x_j'(cy)`, where c is the
number of copies of a row. These sums over rows do not need the columns written out. The reference level has the
remaining rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.typing import FloatArray

__all__ = ["LevelCounts", "level_counts"]


@dataclass(frozen=True)
class LevelCounts:
    """Sums of the columns over the rows, and over the events.

    Parameters
    ----------
    rows, events : (p,) array
        Counts for each column; ``events`` is nan where there is no event.
    n_rows, n_events : float
        Counts over all rows.

    Examples
    --------
    >>> LevelCounts(np.array([10.0, 4.0]), np.array([3.0, 1.0]), 10.0, 3.0).n_events
    3.0
    """

    rows: FloatArray
    events: FloatArray
    n_rows: float
    n_events: float


def level_counts(design: Design, *, has_event: bool) -> LevelCounts:
    """Return the numbers of rows and events for each indicator column.

    Parameters
    ----------
    design : Design
        The rows; frequency weights and trials are counted, other weights are not.
    has_event : bool
        Whether each row has an outcome that is the event or not.

    Returns
    -------
    LevelCounts
        The counts; for columns that are not indicators they have no meaning.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ race", lk.datasets.load_lbw())
    >>> found = level_counts(fit.design, has_event=True)
    >>> found.rows.tolist(), found.events.tolist()
    ([189.0, 26.0, 67.0], [59.0, 11.0, 25.0])
    """

    def of_rows(part: Design) -> FloatArray:
        response = part.response
        copies = response.weights if response.weight_kind == "frequency" else response.trials
        copies = np.ones(part.n_rows) if copies is None else np.where(response.weights > 0.0, copies, 0.0)
        events = copies * response.y if has_event else np.full(part.n_rows, np.nan)
        sums = [part.matrix.rmatvec(copies), part.matrix.rmatvec(events) if has_event else np.nan * copies[:0]]
        both = np.full((2, part.matrix.n_columns + 1), np.nan)
        both[0, :-1], both[0, -1], both[1, -1] = sums[0], copies.sum(), events.sum()
        if has_event:
            both[1, :-1] = sums[1]
        return both

    found = design.reduce(of_rows, np.add)
    return LevelCounts(found[0, :-1], found[1, :-1], float(found[0, -1]), float(found[1, -1]))
