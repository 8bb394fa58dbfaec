"""The class of a fit, by the name of its family. No other place distinguishes families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.results.fit import Fit

if TYPE_CHECKING:
    from logitkit.results.validated.again import Making

__all__ = ["fit_of"]


def fit_of(record: FitRecord, design: Design | None = None, making: Making | None = None) -> Fit:
    """Return the fit for a record, with the verbs of its family, and with its rows and its making if these are known.

    Examples
    --------
    >>> import logitkit as lk
    >>> type(fit_of(lk.logit("low ~ age", lk.datasets.load_lbw()).record)).__name__
    'Fit'
    """
    return _class_of(record.family.name)(record, design, making)


def _class_of(family: str) -> type[Fit]:
    """Return the class of a family with verbs of its own, imported by the first fit of it; of any other, ``Fit``."""
    match family:
        case "multinomial":
            from logitkit.results.nominal import MultinomialFit

            return MultinomialFit
        case "cumulative" | "adjacent":
            from logitkit.results.ordinal import OrdinalFit

            return OrdinalFit
    return Fit
