"""What a user states of a model before any data are seen: its outcome, its link, and which coefficients it has."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, ClassVar, Protocol, runtime_checkable

from logitkit.design.info import DesignInfo
from logitkit.design.response.reading import OutcomeReader
from logitkit.errors import DataError
from logitkit.models.form import Form

__all__ = ["Model", "call_of", "require_model"]

#: Names of models that other functions and packages take as text.
NAMED = {
    **dict.fromkeys(("logit", "logistic", "binary", "binomial"), "lk.Binary()"),
    **dict.fromkeys(("multinomial", "nominal", "softmax", "mnlogit"), "lk.Multinomial()"),
}


@runtime_checkable
class Model(Protocol):
    """The statement of a model, which every function that fits one takes."""

    #: Whether each row has one linear predictor, with a coefficient for each column.
    is_single: ClassVar[bool]

    def reader(self, offset: Any = None) -> OutcomeReader:
        """Return what reads the response, and the offset as the user gave it."""

    def form(self, info: DesignInfo, penalised: bool = False) -> Form:
        """Return the likelihood and the linear predictors, once the columns and outcomes are known."""


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
        raise DataError(f"model={model!r:.60} is no model; give lk.Binary() or lk.Multinomial().")
    return model


def call_of(model: Any) -> str:
    """Return the call that makes a model, without the arguments that are at their defaults."""
    given = [(field.name, getattr(model, field.name)) for field in fields(model)]
    defaults = {field.name: field.default for field in fields(model)}
    stated = [f"{name}={value!r}" for name, value in given if value is not defaults[name] and value != defaults[name]]
    return f"{type(model).__name__}({', '.join(stated)})"
