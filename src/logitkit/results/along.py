"""What is made of the problem of a path: fits at a strength, criteria, nested cross-validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.penalised_model import PenalisedModel
from logitkit.engine.regularised.penalised_path import PathRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.sandwich import with_required_sandwich
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.results.fit import Fit
from logitkit.results.multinomial import MultinomialFit
from logitkit.selection.criteria import aic, bic, ebic
from logitkit.selection.cross_validation import CrossValidation
from logitkit.selection.nested import NestedScores, nested_scores

__all__ = ["criteria_frame", "fit_at_strength", "fit_of", "least_strength", "nested_of", "with_rows"]


def criteria_frame(given: PenalisedModel, record: PathRecord, dof: pd.Series, gamma: float) -> pd.DataFrame:
    """Return information criteria along a path."""
    response = given.design.response
    deviance, values = record.deviance, dof.to_numpy()
    always = int(np.count_nonzero(given.problem.strengths.whole.free))
    candidates = given.problem.strengths.scale.size - always
    counted = np.clip(values, always, always + candidates)  # a relaxed lasso may follow the responses more than a refit
    extended = ebic(deviance, counted, response.n_obs, candidates, n_always=always, gamma=gamma)
    columns = {
        "deviance": deviance,
        "dof": values,
        "aic": aic(deviance, values),
        "bic": bic(deviance, values, response.n_obs),
        "ebic": extended,
    }
    return pd.DataFrame(columns, dof.index)


def least_strength(strengths: np.ndarray[Any, np.dtype[np.float64]], criterion: pd.Series) -> float:
    """Return the strength of the least value."""
    values = criterion.to_numpy()
    if np.isnan(values).all():
        raise UnsupportedError(
            "The information criteria need effective degrees of freedom, which are not computed for so many "
            "coefficients. Choose by lk.cross_validate."
        )
    return float(strengths[np.nanargmin(values)])


def fit_at_strength(given: PenalisedModel | None, strength: float, level: float, chosen: str, verb: str) -> Any:
    """Return the fit to all rows at a strength."""
    given = with_rows(given, verb, strength)
    record = given.fit(strength, ProxNewton(), level, chosen)
    return fit_of(record, given.design)


def fit_of(record: FitRecord, design: Design) -> Any:
    """Return the fit of a record with its rows, of the kind that the record is."""
    if not record.is_single:
        return MultinomialFit(with_required_sandwich(record, design), design)
    return Fit(with_required_sandwich(record, design), design)


def with_rows(given: PenalisedModel | None, verb: str, strength: float | None = None) -> PenalisedModel:
    """Return the problem with its rows."""
    if given is None:
        at = "" if strength is None else f", or the fitting function with penalty= and the strength {strength!r}"
        raise UnsupportedError(
            f"'{verb}' needs the rows of the fit, which were left behind when the result was pickled. Fit again to the "
            f"same rows: lk.path or lk.cross_validate{at}."
        )
    return given


def nested_of(given: PenalisedModel | None, found: CrossValidation, rule: str) -> NestedScores:
    """Return the nested cross-validation."""
    with single_threaded_blas():
        return nested_scores(with_rows(given, "nested"), found, ProxNewton(tol=1e-7), rule)
