"""Folds: which rows each split of a cross-validation trains on, and which it predicts.

How a user states them is in ``folds.py``, how they are made in ``fold_makers.py`` and ``given_folds.py``; what they
are for is in
``docs/maths/cross-validation.md``, equations 1 to 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from logitkit.design.response.response import Response
from logitkit.errors import DataError
from logitkit.numerics.once import once
from logitkit.typing import BoolArray, CodeArray, IntArray

__all__ = ["Splits", "checked_splits"]


@dataclass(frozen=True)
class Splits:
    """The splits of a cross-validation, numbered consecutively over its repetitions.

    Parameters
    ----------
    codes : (n_layers, n) int array
        Fold that tests each row, counted from 0 in each layer; -1 for rows that the layer does not test. A layer is a
        repetition, or holds some of several overlapping test sets.
    words : str
        Description of the folds, a sentence without its full stop.
    training : (n_splits, n) bool array or None
        Training rows of each split; None if these are all rows that it does not test.
    seed : int or None
        Seed of the random numbers; None if the folds are not random.
    overlapping : bool
        Whether test sets overlap without being repetitions of a partition. All splits then count as one repetition.

    Examples
    --------
    Two folds and a row that is never tested:

    >>> folds = Splits(np.array([[0, 1, 0, -1]], dtype=np.int32), "2 folds as given")
    >>> folds.n_splits, folds.test(0).tolist(), folds.train(0).tolist()
    (2, [0, 2], [1, 3])
    """

    codes: CodeArray = field(repr=False)
    words: str
    training: BoolArray | None = field(default=None, repr=False)
    seed: int | None = None
    overlapping: bool = False

    @property
    def n_rows(self) -> int:
        """Number of rows, n."""
        return int(self.codes.shape[1])

    @property
    def n_splits(self) -> int:
        """Number of splits over all repetitions."""
        return int(self._layer.size)

    @property
    def n_repeats(self) -> int:
        """Number of repetitions."""
        return int(self.repeats[-1]) + 1

    @once
    def repeats(self) -> IntArray:
        """Repetition to which each split belongs, shape (n_splits,)."""
        return np.zeros_like(self._layer) if self.overlapping else self._layer

    @once
    def _layer(self) -> IntArray:
        """Layer of each split."""
        return np.repeat(np.arange(self.codes.shape[0]), self.codes.max(axis=1) + 1)

    def test(self, split: int) -> IntArray:
        """Return the positions of the rows that a split predicts, in ascending order.

        Parameters
        ----------
        split : int
            Number of the split, from 0.

        Returns
        -------
        int array
            Positions of rows.
        """
        return np.flatnonzero(self.is_tested(split))

    def train(self, split: int) -> IntArray:
        """Return the positions of the training rows of a split, in ascending order.

        Parameters
        ----------
        split : int
            Number of the split, from 0.

        Returns
        -------
        int array
            Positions of rows. Rows of weight zero may be among them.
        """
        return np.flatnonzero(self.is_trained(split))

    def is_trained(self, split: int) -> BoolArray:
        """Return whether each row is a training row of a split.

        Parameters
        ----------
        split : int
            Number of the split, from 0.

        Returns
        -------
        (n,) bool array
            One byte per row.
        """
        return ~self.is_tested(split) if self.training is None else np.asarray(self.training[split])

    def is_tested(self, split: int) -> BoolArray:
        """Return whether each row is predicted by a split.

        Parameters
        ----------
        split : int
            Number of the split, from 0.

        Returns
        -------
        (n,) bool array
            One byte per row.
        """
        if not 0 <= split < self.n_splits:
            raise DataError(f"There is no split {split}: the {self.n_splits} splits are numbered from 0.")
        layer = self._layer[split]
        first = int(np.searchsorted(self._layer, layer))
        return np.asarray(self.codes[layer] == split - first)


def checked_splits(folds: Splits, response: Response) -> Splits:
    """Check that all folds can be used, and return them.

    Parameters
    ----------
    folds : Splits
        Any folds.
    response : Response
        Outcomes and weights of the same rows.

    Returns
    -------
    Splits
        The given folds.

    Raises
    ------
    DataError
        If there are fewer than two splits, or a split has no row to predict, or its training rows include no event or
        no non-event. Only rows of positive weight count.

    Examples
    --------
    >>> response = Response(np.array([1.0, 0.0, 0.0, 0.0]))
    >>> checked_splits(Splits(np.array([[0, 0, 1, 1]], dtype=np.int32), "2 folds as given"), response)
    Traceback (most recent call last):
    ...
    logitkit.errors.DataError: Split 0 (from 0) would be trained on 2 rows without an event; use fewer folds, ...
    """
    if folds.n_rows != response.n_rows:
        raise DataError(f"The folds cover {folds.n_rows} rows and the data have {response.n_rows}.")
    if folds.n_splits < 2:
        raise DataError(f"There are {folds.n_splits} folds; cross-validation needs at least 2.")
    used = response.weights > 0.0
    # Rows are counted, not weights summed: a difference of sums need not be exactly zero.
    tested = _tested(folds, used)
    if not tested.all():
        raise DataError(
            f"Split {int(np.argmin(tested > 0))} (from 0) has no row of positive weight to predict; leave it out."
        )
    for word, rows in response.outcome_rows:
        trained = _trained(folds, used & rows)
        if not trained.all():
            split = int(np.argmin(trained > 0))
            count = int(_trained(folds, used)[split])
            raise DataError(
                f"Split {split} (from 0) would be trained on {count} rows without {word}; use fewer folds, folds that "
                "are stratified by outcome, or other groups or periods."
            )
    return folds


def _tested(folds: Splits, rows: BoolArray) -> IntArray:
    """Return how many of some rows each split tests, shape (n_splits,)."""
    counts = [np.bincount(codes[rows & (codes >= 0)], minlength=int(codes.max()) + 1) for codes in folds.codes]
    return np.concatenate(counts)


def _trained(folds: Splits, rows: BoolArray) -> IntArray:
    """Return how many of some rows each split is trained on, shape (n_splits,)."""
    if folds.training is None:
        return np.asarray(np.count_nonzero(rows) - _tested(folds, rows))
    return np.array([np.count_nonzero(mask & rows) for mask in folds.training], dtype=np.int64)
