r"""Samples drawn from a sample: the bootstrap of rows, clusters, outcomes or weights, and simulated outcomes.

Drawing n units with replacement gives each unit a number of occurrences, so a replicate is the same design with other
weights (``docs/maths/resampling.md``, equations 1 to 3). Each replicate has its own random generator, spawned from the
seed, so a draw depends only on the seed and its number.

References
----------
Davison, A. C. and Hinkley, D. V. (1997) Bootstrap Methods and their Application, sections 2.2, 7.2 and 7.3. Rubin, D.
B. (1981) The Bayesian bootstrap. Annals of Statistics 9, 130-134.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.resampling.drawing import Generators, weights_drawn
from logitkit.inference.resampling.poisson import by_places, poisson_weights
from logitkit.inference.resampling.refits import Refits, refit
from logitkit.inference.resampling.units import ResamplingKind, resampling_kind
from logitkit.inference.verbs import require
from logitkit.numerics.once import once
from logitkit.options import is_count
from logitkit.typing import FloatArray, IntArray

__all__ = ["Bootstrap", "bootstrap", "drawn_weights", "function_values", "simulate"]


@dataclass(frozen=True)
class Bootstrap:
    """Estimates of B resampled data sets.

    Parameters
    ----------
    names : tuple of str
        Names of the p coefficients, or of linear functions of them.
    estimate : (p,) array
        Estimates of the fit.
    refits : Refits
        The replicates with their status.
    kind : {'rows', 'cluster', 'parametric', 'bayesian', 'poisson'}
        The kind of resampling.
    unit : str
        The unit that was drawn, in words.
    n_units : int
        Number of units in a replicate.
    seed : int
        Seed that reproduces the replicates.
    level : float
        Confidence level of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = bootstrap(fit.record, fit.design, 200, seed=1)
    >>> found.replicates.shape, bool(np.all(np.abs(found.std_error / fit.std_error - 1) < 0.3))
    ((200, 3), True)
    """

    names: tuple[str, ...]
    estimate: FloatArray = field(repr=False)
    refits: Refits = field(repr=False)
    kind: ResamplingKind
    unit: str
    n_units: int
    seed: int
    level: float

    @property
    def replicates(self) -> FloatArray:
        """Estimates of every replicate, shape (B, p): infinite where separated, nan where undetermined."""
        return self.refits.coef

    @property
    def n_replicates(self) -> int:
        """Number of replicates, B."""
        return int(self.refits.coef.shape[0])

    @property
    def n_separated(self) -> int:
        """Number of replicates with separated data; their infinite estimates keep their place in percentiles."""
        return int(self.refits.separated.sum())

    @property
    def n_aliased(self) -> int:
        """Number of replicates that lack a level or have linearly dependent columns."""
        return int(self.refits.aliased.sum())

    @property
    def n_unconverged(self) -> int:
        """Number of replicates whose fit did not converge; nothing is known of their estimates."""
        return int(self.refits.unconverged.sum())

    @once
    def n_infinite(self) -> IntArray:
        """Number of replicates in which each coefficient is infinite, shape (p,)."""
        return np.asarray(np.isinf(self.replicates).sum(axis=0), dtype=np.int64)

    @once
    def n_undetermined(self) -> IntArray:
        """Number of replicates without a value of each coefficient, which its statistics leave out, shape (p,)."""
        return np.asarray(np.isnan(self.replicates).sum(axis=0), dtype=np.int64)

    @once
    def bias(self) -> FloatArray:
        """Mean of the finite replicates minus the estimate, shape (p,): equation 4."""
        finite, count = self._finite
        mean = finite.sum(axis=0) / np.where(count > 0, count, np.nan)
        return np.asarray(mean - self.estimate)

    @once
    def std_error(self) -> FloatArray:
        """Standard deviation of the finite replicates, shape (p,): equation 5."""
        finite, count = self._finite
        centre = finite.sum(axis=0) / np.where(count > 0, count, np.nan)
        squares = (np.where(np.isfinite(self.replicates), finite - centre, 0.0) ** 2).sum(axis=0)
        return np.asarray(np.sqrt(squares / np.where(count > 1, count - 1, np.nan)))

    def functions(self, names: tuple[str, ...], functions: FloatArray, constant: FloatArray) -> Self:
        """Return the same bootstrap of linear functions of the coefficients.

        Parameters
        ----------
        names : tuple of str
            m names.
        functions : (m, p) array
            One row per function.
        constant : (m,) array
            Constants that are added to them.

        Returns
        -------
        Bootstrap
            The bootstrap of m functions.
        """
        estimate = function_values(functions, self.estimate) + constant
        return replace(self, names=names, estimate=estimate, refits=self.refits.functions(functions, constant))

    @property
    def _finite(self) -> tuple[FloatArray, IntArray]:
        """Replicates with zeros in place of what is not finite, and how many are finite."""
        finite = np.isfinite(self.replicates)
        return np.where(finite, self.replicates, 0.0), np.asarray(finite.sum(axis=0), dtype=np.int64)


def bootstrap(
    record: FitRecord,
    design: Design,
    n: int = 1000,
    *,
    seed: int | None = None,
    kind: ResamplingKind | None = None,
) -> Bootstrap:
    """Fit the model to data sets drawn from the data or from the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.
    n : int, default 1000
        Number of replicates.
    seed : int, optional
        Seed of the replicates; the seed that was used is in the result.
    kind : {'rows', 'cluster', 'parametric', 'bayesian', 'poisson'}, optional
        ``'rows'`` draws rows with their weights, or the observations that frequency weights count; ``'cluster'`` draws
        whole clusters; ``'parametric'`` draws outcomes from the fitted probabilities and keeps the columns;
        ``'bayesian'`` draws weights of rows, or of clusters if the fit has them, from a Dirichlet distribution, so that
        the replicates are posterior draws; ``'poisson'`` draws a Poisson number of each row by its place in the table.
        The default is clusters if the fit has them, otherwise rows; for rows in chunks, Poisson numbers.

    Returns
    -------
    Bootstrap
        Replicates that are separated, aliased or not converged are counted and reported.

    Raises
    ------
    SeparationError, ConvergenceError
        If the fit has no finite estimate to begin with.
    UnsupportedError
        For drawn outcomes if weights are not counts of observations, for drawn rows if clusters are dependent, and
        after a penalty, which refits would not have.

    Examples
    --------
    The same seed gives the same replicates:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> first, again = (bootstrap(fit.record, fit.design, 20, seed=7) for _ in range(2))
    >>> bool(np.array_equal(first.replicates, again.replicates))
    True
    """
    require(record, "bootstrap")
    _require_count(n, "n")
    kind = resampling_kind(design, kind)
    generators, n_units = Generators(seed), record.n_obs
    if kind == "parametric":
        draw = _outcomes(record, design)
        refits, unit = refit(record, design, int(n), outcome=lambda number: draw(generators.of(number))), "outcomes"
    elif kind == "poisson":
        refits, unit = by_places(record, design, int(n), generators.seed)
    else:
        drawn, word, n_units = weights_drawn(design, kind, generators)
        refits = refit(record, design, int(n), prior=drawn)
        unit = f"weights of {word}" if kind == "bayesian" else word
    return Bootstrap(record.names, record.coef, refits, kind, unit, n_units, generators.seed, record.level)


def drawn_weights(design: Design, kind: ResamplingKind, seed: int) -> Callable[[int], FloatArray]:
    """Return the prior weights of each replicate of a bootstrap by its number.

    Parameters
    ----------
    design : Design
        Rows of the fit.
    kind : {'rows', 'cluster'}
        The unit that was drawn.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    callable
        Function of a number that returns weights, (n_rows,).

    Raises
    ------
    UnsupportedError
        If outcomes were drawn and not rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> design = lk.logit("low ~ age", lk.datasets.load_lbw()).design
    >>> float(drawn_weights(design, "rows", 1)(3).sum())
    189.0
    """
    if kind == "parametric":
        raise UnsupportedError("A parametric bootstrap draws outcomes, and no rows.")
    if kind == "poisson":
        return lambda number: poisson_weights(design, seed, number)
    return weights_drawn(design, kind, Generators(seed))[0]


def simulate(record: FitRecord, design: Design, n: int = 1, *, seed: int | None = None) -> FloatArray:
    """Draw outcomes from the fitted probabilities.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The m rows of the fit.
    n : int, default 1
        Number of draws.
    seed : int, optional
        Seed of the outcomes; the parametric bootstrap refits the same outcomes.

    Returns
    -------
    (n, m) array
        Proportions of events, or (n, K, m) for several outcomes; rows with weight zero keep their outcomes.

    Raises
    ------
    UnsupportedError
        If weights are not counts of observations, or clusters are dependent.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> drawn = simulate(fit.record, fit.design, 500, seed=1)
    >>> bool(abs(drawn.mean() - fit.predict().mean()) < 0.01)
    True
    """
    _require_count(n, "n")
    draw, generators = _outcomes(record, design), Generators(seed)
    drawn = np.stack([draw(generators.of(number)) for number in range(int(n))])
    return drawn[:, 1] if record.is_single else drawn


def function_values(functions: FloatArray, coef: FloatArray) -> FloatArray:
    """Return linear functions of coefficients, nan only if a missing coefficient takes part.

    Parameters
    ----------
    functions : (m, p) array
        One row per function.
    coef : (p,) array
        Coefficients; nan where aliased.

    Returns
    -------
    (m,) array
        Their values.

    Examples
    --------
    >>> function_values(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([2.0, np.nan])).tolist()
    [2.0, nan]
    """
    used = functions != 0.0
    return np.array([row[own] @ coef[own] for row, own in zip(functions, used, strict=True)])


def _outcomes(record: FitRecord, design: Design) -> Callable[[np.random.Generator], FloatArray]:
    """Return a function that draws proportions of the outcomes from the fitted probabilities, shape (K, n)."""
    response = design.response
    if record.family.words.quasi or record.covariance.kind == "dispersion":
        what = "of fractions" if record.family.words.quasi else "of counts with a dispersion"
        raise UnsupportedError(
            f"Outcomes cannot be drawn from the fit: {what} only mean and variance are modelled, and no distribution. "
            "Resample rows instead, kind='rows'."
        )
    weighted = response.prior is not None and response.weight_kind != "frequency"
    if weighted or response.clusters is not None:
        why = f"{response.weight_kind} weights are not counts" if weighted else "rows within a cluster are dependent"
        raise UnsupportedError(
            f"Outcomes cannot be drawn from the fit: {why}, so the model does not specify the distribution of the "
            "data. Resample " + ("rows or clusters" if weighted else "clusters") + " instead."
        )
    trials = np.rint(response.weights).astype(np.int64)
    probabilities = np.nan_to_num(fitted_rows(record, design).probabilities)
    used, own = trials > 0, response.indicators()

    def draw(generator: np.random.Generator) -> FloatArray:
        return np.where(used, record.family.draw(generator, trials, probabilities), own)

    return draw


def _require_count(n: int, name: str) -> None:
    if not is_count(n):
        raise DataError(f"{name}={n!r} must be a whole number of at least 1.")
