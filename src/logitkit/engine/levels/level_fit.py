"""The maximum likelihood estimate with one intercept per level, the levels eliminated from the normal equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from logitkit.design.matrix.arrow import ArrowLayout, arrow_layout
from logitkit.design.matrix.blocks import Blocks, Joined
from logitkit.design.matrix.categorical import Categorical
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.recoded import Recoded
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import ArrowFactor, ArrowHessian
from logitkit.engine.curvature.sums import ArrowSums
from logitkit.engine.curvature.vcov import ArrowVcov
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.levels.level_rank import null_directions
from logitkit.engine.objective import Evaluation, Objective
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.errors import DataError
from logitkit.models.binomial import Binomial
from logitkit.numerics.ascending import by_code
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["LevelFit", "NearlyCollinear", "fit_levels", "nearly_collinear"]

MOVES = 1e-9  # of the largest value of a combination: less is rounding
FAR = 1e4  # a mean that is larger than this beside the values around it costs eight digits of a covariance
CONSTANT = 1e-13  # a column that varies by less than this share of its mean is a constant
ROWS_AT_ONCE = 32_768  # that are put in order: no second copy of all of them
VANISHES = 1e-9  # of the size of a column on the rows: a combination that is smaller is rounding


class NearlyCollinear(Exception):  # noqa: N818 - it leads to another way of fitting, or to an error with names
    """Columns of a wide design are nearly, but not exactly, combinations of others.

    Parameters
    ----------
    columns : int array
        Which take part, among the columns besides the levels.
    far : bool
        Whether the fault is a mean that is far larger than what varies about it.
    """

    def __init__(self, columns: IntArray, far: bool = False) -> None:
        super().__init__()
        self.columns = columns
        self.far = far


@dataclass(frozen=True)
class LevelFit:
    """A fit with one intercept per level.

    Parameters
    ----------
    intercepts : (m,) array
        Of each level; infinite where its rows all have one outcome, nan where it has no row.
    coef : (k,) array
        Of the other columns that were solved for.
    kept : (k,) int array
        Which of the r other columns these are.
    null : (m + r, r - k) array
        For each column that was left out, a combination of columns that vanishes on the rows fitted.
    open : (r - k,) bool array
        Which of these do not vanish on the other rows: the columns in them are not aliased, but undetermined.
    vcov : ArrowVcov
        Covariance of intercepts and coefficients; zero for intercepts that are not finite.
    solution : Solution
        How the solver ended; its coefficients are those of the rows fitted, with centred numbers.
    perfect : (n,) bool array
        Rows of levels with one outcome, whose fitted probabilities are their outcomes.
    """

    intercepts: FloatArray
    coef: FloatArray
    kept: IntArray
    null: FloatArray
    open: BoolArray
    vcov: ArrowVcov
    solution: Solution
    perfect: BoolArray


def nearly_collinear(names: Sequence[str], far: bool = False) -> DataError:
    """Return the error that names the columns."""
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    if far:
        return DataError(
            f"The columns {shown} vary by less than a ten-thousandth of their mean, so that the standard errors of the "
            "levels would be lost to rounding: subtract the mean, or a round number near it."
        )
    return DataError(
        f"The columns {shown} are so nearly linear combinations of one another and of the levels that the levels "
        "cannot be eliminated accurately. Centre and scale numeric columns, or use poly(x, degree) for powers."
    )


def fit_levels(
    matrix: Matrix, n_levels: int, response: Response, family: Binomial, solver: Newton, *, exists: bool = False
) -> LevelFit | None:
    """Fit one intercept per level and the coefficients of the other columns."""
    codes = _codes(matrix)
    weights, y = response.weights, response.y
    coded = _coded(codes)
    events = np.bincount(codes[coded], (weights * y)[coded], n_levels)
    total = np.bincount(codes[coded], weights[coded], n_levels)
    absent = total <= 0.0
    pure = ~absent & ((events <= 0.0) | (events >= total))
    active = np.flatnonzero(~absent & ~pure)
    perfect = np.zeros(codes.size, dtype=bool)
    perfect[coded] = pure[codes[coded]] & (weights[coded] > 0.0)
    used = np.flatnonzero((weights > 0.0) & ~perfect)
    if used.size == 0 or active.size == 0:
        return None
    order = used[by_code(codes[used])]
    rows, centre, far = _sorted_rows(matrix, order, active, n_levels)
    part = response.take(order)
    start = np.concatenate([_first_intercepts(part, _codes(rows), active.size), np.zeros(centre.size)])
    objective = _objective(rows, part, family)
    if bool(np.any(far)):
        raise NearlyCollinear(np.flatnonzero(far), far=True)
    first = objective.evaluate(start)
    hessian = first.hessian
    if not np.isfinite(first.value) or not isinstance(hessian, ArrowHessian) or not hessian.finite:
        return None
    schur, scale = hessian.eliminated(np.maximum(hessian.head, 1e-300))
    place = hessian.layout.rest - active.size  # of each column of the Hessian's rest among the other columns
    accepted, in_place = null_directions(schur)
    kept = np.sort(place[accepted])
    directions = np.empty_like(in_place)
    directions[place] = in_place * scale[:, None]
    vanishing = np.zeros((n_levels + centre.size, directions.shape[1]))
    left = np.zeros(directions.shape[1], dtype=bool)
    if directions.shape[1]:
        _require_vanishing(objective, hessian, in_place * scale[:, None], place)
        vanishing, left = _vanishing(matrix, directions, codes, pure, n_levels)
        vanishing[active] = -(hessian.border @ directions[place]) / hessian.head[:, None] - centre @ directions
        objective = _objective(_with_columns(rows, active.size, kept), part, family)
        start = np.concatenate([start[: active.size], np.zeros(kept.size)])
        first = objective.evaluate(start)
    solution = _solved(objective, start, first, solver, exists)
    here = solution.evaluation
    gained = float((weights * y)[perfect].sum())
    solution = replace(solution, evaluation=replace(here, fitted=here.fitted + gained, matched=here.matched + gained))
    coef = solution.coef[active.size :]
    intercepts = np.full(n_levels, np.nan)
    intercepts[pure] = np.where(events[pure] > 0.0, np.inf, -np.inf)
    intercepts[active] = solution.coef[: active.size] - centre[kept] @ coef
    vcov = ArrowVcov(_whole_factor(solution, active, n_levels, centre[kept]))
    return LevelFit(intercepts, coef, kept, vanishing, left, vcov, solution, perfect)


def _solved(objective: Objective, start: FloatArray, first: Evaluation, solver: Newton, exists: bool) -> Solution:
    """Minimise; an end that the certificate does not confirm is said to be suspected of separation.

    With few rows a level the steps are slow at first though the estimate is finite, so what stops as suspected is
    given the rest of the way, and only an estimate that is certain to exist counts.
    """
    solution = solver.solve(objective, start, first, suspicious=not exists, keep=True)
    if solution.status is Status.SUSPECTED:
        again = solver.solve(objective, solution.coef, solution.evaluation, suspicious=False, keep=True)
        if again.status is Status.CONVERGED and overlap_is_certain(again):
            done = solution.trace[-1].iteration
            later = (replace(step, iteration=step.iteration + done) for step in again.trace)
            return replace(again, trace=(*solution.trace[:-1], *later))
    if solution.status is Status.CONVERGED and not exists and not overlap_is_certain(solution):
        # The caller has a test, or lets the status say that the estimate may not exist.
        solution = replace(solution, status=Status.SUSPECTED)
    if solution.evaluation.hessian is None:  # it stopped on a Hessian that was kept
        solution = replace(solution, evaluation=objective.evaluate(solution.coef))
    return solution


def _require_vanishing(objective: Objective, hessian: ArrowHessian, in_place: FloatArray, place: IntArray) -> None:
    """Refuse combinations that are small on every row, but larger than rounding.

    Random sums of the combinations stand for all of them: if one does not vanish, hardly any sum of them does.
    """
    rng = np.random.default_rng(0)
    unit = 1.0 / np.sqrt(hessian.head.sum())  # of a column that has length one
    for _ in range(2):
        share = in_place @ rng.standard_normal(in_place.shape[1])
        whole = np.empty(hessian.head.size + share.size)
        whole[hessian.layout.head] = -(hessian.border @ share) / hessian.head
        whole[hessian.layout.rest] = share
        if objective.reach(whole) > VANISHES * unit:
            raise NearlyCollinear(np.sort(place[np.any(in_place != 0.0, axis=1)]))


def _codes(matrix: Matrix) -> Any:
    joined = matrix.inner
    assert isinstance(joined, Joined)
    head = joined.parts[0]
    assert isinstance(head, Categorical)
    return head.codes


def _coded(codes: CodeArray | IntArray) -> slice | BoolArray:
    """Return where the rows are that have a level: of all rows a slice, which copies none."""
    coded = codes >= 0
    return slice(None) if coded.all() else coded


def _objective(rows: Matrix, response: Response, family: Binomial) -> Objective:
    layout = arrow_layout(rows)
    assert layout is not None
    return Objective(rows, response, family, ArrowSums(rows, layout))


def _sorted_rows(
    matrix: Matrix, order: IntArray, active: IntArray, n_levels: int
) -> tuple[Recoded, FloatArray, BoolArray]:
    """Return some rows in order, with the levels that are fitted and numbers centred, and the means of the columns.

    Third, which columns vary too little beside their mean: taking the mean back in would cost them their digits.
    """
    from scipy.sparse import block_diag, csr_array, eye_array

    assert isinstance(matrix, Recoded)
    joined = matrix.inner
    assert isinstance(joined, Joined)
    recode = csr_array(csr_array(matrix.recode)[n_levels:, n_levels:])
    used = np.diff(recode.indptr) > 0
    place = np.full(n_levels + 1, -1, dtype=np.int32)  # the last is the place of a negative code
    place[active] = np.arange(active.size, dtype=np.int32)
    codes = place[_codes(matrix)[order]]
    everywhere = bool((codes >= 0).all())
    parts: list[Matrix] = [Categorical(codes, active.size)]
    means, wanted, far = [], [], []
    for given, start in zip(joined.parts[1:], joined.starts[1:], strict=False):
        own = used[start - n_levels : start - n_levels + given.n_columns]
        if isinstance(given, Dense):
            array = _sorted_copy(given.array, order, own)
            # Only where every row has a level is there an intercept that takes up the mean.
            mean = array.mean(axis=0) if everywhere else np.zeros(array.shape[1])
            with np.errstate(invalid="ignore"):  # what is not finite is named by the caller
                np.subtract(array, mean, out=array)
            parts.append(Dense(array))
            means.append(mean)
            with np.errstate(invalid="ignore", over="ignore"):
                spread = np.abs(array).max(axis=0, initial=0.0)
                array[:, spread <= CONSTANT * np.abs(mean)] = 0.0
                far.append(everywhere & (np.abs(mean) > FAR * spread) & (spread > CONSTANT * np.abs(mean)))
            wanted.append(own)
            continue
        parts.append(given.take(order))
        means.append(np.zeros(given.n_columns))
        far.append(np.zeros(given.n_columns, dtype=bool))
        wanted.append(np.ones(given.n_columns, dtype=bool))
    ends = np.cumsum([each.n_columns for each in parts])
    columns = [np.arange(end - each.n_columns, end) for each, end in zip(parts, ends, strict=True)]
    rest = csr_array(recode[np.flatnonzero(np.concatenate([*wanted, np.empty(0, dtype=bool)]))])
    centre = np.asarray(rest.T @ np.concatenate([*means, np.empty(0)]))
    whole = csr_array(block_diag((eye_array(active.size), rest), format="csr"))
    too_far = np.asarray(rest.T @ np.concatenate([*far, np.empty(0, dtype=bool)]).astype(np.float64)) != 0.0
    return Recoded(Blocks.in_order(parts, columns), whole), centre, too_far


def _sorted_copy(array: NDArray[Any], order: IntArray, own: BoolArray) -> FloatArray:
    """Return rows in order and the columns that are needed: the intercept is none of them."""
    out = np.empty((order.size, np.count_nonzero(own)))
    for start in range(0, order.size, ROWS_AT_ONCE):
        place = slice(start, start + ROWS_AT_ONCE)
        out[place] = array[order[place]][:, own]
    return out


def _with_columns(rows: Recoded, n_levels: int, kept: IntArray) -> Recoded:
    """Return the levels and some of the other columns."""
    from scipy.sparse import csr_array

    return Recoded(rows.matrix, csr_array(rows.recode[:, np.r_[np.arange(n_levels), n_levels + kept]]))


def _first_intercepts(response: Response, codes: IntArray, n_levels: int) -> FloatArray:
    """Return the log-odds of each level, half an event added on both sides, less the mean offset."""
    weights = response.weights
    coded = _coded(codes)
    codes, weights = codes[coded], weights[coded]
    events = np.bincount(codes, weights * response.y[coded], n_levels)
    total = np.bincount(codes, weights, n_levels)
    intercepts = np.log((events + 0.5) / (total - events + 0.5))
    if response.shift is not None:
        intercepts -= np.bincount(codes, weights * response.shift[coded], n_levels) / total
    return np.asarray(intercepts)


def _vanishing(
    matrix: Matrix, directions: FloatArray, codes: IntArray, pure: BoolArray, n_levels: int
) -> tuple[FloatArray, BoolArray]:
    """Return combinations of the other columns with what levels that are not fitted add, and which still move rows.

    Within a level whose rows all have one outcome a combination may vary: then it vanishes on the rows that were
    fitted, and not on all.
    """
    out = np.zeros((n_levels + directions.shape[0], directions.shape[1]))
    out[n_levels:] = directions
    coded = codes >= 0
    counts = np.maximum(np.bincount(codes[coded], minlength=n_levels), 1)
    left = np.zeros(directions.shape[1], dtype=bool)
    rows = np.flatnonzero(coded)
    rows = rows[pure[codes[rows]]]
    for number in range(directions.shape[1]):
        values = matrix.matvec(out[:, number])
        means = np.bincount(codes[coded], values[coded], n_levels) / counts
        out[:n_levels, number] = np.where(pure, -means, 0.0)
        away = np.abs(values[rows] - means[codes[rows]]).max(initial=0.0)
        left[number] = away > MOVES * np.abs(values[rows]).max(initial=1e-300)
    return out, left


def _whole_factor(solution: Solution, active: IntArray, n_levels: int, centre: FloatArray) -> ArrowFactor:
    """Return the factorised information over all levels and columns that are not centred.

    Without the centring the border is C + D c' and S stays what it was; a level that was not fitted is held fast.
    """
    hessian = solution.evaluation.hessian
    assert isinstance(hessian, ArrowHessian)
    factor = hessian.factorise()
    place = hessian.layout.rest - active.size
    head = np.full(n_levels, np.inf)
    head[active] = factor.head
    border = np.zeros((n_levels, centre.size))
    border[active] = factor.border + factor.head[:, None] * centre[place]
    levels = np.arange(n_levels)
    layout = ArrowLayout(levels, levels, n_levels + place, None)
    return ArrowFactor(layout, head, border, factor.inner, factor.scale, factor.least_pivot)
