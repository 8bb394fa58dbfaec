"""Contrasts of two profiles, which are given as mappings of variables to values."""

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
from logitkit.inference.effects.pieces import Level, RowsOfFit
from logitkit.inference.effects.profiles import ContrastMethod, ProfileContrast, profile_contrast_of
from logitkit.inference.effects.scales import ProbabilityScale
from logitkit.inference.intervals.profile import require_rows
from logitkit.inference.verbs import require
from logitkit.options import require_choice
from logitkit.report.frames.effects import profile_contrast_frame
from logitkit.results.documented import extends_base
from logitkit.results.effects.asked import EffectsAsked
from logitkit.results.effects.cells import At, rows_at, settings
from logitkit.results.effects.in_chunks import are_in_chunks, merged, reduced, spreads_in_chunks
from logitkit.results.effects.known_columns import row_of_means
from logitkit.results.effects.pieces import Pieces
from logitkit.results.effects.rows_to_average import (
    AveragedRows,
    NoCompleteRowError,
    coding_of,
    outcomes_shown,
    rows_to_average,
)
from logitkit.results.effects.spreads import Spread
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
    """A comparison of two profiles, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.contrast({"smoke": 1}, {"smoke": 0})
    >>> found.to_frame().iloc[:, :4].round(3)
               quantity  estimate  std_error  p_value
    0  probability of a     0.399      0.056      NaN
    1  probability of b     0.256      0.040      NaN
    2   risk difference     0.143      0.069    0.039
    3        risk ratio     1.559      0.330    0.036
    4        odds ratio     1.931      0.611    0.038
    5     number needed     6.986        NaN      NaN
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per quantity or, with several outcomes, per quantity and outcome.

        Returns
        -------
        pandas.DataFrame
            Columns quantity, estimate, std_error, p_value, conf_low, conf_high and through_infinity.
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
    shown_outcomes = outcomes_shown(record)
    measure = _Measure((a, b), at, ProbabilityScale(record.family, shown_outcomes))
    found, over = _averaged(rows, measure, in_sums=are_in_chunks(rows) and method == "wald")
    averaged, jacobian = found.averaged, found.jacobian.reshape(found.value.size, -1)
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
    several = len(found.different) > 1
    out = profile_contrast_of(
        numbers, words, labels, averaged=several, n_rows=averaged.n_counted if found.n_rows > 1 else 1
    )
    response = record.info.response
    notes = averaged.weight_words if found.n_rows > 1 else ()
    if record.has_event:
        notes = (f"Event: {response.event_in_words}.", *notes)
    out = replace(out, notes=(*notes, SEPARATED) if record.is_separated and method == "wald" else notes)
    if method != "wald":
        from logitkit.inference.effects.contrast_intervals import (
            ContrastRows,
            contrast_by_bootstrap,
            contrast_by_likelihood,
        )

        assert over is not None
        base, levels, shares = over
        compared = ContrastRows(base, levels, shares, shown_outcomes)
        if method == "bootstrap":
            out = contrast_by_bootstrap(record, require_rows(rows.own), out, compared, kind or "bca")
        else:
            out = contrast_by_likelihood(record, rows.own, out, compared, method)
    return shown(ProfileContrastResult(**{field.name: getattr(out, field.name) for field in fields(ProfileContrast)}))


Compared = tuple[RowsOfFit, list[Level], FloatArray]  # rows, the two profiles of each, and how much it counts


@dataclass(frozen=True, eq=False)
class _Found:
    """Two averages over some rows.

    Parameters
    ----------
    averaged : AveragedRows
        The rows, or the first of them with what is known of all.
    value : (2, L) array
        Average for each profile and outcome.
    jacobian : (2, L, q) array
        Derivatives with respect to the coefficients.
    weight : float
        Of the rows.
    n_rows : int
        Number of rows averaged over.
    different : (d, k) array
        Linear predictors of at most two distinct rows.
    """

    averaged: AveragedRows
    value: FloatArray
    jacobian: FloatArray
    weight: float
    n_rows: int
    different: FloatArray

    def plus(self, other: _Found) -> _Found:
        """Return the averages over both."""
        weight = self.weight + other.weight
        share = self.weight / weight if weight > 0.0 else 0.5
        first, second = self.averaged, other.averaged
        averaged = replace(
            first,
            weights=None if first.weights is None else np.array([weight]),
            n_missing=first.n_missing + second.n_missing,
            counted=first.n_counted + second.n_counted,
        )
        return _Found(
            averaged,
            share * self.value + (1.0 - share) * other.value,
            share * self.jacobian + (1.0 - share) * other.jacobian,
            weight,
            self.n_rows + other.n_rows,
            np.unique(np.concatenate([self.different, other.different]), axis=0)[:2],
        )


@dataclass(frozen=True)
class _Measure:
    """The averages of two profiles over rows."""

    profiles: tuple[Mapping[str, Any], Mapping[str, Any]]
    at: At
    scale: ProbabilityScale
    spreads: Mapping[str, Spread] | None = None

    def __call__(self, rows: Rows) -> _Found | None:
        """Return them over the rows of a chunk, None where no row is complete."""
        try:
            averaged = replace(rows_to_average(rows, of_chunk=True), spreads=self.spreads)
        except NoCompleteRowError:
            return None
        found = self.over(averaged)[0]
        one = replace(averaged, frame=averaged.frame.iloc[:1], labels=None, design=None, counted=averaged.n_counted)
        return replace(found, averaged=replace(one, rows=replace(averaged.rows, own=None)))

    def over(self, averaged: AveragedRows) -> tuple[_Found, Compared]:
        """Return them over complete rows, with what they are made of."""
        record, at = averaged.rows.record, self.at
        values = settings(at, averaged)
        if len(values) > 1:
            raise DataError("at= gives several values of a variable; a contrast takes one: call it once for each.")
        names = list(at) if isinstance(at, Mapping) else []
        twice = [name for name in names if all(name in profile for profile in self.profiles)]
        if twice:
            raise DataError(f"at= sets {twice[0]!r}, to which both profiles have a value of their own.")
        frame, own, base, shares = rows_at(averaged, at, dict(zip(names, values[0], strict=True)))
        pieces = Pieces(averaged, frame, own, base)
        for profile in self.profiles:
            pieces.level(profile)
        levels = [each for each in pieces.pieces if isinstance(each, Level)]
        found = averages(record, base, pieces.pieces, shares, self.scale)
        weight = float(len(frame)) if averaged.weights is None else float(averaged.weights.sum())
        different = np.unique(np.concatenate([_dense(record, each) for each in levels], axis=1), axis=0)[:2]
        return _Found(averaged, found.value, found.jacobian, weight, len(frame), different), (base, levels, shares)


def _averaged(rows: Rows, measure: _Measure, *, in_sums: bool) -> tuple[_Found, Compared | None]:
    """Return the averages over all rows, in one pass where these are read in chunks."""
    if not in_sums:
        return measure.over(rows_to_average(rows))
    spreads = spreads_in_chunks(rows, (), EffectsAsked(at=measure.at).spreads(coding_of(rows.record.info).variables))
    if isinstance(measure.at, str):
        return measure.over(row_of_means(rows, (), spreads))
    found = reduced(rows, (), replace(measure, spreads=spreads), _merged)
    if found is None:
        raise NoCompleteRowError
    if not found.weight > 0.0:
        raise DataError("weights must be finite and not negative, and some of them positive.")
    return found, None


def _merged(left: _Found | None, right: _Found | None) -> _Found | None:
    return merged(left, right)


def _words(profile: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in profile.items())


def _dense(record: FitRecord, piece: Any) -> FloatArray:
    """Return a few columns that tell whether rows of a profile differ: their linear predictors."""
    table = record.finite_table
    eta = piece.matrix.matvecs(table)
    return np.asarray(np.round(eta if piece.offset is None else eta + piece.offset, 10)).T
