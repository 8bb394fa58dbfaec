"""Areas under the ROC curves of folds of rows that are read in chunks: by sorts on disk, or of scores in bins.

With c_a(s) the weighted trials of outcome a at the score s, and b(s) those of outcome b below s and half of those at s,
the chance that a row with a is ranked above one with b is the sum of c_a(s) b(s) over scores, over the numbers of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import numpy as np

from logitkit.design.chunks.side_by_side import side_by_side
from logitkit.design.chunks.some_rows import some_rows
from logitkit.design.chunks.stream import Stream
from logitkit.design.design import Design
from logitkit.design.info import DesignInfo
from logitkit.diagnostics.rows.ranking import ROUNDING
from logitkit.models.multinomial import Multinomial
from logitkit.numerics.external_sort import ExternalSort
from logitkit.numerics.pooled import Pooled, pooled
from logitkit.selection.folds_in_chunks import FoldFit, named_fold
from logitkit.selection.splits import Splits
from logitkit.typing import FloatArray

__all__ = ["areas_by_bins", "areas_by_sorting", "placed_pairs"]


def placed_pairs(blocks: Iterable[Pooled], n_outcomes: int) -> FloatArray:
    """Return the probabilities that a row with one outcome is ranked above a row with another.

    Parameters
    ----------
    blocks : iterable of Pooled
        Scores in ascending order, with the trials of each outcome.
    n_outcomes : int
        Number of outcomes.

    Returns
    -------
    (K, K) array
        Probabilities, with the first outcome by row; nan if an outcome does not occur.

    Examples
    --------
    >>> block = Pooled(np.array([1.0, 2.0, 3.0]), np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]))
    >>> float(placed_pairs([block], 2)[1, 0])
    0.875
    """
    below, sums = np.zeros(n_outcomes), np.zeros((n_outcomes, n_outcomes))
    for block in blocks:
        counts = block.sums
        place = below[:, None] + np.cumsum(counts, axis=1) - 0.5 * counts
        sums += counts @ place.T
        below = below + counts.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums / np.multiply.outer(below, below))


@dataclass(frozen=True)
class _Ranked:
    """Scores of some rows of a fold, and the trials of each outcome.

    Parameters
    ----------
    fit : FoldFit
        Of the rows without the fold.
    split : int
        Its number.
    """

    fit: FoldFit
    split: int

    def __call__(self, part: Design) -> tuple[FloatArray, FloatArray]:
        """Return scores, shape (k, r, n), of r rankings of n rows of positive weight, and trials, shape (K, n)."""
        response = part.response
        used = np.flatnonzero(response.weights > 0.0)
        if used.size < response.n_rows:
            part, response = part.take(used), response.take(used)
        with named_fold(self.split):
            eta = self.fit.predictor(part.matrix, self.fit.coef, response.offset)
        counts = response.weights * response.indicators()
        if eta.ndim == 2:
            return np.ascontiguousarray(eta.T)[:, None, :], counts
        family = Multinomial(len(eta))
        return np.stack([family.probabilities(eta[:, :, j]) for j in range(eta.shape[2])]), counts


@dataclass(frozen=True)
class _RankedByFold:
    """The task of some rows of all folds: scores and trials of those of each."""

    folds: tuple[Stream, ...]
    info: DesignInfo
    tasks: tuple[_Ranked, ...]

    def __call__(self, part: Design) -> list[tuple[FloatArray, FloatArray]]:
        """Return them for each fold."""
        every = zip(self.folds, self.tasks, strict=True)
        return [task(rows.within(part, self.info, True)) for rows, task in every]


def _area(pairs: list[FloatArray]) -> float:
    """Return the area of an event, or Hand and Till's mean over pairs of outcomes, of the chances by each ranking."""
    if len(pairs) == 1:
        return float(pairs[0][1, 0])
    k = len(pairs)
    return float(np.mean([pairs[a][a, b] for a in range(k) for b in range(k) if a != b]))


