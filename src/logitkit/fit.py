"""From a design to a frozen record of the fit.

1. Evaluate the objective where the solver starts.
2. Decide the rank from that Hessian, or from the columns when it is in doubt.
3. Solve.
4. Certify that the estimate exists; or find the directions along which it does not, and fit the limiting model
   on the rows that overlap.
5. Record what inference needs, and no rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.checks import require_finite
from logitkit.design.dense import Dense
from logitkit.design.design import Design, RowCounts
from logitkit.design.info import DesignInfo
from logitkit.execution.blas import single_threaded_blas
from logitkit.families.binomial import Binomial
from logitkit.objective import Evaluation, Objective
from logitkit.rank import CLEAR_SHARE, Coordinates, identity_coordinates, least_share, orthogonal_coordinates
from logitkit.recession import RecessionCone
from logitkit.separation import Separated, find_separation, overlap_is_certain
from logitkit.solvers.newton import Newton
from logitkit.solvers.solver import Solution, Status, Step
from logitkit.solvers.start import starting_point
from logitkit.typing import FloatArray, IntArray

__all__ = ["Covariance", "FitRecord", "Limit", "fit_design"]


@dataclass(frozen=True, slots=True)
class Covariance:
    """How the covariance of the coefficients was made.

    Parameters
    ----------
    kind : str
        ``"model"``, ``"sampling"`` or ``"cluster"``.
    label : str
        The sentence that the summary prints.
    correction : str
        The finite-sample factor in words, empty for none.
    n_clusters : int or None
        Number of clusters, when there are any.
    """

    kind: str = "model"
    label: str = "model-based (inverse information)"
    correction: str = ""
    n_clusters: int | None = None


@dataclass(frozen=True)
class Limit:
    """What is known of a fit whose maximum lies at infinity.

    Parameters
    ----------
    cone : RecessionCone
        Directions of recession in terms of the coefficients.
    direction : (p,) array
        One direction of its interior, the certificate.
    n_rows : int
        Rows whose fitted probability is 0 or 1 in the limit.
    finite : (p,) array
        A finite representative of the limiting model: its linear predictor is right on every row that the
        directions do not move.
    """

    cone: RecessionCone
    direction: FloatArray
    n_rows: int
    finite: FloatArray


@dataclass(frozen=True)
class FitRecord:
    """Everything that is known after a fit, without the rows.

    Parameters
    ----------
    info : DesignInfo
        Names, terms, coding and how the response was given.
    family : Binomial
        Distribution and link.
    coef : (p,) array
        Estimates; plus or minus infinity under separation, nan where aliased or undetermined.
    full_vcov : (p, p) array
        Covariance of the finite representative of the estimates, which predictions use; zero where aliased.
    model_vcov : (p, p) array
        The same from the inverse of the information, the bread of every sandwich.
    aliased : (k,) int array
        Columns that were dropped because earlier columns explain them.
    limit : Limit or None
        Set when the data are separated.
    covariance : Covariance
        How ``vcov`` was made.
    loglik, null_loglik, deviance, null_deviance : float
        Log-likelihoods with the binomial constant, and deviances.
    n_obs : int
        Rows of positive weight, or the sum of frequency weights; the n of BIC.
    n_params : int
        Rank of the design.
    events, total : float
        Weighted events and trials.
    n_trials : float
        Number of trials: frequency weights count them, other weights do not.
    log_constant : float
        The binomial constant that the log-likelihoods include.
    counts : RowCounts
        Rows of the table, used and dropped.
    status : Status
        How the solver ended.
    decrement : float
        Newton decrement at the end, in standard errors.
    trace : tuple of Step
        Every iteration.
    level : float
        Confidence level of intervals.
    fingerprint : str
        Tells whether rows given later are the rows of the fit.
    """

    info: DesignInfo
    family: Binomial
    coef: FloatArray
    full_vcov: FloatArray
    model_vcov: FloatArray
    aliased: IntArray
    limit: Limit | None
    covariance: Covariance
    loglik: float
    null_loglik: float
    deviance: float
    null_deviance: float
    n_obs: int
    n_params: int
    events: float
    total: float
    n_trials: float
    log_constant: float
    counts: RowCounts
    status: Status
    decrement: float
    trace: tuple[Step, ...]
    level: float
    fingerprint: str

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coefficients."""
        return self.info.names

    @property
    def vcov(self) -> FloatArray:
        """Covariance of the estimates, nan for those that are infinite, undetermined or aliased, shape (p, p)."""
        finite = np.isfinite(self.coef)
        return np.where(finite[:, None] & finite, self.full_vcov, np.nan)

    @property
    def std_error(self) -> FloatArray:
        """Standard errors, shape (p,); nan where there is none."""
        # Where an estimate has run to infinity its entry is zero up to rounding, of either sign.
        return np.sqrt(np.where(np.isfinite(self.coef), self.full_vcov.diagonal(), np.nan))

    @property
    def converged(self) -> bool:
        """Whether the solver reached its tolerance, at the limit if the data are separated."""
        return self.status in (Status.CONVERGED, Status.SEPARATED)

    @property
    def dof_residual(self) -> int:
        """Observations less the rank of the design."""
        return self.n_obs - self.n_params

    @property
    def predicting_coef(self) -> FloatArray:
        """Finite coefficients for linear predictors, zero where aliased, shape (p,)."""
        return np.nan_to_num(self.coef, nan=0.0) if self.limit is None else self.limit.finite

    @property
    def has_likelihood(self) -> bool:
        """False when weights or clusters make the likelihood a working device only."""
        return self.covariance.kind == "model"

    def with_covariance(self, vcov: FloatArray, covariance: Covariance) -> FitRecord:
        """Return the same fit with another covariance."""
        return replace(self, full_vcov=vcov, covariance=covariance)


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
        start = starting_point(given)  # 1
        first = given.evaluate(start)
        if not np.isfinite(first.value) or not np.isfinite(first.hessian).all():
            require_finite(design.matrix, design.info.names, design.positions)
        coordinates = identity_coordinates()  # 2
        if least_share(first.hessian, design.info.intercept) < CLEAR_SHARE:
            coordinates, given, start, first = _orthogonal(design, family)
        solution = solver.solve(given, start, first)  # 3
        separated: Separated | None = None
        if not overlap_is_certain(solution):  # 4
            objective = given
            if coordinates.basis is None:
                coordinates, objective, _, _ = _orthogonal(design, family)
            separated = find_separation(objective.matrix, design.response, coordinates.transform)
            if separated is not None:
                return _record_limit(design, objective, coordinates, separated, solver, level)
            if solution.status is not Status.CONVERGED:
                solution = solver.solve(objective, np.zeros(objective.n_params), suspicious=False)
            elif objective is not given:
                coordinates = identity_coordinates()
        vcov = coordinates.vcov(_inverse(solution.evaluation))
        coef = coordinates.coef(solution.coef)
        return _record(design, family, coordinates, solution, coef, vcov, level, None)  # 5


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
    objective: Objective,
    coordinates: Coordinates,
    separated: Separated,
    solver: Newton,
    level: float,
) -> FitRecord:
    """Fit the limiting model on the rows that overlap, and record it with the infinite coefficients."""
    p = len(design.info.names)
    overlap = np.flatnonzero(~separated.rows)
    complement = separated.complement
    rows = Dense(objective.matrix.take(overlap).to_dense() @ complement)
    limiting = Objective(rows, design.response.take(overlap), objective.family)
    solution = solver.solve(limiting, np.zeros(limiting.n_params), suspicious=False)
    status = Status.SEPARATED if solution.status is Status.CONVERGED else solution.status
    solution = replace(solution, status=status)
    signs = separated.cone.signs(np.eye(p))
    finite = coordinates.coef(complement @ solution.coef)
    infinite = np.where(signs > 0.0, np.inf, np.where(signs < 0.0, -np.inf, np.nan))
    coef = np.where(signs == 0.0, finite, infinite)
    vcov = coordinates.vcov(complement @ _inverse(solution.evaluation) @ complement.T)
    limit = Limit(separated.cone, separated.direction, int(separated.rows.sum()), finite)
    return _record(design, objective.family, coordinates, solution, coef, vcov, level, limit)


