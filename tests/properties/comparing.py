"""Compare many numbers of a design and report every one that is off, with the design that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import numpy as np

from tolerances import ROUTE

__all__ = ["Comparison"]

SHOWN_MOST = 12


class Comparison:
    """Numbers found beside those expected; raises at its end, naming the design and all that differ.

    Parameters
    ----------
    design : str
        What was fitted, in words.
    """

    def __init__(self, design: str) -> None:
        self.design = design
        self.off: list[str] = []
        self.checked = 0

    def near(self, name: str, found: Any, expected: Any, rtol: float = ROUTE, atol: Any = 0.0) -> None:
        """Compare numbers; missing ones must agree too."""
        one, two = (np.asarray(values, dtype=float) for values in (found, expected))
        self.checked += 1
        if one.shape != two.shape:
            self.off.append(f"{name}: shape {one.shape}, expected {two.shape}")
            return
        with np.errstate(invalid="ignore"):
            close = np.abs(one - two) <= rtol * np.abs(two) + atol
        good = close | (np.isnan(one) & np.isnan(two)) | (one == two)
        if not good.all():
            at = tuple(int(k) for k in np.argwhere(~good)[0])
            places = f" at {at}, {int((~good).sum())} of {good.size} off" if at else ""
            self.off.append(f"{name}{places}: found {one[at]:.15g}, expected {two[at]:.15g}")

    def same(self, name: str, found: Any, expected: Any) -> None:
        """Compare what must be equal."""
        self.checked += 1
        if found != expected:
            self.off.append(f"{name}: found {found!r}, expected {expected!r}")

    def refused(self, name: str, call: Callable[[], Any], error: type[Exception]) -> None:
        """Demand that a call is refused."""
        self.checked += 1
        try:
            call()
        except error:
            return
        self.off.append(f"{name}: answered, expected {error.__name__}")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Report all that is off."""
        if error is not None:
            error.add_note(self.design)
        elif self.off:
            more = [] if len(self.off) <= SHOWN_MOST else [f"  and {len(self.off) - SHOWN_MOST} more"]
            raise AssertionError("\n".join([self.design, *(f"  {line}" for line in self.off[:SHOWN_MOST]), *more]))
        else:
            assert self.checked, f"nothing was compared: {self.design}"
