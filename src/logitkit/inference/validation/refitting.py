"""A model fitted again to other weights of its rows, and what each of these fits predicts for all rows.

Small fits of the logit go through compiled code many at a time, from the estimate of the fit, as in
``resampling/refits.py``: the weights of a resample are counts, and the rows are never copied. A refit that does not
prove by itself that its estimate exists goes the way of a single fit. Every other model goes that way from the
beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.engine.bias.estimate import fit_again
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.engine.solvers.small import is_small, solve_small
from logitkit.errors import LogitkitError
from logitkit.inference.estimable import not_estimable
from logitkit.inference.likelihood import likelihood_of
from logitkit.inference.prediction import fitted_matrix
from logitkit.inference.resampling.refits import CHUNK_CELLS, CHUNK_MOST, certain_fits
from logitkit.numerics.once import once
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "End",
    "OneByOne",
    "Refitted",
    "Refitter",
    "Together",
    "ended",
    "predictions_of",
    "refitter_of",
    "reweighted",
]


class End(IntEnum):
    """How a refit ended."""

    CERTAIN = 0
    SEPARATED = 1
    ALIASED = 2
    UNCONVERGED = 3
    FAILED = 4


@dataclass(frozen=True)
class Refitted:
    """Predictions of k refits for n rows.

    Parameters
    ----------
    predictions : (k, L, n) array
        Log odds of the event, or probabilities of the outcomes; nan if a refit does not determine them.
    ends : (k,) int array
        How each refit ended.
    calibrated : bool
        Whether the equations of the fit give its own rows calibration intercept 0 and slope 1.
    """

    predictions: FloatArray
    ends: IntArray
    calibrated: bool


class Refitter(Protocol):
    """What fits again."""

    @property
    def together(self) -> int:
        """How many refits are handed over at a time."""

    @property
    def on_threads(self) -> bool:
        """Whether the calls may be on several threads."""

    @property
    def words(self) -> str:
        """What is repeated in each resample, in a sentence."""

    @property
    def calibrated(self) -> bool:
        """Whether the equations of the fit make its own rows calibrated."""

    def fit(self, prior: FloatArray) -> Refitted:
        """Return the refits to prior weights of the rows, (k, n)."""


def reweighted(response: Response, prior: FloatArray) -> Response:
    """Return a response with other prior weights: counts, where the user gave none."""
    kind = "frequency" if response.prior is None else response.weight_kind
    return replace(response, prior=prior, weight_kind=kind, clusters=None)


def predictions_of(record: FitRecord, design: Design) -> FloatArray:
    """Return the predictions of a record for the rows of a design.

    Parameters
    ----------
    record : FitRecord
        A fit with the same columns, possibly to other rows.
    design : Design
        n rows.

    Returns
    -------
    (L, n) array
        Log odds of the event, or probabilities of the outcomes; nan for rows that the fit does not determine, such as
        those with a level that it never saw.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> bool(np.allclose(predictions_of(fit.record, fit.design)[0], fit.predict_logit()))
    True
    """
    found = fitted_matrix(record, design.matrix, design.response.offset)
    values = found.family.log_odds(found.eta)[1:] if record.has_event else found.probabilities
    if record.coordinates.vanishing is None and record.aliased.size == 0:
        return np.asarray(values)
    return np.where(not_estimable(record, design.matrix, design.level_codes), np.nan, values)


def ended(record: FitRecord) -> End:
    """Return how a fit ended."""
    if not record.converged:
        return End.UNCONVERGED
    return End.SEPARATED if record.is_separated else End.CERTAIN


@dataclass(frozen=True, eq=False)
class OneByOne:
    """Refits each by the way of a single fit.

    Parameters
    ----------
    design : Design
        The rows.
    again : callable
        Of a design with other weights: the record of its fit.
    n_aliased : int
        Columns that the fit to all rows dropped.
    words : str
        The steps that are repeated, in words.
    calibrated : bool
        Whether the equations of the fit make its own rows calibrated.
    """

    design: Design
    again: Callable[[Design], FitRecord]
    n_aliased: int
    words: str
    calibrated: bool = False

    together = 1
    on_threads = False

    def fit(self, prior: FloatArray) -> Refitted:
        """Return the refits."""
        found = [self.one(weights) for weights in prior]
        return Refitted(np.stack([each for each, _ in found]), np.array([end for _, end in found]), self.calibrated)

    def one(self, prior: FloatArray) -> tuple[FloatArray, End]:
        """Return what one refit predicts, and how it ended."""
        response = reweighted(self.design.response, prior)
        try:
            record = self.again(replace(self.design, response=response, part_of=""))
        except LogitkitError:  # such as a resample of one outcome
            shape = 1 if self.design.response.n_outcomes == 2 else self.design.response.n_outcomes
            return np.full((shape, self.design.n_rows), np.nan), End.FAILED
        end = ended(record)
        if end is End.CERTAIN and record.aliased.size > self.n_aliased:
            end = End.ALIASED
        return predictions_of(record, self.design), end


@dataclass(frozen=True, eq=False)
class Together:
    """Refits of a small model by maximum likelihood in compiled code, several at a time.

    Parameters
    ----------
    record : FitRecord
        The fit.
    design : Design
        Its rows.
    alone : OneByOne
        Refits, one by one, the fits that are not proved.
    """

    record: FitRecord
    design: Design
    alone: OneByOne

    on_threads = True

    @property
    def words(self) -> str:
        """What is done again."""
        return self.alone.words

    @property
    def calibrated(self) -> bool:
        """Whether the equations of the fit make its own rows calibrated."""
        return self.alone.calibrated

    @property
    def together(self) -> int:
        """How many fill the cache."""
        return min(max(CHUNK_CELLS // self.design.n_rows, 1), CHUNK_MOST)

    @once
    def _start(self) -> tuple[FloatArray, FloatArray]:
        model = likelihood_of(self.record, self.design)
        return np.ascontiguousarray(model.matrix.to_dense()), model.coef

    def fit(self, prior: FloatArray) -> Refitted:
        """Return the refits."""
        X, start = self._start
        response = self.design.response
        trials = response.trials
        weights = prior if trials is None else prior * trials
        shift = response.shift
        bounds = np.tile(np.array([[0, X.shape[0]]]), (len(prior), 1))
        fits = solve_small(X, response.y[None], weights, shift, bounds, start, Newton())
        predictions = (fits.coef @ X.T)[:, None]
        if shift is not None:
            predictions += shift
        ends = np.zeros(len(prior), dtype=np.int64)
        for place in np.flatnonzero(~certain_fits(fits)).tolist():
            predictions[place], ends[place] = self.alone.one(prior[place])
        return Refitted(predictions, ends, self.alone.calibrated)


def refitter_of(record: FitRecord, design: Design) -> Refitter:
    """Return a refitter by maximum likelihood, or with the adjustment of the fit.

    Parameters
    ----------
    record : FitRecord
        The fit, without a shrinkage penalty.
    design : Design
        Its rows.

    Returns
    -------
    Refitter
        Compiled code is used if the fit is small.

    Examples
    --------
    With the weights of the fit, a refit has the same predictions as the fit:

    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ age", lk.datasets.load_lbw())
    >>> found = refitter_of(fit.record, fit.design).fit(np.ones((1, 189)))
    >>> bool(np.allclose(found.predictions[0, 0], fit.predict_logit()))
    True
    """
    own = record.info.intercept is not None and design.response.offset is None
    calibrated = own and record.has_event and record.family.is_logit and record.adjustment is None
    alone = OneByOne(
        design,
        lambda rows: fit_again(record, rows),
        record.aliased.size,
        "The coefficients were estimated again in each resample.",
        calibrated,
    )
    small = record.is_single and record.family.is_logit and record.adjustment is None
    if small and record.inner_coef.size and is_small(design.n_rows, record.inner_coef.size):
        return Together(record, design, alone)
    return alone
