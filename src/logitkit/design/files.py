"""Tables from files, for the command line."""

from __future__ import annotations

import csv
import zlib
from pathlib import Path

import pandas as pd

from logitkit.errors import DataError

__all__ = ["read_file"]

SEPARATED = {".csv": ",", ".csv.gz": ",", ".txt": ",", ".txt.gz": ",", ".tsv": "\t", ".tsv.gz": "\t"}


def read_file(path: str | Path, separator: str | None = None) -> pd.DataFrame:
    """Read a CSV or Parquet file.

    Parameters
    ----------
    path : str or Path
        A file whose name ends in .csv, .tsv, .txt (each also with .gz), .parquet or .pq.
    separator : str, optional
        The character between the columns of a text file; by its name by default.

    Returns
    -------
    pandas.DataFrame
        Its columns.

    Raises
    ------
    DataError
        If it cannot be read.

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
        raise DataError(f"A separator is for text files (.csv, .tsv, .txt); '{path}' ends in {suffix!r}.")
    try:
        if suffix in {".parquet", ".pq"}:
            return pd.read_parquet(path)
        if suffix in SEPARATED:
            return pd.read_csv(path, sep=separator or SEPARATED[suffix])
    except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:  # pandas' and Arrow's are ValueErrors
        how = f"as {suffix}" if separator is None else f"with {separator!r} between the columns"
        raise DataError(f"'{path}' cannot be read {how}: {error}") from error
    raise DataError(f"'{path}' ends in {suffix!r}; files that can be read end in .csv, .csv.gz, .tsv or .parquet.")
