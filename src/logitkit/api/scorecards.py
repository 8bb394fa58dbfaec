"""The public functions of credit scoring: bins of one variable, and a whole scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from logitkit.api.fitting import fit_matrix
from logitkit.design.table.frame import Table, numeric_values, read_table, row_values
from logitkit.errors import DataError, nearest_name
from logitkit.results.cards.binned import BinnedVariable, held
from logitkit.results.cards.scorecard import Scorecard
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.card import card_of
from logitkit.scorecard.population import Population
from logitkit.scorecard.scaling import Scaling
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.target import Target, read_target
from logitkit.typing import FloatArray

__all__ = ["binning", "scorecard"]


def binning(
    column: str,
    data: Any,
    *,
    target: str,
    event: Any = None,
    indeterminate: Any = (),
    bins: Bins | None = None,
    weights: Any = None,
) -> BinnedVariable:
    """Return a variable in the bins that are best by a criterion, with weights of evidence.

    Parameters
    ----------
    column : str
        The variable: numbers, or levels (text, categories, booleans).
    data : table
        A pandas, polars or Arrow table, or a dict of columns.
    target : str
        The column of the outcome.
    event : object, optional
        The level of the outcome that is bad; 1 or True by default.
    indeterminate : object or sequence, optional
        Levels that are neither good nor bad: their rows are left out.
    bins : Bins, optional
        Criterion, shape, limits, special values and policies.
    weights : str or (n,) array-like, optional
        Weights of the rows; counts are their sums.

    Returns
    -------
    BinnedVariable
        Its table, transform and edits.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid, or if no bins meet the constraints.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.api.scorecards import binning
    >>> loans = lk.datasets.load_german_credit()
    >>> found = binning("duration", loans, target="class", event="bad")
    >>> bool(found.table()["iv"].sum() == found.information.value)
    True
    """
    table = read_table(data)
    require_columns(table, (column, target))
    outcome = read_target(table.column(target), target, event, indeterminate)
    return held(
        binning_of(
            rows_of(table.column(column), outcome),
            outcome.bad,
            bins,
            name=column,
            weights=row_weights(weights, table, outcome),
        )
    )


def scorecard(
    columns: str | Sequence[str],
    data: Any,
    *,
    target: str,
    event: Any = None,
    indeterminate: Any = (),
    bins: Bins | Mapping[str, Bins] | None = None,
    weights: Any = None,
    scaling: Scaling | None = None,
    level: float = 0.95,
) -> Scorecard:
    """Return a scorecard: variables in optimal bins, a logistic regression of their weights of evidence, and points.

    Parameters
    ----------
    columns : str or sequence of str
        The variables.
    data : table
        A pandas, polars or Arrow table, or a dict of columns.
    target : str
        The column of the outcome.
    event : object, optional
        The level of the outcome that is bad; 1 or True by default.
    indeterminate : object or sequence, optional
        Levels that are neither good nor bad: their rows are left out, and counted.
    bins : Bins or mapping of str to Bins, optional
        How all variables are binned, or each by its name.
    weights : str or (n,) array-like, optional
        Weights of the rows.
    scaling : Scaling, optional
        Points to double the odds, base points and base odds.
    level : float, default 0.95
        Confidence level of the inference.

    Returns
    -------
    Scorecard
        Points, scores, and the fit.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid, or if a variable has no bins that meet the constraints.

    Examples
    --------
    >>> import logitkit as lk
    >>> from logitkit.api.scorecards import scorecard
    >>> loans = lk.datasets.load_german_credit()
    >>> card = scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> bool((card.fit.coef.drop("Intercept") < 0).all())
    True
    """
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    table = read_table(data)
    require_columns(table, (*names, target))
    outcome = read_target(table.column(target), target, event, indeterminate)
    given = row_weights(weights, table, outcome)
    stated = {name: (bins.get(name) if isinstance(bins, Mapping) else bins) for name in names}
    binned, matrix = {}, np.ones((outcome.rows.size, len(names) + 1), order="F")
    for j, name in enumerate(names):
        values = rows_of(table.column(name), outcome)
        binned[name] = held(binning_of(values, outcome.bad, stated[name], name=name, weights=given))
        matrix[:, j + 1] = binned[name].transform(values)
    fit = fit_matrix(matrix, outcome.bad, ["Intercept", *names], weights=given, level=level)
    coef = fit.coef.to_numpy()
    card = card_of(tuple(binned.values()), float(coef[0]), coef[1:], scaling or Scaling())
    n_bad = int(outcome.bad.sum())
    population = Population(
        table.n_rows, (), outcome.n_indeterminate, outcome.n_missing, outcome.rows.size - n_bad, n_bad, target,
        outcome.event, outcome.other,
    )  # fmt: skip
    return Scorecard(card, fit, binned, population)


def require_columns(table: Table, names: Sequence[str]) -> None:
    """Refuse columns that a table does not have."""
    for name in names:
        if name not in table:
            raise DataError(f"There is no column {name!r}. {nearest_name(name, table.names)}")


def rows_of(values: Any, outcome: Target) -> Any:
    """Return the values of the rows that are good or bad."""
    return values if outcome.rows.size == len(values) else values.iloc[outcome.rows]


def row_weights(weights: Any, table: Table, outcome: Target) -> FloatArray | None:
    """Return the weights of the rows that are good or bad; None where all are one."""
    if weights is None:
        return None
    given = numeric_values(row_values(weights, table, "weights")[0], "weights")[outcome.rows]
    if not (np.isfinite(given).all() and (given >= 0).all()):
        raise DataError("weights must be numbers that are not negative, and none may be missing.")
    return given
