"""What a condition of a verb is."""

from __future__ import annotations

from collections.abc import Callable

from logitkit.engine.record import FitRecord
from logitkit.errors import LogitkitError

__all__ = ["Condition"]

#: Of a record: the error that says why a verb has no answer, which is not raised, or None.
Condition = Callable[[FitRecord], LogitkitError | None]
