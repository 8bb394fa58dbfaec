"""The public functions that bin variables, from a whole table or block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from logitkit.api.card_formula import require_columns
from logitkit.api.card_rows import bins_by_name, row_weights, rows_of, stated_as
from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.source import require_named
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError
from logitkit.results.cards.binned import BinnedVariable, held
from logitkit.results.foreign import in_our_words
from logitkit.scorecard.binned import binning_of
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.target import read_target
from logitkit.scorecard.variable_sketch import VariableSketch

__all__ = ["binning", "binnings_of_blocks"]

ROWS_OF_BLOCK = 1 << 16  # of a source


@in_our_words
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
    """Return a variable in optimal bins, with the weight of evidence of each bin.

    Parameters
    ----------
    column : str
        The column to bin: numbers, or levels (text, categories, booleans).
    data : table
        A pandas, polars or Arrow table, or a dict of columns.
    target : str
        The column of the outcome.
    event : object, optional
        The level of the outcome that is bad; 1 or True by default.
    indeterminate : object or sequence, optional
        Outcome levels that are neither good nor bad; their rows are left out.
    bins : Bins, optional
        Options of the binning: criterion, shape, limits, special values and policies.
    weights : str or (n,) array-like, optional
        Weights of the rows; counts are then sums of weights.

    Returns
    -------
    BinnedVariable
        The variable in its bins, with their table, a transform of rows and edits by hand.

    Raises
    ------
    DataError, ResponseError
        If the input is invalid, or if no bins meet the constraints.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> found = lk.scorecard.binning("duration", loans, target="class", event="bad")
    >>> found.table()[["woe", "iv"]].round(3)
           woe     iv
    bin
    1    1.281  0.111
    2    0.554  0.023
    3    0.267  0.017
    4   -0.096  0.003
    5   -0.179  0.002
    6   -0.525  0.030
    7   -1.135  0.103
    8      NaN  0.000
    """
    table = read_table(data)
    require_columns(table, (column, target))
    outcome = read_target(table.column(target), target, event, indeterminate)
    return held(
        binning_of(
            rows_of(table.column(column), outcome),
            outcome.bad,
            stated_as(Bins, "bins", bins),
            name=column,
            weights=row_weights(weights, table, outcome),
        )
    )


@in_our_words
def binnings_of_blocks(
    columns: str | Sequence[str],
    blocks: Any,
    *,
    target: str,
    event: Any,
    indeterminate: Any = (),
    bins: Bins | Mapping[str, Bins] | None = None,
) -> dict[str, BinnedVariable]:
    """Return binned variables of data that are read in blocks, in one pass and with bounded memory.

    Parameters
    ----------
    columns : str or sequence of str
        The variables.
    blocks : iterable of tables, or source
        Tables that each have every column, such as the row groups of a Parquet file. Or a source that a fit can read in
        chunks: a Parquet or CSV file, a folder of them, ``"loans/*.parquet"``, or a ``pyarrow.dataset``; only the
        columns needed are read.
    target : str
        The column of the outcome.
    event : object
        The level of the outcome that is bad.
    indeterminate : object or sequence, optional
        Outcome levels that are neither good nor bad; their rows are left out.
    bins : Bins or mapping of str to Bins, optional
        Options for all variables, or for each variable by name.

    Returns
    -------
    dict of str to BinnedVariable
        The binned variables by name. The ``rank_error`` of each bounds the error in the number of rows below a cut
        point; levels are counted exactly.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> blocks = (loans.iloc[i : i + 250] for i in range(0, 1000, 250))
    >>> found = lk.scorecard.binnings_of_blocks(["age"], blocks, target="class", event="bad")["age"]
    >>> found.rule == lk.scorecard.binning("age", loans, target="class", event="bad").rule, found.rank_error
    (True, 0.0)
    """
    columns = (columns,) if isinstance(columns, str) else tuple(columns)
    source = None if isinstance(blocks, Iterator | list | tuple) else source_of(blocks)
    if source is not None:
        require_named(source, (*columns, target))
        blocks = (batch.table for batch in source.batches(tuple(dict.fromkeys((*columns, target))), ROWS_OF_BLOCK))
    if not isinstance(blocks, Iterable):
        raise DataError(f"blocks={blocks!r:.60}: give tables one after another, such as a list or a generator of them.")
    stated = bins_by_name(bins, columns)
    sketches = {name: VariableSketch(name, stated[name]) for name in columns}
    other = None
    for block in blocks:
        table = read_table(block)
        require_columns(table, (*columns, target))
        outcome = read_target(table.column(target), target, event, indeterminate, partial=True, other=other)
        other = outcome.other if other is None else other
        for name, sketch in sketches.items():
            sketch.add(rows_of(table.column(name), outcome), outcome.bad)
    return {name: held(sketch.binning()) for name, sketch in sketches.items()}
