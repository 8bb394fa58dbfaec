"""Tables from files, for the command line."""

from __future__ import annotations

import contextlib
import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from logitkit.design.table.names import name_misfit
from logitkit.errors import DataError

__all__ = ["read_file"]

SEPARATED = {".csv": ",", ".csv.gz": ",", ".txt": ",", ".txt.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}
SEPARATORS = {";": "';'", "\t": "tab", ",": "','"}  # as they are written after --separator
LONGEST = 2**31 - 1  # characters of a field, the most that Python's reader can be told on every system


def read_file(path: str | Path, separator: str | None = None) -> pd.DataFrame:
    """Read a CSV or Parquet file.

    Examples
    --------
    >>> read_file("no-such-file.csv")
    Traceback (most recent call last):
    logitkit.errors.DataError: There is no file 'no-such-file.csv'.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"There is no file '{path}'.")
    suffix = "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix
    if separator is not None and suffix not in SEPARATED:
        raise DataError(f"A separator applies to text files (.csv, .tsv, .txt); '{path}' ends in {suffix!r}.")
    try:
        if suffix in {".parquet", ".pq"}:
            return pd.read_parquet(path)
        if suffix in SEPARATED:
            character = separator or SEPARATED[suffix]
            _require_whole_table(path, character, suspect=separator is None)
            return pd.read_csv(path, sep=character, index_col=False)
    except DataError:
        raise
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:  # pandas' and Arrow's are ValueErrors
        how = f"as {suffix}" if separator is None else f"with {separator!r} between the columns"
        raise DataError(f"'{path}' cannot be read {how}: {error}") from error
    raise DataError(f"'{path}' ends in {suffix!r}; the files that can be read end in .csv, .csv.gz, .tsv or .parquet.")


def _require_whole_table(path: Path, separator: str, suspect: bool) -> None:
    """Refuse a text file with other than one field per name, naming the line: pandas would shift or fill columns."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file, _any_length():
        rows = csv.reader(file, delimiter=separator)
        head: list[str] = []
        line = 1
        for row in rows:
            first, line = line, rows.line_num + 1
            if len(row) == len(head) or not row or (len(row) == 1 and not row[0].strip()):
                continue  # as it must be, or a blank line, which is skipped
            if head:
                raise DataError(f"'{path}', line {first}: {_uneven(row, head)}")
            head = row
            if suspect:
                _suspect_separator(path, head)
            wrong = name_misfit(["row names", *head[1:]] if not head[0].strip() else head)
            if wrong is not None:
                raise DataError(f"'{path}', line {first}: {wrong}; give each column a name of its own.")


@contextlib.contextmanager
def _any_length() -> Iterator[None]:
    """Lift the limit of Python's reader on the length of a field."""
    before = csv.field_size_limit(LONGEST)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _uneven(row: list[str], head: list[str]) -> str:
    """Return the message for a row that is longer or shorter than the header."""
    text = f"the row has {len(row)} field{'s' if len(row) != 1 else ''}, the header {len(head)} names. "
    if len(row) == len(head) + 1 and not row[-1].strip():
        return text + "It ends in a separator that the header does not have; remove it."
    if len(row) == len(head) + 1:
        return text + (
            "If rows begin with a name that the header omits, as written by R's write.table, give that column a name "
            "(in R: col.names = NA); if a value contains the separator, put it in double quotes."
        )
    if len(row) > len(head):
        return text + "If a value contains the separator, put it in double quotes."
    return text + "Write an empty field for a missing value, or complete the row."


def _suspect_separator(path: Path, head: list[str]) -> None:
    """Refuse a single column whose name contains another common separator."""
    for character, written in SEPARATORS.items():
        if len(head) == 1 and character in head[0]:
            raise DataError(
                f"'{path}' has one column, {head[0]!r}: it appears to be separated by "
                f"{'tabs' if written == 'tab' else written}. If so, use --separator {written}."
            )
