"""Penalised models as paths and cross-validation see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Protocol, TypeAlias

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.null import null_loss_of_rows
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.estimate import fit_at
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.prepare import prepare
from logitkit.engine.regularised.relaxation import relaxed
from logitkit.engine.regularised.sequence import StrengthSequence
from logitkit.engine.regularised.shrinkage import freedom_along
from logitkit.engine.regularised.shrunken import Shrunken
from logitkit.engine.regularised.strengths import Strengths
from logitkit.engine.response_sums import summed_responses
from logitkit.models.family import Family
from logitkit.models.form import Form, form_of
from logitkit.models.penalties.specification import Specification
from logitkit.models.predictors import flat_names
from logitkit.typing import FloatArray, IntArray

__all__ = ["PathModel", "PenalisedModel", "Predictor", "equations_of", "names_of", "penalised_model", "title_of"]

#: Of a matrix, reported coefficients and offset.
Predictor: TypeAlias = Callable[[Matrix, FloatArray, FloatArray | None], FloatArray]

ROWS_AT_ONCE = 2_048  # that stay in the cache for the coefficients at all strengths


class PathModel(Protocol):
    """A model that is fitted at one strength after another, or without a penalty at the strength zero."""

    @property
    def design(self) -> Design:
        """The rows."""

    @property
    def form(self) -> Form:
        """Likelihood and linear predictors."""

    @property
    def specification(self) -> Specification:
        """The penalty as stated."""

    @property
    def strengths(self) -> Strengths:
        """The penalty of the coefficients that are solved for."""

    @property
    def scale(self) -> FloatArray:
        """Factors by which the reported coefficients are multiplied in the penalty, shape (P,)."""

    def of_rows(self, design: Design) -> PathModel:
        """Return the same model of other rows."""

    def predictors(self, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
        """Return linear predictors by reported coefficients, shape (n, k), or (K, n, k) by outcome."""

    @property
    def predictor(self) -> Predictor:
        """What gives them, without the rows of the model: it may be sent to where other rows are."""

    def dof(self, strengths: FloatArray, coef: FloatArray) -> FloatArray:
        """Return effective degrees of freedom at reported coefficients, shape (k,); nan where not computed."""

    def fit(self, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
        """Return the record of the fit at a strength."""


@dataclass(frozen=True, eq=False)
class PenalisedModel:
    """A penalised model on the rows of a design.

    Parameters
    ----------
    given : Shrunken
        The problem that is solved, and how its solutions are reported.
    """

    given: Shrunken

    @property
    def design(self) -> Design:
        """The rows."""
        return self.given.design

    @property
    def form(self) -> Form:
        """Likelihood and linear predictors."""
        return self.given.form

    @property
    def specification(self) -> Specification:
        """The penalty as stated."""
        return self.given.specification

    @property
    def sequence(self) -> StrengthSequence:
        """The problem that is solved."""
        return self.given.sequence

    @property
    def strengths(self) -> Strengths:
        """The penalty of the coefficients that are solved for."""
        return self.given.strengths

    @property
    def scale(self) -> FloatArray:
        """Factors by which the reported coefficients are multiplied in the penalty."""
        strengths = self.strengths
        columns = np.ones(strengths.free.size)
        columns[strengths.place % columns.size] = strengths.scale
        return np.tile(columns, len(self.given.labels))

    def deviances(self) -> tuple[float, float]:
        """Return the least loss that any model could have, and the null deviance, which is never zero."""
        intercept = self.design.info.intercept is not None
        sums = summed_responses(self.design, self.form)
        saturated = sums.saturated
        null = null_loss_of_rows(self.design, self.form, intercept)
        return saturated, max(2.0 * (null - saturated), 1e-300)

    def shown(self, coef: FloatArray) -> FloatArray | None:
        """Return the coefficients that are reported, (P,), of a minimum, as given; None where they have no refit."""
        return relaxed(self.given, self.given.reported(coef))

    def n_nonzero(self, flat: FloatArray) -> IntArray:
        """Return the number of reported coefficients, (k, P), that are not zero or not penalised, shape (k,)."""
        return np.array([self.given.n_nonzero(one) for one in flat], dtype=np.int64)

    def of_rows(self, design: Design) -> PenalisedModel:
        """Return the same model of other rows."""
        return PenalisedModel(prepare(design, self.form, self.specification, tells=False))

    def predictors(self, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
        """Return linear predictors, a column per vector of coefficients, shape (n, k) or (K, n, k) by outcome."""
        return self.predictor(matrix, coef, offset)

    @property
    def predictor(self) -> Predictor:
        """What gives linear predictors."""
        return partial(_predictors, self.form)

    def dof(self, strengths: FloatArray, coef: FloatArray) -> FloatArray:
        """Return effective degrees of freedom along a path."""
        return freedom_along(self.given, [self.strengths.at(float(each)) for each in strengths], coef)

    def fit(self, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
        """Return the record of the fit at a strength."""
        return fit_at(self.given, strength, options, level, chosen)


def _predictors(form: Form, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
    """Return linear predictors, a column per vector of coefficients, shape (n, k) or (K, n, k) by outcome."""
    predictors = form.shown
    eta = np.zeros((predictors.n_predictors, matrix.n_rows, coef.shape[0]))
    parts = np.split(coef, predictors.active.size, axis=1)
    size = ROWS_AT_ONCE if matrix.stream is None else max(matrix.n_rows, 1)  # a stream is read in one pass
    for start in range(0, matrix.n_rows, size):
        place = slice(start, min(start + size, matrix.n_rows))
        block = matrix.rows(place.start, place.stop) if size < matrix.n_rows else matrix
        for outcome, vectors in zip(predictors.active, parts, strict=True):
            eta[outcome, place] = block.matvecs(vectors).T
    if offset is not None:
        eta = eta + offset[:, :, None]
    return eta[0] if form.is_single else eta


def title_of(model: PathModel) -> str:
    """Return the kind of model, in words."""
    title = model.form.family.words.title
    return title[:1].lower() + title[1:]


def equations_of(model: PathModel) -> tuple[tuple[str, str], ...]:
    """Return outcome and term of each coefficient that is reported, where there are several of every term."""
    parts = model.form.shown.parts
    if model.form.is_single or len(parts) > 1:
        return ()
    return tuple(product(parts[0].labels, model.design.info.names))


def names_of(model: PathModel) -> tuple[str, ...]:
    """Return the names of the coefficients that are reported."""
    columns = model.design.info.names
    return columns if model.form.is_single else flat_names(model.form.shown.parts[0].labels, columns)


def penalised_model(design: Design, model: Form | Family, specification: Specification) -> PenalisedModel:
    """Return the penalised model of a design."""
    return PenalisedModel(prepare(design, form_of(model, design.matrix.n_columns), specification))
