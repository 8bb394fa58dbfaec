r"""The objective of rows that are read in chunks: the sum of the objectives of the chunks, one pass an evaluation.

Sums over rows add, so each chunk is an objective of its own, and value, gradient and Hessian of all rows are sums in
the order of the chunks: the same bits for any number of threads and however the rows lie in files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, Objective, with_quadratic
from logitkit.engine.part_coordinates import Columns, inner_predictors
from logitkit.engine.response_sums import ResponseSums, response_sums
from logitkit.engine.rows.engine import RowEngine
from logitkit.models.form import Form
from logitkit.models.penalties.quadratic import Quadratic
from logitkit.models.predictors import Predictors
from logitkit.numerics.once import once
from logitkit.typing import FloatArray, IntArray

__all__ = ["ChunkedObjective", "Rows", "RowsOfColumns", "RowsOfForm"]

T = TypeVar("T")


class Rows(Protocol):
    """The objective of any rows: what is sent to where the rows are."""

    @property
    def likelihood(self) -> Any:
        """The family whose outcomes are counted."""

    @property
    def quadratic(self) -> Quadratic | None:
        """Part of a penalty, which is added once."""

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held, without a penalty."""


@dataclass(frozen=True)
class RowsOfForm:
    """The objective of rows by the form of a model, in coordinates of the columns.

    Parameters
    ----------
    form : Form
        The model.
    columns : Columns
        Coordinates of the columns that are solved for.
    family : Family
        Gives loss, slope and curvature of each row.
    quadratic : Quadratic or None
        Part of a penalty, which is added once.
    """

    form: Form
    columns: Columns
    family: Any
    quadratic: Quadratic | None = None

    @property
    def likelihood(self) -> Any:
        """The family whose outcomes are counted."""
        return self.form.family

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held."""
        matrix = self.columns.matrix(part.matrix)
        predictors = None if self.form.is_single else inner_predictors(self.form, self.columns)
        return Objective(matrix, part.response, self.family, predictors=predictors)


@dataclass(frozen=True)
class RowsOfColumns:
    """The objective of rows by some of their columns.

    Parameters
    ----------
    family : Family
        Gives loss, slope and curvature of each row.
    predictors : Predictors or None
        The linear predictors; one with a coefficient for every column by default.
    chosen : (k,) int array or None
        Columns; None for all.
    quadratic : Quadratic or None
        Part of a penalty, which is added once.
    standard : (2, k) array or None
        What is taken from each column, and what it is then divided by.
    """

    family: Any
    predictors: Predictors | None = None
    chosen: IntArray | None = None
    quadratic: Quadratic | None = None
    standard: FloatArray | None = None

    @property
    def likelihood(self) -> Any:
        """The family whose outcomes are counted."""
        return self.family

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held."""
        matrix = part.matrix if self.chosen is None else part.matrix.columns(self.chosen)
        if self.standard is not None:
            matrix = Dense((matrix.to_dense() - self.standard[0]) / self.standard[1])
        return Objective(matrix, part.response, self.family, predictors=self.predictors)


@dataclass(frozen=True)
class _Evaluated:
    """Value and derivatives over the rows of a chunk, with the sums of their outcomes when they are asked for."""

    rows: Rows
    coef: FloatArray
    asked: tuple[bool, bool, bool]
    outcomes: bool

    def __call__(self, part: Design) -> tuple[Evaluation, ResponseSums | None]:
        """Return the evaluation over some rows."""
        sums = response_sums(part.response, self.rows.likelihood) if self.outcomes else None
        return self.rows.of(part).evaluate(self.coef, *self.asked), sums


@dataclass(frozen=True)
class _OfRows(Generic[T]):
    """A task of the objective of the rows of a chunk."""

    rows: Rows
    task: Callable[[Objective], T]

    def __call__(self, part: Design) -> T:
        """Return its result for some rows."""
        return self.task(self.rows.of(part))


@dataclass(frozen=True)
class _Reached:
    """The largest change of a linear predictor over the rows of a chunk."""

    rows: Rows
    direction: FloatArray

    def __call__(self, part: Design) -> float:
        """Return the largest change over some rows."""
        return self.rows.of(part).reach(self.direction)


