r"""What a penalty leaves of inference: the covariance of the posterior, or none, and the degrees of freedom.

After a penalty with corners or bounds there is no covariance, because the sampling distribution of the estimate is not
near a normal one. After squares only, the inverse of the penalised information is the covariance of the posterior at
its mode, and is named so. Degrees of freedom are those of equation 21 of ``docs/maths/penalties.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.transformed import Transformed
from logitkit.engine.curvature.freedom import effective_freedom, gram_rank, moving, penalty_curvature
from logitkit.engine.curvature.hessian import DenseHessian, Hessian
from logitkit.engine.curvature.vcov import CELLS_MOST, DenseVcov, Vcov, WithheldVcov, vcov_of
from logitkit.engine.facts import Covariance, CovarianceKind
from logitkit.engine.moments import column_moments, design_moments
from logitkit.engine.objective import Objective
from logitkit.engine.regularised.relaxation import unmixed
from logitkit.engine.regularised.shrunken import Shrunken
from logitkit.engine.solvers.choose import DENSE_MOST, ROWS_PER_COLUMN, SAMPLE_MOST
from logitkit.models.binomial import Binomial
from logitkit.models.penalties.penalty import Penalty
from logitkit.numerics.once import once
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "INFERENCE_MOST",
    "NO_DESIGN_INFERENCE",
    "NO_L1_INFERENCE",
    "TOO_WIDE",
    "ColumnRanks",
    "ScaledGram",
    "covariance_of",
    "freedom_along",
]

NO_L1_INFERENCE = (
    "After a penalty that selects coefficients there are no standard errors, intervals or p-values: the selection "
    "used the same data. Fit the selected columns to other rows without a penalty, or use a ridge penalty, which has "
    "a posterior."
)
NO_DESIGN_INFERENCE = (
    "With a penalty and sampling weights or clusters no covariance is offered: the posterior assumes independent rows."
)
FAR = 100.0  # of its deviation: the mean of a column that is centred
FEW = 1_000  # rows: to read fewer saves no time
INFERENCE_MOST = DENSE_MOST  # coefficients whose second derivatives are inverted
TOO_WIDE = "The covariance of so many coefficients is not computed."


def covariance_of(
    given: Shrunken, penalty: Penalty, coef: FloatArray, known: DenseHessian | None = None
) -> tuple[Vcov, CovarianceKind, str, float]:
    """Return covariance, its kind and label, and the effective degrees of freedom, at coefficients as solved for."""
    if penalty.smooth:
        return _posterior(given, penalty, coef, known)
    withheld = WithheldVcov(coef.size, NO_L1_INFERENCE), *Covariance.withheld(NO_L1_INFERENCE)
    return *withheld, _freedom_of(given, penalty, coef)


def freedom_along(given: Shrunken, penalties: Sequence[Penalty], flat: FloatArray) -> FloatArray:
    """Return effective degrees of freedom of solutions (equation 21), at coefficients as reported, shape (k, P)."""
    coef = np.array([given.solved(one) for one in flat])
    if penalties[0].smooth:
        return np.array([_posterior(given, *each, None)[3] for each in zip(penalties, coef, strict=True)])
    return _freedom(given, penalties, coef)


def _freedom_of(given: Shrunken, penalty: Penalty, coef: FloatArray) -> float:
    """Return effective degrees of freedom, which are a rank where no curvature shrinks them."""
    strengths = given.strengths
    index = moving(penalty, coef * strengths.scale)
    mixed = given.gamma is not None and 0.0 < given.gamma < 1.0
    curvature = penalty_curvature(penalty, strengths.quadratic, strengths.scale, coef * strengths.scale, index)
    if given.design.in_chunks or mixed or curvature is not None:
        return float(_freedom(given, [penalty], coef[None, :])[0])
    outcome, column = _places(given)
    ranks = ColumnRanks(given.design, np.unique(column[index]), _scale(given, column))
    with single_threaded_blas():
        return float(ranks.of(column[index], outcome[index], _n_symmetric(given)))


def _places(given: Shrunken) -> tuple[IntArray, IntArray]:
    """Return outcome and column of each coefficient that is solved for."""
    outcome, column = np.divmod(given.strengths.place, given.strengths.free.size)
    return outcome, column


def _scale(given: Shrunken, column: IntArray) -> FloatArray:
    """Return what each column is divided by, shape (p,)."""
    scale = np.ones(given.strengths.free.size)
    scale[column] = given.strengths.scale
    return scale


def _n_symmetric(given: Shrunken) -> int:
    """Return the number of outcomes in symmetric form, 0 in others."""
    return len(given.labels) if given.is_symmetric else 0


def _freedom(given: Shrunken, penalties: Sequence[Penalty], coef: FloatArray) -> FloatArray:
    """Return effective degrees of freedom after penalties with corners or bounds."""
    strengths = given.strengths
    (outcome, column), symmetric = _places(given), _n_symmetric(given)
    used = [moving(penalty, row * strengths.scale) for penalty, row in zip(penalties, coef, strict=True)]
    ranks = ColumnRanks(given.design, np.unique(column[np.concatenate(used)]), _scale(given, column))
    mixed = given.gamma is not None and 0.0 < given.gamma < 1.0
    out = np.empty(len(used))
    for k, (penalty, index) in enumerate(zip(penalties, used, strict=True)):
        curvature = penalty_curvature(penalty, strengths.quadratic, strengths.scale, coef[k] * strengths.scale, index)
        if curvature is None and not mixed:
            out[k] = ranks.of(column[index], outcome[index], symmetric)
        elif index.size > INFERENCE_MOST:
            out[k] = math.nan
        else:
            information = _information(given, index, curvature)
            here = information(coef[k])
            parts = unmixed(given, _flat(given, coef[k])) if mixed else None
            if not mixed:
                out[k] = effective_freedom(here, curvature)
            elif parts is None:
                out[k] = math.nan
            else:
                sums = ((share, information(given.solved(vector))) for share, vector in parts)
                out[k] = sum(share * effective_freedom(own, None, here) for share, own in sums)
    return out


def _flat(given: Shrunken, coef: FloatArray) -> FloatArray:
    """Return the reported coefficients of those that are solved for, whose minimum has been chosen."""
    if given.form.is_single:
        return coef
    predictors, strengths = given.predictors, given.strengths
    flat = np.zeros(predictors.n_flat)
    flat[strengths.place] = coef
    if given.is_symmetric:
        table = flat.reshape(predictors.active.size, -1)
        table[:, strengths.free] -= table[:, strengths.free].mean(axis=0)
    return flat


def _information(given: Shrunken, index: IntArray, curvature: FloatArray | None) -> Callable[[FloatArray], FloatArray]:
    """Return a function that gives second derivatives of the negative log-likelihood by some scaled coefficients."""
    design, scale, problem = given.design, given.strengths.scale, given.problem
    if given.form.is_single:
        gram = ScaledGram(design, index, scale, curvature)
        rows = problem.objective(None, second=False)
        return lambda coef: gram.sum(rows.rows(coef)[1])

    def of_several(coef: FloatArray) -> FloatArray:
        support = np.union1d(index, np.flatnonzero(coef))  # the others are zero
        own = np.searchsorted(support, index)
        hessian = problem.columns_of(support).objective(None).evaluate(coef[support]).hessian
        assert isinstance(hessian, DenseHessian)
        return hessian.array[np.ix_(own, own)] / np.multiply.outer(scale[index], scale[index])

    return of_several


class ScaledGram:
    """Sums of products of some columns, scaled; those far from zero are centred, which an intercept takes up.

    Parameters
    ----------
    design : Design
        The rows.
    index : (k,) int array
        Which columns.
    scale : (p,) array
        What columns are divided by.
    curvature : (k, k) array, optional
        Second derivatives of the penalty.
    centre : (p,) array, optional
        Means of the columns; those of the rows by default.
    """

    def __init__(
        self,
        design: Design,
        index: IntArray,
        scale: FloatArray,
        curvature: FloatArray | None = None,
        centre: FloatArray | None = None,
    ) -> None:
        matrix = design.matrix.columns(index)
        self._shares = 1.0 / scale[index]
        place = np.flatnonzero(index == design.info.intercept) if design.info.intercept is not None else index[:0]
        if isinstance(matrix, Dense) and place.size and (curvature is None or not curvature[place].any()):
            own = column_moments(matrix, design.response.weights).mean if centre is None else centre[index]
            centre = own.copy()
            centre[place] = 0.0
            if (np.abs(centre) > FAR * scale[index]).any():  # products before centring would lose digits
                matrix = Transformed(matrix, centre, np.eye(index.size))
        self._matrix, self._response = matrix, design.response

    def sum(self, weights: FloatArray) -> FloatArray:
        """Return the sums for weights of the rows, shape (k, k)."""
        return Objective(self._matrix, self._response, Binomial()).sum_gram(weights) * np.multiply.outer(
            self._shares, self._shares
        )


def _gram_of_rows(columns: IntArray, scale: FloatArray, centre: FloatArray | None, part: Design) -> FloatArray:
    """Return the sums of products of some columns, scaled, over the rows of a design."""
    return ScaledGram(part, columns, scale, centre=centre).sum(part.response.weights)


class ColumnRanks:
    """Ranks of sets of columns, from one Gram matrix of all that are in any of them.

    Parameters
    ----------
    design : Design
        The rows.
    columns : (k,) int array
        All columns that are asked for, in order. Of more than ``DENSE_MOST`` it is not looked whether they are
        collinear.
    scale : (p,) array
        What columns are divided by.
    """

    def __init__(self, design: Design, columns: IntArray, scale: FloatArray) -> None:
        self._design, self._columns, self._scale = design, columns, scale

    @once
    def _gram(self) -> FloatArray | None:
        """The sums, None where all columns are independent, or taken to be."""
        if self._columns.size > DENSE_MOST or self._few_rows_tell():
            return None
        gram = self._design.reduce(partial(_gram_of_rows, self._columns, self._scale, self._centre()), np.add)
        return None if gram_rank(gram) == len(gram) else gram

    def _few_rows_tell(self) -> bool:
        """Tell whether some of the rows show that all columns are independent; no other row can make them dependent."""
        n_rows, size = self._design.n_rows, max(ROWS_PER_COLUMN * self._columns.size, FEW)
        if self._design.in_chunks or SAMPLE_MOST * size > n_rows:
            return False
        index = np.sort(np.random.default_rng(0).integers(0, n_rows, size))
        sample = self._design.take(index)
        if not sample.response.total > 0.0:
            return False
        gram = _gram_of_rows(self._columns, self._scale, None, sample)
        return gram_rank(gram) == len(gram)

    def _centre(self) -> FloatArray | None:
        """The means of the columns, which those of chunks are taken from; None where rows are held."""
        return design_moments(self._design).mean if self._design.in_chunks else None

    def of(self, columns: IntArray, outcome: IntArray | None = None, n_symmetric: int = 0) -> int:
        """Return the rank of columns, each for an outcome: of second derivatives of the likelihood by coefficients.

        In symmetric form of ``n_symmetric`` outcomes a number may be added to a column's coefficients of all outcomes.
        """
        outcome = np.zeros(columns.size, dtype=np.int64) if outcome is None else outcome
        if self._gram is None:
            return int(columns.size - np.count_nonzero(np.bincount(columns) == n_symmetric) * (n_symmetric > 0))
        place = np.searchsorted(self._columns, columns)
        products = self._gram[np.ix_(place, place)]
        if n_symmetric:
            return gram_rank(products * ((outcome[:, None] == outcome) - 1.0 / n_symmetric))
        return sum(gram_rank(products[np.ix_(own, own)]) for own in (outcome == k for k in np.unique(outcome)))


def _posterior(
    given: Shrunken, penalty: Penalty, coef: FloatArray, known: DenseHessian | None
) -> tuple[Vcov, CovarianceKind, str, float]:
    """Return what ``covariance_of`` does for a purely quadratic penalty."""
    problem, response, p = given.sequence.smooth, given.design.response, coef.size
    active = problem.active
    quadratic = problem.quadratic(penalty)
    found = problem.row_space(quadratic)
    vcov: Vcov
    if found is not None:
        vcov, dof = found[0].posterior(coef[active], found[1])
        if active.size < p:
            vcov = vcov.among(p, active)
    elif problem.by_products or (not problem.is_single and active.size > INFERENCE_MOST):
        return WithheldVcov(p, TOO_WIDE), *Covariance.withheld(TOO_WIDE), math.nan
    else:
        hessian: Hessian | None = known
        if hessian is None:
            hessian = problem.objective(quadratic).evaluate(coef[active]).hessian
        assert hessian is not None
        vcov = vcov_of(hessian)
        if quadratic.strengths.ndim == 1:
            dof = active.size - float(vcov.diagonal() @ quadratic.strengths)
        else:
            dof = active.size - float(np.sum(vcov.array() * quadratic.strengths))
        if active.size < p and p**2 > CELLS_MOST:
            return WithheldVcov(p, TOO_WIDE), *Covariance.withheld(TOO_WIDE), dof
        if active.size < p:  # a coefficient that is held does not vary
            whole = np.zeros((p, p))
            whole[np.ix_(active, active)] = vcov.array()
            vcov = DenseVcov(whole)
    if response.clusters is not None or response.weight_kind == "sampling":
        return WithheldVcov(p, NO_DESIGN_INFERENCE), *Covariance.withheld(NO_DESIGN_INFERENCE), dof
    return vcov, "posterior", "of the posterior at its mode, given the strength of the penalty", dof
