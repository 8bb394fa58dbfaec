"""Bounds on coefficients."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from logitkit.errors import DataError
from logitkit.models.penalties.specification import Part
from logitkit.options import is_finite_number

__all__ = ["Bounds"]


@dataclass(frozen=True)
class Bounds(Part):
    """Bounds on coefficients, on the scale of the columns as given; they must contain zero.

    Parameters
    ----------
    lower, upper : float or mapping, optional
        One number for all coefficients other than the intercept, or numbers by term or coefficient. ``lower=0``
        excludes negative coefficients.

    Raises
    ------
    DataError
        If no bound is given, a lower bound exceeds the upper one or zero, or an upper bound is below zero.

    Examples
    --------
    >>> import logitkit as lk
    >>> (lk.Lasso(0.1) + lk.Bounds(lower=0)).words
    'lasso, bounds'
    """

    lower: float | Mapping[str, float] | None = None
    upper: float | Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        """Raise an error for bounds that are not numbers or exclude zero."""
        if self.lower is None and self.upper is None:
            raise DataError("Bounds(): give lower=, upper= or both.")
        given = [("lower", *pair) for pair in _named(self.lower)] + [("upper", *pair) for pair in _named(self.upper)]
        for side, name, value in given:
            if not is_finite_number(value) and not (isinstance(value, float) and math.isinf(value)):
                raise DataError(f"Bounds({_shown(side, name, value)}): give numbers.")
        for _, name, _ in given:
            low, high = _bound(self.lower, name), _bound(self.upper, name)
            if low is not None and high is not None and low > high:
                raise DataError(
                    f"Bounds(): the lower bound of {_whose(name)} ({low!r}) is above the upper one ({high!r}). If they "
                    "were given the wrong way round, swap them; otherwise leave one out."
                )
        for side, name, value in given:
            if (value > 0.0) if side == "lower" else (value < 0.0):
                raise DataError(
                    f"Bounds({_shown(side, name, value)}) excludes zero, where {_whose(name)} starts. Move the known "
                    "part of the coefficient into an offset, and bound the remainder."
                )

    @property
    def words(self) -> str:
        """The penalty in words."""
        return "bounds"


def _named(given: float | Mapping[str, float] | None) -> list[tuple[str | None, float]]:
    """Return each bound with its name, None for all coefficients."""
    if given is None:
        return []
    return list(given.items()) if isinstance(given, Mapping) else [(None, given)]


def _bound(given: float | Mapping[str, float] | None, name: str | None) -> float | None:
    """Return the bound on one side of a name, or None."""
    if isinstance(given, Mapping):
        return None if name is None else given.get(name)
    return given


def _whose(name: str | None) -> str:
    return "every coefficient" if name is None else f"the coefficient {name!r}"


def _shown(side: str, name: str | None, value: object) -> str:
    return f"{side}={value!r}" if name is None else f"{side}={{{name!r}: {value!r}}}"
