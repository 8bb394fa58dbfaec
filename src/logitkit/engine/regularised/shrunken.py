"""A penalised problem on the rows of a design, and how the coefficients that are reported follow from its solution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.regularised.problem import Problem
from logitkit.engine.regularised.sequence import StrengthSequence
from logitkit.engine.regularised.strengths import Strengths
from logitkit.models.form import Form
from logitkit.models.penalties.elastic_net import RelaxedLasso
from logitkit.models.penalties.penalty import Penalty
from logitkit.models.penalties.specification import Specification, parts_of
from logitkit.models.predictors import Predictors
from logitkit.typing import BoolArray, FloatArray

__all__ = ["Shrunken"]

HALF = 1e-12  # of the strengths of a column: how far from half of them may lie below an interval of minima


@dataclass(frozen=True, eq=False)
class Shrunken:
    """A penalised problem on the rows of a design.

    Parameters
    ----------
    design : Design
        The rows.
    form : Form
        Likelihood and linear predictors; the coefficients that are shown are those that the penalty is of.
    specification : Specification
        The penalty as stated.
    sequence : StrengthSequence
        The problem that is solved.
    """

    design: Design
    form: Form
    specification: Specification
    sequence: StrengthSequence

    @property
    def problem(self) -> Problem:
        """The rows and the penalty of the coefficients that are solved for."""
        return self.sequence.problem

    @property
    def strengths(self) -> Strengths:
        """The penalty of the coefficients that are solved for."""
        return self.sequence.strengths

    @property
    def labels(self) -> tuple[str, ...]:
        """The outcomes that have coefficients; one without a name for two outcomes."""
        return self.predictors.parts[0].labels

    @property
    def predictors(self) -> Predictors:
        """The linear predictors by the coefficients that are reported."""
        return self.form.shown

    @property
    def is_symmetric(self) -> bool:
        """Whether every outcome has coefficients, which are determined only up to a constant per column."""
        return not self.form.is_single and self.form.reference is None

    @property
    def gamma(self) -> float | None:
        """The proportion of the lasso in a relaxed lasso, None for other penalties."""
        return next((part.gamma for part in parts_of(self.specification) if isinstance(part, RelaxedLasso)), None)

    @property
    def free_flat(self) -> BoolArray:
        """Which of the coefficients that are reported have no penalty, shape (P,)."""
        return np.tile(self.strengths.free, self.predictors.active.size)

    def n_nonzero(self, reported: FloatArray) -> int:
        """Return how many reported coefficients, shape (P,), are not zero; those without a penalty are counted all."""
        counted = (reported != 0.0) | self.free_flat
        return int(np.count_nonzero(counted if self.form.absent is None else counted & ~self.form.absent))

    def reported(self, coef: FloatArray) -> FloatArray:
        """Return the coefficients that are reported, (..., P), of those that are solved for, as given, (..., q).

        The symmetric form is determined only up to a constant per column. For columns without a penalty the solution of
        mean zero is reported. A pure lasso whose strengths have one half below and one half above a gap between the
        coefficients of a column, as where outcomes are even in number, has a whole interval of minima; the end of
        smaller norm, with one coefficient equal to zero, is reported.
        """
        if self.form.is_single:
            return coef
        predictors, strengths = self.predictors, self.strengths
        out = np.zeros((*coef.shape[:-1], predictors.n_flat))
        out[..., strengths.place] = coef
        if not self.is_symmetric:
            return out
        blocks = out.reshape(*coef.shape[:-1], predictors.active.size, predictors.n_columns)
        shift = np.where(strengths.free, blocks.mean(axis=-2, keepdims=True), 0.0)
        if strengths.whole.groups is None and not strengths.whole.l2.any() and strengths.quadratic is None:
            shift = np.where(strengths.free, shift, self._median(blocks))
        return (blocks - shift).reshape(out.shape)

    def solved(self, flat: FloatArray) -> FloatArray:
        """Return the coefficients that are solved for, of reported ones: those of a free column against the first."""
        if self.form.is_single:
            return flat
        predictors, strengths = self.predictors, self.strengths
        blocks = flat.reshape(predictors.active.size, predictors.n_columns)
        if self.is_symmetric:
            blocks = blocks - np.where(strengths.free, blocks[0], 0.0)
        return np.asarray(blocks.reshape(-1)[strengths.place])

    def _median(self, blocks: FloatArray) -> FloatArray:
        """Return the end of each interval of minima that leaves the smaller norm, zero where the minimum is one."""
        order = np.argsort(blocks, axis=-2, kind="stable")
        values = np.take_along_axis(blocks, order, -2)
        low, high = values[..., :-1, :], values[..., 1:, :]
        halved = (low < high) & ~self._table(self.strengths.whole.held.astype(float)).any(axis=0)
        for part in self._varying:
            strengths = np.take_along_axis(np.broadcast_to(self._table(part.l1), blocks.shape), order, -2)
            total = strengths.sum(axis=-2, keepdims=True)
            halved &= np.abs(2.0 * np.cumsum(strengths, axis=-2)[..., :-1, :] - total) <= HALF * total
        mean = blocks.mean(axis=-2, keepdims=True)
        nearest = np.where(np.abs(low - mean) <= np.abs(high - mean), low, high)
        return np.asarray(np.where(halved, nearest, 0.0).sum(axis=-2, keepdims=True))

    @property
    def _varying(self) -> tuple[Penalty, ...]:
        """The parts of the penalty that change independently of one another."""
        return (self.strengths.fixed, self.strengths.unit) if self.strengths.varies else (self.strengths.fixed,)

    def _table(self, values: FloatArray) -> FloatArray:
        """Return numbers of the coefficients that are solved for by outcome and column, zero for the others, (m, p)."""
        predictors = self.predictors
        out = np.zeros(predictors.n_flat)
        out[self.strengths.place] = values
        return out.reshape(predictors.active.size, predictors.n_columns)
