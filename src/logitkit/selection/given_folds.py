"""Given folds: one label per row, or pairs of training and test rows as yielded by scikit-learn's splitters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Number, Real
from typing import Any

import numpy as np

from logitkit.design.response.response import Response
from logitkit.design.table.frame import is_missing
from logitkit.errors import DataError
from logitkit.selection.fold_makers import row_labels
from logitkit.selection.splits import Splits, checked_splits
from logitkit.typing import BoolArray, CodeArray, IntArray

__all__ = ["given_folds", "require_given"]

FEW = 32  # labels that are looked for one by one, which holds no number of 8 bytes for each row


def given_folds(response: Response, given: Any, *, places: IntArray | None = None) -> Splits:
    """Return splits from given folds.

    Parameters
    ----------
    response : Response
        n rows.
    given : array-like or iterable of pairs
        Fold of each row, as labels of any kind, with the number -1 for rows that are not tested; or pairs (train, test)
        of row numbers from 0, or of masks.
    places : (n_table,) int array, optional
        If ``given`` refers to a table from which rows were dropped, the position of each of its rows among the n rows;
        -1 for dropped rows.

    Returns
    -------
    Splits
        Labels are in ascending order, pairs in the given order. A new layer begins when a test set contains a row that
        the layer has already tested. Layers that all test the same rows are repetitions.

    Raises
    ------
    DataError
        If labels are missing or too few, or if pairs are not row numbers or test rows that they also train on.

    Examples
    --------
    The same folds, given in both ways:

    >>> response = Response(np.array([0.0, 1.0, 0.0, 1.0]))
    >>> by_label = given_folds(response, ["b", "b", "a", "a"])
    >>> by_pair = given_folds(response, [([0, 1], [2, 3]), ([2, 3], [0, 1])])
    >>> by_label.codes.tolist(), by_pair.codes.tolist()
    ([[1, 1, 0, 0]], [[1, 1, 0, 0]])
    """
    places = np.arange(response.n_rows) if places is None else places
    require_given(given)
    if hasattr(given, "dtype"):
        return _by_label(response, given, places)
    listed = list(given)
    if listed and all(isinstance(one, str) or not isinstance(one, Iterable) for one in listed):
        return _by_label(response, listed, places)
    return _by_pair(response, listed, places)


def require_given(given: Any) -> None:
    """Raise an error unless values are one fold per row or pairs of row numbers.

    Parameters
    ----------
    given : object
        The given value.

    Raises
    ------
    DataError
        If the value is invalid; the message says what to give.

    Examples
    --------
    >>> require_given([0, 1, 0, 1])
    """
    if isinstance(given, str | Number | Mapping) or not isinstance(given, Iterable):
        hint = ""
        if hasattr(given, "split") and not isinstance(given, str):
            hint = " For a scikit-learn splitter, give the pairs that its split(X, y) yields."
        raise DataError(
            f"The folds given are of type {type(given).__name__}; give the fold of each row, or pairs (train, test) of "
            f"row numbers.{hint}"
        )


def _by_label(response: Response, given: Any, places: IntArray) -> Splits:
    kept = places >= 0
    found = row_labels(given, places.size, "folds")
    if found.dtype.kind in "iu":  # which need no object for each row
        whole = np.empty(response.n_rows, dtype=found.dtype)
        whole[places[kept]] = found[kept]
        there = (response.weights > 0.0) & (whole != -1)
        names = np.unique(whole[there])
        codes = np.full((1, whole.size), -1, dtype=np.int32)
        for number, name in enumerate(names) if names.size <= FEW else ():
            codes[0, there & (whole == name)] = number
        if names.size > FEW:
            codes[0, there] = np.searchsorted(names, whole[there])
    else:
        names, codes = _by_object(response, found[kept], places, kept)
    if names.size < 2:
        raise DataError(f"The folds given hold {names.size} label(s) to test; cross-validation needs at least 2.")
    return checked_splits(Splits(codes, f"{names.size} folds as given"), response)


def _by_object(response: Response, given: Any, places: IntArray, kept: BoolArray) -> tuple[Any, CodeArray]:
    """Return the labels in ascending order, and the place of that of each row; -1 for rows that are not tested."""
    labels = np.empty(response.n_rows, dtype=object)
    labels[places[kept]] = given
    used = np.flatnonzero(response.weights > 0.0)
    missing = is_missing(labels[used])
    if missing.any():
        row = int(np.flatnonzero(places == used[np.argmax(missing)])[0])
        raise DataError(
            f"The fold is missing in {int(missing.sum())} of {used.size} rows, first in row {row} (from 0); give every "
            "row a fold, or -1 for a row that is never tested."
        )
    tested = used[[not _is_no_fold(label) for label in labels[used]]]
    try:
        names, fold = np.unique(labels[tested], return_inverse=True)
    except TypeError as error:
        raise DataError(f"The folds given mix kinds of labels: {error}. Give numbers, or text.") from error
    codes = np.full((1, response.n_rows), -1, dtype=np.int32)
    codes[0, tested] = fold
    return names, codes


def _is_no_fold(label: Any) -> bool:
    """Tell whether a label says that a row is tested in no fold."""
    return isinstance(label, Real) and float(label) == -1.0


def _by_pair(response: Response, pairs: list[Any], places: IntArray) -> Splits:
    if len(pairs) < 2:
        raise DataError(f"{len(pairs)} pair(s) of training and test rows were given; give at least 2.")
    used = response.weights > 0.0
    trained, tested = [], []
    for number, pair in enumerate(pairs):
        try:
            train, test = pair
        except (TypeError, ValueError) as error:
            raise DataError(f"Item {number} (from 0) of the folds is not a pair (train, test).") from error
        masks = [_mask(rows, places, f"pair {number} (from 0)", response.n_rows) for rows in (train, test)]
        both = masks[0] & masks[1]
        if both.any():
            row = int(np.flatnonzero(places == np.argmax(both))[0])
            raise DataError(
                f"Pair {number} (from 0) of the folds tests {int(both.sum())} of its own training rows, first row "
                f"{row} (from 0); scores on training rows say nothing about new rows."
            )
        trained.append(masks[0] & used)
        tested.append(masks[1] & used)
    codes = _layers(tested)
    covered = codes >= 0
    whole = bool((covered == covered[0]).all()) and bool((codes.max(axis=1) >= 1).all())
    others = all(np.array_equal(train, used & ~test) for train, test in zip(trained, tested, strict=True))
    words = f"{len(pairs)} splits as given" + ("" if whole else ", whose test rows overlap")
    return checked_splits(Splits(codes, words, None if others else np.array(trained), overlapping=not whole), response)


def _layers(tested: list[BoolArray]) -> CodeArray:
    """Return the fold of each row, a new layer wherever a test set meets a row already tested."""
    layers = [np.full(tested[0].size, -1, dtype=np.int32)]
    fold = 0
    for number, mask in enumerate(tested):
        if not mask.any():
            raise DataError(f"Pair {number} (from 0) of the folds has no test row of positive weight; leave it out.")
        if (layers[-1][mask] >= 0).any():
            layers.append(np.full(mask.size, -1, dtype=np.int32))
            fold = 0
        layers[-1][mask] = fold
        fold += 1
    return np.array(layers)


def _mask(rows: Any, places: IntArray, where: str, n_rows: int) -> BoolArray:
    """Return the selected rows as a mask over n rows."""
    chosen = np.asarray(rows)
    if chosen.dtype == np.bool_:
        if chosen.shape != places.shape:
            raise DataError(f"A mask of {where} has shape {chosen.shape}; give one value for {places.size} rows.")
        chosen = np.flatnonzero(chosen)
    if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
        raise DataError(f"Rows of {where} have shape {chosen.shape} and type {chosen.dtype}; give whole numbers.")
    chosen = chosen.astype(np.int64)
    outside = (chosen < 0) | (chosen >= places.size)
    if outside.any():
        raise DataError(
            f"Rows of {where} include {chosen[np.argmax(outside)]}; rows are numbered from 0 to {places.size - 1}."
        )
    if np.unique(chosen).size != chosen.size:
        raise DataError(f"Rows of {where} include a row twice; use weights to count a row more than once.")
    found = places[chosen]
    mask = np.zeros(n_rows, dtype=bool)
    mask[found[found >= 0]] = True
    return mask
