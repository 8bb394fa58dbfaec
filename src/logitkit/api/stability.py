"""The public function that compares two samples of one variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from logitkit.design.chunks.opened import source_of
from logitkit.design.chunks.source import require_named
from logitkit.design.table.frame import holds_numbers, numeric_values
from logitkit.errors import DataError, UnsupportedError
from logitkit.options import is_count
from logitkit.results.cards.drift import PopulationStability, held_index
from logitkit.results.cards.watched import one_column
from logitkit.results.foreign import in_our_words
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.monitoring.columns import column_rule, columns_index, rule_counts
from logitkit.scorecard.monitoring.index import Resampled, Sample, StabilityIndex
from logitkit.scorecard.weighting import RowWeights, WeightMeaning, read_weights

__all__ = ["psi"]

ROWS_OF_BLOCK = 1 << 16  # of a source


@in_our_words
def psi(
    base: Any,
    recent: Any,
    *,
    column: str | None = None,
    bins: int | Sequence[float] | Binning = 10,
    weights: tuple[Any, Any] | None = None,
    weight_kind: WeightMeaning | None = None,
    level: float = 0.95,
    replicates: int = 1000,
    seed: int | None = 0,
) -> PopulationStability:
    r"""Return the population stability index of two samples, with its expected value if nothing has changed.

    Parameters
    ----------
    base, recent : (m,) and (n,) array-like
        The two samples of numbers or levels, such as scores at development and now. With ``column``, two sources that a
        fit can read in chunks (Parquet or CSV files, folders, a ``pyarrow.dataset``), each read in one pass.
    column : str, optional
        The column to compare in two sources; ``bins`` are then cut points or the bins of a variable.
    bins : int, sequence of float or BinnedVariable, default 10
        The number of bins of about equal size in the base, the values at which bins after the first begin, or the bins
        of a variable. Each level is a bin. Missing values, and levels that are not in the base, have bins of their own.
    weights : pair of array-like, optional
        Weights of both samples, or counts if each value stands for several rows; with ``column``, names of columns.
    weight_kind : {"frequency", "sampling"}, optional
        Whether weights count rows or are sampling weights. By default, weights of a sample count rows if they are whole
        numbers. With sampling weights the null distribution is Rao and Scott's approximation.
    level : float, default 0.95
        Confidence level.
    replicates : int, default 1000
        Pairs of samples drawn for the interval; 0 for none.
    seed : int or None, default 0
        Seed of the random number generator.

    Returns
    -------
    PopulationStability
        ``value``, ``low``, ``high``, ``by_chance``, ``statistic``, ``dof`` and ``p_value``; ``table()`` has the bins.

    Raises
    ------
    DataError
        If a sample is empty, or if the bins or weights are invalid.

    Notes
    -----
    The index is :math:`\sum_k (q_k - p_k) \ln(q_k / p_k)`. For samples from the same population it is distributed
    asymptotically as :math:`(1/n + 1/m) \chi^2_{B-1}` (Yurdakul and Naranjo 2020), including when bins are cut at
    quantiles of the base (``docs/maths/stability.md``).

    References
    ----------
    Yurdakul, B. and Naranjo, J. (2020). Statistical properties of the population stability index. *Journal of Risk
    Model Validation* 14(4).

    Examples
    --------
    >>> import logitkit as lk
    >>> grades, then, now = ["A", "B", "C"], [500, 300, 200], [400, 350, 250]
    >>> found = lk.scorecard.psi(grades, grades, weights=(then, now))
    >>> round(found.value, 4), found.change, round(found.by_chance, 4), round(found.p_value, 6)
    (0.0412, 'none', 0.004, 3.4e-05)
    """
    resampled = Resampled(level, replicates, seed)
    if column is not None:
        named = _pair(weights, weight_kind)
        return held_index(_of_sources((base, recent), column, bins, (named, weight_kind), resampled))
    first, second = one_column(base, "base"), one_column(recent, "recent")
    if not isinstance(bins, Binning) and len(first) and holds_numbers(first) != holds_numbers(second):
        raise DataError("One sample has numbers and the other levels; give both as one kind.")
    given = _pair(weights, weight_kind)
    own = [
        _weights(w, column, side, weight_kind)
        for w, column, side in zip(given, (first, second), ("base", "recent"), strict=True)
    ]
    name = next((str(c.name) for c in (first, second) if c.name is not None), "values")
    rule = column_rule(first, None if own[0] is None else own[0].values, bins, name)
    counts = [rule_counts(rule, column, name, w) for column, w in zip((first, second), own, strict=True)]
    return held_index(columns_index(rule, counts[0], counts[1], name, resampled))


def _pair(weights: Any, kind: WeightMeaning | None) -> Sequence[Any]:
    """Return the weights of both samples."""
    given = weights if weights is not None else (None, None)
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise DataError("weights: give a pair, the weights of the base and those of the recent sample.")
    if kind is not None and given[0] is None and given[1] is None:
        raise DataError(f"weight_kind={kind!r:.60} says what weights= are, and none are given.")
    return given


def _of_sources(
    sources: tuple[Any, Any],
    column: str,
    bins: int | Sequence[float] | Binning,
    weighing: tuple[Sequence[Any], WeightMeaning | None],
    resampled: Resampled,
) -> StabilityIndex:
    """Return the index of a column of two sources, each read once."""
    if is_count(bins):
        raise UnsupportedError(
            f"bins={bins!r}: bins of equal size need the values in order, and {column!r} is counted as it is read: "
            "give cut points, or the bins of a variable."
        )
    rule, counts = None, []
    names, kind = weighing
    for given, weights, which in zip(sources, names, ("base", "recent"), strict=True):
        source = source_of(given)
        if source is None:
            raise DataError(f"{which}: with column=, give files, a folder or a dataset; of a table give its column.")
        if weights is not None and not isinstance(weights, str):
            raise DataError(f"weights of the {which}: with column=, give the name of a column of {source.label}.")
        columns = tuple(dict.fromkeys((column,) if weights is None else (column, weights)))
        require_named(source, columns)
        total, squares, sampling = np.zeros(1), np.zeros(1), kind == "sampling"
        for batch in source.batches(columns, ROWS_OF_BLOCK):
            values, own = batch.table[column].to_pandas(), None
            rule = column_rule(values, None, bins, column) if rule is None else rule
            if weights is not None:
                numbers = numeric_values(batch.table[weights].to_pandas(), "weights")
                if numbers.any():  # blocks in which no row counts are no error
                    sampling |= read_weights(numbers, kind).sampling
                own = RowWeights(numbers, sampling=True)
            found = rule_counts(rule, values, column, own)
            total, squares = total + found.counts, squares + (0.0 if found.spread is None else found.spread)
        if weights is not None and not total.any():
            raise DataError(f"weights of the {which}: all are zero, and no row counts.")
        counts.append(Sample(total, squares if weights is not None and sampling else None))
    if rule is None:
        raise DataError(f"Neither source has rows, so that there is no {column!r} to compare.")
    return columns_index(rule, counts[0], counts[1], column, resampled)


def _weights(given: Any, column: Any, which: str, kind: WeightMeaning | None) -> RowWeights | None:
    """Return the weights of a sample; raise an error for negative or missing ones."""
    if given is None:
        return None
    found = numeric_values(one_column(given, f"weights of the {which} sample"), "weights")
    if found.size != len(column):
        raise DataError(
            f"There are {found.size} weights and {len(column)} rows of the {which} sample; they must agree."
        )
    return read_weights(found, kind)
