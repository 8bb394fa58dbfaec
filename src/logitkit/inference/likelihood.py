"""The likelihood of a fit as a function of its coefficients, for refits, restricted fits and score tests.

The columns are in coordinates in which they are independent, so the Hessian is well conditioned whatever the units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.assemble import shown_coordinates
from logitkit.engine.bias.penalised import penalised_objective
from logitkit.engine.objective import Objective, SmoothObjective
from logitkit.engine.part_coordinates import Columns, inner_predictors, part_coordinates
from logitkit.engine.rank import Coordinates, identity_coordinates, orthogonal_coordinates, solved_from
from logitkit.engine.record import FitRecord
from logitkit.inference.predictor_variance import has_own_columns
from logitkit.models.family import Family
from logitkit.models.predictors import Predictors
from logitkit.typing import FloatArray

__all__ = ["Likelihood", "likelihood_of"]


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The likelihood of a model on the rows of a fit.

    Parameters
    ----------
    matrix : Matrix
        Independent columns that are solved for.
    response : Response
        The same n rows.
    family : Family
        The family whose second derivatives a solver uses.
    predictors : Predictors or None
        How the q coefficients determine the linear predictors; None for one predictor.
    coef : (q,) array
        The estimate, or a finite representative of the limit under separation.
    shown : Coordinates
        How the flat coefficients of the record follow from the q coefficients.
    record : FitRecord
        The fit; if its likelihood is adjusted, the objective has the same adjustment.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> likelihood = likelihood_of(fit.record, fit.design)
    >>> bool(np.allclose(likelihood.flat(likelihood.coef), fit.coef))
    True
    """

    matrix: Matrix
    response: Response
    family: Family
    predictors: Predictors | None
    coef: FloatArray
    shown: Coordinates
    record: FitRecord

    def objective(self, response: Response | None = None, family: Family | None = None) -> SmoothObjective:
        """Return the negative log-likelihood, penalised as in the fit, for these or for other rows and family.

        Parameters
        ----------
        response : Response, optional
            Another response of the same rows.
        family : Family, optional
            Another family with the same predictors, such as the one with exact second derivatives.

        Returns
        -------
        SmoothObjective
            A function of the q coefficients.
        """
        own, facts, plain = self.record, self.record.adjustment, self.plain(response, family)
        if facts is None:
            return plain
        return penalised_objective(facts.stated, plain, own.form, own.info, self.shown) or plain

    def plain(self, response: Response | None = None, family: Family | None = None) -> Objective:
        """Return the negative log-likelihood without an adjustment.

        Parameters
        ----------
        response, family : Response and Family, optional
            As for ``objective``.

        Returns
        -------
        Objective
            A function of the q coefficients.
        """
        return Objective(
            self.matrix,
            self.response if response is None else response,
            self.family if family is None else family,
            predictors=self.predictors,
        )

    def functions(self, flat: FloatArray) -> FloatArray:
        """Return linear functions of the flat coefficients as functions of those solved for.

        Parameters
        ----------
        flat : (m, p) array
            One row per function.

        Returns
        -------
        (m, q) array
            The same functions.
        """
        return self.shown.jacobian(flat)

    def flat(self, coef: FloatArray) -> FloatArray:
        """Return the flat coefficients that correspond to those solved for.

        Parameters
        ----------
        coef : (q,) or (B, q) array
            One or many vectors.

        Returns
        -------
        (p,) or (B, p) array
            Flat coefficients, zero where aliased.
        """
        transform = self.shown.transform
        return coef if transform is None else np.asarray(coef @ transform.T)


def likelihood_of(record: FitRecord, design: Design) -> Likelihood:
    """Return the likelihood of a fit, in coordinates in which its columns are independent.

    Parameters
    ----------
    record : FitRecord
        The fit, without eliminated levels.
    design : Design
        Its n rows.

    Returns
    -------
    Likelihood
        The likelihood, with the estimate.

    Examples
    --------
    The gradient is zero at the estimate:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> likelihood = likelihood_of(fit.record, fit.design)
    >>> bool(np.abs(likelihood.objective().evaluate(likelihood.coef).gradient).max() < 1e-8)
    True
    """
    coordinates, response = record.coordinates, design.response
    assert isinstance(coordinates, Coordinates)  # levels that are eliminated are refused
    coef = record.inner_coef if record.adjustment is None else record.adjustment.optimum
    if record.is_single:
        matrix = coordinates.matrix(design.matrix)
        return Likelihood(matrix, response, record.family.solving, None, coef, coordinates, record)
    form, columns = record.form, _columns(record, design)
    shown = shown_coordinates(form, columns)
    one, other = shown.transform, coordinates.transform
    same = one is other or (one is not None and other is not None and np.array_equal(one, other))
    start = coef if same else solved_from(one, coordinates.coef(coef))
    predictors = inner_predictors(form, columns)
    return Likelihood(columns.matrix(design.matrix), response, record.family.solving, predictors, start, shown, record)


def _columns(record: FitRecord, design: Design) -> Columns:
    """Return coordinates of the columns for several predictors: as given, or orthogonal where the fit needed that."""
    form, own, given = record.form, has_own_columns(record), (design.response.weights, design.info.intercept)

    def make(matrix: Matrix, weights: FloatArray | None, intercept: int | None, centred: bool) -> Coordinates:
        return identity_coordinates() if own else orthogonal_coordinates(matrix, weights, intercept, centred)

    if form.in_parts:
        return part_coordinates(design.matrix, *given, form.predictors, make)
    return make(design.matrix, *given, False)
