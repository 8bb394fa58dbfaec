"""Estimates of one model by maximum likelihood and with bias reduction, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from logitkit.design.design import Design
from logitkit.engine.bias.estimate import fit_adjusted
from logitkit.engine.fit import fit_design
from logitkit.engine.record import FitRecord
from logitkit.engine.solvers.newton import Newton
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.conditions.model import within_model
from logitkit.inference.hypotheses.wald import coefficient_estimates
from logitkit.inference.intervals.profile import profile_intervals
from logitkit.inference.prediction import fitted_rows
from logitkit.models.penalties.adjustment import Adjustment, Jeffreys, LogF
from logitkit.typing import FloatArray

__all__ = ["Remedies", "Remedy", "remedies"]

TRIED: tuple[tuple[str, str, Adjustment | None], ...] = (
    ("Maximum likelihood", "", None),
    ("Firth", "penalty=lk.Jeffreys()", Jeffreys()),
    ("FLIC", "penalty=lk.Jeffreys(correction='FLIC')", Jeffreys(correction="FLIC")),
    ("log-F(1, 1)", "penalty=lk.LogF(1)", LogF(1.0)),
)


class Remedy(NamedTuple):
    """One way to fit a model.

    Parameters
    ----------
    name : str
        Name of the method.
    call : str
        The argument that requests such a fit; empty if none is needed.
    estimate, low, high : (p,) array
        Coefficients and interval limits, which may be infinite; nan where aliased.
    mean : float
        Mean probability of the event over the rows of the fit; nan where there is no event.

    Examples
    --------
    >>> Remedy("Firth", "penalty=lk.Jeffreys()", np.ones(1), np.zeros(1), np.full(1, 2.0), 0.5).name
    'Firth'
    """

    name: str
    call: str
    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    mean: float


@dataclass(frozen=True, eq=False)
class Remedies:
    """Ways to fit a model, side by side.

    Parameters
    ----------
    terms : tuple of str
        Names of the p coefficients.
    fits : tuple of Remedy
        In this order: maximum likelihood, Firth, FLIC, log-F.
    left_aside : tuple of (str, str)
        The methods that the model does not have, each with the reason.
    event_rate : float
        Proportion of events; nan where there is no event.
    level : float
        Confidence level.
    separated : bool
        Whether the data are separated, so that maximum likelihood has infinite estimates.

    Examples
    --------
    >>> Remedies(("x",), (), (), 0.5, 0.95, False).terms
    ('x',)
    """

    terms: tuple[str, ...]
    fits: tuple[Remedy, ...]
    left_aside: tuple[tuple[str, str], ...]
    event_rate: float
    level: float
    separated: bool


def remedies(record: FitRecord, design: Design | None, level: float | None = None) -> Remedies:
    """Fit a model by maximum likelihood, with Firth's penalty, FLIC and log-F priors.

    Parameters
    ----------
    record : FitRecord
        A fit of the model by any of these methods.
    design : Design or None
        Its rows.
    level : float, optional
        Confidence level; by default that of the fit.

    Returns
    -------
    Remedies
        Intervals are by profile likelihood, with the penalty of each fit. FLIC has Firth's intervals, except for the
        intercept, which has a Wald interval.

    Raises
    ------
    DataError
        Without the rows of the fit.
    UnsupportedError
        After a shrinkage penalty, with a covariance that is not model-based, and with an absorbed factor.

    Examples
    --------
    With separated data the slope is infinite, but its interval is not the whole line:

    >>> import logitkit as lk
    >>> fit = lk.logit("y ~ x", {"y": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0]})
    >>> most, firth, flic, log_f = remedies(fit.record, fit.design).fits
    >>> bool(0.0 < most.low[1] < firth.estimate[1] < np.inf), most.high.tolist()[1]
    (True, inf)
    """
    if record.penalty is not None:
        raise UnsupportedError(
            "Remedies are compared with maximum likelihood, and this fit has a penalty that shrinks: fit the same "
            "formula without penalty=, and ask that fit."
        )
    if error := within_model(record):
        raise error
    if record.covariance.kind != "model":
        raise UnsupportedError(
            f"Remedies are compared by profile intervals, which are not valid with {record.covariance.label}. Ask a "
            "fit to independent rows without a dispersion."
        )
    if design is None:
        raise DataError("A loaded model holds no rows, which the remedies are fitted to.")
    level = record.level if level is None else level
    fits, aside = [], []
    for name, call, stated in TRIED:
        try:
            fits.append(Remedy(name, call, *_fitted(stated, record, design, level)))
        except UnsupportedError as error:
            if name in ("Maximum likelihood", "Firth"):
                raise
            aside.append((name, str(error)))
    has_event = record.family.words.has_event
    rate = float(record.totals[1] / record.total) if has_event else np.nan
    return Remedies(record.names, tuple(fits), tuple(aside), rate, level, bool(np.isinf(fits[0].estimate).any()))


def _fitted(
    stated: Adjustment | None, given: FitRecord, design: Design, level: float
) -> tuple[FloatArray, FloatArray, FloatArray, float]:
    """Return the coefficients of one of the fits, both ends of their intervals, and the mean prediction."""
    if stated is None:
        record = fit_design(design, given.form, Newton(), level)
    else:
        record = fit_adjusted(design, given.form, stated, Newton(), level)
    found = profile_intervals(record, design, np.eye(record.coef.size), level)
    low, high = found.low.copy(), found.high.copy()
    if isinstance(stated, Jeffreys) and stated.correction is not None and record.info.intercept is not None:
        place, wald = record.info.intercept, coefficient_estimates(record, level)
        low[place], high[place] = wald.low[place], wald.high[place]
    mean = np.nan
    if record.family.words.has_event:
        p = record.family.probabilities(fitted_rows(record, design).eta)[1]
        weights = design.response.weights
        mean = float(weights @ np.where(weights > 0.0, p, 0.0) / weights.sum())
    return record.coef, low, high, mean
