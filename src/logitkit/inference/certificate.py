r"""How far the coefficients of a penalised fit are from the minimum, proved from the data and the coefficients alone.

Nothing here is shared with the solvers. Weak duality bounds the minimum from below by

.. math::

    D(s, c) = \sum_i \left(s_i o_i - f_i^*(s_i)\right) - \Omega^*(z) - m'Pc - \tfrac12 c'Pc, \qquad z = -A's - S^{-1}Pc,

for *any* s and c, so that a bad choice of them makes the certificate weak and never wrong. They are chosen from the
residuals at the coefficients: moved to where the conditions hold that the penalty states as equations, then shrunk
until the conjugate of the penalty is finite. The derivation is in ``docs/maths/certificates.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, xlog1py, xlogy

from logitkit.design.design import Design
from logitkit.design.matrix import Matrix
from logitkit.errors import UnsupportedError
from logitkit.execution.blas import single_threaded_blas
from logitkit.inference.conjugates import PenaltyTerms
from logitkit.record import FitRecord
from logitkit.typing import FloatArray, IntArray

__all__ = ["Certificate", "certificate"]

BLOCK = 65_536  # numbers of a block of rows
MOVED_MOST = 3_000  # columns for which an array of second derivatives is made
STEPS_MOST = 60
ORTHOGONAL = 1e-9  # of the lengths: what the product of a free column and the dual point may be
VANISHES = 1e-12  # of the lengths: a product that is rounding
ROUNDING = 1e-15
OTHER_ROWS = (
    "These are not the rows of the fit in their order, so this is the objective of other data, which the coefficients "
    "need not minimise."
)
NOISE = 1e-12  # of the objective: by which a step may seem to raise it


@dataclass(frozen=True)
class Certificate:
    """A proof of how near to the minimum the coefficients of a penalised fit are.

    Parameters
    ----------
    objective : float
        Penalised objective at the coefficients: negative log-likelihood, without the binomial constant, plus penalty.
    dual : float
        A lower bound of it at any coefficients.
    gap : float
        The objective less the bound, summed from terms none of which is negative; infinite where no bound was found.
    relative_gap : float
        The gap as a share of ``null_objective``.
    null_objective : float
        Negative log-likelihood of the model of the columns that nothing penalises.
    kkt_distance : float
        How far the gradient of the likelihood is from what the conditions of optimality ask, at most over coefficients,
        a row's mean: the same units as a strength.
    tol : float
        The relative gap that the solver was asked for.
    own_rows : bool
        Whether the rows are those of the fit, in their order; on others the certificate is of their objective.

    Examples
    --------
    >>> Certificate(1.0, 1.0, 0.0, 0.0, 2.0, 0.0, 1e-12).holds
    True
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
        """Whether the gap is within the tolerance that the fit was asked for, or rounding."""
        return self.relative_gap <= max(self.tol, 10.0 * ROUNDING)

    @property
    def words(self) -> str:
        """The certificate as a sentence."""
        if not self.own_rows:
            return f"{OTHER_ROWS} {replace(self, own_rows=True).words}"
        if not math.isfinite(self.gap):
            return "No lower bound of the objective was found: the coefficients are not near its minimum."
        verdict = "within" if self.holds else "not within"
        return (
            f"The penalised objective is above its minimum by at most {self.relative_gap:.2g} of the loss of the null "
            f"model, {verdict} the tolerance of {self.tol:.2g}; the conditions of optimality hold to "
            f"{self.kkt_distance:.2g}."
        )


