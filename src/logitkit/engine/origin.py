"""Where a solver starts, in the coordinates that it solves in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from logitkit.design.response.response import Response
from logitkit.engine.rank import Coordinates, solved_from
from logitkit.models.form import Form
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.engine.part_coordinates import Columns

__all__ = ["in_coordinates", "origin_of"]


def origin_of(response: Response, form: Form, intercept: int | None, columns: Columns | None = None) -> FloatArray:
    """Return where a solver starts: zero, but for intercepts that take up the mean offsets, and thresholds that rise.

    No row is then far out. ``columns`` are the coordinates that are solved in; those as given by default.
    """
    predictors = form.predictors
    if columns is not None:
        from logitkit.engine.part_coordinates import inner_predictors

        predictors = inner_predictors(form, columns)
    zero: FloatArray = np.zeros(predictors.n_params)
    target = form.family.origin(response)
    if intercept is None or not target.any():
        return zero
    home = [part for part in form.predictors.parts if intercept in part.columns]
    if not home:
        return zero
    (part,) = home
    spanned = part.matrix(target.size)
    outside = ~spanned.any(axis=1)
    if form.family.compares_predictors and outside.any():
        target = target - target[outside][0]
    level = target[part.rows] if part.rows is not None else np.linalg.lstsq(spanned, target, rcond=None)[0]
    flat: FloatArray = np.zeros(form.predictors.n_flat)
    place = form.predictors.parts.index(part)
    flat[form.predictors.places[place][:, int(np.flatnonzero(part.columns == intercept)[0])]] = level
    return flat if columns is None else in_coordinates(form, columns, flat)


def in_coordinates(form: Form, columns: Columns, flat: FloatArray) -> FloatArray:
    """Return coefficients of the columns as given, shape (n_flat,), in the coordinates that are solved in."""
    if columns.is_identity:
        return flat
    if not isinstance(columns, Coordinates):
        return solved_from(columns.transform, flat)
    rows = form.predictors.parts[0].n_rows
    return solved_from(columns.transform, flat.reshape(rows, -1).T).T.reshape(-1)
