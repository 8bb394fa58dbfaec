"""The coefficients without each row or cluster, by refits, and what these predict for the rows left out.

References
----------
Pregibon, D. (1981) Logistic regression diagnostics. Annals of Statistics 9, 705-724.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Clusters
from logitkit.engine.record import FitRecord
from logitkit.errors import UnsupportedError
from logitkit.inference.prediction import fitted_rows
from logitkit.inference.resampling.left_out import left_out_refits
from logitkit.inference.resampling.units import units_of
from logitkit.inference.verbs import require
from logitkit.typing import BoolArray, FloatArray, IntArray

__all__ = ["LeaveOut", "leave_out"]

ROWS_TOGETHER = 4_096


@dataclass(frozen=True)
class LeaveOut:
    """Refits without each of m units, with their predictions for n rows.

    Parameters
    ----------
    names : tuple of str
        Names of the p coefficients.
    outcomes : tuple of str
        The K outcomes; with two outcomes, the second is the event.
    unit : str
        Units that are left out: ``"rows"``, ``"observations"`` that frequency weights count, or ``"clusters"``.
    by : str
        Name of the cluster variable; empty if rows are left out.
    estimate, std_error : (p,) array
        Estimates of the fit with model-based standard errors.
    coef : (m, p) array
        Estimates without each unit; infinite if a refit is separated, nan if its data do not determine them.
    of_row : (n,) int array
        Unit of each row; -1 for rows of weight zero.
    fitted, predicted : (n,) or (K, n) array
        Probabilities of the event, or of each outcome, from the fit and from the refit without the row's unit; nan if
        the refit has no finite estimate, and for a row of weight zero.
    separated, aliased, unconverged : (m,) bool array
        Whether each refit was separated, had aliased coefficients, or did not converge.
    first : (m,) int array
        Position of the first row of each unit.

    Examples
    --------
    A proportion when each row is left out:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ 1", {"y": [0, 0, 1, 1, 1]})
    >>> leave_out(fit.record, fit.design).predicted.round(3).tolist()
    [0.75, 0.75, 0.5, 0.5, 0.5]
    """

    names: tuple[str, ...]
    outcomes: tuple[str, ...]
    unit: str
    by: str
    estimate: FloatArray = field(repr=False)
    std_error: FloatArray = field(repr=False)
    coef: FloatArray = field(repr=False)
    of_row: IntArray = field(repr=False)
    fitted: FloatArray = field(repr=False)
    predicted: FloatArray = field(repr=False)
    separated: BoolArray = field(repr=False)
    aliased: BoolArray = field(repr=False)
    unconverged: BoolArray = field(repr=False)
    first: IntArray = field(repr=False)

    def changes(self, *, scaled: bool = False) -> FloatArray:
        """Return the estimate minus that without each unit, which DFBETAS approximates, shape (m, p).

        Parameters
        ----------
        scaled : bool, default False
            Whether to divide by the standard errors of the fit.

        Returns
        -------
        (m, p) array
            Changes; infinite or nan if those of the refit are.
        """
        with np.errstate(invalid="ignore"):
            away = self.estimate - self.coef
            return np.asarray(away / self.std_error if scaled else away)


def leave_out(record: FitRecord, design: Design, clusters: Clusters | None = None) -> LeaveOut:
    """Refit the model without each row, observation or cluster.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        The n rows of the fit, in memory.
    clusters : Clusters, optional
        Clusters to leave out; by default each row, or each observation that frequency weights count, is left out.

    Returns
    -------
    LeaveOut
        Refits in the order of the rows, or of the first rows of the clusters.

    Raises
    ------
    SeparationError, ConvergenceError
        If the fit itself has no finite estimate.
    UnsupportedError
        If the fit is penalised, a factor is absorbed, or rows are read in chunks.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> fit = lk.logit("low ~ age + lwt", births)
    >>> found = leave_out(fit.record, fit.design)
    >>> without = lk.logit("low ~ age + lwt", births.drop(index=7))
    >>> bool(np.isclose(found.predicted[7], without.predict(births.iloc[[7]]).iloc[0]))
    True
    """
    require(record, "leave_out")
    if design.in_chunks:
        raise UnsupportedError(
            "Leaving out each row needs a pass over all rows for each, and these are read in chunks. See "
            "fit.dfbetas(to=...), which has the same by one step, or fit a table of some rows."
        )
    own = replace(design, response=replace(design.response, clusters=clusters))
    units = units_of(own, "rows" if clusters is None else "cluster")
    refits = left_out_refits(record, own, units)
    used = np.flatnonzero(units.of_row >= 0)
    first = np.full(units.multiplicity.size, design.n_rows)
    np.minimum.at(first, units.of_row[used], used)
    fitted = record.family.probabilities(fitted_rows(record, design).eta)
    predicted = _predicted(record, design, refits.coef, units.of_row)
    event = record.has_event
    return LeaveOut(
        names=record.names,
        outcomes=record.outcomes,
        unit=units.word,
        by="" if clusters is None else clusters.name,
        estimate=record.coef,
        std_error=np.sqrt(np.where(np.isfinite(record.coef), record.model_vcov.diagonal(), np.nan)),
        coef=refits.coef,
        of_row=units.of_row,
        fitted=fitted[1] if event else fitted,
        predicted=predicted[1] if event else predicted,
        separated=refits.separated,
        aliased=refits.aliased,
        unconverged=refits.unconverged,
        first=first,
    )


def _predicted(record: FitRecord, design: Design, coef: FloatArray, of_row: IntArray) -> FloatArray:
    """Return the probabilities of each row by the refit without it, shape (K, n)."""
    flat = coef.copy()
    flat[:, record.aliased] = 0.0
    n, offset = design.n_rows, design.response.offset
    out = np.full((len(record.outcomes), n), np.nan)
    for start in range(0, n, ROWS_TOGETHER):
        here = np.arange(start, min(start + ROWS_TOGETHER, n))
        here = here[of_row[here] >= 0]
        here = here[np.isfinite(flat[of_row[here]]).all(axis=1)]
        X = design.matrix.take(here).to_dense()
        eta = np.einsum("aji,ij->ai", record.predictors.tables(flat[of_row[here]].T), X)
        if offset is not None:
            eta = eta + offset[:, here]
        out[:, here] = record.family.probabilities(eta)
    return out
