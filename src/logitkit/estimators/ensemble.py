"""What ensembles of classifiers share: reading of rows, tags for scikit-learn, and the label of a row."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d, validate_data

from logitkit.errors import DataError
from logitkit.estimators.outcomes import Classes, classes_of
from logitkit.estimators.weights import row_weights
from logitkit.typing import FloatArray

__all__ = ["Ensemble"]


class Ensemble(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """A classifier made of other classifiers, which receive the rows unchanged.

    Examples
    --------
    >>> from logitkit.estimators import BaggedClassifier
    >>> issubclass(BaggedClassifier, Ensemble)
    True
    """

    classes_: Any

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn may expect: what all members take; columns of formulas may be of any kind."""
        tags = super().__sklearn_tags__()
        stated = self._stated()
        parts = [get_tags(one) for one in stated if hasattr(one, "__sklearn_tags__")]
        formulas = any(isinstance(one, str) for one in stated)
        tags.classifier_tags.multi_class = all(
            part.classifier_tags is not None and part.classifier_tags.multi_class for part in parts
        )
        tags.input_tags.sparse = not formulas and all(part.input_tags.sparse for part in parts)
        for name in ("allow_nan", "categorical", "string"):
            setattr(tags.input_tags, name, formulas or (bool(parts) and all(_tag(part, name) for part in parts)))
        return tags

    def predict(self, X: Any) -> Any:
        """Return the most probable label of each row.

        Parameters
        ----------
        X : array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n,) array
            Labels from ``classes_``.

        Raises
        ------
        DataError
            If a row has no probabilities.
        """
        p = self.predict_proba(X)
        if np.isnan(p).any():
            row = int(np.argmax(np.isnan(p).any(axis=1)))
            raise DataError(f"Row {row} (from 0) cannot be coded, and has no label: a value is missing.")
        return self.classes_[p.argmax(axis=1)]

    def predict_proba(self, X: Any) -> FloatArray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array, frame or sparse matrix
            As in ``fit``.

        Returns
        -------
        (n, K) array
            Probabilities in the order of ``classes_``.
        """
        raise NotImplementedError

    def _stated(self) -> list[Any]:
        """Return the members as they were stated, as far as they are any."""
        raise NotImplementedError

    def _begun(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Classes, FloatArray | None]:
        """Return the rows of a fit, their classes and weights, and remember the columns."""
        if y is None:
            validate_data(self, X, y, skip_check_array=True)  # refuses it in scikit-learn's words
        labels = column_or_1d(validate_data(self, y=y), warn=True)
        validate_data(self, X, skip_check_array=True)
        rows = _as_rows(X)
        check_consistent_length(rows, y)
        target = classes_of(labels, type(self).__name__, several=True)
        return rows, target, row_weights(target, sample_weight, None)

    def _asked(self, X: Any) -> Any:
        """Return rows to predict, after a look at their columns; formulas find their own."""
        check_is_fitted(self)
        if hasattr(self, "n_features_in_") and getattr(X, "ndim", 2) == 1:
            raise DataError(
                "X has one dimension, and the fit was to columns. Reshape your data: X.reshape(-1, 1) of one column, "
                "X.reshape(1, -1) of one row."
            )
        if not any(isinstance(one, str) or getattr(one, "formula", None) is not None for one in self._stated()):
            validate_data(self, X, reset=False, skip_check_array=True)
        return _as_rows(X)


def _tag(part: Any, name: str) -> bool:
    """Return a tag of the columns of a member."""
    return bool(getattr(part.input_tags, name))


def _as_rows(X: Any) -> Any:
    """Return rows of which some can be taken: sparse ones by row, and what only NumPy can read as an array."""
    if hasattr(X, "tocsr"):
        return X if X.format == "csr" else X.tocsr()
    return X if hasattr(X, "shape") or hasattr(X, "__getitem__") else np.asarray(X)
