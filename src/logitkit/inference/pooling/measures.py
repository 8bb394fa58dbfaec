"""Measures of predictive performance, such as the area under the curve, pooled on a nearly normal scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from logitkit.errors import DataError
from logitkit.inference.pooling.rubin import pooled_scalars
from logitkit.options import require_choice
from logitkit.typing import FloatArray

__all__ = ["PooledMeasure", "measure_scale", "pooled_measure"]

SCALES = ("identity", "log", "logit")


@dataclass(frozen=True)
class PooledMeasure:
    """Measures pooled over M imputed tables.

    Parameters
    ----------
    names : tuple of str
        Names of the m measures.
    scales : tuple of str
        Scale on which each measure was pooled: identity, log or logit.
    estimate, low, high : (m,) array
        Estimates and confidence limits on the original scale.
    std_error : (m,) array
        Standard errors on the scale on which each measure was pooled.
    dof, fmi : (m,) array
        Degrees of freedom, and fraction of missing information.
    level : float
        Confidence level of the intervals.
    n_imputations : int
        Number of imputed tables, M.

    Examples
    --------
    >>> area = measure_scale(np.array([[0.7, 0.03], [0.72, 0.03]]), "logit", "Area")
    >>> pooled_measure({"Area": area}, 0.95, np.inf).estimate.round(4).tolist()
    [0.7101]
    """

    names: tuple[str, ...]
    scales: tuple[str, ...]
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    std_error: FloatArray
    dof: FloatArray
    fmi: FloatArray
    level: float
    n_imputations: int


def measure_scale(values: FloatArray, scale: str, name: str) -> tuple[str, FloatArray, FloatArray]:
    """Return estimates and variances on the scale on which they are pooled.

    Parameters
    ----------
    values : (M, 2) array
        Estimates and their standard errors.
    scale : {'identity', 'log', 'logit'}
        Scale on which the estimates are nearly normal.
    name : str
        Name of the measure, for error messages.

    Returns
    -------
    scale : str
        The scale that was given.
    estimate, variance : (M,) array
        Estimates and variances on that scale, by the delta method.

    Raises
    ------
    DataError
        For an estimate outside the scale, such as an area of 1 on the logit scale, or without a standard error.

    Examples
    --------
    >>> measure_scale(np.array([[0.5, 0.1]]), "logit", "Area")[2].round(6).tolist()
    [0.16]
    """
    require_choice("scale", scale, SCALES)
    estimate, error = values.T
    if not np.isfinite(values).all():
        raise DataError(f"{name} has no estimate with an error in one of the tables.")
    if scale == "identity":
        return scale, estimate, error**2
    inside = (estimate > 0.0) & ((estimate < 1.0) | (scale == "log"))
    if not inside.all():
        raise DataError(f"{name} is {estimate[~inside][0]:g} in one of the tables, which has no {scale}.")
    if scale == "log":
        return scale, np.log(estimate), (error / estimate) ** 2
    return scale, np.log(estimate / (1.0 - estimate)), (error / (estimate * (1.0 - estimate))) ** 2


def pooled_measure(
    rows: Mapping[str, tuple[str, FloatArray, FloatArray]], level: float, dof_complete: float
) -> PooledMeasure:
    """Return measures pooled by Rubin's rules.

    Parameters
    ----------
    rows : mapping of str to (scale, estimates, variances)
        Scale, estimates and variances by name of the measure, as returned by ``measure_scale``.
    level : float
        Confidence level.
    dof_complete : float
        Degrees of freedom of the complete table.

    Returns
    -------
    PooledMeasure
        One entry per measure.

    Examples
    --------
    >>> slope = measure_scale(np.array([[0.9, 0.1], [1.1, 0.1]]), "identity", "Slope")
    >>> pooled_measure({"Slope": slope}, 0.95, np.inf).std_error.round(4).tolist()
    [0.2]
    """
    scales = tuple(scale for scale, _, _ in rows.values())
    values, variances = (np.column_stack([row[place] for row in rows.values()]) for place in (1, 2))
    found = pooled_scalars(values, variances, level, dof_complete)
    table, back = found.estimates, {"identity": np.array, "log": np.exp, "logit": expit}
    estimate, low, high = (
        np.array([float(back[scale](each)) for scale, each in zip(scales, column, strict=True)])
        for column in (table.estimate, table.low, table.high)
    )
    return PooledMeasure(
        tuple(rows), scales, estimate, low, high, table.std_error, found.dof, found.fmi, level, found.n_imputations
    )
