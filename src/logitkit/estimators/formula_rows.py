"""Rows of a data frame, coded by the right side of a formula: categories, text and missing values are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.build import build_design
from logitkit.design.rebuild import NewRows
from logitkit.design.table.frame import is_missing, read_table
from logitkit.errors import DataError, FormulaError
from logitkit.estimators.outcomes import Classes
from logitkit.estimators.verb import Verb
from logitkit.results.fit import Fit
from logitkit.results.rows import Rows
from logitkit.typing import BoolArray, FloatArray, IntArray, MissingPolicy, UnseenPolicy

__all__ = ["FormulaRows", "decision_by_formula", "decision_of", "require_frame", "require_labels"]


@dataclass(frozen=True)
class FormulaRows:
    """A data frame with the outcome, and the formula that codes it.

    Parameters
    ----------
    formula : str
        Its right side.
    data : table
        Table with the outcome among its columns.
    response : str
        The name of that column.
    missing : {'drop', 'raise'}
        What to do with rows that have missing values.
    functions : mapping of str to object
        Functions and values that the formula can use besides the columns.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": [0.0, 0.0, 1.0, np.nan]})
    >>> rows = FormulaRows.gather("x", frame, np.array([0, 1, 1, 0]), None, "drop", None)
    >>> rows.text, rows.used().tolist()
    ('y ~ x', [0, 1, 2])
    """

    formula: str
    data: Any
    response: str
    missing: MissingPolicy
    functions: Mapping[str, Any]

    @classmethod
    def gather(
        cls, formula: Any, X: Any, y: Any, name: Any, missing: MissingPolicy, functions: Mapping[str, Any] | None
    ) -> FormulaRows:
        """Check the formula, and add the outcome to the columns under a name that none of them has.

        Parameters
        ----------
        formula : str
            Its right side.
        X : data frame
            n rows.
        y : (n,) array
            Their labels.
        name : object
            Name of y, if it has one.
        missing : {'drop', 'raise'}
            What to do with rows that have missing values.
        functions : mapping or None
            Functions and values that the formula can use besides the columns.

        Returns
        -------
        FormulaRows
            The rows, ready to be fitted.

        Raises
        ------
        FormulaError
            If the formula is not a right side.
        """
        if not isinstance(formula, str):
            raise FormulaError(f"formula={formula!r} must be the text of a formula's right side, or None.")
        if "~" in formula:
            raise FormulaError(
                f"formula={formula!r} has a left side; give the right side only, such as "
                f"{formula.split('~', 1)[1].strip()!r}: the outcome is the y that is given to fit."
            )
        taken = set(read_table(X).names)
        response = name if isinstance(name, str) and name.isidentifier() else "y"
        while response in taken:
            response += "_"
        return cls(formula, _with_column(X, response, y), response, missing, functions or {})

    @property
    def text(self) -> str:
        """The formula, with both sides."""
        return f"{self.response} ~ {self.formula}"

    def fit(self, verb: Verb, target: Classes, weights: FloatArray | None, options: dict[str, Any]) -> Any:
        """Return the fit of the outcome to the formula.

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
        options = {
            "weights": weights,
            "weight_kind": "frequency" if weights is None else "precision",
            "missing": self.missing,
            "model": target.model,
            **options,
        }
        # A formula sees the names of the scope that calls the function: here those that the user gave, and no others.
        call = {"_fit": verb.by_formula, "_text": self.text, "_data": self.data, "_options": options}
        return eval("_fit(_text, _data, **_options)", {**self.functions, **call})

    def used(self) -> IntArray:
        """Return which rows take part in a fit.

        Returns
        -------
        int array
            Positions of the rows that can be coded.
        """
        return build_design(self.text, self.data, namespace=self.functions, missing=self.missing).positions


def require_frame(X: Any) -> tuple[str, ...]:
    """Return the column names of a data frame; anything without column names is refused.

    Parameters
    ----------
    X : data frame
        A frame of pandas, polars or Arrow, or another that narwhals reads.

    Returns
    -------
    tuple of str
        The names, in order.

    Raises
    ------
    DataError
        For an array.

    Examples
    --------
    >>> require_frame(pd.DataFrame({"age": [1], "sex": ["f"]}))
    ('age', 'sex')
    """
    if not hasattr(X, "columns") and not hasattr(X, "column_names"):
        raise DataError(
            f"With formula= X must be a data frame, whose columns the formula names; it is a {type(X).__name__}. In a "
            "pipeline let earlier steps return frames: set_output(transform='pandas')."
        )
    return read_table(X).names


def require_labels(y: Any, missing_where: Any) -> None:
    """Refuse an outcome with missing values.

    Parameters
    ----------
    y : (n,) array
        Labels.
    missing_where : object
        Name of the argument, for the message.

    Raises
    ------
    DataError
        If a value is missing; the message has the first such row.

    Examples
    --------
    >>> require_labels(np.array(["a", "b"]), "y")
    """
    gone = is_missing(y)
    if gone.any():
        raise DataError(
            f"{missing_where} is missing in row {int(np.argmax(gone))} (from 0), of {int(gone.sum())} such rows; drop "
            "them from X and y first."
        )


def decision_by_formula(fit: Fit, coef: FloatArray, X: Any, unseen: UnseenPolicy) -> tuple[FloatArray, BoolArray]:
    """Return the logits of each row of a data frame, from finite coefficients of a fit.

    Parameters
    ----------
    fit : Fit
        Fit with the coding of the formula.
    coef : (m, p) array
        Finite coefficients, one row per linear predictor.
    X : data frame
        Rows.
    unseen : {'raise', 'missing'}
        What to do with a level that does not occur in the fit.

    Returns
    -------
    logit : (n, m) array
        nan for a row that cannot be coded.
    kept : (n,) bool array
        Whether each row could be coded.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [0.0, 0.0, 1.0, 1.0]})
    >>> frame = pd.DataFrame({"x": [0.0, np.nan]})
    >>> decision_by_formula(fit, np.array([[1.0, 2.0]]), frame, "raise")[0].tolist()
    [[1.0], [nan]]
    """
    return decision_of(Rows(fit.record, fit.design, X, unseen=unseen).to_predict, coef)


def decision_of(coded: NewRows, coef: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the logits of coded rows.

    Parameters
    ----------
    coded : NewRows
        Rows of a data frame.
    coef : (m, p) array
        Finite coefficients, one row per linear predictor.

    Returns
    -------
    logit : (n, m) array
        nan for a row that cannot be coded.
    kept : (n,) bool array
        Whether each row could be coded.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.design.rebuild import new_rows
    >>> fit = lk.logit("y ~ x", {"y": [0, 1, 0, 1], "x": [0.0, 0.0, 1.0, 1.0]})
    >>> decision_of(new_rows(fit.record.info, {"x": [3.0]}), np.array([[1.0, 2.0]]))[0].tolist()
    [[7.0]]
    """
    eta = np.full((coded.kept.size, len(coef)), np.nan)
    for place, one in enumerate(coef):
        own = coded.matrix.matvec(one)
        eta[coded.kept, place] = own if coded.shift is None else own + coded.shift
    return eta, coded.kept


def _with_column(X: Any, name: str, values: Any) -> Any:
    """Return a frame with one more column, without a copy of the others."""
    if isinstance(X, pd.DataFrame):
        return X.assign(**{name: values})
    import narwhals as nw

    frame = nw.from_native(X, eager_only=True)
    column = nw.new_series(name, list(values.tolist()), backend=nw.get_native_namespace(frame))
    return frame.with_columns(column).to_native()
