"""Run a script twice: with the compiled loops, and with the same loops as plain Python."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import warnings

from numba import config

__all__ = ["with_and_without_the_compiler"]

#: Whether the loops are compiled, and the numbers that the script printed.
Printed = tuple[bool, list[float]]


def with_and_without_the_compiler(script: str) -> tuple[Printed, Printed]:
    """Give what a script prints where numba compiles, and what it prints where it does not."""
    return (in_a_process(script, "0") if config.DISABLE_JIT else here(script)), in_a_process(script, "1")


def here(script: str) -> Printed:
    """Run a script in this process, whose loops are compiled already."""
    printed = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("ignore")
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    compiled, numbers = json.loads(printed.getvalue())
    return compiled, numbers


def in_a_process(script: str, disabled: str) -> Printed:
    """Run a script in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
        capture_output=True,
        text=True,
        check=True,
    )
    compiled, numbers = json.loads(done.stdout)
    return compiled, numbers
