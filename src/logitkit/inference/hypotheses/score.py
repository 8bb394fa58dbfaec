r"""Score tests: whether a larger model would fit better, from the fit of the smaller alone.

With U the score of the larger model at the estimates of the smaller and A its information there, the statistic is
:math:`U'A^{-1}U` (Rao 1948). Under a sandwich the score has the covariance B of its rows or clusters instead, and with
L the functions of the larger model's coefficients that are zero in the smaller the statistic is

.. math:: U'A^{-1}L' (L A^{-1} B A^{-1} L')^{-1} L A^{-1} U

(Boos 1992, equation 9). A is observed or expected, as the errors of the fit are. Where a factor is absorbed, columns
are less their means in each level, with the curvatures of the smaller model as weights.

References
----------
Rao, C. R. (1948) Proceedings of the Cambridge Philosophical Society 44, 50-57. Boos, D. D. (1992) On generalized score
tests. The American Statistician 46, 327-333.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.vanishing import column_sizes
from logitkit.engine.assemble import shown_coordinates
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Objective
from logitkit.engine.part_coordinates import Columns, inner_predictors, part_coordinates
from logitkit.engine.rank import orthogonal_coordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.covariances.sandwich import cluster_meat, correction_of
from logitkit.inference.linear_predictors import NUMBERS_OF_BLOCK, linear_predictors
from logitkit.models.form import Form
from logitkit.models.predictors import Predictors
from logitkit.typing import FloatArray, IntArray

__all__ = ["Larger", "Null", "require_score", "score_at", "score_statistic"]

SINGULAR = 1e-12  # of the largest eigenvalue of an information: less is rounding
EXPLAINED = 1e-10  # of the size of a column: less beside the means of absorbed levels is rounding
ROBUST = ("sampling", "cluster")


@dataclass(frozen=True, eq=False)
class Larger:
    """The larger model of a score test, which is not fitted.

    Parameters
    ----------
    design : Design
        Its n rows.
    form : Form
        Its likelihood and linear predictors.
    functions : (k, p) array
        Functions of its flat coefficients that are zero in the smaller model.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> Larger(fit.design, fit.record.form, np.array([[0.0, 1.0]])).functions.shape
    (1, 2)
    """

    design: Design
    form: Form
    functions: FloatArray


def require_score(record: FitRecord, design: Design) -> None:
    """Refuse a score test under a covariance whose like the smaller model would not have.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.

    Raises
    ------
    UnsupportedError
        For a covariance that is neither the model's, nor the sandwich that sampling weights or clusters bring.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1, 0], "x": [1, 2, 3, 4, 5]})
    >>> require_score(fit.record, fit.design)
    """
    own = record.covariance
    if own.kind == "model" or (own.kind in ROBUST and own == correction_of(design.response)[1]):
        return
    raise UnsupportedError(
        f"A score test with {own.label} is not offered: the covariance would have to be made again at the estimates "
        "of the smaller model. Use a Wald test, fit.anova(test='Wald') or fit.test(...)."
    )


def score_statistic(smaller: FitRecord, rows: Design, larger: Larger, robust: bool = False) -> tuple[float, int]:
    """Return the score statistic of a larger model and its degrees of freedom.

    Parameters
    ----------
    smaller : FitRecord
        A fit.
    rows : Design
        Its n rows, with what is known of them after the fit.
    larger : Larger
        The model that it is tested against, on the same rows.
    robust : bool, default False
        Whether the score has the covariance of its rows, or clusters, instead of the model's.

    Returns
    -------
    statistic : float
        Missing where the smaller fit has not converged or its estimates are infinite, where nothing is tested, and
        where the covariance lacks the rank.
    dof : int
        What the larger model has more.

    Examples
    --------
    Of a 2 x 2 table it is Pearson's chi-square:

    >>> import logitkit as lk
    >>> data = {"y": [0, 1] * 2, "x": [0, 0, 1, 1], "n": [10, 20, 15, 8]}
    >>> smaller, larger = (lk.logit(f"y ~ {x}", data, weights="n") for x in ("1", "x"))
    >>> tested = Larger(larger.design, larger.record.form, np.array([[0.0, 1.0]]))
    >>> statistic, dof = score_statistic(smaller.record, smaller.design, tested)
    >>> pearson = 53 * (10 * 8 - 20 * 15) ** 2 / (30 * 23 * 25 * 28)
    >>> bool(np.isclose(statistic, pearson)), dof
    (True, 1)
    """
    if not smaller.converged or smaller.is_separated:
        return np.nan, 0
    eta = linear_predictors(smaller, rows.matrix, rows.response.offset, levels=rows.level_codes)
    return score_at(Null(eta, smaller.inner_coef.size), rows, larger, robust)


@dataclass(frozen=True, eq=False)
class Null:
    """What a score test takes from the smaller model.

    Parameters
    ----------
    eta : (m, n) array
        Its linear predictors, offsets among them.
    rank : int
        How many coefficients were estimated.

    Examples
    --------
    >>> Null(np.zeros((1, 3)), 0).rank
    0
    """

    eta: FloatArray
    rank: int

    @classmethod
    def without_coefficients(cls, form: Form, rows: Design) -> Self:
        """Return the model that has offsets alone.

        Parameters
        ----------
        form : Form
            The larger model.
        rows : Design
            Its n rows.

        Returns
        -------
        Null
            Of rank zero.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})
        >>> Null.without_coefficients(fit.record.form, fit.design).eta.tolist()
        [[0.0, 0.0, 0.0, 0.0]]
        """
        offset = rows.response.offset
        return cls(np.zeros((form.predictors.n_predictors, rows.n_rows)) + (0.0 if offset is None else offset), 0)


def score_at(smaller: Null, rows: Design, larger: Larger, robust: bool = False) -> tuple[float, int]:
    """Return the same from the linear predictors of the smaller model.

    Parameters
    ----------
    smaller : Null
        The smaller model.
    rows : Design
        Its n rows.
    larger : Larger
        The model that it is tested against, on the same rows.
    robust : bool, default False
        Whether the score has the covariance of its rows, or clusters.

    Returns
    -------
    statistic : float
        Missing where nothing is tested, and where the covariance lacks the rank.
    dof : int
        What the larger model has more.

    Examples
    --------
    Against probability one half in every row:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})
    >>> score_at(Null(np.zeros((1, 4)), 0), fit.design, Larger(fit.design, fit.record.form, np.eye(1)))
    (1.0, 1)
    """
    eta, family = smaller.eta, larger.form.family
    response = replace(larger.design.response, offset=eta)
    matrix, functions, form = _varying(rows, larger, eta)
    columns = _columns(larger.design, matrix, form)
    inner = None if form.is_single else inner_predictors(form, columns)
    working = columns.matrix(matrix)
    here = Objective(working, response, family, predictors=inner).evaluate(
        np.zeros(working.n_columns if inner is None else inner.n_params)
    )
    assert isinstance(here.hessian, DenseHessian)
    score, information = -here.gradient, here.hessian.array
    dof = score.size - smaller.rank
    if dof <= 0 or not np.isfinite(information).all():
        return np.nan, max(dof, 0)
    inverse = np.linalg.pinv(information, rcond=SINGULAR, hermitian=True)
    if not robust:
        return float(score @ inverse @ score), dof
    tested = shown_coordinates(form, columns).jacobian(functions)
    slopes = -response.weights * family.slopes(eta, response)
    factor, _ = correction_of(response)
    meat = factor * _meat(_Rows(working, inner, slopes), larger.design)
    return _robust(inverse @ score, inverse @ meat @ inverse, tested, dof)


def _varying(rows: Design, larger: Larger, eta: FloatArray) -> tuple[Matrix, FloatArray, Form]:
    """Return the larger model's columns less what is eliminated explains of them, if anything is left of them."""
    matrix, form, nuisance = larger.design.matrix, larger.form, rows.info.nuisance
    if not nuisance.n_parameters:
        return matrix, larger.functions, form
    curvature = rows.response.weights * form.family.curvatures(eta)[0, 0]
    within = nuisance.less_means(matrix, rows.level_codes, curvature)
    used = curvature > 0.0
    keep = np.flatnonzero(column_sizes(within, used) > EXPLAINED * column_sizes(matrix, used))
    if keep.size == matrix.n_columns:
        return within, larger.functions, form
    return within.columns(keep), larger.functions[:, keep], form.keep(keep)


