"""Scores in ascending order with what is summed at each, in blocks: equal scores are pooled, across blocks too.

What ranks rows sees them as blocks of distinct scores. Rows that are held are one block; of rows that were sorted
outside memory there are many, of which one is held at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from logitkit.typing import FloatArray

__all__ = ["Pooled", "pooled"]


class Pooled(NamedTuple):
    """A block of scores.

    Parameters
    ----------
    scores : (k,) array
        Distinct, ascending, and above those of the blocks before.
    sums : (c, k) array
        What is summed at each score.
    """

    scores: FloatArray
    sums: FloatArray


def pooled(blocks: Iterable[tuple[FloatArray, FloatArray]], rounding: float = 0.0) -> Iterator[Pooled]:
    """Yield distinct scores with their sums, a block for each that is given.

    Scores that differ from the one before by no more than ``rounding`` are one, the first of them.

    Examples
    --------
    >>> one, two = (np.array([1.0, 2.0]), np.ones((1, 2))), (np.array([2.0, 3.0]), np.ones((1, 2)))
    >>> [(block.scores.tolist(), block.sums.tolist()) for block in pooled([one, two])]
    [([1.0], [[1.0]]), ([2.0, 3.0], [[2.0, 1.0]])]
    """
    held: Pooled | None = None
    last = -np.inf  # the score before, as it was
    for scores, sums in blocks:
        if scores.size == 0:
            continue
        with np.errstate(invalid="ignore"):  # equal infinities differ by nan, which is not larger
            fresh = np.diff(scores) > rounding
        here = Pooled(scores, sums)
        if not fresh.all():
            first = np.append(0, np.flatnonzero(fresh) + 1)
            here = Pooled(scores[first], np.stack([np.add.reduceat(each, first) for each in sums]))
        if held is not None:
            if not scores[0] - last > rounding:
                here = Pooled(here.scores.copy(), here.sums.copy())
                here.scores[0] = held.scores[-1]
                here.sums[:, 0] += held.sums[:, -1]
                held = Pooled(held.scores[:-1], held.sums[:, :-1])
            if held.scores.size:
                yield held
        held, last = here, float(scores[-1])
    if held is not None:
        yield held
