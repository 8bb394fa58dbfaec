"""The public functions that choose the strength of a penalty by cross-validation."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from logitkit.api.functions import scope_of
from logitkit.api.model_words import ModelWords
from logitkit.api.nominal import First
from logitkit.api.paths import path_options
from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.ready import labelled_rows, ready_design
from logitkit.design.table.frame import read_table
from logitkit.engine.regularised.model import PathModel
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import strength_grid
from logitkit.errors import DataError, DataWarning, warn_caller
from logitkit.inference.delta import normal_quantile
from logitkit.models.penalties.elastic_net import Lasso
from logitkit.models.penalties.specification import Specification
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.report.path import missing_scores
from logitkit.results.cross_validated import CrossValidated
from logitkit.results.foreign import in_our_words
from logitkit.selection.cross_validation import cross_validate_path
from logitkit.selection.folds import Folds, splits_of
from logitkit.selection.scores import measure_named
from logitkit.selection.splits import Splits
from logitkit.typing import MissingPolicy, ModelKind, WeightKind

__all__ = ["cross_validate", "cross_validate_matrix"]


@in_our_words
def cross_validate(
    formula: str,
    data: Any,
    *,
    penalty: Specification | None = Lasso(),  # noqa: B008 - frozen, and shown in the signature
    folds: int | Folds = 10,
    measure: str = "deviance",
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    model: ModelKind = "logit",
    reference: Any = First.FIRST,
    missing: MissingPolicy = "drop",
    solver: ProxNewton | None = None,
    level: float = 0.95,
) -> CrossValidated:
    """Choose the strength of a penalty by how well it predicts rows that were left out.

    Transforms of the formula (levels, knots, moments) are learnt from all rows once; columns are standardised, and
    the models fitted, without the rows that are predicted.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table
        As in ``logit``.
    penalty : penalty or None, default lk.Lasso()
        At least one part without a strength; ``None`` for the model without a penalty, fitted by maximum likelihood
        without each fold: its scores are those of the one strength zero.
    folds : int or lk.Folds, default 10
        Number of folds, drawn with the outcomes spread evenly; or ``lk.Folds(...)``: of whole groups, by time,
        repeated, stratified by a column too, from another seed, or given.
    measure : {'deviance', 'auc', 'brier', 'misclassification'}
        How predictions are scored.
    n_strengths, ratio, strengths, weights, offset, weight_kind, event : optional
        As in ``path``.
    link, model, reference, missing, solver, level : optional
        As in ``path``.

    Returns
    -------
    CrossValidated
        Scores by strength, and the fits that the rules choose.

    Raises
    ------
    FormulaError, DataError, ResponseError, SeparationError
        What is wrong with the input, where, and what to do.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> cv = lk.cross_validate("low ~ age + lwt + race + smoke", births, penalty=lk.Ridge(), folds=5)
    >>> cv.best.penalty.words
    'ridge'
    """
    scope = scope_of(sys._getframe(2))  # noqa: SLF001 - the scope of the call
    rows = partial(
        build_design, formula, data, namespace=scope, weights=weights, weight_kind=weight_kind, missing=missing
    )
    words = ModelWords(model, event, reference, link, offset)
    grid = (n_strengths, ratio, strengths)

    def divided(design: Design) -> Splits:
        return splits_of(folds, design, read_table(data))

    return _cross_validated(rows, words, penalty, grid, divided, measure, solver, level)


@in_our_words
def cross_validate_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    penalty: Specification | None = Lasso(),  # noqa: B008 - frozen, and shown in the signature
    folds: int | Folds = 10,
    measure: str = "deviance",
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    model: ModelKind = "logit",
    reference: Any = First.FIRST,
    solver: ProxNewton | None = None,
    level: float = 0.95,
) -> CrossValidated:
    """Choose the strength of a penalty on a ready matrix, no intercept added, by how well left out rows are predicted.

    Parameters
    ----------
    X : (n, p) array, sparse matrix or table of numbers
        Holds its own intercept, as in ``logit_matrix``.
    y : (n,) array-like
        0/1, bool, text or categories with two levels.
    names : sequence of str, optional
        Column names; the one called ``"Intercept"``, of ones, is the intercept, and without it there is none.
    penalty, folds, measure : optional
        As in ``cross_validate``; columns of ``lk.Folds`` are given as values.
    n_strengths, ratio, strengths, weights, offset, weight_kind, event : optional
        As in ``path_matrix``.
    link, model, reference, solver, level : optional
        As in ``path_matrix``.

    Returns
    -------
    CrossValidated
        As from ``cross_validate``.

    Raises
    ------
    DataError, ResponseError, SeparationError
        What is wrong with the input, where, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> x = np.tile([1.0, 2.0, 2.5, 3.0, 3.5, 5.0], 5)
    >>> X = np.column_stack([np.ones(30), x])
    >>> cv = lk.cross_validate_matrix(X, np.tile([0, 0, 1, 0, 1, 1], 5), ["Intercept", "x"], folds=3, n_strengths=5)
    >>> cv.scores.shape
    (5, 3)
    """
    rows = partial(ready_design, X, y, names, weights=weights, weight_kind=weight_kind)
    words = ModelWords(model, event, reference, link, offset)
    grid = (n_strengths, ratio, strengths)

    def divided(design: Design) -> Splits:
        return splits_of(folds, design, labelled_rows(y, design.n_rows, design.index))

    return _cross_validated(rows, words, penalty, grid, divided, measure, solver, level)


def _cross_validated(
    rows: Callable[..., Design],
    words: ModelWords,
    penalty: Specification | None,
    grid: tuple[Any, Any, Any],
    divided: Callable[[Design], Splits],
    measure: str,
    solver: ProxNewton | None,
    level: float,
) -> CrossValidated:
    """Return the cross-validation of rows, whichever way they come."""
    normal_quantile(level)
    design = words.design(rows)
    splits = divided(design)
    given: PathModel = words.unpenalised(design, level)
    penalised = None if penalty is None else words.penalised(design, penalty)
    options, several = path_options(solver), bool(design.info.response.levels)
    scored = measure_named(measure, several)
    if penalty is None and (grid[1:] != (None, None) or solver is not None):
        raise DataError("penalty=None: strengths=, ratio= and solver= are for a penalty; leave them out.")
    with single_threaded_blas():
        strengths = np.zeros(1)
        if penalised is not None:
            given, strengths = penalised, strength_grid(penalised, *grid)
        found = cross_validate_path(given, strengths, splits, scored, options, stops=grid[2] is None)
    missing = missing_scores(found)
    if missing:
        warn_caller(missing, DataWarning)
    return CrossValidated(found, given, level)
