r"""Cross-validation of a path: the same strengths fitted without each fold, and scored on it.

Columns are standardised by the rows that a fold is trained on. Equations are those of
``docs/maths/cross-validation.md``.

References
----------
Hastie, T., Tibshirani, R. and Friedman, J. (2009) The Elements of Statistical Learning, 2nd edition, section 7.10.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from logitkit.design.chunks.some_rows import some_rows
from logitkit.design.design import Design
from logitkit.engine.regularised.model import PathModel, Predictor
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import PathRecord
from logitkit.errors import DataError
from logitkit.models.penalties.elastic_net import AdaptiveLasso
from logitkit.models.penalties.specification import parts_of
from logitkit.selection.areas_in_chunks import areas_by_bins, areas_by_sorting
from logitkit.selection.fold_threads import each_fold, leaves_a_thread_idle
from logitkit.selection.folds_in_chunks import named_fold, paths_in_chunks, scores_in_chunks
from logitkit.selection.path_latch import PathLatch
from logitkit.selection.rules import ScoreCurve, best_strength, one_se_strength, score_curve
from logitkit.selection.scores import Measure
from logitkit.selection.splits import Splits
from logitkit.selection.unpenalised import path_of
from logitkit.typing import FloatArray, IntArray

__all__ = ["CrossValidation", "cross_validate_path", "rows_of_design"]

NOT_HELD: IntArray = np.empty(0, dtype=np.int64)  # the rows of a fold, where predictions are not kept
BESIDE = "Folds and the path for all rows"  # what a progress bar counts where both are at work


@dataclass(frozen=True)
class CrossValidation:
    """Scores of a path on rows to which it was not fitted.

    Parameters
    ----------
    path : PathRecord
        Path fitted to all rows.
    folds : Splits
        Rows that each split held out.
    measure : Measure
        Measure of predictive performance.
    scores : (s, k) array
        Score of each split at each strength; nan if there is none.
    curve : ScoreCurve
        Mean and standard error at each strength.
    best, one_se : int
        Positions of the strength with the best mean score, and of the largest strength within one standard error of it.
    logits : (n, k) or (K, n, k) array or None
        Held-out linear predictors; None unless every row is held out exactly once.
    first_given : bool
        Whether the initial estimates of an adaptive lasso were given as numbers. They are then the same for every split
        and may depend on held-out rows.
    learnt : tuple of str
        Transforms of the formula that were estimated from all rows, including those held out.

    Examples
    --------
    >>> import logitkit as lk
    >>> cv = lk.cross_validate("low ~ age + lwt + smoke", lk.datasets.load_lbw(), folds=3, n_strengths=5)
    >>> bool(cv.record.curve.mean[cv.record.best] == cv.record.curve.mean.min())
    True
    """

    path: PathRecord
    folds: Splits
    measure: Measure
    scores: FloatArray
    curve: ScoreCurve
    best: int
    one_se: int
    logits: FloatArray | None
    first_given: bool = False
    learnt: tuple[str, ...] = ()


class _HeldOut(NamedTuple):
    """Rows of a split, their linear predictors, scores and total weight."""

    rows: IntArray
    eta: FloatArray | None
    scores: FloatArray
    weight: float


def cross_validate_path(
    given: PathModel, strengths: FloatArray, folds: Splits, measure: Measure, options: ProxNewton, stops: bool
) -> CrossValidation:
    """Fit a path to all rows and a path without each fold, and score each fold.

    Parameters
    ----------
    given : PathModel
        The unfitted problem with all rows.
    strengths : (k,) array
        Strengths in descending order.
    folds : Splits
        Folds of the same rows.
    measure : Measure
        Measure of predictive performance.
    options : ProxNewton
        Options of the solver.
    stops : bool
        Whether the path of all rows may end early, depending on its deviance; the paths of the folds end at the same
        strength.

    Returns
    -------
    CrossValidation
        The result. Splits run in parallel, and the result is identical for any number of threads.

    Raises
    ------
    DataError, SeparationError
        If the model of all rows, or that without a fold, cannot be fitted; the message names the fold.

    Examples
    --------
    Every row is predicted by a model that was fitted without it:

    >>> import logitkit as lk
    >>> cv = lk.cross_validate("low ~ age + lwt + smoke", lk.datasets.load_lbw(), folds=3, n_strengths=5)
    >>> cv.record.logits.shape
    (189, 5)
    """
    if given.design.in_chunks:
        return _in_chunks(given, strengths, folds, measure, options, stops)
    n, matrix, latch = folds.n_splits, given.design.matrix, PathLatch()

    def whole() -> PathRecord:
        size = 0
        try:
            path = path_of(given, strengths, options, stops, latch.advance)
            size = path.strengths.size
        finally:
            latch.close(size)
        return path

    def held_out(split: int) -> _HeldOut:
        test = folds.test(split)
        eta = _held_out(given, strengths, latch, folds.train(split), test, options, split)
        response = given.design.response.take(test)
        return _HeldOut(test, eta, measure.score(eta, response), response.total)

    if leaves_a_thread_idle(n, matrix):
        # All of them first: the table of predictions is made when no fold holds its rows any more.
        done = list(each_fold(lambda task: held_out(task - 1) if task else whole(), n + 1, matrix, label=BESIDE))
        held = [one for one in done if isinstance(one, _HeldOut)]
        return _collected(given, next(one for one in done if isinstance(one, PathRecord)), held, folds, measure)
    path = whole()
    return _collected(given, path, each_fold(held_out, n, matrix), folds, measure)


def _in_chunks(
    given: PathModel, strengths: FloatArray, folds: Splits, measure: Measure, options: ProxNewton, stops: bool
) -> CrossValidation:
    """Return the cross-validation of rows that are read in chunks, without their predictions."""
    path, fits = paths_in_chunks(given, strengths, folds, options, stops)
    if measure.name != "auc":
        scored = scores_in_chunks(given.design, fits, folds, measure)
    elif measure.bins is None:
        scored = areas_by_sorting(given.design, fits, folds)
    else:
        scored, bound = areas_by_bins(given.design, fits, folds, measure.bins)
        measure = measure.within(bound)
    held = [
        _HeldOut(NOT_HELD, None, np.append(scores, np.full(path.strengths.size - scores.size, np.nan)), weight)
        for split, (scores, weight) in enumerate(scored)
    ]
    return _collected(given, path, held, folds, measure)


def _collected(
    given: PathModel, path: PathRecord, every: Iterable[_HeldOut], folds: Splits, measure: Measure
) -> CrossValidation:
    k = path.strengths.size
    scores, weights = np.full((folds.n_splits, k), np.nan), np.empty(folds.n_splits)
    held_once = folds.n_repeats == 1 and not folds.overlapping
    logits: FloatArray | None = None
    for split, held in enumerate(every):
        scores[split], weights[split] = held.scores, held.weight
        if held_once and held.eta is not None:
            logits = np.full((*held.eta.shape[:-2], given.design.n_rows, k), np.nan) if logits is None else logits
            logits[..., held.rows, :] = held.eta
    curve = score_curve(scores, weights, folds.repeats)
    larger = measure.larger_is_better
    if k == 1 and np.isinf(curve.mean[0]):  # a row that is certain to be what it is not; there is no choice
        best = one_se = 0
    else:
        best = best_strength(path.strengths, curve, larger_is_better=larger)
        one_se = one_se_strength(path.strengths, curve, larger_is_better=larger)
    first_given = any(isinstance(part, AdaptiveLasso) and part.first_given for part in parts_of(given.specification))
    coding = given.design.info.coding
    learnt = () if coding is None else coding.learnt
    return CrossValidation(path, folds, measure, scores, curve, best, one_se, logits, first_given, learnt)


def _without(
    given: PathModel, strengths: FloatArray, latch: PathLatch, train: IntArray, options: ProxNewton, split: int
) -> tuple[Predictor, PathRecord]:
    """Return the path of the rows without a fold, and what predicts by it; the rows are given back."""
    with named_fold(split):
        model = given.of_rows(rows_of_design(given.design, train))
        found = path_of(model, strengths, options, False, latch.wait_for)
        if found.strengths.size == 0:
            raise DataError("no strength was reached.")
    return model.predictor, found


def _held_out(
    given: PathModel,
    strengths: FloatArray,
    latch: PathLatch,
    train: IntArray,
    test: IntArray,
    options: ProxNewton,
    split: int,
) -> FloatArray:
    """Return linear predictors of the rows of a fold, from the path of the other rows; nan where it ended before."""
    design = given.design
    predictor, found = _without(given, strengths, latch, train, options, split)
    with named_fold(split):
        part = predictor(design.matrix.take(test), found.coef, design.response.take(test).offset)
    if len(found.coef) == latch.size:
        return part
    eta = np.full((*part.shape[:-1], latch.size), np.nan)
    eta[..., : len(found.coef)] = part
    return eta


def rows_of_design(design: Design, index: IntArray) -> Design:
    """Return the design of a subset of rows.

    Parameters
    ----------
    design : Design
        All rows.
    index : int array
        Positions of the rows.

    Returns
    -------
    Design
        The rows, with the facts known about the columns.

    Examples
    --------
    >>> from logitkit.design.ready import ready_design
    >>> rows_of_design(ready_design(np.ones((3, 1)), [0, 1, 1]), np.array([0, 2])).response.y.tolist()
    [0.0, 1.0]
    """
    if design.in_chunks:
        return some_rows(design, index)
    matrix, response = design.matrix.take(index), design.response.take(index)
    return replace(design, matrix=matrix, response=response, positions=design.positions[index])
