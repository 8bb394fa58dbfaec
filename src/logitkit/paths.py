"""The public functions that choose how strong a penalty is: paths and cross-validation."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from logitkit.api import scope_of
from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.frame import read_table
from logitkit.design.reading import BinaryReader
from logitkit.design.ready import ready_design
from logitkit.errors import ConvergenceWarning, DataError, DataWarning
from logitkit.execution.blas import single_threaded_blas
from logitkit.families.binomial import Binomial
from logitkit.families.link import link_named
from logitkit.inference.delta import normal_quantile
from logitkit.penalised_path import PathStatus, solve_path, strength_grid
from logitkit.penalised_problem import ProxNewton, Shrunken, prepare
from logitkit.penalties.elastic_net import Lasso
from logitkit.penalties.specification import Specification
from logitkit.report.path import missing_scores
from logitkit.results.cross_validated import CrossValidated
from logitkit.results.path import Path
from logitkit.selection.cross_validation import cross_validate_path
from logitkit.selection.fold_choice import chosen_folds
from logitkit.selection.folds import Folds
from logitkit.selection.scores import measure_named
from logitkit.typing import MissingPolicy, WeightKind

__all__ = ["cross_validate", "cross_validate_matrix", "path", "path_matrix"]

PATH = ProxNewton(tol=1e-7)


def path(
    formula: str,
    data: Any,
    *,
    penalty: Specification | None = None,
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    missing: MissingPolicy = "drop",
    solver: ProxNewton | None = None,
    level: float = 0.95,
) -> Path:
    r"""Fit a penalised logistic regression at one strength after another.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table
        As in ``logit``.
    penalty : penalty, default lk.Lasso()
        At least one part without a strength.
    n_strengths : int, default 100
        Strengths of the grid, evenly on the log scale from the smallest that chooses nothing.
    ratio : float, optional
        The smallest strength as a share of the largest: 1e-4, or 1e-2 where there are more columns than rows.
    strengths : (k,) array-like, optional
        The strengths themselves. A path over given strengths does not end early.
    weights, offset : str or (n,) array-like, optional
        A column name, or an array aligned with ``data`` before any row is dropped.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``logit``.
    event : object, optional
        The value of the response that is modelled.
    link : {'logit'}
        The link.
    missing : {'drop', 'raise'}
        Rows with missing values are dropped and counted, or refused.
    solver : ProxNewton, optional
        Options of the solver; by default a duality gap of 1e-7 of the null model's loss.
    level : float, default 0.95
        Confidence level of the fits that ``at`` gives.

    Returns
    -------
    Path
        Coefficients by strength, and fits at any of them.

    Raises
    ------
    FormulaError, DataError, ResponseError, SeparationError
        What is wrong with the input, where, and what to do.

    References
    ----------
    Friedman, J., Hastie, T. and Tibshirani, R. (2010) Journal of Statistical Software 33(1).

    Examples
    --------
    >>> import logitkit as lk
    >>> path = lk.path("low ~ age + lwt + race + smoke", lk.datasets.load_lbw(), penalty=lk.Lasso(keep="age"))
    >>> sorted(path.coef.columns[path.coef.iloc[0] != 0])
    ['Intercept', 'age']
    """
    normal_quantile(level)
    design = build_design(
        formula,
        data,
        namespace=scope_of(sys._getframe(1)),  # noqa: SLF001 - the scope of the call
        weights=weights,
        weight_kind=weight_kind,
        offset=offset,
        cluster=None,
        reader=BinaryReader(event),
        missing=missing,
        absorb=None,
    )
    return _path(design, penalty, link, (n_strengths, ratio, strengths), solver, level)


def path_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    penalty: Specification | None = None,
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
    solver: ProxNewton | None = None,
    level: float = 0.95,
) -> Path:
    """Fit a penalised logistic regression to a ready matrix, no intercept added, at one strength after another.

    Parameters
    ----------
    X : (n, p) array, sparse matrix or table of numbers
        Holds its own intercept, as in ``logit_matrix``.
    y : (n,) array-like
        0/1, bool, text or categories with two levels.
    names : sequence of str, optional
        Column names; the one called ``"Intercept"``, of ones, is the intercept, and without it there is none.
    penalty, n_strengths, ratio, strengths : optional
        As in ``path``.
    weights, offset : (n,) array-like, optional
        One value a row.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``logit``.
    event : object, optional
        The value of ``y`` that is modelled.
    link : {'logit'}
        The link.
    solver : ProxNewton, optional
        As in ``path``.
    level : float, default 0.95
        Confidence level of the fits that ``at`` gives.

    Returns
    -------
    Path
        As from ``path``.

    Raises
    ------
    DataError, ResponseError, SeparationError
        What is wrong with the input, where, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> X = np.column_stack([np.ones(6), [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]])
    >>> path = lk.path_matrix(X, [0, 0, 1, 0, 1, 1], ["Intercept", "x"], n_strengths=5)
    >>> path.coef["x"].is_monotonic_increasing
    True
    """
    normal_quantile(level)
    reader = BinaryReader(event)
    design = ready_design(X, y, names, weights=weights, weight_kind=weight_kind, offset=offset, reader=reader)
    return _path(design, penalty, link, (n_strengths, ratio, strengths), solver, level)


def cross_validate(
    formula: str,
    data: Any,
    *,
    penalty: Specification | None = None,
    folds: Any = 10,
    measure: str = "deviance",
    stratify: bool = True,
    groups: Any = None,
    time: Any = None,
    repeats: int = 1,
    seed: int = 0,
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
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
    penalty : penalty, default lk.Lasso()
        At least one part without a strength.
    folds : int, array-like or iterable, default 10
        How many folds; or the fold of each row; or pairs (train, test) of row numbers.
    measure : {'deviance', 'auc', 'brier', 'misclassification'}
        How predictions are scored.
    stratify : bool, default True
        Whether folds that are drawn have about the same share of events.
    groups : str or (n,) array-like, optional
        Rows of a group stay together.
    time : str or (n,) array-like, optional
        Periods are predicted from all rows before them.
    repeats : int, default 1
        How often the rows are divided anew.
    seed : int, default 0
        Draws the folds.
    n_strengths, ratio, strengths, weights, offset, weight_kind, event, link, missing, solver, level : optional
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
    normal_quantile(level)
    design = build_design(
        formula,
        data,
        namespace=scope_of(sys._getframe(1)),  # noqa: SLF001 - the scope of the call
        weights=weights,
        weight_kind=weight_kind,
        offset=offset,
        cluster=None,
        reader=BinaryReader(event),
        missing=missing,
        absorb=None,
    )
    made = chosen_folds(design, read_table(data), folds, (stratify, groups, time, repeats, seed))
    return _cross_validated(design, made, penalty, link, (n_strengths, ratio, strengths), measure, solver, level)


def cross_validate_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    penalty: Specification | None = None,
    folds: Any = 10,
    measure: str = "deviance",
    stratify: bool = True,
    groups: Any = None,
    time: Any = None,
    repeats: int = 1,
    seed: int = 0,
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    event: Any = None,
    link: str = "logit",
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
    penalty, folds, measure, stratify, groups, time, repeats, seed : optional
        As in ``cross_validate``.
    n_strengths, ratio, strengths, weights, offset, weight_kind, event, link, solver, level : optional
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
    normal_quantile(level)
    reader = BinaryReader(event)
    design = ready_design(X, y, names, weights=weights, weight_kind=weight_kind, offset=offset, reader=reader)
    table = read_table({"y": np.asarray(y)})
    made = chosen_folds(design, table, folds, (stratify, groups, time, repeats, seed))
    return _cross_validated(design, made, penalty, link, (n_strengths, ratio, strengths), measure, solver, level)


def _path(
    design: Design,
    penalty: Specification | None,
    link: str,
    grid: tuple[Any, Any, Any],
    solver: ProxNewton | None,
    level: float,
) -> Path:
    options = _options(solver)
    with single_threaded_blas():
        given = prepare(design, Binomial(link_named(link)), Lasso() if penalty is None else penalty)
        record = solve_path(given, _grid(given, grid), options, stops=grid[2] is None)
    if record.status is PathStatus.NOT_CONVERGED:
        warnings.warn(
            f"The path {record.status.value} at the strength {record.strengths[-1]:.4g}. Do not use its last row.",
            ConvergenceWarning,
            stacklevel=3,
        )
    return Path(record, given, level)


def _cross_validated(
    design: Design,
    folds: Folds,
    penalty: Specification | None,
    link: str,
    grid: tuple[Any, Any, Any],
    measure: str,
    solver: ProxNewton | None,
    level: float,
) -> CrossValidated:
    options = _options(solver)
    scored = measure_named(measure)
    with single_threaded_blas():
        given = prepare(design, Binomial(link_named(link)), Lasso() if penalty is None else penalty)
        record = solve_path(given, _grid(given, grid), options, stops=grid[2] is None)
        found = cross_validate_path(given, record, folds, scored, options)
    missing = missing_scores(found)
    if missing:
        warnings.warn(missing, DataWarning, stacklevel=3)
    return CrossValidated(found, given, level)


def _grid(given: Shrunken, grid: tuple[Any, Any, Any]) -> Any:
    n_strengths, ratio, strengths = grid
    return strength_grid(given, n_strengths, ratio, strengths)


def _options(solver: ProxNewton | None) -> ProxNewton:
    if solver is not None and not isinstance(solver, ProxNewton):
        raise DataError(f"solver={solver!r} is not known; give lk.ProxNewton(tol=..., max_iter=...).")
    return solver or PATH
