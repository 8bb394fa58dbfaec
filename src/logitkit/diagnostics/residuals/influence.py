r"""Influence of each row on the fit: leverage, Cook's distance and standardised residuals.

For a row with probabilities p, weight w (with frequency weights that of one copy), covariance M of its m fitted linear
predictors and derivatives J of the log odds of its K outcomes by them, let

.. math:: G = \sqrt w \operatorname{diag}\{\sqrt{p_k} (1 - p_k)\} J, \qquad H = G M G' .

:math:`G'G` is the information of the predictors, and H the row's block of the hat matrix. With the residuals
:math:`r_k = (y_k - p_k) \sqrt{w / p_k}` and the rank q:

* leverage: the trace of H, between 0 and K - 1; over all rows these sum to the rank, or nearly so where the covariance
  comes from the observed information of a link that is not the logit;
* Cook's distance :math:`r'(I - H)^{-1} H (I - H)^{-1} r / q`, one Newton step's account of how far the coefficients
  move, in units of their covariance, when the row is left out;
* Pregibon's displacements :math:`C = r'(I - H)^{-1} H (I - H)^{-1} r`, how far the whole confidence ellipsoid's centre
  moves, which is q times Cook's distance, and :math:`\bar C = r'(I - H)^{-1} H r`, the same measured without the row;
* the fall of Pearson's statistic when the row is left out, about :math:`r'(I - H)^{-1} r`, and that of the deviance,
  about the row's own part of it plus :math:`\bar C`;
* of a single outcome, the leverage :math:`h_k = w\, p_k (1 - p_k) \operatorname{Var}(\operatorname{logit} \hat p_k)`,
  with which the residual of that outcome against the rest, over :math:`\sqrt{1 - h_k}`, has about unit variance. The
  leverage of the row is :math:`\sum_k (1 - p_k) h_k`.

One linear predictor makes H a matrix of rank one, with the eigenvalue :math:`h = w\, p (1 - p) \operatorname{Var}(\hat
\eta)` where the predictor is the log odds, and its eigenvector along r: Cook's distance is
:math:`\{r / (1 - h)\}^2 h / q` with the Pearson residual r. None of it depends on which outcome is the reference
(``docs/maths/outcome_diagnostics.md``, equations 3 to 5).

References
----------
Pregibon, D. (1981) Logistic regression diagnostics. Annals of Statistics 9, 705-724. C, CBAR, DIFCHISQ and DIFDEV of
SAS's PROC LOGISTIC.
Williams, D. A. (1987) Applied Statistics 36, 181-191. R's ``cooks.distance.glm`` and ``rstandard.glm``.
Lesaffre, E. and Albert, A. (1989) Multiple-group logistic regression diagnostics. Applied Statistics 38, 425-440.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.diagnostics.residuals.kinds import residuals_at, row_contributions, scaled_residuals
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.covariances.leverage import leverage
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.predictor_variance import predictor_covariances
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.models.family import Family
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.typing import FloatArray, IntArray

__all__ = ["Influence", "influence", "influence_of", "require_own_rows", "require_sample"]

FITTED_ALONE = 1e-8  # 1 - h below this is rounding: the row has a coefficient of its own


@dataclass(frozen=True)
class Influence:
    """Leverage, Cook's distance and standardised residuals of the n rows of a fit.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes; with two outcomes, the second is the event.
    leverage : (n,) array
        Trace of the row's block of the hat matrix. Summed over all copies of the rows, it equals the rank.
    cooks_distance : (n,) array
        Cook's distance, never negative; nan if the row alone determines a coefficient.
    pearson, deviance : (n,) array
        Contribution of the row to Pearson's statistic and to the deviance.
    pearson_deleted : (n,) array
        Approximate decrease in Pearson's statistic when the row is left out; nan where Cook's distance is nan.
    cbar : (n,) array
        Displacement of the coefficients when the row is left out, in units of their covariance without the row; nan
        where Cook's distance is nan.
    outcome_leverage : (n,) or (K, n) array
        Leverage of the row for each outcome against all others, between 0 and 1; in a model of an event, the leverage
        of the row.
    standardized_pearson, standardized_deviance : (n,) or (K, n) array
        Residuals of each outcome against all others, or of the event, divided by the square root of 1 - leverage. Their
        variance is about 1 when counts are large; nan if the leverage is 1.
    rank : int
        Number of finite coefficients that the rows determine: the q of Cook's distance.
    positions : (n,) int array
        Position of each row in the original table.

    Examples
    --------
    The leverage of a row is a weighted sum of those of its outcomes:

    >>> import logitkit as lk
    >>> fit = lk.multinomial("race ~ age + lwt", lk.datasets.load_lbw())
    >>> found = influence(fit.record, fit.design)
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
    cbar: FloatArray
    rank: int
    positions: IntArray

    @property
    def c(self) -> FloatArray:
        """Displacement of the coefficients in units of their covariance, rank times Cook's distance, shape (n,)."""
        return self.cooks_distance * max(self.rank, 1)

    @property
    def deviance_deleted(self) -> FloatArray:
        """Approximate decrease in the deviance when the row is left out, shape (n,)."""
        return self.deviance + self.cbar


class _Hat(NamedTuple):
    """The eigenvalues of each row's block of the hat matrix, and its residuals along the eigenvectors."""

    values: FloatArray  # (n, r)
    parts: FloatArray  # (n, r)
    of_outcomes: FloatArray  # leverages, (n,) or (K, n)


