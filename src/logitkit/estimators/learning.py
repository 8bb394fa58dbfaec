"""``fit`` by mini-batches, for an estimator with a stochastic solver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from logitkit.api.streams import learn, learn_matrix
from logitkit.design.formula.terms import INTERCEPT
from logitkit.engine.stochastic.options import Stochastic
from logitkit.errors import UnsupportedError
from logitkit.estimators.outcomes import Classes
from logitkit.estimators.verb import Verb
from logitkit.results.stochastic import StochasticFit
from logitkit.typing import FloatArray

__all__ = ["forget", "learn_rows", "ridge_of"]

LEARNT = Verb(learn_matrix, learn)


def learn_rows(estimator: Any, rows: Any, target: Classes, weights: FloatArray | None) -> None:
    """Learn the coefficients of an estimator from rows visited in random order, and store them.

    Parameters
    ----------
    estimator : FitWithPenalty
        Estimator with a stochastic solver; the result is stored in ``learnt_``.
    rows : Columns or FormulaRows
        Validated rows.
    target : Classes
        Their labels.
    weights : (n,) array or None
        Weights of precision.

    Raises
    ------
    LogitkitError
        If the parameters cannot be learnt in mini-batches, or if the rows are not valid.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> from logitkit.estimators.columns import Columns
    >>> from logitkit.estimators.outcomes import classes_of
    >>> model, target = LogitClassifier(solver=Stochastic()), classes_of(np.arange(8) % 2, "Model", several=False)
    >>> learn_rows(model, Columns(np.arange(8.0)[:, None], ("x",), fit_intercept=True), target, None)
    >>> model.coef_.shape, model.learnt_.names
    ((1, 1), ('Intercept', 'x'))
    """
    solver = ridge_of(estimator, "solver=lk.Stochastic(...)")
    # The batch optimum is what lk.learn has beside it: finding it costs more than learning does.
    found: StochasticFit = rows.fit(LEARNT, target, weights, {"solver": solver, "compared": False})
    forget(estimator)
    names = found.names
    own = INTERCEPT in names if estimator.formula is not None else bool(estimator.fit_intercept)
    place = names.index(INTERCEPT) if own else None
    estimator.classes_, estimator.learnt_, estimator.loss_ = target.classes, found, found.mean_loss
    estimator.coef_names_ = np.array([name for j, name in enumerate(names) if j != place], dtype=object)
    table = found.estimate
    estimator.coef_ = table.copy() if place is None else np.delete(table, place, axis=1)
    estimator.intercept_ = np.zeros(len(table)) if place is None else table[:, place].copy()
    estimator.n_iter_ = np.array([len(found.losses)])


def forget(estimator: Any, but: str = "") -> None:
    """Delete what belongs to replaced coefficients: a fit, a result of learning, or a stream.

    Parameters
    ----------
    estimator : estimator
        Estimator, which stores at most one of them.
    but : str
        The attribute that is kept.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> model = LogitClassifier().fit(np.arange(6.0)[:, None], [0, 1, 0, 1, 0, 1])
    >>> forget(model)
    >>> hasattr(model, "fit_")
    False
    """
    for name in ("fit_", "learnt_", "stream_"):
        if name != but and hasattr(estimator, name):
            delattr(estimator, name)


def ridge_of(estimator: Any, what: str) -> Stochastic:
    """Return the options of a stochastic solver with ``strength`` as its ridge; other penalties are refused.

    Parameters
    ----------
    estimator : FitWithPenalty
        Its parameters.
    what : str
        Name of the caller, for the message.

    Returns
    -------
    Stochastic
        The options; the default ones if there is no solver.

    Examples
    --------
    >>> from logitkit.estimators import LogitClassifier
    >>> ridge_of(LogitClassifier(strength=0.1), "partial_fit").ridge
    0.1
    """
    if estimator.penalty is not None or estimator.C is not None or estimator.l1_ratio:
        raise UnsupportedError(f"{what} has no penalty but a ridge: strength=, or solver=lk.Stochastic(ridge=...).")
    given = Stochastic() if estimator.solver is None else estimator.solver
    return given if estimator.strength is None else replace(given, ridge=float(estimator.strength))
