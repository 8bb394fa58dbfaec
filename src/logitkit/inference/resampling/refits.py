r"""Refits of a model with other weights of its rows, or with other outcomes.

All refits share one matrix, in coordinates of the fit, and start from its estimate (``docs/maths/resampling.md``,
equations 1 to 3). A refit is accepted if its own solution proves that the estimate exists
(``docs/maths/separation.md``, theorem 1) and that its columns are independent. Any other is repeated as a single fit,
which detects separation and aliasing exactly. Results do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

import numpy as np

from logitkit.design.design import Design
from logitkit.design.matrix.matrix import Matrix
from logitkit.design.response.response import Response
from logitkit.engine.bias.estimate import fit_again
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.rank import CLEAR_SHARE
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.small import SmallFits, is_small, solve_small
from logitkit.engine.solvers.solver import Status, overlap_bound
from logitkit.inference.dependence import dependences_of
from logitkit.inference.functions import column_of, function_sides
from logitkit.inference.likelihood import Likelihood, likelihood_of
from logitkit.inference.verbs import require
from logitkit.numerics.threads.blas import single_threaded_blas
from logitkit.numerics.threads.local import ordered_map
from logitkit.numerics.threads.progress import progress
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["Refits", "ReplicateFunctions", "certain_fits", "refit", "refits_from"]

CHUNK_CELLS = 1 << 17  # of weights or outcomes that are drawn at a time: 1 MiB
CHUNK_MOST = 64
IN_TURN = 4_096  # rows whose weights are drawn in so short a time that threads would wait for the interpreter's lock
CELLS_TOGETHER = 1 << 16  # rows times coefficients of a refit that is too small to fill the threads by itself
LABEL = "Refits"


@dataclass(frozen=True, eq=False)
class ReplicateFunctions:
    """Nonlinear functions of the coefficients of refits.

    Parameters
    ----------
    names : tuple of str
        m names.
    estimate : (m,) array
        Their values at the estimates of the fit.
    at : callable
        Function of flat coefficients, (p,), and of the limit of a separated refit, or None, that returns m values.
    used : int array
        The coefficients that they depend on.

    Examples
    --------
    >>> ratio = ReplicateFunctions(("a/b",), np.ones(1), lambda coef, _: coef[:1] / coef[1:], np.arange(2))
    >>> ratio.at(np.array([6.0, 3.0]), None).tolist()
    [2.0]
    """

    names: tuple[str, ...]
    estimate: FloatArray
    at: Callable[[FloatArray, FitRecord | None], FloatArray]
    used: IntArray


@dataclass(frozen=True)
class Refits:
    """Estimates of B refits.

    Parameters
    ----------
    coef : (B, p) array
        Coefficients; infinite where a refit is separated; nan where the data of the refit do not determine the
        coefficient, or the refit did not converge.
    separated, aliased, unconverged : (B,) bool array
        Status of each refit. In an aliased refit, columns are linearly dependent that are not dependent in all rows.
    limits : mapping of int to FitRecord
        The separated refits by their number, from which the limits of functions are computed.

    Examples
    --------
    >>> none = np.zeros(2, dtype=bool)
    >>> Refits(np.array([[0.5], [np.inf]]), np.array([False, True]), none, none).coef.ravel().tolist()
    [0.5, inf]
    """

    coef: FloatArray
    separated: BoolArray
    aliased: BoolArray
    unconverged: BoolArray
    limits: Mapping[int, FitRecord] = field(default_factory=dict, repr=False)

    def functions(self, functions: FloatArray, constant: FloatArray) -> Refits:
        """Return the refits of linear functions of the coefficients.

        In a separated refit, a function of infinite coefficients may have a finite limit, which is then returned.

        Parameters
        ----------
        functions : (m, p) array
            One row per function.
        constant : (m,) array
            Constants that are added to them.

        Returns
        -------
        Refits
            Refits of m functions, with the same status.
        """
        values = np.empty((self.coef.shape[0], functions.shape[0]))
        used = functions != 0.0
        with np.errstate(invalid="ignore"):
            for k, row in enumerate(functions):
                values[:, k] = self.coef[:, used[k]] @ row[used[k]]
            for number, found in self.limits.items():
                known = ~(used & np.isnan(self.coef[number])).any(axis=1) | (not self.aliased[number])
                sides = function_sides(found, functions)
                finite = functions @ found.coordinates.coef(found.inner_coef)
                values[number] = np.where(known, np.where(sides == 0.0, finite, sides * np.inf), np.nan)
        return replace(self, coef=values + constant, limits={})

    def mapped(self, functions: ReplicateFunctions) -> Refits:
        """Return the refits of nonlinear functions.

        Parameters
        ----------
        functions : ReplicateFunctions
            m functions.

        Returns
        -------
        Refits
            Refits with the same status; nan if a refit that is not separated lacks a coefficient that is used.
        """
        missing = np.full(len(functions.names), np.nan)

        def value(number: int) -> FloatArray:
            known = number in self.limits or np.isfinite(self.coef[number, functions.used]).all()
            if self.aliased[number] or not known:
                return missing
            return functions.at(self.coef[number], self.limits.get(number))

        values = np.stack(list(ordered_map(value, len(self.coef), LABEL)))
        return replace(self, coef=values, limits={})


def refit(
    record: FitRecord,
    design: Design,
    n_fits: int,
    *,
    prior: Callable[[int], FloatArray] | None = None,
    outcome: Callable[[int], FloatArray] | None = None,
) -> Refits:
    """Refit the model of a record with other prior weights or other outcomes of its rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    n_fits : int
        Number of refits, B.
    prior : callable, optional
        Function that returns the prior weights of a refit by its number from 0, shape (n,); called on any thread,
        possibly twice.
    outcome : callable, optional
        Function that returns the proportions of the outcomes of a refit, shape (K, n).

    Returns
    -------
    Refits
        The refits, in the order of their numbers.

    Raises
    ------
    SeparationError
        If the fit itself is separated.
    ConvergenceError
        If the fit itself did not converge.
    UnsupportedError
        If the model has a penalty, which refits would not have, an absorbed factor, or a factor with so many levels
        that they are eliminated.

    Examples
    --------
    With the weights of the fit, a refit equals the fit:

    >>> import logitkit as lk
    >>> data = {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]}
    >>> fit = lk.logit("y ~ x", data)
    >>> found = refit(fit.record, fit.design, 2, prior=lambda number: np.ones(6))
    >>> bool(np.allclose(found.coef, fit.coef, rtol=1e-9))
    True
    """
    require(record, "refit")
    model = likelihood_of(record, design)
    response_of = _responses(design, prior, outcome)
    coef = np.full((n_fits, record.coef.size), np.nan)
    certain = np.zeros(n_fits, dtype=bool)
    with single_threaded_blas():
        if model.coef.size and record.adjustment is None:
            inner = np.empty((n_fits, model.coef.size))
            if record.family.is_logit and is_small(model.matrix.n_rows, model.matrix.n_columns):
                _small(model, response_of, inner, certain, (prior is not None, outcome is not None))
            else:
                _one_by_one(model, response_of, inner, certain)
            coef = model.flat(inner)
    return refits_from(record, design, coef, certain, prior, outcome)


def refits_from(
    record: FitRecord,
    design: Design,
    coef: FloatArray,
    certain: BoolArray,
    prior: Callable[[int], FloatArray] | None = None,
    outcome: Callable[[int], FloatArray] | None = None,
) -> Refits:
    """Return refits from fits of which some are proved; the others are fitted one by one.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows.
    coef : (B, p) array
        Flat coefficients.
    certain : (B,) bool array
        Which fits are proved.
    prior, outcome : callable, optional
        As in ``refit``.

    Returns
    -------
    Refits
        The refits, in the order of their numbers.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 0, 1, 1], "x": [1.0, 2.0, 2.5, 3.0, 3.5, 5.0]})
    >>> unproved = np.zeros(1, dtype=bool)
    >>> found = refits_from(fit.record, fit.design, np.zeros((1, 2)), unproved, lambda number: np.ones(6))
    >>> bool(np.allclose(found.coef, fit.coef, rtol=1e-9))
    True
    """
    n_fits = certain.size
    response_of = _responses(design, prior, outcome)
    known = np.full((n_fits, record.coef.size), np.nan)
    kept = np.setdiff1d(np.arange(record.coef.size), record.aliased)
    known[:, kept] = coef[:, kept]
    flags = np.zeros((3, n_fits), dtype=bool)
    doubtful, limits = np.flatnonzero(~certain).tolist(), {}
    with single_threaded_blas(), progress(len(doubtful), "Refits to check") as shown:
        for number in doubtful:
            changed = response_of(number)
            found = fit_again(record, replace(design, response=changed))
            known[number] = _determined(found, record, design.matrix, changed)
            fresh = found.aliased.size > record.aliased.size
            flags[:, number] = found.is_separated, fresh, not found.converged
            if found.is_separated and found.converged:
                limits[number] = found
            shown.advance()
    return Refits(known, flags[0], flags[1], flags[2], limits)


def _responses(
    design: Design, prior: Callable[[int], FloatArray] | None, outcome: Callable[[int], FloatArray] | None
) -> Callable[[int], Response]:
    """Return the response of a refit as a function of its number."""
    response = replace(design.response, clusters=None)

    def response_of(number: int) -> Response:
        changed = response
        if prior is not None:
            # Proportions of observations are no counts: their kind does not matter for the estimate.
            changed = replace(changed, prior=prior(number), weight_kind="precision")
        return changed if outcome is None else changed.with_shares(outcome(number))

    return response_of


def certain_fits(fits: SmallFits) -> BoolArray:
    """Return which fits prove by themselves that the estimate exists and that the columns are independent.

    Parameters
    ----------
    fits : SmallFits
        m fits.

    Returns
    -------
    (m,) bool array
        The certificate of ``overlap_is_certain`` and the rule of ``least_share``, of all fits at once.

    Examples
    --------
    >>> y, rows = np.array([0.0, 1.0, 1.0, 1.0]), np.array([[0, 4], [2, 4]])
    >>> certain_fits(solve_small(np.ones((4, 1)), y, np.ones(4), None, rows, np.zeros(1), Newton())).tolist()
    [True, False]
    """
    with np.errstate(invalid="ignore"):
        overlap = fits.definite & (fits.closest > overlap_bound(fits.decrement**2))
        return np.asarray(fits.converged & overlap & (fits.share >= CLEAR_SHARE))


def _small(
    model: Likelihood,
    response_of: Callable[[int], Response],
    inner: FloatArray,
    certain: BoolArray,
    changes: tuple[bool, bool],
) -> None:
    """Refit in compiled code, some refits at a time, on threads."""
    n_fits = inner.shape[0]
    X = np.ascontiguousarray(model.matrix.to_dense())
    n = X.shape[0]
    size = min(max(CHUNK_CELLS // n, 1), CHUNK_MOST)
    sizes = [min(size, n_fits - first) for first in range(0, n_fits, size)]
    # Each call of compiled code gives up the interpreter's lock: two threads that draw hand it over all the time.
    turn: AbstractContextManager[Any] = Lock() if n <= IN_TURN else nullcontext()

    def run(chunk: int) -> SmallFits:
        first = chunk * size
        with turn:
            responses = [response_of(number) for number in range(first, min(first + size, n_fits))]
            weights, y = (
                np.stack([getattr(r, name) for r in (responses if changed else responses[:1])])
                for name, changed in (("weights", changes[0]), ("y", changes[1]))
            )
        bounds = np.tile(np.array([[0, n]]), (len(responses), 1))
        return solve_small(X, y, weights, responses[0].shift, bounds, model.coef, Newton())

    for chunk, fits in enumerate(ordered_map(run, len(sizes), LABEL, sizes=sizes)):
        rows = slice(chunk * size, chunk * size + len(fits.coef))
        inner[rows] = fits.coef
        certain[rows] = certain_fits(fits)


def _one_by_one(
    model: Likelihood, response_of: Callable[[int], Response], inner: FloatArray, certain: BoolArray
) -> None:
    """Refit on threads, or large designs one after another: each fills the threads by itself."""

    def run(number: int) -> tuple[FloatArray, bool]:
        solution = Newton().solve(model.objective(response_of(number)), model.coef)
        hessian = solution.evaluation.hessian
        proven = (
            solution.status is Status.CONVERGED
            and overlap_is_certain(solution)
            and hessian is not None
            and hessian.factorise().least_pivot >= CLEAR_SHARE
        )
        return solution.coef, bool(proven)

    n_fits = inner.shape[0]
    if model.matrix.n_rows * model.coef.size <= CELLS_TOGETHER:
        for number, (coef, proven) in enumerate(ordered_map(run, n_fits, LABEL)):
            inner[number], certain[number] = coef, proven
        return
    with progress(n_fits, LABEL) as shown:
        for number in range(n_fits):
            inner[number], certain[number] = run(number)
            shown.advance()


def _determined(found: FitRecord, record: FitRecord, matrix: Matrix, response: Response) -> FloatArray:
    """Return the coefficients of a refit, nan where its data leave them open.

    A column that only this refit lacks takes with it every coefficient that the dependence involves: without the
    reference level, say, the others are differences from another one.
    """
    if not found.converged:
        return np.full(found.coef.shape, np.nan)
    fresh, columns = np.setdiff1d(found.aliased, record.aliased), column_of(record)
    coef = found.coef.copy()
    if fresh.size:
        kept = np.setdiff1d(columns, columns[record.aliased])
        rows = matrix.take(np.flatnonzero(response.weights > 0.0)).to_dense()[:, kept]
        found_open = dependences_of(rows, np.searchsorted(kept, np.unique(columns[fresh]))).open_coefficients
        coef[np.isin(columns, kept[found_open])] = np.nan
    return coef
