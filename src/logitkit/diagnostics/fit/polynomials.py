"""The outcomes of rows fitted by a polynomial of what was predicted for them, by the link of the fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from logitkit.design.dependence import Dependence
from logitkit.design.design import Design
from logitkit.design.formula.terms import INTERCEPT, ColumnTerms
from logitkit.design.info import DesignInfo
from logitkit.design.matrix.dense import Dense
from logitkit.diagnostics.calibration.log_odds_rows import LogOddsRows, Usable
from logitkit.diagnostics.rows.ordering import RowFacts, row_facts
from logitkit.diagnostics.rows.ranking import PredictedRows, RankedRows, predicted_rows
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, UnsupportedError
from logitkit.typing import FloatArray

__all__ = ["Predicted", "polynomial_fit", "predicted_sums"]


@dataclass(frozen=True)
class PredictorSums:
    """Sums over the linear predictors of rows.

    Parameters
    ----------
    weight, total, squares : float
        Sums of the weights, and weighted sums of the predictors and of their squares.
    lowest, highest : float
        Range of the predictors.
    deviance : float
        Deviance of the rows with the predicted probabilities.
    usable : Usable
        Counts of usable rows.
    facts : RowFacts
        Totals of the outcomes, and numbers of rows left out.
    """

    weight: float
    total: float
    squares: float
    lowest: float
    highest: float
    deviance: float
    usable: Usable
    facts: RowFacts

    def plus(self, other: PredictorSums) -> PredictorSums:
        """Return the sums over both sets of rows."""
        return PredictorSums(
            self.weight + other.weight,
            self.total + other.total,
            self.squares + other.squares,
            min(self.lowest, other.lowest),
            max(self.highest, other.highest),
            self.deviance + other.deviance,
            self.usable.plus(other.usable),
            self.facts.plus(other.facts),
        )

    @property
    def mean(self) -> float:
        """Mean of the predictors."""
        return self.total / self.weight

    @property
    def spread(self) -> float:
        """Standard deviation of the predictors; zero if it is only due to rounding."""
        variance = max(self.squares / self.weight - self.mean**2, 0.0)
        size = max(abs(self.lowest), abs(self.highest), 1.0)
        return float(np.sqrt(variance)) if variance > 1e-14 * size**2 else 0.0


@dataclass(frozen=True)
class _Summing:
    """Sums some rows."""

    record: FitRecord
    own: bool

    def __call__(self, part: Design) -> PredictorSums:
        """Return the sums over some rows."""
        rows = predicted_rows(self.record, part, self.own)
        kept = np.isfinite(rows.eta[0])
        eta, w = rows.eta[0, kept], rows.weights[kept]
        response = rows.response.take(np.flatnonzero(kept))
        loss = rows.loss[kept] - rows.family.saturated_losses(response)
        return PredictorSums(
            float(w.sum()),
            float(w @ eta),
            float(w @ eta**2),
            float(eta.min(initial=np.inf)),
            float(eta.max(initial=-np.inf)),
            2.0 * float(w @ loss),
            Usable.of(rows),
            row_facts(rows, part),
        )


@dataclass(frozen=True)
class Predicted:
    """Rows with their predictions, and sums over them.

    Parameters
    ----------
    rows : LogOddsRows
        Rows whose outcomes can be regressed on the predictions.
    sums : PredictorSums
        Sums over these rows.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> predicted_sums(fit.record, fit.design, True).require_answer("The test")
    """

    rows: LogOddsRows
    sums: PredictorSums

    def require_answer(self, what: str) -> None:
        """Raise an error if nothing can be fitted to the rows.

        Parameters
        ----------
        what : str
            Name of the request, as the start of a sentence.

        Raises
        ------
        UnsupportedError
            If all predictions are equal, or an outcome with predicted probability zero occurs.
        DataError
            If only one outcome occurs.
        """
        sums = self.sums
        if sums.usable.contradicted:
            raise UnsupportedError(f"{what} has no answer here: an outcome occurred whose predicted probability is 0.")
        if sums.weight <= 0.0 or sums.spread == 0.0:
            raise UnsupportedError(f"{what} has no answer here: all predictions are equal.")
        if sums.facts.absent:
            raise DataError(f"{what} needs both outcomes, and no row has the outcome {sums.facts.absent[0]!r}.")


def predicted_sums(record: FitRecord, design: Design, own: bool) -> Predicted:
    """Return rows with their predictions, and sums over them.

    Parameters
    ----------
    record : FitRecord
        A fit of two outcomes with one linear predictor.
    design : Design
        Rows with their outcome.
    own : bool
        Whether the rows are those of the fit.

    Returns
    -------
    Predicted
        Rows and sums, from one pass.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> sums = predicted_sums(fit.record, fit.design, True).sums
    >>> bool(np.isclose(sums.deviance, fit.deviance))
    True
    """
    sums: PredictorSums = design.reduce(_Summing(record, own), PredictorSums.plus)
    held = None if design.in_chunks else predicted_rows(record, design, own)
    return Predicted(LogOddsRows(record, design, own, sums.usable, held), sums)


@dataclass(frozen=True)
class _Powers:
    """Makes columns of the powers of standardised predictors."""

    degree: int
    mean: float
    size: float

    def __call__(self, design: Design, rows: PredictedRows, ranked: RankedRows | None) -> Design:
        del ranked
        finite = np.flatnonzero(np.isfinite(rows.eta[0]))
        kept = rows.order[finite]
        columns = powers((rows.eta[0, finite] - self.mean) / self.size, self.degree)
        response = replace(design.response.take(kept), offset=None)
        names = (INTERCEPT, *(f"power {j}" for j in range(1, self.degree + 1)))
        info = DesignInfo(names, ColumnTerms(names), design.info.response)
        dependence = None if response.clusters is None else Dependence((response.clusters,))
        made = Design(Dense(columns), response, info, design.counts, design.positions[kept], dependence=dependence)
        return replace(made, start=design.start)


def powers(values: FloatArray, degree: int) -> FloatArray:
    """Return the powers of values from 0 to ``degree``, one row per value."""
    return np.vander(values, degree + 1, increasing=True)


def polynomial_fit(rows: LogOddsRows, degree: int, mean: float = 0.0, size: float = 1.0) -> FitRecord:
    """Return a regression of the outcomes on powers of (predictor - mean) / size, with the link of the fit.

    Parameters
    ----------
    rows : LogOddsRows
        Rows with their predictions.
    degree : int
        Highest power.
    mean, size : float
        Mean and scale that standardise the predictors.

    Returns
    -------
    FitRecord
        The fit, with ``degree`` + 1 coefficients.

    Examples
    --------
    On the rows of the fit the intercept is 0 and the slope is 1:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age + lwt", lk.datasets.load_lbw())
    >>> rows = predicted_sums(fit.record, fit.design, True).rows
    >>> bool(np.allclose(polynomial_fit(rows, 1).coef, [0.0, 1.0], atol=1e-6))
    True
    """
    design = rows.recoded(_Powers(degree, mean, size))
    return fit_design(design, rows.record.family, Newton())
