"""Bands of a score: equal numbers of applicants, accepts and rejects together."""

from __future__ import annotations

import numpy as np

from logitkit.scorecard.rejects.applicants import Applicants
from logitkit.typing import CodeArray, FloatArray

__all__ = ["bands_of"]


def bands_of(own: FloatArray, others: FloatArray, applicants: Applicants, n: int) -> tuple[CodeArray, CodeArray]:
    """Return the band of each accept and of each reject, 0 of the lowest scores; one may be empty by ties."""
    values = np.concatenate([own, others])
    order = np.argsort(values, kind="stable")
    below = np.cumsum(np.concatenate([applicants.accept_weights, applicants.reject_weights])[order])
    edges = values[order][np.searchsorted(below / below[-1], np.arange(1, n) / n)]
    band, of_reject = (np.searchsorted(edges, part, side="right").astype(np.int32) for part in (own, others))
    return band, of_reject
