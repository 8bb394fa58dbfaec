"""Tables that the tests of several outcomes are run on."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["table"]


def table(n_outcomes: int = 3, n: int = 240, seed: int = 5) -> pd.DataFrame:
    """Give outcomes a, b, ... that two numbers and a factor explain, with weights, counts of rows and clusters."""
    rng = np.random.default_rng(seed)
    x, z, g = rng.normal(size=n), rng.normal(size=n), rng.choice(["u", "v", "w"], n)
    slopes = np.linspace(-0.8, 0.9, n_outcomes)
    eta = np.outer(x, slopes) + np.outer(z, slopes[::-1] ** 2) + np.outer(g == "v", np.arange(n_outcomes) % 2)
    share = np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)
    codes = (rng.random(n)[:, None] > share.cumsum(axis=1)).sum(axis=1)
    frame = pd.DataFrame({"y": [chr(97 + code) for code in codes], "x": x, "z": z, "g": g})
    return frame.assign(w=rng.random(n) + 0.2, times=rng.integers(0, 4, n), id=rng.integers(0, 30, n))
