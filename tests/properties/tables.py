"""Tables and formulas that the property tests draw: small, seeded, with every kind of term."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import logitkit as lk
from oracles.likelihood import mean
from tolerances import ROUTE

__all__ = ["assert_same_estimates", "formulas", "seeds", "table"]

seeds = st.integers(0, 10_000)

TERMS = (
    "x",
    "z",
    "C(g)",
    "h",
    "x:z",
    "C(g):z",
    "g * x",
    "bs(x, df=4)",
    "poly(z, 2)",
    "center(x)",
    "np.exp(-z)",
    "I(x ** 2)",
    "offset(exposure)",
)


def formulas(left: str = "y") -> st.SearchStrategy[str]:
    """Draw formulas of one to three different terms, with or without an intercept."""
    rights = st.lists(st.sampled_from(TERMS), min_size=1, max_size=3, unique=True).map(" + ".join)
    return st.tuples(st.sampled_from(["", "", "0 + "]), rights).map(lambda pair: f"{left} ~ {pair[0]}{pair[1]}")


def table(seed: int, n: int = 120) -> pd.DataFrame:
    """Give n rows of numbers, two factors, an offset, whole weights and an outcome that overlaps."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "z": rng.uniform(0.0, 3.0, n),
            "g": rng.choice(["a", "b", "c"], n),
            "h": pd.Categorical(rng.choice(["low", "high"], n), ["low", "high"]),
            "exposure": rng.normal(scale=0.5, size=n),
            "count": rng.integers(1, 4, n),
        }
    )
    eta = 0.3 + 0.7 * frame["x"] - 0.4 * frame["z"] + 0.5 * (frame["g"] == "b") + frame["exposure"]
    frame["y"] = (rng.random(n) < mean(eta.to_numpy())).astype(int)
    return frame


def assert_same_estimates(one: lk.Fit, other: lk.Fit, names: Any = None) -> None:
    """Compare coefficients in units of their standard errors, and those relative to one another."""
    names = one.coef.index if names is None else names
    known = one.coef.notna().to_numpy()
    scale = one.std_error.to_numpy()[known]
    difference = (other.coef[names].to_numpy() - one.coef.to_numpy())[known] / scale
    assert_allclose(difference, 0.0, atol=ROUTE)
    assert np.array_equal(other.coef[names].isna(), ~known)
    assert_allclose(other.std_error[names].to_numpy()[known], scale, rtol=ROUTE)
