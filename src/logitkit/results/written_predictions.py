"""Predictions of rows written as a folder of Parquet files, a block of rows at a time: all of them, or nothing.

The files lie in a folder beside, under a name of its own, until the last one is written; then the folder is renamed.
An error or an interrupt leaves nothing under the name that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from logitkit.design.chunks.again import columns_again, named_in_source
from logitkit.design.chunks.build import chunk_size
from logitkit.design.chunks.source import Source, rechunked
from logitkit.design.design import Design
from logitkit.design.rebuild import NewRows
from logitkit.design.table.frame import read_table
from logitkit.errors import DataError, DataWarning, LogitkitError, UnsupportedError, warn_caller
from logitkit.inference.prediction import predictions
from logitkit.inference.sample import known_sides
from logitkit.options import require_choice
from logitkit.results.predicted import Scale, predicted, prediction_values
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
    """What is written of each row."""

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
    undetermined = 0
    with folder_written(to, "folder of predictions") as place:
        for number, block in enumerate(_blocks(rows, asked.keys)):
            found = _columns(rows, block, asked)
            values = [column for name, column in found.items() if name not in (*asked.keys, "row")]
            undetermined += int(np.isnan(np.stack(values)).any(axis=0)[block.rows.kept].sum()) if values else 0
            _write(place / f"part-{number:0{DIGITS}d}.parquet", found)
    if undetermined:
        warn_caller(f"Missing predictions: {undetermined:,}, of rows whose values are complete.", DataWarning)
    return Path(to)


def _listed(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _blocks(rows: Rows, keys: Sequence[str]) -> Iterator[_Block]:
    """Yield the rows in order."""
    if rows.source is not None:
        yield from _of_source(rows, rows.source, keys)
    elif rows.data is None and rows.own is not None and rows.own.stream is not None:
        yield from _of_stream(rows, rows.own, keys)
    else:
        table = rows.data if rows.data is not None or rows.own is None else rows.own.table
        yield _Block(rows.to_predict, table, 0)


def _of_source(rows: Rows, source: Source, keys: Sequence[str]) -> Iterator[_Block]:
    """Yield the rows of a source, whose outcome is not read."""
    info = named_in_source(rows.record.info, source, None, rows.offset)
    absent = [key for key in keys if key not in source.names]
    if absent:
        raise DataError(f"keys={absent[0]!r}: {source.label} has no such column.")
    columns = tuple(dict.fromkeys((*columns_again(info, source, outcome=False), *keys)))
    made = replace(rows, record=replace(rows.record, info=info), offset=None)
    size = chunk_size(len(columns))
    for chunk in rechunked(source.batches(columns, size), size):
        try:
            yield _Block(made.coded(chunk.table), chunk.table, chunk.start)
        except LogitkitError as error:
            raise type(error)(f"{error} (In the rows of {source.label} from {chunk.where} on.)") from error


def _of_stream(rows: Rows, own: Design, keys: Sequence[str]) -> Iterator[_Block]:
    """Yield the rows of the fit; those that took no part are missing."""
    stream = own.stream
    assert stream is not None
    stream.require_columns(keys, "keys")
    stream = replace(stream, columns=tuple(dict.fromkeys((*stream.columns, *keys))))
    for part in stream.designs(own.info):
        local = replace(part, positions=part.places)
        made = replace(rows_of_design(local), sides=known_sides(rows.record, part))
        yield _Block(made, part.table, part.start)


def _columns(rows: Rows, block: _Block, asked: _Asked) -> dict[str, Any]:
    """Return what is written of a block, by the name of its column."""
    record, found = rows.record, block.rows
    n = found.kept.size
    out: dict[str, Any] = {}
    if asked.keys:
        out = {key: _key(block.table, key) for key in asked.keys}
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


def _key(table: Any, key: str) -> Any:
    """Return a column as it is stored."""
    return table.column(key) if hasattr(table, "column_names") else read_table(table).column(key)


def gathered_predictions(rows: Rows, source: Source, scale: Scale) -> Any:
    """Return predictions of the rows of a source as a series or frame, which must have room.

    Examples
    --------
    >>> gathered_predictions.__name__
    'gathered_predictions'
    """
    parts, count, most = [], 0, rows.reading.n_bytes
    for block in _of_source(rows, source, ()):
        part = predicted(rows.record, replace(block.rows, index=None), scale)
        parts.append(part)
        count += part.size
        if 8 * count > most:
            raise UnsupportedError(
                f"Predictions of the rows of {source.label} take more than the {most / 1e9:,.2g} GB that may be held: "
                "write them, fit.predict(..., to='scores/')."
            )
    if not parts:
        raise DataError(f"{source.label} has no rows.")
    return pd.concat(parts, ignore_index=True)


def _spread(rows: NewRows, values: FloatArray) -> FloatArray:
    """Return values of the rows that are kept among all, the others missing."""
    out = np.full(rows.kept.size, np.nan)
    out[rows.kept] = values
    return out


def _write(path: Path, columns: dict[str, Any]) -> None:
    """Write a file whole, and force it to the disk."""
    import os

    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            name: values if isinstance(values, pa.ChunkedArray) else pa.array(values, from_pandas=True)
            for name, values in columns.items()
        }
    )
    with path.open("wb") as file:
        pq.write_table(table, file)
        file.flush()
        os.fsync(file.fileno())
