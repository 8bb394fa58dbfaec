r"""New predictors beside the logits of an earlier model.

The log odds of new rows are :math:`\alpha + \beta \ell + \gamma'z`, with :math:`\ell` the logit of the earlier model
and z the columns of what is added. The likelihood ratio against :math:`\gamma = 0`, its recalibration by intercept and
slope, tests whether z tells more than the earlier model does. Equations are those of ``docs/maths/updating.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.diagnostics.calibration.logits_of_rows import RowLogits
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.models.binary import Binary
from logitkit.typing import FloatArray

__all__ = ["LOGIT", "Extension", "extend"]

LOGIT = "logit of the earlier model"


@dataclass(frozen=True)
class Extension:
    """An earlier model extended by new predictors.

    Parameters
    ----------
    joint : FitRecord
        Intercept, slope of the earlier logit, and coefficients of the new columns.
    info : DesignInfo
        Coding of the new columns.
    loglik : float
        Log-likelihood without the combinatorial constant of counts.
    n_params : int
        Number of parameters.

    Examples
    --------
    >>> Extension.__dataclass_fields__["n_params"].type
    'int'
    """

    joint: FitRecord
    info: DesignInfo
    loglik: float
    n_params: int

    def logits(self, earlier: FloatArray, columns: FloatArray) -> FloatArray:
        """Return the log odds of rows from the logits of the earlier model and the new columns.

        Parameters
        ----------
        earlier : (n,) array
            Logits of the earlier model.
        columns : (n, q) array
            The new columns, the first of which consists of ones.

        Returns
        -------
        (n,) array
            Log odds of the event.
        """
        coef = self.joint.coef
        return np.asarray(coef[0] + coef[1] * earlier + columns[:, 1:] @ coef[2:])


def extend(design: Design, rows: RowLogits, level: float = 0.95) -> Extension:
    """Fit a model to new rows with the logits of an earlier model and new columns as predictors.

    Parameters
    ----------
    design : Design
        New rows with the new columns, the first of which consists of ones.
    rows : RowLogits
        Logits of the same rows.
    level : float
        Confidence level.

    Returns
    -------
    Extension
        The extended model.

    Raises
    ------
    DataError
        If the rows do not determine the coefficients, or they separate the outcomes.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.diagnostics.calibration.logits_of_rows import row_logits
    >>> births = lk.datasets.load_lbw()
    >>> first, new = lk.logit("low ~ age + lwt", births), lk.logit("low ~ smoke", births)
    >>> extend(new.design, row_logits(first.record, first.design)).n_params
    3
    """
    columns = design.matrix.take(rows.order).to_dense()
    joint = np.column_stack([columns[:, :1], rows.logits, columns[:, 1:]])
    names = (INTERCEPT, LOGIT, *design.info.names[1:])
    response = replace(design.response.take(rows.order), offset=None)
    info = DesignInfo(names, ColumnTerms(names), design.info.response)
    made = Design(Dense(joint), response, info, design.counts, design.positions[rows.order])
    found = fit_design(made, Binary().form(info, penalised=False), Newton(), level)
    if not found.converged or found.is_separated or found.aliased.size:
        raise DataError(
            "The earlier logit and the new predictors have no finite estimates in these rows (separated, or columns "
            "that determine one another): add fewer predictors, or more rows."
        )
    fitted = found.loglik - found.log_constant
    return Extension(with_required_sandwich(found, made), design.info, fitted, found.n_params)
