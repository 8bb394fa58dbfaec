"""Verbs written once for a fit, which takes rows as ``data``, and for a fit on given rows, which holds them."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from logitkit.results.documented import without_parameters
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.labelled import verbs_with_labels

if TYPE_CHECKING:
    from logitkit.results.rows import Rows

__all__ = ["OfRows", "of_given_rows"]

C = TypeVar("C", bound="type[OfRows]")


class OfRows:
    """Verbs and figures that use rows: those of the fit by default, or those of ``data``.

    A class of such verbs takes its rows from ``_rows_of(data)``. It is mixed into a fit, whose own rows are the
    default, or into a fit on given rows, where ``of_given_rows`` removes the parameter ``data``.
    """

    def __init_subclass__(cls) -> None:
        """Make every verb refuse unknown arguments, translate those of others, and show its result by labels."""
        super().__init_subclass__()
        verbs_in_our_words(cls)
        verbs_with_labels(cls)

    def _rows_of(self, data: Any) -> Rows:
        """Return the rows of a verb."""
        raise NotImplementedError


def of_given_rows(kind: C) -> C:
    """Remove the parameter ``data`` from the signatures and docstrings of the verbs of a class.

    Examples
    --------
    >>> import inspect
    >>> from logitkit.results.on_rows import FitOnRows
    >>> list(inspect.signature(FitOnRows.classification).parameters)
    ['self', 'threshold']
    """
    for base in kind.__mro__[1:]:
        if issubclass(base, OfRows):
            for name, verb in vars(base).items():
                if inspect.isfunction(verb) and "data" in inspect.signature(verb).parameters and name not in vars(kind):
                    setattr(kind, name, _without_data(verb))
    return kind


def _without_data(verb: Any) -> Any:
    """Return a verb of given rows."""
    own = inspect.signature(inspect.unwrap(verb))
    left = own.replace(parameters=[each for each in own.parameters.values() if each.name != "data"])

    @functools.wraps(verb)
    def asked(*given: Any, **named: Any) -> Any:
        called = left.bind(*given, **named)
        owner, *_ = called.arguments.values()
        return verb(owner, **dict(list(called.arguments.items())[1:]))

    del asked.__wrapped__  # its signature is another
    asked.__signature__ = left  # type: ignore[attr-defined]
    asked.__doc__ = without_parameters(verb.__doc__, {"data"})
    return asked
