"""A latch between the path of all rows and the paths without each fold, which are fitted beside it on other threads.

A path may end early, and those of the folds then end where it does. They solve at a strength once it is known that the
path of all rows has it: what they compute, and how they may fail, does not depend on when they began.
"""

from __future__ import annotations

import threading

from logitkit.numerics.threads.local import go_on

__all__ = ["PathLatch"]

PATIENCE = 0.1  # seconds between two looks at whether the work is still wanted


class PathLatch:
    """Number of strengths of the path of all rows, for threads that wait for it.

    Examples
    --------
    >>> latch = PathLatch()
    >>> latch.advance(0), latch.advance(1)
    (True, True)
    >>> latch.close(1)
    >>> [latch.wait_for(position) for position in range(2)], latch.size
    ([True, False], 1)
    """

    def __init__(self) -> None:
        self._solved = 0
        self._size: int | None = None
        self._changed = threading.Condition()

    def advance(self, count: int) -> bool:
        """Tell waiting threads that the path continues.

        Parameters
        ----------
        count : int
            Number of strengths that are solved, which is the position of the next.

        Returns
        -------
        bool
            Always True, because the path of all rows does not wait for others.
        """
        with self._changed:
            self._solved = count
            self._changed.notify_all()
        return True

    def close(self, size: int) -> None:
        """Tell waiting threads that the path has ended.

        Parameters
        ----------
        size : int
            Number of strengths of the path.
        """
        with self._changed:
            self._size = size
            self._changed.notify_all()

    def wait_for(self, position: int) -> bool:
        """Wait until it is known whether the path includes a strength.

        Parameters
        ----------
        position : int
            Position of the strength, from 0.

        Returns
        -------
        bool
            Whether the path includes the strength.
        """
        with self._changed:
            while self._size is None and self._solved <= position:
                self._changed.wait(PATIENCE)
                go_on()
            return self._size is None or position < self._size

    @property
    def size(self) -> int:
        """Number of strengths of the path, once it has ended."""
        with self._changed:
            while self._size is None:
                self._changed.wait(PATIENCE)
                go_on()
            return self._size
