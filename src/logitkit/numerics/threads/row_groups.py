"""How rows are cut for sums over them.

They are cut into blocks that fill about half of a second-level cache, and the blocks into groups. Which rows belong to
a group depends on the size of the problem alone, and the groups' sums are added in their order, so the answer is the
same bit for bit on any number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["RowGroups", "row_groups"]

BLOCK_BYTES = 1 << 20  # half of a second-level cache of 2 MiB
BLOCK_ROWS_LEAST = 512  # below this the calls cost more than the work
BLOCK_ROWS_MOST = 16_384
BLOCKS_OF_GROUP = 4  # a group costs the handing over of its work, and the adding of its sums
GROUPS_LEAST = 8
GROUPS_MOST = 64
LIGHT_NUMBERS = 1 << 20  # of a group, which a thread walks over in a millisecond
GROUP_SUMS_BYTES = 24 << 20  # all partial Hessians together: more would cost more to add than to sum


@dataclass(frozen=True, slots=True)
class RowGroups:
    """How the rows are cut.

    Parameters
    ----------
    block : int
        Rows of a block.
    bounds : tuple of (int, int)
        First row of each group, and the row after its last.
    light : bool, default False
        Whether a pass over a group is short compared with waking a thread.
    """

    block: int
    bounds: tuple[tuple[int, int], ...]
    light: bool = False

    @property
    def together(self) -> RowGroups:
        """The same blocks as one group."""
        return RowGroups(self.block, ((self.bounds[0][0], self.bounds[-1][1]),), self.light)

    def blocks(self, group: int, at_once: int = 1) -> Iterator[tuple[int, int]]:
        """Yield the (start, stop) of each block of a group, or of several blocks at once."""
        first, last = self.bounds[group]
        size = at_once * self.block
        for start in range(first, last, size):
            yield start, min(start + size, last)


def row_groups(n_rows: int, width: int, sums_bytes: int | None = None) -> RowGroups:
    """Cut rows into blocks and groups, by the size of the problem alone.

    Examples
    --------
    >>> groups = row_groups(100_000, 50)
    >>> groups.bounds[0][0], groups.bounds[-1][1]
    (0, 100000)
    """
    width = max(width, 1)
    sums_bytes = max(8 * width * width if sums_bytes is None else sums_bytes, 1)
    block = min(max(BLOCK_BYTES // (8 * width), BLOCK_ROWS_LEAST), BLOCK_ROWS_MOST)
    n_blocks = max(-(-n_rows // block), 1)
    wanted = max(n_blocks // BLOCKS_OF_GROUP, min(n_blocks, GROUPS_LEAST))
    n_groups = min(wanted, GROUPS_MOST, max(GROUP_SUMS_BYTES // sums_bytes, 4))
    edges = [min((n_blocks * i // n_groups) * block, n_rows) for i in range(n_groups + 1)]
    edges[-1] = n_rows
    return RowGroups(block, tuple(pairwise(edges)), n_rows * width <= n_groups * LIGHT_NUMBERS)
