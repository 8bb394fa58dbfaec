"""How far the path of all rows has come, while the paths without each fold are fitted beside it.

A path may end early, and those of the folds then end where it does. They do not run ahead of it: what they compute, and
what they may fail of, is the same whether they begin with it or after it.
"""

from __future__ import annotations

import threading

from logitkit.execution.local import go_on

__all__ = ["Reach"]

PATIENCE = 0.1  # seconds between two looks at whether the work is still wanted


class Reach:
    """Positions of strengths that the path of all rows has begun, which others wait for.

    Examples
    --------
    >>> reach = Reach()
    >>> reach.begin(0)
    True
    >>> reach.end(1)
    >>> [reach.wait_for(position) for position in range(2)], reach.size
    ([True, False], 1)
    """

    def __init__(self) -> None:
        self._begun = 0
        self._size: int | None = None
        self._changed = threading.Condition()

    def begin(self, position: int) -> bool:
        """Say that a strength is being solved.

        Parameters
        ----------
        position : int
            Of the strength.

        Returns
        -------
        bool
            True: the path of all rows asks nobody.
        """
        with self._changed:
            self._begun = position + 1
            self._changed.notify_all()
        return True

    def end(self, size: int) -> None:
        """Say that the path has ended.

        Parameters
        ----------
        size : int
            How many strengths were reached in all.
        """
        with self._changed:
            self._size = size
            self._changed.notify_all()

    def wait_for(self, position: int) -> bool:
        """Wait until a strength is being solved.

        Parameters
        ----------
        position : int
            Of the strength.

        Returns
        -------
        bool
            Whether it ever is.
        """
        with self._changed:
            while self._size is None and self._begun <= position:
                self._changed.wait(PATIENCE)
                go_on()
            return self._size is None or position < self._size

    @property
    def size(self) -> int:
        """How many strengths were reached in all, once that is known."""
        with self._changed:
            while self._size is None:
                self._changed.wait(PATIENCE)
                go_on()
            return self._size
