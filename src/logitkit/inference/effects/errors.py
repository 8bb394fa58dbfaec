r"""Standard errors of averages: with fixed rows, with sampled rows, and from draws of the coefficients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.rank import Coordinates
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.covariances.sandwich import scores
from logitkit.inference.derived import Derived
from logitkit.inference.hypotheses.wald import covariance_root
from logitkit.inference.resampling.jackknife import jackknife, left_out_weights
from logitkit.inference.resampling.resampling import bootstrap, drawn_weights
from logitkit.inference.resampling.units import prior_weights
from logitkit.inference.verbs import require
from logitkit.numerics.threads.local import ordered_map
from logitkit.options import require_seed
from logitkit.typing import FloatArray

__all__ = ["Drawn", "bootstrap_draws", "given_root", "sampled_root", "simulated_draws", "with_root"]

AT_ONCE = 65_536  # rows whose scores are written out together
NOT_BY_ROW = {"survey": "design of a survey", "clusters": "crossed clusters", "serial": "rows of a series"}


@dataclass(frozen=True)
class Drawn:
    """Averages at drawn coefficients.

    Parameters
    ----------
    values : (B, M) array
        One row per draw.
    seed : int
        Seed of the draws.
    n_failed : int
        Number of draws that are left out because their fit has no finite estimate.
    left_out : (U, M) array or None
        Averages without each unit in turn, from which BCa intervals get their acceleration.
    multiplicity : (U,) array or None
        Observations that each unit stands for.

    Examples
    --------
    >>> Drawn(np.zeros((2, 1)), 1).root.tolist()
    [[0.0, 0.0]]
    """

    values: FloatArray
    seed: int
    n_failed: int = 0
    left_out: FloatArray | None = None
    multiplicity: FloatArray | None = None

    @property
    def root(self) -> FloatArray:
        """A root R of the covariance of the draws, shape (M, B): R R' is the covariance."""
        return np.asarray((self.values - self.values.mean(axis=0)).T / np.sqrt(len(self.values) - 1.0))


def given_root(record: FitRecord, jacobian: FloatArray) -> FloatArray:
    """Return a root of the covariance of averages over fixed rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    jacobian : (M, q) array
        Derivatives of the averages with respect to the coefficients solved for; missing where an average is.

    Returns
    -------
    (M, r) array
        A root R of the covariance: R R' is the covariance.

    Examples
    --------
    >>> import logitkit as lk
    >>> record = lk.logit("low ~ age", lk.datasets.load_lbw()).record
    >>> root = given_root(record, record.coordinates.jacobian(np.eye(2)))
    >>> bool(np.allclose(root @ root.T, record.vcov))
    True
    """
    known = np.asarray(np.isfinite(jacobian).all(axis=1))
    if isinstance(record.coordinates, Coordinates):
        root = covariance_root(record, np.where(known[:, None], jacobian, 0.0))
    else:  # of many levels, whose covariance is not written out
        values, vectors = np.linalg.eigh(record.inner_vcov.times(jacobian[known]) @ jacobian[known].T)
        root = np.zeros((len(jacobian), values.size))
        root[known] = vectors * np.sqrt(np.maximum(values, 0.0))
    if not root.shape[1]:  # nothing is estimated: all coefficients are infinite
        root = np.zeros((len(root), 1))
    return np.where(known[:, None], root, np.nan)


