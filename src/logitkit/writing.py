"""Files that are written: whole or not at all, and never over a file that the same run reads.

Every file of the package goes through ``write_file``. The content is written to a new file in the same folder, forced
to the disk and then renamed, so that a full disk, an interrupt or a crash leaves the old file as it was.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from stat import S_IMODE
from typing import Any

from logitkit.errors import DataError

__all__ = [
    "KINDS",
    "Kind",
    "as_path",
    "folder_written",
    "require_ending",
    "require_outputs",
    "writable_path",
    "write_file",
]

START = 4096  # bytes that tell what a file is
OPEN_FILES = ("/dev/", "/proc/")  # names of what is open already, such as /dev/stdout: nothing to rename there

ARCHIVE = b"PK"  # how files of Word and Excel begin
PREDICTED = [b"probability", b"conf_low", b"conf_high"]  # the last columns of a table of predictions
SCORED = [b"points", b"log_odds", b"probability"]  # columns of a table of scores


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that the package writes.

    Parameters
    ----------
    endings : tuple of str
        Endings that its name may have; any where there are none.
    is_ours : callable
        Whether a file that begins with these bytes is of the kind.
    """

    endings: tuple[str, ...]
    is_ours: Callable[[bytes], bool]


def _is_table_of_predictions(start: bytes) -> bool:
    head = start.partition(b"\n")[0].strip().split(b",")
    return head[0] == b"row" and (head[-1:] == [b"probability"] or head[-3:] == PREDICTED)


def _is_table_of_scores(start: bytes) -> bool:
    head = start.partition(b"\n")[0].strip().split(b",")
    return head[0] == b"row" and set(SCORED) <= set(head)


def _is_document(start: bytes) -> bool:
    ours = (b'<meta name="generator" content="logitkit', b'"format": "logitkit document"')
    return start.startswith(ARCHIVE) or any(words in start for words in ours)


KINDS: dict[str, Kind] = {
    "model": Kind((), lambda start: b'"format": "logitkit fit"' in start),
    "report": Kind((".html", ".htm"), lambda start: b'<meta name="generator" content="logitkit' in start),
    "predictions": Kind((), _is_table_of_predictions),
    "scorecard": Kind((), lambda start: b'"format": "logitkit scorecard"' in start),
    "scores": Kind((), _is_table_of_scores),
    "Word document": Kind((".docx",), lambda start: start.startswith(ARCHIVE)),
    "Excel workbook": Kind((".xlsx",), lambda start: start.startswith(ARCHIVE)),
    "document": Kind((".html", ".htm", ".docx", ".json"), _is_document),
    "export": Kind((), lambda start: b"logitkit" in start),
}


def write_file(path: str | Path, content: str | bytes, what: str) -> Path:
    """Write a file whole, or leave the old one as it was.

    A symbolic link is followed, and the permissions of a file that is replaced are kept.

    Examples
    --------
    >>> import tempfile
    >>> path = write_file(Path(tempfile.mkdtemp()) / "page.html", "<p>", "report")
    >>> path.read_text(), len(list(path.parent.iterdir()))
    ('<p>', 1)
    """
    path = as_path(path, what)
    try:
        data = content.encode("utf-8") if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise DataError(f"The {what} holds text that is not valid Unicode, {error.object[error.start]!a}.") from error
    try:
        target = Path(os.path.realpath(path))
        if path.absolute().as_posix().startswith(OPEN_FILES) or (target.exists() and not target.is_file()):
            path.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise DataError(f"The {what} cannot be written to '{path}': {error.strerror or error}.") from error
    return path


