"""Cross-validation of rows that are read in chunks: the paths of all rows and without each fold, side by side.

All paths share their passes, and so do the scores of all folds. Where the path of all rows will end is known from that
of the sample before a pass is made; the paths without a fold end there too, and go on where it is longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from logitkit.design.chunks.side_by_side import side_by_side
from logitkit.design.chunks.some_rows import some_rows
from logitkit.design.design import Design
from logitkit.engine.regularised.model import PathModel, PenalisedModel, Predictor
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import PathRecord, expected_size
from logitkit.errors import DataError, LogitkitError
from logitkit.selection.scores import Measure
from logitkit.selection.splits import Splits
from logitkit.selection.unpenalised import path_of
from logitkit.typing import FloatArray

__all__ = ["FoldFit", "named_fold", "paths_in_chunks", "scores_in_chunks"]


@dataclass(frozen=True)
class FoldFit:
    """The path fitted to the rows without a fold.

    Parameters
    ----------
    predictor : callable
        Function of a matrix, coefficients and offset that returns linear predictors at each strength.
    coef : (k, P) array
        Reported coefficients at the strengths of the path.

    Examples
    --------
    >>> FoldFit(lambda matrix, coef, offset: matrix @ coef.T, np.zeros((2, 3))).coef.shape
    (2, 3)
    """

    predictor: Predictor
    coef: FloatArray


@contextmanager
def named_fold(split: int) -> Iterator[None]:
    """Add the number of the fold to errors that are raised in the context.

    Parameters
    ----------
    split : int
        Number of the fold, from 0.

    Yields
    ------
    None
        While the model without the fold is fitted.

    Examples
    --------
    >>> with named_fold(2):
    ...     raise DataError("no rows.")
    Traceback (most recent call last):
    ...
    logitkit.errors.DataError: Without fold 2 (from 0): no rows.
    """
    try:
        yield
    except LogitkitError as error:
        raise type(error)(f"Without fold {split} (from 0): {error}") from error


def _goes_on(_: int) -> bool:
    return True


def paths_in_chunks(
    given: PathModel, strengths: FloatArray, folds: Splits, options: ProxNewton, stops: bool
) -> tuple[PathRecord, list[FoldFit]]:
    """Return the path of all rows and the paths without each fold.

    Parameters
    ----------
    given : PathModel
        The unfitted problem with all rows.
    strengths : (k,) array
        Strengths in descending order.
    folds : Splits
        Folds of the same rows.
    options : ProxNewton
        Options of the solver.
    stops : bool
        Whether the path of all rows may end early; the paths without a fold end at the same strength.

    Returns
    -------
    PathRecord, list of FoldFit
        The paths; those without a fold may be shorter.

    Raises
    ------
    DataError, SeparationError
        As for ``cross_validate_path``.

    Examples
    --------
    >>> paths_in_chunks.__name__
    'paths_in_chunks'
    """
    size, n, p = strengths.size, folds.n_splits, given.scale.size
    if stops and isinstance(given, PenalisedModel):
        size = expected_size(given, strengths, options)

    def whole() -> PathRecord:
        return path_of(given, strengths, options, stops, _goes_on)

    def without(split: int) -> tuple[PathModel, PathRecord]:
        with named_fold(split):
            model = given.of_rows(some_rows(given.design, folds.is_trained(split), n))
            found = path_of(model, strengths[:size], options, False, _goes_on)
            if found.strengths.size == 0:
                raise DataError("no strength was reached.")
        return model, found

    def further(split: int) -> FloatArray:
        model, found = parts[split]
        if found.strengths.size < size:
            return found.coef
        with named_fold(split):
            return np.concatenate([found.coef, path_of(model, strengths[size:n_found], options, False, _goes_on).coef])

    each: list[Callable[[], object]] = [whole, *(partial(without, split) for split in range(n))]
    first, *others = side_by_side(given.design, each, p * p)
    if given.design.stream is not None:
        given.design.stream.require_order("What is held out by place")
    assert isinstance(first, PathRecord)
    parts: list[tuple[PathModel, PathRecord]] = [one for one in others if isinstance(one, tuple)]
    n_found = first.strengths.size
    coef = [found.coef[:n_found] for _, found in parts]
    if n_found > size:
        coef = side_by_side(given.design, [partial(further, split) for split in range(n)], p * p)
    return first, [FoldFit(model.predictor, own) for (model, _), own in zip(parts, coef, strict=True)]


@dataclass(frozen=True)
class _Scored:
    """The task of some rows of a fold: sums of their scores, by strength, and their weight."""

    fit: FoldFit
    measure: Measure
    split: int

    def __call__(self, part: Design) -> tuple[FloatArray, float]:
        """Return the sums over some rows."""
        total = float(part.response.total)
        if total <= 0.0:
            return np.zeros(len(self.fit.coef)), 0.0
        with named_fold(self.split):
            eta = self.fit.predictor(part.matrix, self.fit.coef, part.response.offset)
        return total * self.measure.score(eta, part.response), total


def _both(one: tuple[FloatArray, float], other: tuple[FloatArray, float]) -> tuple[FloatArray, float]:
    """Return the sums over the rows of both."""
    return one[0] + other[0], one[1] + other[1]


def scores_in_chunks(
    design: Design, fits: list[FoldFit], folds: Splits, measure: Measure
) -> list[tuple[FloatArray, float]]:
    """Return the mean score of each fold at each strength, and its weight, in one pass.

    Parameters
    ----------
    design : Design
        All rows.
    fits : list of FoldFit
        Path without each fold.
    folds : Splits
        Splits of the rows.
    measure : Measure
        Measure that is a mean over rows.

    Returns
    -------
    list of ((k,) array, float)
        Scores and weight of each fold.

    Examples
    --------
    >>> scores_in_chunks.__name__
    'scores_in_chunks'
    """

    def score(split: int) -> tuple[FloatArray, float]:
        rows = some_rows(design, folds.is_tested(split), folds.n_splits)
        sums, weight = rows.reduce(_Scored(fits[split], measure, split), _both)
        return sums / weight, weight

    return side_by_side(design, [partial(score, split) for split in range(folds.n_splits)])