def sampled_root(
    record: FitRecord, design: Design | None, jacobian: FloatArray, parts: FloatArray, weights: FloatArray | None
) -> FloatArray:
    """Return a root of the covariance of averages over rows that were sampled together with their outcomes.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design or None
        Its n rows if these are averaged over; None for n other rows that are independent of them.
    jacobian : (M, q) array
        Derivatives of the averages with respect to the coefficients solved for.
    parts : (M, n) array
        Contribution of each row to its average, minus the row's share of the average itself.
    weights : (n,) array or None
        Number of copies of each row, for frequency weights.

    Returns
    -------
    (M, r) array
        Summed by cluster if the fit has clusters, with the factor G / (G - 1), otherwise n / (n - 1).

    Raises
    ------
    UnsupportedError
        After a penalty or bias reduction, under separation, and for surveys, crossed clusters and time series.

    Examples
    --------
    The mean of an outcome over sampled rows has the standard error of a mean:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ 1", lk.datasets.load_lbw())
    >>> p = 59 / 189
    >>> jacobian = fit.record.coordinates.jacobian(np.array([[p * (1 - p)]]))
    >>> root = sampled_root(fit.record, fit.design, jacobian, np.zeros((1, 189)), None)
    >>> bool(np.isclose((root @ root.T)[0, 0], p * (1 - p) / 188))
    True
    """
    if record.penalty is not None or record.is_separated:
        why = "after a penalty" if record.penalty is not None else "where the data are separated"
        raise UnsupportedError(f"Errors with rows='sampled' come from the scores, which are no basis of them {why}.")
    if record.adjustment is not None:
        raise UnsupportedError(
            "Errors with rows='sampled' come from scores that sum to zero, and those of bias-reduced estimates do not. "
            "Use method='bootstrap', which resamples the rows."
        )
    if record.covariance.kind in NOT_BY_ROW:
        raise UnsupportedError(
            "Errors with rows='sampled' are those of independent rows or of one set of clusters, not of the "
            f"{NOT_BY_ROW[record.covariance.kind]}. Use rows='given', or fit.robust(...) with clusters of one kind."
        )
    n = parts.shape[1] if weights is None else float(weights.sum())
    copies = np.ones(parts.shape[1]) if weights is None else np.maximum(weights, 1e-300)
    if design is None:
        own = parts / np.sqrt(copies) * np.sqrt(n / (n - 1.0))
        return np.hstack([covariance_root(record, jacobian), own])
    found, response = scores(record, design), design.response
    spread = record.inner_model_vcov.times(jacobian).T
    influence = parts.copy()
    for start in range(0, design.n_rows, AT_ONCE):
        rows = np.arange(start, min(start + AT_ONCE, design.n_rows))
        influence[:, rows] += (found.of(rows) @ spread).T
    if response.clusters is None:
        return np.asarray(influence / np.sqrt(copies) * np.sqrt(n / (n - 1.0)))
    used = response.weights > 0.0
    present, codes = np.unique(response.clusters.codes[used], return_inverse=True)
    sums = np.zeros((present.size, len(influence)))
    np.add.at(sums, codes, influence[:, used].T)
    return np.asarray(sums.T * np.sqrt(present.size / (present.size - 1.0)))


def simulated_draws(
    record: FitRecord, averages_of: Callable[[list[FloatArray]], FloatArray], n: int, seed: int | None
) -> Drawn:
    """Return averages at coefficients drawn from their normal distribution.

    Parameters
    ----------
    record : FitRecord
        The fit.
    averages_of : callable
        Function of B arrays of coefficients by predictor and column, (m, p), that returns M averages for each, (B, M).
    n : int
        Number of draws, B.
    seed : int or None
        Seed of the draws.

    Returns
    -------
    Drawn
        The draws; they do not depend on the number of threads. They are from a t distribution if the covariance has
        degrees of freedom.

    Raises
    ------
    UnsupportedError
        Under separation.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = simulated_draws(fit.record, lambda tables: np.stack([table[0] for table in tables]), 2000, 1)
    >>> bool(np.allclose(found.values.std(axis=0), fit.std_error, rtol=0.1))
    True
    """
    if record.is_separated:
        raise UnsupportedError(
            "The data of the fit are separated: infinite estimates have no normal distribution to draw from. Use "
            "method='delta'."
        )
    if record.law.varies:
        raise UnsupportedError(
            "method='simulation' draws all coefficients from one distribution, and degrees of freedom of the "
            f"{record.covariance.label} are each function's own. Use method='delta', or fit.robust(..., "
            "dof='clusters')."
        )
    sequence = np.random.SeedSequence(require_seed(seed))
    generator = np.random.Generator(np.random.PCG64(sequence))
    root = covariance_root(record, np.eye(record.inner_coef.size))
    moves = generator.standard_normal((n, root.shape[1])) @ root.T
    if not record.law.is_normal:
        dof = float(np.min(np.asarray(record.law.dof)))
        moves *= np.sqrt(dof / generator.chisquare(dof, n))[:, None]

    tables = [record.predictors.table(np.asarray(record.coordinates.coef(record.inner_coef + each))) for each in moves]
    return Drawn(averages_of(tables), int(sequence.entropy))  # type: ignore[arg-type]


