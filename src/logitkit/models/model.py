"""What a user states of a model before any data are seen: its outcome, its link, and which coefficients it has."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

from logitkit.design.info import DesignInfo
from logitkit.design.response.reading import OutcomeReader
from logitkit.errors import ArgumentError, DataError, nearest_name
from logitkit.models.form import Form

__all__ = ["STATED_BY", "Model", "Statement", "require_model"]

#: The arguments of models, by the model that states them.
STATED_BY = {
    **dict.fromkeys(("event", "link", "information"), "Binary"),
    **dict.fromkeys(("reference", "per_outcome", "equal"), "Multinomial"),
    **dict.fromkeys(("nominal", "order"), "Ordinal"),
}
#: Arguments of the functions that fit, which no model states.
OF_FITS = ("weights", "offset", "weight_kind", "missing", "cluster", "absorb", "penalty", "solver", "level")

#: Names of models that other functions and packages take as text.
NAMED = {
    **dict.fromkeys(("logit", "logistic", "binary", "binomial"), "lk.Binary()"),
    **dict.fromkeys(("multinomial", "nominal", "softmax", "mnlogit"), "lk.Multinomial()"),
    **dict.fromkeys(("ordinal", "ordered", "cumulative", "ologit", "polr", "clm"), "lk.Ordinal()"),
    **dict.fromkeys(("adjacent", "acat"), "lk.Ordinal('adjacent')"),
}


@runtime_checkable
class Model(Protocol):
    """The statement of a model, which every function that fits one takes."""

    #: Whether each row has one linear predictor, with a coefficient for each column.
    is_single: ClassVar[bool]

    @property
    def is_logit(self) -> bool:
        """Whether it is the logit of two outcomes, for which levels are eliminated."""

    def reader(self, offset: Any = None) -> OutcomeReader:
        """Return what reads the response, and the offset as the user gave it."""

    def form(self, info: DesignInfo, penalised: bool = False) -> Form:
        """Return the likelihood and the linear predictors, once the columns and outcomes are known."""


@dataclass(frozen=True, repr=False)
class Statement:
    """What all models share: they show the call that makes them, and answer arguments that they do not have.

    Examples
    --------
    >>> import logitkit as lk
    >>> lk.Multinomial("bus", equal="cost")
    Multinomial(reference='bus', equal='cost')
    >>> lk.Multinomial(event="bus")
    Traceback (most recent call last):
    logitkit.errors.ArgumentError: Multinomial() has no argument 'event'. It is stated by lk.Binary(event='bus').
    """

    def __new__(cls, *given: object, **named: object) -> Self:
        """Refuse arguments that there are not, with what is meant."""
        known = [field.name for field in fields(cls)]
        for name, value in named.items():
            if name not in known:
                hint = nearest_name(name, known)
                if name in STATED_BY:
                    hint = f"It is stated by lk.{STATED_BY[name]}({name}={value!r:.60})."
                elif name in OF_FITS:
                    hint = f"It belongs to the function that fits: lk.fit(..., model=lk.{cls.__name__}(), {name}=...)."
                raise ArgumentError(f"{cls.__name__}() has no argument {name!r}. {hint}")
        if len(given) > len(known):
            raise ArgumentError(
                f"{cls.__name__}() takes {len(known)} values by position, and was given {len(given)}: "
                f"{', '.join(known)}."
            )
        return super().__new__(cls)

    def __repr__(self) -> str:
        """Return the call that makes it, without the arguments that are at their defaults."""
        stated = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not field.default and value != field.default:
                stated.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(stated)})"


def require_model(model: Any) -> Model:
    """Return a model as it is; refuse everything else with the model that is meant.

    Examples
    --------
    >>> require_model("multinomial")
    Traceback (most recent call last):
    logitkit.errors.DataError: model='multinomial': a model is an object, model=lk.Multinomial().
    """
    if isinstance(model, str) and model in NAMED:
        raise DataError(f"model={model!r}: a model is an object, model={NAMED[model]}.")
    if isinstance(model, type) and isinstance(model, Model):
        raise DataError(f"model={model.__name__} is the class; give one of its objects, model=lk.{model.__name__}().")
    if not isinstance(model, Model):
        raise DataError(f"model={model!r:.60} is no model; give lk.Binary(), lk.Multinomial() or lk.Ordinal().")
    return model