def _record(
    design: Design,
    family: Binomial,
    coordinates: Coordinates,
    solution: Solution,
    coef: FloatArray,
    vcov: FloatArray,
    level: float,
    limit: Limit | None,
) -> FitRecord:
    """Gather what inference needs."""
    response = design.response
    aliased = coordinates.aliased
    constant = saturated = 0.0
    if response.trials is not None:
        prior = 1.0 if response.prior is None else response.prior
        constant = float(np.sum(prior * family.log_constant(response.y, response.trials)))
        saturated = float(response.weights @ family.saturated_loss(response.y))
    null = _null_loss(design, family)
    coef = coef.copy()
    coef[aliased] = np.nan
    loss = solution.evaluation.value
    return FitRecord(
        info=design.info,
        family=family,
        coef=coef,
        full_vcov=vcov,
        model_vcov=vcov,
        aliased=aliased,
        limit=limit,
        covariance=Covariance(),
        loglik=constant - loss,
        null_loglik=constant - null,
        deviance=max(2.0 * (loss - saturated), 0.0),
        null_deviance=max(2.0 * (null - saturated), 0.0),
        n_obs=response.n_obs,
        n_params=len(design.info.names) - aliased.size,
        events=response.events,
        total=response.total,
        n_trials=response.n_trials,
        log_constant=constant,
        counts=design.counts,
        status=solution.status,
        decrement=solution.decrement,
        trace=solution.trace,
        level=level,
        fingerprint=design.fingerprint,
    )


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
    return Newton().solve(objective, np.zeros(1), suspicious=False).evaluation.value
