"""Tables as CSV, whose text no spreadsheet takes for a formula."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
from pathlib import Path
from typing import Any

import pandas as pd

from logitkit.errors import DataError

__all__ = ["compressed", "render_csv"]

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def render_csv(table: pd.DataFrame, raw_text: bool = False) -> str:
    """Return a table and its row labels as CSV.

    A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, wherever its text came from.
    Text cells and heads that do are written with an apostrophe before them, as OWASP recommends; numbers never are,
    nor is text that is a number.

    Examples
    --------
    >>> print(render_csv(pd.DataFrame({"p": [-0.5, 1.0]}, index=["=1+1", "-3"])), end="")
    row,p
    '=1+1,-0.5
    -3,1.0
    """
    labels = ["row" if name is None else name for name in table.index.names]
    frame = table.reset_index(names=labels, allow_duplicates=True)
    if not raw_text:
        frame = frame.rename(columns=_plain_text)
        for place, kind in enumerate(frame.dtypes):
            if isinstance(kind, pd.CategoricalDtype) or pd.api.types.is_string_dtype(kind):
                frame.isetitem(place, frame.iloc[:, place].astype(object).map(_plain_text).to_numpy())
    return frame.to_csv(index=False, lineterminator="\n")


def _plain_text(value: Any) -> Any:
    """Return a cell that no spreadsheet evaluates."""
    risky = isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS)
    return f"'{value}" if risky and not NUMBER.fullmatch(value) else value


def compressed(text: str, path: str) -> str | bytes:
    """Return text in the compression that the ending of the file name implies.

    Examples
    --------
    >>> compressed("p", "p.csv"), gzip.decompress(compressed("p", "p.csv.gz"))
    ('p', b'p')
    """
    ending = Path(path).suffix.lower()
    if ending in {".zip", ".zst", ".tar"}:
        raise DataError(f"'{path}' ends in {ending!r}; predictions are written as .csv, .csv.gz, .csv.bz2 or .csv.xz.")
    data = text.encode("utf-8")
    if ending == ".gz":
        return gzip.compress(data, mtime=0)
    if ending == ".bz2":
        return bz2.compress(data)
    return lzma.compress(data) if ending == ".xz" else text
