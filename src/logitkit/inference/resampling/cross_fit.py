r"""Cross-validation by weights: each fold is left out in turn, and its rows are predicted by the other folds.

References
----------
Hastie, T., Tibshirani, R. and Friedman, J. (2009) The Elements of Statistical Learning, 2nd edition, section 7.10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.bias.estimate import fit_again
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError
from logitkit.inference.dependence import dependences_of
from logitkit.inference.linear_predictors import linear_predictors
from logitkit.inference.resampling.refits import Refits, refit
from logitkit.inference.resampling.units import prior_weights, units_of
from logitkit.options import require_seed
from logitkit.typing import FloatArray, IntArray

__all__ = ["CrossFitted", "cross_validate_by_weights"]


@dataclass(frozen=True)
class CrossFitted:
    """Out-of-fold predictions.

    Parameters
    ----------
    logit : (n,) array
        Linear predictors; infinite at the limits of separated fits, nan if the other folds do not determine the value
        of the row, and for rows with weight zero.
    fold : (n,) int array
        Fold of each row, from 0; -1 for rows with weight zero.
    refits : Refits
        The fit without each fold.
    seed : int or None
        Seed of the folds; None if the folds were given.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> found = cross_validate_by_weights(fit.record, fit.design, 5, seed=1)
    >>> found.refits.coef.shape, np.bincount(found.fold).tolist()
    ((5, 3), [38, 38, 38, 38, 37])
    """

    logit: FloatArray
    fold: IntArray
    refits: Refits
    seed: int | None


def cross_validate_by_weights(
    record: FitRecord, design: Design, folds: int | IntArray = 10, *, seed: int | None = None
) -> CrossFitted:
    """Leave out each fold in turn by giving it weight zero, and predict its rows.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its n rows; the columns remain as they were built from all rows.
    folds : int or (n,) int array, default 10
        Number of folds of equal size that are drawn at random, with whole clusters if the fit has them; or the fold of
        each row, from 0.
    seed : int, optional
        Seed of the folds.

    Returns
    -------
    CrossFitted
        One prediction per row.

    Raises
    ------
    DataError
        For invalid folds.

    Examples
    --------
    Folds of one row each are the jackknife:

    >>> import logitkit as lk
    >>> from logitkit.inference.resampling.jackknife import jackknife
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> one_out = cross_validate_by_weights(fit.record, fit.design, np.arange(189))
    >>> bool(np.allclose(one_out.refits.coef, jackknife(fit.record, fit.design).replicates, rtol=1e-9))
    True
    """
    fold, used_seed = _folds(design, folds, seed)
    n_folds, prior = int(fold.max()) + 1, prior_weights(design)
    refits = refit(record, design, n_folds, prior=lambda number: np.where(fold == number, 0.0, prior))
    logit = np.full(design.n_rows, np.nan)
    special = refits.separated | refits.aliased | refits.unconverged
    for number in range(n_folds):
        rows = np.flatnonzero(fold == number)
        matrix = design.matrix.take(rows)
        if not special[number]:
            logit[rows] = matrix.to_dense() @ np.nan_to_num(refits.coef[number])
        elif not refits.unconverged[number]:
            without = replace(design.response, prior=np.where(fold == number, 0.0, prior), weight_kind="precision")
            found = fit_again(record, replace(design, response=without))
            logit[rows] = linear_predictors(found, matrix)[0]
            fresh = np.setdiff1d(found.aliased, record.aliased)
            if fresh.size:
                # Columns that no row determines are zero coefficients by convention, in every fold alike.
                kept = np.setdiff1d(np.arange(len(record.names)), record.aliased)
                seen = design.matrix.take(np.flatnonzero(without.weights > 0.0)).to_dense()[:, kept]
                dependences = dependences_of(seen, np.searchsorted(kept, fresh))
                logit[rows[dependences.move(matrix.to_dense()[:, kept])]] = np.nan
    if design.response.shift is not None:
        logit += design.response.shift
    return CrossFitted(logit, fold, refits, used_seed)


def _folds(design: Design, folds: int | IntArray, seed: int | None) -> tuple[IntArray, int | None]:
    """Return the fold of each row, -1 for rows of weight zero, and the seed that drew them."""
    used = design.response.weights > 0.0
    if isinstance(folds, Integral) and not isinstance(folds, bool):
        units = units_of(design, "rows" if design.response.clusters is None else "cluster")
        m = units.multiplicity.size
        if not 2 <= folds <= m:
            raise DataError(f"folds={folds}: give at least 2, and at most the number of {units.word} used, {m}.")
        sequence = np.random.SeedSequence(require_seed(seed))
        of_unit = np.empty(m, dtype=np.int64)
        of_unit[np.random.default_rng(sequence).permutation(m)] = np.arange(m) % int(folds)
        return np.append(of_unit, -1)[units.of_row], int(sequence.entropy)
    given = np.asarray(folds)
    if given.shape != (design.n_rows,) or given.dtype.kind not in "iu":
        raise DataError(f"folds has shape {given.shape} and type {given.dtype}; give one whole number per row used.")
    fold = np.where(used, given, -1).astype(np.int64)
    if fold[used].min() < 0 or np.unique(fold[used]).size != fold.max() + 1 or fold.max() < 1:
        raise DataError("folds must be numbered 0, 1, ... without gaps, and there must be at least two.")
    return fold, None
