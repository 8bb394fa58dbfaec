"""Predictions for the rows of a table without a design: in one pass over its columns, if the formula allows it."""

from __future__ import annotations

from typing import Literal

import numpy as np

from logitkit.design.table.frame import Table
from logitkit.design.table_values import TableValues, table_values
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import FloatArray

__all__ = ["table_predictions"]

BLOCK = 16_384


def table_predictions(
    record: FitRecord, table: Table, scale: Literal["probability", "logit", "link"]
) -> FloatArray | None:
    """Return predictions of the event for the rows of a table that are complete and known.

    Parameters
    ----------
    record : FitRecord
        The fit.
    table : Table
        n rows.
    scale : {'probability', 'logit', 'link'}
        The scale of the predictions.

    Returns
    -------
    (n,) array or None
        None if a design is needed: if a term is not a single column of the table, if the model has offsets, several
        equations or coefficients at their limits, and if some row has no finite prediction.

    Notes
    -----
    The terms of a row are added in the order intercept, numeric variables, factors. A design adds them in another
    order, and the last bits may differ.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.table.frame import read_table
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> turn = -fit.coef["Intercept"] / fit.coef["x"]
    >>> table_predictions(fit.record, read_table({"x": [turn]}), "probability").round(12).tolist()
    [0.5]
    >>> table_predictions(fit.record, read_table({"x": [turn, None]}), "probability") is None
    True
    """
    values = _looked_up(record, table)
    if values is None:
        return None
    family, out = record.family, np.empty(values.n_rows)

    def fill(block: int) -> bool:
        start = block * BLOCK
        eta = np.empty(min(BLOCK, values.n_rows - start))
        values.write(start, eta)
        if not np.isfinite(eta).all():
            return False
        found = eta
        if scale != "link":
            found = family.mean(eta) if scale == "probability" else family.log_odds(eta[None])[-1]
        out[start : start + BLOCK] = found
        return found is eta or bool(np.isfinite(found).all())

    is_known = all(ordered_map(fill, -(-values.n_rows // BLOCK), light=True))
    return out if is_known else None


def _looked_up(record: FitRecord, table: Table) -> TableValues | None:
    """Return how linear predictors are looked up, None where they cannot be."""
    info, coordinates = record.info, record.coordinates
    if info.coding is None or not (record.has_event and record.is_single) or record.family.words.ordered:
        return None
    if info.nuisance.columns or info.response.offset is not None or info.response.has_own_offsets:
        return None
    if record.limit.cone is not None or coordinates.vanishing is not None:
        return None
    if isinstance(coordinates, LevelCoordinates):
        if coordinates.undecided is not None:
            return None
    elif not coordinates.is_identity:  # columns that are badly conditioned would cost digits
        return None
    effects = info.coding.main_effects
    try:
        return None if effects is None else table_values(effects, table, record.finite_table[0])
    except DataError:  # which a design of the rows says in its own order
        return None
