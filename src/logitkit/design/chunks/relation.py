"""Relations of DuckDB as a source: the query is run anew in every pass."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from logitkit.design.chunks.budget import BYTES_OF_TEXT, NONE_HELD, Held
from logitkit.design.chunks.checked import CheckedSource
from logitkit.design.chunks.source import ROWS_AT_ONCE, Batch
from logitkit.design.table.arrow import in_plain_text
from logitkit.design.table.names import require_distinct_names
from logitkit.errors import DataError
from logitkit.numerics.threads.local import get_threads

__all__ = ["RelationSource", "relation_source"]

TEXTS = ("VARCHAR", "BLOB", "UUID")  # types of DuckDB
# As measured of scans of files of up to 1,000,000 rows in a row group; what a memory_limit lets it hold, and beside.
OF_DUCKDB, OF_ITS_THREAD, BESIDE_ITS_LIMIT = 30_000_000, 85_000_000, 10_000_000
UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50}
WAITS = (0.0, 0.01, 0.03, 0.1, 0.3)  # seconds
REMEDY = (
    "Does it compute numbers whose last digits depend on the order of the rows, or draw random ones? Write it to a "
    "table or a Parquet file, and read that."
)


@dataclass(frozen=True)
class RelationSource:
    """A relation of DuckDB, which promises no order of its rows.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        The query.
    names : tuple of str
        Columns.
    label : str
        What it is called in messages.
    n_rows : int or None
        Not known before a pass.
    row_bytes : float
        Not known.
    holds : Held
        What its connection holds.
    """

    relation: Any
    names: tuple[str, ...]
    label: str = "The relation"
    n_rows: int | None = None
    row_bytes: float = 0.0
    holds: Held = NONE_HELD

    def decoded(self, columns: Sequence[str]) -> float:
        """Return about the bytes of a row of some columns, with numbers as doubles."""
        kinds = dict(zip(self.names, map(str, self.relation.types), strict=True))
        return sum(float(BYTES_OF_TEXT) if kinds[name] in TEXTS else 8.0 for name in columns)

    def held(self, columns: Sequence[str], size: int) -> Held:
        """Return what is held beside chunks."""
        del columns, size
        return self.holds

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the result in batches; the connection is in use until the last one, or until the pass is closed."""
        import pyarrow as pa

        wanted = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        first = 0
        with _reading(self.label):
            query = self.relation.project(wanted)
            with _opened(query, min(size, ROWS_AT_ONCE)) as reader:
                for batch in reader:
                    if batch.num_rows:
                        yield Batch(in_plain_text(pa.Table.from_batches([batch])), f"{self.label}, row {first:,}")
                    first += batch.num_rows


def relation_source(relation: Any) -> CheckedSource:
    """Return a relation of DuckDB as a source; its passes are compared by a hash that no order changes."""
    names = tuple(relation.columns)
    require_distinct_names(names)
    source = RelationSource(relation, names, holds=_held(relation))
    return CheckedSource(source, ordered=False, alone=True, remedy=REMEDY)


def _held(relation: Any) -> Held:
    """Return what DuckDB holds by the settings of a relation's connection: some row groups for each of its threads.

    It holds what it reads, and what is sorted or joined, up to its ``memory_limit``.
    """
    import duckdb

    threads, most = get_threads(), ""
    asked = "count(*), current_setting('threads'), current_setting('memory_limit')"
    with suppress(duckdb.Error):  # the settings cannot be asked for while a result is open
        ((_, threads, most),) = relation.limit(0).aggregate(asked).fetchall()
    number, _, unit = str(most).partition(" ")
    held = OF_DUCKDB + OF_ITS_THREAD * int(threads)
    if unit in UNITS:
        held = min(held, int(float(number) * UNITS[unit]) + BESIDE_ITS_LIMIT * int(threads))
    return Held(
        held,
        what=f"The buffers of DuckDB on {threads} threads",
        remedy="SET threads = 1 and memory_limit = '40MB' in DuckDB, or write it by write_parquet and read the file",
    )


def _opened(query: Any, size: int) -> Any:
    """Return the result of a query; that of a pass which has ended may live until its threads let the last batch go."""
    import duckdb

    opens = getattr(query, "to_arrow_reader", None) or query.fetch_arrow_reader
    for wait in WAITS:
        try:
            return opens(size)
        except duckdb.Error as error:
            if "open result" not in str(error):
                raise
        gc.collect()
        time.sleep(wait)
    return opens(size)


@contextmanager
def _reading(label: str) -> Iterator[None]:
    """Say what of DuckDB cannot be read."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise DataError(
            f"{label} cannot be read: {error}. A connection gives one result at a time, and must stay open while a "
            "model reads from it."
        ) from error
