"""Rows with their predictions, and their order by the log odds of one outcome against all others.

A diagnostic of several outcomes is made of those of two: each outcome in turn is the event, all others together are
the non-event, and rows are ranked by the log odds of the outcome.

Two rows with the same columns can differ in the last bits of their linear predictor, depending on where in a
block the product was formed. Statistics of ranks would see a difference where there is none, so values that
differ by rounding are one value here, called the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.diagnostics.rows.left_out import EVERY_ROW, LeftOut, rows_left_out
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.prediction import fitted_rows
from logitkit.models.family import Family
from logitkit.models.links import LOGIT
from logitkit.numerics.ascending import ascending
from logitkit.numerics.kernels.ranks import sorted_counts
from logitkit.numerics.once import once
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.typing import FloatArray, IntArray

__all__ = ["ROUNDING", "PredictedRows", "RankedRows", "merge_rounding", "no_rows", "predicted_rows"]

ROUNDING = 1e-11  # of the largest log odds


@dataclass(frozen=True)
class RankedRows:
    """Rows of positive weight with a prediction, in ascending order of the log odds of the event.

    Parameters
    ----------
    log_odds, score : (r,) array
        Log odds of the event, and the same with values that differ only by rounding merged. They may be infinite in the
        limit of a separated fit.
    mu : (r,) array
        Probability of the event.
    y, weights : (r,) array
        Proportion of events, and total weight.
    place : (r,) int array
        Position of each row among the rows in the order of the design.

    Examples
    --------
    Events and non-events sum to the weights:

    >>> zero, half = np.zeros(1), np.full(1, 0.5)
    >>> rows = RankedRows(zero, zero, half, 0.25 * np.ones(1), 4.0 * np.ones(1), np.zeros(1, dtype=np.int64))
    >>> rows.events.tolist(), rows.nonevents.tolist()
    ([1.0], [3.0])
    """

    log_odds: FloatArray
    score: FloatArray
    mu: FloatArray
    y: FloatArray
    weights: FloatArray
    place: IntArray

    @property
    def events(self) -> FloatArray:
        """Weighted events of each row, shape (r,)."""
        return self.weights * self.y

    @property
    def nonevents(self) -> FloatArray:
        """Weighted non-events of each row, shape (r,)."""
        return self.weights * (1.0 - self.y)


@dataclass(frozen=True)
class PredictedRows:
    """Rows of positive weight with a prediction, in their order in the design.

    Parameters
    ----------
    outcomes : tuple of str
        The K outcomes.
    of_event : bool
        Whether the model is of an event, the second of two outcomes; results are then reported only for the event.
    family : Family
        The likelihood.
    eta : (m, r) array
        Linear predictors, infinite in the limit of a separated fit.
    response : Response
        The outcomes of the rows, and their weights.
    order : (r,) int array
        Position of each row in the design.
    undetermined : int
        Number of rows left out because separation leaves their prediction undetermined.
    left_out : LeftOut
        Number of rows given, used and left out.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> response = Response(np.full(1, 0.5), trials=np.full(1, 4.0))
    >>> rows = PredictedRows(("no", "yes"), True, Binomial(), np.zeros((1, 1)), response, np.zeros(1, dtype=int), 0)
    >>> rows.totals.tolist(), rows.expected.tolist()
    ([2.0, 2.0], [2.0, 2.0])
    """

    outcomes: tuple[str, ...]
    of_event: bool
    family: Family
    eta: FloatArray
    response: Response
    order: IntArray
    undetermined: int
    left_out: LeftOut = EVERY_ROW

    @property
    def weights(self) -> FloatArray:
        """Total weight of each row, shape (r,)."""
        return self.response.weights

    @once
    def shares(self) -> FloatArray:
        """Proportion of each outcome among the trials of each row, shape (K, r)."""
        return self.response.indicators()

    @once
    def log_odds(self) -> FloatArray:
        """Log odds of each outcome against all others combined, shape (K, r)."""
        return self.family.log_odds(self.eta)

    @once
    def probability(self) -> FloatArray:
        """Probability of each outcome, shape (K, r)."""
        return self.family.probabilities(self.eta)

    @once
    def loss(self) -> FloatArray:
        """Negative log-likelihood per trial, infinite if an outcome contradicts its limit, shape (r,)."""
        return self.family.losses(self.eta, self.response)

    @property
    def totals(self) -> FloatArray:
        """Weighted trials of each outcome, shape (K,)."""
        return np.asarray(self.shares @ self.weights)

    @property
    def absent(self) -> tuple[str, ...]:
        """Outcomes that do not occur in the rows."""
        return tuple(name for name, total in zip(self.outcomes, self.totals, strict=True) if total <= 0.0)

    @property
    def expected(self) -> FloatArray:
        """Expected weighted trials of each outcome, shape (K,)."""
        return np.asarray(self.probability @ self.weights)

    @property
    def brier(self) -> float:
        """Mean squared error per trial of the probability of an event; for several outcomes, the sum over outcomes."""
        return self.squared_error / float(self.weights.sum())

    @property
    def squared_error(self) -> float:
        """Sum over trials of the squared errors of the probabilities."""
        total = 0.0
        for k in self.reported:
            y, p = self.shares[k], self.probability[k]
            total += float(self.weights @ (y * (1.0 - p) ** 2 + (1.0 - y) * p**2))
        return total

    @property
    def reported(self) -> tuple[int, ...]:
        """Positions of the outcomes that results report."""
        return (1,) if self.of_event else tuple(range(len(self.outcomes)))

    def report(self, values: FloatArray) -> FloatArray:
        """Return values by outcome as results report them: in a model of an event, only those of the event.

        Parameters
        ----------
        values : (K, ...) array
            Values by outcome.

        Returns
        -------
        (...) or (K, ...) array
            The reported values.
        """
        return np.asarray(values)[1] if self.of_event else values

    def against_rest(self, outcome: int) -> RankedRows:
        """Return the rows in ascending order of the log odds of an outcome, which is treated as the event.

        Parameters
        ----------
        outcome : int
            Position of the outcome.

        Returns
        -------
        RankedRows
            Rows as for a model of two outcomes.
        """
        return self._ranked(self.log_odds[outcome], self.shares[outcome])

    def scores_of(self, outcome: int) -> Pooled:
        """Return the distinct log odds of an outcome in ascending order, with the weight of the outcome and others.

        Parameters
        ----------
        outcome : int
            Position of the outcome.

        Returns
        -------
        Pooled
            The same values as from ``against_rest``. If each row is one trial, values and outcomes are sorted directly.
        """
        here = self.shares[outcome]
        if self.response.prior is None and self.response.trials is None and bool((here * (1.0 - here) == 0.0).all()):
            scores, sums = sorted_counts(self.log_odds[outcome], here > 0.0)
            finite = np.abs(scores[np.isfinite(scores)])
            (found,) = pooled([(scores, sums)], ROUNDING * max(1.0, float(finite.max(initial=0.0))))
            return found
        ranked = self.against_rest(outcome)
        (found,) = pooled([(ranked.score, np.stack([ranked.events, ranked.nonevents]))])
        return found

    def without(self, outcome: int) -> RankedRows:
        """Return the rows in ascending order of the log odds of all other outcomes, which are treated as the event.

        Parameters
        ----------
        outcome : int
            Position of the outcome that is not part of the event.

        Returns
        -------
        RankedRows
            Rows as for a model of two outcomes.
        """
        return self._ranked(-self.log_odds[outcome], np.delete(self.shares, outcome, axis=0).sum(axis=0))

    def by_score(self) -> RankedRows:
        r"""Return the rows in ascending order of mean score, with ordered outcomes scored evenly from 0 to 1.

        Returns
        -------
        RankedRows
            Rows as for an event whose probability is the mean score :math:`\sum_k k\, p_k / (K - 1)`, with k from 0.
        """
        score = np.linspace(0.0, 1.0, len(self.outcomes))
        with np.errstate(divide="ignore"):
            log_odds = np.log(score @ self.probability) - np.log(score[::-1] @ self.probability)
        return self._ranked(log_odds, score @ self.shares)

    def _ranked(self, log_odds: FloatArray, events: FloatArray) -> RankedRows:
        place = ascending(log_odds)
        ranked = log_odds[place]
        return RankedRows(
            log_odds=ranked,
            score=merge_rounding(ranked),
            mu=LOGIT.inverse(ranked),
            y=events[place],
            weights=self.weights[place],
            place=place,
        )


def predicted_rows(record: FitRecord, design: Design, own: bool | None = None) -> PredictedRows:
    """Return the rows of a design with their predictions.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Rows with their outcome.
    own : bool, optional
        Whether the rows are those of the fit, if known; a chunk without usable rows is then not an error.

    Returns
    -------
    PredictedRows
        The rows, without those of weight zero and those with an undetermined prediction, which are counted.

    Raises
    ------
    DataError
        If no row remains.

    Examples
    --------
    If the model has intercepts, the expected and observed totals of each outcome are equal:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> rows = predicted_rows(fit.record, fit.design)
    >>> bool(np.allclose(rows.expected, rows.totals))
    True
    """
    found, response = fitted_rows(record, design, own), design.response
    used = response.weights > 0.0
    missing = found.undetermined
    kept = np.flatnonzero(used & ~missing)
    if kept.size == 0 and own is None:
        raise no_rows(design.n_rows)
    every = kept.size == design.n_rows
    return PredictedRows(
        outcomes=record.outcomes,
        of_event=record.has_event,
        family=record.family,
        eta=found.eta if every else found.eta[:, kept],
        response=response if every else response.take(kept),
        order=kept,
        undetermined=int(np.count_nonzero(used & missing)),
        left_out=rows_left_out(design, missing),
    )


def no_rows(given: int) -> DataError:
    """Return the error for rows of which none has a prediction.

    Parameters
    ----------
    given : int
        Number of rows given.

    Returns
    -------
    DataError
        The error, to be raised by the caller.

    Examples
    --------
    >>> str(no_rows(2))
    'None of the 2 rows has both a positive weight and a prediction; there is nothing to compare.'
    """
    return DataError(
        f"None of the {given} rows has both a positive weight and a prediction; there is nothing to compare."
    )


def merge_rounding(values: FloatArray) -> FloatArray:
    """Return ascending values in which neighbours that differ only by rounding are set to the first of them.

    Parameters
    ----------
    values : (r,) array
        Values in ascending order; they may begin and end with infinities.

    Returns
    -------
    (r,) array
        Merged values in ascending order.

    Examples
    --------
    >>> third = 0.1 + 0.2
    >>> bool(third == 0.3), np.unique(merge_rounding(np.array([0.1, 0.3, third]))).size
    (False, 2)
    """
    finite = np.abs(values[np.isfinite(values)])
    rounding = ROUNDING * max(1.0, float(finite.max(initial=0.0)))
    with np.errstate(invalid="ignore"):
        fresh = np.diff(values) > rounding  # equal infinities differ by nan, which is not larger
    first = np.concatenate([np.zeros(min(values.size, 1), dtype=np.int64), np.flatnonzero(fresh) + 1])
    lengths = np.diff(np.append(first, values.size))
    return np.repeat(values[first], lengths)
