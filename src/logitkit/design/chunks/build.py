"""The design of a fit, from a formula and a source that is read in chunks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from logitkit.design.build import build_design
from logitkit.design.chunks.budget import CHUNKS_OF_MEMORY, budget_of
from logitkit.design.chunks.checked import CheckedSource
from logitkit.design.chunks.kept import KeptRows
from logitkit.design.chunks.learning import Learning
from logitkit.design.chunks.learning_pass import learn
from logitkit.design.chunks.learnt_rows import Learnt
from logitkit.design.chunks.matrix import ChunkedMatrix
from logitkit.design.chunks.reading import Reading
from logitkit.design.chunks.response import ChunkedPositions, ChunkedResponse
from logitkit.design.chunks.source import Source
from logitkit.design.chunks.stream import Passes, Stream
from logitkit.design.design import Design, RowCounts
from logitkit.design.formula.parse import parse_formula
from logitkit.design.info import DesignInfo
from logitkit.design.rebuild import rebuild_design
from logitkit.design.response.reading import BinaryReader, OutcomeReader
from logitkit.design.response.response import Clusters
from logitkit.design.table.extras import offset_role
from logitkit.errors import DataError, LogitkitError, UnsupportedError
from logitkit.typing import FactorCoding, IntArray, MissingPolicy, WeightKind

__all__ = ["build_chunked_design", "chunk_size", "design_of", "in_clusters", "of_columns", "sample_size"]

NUMBERS_OF_CHUNK = 1 << 22  # the calls of a chunk are a few parts in a hundred of its work
ROWS_LEAST, ROWS_MOST = 1 << 10, 1 << 18
SAMPLE_LEAST = 20_000  # rows: of fewer, all are drawn
SAMPLE_PART, SAMPLE_PART_SENT = 4, 32  # at most this part of the rows; of those of workers, which send it here
SAMPLE_OF_ROOT = 8  # rows for each column and root of all rows: the first step then ends a tenth of an error away
SAMPLE_OF_MEMORY = 16  # part of the memory that the sample may take, written out once


def chunk_size(width: int, memory: int = 1 << 30) -> int:
    """Return the rows of a chunk: a power of two, by the width of a row, and less where little memory is granted.

    Examples
    --------
    >>> chunk_size(20, 1 << 30), chunk_size(20, 50_000_000), chunk_size(100_000, 1 << 30)
    (131072, 8192, 1024)
    """
    wanted = min(NUMBERS_OF_CHUNK, memory // (8 * CHUNKS_OF_MEMORY)) // max(width, 1)
    return int(min(max(1 << (max(wanted, 1).bit_length() - 1), ROWS_LEAST), ROWS_MOST))


def build_chunked_design(
    formula: str,
    source: Source,
    reading: Reading,
    *,
    namespace: Mapping[str, Any],
    weights: Any = None,
    weight_kind: WeightKind = "frequency",
    cluster: Any = None,
    reader: OutcomeReader | None = None,
    missing: MissingPolicy = "drop",
    factors_by: FactorCoding = "treatment",
) -> Design:
    """Build the design of a fit: one pass learns its coding and draws a sample."""
    reader = reader or BinaryReader()
    memory = reading.n_bytes
    given = {"weights": weights, "offset": reader.offset, "cluster": cluster}
    given |= {offset_role(outcome): value for outcome, value in reader.offsets.items()}
    roles = _roles(source, given)
    parsed = parse_formula(formula, source.names, namespace, list(roles.values()), n_rows=source.n_rows)
    columns = tuple(dict.fromkeys((*parsed.left_variables, *parsed.variables, *roles.values())))
    if not columns:
        columns = source.names[:1]
    budget = budget_of(source, columns, memory, chunk_size)
    size = chunk_size(budget.width, memory)
    edges: tuple[int, ...] = ()
    part = SAMPLE_PART if reading.executor is None else SAMPLE_PART_SENT
    granted = memory * len(columns) // budget.width
    sample_of = partial(sample_size, width=len(columns), memory=granted, part=part)
    drawn = sample_of(source.n_rows)
    stated = {"formula": formula, "weights": weights, "weight_kind": weight_kind, "cluster": cluster}
    stays = KeptRows(budget.kept(size) if reading.executor is None else 0)
    journal = reading.journal(source, stated | {"offset": reader.offset, "missing": missing})

    def learning() -> Learnt:
        return learn(source, parsed, roles, size, sample_of, budget, stays)

    if reading.executor is not None:
        found, source, edges = reading.executor.learn(
            source, Learning(parsed, roles, drawn, memory=memory), size, sample_of
        )
    elif journal is None:
        found = learning()
    else:
        found = journal.found(("learn", size), learning, partial(_hashes, source), partial(_expect, source))
    _require_rows(found, missing, source)
    found.require_rowwise(parsed, source)
    try:
        learnt = build_design(
            formula,
            found.table(),
            namespace=namespace,
            weights=weights,
            weight_kind=weight_kind,
            cluster=cluster,
            reader=reader,
            factors_by=factors_by,
            before=found.before,
        )
    except LogitkitError as error:
        raise type(error)(_without_places(str(error))) from error
    info = learnt.info
    if found.weightless and info.response.kind == "nominal":
        raise UnsupportedError(
            f"The outcome {found.weightless[0]!r} of {info.response.name!r} occurs in rows of weight zero only, and "
            f"{source.label} is read in chunks: leave these rows out."
        )
    sample = replace(rebuild_design(found.as_met(info), found.rows), info=info)
    passes = Passes(found.n_passes, found.n_bytes, stays.n_given)
    kept: dict[str, Any] = found.kept | {"rows": stays} | ({} if journal is None else {"journal": journal})
    stream = Stream(
        source,
        columns,
        size,
        tuple(found.used),
        sample,
        found.sample,
        memory,
        reading.executor,
        passes,
        kept,
        edges=edges,
        budget=budget,
    )
    stays.limit(stream.room_of_chunks(info))
    counts = RowCounts(found.n_rows, found.n_rows - found.n_used, found.missing_counts)
    return design_of(stream, info, counts)


def _hashes(source: Source) -> Any:
    """Return what the passes over a source are compared with, where they are."""
    return source.hashes() if isinstance(source, CheckedSource) else None


def _expect(source: Source, hashes: Any) -> None:
    """Compare the passes over a source with the first one, which is not made again."""
    if isinstance(source, CheckedSource) and hashes is not None:
        source.expect(hashes)


def in_clusters(design: Design, clusters: Sequence[Clusters]) -> Design:
    """Return the design of a stream with clusters by columns that are named.

    Examples
    --------
    >>> in_clusters.__name__
    'in_clusters'
    """
    assert design.stream is not None
    return design_of(design.stream.clustered([each.name for each in clusters]), design.info, design.counts)


def reading_more(design: Design, names: Sequence[str]) -> Design:
    """Return the design of a stream that reads other columns too.

    Examples
    --------
    >>> reading_more.__name__
    'reading_more'
    """
    assert design.stream is not None
    design.stream.require_columns(names, "a column")
    stream = replace(design.stream, columns=tuple(dict.fromkeys((*design.stream.columns, *names))))
    return replace(design_of(stream, design.info, design.counts), dependence=design.dependence)


def of_columns(design: Design, keep: IntArray, info: DesignInfo) -> Design:
    """Return the design with some of its columns, and what is then known of these; of a stream too.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> design = lk.logit("y ~ x", {"y": [0, 1, 0], "x": [1, 2, 3]}).design
    >>> of_columns(design, np.array([1]), design.info).matrix.to_dense().tolist()
    [[1.0], [2.0], [3.0]]
    """
    if design.stream is None:
        return replace(design, matrix=design.matrix.columns(keep), info=info)
    made = design_of(design.stream.of_columns(keep, design.info), info, design.counts)
    return replace(made, dependence=design.dependence)


def design_of(stream: Stream, info: DesignInfo, counts: RowCounts) -> Design:
    """Return the design of which the rows are read from a stream.

    Examples
    --------
    >>> design_of.__name__
    'design_of'
    """
    return Design(
        ChunkedMatrix(stream, info),
        ChunkedResponse(stream=stream, info=info),
        info,
        counts,
        ChunkedPositions(stream, info),  # type: ignore[arg-type]  # an array as soon as it is looked at
    )


def _without_places(text: str) -> str:
    """Return a message without the place of a row among those that the response is learnt from.

    Examples
    --------
    >>> _without_places("The response 'y' holds 2 in row 3 of those used; numbers must be 0 or 1.")
    "The response 'y' holds 2; numbers must be 0 or 1."
    """
    return re.sub(r" in row [0-9,]+ of those used", "", text)


def _roles(source: Source, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns that weights, clusters and offsets are, which must be given by name."""
    names = {}
    for role, value in given.items():
        if value is None:
            continue
        if not isinstance(value, str):
            raise DataError(f"{role}= must name a column of {source.label}: an array has no place beside its rows.")
        if value not in source.names:
            raise DataError(f"{role}={value!r}: {source.label} has no such column.")
        names[role] = value
    return names


