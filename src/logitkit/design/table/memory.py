"""Checks of the memory available for an allocation."""

from __future__ import annotations

import os
from pathlib import Path

from logitkit.errors import DataError

__all__ = ["available_bytes", "require_room"]

SMALL = 1 << 26  # 64 MiB: below, asking costs more than it saves
MEMINFO = Path("/proc/meminfo")
CONTAINER = Path("/sys/fs/cgroup")


def available_bytes() -> int | None:
    """Return the bytes that can be allocated without swapping, or None where the system does not say.

    Examples
    --------
    >>> free = available_bytes()
    >>> free is None or free > 0
    True
    """
    found = [value for value in (_kernel(), _container()) if value is not None]
    if found:
        return min(found)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def require_room(n_bytes: int, what: str, advice: str) -> None:
    """Refuse an allocation that would not fit, before it is made.

    Examples
    --------
    >>> require_room(1 << 60, "A column of dummies", "Use C().")
    Traceback (most recent call last):
    logitkit.errors.DataError: A column of dummies would take 1.1e+09 GiB, and ... GiB are free. Use C().
    """
    if n_bytes <= SMALL:
        return
    free = available_bytes()
    if free is not None and n_bytes > free:
        raise DataError(f"{what} would take {_gibibytes(n_bytes)}, and {_gibibytes(free)} are free. {advice}")


def _gibibytes(n_bytes: int) -> str:
    return f"{n_bytes / 2**30:.2g} GiB"


def _kernel() -> int | None:
    try:
        for line in MEMINFO.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return None


def _container() -> int | None:
    try:
        limit, used = (int((CONTAINER / name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
        entries = dict(line.split() for line in (CONTAINER / "memory.stat").read_text(encoding="ascii").splitlines())
        return limit - used + int(entries["file"])  # files in cache give way
    except (OSError, ValueError, KeyError):  # no container, or no limit: "max"
        return None
