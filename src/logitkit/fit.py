"""From a design to a frozen record of the fit.

1. Evaluate the objective where the solver starts.
2. Decide the rank from that Hessian, or from the columns when it is in doubt.
3. Solve.
4. Certify that the estimate exists; or find the directions along which it does not, and fit the limiting model
   on the rows that overlap.
5. Record what inference needs, and no rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from logitkit.design.checks import require_finite
from logitkit.design.dense import Dense
from logitkit.design.design import Design
from logitkit.design.transformed import Transformed
from logitkit.errors import ConvergenceError
from logitkit.execution.blas import single_threaded_blas
from logitkit.families.binomial import Binomial
from logitkit.objective import Evaluation, Objective
from logitkit.rank import (
    CLEAR_SHARE,
    Coordinates,
    identity_coordinates,
    least_share,
    orthogonal_coordinates,
    scaled_coordinates,
)
from logitkit.record import Covariance, FitRecord, Limit
from logitkit.separation import Separated, find_separation, overlap_is_certain
from logitkit.solvers.newton import Newton
from logitkit.solvers.solver import Solution, Status
from logitkit.solvers.start import starting_point
from logitkit.typing import FloatArray

__all__ = ["fit_design"]


def fit_design(design: Design, family: Binomial, solver: Newton, level: float = 0.95) -> FitRecord:
    """Fit a model by maximum likelihood.

    Parameters
    ----------
    design : Design
        Rows to fit.
    family : Binomial
        Distribution and link.
    solver : Newton
        Options of the solver.
    level : float, default 0.95
        Confidence level that the record carries.

    Returns
    -------
    FitRecord
        Never an error for lack of convergence or separation: both are findings in the record.

    Raises
    ------
    DataError
        If X holds a value that is not finite.

    Examples
    --------
    One column of ones: the estimate is the logit of the share of events.

    >>> import numpy as np
    >>> from logitkit.design.ready import ready_design
    >>> design = ready_design(np.ones((4, 1)), np.array([0, 1, 1, 1]), names=["Intercept"])
    >>> record = fit_design(design, Binomial(), Newton())
    >>> bool(np.isclose(record.coef[0], np.log(3.0)))
    True
    """
    with single_threaded_blas():
        given = Objective(design.matrix, design.response, family)
        start = starting_point(given, design.info.intercept)  # 1
        first = given.evaluate(start)
        if not np.isfinite(first.value) or not np.isfinite(first.hessian).all():
            require_finite(design.matrix, design.info.names, design.positions)
        coordinates = identity_coordinates()  # 2
        if least_share(first.hessian, design.info.intercept) < CLEAR_SHARE:
            coordinates, given, start, first = _orthogonal(design, family)
        solution = solver.solve(given, start, first)  # 3
        separated: Separated | None = None
        if not overlap_is_certain(solution):  # 4
            identity = coordinates.basis is None
            if identity:
                coordinates = scaled_coordinates(design.matrix, design.response.weights, design.info.intercept)
            objective = Objective(coordinates.matrix(design.matrix), design.response, family)
            try:
                separated = find_separation(objective.matrix, design.response)
            except ConvergenceError:  # the test has no answer, which the status says
                suspected = replace(solution, status=Status.SUSPECTED)
                kept = identity_coordinates() if identity else coordinates
                return _record(design, family, kept, suspected, _inverse(solution.evaluation), None, level)
            if separated is not None:
                return _record_limit(design, family, coordinates, separated, solver, level)
            if solution.status is not Status.CONVERGED:
                coordinates, objective, start, first = _orthogonal(design, family)
                solution = solver.solve(objective, start, first, suspicious=False)
            elif identity:
                coordinates = identity_coordinates()
        return _record(design, family, coordinates, solution, _inverse(solution.evaluation), None, level)  # 5


def _orthogonal(design: Design, family: Binomial) -> tuple[Coordinates, Objective, FloatArray, Evaluation]:
    """Return well-conditioned coordinates, and the objective at their origin."""
    coordinates = orthogonal_coordinates(design.matrix, design.response.weights, design.info.intercept)
    objective = Objective(coordinates.matrix(design.matrix), design.response, family)
    start = np.zeros(objective.n_params)
    return coordinates, objective, start, objective.evaluate(start)


def _inverse(evaluation: Evaluation) -> FloatArray:
    """Return the inverse of the Hessian after scaling it to a unit diagonal; nan when it is singular."""
    hessian = evaluation.hessian
    if hessian.size == 0:
        return hessian.copy()
    if not (hessian.diagonal() > 0.0).all():
        return np.full(hessian.shape, np.nan)
    scale = 1.0 / np.sqrt(hessian.diagonal())
    try:
        inverse = np.linalg.inv(hessian * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        return np.full(hessian.shape, np.nan)
    inverse *= scale[:, None] * scale
    return np.asarray(0.5 * (inverse + inverse.T))


def _record_limit(
    design: Design,
    family: Binomial,
    coordinates: Coordinates,
    separated: Separated,
    solver: Newton,
    level: float,
) -> FitRecord:
    """Fit the limiting model on the rows that overlap, and record it with the infinite coefficients."""
    response, complement = design.response, separated.complement
    # Weight zero takes the separated rows out without a copy of the others.
    prior = np.where(separated.rows, 0.0, 1.0 if response.prior is None else response.prior)
    assert coordinates.centre is not None and coordinates.basis is not None  # noqa: PT018 - the test needs coordinates
    rows = Transformed(design.matrix, coordinates.centre, coordinates.basis @ complement)
    limiting = Objective(rows, replace(response, prior=prior), family)
    solution = solver.solve(limiting, np.zeros(limiting.n_params), suspicious=False)
    status = Status.SEPARATED if solution.status is Status.CONVERGED else solution.status
    solution = replace(solution, status=status)
    signs = separated.cone.signs_of(coordinates.directions(separated.null))
    direction = coordinates.directions(separated.direction[:, None])[:, 0]
    limit = Limit(
        design.info.names, separated.cone, direction / np.abs(direction).max(), int(separated.rows.sum()), signs
    )
    # A separated row is fitted perfectly: its mean is its outcome.
    perfect = float(response.weights[separated.rows] @ response.y[separated.rows])
    here = solution.evaluation
    here = replace(here, fitted=here.fitted + perfect, matched=here.matched + perfect)
    solution = replace(solution, evaluation=here)
    vcov = complement @ _inverse(solution.evaluation) @ complement.T
    whole = replace(solution, coef=complement @ solution.coef)
    return _record(design, family, coordinates, whole, vcov, limit, level)


def _record(
    design: Design,
    family: Binomial,
    coordinates: Coordinates,
    solution: Solution,
    vcov: FloatArray,
    limit: Limit | None,
    level: float,
) -> FitRecord:
    """Gather what inference needs; solution and covariance are in the coordinates."""
    response = design.response
    aliased = coordinates.aliased
    constant = saturated = 0.0
    if response.trials is not None:
        prior = 1.0 if response.prior is None else response.prior
        constant = float(np.sum(prior * family.log_constant(response.y, response.trials)))
        saturated = float(response.weights @ family.saturated_loss(response.y))
    null = _null_loss(design, family)
    events, nonevents = response.events, response.total - response.events
    here = solution.evaluation
    coef = np.array(coordinates.coef(solution.coef))
    if limit is not None:
        infinite = np.where(limit.signs > 0.0, np.inf, np.where(limit.signs < 0.0, -np.inf, np.nan))
        coef = np.where(limit.signs == 0.0, coef, infinite)
    coef[aliased] = np.nan
    return FitRecord(
        info=design.info,
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
        n_params=len(design.info.names) - aliased.size,
        events=events,
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
    )


def _tjur(here: Evaluation, events: float, nonevents: float) -> float:
    """Return the mean probability among events less that among non-events."""
    return here.matched / events - (here.fitted - here.matched) / nonevents


def _null_loss(design: Design, family: Binomial) -> float:
    """Return the loss of the model with the intercept (if there is one) and the offset only, as R's glm."""
    response = design.response
    intercept = design.info.intercept is not None
    if response.offset is None:
        share = response.events / response.total if intercept else 0.5
        eta = float(family.link.link(np.array(share)))
        # In closed form: events and non-events each have one loss.
        losses = family.loss(np.array([eta, eta]), np.array([1.0, 0.0])) if 0.0 < share < 1.0 else np.zeros(2)
        return float(response.events * losses[0] + (response.total - response.events) * losses[1])
    columns = np.ones((design.n_rows, 1 if intercept else 0))
    objective = Objective(Dense(columns), response, family)
    if not intercept:
        return objective.evaluate(np.zeros(0)).value
    solution = Newton().solve(objective, starting_point(objective, 0), suspicious=False)
    return solution.evaluation.value if solution.status is Status.CONVERGED else float("nan")
