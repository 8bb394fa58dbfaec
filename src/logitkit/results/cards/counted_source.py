"""Count the rows of a source by the bins of a card, chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from logitkit.design.chunks.build import chunk_size
from logitkit.design.chunks.memory import memory_of
from logitkit.design.chunks.over import over_chunks
from logitkit.design.chunks.source import Chunk, Source, require_named
from logitkit.design.table.frame import numeric_values, read_table
from logitkit.errors import DataError, LogitkitError
from logitkit.scorecard.card import Card
from logitkit.scorecard.monitoring.counted import Counted, coded_rows
from logitkit.scorecard.monitoring.counted_sums import CountedSums
from logitkit.scorecard.weighting import RowWeights, Weighting, WeightMeaning, read_weights

__all__ = ["counted_source"]


@dataclass(frozen=True)
class _Count:
    """Counts the rows of a chunk, a task."""

    card: Card
    cuts: tuple[float, ...]
    weights: str | None
    kind: WeightMeaning | None
    label: str

    def __call__(self, chunk: Chunk) -> tuple[CountedSums, bool]:
        """Return the counts, and whether a weight is no whole number."""
        table, found = read_table(chunk.table), CountedSums(self.card, self.cuts)
        columns = {name: table.column(name) for name in self.card.names}
        given, broken = None, False
        try:
            if self.weights is not None:
                values = numeric_values(table.column(self.weights), "weights")
                if values.any():  # chunks in which no row counts are no error
                    read_weights(values, self.kind)
                given, broken = RowWeights(values), bool((values % 1 != 0).any())
            found.add(coded_rows(self.card, columns, given))
        except LogitkitError as error:
            raise type(error)(f"{error} (In the rows of {self.label} from {chunk.where} on.)") from error
        return found, broken


def counted_source(
    card: Card, source: Source, cuts: tuple[float, ...], weights: Any = None, kind: WeightMeaning | None = None
) -> tuple[Counted, Weighting]:
    """Return, in one pass, the counts of rows by bins of a card and groups of points, and the kind of their weights."""
    if weights is not None and not isinstance(weights, str):
        raise DataError(f"weights must name a column of {source.label}: an array has no place beside its rows.")
    columns = tuple(dict.fromkeys((*card.names, *(() if weights is None else (weights,)))))
    require_named(source, columns)
    sums, broken = CountedSums(card, cuts), False
    count = _Count(card, cuts, weights, kind, source.label)
    for found, fractions in over_chunks(source, columns, chunk_size(len(columns), memory_of(None)), count):
        sums.merge(found)
        broken |= fractions
    if not sums.n_rows:
        raise DataError(f"{source.label} has no rows.")
    if weights is None:
        return sums.counted(sampling=False), Weighting("none", sums.n_rows, float(sums.n_rows))
    if not sums.total > 0:
        raise DataError("weights: all are zero, and no row counts.")
    sampling = broken if kind is None else kind == "sampling"
    effective = sums.total**2 / sums.squares if sampling else sums.total
    return sums.counted(sampling), Weighting("sampling" if sampling else "frequency", sums.n_used, effective)
