r"""Optimism by the bootstrap: Harrell's correction, .632, .632+, and intervals for corrected measures.

See ``docs/maths/validation.md``, equations 11 to 19.

References
----------
Harrell, F. E., Lee, K. L. and Mark, D. B. (1996) Statistics in Medicine 15, 361-387. Efron, B. (1983) JASA 78,
316-331. Efron, B. and Tibshirani, R. J. (1997) JASA 92, 548-560. Noma, H., Shinozaki, T., Iba, K., Teramukai, S. and
Furukawa, T. A. (2021) Confidence intervals of prediction accuracy measures for multivariable prediction models based on
the bootstrap-based optimism correction methods. Statistics in Medicine 40, 5691-5701.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from logitkit.design.design import Design
from logitkit.inference.resampling.drawing import Generators, unit_counts
from logitkit.inference.resampling.units import Units, independent_units, prior_weights, units_of
from logitkit.inference.validation.measures import Measures
from logitkit.inference.validation.refitting import Refitter
from logitkit.inference.validation.replays import Drawn, Replays, replayed
from logitkit.inference.validation.stability import Stability, rows_shown
from logitkit.inference.validation.validation import Validation
from logitkit.typing import FloatArray, IntArray

__all__ = ["IntervalMethod", "Subject", "bootstrap_validation", "corrected_by_632", "finite_means"]

IntervalMethod = Literal["shifted", "two-stage"]
INNER = 50  # resamples of each resample
WORDS = {
    "shifted": "bootstrap percentiles of the apparent measure, shifted by the optimism (Noma et al. 2021)",
    "two-stage": "percentiles of the corrected measure in resamples, each with {inner} resamples of its own",
}


@dataclass(frozen=True, eq=False)
class Subject:
    """The model that is validated.

    Parameters
    ----------
    design : Design
        The n rows with their outcome.
    predictions : (L, n) array
        Predictions of the fit for these rows.
    refitter : Refitter
        Refits the model.
    measures : Measures
        The measures.
    outcomes : tuple of str
        Outcomes whose probabilities are predicted.
    made : tuple of str
        The steps that are repeated in each resample, and those that are not.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.inference.validation.measures import measures_of
    >>> from logitkit.inference.validation.refitting import predictions_of, refitter_of
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> own = fit.record, fit.design
    >>> subject = Subject(fit.design, predictions_of(*own), refitter_of(*own), measures_of(*own), ("1",), ())
    >>> bool(abs(subject.apparent()[0] - fit.discrimination().auc) < 1e-12)
    True
    """

    design: Design
    predictions: FloatArray
    refitter: Refitter
    measures: Measures
    outcomes: tuple[str, ...]
    made: tuple[str, ...]

    def apparent(self) -> FloatArray:
        """Return the measures in the rows of the fit.

        Returns
        -------
        (J,) array
            Apparent values.
        """
        weights = self.design.response.weights[None, None]
        own = np.array([self.refitter.calibrated])
        return np.asarray(self.measures.of(self.predictions[None], weights, own)[0, 0])

    def probabilities(self, predictions: FloatArray) -> FloatArray:
        """Return the probabilities that correspond to predictions.

        Parameters
        ----------
        predictions : (..., L, r) array
            Log odds of the event, or probabilities.

        Returns
        -------
        (..., r) or (..., K, r) array
            Probabilities of the event, or of each outcome.
        """
        if self.predictions.shape[0] > 1:
            return predictions
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-predictions[..., 0, :])))

    def stability(self, replays: Replays, rows: IntArray) -> Stability:
        """Return the stability of the stored predictions.

        Parameters
        ----------
        replays : Replays
            Results of all models.
        rows : (r,) int array
            Rows whose predictions were stored.

        Returns
        -------
        Stability
            The predictions, with those of the fit.
        """
        return Stability(
            self.design.positions[rows],
            self.probabilities(self.predictions[:, rows]),
            self.probabilities(replays.predictions),
            self.design.response.weights[rows],
            int(np.count_nonzero(self.design.response.weights > 0.0)),
            self.outcomes,
        )


def bootstrap_validation(
    subject: Subject, n: int, seed: int | None, level: float, interval: IntervalMethod = "shifted"
) -> Validation:
    """Return measures corrected for optimism by the bootstrap.

    Parameters
    ----------
    subject : Subject
        The model that is validated.
    n : int
        Number of resamples.
    seed : int or None
        Seed of the resamples.
    level : float
        Confidence level of the intervals.
    interval : {'shifted', 'two-stage'}
        Kind of interval.

    Returns
    -------
    Validation
        The unit that is drawn is a row with its weight, an observation that frequency weights count, or a whole
        cluster.

    Examples
    --------
    A model of noise performs better in its own rows than in others:

    >>> import logitkit as lk
    >>> found = lk.logit("low ~ age + ptl", lk.datasets.load_lbw()).validate(n=200, seed=1)
    >>> bool(found.optimism[3] < 0.0), bool(found.of("slope") < 1.0)
    (True, True)
    """
    design = subject.design
    units, generators = units_of(design, independent_units(design)), Generators(seed)
    prior = prior_weights(design)
    weigh, draw = units.weighing(prior), unit_counts(units.multiplicity)
    missed = _missed(units.multiplicity)

    def drawn(number: int) -> Drawn:
        counts = draw(generators.of(number))
        return Drawn(weigh(counts), np.stack([prior, weigh(missed(counts))]))

    rows = rows_shown(subject.predictions, design.response.weights, n)
    replays = replayed(subject.refitter, design.response, subject.measures, n, drawn, rows)
    apparent = subject.apparent()
    training, test, n_used = finite_means(replays.values[:, 0], replays.values[:, 1])
    out, _, n_out = finite_means(replays.values[:, 2], replays.values[:, 2])
    uninformed = subject.measures.without_information(subject.predictions, design.response.weights)
    if interval == "shifted":
        low, high = _percentiles(replays.values[:, 0], level)
        shift = np.where([each.settled for each in subject.measures.every], np.nan, training - test)
        low, high = low - shift, high - shift
    else:
        low, high = _percentiles(_corrected_again(subject, units, replays.values[:, 0], generators.seed), level)
    every = subject.measures.every
    plus = _plus(apparent, out, uninformed)
    return Validation(
        method="bootstrap",
        measures=every,
        apparent=apparent,
        training=training,
        test=test,
        corrected=apparent - (training - test),
        out=out,
        corrected_632=corrected_by_632(apparent, out),
        corrected_632plus=plus,
        pooled=np.full(apparent.shape, np.nan),
        n_used=n_used,
        n_used_out=n_out,
        low=low,
        high=high,
        level=level,
        interval=WORDS[interval].format(inner=INNER),
        replays=replays,
        stability=subject.stability(replays, rows),
        made=subject.made,
        n=n,
        seed=generators.seed,
        unit=units.word,
        n_units=int(units.multiplicity.sum()),
    )


def corrected_by_632(apparent: FloatArray, out: FloatArray, weight: FloatArray | float = 0.632) -> FloatArray:
    """Return the weighted mean of apparent measures and those in rows that were not drawn: equation 14.

    Parameters
    ----------
    apparent, out : (J,) array
        Measures in the rows of the fit, and in rows that were not drawn.
    weight : float or (J,) array, default 0.632
        Weight of the latter.

    Returns
    -------
    (J,) array
        Their weighted mean.

    Examples
    --------
    >>> corrected_by_632(np.array([0.8]), np.array([0.7])).round(4).tolist()
    [0.7368]
    """
    return np.asarray((1.0 - weight) * apparent + weight * out)


def finite_means(one: FloatArray, other: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return means over the replicates in which both measures are finite, and the number of these replicates.

    Parameters
    ----------
    one, other : (B, J) array
        Measures of B replicates.

    Returns
    -------
    (J,) array, (J,) array, (J,) int array
        Means of each measure, nan if no replicate has both; and the number of replicates that have both.

    Examples
    --------
    >>> finite_means(np.array([[1.0], [np.nan]]), np.array([[2.0], [3.0]]))
    (array([1.]), array([2.]), array([1]))
    """
    known = np.isfinite(one) & np.isfinite(other)
    count = known.sum(axis=0)
    least = np.where(count > 0, count, np.nan)
    first, second = (np.where(known, values, 0.0).sum(axis=0) / least for values in (one, other))
    return first, second, np.asarray(count, dtype=np.int64)


