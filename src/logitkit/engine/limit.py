"""The limiting model of separated rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.engine.assemble import make_record, shown_coordinates, shown_directions
from logitkit.engine.chunked import ChunkedObjective
from logitkit.engine.curvature.hessian import Hessian
from logitkit.engine.curvature.vcov import DenseVcov, vcov_of
from logitkit.engine.existence.margins import MarginRows, Margins
from logitkit.engine.existence.passes import sides_of
from logitkit.engine.existence.separation import Separated
from logitkit.engine.facts import Limit
from logitkit.engine.objective import Objective
from logitkit.engine.origin import origin_of
from logitkit.engine.part_coordinates import Columns
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.scoring import polished
from logitkit.engine.solvers.solver import Status
from logitkit.models.form import Form
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.typing import FloatArray

__all__ = ["fit_limit", "limit_facts", "limiting_objective", "rows_at_limit"]


def fit_limit(
    design: Design, form: Form, columns: Columns, margins: Margins, separated: Separated, solver: Newton
) -> FitRecord:
    """Fit the limiting model, each row without the outcomes that it loses, and record what is infinite."""
    objective = _summed(design, form, columns, margins, separated)
    start: FloatArray = np.zeros(objective.n_params)
    if not form.is_single or form.family.needs_origin:
        whole = origin_of(design.sample.response, form, design.info.intercept, columns)
        start = np.asarray(np.linalg.lstsq(separated.complement, whole, rcond=None)[0])
    solution = solver.solve(objective, start, suspicious=False)
    if form.family.solving != form.family.exact:
        solution = polished(objective, form.family.exact, solver, solution)
    status = Status.SEPARATED if solution.status is Status.CONVERGED else solution.status
    complement = separated.complement
    here = solution.evaluation
    held = None if design.in_chunks else margins
    n_rows, perfect = design.reduce(_LimitSums(form, columns, separated, held), _added)
    if form.is_single:  # a separated row is fitted perfectly: its mean is its outcome
        here = replace(here, fitted=here.fitted + perfect, matched=here.matched + perfect)
    information: Hessian | None = solution.evaluation.hessian
    if form.family.solving != form.family:
        information = objective.with_family(form.family).evaluate(solution.coef).hessian
    assert information is not None
    vcov = DenseVcov(complement @ vcov_of(information).array() @ complement.T)
    solution = replace(solution, coef=complement @ solution.coef, status=status, evaluation=here)
    limit = limit_facts(form, columns, separated, n_rows)
    return make_record(design, form, shown_coordinates(form, columns), solution, vcov, limit, 0.95)


def limiting_objective(
    design: Design, form: Form, columns: Columns, margins: Margins, separated: Separated
) -> Objective:
    """Return the objective of the limiting model, over the directions that no separated row keeps from moving."""
    response = design.response
    differences = margins.differences
    if differences is None:
        from logitkit.design.matrix.transformed import Transformed

        # Weight zero takes the separated rows out without a copy of the others.
        prior = np.where(separated.rows, 0.0, 1.0 if response.prior is None else response.prior)
        assert isinstance(columns, Coordinates)
        assert columns.centre is not None and columns.basis is not None  # noqa: PT018 - the test needs coordinates
        rows = Transformed(design.matrix, columns.centre, columns.basis @ separated.complement)
        return Objective(rows, replace(response, prior=prior), form.family.solving)
    return Objective(
        differences.matrix,
        replace(response, offset=_limiting_offset(response, differences, separated)),
        form.family.solving,
        predictors=differences.predictors.within(separated.complement),
    )


def _summed(design: Design, form: Form, columns: Columns, margins: Margins, separated: Separated) -> Objective:
    """Return the objective of the limiting model, of rows that are read in chunks as a sum over these."""
    if not design.in_chunks:
        return limiting_objective(design, form, columns, margins, separated)
    return ChunkedObjective(design, _LimitOfRows(form, columns, separated, form.family.solving))


def _told(margins: Margins, separated: Separated) -> Separated:
    """Return a separation that tells which of some rows are separated."""
    return replace(separated, rows=separated.moved.of(margins.matrix, sides_of(margins.sides)))


@dataclass(frozen=True)
class _LimitOfRows:
    """The limiting objective of the rows of a chunk."""

    form: Form
    columns: Columns
    separated: Separated
    family: Any
    quadratic: Quadratic | None = None

    @property
    def likelihood(self) -> Any:
        """The family whose outcomes are counted."""
        return self.form.family

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held."""
        here = Margins(part, self.form, self.columns)
        found = limiting_objective(part, self.form, self.columns, here, _told(here, self.separated))
        return found.with_family(self.family)


@dataclass(frozen=True)
class _LimitSums:
    """How many rows are at their limit, and the weight of the events among the separated ones."""

    form: Form
    columns: Columns
    separated: Separated
    held: Margins | None

    def __call__(self, part: Design) -> tuple[int, float]:
        """Return both for some rows."""
        margins, separated = self.held, self.separated
        if margins is None:
            margins = Margins(part, self.form, self.columns)
            separated = _told(margins, separated)
        if margins.differences is None:
            rows, response = separated.rows, part.response
            return int(rows.sum()), float(response.weights[rows] @ response.y[rows])
        return rows_at_limit(margins, separated), 0.0


def _added(one: tuple[int, float], other: tuple[int, float]) -> tuple[int, float]:
    return one[0] + other[0], one[1] + other[1]


def rows_at_limit(margins: Margins, separated: Separated) -> int:
    """Return how many rows are fitted perfectly in the limit: all of their margins that say anything are infinite."""
    if margins.differences is None:
        return int(separated.rows.sum())
    moved = separated.rows.reshape(margins.differences.minus.shape)
    idle = (margins.sides.weights <= 0.0).reshape(moved.shape)  # margins that say nothing
    return int(np.count_nonzero((moved | idle).all(axis=1) & moved.any(axis=1)))


def _limiting_offset(response: Response, rows: MarginRows, separated: Separated) -> FloatArray:
    """Return offsets that are infinite where a predictor is at its limit, shape (m, n)."""
    shape = (rows.predictors.n_predictors, response.n_rows)
    offset = np.zeros(shape) if response.offset is None else response.offset.copy()
    moved = separated.rows.reshape(rows.minus.shape)
    row, place = np.nonzero(moved)
    plus, minus = rows.plus[row, place], rows.minus[row, place]
    falls = minus >= 0
    offset[minus[falls], row[falls]] = -np.inf
    offset[plus[~falls], row[~falls]] = np.inf
    return offset


def limit_facts(form: Form, columns: Columns, separated: Separated, n_rows: int) -> Limit:
    """Return the facts about coefficients at infinity, without names."""
    moving = np.column_stack([separated.null, separated.direction])
    if form.is_single:
        assert isinstance(columns, Coordinates)
        null = columns.directions(moving[:, :-1])
        shown = np.column_stack([null, columns.directions(moving[:, -1:])])
    else:
        shown = shown_directions(form, moving, columns)
    direction = shown[:, -1]
    signs = separated.cone.signs_of(shown[:, :-1])
    return Limit((), separated.cone, direction / np.abs(direction).max(), n_rows, signs, separated.cone.dimension)
