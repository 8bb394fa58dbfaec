"""How rows that are not held are read: what the user states beside the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logitkit.errors import DataError

if TYPE_CHECKING:
    from logitkit.design.chunks.journal import Journal
    from logitkit.design.chunks.source import Source

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
    call : tuple of (str, object)
        What else was stated, by which a checkpoint knows that it is of the same call.
    """

    memory: int | str | None = None
    checkpoint: str | Path | None = None
    executor: Any = None
    call: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        """Refuse an executor that is none."""
        if self.executor is not None and not all(hasattr(self.executor, name) for name in ("source_of", "reduce")):
            raise DataError(f"executor={self.executor!r:.60}: give lk.Dask(client) or lk.Spark(session).")

    @property
    def stated(self) -> tuple[str, ...]:
        """What was stated, by the names of the arguments."""
        given = {"memory": self.memory, "checkpoint": self.checkpoint, "executor": self.executor}
        return tuple(name for name, value in given.items() if value is not None)

    def journal(self, source: Source, stated: Mapping[str, Any]) -> Journal | None:
        """Return where passes are kept, None where they are not."""
        if self.checkpoint is None:
            return None
        from logitkit.design.chunks.journal import identity_of, open_journal

        said = {name: repr(value) for name, value in (*stated.items(), *self.call)}
        return open_journal(self.checkpoint, {"logitkit": version("logitkit"), "data": identity_of(source), **said})

    @property
    def n_bytes(self) -> int:
        """Bytes that may be held."""
        from logitkit.design.chunks.memory import memory_of

        return memory_of(self.memory)
