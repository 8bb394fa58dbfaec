"""Models without a penalty in a cross-validation: a path of one strength, zero, fitted by maximum likelihood."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.regularised.model import PathModel, PenalisedModel, Predictor, equations_of, title_of
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import PathRecord, PathStatus, solve_path
from logitkit.engine.regularised.strengths import Strengths
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.solver import Status
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.inference.estimable import not_estimable
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.prediction import fitted_matrix
from logitkit.models.form import Form
from logitkit.models.penalties.specification import Part, Specification
from logitkit.typing import FloatArray

__all__ = ["NoPenalty", "Unpenalised", "path_of"]


@dataclass(frozen=True)
class NoPenalty(Part):
    """The penalty facts of a model without a penalty."""

    @property
    def words(self) -> str:
        """Its description."""
        return "none"


@dataclass
class Unpenalised:
    """An unpenalised model of the rows of a design.

    Parameters
    ----------
    design : Design
        The rows.
    form : Form
        Likelihood and linear predictors.
    level : float
        Confidence level of the fit.
    specification : Specification
        Specification that there is no penalty.
    """

    design: Design
    form: Form
    level: float = 0.95
    specification: Specification = field(default_factory=NoPenalty)
    _found: FitRecord | None = None

    @property
    def strengths(self) -> Strengths:
        """No penalty."""
        raise UnsupportedError("A model without a penalty has one fit, not a path; use best, or lk.fit.")

    @property
    def found(self) -> FitRecord:
        """The fit."""
        if self._found is None:
            record = fit_design(self.design, self.form, Newton(), self.level)
            self._found = with_required_sandwich(record, self.design)
        return self._found

    @property
    def scale(self) -> FloatArray:
        """Ones: no coefficient is penalised."""
        return np.ones(self.form.shown.n_flat)

    def of_rows(self, design: Design) -> Unpenalised:
        """Return the same model for other rows."""
        return Unpenalised(design, self.form, self.level)

    def predictors(self, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
        """Return the linear predictors of the fit, in the limit under separation, shape (m, 1) or (K, m, 1)."""
        return self.predictor(matrix, coef, offset)

    @property
    def predictor(self) -> Predictor:
        """Function that returns linear predictors."""
        return partial(_predictors, self.found)

    def dof(self, strengths: FloatArray, coef: FloatArray) -> FloatArray:
        """Return the rank of the design."""
        del strengths
        return np.full(len(coef), float(self.found.n_params))

    def fit(self, strength: float, options: ProxNewton, level: float, chosen: str) -> FitRecord:
        """Return the fit; only strength zero is possible."""
        del options, level, chosen
        if strength != 0.0:
            raise DataError(f"strength={strength!r}: the model has no penalty. Give penalty=lk.Lasso() or another.")
        return self.found

    @property
    def _loss(self) -> float:
        return self.found.log_constant - self.found.loglik

    def path(self) -> PathRecord:
        """Return the fit as a path with the single strength zero."""
        record, loss = self.found, self._loss
        if record.status not in {Status.CONVERGED, Status.SEPARATED}:
            raise DataError(f"the fit did not converge: the solver {record.status.value}.")
        return PathRecord(
            record.names,
            self.specification.words,
            np.zeros(1),
            record.coef[None, :],
            np.array([loss]),
            record.log_constant - record.null_loglik,
            np.array([record.deviance]),
            record.null_deviance,
            np.array([record.n_params]),
            np.zeros(1),
            np.array([len(record.trace)]),
            PathStatus.COMPLETE,
            record.method,
            Newton().tol,
            title_of(self),
            equations_of(self),
            self.design.info.names,
        )


def _predictors(record: FitRecord, matrix: Matrix, coef: FloatArray, offset: FloatArray | None) -> FloatArray:
    """Return linear predictors of a fit, at their limit under separation, shape (m, 1) or (K, m, 1)."""
    del coef
    unknown = np.flatnonzero(not_estimable(record, matrix, None))
    if unknown.size:
        raise DataError(
            f"{unknown.size} of the rows left out cannot be predicted: they have a level or a combination of "
            "columns that no training row has. Use fewer folds, given folds, or a penalty."
        )
    if not record.is_single:
        with np.errstate(divide="ignore"):
            return np.log(fitted_matrix(record, matrix, offset).probabilities)[:, :, None]
    return linear_predictors(record, matrix, offset).T


def path_of(
    given: PathModel, strengths: FloatArray, options: ProxNewton, stops: bool, goes_on: Callable[[int], bool]
) -> PathRecord:
    """Return the path of a model with or without a penalty."""
    if isinstance(given, Unpenalised):
        goes_on(0)
        return given.path()
    assert isinstance(given, PenalisedModel)
    return solve_path(given, strengths, options, stops, goes_on)
