"""Data of the problems of several outcomes, drawn from a seed or read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np
from drawing import BLOCK, Drawn
from outcome_problems import largest_outcome_strength
from penalised_drawing import file_named, grid
from problems import SEED

CORRELATION, TRUE, EFFECT = 0.5, 20, 0.3
DIGITS, TEXTS = "mnist_5k.csv.gz", ("austen_emma.txt", "austen_prideprejudice.txt")
CONTEXT = 3  # words before the one that is to be told


def choose(eta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an outcome a row, with the probabilities of the softmax: the largest logit with Gumbel noise."""
    return np.asarray((eta + rng.gumbel(size=eta.shape)).argmax(axis=1))


def draw_chain(n: int, p: int, n_outcomes: int) -> dict[str, np.ndarray]:
    """Draw columns each of which is correlated with the one before, and outcomes that the first columns tell apart."""
    rng = np.random.default_rng(SEED)
    coef = np.zeros((p + 1, n_outcomes))
    true = min(TRUE, p)
    coef[: true + 1, 1:] = rng.normal(scale=EFFECT, size=(true + 1, n_outcomes - 1))
    X, y = np.empty((n, p + 1)), np.empty(n, dtype=np.int64)
    for start in range(0, n, BLOCK):
        rows = X[start : start + BLOCK]
        rng.standard_normal(out=rows)
        rows[:, 0] = 1.0
        for j in range(2, p + 1):
            rows[:, j] = CORRELATION * rows[:, j - 1] + np.sqrt(1.0 - CORRELATION**2) * rows[:, j]
        y[start : start + BLOCK] = choose(rows @ coef, rng)
    return {"X": X, "y": y}


def draw_outcomes(n: int, p: int, n_outcomes: int) -> Drawn:
    """Draw a problem without a penalty."""
    return Drawn("outcomes", draw_chain(n, p, n_outcomes), {"n_outcomes": n_outcomes})


def draw_outcome_path(n: int, p: int, n_outcomes: int, grid_of: tuple[int, float]) -> Drawn:
    """Draw the same rows with a lasso path."""
    arrays = draw_chain(n, p, n_outcomes)
    arrays["strengths"] = grid(largest_outcome_strength(arrays["X"][:, 1:], arrays["y"], n_outcomes), *grid_of)
    facts = {"n_outcomes": n_outcomes, "count": grid_of[0], "ratio": f"{grid_of[1]:g}"}
    return Drawn("outcomes", arrays, facts)


def draw_outcome_frame(n: int, numbers: int, levels: tuple[int, ...], n_outcomes: int) -> Drawn:
    """Draw numbers, each correlated with the one before, factors, and outcomes that all of them tell apart."""
    rng = np.random.default_rng(SEED)
    X = draw_chain(n, numbers, 2)["X"][:, 1:]
    eta = np.zeros((n, n_outcomes))
    eta[:, 1:] = X @ rng.normal(scale=EFFECT, size=(numbers, n_outcomes - 1))
    arrays = {"X": X}
    for j, count in enumerate(levels):
        codes = rng.integers(0, count, n).astype(np.int32)
        effects = np.zeros((count, n_outcomes))
        effects[:, 1:] = rng.normal(scale=EFFECT, size=(count, n_outcomes - 1))
        eta += effects[codes]
        arrays[f"codes{j}"] = codes
    arrays["y"] = choose(eta, rng)
    return Drawn("outcome-frame", arrays, {"levels": list(levels), "n_outcomes": n_outcomes})


# ------------------------------------------------------------------------------------------------- digits, next words


def no_digits() -> str | None:
    """Return why the digits cannot be used, or None."""
    return file_named(DIGITS)[1] or None


def no_texts() -> str | None:
    """Return why the texts cannot be used, or None."""
    return next((why for name in TEXTS if (why := file_named(name)[1])), None)


def draw_digits(images: int, step: int, strengths: tuple[float, ...]) -> Drawn:
    """Read pictures of digits, some at even distances, and every pixel or one in some, divided by 255; ridge."""
    table = np.loadtxt(file_named(DIGITS)[0], delimiter=",", skiprows=1)
    table = table[np.linspace(0, len(table) - 1, images).astype(int)]
    X = np.column_stack([np.ones(images), table[:, :-1:step] / 255.0])
    arrays = {"X": X, "y": table[:, -1].astype(np.int64), "strengths": np.array(strengths)}
    return Drawn("outcomes", arrays, {"n_outcomes": 10, "l1_ratio": 0.0, "standardised": False})


def draw_next_words(positions: int, words: int, strength: float) -> Drawn:
    """Read novels: which of the most frequent words comes next, from the three before, each one of these or another."""
    texts = [_words(name) for name in TEXTS]
    counts = Counter(word for text in texts for word in text)
    known = sorted(sorted(counts), key=lambda word: -counts[word])[:words]
    codes = {word: code for code, word in enumerate(known)}
    before: list[tuple[int, ...]] = []
    y: list[int] = []
    for context, code in _positions(texts, codes, words):
        before.append(context)
        y.append(code)
        if len(y) == positions:
            break
    columns = 1 + CONTEXT * (words + 1)
    place = np.array(before) + 1 + np.arange(CONTEXT) * (words + 1)
    indices = np.column_stack([np.zeros(len(y), dtype=np.int64), place]).astype(np.int32)
    arrays = {
        "values": np.ones(indices.size),
        "indices": indices.ravel(),
        "indptr": np.arange(0, indices.size + 1, CONTEXT + 1, dtype=np.int32),
        "y": np.array(y),
        "strengths": np.array([strength]),
    }
    facts = {"columns": columns, "n_outcomes": words, "l1_ratio": 0.0, "standardised": False}
    return Drawn("outcomes-sparse", arrays, {**facts, "positions": f"{len(y):,}"})


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z]+(?:'[a-z]+)?", file_named(name)[0].read_text(encoding="utf-8").lower())


def _positions(texts: list[list[str]], codes: dict[str, int], other: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the codes of the words before, and of the word itself where it is known."""
    for text in texts:
        coded = [codes.get(word, other) for word in text]
        for place in range(CONTEXT, len(coded)):
            if coded[place] != other:
                yield tuple(coded[place - CONTEXT : place]), coded[place]
