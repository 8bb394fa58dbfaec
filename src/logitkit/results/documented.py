"""Docstrings shared by a verb of the fit and the same verb on other rows, or by a result and its subclass."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import is_dataclass
from typing import TypeVar

C = TypeVar("C", bound=type)

__all__ = ["documents", "extends_base", "without_parameters"]

SECTION = re.compile(
    r"\A(?P<before>.*?)^Parameters\n-+\n(?P<entries>.*?)(?P<after>^\w+\n-+\n.*)?\Z", re.MULTILINE | re.DOTALL
)
ENTRY = re.compile(r"^(?P<name>\w+) : .*\n(?:(?: +.*)?\n)*", re.MULTILINE)


def documents(twin: type) -> Callable[[C], C]:
    """Give the verbs of ``twin`` the docstrings of the decorated class, without the parameters that they do not have.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.results.on_rows import FitOnRows
    >>> "data : table" in lk.Fit.residuals.__doc__, "data : table" in FitOnRows.residuals.__doc__
    (True, False)
    """

    def decorate(kind: C) -> C:
        for name, verb in vars(twin).items():
            full = getattr(kind, name, None)
            if inspect.isfunction(verb) and inspect.isfunction(full) and full.__doc__ and not name.startswith("_"):
                verb.__doc__ = _of_parameters(inspect.cleandoc(full.__doc__), set(inspect.signature(verb).parameters))
        return kind

    return decorate


def extends_base(kind: C) -> C:
    """Add the parameters of the base class to a docstring, and use the docstrings of the base for one-line methods.

    Examples
    --------
    >>> from logitkit.results.effects.inverse import InverseResult
    >>> "variable : str" in InverseResult.__doc__
    True
    """
    base = next(each for each in kind.__mro__[1:] if is_dataclass(each))
    found = SECTION.match(inspect.cleandoc(base.__doc__ or "") + "\n")
    if kind.__doc__ and found is not None:
        own, *rest = re.split(r"\n\n(?=Examples\n---)", inspect.cleandoc(kind.__doc__))
        kind.__doc__ = "\n\n".join([own, f"Parameters\n----------\n{found['entries'].rstrip()}", *rest])
    for name, verb in vars(kind).items():
        full = getattr(base, name, None)
        if inspect.isfunction(verb) and inspect.isfunction(full) and "\n" not in (verb.__doc__ or "").strip():
            verb.__doc__ = full.__doc__
    return kind


def without_parameters(text: str | None, names: set[str]) -> str:
    """Return a docstring without some of its parameters.

    Examples
    --------
    >>> import logitkit as lk
    >>> (
    ...     "data : table" in lk.Fit.influence.__doc__,
    ...     "data : table" in without_parameters(lk.Fit.influence.__doc__, {"data"}),
    ... )
    (True, False)
    """
    text = inspect.cleandoc(text or "")
    found = SECTION.match(text + "\n")
    every = set() if found is None else {entry["name"] for entry in ENTRY.finditer(found["entries"])}
    return _of_parameters(text, every - names)


def _of_parameters(text: str, names: set[str]) -> str:
    """Return a docstring with those of its parameters that are named."""
    found = SECTION.match(text + "\n")
    if found is None:
        return text
    kept = "".join(entry[0] for entry in ENTRY.finditer(found["entries"]) if entry["name"] in names)
    section = f"Parameters\n----------\n{kept.rstrip()}\n\n" if kept else ""
    return f"{found['before']}{section}{found['after'] or ''}".strip()
