"""Conventions in which packages differ: what a fit does where nothing else was stated, by whose choice it is.

``docs/conventions.md`` has the table, with the command that gives each number there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from logitkit.options import require_choice

__all__ = ["CONVENTIONS", "OURS", "ConventionName", "Conventions", "conventions", "conventions_named"]

ConventionName = Literal["logitkit", "r", "stata", "sas"]
Grouping = Literal["stata", "r", "sas"]


@dataclass(frozen=True, slots=True)
class Conventions:
    """A choice for each question that packages answer differently.

    Parameters
    ----------
    name : {'logitkit', 'r', 'stata', 'sas'}
        Whose choices they are.
    title : str
        The same in print.
    binary_information, ordered_information : {'expected', 'observed'}
        The information on which standard errors are based, of two outcomes and of ordered ones.
    event : {'second', 'first'}
        Which of the two levels of a response is the event.
    reference : {'first', 'most frequent', 'last'}
        Which of several outcomes the others are compared with.
    hosmer_lemeshow : {'stata', 'r', 'sas'}
        How groups are cut.
    bic_n : {'rows', 'trials'}
        What BIC counts, where rows are counts.
    counts_parameters : bool
        Whether the factor of a sandwich by cluster, or for sampling weights, has (n - 1) / (n - k) besides.
    dispersion_by_t : bool
        Whether statistics are compared with t and F where a dispersion was estimated.

    Examples
    --------
    >>> CONVENTIONS["stata"].binary_information, OURS.binary_information
    ('observed', 'expected')
    """

    name: ConventionName = "logitkit"
    title: str = "logitkit"
    binary_information: Literal["expected", "observed"] = "expected"
    ordered_information: Literal["expected", "observed"] = "observed"
    event: Literal["second", "first"] = "second"
    reference: Literal["first", "most frequent", "last"] = "first"
    hosmer_lemeshow: Grouping = "stata"
    bic_n: Literal["rows", "trials"] = "rows"
    counts_parameters: bool = False
    dispersion_by_t: bool = True

    @property
    def words(self) -> str:
        """What differs from ours, in words; empty where nothing does."""
        cut = {"r": "quantiles of type 7", "stata": "xtile", "sas": "PROC LOGISTIC"}
        said = {
            "binary_information": f"{self.binary_information} information for two outcomes",
            "ordered_information": f"{self.ordered_information} information for ordered ones",
            "event": f"the event is the {self.event} level",
            "reference": f"the reference is the {self.reference} outcome",
            "hosmer_lemeshow": f"Hosmer-Lemeshow groups by {cut[self.hosmer_lemeshow]}",
            "bic_n": f"BIC counts {self.bic_n}",
            "counts_parameters": "sandwiches times (n - 1) / (n - k)",
            "dispersion_by_t": "a dispersion leaves statistics normal",
        }
        return "; ".join(text for name, text in said.items() if getattr(self, name) != getattr(OURS, name))


OURS = Conventions()
#: By name.
CONVENTIONS: dict[str, Conventions] = {
    "logitkit": OURS,
    "r": Conventions("r", "R", hosmer_lemeshow="r"),
    "stata": Conventions(
        "stata", "Stata", binary_information="observed", reference="most frequent", dispersion_by_t=False
    ),
    "sas": Conventions(
        "sas",
        "SAS",
        ordered_information="expected",
        event="first",
        reference="last",
        hosmer_lemeshow="sas",
        bic_n="trials",
        counts_parameters=True,
        dispersion_by_t=False,
    ),
}
_current: ContextVar[Conventions] = ContextVar("conventions", default=OURS)


def conventions_named(name: str | None) -> Conventions:
    """Return conventions by name; without one those of the enclosing ``with lk.conventions(...)``, or ours.

    Examples
    --------
    >>> conventions_named(None).name, conventions_named("sas").bic_n
    ('logitkit', 'trials')
    """
    if name is None:
        return _current.get()
    require_choice("conventions", name, CONVENTIONS)
    return CONVENTIONS[name]


@contextmanager
def conventions(name: ConventionName) -> Iterator[Conventions]:
    """Fit by the conventions of another package within a ``with`` block.

    Parameters
    ----------
    name : {'logitkit', 'r', 'stata', 'sas'}
        Whose conventions. ``conventions=`` of a function that fits goes before them.

    Yields
    ------
    Conventions
        The choices.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> with lk.conventions("sas") as chosen:
    ...     fit = lk.logit("low ~ age", births)
    >>> chosen.event, fit.outcomes
    ('first', ('1', '0'))
    """
    token = _current.set(conventions_named(name))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
