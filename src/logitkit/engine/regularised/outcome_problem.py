"""The penalised problem of several outcomes on the rows of a design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.engine.existence.margins import outcome_pairs
from logitkit.engine.existence.separation import GEOMETRY_MOST, find_separation, overlap_is_certain
from logitkit.engine.regularised.outcome_path import OutcomeSequence
from logitkit.engine.regularised.outcome_strengths import stack_strengths
from logitkit.engine.regularised.penalised_problem import design_moments, tell_of_constants
from logitkit.engine.regularised.strengths import strengths_of
from logitkit.engine.solvers.solver import Status
from logitkit.errors import ConvergenceError, SeparationError, UnsupportedError
from logitkit.models.form import Form
from logitkit.models.penalties.elastic_net import AdaptiveLasso, RelaxedLasso
from logitkit.models.penalties.specification import Specification, parts_of
from logitkit.models.predictors import full_predictors
from logitkit.typing import FloatArray

__all__ = ["ShrunkenOutcomes", "prepare_outcomes"]


@dataclass(frozen=True)
class ShrunkenOutcomes:
    """A penalised problem of several outcomes on the rows of a design.

    Parameters
    ----------
    design : Design
        The rows.
    outcomes : Form
        Outcomes with a predictor, and the reference.
    specification : Specification
        The penalty as stated.
    problem : OutcomeSequence
        What is solved.
    """

    design: Design
    outcomes: Form
    specification: Specification
    problem: OutcomeSequence

    @property
    def response(self) -> Response:
        """The outcomes of the rows."""
        return self.design.response

    @property
    def n_flat(self) -> int:
        """Number of coefficients that are reported."""
        return self.outcomes.predictors.n_flat

    def reported(self, coef: FloatArray) -> FloatArray:
        """Return the flat coefficients, of the columns as given, from those that are solved for.

        In symmetric form a number may be added to the coefficients of a column without penalty, of which those of least
        norm are taken; and to those of a lasso alone where as many outcomes are above zero as below: then one of them
        is made zero, the one that leaves the least norm, whichever the solver ended at.
        """
        predictors, stacked = self.outcomes.predictors, self.problem.stacked
        out = np.zeros((*coef.shape[:-1], predictors.n_flat))
        out[..., stacked.place] = coef
        if self.outcomes.reference is not None:
            return out
        m = predictors.active.size
        blocks = out.reshape(*coef.shape[:-1], m, predictors.n_columns)
        shift = np.where(stacked.free, blocks.mean(axis=-2, keepdims=True), 0.0)
        whole = self.problem.strengths.whole
        if m % 2 == 0 and whole.groups is None and not whole.l2.any() and self.problem.strengths.quadratic is None:
            low, high = np.sort(blocks, axis=-2)[..., m // 2 - 1 : m // 2 + 1, :].swapaxes(0, -2)
            low, high = low.reshape(shift.shape), high.reshape(shift.shape)
            mean = blocks.mean(axis=-2, keepdims=True)
            nearest = np.where(np.abs(low - mean) <= np.abs(high - mean), low, high)
            shift = np.where((low < high) & ~stacked.free, nearest, shift)
        return (blocks - shift).reshape(out.shape)

    def solved(self, flat: FloatArray) -> FloatArray:
        """Return the coefficients that are solved for, of reported ones: those of a free column against the first."""
        predictors, stacked = self.outcomes.predictors, self.problem.stacked
        blocks = flat.reshape(predictors.active.size, predictors.n_columns)
        if self.outcomes.reference is None:
            blocks = blocks - np.where(stacked.free, blocks[0], 0.0)
        return np.asarray(blocks.reshape(-1)[stacked.place])


def prepare_outcomes(
    design: Design, outcomes: Form, specification: Specification, tells: bool = True
) -> ShrunkenOutcomes:
    """Return the penalised problem of a design."""
    if any(isinstance(part, AdaptiveLasso | RelaxedLasso) for part in parts_of(specification)):
        raise UnsupportedError("The adaptive and the relaxed lasso are offered for two outcomes only.")
    if outcomes.predictors.basis is not None:
        raise UnsupportedError("per_outcome= and equal= do not go with penalty=: use keep= and relative= instead.")
    moments = design_moments(design)
    strengths = strengths_of(specification, design.info, moments, design.response.total)
    if tells:
        tell_of_constants(design, strengths, moments)
    predictors = outcomes.predictors
    stacked = stack_strengths(strengths, predictors.active.size, outcomes.reference is None)
    response = design.response
    problem = OutcomeSequence(design.matrix, response, predictors, stacked, design.info.names)
    given = ShrunkenOutcomes(design, outcomes, specification, problem)
    _require_overlap(given)
    return given


def _require_overlap(given: ShrunkenOutcomes) -> None:
    """Refuse columns that are free and separate the outcomes."""
    solution, design = given.problem.null.solution, given.design
    columns = np.flatnonzero(given.problem.stacked.free)
    if solution is None or (columns.size == 1 and columns[0] == design.info.intercept) or overlap_is_certain(solution):
        return
    predictors = given.problem.predictors.of_columns(columns.size)
    first = full_predictors(predictors.n_predictors, columns.size, 0)
    try:
        pairs, sides = outcome_pairs(design.matrix.columns(columns), given.response, first)
        found = find_separation(pairs, sides, GEOMETRY_MOST) is not None
    except ConvergenceError:
        found = False
    if found or solution.status is not Status.CONVERGED:
        shown = ", ".join(design.info.names[j] for j in columns[:6])
        raise SeparationError(
            f"The columns that are not penalised ({shown}) separate the outcomes, so their coefficients run to "
            "infinity: penalise them as well."
        )
