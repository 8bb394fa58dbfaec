"""The models, as users state them and as saved fits hold them."""

from __future__ import annotations

from typing import Any, cast

from logitkit.errors import DataError
from logitkit.models.binary import Binary
from logitkit.models.model import Model, Statement

__all__ = ["require_model", "statements"]


def statements() -> tuple[type[Statement], ...]:
    """Return every model as a user states it. A fit to two outcomes imports no others.

    Examples
    --------
    >>> [kind.__name__ for kind in statements()]
    ['Binary', 'Multinomial', 'Ordinal']
    """
    from logitkit.models.nominal import Multinomial
    from logitkit.models.ordinal import Ordinal

    return (Binary, Multinomial, Ordinal)


def require_model(model: Any) -> Model:
    """Return a model as it is; for anything else, raise an error that names the model that is meant.

    Examples
    --------
    >>> require_model("multinomial")
    Traceback (most recent call last):
    logitkit.errors.DataError: model='multinomial': give the model as an object, model=lk.Multinomial().
    """
    if isinstance(model, Binary):
        return model
    if isinstance(model, statements()):  # at once, where a protocol has its attributes looked at
        return cast("Model", model)
    for kind in statements():
        if isinstance(model, str) and model in kind.called:
            raise DataError(
                f"model={model!r}: give the model as an object, model=lk.{kind.__name__}({kind.called[model]})."
            )
    if isinstance(model, type) and isinstance(model, Model):
        raise DataError(f"model={model.__name__} is a class; give an instance, model=lk.{model.__name__}().")
    if not isinstance(model, Model):
        *first, last = (f"lk.{kind.__name__}()" for kind in statements())
        raise DataError(f"model={model!r:.60} is not a model; give {', '.join(first)} or {last}.")
    return model
