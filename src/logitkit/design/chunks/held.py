"""The rows of a stream as rows that are held, where they have room: for verbs that make the model again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from logitkit.design.chunks.response import joined_responses
from logitkit.design.design import Design
from logitkit.design.matrix.dense import Dense

__all__ = ["held_rows"]


def held_rows(design: Design, what: str, columns: Sequence[str] = ()) -> Design:
    """Return the rows in memory: X written out, the response, and a table of some columns, read in one pass.

    Rows already in memory are returned as they are; those of a stream are refused if they do not fit.

    Parameters
    ----------
    design : Design
        The rows.
    what : str
        What takes them, for a message.
    columns : sequence of str
        Columns of the source that are wanted beside.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1, 2, 3]}).design
    >>> held_rows(design, "A test") is design
    True
    """
    import pyarrow as pa

    stream = design.stream
    if stream is None:
        return design
    names = list(dict.fromkeys(columns))
    stream.require_columns(names, "a column")
    n, given = stream.n_rows, design.counts.given
    numbers = n * (design.matrix.n_columns + len(stream.sample.response.columns()) + 2) + given * len(names)
    stream.require_room(numbers, f"{what} takes all rows at once, which")
    more = replace(stream, columns=tuple(dict.fromkeys((*stream.columns, *names))))
    X, responses, positions, tables = np.empty((n, design.matrix.n_columns)), [], [], []
    start = 0
    for part in more.designs(design.info):
        X[start : start + part.n_rows] = part.matrix.to_dense()
        start += part.n_rows
        responses.append(part.response)
        positions.append(part.positions)
        tables.append(part.table.select(names))
    table = pa.concat_tables(tables).unify_dictionaries().combine_chunks() if names else None
    return Design(
        Dense(X),
        joined_responses(responses),
        design.info,
        design.counts,
        np.concatenate(positions),
        table=table,
        part_of=stream.fingerprint(design.info),
    )
