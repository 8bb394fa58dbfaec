r"""Binned residuals: the mean residual of rows with neighbouring predictions, and how far chance takes it from zero.

Of the rows of a bin with weights w the mean is :math:`\sum w (y - p) / \sum w`, with standard deviation
:math:`\{\sum w\, p (1 - p)\}^{1/2} / \sum w` under the model where weights count. About one bin in twenty lies beyond
twice that by chance; the estimation of the coefficients makes it fewer.

References
----------
Gelman, A. and Hill, J. (2007) Data Analysis Using Regression and Multilevel/Hierarchical Models, section 5.6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.prediction import fitted_rows
from logitkit.options import is_count
from logitkit.typing import FloatArray

__all__ = ["BinnedResiduals", "binned_residuals"]

SMALL, LARGE = 10, 100  # observations of small samples, from which bins are the root of their number


@dataclass(frozen=True)
class BinnedResiduals:
    """Mean residuals in b bins.

    Parameters
    ----------
    name : str
        Name of the variable by which rows are ordered.
    x, residual, limit, size : (b,) array
        Mean of the ordering variable, mean residual, twice the standard deviation of the mean residual under the model,
        and total weight of each bin.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = binned_residuals(fit.record, fit.design, 1)
    >>> bool(abs(found.size @ found.residual) < 1e-8)
    True
    """

    name: str
    x: FloatArray
    residual: FloatArray
    limit: FloatArray
    size: FloatArray


def binned_residuals(
    record: FitRecord,
    design: Design,
    outcome: int,
    *,
    bins: int | None = None,
    by: FloatArray | None = None,
    name: str = "",
) -> BinnedResiduals:
    """Return mean residuals of an outcome in bins with about equal numbers of observations.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome, in memory.
    outcome : int
        Position of the outcome.
    bins : int, optional
        Number of bins; by default the square root of the number of rows, or one per ten rows if there are fewer than
        100.
    by : (n,) array, optional
        Variable by which rows are ordered; the predicted probability by default.
    name : str
        Name of this variable.

    Returns
    -------
    BinnedResiduals
        Means by bin. Rows with equal values are in the same bin.

    Raises
    ------
    DataError
        If the number of bins is below 2.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> binned_residuals(fit.record, fit.design, 1).residual.size
    13
    """
    response = design.response
    p = record.family.probabilities(fitted_rows(record, design).eta)[outcome]
    used = np.flatnonzero((response.weights > 0.0) & ~np.isnan(p))
    p, w, y = p[used], response.weights[used], response.indicators()[outcome, used]
    x = p if by is None else by[used]
    if bins is None:
        bins = int(np.sqrt(used.size)) if used.size >= LARGE else max(used.size // SMALL, 2)
    if not is_count(bins, 2):
        raise DataError(f"bins={bins!r:.60} must be a whole number of at least 2.")
    _, place = np.unique(x, return_inverse=True)
    weight = np.bincount(place, w)
    code = np.minimum((np.cumsum(weight) - 0.5 * weight) * bins / weight.sum(), bins - 1).astype(np.int64)[place]
    _, code = np.unique(code, return_inverse=True)
    size = np.asarray(np.bincount(code, w), dtype=np.float64)
    return BinnedResiduals(
        name=name or f"Predicted probability of {record.outcomes[outcome]}",
        x=np.bincount(code, w * x) / size,
        residual=np.bincount(code, w * (y - p)) / size,
        limit=2.0 * np.sqrt(np.bincount(code, w * p * (1.0 - p))) / size,
        size=size,
    )
