"""The contribution of each variable of a fit to its linear predictor, as shown in a nomogram."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.formula.changed import ChangedRows
from logitkit.design.formula.coding import Coding
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.nomogram import Contribution, Nomogram, nomogram
from logitkit.numerics.round_numbers import round_numbers
from logitkit.report.wording import name_list
from logitkit.results.effects.levels import has_levels, levels_seen
from logitkit.results.effects.pieces import set_column
from logitkit.results.effects.rows_to_average import rows_to_average
from logitkit.results.rows import Rows

__all__ = ["nomogram_of"]

LEVELS_MOST = 12  # of a factor: more cannot be read on a scale


def nomogram_of(rows: Rows) -> Nomogram:
    """Return the nomogram of a fit with an event, over the range of each variable in the rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
    >>> [scale.variable for scale in nomogram_of(fit._own_rows).scales]
    ['age', 'smoke']
    """
    record = rows.record
    if not record.has_event or record.family.tail_link is None:
        raise UnsupportedError(
            "A nomogram adds points to one linear predictor of an event; this model has several outcomes. "
            "fit.plot.average_predictions(variable) draws their probabilities."
        )
    coding = record.info.coding
    if record.is_separated or coding is None or record.nuisance.n_parameters:
        raise UnsupportedError(
            "A nomogram needs finite coefficients of a formula, one intercept for all rows: this fit is separated, has "
            "absorbed levels or was made from a matrix."
        )
    frame = rows_to_average(rows).frame
    changed = ChangedRows(coding, frame)
    offset = record.info.response.offset is not None or coding.offset_spec is not None
    if offset:
        raise UnsupportedError("A nomogram cannot show an offset, which differs from row to row.")
    variables = [name for name in coding.variables if changed.factors(name)]
    mixed = [name for name in variables if not changed.alone(name)]
    if mixed:
        raise UnsupportedError(
            f"A nomogram adds what single variables contribute, and {name_list(mixed)} act together in interactions. "
            "fit.plot.average_predictions(variable) draws the probabilities with them."
        )
    coef = record.finite_table[0]
    places: set[int] = set()
    parts = []
    for name in variables:
        part, own = _contribution(name, frame[name], changed, coding, coef)
        places |= own
        parts.append(part)
    # What is left contains no variable: the intercept.
    intercept = float(sum(value for place, value in enumerate(coef) if place not in places))
    return nomogram(record, intercept, parts)


def _contribution(
    name: str, column: Any, changed: ChangedRows, coding: Coding, coef: Any
) -> tuple[Contribution, set[int]]:
    """Return what a variable adds at its values, and which columns contain it."""
    levels = has_levels(name, column, coding) or column.nunique() == 2
    if levels:
        values = levels_seen(name, column, coding) if has_levels(name, column, coding) else sorted(column.unique())
        if len(values) > LEVELS_MOST:
            raise DataError(f"{name!r} has {len(values)} levels, and a nomogram shows at most {LEVELS_MOST}.")
        words = tuple(map(str, values))
    else:
        values = round_numbers(float(column.min()), float(column.max()))
        words = tuple(f"{value:g}" for value in values)
    found = [changed.with_value(name, set_column(pd.Series(column.iloc[:1]), value)) for value in values]
    added = np.array([float(each.matrix.to_dense()[0] @ coef[each.places]) for each in found])
    return Contribution(name, words, added, not levels), set(found[0].places.tolist())
