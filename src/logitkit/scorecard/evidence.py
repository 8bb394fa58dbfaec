"""What the document of a card shows beyond what the card knows: groups, costs, periods, grades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from logitkit.errors import DataError
from logitkit.options import Stated, is_finite_number, require_choice
from logitkit.scorecard.validation.grades import Grades

__all__ = ["Evidence"]

EVERY = ("month", "quarter", "year")


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence(Stated):
    """Optional parts of the document of a card; each is shown if its input is given.

    Parameters
    ----------
    development : table, optional
        The rows from which the card was made, without those that rules left out. A loaded card is validated on these
        rows; groups, costs and periods are also evaluated on them.
    grades : CardGrades, optional
        Rating grades, whose probabilities of default are tested in every sample. By default these are the best grades
        of the development sample, and the mean probabilities of the card in each grade are tested.
    correlation : float, default 0
        Asset correlation of obligors, with which the tests of grades are repeated.
    groups : str or sequence of str, optional
        Columns of groups of applicants, between which decisions are compared. They need not be card variables.
    cut : float, optional
        Points from which applicants are approved; needed with groups.
    gain, loss : float or str, optional
        Gain from a good and loss from a bad, or columns of these; give both or neither.
    period : str, optional
        Column of dates, or of other ordered periods, over which the bins are shown.
    every : {"month", "quarter", "year"}, default "quarter"
        Periods into which dates are grouped.

    Raises
    ------
    DataError
        If an argument is given without another that it needs.

    Examples
    --------
    >>> Evidence(groups="sex", cut=500).groups
    ('sex',)
    """

    development: Any = None
    grades: Any = None
    correlation: float = 0.0
    groups: str | Sequence[str] = ()
    cut: float | None = None
    gain: float | str | None = None
    loss: float | str | None = None
    period: str | None = None
    every: Literal["month", "quarter", "year"] = "quarter"

    _most_by_position: ClassVar[int | None] = 0

    def __post_init__(self) -> None:
        """Refuse parts without those that they need."""
        groups = (self.groups,) if isinstance(self.groups, str) else tuple(self.groups)
        if not all(isinstance(name, str) for name in groups):
            raise DataError(f"groups={self.groups!r:.60}: give names of columns.")
        object.__setattr__(self, "groups", groups)
        if groups and not is_finite_number(self.cut):
            raise DataError(
                f"cut={self.cut!r:.60}: groups are compared at the points from which you approve. Give cut=."
            )
        for name in ("gain", "loss"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str) and not is_finite_number(value):
                raise DataError(f"{name}={value!r:.60}: give a number or the name of a column.")
        if (self.gain is None) != (self.loss is None):
            raise DataError("gain= and loss= belong together: what a good earns, and what a bad costs.")
        if self.grades is not None and not isinstance(self.grades, Grades):
            raise DataError(f"grades={type(self.grades).__name__}: give grades, from card.grades(data).")
        if self.period is not None and not isinstance(self.period, str):
            raise DataError(f"period={self.period!r:.60}: give the name of a column.")
        require_choice("every", self.every, EVERY)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the evidence needs."""
        others = (self.gain, self.loss, self.period)
        return (*self.groups, *(name for name in others if isinstance(name, str)))
