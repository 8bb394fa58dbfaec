"""Penalised models of several outcomes: the problem of a design, fits, and the records that the user sees."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from logitkit.curvature.hessian import DenseHessian
from logitkit.curvature.vcov import Vcov, WithheldVcov, vcov_of
from logitkit.design.design import Design
from logitkit.design.layout import Layout
from logitkit.design.outcomes import OutcomeResponse
from logitkit.design.pairs import outcome_pairs
from logitkit.errors import ConvergenceError, DataError, SeparationError, UnsupportedError
from logitkit.execution.blas import single_threaded_blas
from logitkit.outcome_assemble import Outcomes, make_outcome_record, null_outcome_loss
from logitkit.outcome_record import MultinomialRecord
from logitkit.outcome_strengths import stack_strengths
from logitkit.penalised import scale_words
from logitkit.penalised_problem import ProxNewton, design_moments, tell_of_constants
from logitkit.penalties.elastic_net import AdaptiveLasso, ElasticNet, RelaxedLasso
from logitkit.penalties.penalty import Penalty
from logitkit.penalties.specification import Specification, parts_of
from logitkit.rank import Coordinates, identity_coordinates
from logitkit.record import Covariance, PenaltyFacts
from logitkit.separation import find_separation, overlap_is_certain
from logitkit.shrinkage import NO_DESIGN_INFERENCE, NO_L1_INFERENCE, TOO_WIDE
from logitkit.solvers.outcome_path import OutcomeSequence
from logitkit.solvers.prox_newton import Solved
from logitkit.solvers.solver import Solution, Status
from logitkit.stacked import StackedObjective
from logitkit.strengths import strengths_of
from logitkit.typing import FloatArray, IntArray

__all__ = ["ShrunkenOutcomes", "fit_outcomes_at", "fit_penalised_outcomes", "prepare_outcomes"]

INFERENCE_MOST = 2_500  # coefficients whose covariance is computed


@dataclass(frozen=True)
class ShrunkenOutcomes:
    """A penalised problem of several outcomes on the rows of a design.

    Parameters
    ----------
    design : Design
        The rows.
    outcomes : Outcomes
        Outcomes with a predictor, and the reference.
    specification : Specification
        The penalty as stated.
    problem : OutcomeSequence
        What is solved.
    """

    design: Design
    outcomes: Outcomes
    specification: Specification
    problem: OutcomeSequence

    @property
    def response(self) -> OutcomeResponse:
        """The outcomes of the rows."""
        assert isinstance(self.design.response, OutcomeResponse)
        return self.design.response

    @property
    def n_flat(self) -> int:
        """Number of coefficients that are reported."""
        return self.outcomes.layout.n_flat

    def flat(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients that are reported, of the columns as given, from those that are solved for.

        In symmetric form the coefficients of a column without penalty are those of least norm: they sum to zero.
        """
        layout, stacked = self.outcomes.layout, self.problem.stacked
        out = np.zeros((*coef.shape[:-1], layout.n_flat))
        out[..., stacked.place] = coef
        if self.outcomes.reference is None and stacked.free.any():
            blocks = out.reshape(*coef.shape[:-1], layout.active.size, layout.n_columns)
            centred = blocks - blocks.mean(axis=-2, keepdims=True)
            out = np.where(stacked.free, centred, blocks).reshape(out.shape)
        return out


def prepare_outcomes(
    design: Design, outcomes: Outcomes, specification: Specification, tells: bool = True
) -> ShrunkenOutcomes:
    """Return the penalised problem of a design.

    Parameters
    ----------
    design : Design
        Rows to fit.
    outcomes : Outcomes
        Outcomes with a predictor: all in symmetric form.
    specification : Specification
        The penalty.
    tells : bool, default True
        Whether to warn of columns that do not vary.

    Returns
    -------
    ShrunkenOutcomes
        To be solved at one strength or many.

    Raises
    ------
    DataError, FormulaError, SeparationError, UnsupportedError
        What is wrong with the penalty or the data, where, and what to do.
    """
    if any(isinstance(part, AdaptiveLasso | RelaxedLasso) for part in parts_of(specification)):
        raise UnsupportedError("The adaptive and the relaxed lasso are offered for two outcomes only.")
    if outcomes.layout.basis is not None:
        raise UnsupportedError("per_outcome= and equal= do not go with penalty=: use keep= and relative= instead.")
    moments = design_moments(design)
    strengths = strengths_of(specification, design.info, moments, design.response.total)
    if tells:
        tell_of_constants(design, strengths, moments)
    layout = outcomes.layout
    stacked = stack_strengths(strengths, layout.active.size, outcomes.reference is None)
    response = design.response
    assert isinstance(response, OutcomeResponse)
    problem = OutcomeSequence(design.matrix, response, layout, stacked, design.info.names)
    given = ShrunkenOutcomes(design, outcomes, specification, problem)
    _require_overlap(given)
    return given


