"""The public functions that choose the strength of a penalty by cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from logitkit.api.labelling import labelled_design
from logitkit.api.paths import path_options
from logitkit.api.reading import read_design
from logitkit.api.scope import caller_scope
from logitkit.api.under import require_ours
from logitkit.design.chunks.reading import Reading
from logitkit.design.chunks.response import let_go
from logitkit.design.chunks.some_rows import named_columns
from logitkit.design.design import Design
from logitkit.design.ready import labelled_rows, ready_design
from logitkit.design.table.frame import read_table
from logitkit.engine.law import require_level
from logitkit.engine.regularised.model import PathModel, penalised_model
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import strength_grid
from logitkit.errors import DataError, DataWarning, warn_caller
from logitkit.models.binary import Binary
from logitkit.models.catalogue import require_model
from logitkit.models.model import Model
from logitkit.models.penalties.elastic_net import Lasso
from logitkit.models.penalties.specification import Specification
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.options import is_count
from logitkit.report.path import missing_scores
from logitkit.results.foreign import in_our_words
from logitkit.results.several.cross_validated import CrossValidated
from logitkit.selection.cross_validation import cross_validate_path
from logitkit.selection.folds import Folds, named_roles, splits_of
from logitkit.selection.scores import Measure, measure_named
from logitkit.selection.splits import Splits
from logitkit.selection.unpenalised import Unpenalised
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from pathlib import Path

    from logitkit.design.chunks.executor import Executor

__all__ = ["cross_validate", "cross_validate_matrix"]


@in_our_words
def cross_validate(
    formula: str,
    data: Any,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    penalty: Specification | None = Lasso(),  # noqa: B008 - frozen, and shown in the signature
    folds: int | Folds = 10,
    measure: str = "deviance",
    bins: int | None = None,
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    solver: ProxNewton | None = None,
    level: float = 0.95,
    memory: int | str | None = None,
    checkpoint: str | Path | None = None,
    executor: Executor | None = None,
    labels: Any = None,
) -> CrossValidated:
    """Choose the strength of a penalty by cross-validation.

    Levels, knots and moments of transforms in the formula are learnt once, from all rows. Columns are standardised and
    models are fitted without the rows held out.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table, or source of rows
        As in ``logit``.
    model : model, default lk.Binary()
        The model to fit, as in ``path``.
    penalty : penalty or None, default lk.Lasso()
        A penalty with at least one part whose strength is not given; or ``None`` for maximum likelihood, which is
        scored as the single strength zero.
    folds : int or lk.Folds, default 10
        Number of folds, stratified by outcome; or ``lk.Folds(...)`` for whole groups, periods of time, repeats, other
        strata, another seed, or given folds.
    measure : {'deviance', 'auc', 'brier', 'misclassification'}
        Score of the predictions.
    bins : int, optional
        For ``measure='auc'`` and rows that are read in chunks: the approximate number of bins in which scores are
        pooled. The result states a bound on the error of the areas. By default areas are exact, from a sort on disk of
        the scores at each strength.
    n_strengths, ratio, strengths, weights, offset, weight_kind : optional
        As in ``path``.
    missing, solver, level : optional
        As in ``path``.
    memory, checkpoint, executor : optional
        For rows that are read in chunks, as in ``fit``.
    labels : lk.labels or mapping, optional
        Labels of variables and levels in printed output, as in ``fit``.

    Returns
    -------
    CrossValidated
        The scores at each strength, and the fits that the selection rules choose.

    Raises
    ------
    FormulaError, DataError, ResponseError, SeparationError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> cv = lk.cross_validate("low ~ age + lwt + race + smoke", births, penalty=lk.Ridge(), folds=5)
    >>> cv.best.penalty.words
    'ridge'
    """
    require_level(level)
    model = require_model(model)
    call = {"folds": folds, "path": (n_strengths, ratio, strengths), "penalty": penalty, "model": model}
    design = read_design(
        formula,
        data,
        Reading(memory, checkpoint, executor, tuple(call.items())),
        namespace=caller_scope(),
        weights=weights,
        weight_kind=weight_kind,
        reader=model.reader(offset),
        missing=missing,
    )
    design = labelled_design(design, labels, data)
    scored = _measure(measure, bins, model, design.in_chunks)
    if design.in_chunks:
        given = getattr(folds, "given", None)
        table = named_columns(design, named_roles(folds), given if isinstance(given, str) else None)
    else:
        table = read_table(data)
    splits = splits_of(folds, design, table)
    del table
    let_go(design.response)
    made = _cross_validated(design, model, penalty, splits, (n_strengths, ratio, strengths), scored, solver, level)
    if design.stream is not None:
        design.stream.end()
    return made


@in_our_words
def cross_validate_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    penalty: Specification | None = Lasso(),  # noqa: B008 - frozen, and shown in the signature
    folds: int | Folds = 10,
    measure: str = "deviance",
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    solver: ProxNewton | None = None,
    level: float = 0.95,
) -> CrossValidated:
    """Choose the strength of a penalty by cross-validation on a ready design matrix, taken as it is.

    Parameters
    ----------
    X : (n, p) array, sparse matrix or table of numbers
        The matrix, with its own intercept, as in ``logit_matrix``.
    y : (n,) array-like
        A response that the model accepts.
    names : sequence of str, optional
        Column names. The column of ones called ``"Intercept"`` is the intercept; without it, the model has none.
    model, penalty, folds, measure : optional
        As in ``cross_validate``; the columns of ``lk.Folds`` are given as arrays.
    n_strengths, ratio, strengths, weights, offset, weight_kind : optional
        As in ``path_matrix``.
    solver, level : optional
        As in ``path_matrix``.

    Returns
    -------
    CrossValidated
        As from ``cross_validate``.

    Raises
    ------
    DataError, ResponseError, SeparationError
        If the input is invalid; the message says what is wrong, where, and what to do.

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
    require_level(level)
    model = require_model(model)
    design = ready_design(X, y, names, weights=weights, weight_kind=weight_kind, reader=model.reader(offset))
    splits = splits_of(folds, design, labelled_rows(y, design.n_rows, design.index))
    scored = _measure(measure, None, model, False)
    return _cross_validated(design, model, penalty, splits, (n_strengths, ratio, strengths), scored, solver, level)


