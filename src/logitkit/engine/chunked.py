r"""The objective of rows that are read in chunks: the sum of the objectives of the chunks, one pass an evaluation.

Sums over rows add, so each chunk is an objective of its own, and value, gradient and Hessian of all rows are sums in
the order of the chunks: the same bits for any number of threads and however the rows lie in files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.objective import Evaluation, Objective
from logitkit.engine.part_coordinates import Columns, inner_predictors
from logitkit.engine.response_sums import ResponseSums, response_sums
from logitkit.models.form import Form
from logitkit.typing import FloatArray

__all__ = ["ChunkedObjective"]


@dataclass(frozen=True)
class _Chunk:
    """The objective of the rows of one chunk: what is sent to where the rows are."""

    form: Form
    columns: Columns
    family: Any

    def of(self, part: Design) -> Objective:
        """Return the objective of rows that are held."""
        matrix = self.columns.matrix(part.matrix)
        predictors = None if self.form.is_single else inner_predictors(self.form, self.columns)
        return Objective(matrix, part.response, self.family, predictors=predictors)


@dataclass(frozen=True)
class _Evaluated:
    """Value and derivatives over the rows of a chunk, with the sums of their outcomes when they are asked for."""

    chunk: _Chunk
    coef: FloatArray
    asked: tuple[bool, bool, bool]
    outcomes: bool

    def __call__(self, part: Design) -> tuple[Evaluation, ResponseSums | None]:
        """Return the evaluation over some rows."""
        sums = response_sums(part.response, self.chunk.form.family) if self.outcomes else None
        return self.chunk.of(part).evaluate(self.coef, *self.asked), sums


@dataclass(frozen=True)
class _Reached:
    """The largest change of a linear predictor over the rows of a chunk."""

    chunk: _Chunk
    direction: FloatArray

    def __call__(self, part: Design) -> float:
        """Return the largest change over some rows."""
        return self.chunk.of(part).reach(self.direction)


class ChunkedObjective:
    """A design in chunks and the form of a model as a function of the coefficients.

    Parameters
    ----------
    design : Design
        In chunks.
    form : Form
        The model.
    columns : Columns
        Coordinates of the columns that are solved for.
    family : Family, optional
        Gives loss, slope and curvature of each row; the one that the form is solved with by default.
    """

    def __init__(self, design: Design, form: Form, columns: Columns, family: Any = None) -> None:
        assert design.stream is not None
        self.design, self.form, self.columns = design, form, columns
        self.family = form.family.solving if family is None else family
        self._kept = design.stream.kept
        self._chunk = _Chunk(form, columns, self.family)
        self._sample = self._chunk.of(design.sample)

    @property
    def n_params(self) -> int:
        """Number of coefficients that are solved for."""
        return self._sample.n_params

    @property
    def response(self) -> Response:
        """The outcomes of the sample: what starts a solver needs no more."""
        return self._sample.response

    @property
    def gram_cost(self) -> float:
        """Approximate cost of a pass with second derivatives, relative to one without."""
        return 1.0 + 0.5 * (self._sample.gram_cost - 1.0)  # a pass also reads, which costs about as much again

    @property
    def total(self) -> float:
        """Total weight of the rows, as the sample has it."""
        return self._sample.total * self.design.n_rows / max(self.design.sample.n_rows, 1)

    @property
    def mean_weight(self) -> float:
        """Mean total weight of a row, at most 1, as the sample has it."""
        return self._sample.mean_weight

    def sampled(self, size_of: Callable[[int, int, int], int]) -> Objective:
        """Return the objective of the sample that the learning pass drew, whatever its size."""
        del size_of
        return self._sample

    def evaluate(
        self, coef: FloatArray, hessian: bool = True, rough: bool = False, pearson: bool = False
    ) -> Evaluation:
        """Return value, gradient and (if asked for) Hessian and Pearson's statistic at ``coef``, in one pass."""
        key = f"outcomes of {self.form.family!r}"
        task = _Evaluated(self._chunk, coef, (hessian, rough, pearson), key not in self._kept)
        found, sums = self.design.reduce(task, _added)
        if sums is not None:
            self._kept[key] = sums
        return found

    def reach(self, direction: FloatArray) -> float:
        """Return the largest change of a linear predictor along a direction, in one pass."""
        return self.design.reduce(_Reached(self._chunk, direction), max)

    def with_family(self, family: Any) -> ChunkedObjective:
        """Return the objective of another family of the same predictors."""
        return ChunkedObjective(self.design, self.form, self.columns, family)


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