def _require_overlap(given: ShrunkenOutcomes) -> None:
    """Refuse columns that are free and separate the outcomes."""
    solution, design = given.problem.null.solution, given.design
    columns = np.flatnonzero(given.problem.stacked.free)
    if solution is None or (columns.size == 1 and columns[0] == design.info.intercept) or overlap_is_certain(solution):
        return
    layout = given.problem.layout.of_columns(columns.size)
    first = Layout(layout.n_outcomes, layout.active[layout.active != 0], columns.size)
    try:
        pairs, sides = outcome_pairs(design.matrix.columns(columns), given.response, first)
        found = find_separation(pairs, sides) is not None
    except ConvergenceError:
        found = False
    if found or solution.status is not Status.CONVERGED:
        shown = ", ".join(design.info.names[j] for j in columns[:6])
        raise SeparationError(
            f"The columns that are not penalised ({shown}) separate the outcomes, so their coefficients run to "
            "infinity: penalise them as well."
        )


def fit_penalised_outcomes(
    design: Design, outcomes: Outcomes, specification: Specification, options: ProxNewton, level: float = 0.95
) -> MultinomialRecord:
    """Fit at the strength that the penalty states.

    Parameters
    ----------
    design : Design
        Rows to fit.
    outcomes : Outcomes
        Outcomes with a predictor.
    specification : Specification
        The penalty, each part with its strength.
    options : ProxNewton
        Options of the solver.
    level : float, default 0.95
        Confidence level that the record carries.

    Returns
    -------
    MultinomialRecord
        With facts about the penalty.

    Raises
    ------
    DataError
        If a strength is missing.
    """
    if any(isinstance(part, ElasticNet) and part.strength is None for part in parts_of(specification)):
        raise DataError(
            f"The penalty ({specification.words}) has no strength. Give one, such as lk.Lasso(0.05), or choose it with "
            "lk.cross_validate or lk.path."
        )
    with single_threaded_blas():
        return fit_outcomes_at(prepare_outcomes(design, outcomes, specification), math.nan, options, level, "given")