class _Sorts:
    """The rows of a fold in each order."""

    def __init__(self, stack: ExitStack, memory: int) -> None:
        self.stack, self.memory = stack, memory
        self.by_strength: list[list[ExternalSort]] = []
        self.largest: FloatArray = np.ones((0, 0))
        self.known: list[bool] = []
        self.n_outcomes, self.weight = 2, 0.0

    def add(self, scores: FloatArray, counts: FloatArray) -> None:
        """Take some rows."""
        k, r, n = scores.shape
        self.n_outcomes = len(counts)
        if not self.by_strength:
            width, memory = len(counts) + 1, max(self.memory // (k * r), 1)
            self.by_strength = [
                [self.stack.enter_context(ExternalSort(width, memory, pooled=True)) for _ in range(r)] for _ in range(k)
            ]
            self.largest, self.known = np.ones((k, r)), [True] * k
        self.weight += float(counts.sum())
        for j in range(k if n else 0):
            self.known[j] = self.known[j] and not np.isnan(scores[j]).any()
            if not self.known[j]:
                continue
            for number, sort in enumerate(self.by_strength[j]):
                own = scores[j, number]
                self.largest[j, number] = max(self.largest[j, number], np.abs(own[np.isfinite(own)]).max(initial=0.0))
                sort.add(np.column_stack([own, counts.T]))

    def areas(self) -> FloatArray:
        """Return the area at each strength."""
        found = np.full(len(self.by_strength), np.nan)
        for j, sorts in enumerate(self.by_strength):
            if self.known[j]:
                found[j] = _area([self._pairs(sort, self.largest[j, r]) for r, sort in enumerate(sorts)])
        return found

    def _pairs(self, sort: ExternalSort, largest: float) -> FloatArray:
        blocks = ((block[:, 0], block[:, 1:].T) for block in sort.blocks())
        return placed_pairs(pooled(blocks, ROUNDING * largest), self.n_outcomes)


def areas_by_sorting(design: Design, fits: list[FoldFit], folds: Splits) -> list[tuple[FloatArray, float]]:
    """Return the area of each fold at each strength, and its weight, by one pass and sorting on disk.

    Parameters
    ----------
    design : Design
        All rows, in chunks.
    fits : list of FoldFit
        Path without each fold.
    folds : Splits
        Splits of the rows.

    Returns
    -------
    list of ((k,) array, float)
        Areas and weight of each fold; nan if an outcome does not occur.

    Examples
    --------
    >>> areas_by_sorting.__name__
    'areas_by_sorting'
    """
    stream = design.stream
    assert stream is not None
    held_out = [some_rows(design, folds.test(split)).stream for split in range(folds.n_splits)]
    rows = tuple(one for one in held_out if one is not None)
    ranked = _RankedByFold(rows, design.info, tuple(_Ranked(fit, split) for split, fit in enumerate(fits)))
    with ExitStack() as stack:
        sorts = [_Sorts(stack, stream.memory // (2 * len(fits))) for _ in fits]
        for every in design.each(ranked):
            for sort, (scores, counts) in zip(sorts, every, strict=True):
                sort.add(scores, counts)
        stream.require_order("What is held out by place")
        return [(sort.areas(), sort.weight) for sort in sorts]


@dataclass(frozen=True)
class _Binned:
    """The task of some rows of a fold: the trials of each outcome in bins of each order."""

    ranked: _Ranked
    edges: tuple[tuple[FloatArray, ...], ...]

    def __call__(self, part: Design) -> list[list[FloatArray]]:
        """Return the sums over some rows, shape (K, bins), by strength and order."""
        scores, counts = self.ranked(part)
        return [
            [self._sums(own, counts, edge) for own, edge in zip(each, edges, strict=True)]
            for each, edges in zip(scores, self.edges, strict=True)
        ]

    def _sums(self, scores: FloatArray, counts: FloatArray, edge: FloatArray) -> FloatArray:
        place = np.searchsorted(edge, scores, side="right") - 1
        sums: FloatArray = np.stack([np.bincount(place, each, edge.size).astype(np.float64) for each in counts])
        return np.where(np.isnan(scores).any(), np.nan, sums)


def _added(one: list[list[FloatArray]], other: list[list[FloatArray]]) -> list[list[FloatArray]]:
    """Return the sums over the rows of both."""
    return [[a + b for a, b in zip(*each, strict=True)] for each in zip(one, other, strict=True)]


def _edges(scores: FloatArray, bins: int) -> FloatArray:
    """Return where bins begin: quantiles of the scores of a sample."""
    inside = np.sort(scores)[np.arange(1, bins) * scores.size // bins] if scores.size else scores
    return np.unique(np.append(inside[~np.isnan(inside)], -np.inf))


def areas_by_bins(
    design: Design, fits: list[FoldFit], folds: Splits, bins: int
) -> tuple[list[tuple[FloatArray, float]], float]:
    """Return the area of each fold at each strength, and its weight, from binned scores in one pass.

    Parameters
    ----------
    design : Design
        All rows, in chunks.
    fits : list of FoldFit
        Path without each fold.
    folds : Splits
        Splits of the rows.
    bins : int
        Approximate number of bins, between quantiles of the sample.

    Returns
    -------
    list of ((k,) array, float), float
        Areas and weight of each fold, and a bound on the error that binning causes in any of the areas.

    Examples
    --------
    >>> areas_by_bins.__name__
    'areas_by_bins'
    """

    def areas(split: int) -> tuple[FloatArray, float, float]:
        rows, ranked = some_rows(design, folds.test(split)), _Ranked(fits[split], split)
        of_sample = ranked(rows.sample)[0]
        edges = tuple(tuple(_edges(own, bins) for own in each) for each in of_sample)
        found = rows.reduce(_Binned(ranked, edges), _added)
        area, bound = [], []
        for each, own in zip(found, edges, strict=True):
            pairs = [placed_pairs([Pooled(edge, sums)], len(sums)) for sums, edge in zip(each, own, strict=True)]
            area.append(_area(pairs))
            bound += list(_bounds(each))
        return np.array(area), float(found[0][0].sum()), max(bound)

    every = side_by_side(design, [partial(areas, split) for split in range(folds.n_splits)])
    return [(area, weight) for area, weight, _ in every], max(bound for *_, bound in every)


def _bounds(tables: list[FloatArray]) -> Iterator[float]:
    """Yield, for each order, half the proportion of pairs whose scores are in one bin, at most over pairs."""
    for sums in tables:
        totals = sums.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            tied = 0.5 * (sums @ sums.T) / np.multiply.outer(totals, totals)
        away = tied[~np.eye(len(totals), dtype=bool)]
        yield float(np.nanmax(away, initial=0.0))
