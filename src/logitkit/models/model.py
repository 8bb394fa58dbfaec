"""A model as a user states it, before any data: its outcome, its link, and its coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.design.response.reading import OutcomeReader
from logitkit.models.conventions import Conventions
from logitkit.models.form import Form
from logitkit.options import Stated
from logitkit.typing import FloatArray

__all__ = ["Model", "Statement", "arguments_of", "level_at", "stated_by", "unchanging"]

#: Arguments of the functions that fit, which no model states.
OF_FITS = (
    "weights",
    "offset",
    "weight_kind",
    "missing",
    "cluster",
    "absorb",
    "penalty",
    "dispersion",
    "conventions",
    "solver",
    "level",
)


@runtime_checkable
class Model(Protocol):
    """A stated model, which every fitting function accepts."""

    #: Whether each row has one linear predictor, with a coefficient for each column.
    is_single: ClassVar[bool]

    @property
    def is_logit(self) -> bool:
        """Whether it is the logit for two outcomes, for which absorbed levels are eliminated."""

    def reader(self, offset: Any = None) -> OutcomeReader:
        """Return the reader of the response and of the offset as given."""

    @property
    def reads(self) -> tuple[Any, ...]:
        """Return the options that determine how the response is read."""

    def under(
        self, chosen: Conventions, response: ResponseInfo, totals: FloatArray, *, penalised: bool = False
    ) -> Self:
        """Return the model with unstated options set by conventions."""

    def form(self, info: DesignInfo, penalised: bool = False) -> Form:
        """Return the likelihood and the linear predictors, once the columns and outcomes are known.

        The model of the form is the stated one, completed by what depends on the observed outcomes.
        """


@dataclass(frozen=True, repr=False)
class Statement(Stated):
    """Base of all stated models: the repr is the call that makes them, and unknown arguments are explained.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.Multinomial("bus", equal="cost")
    Multinomial(reference='bus', equal='cost')
    >>> lk.Multinomial(event="bus")
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: Multinomial() has no argument 'event'. It belongs to lk.Binary(event='bus').
    """

    @property
    def reads(self) -> tuple[Any, ...]:
        """The options that determine how the response is read."""
        return ()

    def under(
        self, chosen: Conventions, response: ResponseInfo, totals: FloatArray, *, penalised: bool = False
    ) -> Self:
        """Return the model with unstated options set by conventions, for outcomes with these totals."""
        del chosen, response, totals, penalised
        return self

    #: Texts that other functions and packages have for the model, and the arguments that they mean.
    called: ClassVar[Mapping[str, str]]

    @classmethod
    def _meant(cls, name: str, value: object) -> str:
        """Return which model has an argument, or that no model has."""
        if owners := stated_by(name):
            return f"It belongs to {' or '.join(f'lk.{owner}({name}={value!r:.60})' for owner in owners)}."
        if name in OF_FITS:
            return f"It belongs to the function that fits: lk.fit(..., model=lk.{cls.__name__}(), {name}=...)."
        return ""

    def __repr__(self) -> str:
        """Return the call that makes the model, without arguments at their defaults."""
        stated = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not field.default and value != field.default:
                stated.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(stated)})"


def stated_by(name: str) -> tuple[str, ...]:
    """Return the models that have an argument of this name."""
    from logitkit.models.catalogue import statements

    return tuple(sorted(kind.__name__ for kind in statements() if name in arguments_of(kind)))


def unchanging(terms: Any) -> Any:
    """Return terms as given, but a list as a tuple."""
    return tuple(terms) if isinstance(terms, Sequence) and not isinstance(terms, str) else terms


def level_at(response: ResponseInfo, place: int) -> Any:
    """Return the response value that has a given code, or its printed label if only the label is known."""
    for level, code in response.coded.items():
        if code == place:
            return level.item() if isinstance(level, np.generic) else level
    return response.outcomes[place]


def arguments_of(kind: type[Statement]) -> list[str]:
    """Return the names of the arguments of a model."""
    return [field.name for field in fields(kind)]
