"""The public functions of credit scoring: bins of one variable, and a whole scorecard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from logitkit.scorecard.variable_sketch import VariableSketch
from logitkit.typing import FloatArray

__all__ = ["binning", "binnings_of_blocks", "scorecard"]


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


def binnings_of_blocks(
    columns: Sequence[str],
    blocks: Iterable[Any],
    *,
    target: str,
    event: Any,
    indeterminate: Any = (),
    bins: Bins | Mapping[str, Bins] | None = None,
) -> dict[str, BinnedVariable]:
    """Return variables in bins from tables that are read one after another, in one pass and bounded memory.

    Parameters
    ----------
    columns : sequence of str
        The variables.
    blocks : iterable of tables
        For example the row groups of a Parquet file; each has every column.
    target : str
        The column of the outcome.
    event : object
        The level of the outcome that is bad.
    indeterminate : object or sequence, optional
        Levels that are neither good nor bad: their rows are left out.
    bins : Bins or mapping of str to Bins, optional
        How all variables are binned, or each by its name.

    Returns
    -------
    dict of str to BinnedVariable
        ``rank_error`` bounds the error of the number of rows below a cut point; levels are counted exactly.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> blocks = (loans.iloc[i : i + 250] for i in range(0, 1000, 250))
    >>> found = lk.scorecard.binnings_of_blocks(["age"], blocks, target="class", event="bad")["age"]
    >>> found.rule == lk.scorecard.binning("age", loans, target="class", event="bad").rule, found.rank_error
    (True, 0.0)
    """
    stated = bins_by_name(bins, columns)
    sketches = {name: VariableSketch(name, stated[name]) for name in columns}
    for block in blocks:
        table = read_table(block)
        require_columns(table, (*columns, target))
        outcome = read_target(table.column(target), target, event, indeterminate, partial=True)
        for name, sketch in sketches.items():
            sketch.add(rows_of(table.column(name), outcome), outcome.bad)
    return {name: held(sketch.binning()) for name, sketch in sketches.items()}


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
    stated = bins_by_name(bins, names)
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


def bins_by_name(bins: Bins | Mapping[str, Bins] | None, names: Sequence[str]) -> dict[str, Bins]:
    """Return how each variable is binned, refusing names that are no variables."""
    if not isinstance(bins, Mapping):
        return dict.fromkeys(names, bins or Bins())
    for name in bins:
        if name not in names:
            raise DataError(f"bins: {name!r} is none of the variables. {nearest_name(name, names)}")
    return {name: bins.get(name) or Bins() for name in names}


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
