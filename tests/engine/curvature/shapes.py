"""Arrows of any size, with the array that each stands for."""

from __future__ import annotations

import numpy as np

from logitkit.design.matrix.arrow import ArrowLayout
from logitkit.engine.curvature.hessian import ArrowHessian

__all__ = ["arrow_and_array", "cells_of"]


def cells_of(rng: np.random.Generator, rows: int, levels: int, others: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the indicators of a factor all of whose levels occur, and numbers of very different sizes beside them."""
    codes = np.concatenate([np.arange(levels), rng.integers(0, levels, rows - levels)])
    return np.eye(levels)[codes], rng.normal(size=(rows, others)) * 10.0 ** rng.uniform(-3, 3, others)


def arrow_and_array(seed: int, levels: int = 30, others: int = 4, rows: int = 300) -> tuple[ArrowHessian, np.ndarray]:
    """Give an arrow whose columns are in random order, and the same as an array."""
    rng = np.random.default_rng(seed)
    top, below = cells_of(rng, rows, levels, others)
    weights = rng.random(rows) + 0.1
    order = rng.permutation(levels + others)
    head, rest = order[:levels].astype(np.int64), order[levels:].astype(np.int64)
    layout = ArrowLayout(np.arange(levels), head, rest, None)
    arrow = ArrowHessian(
        layout,
        weights @ top,
        top.T @ (weights[:, np.newaxis] * below),
        below.T @ (weights[:, np.newaxis] * below),
    )
    cells = np.empty((rows, levels + others))
    cells[:, head], cells[:, rest] = top, below
    return arrow, cells.T @ (weights[:, np.newaxis] * cells)
