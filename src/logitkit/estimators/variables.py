"""Variables of a scorecard from arrays and frames: numbers, text and categories, with missing values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.utils.validation import check_consistent_length, validate_data

from logitkit.design.table.frame import read_table
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError
from logitkit.estimators.formula_rows import require_frame, require_labels

__all__ = ["labels_of", "variables_of"]


def variables_of(estimator: Any, X: Any, reset: bool = False) -> tuple[dict[str, Any], Any]:
    """Return the columns of X by name, and the index of its rows.

    Parameters
    ----------
    estimator : estimator
        Stores the names and the number of the columns, or compares them.
    X : (n, p) array or frame
        An array has numbers; a frame can also have text, categories and booleans. Missing values are nan.
    reset : bool, default False
        Whether to store the names.

    Returns
    -------
    columns : dict of str to (n,) Series
        The columns. For an array, and for a frame without text names, they are called x0, x1 and so on.
    index : pandas.Index or None
        Labels of the rows of a pandas frame.

    Raises
    ------
    DataError
        For text in an array.
    ValueError
        From scikit-learn, if X is not a table or has other columns than the fit.

    Examples
    --------
    >>> from logitkit.estimators import WoeEncoder
    >>> variables_of(WoeEncoder(), [[1, 2], [3, 4]], reset=True)[0]["x1"].tolist()
    [2.0, 4.0]
    """
    if isinstance(X, np.ndarray) and X.dtype.names:  # records
        X = pd.DataFrame({name: X[name] for name in X.dtype.names})
    if hasattr(X, "columns") or hasattr(X, "column_names"):
        return _of_frame(estimator, X, reset)
    try:
        with config_context(array_api_dispatch=False):
            X = validate_data(estimator, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset)
    except ValueError as error:
        if "could not convert string to float" in str(error):
            raise DataError(
                f"{str(error).splitlines()[0]}: an array must hold numbers. Give a data frame, whose columns may be "
                "text and categories too."
            ) from error
        raise
    return {f"x{j}": pd.Series(X[:, j]) for j in range(X.shape[1])}, None


def labels_of(estimator: Any, X: Any, y: Any) -> Any:
    """Return the labels of rows, shape (n,), after scikit-learn's checks.

    Parameters
    ----------
    estimator : estimator
        Estimator whose name is in messages.
    X : (n, p) array or frame
        The rows.
    y : (n,) array-like
        One label per row.

    Returns
    -------
    (n,) array
        Labels that can be compared.

    Examples
    --------
    >>> from logitkit.estimators import WoeEncoder
    >>> labels_of(WoeEncoder(), [[1], [2]], ["good", "bad"]).tolist()
    ['good', 'bad']
    """
    if y is None:
        validate_data(estimator, X, y)  # refuses it in scikit-learn's words
    with config_context(array_api_dispatch=False):
        labels = validate_data(estimator, y=y)
    if labels.dtype.kind == "O":
        require_labels(labels, "y")
    check_consistent_length(X, labels)
    return labels


def _of_frame(estimator: Any, X: Any, reset: bool) -> tuple[dict[str, Any], Any]:
    require_distinct_names(list(getattr(X, "column_names", X.columns)))
    validate_data(estimator, X, skip_check_array=True, reset=reset)
    if isinstance(X, pd.DataFrame) and not all(isinstance(name, str) for name in X.columns):
        return {f"x{j}": X.iloc[:, j] for j in range(X.shape[1])}, X.index
    names, table = require_frame(X), read_table(X)
    return {name: table.column(name) for name in names}, table.index
