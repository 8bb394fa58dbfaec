"""Predictions of rows, written to a folder of Parquet files, one block of rows at a time.

The files are in a temporary folder until the last one is written; then the folder is renamed. After an error or an
interrupt, there is no folder with the requested name.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from logitkit.design.chunks.again import columns_again, named_in_source
from logitkit.design.chunks.budget import budget_of
from logitkit.design.chunks.build import chunk_size
from logitkit.design.chunks.over import over_chunks, with_workers
from logitkit.design.chunks.source import Chunk, Source
from logitkit.design.design import Design
from logitkit.design.rebuild import NewRows
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, DataWarning, LogitkitError, UnsupportedError, warn_caller
from logitkit.inference.prediction import predictions
from logitkit.inference.sample import known_sides
from logitkit.options import require_choice
from logitkit.results.parquet_blocks import key_column, write_block
from logitkit.results.predicted import prediction_values
from logitkit.results.rows import Rows, rows_of_design
from logitkit.typing import FloatArray
from logitkit.writing import folder_written

__all__ = ["PredictedColumn", "gathered_predictions", "written_predictions"]

PredictedColumn: TypeAlias = Literal["probability", "logit", "link", "interval"]
KINDS = ("probability", "logit", "link", "interval")
DIGITS = 6  # of the number of a file


class _Block(NamedTuple):
    """Rows to predict for, and the table that they are of."""

    rows: NewRows
    table: Any
    start: int


@dataclass(frozen=True)
class _Asked:
    """What is written for each row."""

    columns: tuple[str, ...]
    keys: tuple[str, ...]
    level: float | None


def written_predictions(
    rows: Rows,
    to: str | Path,
    columns: PredictedColumn | Sequence[PredictedColumn] = "probability",
    keys: str | Sequence[str] = (),
    level: float | None = None,
) -> Path:
    """Write predictions of rows, and return the folder.

    Examples
    --------
    >>> import tempfile
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> made = written_predictions(fit.on(lk.datasets.load_lbw())._rows, Path(tempfile.mkdtemp()) / "scores")
    >>> [path.name for path in made.iterdir()]
    ['part-000000.parquet']
    """
    asked = _Asked(_listed(columns), _listed(keys), level)
    for column in asked.columns:
        require_choice("columns", column, KINDS)
    if not asked.keys and rows.source is None and rows.design.stream is not None:
        rows.design.stream.require_order("Predictions that are told by their place, without keys=,")
    undetermined = 0
    with folder_written(to, "folder of predictions") as place:
        for number, missing in _of_each(rows, asked.keys, _Writing(rows.record, asked, place)):
            undetermined += missing
            if not _file(place, number).is_file():
                raise DataError(
                    f"The workers wrote the predictions of block {number} to a '{to}' of their own: name a folder that "
                    "all of them and this process reach by the same path."
                )
        for left in place.glob(".part-*.tmp"):  # by workers that died
            left.unlink(missing_ok=True)
    if undetermined:
        warn_caller(f"Missing predictions: {undetermined:,}, of rows whose values are complete.", DataWarning)
    return Path(to)


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@dataclass(frozen=True)
class _Writing:
    """Writes the predictions of some rows to a file of their own; a task that may run twice, with the same result."""

    record: FitRecord
    asked: _Asked
    place: Path
    by_workers: bool = False

    def __call__(self, block: _Block, number: int) -> tuple[int, int]:
        """Return the number of the file, and how many predictions of complete rows are missing."""
        found = _columns(self.record, block, self.asked)
        values = [column for name, column in found.items() if name not in (*self.asked.keys, "row")]
        missing = int(np.isnan(np.stack(values)).any(axis=0)[block.rows.kept].sum()) if values else 0
        try:
            write_block(_file(self.place, number), found)
        except OSError as error:
            if not self.by_workers:
                raise
            raise DataError(
                f"A worker cannot write predictions to '{self.place}' ({error.strerror or error}): name a folder that "
                "all of them and this process reach by the same path."
            ) from error
        return number, missing


@dataclass(frozen=True)
class _OfSource:
    """What is made of a chunk of a source, whose outcome is not read."""

    rows: Rows
    label: str
    make: Callable[[_Block, int], Any]

    def __call__(self, chunk: Chunk) -> Any:
        """Return what is made of the rows of a chunk."""
        try:
            block = _Block(self.rows.coded(chunk.table), chunk.table, chunk.start)
        except LogitkitError as error:
            raise type(error)(f"{error} (In the rows of {self.label} from {chunk.where} on.)") from error
        return self.make(block, chunk.number)


@dataclass(frozen=True)
class _OfFit:
    """What is made of a chunk of the rows of the fit; those that took no part are missing."""

    record: FitRecord
    size: int
    edges: tuple[int, ...]
    make: Callable[[_Block, int], Any]

    def __call__(self, part: Design) -> Any:
        """Return what is made of the rows of a chunk."""
        number = bisect_right(self.edges, part.start) - 1 if self.edges else part.start // self.size
        made = replace(rows_of_design(replace(part, positions=part.places)), sides=known_sides(self.record, part))
        return self.make(_Block(made, part.table, part.start), number)


def _of_each(rows: Rows, keys: tuple[str, ...], make: Callable[[_Block, int], Any]) -> Iterator[Any]:
    """Yield what is made of the rows, block by block."""
    if rows.source is not None:
        yield from _of_source(rows, rows.source, keys, make)
    elif rows.data is None and rows.own is not None and rows.own.stream is not None:
        stream = rows.own.stream
        stream.require_columns(keys, "keys")
        stream = replace(stream, columns=tuple(dict.fromkeys((*stream.columns, *keys))))
        if isinstance(make, _Writing):
            make = replace(make, by_workers=stream.executor is not None)
        yield from stream.each(rows.own.info, _OfFit(rows.record, stream.size, stream.edges, make))
    else:
        table = rows.data if rows.data is not None or rows.own is None else rows.own.table
        yield make(_Block(rows.to_predict, table, 0), 0)


def _of_source(
    rows: Rows, source: Source, keys: Sequence[str], make: Callable[[_Block, int], Any] | _Writing
) -> Iterator[Any]:
    """Yield what is made of the rows of a source, on threads or by the workers of the fit."""
    info = named_in_source(rows.record.info, source, None, rows.offset)
    absent = [key for key in keys if key not in source.names]
    if absent:
        raise DataError(f"keys={absent[0]!r}: {source.label} has no such column.")
    columns = tuple(dict.fromkeys((*columns_again(info, source, outcome=False), *keys)))
    made = Rows(replace(rows.record, info=info), None, unseen=rows.unseen)
    memory = rows.reading.n_bytes
    budget = budget_of(source, columns, memory, chunk_size)
    size = chunk_size(budget.width, memory)
    source, _, executor = with_workers(source, columns, size, rows.reading.executor)
    if isinstance(make, _Writing):
        make = replace(make, by_workers=executor is not None)
    yield from over_chunks(source, columns, size, _OfSource(made, source.label, make), executor, budget)


def _file(place: Path, number: int) -> Path:
    return place / f"part-{number:0{DIGITS}d}.parquet"


def _columns(record: FitRecord, block: _Block, asked: _Asked) -> dict[str, Any]:
    """Return what is written of a block, by the name of its column."""
    found = block.rows
    n = found.kept.size
    out: dict[str, Any] = {}
    if asked.keys:
        out = {key: key_column(block.table, key) for key in asked.keys}
    else:
        out["row"] = np.arange(block.start, block.start + n)
    event, last = record.has_event, record.family.n_outcomes - 1
    spread = partial(_spread, found)
    for kind in asked.columns:
        if kind == "interval":
            made = predictions(
                record, found.matrix, found.offset, asked.level, found.sides, found.levels, [last] if event else None
            )
            labels = [""] if event else [f":{outcome}" for outcome in record.outcomes]
            for k, label in enumerate(labels):
                out[f"std_error{label}"] = spread(made.std_error[k])
                out[f"conf_low{label}"], out[f"conf_high{label}"] = spread(made.low[k]), spread(made.high[k])
            continue
        values, names = prediction_values(record, found, kind)  # type: ignore[arg-type]  # one of KINDS
        if event:
            out[kind] = spread(values[-1])
        else:
            out |= {f"{kind}:{name}": spread(row) for name, row in zip(names, values, strict=True)}
    return out


@dataclass(frozen=True)
class _Made:
    """What a function makes of some rows, a task."""

    make: Callable[[NewRows], Any]

    def __call__(self, block: _Block, number: int) -> Any:
        """Return it, labelled by the places of the rows."""
        del number
        return self.make(replace(block.rows, index=pd.RangeIndex(block.start, block.start + block.rows.kept.size)))


def gathered_predictions(rows: Rows, make: Callable[[NewRows], Any]) -> Any:
    """Return predictions of rows that are read in chunks as a series or data frame, which must fit into memory.

    Examples
    --------
    >>> gathered_predictions.__name__
    'gathered_predictions'
    """
    if rows.source is None:
        stream = rows.design.stream
        assert stream is not None
        stream.require_order("Predictions")
        source, most = stream.source, stream.memory
    else:
        source, most = rows.source, rows.reading.n_bytes
    parts, count = [], 0
    for part in _of_each(rows, (), _Made(make)):
        parts.append(part)
        count += part.size
        if 8 * count > most:
            raise UnsupportedError(
                f"Predictions of the rows of {source.label} take more than the {most / 1e9:,.2g} GB that memory= "
                "grants: write them, fit.predict(..., to='scores/')."
            )
    if not parts:
        raise DataError(f"{source.label} has no rows.")
    found = pd.concat(parts)
    return found if isinstance(found, pd.Series) else type(parts[0])(found)


def _spread(rows: NewRows, values: FloatArray) -> FloatArray:
    """Return values of the rows that are kept among all, the others missing."""
    out = np.full(rows.kept.size, np.nan)
    out[rows.kept] = values
    return out
