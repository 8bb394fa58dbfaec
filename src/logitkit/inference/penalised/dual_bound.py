r"""Lower bounds on a penalised objective, from the data and the coefficients alone, for any model.

Weak duality bounds the minimum from below by

.. math::

    D(s, c) = \sum_i \left(s_i'o_i - f_i^*(s_i)\right) - \Omega^*(z) - m'Pc - \tfrac12 c'Pc, \qquad z = -A's - S^{-1}Pc,

for *any* s and c, so that a bad choice makes the certificate weak but never wrong. They are computed from the residuals
at the coefficients, which are moved to satisfy the equations that the penalty imposes and then shrunk until the
conjugate of the penalty is finite. The derivation is in ``docs/maths/certificates.md``. This module shares no code with
the solvers. The loss of a row and its conjugate are in ``certificate.py``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

import numpy as np

from logitkit.inference.penalised.conjugates import PenaltyTerms
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.typing import FloatArray, IntArray

__all__ = ["Certificate"]

BLOCK = 65_536  # numbers of a block of rows
MOVED_MOST = 3_000  # columns for which an array of second derivatives is made
STEPS_MOST = 60
ORTHOGONAL = 1e-9  # of the lengths: what the product of a free column and the dual point may be
VANISHES = 1e-12  # of the lengths: a product that is rounding
ROUNDING = 1e-15
OTHER_ROWS = (
    "These are not the rows of the fit in their original order, so this is the objective for other data, which the "
    "coefficients need not minimise."
)
NOISE = 1e-12  # of the objective: by which a step may seem to raise it


@dataclass(frozen=True)
class Certificate:
    """A proved bound on how far a penalised fit is from the minimum of its objective.

    Parameters
    ----------
    objective : float
        Penalised objective at the coefficients: negative log-likelihood, without the constant term for counts, plus
        penalty.
    dual : float
        A lower bound on the objective over all coefficients.
    gap : float
        The objective minus the bound, summed from nonnegative terms; infinite where no bound was found.
    relative_gap : float
        The gap divided by ``null_objective``.
    null_objective : float
        Negative log-likelihood of the model with only the unpenalised columns.
    kkt_distance : float
        Largest violation of the optimality conditions over the coefficients, per row: in the units of the penalty
        strength.
    tol : float
        The relative gap that the solver was asked for.
    own_rows : bool
        Whether the rows are those of the fit, in their order; on other rows the certificate is for their objective.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(0.02))
    >>> found = fit.certificate()
    >>> round(found.objective, 6), round(found.dual, 6), found.holds
    (114.561512, 114.561512, True)
    """

    objective: float
    dual: float
    gap: float
    relative_gap: float
    null_objective: float
    kkt_distance: float
    tol: float
    own_rows: bool = True

    @property
    def holds(self) -> bool:
        """Whether the gap is within the tolerance of the fit, or within rounding error."""
        return self.relative_gap <= max(self.tol, 10.0 * ROUNDING)

    @property
    def words(self) -> str:
        """The certificate as a sentence."""
        if not self.own_rows:
            return f"{OTHER_ROWS} {replace(self, own_rows=True).words}"
        if not math.isfinite(self.gap):
            return "No lower bound on the objective was found: the coefficients are not close to its minimum."
        verdict = "within" if self.holds else "not within"
        return (
            f"The penalised objective is above its minimum by at most {self.relative_gap:.2g} of the loss of the null "
            f"model, {verdict} the tolerance of {self.tol:.2g}; the optimality conditions hold to within "
            f"{self.kkt_distance:.2g}."
        )


@dataclass(frozen=True)
class Rows:
    """Loss, residuals w (mean - y) and what the curvature is made of, at one vector of coefficients."""

    loss: float
    residual: FloatArray
    mean: FloatArray
    other: FloatArray


@dataclass(frozen=True)
class _DualPoint:
    """One number a row and predictor, and c, which the prior's precision is multiplied by, of coefficients as given."""

    residual: FloatArray
    away: FloatArray


