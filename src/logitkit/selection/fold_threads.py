"""The folds of a cross-validation: side by side on threads, or one after another, each on all threads.

Coordinate descent and factorisations of one fold run on one thread, so folds side by side fill the threads better than
one after another. Only where the rows are so many that one fold fills all threads by itself, and there are more threads
than folds, it is the other way round. Each fold holds the rows that it is trained on: folds that would not fit in
memory together follow one another. The answer is the same to the last bit in either way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from logitkit.design.matrix.matrix import Matrix
from logitkit.design.table.memory import available_bytes
from logitkit.numerics.threads.local import get_threads, ordered_map
from logitkit.numerics.threads.progress import progress
from logitkit.numerics.threads.row_groups import row_groups

__all__ = ["each_fold", "leaves_a_thread_idle"]

T = TypeVar("T")

LABEL = "Folds"
COPIES = 2  # of the rows of a fold: those that it is trained on, and working columns with what is known of them
SHARE = 0.5  # of the memory that is free, for all folds at a time


def each_fold(
    function: Callable[[int], T], n_folds: int, matrix: Matrix, copies: int = COPIES, label: str = LABEL
) -> Iterator[T]:
    """Apply a function to every fold, and yield the results in order.

    Parameters
    ----------
    function : callable
        Called once with the number of each fold, possibly on another thread.
    n_folds : int
        How many folds there are.
    matrix : Matrix
        All rows, of which each fold takes most.
    copies : int, default 2
        How often a fold holds its rows.
    label : str
        What a progress bar counts.

    Yields
    ------
    object
        What the function returns; its error where it raises one, after the results of the folds before.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> list(each_fold(lambda fold: fold * fold, 4, Dense(np.ones((10, 2)))))
    [0, 1, 4, 9]
    """
    if _on_threads(n_folds, matrix, copies):
        yield from ordered_map(function, n_folds, label)
        return
    with progress(n_folds, label) as shown:
        for fold in range(n_folds):
            result = function(fold)
            shown.advance()
            yield result


def leaves_a_thread_idle(n_folds: int, matrix: Matrix) -> bool:
    """Return whether a task beside the folds costs no time, because their last round leaves a thread without work.

    Parameters
    ----------
    n_folds : int
        How many folds there are.
    matrix : Matrix
        All rows.

    Returns
    -------
    bool
        Whether the folds run side by side, and do not come in full rounds.

    Examples
    --------
    >>> import numpy as np
    >>> from logitkit.design.matrix.dense import Dense
    >>> from logitkit.numerics.threads.local import set_threads
    >>> set_threads(2)
    >>> [leaves_a_thread_idle(n, Dense(np.ones((10, 2)))) for n in (5, 4)]
    [True, False]
    >>> set_threads(None)
    """
    return n_folds % get_threads() != 0 and _on_threads(n_folds + 1, matrix, COPIES)


def _on_threads(n_folds: int, matrix: Matrix, copies: int) -> bool:
    threads = get_threads()
    if n_folds < threads <= len(row_groups(matrix.n_rows, matrix.width).bounds):
        return False
    free = available_bytes()
    held = 8 * matrix.n_rows * matrix.width * copies * min(n_folds, threads)
    return free is None or held <= SHARE * free
