"""Names of the fits given to a function: one per fit, all different."""

from __future__ import annotations

from collections.abc import Sequence

from logitkit.errors import DataError

__all__ = ["names_of_fits"]


def names_of_fits(names: Sequence[str] | None, usual: Sequence[str]) -> list[str]:
    """Return the names of fits.

    Parameters
    ----------
    names : sequence of str or None
        The names given by the user.
    usual : sequence of str
        The default names.

    Returns
    -------
    list of str
        One name per fit.

    Raises
    ------
    DataError
        If there is not one text per fit, or if the names are not all different.

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
