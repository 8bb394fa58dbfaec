"""Which rows are bad, from labels as in scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from logitkit.errors import DataWarning, ResponseError, warn_caller
from logitkit.estimators.outcomes import Classes
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["BadRows", "bad_rows"]


@dataclass(frozen=True, eq=False)
class BadRows:
    """Rows with positive weight, and which of them are bad.

    Parameters
    ----------
    rows : (n,) int array or None
        Positions of the rows whose weight is positive; None for all.
    bad : (n,) array of bool
        Whether each of these is bad.
    weights : (n,) array or None
        Their weights; None if all are one.
    label : object
        The label of bad rows.
    other : object
        The label of the other rows.

    Examples
    --------
    >>> from logitkit.estimators.outcomes import classes_of
    >>> bad_rows(classes_of(np.array(["a", "b", "b"]), "Model", several=False), np.array([1.0, 0.0, 2.0]), "a").bad
    array([ True, False])
    """

    rows: IntArray | None
    bad: BoolArray
    weights: FloatArray | None
    label: Any
    other: Any

    def of(self, values: Any) -> Any:
        """Return the values of these rows.

        Parameters
        ----------
        values : (N,) Series
            A column.

        Returns
        -------
        (n,) Series
            The values of the rows with positive weight.
        """
        return values if self.rows is None else values.iloc[self.rows]


def bad_rows(target: Classes, weights: FloatArray | None, bad: Any, *, refuse: bool = True) -> BadRows:
    """Return which rows are bad; rows with weight zero are ignored.

    Parameters
    ----------
    target : Classes
        Two labels.
    weights : (n,) array or None
        Weights of the rows.
    bad : object
        The label that is bad; None for the larger of two numbers, or True.
    refuse : bool, default True
        Whether other labels are an error if ``bad`` is None, as the order of words does not say which of them is bad.
        If not, the second is taken with a warning, since scikit-learn requires classifiers to accept any labels.

    Returns
    -------
    BadRows
        The values of the rows with positive weight.

    Raises
    ------
    ResponseError
        If no row has this label, or if nothing says which of two words is bad.

    Warns
    -----
    DataWarning
        If the second of two words is taken.

    Examples
    --------
    >>> from logitkit.estimators.outcomes import classes_of
    >>> bad_rows(classes_of(np.array(["good", "bad", "good"]), "Model", several=False), None, "bad").bad.tolist()
    [False, True, False]
    """
    labels = target.classes.tolist()
    if bad is not None and bad not in labels:
        raise ResponseError(f"bad={bad!r} is none of the labels of y, which are {labels[0]!r} and {labels[1]!r}.")
    if bad is None and not all(isinstance(label, Real) for label in labels):
        if refuse:
            raise ResponseError(f"Which of the labels {labels[0]!r} and {labels[1]!r} of y is bad? Name it by bad=.")
        warn_caller(
            f"{labels[1]!r}, the second of the sorted labels of y, is taken for the bad one. If that is {labels[0]!r}, "
            f"give bad={labels[0]!r}; if not, bad={labels[1]!r} leaves out this warning.",
            DataWarning,
        )
    place = 1 if bad is None else labels.index(bad)
    is_bad = target.codes == place
    label, other = target.classes[place], target.classes[1 - place]
    if weights is None or weights.all():
        return BadRows(None, is_bad, weights, label, other)
    rows = np.flatnonzero(weights)
    return BadRows(rows, is_bad[rows], weights[rows], label, other)
