"""Where a solver starts by the coefficients of an earlier fit, which are matched by their names.

A fit of several outcomes is known by the differences between their coefficients, so that the reference may be another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.info import DesignInfo
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, DataWarning, UnsupportedError, warn_caller
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["Known", "known_coefficients", "require_same_model", "warm_start"]

#: Coefficients by outcome, or another label of a predictor, and by column; of one predictor the label is empty.
Known: TypeAlias = Mapping[tuple[str, str], float]

SHOWN = 4  # names in a message


def known_coefficients(record: FitRecord) -> Known:
    """Return the coefficients of a fit by label and column; of several outcomes those of the reference, too.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age", lk.datasets.load_lbw(), reference="white")
    >>> known_coefficients(fit.record)["white", "age"]
    0.0
    """
    return dict(zip(_keys(record.form, record.info), _values(record.form, np.array(record.coef)), strict=True))


def require_same_model(record: FitRecord, info: DesignInfo, form: Form) -> None:
    """Refuse an earlier fit whose coefficients mean something else."""
    own, other = form.family.words.title, record.family.words.title
    if own != other:
        raise DataError(f"start= is a fit of another model ({other}) than this one ({own}).")
    before, now = record.info.response, info.response
    if form.is_single and (before.event, before.nonevent) == (now.nonevent, now.event) and now.event != now.nonevent:
        raise DataError(
            f"start= models the probability of {before.event!r}, and this model that of {now.event!r}: give event=."
        )


def warm_start(known: Known, info: DesignInfo, form: Form) -> FloatArray:
    """Return the coefficients as solved for; those that are not known, or not finite, start at zero and are told.

    Parameters
    ----------
    known : mapping
        Coefficients by label and column.
    info : DesignInfo
        The columns of the new model.
    form : Form
        The new model.

    Returns
    -------
    (q,) array
        In the columns as given.

    Raises
    ------
    DataError
        If no slope is known of any column of the model.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> bool((warm_start(known_coefficients(fit.record), fit.record.info, fit.record.form) == fit.coef).all())
    True
    """
    keys = _keys(form, info)
    values = np.array([known.get(key, np.nan) for key in keys], dtype=np.float64)
    finite = np.isfinite(values)
    slopes = {column for (_, column), there in zip(keys, finite, strict=True) if there} - {INTERCEPT}
    if not slopes and not (finite.any() and set(info.names) == {INTERCEPT}):
        raise DataError(
            f"start= has none of the coefficients of this model: it has {_named(list(known))}, and the model "
            f"{_named(keys)}."
        )
    absent = [key for key, there in zip(keys, finite, strict=True) if not there]
    extra = [key for key in known if key not in set(keys)]
    told = [f"no finite coefficient of {_named(absent)}: these start at zero"] if absent else []
    told += [f"coefficients that this model has not: {_named(extra)}"] if extra else []
    if told:
        warn_caller(f"start= has {'; and '.join(told)}. The estimates do not depend on it.", DataWarning)
    values[~finite] = 0.0
    solved = _solved(form, values)
    if solved.size != form.predictors.n_params:
        raise UnsupportedError("start= does not go with coefficients that are restricted to be functions of others.")
    return solved


def _keys(form: Form, info: DesignInfo) -> list[tuple[str, str]]:
    """Return label and column of each coefficient: of outcomes that are compared, of all of them."""
    if not form.is_single and form.family.compares_predictors:
        return [(outcome, name) for outcome in info.response.outcomes for name in info.names]
    parts = form.shown.parts
    return [(label, info.names[j]) for part in parts for label in part.labels for j in part.columns]


def _values(form: Form, coef: FloatArray) -> list[float]:
    """Return the coefficients in the order of their keys."""
    if form.is_single or not form.family.compares_predictors:
        return [float(value) for value in coef]
    with np.errstate(invalid="ignore"):
        return [float(value) for value in form.shown.table(coef).reshape(-1)]


def _solved(form: Form, values: FloatArray) -> FloatArray:
    """Return the coefficients that are solved for from values in the order of the keys."""
    if form.is_single or not form.family.compares_predictors:
        return values
    table = values.reshape(form.shown.n_predictors, -1)
    (part,) = form.shown.parts
    if form.in_parts:
        base = 0.0 if form.reference is None else table[form.reference]
        matrix = form.shown_matrix
        assert matrix is not None
        assert part.rows is not None
        return np.asarray(np.linalg.lstsq(matrix, (table - base)[part.rows].reshape(-1), rcond=None)[0])
    (own,) = form.predictors.parts
    assert own.rows is not None
    (base,) = np.setdiff1d(np.arange(table.shape[0]), own.rows)
    return np.asarray((table - table[base])[own.rows].reshape(-1))


def _named(keys: list[tuple[str, str]]) -> str:
    """Return the first names of a list of coefficients."""
    names = [":".join(word for word in key if word) for key in keys]
    return ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
