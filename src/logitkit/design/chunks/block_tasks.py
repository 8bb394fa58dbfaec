"""What workers are asked to do: functions that travel by their names, with small arguments."""

from __future__ import annotations

import pickle
from copy import deepcopy
from functools import partial
from typing import Any

from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.pieces import Block, Plan, Shown, chunks_of, in_types, neighbours, summed
from logitkit.design.chunks.source import joined
from logitkit.errors import DataError
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import on_one_thread

__all__ = [
    "added",
    "arrow_of_frame",
    "block_chunks",
    "block_sums",
    "counts_of",
    "head_of",
    "learning_in",
    "merged",
    "rows_of_parts",
    "trimmed",
]


def arrow_of_frame(frame: Any, columns: list[str], where: str) -> Any:
    """Return a partition as a table of Arrow."""
    import pyarrow as pa

    try:
        table = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{where} of the Dask frame is a {type(frame).__name__} that has no types: {error}") from error
    return table.select(columns).replace_schema_metadata(None)


def rows_of_parts(group: bytes) -> Any:
    """Return the rows of a block of files."""
    with on_one_thread():
        return joined([part.read().table for part in pickle.loads(group)])


def head_of(state: Shown) -> tuple[int, int, Any]:
    """Return the rows, the bytes and the types of a block."""
    return state.n_rows, state.n_bytes, state.schema


def learning_in(state: Shown) -> Learning:
    """Return what a block has shown besides."""
    return state.learning


def trimmed(state: Shown, rules: tuple[Any, int, int]) -> Learning:
    """Return what a block has shown, in the types of all, with what can be in the sample of all."""
    schema, sample, limit = rules
    return state.learning.in_types(schema, sample, limit)


def merged(parts: list[Learning], rules: tuple[Any, int, int]) -> Learning:
    """Return what neighbouring rows have shown; the parts stay as they are, for they may be asked for again."""
    found = deepcopy(parts[0])
    for part in parts[1:]:
        found.merge(part)
    found.trim(rules[1])
    return found


def block_sums(plan: Plan, work: Any, block: tuple[Any, ...], pieces: list[tuple[int, int]], table: Any) -> Any:
    """Return the sums over pieces of a block."""
    task, merge, known = work
    own = [plan.summed(Block(*block), bounds, table, task, merge, known) for bounds in pieces]
    return neighbours(own, partial(summed, merge=merge))


def block_chunks(work: Any, block: tuple[Any, ...], table: Any) -> list[Any]:
    """Return what a task makes of each chunk of a block."""
    task, size, schema = work
    here = Block(*block)
    if table.num_rows != here.n_rows:
        raise DataError(
            f"{here.where} changed between two passes: it has {table.num_rows:,} rows and had {here.n_rows:,}. "
            "Run it again, when nothing writes to it."
        )
    bounds = (0, here.n_chunks)
    with on_one_thread(), single_threaded_blas():
        chunks = chunks_of(in_types(table, schema), here.start, here.first, size, here.where, bounds)
        return [task(chunk) for chunk in chunks]


def counts_of(table: Any) -> tuple[int, int, Any]:
    """Return the rows, the bytes and the types of a block."""
    return table.num_rows, table.nbytes, table.schema


def added(work: Any, parts: list[Any]) -> Any:
    """Return the sums of neighbours."""
    return summed(parts, work[1])