def _missed(multiplicity: FloatArray) -> Callable[[FloatArray | IntArray], FloatArray]:
    """Return how many observations of each unit are expected not to be drawn, given how often the unit is."""
    if (multiplicity == 1.0).all():
        return lambda counts: (counts == 0).astype(np.float64)
    chance = 1.0 - 1.0 / multiplicity
    return lambda counts: np.asarray(multiplicity * chance**counts)


def _plus(apparent: FloatArray, out: FloatArray, uninformed: FloatArray) -> FloatArray:
    """Return the .632+ estimates, nan where there is no value without information: equations 15 and 16."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.clip((out - apparent) / (uninformed - apparent), 0.0, 1.0)
        rate = np.where(uninformed == apparent, 0.0, rate)
        bounded = np.where(rate >= 1.0, uninformed, out)
    return corrected_by_632(apparent, bounded, 0.632 / (1.0 - 0.368 * rate))


def _percentiles(values: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return percentiles of each column of what is finite, nan where it is the same number in all."""
    tail = 0.5 * (1.0 - level)
    low, high = np.full((2, values.shape[1]), np.nan)
    for j, column in enumerate(values.T):
        known = column[np.isfinite(column)]
        if known.size > 1 and np.ptp(known) > 0.0:
            low[j], high[j] = np.quantile(known, [tail, 1.0 - tail])
    return low, high


def _corrected_again(subject: Subject, units: Units, apparent: FloatArray, seed: int) -> FloatArray:
    """Return the measures of each resample corrected by resamples of its own, shape (B, J)."""
    outer = len(apparent)
    prior = prior_weights(subject.design)
    weigh, draw, first = units.weighing(prior), unit_counts(units.multiplicity), Generators(seed)
    n_units = int(units.multiplicity.sum())

    def drawn(number: int) -> Drawn:
        counts = np.asarray(draw(first.of(number // INNER)), dtype=np.float64)
        again = first.of(outer + number).multinomial(n_units, counts / counts.sum())
        return Drawn(weigh(again), weigh(counts)[None])

    none = np.empty(0, dtype=np.int64)
    values = replayed(
        subject.refitter, subject.design.response, subject.measures, outer * INNER, drawn, none
    ).values.reshape(outer, INNER, 2, -1)
    found = np.full(apparent.shape, np.nan)
    for b in range(outer):
        training, test, _ = finite_means(values[b, :, 0], values[b, :, 1])
        found[b] = apparent[b] - (training - test)
    return found
