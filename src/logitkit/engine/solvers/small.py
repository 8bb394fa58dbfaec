r"""Many small fits at once, each wholly in compiled code: the same rows with other weights, or slices of the rows.

The iteration is Newton's method as in :mod:`logitkit.engine.solvers.newton`, with the same stopping rule. What is out
of the ordinary (no curvature, a step that must be cut many times, coefficients that seem to run to infinity) is not
solved here: the fit is handed back as not converged, and the caller takes the way of single fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logitkit.engine.curvature.hessian import DEFINITE, DenseHessian
from logitkit.engine.evaluation import Evaluation
from logitkit.engine.solvers.newton import ARMIJO, ROUNDING, Newton
from logitkit.engine.solvers.solver import Solution, Status, Step
from logitkit.numerics.kernels import logit_fits as kernel
from logitkit.numerics.read_only import read_only
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["SingleFit", "SmallFits", "is_small", "pays_alone", "solve_single", "solve_small"]

COLUMNS_MOST = 64  # above it a blocked factorisation is faster
CELLS_ALONE, PRODUCTS_ALONE = 1_000_000, 15_000_000  # of a fit by itself: n p and n p^2, from which a sample is faster
TRACED_MOST = 100  # iterations of a single fit: what takes more is out of the ordinary
CELLS_MOST = 1 << 19  # 4 MiB: above it the rows of one fit outgrow the cache, and fill the threads by themselves


@dataclass(frozen=True)
class SmallFits:
    """Results of m fits.

    Parameters
    ----------
    coef : (m, p) array
        Solutions where ``converged``, else where the iteration stopped.
    information : (m, p, p) or (0, p, p) array
        Information at the last evaluation; empty unless asked for.
    value : (m,) array
        Negative log-likelihood without the binomial constant, at the solutions where ``converged``.
    decrement : (m,) array
        Newton decrement at the last evaluation.
    closest : (m,) array
        Least weighted distance between outcome and mean among rows of one outcome.
    share : (m,) array
        Least squared pivot of the information scaled to a unit diagonal: what a column has of its own.
    iterations : (m,) int array
        Steps that were searched.
    converged : (m,) bool array
        Whether the tolerance was reached.
    """

    coef: FloatArray
    information: FloatArray
    value: FloatArray
    decrement: FloatArray
    closest: FloatArray
    share: FloatArray
    iterations: IntArray
    converged: BoolArray

    @property
    def definite(self) -> BoolArray:
        """Whether the information is positive definite well above rounding, shape (m,)."""
        return np.asarray(self.share > DEFINITE)


class SingleFit(NamedTuple):
    """One fit.

    Parameters
    ----------
    solution : Solution
        As of the general solver.
    share : float
        Least squared pivot of the information scaled to a unit diagonal: what a column has of its own.
    covariance : (p, p) array
        Inverse of the information.
    """

    solution: Solution
    share: float
    covariance: FloatArray


def is_small(n_rows: int, n_columns: int) -> bool:
    """Tell whether a fit of this size belongs here.

    Examples
    --------
    >>> is_small(1_000, 10), is_small(1_000_000, 10), is_small(1_000, 0)
    (True, False, False)
    """
    return 0 < n_columns <= COLUMNS_MOST and n_rows * n_columns <= CELLS_MOST


def pays_alone(n_rows: int, n_columns: int) -> bool:
    """Tell whether a single fit of this size takes longer by the calls of the general solver than in compiled code.

    Examples
    --------
    >>> pays_alone(1_000, 10), pays_alone(10_000, 50)
    (True, False)
    """
    cells = n_rows * n_columns
    return 0 < n_columns <= COLUMNS_MOST and cells < CELLS_ALONE and cells * n_columns < PRODUCTS_ALONE


def solve_small(
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    offset: FloatArray | None,
    bounds: IntArray,
    start: FloatArray,
    solver: Newton,
    information: bool = False,
) -> SmallFits:
    """Fit many logistic regressions on one thread.

    Examples
    --------
    The estimate of a proportion is its logit, and its information n times the variance of a row:

    >>> y = np.array([0.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    >>> rows = np.array([[0, 4], [4, 6]])
    >>> fits = solve_small(np.ones((6, 1)), y, np.ones(6), None, rows, np.zeros(1), Newton(), information=True)
    >>> bool(np.allclose(fits.coef[:, 0], [np.log(3), 0])), fits.information.ravel()
    (True, array([0.75, 0.5 ]))
    """
    m, p = bounds.shape[0], X.shape[1]
    room = _room(m, p, 0, m if information else 0, 0, 0)
    _fit(X, y, weights, offset, bounds, start, solver, room)
    report = room.report
    converged, squared = report[:, kernel.ENDED] == kernel.CONVERGED, report[:, kernel.SQUARED]
    return SmallFits(
        room.coef,
        room.information,
        report[:, kernel.VALUE] - np.where(converged, 0.5 * squared, 0.0),
        np.sqrt(squared),
        report[:, kernel.CLOSEST],
        report[:, kernel.PIVOT],
        report[:, kernel.STEPS].astype(np.int64),
        converged,
    )


def solve_single(
    X: FloatArray, y: FloatArray, weights: FloatArray, offset: FloatArray | None, start: FloatArray, solver: Newton
) -> SingleFit | None:
    """Fit one logistic regression; None where it has not converged.

    Examples
    --------
    >>> y = np.array([0.0, 1.0, 1.0, 1.0])
    >>> solution, share, covariance = solve_single(np.ones((4, 1)), y, np.ones(4), None, np.zeros(1), Newton())
    >>> bool(np.isclose(solution.coef[0], np.log(3))), bool(np.isclose(solution.trace[0].value, 4 * np.log(2)))
    (True, True)
    >>> round(float(covariance[0, 0]), 9)  # one over n times the variance of a row
    1.333333333
    """
    n, p = X.shape
    room = _room(1, p, 1, 1, 1, min(solver.max_iter, TRACED_MOST))
    _fit(X, y, weights, offset, np.array([[0, n]]), start, solver, room)
    value, squared, closest, share, steps, ended, fitted, matched = room.report[0].tolist()
    if ended != kernel.CONVERGED or steps > TRACED_MOST:
        return None
    here = Evaluation(value - 0.5 * squared, room.slope[0], DenseHessian(room.information[0]), closest, fitted, matched)
    searched = room.trace[0, : int(steps)].tolist()
    done = [Step(k, value, math.sqrt(squared), length) for k, (value, squared, length) in enumerate(searched)]
    decrement = math.sqrt(squared)
    done.append(Step(len(done), value, decrement, 0.0))
    solution = Solution(room.coef[0], here, decrement, Status.CONVERGED, tuple(done), share > DEFINITE)
    return SingleFit(solution, share, room.inverse[0])


class _Room(NamedTuple):
    """Arrays that compiled code overwrites; what is not asked for is empty."""

    coef: FloatArray
    slope: FloatArray
    information: FloatArray
    inverse: FloatArray
    trace: FloatArray
    report: FloatArray


def _room(m: int, p: int, slopes: int, information: int, inverse: int, traced: int) -> _Room:
    """Return room for m fits of p columns, and for so many gradients, matrices and iterations."""
    empty = np.empty
    matrices = empty((information, p, p)), empty((inverse, p, p))
    return _Room(empty((m, p)), empty((slopes, p)), *matrices, empty((m, traced, 3)), empty((m, kernel.REPORTED)))


def _fit(
    X: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    offset: FloatArray | None,
    bounds: IntArray,
    start: FloatArray,
    solver: Newton,
    room: _Room,
) -> None:
    """Fit in compiled code, which takes arrays of one kind only: another is compiled again."""
    kernel.logit_fits(
        read_only(np.asarray(X, dtype=np.float64)),
        read_only(y if y.ndim == 2 else y[None]),
        read_only(weights if weights.ndim == 2 else weights[None]),
        read_only(np.zeros(X.shape[0]) if offset is None else offset),
        read_only(np.asarray(bounds, dtype=np.int64)),
        np.array(start, ndmin=2, order="C"),
        float(solver.tol),
        int(solver.max_iter),
        ARMIJO,
        ROUNDING,
        *room,
    )
