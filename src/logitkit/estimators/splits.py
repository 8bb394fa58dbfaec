"""The training and test rows of the ``cv`` of an estimator, and the groups that it keeps together."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import sklearn
from sklearn.model_selection import check_cv
from sklearn.utils.metadata_routing import get_routing_for_object, process_routing

from logitkit.design.ready import ready_design
from logitkit.design.table.frame import Table, is_missing, read_table
from logitkit.errors import DataError, LogitkitError
from logitkit.estimators.outcomes import Classes
from logitkit.models.nominal import Multinomial
from logitkit.selection.fold_makers import row_labels
from logitkit.selection.folds import Folds, splits_of
from logitkit.typing import IntArray

__all__ = ["folds_of", "group_of_each", "pairs_of"]


def folds_of(estimator: Any, codes: IntArray, groups: Any = None) -> Folds:
    """Return the folds that an estimator states.

    Parameters
    ----------
    estimator : estimator
        Estimator with the parameter ``cv``: a number, a splitter, pairs or ``lk.Folds``. With metadata routing, the
        estimator states what goes to ``cv``.
    codes : (n,) int array
        The class of each row.
    groups : (n,) array-like, optional
        The group of each row, for a splitter that uses it.

    Returns
    -------
    Folds
        The stated folds, or the pairs of training and test rows of the splitter.

    Raises
    ------
    DataError
        If groups would not be used, have missing labels or are not one per row; or if a splitter needs groups and there
        are none.

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
    given = {} if groups is None else {"groups": group_of_each(groups, codes.size)}
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


def pairs_of(estimator: Any, X: Any, target: Classes, groups: Any = None) -> list[tuple[IntArray, IntArray]]:
    """Return, for each fold that an estimator states, the rows to fit and the rows to predict.

    Parameters
    ----------
    estimator : estimator
        As in ``folds_of``.
    X : array, frame or sparse matrix
        n rows; ``lk.Folds`` may name columns of a frame.
    target : Classes
        Their classes.
    groups : (n,) array-like, optional
        The group of each row, for a splitter that uses it.

    Returns
    -------
    list of pairs of int arrays
        Row numbers, from 0.

    Raises
    ------
    DataError
        As in ``folds_of``, and if no folds can be made.

    Examples
    --------
    >>> from logitkit.estimators import StackedClassifier
    >>> from logitkit.estimators.outcomes import classes_of
    >>> target = classes_of(np.array([0, 1, 0, 1]), "Model", several=True)
    >>> model = StackedClassifier(cv=Folds(2, groups=["a", "a", "b", "b"]))
    >>> [test.tolist() for _, test in pairs_of(model, np.zeros((4, 1)), target)]
    [[0, 1], [2, 3]]
    """
    try:
        found = folds_of(estimator, target.codes, groups)
    except LogitkitError:
        raise
    except (TypeError, ValueError) as error:
        raise DataError(
            f"cv={estimator.cv!r:.60} makes no folds of these rows: {error} Give a number, a splitter, lk.Folds, or "
            "pairs of rows to fit and rows to predict."
        ) from error
    if found is not estimator.cv:
        return list(found.given)
    n = target.codes.size
    table = read_table(X) if hasattr(X, "columns") else Table(None, (), n, None)
    design = ready_design(np.ones((n, 1)), target.codes, reader=Multinomial(None).reader(None))
    splits = splits_of(found, design, table)
    return [(splits.train(split), splits.test(split)) for split in range(splits.n_splits)]


def group_of_each(groups: Any, n_rows: int) -> Any:
    """Return the group of each row.

    Parameters
    ----------
    groups : (n,) array-like
        Labels of any kind.
    n_rows : int
        Number of rows.

    Returns
    -------
    (n,) array
        The labels.

    Raises
    ------
    DataError
        If a label is missing, or if there is not one label per row.

    Examples
    --------
    >>> group_of_each(["a", "b"], 2).tolist()
    ['a', 'b']
    """
    labels = row_labels(groups, n_rows, "groups")
    gone = is_missing(labels)
    if gone.any():
        raise DataError(
            f"groups is missing in row {int(np.argmax(gone))} (from 0), of {int(gone.sum())} such rows; give every "
            "row a group."
        )
    return labels


def _uses_groups(splitter: Any) -> bool:
    """Tell whether a splitter asks for groups; one of another make, whether it takes them."""
    if hasattr(splitter, "get_metadata_routing"):
        return bool(get_routing_for_object(splitter).consumes("split", ["groups"]))
    return type(splitter).__module__.partition(".")[0] != "sklearn" and (
        "groups" in inspect.signature(splitter.split).parameters
    )
