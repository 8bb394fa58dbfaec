r"""Fits with a penalty: one strength, or many along a path, and the records that the user sees.

After a penalty with corners or bounds there is no covariance, because the sampling distribution of the estimate is not
near a normal one. After squares only, the inverse of the penalised information is the covariance of the posterior at
its mode, and is named so.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np

from logitkit.assemble import make_record
from logitkit.curvature.hessian import DenseHessian
from logitkit.curvature.vcov import DenseVcov, Vcov, WithheldVcov, vcov_of
from logitkit.design.checks import require_finite
from logitkit.design.design import Design
from logitkit.errors import ConvergenceError, DataError, DataWarning, SeparationError, UnsupportedError
from logitkit.execution.blas import single_threaded_blas
from logitkit.families.binomial import Binomial
from logitkit.fit import fit_design
from logitkit.moments import Moments, column_moments
from logitkit.objective import Objective
from logitkit.penalties.elastic_net import AdaptiveLasso, ElasticNet, RelaxedLasso
from logitkit.penalties.penalty import Penalty
from logitkit.penalties.specification import Specification, parts_of
from logitkit.rank import identity_coordinates
from logitkit.record import Covariance, FitRecord, PenaltyFacts
from logitkit.separation import find_separation, overlap_is_certain, runs_off
from logitkit.solvers.choose import DENSE_MOST
from logitkit.solvers.newton import Newton
from logitkit.solvers.path import PenalisedProblem
from logitkit.solvers.prox_newton import Solved
from logitkit.solvers.solver import Solution, Status
from logitkit.strengths import strengths_of
from logitkit.typing import BoolArray, FloatArray

__all__ = ["ProxNewton", "Shrunken", "fit_at", "fit_penalised", "path_dof", "prepare"]

NO_L1_INFERENCE = (
    "After a penalty that chooses coefficients there are no standard errors, intervals or p-values: the choice was "
    "made with the same data. Fit the chosen columns to other rows without a penalty, or use a ridge for a posterior."
)
NO_DESIGN_INFERENCE = (
    "With a penalty and sampling weights or clusters no covariance is offered: the posterior assumes independent rows."
)
TOO_WIDE = "The covariance of so many coefficients is not computed."


@dataclass(frozen=True, slots=True)
class ProxNewton:
    """Options of penalised fits.

    Parameters
    ----------
    tol : float, default 1e-12
        Stop when the duality gap is at most this share of the loss of the null model.
    max_iter : int, default 1000
        Largest number of steps.

    Raises
    ------
    DataError
        If ``tol`` is not a positive number or ``max_iter`` not a whole number of at least 1.

    Examples
    --------
    >>> ProxNewton(tol=1e-6).max_iter
    1000
    """

    tol: float = 1e-12
    max_iter: int = 1000

    def __post_init__(self) -> None:
        """Refuse options that are no numbers or out of range."""
        if isinstance(self.tol, bool) or not isinstance(self.tol, Real) or not 0.0 < self.tol < math.inf:
            raise DataError(f"ProxNewton(tol={self.tol!r}): give a positive number.")
        if isinstance(self.max_iter, bool) or not isinstance(self.max_iter, Integral) or self.max_iter < 1:
            raise DataError(f"ProxNewton(max_iter={self.max_iter!r}): give a whole number of at least 1.")


@dataclass(frozen=True)
class Shrunken:
    """A penalised problem on the rows of a design.

    Parameters
    ----------
    design : Design
        The rows.
    family : Binomial
        Distribution and link.
    specification : Specification
        The penalty as stated.
    problem : PenalisedProblem
        What is solved.
    """

    design: Design
    family: Binomial
    specification: Specification
    problem: PenalisedProblem


def prepare(design: Design, family: Binomial, specification: Specification, tells: bool = True) -> Shrunken:
    """Return the penalised problem of a design.

    Parameters
    ----------
    design : Design
        Rows to fit.
    family : Binomial
        Distribution and link.
    specification : Specification
        The penalty.
    tells : bool, default True
        Whether to warn of columns that do not vary.

    Returns
    -------
    Shrunken
        To be solved at one strength or many.

    Raises
    ------
    DataError, FormulaError, SeparationError
        What is wrong with the penalty or the data, where, and what to do.
    """
    if design.info.absorbed is not None:
        raise UnsupportedError(
            "absorb= with penalty= is not offered: the intercepts of the levels would be penalised or not?"
        )
    parts = parts_of(specification)
    if len(parts) > 1 and any(isinstance(part, RelaxedLasso) for part in parts):
        raise UnsupportedError("A relaxed lasso cannot be added to another penalty.")
    moments = _moments(design)
    initial = None
    if any(isinstance(part, AdaptiveLasso) and part.initial is None for part in parts):
        initial = _first_fit(design, family)
    strengths = strengths_of(specification, design.info, moments, design.response.total, initial)
    if tells and strengths.constant.size and design.info.intercept is not None:
        names = [design.info.names[j] for j in strengths.constant]
        shown = ", ".join(names[:8]) + (", ..." if names[8:] else "")
        warnings.warn(
            f"Columns that do not vary have the coefficient zero: {shown}.",
            DataWarning,
            stacklevel=5,
        )
    problem = PenalisedProblem(design.matrix, design.response, family, strengths, design.info.names)
    _require_overlap(problem, design)
    return Shrunken(design, family, specification, problem)


def fit_penalised(
    design: Design, family: Binomial, specification: Specification, options: ProxNewton, level: float = 0.95
) -> FitRecord:
    """Fit at the strength that the penalty states.

    Parameters
    ----------
    design : Design
        Rows to fit.
    family : Binomial
        Distribution and link.
    specification : Specification
        The penalty, each part with its strength.
    options : ProxNewton
        Options of the solver.
    level : float, default 0.95
        Confidence level that the record carries.

    Returns
    -------
    FitRecord
        With facts about the penalty.

    Raises
    ------
    DataError
        If a strength is missing.
    """
    parts = parts_of(specification)
    if any(isinstance(part, ElasticNet) and part.strength is None for part in parts):
        raise DataError(
            f"The penalty ({specification.words}) has no strength. Give one, such as lk.Lasso(0.05), or choose it with "
            "lk.cross_validate or lk.path."
        )
    with single_threaded_blas():
        return fit_at(prepare(design, family, specification), math.nan, options, level, "given")


def fit_at(given: Shrunken, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
    """Fit at a strength.

    Parameters
    ----------
    given : Shrunken
        The problem.
    strength : float
        Of the parts that state none; nan when all do.
    options : ProxNewton
        Options of the solver.
    level : float
        Confidence level that the record carries.
    chosen : str
        How the strength was chosen, in words.

    Returns
    -------
    FitRecord
        With facts about the penalty.

    Raises
    ------
    DataError
        For a strength that is negative or no number.
    """
    if given.problem.strengths.varies and (
        isinstance(strength, bool) or not isinstance(strength, Real) or not 0.0 <= strength < math.inf
    ):
        raise DataError(f"strength={strength!r}: give a number that is not negative.")
    with single_threaded_blas():
        solved = given.problem.fresh().solve(float(strength), options.tol, options.max_iter, polish=True)
        return _record(given, float(strength), solved, level, chosen, options.tol)


def path_dof(given: Shrunken, strengths: FloatArray, coef: FloatArray) -> FloatArray:
    """Return effective degrees of freedom at each strength.

    Parameters
    ----------
    given : Shrunken
        The problem.
    strengths : (k,) array
        Strengths.
    coef : (k, p) array
        Coefficients there, of the columns as given.

    Returns
    -------
    (k,) array
        nan where they are not computed.
    """
    with single_threaded_blas():
        penalties = [given.problem.strengths.at(float(strength)) for strength in strengths]
        return np.array([_covariance(given, *pair)[3] for pair in zip(penalties, coef, strict=True)])


def _require_overlap(problem: PenalisedProblem, design: Design) -> None:
    """Refuse columns without penalty that separate the outcomes, as far as their bounds let them."""
    whole, prior = problem.strengths.whole, problem.strengths.quadratic
    open_side = np.isinf(whole.lower) | np.isinf(whole.upper)
    loose = (whole.l1 == 0.0) & (whole.l2 == 0.0) & open_side
    if whole.groups is not None:
        loose &= np.r_[whole.groups.strengths, 0.0][whole.groups.codes] == 0.0
    if prior is not None:
        loose &= (prior.strengths if prior.strengths.ndim == 1 else prior.strengths.diagonal()) == 0.0
    index = np.flatnonzero(loose)
    solution = problem.null.solution
    if np.array_equal(index, problem.null.columns):
        alone = index.size == 1 and index[0] == design.info.intercept
        if solution is None or alone or overlap_is_certain(solution):
            return
    if index.size == 0:
        return
    matrix = design.matrix.columns(index)
    try:
        found = find_separation(matrix, design.response) is not None
    except ConvergenceError:
        found = False
    if found and not np.array_equal(index, problem.null.columns):
        found = runs_off(matrix, design.response, whole.lower[index], whole.upper[index])
    if found or (solution is not None and solution.status is not Status.CONVERGED):
        shown = ", ".join(design.info.names[j] for j in index[:6])
        raise SeparationError(
            f"The columns that are not penalised ({shown}) separate the outcomes, so their coefficients run to "
            "infinity: penalise them as well."
        )


def _moments(design: Design) -> Moments:
    moments = column_moments(design.matrix, design.response.weights)
    if not (np.isfinite(moments.mean).all() and np.isfinite(moments.deviation).all()):
        require_finite(design.matrix, design.info.names, design.positions)
    return moments


def _first_fit(design: Design, family: Binomial) -> FloatArray:
    record = fit_design(design, family, Newton())
    if record.status is not Status.CONVERGED or not np.isfinite(record.coef).all():
        raise DataError(
            "The adaptive lasso starts from maximum likelihood estimates, which are not all finite here. Give others: "
            "AdaptiveLasso(initial=lk.logit(..., penalty=lk.Ridge(0.01)).coef)."
        )
    return record.coef


def _record(given: Shrunken, strength: float, solved: Solved, level: float, chosen: str, tol: float) -> FitRecord:
    """Return the record of a solution."""
    design, problem = given.design, given.problem
    strengths = problem.strengths
    penalty = strengths.at(strength)
    gamma = _gamma(given.specification)
    coef = solved.coef / strengths.scale
    if gamma is not None:
        coef = gamma * coef + (1.0 - gamma) * _refit(given, solved.coef != 0.0)
    quadratic = strengths.quadratic
    objective = Objective(design.matrix, design.response, given.family, problem.objective.sums)
    evaluation = objective.evaluate(coef, hessian=False)
    vcov, kind, label, dof = _covariance(given, penalty, coef)
    solution = Solution(coef, evaluation, math.nan, solved.status, (), method=problem.method)
    record = make_record(design, given.family, identity_coordinates(), solution, vcov, None, level)
    facts = PenaltyFacts(
        words=given.specification.words,
        strengths=tuple(
            (part.words, part.strength if part.strength is not None else strength)
            for part in parts_of(given.specification)
            if isinstance(part, ElasticNet)
        ),
        standardized=_scale_words(given.specification),
        chosen=chosen,
        dof=dof,
        n_nonzero=int(np.count_nonzero((coef != 0.0) | strengths.whole.free)),
        gap=solved.gap / problem.null.value if problem.null.value > 0.0 else solved.gap,
        tol=tol,
        null_value=problem.null.value,
        penalty=penalty,
        quadratic=quadratic,
        scale=strengths.scale,
        certified=gamma is None or gamma == 1.0,
    )
    return replace(
        record,
        covariance=Covariance(kind, label),
        n_params=facts.n_nonzero,
        penalty=facts,
    )


def _gamma(specification: Specification) -> float | None:
    for part in parts_of(specification):
        if isinstance(part, RelaxedLasso):
            return part.gamma
    return None


def _scale_words(specification: Specification) -> str:
    """Return on which scale the coefficients are penalised, in words."""
    found = {part.standardize for part in parts_of(specification) if isinstance(part, ElasticNet)}
    if not found:
        return "coefficients of the columns as given"
    if len(found) == 2:
        return "some parts standardised columns, some columns as given"
    return "coefficients of standardised columns" if found == {True} else "coefficients of the columns as given"


def _refit(given: Shrunken, chosen: BoolArray) -> FloatArray:
    """Return maximum likelihood estimates on the columns that were chosen, zero elsewhere."""
    design = given.design
    keep = np.flatnonzero(chosen | given.problem.strengths.whole.free)
    objective = Objective(design.matrix.columns(keep), design.response, given.family)
    start = (given.problem.null.coef / given.problem.strengths.scale)[keep]
    solution = Newton().solve(objective, start)
    if solution.status is not Status.CONVERGED:
        raise DataError(
            "The columns that the lasso chose separate the outcomes, so the refit of the relaxed lasso has no finite "
            "estimates. Choose a larger strength, or gamma=1."
        )
    coef = np.zeros(design.matrix.n_columns)
    coef[keep] = solution.coef
    return coef


def _covariance(given: Shrunken, penalty: Penalty, coef: FloatArray) -> tuple[Vcov, str, str, float]:
    """Return covariance, its kind and label, and the effective degrees of freedom."""
    design, strengths = given.design, given.problem.strengths
    p = coef.size
    ridge = penalty.l2 * strengths.scale**2
    prior = strengths.quadratic
    smooth = penalty.smooth
    active = np.flatnonzero(~penalty.held) if smooth else np.flatnonzero((coef != 0.0) | strengths.whole.free)
    curved = bool(ridge[active].any()) or prior is not None
    withheld = Covariance.withheld(NO_L1_INFERENCE)
    if not smooth and not curved:
        return WithheldVcov(p, NO_L1_INFERENCE), *withheld, float(active.size)
    if active.size > DENSE_MOST:
        return WithheldVcov(p, TOO_WIDE if smooth else NO_L1_INFERENCE), *Covariance.withheld(TOO_WIDE), math.nan
    matrix = design.matrix if active.size == p else design.matrix.columns(active)
    objective = Objective(matrix, design.response, given.family)
    here = objective.evaluate(coef[active])
    assert isinstance(here.hessian, DenseHessian)
    information = here.hessian.array
    whole = information + np.diag(ridge[active])
    if prior is not None:
        full = np.diag(prior.strengths) if prior.strengths.ndim == 1 else prior.strengths
        whole = whole + full[np.ix_(active, active)]
    vcov = vcov_of(DenseHessian(whole))
    dof = float(np.sum(vcov.array() * information))
    response = design.response
    if not smooth:
        return WithheldVcov(p, NO_L1_INFERENCE), *withheld, dof
    if response.clusters is not None or response.weight_kind == "sampling":
        return WithheldVcov(p, NO_DESIGN_INFERENCE), *Covariance.withheld(NO_DESIGN_INFERENCE), dof
    if active.size < p:  # a coefficient that is held does not vary
        whole = np.zeros((p, p))
        whole[np.ix_(active, active)] = vcov.array()
        vcov = DenseVcov(whole)
    return vcov, "posterior", "of the posterior at its mode, given the strength of the penalty", dof
