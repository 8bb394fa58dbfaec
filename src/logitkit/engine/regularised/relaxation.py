"""The relaxed lasso: between the lasso and the maximum likelihood fit on the coefficients that it chose."""

from __future__ import annotations

import numpy as np

from logitkit.engine.chunked import ChunkedObjective, RowsOfColumns
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.shrunken import Shrunken
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.engine.solvers.start import starting_point
from logitkit.typing import BoolArray, FloatArray

__all__ = ["relaxed", "unmixed"]


def relaxed(given: Shrunken, flat: FloatArray) -> FloatArray | None:
    """Return the reported coefficients of a relaxed lasso from those of the lasso; of other penalties the same.

    None where the coefficients that the lasso chose have no finite maximum likelihood estimates.
    """
    gamma = given.gamma
    if gamma is None or gamma == 1.0:
        return flat
    refit = _refit(given, flat != 0.0)
    return None if refit is None else gamma * flat + (1.0 - gamma) * refit


def unmixed(given: Shrunken, flat: FloatArray) -> tuple[tuple[float, FloatArray], tuple[float, FloatArray]] | None:
    """Return the lasso and the refit that a relaxed lasso lies between, each with its share; None without a refit."""
    gamma, refit = given.gamma, _refit(given, flat != 0.0)
    if refit is None or not gamma:
        return None
    return (gamma, (flat - (1.0 - gamma) * refit) / gamma), (1.0 - gamma, refit)


def _refit(given: Shrunken, chosen: BoolArray) -> FloatArray | None:
    """Return maximum likelihood estimates of the coefficients that were chosen, zero elsewhere; None if there are none.

    In symmetric form the coefficients of a column that all outcomes have sum to zero, as those without a penalty do.
    """
    design, predictors, strengths = given.design, given.predictors, given.strengths
    keep = (chosen | given.free_flat).reshape(predictors.active.size, -1)
    whole = keep.all(axis=0) if given.is_symmetric else np.zeros(keep.shape[1], dtype=bool)
    solved = keep.copy()
    solved[0, whole] = False
    place = np.flatnonzero(solved)
    start = np.zeros(keep.size)
    start[strengths.place] = given.sequence.null.coef / strengths.scale
    columns, own = (place, None) if given.form.is_single else predictors.among(place)
    if design.in_chunks:
        chunked = ChunkedObjective(design, RowsOfColumns(given.form.family, own, columns))
        first = starting_point(chunked, lambda _: start[place])
        solution = Newton().solve(chunked, first.coef, nearby=first.nearby)
    else:
        objective = Objective(design.matrix.columns(columns), design.response, given.form.family, predictors=own)
        solution = Newton().solve(objective, start[place])
    if solution.status is not Status.CONVERGED:
        return None
    flat = np.zeros(keep.size)
    flat[place] = solution.coef
    table = flat.reshape(keep.shape)
    table[:, whole] -= table[:, whole].mean(axis=0)
    return flat
