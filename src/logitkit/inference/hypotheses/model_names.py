"""Names of models that are compared: their formulas, and other differences if the formulas are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from logitkit.design.table.extras import ARRAY
from logitkit.engine.record import FitRecord

__all__ = ["model_names"]


def model_names(records: Sequence[FitRecord], beside: Sequence[str] | None = None) -> list[str]:
    """Return the formulas of fits and, if these are the same, the arguments in which the fits differ.

    Parameters
    ----------
    records : sequence of FitRecord
        The fits.
    beside : sequence of str, optional
        What is shown next to each formula, such as the kind of the model; if it differs, nothing is added.

    Returns
    -------
    list of str
        One name per fit. Fits with no stated difference have the same name.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fits = [lk.logit("low ~ age", births, link=link).record for link in ("logit", "probit")]
    >>> model_names(fits)
    ["low ~ age, link='logit'", "low ~ age, link='probit'"]
    >>> model_names(fits, ["Logit", "Probit"])
    ['low ~ age', 'low ~ age']
    """
    names = [_formula(record) for record in records]
    keys = list(zip(names, names if beside is None else beside, strict=True))
    stated = [_stated(record) for record in records]
    for key in dict.fromkeys(keys):
        alike = [k for k, own in enumerate(keys) if own == key]
        arguments = dict.fromkeys(name for k in alike for name in stated[k])
        differ = [name for name in arguments if len({repr(stated[k].get(name)) for k in alike}) > 1]
        for k in alike:
            names[k] = ", ".join([names[k], *(f"{name}={_shown(stated[k].get(name))}" for name in differ)])
    return names


def _formula(record: FitRecord) -> str:
    """Return the formula of a fit, with what it absorbs, or how many columns it has."""
    formula = record.info.formula or f"{len(record.info.names)} columns"
    return f"{formula}, absorbing {', '.join(record.nuisance.columns)}" if record.nuisance.n_parameters else formula


def _stated(record: FitRecord) -> Mapping[str, Any]:
    """Return what was stated of a model beside its formula."""
    model = record.model
    own: dict[str, Any] = (
        {field.name: getattr(model, field.name) for field in fields(model)} if is_dataclass(model) else {}
    )
    return own | {"offset": record.info.response.offset}


def _shown(value: Any) -> str:
    """Return a value as it is written in a call; several names as a list, an array as such."""
    if isinstance(value, str) and value == ARRAY:
        return ARRAY
    return repr(list(value) if isinstance(value, tuple) else value)
