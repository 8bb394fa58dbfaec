"""Data for the tests of the estimators: classes that overlap or do not, and frames with categories, text and gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = [
    "mixed_frame",
    "mixed_frame_of_three",
    "ordered_classes",
    "overlapping",
    "overlapping_classes",
    "partly_separated_classes",
    "quasi_separated",
    "separated",
    "separated_classes",
]


def overlapping(n: int = 300, p: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.linspace(0.5, 3.0, p) + np.linspace(-1.0, 2.0, p)
    eta = X @ (np.linspace(0.8, -0.4, p) / np.linspace(0.5, 3.0, p)) + 1.5
    return X, (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(int)


def separated(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(seed).normal(size=(n, 3))
    return X, (X @ [1.0, -2.0, 0.5] > 0.3).astype(int)


def quasi_separated(n: int = 200, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows overlap where the last column is zero; where it is one, all are events."""
    X, y = overlapping(n, 2, seed)
    inside = np.arange(n) % 5 == 0
    return np.column_stack([X, inside.astype(float)]), np.where(inside, 1, y)


def mixed_frame(n: int = 300, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(50.0, 10.0, n),
            "sex": rng.choice(["female", "male"], n),
            "stage": pd.Categorical(rng.choice(["I", "II", "III"], n), ["I", "II", "III"]),
            "dose": rng.choice([0.0, 1.0, 2.0, np.nan], n),
        }
    )
    eta = 0.04 * (frame["age"] - 50.0) + 0.8 * (frame["sex"] == "male") - 0.5 * (frame["stage"] == "III")
    y = np.where(rng.random(n) < 1.0 / (1.0 + np.exp(-eta)), "relapse", "none")
    frame.loc[rng.choice(n, n // 20, replace=False), "age"] = np.nan
    frame.loc[rng.choice(n, n // 20, replace=False), "sex"] = None
    return frame, y


def overlapping_classes(n: int = 400, p: int = 4, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.linspace(0.5, 3.0, p) + np.linspace(-1.0, 2.0, p)
    eta = X @ (rng.normal(size=(p, k)) / np.linspace(0.5, 3.0, p)[:, None]) + rng.gumbel(size=(n, k))
    return X, eta.argmax(axis=1)


def separated_classes(n: int = 90, k: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    return X, (X @ rng.normal(size=(3, k)) + np.linspace(0.2, -0.2, k)).argmax(axis=1)


def partly_separated_classes(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of three classes where the last column is zero; where it is one, the class 0 does not occur."""
    X, y = overlapping_classes(n, 2, 3, seed)
    inside = np.arange(n) % 4 == 0
    other = 1 + (np.random.default_rng(seed).random(n) < 0.4)
    return np.column_stack([X, inside.astype(float)]), np.where(inside, other, y)


def mixed_frame_of_three(n: int = 400, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    frame, _ = mixed_frame(n, seed)
    rng = np.random.default_rng(seed + 1)
    eta = np.column_stack([0.0 * frame["age"], 0.08 * (frame["age"] - 50.0), 1.5 * (frame["sex"] == "male")])
    codes = (np.nan_to_num(eta) + rng.gumbel(size=(n, 3))).argmax(axis=1)
    return frame, np.array(["none", "relapse", "death"])[codes]


def ordered_classes(n: int = 400, p: int = 3, k: int = 4, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a cumulative logit, whose slopes rise and fall with the columns."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.linspace(0.5, 3.0, p) + np.linspace(-1.0, 2.0, p)
    latent = X @ (np.linspace(1.0, -0.8, p) / np.linspace(0.5, 3.0, p)) + rng.logistic(size=n)
    return X, np.searchsorted(np.quantile(latent, np.arange(1, k) / k), latent)
