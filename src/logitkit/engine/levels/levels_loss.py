"""The loss of the null model of absorbed levels: one intercept per level, and the offset."""

from __future__ import annotations

from typing import Any

import numpy as np

from logitkit.design.response.response import Response
from logitkit.typing import IntArray

__all__ = ["levels_loss"]

LEVEL_TOL = 1e-10  # of the intercept of a level: its loss is then exact to rounding
LEVEL_STEPS = 200


def levels_loss(response: Response, codes: IntArray, n_levels: int, family: Any) -> float:
    """Return the loss of the model with one intercept per level and the offset only.

    Examples
    --------
    >>> from logitkit.models.binomial import Binomial
    >>> response = Response(np.array([0.0, 1.0, 1.0, 0.0]))
    >>> bool(np.isclose(levels_loss(response, np.array([0, 0, 1, 1]), 2, Binomial()), 4 * np.log(2)))
    True
    """
    weights, y, shift = response.weights, response.y, response.shift
    events = np.bincount(codes, weights * y, n_levels)
    total = np.bincount(codes, weights, n_levels)
    varied = (events > 0.0) & (events < total)
    share = np.where(varied, events, 0.5) / np.where(varied, total, 1.0)
    intercepts = family.link.link(share)
    if shift is not None:
        low, high = np.full(n_levels, np.inf), np.full(n_levels, -np.inf)
        np.minimum.at(low, codes, shift)
        np.maximum.at(high, codes, shift)
        low, high = (np.where(varied, intercepts - end, 0.0) for end in (high, low))
        intercepts = np.where(varied, 0.5 * (low + high), 0.0)
        for _ in range(LEVEL_STEPS):
            eta = intercepts[codes] + shift
            score = np.bincount(codes, weights * (y - family.mean(eta)), n_levels)
            curvature = np.bincount(codes, weights * family.variance(eta), n_levels)
            low, high = np.where(score > 0.0, intercepts, low), np.where(score < 0.0, intercepts, high)
            moved = intercepts + score / np.maximum(curvature, 1e-300)
            moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
            moved = np.where(varied, moved, 0.0)
            done = bool(np.all(np.abs(moved - intercepts) <= LEVEL_TOL * np.maximum(1.0, np.abs(intercepts))))
            intercepts = moved
            if done:
                break
    if shift is None:  # the loss of a row is linear in its response: one of each outcome stands for a level's rows
        losses = (family.loss(intercepts, np.full(n_levels, outcome)) for outcome in (1.0, 0.0))
        of_event, of_nonevent = (loss[varied] for loss in losses)
        return float(events[varied] @ of_event + (total - events)[varied] @ of_nonevent)
    rows = varied[codes]
    eta = intercepts[codes] + shift
    return float(weights[rows] @ family.loss(eta[rows], y[rows]))
