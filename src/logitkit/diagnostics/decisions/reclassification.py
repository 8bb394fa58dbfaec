r"""Reclassification of two models: net reclassification (NRI), by categories or continuous, and discrimination (IDI).

With u and d the proportions of events whose predicted probability the new model puts up and down (into another
category, or at all), and u', d' those of non-events, NRI is (u - d) + (d' - u'), the sum of its two parts. IDI is the
mean of the difference in probability over events less that over non-events. All are means over independent rows, of
events and of non-events, and their errors are those of means; of the parts of NRI :math:`\{u + d - (u - d)^2\} / m`
(``docs/maths/decisions.md``, equations 4 and 5).

Neither is proper: a model can gain by being miscalibrated, and on the rows of the fits a column that predicts nothing
gains on average, with a test that rejects far too often. What is printed says so.

References
----------
Pencina, M. J., D'Agostino, R. B. and others (2008) Statistics in Medicine 27, 157-172, and (2011) 30, 11-21. Hilden, J.
and Gerds, T. A. (2014) A note on the evaluation of novel biomarkers. Statistics in Medicine 33, 3405-3414. Pepe, M. S.,
Fan, J., Feng, Z., Gerds, T. and Hilden, J. (2015) The net reclassification index (NRI): a misleading measure of
prediction improvement even with independent test data sets. Statistics in Biosciences 7, 282-295.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.diagnostics.discrimination.at_thresholds import thresholds_asked
from logitkit.diagnostics.discrimination.scored import Scored, ScoredRows
from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError
from logitkit.models.links import LOGIT
from logitkit.typing import FloatArray, IntArray

__all__ = ["Reclassification", "reclassification"]

ROUNDING = 1e-12  # of a probability: by how much equal ones may differ


@dataclass(frozen=True, eq=False)
class Reclassification:
    """Changes in predictions from an old model to a new one.

    Parameters
    ----------
    names : pair of str
        The new model and the old one.
    cuts : (c,) array or None
        Cut points of the risk categories; None if every change counts.
    measures : tuple of str
        Names of the six measures: NRI and its components for events and non-events, and the same for IDI.
    estimates, errors, low, high, p_values : (6,) array
        Estimate, standard error, confidence limits and p-value of each measure. Standard errors are nan if weights do
        not count independent observations; p-values also if the rows are those of a fit.
    event_table, nonevent_table : (c + 1, c + 1) array or None
        Total weight by category of the old model (rows) and of the new model (columns).
    events, nonevents : float
        Total weight of events and of non-events.
    level : float
        Confidence level.
    in_sample : bool
        Whether any fit predicts the rows that it was fitted to.
    not_shared : int
        Number of rows left out because a prediction is missing.

    Examples
    --------
    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1], [[-1.0, 2.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    >>> reclassification(rows).estimates[0].item()
    1.5
    """

    names: tuple[str, str]
    cuts: FloatArray | None
    measures: tuple[str, ...]
    estimates: FloatArray
    errors: FloatArray
    low: FloatArray
    high: FloatArray
    p_values: FloatArray
    event_table: FloatArray | None
    nonevent_table: FloatArray | None
    events: float
    nonevents: float
    level: float
    in_sample: bool = False
    not_shared: int = 0

    @property
    def nri(self) -> float:
        """Net reclassification improvement."""
        return float(self.estimates[0])

    @property
    def idi(self) -> float:
        """Integrated discrimination improvement."""
        return float(self.estimates[3])


MEASURES = ("NRI", "  of events", "  of non-events", "IDI", "  of events", "  of non-events")


def reclassification(rows: Scored, cuts: Any = None, *, level: float = 0.95) -> Reclassification:
    """Return how predictions change from an old model to a new one.

    Parameters
    ----------
    rows : ScoredRows or JoinedRows
        Rows with two columns of log odds: first those of the new model, then those of the old one.
    cuts : sequence of float, optional
        Cut points of the risk categories; a row at a cut point is in the upper category. By default every change
        counts.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Reclassification
        NRI and IDI with standard errors.

    Raises
    ------
    DataError
        If there are not exactly two predictions, or a cut point is outside (0, 1).

    Examples
    --------
    A model compared with itself changes nothing:

    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1], [[-1.0, 2.0, 0.0, 1.0], [-1.0, 2.0, 0.0, 1.0]])
    >>> reclassification(rows, [0.5]).estimates.tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    if len(rows.names) != 2:
        raise DataError(f"Reclassification compares two predictions, and there are {len(rows.names)}.")
    require_level(level)
    bounds = None if cuts is None else thresholds_asked(cuts)
    k = 0 if bounds is None else bounds.size + 1
    tables, sums = np.zeros((2, k, k)), np.zeros((2, 2))  # of events and non-events: tables; sums of both changes
    for block in rows.blocks():
        changes, cell = _changes(block, bounds)
        for number, weight in enumerate((block.events, block.nonevents)):
            sums[number] += [weight @ each for each in changes]
            if cell is not None:
                tables[number] += np.bincount(cell, weight, k * k).reshape(k, k)
    totals = np.array([rows.n_events, rows.n_nonevents])
    means, squares = sums / totals[:, None], np.zeros((2, 2))
    for block in rows.blocks():
        changes, _ = _changes(block, bounds)
        for number, weight in enumerate((block.events, block.nonevents)):
            squares[number] += [weight @ (each - mean) ** 2 for each, mean in zip(changes, means[number], strict=True)]
    (up, down), (of_events, of_nonevents) = means, np.sqrt(squares) / totals[:, None]
    found = []
    for each in range(2):
        found += [(up[each] - down[each], np.hypot(of_events[each], of_nonevents[each]))]
        found += [(up[each], of_events[each]), (-down[each], of_nonevents[each])]
    estimates, errors = np.array(found).T
    if rows.errors != "counts":
        errors = np.full(6, np.nan)
    z = np.divide(estimates, errors, out=np.full(6, np.nan), where=errors > 0.0)
    half = float(NORMAL.quantile(level)) * errors
    return Reclassification(
        names=(rows.names[0], rows.names[1]),
        cuts=bounds,
        measures=MEASURES,
        estimates=estimates,
        errors=errors,
        low=estimates - half,
        high=estimates + half,
        p_values=np.full(6, np.nan) if rows.in_sample else np.asarray(NORMAL.two_sided(z)),
        event_table=None if bounds is None else tables[0],
        nonevent_table=None if bounds is None else tables[1],
        events=rows.n_events,
        nonevents=rows.n_nonevents,
        level=level,
        in_sample=rows.in_sample,
        not_shared=rows.not_shared,
    )


def _changes(rows: ScoredRows, bounds: FloatArray | None) -> tuple[tuple[FloatArray, FloatArray], IntArray | None]:
    """Return the direction of the change of each row and its size, and its cell where there are categories."""
    new, old = LOGIT.inverse(rows.scores)
    if bounds is None:
        return (np.where(np.abs(new - old) <= ROUNDING, 0.0, np.sign(new - old)), new - old), None
    of_new, of_old = (np.searchsorted(bounds, each + ROUNDING, side="right") for each in (new, old))
    cell = of_old * (bounds.size + 1) + of_new
    return (np.sign(of_new - of_old).astype(np.float64), new - old), cell
