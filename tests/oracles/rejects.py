"""Applicants whose rejects have known outcomes, which a test hides, and plain fits to all of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

LEVELS = np.array(["a", "b", "c"])
EFFECT = np.array([-2.2, -1.2, -0.2])  # log-odds of bad of the levels of the first variable; those of the second add
SECOND = np.array([-0.4, 0.0, 0.5])


def population(n: int, seed: int, policy: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return applicants with outcomes, and who was accepted: by the card's variables, or by a hidden one too."""
    draw = np.random.default_rng(seed)
    first, second, hidden = draw.integers(3, size=n), draw.integers(3, size=n), draw.integers(2, size=n)
    own = EFFECT[first] + SECOND[second] + (hidden - 0.5) * 2.0 * (policy == "hidden")
    bad = draw.uniform(size=n) < expit(own)
    chance = expit(1.6 - 0.8 * first - 0.3 * second) if policy == "card" else expit(1.0 - 0.5 * first - 1.5 * hidden)
    table = pd.DataFrame({"first": LEVELS[first], "second": LEVELS[second], "bad": bad.astype(int)})
    return table, draw.uniform(size=n) < chance


def solved(x: np.ndarray, y: np.ndarray, w: np.ndarray, steps: int = 30) -> np.ndarray:
    """Return the weighted logistic regression of proportions by Newton's method."""
    coef = np.zeros(x.shape[1])
    for _ in range(steps):
        p = expit(x @ coef)
        coef += np.linalg.solve(x.T @ (x * (w * p * (1 - p))[:, None]), x.T @ (w * (y - p)))
    return coef