class ChunkedObjective(Objective):
    """Rows in chunks as a function of the coefficients.

    What is not a sum over rows (a number for each of them) is gathered, as of any matrix in chunks.

    Parameters
    ----------
    design : Design
        In chunks.
    rows : Rows
        The objective of some rows.
    """

    def __init__(self, design: Design, rows: Rows) -> None:
        assert design.stream is not None
        self.design, self.rows_of, self.quadratic = design, rows, rows.quadratic
        self._kept = design.stream.kept
        self._sample = rows.of(design.sample)
        self._predictors, self.family = self._sample.chosen_predictors, self._sample.family
        if self.quadratic is not None:
            self._sample = _with(self._sample, self.quadratic.scaled(self._sample.total / self.total))

    @once
    def _whole(self) -> Objective:
        """The objective of all rows as those of one matrix, for numbers that are no sums over rows."""
        return _with(self.rows_of.of(self.design), self.quadratic)

    @property
    def engine(self) -> RowEngine:  # type: ignore[override]  # made when it is asked for
        """What goes over the rows as those of one matrix."""
        return self._whole.engine

    @property
    def matrix(self) -> Matrix:  # type: ignore[override]
        """The columns, of which no row is held."""
        return self._whole.matrix

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self._sample.n_params

    @property
    def response(self) -> Response:  # type: ignore[override]
        """The outcomes, which are gathered where a number for each row is asked for."""
        return self._whole.response

    @property
    def starting_response(self) -> Response:
        """The outcomes of the sample."""
        return self._sample.response

    @property
    def in_chunks(self) -> bool:
        """Whether the rows are read in chunks, and not held."""
        return True

    def reduce(self, task: Callable[[Objective], T], merge: Callable[[T, T], T]) -> T:
        """Return a task's results for the chunks, merged in order."""
        return self.design.reduce(_OfRows(self.rows_of, task), merge)

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        return 1.0 + 0.5 * (self._sample.gram_cost - 1.0)  # a pass also reads, which costs about as much again

    @property
    def total(self) -> float:
        """Total weight of the rows; as the sample has it, before a pass has found it."""
        sums = self._kept.get(self._key)
        if sums is not None and sums.total > 0.0:
            return float(sums.total)
        return self._sample.total * self.design.n_rows / max(self.design.sample.n_rows, 1)

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1, as the sample has it."""
        return self._sample.mean_weight

    @property
    def _key(self) -> str:
        return f"outcomes of {self.rows_of.likelihood!r}"

    @property
    def sample_share(self) -> float:
        """Proportion of the rows that are in the sample of the learning pass."""
        return self.design.sample.n_rows / max(self.design.n_rows, 1)

    def sampled(self, size_of: Callable[[int, int, int], int]) -> Objective:
        """Return the objective of the sample that the learning pass drew, whatever its size."""
        del size_of
        return self._sample

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian and Pearson's statistic at ``coef``, in one pass."""
        if hessian and self.design.stream is not None:
            self.design.stream.require_coefficients(self.n_params)
        task = _Evaluated(self.rows_of, coef, (hessian, rough, pearson), self._key not in self._kept)
        found, sums = self.design.reduce(task, _added)
        if sums is not None:
            self._kept[self._key] = sums
        return found if self.quadratic is None else with_quadratic(found, coef, self.quadratic, pearson)

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction, in one pass."""
        return self.design.reduce(_Reached(self.rows_of, direction), max)

    def with_family(self, family: Any) -> ChunkedObjective:
        """Return the objective of another family of the same predictors."""
        return ChunkedObjective(self.design, replace(self.rows_of, family=family))  # type: ignore[type-var]


def _with(objective: Objective, quadratic: Quadratic | None) -> Objective:
    """Return an objective with a part of a penalty."""
    if quadratic is None:
        return objective
    return Objective(
        objective.matrix, objective.response, objective.family, None, quadratic, objective.chosen_predictors
    )


def _added(
    left: tuple[Evaluation, ResponseSums | None], right: tuple[Evaluation, ResponseSums | None]
) -> tuple[Evaluation, ResponseSums | None]:
    """Return the evaluation over the rows of both."""
    (here, sums), (more, others) = left, right
    hessian = here.hessian
    if hessian is not None:
        assert isinstance(hessian, DenseHessian)
        assert isinstance(more.hessian, DenseHessian)
        hessian = DenseHessian(np.add(hessian.array, more.hessian.array, out=hessian.array))
    found = replace(
        here,
        value=here.value + more.value,
        gradient=here.gradient + more.gradient,
        hessian=hessian,
        closest=min(here.closest, more.closest),
        fitted=here.fitted + more.fitted,
        matched=here.matched + more.matched,
        pearson=here.pearson + more.pearson,
    )
    return found, sums.plus(others) if sums is not None and others is not None else None
