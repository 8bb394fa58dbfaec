"""The public functions that fit paths of penalised models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from logitkit.api.labelling import labelled_design
from logitkit.api.reading import read_design
from logitkit.api.scope import caller_scope
from logitkit.api.under import require_ours
from logitkit.design.chunks.reading import Reading
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
from logitkit.results.several.path import Path
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    import pathlib

    from logitkit.design.chunks.executor import Executor

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
    memory: int | str | None = None,
    checkpoint: str | pathlib.Path | None = None,
    executor: Executor | None = None,
    labels: Any = None,
) -> Path:
    """Fit a penalised model at a sequence of penalty strengths.

    Parameters
    ----------
    formula : str
        As in ``logit``.
    data : table, or source of rows
        As in ``logit``.
    model : model, default lk.Binary()
        The model to fit. ``lk.Multinomial()``, for several outcomes, is penalised in symmetric form unless it states a
        reference.
    penalty : penalty, default lk.Lasso()
        A penalty with at least one part whose strength is not given.
    n_strengths : int, default 100
        Number of strengths in the grid, evenly spaced on the log scale from the smallest at which no penalised
        coefficient enters.
    ratio : float, optional
        Smallest strength as a proportion of the largest. Default: 1e-4, or 1e-2 if there are more columns than rows.
    strengths : (k,) array-like, optional
        The strengths themselves; such a path does not end early.
    weights, offset : str, (n,) array-like, or by outcome, optional
        As in ``fit``.
    weight_kind : {'frequency', 'precision', 'sampling'}
        What the weights mean, as in ``logit``.
    missing : {'drop', 'raise'}
        Whether to drop and count rows with missing values, or to raise an error.
    solver : ProxNewton, optional
        Options of the solver. By default it stops at each strength when the duality gap is at most 1e-7 of the loss of
        the null model. This gap is a proved bound if a working set is used or if the design has at most 262,144
        numbers, and an estimate otherwise. Fits returned by ``at`` have a proved gap of at most 1e-12.
    level : float, default 0.95
        Confidence level of the fits returned by ``at``.
    memory, checkpoint, executor : optional
        For rows that are read in chunks, as in ``fit``.
    labels : lk.labels or mapping, optional
        Labels of variables and levels in printed output, as in ``fit``.

    Returns
    -------
    Path
        The coefficients at each strength, and a fit at any strength.

    Raises
    ------
    FormulaError, DataError, ResponseError, SeparationError
        If the input is invalid; the message says what is wrong, where, and what to do.

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
    call = {"path": (n_strengths, ratio, strengths), "penalty": penalty, "solver": solver, "model": model}
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
    """Fit a penalised model to a ready design matrix, taken as it is, at a sequence of penalty strengths.

    Parameters
    ----------
    X : (n, p) array, sparse matrix or table of numbers
        The matrix, with its own intercept, as in ``logit_matrix``.
    y : (n,) array-like
        A response that the model accepts.
    names : sequence of str, optional
        Column names. The column of ones called ``"Intercept"`` is the intercept; without it, the model has none.
    model : model, default lk.Binary()
        As in ``path``.
    penalty, n_strengths, ratio, strengths : optional
        As in ``path``.
    weights, offset, weight_kind : optional
        As in ``fit_matrix``.
    solver : ProxNewton, optional
        As in ``path``.
    level : float, default 0.95
        Confidence level of the fits returned by ``at``.

    Returns
    -------
    Path
        As from ``path``.

    Raises
    ------
    DataError, ResponseError, SeparationError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> X = np.column_stack([np.ones(6), [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]])
    >>> path = lk.path_matrix(X, [0, 0, 1, 0, 1, 1], ["Intercept", "x"], n_strengths=4)
    >>> path.coef["x"].round(3).tolist()
    [0.0, 1.793, 2.101, 2.118]
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
    """Return the path for a design."""
    options = path_options(solver)
    if penalty is None:
        raise DataError(
            "penalty=None: a path is a sequence of penalty strengths, and a model without a penalty has no strength. "
            "Use lk.fit; lk.cross_validate(..., penalty=None) estimates how well it predicts."
        )
    require_ours(model, design, "A path")
    form = model.form(design.info, penalised=True)
    with single_threaded_blas():
        given = penalised_model(design, form, penalty)
        record = solve_path(given, strength_grid(given, *grid), options, stops=grid[2] is None)
    if design.stream is not None:
        design.stream.end()
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
