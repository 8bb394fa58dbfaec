"""Contrasts of two profiles, from mappings of variables to values to a result that shows itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

import logitkit.report.effect_findings  # noqa: F401 - says how these results are shown
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, UnsupportedError, nearest_name
from logitkit.inference.effects.averages import averages
from logitkit.inference.effects.errors import given_root, with_root
from logitkit.inference.effects.pieces import Level
from logitkit.inference.effects.profiles import ProfileContrast, profile_contrast_of
from logitkit.inference.effects.scales import ProbabilityScale
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.report.effect_frames import profile_contrast_frame
from logitkit.results.effects.cells import At, rows_at, settings
from logitkit.results.effects.pieces import Pieces
from logitkit.results.effects.rows_to_average import coding_of, outcomes_shown, rows_to_average
from logitkit.results.effects.words import SEPARATED
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.typing import FloatArray

__all__ = ["ProfileContrastResult", "profile_contrast"]

ALIKE = 1e-9  # of the largest difference of columns, up to which they are the same in all rows


@dataclass(frozen=True, eq=False)
class ProfileContrastResult(ProfileContrast):
    """Two profiles compared, with a table.

    Parameters
    ----------
    a, b : str
        The profiles in words.
    outcomes : tuple of str
        The L outcomes; empty for the event of two.
    probabilities, differences, risk_ratios, odds_ratios : Derived
        What is compared.
    averaged : bool
        Whether the probabilities are averages over several rows.
    n_rows : int
        Rows that were averaged over.
    odds_interval : (2, L) array or None
        Intervals of the odds ratios that are not Wald's.
    method : str
        How these were made.
    notes : tuple of str
        What is to be said.
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per quantity, and of several outcomes per outcome.

        Returns
        -------
        pandas.DataFrame
            quantity, estimate, std_error, p_value, conf_low, conf_high, through_infinity.
        """
        return profile_contrast_frame(self)


def profile_contrast(
    rows: Rows,
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    *,
    at: At = None,
    method: Literal["wald", "profile"] = "wald",
    level: float | None = None,
) -> ProfileContrastResult:
    """Return the contrast of two profiles over rows."""
    record = rows.record
    require(record, "effects")
    require_choice("method", method, ("wald", "profile"))
    known = coding_of(record.info).variables
    for word, profile in (("a", a), ("b", b)):
        if not isinstance(profile, Mapping) or not profile:
            raise DataError(f"{word}={profile!r:.60} is not a profile; give values by variable, such as {{'age': 30}}.")
        for name in profile:
            if name not in known:
                hint = nearest_name(str(name), known)
                raise FormulaError(f"{word}= names {name!r}, which is not a variable of the formula. {hint}")
    averaged = rows_to_average(rows)
    if averaged.design is not None and averaged.design.response.trials is not None:
        averaged = replace(averaged, weights=averaged.design.response.weights)
    values = settings(at, averaged)
    if len(values) > 1:
        raise DataError("at= gives several values of a variable; a contrast takes one: call it once for each.")
    names = list(at) if isinstance(at, Mapping) else []
    frame, own, base, shares = rows_at(averaged, at, dict(zip(names, values[0], strict=True)))
    pieces = Pieces(averaged, frame, own, base)
    for profile in (a, b):
        pieces.level(profile)
    shown_outcomes = outcomes_shown(record)
    scale = ProbabilityScale(record.family, shown_outcomes)
    found = averages(record, base, pieces.pieces, shares, scale)
    jacobian = found.jacobian.reshape(found.value.size, -1)
    labels = () if record.family.words.has_event else tuple(record.outcomes[k] for k in shown_outcomes)
    texts = tuple(f"p{k + 1}" for k in range(found.value.size))
    root, label = given_root(record, jacobian), record.covariance.label
    numbers = with_root(record, texts, found.value.reshape(-1), root, jacobian, label)
    numbers = replace(
        numbers,
        level=record.level if level is None else level,
        null=None if record.penalty is not None else 0.0,
    )
    words = _words(a), _words(b)
    several = len(np.unique(np.concatenate([_dense(record, each) for each in pieces.pieces], axis=1), axis=0)) > 1
    out = profile_contrast_of(
        numbers, words, labels, averaged=several, n_rows=averaged.n_counted if len(frame) > 1 else 1
    )
    response = record.info.response
    notes = averaged.weight_words if len(frame) > 1 else ()
    if record.family.words.has_event:
        notes = (f"Event: {response.event_in_words}.", *notes)
    out = replace(out, notes=(*notes, SEPARATED) if record.is_separated else notes)
    if method == "profile":
        out = _with_profile(out, rows, pieces.pieces)
    return shown(ProfileContrastResult(**{field.name: getattr(out, field.name) for field in fields(ProfileContrast)}))


def _words(profile: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in profile.items())


def _dense(record: FitRecord, piece: Any) -> FloatArray:
    """Return a few columns that tell whether rows of a profile differ: their linear predictors."""
    table = record.finite_table
    eta = piece.matrix.matvecs(table)
    return np.asarray(np.round(eta if piece.offset is None else eta + piece.offset, 10)).T


def _with_profile(found: ProfileContrast, rows: Rows, pieces: list[Any]) -> ProfileContrast:
    """Return the contrast with profile intervals of the odds ratio, which must be a function of the coefficients."""
    from logitkit.inference.functions import function_estimates
    from logitkit.inference.intervals.profile import profile_intervals

    record = rows.record
    assert all(isinstance(each, Level) for each in pieces)
    change = pieces[0].matrix.to_dense() - pieces[1].matrix.to_dense()
    offsets = [each.offset for each in pieces]
    shifted = all(each is not None for each in offsets) and bool(np.any(offsets[0] != offsets[1]))
    size = np.abs(change).max(axis=0)
    constant = bool((np.abs(change - change[0]) <= ALIKE * size).all())
    if not record.family.is_logit or not constant or shifted:
        why = (
            "of this model it is none"
            if not record.family.is_logit
            else "here the profiles differ from row to row, or in an offset: set all variables that interact by at="
        )
        raise UnsupportedError(
            f"method='profile' needs an odds ratio that is the exponential of a combination of coefficients; {why}. "
            "Use method='wald'."
        )
    function = record.predictors.rows(change[:1], np.ones((1, 1)))
    ends = profile_intervals(record, rows.own, function, found.odds_ratios.level)
    own = function_estimates(record, function)
    value = np.exp(own.estimate)
    error = np.where(np.isfinite(own.std_error), own.std_error, np.nan) * np.where(np.isfinite(value), value, np.nan)
    numbers = replace(found.odds_ratios, value=value, root=np.diag(error))
    notes = found.notes
    if found.averaged:
        notes = (*notes, "Odds ratio: of each row, the other variables as they are, and not of the averages.")
    interval = np.exp(np.stack([ends.low, ends.high]))
    return replace(found, odds_ratios=numbers, odds_interval=interval, method="profile likelihood", notes=notes)
