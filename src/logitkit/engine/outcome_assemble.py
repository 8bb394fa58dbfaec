"""The record of a fit of several outcomes, gathered from what the solver and the separation test found."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from logitkit.design.constant import constant_of_kept
from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import NO_SHARES, Response
from logitkit.engine.curvature.vcov import Vcov
from logitkit.engine.facts import Covariance, Limit
from logitkit.engine.objective import outcomes_objective
from logitkit.engine.rank import ROUNDING, Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.models.multinomial import Multinomial
from logitkit.models.predictors import Predictors, full_predictors
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Outcomes", "flat_directions", "make_outcome_record", "null_outcome_loss", "outcome_coordinates"]


class Outcomes(NamedTuple):
    """Which coefficients a model of several outcomes has.

    Parameters
    ----------
    predictors : Predictors
        Of the model that is solved, with a reference.
    reference : int or None
        As the user asked: None for the symmetric form.
    absent : (m p,) bool array or None
        Flat coefficients that are not in the model.
    """

    predictors: Predictors
    reference: int | None
    absent: BoolArray | None = None


def flat_directions(directions: FloatArray, outcomes: Outcomes, columns: Coordinates) -> FloatArray:
    """Return directions in coordinates of the columns as directions of the coefficients of the record."""
    m = outcomes.predictors.active.size
    # Rounding is judged by the whole direction: the block of an outcome that it does not touch must be exactly zero.
    length = np.linalg.norm(directions, axis=0)
    directions = np.where(np.abs(directions) <= ROUNDING * length, 0.0, directions)
    blocks = directions.reshape(m, -1, directions.shape[1])
    given = np.stack([columns.directions(block) for block in blocks])
    contrast = _contrast(outcomes)
    if contrast is not None:
        flat = np.einsum("km,mpd->kpd", contrast, given)
        size = np.einsum("km,mpd->kpd", np.abs(contrast), np.abs(given))
        given = np.where(np.abs(flat) <= ROUNDING * size, 0.0, flat)
    return np.asarray(given.reshape(-1, directions.shape[1]))


def _contrast(outcomes: Outcomes) -> FloatArray | None:
    """Return the coefficients of all outcomes, which sum to zero, of those against the first; None where it is kept."""
    if outcomes.reference is not None:
        return None
    n_outcomes = outcomes.predictors.n_predictors
    return np.eye(n_outcomes)[:, outcomes.predictors.active] - 1.0 / n_outcomes


def outcome_coordinates(outcomes: Outcomes, columns: Coordinates) -> Coordinates:
    """Return how the flat coefficients of the record follow from those that were solved for."""
    predictors, contrast = outcomes.predictors, _contrast(outcomes)
    m, p = predictors.active.size, predictors.n_columns
    k = m if contrast is None else contrast.shape[0]
    aliased = (np.arange(k)[:, None] * p + columns.aliased).reshape(-1)
    if predictors.basis is not None:
        # A restricted model is solved for its own coefficients, whatever the coordinates of the columns.
        return Coordinates(np.asarray(predictors.basis, dtype=np.float64), aliased)
    if contrast is None and columns.transform is None:
        return Coordinates(None, aliased, vanishing=columns.vanishing)
    left = np.eye(m) if contrast is None else contrast
    right = np.eye(p) if columns.transform is None else columns.transform
    return Coordinates(np.asarray(np.kron(left, right)), aliased, vanishing=columns.vanishing)


def make_outcome_record(
    design: Design,
    outcomes: Outcomes,
    coordinates: Coordinates,
    solution: Solution,
    vcov: Vcov,
    limit: Limit | None,
    level: float,
) -> FitRecord:
    """Gather what inference needs."""
    response = design.response
    predictors = outcomes.predictors
    family = Multinomial(predictors.n_predictors)
    coef = np.array(coordinates.coef(solution.coef))
    if limit is not None:
        infinite = np.where(limit.signs > 0.0, np.inf, np.where(limit.signs < 0.0, -np.inf, np.nan))
        coef = np.where(limit.signs == 0.0, coef, infinite)
    coef[coordinates.aliased] = np.nan
    constant = saturated = 0.0
    shares = NO_SHARES if response.shares is None else response.shares
    if response.trials is not None:
        prior = 1.0 if response.prior is None else response.prior
        constant = float(np.sum(prior * family.log_constant(shares, response.trials)))
        saturated = float(response.weights @ family.saturated_loss(shares, response.n_rows))
    null = null_outcome_loss(response, design.info.spans_intercept)
    shown = full_predictors(
        predictors.n_predictors, predictors.n_columns, outcomes.reference, design.info.response.levels
    )
    record = FitRecord(
        info=constant_of_kept(design, np.unique(coordinates.aliased % predictors.n_columns)).info,
        family=family,
        coef=coef,
        coordinates=coordinates,
        inner_coef=solution.coef,
        inner_vcov=vcov,
        inner_model_vcov=vcov,
        aliased=coordinates.aliased,
        limit=None,
        covariance=Covariance(),
        loglik=constant - solution.evaluation.value,
        null_loglik=constant - null,
        deviance=max(2.0 * (solution.evaluation.value - saturated), 0.0),
        null_deviance=max(2.0 * (null - saturated), 0.0),
        n_obs=response.n_obs,
        n_params=solution.coef.size,
        total=response.total,
        n_trials=response.n_trials,
        tjur=np.nan,
        log_constant=constant,
        counts=design.counts,
        status=solution.status,
        decrement=solution.decrement,
        trace=solution.trace,
        level=level,
        fingerprint=design.fingerprint,
        method=solution.method,
        reference=outcomes.reference,
        predictors=replace(shown, basis=None),
        absent=outcomes.absent,
        restricted=predictors.basis is not None,
        totals=response.totals,
    )
    return record if limit is None else replace(record, limit=replace(limit, names=record.names))


def null_outcome_loss(response: Response, intercept: bool) -> float:
    """Return the loss of the model with intercepts (if asked for) and the offsets only.

    Examples
    --------
    >>> response = Response(np.array([0.0, 1.0, 2.0, 2.0]), n_outcomes=3)
    >>> bool(np.isclose(null_outcome_loss(response, False), 4 * np.log(3)))
    True
    """
    if response.offset is None:
        if not intercept:
            return response.total * float(np.log(response.n_outcomes))
        share = response.totals / response.total
        return float(-(response.totals[share > 0.0] @ np.log(share[share > 0.0])))
    predictors = full_predictors(response.n_outcomes, 1 if intercept else 0, 0)
    objective = outcomes_objective(Dense(np.ones((response.n_rows, predictors.n_columns))), response, predictors)
    if not intercept:
        return objective.evaluate(np.zeros(0), hessian=False).value
    mean = response.offset @ response.weights / response.total
    solution = Newton().solve(objective, mean[0] - mean[1:], suspicious=False)
    return solution.evaluation.value if solution.status is Status.CONVERGED else float("nan")
