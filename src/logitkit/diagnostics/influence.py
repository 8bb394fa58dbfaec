r"""Which rows the fit leans on: leverage, Cook's distance and standardised residuals.

With leverage :math:`h_i`, Pearson residual :math:`r_i`, deviance residual :math:`d_i` and rank k:

* standardised residuals :math:`r_i / \sqrt{1 - h_i}` and :math:`d_i / \sqrt{1 - h_i}`;
* Cook's distance :math:`D_i = \{r_i / (1 - h_i)\}^2 h_i / k`, one Newton step's account of how far the
  coefficients move, in units of their covariance, when the row is left out.

References
----------
Pregibon, D. (1981) Logistic regression diagnostics. Annals of Statistics 9, 705-724.
Williams, D. A. (1987) Applied Statistics 36, 181-191. R's ``cooks.distance.glm`` and ``rstandard.glm``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.residuals import residuals
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.leverage import leverage
from logitkit.inference.penalised import require_likelihood
from logitkit.inference.prediction import is_sample
from logitkit.typing import FloatArray, IntArray

__all__ = ["Influence", "influence"]

FITTED_ALONE = 1e-8  # 1 - h below this is rounding: the row has a coefficient of its own


@dataclass(frozen=True)
class Influence:
    """Leverage, Cook's distance and standardised residuals of the n rows of a fit.

    Parameters
    ----------
    leverage : (n,) array
        Diagonal of the weighted hat matrix, between 0 and 1; summed over all copies of the rows it is the rank.
    cooks_distance : (n,) array
        Never negative; nan where the leverage is 1.
    standardized_pearson, standardized_deviance : (n,) array
        Residuals of about unit variance when counts are large; nan where the leverage is 1.
    rank : int
        Number of finite coefficients that the rows determine, the k of Cook's distance.
    positions : (n,) int array
        Place of each row in the table as given.

    Examples
    --------
    With Pearson residual r standardised, D = r^2 h / {k (1 - h)}:

    >>> one = np.ones(1)
    >>> found = Influence(0.5 * one, 2.0 * one, 2.0 * one, 1.9 * one, 2, np.zeros(1, dtype=np.int64))
    >>> h, r = found.leverage, found.standardized_pearson
    >>> bool(np.allclose(found.cooks_distance, r**2 * h / (found.rank * (1 - h))))
    True
    """

    leverage: FloatArray
    cooks_distance: FloatArray
    standardized_pearson: FloatArray
    standardized_deviance: FloatArray
    rank: int
    positions: IntArray


def influence(record: FitRecord, design: Design) -> Influence:
    """Return the influence of each row on the fit.

    Parameters
    ----------
    record : FitRecord
        The fit. Leverage rests on its model-based covariance, whatever covariance the record carries.
    design : Design
        The n rows of the fit.

    Returns
    -------
    Influence
        Under separation that of the limiting model: rows that run to 0 or 1 have leverage and distance 0, and
        the rank is that of the rows that overlap. For grouped data influence is of the group; with frequency
        weights, of each copy of a row, as if the rows were written out.

    Raises
    ------
    UnsupportedError
        If the rows are not those of the fit: a row that took no part has no influence to speak of. After a penalty.

    Examples
    --------
    Leverages sum to the rank:

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.models.binomial import Binomial
    >>> from logitkit.engine.fit import fit_design
    >>> from logitkit.engine.solvers.newton import Newton
    >>> X = np.column_stack([np.ones(6), np.arange(6.0)])
    >>> design = ready_design(X, [0, 0, 1, 0, 1, 1], names=["Intercept", "x"])
    >>> found = influence(fit_design(design, Binomial(), Newton()), design)
    >>> bool(np.isclose(found.leverage.sum(), found.rank))
    True
    """
    require_likelihood(record, "influence")
    if not is_sample(record, design):
        raise UnsupportedError(
            f"Influence is of the rows of the fit, and these {design.n_rows:,} rows are others than those "
            "that it used, or were changed since. Give the table of the fit."
        )
    h = leverage(record, design)
    pearson = residuals(record, design, "pearson")
    deviance = residuals(record, design, "deviance")
    rank = record.n_params - (0 if record.limit is None else record.limit.dimension)
    room = np.where(1.0 - h < FITTED_ALONE, np.nan, 1.0 - h)
    # A model without finite coefficients moves nowhere.
    distance = (pearson / room) ** 2 * h / max(rank, 1)
    return Influence(
        leverage=h,
        cooks_distance=distance,
        standardized_pearson=pearson / np.sqrt(room),
        standardized_deviance=deviance / np.sqrt(room),
        rank=rank,
        positions=design.positions,
    )
