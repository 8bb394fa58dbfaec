"""Results with the labels of their fit, which one wrapper adds to the results of all verbs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from logitkit.design.info import DesignInfo
from logitkit.models.form import Form
from logitkit.results.shown import Shown, Summary, with_labels

if TYPE_CHECKING:
    from logitkit.engine.record import FitRecord
    from logitkit.report.called import Called

__all__ = ["as_printed", "labels_of", "labels_of_form", "printed_names", "verbs_with_labels"]

C = TypeVar("C", bound=type)
T = TypeVar("T")


def labels_of(holder: Any) -> Any:
    """Return the labels of a fit, or of an object that holds one, by name in its results; None if there are none."""
    record = getattr(holder, "record", None) or getattr(holder, "_record", None)
    if not getattr(getattr(record, "info", None), "labels", None):
        return None
    from logitkit.report.called import called_of

    return called_of(cast("FitRecord", record))


def labels_of_form(info: DesignInfo, form: Form) -> Called | None:
    """Return the labels of a model that is fitted at several strengths."""
    if not info.labels:
        return None
    from logitkit.report.called import called_from

    return called_from(info, form.shown)


def as_printed(result: T, holder: Any) -> T:
    """Return a result of a fit with labels instead of names, for use in a figure."""
    called = labels_of(holder)
    if called is None:
        return result
    from logitkit.report.called import in_print

    return in_print(result, called)


def printed_names(names: Sequence[str], holder: Any) -> list[str]:
    """Return the names of coefficients or terms of a fit as shown in a figure."""
    called = labels_of(holder)
    return list(names) if called is None else [called.words(name) for name in names]


def verbs_with_labels(kind: C) -> C:
    """Make the public methods of a class return results that are displayed with the labels of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw(), labels={"age": "Age"})
    >>> found = fit.profile("age")
    >>> "Age" in str(found), found.names
    (True, ('age',))
    """
    for name, found in list(vars(kind).items()):
        if inspect.isfunction(found) and not name.startswith("_"):
            setattr(kind, name, _with_labels(found))
    return kind


def _with_labels(verb: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(verb)
    def asked(self: Any, *given: Any, **named: Any) -> Any:
        result = verb(self, *given, **named)
        return (
            with_labels(result, labels_of(self))
            if isinstance(result, Shown) and not isinstance(result, Summary)
            else result
        )

    return asked
