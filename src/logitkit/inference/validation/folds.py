r"""Cross-validation: models made without each fold, measured in that fold and in their own rows.

See ``docs/maths/validation.md``, equations 23 and 24.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from logitkit.inference.resampling.units import prior_weights
from logitkit.inference.validation.optimism import Subject
from logitkit.inference.validation.replays import Drawn, replayed
from logitkit.inference.validation.validation import Validation
from logitkit.typing import BoolArray, CodeArray, FloatArray, IntArray

__all__ = ["Division", "cross_validation"]


class Division(Protocol):
    """Splits of rows into training rows and test rows."""

    @property
    def codes(self) -> CodeArray:
        """Fold of each row, one row per repetition; -1 where it is not tested."""

    @property
    def words(self) -> str:
        """How the rows were divided."""

    @property
    def seed(self) -> int | None:
        """Seed of the folds."""

    @property
    def n_splits(self) -> int:
        """Number of splits."""

    @property
    def training(self) -> BoolArray | None:
        """Rows on which each split is trained; None for all rows that it does not test."""

    def test(self, split: int) -> IntArray:
        """Return the rows that a split tests.

        Parameters
        ----------
        split : int
            Number of the split, from 0.
        """

    def train(self, split: int) -> IntArray:
        """Return the training rows of a split.

        Parameters
        ----------
        split : int
            Number of the split, from 0.
        """


def cross_validation(subject: Subject, splits: Division, level: float) -> Validation:
    """Return measures of models in rows that were not used to make them.

    Parameters
    ----------
    subject : Subject
        The model that is validated.
    splits : Division
        How the rows are divided.
    level : float
        Confidence level; cross-validation computes no intervals.

    Returns
    -------
    Validation
        Means over folds, weighted by the tested rows, and the measures of all held-out predictions, as means over
        repetitions.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + ptl", lk.datasets.load_lbw())
    >>> found = fit.validate("cross-validation", n=5, seed=1)
    >>> bool(found.of("log_loss") > found.apparent[found.names.index("log_loss")])
    True
    """
    design = subject.design
    prior, response = prior_weights(design), design.response
    n_layers, n = splits.codes.shape
    first = np.concatenate([[0], np.cumsum(splits.codes.max(axis=1) + 1)])
    layer = np.searchsorted(first, np.arange(splits.n_splits), side="right") - 1
    held_out = np.full((n_layers, *subject.predictions.shape), np.nan)

    def drawn(split: int) -> Drawn:
        training, test = np.zeros((2, n))
        train, held = splits.train(split), splits.test(split)
        training[train], test[held] = prior[train], prior[held]
        return Drawn(training, test[None])

    def seen(split: int, predictions: FloatArray) -> None:
        held = splits.test(split)
        held_out[layer[split]][:, held] = predictions[:, held]

    none = np.empty(0, dtype=np.int64)
    replays = replayed(subject.refitter, response, subject.measures, splits.n_splits, drawn, none, seen)
    known = np.isfinite(replays.values).all(axis=1)
    weights = np.where(known, replays.totals[:, 1:2], 0.0)
    total = np.where(weights.sum(axis=0) > 0.0, weights.sum(axis=0), np.nan)
    training, test = (
        (np.where(known, replays.values[:, place], 0.0) * weights).sum(axis=0) / total for place in (0, 1)
    )
    every = np.broadcast_to(response.weights, (n_layers, 1, n))
    pooled = subject.measures.of(held_out, every, np.zeros(1, dtype=bool))[:, 0].mean(axis=0)
    missing = np.full(test.shape, np.nan)
    return Validation(
        method="cross-validation",
        measures=subject.measures.every,
        apparent=subject.apparent(),
        training=training,
        test=test,
        corrected=test,
        out=missing,
        corrected_632=missing,
        corrected_632plus=missing,
        pooled=pooled,
        n_used=known.sum(axis=0),
        n_used_out=np.zeros(test.shape, dtype=np.int64),
        low=missing,
        high=missing,
        level=level,
        interval="",
        replays=replays,
        stability=None,
        made=subject.made,
        n=splits.n_splits,
        seed=splits.seed,
        unit=splits.words,
        n_units=int(np.count_nonzero(response.weights > 0.0)),
    )
