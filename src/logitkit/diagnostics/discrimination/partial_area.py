r"""The area under a part of the ROC curve, between two false positive rates or above two sensitivities.

Standardised as McClish does, :math:`\tfrac12 (1 + (A - A_0) / (A_1 - A_0))` is 1/2 for scores that rank nothing
and 1 for perfect ones, whatever the part. Errors are those of ``areas.py`` or of bootstrap samples.

References
----------
McClish, D. K. (1989) Analyzing a portion of the ROC curve. Medical Decision Making 9, 190-195. R's pROC,
``auc(partial.auc=)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from logitkit.diagnostics.discrimination.area_interval import ROUNDING
from logitkit.diagnostics.discrimination.areas import areas_of, covariance_of, drawn_areas
from logitkit.diagnostics.discrimination.scored import Scored
from logitkit.engine.law import NORMAL, require_level
from logitkit.errors import DataError
from logitkit.options import is_count, require_choice

__all__ = ["PartialArea", "partial_area"]


@dataclass(frozen=True)
class PartialArea:
    """The partial area under a ROC curve.

    Parameters
    ----------
    area, std_error, low, high : float
        Partial area with its standard error and interval, truncated at 0 and the largest possible area; the standard
        error and limits are nan with precision weights.
    standardized, standardized_low, standardized_high : float
        McClish's standardised area with its interval: 1/2 for chance and 1 for perfect scores.
    bounds : pair of float
        Lower and upper rate.
    focus : {'fpr', 'tpr'}
        Rate that is bounded: the false positive rate (1 - specificity) or the true positive rate (sensitivity).
    whole : float
        Area under the entire curve.
    method : {'delong', 'bootstrap'}
        Method for the standard error.
    level : float
        Confidence level.
    events, nonevents : float
        Total weight of events and of non-events.
    in_sample : bool
        Whether the rows are those of the fit.
    units : {'counts', 'rows', 'clusters', 'none'}
        Independent units, as in ``RocTest``.

    Examples
    --------
    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> found = partial_area(scored_arrays([0, 1, 0, 1], [[1.0, 2.0, 3.0, 4.0]]), (0.0, 0.5))
    >>> found.area, round(found.standardized, 4)
    (0.25, 0.6667)
    """

    area: float
    std_error: float
    low: float
    high: float
    standardized: float
    standardized_low: float
    standardized_high: float
    bounds: tuple[float, float]
    focus: Literal["fpr", "tpr"]
    whole: float
    method: Literal["delong", "bootstrap"]
    level: float
    events: float
    nonevents: float
    in_sample: bool = False
    units: str = "counts"


def partial_area(
    rows: Scored,
    bounds: tuple[float, float],
    focus: Literal["fpr", "tpr"] = "fpr",
    *,
    method: Literal["delong", "bootstrap"] = "delong",
    level: float = 0.95,
    n: int = 2000,
    seed: int | None = 0,
) -> PartialArea:
    """Return the partial area under the ROC curve of the first score.

    Parameters
    ----------
    rows : ScoredRows or JoinedRows
        Rows with a score; all of them are read into memory.
    bounds : pair of float
        Lower and upper rate, between 0 and 1.
    focus : {'fpr', 'tpr'}
        Rate that is bounded.
    method : {'delong', 'bootstrap'}
        A normal interval with DeLong's standard error, or percentiles of bootstrap samples.
    level : float, default 0.95
        Confidence level.
    n : int, default 2000
        Number of bootstrap samples.
    seed : int, optional
        Seed of the random numbers.

    Returns
    -------
    PartialArea
        The area with its interval.

    Raises
    ------
    DataError, UnsupportedError
        If an option is invalid, or a bootstrap is requested with weights that are not counts.

    Examples
    --------
    The area over high sensitivities equals the area over low false positive rates with the outcomes exchanged:

    >>> from logitkit.diagnostics.discrimination.scored import scored_arrays
    >>> rows = scored_arrays([0, 1, 0, 1], [[1.0, 2.0, 3.0, 4.0]])
    >>> partial_area(rows, (0.5, 1.0), "tpr").area == partial_area(rows.reversed(), (0.0, 0.5)).area
    True
    """
    require_choice("method", method, ("delong", "bootstrap"))
    require_level(level)
    if not is_count(n, 100):
        raise DataError(f"n={n!r:.60} must be a whole number of at least 100 samples.")
    low, high = bounds
    held = rows.whole()
    seen = held if focus == "fpr" else held.reversed()
    start, end = (low, high) if focus == "fpr" else (1.0 - high, 1.0 - low)
    (area, *_), of_events, of_nonevents = areas_of(seen, start, end)
    least, most = 0.5 * (end**2 - start**2), end - start
    if method == "bootstrap":
        drawn = drawn_areas(seen, start, end, n, np.random.default_rng(seed))[:, 0]
        drawn = drawn[~np.isnan(drawn)]
        error = float(drawn.std(ddof=1))
        ends = np.quantile(drawn, [0.5 * (1.0 - level), 0.5 * (1.0 + level)])
    else:
        error = float(np.sqrt(covariance_of(seen, of_events, of_nonevents)[0, 0]))
        error = error if error > ROUNDING * (end - start) else float("nan")  # zero is no precision
        ends = np.clip(area + float(NORMAL.quantile(level)) * error * np.array([-1.0, 1.0]), 0.0, most)
    standard = 0.5 * (1.0 + (np.array([area, *ends]) - least) / (most - least))
    return PartialArea(
        area=float(area),
        std_error=error,
        low=float(ends[0]),
        high=float(ends[1]),
        standardized=float(standard[0]),
        standardized_low=float(standard[1]),
        standardized_high=float(standard[2]),
        bounds=bounds,
        focus=focus,
        whole=float(areas_of(held)[0][0]),
        method=method,
        level=level,
        events=rows.n_events,
        nonevents=rows.n_nonevents,
        in_sample=rows.in_sample,
        units=rows.errors,
    )