@dataclass(frozen=True)
class DualProblem(ABC):
    """The data and the penalty; coefficients are of scaled columns.

    Parameters
    ----------
    scale : (p,) array
        Scaled coefficients are the scale times those as given.
    terms : PenaltyTerms
        The penalty, with a prior whose precision is diagonal.
    precision : (p, p) array or None
        Precision of a prior, if it is not diagonal.
    centre : (p,) array
        Centre of the prior.
    weights : (n,) array
        Weights of the rows.
    """

    scale: FloatArray
    terms: PenaltyTerms
    precision: FloatArray | None
    centre: FloatArray
    weights: FloatArray

    # ----------------------------------------------------------------------------------------- what a model has to tell

    @abstractmethod
    def at(self, coef: FloatArray) -> Rows:
        """Return the rows at scaled coefficients."""

    @abstractmethod
    def image(self, step: FloatArray) -> FloatArray:
        """Return by how much a step of scaled coefficients changes the linear predictors."""

    @abstractmethod
    def pull(self, residual: FloatArray) -> FloatArray:
        """Return products of residuals with the scaled columns."""

    @abstractmethod
    def curved(self, here: Rows, change: FloatArray) -> FloatArray:
        """Return a change of the linear predictors times the curvature of the rows."""

    @abstractmethod
    def furthest(self, here: Rows, change: FloatArray) -> float:
        """Return 1 over the largest fraction of a change, at most 1, that keeps proportions within [0, 1]."""

    @abstractmethod
    def curvature(self, index: IntArray, here: Rows) -> FloatArray:
        """Return second derivatives of the likelihood in some coefficients as given."""

    @abstractmethod
    def squares(self, index: IntArray) -> FloatArray:
        """Return the squared lengths of columns as given by the weights."""

    @abstractmethod
    def rows_bound(self, here: Rows, residual: FloatArray) -> tuple[float, float]:
        """Return what the rows add to the bound of residuals, and to the gap."""

    # ------------------------------------------------------------------------------------------------------ the verdict

    def verify(self, coef: FloatArray, tol: float, own_rows: bool) -> Certificate:
        """Return the certificate of coefficients as given."""
        coef = self.terms.within(coef * self.scale)
        here = self.at(coef)
        objective = here.loss + self.terms.value(coef) + self.prior_value(coef)
        null = self.null_loss()
        dual, gap = -math.inf, math.inf
        for point in self.dual_points(coef):
            for squares in (True, False):
                bound, excess = self.bound(here, coef, point, squares)
                if excess < gap:
                    dual, gap = bound, excess
        distance = self.terms.distance(coef, self.slope(here.residual, coef)) / self.weights.sum()
        gap = max(gap, 0.0)
        return Certificate(objective, dual, gap, gap / max(null, 1e-300), null, float(distance), tol, own_rows)

    # ------------------------------------------------------------------------------------------------- loss and penalty

    def slope(self, residual: FloatArray, coef: FloatArray) -> FloatArray:
        """Return the gradient of likelihood and prior."""
        return self.pull(residual) + self.prior_pull(coef / self.scale - self.centre)

    def prior_pull(self, away: FloatArray) -> FloatArray:
        """Return the gradient of the prior by scaled coefficients, of what they are away from its centre."""
        return np.zeros(away.size) if self.precision is None else self.precision @ away / self.scale

    def prior_value(self, coef: FloatArray) -> float:
        """Return the prior's part of the objective."""
        away = coef / self.scale - self.centre
        return 0.0 if self.precision is None else 0.5 * float(away @ self.precision @ away)

    def second(self, index: IntArray, here: Rows) -> FloatArray:
        """Return second derivatives of likelihood and prior in some coefficients."""
        total = self.curvature(index, here)
        if self.precision is not None:
            total = total + self.precision[np.ix_(index, index)]
        return total / np.multiply.outer(self.scale[index], self.scale[index])

    # --------------------------------------------------------------------------------------------------- the dual point

    def dual_points(self, coef: FloatArray) -> list[_DualPoint]:
        """Return points to try: the residuals after the free coefficients are fitted to the others, and these moved."""
        free = np.flatnonzero(self.terms.free)
        fitted = self.fitted(coef, free)
        if fitted is None:
            return []
        here = self.at(fitted)
        first = _DualPoint(here.residual, fitted / self.scale - self.centre)
        smooth, wanted = self.terms.smooth(coef)
        inside = np.flatnonzero(smooth)
        if inside.size == free.size or inside.size > MOVED_MOST:
            return [first]
        second = self.second(inside, here)
        second[np.diag_indices_from(second)] += self.terms.l2[inside]
        step = np.zeros(coef.size)
        step[inside] = _solved(second, (self.slope(here.residual, fitted) + wanted)[inside])
        exact = np.flatnonzero(smooth & self.terms.loose)
        if exact.size:  # what rounding has left of products that must vanish, twice
            block = self.second(exact, here)
            for _ in range(2):
                left = self.slope_of(self.moved(here, first, step, 1.0))
                step[exact] += _solved(block, left[exact])
        furthest = self.furthest(here, self.image(step))
        return [first, self.moved(here, first, step, 1.0 if furthest <= 1.0 else 1.0 / furthest)]

    def moved(self, here: Rows, first: _DualPoint, step: FloatArray, share: float) -> _DualPoint:
        """Return a dual point moved by a fraction of a step."""
        change = self.image(share * step)
        return _DualPoint(first.residual - self.curved(here, change), first.away - share * step / self.scale)

    def slope_of(self, point: _DualPoint) -> FloatArray:
        """Return minus the products of a dual point with the columns."""
        return self.pull(point.residual) + self.prior_pull(point.away)

    def fitted(self, coef: FloatArray, index: IntArray, prior: bool = True) -> FloatArray | None:
        """Return coefficients of which some are fitted to the others by Newton's method, or None if that fails."""
        if index.size == 0:
            return coef
        best, least = None, ORTHOGONAL
        sizes = self.sizes(index)
        here = self.at(coef)
        for _ in range(STEPS_MOST):
            slope = (self.slope(here.residual, coef) if prior else self.pull(here.residual))[index]
            second = self.second(index, here)
            if not np.isfinite(second).all():
                return best
            away = float((np.abs(slope) / (sizes * self.size_of(here.residual))).max())
            if away <= ROUNDING or (best is not None and away >= 0.5 * least):
                return coef if away < least else best
            if away < least:
                best, least = coef, away
            step = np.zeros(coef.size)
            step[index] = _solved(second, slope)
            before = here.loss + (self.prior_value(coef) if prior else 0.0)
            for _ in range(STEPS_MOST):
                trial = coef - step
                here = self.at(trial)
                after = here.loss + (self.prior_value(trial) if prior else 0.0)
                if after <= before * (1.0 + NOISE):
                    break
                step *= 0.5
            coef = trial
        return best

    def null_loss(self) -> float:
        """Return the loss of the columns that neither penalty nor prior holds."""
        held = np.zeros(self.scale.size, dtype=bool) if self.precision is None else self.precision.diagonal() > 0.0
        zero = np.zeros(self.scale.size)
        fitted = self.fitted(zero, np.flatnonzero(self.terms.free & ~held), prior=False)
        return self.at(zero if fitted is None else fitted).loss

    # -------------------------------------------------------------------------------------------------------- the bound

    def sizes(self, index: IntArray) -> FloatArray:
        """Return the lengths of columns by the weights; times that of a dual point, what products are rounded to."""
        squares = self.squares(index)
        if self.precision is not None:
            squares = squares + self.precision.diagonal()[index]
        return np.sqrt(np.maximum(squares / self.scale[index] ** 2, 1e-300))

    def size_of(self, residual: FloatArray) -> float:
        """Return the length of a dual point by the weights."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return max(float(np.sqrt(np.where(self.weights > 0.0, residual**2 / self.weights, 0.0).sum())), 1e-150)

    def without_rounding(self, dual: FloatArray, point: _DualPoint) -> FloatArray:
        """Return products with the columns, those zero that must vanish on one side and are rounding."""
        half = np.flatnonzero(self.terms.loose & ~self.terms.free)
        if half.size == 0 or half.size > MOVED_MOST:
            return dual
        small = np.abs(dual[half]) <= VANISHES * self.sizes(half) * self.size_of(point.residual)
        dual[half[small]] = 0.0
        return dual

    def bound(self, here: Rows, coef: FloatArray, point: _DualPoint, squares: bool) -> tuple[float, float]:
        """Return the lower bound of a dual point, shrunk, and the gap from it."""
        full = self.without_rounding(-self.slope_of(point), point)
        t = self.terms.shrinkage(full, squares)
        dual, away = t * full, t * point.away
        bound, gap = self.rows_bound(here, t * point.residual)
        bound -= self.terms.conjugate(dual)
        gap += self.terms.young(coef, dual)
        if self.precision is not None:
            apart = coef / self.scale - self.centre - away
            bound -= float(self.centre @ self.precision @ away) + 0.5 * float(away @ self.precision @ away)
            gap += 0.5 * float(apart @ self.precision @ apart)
        return (bound, gap) if math.isfinite(gap) else (-math.inf, math.inf)


def prior_parts(prior: Quadratic | None, size: int) -> tuple[FloatArray, FloatArray | None, FloatArray]:
    """Return a prior's precision as a diagonal or as a whole matrix, and its centre, of coefficients as given.

    Parameters
    ----------
    prior : Quadratic or None
        The prior.
    size : int
        Number of coefficients, p.

    Returns
    -------
    diagonal : (p,) array
        Zero where there is a matrix.
    precision : (p, p) array or None
        The matrix.
    centre : (p,) array
        Zero where there is none.
    """
    zero = np.zeros(size)
    if prior is None:
        return zero, None, zero
    centre = zero if prior.centre is None else prior.centre
    return (prior.strengths, None, centre) if prior.strengths.ndim == 1 else (zero, prior.strengths, centre)


def _solved(second: FloatArray, slope: FloatArray) -> FloatArray:
    """Return the solution of a symmetric system; of one that is singular, the shortest least-squares solution."""
    size = np.sqrt(np.maximum(second.diagonal(), 1e-300))
    return np.asarray(np.linalg.lstsq(second / np.multiply.outer(size, size), slope / size, rcond=1e-14)[0] / size)
