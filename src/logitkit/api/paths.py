"""The public functions that choose how strong a penalty is: paths and cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from logitkit.api.scope import caller_scope
from logitkit.design.build import build_design
from logitkit.design.design import Design
from logitkit.design.ready import ready_design
from logitkit.engine.law import require_level
from logitkit.engine.regularised.model import penalised_model
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.path import PathStatus, solve_path, strength_grid
from logitkit.errors import ConvergenceWarning, DataError, warn_caller
from logitkit.models.binary import Binary
from logitkit.models.catalogue import require_model
from logitkit.models.model import Model
from logitkit.models.penalties.elastic_net import Lasso
from logitkit.models.penalties.specification import Specification
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.results.foreign import in_our_words
from logitkit.results.path import Path
from logitkit.typing import MissingPolicy, WeightKind

__all__ = ["path", "path_matrix", "path_options"]

PATH = ProxNewton(tol=1e-7)


@in_our_words
def path(
    formula: str,
    data: Any,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    penalty: Specification = Lasso(),  # noqa: B008 - frozen, and shown in the signature
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    solver: ProxNewton | None = None,
    level: float = 0.95,
) -> Path:
    """Fit a model with a penalty at one strength after another.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table
        As in ``logit``.
    model : model, default lk.Binary()
        What is fitted: of several outcomes ``lk.Multinomial()``, whose symmetric form is penalised unless it states a
        reference.
    penalty : penalty, default lk.Lasso()
        At least one part without a strength.
    n_strengths : int, default 100
        Strengths of the grid, evenly on the log scale from the smallest that chooses nothing.
    ratio : float, optional
        The smallest strength as a proportion of the largest: 1e-4, or 1e-2 where there are more columns than rows.
    strengths : (k,) array-like, optional
        The strengths themselves. A path over given strengths does not end early.
    weights, offset : str, (n,) array-like, or by outcome, optional
        As in ``fit``.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``logit``.
    missing : {'drop', 'raise'}
        Rows with missing values are dropped and counted, or refused.
    solver : ProxNewton, optional
        Options of the solver; by default a duality gap of at most 1e-7 of the null model's loss at each strength. It is
        a bound on a working set and where the rows hold at most 262,144 numbers, and an estimate elsewhere;
        fits that ``at`` gives have a bound of 1e-12.
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
    require_level(level)
    model = require_model(model)
    design = build_design(
        formula,
        data,
        namespace=caller_scope(),
        weights=weights,
        weight_kind=weight_kind,
        reader=model.reader(offset),
        missing=missing,
    )
    return _path(design, model, penalty, (n_strengths, ratio, strengths), solver, level)


@in_our_words
def path_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    penalty: Specification = Lasso(),  # noqa: B008 - frozen, and shown in the signature
    n_strengths: int = 100,
    ratio: float | None = None,
    strengths: Any = None,
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    solver: ProxNewton | None = None,
    level: float = 0.95,
) -> Path:
    """Fit a model with a penalty to a ready matrix, no intercept added, at one strength after another.

    Parameters
    ----------
    X : (n, p) array, sparse matrix or table of numbers
        Holds its own intercept, as in ``logit_matrix``.
    y : (n,) array-like
        A response that the model reads.
    names : sequence of str, optional
        Column names; the one called ``"Intercept"``, of ones, is the intercept, and without it there is none.
    model : model, default lk.Binary()
        As in ``path``.
    penalty, n_strengths, ratio, strengths : optional
        As in ``path``.
    weights, offset, weight_kind : optional
        As in ``fit_matrix``.
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
    require_level(level)
    model = require_model(model)
    design = ready_design(X, y, names, weights=weights, weight_kind=weight_kind, reader=model.reader(offset))
    return _path(design, model, penalty, (n_strengths, ratio, strengths), solver, level)


def _path(
    design: Design,
    model: Model,
    penalty: Specification,
    grid: tuple[Any, Any, Any],
    solver: ProxNewton | None,
    level: float,
) -> Path:
    """Return the path of a design, whichever way its rows came."""
    options = path_options(solver)
    if penalty is None:
        raise DataError(
            "penalty=None: a path is of one strength after another, and a model without a penalty has none. Use "
            "lk.fit; lk.cross_validate(..., penalty=None) says how well it predicts."
        )
    form = model.form(design.info, penalised=True)
    with single_threaded_blas():
        given = penalised_model(design, form, penalty)
        record = solve_path(given, strength_grid(given, *grid), options, stops=grid[2] is None)
    if record.status is PathStatus.NOT_CONVERGED:
        warn_caller(
            f"The path {record.status.value} at the strength {record.strengths[-1]:.4g}. Do not use its last row.",
            ConvergenceWarning,
        )
    return Path(record, given, level)


def path_options(solver: ProxNewton | None) -> ProxNewton:
    """Return the options of a path."""
    if solver is not None and not isinstance(solver, ProxNewton):
        raise DataError(f"solver={solver!r} is not known; give lk.ProxNewton(tol=..., max_iter=...).")
    return solver or PATH
