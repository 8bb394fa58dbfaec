"""The class of a fit, by the name of its family. No other place distinguishes families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.results.fit import Fit
from logitkit.results.nominal import MultinomialFit
from logitkit.results.ordinal import OrdinalFit

if TYPE_CHECKING:
    from logitkit.results.validated.again import Making

__all__ = ["CLASSES", "fit_of"]

#: Families with verbs of their own; a fit of any other is a ``Fit``.
CLASSES: dict[str, type[Fit]] = {
    "multinomial": MultinomialFit,
    "cumulative": OrdinalFit,
    "adjacent": OrdinalFit,
}


def fit_of(record: FitRecord, design: Design | None = None, making: Making | None = None) -> Fit:
    """Return the fit for a record, with the verbs of its family, and with its rows and its making if these are known.

    Examples
    --------
    >>> import logitkit as lk
    >>> type(fit_of(lk.logit("low ~ age", lk.datasets.load_lbw()).record)).__name__
    'Fit'
    """
    return CLASSES.get(record.family.name, Fit)(record, design, making)
