"""What the figures of ``logits.py`` are held against, and the page that they make."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
from collections.abc import Callable
from typing import Any

from inference_page import seconds_text, table_text

PACKAGES = ("logitkit", "numpy", "scipy", "numba", "scikit-learn", "torch", "torchvision")
MEMORY_ROWS = {False: 500, True: 20}  # in small the second
MEMORY_MOST = 200.0  # MB beyond the logits that top-p may hold
Seconds = dict[str, float]


def below(limit: float) -> Callable[[Seconds], bool]:
    """Return whether ours takes at most some seconds."""
    return lambda seconds: seconds["logitkit"] <= limit


def faster(peer: str, times: float = 1.0) -> Callable[[Seconds], bool]:
    """Return whether a peer takes at least some times as long as ours; a peer that is not there says nothing."""
    return lambda seconds: seconds.get(peer, math.inf) >= times * seconds["logitkit"]


def both(one: Callable[[Seconds], bool], other: Callable[[Seconds], bool]) -> Callable[[Seconds], bool]:
    """Return whether two things hold."""
    return lambda seconds: one(seconds) and other(seconds)


#: How the title of a work begins, what is to be reached, and whether it is.
GOALS: tuple[tuple[str, str, Callable[[Seconds], bool]], ...] = (
    ("cross-entropy with gradient", "faster than torch", faster("torch")),
    (
        "log-sum-exp",
        "a third of scipy's, not slower than torch",
        both(faster("scipy", 3.0), faster("torch")),
    ),
    ("temperature", "0.1 s", below(0.1)),
    ("SAGA", "faster than saga", faster("scikit-learn saga")),
    ("Adam", "faster than SGDClassifier", faster("SGDClassifier")),
    ("suppression", "0.1 s", below(0.1)),
    ("top-p", "faster than torch", faster("torch")),
)


def goal(title: str, seconds: Seconds) -> tuple[str, str]:
    """Return what is to be reached in a work, and whether it is: empty where nothing is asked."""
    for start, words, reached in GOALS:
        if title.startswith(start):
            return words, "yes" if reached(seconds) else "no"
    return "", ""


def page(parts: dict[str, list[dict[str, Any]]], memory: dict[str, float], quick: bool) -> str:
    """Return the page of figures.

    Parameters
    ----------
    parts : dict of lists
        Of each part of the benchmark its works: ``title``, ``seconds`` by who did it.
    memory : dict of float
        Bytes above the logits during top-p, by who did it.
    quick : bool
        Whether all is smaller, so that nothing is to be reached.

    Returns
    -------
    str
        In Markdown.
    """
    rows = []
    for works in parts.values():
        for work in works:
            seconds = work["seconds"]
            ours = seconds["logitkit"]
            beside = [
                f"{who} {seconds_text(each)} ({_times(each / ours)})"
                for who, each in seconds.items()
                if who != "logitkit"
            ]
            wanted = ("", "") if quick else goal(work["title"], seconds)
            rows.append([work["title"], seconds_text(ours), ", ".join(beside), *wanted])
    held = [
        [who, f"{each / 1e6:.0f} MB", ("yes" if each <= MEMORY_MOST * 1e6 else "no") if who == "logitkit" else ""]
        for who, each in memory.items()
    ]
    python = f"Python {platform.python_version()}, {os.cpu_count()} processors"
    found = ", ".join(f"{name} {version}" for name in PACKAGES if (version := _version(name)))
    n_rows = MEMORY_ROWS[quick]
    size = "in small, which says nothing of large rows" if quick else "of a million rows where no other number is given"
    return f"""# Benchmarks of `lk.logits`

Works of `benchmarks/logits.py`, {size}.
Times are wall times, the least of five runs, of fewer where they take seconds, after one that may compile. A work and
its peers are timed one after another in one process; torch has as many threads as logitkit. In brackets is how many
times as long a peer takes. The tables are as written by the program.

{python}; {found}.

{table_text(["work", "logitkit", "beside (times ours)", "to reach", "reached"], rows)}

A pool's time is that of its weights with errors, and of the scores of pool and members; SLSQP finds the weights alone.
SGDClassifier has no parts of a pass: it gets the first rows where less than a pass is enough.

## Memory of top-p

The highest resident memory above what the process held with {n_rows} rows of 50,000 float32 logits ({n_rows // 5} MB)
before the call, the result among it, each in a process of its own that has done a small version of the work before.

{table_text(["who", "above the logits", f"at most {MEMORY_MOST:.0f} MB"], held) if held else "Not measured here."}

`make torch-tools` makes an environment with torch in `.venv-torch`, which `make bench` looks for; `TORCH_PYTHON` names
another. Without one the columns of torch are left out, a line says so, and this page is not written.
"""


def _times(ratio: float) -> str:
    """Return how many times, with a decimal where it tells."""
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"


def _version(name: str) -> str:
    """Return the version of a package, empty where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
