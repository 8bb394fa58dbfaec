"""How rows that are not held are read: what the user states beside the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logitkit.design.chunks.stream import memory_of

__all__ = ["Reading"]


@dataclass(frozen=True)
class Reading:
    """How rows are read in chunks.

    Parameters
    ----------
    memory : int, str or None
        How much may be held; a quarter of what is free by default.
    checkpoint : str, Path or None
        A folder into which the state of the fit is written after each pass.
    executor : Executor or None
        Where sums over rows are made; in this process by default.
    """

    memory: int | str | None = None
    checkpoint: str | Path | None = None
    executor: Any = None

    @property
    def stated(self) -> tuple[str, ...]:
        """What was stated, by the names of the arguments."""
        given = {"memory": self.memory, "checkpoint": self.checkpoint, "executor": self.executor}
        return tuple(name for name, value in given.items() if value is not None)

    @property
    def n_bytes(self) -> int:
        """Bytes that may be held."""
        return memory_of(self.memory)
