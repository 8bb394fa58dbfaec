"""Learning in mini-batches, from a formula and rows of any source or from a ready matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from logitkit.api.reading import read_design
from logitkit.api.scope import caller_scope
from logitkit.design.chunks.reading import Reading
from logitkit.design.design import Design
from logitkit.design.ready import ready_design
from logitkit.engine.stochastic.learn import learn_design
from logitkit.engine.stochastic.options import Stochastic, stated
from logitkit.models.binary import Binary
from logitkit.models.catalogue import require_model
from logitkit.models.model import Model
from logitkit.options import require_flag
from logitkit.typing import MissingPolicy, WeightKind

if TYPE_CHECKING:
    from logitkit.results.stochastic import StochasticFit

__all__ = ["learn", "learn_matrix"]


def learn(
    formula: str,
    data: Any,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    solver: Stochastic = Stochastic(),  # noqa: B008 - the same
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    missing: MissingPolicy = "drop",
    compared: bool = True,
    memory: int | str | None = None,
) -> StochasticFit:
    """Learn a model in mini-batches: SGD, RMSprop, Adam or SAGA.

    ``lk.fit`` finds the optimum itself, with standard errors and tests, and is at least as fast with up to a few
    thousand coefficients. Use ``lk.learn`` for streams, for more coefficients, and for dropout.

    Parameters
    ----------
    formula : str
        As in ``fit``.
    data : table, or source of rows
        As in ``fit``: a table, or files that are read in chunks, in one pass per epoch. Chunks are read in the order of
        the source, and their rows in random order. Shuffle sorted files first; a warning says so if outcomes differ
        between chunks.
    model : model, default lk.Binary()
        ``lk.Binary()``, ``lk.Binary(event="yes")`` or ``lk.Multinomial()``.
    solver : Stochastic
        The algorithm and its options.
    weights, offset, weight_kind : optional
        As in ``fit``. Plug-in standard errors treat frequencies as counts of rows, and square other weights.
    missing : {'drop', 'raise'}
        As in ``fit``.
    compared : bool, default True
        Whether to find the batch optimum too, by Newton's method on the same rows, and to report the distance from it.
    memory : int or str, optional
        For rows that are read in chunks, as in ``fit``.

    Returns
    -------
    StochasticFit
        The fit, with ``coef``, ``losses``, ``excess`` over the batch optimum, and ``predict``.

    Raises
    ------
    LogitkitError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.learn("low ~ age + lwt + smoke", births, solver=lk.Stochastic("saga", batch=8, epochs=100))
    >>> fit.coef.round(3).to_dict(), bool(fit.excess < 1e-6)
    ({'Intercept': 1.366, 'age': -0.039, 'lwt': -0.012, 'smoke': 0.671}, True)
    """
    model, namespace = require_model(model), caller_scope()
    design = read_design(
        formula,
        data,
        Reading(memory, None, None, (("model", model),)),
        namespace=namespace,
        weights=weights,
        weight_kind=weight_kind,
        reader=model.reader(offset),
        missing=missing,
    )
    return _learnt(design, model, solver, compared)


def learn_matrix(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    *,
    model: Model = Binary(),  # noqa: B008 - frozen, and shown in the signature
    solver: Stochastic = Stochastic(),  # noqa: B008 - the same
    weights: Any = None,
    offset: Any = None,
    weight_kind: WeightKind = "frequency",
    compared: bool = True,
) -> StochasticFit:
    """Learn a model in mini-batches from a ready design matrix, taken as it is: no intercept is added.

    Parameters
    ----------
    X : (n, p) array, scipy sparse matrix or table of numbers
        The design matrix; float32 and float64 arrays in C order are not copied.
    y : (n,) array-like
        A response that the model accepts.
    names : sequence of str, optional
        Column names; the column of ones called ``"Intercept"`` is the intercept.
    model, solver, weights, offset, weight_kind, compared : object
        As in ``learn``.

    Returns
    -------
    StochasticFit
        As from ``learn``.

    Raises
    ------
    LogitkitError
        If the input is invalid; the message says what is wrong, where, and what to do.

    Examples
    --------
    >>> import numpy as np
    >>> import logitkit as lk
    >>> solver = lk.Stochastic("saga", epochs=40)
    >>> fit = lk.learn_matrix(np.ones((400, 1)), np.arange(400) % 4 == 0, ["Intercept"], solver=solver)
    >>> round(float(fit.coef["Intercept"]), 2), round(float(np.log(1 / 3)), 2)
    (-1.1, -1.1)
    """
    model = require_model(model)
    design = ready_design(X, y, names, weights=weights, weight_kind=weight_kind, reader=model.reader(offset))
    return _learnt(design, model, solver, compared)


def _learnt(design: Design, model: Model, solver: Stochastic, compared: bool) -> StochasticFit:
    """Return what was learnt from a design."""
    from logitkit.results.stochastic import fit_of_learnt

    require_flag("compared", compared)
    form = model.form(design.info, penalised=False)
    learnt = learn_design(design, form, stated(solver), compared)
    if design.stream is not None:
        design.stream.end()
    return fit_of_learnt(learnt, form, design.info, solver)
