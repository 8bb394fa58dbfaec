"""A small table that overlaps, and a check that a verb leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

__all__ = ["small", "unchanged"]


def small(n: int = 60) -> pd.DataFrame:
    """Give n rows of every kind of column, without missing values."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 70, n),
            "income": rng.lognormal(3.0, 0.5, n),
            "region": rng.choice(["east", "north", "south"], n),
            "grade": pd.Categorical(rng.choice(["A", "B", "C"], n), ["C", "B", "A"]),
            "owner": rng.random(n) < 0.5,
            "weight": rng.integers(1, 4, n).astype(float),
            "z": rng.normal(size=n),
        }
    )
    eta = 0.05 * (frame["age"] - 45) + 0.5 * frame["owner"] + 0.5 * frame["z"]
    frame["default"] = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    return frame


@contextmanager
def unchanged(*tables: pd.DataFrame) -> Iterator[None]:
    """Hold that tables come out as they went in: values, types, labels, order and memory."""
    before = [table.copy(deep=True) for table in tables]
    yield
    for table, copy in zip(tables, before, strict=True):
        pd.testing.assert_frame_equal(table, copy, check_exact=True, check_freq=True, check_flags=True)
