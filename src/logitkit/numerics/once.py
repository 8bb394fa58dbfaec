"""A property that is computed when it is first asked for, and kept.

``functools.cached_property`` of Python 3.11 holds one lock for a whole class: a process that forks while another thread
computes one would leave the child waiting for ever. Here two threads may compute the same value; one of them is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ["altered", "once"]

T = TypeVar("T")


def altered(given: T, **changes: Any) -> T:
    """Return a frozen dataclass with other values of some fields, and nothing that was computed of the old ones.

    What ``dataclasses.replace`` returns where a class only keeps what it is given, in a fraction of its time.

    Parameters
    ----------
    given : dataclass
        Without slots.
    **changes : object
        Fields by name.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Circle:
    ...     radius: float
    ...
    ...     @once
    ...     def area(self):
    ...         return 3 * self.radius**2
    >>> circle = Circle(2)
    >>> circle.area, altered(circle, radius=3).area, altered(circle, radius=3)
    (12, 27, Circle(radius=3))
    """
    made, own = object.__new__(type(given)), given.__dict__
    made.__dict__.update({name: own[name] for name in given.__dataclass_fields__}, **changes)  # type: ignore[attr-defined]
    return made


class once(Generic[T]):  # noqa: N801 - used as a decorator, like property
    """Turn a method without arguments into a property that is computed once for an object.

    Parameters
    ----------
    function : callable
        Of the object; it must return the same whenever it is called.

    Examples
    --------
    >>> class Circle:
    ...     def __init__(self, radius):
    ...         self.radius = radius
    ...
    ...     @once
    ...     def area(self):
    ...         return 3 * self.radius**2
    >>> circle = Circle(2)
    >>> circle.area, circle.__dict__["area"]
    (12, 12)
    """

    def __init__(self, function: Callable[[Any], T]) -> None:
        self.function = function
        self.name = function.__name__
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> once[T]: ...

    @overload
    def __get__(self, owner: object, kind: type) -> T: ...

    def __get__(self, owner: object | None, kind: type) -> once[T] | T:
        """Return the value, computed now or before; from then on the object holds it itself."""
        if owner is None:
            return self
        value = self.function(owner)
        owner.__dict__[self.name] = value
        return value
