"""Refusals of models of several outcomes whose second derivatives would take too much time or memory."""

from __future__ import annotations

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.table.memory import require_room
from logitkit.errors import UnsupportedError
from logitkit.models.predictors import Predictors

__all__ = ["require_affordable"]

COPIES_OF_HESSIAN = 8  # sums of groups of rows, factor, inverse
EVALUATIONS = 4  # of second derivatives that a fit takes where they are kept
PAIR_SECONDS = 1e-9  # of a row and a pair of coefficients: from 0.4 with many columns to 2.5 with few
JOINT_SECONDS = 1e-10  # the same of many outcomes and few columns, jointly or by pairs
MANY_OUTCOMES, FEW_COLUMNS = 16, 24
CUBE_SECONDS = 1e-10  # of a factor, by the cube of the coefficients
MINUTES_MOST = 60.0


def require_affordable(matrix: Matrix, predictors: Predictors) -> None:
    """Refuse a model whose second derivatives would take hours, naming the alternatives."""
    _require_time(matrix, predictors)
    n_params = predictors.n_params
    require_room(
        8 * n_params**2 * COPIES_OF_HESSIAN,
        f"The model has {n_params:,} coefficients; its Hessian and its factorisation",
        "Give penalty=lk.Ridge(...), which needs none, or merge rare outcomes.",
    )


def _require_time(matrix: Matrix, predictors: Predictors) -> None:
    r, q = max(part.n_rows for part in predictors.parts), matrix.inner.n_columns
    if r >= MANY_OUTCOMES and q <= FEW_COLUMNS:
        of_row = JOINT_SECONDS * (r * q) ** 2
    else:
        of_row = PAIR_SECONDS * (r * min(matrix.width, predictors.n_columns)) ** 2  # of numbers that are not zero
    minutes = EVALUATIONS * (matrix.n_rows * of_row + CUBE_SECONDS * predictors.n_params**3) / 60.0
    if minutes > MINUTES_MOST:
        raise UnsupportedError(
            f"{predictors.n_predictors:,} outcomes and {predictors.n_columns:,} columns have {predictors.n_params:,} "
            f"coefficients; their second derivatives over {matrix.n_rows:,} rows would take about "
            f"{minutes / 60.0:,.0f} hours. Give penalty=lk.Ridge(...), which needs none, merge rare outcomes, or leave "
            "columns out."
        )
