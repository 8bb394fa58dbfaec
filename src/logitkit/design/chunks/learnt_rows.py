"""What the learning passes over a source have found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from logitkit.design.chunks.rowwise import require_rowwise
from logitkit.design.chunks.source import Source
from logitkit.design.chunks.storable import storable
from logitkit.design.formula.coding import Beforehand
from logitkit.design.formula.parse import ParsedFormula
from logitkit.design.info import DesignInfo
from logitkit.design.table.frame import read_table
from logitkit.typing import IntArray

__all__ = ["Learnt", "met_again"]

storable(Beforehand)


@storable
@dataclass
class Learnt:
    """What the passes over a source have found.

    Parameters
    ----------
    n_rows : int
        Rows of the source.
    used : list of int
        Rows of each chunk that take part.
    n_counted : int
        Those of them of positive weight.
    missing : dict
        Rows in which each column, or a transform, is missing.
    sample : (k,) int array
        Positions of the sample among all rows, in order.
    rows : pyarrow.Table
        The sample.
    outcomes : pyarrow.Table
        The first row of each outcome.
    before : Beforehand
        What transforms and factors learnt.
    met : dict
        Levels of each factor that occur in rows that are coded, those of weight zero too.
    weightless : tuple
        Outcomes that occur in rows of weight zero alone.
    n_passes : int
        How often the source was read.
    n_bytes : int
        Bytes of the columns that were read, as Arrow holds them.
    """

    n_rows: int = 0
    used: list[int] = field(default_factory=list)
    n_counted: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    sample: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    rows: Any = None
    outcomes: Any = None
    before: Beforehand = field(default_factory=Beforehand)
    met: Mapping[str, list[Any]] = field(default_factory=dict)
    weightless: tuple[Any, ...] = ()
    n_passes: int = 1
    n_bytes: int = 0

    @property
    def n_used(self) -> int:
        """Rows that take part."""
        return sum(self.used)

    @property
    def missing_counts(self) -> tuple[tuple[str, int], ...]:
        """Columns with missing values and their number, most first."""
        return tuple(sorted(((name, n) for name, n in self.missing.items() if n), key=lambda item: -item[1]))

    def table(self) -> Any:
        """Return the rows that the response is learnt from: the first of each outcome, and the sample."""
        import pyarrow as pa

        return pa.concat_tables([self.outcomes, self.rows]).unify_dictionaries()

    @property
    def kept(self) -> dict[str, Any]:
        """What a stream is to keep: the levels that occur, where some do so in rows of weight zero alone."""
        beyond = {name: levels for name, levels in self.met.items() if levels != self.before.seen[name]}
        return {"learnt": True} | ({"met": beyond} if beyond else {})

    def as_met(self, info: DesignInfo) -> DesignInfo:
        """Return how rows are coded: levels of rows of weight zero are no strangers there."""
        return met_again(info, self.kept.get("met"))

    def require_rowwise(self, parsed: ParsedFormula, source: Source) -> None:
        """Refuse a formula of which an expression looks at other rows."""
        used = tuple(dict.fromkeys((*parsed.left_variables, *parsed.variables)))
        frame = read_table(self.rows).frame(used, None)
        require_rowwise(parsed, self.before.transforms, frame, source.label[:1].upper() + source.label[1:])


def met_again(info: DesignInfo, met: Mapping[str, list[Any]] | None) -> DesignInfo:
    """Return how rows of the fit are coded, of which some levels occur in rows of weight zero alone."""
    if not met or info.coding is None:
        return info
    seen = {name: met.get(name, levels) for name, levels in info.coding.seen.items()}
    return replace(info, coding=replace(info.coding, seen=seen))
