r"""Residuals of a model of several outcomes, one a row and outcome.

Each outcome is taken against all others: with proportion :math:`y_{ik}`, total weight :math:`w_i` and probability
:math:`p_{ik}`,

* response :math:`y_{ik} - p_{ik}`;
* Pearson :math:`(y_{ik} - p_{ik}) \sqrt{w_i / \{p_{ik} (1 - p_{ik})\}}`;
* deviance :math:`\operatorname{sign}(y_{ik} - p_{ik}) \sqrt{w_i d_{ik}}`, with :math:`d_{ik}` the deviance of one trial
  that has the outcome or has it not.

Of two outcomes both have the residuals of the binary model, with opposite signs. What a row adds to Pearson's statistic
and to the deviance of the whole model is no sum of their squares, as residuals of one row are dependent; it is

.. math:: \chi^2_i = \sum_k \frac{w_i (y_{ik} - p_{ik})^2}{p_{ik}}, \qquad
    d_i = 2 w_i \sum_k y_{ik} \log \frac{y_{ik}}{p_{ik}} .

References
----------
Lesaffre, E. and Albert, A. (1989) Multiple-group logistic regression diagnostics. Applied Statistics 38, 425-440.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import NO_SHARES, Response
from logitkit.diagnostics.outcome_ranking import logits_against_rest
from logitkit.diagnostics.residuals import binary_residuals
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError, nearest_name
from logitkit.inference.outcome_prediction import limiting_logits
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray

__all__ = ["OutcomeResidualKind", "outcome_residuals", "row_contributions"]

OutcomeResidualKind = Literal["response", "pearson", "deviance"]


def outcome_residuals(record: FitRecord, design: Design, kind: OutcomeResidualKind = "deviance") -> FloatArray:
    """Return one residual a row and outcome.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome: those of the fit, or new ones.
    kind : {'deviance', 'pearson', 'response'}
        Which residual. Response residuals carry no weights; Pearson and deviance residuals carry the square root of the
        trials and of precision or sampling weights, but not of frequency weights, which count copies of the row.

    Returns
    -------
    (K, n) array
        nan for all outcomes of a row where the limit of a separated fit is undetermined; infinite (and 0 or 1 off for
        the response residual) where a new row's outcome contradicts its limit.

    Raises
    ------
    UnsupportedError
        For any other kind.

    Examples
    --------
    With intercepts the response residuals of each outcome sum to zero:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> bool(np.allclose(outcome_residuals(fit.record, fit.design, "response").sum(axis=1), 0.0, atol=1e-9))
    True
    """
    kinds = get_args(OutcomeResidualKind)
    if kind not in kinds:
        raise UnsupportedError(
            f"kind={kind!r} is no residual of a model of several outcomes. {nearest_name(str(kind), kinds)}"
        )
    eta, response = _logits(record, design)
    logit = logits_against_rest(eta)
    shares = response.indicators()
    family = Binomial()
    found = np.stack(
        [binary_residuals(family, x, y, response.row_weights, kind) for x, y in zip(logit, shares, strict=True)]
    )
    return np.where(response.untried, np.nan, found)


def row_contributions(record: FitRecord, design: Design) -> tuple[FloatArray, FloatArray]:
    """Return what each row, or with frequency weights each copy of it, adds to Pearson's statistic and to the deviance.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        n rows with their outcome.

    Returns
    -------
    pearson, deviance : (n,) array
        Not negative.

    Examples
    --------
    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> bool(np.isclose(row_contributions(fit.record, fit.design)[1].sum(), fit.deviance))
    True
    """
    eta, response = _logits(record, design)
    scaled = scaled_residuals(record, eta, response)
    shares = NO_SHARES if response.shares is None else response.shares
    gap = record.family.loss(eta, response.codes, shares) - record.family.saturated_loss(shares, response.n_rows)
    weights = response.row_weights
    counts = weights > 0.0
    with np.errstate(invalid="ignore"):
        deviance = 2.0 * weights * np.maximum(gap, 0.0)
        pearson = np.asarray((scaled**2).sum(axis=0))
    missing = np.isnan(eta).any(axis=0)
    zero = np.where(missing, np.nan, 0.0)
    return np.where(counts, pearson, zero), np.where(counts & ~missing, deviance, zero)


def scaled_residuals(record: FitRecord, eta: FloatArray, response: Response) -> FloatArray:
    r"""Return residuals over the root of the expected number, whose squares sum to Pearson's statistic.

    Parameters
    ----------
    record : FitRecord
        The fit.
    eta : (K, n) array
        Logits in the limit.
    response : Response
        The same rows.

    Returns
    -------
    (K, n) array
        :math:`(y - p) \sqrt{w / p}`; 0 where an outcome that has no probability does not occur.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.multinomial_matrix(np.ones((4, 1)), ["a", "b", "b", "c"], names=["Intercept"])
    >>> found = scaled_residuals(fit.record, np.zeros((3, 4)), fit.design.response)
    >>> bool(np.isclose(found[0, 0], (1 - 1 / 3) * np.sqrt(3)))
    True
    """
    mean = record.family.mean(eta)
    family = Binomial()
    raw = np.stack(
        [family.residual(x, y) for x, y in zip(logits_against_rest(eta), response.indicators(), strict=True)]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((raw == 0.0) & (mean == 0.0), 0.0, raw * np.sqrt(response.row_weights / mean))


def _logits(record: FitRecord, design: Design) -> tuple[FloatArray, Response]:
    """Return the logits of rows in the limit, missing for the whole row where it is not determined."""
    response = design.response
    eta, undetermined = limiting_logits(record, design.matrix, response.offset)
    if undetermined is not None:
        eta[:, undetermined.any(axis=0)] = np.nan
    return eta, response
