r"""Sketches: numbers in bounded memory, from which the rows below any value are known to within a stated error.

A sketch holds levels; an item of level h stands for :math:`2^h` rows. A full level is sorted and every second item goes
to the next level: the first of each pair or the second, whichever keeps the two sums of possible errors alike. The
number of rows below a value then errs by at most :math:`2^h` upwards for each time that the first was kept at level h,
and downwards for each time that the second was. The sums are kept, so that the bound is a number and no order of
magnitude; nothing is drawn at random, and two sketches add up to one (Manku, Rajagopalan and Lindsay 1998; Agarwal et
al. 2013; ``docs/maths/binning.md``).
"""

from __future__ import annotations

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["NumberSketch"]

#: Items that a level may hold: with n rows the error is about n log2(n / SIZE) / (2 SIZE).
SIZE = 4096


class NumberSketch:
    """Numbers in bounded memory.

    Parameters
    ----------
    size : int, default 4096
        Items that a level may hold, an even number.

    Examples
    --------
    >>> sketch = NumberSketch(size=64)
    >>> for block in np.arange(6400.0).reshape(10, 640):
    ...     sketch.add(block)
    >>> values, weights = sketch.items()
    >>> float(weights.sum()), bool(abs(weights[values < 1000].sum() - 1000) <= sketch.error)
    (6400.0, True)
    """

    def __init__(self, size: int = SIZE) -> None:
        self.size = size
        self.n = 0
        self._levels: list[list[FloatArray]] = [[]]
        self._above = 0  # the largest amount by which a count may be too large
        self._below = 0  # and too small

    @property
    def error(self) -> int:
        """The largest possible error of the number of rows below a value."""
        return max(self._above, self._below)

    def add(self, numbers: FloatArray) -> None:
        """Add numbers, none of them missing, shape (n,)."""
        self.n += numbers.size
        if numbers.size:
            self._levels[0].append(np.array(numbers, dtype=np.float64))
            self._compact()

    def merge(self, other: NumberSketch) -> None:
        """Add the rows of another sketch of the same size; the bounds add up."""
        self.n += other.n
        while len(self._levels) < len(other._levels):
            self._levels.append([])
        for own, theirs in zip(self._levels, other._levels, strict=False):
            own.extend(block.copy() for block in theirs)
        self._above += other._above
        self._below += other._below
        self._compact()

    def items(self) -> tuple[FloatArray, FloatArray]:
        """Return values in order with the rows that each stands for, both of shape (k,)."""
        values = np.concatenate([np.empty(0), *(block for blocks in self._levels for block in blocks)])
        weights = np.concatenate(
            [np.empty(0), *(np.full(b.size, 2.0**h) for h, blocks in enumerate(self._levels) for b in blocks)]
        )
        order = np.argsort(values, kind="stable")
        return values[order], weights[order]

    def _compact(self) -> None:
        level = 0
        while level < len(self._levels):
            blocks = self._levels[level]
            if sum(block.size for block in blocks) >= 2 * self.size:
                held = np.sort(np.concatenate(blocks))
                odd = held.size % 2
                pairs, rest = held[: held.size - odd], held[held.size - odd :]
                first = self._above <= self._below
                if level + 1 == len(self._levels):
                    self._levels.append([])
                self._levels[level + 1].append(pairs[0 if first else 1 :: 2].copy())
                self._levels[level] = [rest.copy()] if odd else []
                if first:
                    self._above += 2**level
                else:
                    self._below += 2**level
            level += 1