def _measure(name: str, bins: int | None, model: Model, in_chunks: bool) -> Measure:
    """Return the measure that was asked for."""
    measure = measure_named(name, not model.is_single)
    if bins is None:
        return measure
    if measure.name != "auc" or not in_chunks:
        raise DataError(
            f"bins={bins!r:.60} pools the scores of measure='auc', of rows that are read in chunks: leave it out."
        )
    if not is_count(bins, 2):
        raise DataError(f"bins={bins!r:.60} must be a whole number of at least 2, and at most a million.")
    return replace(measure, bins=int(bins))


def _cross_validated(
    design: Design,
    model: Model,
    penalty: Specification | None,
    splits: Splits,
    grid: tuple[Any, Any, Any],
    scored: Measure,
    solver: ProxNewton | None,
    level: float,
) -> CrossValidated:
    """Return the cross-validation for a design."""
    require_ours(model, design, "A cross-validation")
    form = model.form(design.info, penalised=penalty is not None)
    options = path_options(solver)
    if penalty is None and (grid[1:] != (None, None) or solver is not None):
        raise DataError("penalty=None: strengths=, ratio= and solver= apply only with a penalty; leave them out.")
    with single_threaded_blas():
        given: PathModel = Unpenalised(design, form, level)
        strengths = np.zeros(1)
        if penalty is not None:
            given = penalised = penalised_model(design, form, penalty)
            strengths = strength_grid(penalised, *grid)
        found = cross_validate_path(given, strengths, splits, scored, options, stops=grid[2] is None)
    missing = missing_scores(found)
    if missing:
        warn_caller(missing, DataWarning)
    return CrossValidated(found, given, level)
