"""Tables with one row per row of the data, as one data frame or as a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.design import Design
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.results.parquet_blocks import key_column, write_block
from logitkit.results.rows import Rows
from logitkit.writing import folder_written

__all__ = ["row_frame"]

DIGITS = 6  # of the number of a file


def row_frame(
    rows: Rows,
    make: Callable[[Design], Any],
    verb: str,
    to: str | Path | None = None,
    keys: str | Sequence[str] = (),
) -> Any:
    """Return a table with one row per row of the data, or write it and return the folder.

    Rows that are read in chunks are coded once, and their tables are concatenated if memory is sufficient.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> row_frame(Rows(fit.record, fit.design), lambda part: pd.Series(part.response.y), "y").size
    189
    """
    design = rows.told()
    if design.in_chunks and rows.data is not None:
        is_sample(rows.record, design)  # from then on each chunk knows whether it is one of the fit
    if to is not None:
        return _written(rows, design, make, verb, to, (keys,) if isinstance(keys, str) else tuple(keys))
    if keys:
        raise DataError(f"keys={keys!r:.60} names columns to write beside: give to=, a folder, as well.")
    stream = design.stream
    if stream is None:
        return make(design)
    stream.require_order(f"The table of {verb}()")
    parts, n_bytes = [], 0
    for part in design.chunks():
        if part.n_rows:
            parts.append(make(part))
            n_bytes += int(parts[-1].size + len(parts[-1])) * 8
        if n_bytes > stream.memory:
            raise UnsupportedError(
                f"A table of the {stream.n_rows:,} rows of {stream.source.label} takes more than the "
                f"{stream.memory / 1e9:,.2g} GB that memory= grants: write it block by block, {verb}(to='folder/'), or "
                "pass a table of some rows as data."
            )
    found = pd.concat(parts)
    return found if isinstance(found, pd.Series) else type(parts[0])(found)


def _written(
    rows: Rows, design: Design, make: Callable[[Design], Any], verb: str, to: str | Path, keys: tuple[str, ...]
) -> Path:
    """Write a table block by block: all of it, or nothing."""
    if keys and design.in_chunks:
        from logitkit.design.chunks.build import reading_more

        design = reading_more(design, keys)
    elif design.stream is not None and not keys:
        design.stream.require_order(f"Rows of {verb}() that are told by their place, without keys=,")
    with folder_written(to, f"folder of {verb}") as place:
        for number, part in enumerate(design.chunks()):
            frame = make(part)
            several = isinstance(frame.index, pd.MultiIndex)
            which: Any = np.repeat(np.arange(part.n_rows), len(frame) // max(part.n_rows, 1)) if several else None
            out: dict[str, Any] = dict(_beside(rows, part, keys))
            if which is not None:
                out = {name: values.take(which) for name, values in out.items()}
                out[frame.index.names[-1]] = frame.index.get_level_values(-1)
            table = frame.to_frame() if isinstance(frame, pd.Series) else frame
            out.update((str(name), table[name]) for name in table)
            write_block(place / f"part-{number:0{DIGITS}d}.parquet", out)
    return Path(to)


def _beside(rows: Rows, part: Design, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the columns that tell the rows of a block: their keys, or their positions."""
    if not keys:
        return {"row": np.asarray(part.positions)}
    table = part.table if part.table is not None else rows.data
    if table is None:
        raise DataError(f"keys={keys[0]!r}: the fit does not hold the table that its rows are of; pass it as data.")
    return {key: key_column(table, key).take(part.places) for key in keys}
