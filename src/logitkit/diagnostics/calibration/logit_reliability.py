"""CORP reliability diagrams of logits of any model, by outcome and by group of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.diagnostics.calibration.corp import Band, Reliability, reliability_of
from logitkit.diagnostics.calibration.points import Points, pooled_points
from logitkit.engine.law import require_level
from logitkit.errors import DataError
from logitkit.logits.calibration_errors.error import asked_of, rows_of
from logitkit.logits.labels import read_labels
from logitkit.logits.read import read_logits, read_weights
from logitkit.numerics.pooled import Pooled
from logitkit.options import is_count, require_choice, require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["LogitReliability", "reliability"]

EVERY_POINT = 1 << 60


@dataclass(frozen=True)
class LogitReliability:
    """Reliability diagrams of probabilities, each from an isotonic recalibration.

    Parameters
    ----------
    names : tuple of str
        The rows, and the outcome, that each diagram shows.
    diagrams : tuple of Reliability
        Isotonic rates with their band, and decompositions of scores.

    Examples
    --------
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(0.0, 2.0, (300, 3))
    >>> y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    >>> found = lk.logits.reliability(z, y, of="class", resamples=20)
    >>> found.names
    ('outcome 0', 'outcome 1', 'outcome 2')
    """

    names: tuple[str, ...]
    diagrams: tuple[Reliability, ...]


def reliability(
    logits: Any,
    y: Any,
    of: str | None = None,
    *,
    groups: Any = None,
    weights: Any = None,
    band: Band = "consistency",
    resamples: int = 1_000,
    seed: int = 1,
    level: float = 0.95,
) -> LogitReliability:
    """Return reliability diagrams of logits, with isotonic rates in place of bins.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, from any model. Use rows that the model was not fitted to if
        possible.
    y : (n,) array-like
        0 or 1, or the proportion of events; for K outcomes, their numbers from 0 to K - 1.
    of : {'event', 'top', 'class'}, optional
        What the diagrams show: the event; the most probable outcome, the default for several outcomes; or each outcome
        against all others.
    groups : (n,) array-like, optional
        Group label of each row; each group gets its own diagrams.
    weights : (n,) array-like, optional
        Number of times each row counts; the band requires whole numbers.
    band : {'consistency', 'confidence'}
        ``'consistency'``: around the diagonal, assuming that predictions are calibrated; ``'confidence'``: around the
        isotonic rates.
    resamples, seed : int
        Number of resamples, and the seed of the random numbers.
    level : float, default 0.95
        Confidence level of the band.

    Returns
    -------
    LogitReliability
        Diagrams of all rows, one or one per outcome, followed by those of each group.

    Raises
    ------
    DataError
        If logits are not finite or look like probabilities, or if outcomes or options are out of range.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> l = rng.standard_normal(400)
    >>> y = rng.random(400) < 1 / (1 + np.exp(-l))
    >>> found = reliability(l, y, groups=np.repeat(["a", "b"], 200), resamples=20)
    >>> found.names, found.diagrams[0].brier.miscalibration < 0.02
    (('all rows', 'a', 'b'), True)
    """
    values = read_logits(logits)
    asked = asked_of(of, values)
    require_choice("band", band, ("consistency", "confidence"))
    require_level(level)
    if not is_count(resamples, 10):
        raise DataError(f"resamples={resamples!r:.40} must be a whole number of at least 10.")
    p, happened = rows_of(values, y, asked)
    counts, seed = read_weights(weights, len(p)), require_seed(seed) or 0
    whole = bool((counts == np.rint(counts)).all())
    names: list[str] = []
    diagrams: list[Reliability] = []
    for group, rows in [("all rows", np.arange(len(p))), *read_labels(groups, len(p))]:
        for k, (column, share) in enumerate(zip(np.atleast_2d(p.T), np.atleast_2d(happened.T), strict=True)):
            outcome = {"event": "the event", "top": "the most probable outcome"}.get(asked, f"outcome {k}")
            several = asked == "class"
            names.append((outcome if group == "all rows" else f"{group}, {outcome}") if several else group)
            points = _points(column[rows], share[rows], counts[rows])
            diagrams.append(reliability_of(points, outcome, band, resamples if whole else 0, seed, level, False))
    return LogitReliability(tuple(names), tuple(diagrams))


def _points(p: FloatArray, shares: FloatArray, weights: FloatArray) -> Points:
    """Return rows in order of their probability, equal ones together."""
    used = np.flatnonzero(weights > 0.0)
    order: IntArray = used[np.argsort(p[used], kind="stable")]
    p, shares, weights = p[order], shares[order], weights[order]
    sums = np.stack([weights, weights * shares, weights * p, weights**2])
    return pooled_points([Pooled(p, sums)], float(weights.sum()), EVERY_POINT)
