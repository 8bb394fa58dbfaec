"""A progress bar for work that takes more than two seconds, where someone is watching.

Nothing is shown, and ``tqdm`` is not even imported, before the two seconds are over, or when standard error is neither
a terminal nor a notebook that somebody has open. One piece of work at a time has the bar: what runs inside it, or
beside it on another thread, is silent. The label is what is counted, in the plural: refits and not batches of refits.

In a notebook the bar is an output of its own, in the colours of the theme, and empty at the end: neither standard
error, whose ground is red there, nor a widget, which stays in red when work ends before its total.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from time import monotonic
from typing import Any

__all__ = ["Progress", "progress"]

DELAY = 2.0  # seconds before a bar appears


NOTEBOOK = "ipykernel.zmqshell"  # loaded in the kernel of a notebook, and nowhere else
FORMAT = "{desc}: {percentage:3.0f}%|{bar:30}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]"
WITH_RATE = FORMAT.replace("]", ", {rate_fmt}]")
WITHOUT_TOTAL = "{desc}: {n_fmt} [{elapsed}]"

_bar_is_taken = threading.Lock()


def _watched() -> bool:
    """Whether standard error is a terminal, or this is the kernel of a notebook that is not run by a program."""
    try:
        if sys.stderr.isatty():
            return True
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False
    return NOTEBOOK in sys.modules and _is_open()


def _is_open() -> bool:
    """Whether a person could answer a question of the kernel; where a program runs the notebook, nobody can."""
    from IPython.core.getipython import get_ipython

    return bool(getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", True))


class Progress:
    """How far a piece of work is; made by :func:`progress`.

    Parameters
    ----------
    total : int or None
        Number of items, if it is known.
    label : str
        What is counted, shown before the bar.
    silent : bool
        Whether to show nothing, ever.
    unit : str
        Of which so many a second are shown; none by default.
    """

    def __init__(self, total: int | None, label: str, silent: bool, unit: str = "") -> None:
        self.unit = unit
        self.total = total
        self.label = label
        self.done = 0
        self._silent = silent
        self._start = monotonic()
        self._bar: Any = None

    def advance(self, items: int = 1) -> None:
        """Count items as done."""
        self.done += items
        if self._bar is not None:
            self._bar.update(items)
        elif self.total is None or self.done < self.total:
            self.wake()

    def wake(self) -> None:
        """Show the bar if it is time; for a long wait between two items."""
        if self._silent or self._bar is not None:
            return
        elapsed = monotonic() - self._start
        if elapsed >= DELAY:
            self._bar = _bar(self.total, self.label, *([self.unit] if self.unit else []))
            self._bar.start_t -= elapsed  # the rate counts from the start of the work
            self._bar.n = self._bar.last_print_n = self.done
            self._bar.refresh()

    def close(self) -> None:
        """Take the bar off the screen."""
        self._silent = True
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close()


def _bar(total: int | None, label: str, unit: str = "") -> Any:
    """Return a bar of tqdm, for the terminal or the notebook."""
    from tqdm.std import tqdm

    class Bar(tqdm):  # type: ignore[misc]  # tqdm ships no types
        monitor_interval = 0  # no thread that watches the bar: it would outlive the work

    class Output(Bar):
        """In a notebook."""

        handle: Any = None

        def display(self, msg: str | None = None, pos: int | None = None) -> None:
            del pos
            text = str(self) if msg is None else msg
            content = {"text/plain": text, "text/html": f"<pre>{escape(text)}</pre>" if text else ""}
            if self.handle is not None:
                self.handle.update(content, raw=True)
            elif text:
                from IPython.display import display

                self.handle = display(content, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    in_notebook = NOTEBOOK in sys.modules
    # With a delay that is over at once, the bar is first drawn when the caller has told it how far the work is. Without
    # smoothing, the rate is that of the work as a whole.
    return (Output if in_notebook else Bar)(
        total=total,
        desc=label,
        leave=False,
        miniters=1,
        smoothing=0,
        delay=1e-9,
        bar_format=WITHOUT_TOTAL if not total else WITH_RATE if unit else FORMAT,
        **({"unit": unit, "unit_scale": True} if unit else {}),
        file=io.StringIO() if in_notebook else sys.stderr,
        **({"ncols": 80} if in_notebook else {"dynamic_ncols": True}),
    )


@contextmanager
def progress(total: int | None, label: str, unit: str = "") -> Iterator[Progress]:
    """Show how far work is, once it has taken two seconds and only where someone is watching.

    Examples
    --------
    >>> with progress(3, "Refits") as shown:
    ...     for _ in range(3):
    ...         shown.advance()
    >>> shown.done
    3
    """
    taken = _bar_is_taken.acquire(blocking=False)
    shown = Progress(total, label, silent=not (taken and _watched()), unit=unit)
    try:
        yield shown
    finally:
        if taken:
            _bar_is_taken.release()
        shown.close()
