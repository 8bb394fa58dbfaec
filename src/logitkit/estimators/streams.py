"""``partial_fit``: learning block by block; a block is not kept after it has updated the coefficients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.design.ready import as_matrix
from logitkit.design.response.response import Response
from logitkit.engine.stochastic.learner import Learner, new_learner
from logitkit.engine.stochastic.options import Stochastic
from logitkit.engine.stochastic.rows import Rows, rows_of, standard_of
from logitkit.errors import DataError, ResponseError, UnsupportedError
from logitkit.estimators.columns import validated_columns
from logitkit.estimators.finite import FAR
from logitkit.estimators.learning import forget, ridge_of
from logitkit.typing import FloatArray, IntArray

__all__ = ["learn_block", "may_learn"]


def learn_block(estimator: Any, X: Any, y: Any, classes: Any, sample_weight: Any) -> None:
    """Update the coefficients of an estimator with one block of rows.

    Parameters
    ----------
    estimator : FitWithPenalty
        Estimator, which stores a ``Learner`` in ``stream_``.
    X : (n, p) array or sparse matrix
        Numbers.
    y : (n,) array-like
        Labels.
    classes : (K,) array-like or None
        All labels that will occur; needed in the first call only.
    sample_weight : (n,) array-like or None
        Weights.

    Raises
    ------
    LogitkitError
        If the parameters cannot be learnt by blocks, if a label is not one of the classes, or if the rows are not
        numbers.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> model = LogitClassifier()
    >>> learn_block(model, np.arange(6.0)[:, None], [0, 0, 1, 0, 1, 1], None, None)
    >>> model.coef_.shape
    (1, 1)
    """
    solver = _solver(estimator)
    first = not hasattr(estimator, "stream_")
    before = (estimator.coef_, estimator.intercept_) if first and hasattr(estimator, "coef_") else None
    if first and before is None:
        X, y = validated_columns(estimator, X, y)
        estimator.classes_ = _all_classes(classes, y, estimator)
    else:
        X, y = _again(estimator, X, y)
        if classes is not None and not np.array_equal(np.unique(classes), estimator.classes_):
            raise ResponseError(f"classes are {np.unique(classes).tolist()}, and were {estimator.classes_.tolist()}.")
    codes = _codes(y, estimator.classes_)
    weights = _weights(estimator, codes, sample_weight)
    matrix, _, _ = as_matrix(X)
    rows = rows_of(matrix, Response(codes.astype(np.float64), prior=weights, n_outcomes=estimator.classes_.size))
    if first:
        estimator.stream_ = _started(solver, rows, estimator, before)
    learner: Learner = estimator.stream_
    order = np.random.default_rng([solver.seed, learner.seen]).permutation(rows.n_rows)
    total = float(rows.weights.sum()) / learner.standard.mean_weight
    estimator.loss_ = learner.learn(rows, order, np.inf) / total
    table = learner.standard.raw(learner.current)
    estimator.coef_, estimator.intercept_ = table[:, :-1].copy(), table[:, -1].copy()
    names = tuple(getattr(estimator, "feature_names_in_", ())) or tuple(f"x{j}" for j in range(table.shape[1] - 1))
    estimator.coef_names_ = np.array(names, dtype=object)
    forget(estimator, but="stream_")  # statistics of other coefficients


def may_learn(estimator: Any) -> bool:
    """Tell whether an estimator can learn from streams; if it cannot, the error says why.

    Parameters
    ----------
    estimator : FitWithPenalty
        Its parameters.

    Returns
    -------
    bool
        True.

    Raises
    ------
    LogitkitError
        If it has a formula, a penalty other than ridge, another solver, or a solver that needs all rows.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> may_learn(LogitClassifier()), hasattr(LogitClassifier(C=1.0), "partial_fit")
    (True, False)
    """
    if estimator.formula is not None:
        raise UnsupportedError(
            "partial_fit takes columns of numbers: a formula learns levels and knots from all rows at once. Code the "
            "columns in an earlier step, or use lk.learn(formula, files), which reads the rows twice."
        )
    ridge_of(estimator, "partial_fit")
    given = estimator.solver
    if given is not None and not isinstance(given, Stochastic):
        raise DataError(f"partial_fit moves by mini-batches: give solver=lk.Stochastic(...), not {given!r:.60}.")
    given = given or Stochastic()
    if given.method == "saga":
        raise UnsupportedError(
            "method='saga' remembers the slope of each row, and partial_fit meets rows that nobody numbered: use "
            "'adam', 'sgd' or 'rmsprop', or lk.learn for rows that can be read again."
        )
    if given.schedule in {"step", "cosine"}:
        raise UnsupportedError(
            f"schedule={given.schedule!r} needs to know how many rows will come: give 'power' or 'constant'."
        )
    if given.early_stopping is not None:
        raise UnsupportedError("early_stopping= holds rows out of a whole: partial_fit does not see one.")
    return True


def _solver(estimator: Any) -> Stochastic:
    """Return the options of the method, or say what cannot be learnt so."""
    given = ridge_of(estimator, "partial_fit")
    return replace(given, schedule=given.schedule or "power")


def _started(solver: Stochastic, rows: Rows, estimator: Any, before: Any) -> Learner:
    """Return a learner at zero, or at the coefficients of a fit; columns are standardised by the first block."""
    place = rows.n_columns if estimator.fit_intercept else -1
    standard = standard_of(rows, place, solver.seed)
    learner = new_learner(solver, standard, estimator.classes_.size, 0, np.inf)
    learner.average_from = -(-rows.n_rows // solver.batch)  # which are needed to come near
    if before is not None:
        coef = np.asarray(before[0].toarray() if hasattr(before[0], "toarray") else before[0])
        learner.coef[:, :-1] = coef * standard.scale
        learner.coef[:, -1] = (before[1] + coef @ standard.centre) * float(standard.own)
        far = np.abs(learner.coef).max(initial=0.0)
        if far > FAR:  # of a separated fit: nothing would ever come back from there
            learner.coef *= FAR / far
    return learner


def _again(estimator: Any, X: Any, y: Any) -> tuple[Any, Any]:
    """Return a later block, with the columns of the first."""
    from sklearn.utils.validation import check_consistent_length, column_or_1d

    X = validated_columns(estimator, X)
    labels = column_or_1d(y, warn=True)
    check_consistent_length(X, labels)
    return X, labels


def _all_classes(classes: Any, y: Any, estimator: Any) -> Any:
    """Return all classes in order."""
    found = np.unique(y if classes is None else classes)
    several, name = estimator.__sklearn_tags__().classifier_tags.multi_class, type(estimator).__name__
    if found.size < 2 or (found.size > 2 and not several):
        what = "two classes or more" if several else "two classes"
        raise ResponseError(
            f"{name} needs {what}, and {'y has' if classes is None else 'classes= names'} {found.size}: give all "
            "labels that there will be, classes=[...], in the first call of partial_fit."
        )
    return found


def _codes(y: Any, classes: Any) -> IntArray:
    """Return the place of each label among the classes."""
    places = np.searchsorted(classes, y)
    strange = classes[np.minimum(places, classes.size - 1)] != y
    if strange.any():
        row = int(np.argmax(strange))
        label = np.asarray(y)[row : row + 1].tolist()[0]
        raise ResponseError(f"y holds {label!r} in row {row} (from 0), which is not among classes {classes.tolist()}.")
    return np.asarray(places, dtype=np.int64)


def _weights(estimator: Any, codes: IntArray, sample_weight: Any) -> FloatArray | None:
    """Return the weight of each row, its own times that of its class."""
    from sklearn.utils.validation import _check_sample_weight

    weights = (
        None
        if sample_weight is None
        else np.asarray(_check_sample_weight(sample_weight, codes, dtype=np.float64, ensure_non_negative=True))
    )
    given = estimator.class_weight
    if given is None:
        return weights
    if not isinstance(given, Mapping):
        raise UnsupportedError(
            f"class_weight={given!r} counts all rows, which partial_fit never sees together: give a dict of weights."
        )
    by_class = np.array([float(given.get(label, 1.0)) for label in estimator.classes_.tolist()])
    return by_class[codes] if weights is None else by_class[codes] * weights
