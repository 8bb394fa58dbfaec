r"""Score tests: whether a larger model would fit better, from the fit of the smaller model alone.

With U the score of the larger model at the estimates of the smaller and A its information there, the statistic is
:math:`U'A^{-1}U` (Rao 1948). Under a sandwich the score has the covariance B that the sandwich is made of
(``score_covariance.py``), and with L the functions of the larger model's coefficients that are zero in the smaller the
statistic is

.. math:: U'A^{-1}L' (L A^{-1} B A^{-1} L')^{-1} L A^{-1} U

(Boos 1992, equation 9). A is observed or expected information, like the standard errors of the fit. With an absorbed
factor, columns are centred at their means in each level, with the curvatures of the smaller model as weights.

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
from logitkit.engine.response_sums import summed_responses
from logitkit.inference.covariances.cluster_sums import ClusterSums
from logitkit.inference.covariances.clustered import mended
from logitkit.inference.covariances.heteroscedastic import HC_KINDS, Leverages, hc_leverages
from logitkit.inference.hypotheses.score_covariance import LargerScores, ScoreCovariance
from logitkit.inference.hypotheses.score_of_clusters import corrected_middle
from logitkit.inference.hypotheses.score_sums import ScoreSums
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["Larger", "Null", "score_at", "score_statistic"]

OF_MODEL = ScoreCovariance()
NOT_HELD: FloatArray = np.empty((0, 0))
SINGULAR = 1e-12  # of the largest eigenvalue of an information: less is rounding
EXPLAINED = 1e-10  # of the size of a column: less beside the means of absorbed levels is rounding


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


def score_statistic(
    smaller: FitRecord, rows: Design, larger: Larger, spread: ScoreCovariance = OF_MODEL
) -> tuple[float, int]:
    """Return the score statistic of a larger model and its degrees of freedom.

    Parameters
    ----------
    smaller : FitRecord
        A fit.
    rows : Design
        Its n rows, with what the fit determined about them.
    larger : Larger
        The model that it is tested against, on the same rows.
    spread : ScoreCovariance, optional
        How the covariance of the score is computed; model-based by default.

    Returns
    -------
    statistic : float
        Missing if the smaller fit did not converge or has infinite estimates, if nothing is tested, or if the
        covariance is rank-deficient.
    dof : int
        Degrees of freedom: the additional parameters of the larger model.

    Examples
    --------
    For a 2 x 2 table it is Pearson's chi-square:

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
    eta = NOT_HELD
    if not rows.in_chunks:
        eta = linear_predictors(smaller, rows.matrix, rows.response.offset, levels=rows.level_codes)
    return score_at(Null(eta, smaller.inner_coef.size, (smaller, rows)), rows, larger, spread)


@dataclass(frozen=True, eq=False)
class Null:
    """The parts of the smaller model that a score test uses.

    Parameters
    ----------
    eta : (m, n) array
        Its linear predictors, with offsets; empty for rows that are read in chunks.
    rank : int
        Number of estimated coefficients.
    fit : (FitRecord, Design) or None
        The fit and its rows; None without coefficients.

    Examples
    --------
    >>> Null(np.zeros((1, 3)), 0).rank
    0
    """

    eta: FloatArray
    rank: int
    fit: tuple[FitRecord, Design] | None = None

    @classmethod
    def without_coefficients(cls, form: Form, rows: Design) -> Self:
        """Return the model that has only offsets.

        Parameters
        ----------
        form : Form
            The larger model.
        rows : Design
            Its n rows.

        Returns
        -------
        Null
            A model of rank zero.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})
        >>> Null.without_coefficients(fit.record.form, fit.design).eta.tolist()
        [[0.0, 0.0, 0.0, 0.0]]
        """
        if rows.in_chunks:
            return cls(NOT_HELD, 0)
        offset = rows.response.offset
        return cls(np.zeros((form.predictors.n_predictors, rows.n_rows)) + (0.0 if offset is None else offset), 0)


