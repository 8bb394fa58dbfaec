"""Data of the penalised problems, drawn from a seed or read, and their strengths."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pandas as pd
from drawing import Drawn, draw_frame, draw_matrix
from penalised_problems import column_scale, largest_frame_strength, largest_strength
from problems import SEED
from scipy.sparse import csr_array, diags_array, hstack

FOLDS = 5
REVIEWS = "womens_reviews.csv.gz"
VARIABLE = "LOGITKIT_DATA"
DATASETS = Path(__file__).resolve().parent.parent / "datasets"


def grid(largest: float, count: int, ratio: float) -> np.ndarray:
    """Return strengths evenly on the log scale."""
    return np.asarray(largest * ratio ** (np.arange(count) / (count - 1.0)))


def draw_correlated(n: int, p: int, correlation: float, true: int) -> dict[str, np.ndarray]:
    """Draw columns that share a factor, standardised, and outcomes of which the first columns know something."""
    rng = np.random.default_rng(SEED)
    X = np.empty((n, p + 1))
    X[:, 0] = 1.0
    columns = X[:, 1:]
    columns[:] = np.sqrt(1.0 - correlation) * rng.standard_normal((n, p))
    columns += np.sqrt(correlation) * rng.standard_normal((n, 1))
    eta = columns[:, :true] @ rng.normal(scale=0.5, size=true)
    y = (rng.random(n) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    columns -= columns.mean(axis=0)
    columns /= columns.std(axis=0)
    return {"X": X, "y": y}


def _largest(arrays: dict[str, np.ndarray]) -> float:
    columns = arrays["X"][:, 1:]
    return largest_strength(columns, arrays["y"], column_scale(columns), arrays["y"].mean())


def draw_path(n: int, p: int, correlation: float, true: int, grid_of: tuple[int, float] | None) -> Drawn:
    """Draw a path over a grid, and its folds; without a grid the strengths are those at which ours stops."""
    arrays = draw_correlated(n, p, correlation, true)
    if grid_of is None:
        import logitkit as lk

        names = ["Intercept", *(f"x{j}" for j in range(1, p + 1))]
        arrays["strengths"] = np.asarray(lk.path_matrix(arrays["X"], arrays["y"], names, penalty=lk.Lasso()).strengths)
    else:
        arrays["strengths"] = grid(_largest(arrays), *grid_of)
    arrays["folds"] = (np.random.default_rng(SEED).permutation(n) % FOLDS).astype(np.int32)
    strengths = arrays["strengths"]
    return Drawn("penalised", arrays, {"count": strengths.size, "ratio": f"{strengths[-1] / strengths[0]:.2g}"})


def draw_one(n: int, p: int, correlation: float, true: int, intercept: bool = True) -> Drawn:
    """Draw a problem at a twentieth of the largest strength."""
    arrays = draw_correlated(n, p, correlation, true)
    if not intercept:
        arrays["X"] = np.ascontiguousarray(arrays["X"][:, 1:])
    largest = _largest(arrays) if intercept else largest_strength(arrays["X"], arrays["y"], np.ones(p), 0.5)
    return Drawn("penalised", {**arrays, "strengths": np.array([largest / 20.0])}, {"intercept": intercept})


def draw_ridge(n: int, p: int) -> Drawn:
    """Draw a ridge problem, of strength 0.01, its columns standardised."""
    arrays = draw_matrix(n, p + 1).arrays
    columns = arrays["X"][:, 1:]
    columns -= columns.mean(axis=0)
    columns /= columns.std(axis=0)
    return Drawn("penalised", {**arrays, "strengths": np.array([0.01])}, {"l1_ratio": 0.0})


def draw_factors(n: int, numbers: int, levels: tuple[int, ...], count: int) -> Drawn:
    """Draw a frame of numbers and factors, and a path down to a thousandth."""
    drawn = draw_frame(n, numbers, levels)
    frame, names, factors = frame_of(drawn)
    drawn.arrays["strengths"] = grid(largest_frame_strength(frame, names, factors), count, 1e-3)
    return Drawn("penalised-frame", drawn.arrays, drawn.facts)


def frame_of(drawn: Drawn) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Return the frame of arrays, and the names of its numbers and factors."""
    from drawing import as_problem

    problem = as_problem(drawn)
    return problem.frame, problem.numbers, problem.factors


# --------------------------------------------------------------------------------------------------- words of reviews


def file_named(name: str) -> tuple[Path, str]:
    """Return where a file is, in the folder that the environment names or that of the data sets, and why it is not."""
    folders = [*([Path(os.environ[VARIABLE])] if os.environ.get(VARIABLE) else []), DATASETS]
    found = next((folder / name for folder in folders if (folder / name).exists()), None)
    why = "" if found else f"{name} is not here; the environment variable {VARIABLE} names its folder"
    return found or DATASETS / name, why


def no_reviews() -> str | None:
    """Return why the reviews cannot be used, or None."""
    if importlib.util.find_spec("sklearn") is None:
        return "scikit-learn, which counts the words, is not installed"
    return file_named(REVIEWS)[1] or None


def draw_words(documents: int, words: int, count: int) -> Drawn:
    """Read reviews: log(1 + count) of words and pairs of words, divided by its deviation; whether they recommend."""
    from sklearn.feature_extraction.text import CountVectorizer

    reviews = pd.read_csv(file_named(REVIEWS)[0]).dropna(subset=["Review Text"]).head(documents)
    texts = reviews["Title"].fillna("") + " " + reviews["Review Text"]
    counts = csr_array(CountVectorizer(ngram_range=(1, 2), max_features=words, dtype=np.float64).fit_transform(texts))
    counts.data = np.log1p(counts.data)
    columns = counts @ diags_array(1.0 / column_scale(counts))
    y = reviews["Recommended IND"].to_numpy(dtype=float)
    strengths = grid(largest_strength(columns, y, np.ones(columns.shape[1]), y.mean()), count, 0.05)
    X = csr_array(hstack([np.ones((len(y), 1)), columns], format="csr"))
    arrays = {"values": X.data, "indices": X.indices, "indptr": X.indptr, "y": y, "strengths": strengths}
    return Drawn("penalised-sparse", arrays, {"columns": X.shape[1]})
