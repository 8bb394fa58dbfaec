"""Sentences that several documents share: lists of names that stay short, counts with their noun, caveats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from logitkit.record import FitRecord
from logitkit.report.number_format import format_integer

if TYPE_CHECKING:
    from logitkit.diagnostics.goodness import HosmerLemeshow

__all__ = ["counted", "fewer_groups", "has_only_intercept", "name_list"]

NAMES_MOST = 12


def name_list(names: Sequence[str], most: int = NAMES_MOST) -> str:
    """Return names with commas, and beyond some of them how many more there are.

    Parameters
    ----------
    names : sequence of str
        Such as the names of coefficients.
    most : int, default 12
        Names that are written out.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> name_list(["a", "b"]), name_list(["a", "b", "c", "d"], most=2)
    ('a, b', 'a, b and 2 more')
    """
    text = ", ".join(names[:most])
    return f"{text} and {format_integer(len(names) - most)} more" if len(names) > most else text


def counted(number: int, noun: str) -> str:
    """Return a count with its noun, in the plural unless it is one.

    Parameters
    ----------
    number : int
        The count.
    noun : str
        In the singular; its plural ends in s.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> counted(1, "iteration"), counted(0, "row"), counted(1200, "row")
    ('1 iteration', '0 rows', '1,200 rows')
    """
    return f"{format_integer(number)} {noun}{'' if number == 1 else 's'}"


def has_only_intercept(record: FitRecord) -> bool:
    """Return whether no coefficient was estimated besides the intercept, so that the model is the null model.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    bool
        True also when every other column is aliased.
    """
    return record.info.intercept is not None and record.n_params == 1


def fewer_groups(result: HosmerLemeshow) -> tuple[str, ...]:
    """Return a note when a Hosmer-Lemeshow test has fewer groups than were asked for.

    Parameters
    ----------
    result : HosmerLemeshow
        What the test found.

    Returns
    -------
    tuple of str
        One sentence or none.
    """
    found = result.size.size
    if found >= result.groups_asked:
        return ()
    asked = format_integer(result.groups_asked)
    return (f"{asked} groups were asked for and {found} are left, as equal predictions stay together.",)
