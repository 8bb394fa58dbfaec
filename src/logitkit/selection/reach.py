"""How far the path of all rows has come, while the paths without each fold are fitted beside it.

A path may end early, and those of the folds then end where it does. They solve at a strength when it is known that the
path of all rows has it: what they compute, and what they may fail of, does not depend on when they began.
"""

from __future__ import annotations

import threading

from logitkit.numerics.threads.local import go_on

__all__ = ["Reach"]

PATIENCE = 0.1  # seconds between two looks at whether the work is still wanted


class Reach:
    """How many strengths the path of all rows has, which others wait for.

    Examples
    --------
    >>> reach = Reach()
    >>> reach.has(0), reach.has(1)
    (True, True)
    >>> reach.end(1)
    >>> [reach.wait_for(position) for position in range(2)], reach.size
    ([True, False], 1)
    """

    def __init__(self) -> None:
        self._kept = 0
        self._size: int | None = None
        self._changed = threading.Condition()

    def has(self, count: int) -> bool:
        """Say how many strengths the path has, and that it goes on.

        Parameters
        ----------
        count : int
            Of strengths that are solved and kept: the position of the next.

        Returns
        -------
        bool
            True: the path of all rows waits for nobody.
        """
        with self._changed:
            self._kept = count
            self._changed.notify_all()
        return True

    def end(self, size: int) -> None:
        """Say that the path has ended.

        Parameters
        ----------
        size : int
            How many strengths it has.
        """
        with self._changed:
            self._size = size
            self._changed.notify_all()

    def wait_for(self, position: int) -> bool:
        """Wait until it is known whether the path has a strength.

        Parameters
        ----------
        position : int
            Of the strength.

        Returns
        -------
        bool
            Whether it has.
        """
        with self._changed:
            while self._size is None and self._kept <= position:
                self._changed.wait(PATIENCE)
                go_on()
            return self._size is None or position < self._size

    @property
    def size(self) -> int:
        """How many strengths the path has, once it has ended."""
        with self._changed:
            while self._size is None:
                self._changed.wait(PATIENCE)
                go_on()
            return self._size
