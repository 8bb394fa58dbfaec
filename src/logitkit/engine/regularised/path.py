r"""A path: the penalised model at one strength after another, from the strongest.

The grid runs from the smallest strength at which nothing is chosen, evenly on the log scale. It ends early, with a
named status, when the model explains nearly all of the deviance, which is what nearly separated outcomes look like,
or when a smaller strength explains no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from logitkit.engine.regularised.existence import require_bounded
from logitkit.engine.regularised.model import PenalisedModel, equations_of, names_of, title_of
from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.prox_newton import Solved
from logitkit.engine.regularised.runs import AHEAD, in_runs, path_of_sample
from logitkit.engine.regularised.sequence import StrengthSequence
from logitkit.engine.solvers.solver import Status
from logitkit.errors import DataError, SeparationError
from logitkit.numerics.threads.progress import progress
from logitkit.options import is_count
from logitkit.typing import FloatArray, IntArray

__all__ = ["PathRecord", "PathStatus", "expected_size", "solve_path", "stated_strengths", "strength_grid"]

EXPLAINED_MOST = 0.999
GAIN_LEAST = 1e-5  # of the deviance explained so far
STRENGTHS_LEAST = 5
RATIO_TALL, RATIO_WIDE = 1e-4, 1e-2
GIVEN_BACK = np.empty(0)


class PathStatus(Enum):
    """How a path ended; the value is the sentence that the user reads."""

    COMPLETE = "complete"
    EXPLAINED = "ended early: the model explains 99.9% of the deviance; the outcomes are separated or nearly so"
    FLAT = "ended early: smaller strengths explain no more deviance"
    NO_REFIT = (
        "ended early: the columns selected by the lasso separate the outcomes, so the refit has no finite estimates"
    )
    NOT_CONVERGED = "ended early: the solver did not reach its tolerance"


@dataclass(frozen=True)
class PathRecord:
    """Coefficients at each strength, and what is known of them.

    Parameters
    ----------
    names : tuple of str
        Names of the p coefficients.
    words : str
        The penalty in words.
    strengths : (k,) array
        From the largest.
    coef : (k, p) array
        Coefficients of the columns as given.
    loss : (k,) array
        Negative log-likelihood, without the binomial constant.
    null_loss : float
        That of the model of the columns without penalty, which gaps are measured against.
    deviance : (k,) array
        Twice the loss above the least that any model could have.
    null_deviance : float
        That of the model with the intercept, if there is one, and the offset.
    n_nonzero : (k,) int array
        Coefficients that are not zero, the intercept included.
    gaps : (k,) array
        Duality gaps as proportions of ``null_loss``: bounds, but estimates of the solver where second derivatives are
        summed over all columns of many rows.
    steps : (k,) int array
        Steps that each strength took.
    status : PathStatus
        How it ended.
    method : str
        How it was solved, in words.
    tol : float
        The gap that was asked for.
    model : str
        The kind of model, in words.
    equations : tuple of (str, str)
        Outcome and term of each coefficient, where there are several of every term; else none.
    columns : tuple of str
        Names of the columns, from which those of the coefficients are made.
    """

    names: tuple[str, ...]
    words: str
    strengths: FloatArray
    coef: FloatArray
    loss: FloatArray
    null_loss: float
    deviance: FloatArray
    null_deviance: float
    n_nonzero: IntArray
    gaps: FloatArray
    steps: IntArray
    status: PathStatus
    method: str
    tol: float
    model: str = "logistic regression"
    equations: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def explained(self) -> FloatArray:
        """Share of the null deviance that is explained, shape (k,)."""
        return np.asarray(1.0 - self.deviance / self.null_deviance)


def strength_grid(
    given: PenalisedModel, n_strengths: Any = 100, ratio: Any = None, strengths: Any = None
) -> FloatArray:
    """Return the strengths of a path."""
    if strengths is not None:
        return stated_strengths(strengths)
    if not given.strengths.varies:
        raise DataError(
            f"Every part of the penalty ({given.specification.words}) has a strength; leave one out, as in lk.Lasso()."
        )
    if not is_count(n_strengths, 2):
        raise DataError(f"n_strengths={n_strengths!r:.60}: give a whole number of at least 2, and at most a million.")
    if ratio is None:
        ratio = RATIO_TALL if given.design.n_rows >= given.design.matrix.n_columns else RATIO_WIDE
    if isinstance(ratio, bool) or not isinstance(ratio, float | np.floating) or not 0.0 < ratio < 1.0:
        raise DataError(f"ratio={ratio!r}: give a number between 0 and 1.")
    largest = given.sequence.largest()
    if largest <= 0.0:
        raise DataError(
            "No penalised coefficient can leave zero: their columns are constant or unpenalised (keep=), or bounds "
            "hold them at zero at every strength."
        )
    return np.asarray(largest * ratio ** (np.arange(n_strengths) / (n_strengths - 1.0)))


def stated_strengths(strengths: Any) -> FloatArray:
    """Return strengths that the caller gives, from the largest."""
    try:
        values = np.array(strengths, dtype=np.float64, ndmin=1)
    except (TypeError, ValueError, OverflowError):
        values = np.array([np.nan])
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all() or (values < 0.0).any():
        raise DataError(f"strengths={strengths!r:.200}: give numbers that are not negative.")
    return np.unique(values)[::-1]


def _always(_: int) -> bool:
    return True


class _Look:
    """Tells where a path ends for the sake of its deviance, as one solution after another is shown to it.

    Parameters
    ----------
    given : PenalisedModel
        The problem.
    deviances : (float, float)
        The least loss that any model could have, and the null deviance.
    stops : bool
        Whether it may end.
    """

    def __init__(self, given: PenalisedModel, deviances: tuple[float, float], stops: bool) -> None:
        self.stops, (self.saturated, self.null_deviance) = stops, deviances
        unit, scale = given.strengths.unit, given.strengths.scale
        self.still = unit.differentiable(np.zeros(scale.size))  # what the strength does not hold
        self.before, self.moved, self.count = 0.0, False, 0

    def ended(self, solved: Solved) -> PathStatus | None:
        """Look at the next solution."""
        explained = 1.0 - 2.0 * (solved.value - self.saturated) / self.null_deviance
        self.moved = self.moved or bool(((solved.coef != 0.0) & ~self.still).any())
        self.count += 1
        if self.stops and explained > EXPLAINED_MOST:
            return PathStatus.EXPLAINED
        gain, least = explained - self.before, GAIN_LEAST * explained
        if self.stops and self.moved and self.count > STRENGTHS_LEAST and gain < least:
            return PathStatus.FLAT
        self.before = explained
        return None

    def size(self, found: Sequence[Solved]) -> int:
        """Return how many solutions, from the first on, the path has."""
        return next((k for k, solved in enumerate(found, 1) if self.ended(solved) is not None), len(found))


def _solutions(
    given: PenalisedModel,
    strengths: FloatArray,
    options: ProxNewton,
    goes_on: Callable[[int], bool],
    deviances: tuple[float, float],
    stops: bool,
) -> Iterator[tuple[Solved, FloatArray | None]]:
    """Yield the solution at one strength after another, with the coefficients that are reported, None without them."""

    def find(sequence: StrengthSequence, strength: float) -> tuple[Solved, FloatArray | None]:
        solved = sequence.solve(strength, options.tol, options.max_iter)
        coef = given.shown(solved.coef / given.strengths.scale)
        if coef is not None and given.given.gamma is not None:
            value = sequence.objective.evaluate(given.given.solved(coef), hessian=False).value
            solved = solved._replace(value=value)
        return solved, coef

    def size(found: Sequence[Solved]) -> int:
        return _Look(given, deviances, stops).size(found)

    if given.design.in_chunks:
        yield from in_runs(given.sequence, strengths, (options.tol, options.max_iter), find, size)
        return
    with progress(int(strengths.size), "Strengths") as shown:
        for position, strength in enumerate(strengths):
            if not goes_on(position):
                return
            yield find(given.sequence, float(strength))
            shown.advance()


def expected_size(given: PenalisedModel, strengths: FloatArray, options: ProxNewton) -> int:
    """Return how many strengths a path of rows in chunks will have, at least about that, as far as a sample tells."""
    known = path_of_sample(given.sequence, strengths, options.tol, options.max_iter)
    size = _Look(given, given.deviances(), True).size(known)
    return strengths.size if size == len(known) else max(min(size + AHEAD, strengths.size), 1)


def _closest(given: PenalisedModel, solved: Solved, coef: FloatArray) -> float:
    """Return how close to its outcome the closest row is at the last strength."""
    if given.design.in_chunks and given.given.gamma is None and np.isfinite(solved.closest):
        return solved.closest  # without a pass
    return given.sequence.objective.evaluate(given.given.solved(coef), hessian=False).closest


def solve_path(
    given: PenalisedModel,
    strengths: FloatArray,
    options: ProxNewton,
    stops: bool = True,
    goes_on: Callable[[int], bool] = _always,
) -> PathRecord:
    """Solve at one strength after another."""
    if not given.strengths.varies:
        raise DataError(
            f"Every part of the penalty ({given.specification.words}) has a strength; leave one out, as in lk.Lasso()."
        )
    null = given.sequence.null.value
    deviances = given.deviances()
    found, status = [], PathStatus.COMPLETE
    look = _Look(given, deviances, stops)
    size = 0
    flat: list[tuple[IntArray, FloatArray]] = []
    for solved, coef in _solutions(given, strengths, options, goes_on, deviances, stops):
        if coef is None:
            status = PathStatus.NO_REFIT
            break
        found.append(solved._replace(coef=GIVEN_BACK, dual=GIVEN_BACK))  # whose memory serves the next ones
        size, some = coef.size, np.flatnonzero(coef)  # often few
        flat.append((some, coef[some]))
        if solved.status is not Status.CONVERGED:
            status = PathStatus.NOT_CONVERGED
            break
        if (ended := look.ended(solved)) is not None:
            status = ended
            break
    if status in (PathStatus.EXPLAINED, PathStatus.FLAT) and len(found) == strengths.size:
        status = PathStatus.COMPLETE
    if not found:
        raise SeparationError(
            f"At the first strength, {strengths[0]:.4g}, the columns selected by the lasso separate the outcomes, so "
            "the refit has no finite estimates. Begin with a larger strength, or use gamma=1."
        )
    table = np.zeros((len(flat), size))
    for row, (some, values) in zip(table, flat, strict=True):
        row[some] = values
    require_bounded(given.given, lambda: _closest(given, found[-1], table[-1]))
    loss = np.array([solved.value for solved in found])
    return PathRecord(
        names_of(given),
        given.specification.words,
        strengths[: len(found)],
        table,
        loss,
        null,
        2.0 * (loss - deviances[0]),
        deviances[1],
        given.n_nonzero(table),
        np.array([solved.gap for solved in found]) / max(null, 1e-300),
        np.array([solved.steps for solved in found]),
        status,
        given.sequence.method,
        options.tol,
        title_of(given),
        equations_of(given),
        given.design.info.names,
    )