def _columns(design: Design, matrix: Matrix, form: Form) -> Columns:
    """Return coordinates in which the columns are independent."""
    weights, intercept = design.response.weights, design.info.intercept
    if form.in_parts:
        return part_coordinates(matrix, weights, intercept, form.predictors, orthogonal_coordinates)
    return orthogonal_coordinates(matrix, weights, intercept)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The scores of rows by the coefficients of the larger model."""

    matrix: Matrix
    predictors: Predictors | None
    slopes: FloatArray

    def of(self, rows: IntArray) -> FloatArray:
        """Return the scores of some rows, one row each."""
        cells = self.matrix.take(rows).to_dense()
        if self.predictors is None:
            return np.asarray(cells * self.slopes[0][rows, None])
        return self.predictors.rows(cells, self.slopes[:, rows].T)


def _meat(rows: _Rows, design: Design) -> FloatArray:
    """Return the sum of the squares of the scores, summed within clusters where there are any."""
    clusters, n = design.response.clusters, design.n_rows
    codes = np.arange(n) if clusters is None else clusters.codes
    return cluster_meat(codes, rows.of, max(NUMBERS_OF_BLOCK // max(rows.matrix.n_columns, 1), 1))


def _robust(step: FloatArray, covariance: FloatArray, tested: FloatArray, dof: int) -> tuple[float, int]:
    """Return the generalised score statistic, from the step of Newton's method and its covariance."""
    size = np.linalg.norm(tested, axis=1, keepdims=True)
    tested = tested / np.where(size > 0.0, size, 1.0)
    _, values, basis = np.linalg.svd(tested, full_matrices=False)
    basis = basis[values > 1e-10 * values.max(initial=0.0)]
    if len(basis) != dof:  # other columns stand in for an aliased one
        return np.nan, dof
    value, spread = basis @ step, basis @ covariance @ basis.T
    scale = np.sqrt(np.diag(spread))
    if not (scale > 0.0).all():
        return np.nan, dof
    values, vectors = np.linalg.eigh(spread / scale[:, None] / scale)
    if values[0] <= 1e-10 * values[-1]:
        return np.nan, dof
    return float(np.sum((vectors.T @ (value / scale)) ** 2 / values)), dof
