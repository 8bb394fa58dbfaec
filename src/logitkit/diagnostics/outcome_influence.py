r"""Which rows a model of several outcomes leans on: leverage, Cook's distance and standardised residuals.

For a row with probabilities p and weight w (with frequency weights that of one copy) the information of its logits is
:math:`W = w\{\operatorname{diag}(p) - pp'\} = BB'` with

.. math:: B = \sqrt w \{\operatorname{diag}(\sqrt p) - p \sqrt p\,'\} .

With the covariance M of its fitted logits its block of the hat matrix is :math:`H = B'MB`, of which the rest follows
with the residuals :math:`r_k = (y_k - p_k) \sqrt{w / p_k}` and the rank q:

* leverage: the trace of H, between 0 and K - 1; over all rows these sum to the rank;
* Cook's distance :math:`r'(I - H)^{-1} H (I - H)^{-1} r / q`, one Newton step's account of how far the coefficients
  move, in units of their covariance, when the row is left out;
* the fall of Pearson's statistic on leaving the row out, about :math:`r'(I - H)^{-1} r`;
* of a single outcome, the leverage :math:`h_k = w\, p_k (1 - p_k) \operatorname{Var}(\operatorname{logit} \hat p_k)`,
  with which the residual of that outcome against the rest, over :math:`\sqrt{1 - h_k}`, has about unit variance. The
  leverage of the row is :math:`\sum_k (1 - p_k) h_k`.

None of it depends on which outcome is the reference, and of two outcomes all of it is that of the binary model
(``docs/maths/outcome_diagnostics.md``, equations 3 to 5).

References
----------
Lesaffre, E. and Albert, A. (1989) Multiple-group logistic regression diagnostics. Applied Statistics 38, 425-440.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.influence import FITTED_ALONE
from logitkit.diagnostics.outcome_residuals import outcome_residuals, row_contributions, scaled_residuals
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.outcome_prediction import limiting_logits, logit_covariances
from logitkit.inference.outcome_sample import is_outcome_sample
from logitkit.inference.penalised import require_likelihood
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["OutcomeInfluence", "outcome_influence"]


@dataclass(frozen=True)
class OutcomeInfluence:
    """Leverage, Cook's distance and standardised residuals of the n rows of a fit.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    leverage : (n,) array
        Trace of the row's block of the hat matrix; summed over all copies of the rows it is the rank.
    cooks_distance : (n,) array
        Never negative; nan where the row has coefficients of its own.
    pearson, deviance : (n,) array
        What the row adds to Pearson's statistic and to the deviance.
    pearson_deleted : (n,) array
        About how much Pearson's statistic falls when the row is left out; nan like Cook's distance.
    outcome_leverage : (K, n) array
        Leverage of the row for each outcome against the others, between 0 and 1.
    standardized_pearson, standardized_deviance : (K, n) array
        Residuals of each outcome against the others over the root of 1 - leverage; nan where this is 1.
    rank : int
        Number of finite coefficients that the rows determine, the q of Cook's distance.
    positions : (n,) int array
        Place of each row in the table as given.

    Examples
    --------
    The leverages of the outcomes make up that of the row:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = outcome_influence(fit.record, fit.design)
    >>> p = fit.predict().to_numpy().T
    >>> bool(np.allclose(((1 - p) * found.outcome_leverage).sum(axis=0), found.leverage))
    True
    """

    outcomes: tuple[str, ...]
    leverage: FloatArray
    cooks_distance: FloatArray
    pearson: FloatArray
    deviance: FloatArray
    pearson_deleted: FloatArray
    outcome_leverage: FloatArray
    standardized_pearson: FloatArray
    standardized_deviance: FloatArray
    rank: int
    positions: IntArray


def outcome_influence(record: FitRecord, design: Design) -> OutcomeInfluence:
    """Return the influence of each row on the fit.

    Parameters
    ----------
    record : FitRecord
        The fit. Leverage rests on its model-based covariance, whatever covariance the record carries.
    design : Design
        The n rows of the fit.

    Returns
    -------
    OutcomeInfluence
        Under separation that of the limiting model: outcomes that a row cannot have in the limit have no part in it.
        For counted outcomes influence is of the row of counts; with frequency weights, of each copy of a row.

    Raises
    ------
    UnsupportedError
        If the rows are not those of the fit: a row that took no part has no influence to speak of. After a penalty.

    Examples
    --------
    Leverages sum to the rank:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = outcome_influence(fit.record, fit.design)
    >>> bool(np.isclose(found.leverage.sum(), found.rank)), found.rank
    (True, 4)
    """
    require_likelihood(record, "influence")
    if not is_outcome_sample(record, design):
        raise UnsupportedError(
            f"Influence is of the rows of the fit, and these {design.n_rows:,} rows are others than those "
            "that it used, or were changed since. Give the table of the fit."
        )
    response = design.response
    eta, _ = limiting_logits(record, design.matrix, response.offset)
    mean, weights = record.family.mean(eta), response.row_weights
    scaled = np.where(weights > 0.0, scaled_residuals(record, eta, response), 0.0)
    rank = record.n_params - (0 if record.limit is None else record.limit.dimension)
    shape, n = mean.shape, design.n_rows
    leverage, distance, deleted, own = np.empty(n), np.empty(n), np.empty(n), np.empty(shape)
    with single_threaded_blas():
        for start, stop, covariance in logit_covariances(record, design.matrix):
            here = slice(start, stop)
            found = _block(covariance, mean[:, here], weights[here], scaled[:, here])
            leverage[here], distance[here], deleted[here], own[:, here] = found
    pearson, deviance = row_contributions(record, design)
    room = np.where(1.0 - own < FITTED_ALONE, np.nan, 1.0 - own)
    return OutcomeInfluence(
        outcomes=record.outcomes,
        leverage=leverage,
        cooks_distance=distance / max(rank, 1),  # a model without finite coefficients moves nowhere
        pearson=pearson,
        deviance=deviance,
        pearson_deleted=deleted,
        outcome_leverage=own,
        standardized_pearson=outcome_residuals(record, design, "pearson") / np.sqrt(room),
        standardized_deviance=outcome_residuals(record, design, "deviance") / np.sqrt(room),
        rank=rank,
        positions=design.positions,
    )


def _block(
    covariance: FloatArray, mean: FloatArray, weights: FloatArray, scaled: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return leverage, distance times rank, fall of Pearson's statistic, and leverage by outcome, of some rows."""
    p, r = mean.T, scaled.T
    root = np.sqrt(p)
    k = p.shape[1]
    factor = np.sqrt(weights)[:, None, None] * (np.eye(k) * root[:, :, None] - p[:, :, None] * root[:, None, :])
    hat = factor.transpose(0, 2, 1) @ covariance @ factor
    values, vectors = np.linalg.eigh(0.5 * (hat + hat.transpose(0, 2, 1)))
    values = np.maximum(values, 0.0)
    part = np.einsum("iab,ia->ib", vectors, r)
    room = 1.0 - values
    room = np.where(room[:, -1:] < FITTED_ALONE, np.nan, room)
    # Of outcome k: the logits of the others enter by their share among them.
    rest = np.stack([np.delete(p, j, axis=1).sum(axis=1) for j in range(k)], axis=1)
    share = np.divide(p[:, None, :], rest[:, :, None], out=np.zeros((len(p), k, k)), where=rest[:, :, None] > 0.0)
    contrast = np.where(np.eye(k, dtype=bool), 1.0, -share)
    variance = np.einsum("ika,iab,ikb->ik", contrast, covariance, contrast)
    own = weights[:, None] * p * rest * np.maximum(variance, 0.0)
    return values.sum(axis=1), (part**2 * values / room**2).sum(axis=1), (part**2 / room).sum(axis=1), own.T
