r"""One formula fitted to each group of a table: the groups share the columns of the design and compiled code.

1. Fit each group on its slice of the rows, many at a time, on threads.
2. A group whose own solution does not prove that its estimate exists (``docs/maths/separation.md``, theorem 1), or
   whose columns are not clearly independent, goes the way of a single fit; so does one that is large, and every group
   where the link is not the logit.

Results do not depend on the number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.chunks.groups import GroupsInChunks
from logitkit.design.constant import with_constant
from logitkit.design.design import Design, RowCounts
from logitkit.design.group_rows import GroupRows
from logitkit.design.groups import Groups
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.assemble import make_record
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.curvature.vcov import DenseVcov, vcov_of
from logitkit.engine.facts import Covariance, CovarianceKind
from logitkit.engine.fit import fit_design
from logitkit.engine.objective import Evaluation
from logitkit.engine.rank import identity_coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.small import SmallFits, is_small, solve_small
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.inference.conditioning import conditioning
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.inference.dependence import Dependences, dependences_of
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.resampling.refits import certain_fits
from logitkit.models.binomial import Binomial
from logitkit.models.conventions import OURS, Conventions
from logitkit.models.form import Form
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.progress import progress
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["NO_SANDWICH", "GroupedRecord", "fit_group", "fit_groups", "grouped_predictor", "without_sandwich"]

CHUNK_CELLS = 1 << 17  # of the columns: 1 MiB
BLOCK = 16_384
NO_SANDWICH = "no standard errors (at least two rows or clusters are needed)"
NO_ROWS = "no row of positive weight"


@dataclass(frozen=True)
class GroupedRecord:
    """The results of the fits of G groups.

    Parameters
    ----------
    info : DesignInfo
        Names, terms and coding, the same for all groups.
    form : Form
        Distribution and link, and the linear predictor that all groups share.
    groups : Groups
        The variables and values that define each group.
    coef, std_error : (G, p) array
        Estimates and standard errors; infinite and nan as in a single fit.
    n_obs, n_params : (G,) int array
        Number of observations, and rank.
    events : (G,) array
        Weighted number of events.
    loglik, deviance : (G,) array
        As in a single fit; nan with sampling weights or clusters.
    status : tuple of str
        How each fit ended, in words.
    converged : (G,) bool array
        Whether each fit converged.
    single, dependences : dict of int to FitRecord or Dependences
        Records of the groups that were fitted one by one, and dependences of the groups whose columns are linearly
        dependent.
    counts : RowCounts
        Numbers of rows of the table, used and dropped.
    covariance, level : str, float
        How standard errors were computed, and the confidence level of intervals.
    conventions : Conventions
        The conventions where packages differ.
    """

    info: DesignInfo
    form: Form
    groups: Groups
    coef: FloatArray
    std_error: FloatArray
    n_obs: IntArray
    n_params: IntArray
    events: FloatArray
    loglik: FloatArray
    deviance: FloatArray
    status: tuple[str, ...]
    converged: BoolArray
    single: dict[int, FitRecord]
    dependences: dict[int, Dependences]
    counts: RowCounts
    covariance: str
    level: float
    conventions: Conventions = OURS

    @property
    def family(self) -> Any:
        """Distribution and link."""
        return self.form.family

    @property
    def aic(self) -> FloatArray:
        """Akaike's information criterion of each group, shape (G,); nan under complete separation."""
        perfect = np.isin(np.arange(len(self.groups)), [g for g, r in self.single.items() if r.separated_completely])
        return np.where(perfect, np.nan, 2.0 * self.n_params - 2.0 * self.loglik)

    @property
    def separated(self) -> IntArray:
        """Groups whose data are separated."""
        return np.array([g for g, record in self.single.items() if record.is_separated], dtype=np.int64)

    @property
    def aliased(self) -> IntArray:
        """Groups in which columns were dropped."""
        return np.array([g for g, record in self.single.items() if record.aliased.size], dtype=np.int64)

    @property
    def collinear(self) -> IntArray:
        """Groups with nearly collinear columns; a fit in compiled code proves that there are none."""
        return np.array([g for g in self.single if self.names_where(g, "collinear")], dtype=np.int64)

    def names_where(self, group: int, what: str) -> tuple[str, ...]:
        """Return the coefficients of a group that are ``'aliased'``, ``'collinear'`` (nearly) or ``'separated'``."""
        record = self.single.get(group)
        if record is None:
            return ()
        if what != "separated":
            names = tuple(record.names[j] for j in record.aliased)
            return names if what == "aliased" else conditioning(record).columns
        return record.limit.infinite


