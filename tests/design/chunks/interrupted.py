"""A fit whose second pass takes a minute; run in a process of its own, which is interrupted."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

import logitkit as lk
from logitkit.design.chunks import build
from logitkit.numerics.threads import local

ROWS, FRAMES = 50, 200


def told(text: str) -> None:
    """Tell the process that waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Rows:
    """Frames of the same rows whenever asked, slowly from the third time on: after the first look and pass."""

    def __init__(self) -> None:
        self.passes = 0

    def frames(self) -> Iterator[pd.DataFrame]:
        """Yield the rows."""
        self.passes += 1
        rng = np.random.default_rng(1)
        if self.passes > 2:
            told("second pass")
        for _ in range(FRAMES):
            time.sleep(0.3 * (self.passes > 2))
            x = rng.normal(size=ROWS)
            yield pd.DataFrame({"x": x, "y": (rng.random(ROWS) < 1.0 / (1.0 + np.exp(-x))).astype(int)})


if __name__ == "__main__":
    build.ROWS_LEAST = build.ROWS_MOST = ROWS
    build.SAMPLE_LEAST = 400
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which what runs in the background ignores
    local.GRACE = 30.0  # a busy machine may not give the threads the second that they have otherwise
    lk.set_threads(2)
    try:
        lk.logit("y ~ x", Rows().frames, memory="10MB", checkpoint=sys.argv[1])
    except KeyboardInterrupt:
        own = threading.main_thread()
        told(f"interrupted, left: {[each.name for each in threading.enumerate() if each is not own]}")
