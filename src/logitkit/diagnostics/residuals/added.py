r"""Added-variable plots: what a column says beyond the others, for the working weighted least squares of the fit.

With working weights W the column less its regression on the others is :math:`X V_j / V_{jj}`, V the covariance: its own
coefficient is 1 there, and those of the others are those of the regression. What the others leave of the working
response is the working residual plus :math:`\hat\beta_j` times that. A weighted regression of the one on the other
through the origin has the slope :math:`\hat\beta_j`.

References
----------
Wang, P. C. (1985) Adding a variable in generalized linear models. Technometrics 27, 273-276. Cook, R. D. and Weisberg,
S. (1999) Applied Regression Including Computing and Graphics, chapter 22.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.influence import require_own_rows
from logitkit.diagnostics.residuals.kinds import residuals
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import working_columns
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray

__all__ = ["AddedVariable", "added_variable"]


@dataclass(frozen=True)
class AddedVariable:
    """Added-variable plot data: residuals of a column and of the working response on the other columns.

    Parameters
    ----------
    name : str
        The coefficient.
    x, y, weights : (n,) array
        Residuals of the column and of the working response, and the working weights.
    slope : float
        The coefficient.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = added_variable(fit.record, fit.design, "lwt")
    >>> slope = found.weights @ (found.x * found.y) / (found.weights @ found.x**2)
    >>> bool(np.isclose(slope, fit.coef["lwt"]))
    True
    """

    name: str
    x: FloatArray
    y: FloatArray
    weights: FloatArray
    slope: float


def added_variable(record: FitRecord, design: Design, name: str) -> AddedVariable:
    """Return the data of an added-variable plot for a column.

    Parameters
    ----------
    record : FitRecord
        The fit of two outcomes.
    design : Design
        The n rows of the fit, in memory.
    name : str
        Name of the coefficient.

    Returns
    -------
    AddedVariable
        Residuals and weights of the rows.

    Raises
    ------
    UnsupportedError
        If there are several outcomes, the fit is penalised, or the rows are not those of the fit.
    DataError
        If the coefficient has no finite estimate.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> added_variable(fit.record, fit.design, "age").x.size
    189
    """
    require(record, "partial residuals")
    require_own_rows(record, design)
    place = record.names.index(name)
    if not np.isfinite(record.coef[place]):
        raise DataError(f"{name!r:.60} has no finite estimate, so there is no slope to draw.")
    functions = record.coordinates.jacobian(np.eye(record.coef.size)[[place]])
    along = np.asarray(record.inner_model_vcov.times(functions))[0]
    x = working_columns(record, design).matvec(along) / float(along @ functions[0])
    slope = float(record.coef[place])
    eta = fitted_rows(record, design).eta
    weights = design.response.weights * np.nan_to_num(record.family.curvatures(eta)[0, 0])
    return AddedVariable(name, x, residuals(record, design, "working") + slope * x, weights, slope)
