"""A model for known data: its likelihood, and its linear predictors as solved for and as shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from logitkit.models.family import Family
from logitkit.models.predictors import Predictors, full_predictors, single_predictor
from logitkit.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from logitkit.models.model import Model

__all__ = ["Form", "form_of", "outcomes_form", "single_form"]


@dataclass(frozen=True, eq=False)
class Form:
    """How a model is solved and how its coefficients are shown.

    Parameters
    ----------
    family : Family
        The likelihood.
    predictors : Predictors
        The predictors that are solved for, which are identified.
    shown : Predictors
        The flat coefficients of the record, with labels.
    reference : int or None
        With several outcomes, the one without coefficients; None for the symmetric form and for one predictor.
    absent : (n_flat,) bool array or None
        Shown coefficients that are not in the model.
    model : Model or None
        The stated model, completed by what the data determined; None within the engine, where forms are made from
        others.
    """

    family: Family
    predictors: Predictors
    shown: Predictors
    reference: int | None = None
    absent: BoolArray | None = None
    model: Model | None = None

    @property
    def is_single(self) -> bool:
        """Whether one linear predictor has a coefficient for each column."""
        return self.predictors.is_single

    @property
    def in_parts(self) -> bool:
        """Whether columns enter the predictors in more ways than one."""
        return not self.predictors.is_plain

    @property
    def is_restricted(self) -> bool:
        """Whether predictors differ by outcome or share coefficients, but are shown as if they did not."""
        return self.in_parts and self.shown is not self.predictors

    @property
    def shown_matrix(self) -> FloatArray | None:
        """Matrix from the flat coefficients that are solved for to those shown, in parts; None if they are the same."""
        if self.shown is self.predictors:
            return None
        (part,) = self.shown.parts
        tables = [self.predictors.table(unit)[part.rows].reshape(-1) for unit in np.eye(self.predictors.n_flat)]
        return np.column_stack(tables) if tables else np.zeros((self.shown.n_flat, 0))

    def keep(self, columns: IntArray) -> Form:
        """Return the form of a design with some of the columns."""
        absent = None
        if self.absent is not None:
            absent = self.absent.reshape(self.shown.parts[0].n_rows, -1)[:, columns].reshape(-1)
        solved = self.predictors.keep(columns)
        shown = solved if self.shown is self.predictors else self.shown.keep(columns)
        return Form(self.family, solved, shown, self.reference, absent)

    @property
    def contrast(self) -> FloatArray | None:
        """Matrix from rows of coefficients solved for to those shown, which sum to zero; None if they are the same."""
        if self.in_parts or self.shown.parts[0].n_rows == self.predictors.parts[0].n_rows:
            return None
        m = self.predictors.n_predictors
        return np.eye(m)[:, self.predictors.active] - 1.0 / m


def form_of(model: Form | Family, n_columns: int) -> Form:
    """Return a form as it is, and a family with one linear predictor as a form with one coefficient per column."""
    return model if isinstance(model, Form) else single_form(model, n_columns)


def single_form(family: Family, n_columns: int) -> Form:
    """Return the form of a model of two outcomes."""
    predictors = single_predictor(n_columns)
    return Form(family, predictors, predictors)


def outcomes_form(
    predictors: Predictors, reference: int | None, levels: tuple[str, ...], absent: BoolArray | None = None
) -> Form:
    """Return the form of a model of several outcomes with the predictors that are solved for."""
    from logitkit.models.multinomial import Multinomial

    shown = full_predictors(predictors.n_predictors, predictors.n_columns, reference, levels)
    return Form(Multinomial(predictors.n_predictors), predictors, shown, reference, absent)