@contextlib.contextmanager
def folder_written(path: str | Path, what: str) -> Iterator[Path]:
    """Make a folder whole or not at all: what is written into the one that is yielded gets its name at the end.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp()) / "scores"
    >>> with folder_written(place, "folder of predictions") as beside:
    ...     _ = (beside / "part.txt").write_text("0.5")
    >>> [each.name for each in place.iterdir()], len(list(place.parent.iterdir()))
    (['part.txt'], 1)
    """
    target = as_path(path, what)
    if target.exists() or target.is_symlink():
        raise DataError(f"'{path}' exists: the {what} is a new one. Name another, or remove it first.")
    beside = target.absolute().parent / f".{target.name}.{secrets.token_hex(8)}.tmp"
    try:
        try:
            beside.mkdir()
            yield beside
            if target.exists():
                raise DataError(f"'{path}' came to exist meanwhile, and is kept: name another {what}.")
            beside.rename(target)
        except OSError as error:
            raise DataError(f"The {what} cannot be written to '{path}': {error.strerror or error}.") from error
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _replace(target: Path, data: bytes) -> None:
    """Write beside, force to the disk, rename; on any failure, an interrupt included, nothing is left beside."""
    replaced = target.stat() if target.exists() else None
    if replaced is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    beside = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(beside, flags, 0o666), "wb") as file:
            if replaced is not None:
                beside.chmod(S_IMODE(replaced.st_mode))
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    with contextlib.suppress(OSError):  # the new name, where folders can be forced to the disk
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def as_path(path: Any, what: str) -> Path:
    """Return a path, or refuse what is none."""
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise DataError(f"The path of the {what} is {path!r:.60}, a {type(path).__name__}; give text or a Path.")
    if "\0" in os.fspath(path):
        raise DataError(f"The path of the {what}, {os.fspath(path)!r:.60}, holds a zero byte, which no name may.")
    return Path(path)


def writable_path(path: Any, what: str) -> Path:
    """Return a path that can be written, or refuse it before the content is made."""
    found = as_path(path, what)
    require_ending(found, what)
    try:
        _require_writable(found)
    except OSError as error:
        raise DataError(f"The {what} cannot be written to '{found}': {error.strerror}.") from error
    return found


def require_ending(path: Path, what: str) -> None:
    """Refuse a name that does not end as those of its kind."""
    endings = KINDS[what].endings
    if endings and path.suffix.lower() not in endings:
        page = "is an HTML page, and " if what == "report" else "has another ending: "
        raise DataError(f"The {what} {page}'{path}' does not end in {' or '.join(endings)}; give it such a name.")


def require_outputs(outputs: Mapping[str, str | None], read: Iterable[str] = (), force: bool = False) -> None:
    """Refuse outputs that cannot be written or would destroy something, before the work that would be lost.

    Examples
    --------
    >>> require_outputs({"model": "m.json"}, read=["./m.json"])
    Traceback (most recent call last):
    logitkit.errors.DataError: The model would replace './m.json', which is read in the same run; ...
    """
    asked = {what: Path(path) for what, path in outputs.items() if path}
    for what, path in asked.items():
        _require_writable(path)
        require_ending(path, what)
        for source in read:
            if _same_file(path, Path(source)):
                raise DataError(
                    f"The {what} would replace '{source}', which is read in the same run; write it to another file."
                )
    for (one, path), (other, second) in combinations(asked.items(), 2):
        if _same_file(path, second):
            raise DataError(f"The {one} and the {other} would be the same file, '{path}'; give two names.")
    for what, path in asked.items():
        if not force and not _may_be_replaced(path, KINDS[what]):
            raise DataError(
                f"'{path}' exists and is no {what} that logitkit wrote; give another name, or --force to replace it."
            )


def _require_writable(path: Path) -> None:
    """Refuse a path that cannot be written: a file is renamed into its folder, which must allow that."""
    folder = path.parent
    needed = [path] if path.exists() else []
    if not path.exists() or path.is_file():
        needed.append(Path(os.path.realpath(path)).parent)
    if not folder.is_dir():
        code = errno.ENOTDIR if folder.exists() else errno.ENOENT
    elif path.is_dir():
        code = errno.EISDIR
    elif not all(os.access(each, os.W_OK) for each in needed):
        code = errno.EACCES
    else:
        return
    raise OSError(code, os.strerror(code), str(path))


def _same_file(path: Path, other: Path) -> bool:
    """Whether two names are of one file, by links or otherwise."""
    if path.exists() and other.exists():
        return path.samefile(other)
    return os.path.realpath(path) == os.path.realpath(other)


def _may_be_replaced(path: Path, kind: Kind) -> bool:
    """Whether there is no file, an empty one, or one of the kind."""
    if not path.is_file():
        return True  # absent, or a device such as /dev/stdout
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            start = file.read(START)
    except (OSError, EOFError):
        return False
    return not start or kind.is_ours(start)
