"""Models refitted with other weights of the rows, each measured on several weightings of all rows.

Replicates are numbered, drawn by their number and measured where they are fitted, so only the measures and the
predictions of some rows are stored. Results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.design.response.response import Response
from logitkit.inference.validation.measures import Measures
from logitkit.inference.validation.refitting import End, Refitter
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.progress import progress
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Drawn", "Replays", "replayed"]

LABEL = "Replays"


@dataclass(frozen=True)
class Drawn:
    """The rows of one replicate.

    Parameters
    ----------
    training : (n,) array
        Prior weights with which the model is fitted.
    tests : (s, n) array
        Additional prior weights with which it is measured.
    """

    training: FloatArray
    tests: FloatArray


@dataclass(frozen=True)
class Replays:
    """Results of B refitted models.

    Parameters
    ----------
    values : (B, 1 + s, J) array
        Measures on the rows of each model, and on its test rows.
    totals : (B, 1 + s) array
        Total weights of the rows that were measured.
    predictions : (B, L, r) array
        Predictions for some rows.
    ends : (B,) int array
        How the fits ended.
    n_open : (B,) int array
        Number of rows with positive weight that each fit does not determine.
    """

    values: FloatArray
    totals: FloatArray
    predictions: FloatArray
    ends: IntArray
    n_open: IntArray

    def count(self, end: End) -> int:
        """Return how many ended in this way."""
        return int(np.count_nonzero(self.ends == end))


def replayed(
    refitter: Refitter,
    response: Response,
    measures: Measures,
    n_replays: int,
    drawn: Callable[[int], Drawn],
    shown: IntArray,
    seen: Callable[[int, FloatArray], None] | None = None,
) -> Replays:
    """Refit a model with weights that are drawn, and measure each refit.

    Parameters
    ----------
    refitter : Refitter
        Refits the model.
    response : Response
        n rows.
    measures : Measures
        The measures.
    n_replays : int
        Number of models, B.
    drawn : callable
        Function of a number from 0 that returns what is drawn; called on any thread.
    shown : (r,) int array
        Rows whose predictions are stored.
    seen : callable, optional
        Receives the number of a model and its predictions, (L, n); called on any thread.

    Returns
    -------
    Replays
        Results in the order of the numbers.

    Examples
    --------
    With the weights of the fit, each refit equals the fit:

    >>> import logitkit as lk
    >>> from logitkit.inference.validation.measures import measures_of
    >>> from logitkit.inference.validation.refitting import refitter_of
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> record, design, ones = fit.record, fit.design, Drawn(np.ones(189), np.ones((1, 189)))
    >>> found = replayed(
    ...     refitter_of(record, design), design.response, measures_of(record, design), 2, lambda _: ones, np.arange(3)
    ... )
    >>> bool(np.allclose(found.values, found.values[0, 0], atol=1e-7)), found.predictions.shape
    (True, (2, 1, 3))
    """
    size = refitter.together
    sizes = [min(size, n_replays - first) for first in range(0, n_replays, size)]
    trials = response.trials

    def run(chunk: int) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, IntArray]:
        draws = [drawn(number) for number in range(chunk * size, chunk * size + sizes[chunk])]
        training = np.stack([draw.training for draw in draws])
        found = refitter.fit(training)
        weights = np.concatenate([training[:, None], np.stack([draw.tests for draw in draws])], axis=1)
        if trials is not None:
            weights = weights * trials
        if seen is not None:
            for place, predictions in enumerate(found.predictions):
                seen(chunk * size + place, predictions)
        open_rows = np.asarray(np.isnan(found.predictions).any(axis=1))
        own: BoolArray = np.array([found.calibrated] + [False] * (weights.shape[1] - 1))
        values = measures.of(found.predictions, weights, own)
        values[found.ends >= End.UNCONVERGED] = np.nan
        totals = np.where(open_rows[:, None], 0.0, weights).sum(axis=2)
        n_open = (open_rows & (response.weights > 0.0)).sum(axis=1)
        return values, totals, found.predictions[:, :, shown], found.ends, n_open

    parts = []
    with single_threaded_blas():
        if refitter.on_threads:
            parts = list(ordered_map(run, len(sizes), LABEL, sizes=sizes))
        else:
            with progress(len(sizes), LABEL) as told:
                for chunk in range(len(sizes)):
                    parts.append(run(chunk))
                    told.advance()
    return Replays(*(np.concatenate(part) for part in zip(*parts, strict=True)))