def certificate(record: FitRecord, design: Design) -> Certificate:
    """Verify the coefficients of a penalised fit.

    Parameters
    ----------
    record : FitRecord
        The fit; of its record only the coefficients and the penalty are used, and whose rows they are of.
    design : Design
        The rows of the fit. Of other rows the certificate is as well, and says so.

    Returns
    -------
    Certificate
        Objective, lower bound and gap.

    Raises
    ------
    UnsupportedError
        For a fit without a penalty, and for a relaxed lasso, which minimises nothing.

    References
    ----------
    Rockafellar, R. T. (1970) Convex Analysis, section 31.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(0.02))
    >>> found = certificate(fit.record, fit.design)
    >>> found.holds, found.objective - found.dual < 1e-9
    (True, True)
    """
    facts = record.penalty
    if facts is None:
        raise UnsupportedError(
            "A certificate is of a penalised fit, and this one has no penalty: its gradient is zero at the estimates, "
            "and fit.glance() has the decrement."
        )
    if not facts.certified:
        raise UnsupportedError(
            "A relaxed lasso lies between two fits and minimises no objective, so there is nothing to certify. The "
            "lasso that chose its columns has a certificate: fit it with gamma=1."
        )
    with single_threaded_blas():
        problem = _Problem.of(record, design)
        coef = problem.terms.within(record.coef * facts.scale)
        here = problem.at(coef)
        objective = here.loss + problem.terms.value(coef) + problem.prior_value(coef)
        null = problem.null_loss()
        dual, gap = -math.inf, math.inf
        for point in problem.dual_points(coef):
            for squares in (True, False):
                bound, excess = problem.bound(here, coef, point, squares)
                if excess < gap:
                    dual, gap = bound, excess
        distance = problem.terms.distance(coef, problem.slope(here.residual, coef)) / problem.weights.sum()
    gap = max(gap, 0.0)
    own = design.fingerprint == record.fingerprint
    return Certificate(objective, dual, gap, gap / max(null, 1e-300), null, float(distance), facts.tol, own)


@dataclass(frozen=True)
class _Rows:
    """Loss, residuals w (mu - y) and curvature w mu (1 - mu) at one vector of coefficients."""

    loss: float
    residual: FloatArray
    curvature: FloatArray
    mu: FloatArray
    other: FloatArray


@dataclass(frozen=True)
class _DualPoint:
    """One number a row, and c, which the precision of the prior is multiplied by, of the coefficients as given."""

    residual: FloatArray
    away: FloatArray