def score_at(smaller: Null, rows: Design, larger: Larger, spread: ScoreCovariance = OF_MODEL) -> tuple[float, int]:
    """Return the same statistic from the linear predictors of the smaller model.

    Parameters
    ----------
    smaller : Null
        The smaller model.
    rows : Design
        Its n rows.
    larger : Larger
        The model that it is tested against, on the same rows.
    spread : ScoreCovariance, optional
        How the covariance of the score is computed; model-based by default.

    Returns
    -------
    statistic : float
        Missing if nothing is tested, or if the covariance is rank-deficient.
    dof : int
        Degrees of freedom: the additional parameters of the larger model.

    Examples
    --------
    Test against a probability of one half in every row:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 1, 1, 1]})
    >>> score_at(Null(np.zeros((1, 4)), 0), fit.design, Larger(fit.design, fit.record.form, np.eye(1)))
    (1.0, 1)
    """
    matrix, functions, form = _varying(rows, larger, smaller.eta)
    columns = _columns(larger.design, matrix, form)
    task = _AtNull(smaller, form, columns, spread, _leverages(smaller, spread), _room(larger.design))
    made = replace(larger.design, matrix=matrix) if matrix is not larger.design.matrix else larger.design
    sums = made.reduce(task, ScoreSums.plus)
    if spread.corrects_clusters and made.in_chunks and smaller.fit is not None:
        assert spread.dependence is not None
        name, kind = spread.dependence.clusters[0].name, spread.dependence.kind
        middle = corrected_middle(smaller.fit, made, columns, name, kind)
        sums = replace(sums, middle=middle)
    score, information = sums.score, sums.information
    dof = score.size - smaller.rank
    if dof <= 0 or not np.isfinite(information).all():
        return np.nan, max(dof, 0)
    inverse = np.linalg.pinv(information, rcond=SINGULAR, hermitian=True)
    if not spread.robust:
        return float(score @ inverse @ score) / spread.scale, dof
    shown = shown_coordinates(form, columns)
    n_obs = summed_responses(larger.design, larger.form).n_obs if made.in_chunks else made.response.n_obs
    k = 0 if smaller.fit is None else smaller.fit[0].n_params
    covariance = inverse @ spread.finished(sums.middle, made, n_obs, k) @ inverse
    if spread.is_crossed:
        given = np.eye(len(functions[0]) if len(functions) else form.shown.n_flat)
        given[shown.aliased] = 0.0
        covariance, _ = mended(shown.jacobian(given), covariance)
    return _robust(inverse @ score, covariance, shown.jacobian(functions), dof)


@dataclass(frozen=True, eq=False)
class _AtNull:
    """The score and information of the larger model at the estimates of the smaller, over some rows."""

    smaller: Null
    form: Form
    columns: Columns
    spread: ScoreCovariance
    leverages: Leverages | None
    most: int

    def __call__(self, part: Design) -> ScoreSums:
        """Return the sums over some rows."""
        form, columns = self.form, self.columns
        eta, own = self._null(part)
        response = replace(part.response, offset=eta)
        inner = None if form.is_single else inner_predictors(form, columns)
        working = columns.matrix(part.matrix)
        here = Objective(working, response, form.family, predictors=inner).evaluate(
            np.zeros(working.n_columns if inner is None else inner.n_params)
        )
        assert isinstance(here.hessian, DenseHessian)
        middle: FloatArray | list[ClusterSums] | None = None
        if self.spread.robust and not (self.most and own is not None and self.spread.corrects_clusters):
            found = LargerScores(response, working, inner, -response.weights * form.family.slopes(eta, response))
            middle = self.spread.middle(found, own, part, self.leverages, self.most)
        return ScoreSums(-here.gradient, here.hessian.array, middle)

    def _null(self, part: Design) -> tuple[FloatArray, tuple[FitRecord, Design] | None]:
        """Return the linear predictors of the smaller model, and its fit with the same rows."""
        if self.smaller.eta.size:
            return self.smaller.eta, self.smaller.fit
        if self.smaller.fit is None:
            return Null.without_coefficients(self.form, part).eta, None
        record, rows = self.smaller.fit
        assert rows.stream is not None
        own = rows.stream.again(part, rows.info)
        return linear_predictors(record, own.matrix, own.response.offset), (record, own)


def _leverages(smaller: Null, spread: ScoreCovariance) -> Leverages | None:
    """Return what leverages of the smaller fit are made with, where the covariance has them."""
    given = spread.dependence
    if smaller.fit is None or given is None or given.kind not in HC_KINDS or not smaller.fit[0].is_single:
        return None
    return hc_leverages(*smaller.fit, given.kind)


def _room(design: Design) -> int:
    """Return how many numbers may be held."""
    return 0 if design.stream is None else design.stream.memory // 8


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
    weights, intercept = None if design.in_chunks else design.response.weights, design.info.intercept
    if form.in_parts:
        return part_coordinates(matrix, weights, intercept, form.predictors, orthogonal_coordinates)
    return orthogonal_coordinates(matrix, weights, intercept)


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
