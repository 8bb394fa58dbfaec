"""What a process costs before the first answer, and what separation costs where it occurs."""

from __future__ import annotations

import tempfile

import numpy as np
import pandas as pd
from timing import Effort, least_of, process_time

import logitkit as lk

FIRST_SUMMARY = """
import logitkit as lk, numpy as np, pandas as pd
rng = np.random.default_rng(0)
data = pd.DataFrame({"x": rng.normal(size=500), "g": rng.choice(list("abc"), 500)})
data["y"] = (rng.random(500) < 0.4).astype(int)
print(lk.logit("y ~ x + g", data))
"""


def startup_times(repeats: int, compiling: bool = True) -> dict[str, float]:
    """Return times of whole processes, in seconds.

    The time to compile, in an empty cache, is left out where ``compiling`` is False.
    """
    bare = process_time("import numpy", repeats)
    found = {
        "import": max(process_time("import logitkit", repeats) - bare, 0.0),
        "libraries": process_time("import pandas, formulaic, numba", repeats),
        # One more than asked for: the first may compile.
        "first-summary": process_time(FIRST_SUMMARY, repeats + 1),
    }
    if compiling:
        with tempfile.TemporaryDirectory() as folder:
            found["first-compile"] = process_time(FIRST_SUMMARY, 1, {"NUMBA_CACHE_DIR": folder})
    return found


def separated_times(quick: bool) -> list[tuple[str, float]]:
    """Return what each problem is, and its time from formula to fit: levels of a factor without an event."""
    found = []
    for n, levels in ((1_000, 60),) if quick else ((3_000, 300), (60_000, 40)):
        rng = np.random.default_rng(5)
        data = pd.DataFrame({"x": rng.normal(size=n), "g": rng.integers(0, levels, n).astype(str)})
        data["y"] = (rng.random(n) < 1.0 / (1.0 + np.exp(2.0 - data["x"]))).astype(int)
        data.loc[data["g"] == "0", "y"] = 0
        infinite = int(np.isinf(lk.logit("y ~ x + g", data).coef).sum())
        seconds, _ = least_of(lambda data=data: lk.logit("y ~ x + g", data), Effort(2.0, 3))
        found.append((f"{n:,} rows, {levels} levels, {infinite} infinite coefficients", seconds))
    return found
