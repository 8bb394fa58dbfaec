"""The model of a saved fit, as it was stated: its name and arguments as JSON values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from logitkit.design.formula.saved_coding import decode, encode
from logitkit.design.formula.terms import Term
from logitkit.design.info import DesignInfo, ResponseInfo
from logitkit.engine.saved.fields import Field
from logitkit.engine.saved.shapes import OneOf, Table, Value
from logitkit.errors import UnsupportedError
from logitkit.models.catalogue import statements
from logitkit.models.form import Form
from logitkit.models.model import Model, Statement, arguments_of

__all__ = ["MODEL", "form_in", "info_in", "model_in", "pack_model"]

KINDS: dict[str, type[Statement]] = {kind.__name__: kind for kind in statements()}


def _arguments(kind: type[Statement]) -> Field:
    return Table({name: Value() for name in arguments_of(kind)})


MODEL = OneOf({name: Table({name: _arguments(kind)}) for name, kind in KINDS.items()})


def pack_model(model: Any) -> dict[str, Any]:
    """Return the statement of a model as JSON values.

    Examples
    --------
    >>> from logitkit.models.binary import Binary
    >>> pack_model(Binary("probit"))
    {'Binary': {'link': 'probit', 'event': None, 'information': 'expected', 'outcome': 'event'}}
    """
    if type(model) not in statements():
        raise UnsupportedError(f"A file cannot hold the model {model!r:.60}; it can hold {', '.join(KINDS)}.")
    name, arguments = type(model).__name__, arguments_of(type(model))
    return {name: {key: encode(getattr(model, key), f"The model, {name}({key}=...),") for key in arguments}}


def model_in(packed: Mapping[str, Any]) -> Model:
    """Return the model that a file states; its arguments are checked as those of a user are."""
    ((name, stated),) = packed["model"].items()
    return cast(Model, KINDS[name](**{key: decode(value) for key, value in stated.items()}))


def info_in(packed: Mapping[str, Any]) -> DesignInfo:
    """Return what a file says of the columns and the outcomes, without their coding."""
    response = decode(packed["response"])
    response |= {name: tuple(response[name]) for name in ("levels", "empty", "offset_factors")}
    response["offsets"] = tuple((outcome, column) for outcome, column in response["offsets"])
    return DesignInfo(
        tuple(packed["names"]),
        tuple(Term(name, tuple(columns)) for name, columns in packed["terms"]),
        ResponseInfo(**response),
        packed["formula"],
        None,
        tuple(packed["empty_terms"]),
        tuple((factor, level) for factor, level in packed["references"]),
    )


def form_in(packed: Mapping[str, Any]) -> Form:
    """Return the likelihood and the predictors that the model of a file has with its columns and outcomes."""
    return model_in(packed).form(info_in(packed), penalised=packed["penalty"] is not None)
