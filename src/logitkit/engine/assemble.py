"""The record of a fit, gathered from what the solver and the separation test found."""

from __future__ import annotations

import numpy as np

from logitkit.design.constant import constant_of_kept
from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.response.response import Response
from logitkit.engine.curvature.vcov import Vcov
from logitkit.engine.facts import Covariance, Limit
from logitkit.engine.levels.level_coordinates import LevelCoordinates
from logitkit.engine.objective import Evaluation, Objective
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.engine.solvers.start import starting_point
from logitkit.models.binomial import Binomial
from logitkit.models.predictors import single_predictor
from logitkit.typing import IntArray

__all__ = ["levels_loss", "make_record", "null_loss"]

LEVEL_TOL = 1e-10  # of the intercept of a level: its loss is then exact to rounding
LEVEL_STEPS = 200


def make_record(
    design: Design,
    family: Binomial,
    coordinates: Coordinates | LevelCoordinates,
    solution: Solution,
    vcov: Vcov,
    limit: Limit | None,
    level: float,
    null: float | None = None,
) -> FitRecord:
    """Gather what inference needs."""
    response = design.response
    aliased = coordinates.aliased
    constant = saturated = 0.0
    if response.trials is not None:
        prior = 1.0 if response.prior is None else response.prior
        constant = float(np.sum(prior * family.log_constant(response.y, response.trials)))
        saturated = float(response.weights @ family.saturated_loss(response.y))
    if null is None:
        null = null_loss(response, design.info.spans_intercept, family)
    events, nonevents = response.events, response.total - response.events
    here = solution.evaluation
    coef = np.array(coordinates.coef(solution.coef))
    if limit is not None:
        infinite = np.where(limit.signs > 0.0, np.inf, np.where(limit.signs < 0.0, -np.inf, np.nan))
        coef = np.where(limit.signs == 0.0, coef, infinite)
    coef[aliased] = np.nan
    return FitRecord(
        info=constant_of_kept(design, aliased).info,
        family=family,
        coef=coef,
        coordinates=coordinates,
        inner_coef=solution.coef,
        inner_vcov=vcov,
        inner_model_vcov=vcov,
        aliased=aliased,
        limit=limit,
        covariance=Covariance(),
        loglik=constant - here.value,
        null_loglik=constant - null,
        deviance=max(2.0 * (here.value - saturated), 0.0),
        null_deviance=np.nan if np.isnan(null) else max(2.0 * (null - saturated), 0.0),
        n_obs=response.n_obs,
        n_params=len(design.info.names)
        - aliased.size
        + (0 if design.info.absorbed is None else design.info.absorbed.n_varied),
        predictors=single_predictor(len(design.info.names)),
        totals=response.totals,
        total=response.total,
        n_trials=response.n_trials,
        tjur=np.nan if min(events, nonevents) <= 0.0 else _tjur(here, events, nonevents),
        log_constant=constant,
        counts=design.counts,
        status=solution.status,
        decrement=solution.decrement,
        trace=solution.trace,
        level=level,
        fingerprint=design.fingerprint,
        method=solution.method,
    )


def _tjur(here: Evaluation, events: float, nonevents: float) -> float:
    """Return the mean probability among events less that among non-events."""
    return here.matched / events - (here.fitted - here.matched) / nonevents


def null_loss(response: Response, intercept: bool, family: Binomial) -> float:
    """Return the loss of the model with an intercept (if asked for) and the offset only."""
    if response.shift is None:
        share = response.events / response.total if intercept else 0.5
        eta = float(family.link.link(np.array(share)))
        # In closed form: events and non-events each have one loss.
        losses = family.loss(np.array([eta, eta]), np.array([1.0, 0.0])) if 0.0 < share < 1.0 else np.zeros(2)
        return float(response.events * losses[0] + (response.total - response.events) * losses[1])
    columns = np.ones((response.n_rows, 1 if intercept else 0))
    objective = Objective(Dense(columns), response, family)
    if not intercept:
        return objective.evaluate(np.zeros(0)).value
    solution = Newton().solve(objective, starting_point(objective, 0).coef, suspicious=False)
    return solution.evaluation.value if solution.status is Status.CONVERGED else float("nan")


def levels_loss(response: Response, codes: IntArray, n_levels: int, family: Binomial) -> float:
    """Return the loss of the model with one intercept per level and the offset only.

    Examples
    --------
    >>> response = Response(np.array([0.0, 1.0, 1.0, 0.0]))
    >>> bool(np.isclose(levels_loss(response, np.array([0, 0, 1, 1]), 2, Binomial()), 4 * np.log(2)))
    True
    """
    weights, y, shift = response.weights, response.y, response.shift
    events = np.bincount(codes, weights * y, n_levels)
    total = np.bincount(codes, weights, n_levels)
    varied = (events > 0.0) & (events < total)
    share = np.where(varied, events, 0.5) / np.where(varied, total, 1.0)
    intercepts = family.link.link(share)
    if shift is not None:
        low, high = np.full(n_levels, np.inf), np.full(n_levels, -np.inf)
        np.minimum.at(low, codes, shift)
        np.maximum.at(high, codes, shift)
        low, high = (np.where(varied, intercepts - end, 0.0) for end in (high, low))
        intercepts = np.where(varied, 0.5 * (low + high), 0.0)
        for _ in range(LEVEL_STEPS):
            eta = intercepts[codes] + shift
            score = np.bincount(codes, weights * (y - family.mean(eta)), n_levels)
            curvature = np.bincount(codes, weights * family.variance(eta), n_levels)
            low, high = np.where(score > 0.0, intercepts, low), np.where(score < 0.0, intercepts, high)
            moved = intercepts + score / np.maximum(curvature, 1e-300)
            moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
            moved = np.where(varied, moved, 0.0)
            done = bool(np.all(np.abs(moved - intercepts) <= LEVEL_TOL * np.maximum(1.0, np.abs(intercepts))))
            intercepts = moved
            if done:
                break
    rows = varied[codes]
    eta = intercepts[codes] if shift is None else intercepts[codes] + shift
    return float(weights[rows] @ family.loss(eta[rows], y[rows]))
