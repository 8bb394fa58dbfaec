r"""The likelihood of a separated fit on slices where a function of the coefficients is held at a value.

A function that is zero along every direction of recession has the profile of the limiting model. A function that
increases along some directions and decreases along none has no upper end. When it is held at a value, only the
directions along which it is zero remain, a face of the cone, and the profile is that of the model without the rows that
these directions fit perfectly (``docs/maths/profile.md``, section 3). The remaining model has its minimum at finite
coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.matrix.transformed import Transformed
from logitkit.engine.assemble import shown_coordinates
from logitkit.engine.existence.margins import Margins, margins_of
from logitkit.engine.existence.recession import RecessionCone, null_space
from logitkit.engine.existence.separation import Separated, find_separation
from logitkit.engine.limit import limiting_objective
from logitkit.engine.objective import Objective
from logitkit.engine.origin import origin_of
from logitkit.engine.part_coordinates import Columns, part_coordinates
from logitkit.engine.rank import Coordinates, orthogonal_coordinates, solved_from
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.models.form import Form
from logitkit.typing import BoolArray, FloatArray

__all__ = ["LimitLikelihood", "SliceModel"]


@dataclass(frozen=True, eq=False)
class SliceModel:
    """A model of the rows that are not fitted perfectly, over the coefficients that these determine.

    Parameters
    ----------
    objective : Objective
        Objective of r coefficients.
    functions : (m, r) array
        Functions of these coefficients.
    coef : (r,) array
        A finite point.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> model = LimitLikelihood(fit.record, fit.design).held(np.array([0.0, 1.0]))
    >>> model.objective.n_params, model.functions.shape
    (2, (1, 2))
    """

    objective: Objective
    functions: FloatArray
    coef: FloatArray


class LimitLikelihood:
    """The likelihood of a separated fit, depending on what is held fixed.

    Parameters
    ----------
    record : FitRecord
        A separated fit.
    design : Design
        Its rows.

    Examples
    --------
    If all rows are fitted perfectly in the limit, nothing remains to estimate:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> limit = LimitLikelihood(fit.record, fit.design)
    >>> limit.least, limit.coef.size
    (0.0, 0)
    """

    def __init__(self, record: FitRecord, design: Design) -> None:
        self._design, self._form = design, record.form
        self._columns = _columns(record, design)
        self._margins = margins_of(design, self._form, self._columns)
        self._shown = shown_coordinates(self._form, self._columns)
        self._coef = solved_from(self._shown.transform, record.coordinates.coef(record.inner_coef))
        self._origin = origin_of(design.response, self._form, design.info.intercept, self._columns)
        whole = self._without(None)
        start = whole.coef
        found = Newton().solve(whole.objective, start, suspicious=False)
        self.coef, self.least = found.coef, found.evaluation.value
        self._whole = whole

    def finite(self, functions: FloatArray) -> SliceModel:
        """Return the limiting model at its estimate.

        Parameters
        ----------
        functions : (m, p) array
            Functions of the flat coefficients that are finite.

        Returns
        -------
        SliceModel
            The model, with the functions of its coefficients.
        """
        inner = self._shown.jacobian(functions)
        return SliceModel(self._whole.objective, inner @ self._basis, self.coef)

    def held(self, function: FloatArray) -> SliceModel:
        """Return the model that remains when a function is held at a value.

        Parameters
        ----------
        function : (p,) array
            Function of the flat coefficients.

        Returns
        -------
        SliceModel
            The model, with the function of its coefficients.
        """
        inner = self._shown.jacobian(function[None])[0]
        return self._without(inner)

    def _without(self, function: FloatArray | None) -> SliceModel:
        """Return the model without rows that directions fit perfectly along which the function is constant."""
        q = self._margins.matrix.n_columns
        free = np.eye(q) if function is None else null_space(function[None])[0]
        margins = self._margins
        rows: Matrix = margins.matrix if function is None else Transformed(margins.matrix, np.zeros(q), free)
        found = find_separation(rows, margins.sides, margins.most) if free.shape[1] else None
        gone = np.zeros(margins.matrix.n_rows, dtype=bool) if found is None else found.rows
        span = np.zeros((q, 0)) if found is None else free @ found.null
        basis = null_space(span.T)[0] if span.shape[1] else np.eye(q)
        if function is None:
            self._basis = basis
        objective = _objective(self._design, self._form, self._columns, margins, gone, basis)
        functions = np.zeros((0, basis.shape[1])) if function is None else (function @ basis)[None]
        starts = [basis.T @ self._coef, basis.T @ self._origin]
        finite = [start for start in starts if np.isfinite(objective.evaluate(start, hessian=False).value)]
        return SliceModel(objective, functions, finite[0] if finite else starts[0])


def _objective(
    design: Design, form: Form, columns: Columns, margins: Margins, rows: BoolArray, basis: FloatArray
) -> Objective:
    """Return the limiting objective over a basis of the coefficients."""
    none = np.zeros((0, 0))
    left = Separated(rows, RecessionCone(none, none, none), np.zeros(0), none, basis)
    return limiting_objective(design, form, columns, margins, left)


def _columns(record: FitRecord, design: Design) -> Columns:
    """Return coordinates in which the columns are of one size and independent, as a linear program needs them."""
    given = (design.response.weights, design.info.intercept)
    if record.is_single:
        assert isinstance(record.coordinates, Coordinates)
        return record.coordinates
    if record.form.in_parts:
        return part_coordinates(design.matrix, *given, record.form.predictors, orthogonal_coordinates)
    return orthogonal_coordinates(design.matrix, *given)
