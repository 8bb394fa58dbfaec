"""Average effects of 10 numbers and 2 factors of 5 levels, beside the fit from its formula and marginaleffects.

    python benchmarks/effects.py [rows] [rows of the peer]

marginaleffects is timed where it is installed, with statsmodels, over fewer rows: its time grows with them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import logitkit as lk

NUMBERS = 10
REPEATS = 5


def table(n: int) -> pd.DataFrame:
    """Return rows with 10 normal numbers and 2 factors of 5 levels."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame({f"x{i}": rng.normal(size=n) for i in range(NUMBERS)})
    for name in "gh":
        data[name] = pd.Categorical(rng.choice(list("abcde"), n))
    eta = -0.5 + 0.1 * data[[f"x{i}" for i in range(NUMBERS)]].sum(axis=1) + 0.2 * (data["g"] == "b")
    return data.assign(y=(rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int))


def best(run: Callable[[], Any]) -> float:
    """Return the least of some times in seconds."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the times."""
    n, few = (int(given) for given in [*sys.argv[1:], "1000000", "10000"][:2])
    formula = "y ~ " + " + ".join([*(f"x{i}" for i in range(NUMBERS)), "g", "h"])
    data = table(n)
    fit = lk.logit(formula, data)
    one, own = best(lambda: lk.logit(formula, data)), best(fit.effects)
    print(f"{n:>9,} rows: fit {one:.3f} s, effects {own:.3f} s, {own / one:.2f} fits")
    try:
        import statsmodels.formula.api as smf
        from marginaleffects import avg_slopes
    except ImportError:
        return
    data = table(few)
    fit, peer = lk.logit(formula, data), smf.logit(formula, data).fit(disp=0)
    own, other = best(fit.effects), best(lambda: avg_slopes(peer))
    print(f"{few:>9,} rows: effects {own:.3f} s, marginaleffects {other:.3f} s, {other / own:.0f} times as long")


if __name__ == "__main__":
    main()
