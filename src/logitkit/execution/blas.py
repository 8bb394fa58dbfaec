"""The one owner of the limit on BLAS threads.

Blocks of rows run on a plain thread pool, so BLAS itself must stay on one thread meanwhile: otherwise the
two compete, and products differ in the last bit between one and two BLAS threads. Two overlapping limits of
``threadpoolctl`` race and can leave the process at one thread for good; here the first to enter sets the limit
and the last to leave restores it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["single_threaded_blas"]

_lock = threading.Lock()
_holders = 0
_controller: Any = None
_limit: Any = None


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Hold BLAS to one thread until the last holder leaves; safe to nest and to call from many threads.

    Yields
    ------
    None
        While BLAS runs on one thread.
    """
    global _holders, _controller, _limit  # noqa: PLW0603 - the one piece of process-wide state
    with _lock:
        if _holders == 0:
            if _controller is None:
                # Loading the libraries first, or the controller would not know of them.
                import scipy.linalg  # noqa: F401
                from threadpoolctl import ThreadpoolController

                # A fresh controller costs 1 ms, a kept one 0.02 ms a call.
                _controller = ThreadpoolController().select(user_api="blas")
            _limit = _controller.limit(limits=1)
            _limit.__enter__()
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _limit.__exit__(None, None, None)