def influence(record: FitRecord, design: Design) -> Influence:
    """Return the influence of each row on the fit.

    Parameters
    ----------
    record : FitRecord
        The fit. Leverage is always computed from its model-based covariance.
    design : Design
        The n rows of the fit.

    Returns
    -------
    Influence
        Influence of each row. Under separation it is that of the limiting model: outcomes with limiting probability 0
        are ignored, rows with only one possible outcome have leverage and distance 0, and the rank is that of the rows
        that overlap. For grouped data it is the influence of the group; with frequency weights, that of each copy of a
        row.

    Raises
    ------
    UnsupportedError
        If the rows are not those of the fit, because other rows have no influence on it; or if the fit is penalised.

    Examples
    --------
    The leverages sum to the rank:

    >>> import logitkit as lk
    >>> for fit in (
    ...     lk.logit("low ~ age", lk.datasets.load_lbw()),
    ...     lk.multinomial("race ~ age", lk.datasets.load_lbw()),
    ... ):
    ...     found = influence(fit.record, fit.design)
    ...     print(bool(np.isclose(found.leverage.sum(), found.rank)), found.rank)
    True 2
    True 4
    """
    require_own_rows(record, design)
    return influence_of(record, design)


def influence_of(record: FitRecord, design: Design) -> Influence:
    """Return the influence of rows, or covariate patterns, that are known to be those of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit, or their counts by covariate pattern.

    Returns
    -------
    Influence
        As in ``influence``.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> bool(np.isclose(influence_of(fit.record, fit.design).leverage.sum(), 2.0))
    True
    """
    eta, response = fitted_rows(record, design).eta, design.response
    residual = residuals_at(record, eta, response, "pearson")
    hat = _single(record, design, eta, residual) if record.has_event else _several(record, design, eta)
    rank = record.n_params - record.limit.dimension
    room = 1.0 - hat.values
    room = np.where(room.min(axis=1, keepdims=True) < FITTED_ALONE, np.nan, room)
    own = np.where(1.0 - hat.of_outcomes < FITTED_ALONE, np.nan, 1.0 - hat.of_outcomes)
    deviance = residuals_at(record, eta, response, "deviance")
    # Of an event the residuals of a row are one, and what it adds to the statistics is their square.
    added = (residual**2, deviance**2) if record.has_event else row_contributions(record, eta, response)
    return Influence(
        outcomes=record.outcomes,
        leverage=hat.values.sum(axis=1),
        # A model without finite coefficients moves nowhere.
        cooks_distance=((hat.parts / room) ** 2 * hat.values).sum(axis=1) / max(rank, 1),
        pearson=added[0],
        deviance=added[1],
        pearson_deleted=(hat.parts**2 / room).sum(axis=1),
        outcome_leverage=hat.of_outcomes,
        standardized_pearson=residual / np.sqrt(own),
        standardized_deviance=deviance / np.sqrt(own),
        cbar=(hat.parts**2 / room * hat.values).sum(axis=1),
        rank=rank,
        positions=design.positions,
    )


def require_own_rows(record: FitRecord, design: Design) -> None:
    """Raise an error if rows are not those of the fit, or if influence is not defined for the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows.

    Raises
    ------
    UnsupportedError
        If the rows are not those of the fit, or the fit is penalised.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> require_own_rows(fit.record, fit.design)
    """
    require(record, "influence")
    require_sample(record, design)


def require_sample(record: FitRecord, design: Design) -> None:
    """Raise an error if rows are not those of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows.

    Raises
    ------
    UnsupportedError
        If the rows are not those of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> require_sample(fit.record, fit.design)
    """
    if not is_sample(record, design):
        raise UnsupportedError(
            f"Influence is defined for the rows of the fit; these {design.n_rows:,} rows are different or changed "
            "since. Give the table of the fit."
        )


def _single(record: FitRecord, design: Design, eta: FloatArray, pearson: FloatArray) -> _Hat:
    """Return the blocks of one linear predictor, from the variances of the rows alone."""
    h = leverage(record, design, eta)
    return _Hat(h[:, None], pearson[:, None], h)


def _several(record: FitRecord, design: Design, eta: FloatArray) -> _Hat:
    """Return the blocks of several linear predictors."""
    weights, n, k = design.response.row_weights, design.n_rows, len(record.outcomes)
    scaled = np.where(weights > 0.0, scaled_residuals(record, eta, design.response), 0.0)
    values, parts, own = np.empty((n, k)), np.empty((n, k)), np.empty((k, n))
    with single_threaded_blas():
        for here, covariance in predictor_covariances(record, design.matrix, record.inner_model_vcov):
            blocks, own[:, here] = _blocks(record.family, eta[:, here], weights[here], covariance)
            found, vectors = np.linalg.eigh(blocks)
            values[here] = np.maximum(found, 0.0)
            parts[here] = np.einsum("iab,ia->ib", vectors, scaled[:, here].T)
    return _Hat(values, parts, own)


def _blocks(
    family: Family, eta: FloatArray, weights: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return blocks of the hat matrix, (n, K, K), and leverages by outcome, (K, n), of covariances (n, m, m)."""
    p = np.nan_to_num(family.probabilities(eta))  # a row without weight may have none
    rest = np.stack([np.delete(p, k, axis=0).sum(axis=0) for k in range(len(p))])  # 1 - p without cancellation
    # Of an outcome that is certain the others have no proportions.
    jacobian = np.nan_to_num(np.ascontiguousarray(np.moveaxis(family.log_odds_jacobian(eta), 2, 0)))
    times = jacobian @ covariance
    root = (np.sqrt(weights * p) * rest).T
    hat = root[:, :, None] * (times @ jacobian.transpose(0, 2, 1)) * root[:, None, :]
    variance = np.maximum(np.einsum("ika,ika->ik", times, jacobian), 0.0)
    return 0.5 * (hat + hat.transpose(0, 2, 1)), weights * p * rest * variance.T
