"""The rows that a card was made from, as its fit has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.errors import UnsupportedError
from logitkit.scorecard.binned import Binning
from logitkit.scorecard.card import Card
from logitkit.typing import BoolArray, CodeArray, FloatArray

__all__ = ["OwnRows", "codes_of_woe", "own_rows", "own_woe", "require_distinct_woe"]


@dataclass(frozen=True, eq=False)
class OwnRows:
    """Rows with their bins and outcomes.

    Parameters
    ----------
    codes : (n, v) int array
        The bin of each variable of the card.
    bad : (n,) array of bool
        Events.
    weights : (n,) array
        Weights of the rows.
    count : bool
        Whether weights count rows; else they are what each of n independent rows counts.
    """

    codes: CodeArray
    bad: BoolArray
    weights: FloatArray
    count: bool


def own_rows(card: Card, fit: Any, verb: str) -> OwnRows:
    """Return the rows that a card was made from; a fit that was loaded or pickled has left them behind."""
    if fit is None or fit.design is None:
        raise UnsupportedError(
            f"'{verb}' needs the rows that the card was made from, which a card does not have that was loaded or "
            "pickled. Make the card again from the same rows."
        )
    woe, weights = own_woe(fit)
    response = fit.design.response
    bad = response.y > 0.5
    codes = np.empty((woe.shape[0], len(card.variables)), dtype=np.int32, order="F")
    for j, variable in enumerate(card.variables):
        codes[:, j] = codes_of_woe(variable.binning, woe[:, j])
        own = codes_of_woe(variable.binning, variable.binning.woe)  # of bins that share a weight of evidence the first
        for counted, which in zip(variable.binning.counts, (bad, ~bad), strict=True):
            pooled = np.bincount(own, counted, own.size)
            if not np.allclose(np.bincount(codes[which, j], weights[which], own.size), pooled):
                raise UnsupportedError(
                    f"'{verb}' needs a card whose fit has the rows of its bins, and this one was fitted to others, as "
                    "after reject inference, or its bins were changed. Intervals with woe='given' need no rows."
                )
    return OwnRows(codes, bad, weights, response.weight_kind == "frequency")


def require_distinct_woe(card: Card, verb: str) -> None:
    """Refuse a card of which two bins share a weight of evidence: the rows of a fit do not tell them apart."""
    for variable in card.variables:
        binning = variable.binning
        used = np.flatnonzero(np.sum(binning.counts, axis=0) > 0)
        values, counts = np.unique(binning.woe[used], return_counts=True)
        if (counts > 1).any():
            alike = used[binning.woe[used] == values[np.argmax(counts)]]
            first, second = (binning.rule.labels()[m] for m in alike[:2])
            raise UnsupportedError(
                f"'{verb}': the bins {first!r} and {second!r} of {binning.name!r} have the same weight of evidence, by "
                "which their rows are known. Join them, or take woe='given'."
            )


def own_woe(fit: Any) -> tuple[FloatArray, FloatArray]:
    """Return the weights of evidence of the rows of a fit, shape (n, v), and the weights of the rows."""
    matrix, prior = fit.design.matrix, fit.design.response.prior
    woe = matrix.rows(0, matrix.n_rows).to_dense()[:, 1:]
    return woe, np.ones(matrix.n_rows) if prior is None else prior


def codes_of_woe(binning: Binning, woe: FloatArray) -> CodeArray:
    """Return bins from weights of evidence: of bins that share one, the first that has rows."""
    places = np.flatnonzero(np.sum(binning.counts, axis=0) > 0)
    values, first = np.unique(binning.woe[places], return_index=True)
    at = np.minimum(np.searchsorted(values, woe), values.size - 1)
    return np.asarray(places[first][at], dtype=np.int32)
