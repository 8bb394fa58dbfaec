"""Which rows a diagnostic used, of those that it was given, and why it left the others out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.typing import BoolArray

__all__ = ["EVERY_ROW", "LeftOut", "left_out_of", "rows_left_out"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Numbers of rows given and left out, by reason.

    Parameters
    ----------
    given : int
        Number of rows of the table.
    missing : int
        Number of rows with a missing value.
    by_column : tuple of (str, int)
        Columns with missing values and the number of these, in descending order; empty if they were not counted.
    in_pure_levels : int
        Number of rows of the fit in levels of an absorbed factor that have only one outcome.
    weightless : int
        Number of rows of weight zero or without trials.
    undetermined : int
        Number of rows whose prediction is undetermined under separation.
    unseen : int
        Number of rows that the fit cannot predict, such as those with a level that is not in its data.

    Examples
    --------
    >>> LeftOut(10, missing=2, weightless=1).used
    7
    """

    given: int = 0
    missing: int = 0
    by_column: tuple[tuple[str, int], ...] = ()
    in_pure_levels: int = 0
    weightless: int = 0
    undetermined: int = 0
    unseen: int = 0

    @property
    def used(self) -> int:
        """Number of rows used for the diagnostic."""
        gone = self.missing + self.unseen + self.in_pure_levels + self.weightless + self.undetermined
        return self.given - gone


EVERY_ROW = LeftOut()


def rows_left_out(design: Design, undetermined: BoolArray | None = None) -> LeftOut:
    """Count the rows that a diagnostic leaves out.

    Parameters
    ----------
    design : Design
        Rows with their outcome.
    undetermined : (n,) bool array, optional
        Rows of the design without a prediction.

    Returns
    -------
    LeftOut
        Counts, including rows of the table that the design left out.

    Examples
    --------
    >>> from logitkit.design.ready import ready_design
    >>> rows_left_out(ready_design(np.ones((2, 1)), [0, 1], names=["Intercept"])).used
    2
    """
    used = design.response.weights > 0.0
    gone = 0 if undetermined is None else int(np.count_nonzero(used & undetermined))
    return left_out_of(design, int(np.count_nonzero(~used)), gone)


def left_out_of(design: Design, weightless: int, undetermined: int) -> LeftOut:
    """Return the counts of rows that a diagnostic leaves out, given some of them.

    Parameters
    ----------
    design : Design
        Rows with their outcome; only their number is used.
    weightless, undetermined : int
        Number of rows without weight, and without a prediction.

    Returns
    -------
    LeftOut
        Counts, including rows of the table that the design left out.

    Examples
    --------
    >>> from logitkit.design.ready import ready_design
    >>> left_out_of(ready_design(np.ones((2, 1)), [0, 1], names=["Intercept"]), 1, 0).used
    1
    """
    counts = design.counts
    return LeftOut(
        counts.given,
        counts.missing,
        counts.missing_by_column,
        counts.given - counts.missing - counts.unseen - design.n_rows,
        weightless,
        undetermined,
        counts.unseen,
    )
