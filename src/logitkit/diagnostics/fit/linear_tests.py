r"""Tests of fit by sums that are linear in the outcomes.

With :math:`m_i` trials of row i, of which a proportion :math:`y_i` are events, and probability :math:`p_i`,

.. math:: T = \sum_i g_i\, m_i (y_i - p_i)

has mean 0 under the model, whatever functions :math:`g_i` of the row and its prediction are taken. With predictions
that are known its covariance is :math:`A = \sum_i m_i p_i (1 - p_i)\, g_i g_i'`. On the rows of the fit the estimates
take up what the score explains of it, and the covariance is :math:`V = A - C I^{-1} C'`, with the information I and
:math:`C = \sum_i m_i F'(\eta_i)\, g_i x_i'`. The statistic :math:`T' V^- T` is chi-square, with as many degrees of
freedom as V has rank; of one sum :math:`T / \sqrt V` is standard normal. So every test here is a choice of
:math:`g_i`:

* Spiegelhalter's z, :math:`1 - 2 p_i`, with A in any rows: predictions are taken as known;
* the unweighted sum of squares of le Cessie and van Houwelingen, the same with V: T is the sum of squared residuals of
  single trials less its expectation;
* the information matrix test, :math:`F''/\{p(1 - p)\}` times the products of columns, with the logit
  :math:`(1 - 2 p_i)\, x_{ij} x_{ik}`: whether the second derivatives of the log-likelihood agree with the squares of
  the scores. Its covariance is the expected one of Orme;
* Stukel's test, :math:`\eta^2 / 2` where :math:`\eta \ge 0`, and :math:`-\eta^2 / 2` where it is below: the score test
  of two more columns, by which the tails of the logit may be heavier or lighter;
* Box and Tidwell's test, :math:`x \log x`: the score test of one more column.

``docs/maths/goodness_of_fit.md`` derives the covariance.

References
----------
Spiegelhalter, D. J. (1986) Statistics in Medicine 5, 421-433.
le Cessie, S. and van Houwelingen, J. C. (1991) Biometrics 47, 1267-1282.
Copas, J. B. (1989) Applied Statistics 38, 71-80.
Hosmer, D. W., Hosmer, T., le Cessie, S. and Lemeshow, S. (1997) Statistics in Medicine 16, 965-980.
White, H. (1982) Econometrica 50, 1-25.
Orme, C. (1988) The calculation of the information matrix test for binary data models. The Manchester School 56,
370-376.
Stukel, T. A. (1988) Journal of the American Statistical Association 83, 426-431.
Box, G. E. P. and Tidwell, P. W. (1962) Technometrics 4, 531-550.
Pierce, D. A. (1982) Annals of Statistics 10, 475-478 (the covariance of a statistic with estimates in it).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.diagnostics.rows.ranking import PredictedRows, predicted_rows
from logitkit.engine.objective import Objective
from logitkit.engine.record import FitRecord
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["LinearSums", "RowFunctions", "linear_sums"]

BLOCK = 4_096  # rows whose functions are held at once
FEW = 8  # functions for which products with coded columns are cheaper than with columns written out
SINGULAR = 1e-9  # of the largest eigenvalue of a covariance in units of known predictions: less is rounding


class RowFunctions(Protocol):
    """Functions of rows by which a test weights the response residuals.

    Examples
    --------
    >>> functions: RowFunctions = SquaredErrors()
    """

    def __call__(self, rows: PredictedRows, block: slice, matrix: Matrix) -> FloatArray:
        """Return the functions of a block of rows, whose columns are ``matrix``, shape (k, b)."""


@dataclass(frozen=True)
class SquaredErrors:
    """One minus twice the probability: for sums of squared errors and Brier scores."""

    def __call__(self, rows: PredictedRows, block: slice, matrix: Matrix) -> FloatArray:  # noqa: ARG002
        """Return the function of some rows, shape (1, b)."""
        p = rows.probability[:, block]
        return np.asarray(p[0] - p[1])[None]


@dataclass(frozen=True)
class Tails:
    """Signed half of the squared linear predictor on each side of zero: the two columns of Stukel's test."""

    def __call__(self, rows: PredictedRows, block: slice, matrix: Matrix) -> FloatArray:  # noqa: ARG002
        """Return both functions of some rows, shape (2, b)."""
        eta = np.where(np.isfinite(rows.eta[0, block]), rows.eta[0, block], 0.0)  # a certain row counts nowhere
        half = 0.5 * eta**2
        return np.stack([np.where(eta >= 0.0, half, 0.0), np.where(eta < 0.0, -half, 0.0)])