def fit_outcomes_at(
    given: ShrunkenOutcomes, strength: float, options: ProxNewton, level: float, chosen: str
) -> MultinomialRecord:
    """Fit at a strength.

    Parameters
    ----------
    given : ShrunkenOutcomes
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
    MultinomialRecord
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


def _record(
    given: ShrunkenOutcomes, strength: float, solved: Solved, level: float, chosen: str, tol: float
) -> MultinomialRecord:
    """Return the record of a solution."""
    design, problem = given.design, given.problem
    strengths = problem.strengths
    penalty = strengths.at(strength)
    coef = solved.coef / strengths.scale
    evaluation = problem.objective.evaluate(coef, hessian=False)
    if strengths.quadratic is not None:
        evaluation = replace(evaluation, value=evaluation.value - strengths.quadratic.value(coef))
    vcov, kind, label, dof = _covariance(given, penalty, coef)
    coordinates, inner = _coordinates(given, coef)
    if coordinates.transform is None:
        vcov = (
            vcov if isinstance(vcov, WithheldVcov) and vcov.size == inner.size else WithheldVcov(inner.size, TOO_WIDE)
        )
    solution = Solution(inner, evaluation, math.nan, solved.status, (), method=problem.method)
    record = make_outcome_record(design, given.outcomes, coordinates, solution, vcov, None, level)
    null = problem.null.value
    facts = PenaltyFacts(
        words=given.specification.words,
        strengths=tuple(
            (part.words, part.strength if part.strength is not None else strength)
            for part in parts_of(given.specification)
            if isinstance(part, ElasticNet)
        ),
        standardized=scale_words(given.specification),
        chosen=chosen,
        dof=dof,
        n_nonzero=int(np.count_nonzero((coef != 0.0) | strengths.whole.free)),
        gap=solved.gap / null if null > 0.0 else solved.gap,
        tol=tol,
        null_value=null,
        penalty=penalty,
        quadratic=strengths.quadratic,
        scale=strengths.scale,
        steps=solved.steps,
    )
    return replace(
        record,
        covariance=Covariance(kind, label),
        n_params=facts.n_nonzero,
        penalty=facts,
    )


def _coordinates(given: ShrunkenOutcomes, coef: FloatArray) -> tuple[Coordinates, FloatArray]:
    """Return how the reported coefficients follow from others, and these others."""
    if max(coef.size, given.n_flat) > INFERENCE_MOST:
        return identity_coordinates(), given.flat(coef)
    transform = given.flat(np.eye(coef.size)).T
    return Coordinates(transform, np.empty(0, dtype=np.int64)), coef


def _covariance(given: ShrunkenOutcomes, penalty: Penalty, coef: FloatArray) -> tuple[Vcov, str, str, float]:
    """Return covariance, its kind and label, and the effective degrees of freedom."""
    problem, response = given.problem, given.response
    strengths, q = problem.strengths, coef.size
    ridge, prior = penalty.l2 * strengths.scale**2, strengths.quadratic
    smooth = penalty.smooth
    active = np.flatnonzero(~penalty.held) if smooth else np.flatnonzero((coef != 0.0) | strengths.whole.free)
    withheld = Covariance.withheld(NO_L1_INFERENCE)
    curved = bool(ridge[active].any()) or prior is not None
    if not smooth and not curved:
        return WithheldVcov(q, NO_L1_INFERENCE), *withheld, float(active.size)
    if active.size > INFERENCE_MOST:
        return WithheldVcov(q, TOO_WIDE if smooth else NO_L1_INFERENCE), *Covariance.withheld(TOO_WIDE), math.nan
    information = _information(given, coef, active)
    added = np.diag(ridge[active])
    if prior is not None:
        full = np.diag(prior.strengths) if prior.strengths.ndim == 1 else prior.strengths
        added = added + full[np.ix_(active, active)]
    vcov = vcov_of(DenseHessian(information + added))
    dof = float(np.sum(vcov.array() * information))
    if not smooth:
        return WithheldVcov(q, NO_L1_INFERENCE), *withheld, dof
    if response.clusters is not None or response.weight_kind == "sampling":
        return WithheldVcov(q, NO_DESIGN_INFERENCE), *Covariance.withheld(NO_DESIGN_INFERENCE), dof
    if active.size < q:  # a coefficient that is held does not vary
        from logitkit.curvature.vcov import DenseVcov

        whole = np.zeros((q, q))
        whole[np.ix_(active, active)] = vcov.array()
        vcov = DenseVcov(whole)
    return vcov, "posterior", "of the posterior at its mode, given the strength of the penalty", dof


def _information(given: ShrunkenOutcomes, coef: FloatArray, active: IntArray) -> FloatArray:
    """Return second derivatives of the negative log-likelihood by some coefficients, at all of them."""
    problem = given.problem
    layout = problem.layout
    columns, own = np.unique(problem.stacked.place[active] % layout.n_columns, return_inverse=True)
    if columns.size < layout.n_columns:  # the others are zero
        outcome = problem.stacked.place[active] // layout.n_columns
        basis = np.zeros((layout.active.size * columns.size, active.size))
        basis[outcome * columns.size + own, np.arange(active.size)] = 1.0
        part = replace(layout.of_columns(columns.size), basis=basis)
        objective = StackedObjective(given.design.matrix.columns(columns), given.response, part)
        found = objective.evaluate(coef[active]).hessian
    else:
        found = StackedObjective(given.design.matrix, given.response, layout).evaluate(coef).hessian
    assert isinstance(found, DenseHessian)
    array = found.array
    return array if array.shape[0] == active.size else array[np.ix_(active, active)]


def deviances_of(given: ShrunkenOutcomes) -> tuple[float, float]:
    """Return the least loss that any model could have, and the null deviance.

    Parameters
    ----------
    given : ShrunkenOutcomes
        The problem.

    Returns
    -------
    saturated, null_deviance : float
        The second never zero.
    """
    response = given.response
    saturated = 0.0
    if response.shares is not None:
        family = given.problem.objective.family
        saturated = float(response.weights @ family.saturated_loss(response.shares, response.n_rows))
    null = null_outcome_loss(response, given.design.info.intercept is not None)
    return saturated, max(2.0 * (null - saturated), 1e-300)
