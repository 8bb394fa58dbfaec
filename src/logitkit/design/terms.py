"""Terms of a formula and the columns that they have."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["INTERCEPT", "Term"]

INTERCEPT = "Intercept"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the formula and the columns that it has in the design.

    Parameters
    ----------
    name : str
        As formulaic prints it, ``"age:C(g)"``.
    columns : tuple of int
        Positions of its columns.
    """

    name: str
    columns: tuple[int, ...]
