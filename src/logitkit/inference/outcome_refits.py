"""The same model of several outcomes fitted again and again: to other weights of its rows, or to other outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import ConvergenceError, SeparationError
from logitkit.inference.dependence import dependences_of
from logitkit.numerics.threads.local import ordered_map
from logitkit.typing import BoolArray, FloatArray

__all__ = ["OutcomeRefits", "refit_outcomes"]

LABEL = "Refits"


class OutcomeRefits(NamedTuple):
    """Estimates of B refits.

    Parameters
    ----------
    coef : (B, m p) array
        Infinite where a refit is separated; nan where the data of the refit do not determine the coefficient, or the
        refit has not converged.
    flags : (3, B) bool array
        Which refits are separated, have columns that are dependent in them only, have not converged.

    Examples
    --------
    >>> refits = OutcomeRefits(np.array([[0.5], [np.inf]]), np.array([[False, True], [False, False], [False, False]]))
    >>> int(refits.flags[0].sum())
    1
    """

    coef: FloatArray
    flags: BoolArray


def refit_outcomes(
    record: FitRecord,
    design: Design,
    n_fits: int,
    prior: Callable[[int], FloatArray] | None = None,
    shares: Callable[[int], FloatArray] | None = None,
) -> OutcomeRefits:
    """Fit the model of a record again, to other prior weights or other outcomes of its rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    n_fits : int
        How often, B.
    prior : callable, optional
        Prior weights of a refit by its number from 0, shape (n,); called on any thread.
    shares : callable, optional
        Proportions of outcomes of a refit, shape (K, n).

    Returns
    -------
    OutcomeRefits
        In the order of their numbers.

    Raises
    ------
    SeparationError
        If the fit itself is separated.
    ConvergenceError
        If it has not converged.

    Examples
    --------
    With the weights of the fit, a refit is the fit:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> fit = lk.multinomial("y ~ x", data)
    >>> found = refit_outcomes(fit.record, fit.design, 2, prior=lambda number: np.ones(9))
    >>> bool(np.allclose(found.coef, fit.record.coef, rtol=1e-9))
    True
    """
    if record.limit is not None:
        raise SeparationError(
            "The data of the fit are separated: estimates are infinite, and their distribution over other samples is "
            "not defined. Leave out the terms that separate, or use a penalty."
        )
    if not record.converged:
        raise ConvergenceError(f"The fit has not converged ({record.status.value}); refits would start from nowhere.")
    form, response = record.form, design.response

    def one(number: int) -> tuple[FloatArray, BoolArray]:
        changed = replace(response, clusters=None)
        if prior is not None:
            # Shares of observations are no counts: their kind does not matter for the estimate.
            changed = replace(changed, prior=prior(number), weight_kind="precision")
        if shares is not None:
            changed = changed.with_shares(shares(number))
        found = fit_design(replace(design, response=changed), form, Newton(), record.level)
        fresh = np.setdiff1d(found.aliased, record.aliased)
        coef = found.coef.copy() if found.converged else np.full(found.coef.size, np.nan)
        if fresh.size:
            p = record.predictors.n_columns
            kept = np.setdiff1d(np.arange(p), record.aliased % p)
            rows = design.matrix.take(np.flatnonzero(changed.weights > 0.0)).to_dense()[:, kept]
            lost = dependences_of(rows, np.searchsorted(kept, np.unique(fresh % p))).open_coefficients
            coef.reshape(-1, p)[:, kept[lost]] = np.nan
        return coef, np.array([found.limit is not None, fresh.size > 0, not found.converged])

    coef, flags = np.empty((n_fits, record.coef.size)), np.zeros((3, n_fits), dtype=bool)
    for number, (own, flag) in enumerate(ordered_map(one, n_fits, LABEL)):
        coef[number], flags[:, number] = own, flag
    return OutcomeRefits(coef, flags)
