"""Penalties as the user states them: what they have in common, and what several of them are together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

from logitkit.errors import DataError

__all__ = [
    "Part",
    "PenaltySum",
    "Specification",
    "is_number",
    "parts_of",
    "require_relative",
    "require_share",
    "require_strength",
]


class Part:
    """What every penalty can do: be added to another."""

    __slots__ = ()

    def __add__(self, other: Specification) -> PenaltySum:
        """Return both penalties together."""
        return PenaltySum((*parts_of(self), *parts_of(other)))

    @property
    def words(self) -> str:
        """The penalty in words, without its strength."""
        return type(self).__name__


@dataclass(frozen=True)
class PenaltySum:
    """Several penalties together.

    Parameters
    ----------
    parts : tuple of penalties
        Each with its own strength; those left out are one and the same.

    Examples
    --------
    >>> import logitkit as lk
    >>> (lk.Lasso() + lk.GaussianPrior()).words
    'lasso, Gaussian prior'
    """

    parts: tuple[Part, ...]

    def __add__(self, other: Specification) -> PenaltySum:
        """Return all of them and another together."""
        return PenaltySum((*self.parts, *parts_of(other)))

    @property
    def words(self) -> str:
        """The penalties in words."""
        return ", ".join(part.words for part in self.parts)


Specification = Part | PenaltySum


def parts_of(penalty: Specification) -> tuple[Part, ...]:
    """Return the penalties that a sum is made of.

    Parameters
    ----------
    penalty : penalty
        One, or a sum.

    Returns
    -------
    tuple
        Its parts.

    Raises
    ------
    DataError
        If it is no penalty.

    Examples
    --------
    >>> import logitkit as lk
    >>> parts_of(lk.Lasso(0.5))[0].strength
    0.5
    """
    if isinstance(penalty, PenaltySum):
        return penalty.parts
    if isinstance(penalty, Part):
        return (penalty,)
    raise DataError(f"penalty={penalty!r} is no penalty; give one such as lk.Lasso(0.1) or lk.Ridge(0.1).")


def is_number(value: object) -> bool:
    """Tell whether a value is a real number, which True is not.

    Parameters
    ----------
    value : object
        Any.

    Returns
    -------
    bool
        Whether it is.
    """
    return isinstance(value, Real) and not isinstance(value, bool)


def require_strength(strength: object, name: str) -> None:
    """Refuse a strength that is not one.

    Parameters
    ----------
    strength : object
        As the user gave it; None where left out.
    name : str
        Of the penalty.

    Raises
    ------
    DataError
        For a negative or infinite number, or no number.
    """
    if strength is None:
        return
    if not is_number(strength) or not 0.0 <= strength < math.inf:  # type: ignore[operator]
        raise DataError(f"{name}(strength={strength!r}): give a number that is not negative.")


def require_share(value: object, where: str) -> None:
    """Refuse what is not between 0 and 1.

    Parameters
    ----------
    value : object
        As the user gave it.
    where : str
        What asks, with three dots for the value.

    Raises
    ------
    DataError
        For a number out of range, or no number.
    """
    if not is_number(value) or not 0.0 <= value <= 1.0:  # type: ignore[operator]
        raise DataError(f"{where.replace('...', repr(value))}: give a number between 0 and 1.")


def require_relative(relative: Mapping[str, float] | None) -> None:
    """Refuse relative strengths that are none.

    Parameters
    ----------
    relative : mapping or None
        As the user gave them.

    Raises
    ------
    DataError
        For negative or infinite numbers, or no mapping.
    """
    if relative is None:
        return
    if not isinstance(relative, Mapping):
        raise DataError(f"relative={relative!r}: give a mapping such as {{'age': 2.0}}.")
    for name, value in relative.items():
        if not is_number(value) or not 0.0 <= value < math.inf:
            raise DataError(f"relative={{{name!r}: {value!r}}}: give numbers that are not negative.")
