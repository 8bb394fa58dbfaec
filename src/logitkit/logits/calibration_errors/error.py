r"""How far probabilities are from what happened: the expected calibration error, and the squared one without bias.

With bins b of :math:`n_b` of N trials, mean prediction :math:`\bar p_b` and observed rate :math:`\bar y_b`, the
expected calibration error is :math:`\sum_b (n_b / N) |\bar p_b - \bar y_b|`. It is above zero by chance alone, more so
with more bins and fewer rows: beside it stands what probabilities that are right show in the same rows and bins, by
outcomes that are drawn from them. Of several outcomes the errors are those of the most probable one, or the mean over
the outcomes, each against all others.

Bins hide what differs within them: both errors are lower bounds of those of the predictions themselves (Kumar et al.,
proposition 3.3).

References
----------
Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017) On calibration of modern neural networks. ICML.
Kull, M. et al. (2019) Beyond temperature scaling: well-calibrated multiclass probabilities. NeurIPS.
Kumar, A., Liang, P. S. and Ma, T. (2019) Verified uncertainty calibration. NeurIPS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.engine.law import require_level
from logitkit.errors import DataError, UnsupportedError
from logitkit.logits.calibration_errors.bins import ErrorBins, bin_cells, error_bins
from logitkit.logits.calibration_errors.drawn import Chance, chance_of, drawn_counts
from logitkit.logits.calibration_errors.joint import joint_interval
from logitkit.logits.calibration_errors.squared import squared_error, squared_interval
from logitkit.logits.labels import read_labels
from logitkit.logits.read import read_codes, read_logits, read_outcomes, read_weights, whole_counts
from logitkit.logits.scores import probabilities
from logitkit.options import is_count, require_choice, require_seed
from logitkit.typing import CodeArray, FloatArray, IntArray

__all__ = ["CalibrationErrors", "asked_of", "calibration_error", "rows_of"]

KINDS = ("event", "top", "class")
SCHEMES = ("quantile", "width")
DRAWN = "calibration errors are compared with those of trials that are drawn"


@dataclass(frozen=True)
class CalibrationErrors:
    """Calibration errors of probabilities on a set of rows.

    Parameters
    ----------
    name : str
        Name of the rows or of the outcome.
    of : {'event', 'top', 'class'}
        Errors for an event, for the most probable outcome, or their mean over the outcomes.
    n : float
        Number of trials.
    ece : float
        Expected calibration error.
    chance : float
        Its expected value if the probabilities are right.
    chance_low, chance_high : float
        Quantiles of the error if the probabilities are right.
    p_value : float
        How often the error is at least as large if the probabilities are right.
    squared : float
        Unbiased estimate of the squared calibration error; it can be negative by chance when the error is small.
    squared_low, squared_high : float
        Its interval; nan for the mean over more than 30 outcomes.
    bins : ErrorBins or None
        The bins behind these errors; None for the mean over several outcomes.
    parts : tuple of CalibrationErrors
        Errors of each outcome, then of each group, each in its own bins.
    scheme : {'quantile', 'width'}
        Whether bins hold about equal numbers of trials, or are equally wide.
    level : float
        Level of the intervals and quantiles.
    resamples, seed : int
        Number of draws of the outcomes, and their seed.

    Examples
    --------
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(0)
    >>> l = rng.standard_normal(2000)
    >>> y = rng.random(2000) < 1 / (1 + np.exp(-l))
    >>> right, wrong = (lk.logits.calibration_error(c * l, y, resamples=200) for c in (1, 3))
    >>> right.p_value > 0.1, wrong.p_value < 0.01, right.squared_low, wrong.squared_low > 0.01
    (True, True, 0.0, True)
    """

    name: str
    of: str
    n: float
    ece: float
    chance: float
    chance_low: float
    chance_high: float
    p_value: float
    squared: float
    squared_low: float
    squared_high: float
    bins: ErrorBins | None
    parts: tuple[CalibrationErrors, ...]
    scheme: str
    level: float
    resamples: int
    seed: int

    @property
    def root(self) -> float:
        """Square root of the squared error; 0 if that is negative."""
        return float(np.sqrt(max(self.squared, 0.0)))


@dataclass(frozen=True)
class _How:
    """What was asked for, whichever rows it is of."""

    of: str
    bins: int
    scheme: str
    level: float
    resamples: int
    seed: int

    def found(
        self,
        name: str,
        n: float,
        ece: float,
        chance: Chance,
        squared: float,
        parts: tuple[CalibrationErrors, ...] = (),
    ) -> CalibrationErrors:
        """Return errors that were measured in this way, without bins."""
        return CalibrationErrors(
            name=name,
            of=self.of,
            n=n,
            ece=ece,
            chance=chance.expected,
            chance_low=chance.low,
            chance_high=chance.high,
            p_value=chance.p_value,
            squared=squared,
            squared_low=float("nan"),
            squared_high=float("nan"),
            bins=None,
            parts=parts,
            scheme=self.scheme,
            level=self.level,
            resamples=self.resamples,
            seed=self.seed,
        )

    def check(self) -> None:
        """Refuse what cannot be."""
        require_choice("scheme", self.scheme, SCHEMES)
        require_level(self.level)
        if not is_count(self.bins, 2):
            raise DataError(f"bins={self.bins!r:.60} must be a whole number of at least 2.")
        if not is_count(self.resamples, 10):
            raise DataError(f"resamples={self.resamples!r:.40} must be a whole number of at least 10.")


def calibration_error(
    logits: Any,
    y: Any,
    of: str | None = None,
    *,
    bins: int = 10,
    scheme: str = "quantile",
    groups: Any = None,
    weights: Any = None,
    level: float = 0.95,
    resamples: int = 1_000,
    seed: int = 1,
) -> CalibrationErrors:
    """Return calibration errors of logits, beside the errors expected by chance.

    Parameters
    ----------
    logits : (n,) or (n, K) array-like
        Log odds of an event, or logits of K outcomes, of any model; preferably for rows that it was not fitted to.
    y : (n,) array-like
        0 or 1, or the proportion of events; for K outcomes, their numbers from 0 to K - 1.
    of : {'event', 'top', 'class'}, optional
        Errors for the event; for the most probable of several outcomes (their default); or for each against the rest.
    bins : int, default 10
        Number of bins.
    scheme : {'quantile', 'width'}
        Whether bins hold about equal numbers of trials (equal probabilities stay together), or are equally wide.
    groups : (n,) array-like, optional
        Group of each row; errors are also returned for each group.
    weights : (n,) array-like, optional
        How often each row counts, as whole numbers.
    level : float, default 0.95
        Level of the intervals and quantiles.
    resamples, seed : int
        Number of draws of the outcomes, and the seed that makes them repeatable.

    Returns
    -------
    CalibrationErrors
        The errors with their bins, and parts by outcome and by group.

    Raises
    ------
    DataError
        If logits are not finite or look like probabilities, or outcomes, weights or options are out of range.
    UnsupportedError
        If weights, or weights times proportions, do not count trials.

    Examples
    --------
    >>> import logitkit as lk
    >>> rng = np.random.default_rng(2)
    >>> z = rng.normal(0.0, 2.0, (500, 3))
    >>> y = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
    >>> found = lk.logits.calibration_error(z, y, of="class", resamples=100)
    >>> [part.name for part in found.parts], found.p_value > 0.05
    (['outcome 0', 'outcome 1', 'outcome 2'], True)
    """
    values = read_logits(logits)
    how = _How(asked_of(of, values), bins, scheme, level, resamples, require_seed(seed) or 0)
    how.check()
    p, happened = rows_of(values, y, how.of)
    trials = whole_counts(read_weights(weights, len(values)), "weights", DRAWN)
    events = whole_counts((happened.T * trials).T, "weights times y", DRAWN).astype(np.float64)
    whole = _measured("all rows", p, events, trials, np.arange(len(p)), how)
    parts = list(whole.parts)
    for name, places in read_labels(groups, len(p)):
        found = _measured(name, p[places], events[places], trials[places], places, how)
        parts.append(replace(found, parts=()))
    return replace(whole, parts=tuple(parts))


def asked_of(of: str | None, logits: FloatArray) -> str:
    """Return the kind of event; with several outcomes the default is the most probable outcome.

    Examples
    --------
    >>> asked_of(None, np.zeros(2)), asked_of(None, np.zeros((2, 3)))
    ('event', 'top')
    """
    asked = ("event" if logits.ndim == 1 else "top") if of is None else of
    require_choice("of", asked, KINDS)
    if (asked == "event") != (logits.ndim == 1):
        raise UnsupportedError(
            f"of={asked!r} and logits of shape {logits.shape}: 'event' is of (n,), 'top' and 'class' of (n, K)."
        )
    return asked


def rows_of(logits: FloatArray, y: Any, of: str) -> tuple[FloatArray, FloatArray]:
    """Return probabilities and what happened: of the event, of the most probable outcome, or of each outcome.

    Parameters
    ----------
    logits : (n,) or (n, K) array
        Logits.
    y : (n,) array-like
        What happened.
    of : {'event', 'top', 'class'}
        The kind of event.

    Returns
    -------
    p, happened : (n,) or (n, K) array
        Probabilities, and proportions of what happened.

    Examples
    --------
    >>> rows_of(np.array([[0.0, 0.0], [0.0, 0.0]]), [0, 1], "top")[1].tolist()
    [1.0, 0.0]
    """
    p = probabilities(logits)
    if of != "top":
        return p, read_outcomes(y, logits)
    codes = read_codes(y, *logits.shape)
    top = logits.argmax(axis=1)
    return p[np.arange(len(p)), top], (codes == top).astype(np.float64)


def _measured(
    name: str, p: FloatArray, events: FloatArray, trials: IntArray, places: IntArray, how: _How
) -> CalibrationErrors:
    """Return the errors of some rows, with those of each outcome."""
    used = trials > 0
    p, events, trials, places = p[used], events[used], trials[used], places[used]
    columns, happened = (p, events) if p.ndim == 2 else (p[:, None], events[:, None])
    cells = [bin_cells(column, trials, how.bins, how.scheme) for column in columns.T]
    tables = [
        error_bins(column, event, trials, cell)
        for column, event, cell in zip(columns.T, happened.T, cells, strict=True)
    ]
    first = np.cumsum([0, *(table.n.size for table in tables)])
    together: CodeArray = np.stack([cell + np.int32(at) for cell, at in zip(cells, first[:-1], strict=True)], axis=1)
    drawn = drawn_counts(p, trials, together if p.ndim == 2 else cells[0], places, how.resamples, how.seed)
    each = [
        _part(f"outcome {k}" if p.ndim == 2 else name, how, table, drawn[a:b])
        for k, (table, a, b) in enumerate(zip(tables, first[:-1], first[1:], strict=True))
    ]
    if p.ndim == 1:
        return each[0]
    chance = chance_of(_distance(tables), np.concatenate([table.events for table in tables]), drawn, how.level)
    ece, squared = (float(np.mean([getattr(part, field) for part in each])) for field in ("ece", "squared"))
    found = how.found(name, float(trials.sum()), ece, chance, squared, tuple(each))
    low, high = joint_interval(p, events, trials, cells, tables, how.level)
    return replace(found, squared_low=low, squared_high=high)


def _part(name: str, how: _How, table: ErrorBins, drawn: IntArray) -> CalibrationErrors:
    """Return the errors of one event."""
    distance = _distance([table])
    chance = chance_of(distance, table.events, drawn, how.level)
    ece = float(distance(table.events[:, None])[0])
    found = how.found(name, float(table.n.sum()), ece, chance, squared=squared_error(table))
    low, high = squared_interval(table, how.level)
    return replace(found, squared_low=low, squared_high=high, bins=table)


def _distance(tables: Sequence[ErrorBins]) -> Any:
    """Return what gives the mean distance of predicted and observed rates for events of all bins."""
    expected = np.concatenate([table.expected for table in tables])[:, None]
    scale = len(tables) * float(tables[0].n.sum())

    def distance(events: FloatArray) -> FloatArray:
        return np.asarray(np.abs(expected - events).sum(axis=0) / scale)

    return distance
