"""Rows that several fits predict, with the log odds of the event by each as scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from logitkit.design.design import Design
from logitkit.design.response.response import Response
from logitkit.diagnostics.discrimination.area_interval import IntervalKind
from logitkit.diagnostics.discrimination.scored import KINDS, Errors, ScoredRows, names_of, with_both
from logitkit.diagnostics.rows.ranking import ROUNDING, predicted_rows
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.typing import FloatArray, IntArray

__all__ = [
    "dependent_units",
    "differing_outcomes",
    "errors_of",
    "no_shared_row",
    "require_scored",
    "scored_predictions",
]


def scored_predictions(
    fits: Sequence[tuple[str, FitRecord, Design]], columns: Mapping[str, FloatArray] | None = None
) -> ScoredRows:
    """Return the rows that several fits predict, with the log odds of the event from each fit as scores.

    Parameters
    ----------
    fits : sequence of (str, FitRecord, Design)
        Name, fit and rows of each. All rows come from one table and are joined by position.
    columns : mapping of str to array, optional
        Further scores, with one number for each row of the table.

    Returns
    -------
    ScoredRows
        Rows that all fits predict and in which no column is missing.

    Raises
    ------
    UnsupportedError
        If there are several outcomes.
    DataError
        If the fits share no row, or disagree about an outcome or a weight.

    Examples
    --------
    >>> import logitkit as lk
    >>> births = lk.datasets.load_lbw()
    >>> one, two = lk.logit("low ~ age", births), lk.logit("low ~ lwt", births)
    >>> rows = scored_predictions([("one", one.record, one.design), ("two", two.record, two.design)])
    >>> rows.scores.shape, rows.in_sample
    ((2, 189), True)
    """
    found, roundings, own = [], [], False
    for _, record, design in fits:
        require_scored(record)
        rows = predicted_rows(record, design)
        found.append((design.positions[rows.order], rows))
        finite = np.abs(rows.log_odds[1][np.isfinite(rows.log_odds[1])])
        roundings.append(ROUNDING * max(1.0, float(finite.max(initial=0.0))))
        own = own or is_sample(record, design)
    shared = found[0][0]
    for places, _ in found[1:]:
        if places.size != shared.size or not np.array_equal(places, shared):
            shared = np.intersect1d(shared, places, assume_unique=True)
    extra = dict(columns or {})
    for values in extra.values():
        shared = shared[~np.isnan(values[shared])]
    if shared.size == 0:
        raise no_shared_row()
    scores, outcomes = [], []
    for places, rows in found:
        at = np.arange(shared.size) if places.size == shared.size else np.searchsorted(places, shared)
        scores.append(rows.log_odds[1][at])
        outcomes.append((rows.shares[1][at], rows.weights[at], rows.response, at))
    y, weight, response, at = outcomes[0]
    for (name, *_), (other_y, other_weight, *_) in zip(fits[1:], outcomes[1:], strict=True):
        if not (np.array_equal(other_y, y) and np.array_equal(other_weight, weight)):
            raise differing_outcomes(name, fits[0][0])
    errors, clustered = errors_of(response, fits[0][1])
    clusters = None
    if clustered:
        assert response.clusters is not None
        clusters = np.unique(np.asarray(response.clusters.codes)[at], return_inverse=True)[1].astype(np.int64)
    joined = ScoredRows(
        names=names_of((*(name for name, *_ in fits), *extra), len(fits) + len(extra)),
        scores=np.stack([*scores, *(values[shared] for values in extra.values())]),
        events=weight * y,
        nonevents=weight * (1.0 - y),
        roundings=(*roundings, *(0.0 for _ in extra)),
        errors=errors,
        clusters=clusters,
        in_sample=own,
        not_shared=max(places.size for places, _ in found) - shared.size,
    )
    return with_both(joined)


def dependent_units(
    response: Response, order: IntArray, record: FitRecord | None = None
) -> tuple[IntArray, IntervalKind] | None:
    """Return the independent unit of each row used, if units are not the observations that weights count.

    Parameters
    ----------
    response : Response
        Outcomes and weights.
    order : (m,) int array
        Positions of the rows used.
    record : FitRecord, optional
        The fit that predicts the rows.

    Returns
    -------
    (codes, kind) or None
        Each row by itself with sampling weights, or clusters. None for independent observations, and for precision
        weights, which do not determine a number of observations.

    Examples
    --------
    >>> dependent_units(Response(np.zeros(2)), np.arange(2)) is None
    True
    """
    errors, clustered = errors_of(response, record)
    if errors not in ("rows", "clusters"):
        return None
    if not clustered:
        return np.arange(order.size), "sampling"
    assert response.clusters is not None
    codes = np.unique(np.asarray(response.clusters.codes)[order], return_inverse=True)[1]
    return np.asarray(codes, dtype=np.int64), "clusters"


def require_scored(record: FitRecord) -> None:
    """Raise an error if a fit is not of an event.

    Parameters
    ----------
    record : FitRecord
        The fit.

    Raises
    ------
    UnsupportedError
        If the fit has no event; the message says why.

    Examples
    --------
    >>> import logitkit as lk
    >>> require_scored(lk.logit("low ~ age", lk.datasets.load_lbw()).record)
    """
    require(record, "discrimination")
    if not record.has_event:
        raise UnsupportedError(
            f"{record.family.words.title}: this is of scores of one event, and there are several outcomes; "
            "fit.discrimination() and fit.calibration() have each of them against the rest."
        )


def errors_of(response: Response, record: FitRecord | None = None) -> tuple[Errors, bool]:
    """Return the kind of independent unit, and whether the units are clusters.

    Parameters
    ----------
    response : Response
        Outcomes and weights.
    record : FitRecord, optional
        The fit that predicts the rows. For a survey fit the units are unknown, because rows do not carry its strata and
        sampling units.

    Returns
    -------
    errors : {'counts', 'rows', 'clusters', 'none'}
        Units of weight, rows, clusters, or unknown.
    clustered : bool
        Whether the units are clusters.

    Examples
    --------
    >>> errors_of(Response(np.zeros(2)))
    ('counts', False)
    """
    if record is not None and record.covariance.kind == "survey":
        return "none", False
    if response.clusters is not None:
        return "clusters", True
    return "counts" if response.counts_independently else KINDS[response.weight_kind], False


def differing_outcomes(name: str, first: str) -> DataError:
    """Return the error for two fits that disagree about the outcomes of the same rows.

    Parameters
    ----------
    name, first : str
        Names of the fits.

    Returns
    -------
    DataError
        The error, to be raised by the caller.

    Examples
    --------
    >>> str(differing_outcomes("b", "a"))[:56]
    "The outcomes or weights of 'b' are not those of 'a' in t"
    """
    return DataError(
        f"The outcomes or weights of {name!r} are not those of {first!r} in the same rows: scores are compared where "
        "outcomes are the same. Pass data=, a table for all of them."
    )


def no_shared_row() -> DataError:
    """Return the error for rows of which none has every score.

    Returns
    -------
    DataError
        The error, to be raised by the caller.

    Examples
    --------
    >>> str(no_shared_row())[:27]
    'No row has every score: the'
    """
    return DataError("No row has every score: the fits share no row with a prediction.")
