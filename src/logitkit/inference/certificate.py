"""How far the coefficients of a penalised fit are from the minimum, proved from the data and the coefficients alone.

Here is what a row of two outcomes adds to the bounds of ``dual_bound.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, xlog1py, xlogy

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.facts import PenaltyFacts
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.conjugates import PenaltyTerms
from logitkit.inference.dual_bound import BLOCK, Certificate, DualProblem, Rows, prior_parts
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["certificate"]


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
    facts = certified_facts(record)
    with single_threaded_blas():
        problem = _Problem.of(facts, design)
        return problem.verify(record.coef, facts.tol, design.fingerprint == record.fingerprint)


def certified_facts(record: FitRecord) -> PenaltyFacts:
    """Return what is known of the penalty of a fit that has a certificate.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Returns
    -------
    PenaltyFacts
        Its penalty.

    Raises
    ------
    UnsupportedError
        For a fit without a penalty, and for a relaxed lasso, which minimises nothing.
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
    return facts


def weighted_gram(columns: Matrix, weights: FloatArray) -> FloatArray:
    """Return X' diag(weights) X, summed over blocks of rows.

    Parameters
    ----------
    columns : Matrix
        n rows and p columns.
    weights : (n,) array
        Not negative.

    Returns
    -------
    (p, p) array
        The sums.
    """
    total = np.zeros((columns.n_columns, columns.n_columns))
    rows = max(BLOCK // max(columns.width, 1), 1_024)
    for start in range(0, columns.n_rows, rows):
        stop = min(start + rows, columns.n_rows)
        total += columns.rows(start, stop).gram(weights[start:stop])
    return total


@dataclass(frozen=True)
class _Problem(DualProblem):
    """Rows of two outcomes: residuals are one number a row."""

    matrix: Matrix
    y: FloatArray
    offset: FloatArray

    @classmethod
    def of(cls, facts: PenaltyFacts, design: Design) -> _Problem:
        response, scale = design.response, facts.scale
        diagonal, precision, centre = prior_parts(facts.quadratic, scale.size)
        terms = PenaltyTerms.of(facts.penalty, diagonal / scale**2, scale * centre)
        offset = np.zeros(response.n_rows) if response.shift is None else response.shift
        return cls(scale, terms, precision, centre, response.weights, design.matrix, response.y, offset)

    def at(self, coef: FloatArray) -> Rows:
        eta = self.matrix.matvec(coef / self.scale) + self.offset
        mean, other = expit(eta), expit(-eta)
        loss = self.y * np.logaddexp(0.0, -eta) + (1.0 - self.y) * np.logaddexp(0.0, eta)
        residual = (1.0 - self.y) * mean - self.y * other
        return Rows(float(self.weights @ loss), self.weights * residual, mean, other)

    def image(self, step: FloatArray) -> FloatArray:
        return self.matrix.matvec(step / self.scale)

    def pull(self, residual: FloatArray) -> FloatArray:
        return self.matrix.rmatvec(residual) / self.scale

    def curved(self, here: Rows, change: FloatArray) -> FloatArray:
        return self.weights * here.mean * here.other * change

    def furthest(self, here: Rows, change: FloatArray) -> float:
        return max(float((here.other * change).max(initial=0.0)), float((-here.mean * change).max(initial=0.0)))

    def curvature(self, index: IntArray, here: Rows) -> FloatArray:
        return weighted_gram(self._columns(index), self.weights * here.mean * here.other)

    def squares(self, index: IntArray) -> FloatArray:
        return weighted_gram(self._columns(index), self.weights).diagonal()

    def _columns(self, index: IntArray) -> Matrix:
        return self.matrix if index.size == self.matrix.n_columns else self.matrix.columns(index)

    def rows_bound(self, here: Rows, residual: FloatArray) -> tuple[float, float]:
        used = self.weights > 0.0
        weights, y = self.weights[used], self.y[used]
        share = residual[used] / weights
        u, rest = np.clip(y + share, 0.0, 1.0), np.clip(1.0 - y - share, 0.0, 1.0)
        bound = float(residual @ self.offset) - float(weights @ (xlogy(u, u) + xlogy(rest, rest)))  # equation 2
        # Each row's part of the gap is a relative entropy, from differences that are small themselves (equation 3).
        mean, other = here.mean[used], here.other[used]
        change = share - here.residual[used] / weights
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = xlog1py(mean + change, change / mean) + xlog1py(other - change, -change / other)
        return bound, float(weights @ np.where(change == 0.0, 0.0, entropy))
