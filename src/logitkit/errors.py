"""Every exception and warning of logitkit, one tree by stage.

A message says what is wrong, the value and where it was found, and what to do about it.
"""

from __future__ import annotations

import difflib
import inspect
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = [
    "ArgumentError",
    "ConvergenceError",
    "ConvergenceWarning",
    "DataError",
    "DataWarning",
    "ExecutorError",
    "FormulaError",
    "LogitkitError",
    "LogitkitWarning",
    "NoBinsError",
    "ResponseError",
    "SeparationError",
    "UnsupportedError",
    "nearest_name",
    "postponed_warnings",
    "quoted_names",
    "warn_again",
    "warn_caller",
]


class LogitkitError(ValueError):
    """Base class of all errors that logitkit raises on purpose.

    Examples
    --------
    >>> import logitkit as lk
    >>> try:
    ...     lk.logit("y ~ z", {"y": [0, 1, 1], "x": [1, 2, 3]})
    ... except lk.errors.LogitkitError as error:
    ...     print(type(error).__name__)
    FormulaError
    """


class FormulaError(LogitkitError):
    """The formula cannot be parsed, or names something that is not in the data.

    Examples
    --------
    >>> import logitkit as lk
    >>> try:
    ...     lk.logit("y ~ ages", {"y": [0, 1, 1], "age": [1, 2, 3]})
    ... except lk.errors.FormulaError as error:
    ...     print(error)
    'ages' in the formula is neither a column of the table nor a known name. Did you mean 'age'?
    """


class DataError(LogitkitError):
    """The table, a column, the weights or the offset cannot be used as given.

    Examples
    --------
    >>> import logitkit as lk
    >>> try:
    ...     lk.logit("y ~ x", {"y": [0, 1, 1], "x": [1, 2, 3]}, weights=[1, -1, 1])
    ... except lk.errors.DataError as error:
    ...     print(str(error).split("; ")[1])
    weights must be finite and not negative. Give weight 0 to leave a row out.
    """


