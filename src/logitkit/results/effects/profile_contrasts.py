"""Contrasts of two profiles, from mappings of variables to values to a result that shows itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

import logitkit.report.findings.effects  # noqa: F401 - says how these results are shown
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, nearest_name
from logitkit.inference.effects.averages import averages
from logitkit.inference.effects.errors import given_root, with_root
from logitkit.inference.effects.pieces import Level
from logitkit.inference.effects.profiles import ContrastMethod, ProfileContrast, profile_contrast_of
from logitkit.inference.effects.scales import ProbabilityScale
from logitkit.inference.intervals.profile import require_rows
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.report.frames.effects import profile_contrast_frame
from logitkit.results.documented import extends_base
from logitkit.results.effects.cells import At, rows_at, settings
from logitkit.results.effects.pieces import Pieces
from logitkit.results.effects.rows_to_average import coding_of, outcomes_shown, rows_to_average
from logitkit.results.effects.words import SEPARATED
from logitkit.results.rows import Rows
from logitkit.results.shown import shown
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.inference.intervals.bootstrap_intervals import IntervalKind

__all__ = ["ProfileContrastResult", "profile_contrast"]


@extends_base
@dataclass(frozen=True, eq=False)
class ProfileContrastResult(ProfileContrast):
    """Two profiles compared, with a table."""

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
    method: ContrastMethod = "wald",
    level: float | None = None,
    kind: IntervalKind | None = None,
) -> ProfileContrastResult:
    """Return the contrast of two profiles over rows."""
    record = rows.record
    require(record, "effects")
    require_choice("method", method, get_args(ContrastMethod))
    if kind is not None and method != "bootstrap":
        raise DataError(f"kind={kind!r} says how intervals are made of replicates: give it with method='bootstrap'.")
    known = coding_of(record.info).variables
    for word, profile in (("a", a), ("b", b)):
        if not isinstance(profile, Mapping) or not profile:
            raise DataError(f"{word}={profile!r:.60} is not a profile; give values by variable, such as {{'age': 30}}.")
        for name in profile:
            if name not in known:
                hint = nearest_name(str(name), known)
                raise FormulaError(f"{word}= names {name!r}, which is not a variable of the formula. {hint}")
    averaged = rows_to_average(rows)
    values = settings(at, averaged)
    if len(values) > 1:
        raise DataError("at= gives several values of a variable; a contrast takes one: call it once for each.")
    names = list(at) if isinstance(at, Mapping) else []
    twice = [name for name in names if name in a and name in b]
    if twice:
        raise DataError(f"at= sets {twice[0]!r}, to which both profiles have a value of their own.")
    frame, own, base, shares = rows_at(averaged, at, dict(zip(names, values[0], strict=True)))
    pieces = Pieces(averaged, frame, own, base)
    for profile in (a, b):
        pieces.level(profile)
    shown_outcomes = outcomes_shown(record)
    scale = ProbabilityScale(record.family, shown_outcomes)
    found = averages(record, base, pieces.pieces, shares, scale)
    jacobian = found.jacobian.reshape(found.value.size, -1)
    labels = () if record.has_event else tuple(record.outcomes[k] for k in shown_outcomes)
    texts = tuple(f"p{k + 1}" for k in range(found.value.size))
    root, label = given_root(record, jacobian), record.covariance.label
    numbers = with_root(record, texts, found.value.reshape(-1), root, jacobian, label)
    numbers = replace(
        numbers,
        level=record.level if level is None else level,
        null=None if record.is_penalised else 0.0,
    )
    words = _words(a), _words(b)
    several = len(np.unique(np.concatenate([_dense(record, each) for each in pieces.pieces], axis=1), axis=0)) > 1
    out = profile_contrast_of(
        numbers, words, labels, averaged=several, n_rows=averaged.n_counted if len(frame) > 1 else 1
    )
    response = record.info.response
    notes = averaged.weight_words if len(frame) > 1 else ()
    if record.has_event:
        notes = (f"Event: {response.event_in_words}.", *notes)
    out = replace(out, notes=(*notes, SEPARATED) if record.is_separated and method == "wald" else notes)
    if method != "wald":
        from logitkit.inference.effects.contrast_intervals import (
            ContrastRows,
            contrast_by_bootstrap,
            contrast_by_likelihood,
        )

        over = ContrastRows(base, [each for each in pieces.pieces if isinstance(each, Level)], shares, shown_outcomes)
        if method == "bootstrap":
            out = contrast_by_bootstrap(record, require_rows(rows.own), out, over, kind or "bca")
        else:
            out = contrast_by_likelihood(record, rows.own, out, over, method)
    return shown(ProfileContrastResult(**{field.name: getattr(out, field.name) for field in fields(ProfileContrast)}))


def _words(profile: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in profile.items())


def _dense(record: FitRecord, piece: Any) -> FloatArray:
    """Return a few columns that tell whether rows of a profile differ: their linear predictors."""
    table = record.finite_table
    eta = piece.matrix.matvecs(table)
    return np.asarray(np.round(eta if piece.offset is None else eta + piece.offset, 10)).T
