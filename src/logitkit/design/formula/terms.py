"""Terms of a formula and the columns that they have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

__all__ = ["INTERCEPT", "ColumnTerms", "Term"]

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


@dataclass(frozen=True, slots=True)
class ColumnTerms(Sequence[Term]):
    """Terms of one column each, made when they are asked for: of many thousand columns few ever are.

    Parameters
    ----------
    names : tuple of str
        Of the columns.

    Examples
    --------
    >>> terms = ColumnTerms(("Intercept", "x"))
    >>> len(terms), terms[1]
    (2, Term(name='x', columns=(1,)))
    """

    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> Term: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Term, ...]: ...

    def __getitem__(self, index: int | slice) -> Term | tuple[Term, ...]:
        """Return the term of a column, or those of several."""
        if isinstance(index, slice):
            return tuple(self[j] for j in range(len(self.names))[index])
        place = range(len(self.names))[index]
        return Term(self.names[place], (place,))

    def __iter__(self) -> Iterator[Term]:
        return (Term(name, (j,)) for j, name in enumerate(self.names))
