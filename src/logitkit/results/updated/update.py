"""Updates of a fit by new rows: one is the new model, and all are in a table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy.special import chdtrc

from logitkit.design.design import Design
from logitkit.design.extend import design_of_terms
from logitkit.design.ready import labelled_rows
from logitkit.design.table.frame import Table, read_table
from logitkit.diagnostics.calibration.logits_of_rows import RowLogits, row_logits
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.covariances.required import with_required_sandwich
from logitkit.inference.sample import is_sample
from logitkit.inference.verbs import require
from logitkit.logits.recalibration.closed_test import ClosedTest, Refit, closed_test_of
from logitkit.logits.recalibration.fitting import learn
from logitkit.logits.recalibration.recalibrator import Recalibrator
from logitkit.options import require_choice
from logitkit.results.classes import fit_of
from logitkit.results.recalibrated import RecalibratedFit, holds_recalibrations, refitted, with_errors
from logitkit.results.rows import Rows
from logitkit.results.updated.extended import ExtendedFit
from logitkit.results.updated.updated import UpdatedFit
from logitkit.selection.folds import splits_of
from logitkit.selection.updating.distance import closed_test_by_distance, distance_of
from logitkit.selection.updating.extension import Extension, extend
from logitkit.selection.updating.ladder import MEASURES, UpdateLadder, chi_square, held_out_scores
from logitkit.selection.updating.strength import PriorStrength, choose_prior, fit_at_prior
from logitkit.typing import FloatArray

if TYPE_CHECKING:
    from logitkit.results.fit import Fit

__all__ = ["Stated", "UpdateMethod", "update_fit"]

UpdateMethod = Literal["closed-test", "intercept", "slope", "revision", "prior", "extension"]
#: What recalibrations and the closed test call a rung.
RUNGS = {"none": "original", "intercept": "intercept", "logistic": "slope", "refit": "revision"}


@dataclass(frozen=True)
class Stated:
    """How an update was asked for.

    Parameters
    ----------
    method : str
        One of ``UpdateMethod``.
    extend : str or None
        Terms to add.
    strength : float or None
        Strength of the prior; None if cross-validation chooses it.
    folds : int or Folds
        Folds of that cross-validation.
    held_out : table or None
        Rows on which all updates are scored.
    level : float
        Level of the closed test: the probability that it keeps a model that is right.
    """

    method: str
    extend: str | None
    strength: float | None
    folds: Any
    held_out: Any
    level: float


@dataclass(frozen=True)
class _Rung:
    """One update: its name, what it learnt, the model that it makes, and its distance in place of a ratio."""

    name: str
    n_params: float
    loglik: float
    model: Any
    against: str = ""
    distance: tuple[float, int] | None = None


def update_fit(fit: Fit, rows: Rows, stated: Stated) -> UpdatedFit:
    """Return a fit updated by rows that it was not fitted to."""
    require_choice("method", stated.method, get_args(UpdateMethod))
    if stated.method == "extension" and stated.extend is None:
        raise DataError("method='extension' needs extend=, the terms to add, such as extend='x + C(g)'.")
    if stated.strength is not None and stated.method != "prior":
        raise DataError("strength= is of method='prior', and would have no effect.")
    record, data = rows.record, rows.data
    require(record, "calibration")
    design = rows.design
    if is_sample(record, design):
        raise DataError("These are the rows of the fit, by which it is up to date already: update it by other rows.")
    if design.in_chunks:
        raise UnsupportedError("Updates are made of rows that are held: read the files into a table first.")
    robust = design.response.clusters is not None or design.response.weight_kind == "sampling"
    if robust and stated.method == "prior":
        raise UnsupportedError(
            "A prior weighs earlier rows beside new ones by their likelihoods, which sampling weights and clusters do "
            "not have: update by 'closed-test', 'intercept', 'slope', 'revision' or 'extension'."
        )
    found = row_logits(record, design)
    rungs, test = _ladder(fit, design, found, stated.level, robust)
    strength = None
    if stated.method == "prior":
        rung, strength = _prior(record, design, data, stated)
        rungs.append(rung)
    if stated.extend is not None:
        rungs.append(_extension(fit, design, found, data, stated, robust))
    chosen = RUNGS[test.chosen] if stated.method == "closed-test" else stated.method
    if chosen not in [rung.name for rung in rungs]:
        raise UnsupportedError(
            f"There is no update {chosen!r} here: a revision needs a fit without a penalty or an absorbed factor, and "
            "rows that determine its coefficients; intercept and slope need logits that vary. See method='prior'."
        )
    model = next(rung.model for rung in rungs if rung.name == chosen)
    ladder = _table(rungs, test, found, chosen, _held_out_rows(record, stated.held_out, data), stated.held_out)
    return UpdatedFit(fit, model, replace(ladder, strength=strength))


def _ladder(fit: Fit, design: Design, rows: RowLogits, level: float, robust: bool) -> tuple[list[_Rung], ClosedTest]:
    """Return original, intercept, slope and revision as far as they can be made, and their closed test."""
    record = fit.record
    again = refitted(record, design) if rows.order.size == design.n_rows else None
    again = with_required_sandwich(again, design) if again is not None and robust else again
    fitted = np.nan if again is None else again.loglik - again.log_constant
    nested = again is not None and holds_recalibrations(record, design)
    refit = Refit(fitted, again.n_params) if again is not None and nested else None
    test = closed_test_of(rows.logits, rows.shares, rows.weights, refit, level)
    how = {name: _recalibrator(name, rows) for name in test.updates if name != "refit"}
    if robust:
        how = {name: with_errors(each, rows, design, None) if name != "none" else each for name, each in how.items()}
        test = _by_distance(test, record, again if nested else None, how)
    rungs = []
    for name, loglik in zip(test.updates, test.loglik, strict=True):
        if name != "refit":
            rungs.append(_Rung(RUNGS[name], how[name].estimate.size, float(loglik), RecalibratedFit(fit, how[name])))
    if again is None or not nested:  # no test compares what is not nested
        last = rungs.pop()
        rungs = [*(replace(rung, against=last.name) for rung in rungs), last]
    else:
        rungs = [replace(rung, against="revision") for rung in rungs]
    if robust:
        below = zip(test.updates[:-1], test.statistic, test.dof, strict=True)
        found = {RUNGS[name]: (float(statistic), int(dof)) for name, statistic, dof in below}
        rungs = [replace(rung, distance=found.get(rung.name)) for rung in rungs]
    if again is not None:
        rungs.append(_Rung("revision", again.n_params, fitted, fit_of(again, design)))
    return rungs, test


def _by_distance(
    test: ClosedTest, record: FitRecord, again: FitRecord | None, how: dict[str, Recalibrator]
) -> ClosedTest:
    """Return the closed test by distances from the revision, or from intercept and slope where there is none."""
    p = len(record.info.names)
    if again is not None and record.info.intercept is not None and (record.is_single or record.reference is not None):
        intercepts = np.arange(record.info.intercept, record.coef.size, p)
        return closed_test_by_distance(test, again.coef, again.vcov, record.coef, intercepts)
    if again is not None or "logistic" not in how:
        raise UnsupportedError(
            "With sampling weights or clusters the updates are compared by the coefficients of a fit with an "
            "intercept, of several outcomes with a reference, and by logits that vary: see fit.recalibrate(data)."
        )
    top = how["logistic"]
    is_slope = np.array([name == "slope" for name in top.names])
    return closed_test_by_distance(test, top.estimate, top.vcov, is_slope.astype(np.float64), np.flatnonzero(~is_slope))


def _recalibrator(name: str, rows: RowLogits) -> Recalibrator:
    """Return what a rung does to logits."""
    if name != "none":
        return learn(rows.logits, rows.shares, rows.weights, name)
    if rows.logits.ndim == 1:
        return Recalibrator("none", 2)
    k = rows.logits.shape[1]
    return Recalibrator("none", k, slopes=np.ones(k))


def _prior(record: FitRecord, design: Design, data: Any, stated: Stated) -> tuple[_Rung, PriorStrength]:
    """Return the update by a prior at the earlier coefficients, and its strength."""
    if stated.strength is None:
        strength = choose_prior(record, design, splits_of(stated.folds, design, _table_of(record, data, design)))
    else:
        strength = PriorStrength(np.array([stated.strength]), np.empty(0), np.empty(0), float(stated.strength))
    found = fit_at_prior(record, design, strength.chosen)
    assert found.penalty is not None
    loglik = found.loglik - found.log_constant
    return _Rung("prior", float(found.penalty.dof), loglik, fit_of(found, design)), strength


def _table_of(record: FitRecord, data: Any, design: Design) -> Table:
    """Return the rows as a table, of a ready matrix one without columns."""
    return read_table(data) if record.info.coding is not None else labelled_rows(None, design.counts.given, None)


def _extension(fit: Fit, design: Design, rows: RowLogits, data: Any, stated: Stated, robust: bool) -> _Rung:
    """Return the update by new predictors."""
    if rows.logits.ndim != 1:
        raise UnsupportedError("Extensions are of models of an event; with several outcomes fit the larger model.")
    if not np.ptp(rows.logits) > 0.0:
        raise UnsupportedError("The earlier model predicts the same for all rows: fit the new predictors alone.")
    assert stated.extend is not None
    made: Extension = extend(design_of_terms(replace(design, table=data), stated.extend), rows, fit.record.level)
    distance = None
    if robust:
        own = np.eye(made.n_params)[:, :2]
        distance = distance_of(made.joint.coef, made.joint.vcov, np.zeros(made.n_params), own)
    return _Rung("extension", made.n_params, made.loglik, ExtendedFit(fit, made), "slope", distance)


def _held_out_rows(record: FitRecord, held_out: Any, data: Any) -> tuple[Design, RowLogits] | None:
    """Return rows that are held out, with the logits of the earlier model."""
    if held_out is None:
        return None
    if held_out is data:
        raise DataError("held_out= are the new rows themselves: the scores would flatter every update.")
    design = Rows(record, None, held_out).design
    if design.in_chunks:
        raise UnsupportedError("Updates are scored on rows that are held: read the files into a table first.")
    return design, row_logits(record, design)


def _table(
    rungs: list[_Rung],
    test: ClosedTest,
    rows: RowLogits,
    chosen: str,
    held_out: tuple[Design, RowLogits] | None,
    data: Any,
) -> UpdateLadder:
    """Return the updates side by side."""
    by_name = {rung.name: rung for rung in rungs}
    tests = np.full((len(rungs), 3), np.nan)
    scores = np.full((len(rungs), len(MEASURES)), np.nan)
    if "slope" not in by_name:  # two parameters are all that a revision has: it is intercept and slope
        rungs = [replace(rung, against="") if rung.against == "slope" else rung for rung in rungs]
    for place, rung in enumerate(rungs):
        if rung.against:
            other = by_name[rung.against]
            small, large = (other, rung) if rung.name == "extension" else (rung, other)
            dof = int(large.n_params - small.n_params)
            if rung.distance is not None:
                statistic, dof = rung.distance
                tests[place] = statistic, dof, chdtrc(max(dof, 1), statistic) if dof else 1.0
            elif dof > 0:
                ratio, p = chi_square(small.loglik, large.loglik, dof)
                tests[place] = ratio, dof, p
        if held_out is not None:
            design, own = held_out
            scores[place] = held_out_scores(_logits(rung, design, own, data), own.shares, own.weights)
    return UpdateLadder(
        updates=tuple(rung.name for rung in rungs),
        n_params=np.array([rung.n_params for rung in rungs], dtype=np.float64),
        loglik=np.array([rung.loglik for rung in rungs]),
        against=tuple(rung.against for rung in rungs),
        statistic=tests[:, 0],
        dof=tests[:, 1],
        p_value=tests[:, 2],
        held_out=scores,
        chosen=chosen,
        closed_test=RUNGS[test.chosen],
        level=test.level,
        by_distance=any(rung.distance is not None for rung in rungs),
        n=float(rows.weights.sum()),
        n_held_out=0.0 if held_out is None else float(held_out[1].weights.sum()),
    )


def _logits(rung: _Rung, design: Design, rows: RowLogits, data: Any) -> FloatArray:
    """Return the logits that an update gives rows that are held out."""
    if rung.name == "extension":
        return np.asarray(rung.model.extension.logits(rows.logits, rung.model.columns(data, design)[rows.order]))
    if rung.name in ("revision", "prior"):
        found = row_logits(rung.model.record, design)
        if found.order.size != rows.order.size:
            raise DataError("Some rows that are held out have no finite prediction under every update.")
        return found.logits
    return rung.model.recalibrator.transform(rows.logits)  # type: ignore[no-any-return]