@dataclass(frozen=True)
class _Problem:
    """The data and the penalty; coefficients are of scaled columns."""

    matrix: Matrix
    y: FloatArray
    weights: FloatArray
    offset: FloatArray
    scale: FloatArray
    terms: PenaltyTerms
    precision: FloatArray | None  # whole matrices only: a diagonal one is among the terms
    centre: FloatArray

    @classmethod
    def of(cls, record: FitRecord, design: Design) -> _Problem:
        facts, response = record.penalty, design.response
        assert facts is not None
        p, scale = record.coef.size, facts.scale
        diagonal, precision, centre = np.zeros(p), None, np.zeros(p)
        if facts.quadratic is not None:
            centre = np.zeros(p) if facts.quadratic.centre is None else facts.quadratic.centre
            if facts.quadratic.strengths.ndim == 1:
                diagonal = facts.quadratic.strengths
            else:
                precision = facts.quadratic.strengths
        terms = PenaltyTerms.of(facts.penalty, diagonal / scale**2, scale * centre)
        offset = np.zeros(response.n_rows) if response.offset is None else response.offset
        return cls(design.matrix, response.y, response.weights, offset, scale, terms, precision, centre)

    def at(self, coef: FloatArray) -> _Rows:
        eta = self.matrix.matvec(coef / self.scale) + self.offset
        mu, other = expit(eta), expit(-eta)
        loss = self.y * np.logaddexp(0.0, -eta) + (1.0 - self.y) * np.logaddexp(0.0, eta)
        residual = (1.0 - self.y) * mu - self.y * other
        weights = self.weights
        return _Rows(float(weights @ loss), weights * residual, weights * mu * other, mu, other)

    def pull(self, residual: FloatArray) -> FloatArray:
        return self.matrix.rmatvec(residual) / self.scale

    def slope(self, residual: FloatArray, coef: FloatArray) -> FloatArray:
        """Return the gradient of likelihood and prior."""
        return self.pull(residual) + self.prior_pull(coef / self.scale - self.centre)

    def prior_pull(self, away: FloatArray) -> FloatArray:
        return np.zeros(away.size) if self.precision is None else self.precision @ away / self.scale

    def prior_value(self, coef: FloatArray) -> float:
        away = coef / self.scale - self.centre
        return 0.0 if self.precision is None else 0.5 * float(away @ self.precision @ away)

    def second(self, index: IntArray, curvature: FloatArray) -> FloatArray:
        """Return second derivatives of likelihood and prior in some coefficients."""
        whole = index.size == self.matrix.n_columns
        columns = self.matrix if whole else self.matrix.columns(index)
        total = np.zeros((index.size, index.size))
        rows = max(BLOCK // max(columns.width, 1), 1_024)
        for start in range(0, columns.n_rows, rows):
            stop = min(start + rows, columns.n_rows)
            total += columns.rows(start, stop).gram(curvature[start:stop])
        if self.precision is not None:
            total += self.precision[np.ix_(index, index)]
        return total / np.multiply.outer(self.scale[index], self.scale[index])

    # ------------------------------------------------------------------------------------------------- the dual point

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
        second = self.second(inside, here.curvature)
        second[np.diag_indices_from(second)] += self.terms.l2[inside]
        step = np.zeros(coef.size)
        step[inside] = _solved(second, (self.slope(here.residual, fitted) + wanted)[inside])
        exact = np.flatnonzero(smooth & self.terms.loose)
        if exact.size:  # what rounding has left of products that must vanish, twice
            block = self.second(exact, here.curvature)
            for _ in range(2):
                left = self.slope_of(self.moved(here, first, step, 1.0))
                step[exact] += _solved(block, left[exact])
        change = self.matrix.matvec(step / self.scale)
        furthest = max(float((here.other * change).max(initial=0.0)), float((-here.mu * change).max(initial=0.0)))
        return [first, self.moved(here, first, step, 1.0 if furthest <= 1.0 else 1.0 / furthest)]

    def moved(self, here: _Rows, first: _DualPoint, step: FloatArray, share: float) -> _DualPoint:
        change = self.matrix.matvec(share * step / self.scale)
        return _DualPoint(first.residual - here.curvature * change, first.away - share * step / self.scale)

    def slope_of(self, point: _DualPoint) -> FloatArray:
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
            second = self.second(index, here.curvature)
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

    # ------------------------------------------------------------------------------------------------------ the bound

    def sizes(self, index: IntArray) -> FloatArray:
        """Return the lengths of columns by the weights; times that of a dual point, what products are rounded to."""
        return np.sqrt(np.maximum(self.second(index, self.weights).diagonal(), 1e-300))

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

    def bound(self, here: _Rows, coef: FloatArray, point: _DualPoint, squares: bool) -> tuple[float, float]:
        """Return the lower bound of a dual point, shrunk, and the gap from it."""
        full = self.without_rounding(-self.slope_of(point), point)
        t = self.terms.shrinkage(full, squares)
        dual, away, residual = t * full, t * point.away, t * point.residual
        used = self.weights > 0.0
        weights, y = self.weights[used], self.y[used]
        share = residual[used] / weights
        u, rest = np.clip(y + share, 0.0, 1.0), np.clip(1.0 - y - share, 0.0, 1.0)
        rows = float(weights @ (xlogy(u, u) + xlogy(rest, rest)))  # equation 2
        bound = float(residual @ self.offset) - rows - self.terms.conjugate(dual)
        # Each row's part of the gap is a relative entropy, from differences that are small themselves (equation 3).
        mu, other = here.mu[used], here.other[used]
        change = share - here.residual[used] / weights
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = xlog1py(mu + change, change / mu) + xlog1py(other - change, -change / other)
        gap = float(weights @ np.where(change == 0.0, 0.0, entropy)) + self.terms.young(coef, dual)
        if self.precision is not None:
            apart = coef / self.scale - self.centre - away
            bound -= float(self.centre @ self.precision @ away) + 0.5 * float(away @ self.precision @ away)
            gap += 0.5 * float(apart @ self.precision @ apart)
        return (bound, gap) if math.isfinite(gap) else (-math.inf, math.inf)


def _solved(second: FloatArray, slope: FloatArray) -> FloatArray:
    """Return the solution of a symmetric system; of one that is singular, the shortest least-squares solution."""
    size = np.sqrt(np.maximum(second.diagonal(), 1e-300))
    return np.asarray(np.linalg.lstsq(second / np.multiply.outer(size, size), slope / size, rcond=1e-14)[0] / size)
