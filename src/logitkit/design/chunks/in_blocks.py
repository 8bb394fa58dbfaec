"""The rows of a source in blocks that workers have: what is known of the blocks, whoever the workers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from logitkit.design.chunks.ahead import Part
from logitkit.design.chunks.pieces import Block, blocks_of, positions_in_blocks, require_same_sizes, same_types
from logitkit.design.chunks.source import Batch, Source
from logitkit.errors import UnsupportedError
from logitkit.typing import IntArray

__all__ = ["InBlocks", "stated_sizes"]


class _Parts(Protocol):
    """Files whose parts are read by themselves."""

    def groups(self, columns: Sequence[str]) -> list[list[Part]]:
        """Return the parts of each block."""


class InBlocks:
    """The rows of a source in blocks that are cut into chunks of one size.

    Parameters
    ----------
    source : Source
        A frame, or files.
    size : int
        Rows of a chunk.
    is_frame : bool
        Whether it is a frame of the workers.
    kind : str
        What such a frame is called.
    """

    def __init__(self, source: Source, size: int, is_frame: bool, kind: str) -> None:
        self.label, self.names = source.label, source.names
        self.n_rows, self.row_bytes, self.size = source.n_rows, source.row_bytes, size
        self.blocks: list[Block] = []
        self.edges: tuple[int, ...] = ()
        self._schema: Any = None
        self._counted = self.n_rows is not None
        if not is_frame and not hasattr(source, "own_parts"):
            raise UnsupportedError(
                f"executor= needs rows of which each worker can read a part, and {self.label} gives them one after "
                f"another: give files or a {kind} frame, or leave executor= out."
            )

    def parts(self, columns: Sequence[str], size: int) -> Iterator[Part]:
        """Yield the blocks, for those who want their rows here."""
        raise NotImplementedError

    def batches(self, columns: Sequence[str], size: int) -> Iterator[Batch]:
        """Yield the rows of one block after another."""
        for part in self.parts(columns, size):
            yield part.read()

    def placed(self, positions: IntArray) -> IntArray:
        """Return the places of rows among all."""
        return positions if self._counted else positions_in_blocks(positions, [block.start for block in self.blocks])

    def _sized(self, names: Sequence[str], heads: Sequence[tuple[int, Any]]) -> list[int]:
        """Keep the sizes and types of blocks, and return which have rows; refuse sizes that are not those known."""
        sizes = [n_rows for n_rows, _ in heads]
        require_same_sizes(sizes, self.blocks, self.label)
        self.blocks, self.edges = blocks_of(sizes, names, self.size)
        self.n_rows = sum(sizes)
        filled = [k for k, n_rows in enumerate(sizes) if n_rows]
        if filled and heads[filled[0]][1] is not None:  # files that are only counted tell none
            self._schema = same_types([heads[k][1] for k in filled], [names[k] for k in filled])
        return filled


def stated_sizes(files: _Parts, columns: Sequence[str]) -> tuple[list[str], list[tuple[int, None]]]:
    """Return what blocks of files are called, and the rows that the files say they have."""
    groups = files.groups(columns)
    return [group[0].where for group in groups], [(sum(part.n_rows for part in group), None) for group in groups]
