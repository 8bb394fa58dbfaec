r"""The Poisson bootstrap: each row occurs a number of times that is Poisson with mean one, independently.

The number of rows in a replicate is then random, with standard deviation :math:`\sqrt n`; to first order this does not
affect estimates of regression coefficients. A count depends only on the seed, the replicate and the place of the row in
the table, so rows may be read in any chunks by any process. Replicates are solved together. One pass gives the
gradients of all replicates, each at its own coefficients. All use the second derivatives of the fit itself, corrected
by the changes in the gradients (BFGS), and the last pass sums their own second derivatives.

References
----------
Hanley, J. A. and MacGibbon, B. (2006) Creating non-parametric bootstrap samples using Poisson frequencies. Computer
Methods and Programs in Biomedicine 83, 57-62.
Steele, G. L., Lea, D. and Flood, C. H. (2014) Fast splittable pseudorandom number generators. OOPSLA '14, 453-472.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from scipy.special import pdtrik

from logitkit.design.chunks.kept import rows_stay
from logitkit.design.design import Design
from logitkit.engine.curvature.hessian import DenseHessian
from logitkit.engine.existence.overlap import overlap_is_certain
from logitkit.engine.objective import Evaluation
from logitkit.engine.rank import CLEAR_SHARE
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import KeptHessian, newton_step
from logitkit.engine.solvers.solver import Solution, Status
from logitkit.errors import UnsupportedError
from logitkit.inference.likelihood import Likelihood, likelihood_of
from logitkit.inference.predictor_variance import has_own_columns
from logitkit.inference.resampling.refits import Refits, refit
from logitkit.inference.resampling.units import prior_weights
from logitkit.inference.verbs import require
from logitkit.numerics.kernels.draws import hashed_uniforms
from logitkit.numerics.threads.local import get_threads
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["by_places", "poisson_counts", "poisson_weights", "refit_in_passes"]

NEAR = 1e-6  # standard errors from the optimum, where second derivatives of the replicate itself are summed
STEPS_MOST = 20
SHARE = 4  # part of the memory that may hold second derivatives of replicates
#: P(N <= k) of a Poisson variable of mean one.
BELOW: FloatArray = np.cumsum([math.exp(-1.0) / math.factorial(k) for k in range(20)])


def poisson_counts(seed: int, number: int, places: IntArray, mean: FloatArray | None = None) -> FloatArray:
    """Return how often rows occur in a replicate.

    Parameters
    ----------
    seed : int
        Seed of the bootstrap.
    number : int
        Number of the replicate.
    places : (n,) int array
        Places of the rows in the original table.
    mean : (n,) array, optional
        Number of observations that each row represents; one by default.

    Returns
    -------
    (n,) array
        Counts, as whole numbers.

    Examples
    --------
    The count of a row does not depend on the other rows:

    >>> some, all_rows = poisson_counts(1, 3, np.array([5, 2])), poisson_counts(1, 3, np.arange(9))
    >>> bool((some == all_rows[[5, 2]]).all())
    True
    """
    key = int.from_bytes(sha256(f"{seed} {number}".encode()).digest()[:8], "little")
    uniform = hashed_uniforms(np.ascontiguousarray(places, dtype=np.int64), np.uint64(key))
    if mean is None:
        return np.searchsorted(BELOW, uniform, side="right").astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.ceil(pdtrik(uniform, np.maximum(mean, 1e-300)))
    return np.where(uniform <= np.exp(-mean), 0.0, np.maximum(found, 1.0))


def poisson_weights(design: Design, seed: int, number: int) -> FloatArray:
    """Return the prior weights of in-memory rows in a replicate, zero for rows that do not occur.

    Parameters
    ----------
    design : Design
        The n rows.
    seed, number : int
        Seed of the bootstrap, and number of the replicate.

    Returns
    -------
    (n,) array
        Counts of observations if the design has frequency weights, otherwise prior weights times counts of rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("low ~ age", lk.datasets.load_lbw()).design
    >>> bool(150 < poisson_weights(design, 1, 0).sum() < 230)
    True
    """
    prior = prior_weights(design)
    places = np.asarray(design.positions)
    if design.response.prior is not None and design.response.weight_kind == "frequency":
        return poisson_counts(seed, number, places, prior)
    return prior * poisson_counts(seed, number, places)


@dataclass(frozen=True)
class _Sums:
    """Value, gradient, closest row and (if asked for) second derivatives of k replicates, over some rows."""

    value: FloatArray
    gradient: FloatArray
    closest: FloatArray
    hessian: FloatArray | None

    def plus(self, other: _Sums) -> _Sums:
        """Return those over the rows of both."""
        hessian = self.hessian
        if hessian is not None:
            assert other.hessian is not None
            hessian = np.add(hessian, other.hessian, out=hessian)
        return _Sums(
            self.value + other.value,
            self.gradient + other.gradient,
            np.minimum(self.closest, other.closest),
            hessian,
        )


@dataclass(frozen=True)
class _Replicates:
    """The task of some rows: replicates by their numbers, each at its own coefficients."""

    record: FitRecord
    seed: int
    numbers: tuple[int, ...]
    coef: FloatArray
    hessian: bool

    def __call__(self, part: Design) -> _Sums:
        """Return the sums over the rows of a design."""
        model = likelihood_of(self.record, part)
        found = [self._at(model, part, *each) for each in zip(self.numbers, self.coef, strict=True)]
        second = None
        if self.hessian:
            second = np.stack([_array(here) for here in found])
        return _Sums(
            np.array([here.value for here in found]),
            np.stack([here.gradient for here in found]),
            np.array([here.closest for here in found]),
            second,
        )

    def _at(self, model: Likelihood, part: Design, number: int, coef: FloatArray) -> Evaluation:
        # Proportions of observations are no counts: their kind does not matter for the estimate.
        prior = poisson_weights(part, self.seed, number)
        response = replace(part.response, prior=prior, weight_kind="precision", clusters=None)
        return model.plain(response).evaluate(coef, hessian=self.hessian)


def _array(here: Evaluation) -> FloatArray:
    assert isinstance(here.hessian, DenseHessian)
    return here.hessian.array


def by_places(record: FitRecord, design: Design, n: int, seed: int) -> tuple[Refits, str]:
    """Return refits to Poisson replicates of the rows, and a description of what is drawn.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit.
    n, seed : int
        Number of replicates, and the seed.

    Returns
    -------
    Refits, str
        The same whether rows are in memory or read in chunks.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> by_places(fit.record, fit.design, 2, 1)[1]
    'rows, each a Poisson number of times'
    """
    given = design.sample.response
    counted = given.prior is not None and given.weight_kind == "frequency"
    unit = f"{'observations' if counted else 'rows'}, each a Poisson number of times"
    if design.in_chunks:
        return refit_in_passes(record, design, n, seed), unit
    return refit(record, design, n, prior=lambda number: poisson_weights(design, seed, number)), unit


def refit_in_passes(record: FitRecord, design: Design, n_fits: int, seed: int) -> Refits:
    """Fit the model of a record to Poisson replicates of its rows, as many at a time as memory allows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The rows of the fit, in chunks or in memory.
    n_fits : int
        Number of replicates.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Refits
        A replicate is marked as not converged unless its own second derivatives prove that its estimate exists.

    Raises
    ------
    SeparationError, ConvergenceError, UnsupportedError
        As for ``refit``, and for bias-reduced fits, whose refits need all rows at once.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = refit_in_passes(fit.record, fit.design, 3, seed=1)
    >>> bool(np.allclose(found.coef, fit.bootstrap(3, seed=1, kind="poisson").replicates, rtol=1e-8))
    True
    """
    require(record, "refit")
    if record.adjustment is not None:
        raise UnsupportedError(
            "kind='poisson' of rows in chunks is offered for maximum likelihood: fit without the reduction of bias, or "
            "read the rows into a table."
        )
    if not record.is_single and not has_own_columns(record):
        raise UnsupportedError(
            "kind='poisson' of rows in chunks needs columns that are clearly independent: leave out those that others "
            "nearly determine."
        )
    model = likelihood_of(record, design.sample)
    q = model.coef.size
    most = n_fits
    if design.stream is not None:
        bytes_of_fit = SHARE * 8 * max(q * q, 1) * (2 * get_threads() + 2)
        most = min(max(design.stream.memory // bytes_of_fit, 1), n_fits)
    inner, certain = np.empty((n_fits, q)), np.zeros(n_fits, dtype=bool)
    with rows_stay(design):
        for first in range(0, n_fits, most):
            here = slice(first, min(first + most, n_fits))
            inner[here], certain[here] = _side_by_side(record, design, model.coef, seed, tuple(range(n_fits)[here]))
            if design.stream is not None:
                design.stream.require_order("What is drawn by place")
    kept = np.setdiff1d(np.arange(record.coef.size), record.aliased)
    coef = np.full((n_fits, record.coef.size), np.nan)
    coef[:, kept] = model.flat(inner)[:, kept]
    coef[~certain] = np.nan
    none = np.zeros(n_fits, dtype=bool)
    return Refits(coef, none, none.copy(), ~certain)


def _side_by_side(
    record: FitRecord, design: Design, start: FloatArray, seed: int, numbers: tuple[int, ...]
) -> tuple[FloatArray, BoolArray]:
    """Return the coefficients of replicates, and whether each is proven to be the estimate."""
    information: FloatArray = np.linalg.inv(record.inner_model_vcov.array()).astype(np.float64)
    factor = DenseHessian(information).factorise()
    models = [KeptHessian(factor) for _ in numbers]
    coef: FloatArray = np.tile(start, (len(numbers), 1))
    before, steps = np.full(len(numbers), math.inf), np.zeros_like(coef)
    gradients, going = np.zeros_like(coef), np.arange(len(numbers))
    for _ in range(STEPS_MOST):
        task = _Replicates(record, seed, tuple(numbers[k] for k in going), coef[going], False)
        found = design.reduce(task, _Sums.plus)
        left = []
        for k, value, gradient in zip(going.tolist(), found.value, found.gradient, strict=True):
            if before[k] < math.inf:
                models[k].learn(steps[k], gradient - gradients[k])
            direction = models[k].solve(-gradient)
            squared = -float(gradient @ direction)
            if math.isfinite(value) and NEAR**2 < squared < before[k]:
                left.append(k)
                before[k], steps[k], gradients[k] = squared, direction, gradient
                coef[k] += direction
        going = np.array(left, dtype=np.int64)
        if not left:
            break
    found = design.reduce(_Replicates(record, seed, numbers, coef, True), _Sums.plus)
    assert found.hessian is not None
    certain = np.zeros(len(numbers), dtype=bool)
    for k, array in enumerate(found.hessian):
        here = Evaluation(float(found.value[k]), found.gradient[k], DenseHessian(array), float(found.closest[k]))
        direction, squared, own = newton_step(here)
        if own is None or not own.definite or not squared <= (100.0 * NEAR) ** 2:
            continue
        solution = Solution(coef[k] + direction, here, math.sqrt(squared), Status.CONVERGED, (), True)
        certain[k] = overlap_is_certain(solution) and own.least_pivot >= CLEAR_SHARE
        coef[k] = solution.coef
    return coef, certain
