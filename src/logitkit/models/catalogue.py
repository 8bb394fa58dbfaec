"""What models there are: the statements of users, and the families of saved fits by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast, get_args

from logitkit.errors import DataError
from logitkit.models.adjacent import Adjacent
from logitkit.models.binary import Binary
from logitkit.models.binomial import Binomial
from logitkit.models.cumulative import Cumulative
from logitkit.models.family import Family
from logitkit.models.links import LINKS, Information, Link
from logitkit.models.model import Model, Statement
from logitkit.models.multinomial import Multinomial as SeveralOutcomes
from logitkit.models.nominal import Multinomial
from logitkit.models.ordinal import Ordinal

__all__ = ["FAMILIES", "STATEMENTS", "Binary", "Kind", "Multinomial", "Ordinal", "chosen", "require_model"]

#: Every model as a user states it.
STATEMENTS: tuple[type[Statement], ...] = (Binary, Multinomial, Ordinal)

OF_LINKS: Mapping[str, tuple[str, ...]] = MappingProxyType({"link": tuple(LINKS), "information": get_args(Information)})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of family.

    Parameters
    ----------
    make : callable
        The family of a number of outcomes with a choice for each of ``choices``.
    choices : mapping of str to tuple of str
        What it is made with besides the number of outcomes, and what each of these may be.
    in_parts : bool
        Whether coefficients are shown part by part, as columns enter the predictors; else in a table by outcome.
    """

    make: Callable[[int, Mapping[str, str]], Family]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_parts: bool = False

    def n_predictors(self, n_outcomes: int) -> int:
        """Return the number of linear predictors: one less than outcomes, where not their differences count."""
        family = self.make(n_outcomes, {name: values[0] for name, values in self.choices.items()})
        return n_outcomes if family.compares_predictors else n_outcomes - 1


def _of_links(chosen: Mapping[str, str]) -> tuple[Link, Information]:
    """Return the link and the information of their names."""
    return LINKS[chosen["link"]], cast("Information", chosen["information"])


#: Every family by its name.
FAMILIES: Mapping[str, Kind] = MappingProxyType(
    {
        Binomial.name: Kind(lambda _, of: Binomial(*_of_links(of)), OF_LINKS),
        SeveralOutcomes.name: Kind(lambda k, _: SeveralOutcomes(k)),
        Cumulative.name: Kind(lambda k, of: Cumulative(k, *_of_links(of)), OF_LINKS, True),
        Adjacent.name: Kind(lambda k, _: Adjacent(k), in_parts=True),
    }
)


def chosen(family: Family) -> dict[str, str]:
    """Return what a family was made with besides the number of outcomes.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> chosen(Binomial())
    {'link': 'logit', 'information': 'expected'}
    """
    found = {name: getattr(family, name) for name in FAMILIES[family.name].choices}
    return {name: value if isinstance(value, str) else value.name for name, value in found.items()}


def require_model(model: Any) -> Model:
    """Return a model as it is; refuse everything else with the model that is meant.

    Examples
    --------
    >>> require_model("multinomial")
    Traceback (most recent call last):
    logitkit.errors.DataError: model='multinomial': a model is an object, model=lk.Multinomial().
    """
    for kind in STATEMENTS:
        if isinstance(model, str) and model in kind.called:
            raise DataError(f"model={model!r}: a model is an object, model=lk.{kind.__name__}({kind.called[model]}).")
    if isinstance(model, type) and isinstance(model, Model):
        raise DataError(f"model={model.__name__} is the class; give one of its objects, model=lk.{model.__name__}().")
    if not isinstance(model, Model):
        *first, last = (f"lk.{kind.__name__}()" for kind in STATEMENTS)
        raise DataError(f"model={model!r:.60} is no model; give {', '.join(first)} or {last}.")
    return model
