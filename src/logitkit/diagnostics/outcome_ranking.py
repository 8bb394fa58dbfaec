r"""Rows with the probabilities of several outcomes, and their order by each outcome against all others.

What is made for two outcomes is made here for one of them against the rest: rows are ranked by

.. math:: \log \frac{p_k}{1 - p_k} = \eta_k - \log \sum_{j \ne k} e^{\eta_j},

which loses no digits where a probability is near 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import NO_SHARES
from logitkit.diagnostics.left_out import EVERY_ROW, LeftOut, rows_left_out
from logitkit.diagnostics.ranking import RankedRows, merge_rounding
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.outcome_prediction import limiting_logits
from logitkit.models.binomial import Binomial
from logitkit.typing import FloatArray, IntArray

__all__ = ["PredictedOutcomes", "logits_against_rest", "predicted_outcomes"]


@dataclass(frozen=True)
class PredictedOutcomes:
    """Rows of positive weight with a prediction, in their order in the design.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    eta : (K, m) array
        Logits, of which only differences within a row count; minus infinity where a probability is zero.
    logit : (K, m) array
        Log-odds of each outcome against all others together.
    probability : (K, m) array
        They sum to one.
    loss : (m,) array
        Negative log-likelihood of one trial; infinite where an outcome contradicts its limit.
    shares : (K, m) array
        Proportion of each outcome among the trials of a row.
    weights : (m,) array
        Total weight.
    order : (m,) int array
        Place of each row in the design.
    undetermined : int
        Rows that were left out because the limit of a separated fit is undetermined there.
    left_out : LeftOut
        Rows given, used and left out.

    Examples
    --------
    >>> half, one = np.full((2, 1), 0.5), np.ones(1)
    >>> zero, place = np.zeros((2, 1)), np.zeros(1, dtype=np.int64)
    >>> rows = PredictedOutcomes(("a", "b"), zero, zero, half, one, half, 4 * one, place, 0)
    >>> rows.totals.tolist()
    [2.0, 2.0]
    """

    outcomes: tuple[str, ...]
    eta: FloatArray
    logit: FloatArray
    probability: FloatArray
    loss: FloatArray
    shares: FloatArray
    weights: FloatArray
    order: IntArray
    undetermined: int
    left_out: LeftOut = EVERY_ROW

    @property
    def totals(self) -> FloatArray:
        """Weighted trials of each outcome, shape (K,)."""
        return np.asarray(self.shares @ self.weights)

    @property
    def absent(self) -> tuple[str, ...]:
        """Outcomes that no row has."""
        return tuple(name for name, total in zip(self.outcomes, self.totals, strict=True) if total <= 0.0)

    @property
    def expected(self) -> FloatArray:
        """Expected weighted trials of each outcome, shape (K,)."""
        return np.asarray(self.probability @ self.weights)

    def against_rest(self, outcome: int) -> RankedRows:
        """Return the rows in ascending order of the log-odds of an outcome, which is then the event.

        Parameters
        ----------
        outcome : int
            Its place.

        Returns
        -------
        RankedRows
            As of a model of two outcomes.
        """
        return self._ranked(self.logit[outcome], self.shares[outcome])

    def without(self, outcome: int) -> RankedRows:
        """Return the rows in ascending order of the log-odds of all other outcomes, which are then the event.

        Parameters
        ----------
        outcome : int
            Place of the one that is left out.

        Returns
        -------
        RankedRows
            As of a model of two outcomes.
        """
        return self._ranked(-self.logit[outcome], np.delete(self.shares, outcome, axis=0).sum(axis=0))

    def _ranked(self, logit: FloatArray, events: FloatArray) -> RankedRows:
        order = np.argsort(logit, kind="stable")
        ranked = logit[order]
        return RankedRows(
            eta=ranked,
            score=merge_rounding(ranked),
            mu=Binomial().mean(ranked),
            y=events[order],
            weights=self.weights[order],
            order=self.order[order],
            undetermined=self.undetermined,
            left_out=self.left_out,
        )


def predicted_outcomes(record: FitRecord, design: Design) -> PredictedOutcomes:
    """Return the rows of a design with their predictions.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.

    Returns
    -------
    PredictedOutcomes
        Rows of weight zero are left out, and rows without a determined prediction, which are counted.

    Raises
    ------
    DataError
        If no row is left.

    Examples
    --------
    With intercepts, as much of each outcome is expected as there is:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> rows = predicted_outcomes(fit.record, fit.design)
    >>> bool(np.allclose(rows.expected, rows.totals))
    True
    """
    response = design.response
    eta, open_outcomes = limiting_logits(record, design.matrix, response.offset)
    used = response.weights > 0.0
    missing = np.isnan(eta).any(axis=0)
    if open_outcomes is not None:
        missing |= open_outcomes.any(axis=0)
    kept = np.flatnonzero(used & ~missing)
    if kept.size == 0:
        raise DataError(
            f"None of the {design.n_rows} rows has a positive weight and a prediction; there is nothing to compare."
        )
    part, eta = response.take(kept), eta[:, kept]
    shares = NO_SHARES if part.shares is None else part.shares
    return PredictedOutcomes(
        outcomes=record.outcomes,
        eta=eta,
        logit=logits_against_rest(eta),
        probability=record.family.mean(eta),
        loss=record.family.loss(eta, part.codes, shares),
        shares=part.indicators(),
        weights=part.weights,
        order=kept,
        undetermined=int(np.count_nonzero(used & missing)),
        left_out=rows_left_out(design, np.asarray(missing)),
    )


def logits_against_rest(eta: FloatArray) -> FloatArray:
    """Return the log-odds of each outcome against all others together.

    Parameters
    ----------
    eta : (K, m) array
        Logits; minus infinity for an outcome that a row cannot have.

    Returns
    -------
    (K, m) array
        Infinite where a probability is 0 or 1.

    Examples
    --------
    Of two outcomes, the difference of their logits:

    >>> logits_against_rest(np.array([[0.0], [800.0]])).tolist()
    [[-800.0], [800.0]]
    """
    out = np.empty_like(eta)
    for outcome in range(len(eta)):
        others = np.delete(eta, outcome, axis=0)
        top = others.max(axis=0)
        alone = np.isneginf(top)  # nothing else is possible
        with np.errstate(divide="ignore"):
            rest = np.log(np.exp(others - np.where(alone, 0.0, top)).sum(axis=0))
        out[outcome] = np.where(alone, np.inf, eta[outcome] - np.where(alone, 0.0, top) - rest)
    return out
