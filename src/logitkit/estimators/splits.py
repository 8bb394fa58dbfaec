"""The rows that ``cv`` of an estimator trains on and tests, and the groups that they keep together."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import sklearn
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import get_routing_for_object, process_routing

from logitkit.design.table.frame import is_missing
from logitkit.errors import DataError
from logitkit.selection.fold_makers import row_labels
from logitkit.selection.folds import Folds
from logitkit.typing import IntArray

__all__ = ["folds_of"]


def folds_of(estimator: Any, codes: IntArray, groups: Any = None) -> Folds:
    """Return the folds that an estimator asks for.

    Parameters
    ----------
    estimator : estimator
        With the parameter ``cv``: a number, a splitter, pairs, or ``lk.Folds``. Where metadata are routed it says what
        goes to ``cv``.
    codes : (n,) int array
        The class of each row.
    groups : (n,) array-like, optional
        The group of each row, for a splitter that uses it.

    Returns
    -------
    Folds
        As they are, or the pairs of training and test rows of the splitter.

    Raises
    ------
    DataError
        For groups that would not be used, that are missing or not one per row; and where a splitter needs them and
        there are none.

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold
    >>> from logitkit.estimators import LogitClassifierCV
    >>> model = LogitClassifierCV(cv=GroupKFold(2))
    >>> folds = folds_of(model, np.array([1, 0, 1, 0]), groups=["a", "a", "b", "b"])
    >>> [test.tolist() for _, test in folds.given]
    [[2, 3], [0, 1]]
    """
    if isinstance(estimator.cv, Folds):
        if groups is not None:
            raise DataError(
                f"groups= was given, but cv={estimator.cv!r} does not use them, and groups would be split. Give "
                "cv=lk.Folds(groups=...), or a splitter that keeps groups together, such as cv=GroupKFold(5)."
            )
        return estimator.cv
    splitter = check_cv(estimator.cv, codes, classifier=True)
    uses = _uses_groups(splitter)
    given = {} if groups is None else {"groups": _group_of_each(groups, codes.size)}
    if given and not uses:
        raise DataError(
            f"groups= was given, but cv={estimator.cv!r} does not use them, and groups would be split. Give a splitter "
            "that keeps groups together, such as cv=GroupKFold(5)."
        )
    if sklearn.get_config()["enable_metadata_routing"]:
        given = process_routing(estimator, "fit", **given).splitter.split
    try:
        pairs = list(splitter.split(np.zeros((codes.size, 1)), codes, **given))
    except ValueError as error:
        if groups is None and uses:
            raise DataError(
                f"cv={estimator.cv!r} keeps groups together: pass the group of each row to fit, groups=. ({error})"
            ) from error
        raise
    return Folds(given=pairs)


def _uses_groups(splitter: Any) -> bool:
    """Tell whether a splitter asks for groups; one of another make, whether it takes them."""
    if hasattr(splitter, "get_metadata_routing"):
        return bool(get_routing_for_object(splitter).consumes("split", ["groups"]))
    return type(splitter).__module__.partition(".")[0] != "sklearn" and (
        "groups" in inspect.signature(splitter.split).parameters
    )


def _group_of_each(groups: Any, n_rows: int) -> Any:
    labels = row_labels(groups, n_rows, "groups")
    gone = is_missing(labels)
    if gone.any():
        raise DataError(
            f"groups is missing in row {int(np.argmax(gone))} (from 0), of {int(gone.sum())} such rows; give every "
            "row a group."
        )
    return labels