def sample_size(
    n_rows: int | None, width: int, memory: int, part: int = SAMPLE_PART, *, n_columns: int = 0, times: int = 1
) -> int:
    """Return how many of so many rows to draw: enough for a start from which few passes lead to the end.

    Before it is known how many rows there are, as many as a part of the memory for them holds: some are let go later.

    Parameters
    ----------
    n_rows : int or None
        How many rows there are, where that is known.
    width : int
        Columns that are read.
    memory : int
        Bytes for them, of which the sample may take a part.
    part : int
        The sample is no more than one of so many rows.
    n_columns : int
        Columns of the design, as far as is known.
    times : int
        How many times as many rows as would do are wanted, of which some are let go later.

    Examples
    --------
    >>> sample_size(1_000, width=3, memory=10_000_000), sample_size(1_000_000, width=21, memory=10**9)
    (20000, 168000)
    >>> sample_size(10**8, width=9, memory=10**10), sample_size(10**8, width=9, memory=10**10, n_columns=50)
    (720000, 4000000)
    """
    most = max(memory // (SAMPLE_OF_MEMORY * 8 * max(width, 1)), 1_000)
    if n_rows is None:
        return max(most // 4, min(most, times * SAMPLE_LEAST))
    wanted = min(n_rows // part, times * int(SAMPLE_OF_ROOT * max(width, n_columns) * n_rows**0.5))
    return min(max(wanted, SAMPLE_LEAST), most)


def _require_rows(found: Learnt, missing: MissingPolicy, source: Source) -> None:
    """Refuse a source without rows, and missing values where these are to be refused."""
    if found.n_rows == 0:
        raise DataError(f"{source.label} has no rows.")
    text = ", ".join(f"{name} {count}" for name, count in found.missing_counts)
    if found.missing_counts and missing == "raise":
        raise DataError(f"missing='raise', but values are missing. Missing values: {text}.")
    if found.n_used == 0:
        raise DataError(f"No row is left to fit: every row has a missing value. Missing values: {text}.")