def fit_groups(
    rows: GroupRows, form: Form, solver: Newton, level: float = 0.95, conventions: Conventions = OURS
) -> GroupedRecord:
    """Fit the model to each group."""
    family: Any = form.family
    design, n_groups = rows.design, len(rows.groups)
    response, p = design.response, len(design.info.names)
    sizes = _sizes(rows, family)
    coef, std_error = np.full((2, n_groups, p), np.nan)
    value, n_params = np.full(n_groups, np.nan), np.full(n_groups, p)
    certain = np.zeros(n_groups, dtype=bool)
    withheld = response.clusters is not None or (response.prior is not None and response.weight_kind == "sampling")
    status = [Status.CONVERGED.value] * n_groups
    labels: set[str] = set()
    with single_threaded_blas():
        chunks = _chunks(rows.edges, p) if family.is_logit else []  # compiled fits are of the logit
        sizes_of = [last - first for first, last in chunks]
        parts = ordered_map(lambda k: _solve(rows, *chunks[k], solver), len(chunks), "Groups", sizes=sizes_of)
        for (first, last), fits in zip(chunks, parts, strict=True):
            if fits is None:
                continue
            sure = certain_fits(fits)
            coef[first:last], value[first:last], certain[first:last] = fits.coef, fits.value, sure
            if not withheld:
                std_error[first:last][sure] = _errors(fits.information[sure])
                continue
            for place in np.flatnonzero(sure).tolist():
                group_design = rows.design_of(first + place)
                made = replace(_record_of(group_design, form, fits, place, level), conventions=conventions)
                record = _sandwich(made, group_design)
                std_error[first + place] = record.std_error
                status[first + place] = _status(record)
                labels.add(record.covariance.label)
    converged = np.ones(n_groups, dtype=bool)
    single: dict[int, FitRecord] = {}
    dependences: dict[int, Dependences] = {}
    loglik, deviance = sizes.constant - value, np.maximum(2.0 * (value - sizes.saturated), 0.0)
    doubtful = np.flatnonzero(~certain).tolist()
    with progress(len(doubtful), "Groups to check") as shown:
        for group in doubtful:
            shown.advance()
            coef[group] = std_error[group] = np.nan
            if sizes.total[group] <= 0.0:
                status[group], converged[group], n_params[group] = NO_ROWS, False, 0
                loglik[group] = deviance[group] = np.nan
                continue
            record = single[group] = fit_group(rows, group, form, solver, level, conventions)
            coef[group], std_error[group], n_params[group] = record.coef, record.std_error, record.n_params
            labels.add(record.covariance.label)
            if record.aliased.size:
                used = rows.rows(group)
                used = used[response.weights[used] > 0.0]
                dependences[group] = dependences_of(design.matrix.take(used).to_dense(), record.aliased)
            loglik[group], deviance[group] = record.loglik, record.deviance
            status[group], converged[group] = _status(record), record.converged
    if withheld:
        loglik[:] = deviance[:] = np.nan
    labels.discard(NO_SANDWICH)
    return GroupedRecord(
        info=design.info,
        form=form,
        groups=rows.groups,
        coef=coef,
        std_error=std_error,
        n_obs=sizes.n_obs,
        n_params=n_params,
        events=sizes.events,
        loglik=loglik,
        deviance=deviance,
        status=tuple(status),
        converged=converged,
        single=single,
        dependences=dependences,
        counts=design.counts,
        covariance=next(iter(labels), Covariance().label),
        level=level,
        conventions=conventions,
    )


def fit_group(
    rows: GroupRows | GroupsInChunks,
    group: int,
    form: Form,
    solver: Newton,
    level: float,
    conventions: Conventions = OURS,
) -> FitRecord:
    """Fit one group as a single fit."""
    design = rows.design_of(group)
    return _sandwich(replace(fit_design(design, form, solver, level), conventions=conventions), design)


def grouped_predictor(
    record: GroupedRecord,
    codes: IntArray,
    matrix: Matrix,
    offset: FloatArray | None,
    sides: FloatArray | None = None,
) -> tuple[FloatArray, BoolArray]:
    """Return the linear predictor of each row from the fit of its group; under separation, its limit."""
    eta = np.empty(codes.size)
    open_rows = np.zeros(codes.size, dtype=bool)
    for start in range(0, codes.size, BLOCK):
        rows = slice(start, min(start + BLOCK, codes.size))
        eta[rows] = np.einsum("ij,ij->i", matrix.rows(rows.start, rows.stop).to_dense(), record.coef[codes[rows]])
    special = np.isin(codes, [*record.single])
    for group in np.unique(codes[special]).tolist():
        rows_of = np.flatnonzero(codes == group)
        part = matrix.take(rows_of)
        own = None if sides is None else sides[rows_of]
        eta[rows_of] = linear_predictors(record.single[group], part, None, own)[0]
        if group in record.dependences:
            open_rows[rows_of] = record.dependences[group].move(part.to_dense())
    open_rows |= np.array([text == NO_ROWS for text in record.status], dtype=bool)[codes]
    eta[open_rows] = np.nan
    return eta if offset is None else eta + offset, open_rows


@dataclass(frozen=True)
class _Sizes:
    """Sums over the rows of each group."""

    n_obs: IntArray
    total: FloatArray
    events: FloatArray
    constant: FloatArray
    saturated: FloatArray


