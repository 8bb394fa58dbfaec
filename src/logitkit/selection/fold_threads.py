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
    """Apply a function to every fold, and yield the results in the order of the folds.

    Parameters
    ----------
    function : callable
        Called once with the number of each fold, possibly on another thread.
    n_folds : int
        Number of folds.
    matrix : Matrix
        All rows, of which each fold copies most.
    copies : int, default 2
        Number of copies of its rows that a fold holds.
    label : str
        Units that a progress bar counts.

    Yields
    ------
    object
        Result of the function. If the function raises an error, it is raised after the results of earlier folds.

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
    """Return whether an extra task costs no time because the last round of folds leaves a thread idle.

    Parameters
    ----------
    n_folds : int
        Number of folds.
    matrix : Matrix
        All rows.

    Returns
    -------
    bool
        Whether the folds run in parallel and do not fill all rounds.

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
