"""Single values of a saved fit: what a JSON value must be, and what is wrong with others.

Sizes have names. The first array of a table that has one sets it and the others must agree, so that lengths agree
across fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["Field", "Flag", "Number", "Scalar", "Sizes", "Text", "Whole", "number_in", "out_of_range", "shown"]

Sizes = dict[str, int]
SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
LARGEST = 2**53  # whole numbers beyond it are not exact as floats
HASHES = 2**64  # whole numbers of a column, which may be levels


class Field(Protocol):
    """What a value must be."""

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """Yield what is wrong with a value, which is found at ``where``."""


def shown(value: Any) -> str:
    """Return the type and the beginning of a value, for messages.

    Examples
    --------
    >>> shown([1])
    'of type list, [1]'
    """
    text = repr(value)
    return f"of type {type(value).__name__}, {text if len(text) < 40 else text[:40] + '...'}"


@dataclass(frozen=True)
class Text:
    """Text.

    Parameters
    ----------
    choices : tuple of str
        What it may be; anything where there are none.
    """

    choices: tuple[str, ...] = ()

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:  # noqa: ARG002 - one protocol
        """See ``Field``."""
        if not isinstance(value, str):
            yield f"{where!r} is {shown(value)}, and must be text"
        elif self.choices and value not in self.choices:
            yield f"{where!r} is {value!r}, which is not known; it must be one of {', '.join(map(repr, self.choices))}"


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:  # noqa: ARG002 - one protocol
        """See ``Field``."""
        if not isinstance(value, bool):
            yield f"{where!r} is {shown(value)}, and must be true or false"


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds.

    Parameters
    ----------
    low : int
        The least.
    below : int or str
        What it must be less than, or the name of a size.
    """

    low: int = 0
    below: int | str = LARGEST

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:
        """See ``Field``."""
        below = sizes.get(self.below, LARGEST) if isinstance(self.below, str) else self.below
        if type(value) is not int:
            yield f"{where!r} is {shown(value)}, and must be a whole number"
        elif not self.low <= value < below:
            yield f"{where!r} is {value}, and must be at least {self.low} and less than {below}"


@dataclass(frozen=True)
class Number:
    """A number within bounds; JSON has no nan and no infinity, which are written as ``{"float": "nan"}``.

    Parameters
    ----------
    low, high : float
        The least and the largest.
    special : tuple of str
        Those of nan, inf and -inf that are allowed.
    inside : bool
        Whether the least and the largest themselves are refused.
    """

    low: float = -math.inf
    high: float = math.inf
    special: tuple[str, ...] = ()
    inside: bool = False

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:  # noqa: ARG002 - one protocol
        """See ``Field``."""
        number = number_in(value)
        if number is None:
            yield f"{where!r} is {shown(value)}, and must be a number"
            return
        yield from out_of_range(np.array([number]), where, self)
        if self.inside and number in (self.low, self.high):
            yield f"{where!r} is {number}, and must lie between {self.low} and {self.high}"


@dataclass(frozen=True)
class Scalar:
    """A level: text, a number, true, false or null."""

    def problems(self, value: Any, where: str, sizes: Sizes) -> Iterator[str]:  # noqa: ARG002 - one protocol
        """See ``Field``."""
        whole = type(value) is int and abs(value) < HASHES  # not computed with
        if not (value is None or isinstance(value, (str, bool)) or whole or number_in(value) is not None):
            yield f"{where!r} is {shown(value)}, and must be text or a number"


def number_in(value: Any) -> float | None:
    """Return the number that a value is, or None.

    Examples
    --------
    >>> number_in(2), number_in({"float": "inf"}), number_in(True), number_in(10**30)
    (2.0, inf, None, None)
    """
    if type(value) is int:
        return float(value) if abs(value) <= LARGEST else None
    if type(value) is float:  # 1e999 is infinite to Python's reader, and no JSON of ours
        return value if math.isfinite(value) else None
    if isinstance(value, dict) and set(value) == {"float"} and isinstance(value["float"], str):
        return SPECIAL.get(value["float"])
    return None


def out_of_range(found: FloatArray, where: str, each: Number) -> Iterator[str]:
    """Name the first number that is not allowed."""
    allowed = np.isfinite(found) & (found >= each.low) & (found <= each.high)
    for name in each.special:
        allowed |= np.isnan(found) if name == "nan" else found == SPECIAL[name]
    if not allowed.all():
        worst = float(found[~allowed][0])
        if math.isfinite(worst):
            to = f"from {each.low:g} to {each.high:g}" if math.isfinite(each.high) else f"{each.low:g} or more"
            yield f"{where!r} holds {worst:g}, and must be {to}"
        else:
            yield f"{where!r} holds {worst}, which is not allowed"
