"""How a fit was solved and how accurate its standard errors are, as one text in a file."""

from __future__ import annotations

import re

__all__ = ["method_in", "words_of"]

ACCURATE = ", standard errors accurate to "
SHORT = re.compile("[1-9]e-[0-9]{2}")  # as it is written


def words_of(method: str, errors_within: float) -> str:
    """Return the text.

    Examples
    --------
    >>> words_of("Newton's method; 2 of 5 starts end lower", 1e-6)
    "Newton's method, standard errors accurate to 1e-06; 2 of 5 starts end lower"
    """
    how, mark, maxima = method.partition("; ")
    return how + (f"{ACCURATE}{errors_within:.0e}" if errors_within else "") + mark + maxima


def method_in(words: str) -> tuple[str, float]:
    """Return the method and the relative error of standard errors, zero where nothing is said of it.

    Examples
    --------
    >>> method_in("Newton's method, standard errors accurate to 1e-06; 2 of 5 starts end lower")
    ("Newton's method; 2 of 5 starts end lower", 1e-06)
    >>> method_in("Newton's method")
    ("Newton's method", 0.0)
    """
    how, mark, maxima = words.partition("; ")
    how, _, bound = how.partition(ACCURATE)
    if SHORT.fullmatch(bound) is None:  # nothing, or words of someone else
        return words, 0.0
    return how + mark + maxima, float(bound)