@dataclass(frozen=True)
class Products:
    """Products of the estimated columns: all elements of the information matrix."""

    record: FitRecord

    def __call__(self, rows: PredictedRows, block: slice, matrix: Matrix) -> FloatArray:
        """Return the functions of some rows, shape (q (q + 1) / 2, b)."""
        x = self.record.coordinates.matrix(matrix).to_dense().T
        first, second = np.triu_indices(len(x))
        return np.asarray(_curved(rows, block) * x[first] * x[second])


@dataclass(frozen=True)
class Squares:
    """Squares of the original columns, except dropped ones: the diagonal of the information matrix."""

    record: FitRecord

    def __call__(self, rows: PredictedRows, block: slice, matrix: Matrix) -> FloatArray:
        """Return the functions of some rows, shape (q, b)."""
        x = np.delete(matrix.to_dense(), self.record.aliased, axis=1).T
        return _curved(rows, block) * x**2


@dataclass(frozen=True)
class PowerColumns:
    """Positive columns, each multiplied by its logarithm.

    Parameters
    ----------
    places : tuple of int
        Positions of the columns.
    centres : tuple of float
        Divisor of each column within the logarithm; it does not change a test that is adjusted for the column itself.
    """

    places: tuple[int, ...]
    centres: tuple[float, ...]

    def __call__(self, rows: PredictedRows, block: slice, matrix: Matrix) -> FloatArray:
        """Return the functions of some rows, shape (k, b)."""
        made = []
        for place, centre in zip(self.places, self.centres, strict=True):
            unit = np.zeros(matrix.n_columns)
            unit[place] = 1.0
            x = matrix.matvec(unit)
            made.append(_scored(rows, block) * x * np.log(x / centre))
        return np.stack(made)


def _scored(rows: PredictedRows, block: slice) -> FloatArray:
    """Return what turns a residual into a score of the linear predictor, 1 with the logit, shape (b,)."""
    p = rows.probability[:, block]
    slope = rows.family.probability_slopes(rows.eta[:, block])[1, 0]
    variance = p[0] * p[1]
    return np.asarray(np.divide(slope, variance, out=np.zeros_like(slope), where=variance > 0.0))


def _curved(rows: PredictedRows, block: slice) -> FloatArray:
    """Return the second derivative of the probability over its variance, one less twice it with the logit, (b,)."""
    p, eta = rows.probability[:, block], rows.eta[:, block]
    bent = rows.family.probability_curvatures(eta, np.ones(eta.shape))[1, 0]
    variance = p[0] * p[1]
    return np.asarray(np.divide(bent, variance, out=np.zeros_like(bent), where=variance > 0.0))


@dataclass(frozen=True)
class LinearSums:
    """Sums that are linear in the outcomes, and their covariance.

    Parameters
    ----------
    value : (k,) array
        The sums T.
    known : (k, k) array
        Covariance A of the sums if predictions are known.
    cross : (k, q) array
        Covariance C of the sums with the score of the q coefficients; it has no columns unless the rows are those of
        the fit.
    information : (q, q) array
        Expected information matrix.

    Examples
    --------
    One sum with variance 4, which estimation reduces by 3:

    >>> LinearSums(np.ones(1), np.full((1, 1), 4.0), np.full((1, 1), 3.0), np.full((1, 1), 3.0)).covariance.tolist()
    [[1.0]]
    """

    value: FloatArray
    known: FloatArray
    cross: FloatArray
    information: FloatArray

    def plus(self, other: Self) -> LinearSums:
        """Return the sums over both sets of rows.

        Parameters
        ----------
        other : LinearSums
            Sums over other rows.

        Returns
        -------
        LinearSums
            Sums over both sets of rows.
        """
        return LinearSums(
            self.value + other.value,
            self.known + other.known,
            self.cross + other.cross,
            self.information + other.information,
        )

    def of(self, part: slice) -> LinearSums:
        """Return some of the sums.

        Parameters
        ----------
        part : slice
            Sums to select.

        Returns
        -------
        LinearSums
            The selected sums with their covariance.
        """
        return LinearSums(self.value[part], self.known[part, part], self.cross[part], self.information)

    @property
    def covariance(self) -> FloatArray:
        """Covariance V of the sums, reduced for estimation if there are estimates, shape (k, k)."""
        if self.cross.shape[1] == 0:
            return self.known
        inverse = np.linalg.pinv(self.information, rcond=1e-12, hermitian=True)
        return self.known - self.cross @ inverse @ self.cross.T

    def chi_square(self) -> tuple[float, int]:
        """Return the statistic and its degrees of freedom.

        Returns
        -------
        statistic : float
            Chi-square statistic; nan if the sums have no variance.
        dof : int
            Degrees of freedom; zero if estimation determines all of the sums.
        """
        size = np.sqrt(np.diag(self.known))
        used = size > 0.0
        if not used.any():
            return np.nan, 0
        units = np.outer(size[used], size[used])
        known, left = (each[np.ix_(used, used)] / units for each in (self.known, self.covariance))
        values, vectors = np.linalg.eigh(left)
        there = values > SINGULAR * float(np.linalg.eigvalsh(known)[-1])
        along = vectors.T @ (self.value[used] / size[used])
        return float(np.sum(along[there] ** 2 / values[there])), int(np.count_nonzero(there))

    def normal(self, known: bool = False) -> float:
        """Return a single sum divided by its standard deviation.

        Parameters
        ----------
        known : bool, default False
            Whether predictions are treated as known.

        Returns
        -------
        float
            Standardised sum; nan if the sum has no variance.
        """
        variance = float((self.known if known else self.covariance)[0, 0])
        rounding = SINGULAR * float(self.known[0, 0])
        return float(self.value[0] / np.sqrt(variance)) if variance > rounding else np.nan


