"""A checkpoint: the sums that each pass of a fit has found, on disk, from which the same call goes on.

A fit to rows in chunks is a sequence of passes, and what follows from their sums takes no time. So the state after a
pass is the sums of all passes so far: a restart takes them from the folder, in their order, does what it did with
them, and comes to the first pass that is missing with the same coefficients, kept second derivatives and trace, to the
bit. Each pass is one file of arrays and a text in JSON, which is written under another name and then renamed; nothing
in it is run or made but numbers, texts, tables and the few records that ``storable`` names.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from logitkit.design.chunks.source import Source
from logitkit.design.chunks.storable import STORABLE
from logitkit.errors import DataError

__all__ = ["Journal", "digest_of", "identity_of", "open_journal"]

T = TypeVar("T")
FORMAT = "logitkit checkpoint 1"
TAIL = 1 << 16  # bytes at the end of a file, where Parquet says what is in it
HEADER = "checkpoint.json"


class NotStorableError(Exception):
    """A value that a checkpoint has no form for: the pass that found it is made again."""


def _encode(value: Any) -> tuple[Any, list[Any]]:
    """Return a value as JSON and the arrays that it refers to."""
    arrays: list[Any] = []

    def written(value: Any) -> Any:
        if value is None or isinstance(value, (bool, str)) or type(value) in (int, float):
            return value
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            arrays.append(np.ascontiguousarray(value))
            return {"array": len(arrays) - 1}
        if isinstance(value, np.generic) and value.dtype.kind in "biuf":
            arrays.append(np.asarray(value))
            return {"scalar": len(arrays) - 1}
        if isinstance(value, (tuple, list)):
            each_of = [written(each) for each in value]
            return {"tuple": each_of} if isinstance(value, tuple) else each_of
        if isinstance(value, dict):
            pairs = [[written(key), written(each)] for key, each in value.items()]
            return {"counts" if isinstance(value, Counter) else "dict": pairs}
        if type(value).__module__.startswith("pyarrow") and hasattr(value, "schema"):
            arrays.append(np.frombuffer(_ipc(value), dtype=np.uint8))
            return {"table": len(arrays) - 1}
        if is_dataclass(value) and STORABLE.get(type(value).__name__) is type(value):
            own = {each.name: written(getattr(value, each.name)) for each in fields(value)}
            return {"record": type(value).__name__, "fields": own}
        raise NotStorableError(type(value).__qualname__)

    return written(value), arrays


def _decode(written: Any, arrays: Any) -> Any:
    """Return the value that was encoded."""
    if isinstance(written, list):
        return [_decode(each, arrays) for each in written]
    if not isinstance(written, dict):
        return written
    if "array" in written:
        return np.array(arrays[written["array"]])
    if "scalar" in written:
        return arrays[written["scalar"]][()]
    if "tuple" in written:
        return tuple(_decode(each, arrays) for each in written["tuple"])
    if "table" in written:
        return _table(arrays[written["table"]].tobytes())
    if "record" in written:
        return STORABLE[written["record"]](**{name: _decode(each, arrays) for name, each in written["fields"].items()})
    (name,) = written
    found = {_decode(key, arrays): _decode(each, arrays) for key, each in written[name]}
    return Counter(found) if name == "counts" else found


def _ipc(table: Any) -> bytes:
    import pyarrow as pa

    out = BytesIO()
    with pa.ipc.new_stream(out, table.schema) as stream:
        stream.write_table(table)
    return out.getvalue()


def _table(written: bytes) -> Any:
    import pyarrow as pa

    return pa.ipc.open_stream(written).read_all()


def digest_of(value: Any) -> str:
    """Return what tells two tasks apart: their types, and the numbers and texts in them.

    Examples
    --------
    >>> digest_of((1.0, np.zeros(2))) == digest_of((1.0, np.ones(2)))
    False
    """
    found = sha256()

    def add(value: Any) -> None:
        found.update(type(value).__qualname__.encode())
        if isinstance(value, np.ndarray):
            found.update(repr((value.shape, value.dtype.str)).encode() + np.ascontiguousarray(value).tobytes())
        elif isinstance(value, (tuple, list)):
            for each in value:
                add(each)
        elif value is None or isinstance(value, (bool, int, float, str, np.generic)):
            found.update(repr(value).encode())
        elif is_dataclass(value) and not isinstance(value, type):
            for each in fields(value):
                add(getattr(value, each.name))

    add(value)
    return found.hexdigest()[:32]


@dataclass
class Journal:
    """The passes of one fit.

    Parameters
    ----------
    folder : Path
        Where they are.
    stated : str
        The argument as it was given.
    next : int
        Number of the next pass.
    """

    folder: Path
    stated: str
    next: int = 0

    def found(self, task: Any, run: Callable[[], T], left: Callable[[], Any], restore: Callable[[Any], None]) -> T:
        """Return what a pass finds: as it was written, or now.

        Parameters
        ----------
        task : object
            What tells the pass from another.
        run : callable
            Makes it.
        left : callable
            What else it leaves.
        restore : callable
            Takes that back where the pass is not made again.
        """
        path, self.next = self.folder / f"pass-{self.next:04d}.npz", self.next + 1
        key = digest_of(task)
        kept = self._read(path, key)
        if kept is not None:
            value: T = kept[0]
            restore(kept[1])
            return value
        value = run()
        try:
            written, arrays = _encode((value, left()))
        except NotStorableError:
            return value
        text = json.dumps({"key": key, "value": written})
        held = BytesIO()
        np.savez(
            held,
            allow_pickle=False,
            text=np.frombuffer(text.encode(), dtype=np.uint8),
            **{f"a{number}": each for number, each in enumerate(arrays)},
        )
        self._write(path, held.getvalue())
        return value

    def _read(self, path: Path, key: str) -> tuple[Any, Any] | None:
        """Return what a pass left; None where it was not made, or was another."""
        if not path.exists():
            return None
        try:
            with np.load(path, allow_pickle=False) as held:
                given = json.loads(held["text"].tobytes())
                if given["key"] != key:
                    return None
                count = len(held.files) - 1
                return _decode(given["value"], [held[f"a{number}"] for number in range(count)])  # type: ignore[no-any-return]
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise DataError(
                f"checkpoint={self.stated!r}: {path} cannot be read ({error}). Delete the folder to fit from the "
                "beginning."
            ) from error

    def begin(self, header: Mapping[str, str]) -> None:
        """Write what the fit is, or refuse a folder that holds another."""
        place = self.folder / HEADER
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for part in self.folder.glob("*.part"):  # of a process that was killed
                part.unlink()
            known = json.loads(place.read_text()) if place.exists() else None
        except (OSError, ValueError) as error:
            raise self._not_written(error) from error
        if known is None:
            if any(self.folder.iterdir()):
                raise DataError(f"checkpoint={self.stated!r} holds other files: give an empty folder, or a new one.")
            self._write(place, json.dumps(header, indent=1).encode())
            return
        differ = [name for name in header if known.get(name) != header[name]] if isinstance(known, dict) else ["format"]
        if differ:
            name = differ[0]
            was, now = str(known.get(name) if isinstance(known, dict) else known), header[name]
            raise DataError(
                f"checkpoint={self.stated!r} is of another fit: its {name} is {was:.200}, and here it is {now:.200}. "
                "Give another folder, or delete this one."
            )

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""
        part = path.with_name(path.name + ".part")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise self._not_written(error) from error
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def _not_written(self, error: Exception) -> DataError:
        return DataError(f"checkpoint={self.stated!r} cannot be written: {error}. Give a folder that can.")


def identity_of(source: Source) -> str:
    """Return what tells data apart before they are read: names, sizes and ends of files, which tell what is in them."""
    while hasattr(source, "source"):
        source = source.source
    files = getattr(source, "files", ()) or getattr(getattr(source, "dataset", None), "files", ())
    found, total = sha256(repr((source.names, str(getattr(source, "schema", "")))).encode()), 0
    for each in files:
        path = Path(getattr(each, "path", each))
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(size - TAIL, 0))
            found.update(repr((path.name, size)).encode() + file.read())
        total += size
    rows = "" if source.n_rows is None else f"{source.n_rows:,} rows, "
    return f"{source.label} ({rows}{len(files)} files of {total:,} bytes, {found.hexdigest()[:12]})"


def open_journal(given: str | Path, header: Mapping[str, str]) -> Journal:
    """Return the journal of a folder, which is made or goes on."""
    if not isinstance(given, (str, Path)) or not str(given):
        raise DataError(f"checkpoint={given!r:.60}: give the path of a folder.")
    journal = Journal(Path(given), str(given))
    journal.begin({"format": FORMAT, **header})
    return journal
