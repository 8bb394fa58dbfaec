"""Names of the fits that a function is given: as many as fits, and all different."""

from __future__ import annotations

from collections.abc import Sequence

from logitkit.errors import DataError

__all__ = ["names_of_fits"]


def names_of_fits(names: Sequence[str] | None, usual: Sequence[str]) -> list[str]:
    """Return what fits are called.

    Parameters
    ----------
    names : sequence of str or None
        As they were given.
    usual : sequence of str
        What they are called otherwise.

    Returns
    -------
    list of str
        One for each.

    Raises
    ------
    DataError
        If they are not as many texts as there are fits, or not all different.

    Examples
    --------
    >>> names_of_fits(None, ["(1)", "(2)"]), names_of_fits(["crude", "adjusted"], ["(1)", "(2)"])
    (['(1)', '(2)'], ['crude', 'adjusted'])
    """
    if names is None:
        return list(usual)
    given = [names] if isinstance(names, str) else list(names)
    if len(given) != len(usual) or not all(isinstance(name, str) for name in given):
        raise DataError(f"names={given!r:.80} must be {len(usual)} texts, one for each fit.")
    if len(set(given)) < len(given):
        raise DataError(f"names={given!r:.80} are not all different, so that the fits could not be told apart.")
    return given
