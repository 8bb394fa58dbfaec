r"""Residuals of four kinds, of each outcome against all others.

With the proportion :math:`y_{ik}` of outcome k among the trials of row i, weight :math:`w_i` (precision or sampling
weight times trials) and probability :math:`p_{ik}`,

* response :math:`y_{ik} - p_{ik}`;
* Pearson :math:`(y_{ik} - p_{ik}) \sqrt{w_i / \{p_{ik} (1 - p_{ik})\}}`;
* deviance :math:`\operatorname{sign}(y_{ik} - p_{ik}) \sqrt{w_i d_{ik}}`, with :math:`d_{ik}` the deviance of one trial
  that has the outcome or has it not;
* working :math:`(y_{ik} - p_{ik}) / \{p_{ik} (1 - p_{ik})\}`, on the scale of the log odds of the outcome; of a model
  of an event on that of its linear predictor, over the derivative of the probability.

Of two outcomes both have the residuals of the binary model, those of R's ``residuals.glm``, with opposite signs. A
frequency weight says how often the row occurs: the residual is that of each copy, as if the rows were written out, and
the weight does not enter it. (R knows precision weights only and would multiply by their root.)

What a row adds to Pearson's statistic and to the deviance of the whole model is no sum of the squares of its residuals
where there are more than two outcomes, as residuals of one row are dependent; it is

.. math:: \chi^2_i = \sum_k \frac{w_i (y_{ik} - p_{ik})^2}{p_{ik}}, \qquad
    d_i = 2 w_i \sum_k y_{ik} \log \frac{y_{ik}}{p_{ik}} .

References
----------
McCullagh, P. and Nelder, J. A. (1989) Generalized Linear Models, 2nd edition, section 2.4.
Lesaffre, E. and Albert, A. (1989) Multiple-group logistic regression diagnostics. Applied Statistics 38, 425-440.
"""

from __future__ import annotations

from typing import get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError, nearest_name
from logitkit.inference.prediction import fitted_rows
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray, ResidualKind

__all__ = ["binary_residuals", "residuals", "residuals_at", "row_contributions", "scaled_residuals"]


def residuals(record: FitRecord, design: Design, kind: ResidualKind = "deviance") -> FloatArray:
    r"""Return one residual per outcome and row.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome: those of the fit, or new ones.
    kind : {'deviance', 'pearson', 'response', 'working'}
        Kind of residual. Response and working residuals are unweighted. Pearson and deviance residuals are multiplied
        by the square root of the number of trials and of precision or sampling weights, but not of frequency weights.

    Returns
    -------
    (n,) or (K, n) array
        Residuals of each outcome, or of the event in a model of an event. They are nan if separation leaves the
        prediction undetermined, and for a row without trials.

    Raises
    ------
    UnsupportedError
        If the kind is unknown.

    Notes
    -----
    If separation drives a probability to 0 or 1, the residual is its limit. If the outcome agrees with it, the limit is
    0, except for the working residual :math:`(y - p) / \{p (1 - p)\}`, whose limit is -1 or 1. If the outcome of a new
    row contradicts it, the response residual is -1 or 1 and the others are infinite.

    Examples
    --------
    Squared deviance residuals of an event sum to the deviance:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> bool(np.isclose(np.sum(residuals(fit.record, fit.design) ** 2), fit.deviance))
    True

    If the model has intercepts, the response residuals of each outcome sum to zero:

    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> bool(np.allclose(residuals(fit.record, fit.design, "response").sum(axis=1), 0.0, atol=1e-9))
    True
    """
    if kind not in get_args(ResidualKind):
        raise UnsupportedError(
            f"kind={kind!r} is not a kind of residual. {nearest_name(str(kind), get_args(ResidualKind))}"
        )
    return residuals_at(record, fitted_rows(record, design).eta, design.response, kind)


def residuals_at(record: FitRecord, eta: FloatArray, response: Response, kind: ResidualKind) -> FloatArray:
    """Return the residuals of rows with known linear predictors.

    Parameters
    ----------
    record : FitRecord
        The fit.
    eta : (m, n) array
        Linear predictors; infinite in the limit of separation, nan if undetermined.
    response : Response
        Response of the same rows.
    kind : {'deviance', 'pearson', 'response', 'working'}
        Kind of residual.

    Returns
    -------
    (n,) or (K, n) array
        As in ``residuals``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit_matrix(np.ones((2, 1)), [0, 1], names=["Intercept"])
    >>> residuals_at(fit.record, np.zeros((1, 2)), fit.design.response, "pearson").tolist()
    [-1.0, 1.0]
    """
    log_odds, weights = record.family.log_odds(eta), response.row_weights
    if record.has_event:
        found = binary_residuals(log_odds[1], response.y, weights, kind)
        if kind == "working":
            found = found / record.family.log_odds_jacobian(eta)[1, 0]
    else:
        shares = response.indicators()
        found = np.stack([binary_residuals(x, y, weights, kind) for x, y in zip(log_odds, shares, strict=True)])
    return np.where(response.untried, np.nan, found)