class NoBinsError(DataError):
    """A variable has no values that could be binned, or too few for one bin.

    Parameters
    ----------
    message : str
        The problem, and what to do.
    reason : str
        Why the variable is left out, if others remain.

    Examples
    --------
    >>> error = NoBinsError("'age' has no values.", reason="no values")
    >>> str(error), error.reason
    ("'age' has no values.", 'no values')
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class ResponseError(LogitkitError):
    """The response does not suit the family.

    Examples
    --------
    >>> import logitkit as lk
    >>> try:
    ...     lk.logit("y ~ x", {"y": [1, 1, 1], "x": [1, 2, 3]})
    ... except lk.errors.ResponseError as error:
    ...     print(str(error).partition(";")[0])
    The response 'y' has one class only (1)
    """


class ConvergenceError(LogitkitError):
    """A method needs a converged fit, and this fit has not converged.

    Examples
    --------
    >>> [kind.__name__ for kind in ConvergenceError.__mro__[:3]]
    ['ConvergenceError', 'LogitkitError', 'ValueError']
    """


class SeparationError(LogitkitError):
    """A method has no answer because an estimate that it needs is infinite.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 0, 1, 1, 1], "x": [1, 2, 3, 4, 5, 6]})
    >>> try:
    ...     fit.collinearity()
    ... except lk.errors.SeparationError as error:
    ...     print(str(error).partition(",")[0])
    No coefficient other than the intercept is finite (x)
    """


class UnsupportedError(LogitkitError):
    """The request is understood but is not supported, or has no valid answer.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4]}, penalty=lk.Lasso(0.1))
    >>> try:
    ...     fit.test("x")
    ... except lk.errors.UnsupportedError as error:
    ...     print(str(error).partition(":")[0])
    A Wald test is not offered after a penalty
    """


class ArgumentError(UnsupportedError, TypeError):
    """A function was called with an argument that it does not have.

    Examples
    --------
    >>> import logitkit as lk
    >>> try:
    ...     lk.logit("y ~ x", {"y": [0, 1, 1], "x": [1, 2, 3]}, weight=[1, 1, 1])
    ... except TypeError as error:
    ...     print(error)
    logit() has no argument 'weight'. Did you mean 'weights'?
    """


class ExecutorError(LogitkitError):
    """The workers that process the rows are lost, cannot be reached, or cannot run their tasks.

    Examples
    --------
    >>> [kind.__name__ for kind in ExecutorError.__mro__[:3]]
    ['ExecutorError', 'LogitkitError', 'ValueError']
    """


class LogitkitWarning(UserWarning):
    """Base class of all warnings that logitkit gives.

    Examples
    --------
    >>> [kind.__name__ for kind in (DataWarning, ConvergenceWarning) if issubclass(kind, LogitkitWarning)]
    ['DataWarning', 'ConvergenceWarning']
    """


class DataWarning(LogitkitWarning):
    """The data were used in a way that the caller should know about.

    Examples
    --------
    >>> import warnings
    >>> import logitkit as lk
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4]}, start={"x": 1.0})
    >>> [each.category.__name__ for each in caught]
    ['DataWarning']
    """


class ConvergenceWarning(LogitkitWarning):
    """The solver stopped before it reached its tolerance.

    Examples
    --------
    >>> import warnings
    >>> import logitkit as lk
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [1, 2, 3, 4]}, solver=lk.Newton(max_iter=1))
    >>> fit.status, [each.category.__name__ for each in caught]
    ('stopped at the maximum number of iterations before the tolerance was reached', ['ConvergenceWarning'])
    """


# Quoted, in brackets of any kinds (a right-open interval has two), or the comma of thousands.
_ENCLOSED = re.compile(r"""'[^']*'|"[^"]*"|[(\[{][^()\[\]{}]*[)\]}]|(?<=\d),(?=\d{3}(?!\d))""")


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return a hint with the nearest known name, or the names themselves.

    Parameters
    ----------
    name : str
        The given name.
    known : iterable of str
        The known names.

    Returns
    -------
    str
        A sentence.

    Examples
    --------
    >>> nearest_name("incme", ["income", "age"])
    "Did you mean 'income'?"
    >>> nearest_name("AGE", ["income", "age"]), nearest_name("age_of_father", ["income", "age"])
    ("Did you mean 'age'?", "Did you mean 'age'?")
    >>> nearest_name("z", ["income", "age"])
    'The names are: income, age.'
    """
    names = [str(each) for each in known]
    folded = {each.casefold(): each for each in reversed(names)}
    close = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.6)
    parts = close or [part for part in re.split(r"\W+|_", str(name).casefold()) if part in folded]
    if parts:
        return f"Did you mean {folded[parts[0]]!r}?"
    shown = ", ".join(quoted_names(names[:12])) + (", ..." if len(names) > 12 else "")
    return f"The names are: {shown}." if names else "There are no names to choose from."


def quoted_names(names: Iterable[str]) -> list[str]:
    """Return names that can be distinguished in a list: all in quotes if one has a comma or is blank.

    Commas within brackets or quotes, and thousands separators, need no quotes.

    Parameters
    ----------
    names : iterable of str
        Names, such as levels or outcomes.

    Returns
    -------
    list of str
        The names as written between commas.

    Examples
    --------
    >>> quoted_names(["bus", "tram, or metro"])
    ["'bus'", "'tram, or metro'"]
    >>> quoted_names(["(0, 5]", "bus 8,136 (reference)"])
    ['(0, 5]', 'bus 8,136 (reference)']
    """
    shown = list(names)
    return [repr(name) for name in shown] if any(map(_needs_quotes, shown)) else shown


def _needs_quotes(name: str) -> bool:
    blank, outside = name != name.strip() or not name, name
    while (less := _ENCLOSED.sub("", outside)) != outside:  # brackets within brackets
        outside = less
    return blank or "," in outside


def warn_caller(message: str, category: type[LogitkitWarning]) -> None:
    """Give a warning at the line that called the package, at whatever depth it arises.

    Parameters
    ----------
    message : str
        The message of the warning.
    category : type
        A warning of this tree.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     warn_caller("Two rows were dropped.", DataWarning)
    >>> str(told[0].message)
    'Two rows were dropped.'
    """
    postponed = _postponed.get()
    if postponed is not None:
        postponed.append((message, category))
        return
    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "logitkit":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


_postponed: ContextVar[list[tuple[str, type[LogitkitWarning]]] | None] = ContextVar("warnings to come", default=None)


@contextmanager
def postponed_warnings() -> Iterator[list[tuple[str, type[LogitkitWarning]]]]:
    """Collect warnings of work on a separate thread, whose frames do not lead to the caller.

    Yields
    ------
    list
        Message and category of each, as ``warn_again`` takes them.

    Examples
    --------
    >>> with postponed_warnings() as told:
    ...     warn_caller("Two rows were dropped.", DataWarning)
    >>> told[0][0]
    'Two rows were dropped.'
    """
    told: list[tuple[str, type[LogitkitWarning]]] = []
    before = _postponed.set(told)
    try:
        yield told
    finally:
        _postponed.reset(before)


def warn_again(told: Iterable[tuple[str, type[LogitkitWarning]]]) -> None:
    """Give warnings that were collected, in their order.

    Parameters
    ----------
    told : iterable of (str, type)
        Message and category of each.

    Examples
    --------
    >>> warn_again([])
    """
    for message, category in told:
        warn_caller(message, category)