def _sizes(rows: GroupRows, family: Binomial) -> _Sizes:
    """Return counts, and the parts of the likelihoods that depend on no coefficient."""
    response, n_groups = rows.design.response, len(rows.groups)
    codes = np.empty(rows.order.size, dtype=np.int64)
    codes[rows.order] = np.repeat(np.arange(n_groups), np.diff(rows.edges))

    def sums(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(codes, values, minlength=n_groups))

    weights, prior = response.weights, response.prior
    counted = prior is not None and response.weight_kind == "frequency"
    observations = prior if prior is not None and counted else np.ones(weights.shape)
    n_obs = np.rint(sums(np.where(weights > 0.0, observations, 0.0))).astype(np.int64)
    constant = saturated = np.zeros(n_groups)
    if response.trials is not None:
        constants = family.log_constant(response.y, response.trials)
        constant = sums(constants if prior is None else prior * constants)
        saturated = sums(weights * family.saturated_loss(response.y))
    return _Sizes(n_obs, sums(weights), sums(weights * response.y), constant, saturated)


def _chunks(edges: IntArray, p: int) -> list[tuple[int, int]]:
    """Cut the groups into runs of about equal numbers of rows, by size alone; a large group is a run of its own."""
    chunk_of = edges[:-1] // max(CHUNK_CELLS // max(p, 1), 1)
    large = np.array([not is_small(int(size), p) for size in np.diff(edges)])
    alone = large | np.append(False, large[:-1])
    starts = np.flatnonzero((np.diff(chunk_of, prepend=-1) != 0) | alone)
    stops = [*starts[1:], edges.size - 1]
    return [(int(first), int(last)) for first, last in zip(starts, stops, strict=True)]


def _solve(rows: GroupRows, first: int, last: int, solver: Newton) -> SmallFits | None:
    """Fit a run of groups in compiled code, or leave a large group to the way of single fits."""
    design, p = rows.design, len(rows.design.info.names)
    if not is_small(int(rows.edges[first + 1] - rows.edges[first]), p):
        return None
    begin, end = rows.edges[first], rows.edges[last]
    taken = rows.order[begin:end]
    response = design.response.take(taken)
    weights, offset = response.weights, response.shift
    edges = rows.edges[first : last + 1] - begin
    bounds = np.column_stack([edges[:-1], edges[1:]])
    start = np.zeros((last - first, p))
    if offset is not None and design.info.intercept is not None:
        own = np.repeat(np.arange(last - first), np.diff(edges))
        total = np.bincount(own, weights, minlength=last - first)
        start[:, design.info.intercept] = -np.bincount(own, weights * offset, minlength=last - first) / np.where(
            total > 0.0, total, 1.0
        )
    X = design.matrix.take(taken).to_dense()
    return solve_small(X, response.y, weights, offset, bounds, start, solver, information=True)


def _errors(information: FloatArray) -> FloatArray:
    """Return the standard errors of m fits from their information, shape (m, p)."""
    root = np.sqrt(np.einsum("gjj->gj", information))
    inverse = np.linalg.inv(information / root[:, :, None] / root[:, None, :])
    return np.asarray(np.sqrt(np.einsum("gjj->gj", inverse)) / root)


def _record_of(design: Design, form: Form, fits: SmallFits, place: int, level: float) -> FitRecord:
    """Return one of many fits as the record of a single one."""
    design, hessian = with_constant(design), DenseHessian(fits.information[place])
    none = np.zeros(fits.coef.shape[1])
    here = Evaluation(float(fits.value[place]), none, hessian, float(fits.closest[place]))
    solution = Solution(fits.coef[place].copy(), here, float(fits.decrement[place]), Status.CONVERGED, (), True)
    return make_record(design, form, identity_coordinates(), solution, vcov_of(hessian), None, level)


def _sandwich(record: FitRecord, design: Design) -> FitRecord:
    """Return the record with the sandwich that it needs; where there can be none, without standard errors."""
    response = design.response
    sampled = response.prior is not None and response.weight_kind == "sampling"
    if response.clusters is not None:
        units = np.unique(response.clusters.codes[response.weights > 0.0]).size
    else:
        units = response.n_obs if sampled else 2
    return with_required_sandwich(record, design) if units >= 2 else without_sandwich(record, response, units)


def without_sandwich(record: FitRecord, response: Response, units: int) -> FitRecord:
    """Return the record without standard errors if there are fewer than two rows or clusters."""
    q = record.inner_coef.size
    kind: CovarianceKind = "sampling" if response.clusters is None else "cluster"
    return record.with_covariance(DenseVcov(np.full((q, q), np.nan)), Covariance(kind, NO_SANDWICH, "", units))


def _status(record: FitRecord) -> str:
    """Return how a fit ended, in words."""
    why = f"; {NO_SANDWICH}" if record.covariance.label == NO_SANDWICH else ""
    return record.status.value + why
