"""Fits, predictions, information criteria and nested cross-validation at the strengths of a path."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd

from logitkit.engine.regularised.model import PathModel
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import PathRecord, stated_strengths
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceError, DataError, UnsupportedError
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.models.multinomial import Multinomial
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import require_choice
from logitkit.results.classes import fit_of
from logitkit.results.fit import Fit
from logitkit.results.rows import coded_rows, rows_of_design
from logitkit.results.validated.again import ChosenAgain, Making, SameStrength
from logitkit.selection.criteria import aic, bic, ebic
from logitkit.selection.cross_validation import CrossValidation
from logitkit.selection.nested import NestedScores, nested_scores
from logitkit.typing import FloatArray, UnseenPolicy

__all__ = ["criteria_frame", "fit_at_strength", "least_strength", "nested_of", "predictions_at", "with_rows"]


def criteria_frame(given: PathModel, record: PathRecord, dof: pd.Series, gamma: float) -> pd.DataFrame:
    """Return information criteria along a path."""
    response = given.design.response
    deviance, values = record.deviance, dof.to_numpy()
    always = int(np.count_nonzero(given.strengths.whole.free))
    candidates = given.strengths.scale.size - always
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
    """Return the strength with the smallest value of a criterion."""
    values = criterion.to_numpy()
    if np.isnan(values).all():
        raise UnsupportedError(
            "The information criteria need effective degrees of freedom, which are not computed for so many "
            "coefficients. Choose by lk.cross_validate."
        )
    return float(strengths[np.nanargmin(values)])


def fit_at_strength(
    given: PathModel | None,
    strength: float,
    level: float,
    chosen: str,
    verb: str,
    chosen_by: tuple[CrossValidation, str] | None = None,
) -> Fit:
    """Return the fit to all rows at a strength."""
    given = with_rows(given, verb, strength)
    record = given.fit(strength, ProxNewton(), level, chosen)
    making: Making | None = None
    if record.penalty is not None:
        making = SameStrength(given, strength) if chosen_by is None else ChosenAgain(given, *chosen_by)
    return fit_of(with_required_sandwich(record, given.design), given.design, making)


def with_rows(given: PathModel | None, verb: str, strength: float | None = None) -> PathModel:
    """Return the problem with its rows."""
    if given is None:
        at = "" if strength is None else f", or the fitting function with penalty= and the strength {strength!r}"
        raise UnsupportedError(
            f"'{verb}' needs the rows of the fit, which a pickled result does not carry. Fit again to the same rows: "
            f"lk.path or lk.cross_validate{at}."
        )
    return given


def nested_of(given: PathModel | None, found: CrossValidation, rule: str) -> NestedScores:
    """Return the nested cross-validation."""
    with single_threaded_blas():
        return nested_scores(with_rows(given, "nested"), found, ProxNewton(tol=1e-7), rule)


def predictions_at(
    given: PathModel, record: PathRecord, rows: tuple[Any, Any, UnseenPolicy], strengths: Any, scale: str
) -> pd.DataFrame:
    """Return predictions at each strength; with several outcomes, one column per strength and outcome."""
    data, offset, unseen = rows
    require_choice("unseen", unseen, get_args(UnseenPolicy))
    if data is None and offset is not None:
        raise DataError("offset was given without data; the rows of the fit have their own.")
    asked = record.strengths if strengths is None else stated_strengths(strengths)
    coef = record.coef if strengths is None else np.array([_coef_at(given, record, float(one)) for one in asked])
    family, single, info = given.form.family, given.form.is_single, given.design.info
    found = rows_of_design(given.design) if data is None else coded_rows(info, data, offset, unseen)
    eta = given.predictors(found.matrix, coef, found.offset)
    columns: pd.Index = pd.Index(asked, name="strength")
    if single:
        values = family.probabilities(eta.reshape(1, -1))[1].reshape(eta.shape) if scale == "probability" else eta
    else:
        values = np.hstack([_of_outcomes(eta[:, :, j], scale) for j in range(asked.size)])
        columns = pd.MultiIndex.from_product([asked, info.response.levels], names=["strength", "outcome"])
    out = np.full((found.kept.size, len(columns)), np.nan)
    out[found.kept] = values
    return pd.DataFrame(out, found.index, columns)


def _of_outcomes(eta: FloatArray, scale: str) -> FloatArray:
    """Return probabilities, or logits less their mean, one row per row and one column per outcome."""
    return np.asarray(
        (Multinomial(len(eta)).probabilities(eta) if scale == "probability" else eta - eta.mean(axis=0)).T
    )


def _coef_at(given: PathModel, record: PathRecord, strength: float) -> FloatArray:
    """Return the coefficients of the path, or of a fit where the strength is none of the path's."""
    place = np.flatnonzero(record.strengths == strength)
    if place.size:
        return np.asarray(record.coef[place[0]])
    fit = given.fit(strength, ProxNewton(), 0.95, "given")
    if fit.status is not Status.CONVERGED:
        raise ConvergenceError(
            f"At the strength {strength:.4g} the solver did not reach its tolerance; choose a larger strength."
        )
    return fit.coef
