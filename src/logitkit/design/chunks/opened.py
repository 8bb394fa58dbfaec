"""What is a source: paths of files, datasets, lazy frames, queries, and functions that return frames."""

from __future__ import annotations

from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logitkit.design.chunks.executor import Executor
from logitkit.design.chunks.source import Source
from logitkit.errors import DataError

if TYPE_CHECKING:
    from logitkit.design.chunks.partitioned import FileSource

__all__ = ["source_of"]

DUCKDB = ("duckdb", "_duckdb")  # modules
ELSEWHERE = {"dask": "lk.Dask(client)", "dask_expr": "lk.Dask(client)", "pyspark": "lk.Spark(session)"}
PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".csv.gz")


def source_of(data: Any, executor: Executor | None = None) -> Source | None:
    """Return what is read in chunks, None for a table in memory.

    Examples
    --------
    >>> source_of({"x": [1.0]}) is None
    True
    >>> source_of("no-such-folder/*.parquet")
    Traceback (most recent call last):
    logitkit.errors.DataError: There is no file 'no-such-folder/*.parquet'.
    """
    if isinstance(data, (str, Path)):
        return _of_place(str(data))
    own = None if executor is None else executor.source_of(data)
    if own is not None:
        return own
    module, name = type(data).__module__.partition(".")[0], type(data).__name__
    if module == "pyarrow" and hasattr(data, "get_fragments"):
        from logitkit.design.chunks.dataset import dataset_source

        return dataset_source(data, "The dataset")
    if module in ELSEWHERE and (hasattr(data, "to_delayed") or hasattr(data, "mapInArrow")):
        raise DataError(f"data is a {name} of {module}: name the workers that have it, executor={ELSEWHERE[module]}.")
    if module in DUCKDB:
        return _of_query(data, name)
    if name == "LazyFrame" or (callable(data) and not isinstance(data, type)):
        from logitkit.design.chunks import readers

        return readers.lazy_source(data) if name == "LazyFrame" else readers.function_source(data)
    if isinstance(data, Iterator):
        raise DataError(
            f"data is a {name}, which can be read once, and a fit reads its rows several times: give the function "
            "that makes it."
        )
    return None


def _of_query(data: Any, name: str) -> Source:
    if not hasattr(data, "project"):
        raise DataError(f"data is a {name}: give a relation, such as connection.sql('SELECT ...').")
    from logitkit.design.chunks.relation import relation_source

    return relation_source(data)


def _of_place(written: str) -> Source:
    """Return the files that a path, a folder or a pattern stands for."""
    place = Path(written)
    if place.is_dir():
        found = sorted(path for path in place.rglob("*") if _kind(path) and not path.name.startswith((".", "_")))
        if not found:
            raise DataError(f"The folder {written!r} holds no file that ends in {', '.join((*PARQUET, *TEXT))}.")
    else:
        found = [place] if place.is_file() else [Path(path) for path in sorted(glob(written, recursive=True))]  # noqa: PTH207 - absolute patterns
    if not found:
        swapped = " The formula comes first, and then the data." if "~" in written[1:] else ""
        raise DataError(f"There is no file {written!r}.{swapped}")
    kinds = {_kind(path): path for path in found}
    if "" in kinds:
        raise DataError(f"'{kinds['']}' does not end in {', '.join((*PARQUET, *TEXT))}: read it into a table first.")
    if len(kinds) > 1:
        raise DataError(f"{written!r} holds files of two kinds, {' and '.join(map(str, kinds.values()))}: name one.")
    whole: FileSource
    if "parquet" in kinds:
        from logitkit.design.chunks.parquet import parquet_source

        whole = parquet_source(found, written)
    else:
        from logitkit.design.chunks.text import text_source

        whole = text_source(found, written)
    if not place.is_dir():
        return whole
    from logitkit.design.chunks.partitioned import is_partitioned, partitioned_source

    if is_partitioned(place, found):
        return partitioned_source(place, found, "parquet" if "parquet" in kinds else "csv", whole)
    return whole


def _kind(path: Path) -> str:
    """Return the kind of a file by its name, empty where it is not known."""
    if path.suffix in PARQUET:
        return "parquet"
    return "text" if path.name.endswith(TEXT) else ""
