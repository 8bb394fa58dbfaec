"""Columns of numbers, from an array, a frame or a sparse matrix, with an intercept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.utils.validation import validate_data

from logitkit.design.formula.terms import INTERCEPT
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError
from logitkit.estimators.outcomes import Classes
from logitkit.estimators.verb import Verb
from logitkit.typing import FloatArray

__all__ = ["Columns", "validated_columns"]

PRECISIONS = (np.float64, np.float32)
KINDS = ("csr", "csc")  # of sparse matrices; others are brought to the first


@dataclass(frozen=True)
class Columns:
    """Validated columns and the names that the fit gives them.

    Parameters
    ----------
    X : (n, p) array or scipy sparse matrix
        Finite numbers.
    names : tuple of str
        One name per column.
    fit_intercept : bool
        Whether the model has an intercept.

    Examples
    --------
    >>> from logitkit.estimators.outcomes import classes_of
    >>> columns = Columns(np.array([[0.0], [0.0], [1.0], [1.0]]), ("x",), fit_intercept=True)
    >>> from logitkit.api.fitting import fit, fit_matrix
    >>> target = classes_of(np.array([0, 1, 0, 1]), "Model", several=False)
    >>> fitted = columns.fit(Verb(fit_matrix, fit), target, None, {})
    >>> fitted.coef.index.tolist()
    ['Intercept', 'x']
    """

    X: Any
    names: tuple[str, ...]
    fit_intercept: bool

    def fit(self, verb: Verb, target: Classes, weights: FloatArray | None, options: dict[str, Any]) -> Any:
        """Return the fit of an outcome to the columns.

        Parameters
        ----------
        verb : Verb
            The fitting function.
        target : Classes
            The outcome of the rows.
        weights : (n,) array or None
            Weights of precision.
        options : dict
            Further arguments of the function, such as ``solver``, ``level`` and ``penalty``.

        Returns
        -------
        object
            What the function returns: a fit with a reference to the rows, or a path of them.
        """
        return verb.by_matrix(
            self._design_matrix(),
            target.labels,
            self.names if not self.fit_intercept else (INTERCEPT, *self.names),
            weights=weights,
            weight_kind="frequency" if weights is None else "precision",
            model=target.model,
            **options,
        )

    def used(self) -> slice:
        """Return which rows take part in a fit.

        Returns
        -------
        slice
            All of them.
        """
        return slice(None)

    def _design_matrix(self) -> Any:
        if not self.fit_intercept:
            return self.X
        if INTERCEPT in self.names:
            raise DataError(
                f"X has a column called {INTERCEPT!r}, and fit_intercept=True adds one: drop the column, or set "
                "fit_intercept=False."
            )
        n, p = self.X.shape
        if hasattr(self.X, "tocsr"):
            from scipy.sparse import csr_array, hstack

            return hstack([csr_array(np.ones((n, 1), dtype=self.X.dtype)), self.X], format="csr")
        matrix = np.empty((n, p + 1), dtype=self.X.dtype)
        matrix[:, 0] = 1.0
        matrix[:, 1:] = self.X
        return matrix


def validated_columns(estimator: Any, X: Any, y: Any = None) -> Any:
    """Return the columns as numbers, and the labels, after scikit-learn's checks.

    Parameters
    ----------
    estimator : estimator
        Stores the names and the number of the columns, or compares them if only X is given.
    X : (n, p) array, frame or sparse matrix
        Columns.
    y : (n,) array-like, optional
        Labels.

    Returns
    -------
    array or sparse matrix, or both of X and y
        In float32 if given so, otherwise in float64.

    Raises
    ------
    DataError
        For missing values and text, which need a formula.
    ValueError
        From scikit-learn, for anything else that is not a table of numbers.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> validated_columns(LogitClassifier(), [[1, 2], [3, 4]], [0, 1])[0].tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    given = (X,) if y is None else (X, y)
    if hasattr(X, "columns"):
        require_distinct_names(list(getattr(X, "column_names", X.columns)))
    try:
        # Arrays of other libraries become NumPy's: there is nothing here that would compute in them.
        with config_context(array_api_dispatch=False):
            return validate_data(estimator, *given, accept_sparse=KINDS, dtype=PRECISIONS, reset=y is not None)
    except ValueError as error:
        first = str(error).splitlines()[0]
        if "Input X contains NaN" in first or "could not convert string to float" in first:
            raise DataError(
                f"{first.rstrip('.')}: without a formula X must hold numbers without missing values. Give formula=, "
                "such as 'age + C(sex)', which accepts text and categories and drops incomplete rows; or impute and "
                "encode in earlier steps."
            ) from error
        raise
