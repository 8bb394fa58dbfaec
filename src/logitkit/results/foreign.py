"""Functions and verbs that refuse unknown arguments, with what is said of those of other packages."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

from logitkit.errors import ArgumentError

__all__ = ["in_our_words", "verbs_in_our_words"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")

VALUES = {
    "lr_test": " It tests all slopes against the null model. Two nested fits to the same rows are compared by "
    "lk.compare(fit1, fit2).",
}


class _Arguments(NamedTuple):
    """What a function takes.

    Parameters
    ----------
    known : list of str
        Its arguments, without self.
    every : frozenset of str
        Its arguments.
    own : int
        1 of a method, else 0.
    places : int
        How many it takes by position.
    needed, keywords : list of str
        Those that are required, by position or by name only.
    stated : bool
        Whether one of them is a model.
    """

    known: list[str]
    every: frozenset[str]
    own: int
    places: int
    needed: list[str]
    keywords: list[str]
    stated: bool


def _arguments_of(function: Callable[..., Any]) -> _Arguments:
    """Return what a function takes, read when it is first called: most verbs of a process never are."""
    parameters = inspect.signature(function).parameters
    places = sum(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in parameters.values())
    if any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in parameters.values()):
        places = sys.maxsize
    known = [name for name in parameters if name != "self"]
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    required = [each for each in parameters.values() if each.default is inspect.Parameter.empty]
    needed = [each.name for each in required if each.kind in by_place]
    keywords = [each.name for each in required if each.kind is inspect.Parameter.KEYWORD_ONLY]
    stated = "model" in known and "Model" in str(parameters["model"].annotation)
    return _Arguments(known, frozenset(parameters), len(parameters) - len(known), places, needed, keywords, stated)


def in_our_words(function: Callable[P, R]) -> Callable[P, R]:
    """Make a public function refuse unknown keywords with an error that suggests the right name.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.logit("y ~ x", {"y": [0, 1], "x": [1, 2]}, levle=0.9)
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: logit() has no argument 'levle'. Did you mean 'level'?
    """

    @functools.cache
    def arguments() -> _Arguments:
        return _arguments_of(function)

    @functools.wraps(function)
    def asked(*given: P.args, **named: P.kwargs) -> R:
        takes = arguments()
        if named.keys() - takes.every:
            _refuse_unknown(function.__name__, takes, given, named)
        if len(given) > takes.places:
            _refuse_places(function.__name__, takes, given)
        if takes.keywords or len(given) < len(takes.needed):
            absent = [name for name in (*takes.needed[len(given) :], *takes.keywords) if name not in named]
            if absent:
                listed = " and ".join(f"{name}=" for name in absent)
                raise ArgumentError(f"{_called(function.__name__, takes, given)}() needs {listed}.")
        return function(*given, **named)

    return asked


def _called(name: str, takes: _Arguments, given: Sequence[Any]) -> str:
    owner = type(given[0]).__name__ if takes.own else ""
    return owner if name == "__init__" else f"{owner}.{name}".lstrip(".")


def _refuse_unknown(name: str, takes: _Arguments, given: Sequence[Any], named: dict[str, Any]) -> None:
    from logitkit.results.their_words import hint_of

    word = next(each for each in named if each not in takes.every)
    owner = type(given[0]) if takes.own else None
    hint = hint_of(name, word, takes.known, value=named[word], stated=takes.stated, owner=owner)
    raise ArgumentError(f"{_called(name, takes, given)}() has no argument {word!r}. {hint}")


def _refuse_places(name: str, takes: _Arguments, given: Sequence[Any]) -> None:
    n = takes.places - takes.own
    rest = [f"{each}=" for each in takes.known[n:]]
    many = f"{n} value{'' if n == 1 else 's'} by position" if n > 0 else "no values"
    raise ArgumentError(
        f"{_called(name, takes, given)}() takes {many}, and was given {len(given) - takes.own}."
        + (f" To be named: {', '.join(rest)}." if rest else "")
        + VALUES.get(name, "")
    )


def verbs_in_our_words(kind: type[C]) -> type[C]:
    """Make the public methods of a class refuse keywords of other packages.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 3]})
    >>> fit.predict(newdata={"x": [1]})
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: Fit.predict() has no argument 'newdata'. It is data= here.
    """
    for name, found in list(vars(kind).items()):
        if inspect.isfunction(found) and not name.startswith("_"):
            setattr(kind, name, in_our_words(found))
    return kind
