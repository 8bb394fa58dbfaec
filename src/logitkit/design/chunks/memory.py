"""How much memory a fit to rows in chunks may hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.errors import DataError

__all__ = ["memory_of"]

MEMORY_LEAST = 10_000_000  # bytes, which a few chunks and their design take


def memory_of(given: Any) -> int:
    """Return the bytes that may be held: a number, text such as ``"2GB"``, or a quarter of what is free.

    Examples
    --------
    >>> memory_of("50MB"), memory_of(1_000_000_000)
    (50000000, 1000000000)
    """
    from logitkit.design.table.memory import available_bytes

    if given is None:
        free = available_bytes()
        return (1 << 30) if free is None else free // 4
    units = {
        "kb": 10**3,
        "mb": 10**6,
        "gb": 10**9,
        "tb": 10**12,
        "kib": 1 << 10,
        "mib": 1 << 20,
        "gib": 1 << 30,
        "b": 1,
    }
    found = given
    if isinstance(given, str):
        text = given.strip().lower().replace(" ", "").replace("_", "")
        unit = next((unit for unit in sorted(units, key=len, reverse=True) if text.endswith(unit)), "")
        try:
            found = float(text.removesuffix(unit)) * units.get(unit, 1)
        except ValueError:
            found = None
    if isinstance(found, bool) or not isinstance(found, (int, float, np.integer)) or not MEMORY_LEAST <= found < 1e18:
        raise DataError(
            f"memory={given!r:.60}: give bytes, or text such as '2GB', at least {MEMORY_LEAST // 10**6} MB."
        )
    return int(found)
