r"""Fits of so many outcomes that second derivatives cost more than the whole fit without them.

1. Newton's equations are solved by conjugate gradients (``rows/products.py``): the Hessian is never written out.
2. That the estimate exists follows from the gradient and the columns alone. With :math:`g_k` the gradient of outcome k,
   the reference included, G the Gram matrix of the rows without their weights, and
   :math:`\gamma^2 = \sum_k g_k'G^{-1}g_k`, there is no separation if every :math:`w_i p_{il}` of an outcome l that row
   i does not have is above :math:`\gamma` (``docs/maths/multinomial.md``, equation 11a).
3. Where coefficients run off, outcomes are looked at one by one: one that a hyperplane separates from all others proves
   that there is no maximum.
4. Standard errors need the whole information. It is summed and inverted when somebody asks for one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from logitkit.design.constant import with_constant
from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.design.table.checks import require_finite
from logitkit.engine.assemble import make_record, shown_coordinates
from logitkit.engine.cost import require_affordable
from logitkit.engine.curvature.vcov import DeferredVcov, Vcov, WithheldVcov, vcov_of
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.facts import Covariance
from logitkit.engine.objective import Evaluation, Objective, OfObjective
from logitkit.engine.origin import in_coordinates, origin_of
from logitkit.engine.rank import CLEAR_SHARE, Coordinates, identity_coordinates, least_share, orthogonal_coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.rows.vector import VectorRows
from logitkit.engine.solvers.choose import sample_size
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.errors import DataError, UnsupportedError
from logitkit.models.binomial import Binomial
from logitkit.models.form import Form
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray

__all__ = ["fit_many"]

MANY = 301  # coefficients, more than are tested for separation by a linear program,
OUTCOMES, OUTCOMES_SAMPLED = 11, 32  # and outcomes, more where a sample of the rows gives second derivatives first
BLOCKS_MOST = 50_000_000  # numbers in the blocks of all outcomes: 400 MB
WRITTEN_MOST = 8_000  # coefficients whose coordinates may be written out as an array
LOOKED_AT = 50  # rare outcomes that are compared with all others, where coefficients run off
IN_VAIN_MOST = 10
NAMED_MOST = 5
STEPS_APART = 30  # of a fit of one outcome against all others, whose coefficients grow by one or so in each
LOGITS_MOST = 100_000_000  # that are looked at at once
BEYOND_ROUNDING = 1e-9
SURELY = 10.0  # times the length of a gradient: rounding allowance on the proof that the estimate exists
NEAR = 0.3  # standard errors from the optimum
METHOD = "Newton's method by conjugate gradients"


@dataclass(frozen=True, eq=False)
class _ByProducts(OfObjective):
    """An objective of several outcomes whose second derivatives are known by their products."""

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) the second derivatives by their products."""
        from logitkit.engine.rows.products import SoftmaxHessian

        del rough
        here = self.objective.evaluate(coef, False, False, pearson)
        if not hessian:
            return here
        rows = self.objective.engine
        assert isinstance(rows, VectorRows)
        return replace(here, hessian=SoftmaxHessian(rows, coef))

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a difference of two logits along a direction, or rather more."""
        return self.objective.reach(direction)


def fit_many(
    design: Design, form: Form, solver: Newton, level: float, start: FloatArray | None = None
) -> FitRecord | None:
    """Fit a model of very many coefficients without their second derivatives; None where another way is to be taken.

    ``start`` are coefficients as solved for, in the columns as given, that may be near.
    """
    if not _may(design, form):
        return None
    design = with_constant(design)
    gram = _gram(design.matrix, design.response)
    if not np.isfinite(gram.trace()):
        require_finite(design.matrix, design.info.names, design.positions)
        return None
    columns, intercept = identity_coordinates(), design.info.intercept
    if least_share(gram, intercept) < CLEAR_SHARE:
        if form.predictors.n_params > WRITTEN_MOST:
            return None
        columns = orthogonal_coordinates(design.matrix, design.response.weights, intercept)
    if not columns.is_identity:
        gram = _gram(columns.matrix(design.matrix), design.response)
    objective = _objective(design, form, columns, second=False)
    origin = origin_of(design.response, form, intercept, columns)
    if start is not None:
        warm = in_coordinates(form, columns, start)
        origin = min(origin, warm, key=lambda coef: objective.evaluate(coef, hessian=False).value)
    solution = _solved(_ByProducts(objective), solver, origin)
    vcov: Vcov | None = None
    shown = shown_coordinates(form, columns)
    if solution.status is Status.CONVERGED:
        if _overlaps(objective.evaluate(solution.coef, hessian=False), gram, form.predictors.active.size):
            vcov = _vcov(design, form, columns, solution.coef)
        elif _is_affordable(design, form):  # one sum of the whole information settles most doubts
            solution = Newton().solve(_objective(design, form, columns, second=True), solution.coef)
            if not overlap_is_certain(solution):
                return None  # the exact test decides
            assert solution.evaluation.hessian is not None
            vcov = vcov_of(solution.evaluation.hessian)
            solution = replace(solution, method=METHOD)
        if vcov is not None:
            return _recorded(make_record(design, form, shown, solution, vcov, None, level))
    status = Status.SUSPECTED if solution.status is Status.CONVERGED else solution.status
    reason = "The coefficients appear to diverge." if status is Status.SUSPECTED else "The fit has not converged."
    if apart := _told_apart(design, form, columns, solution):
        status, reason = Status.UNBOUNDED, f"There is no maximum: {apart}."
    vcov = WithheldVcov(solution.coef.size, reason)
    return _recorded(make_record(design, form, shown, replace(solution, status=status), vcov, None, level))


def _solved(objective: _ByProducts, solver: Newton, start: FloatArray) -> Solution:
    """Minimise; separation is not suspected before the optimum of what is bounded is near.

    Far from it, steps by conjugate gradients are slow for other reasons.
    """
    far = replace(solver, tol=max(solver.tol, NEAR)).solve(objective, start, suspicious=False)
    if far.status is not Status.CONVERGED or len(far.trace) >= solver.max_iter:
        return replace(far, method=METHOD)
    near = replace(solver, max_iter=solver.max_iter - len(far.trace)).solve(objective, far.coef)
    done = (*far.trace[:-1], replace(far.trace[-1], length=1.0))
    later = (replace(step, iteration=step.iteration + len(done)) for step in near.trace)
    return replace(near, trace=(*done, *later), method=METHOD)


def _may(design: Design, form: Form) -> bool:
    """Tell whether a model is of the kind that products are known of, and large enough."""
    if design.in_chunks or form.is_single or form.in_parts or not form.family.compares_predictors:
        return False
    predictors, offset = form.predictors, design.response.offset
    k, p, q = predictors.n_predictors, predictors.n_columns, predictors.n_params
    is_sampled = sample_size(design.matrix.n_rows, q, design.matrix.width) > 0
    if q < MANY or k < (OUTCOMES_SAMPLED if is_sampled else OUTCOMES):
        return False
    if predictors.basis is not None or predictors.active.size != k - 1:
        return False
    if form.contrast is not None and q > WRITTEN_MOST:
        return False
    finite = offset is None or bool(np.isfinite(offset).all())
    return finite and k * max(p, design.matrix.inner.n_columns) ** 2 <= BLOCKS_MOST


def _gram(matrix: Matrix, response: Response) -> FloatArray:
    """Return the Gram matrix of the rows that count, each as often as another."""
    return matrix.gram((response.weights > 0.0).astype(float))


def _objective(design: Design, form: Form, columns: Coordinates, second: bool) -> Objective:
    predictors = form.predictors
    matrix = columns.matrix(design.matrix)
    if not columns.is_identity:
        predictors = predictors.of_columns(matrix.n_columns)
    return Objective(matrix, design.response, form.family, predictors=predictors, second=second)


def _overlaps(here: Evaluation, gram: FloatArray, m: int) -> bool:
    """Tell whether a gradient proves that no direction of recession exists."""
    table = here.gradient.reshape(m, -1)
    table = np.vstack([table, -table.sum(axis=0)])
    diagonal = gram.diagonal()
    if not (np.isfinite(table).all() and (diagonal > 0.0).all()):
        return False
    scale = 1.0 / np.sqrt(diagonal)
    try:
        factor = np.linalg.cholesky(gram * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        return False
    length = float(np.linalg.norm(np.linalg.solve(factor, (table * scale).T)))
    return here.closest > SURELY * max(length, float(np.finfo(float).eps))


def _is_affordable(design: Design, form: Form) -> bool:
    try:
        require_affordable(design.matrix, form.predictors)
    except (UnsupportedError, DataError):
        return False
    return True


def _vcov(design: Design, form: Form, columns: Coordinates, coef: FloatArray) -> Vcov:
    """Return the covariance, to be computed when it is asked for; or why there is none."""
    try:
        require_affordable(design.matrix, form.predictors)
    except (UnsupportedError, DataError) as error:
        return WithheldVcov(coef.size, str(error))
    return DeferredVcov(coef.size, partial(_inverse_information, _own_rows(design), form, columns, coef))


def _own_rows(design: Design) -> Design:
    """Return the rows as they are now: arrays that were given as they are may be changed by whoever gave them."""
    return design if design.info.formula is not None else design.take(np.arange(design.n_rows))


def _inverse_information(design: Design, form: Form, columns: Coordinates, coef: FloatArray) -> Vcov:
    with single_threaded_blas():
        found = _objective(design, form, columns, second=True).evaluate(coef).hessian
        assert found is not None
        return vcov_of(found)


def _recorded(record: FitRecord) -> FitRecord:
    """Return a record that says why it has no standard errors, where it has none."""
    vcov = record.inner_vcov
    if isinstance(vcov, WithheldVcov):
        return replace(record, covariance=Covariance(*Covariance.withheld(vcov.reason)))
    return record


def _told_apart(design: Design, form: Form, columns: Coordinates, solution: Solution) -> str:
    """Return in words which outcomes some direction tells apart, which proves that there is no maximum; or nothing.

    Moving the coefficients along it raises the logit of each row's own outcome over all others, or raises the logit of
    one outcome in its own rows and lowers it in all others. Signs are looked at beyond any rounding.
    """
    response, matrix = design.response, columns.matrix(design.matrix)
    if response.shares is not None:
        return ""
    objective = _objective(design, form, columns, second=False)
    if _every_row_is_told(objective, solution.coef):
        return "these coefficients predict the outcome of every row"
    found: list[int] = []
    for looked, k in enumerate(np.argsort(response.totals, kind="stable")[:LOOKED_AT]):
        if _is_apart(matrix, Response((response.codes == k).astype(float), prior=response.prior)):
            found.append(int(k))
        elif looked - len(found) >= IN_VAIN_MOST:  # the others have more rows
            break
    if not found:
        return ""
    names = ", ".join(repr(str(design.info.response.outcomes[k])) for k in found[:NAMED_MOST])
    more = f" and {len(found) - NAMED_MOST:,} others" if len(found) > NAMED_MOST else ""
    return f"a hyperplane separates the rows of each of {names}{more} from all other rows"


def _every_row_is_told(objective: Objective, coef: FloatArray) -> bool:
    """Tell whether the own outcome of every row that counts has the highest logit."""
    response, predictors = objective.response, objective.predictors
    if response.n_rows * predictors.n_predictors > LOGITS_MOST:
        return False
    eta = objective.linear_predictor(coef)
    size = np.abs(eta).max(axis=0)
    here = np.arange(response.n_rows)
    own = eta[response.codes, here].copy()
    eta[response.codes, here] = -np.inf
    ahead = own - eta.max(axis=0) > BEYOND_ROUNDING * size
    return bool(ahead[response.weights > 0.0].all())


def _is_apart(matrix: Matrix, response: Response) -> bool:
    """Tell whether a hyperplane separates events from the others: it is looked for along the fit that runs off."""
    solution = Newton(max_iter=STEPS_APART).solve(
        Objective(matrix, response, Binomial()), np.zeros(matrix.n_columns), suspicious=False
    )
    if not np.isfinite(solution.coef).all():
        return False
    length = np.abs(solution.coef).max()
    margin = (2.0 * response.y - 1.0) * matrix.matvec(solution.coef / max(length, 1.0))
    return bool(margin[response.weights > 0.0].min() > BEYOND_ROUNDING)