@dataclass(frozen=True)
class _Task:
    """Sums some rows."""

    record: FitRecord
    own: bool
    functions: tuple[RowFunctions, ...]

    def __call__(self, part: Design) -> LinearSums:
        """Return the sums over some rows."""
        rows = predicted_rows(self.record, part, self.own)
        every = rows.order.size == part.n_rows
        matrix = part.matrix if every else part.matrix.take(rows.order)
        m, p = rows.weights, rows.probability
        away, variance = m * (rows.shares[1] - p[1]), m * p[0] * p[1]
        working = self.record.coordinates.matrix(matrix)
        q = working.n_columns if self.own else 0
        slope = m * rows.family.probability_slopes(rows.eta)[1, 0]
        information = np.zeros((q, q))
        if self.own:
            weight = np.divide(slope**2, variance, out=np.zeros_like(slope), where=variance > 0.0)
            information = Objective(working, rows.response, self.record.family).sum_gram(weight)
        sums: LinearSums | None = None
        for start in range(0, max(m.size, 1), BLOCK):
            block = slice(start, min(start + BLOCK, m.size))
            here = matrix.rows(block.start, block.stop)
            g = np.concatenate([each(rows, block, here) for each in self.functions])
            cross = np.zeros((len(g), q))
            if self.own and len(g) <= FEW:
                cross = working.rows(block.start, block.stop).rmatvecs(g * slope[block])
            elif self.own:
                cross = (g * slope[block]) @ working.rows(block.start, block.stop).to_dense()
            found = LinearSums(g @ away[block], (g * variance[block]) @ g.T, cross, 0.0 * information)
            sums = found if sums is None else sums.plus(found)
        assert sums is not None
        return LinearSums(sums.value, sums.known, sums.cross, information)


def linear_sums(record: FitRecord, design: Design, own: bool, functions: tuple[RowFunctions, ...]) -> LinearSums:
    """Return sums that are linear in the outcomes, over all rows that have a prediction.

    Parameters
    ----------
    record : FitRecord
        A fit of two outcomes with one linear predictor.
    design : Design
        Rows with their outcome.
    own : bool
        Whether the rows are those of the fit.
    functions : tuple of RowFunctions
        Functions that define the sums, in order.

    Returns
    -------
    LinearSums
        The sums, computed in one pass over the rows.

    Examples
    --------
    The sum of squared errors minus its expectation:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = linear_sums(fit.record, fit.design, True, (SquaredErrors(),))
    >>> p, y = fit.predict().to_numpy(), lk.datasets.load_lbw()["low"].to_numpy()
    >>> bool(np.isclose(found.value[0], np.sum((y - p) ** 2 - p * (1 - p))))
    True
    """
    with single_threaded_blas():  # products of a block are too small for threads, which would wait for one another
        return design.reduce(_Task(record, own, functions), LinearSums.plus)