def bootstrap_draws(
    record: FitRecord,
    design: Design,
    averages_at: Callable[[FloatArray, FloatArray | None], FloatArray],
    n: int,
    seed: int | None,
    *,
    sampled: bool,
    accelerated: bool = False,
) -> Drawn:
    """Return averages from refits to resampled rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.
    averages_at : callable
        Function of coefficients by predictor and column, and of how often each row was drawn (or None), that returns M
        averages.
    n : int
        Number of replicates, B.
    seed : int or None
        Seed of the draws.
    sampled : bool
        Whether averages are over the resampled rows too.
    accelerated : bool, default False
        Whether to refit without each unit too.

    Returns
    -------
    Drawn
        The draws. Replicates without a finite estimate are left out and counted.

    Raises
    ------
    UnsupportedError
        After a penalty, and if too few replicates have an estimate.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = bootstrap_draws(fit.record, fit.design, lambda table, _: table[0], 10, 1, sampled=False)
    >>> bool(np.allclose(found.values, fit.bootstrap(10, seed=1).replicates))
    True
    """
    require(record, "bootstrap")
    found = bootstrap(record, design, n, seed=seed)
    finite = np.isfinite(np.delete(found.replicates, record.aliased, axis=1)).all(axis=1)
    kept = np.flatnonzero(finite)
    if kept.size < 2:
        raise UnsupportedError("Fewer than two replicates have a finite estimate; use method='delta'.")
    drawn = drawn_weights(design, found.kind, found.seed) if sampled else None
    prior = prior_weights(design)

    def averages_of(coef: FloatArray, weights: FloatArray | None) -> FloatArray:
        times = None
        if weights is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                times = np.nan_to_num(weights / prior)
        return averages_at(record.predictors.table(np.nan_to_num(coef)), times)

    def run(place: int) -> FloatArray:
        number = int(kept[place])
        return averages_of(found.replicates[number], None if drawn is None else drawn(number))

    values = np.stack(list(ordered_map(run, kept.size, "Replicates")))
    if not accelerated:
        return Drawn(values, found.seed, n - kept.size)
    units, without = left_out_weights(design, "cluster" if found.kind == "cluster" else "rows")
    left_out = jackknife(record, design).replicates

    def run_without(number: int) -> FloatArray:
        if not np.isfinite(np.delete(left_out[number], record.aliased)).all():
            return np.full(values.shape[1], np.nan)
        return averages_of(left_out[number], without(number) if sampled else None)

    own = np.stack(list(ordered_map(run_without, len(left_out), "Jackknife")))
    return Drawn(values, found.seed, n - kept.size, own, units.multiplicity)


def with_root(
    record: FitRecord, names: tuple[str, ...], value: FloatArray, root: FloatArray, jacobian: FloatArray, label: str
) -> Derived:
    """Return functions with a covariance other than that of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit.
    names : tuple of str
        M names.
    value : (M,) array
        Their values.
    root : (M, r) array
        A root R of their covariance: R R' is the covariance.
    jacobian : (M, q) array
        Their derivatives with respect to the coefficients solved for, on which degrees of freedom may depend.
    label : str
        How the covariance was computed.

    Returns
    -------
    Derived
        The functions with the reference distribution and level of the fit.

    Examples
    --------
    >>> import logitkit as lk
    >>> record = lk.logit("low ~ age", lk.datasets.load_lbw()).record
    >>> float(with_root(record, ("a",), np.zeros(1), np.array([[3.0, 4.0]]), np.eye(2)[:1], "made up").std_error[0])
    5.0
    """
    law, clusters = record.law.of(jacobian), record.covariance.n_clusters
    return Derived(names, value, root, law, record.level, "identity", 0.0, label, clusters)
