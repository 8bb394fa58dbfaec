"""Members of ensembles: any classifier, or the right side of a formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import has_fit_parameter

from logitkit.errors import DataError
from logitkit.estimators.logit import LogitClassifier
from logitkit.estimators.multinomial import MultinomialClassifier
from logitkit.typing import FloatArray, IntArray

__all__ = ["fitted_member", "log_probabilities", "member_of", "named_members", "some_rows"]


def named_members(members: Any) -> dict[str, Any]:
    """Return members by name.

    Parameters
    ----------
    members : mapping or sequence
        Classifiers or right sides of formulas, by name; in a sequence pairs of name and member, or members alone.

    Returns
    -------
    dict
        The members by name, at least two.

    Raises
    ------
    DataError
        For fewer than two members, for equal names, and for a member that is neither a classifier nor text.

    Examples
    --------
    >>> list(named_members(["age", "age + lwt"]))
    ['0', '1']
    """
    if isinstance(members, Mapping):
        pairs = list(members.items())
    elif isinstance(members, list | tuple):
        pairs = [one if isinstance(one, tuple) and len(one) == 2 else (str(j), one) for j, one in enumerate(members)]
    else:
        raise DataError(f"members={members!r:.60}: give a list of classifiers or formulas, or a mapping from names.")
    found = {str(name): one for name, one in pairs}
    if len(found) < 2 or len(found) < len(pairs):
        raise DataError(f"members has {len(pairs)} members with {len(found)} names: give at least two, each its own.")
    for name, one in found.items():
        if not isinstance(one, str) and not (hasattr(one, "fit") and hasattr(one, "predict_proba")):
            raise DataError(f"Member {name} is {one!r:.60}: give a classifier with predict_proba, or a formula.")
    return found


def member_of(stated: Any, n_classes: int) -> Any:
    """Return a new classifier.

    Parameters
    ----------
    stated : classifier or str
        The right side of a formula gives a ``LogitClassifier``, or with more than two classes a
        ``MultinomialClassifier``.
    n_classes : int
        Number of classes.

    Returns
    -------
    classifier
        The classifier, not fitted.

    Examples
    --------
    >>> member_of("age", 2)
    LogitClassifier(formula='age')
    """
    if isinstance(stated, str):
        return (LogitClassifier if n_classes == 2 else MultinomialClassifier)(stated)
    return clone(stated)


def some_rows(X: Any, rows: IntArray) -> Any:
    """Return some rows of an array, a frame or a sparse matrix.

    Parameters
    ----------
    X : array, frame or sparse matrix
        n rows.
    rows : int array
        Positions of the rows.

    Returns
    -------
    object
        The rows, as an object of the same type.

    Examples
    --------
    >>> some_rows(np.array([[1.0], [2.0]]), np.array([1, 1])).tolist()
    [[2.0], [2.0]]
    """
    return _safe_indexing(X, rows)


def fitted_member(stated: Any, n_classes: int, X: Any, y: Any, weights: FloatArray | None) -> Any:
    """Return a fitted member.

    Parameters
    ----------
    stated : classifier or str
        As in ``member_of``.
    n_classes : int
        Number of classes in all rows.
    X, y : array-like
        Rows and their labels.
    weights : (n,) array or None
        Weights of the rows.

    Returns
    -------
    classifier
        A new classifier.

    Raises
    ------
    DataError
        If there are weights, but the member takes none.

    Examples
    --------
    >>> found = fitted_member(LogitClassifier(), 2, [[0.0], [0.0], [1.0], [1.0]], [0, 1, 0, 1], None)
    >>> found.classes_.tolist()
    [0, 1]
    """
    member = member_of(stated, n_classes)
    if weights is None:
        return member.fit(X, y)
    if not has_fit_parameter(member, "sample_weight"):
        raise DataError(f"sample_weight was given, and {type(member).__name__} takes none: leave this member out.")
    return member.fit(X, y, sample_weight=weights)


def log_probabilities(member: Any, X: Any, classes: Any) -> FloatArray:
    """Return the logs of the probabilities of all classes.

    Parameters
    ----------
    member : classifier
        Fitted classifier; some classes may be missing from its rows.
    X : array-like
        Rows.
    classes : (K,) array
        All classes.

    Returns
    -------
    (n, K) array
        The logs; minus infinity for a class that the member excludes.

    Raises
    ------
    DataError
        If a row has no probabilities.

    Examples
    --------
    >>> found = LogitClassifier().fit([[0.0], [0.0], [1.0], [1.0]], [0, 1, 0, 1])
    >>> np.exp(log_probabilities(found, [[0.0]], np.array([0, 1, 2]))).round(9).tolist()
    [[0.5, 0.5, 0.0]]
    """
    with np.errstate(divide="ignore"):
        if hasattr(member, "predict_log_proba"):
            logs = np.asarray(member.predict_log_proba(X), dtype=np.float64)
        else:
            logs = np.log(np.asarray(member.predict_proba(X), dtype=np.float64))
    if np.isnan(logs).any():
        row = int(np.argmax(np.isnan(logs).any(axis=1)))
        raise DataError(
            f"{type(member).__name__} has no probability of row {row} (from 0) of those that it predicts, perhaps "
            "because a value is missing: leave the row out, or impute in a step before."
        )
    out = np.full((len(logs), len(classes)), -np.inf)
    out[:, np.searchsorted(classes, member.classes_)] = logs
    return out