def binary_residuals(log_odds: FloatArray, y: FloatArray, weights: FloatArray, kind: ResidualKind) -> FloatArray:
    """Return the residuals of rows with known log odds of the event.

    Parameters
    ----------
    log_odds : (n,) array
        Log odds; infinite in the limit of separation, nan if undetermined.
    y, weights : (n,) array
        Proportion of events, and weight of one copy of each row.
    kind : {'deviance', 'pearson', 'response', 'working'}
        Kind of residual.

    Returns
    -------
    (n,) array
        As in ``residuals``.

    Examples
    --------
    >>> binary_residuals(np.zeros(1), np.ones(1), np.ones(1), "pearson").tolist()
    [1.0]
    """
    family = Binomial()
    raw = family.residual(log_odds, y)
    if kind == "response":
        return raw
    if kind == "deviance":
        return np.sign(raw) * _weighted(np.sqrt(_unit_deviance(family, log_odds, y)), weights)
    variance = family.variance(log_odds)
    if kind == "pearson":
        return _weighted(_ratio(raw, np.sqrt(variance)), weights)
    # Where the variance vanishes the residual of a row that agrees tends to 1 for an event, -1 for none.
    agrees = (variance == 0.0) & (raw == 0.0)
    return np.where(agrees, np.sign(log_odds), _ratio(raw, variance))


def row_contributions(record: FitRecord, eta: FloatArray, response: Response) -> tuple[FloatArray, FloatArray]:
    """Return the contribution of each row, or of each copy of it, to Pearson's statistic and to the deviance.

    Parameters
    ----------
    record : FitRecord
        The fit.
    eta : (m, n) array
        Linear predictors, in the limit under separation.
    response : Response
        Response of the same rows.

    Returns
    -------
    pearson, deviance : (n,) array
        Nonnegative contributions.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> eta = fitted_rows(fit.record, fit.design).eta
    >>> bool(np.isclose(row_contributions(fit.record, eta, fit.design.response)[1].sum(), fit.deviance))
    True
    """
    weights = response.row_weights
    counts = weights > 0.0
    with np.errstate(invalid="ignore"):
        gap = record.family.losses(eta, response) - record.family.saturated_losses(response)
        deviance = 2.0 * weights * np.maximum(gap, 0.0)
        pearson = np.asarray((scaled_residuals(record, eta, response) ** 2).sum(axis=0))
    missing = np.isnan(eta).any(axis=0)
    zero = np.where(missing, np.nan, 0.0)
    return np.where(counts, pearson, zero), np.where(counts & ~missing, deviance, zero)


def scaled_residuals(record: FitRecord, eta: FloatArray, response: Response) -> FloatArray:
    r"""Return residuals divided by the root of the expected number; their squares sum to Pearson's statistic.

    Parameters
    ----------
    record : FitRecord
        The fit.
    eta : (m, n) array
        Linear predictors, in the limit under separation.
    response : Response
        Response of the same rows.

    Returns
    -------
    (K, n) array
        :math:`(y - p) \sqrt{w / p}`; 0 if an outcome with probability 0 does not occur.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> found = scaled_residuals(fit.record, np.zeros((3, 4)), fit.design.response)
    >>> bool(np.isclose(found[0, 0], (1 - 1 / 3) * np.sqrt(3)))
    True
    """
    mean, log_odds = record.family.probabilities(eta), record.family.log_odds(eta)
    raw = np.stack([Binomial().residual(x, y) for x, y in zip(log_odds, response.indicators(), strict=True)])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((raw == 0.0) & (mean == 0.0), 0.0, raw * np.sqrt(response.row_weights / mean))


def _unit_deviance(family: Binomial, log_odds: FloatArray, y: FloatArray) -> FloatArray:
    """Return the deviance of one trial, shape (n,); at infinite log odds 0 or infinite."""
    at_limit = np.isinf(log_odds)
    deviance = family.unit_deviance(np.where(at_limit, 0.0, log_odds), y)
    return np.where(at_limit, np.where(family.residual(log_odds, y) == 0.0, 0.0, np.inf), deviance)


def _ratio(raw: FloatArray, scale: FloatArray) -> FloatArray:
    """Return raw / scale, shape (n,); where the scale vanishes 0 for a residual of 0, else infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((scale == 0.0) & (raw == 0.0), 0.0, raw / scale)


def _weighted(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return values times root weights, shape (n,); 0 for a row of weight 0, even an infinite one."""
    with np.errstate(invalid="ignore"):
        return np.where((weights == 0.0) & ~np.isnan(values), 0.0, values * np.sqrt(weights))
