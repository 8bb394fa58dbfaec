"""Files that must stay what they were from one pass to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from logitkit.errors import DataError

__all__ = ["FileState", "reading_of", "require_same", "state_of"]


class FileState(NamedTuple):
    """A file as it was when its source was opened.

    Parameters
    ----------
    path : str
        Where it is.
    n_bytes : int
        Its size.
    time : int
        When it was last written, in nanoseconds.
    """

    path: str
    n_bytes: int
    time: int


def state_of(path: str | Path) -> FileState:
    """Return the state of a file.

    Examples
    --------
    >>> state_of("nowhere.parquet")
    Traceback (most recent call last):
    logitkit.errors.DataError: nowhere.parquet cannot be read: No such file or directory.
    """
    try:
        found = Path(path).stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    return FileState(str(path), found.st_size, found.st_mtime_ns)


@contextmanager
def reading_of(state: FileState) -> Iterator[None]:
    """Say which file cannot be read, and refuse one that is not what it was, before reading it and after."""
    import pyarrow as pa

    path = state.path
    require_same(state)
    try:
        yield
    except FileNotFoundError:
        raise _gone(path) from None
    except PermissionError as error:
        raise DataError(f"{path} may not be read: {error.strerror or error}.") from error
    except (OSError, pa.ArrowException) as error:
        require_same(state)
        raise DataError(f"{path} cannot be read to its end; is it complete? {error}") from error
    require_same(state)


def require_same(state: FileState) -> None:
    """Refuse a file that was written since."""
    try:
        now = state_of(state.path)
    except DataError:
        raise _gone(state.path) from None
    how = ""
    if now.n_bytes != state.n_bytes:
        how = f"it has {now.n_bytes:,} bytes and had {state.n_bytes:,}"
    elif now.time != state.time:
        how = f"it was written at {datetime.fromtimestamp(now.time / 1e9, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if how:
        raise DataError(f"{state.path} changed while it was read: {how}. Fit again, when nothing writes to it.")


def _gone(path: str) -> DataError:
    return DataError(f"{path} is gone; it was there when the source was opened.")
