r"""Residuals of four kinds, as R's ``residuals.glm`` has them.

With proportion of events :math:`y_i`, weight :math:`w_i` (precision or sampling weight times trials), probability
:math:`\mu_i` and variance :math:`v_i = \mu_i (1 - \mu_i)`:

* response :math:`y_i - \mu_i`;
* Pearson :math:`(y_i - \mu_i) \sqrt{w_i / v_i}`;
* deviance :math:`\operatorname{sign}(y_i - \mu_i) \sqrt{w_i d_i}`, with :math:`d_i` the deviance of one
  trial;
* working :math:`(y_i - \mu_i) / v_i`, on the scale of the linear predictor.

A frequency weight says how often the row occurs: the residual is that of each copy, as if the rows were written out,
and the weight does not enter it. (R knows precision weights only and would multiply by their root.)

References
----------
McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, section 2.4.
"""

from __future__ import annotations

from typing import get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError, nearest_name
from logitkit.inference.prediction import design_predictor
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray, ResidualKind

__all__ = ["binary_residuals", "residuals"]


def residuals(record: FitRecord, design: Design, kind: ResidualKind = "deviance") -> FloatArray:
    r"""Return one residual a row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome: those of the fit, or new ones.
    kind : {'deviance', 'pearson', 'response', 'working'}
        Which residual. Response and working residuals carry no weights; Pearson and deviance residuals carry
        the square root of the trials and of precision or sampling weights, but not of frequency weights.

    Returns
    -------
    (n,) array
        nan where the limit of a separated fit is undetermined at a new row, and for a row without trials.

    Raises
    ------
    UnsupportedError
        For any other kind.

    Notes
    -----
    A row whose probability runs to 0 or 1 has its limit: 0 where the outcome agrees, for the working residual
    -1 or 1, which is where :math:`(y - \mu) / \{\mu (1 - \mu)\}` goes; infinite (and 0 or 1 off for the
    response residual) where a new row's outcome contradicts it.

    Examples
    --------
    Squared deviance residuals add up to the deviance:

    >>> from logitkit.design.ready import ready_design
    >>> from logitkit.engine.fit import fit_design
    >>> from logitkit.engine.solvers.newton import Newton
    >>> X = np.column_stack([np.ones(6), np.arange(6.0)])
    >>> design = ready_design(X, [0, 0, 1, 0, 1, 1], names=["Intercept", "x"])
    >>> record = fit_design(design, Binomial(), Newton())
    >>> bool(np.isclose(np.sum(residuals(record, design) ** 2), record.deviance))
    True
    """
    if kind not in get_args(ResidualKind):
        raise UnsupportedError(f"kind={kind!r} is no residual. {nearest_name(str(kind), get_args(ResidualKind))}")
    response = design.response
    found = binary_residuals(record.family, design_predictor(record, design), response.y, response.row_weights, kind)
    return np.where(response.untried, np.nan, found)


def binary_residuals(
    family: Binomial, eta: FloatArray, y: FloatArray, weights: FloatArray, kind: ResidualKind
) -> FloatArray:
    """Return the residuals of rows whose linear predictor is known.

    Parameters
    ----------
    family : Binomial
        With the link.
    eta : (n,) array
        Linear predictor; infinite at a limit, nan where it is undetermined.
    y, weights : (n,) array
        Proportion of events, and weight of one copy of the row.
    kind : {'deviance', 'pearson', 'response', 'working'}
        Which residual.

    Returns
    -------
    (n,) array
        As in ``residuals``.

    Examples
    --------
    >>> binary_residuals(Binomial(), np.zeros(1), np.ones(1), np.ones(1), "pearson").tolist()
    [1.0]
    """
    raw = family.residual(eta, y)
    if kind == "response":
        return raw
    if kind == "deviance":
        return np.sign(raw) * _weighted(np.sqrt(_unit_deviance(family, eta, y)), weights)
    variance = family.variance(eta)
    if kind == "pearson":
        return _weighted(_ratio(raw, np.sqrt(variance)), weights)
    # Where the variance vanishes the residual of a row that agrees tends to 1 for an event, -1 for none.
    agrees = (variance == 0.0) & (raw == 0.0)
    return np.where(agrees, np.sign(eta), _ratio(raw, variance))


def _unit_deviance(family: Binomial, eta: FloatArray, y: FloatArray) -> FloatArray:
    """Return the deviance of one trial, shape (n,); at an infinite linear predictor 0 or infinite."""
    at_limit = np.isinf(eta)
    deviance = family.unit_deviance(np.where(at_limit, 0.0, eta), y)
    return np.where(at_limit, np.where(family.residual(eta, y) == 0.0, 0.0, np.inf), deviance)


def _ratio(raw: FloatArray, scale: FloatArray) -> FloatArray:
    """Return raw / scale, shape (n,); where the scale vanishes 0 for a residual of 0, else infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((scale == 0.0) & (raw == 0.0), 0.0, raw / scale)


def _weighted(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return values times root weights, shape (n,); 0 for a row of weight 0, even an infinite one."""
    with np.errstate(invalid="ignore"):
        return np.where((weights == 0.0) & ~np.isnan(values), 0.0, values * np.sqrt(weights))
