"""What a path predicts: rows of the fit or new ones, at each of its strengths or at others."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd

from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.penalised_logit import PenalisedLogit
from logitkit.engine.regularised.penalised_path import PathRecord, strength_grid
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceError, DataError
from logitkit.options import require_choice
from logitkit.results.rows import coded_rows, rows_of_design
from logitkit.typing import FloatArray, UnseenPolicy

__all__ = ["predict_along"]


def predict_along(
    given: PenalisedLogit,
    record: PathRecord,
    rows: tuple[Any, Any, UnseenPolicy],
    strengths: Any,
    scale: str,
) -> pd.DataFrame:
    """Return predictions at each strength."""
    data, offset, unseen = rows
    require_choice("unseen", unseen, get_args(UnseenPolicy))
    if data is None and offset is not None:
        raise DataError("offset was given without data; the rows of the fit have their own.")
    asked = record.strengths if strengths is None else strength_grid(given, strengths=strengths)
    coef = record.coef if strengths is None else np.array([_coef_at(given, record, float(one)) for one in asked])
    found = rows_of_design(given.design) if data is None else coded_rows(given.design.info, data, offset, unseen)
    values = given.predictors(found.matrix, coef, found.offset)
    out = np.full((found.kept.size, asked.size), np.nan)
    out[found.kept] = given.family.mean(values) if scale == "probability" else values
    return pd.DataFrame(out, found.index, pd.Index(asked, name="strength"))


def _coef_at(given: PenalisedLogit, record: PathRecord, strength: float) -> FloatArray:
    """Return the coefficients of the path, or of a fit where the strength is none of the path's."""
    place = np.flatnonzero(record.strengths == strength)
    if place.size:
        return np.asarray(record.coef[place[0]])
    fit = given.fit(strength, ProxNewton(), 0.95, "given")
    if fit.status is not Status.CONVERGED:
        raise ConvergenceError(
            f"At the strength {strength:.4g} the solver did not reach its tolerance; ask for a larger strength."
        )
    return fit.coef
