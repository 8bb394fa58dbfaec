"""What a call of ``fit.validate`` asks for: rows, measures, and how the model is made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from logitkit.design.chunks.held import held_rows
from logitkit.design.design import Design
from logitkit.design.table.frame import is_missing, read_table, row_values
from logitkit.engine.law import require_level
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, UnsupportedError
from logitkit.inference.resampling.units import independent_units, prior_weights
from logitkit.inference.validation.folds import cross_validation
from logitkit.inference.validation.internal_external import InternalExternal, internal_external
from logitkit.inference.validation.measures import UserFunction, measures_of, with_functions
from logitkit.inference.validation.optimism import IntervalMethod, Subject, bootstrap_validation
from logitkit.inference.validation.refitting import Refitter, predictions_of, refitter_of
from logitkit.inference.verbs import require
from logitkit.options import is_count, require_choice
from logitkit.results.shown import shown
from logitkit.results.validated.again import BEFORE, Making
from logitkit.results.validated.held_out import InternalExternalResult, internal_external_result
from logitkit.results.validated.recipe import recipe_of
from logitkit.results.validated.validated import OTHER, ValidationResult, validation_result
from logitkit.selection.folds import Folds, splits_of
from logitkit.selection.splits import Splits
from logitkit.typing import FloatArray

__all__ = ["Asked", "validate"]

METHODS = ("bootstrap", "cross-validation", "internal-external")
RESAMPLES, FOLDS = 500, 10


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is asked for, except the recipe.

    Parameters
    ----------
    method, n, seed, by, indices, interval, level : object
        As in ``fit.validate``.
    """

    method: str
    n: int | None
    seed: int | None
    by: Any
    indices: Mapping[str, UserFunction] | None
    interval: IntervalMethod
    level: float | None


def validate(fit: Any, making: Making | None, recipe: Any, asked: Asked) -> ValidationResult | InternalExternalResult:
    """Return the validation of a fit, which is made again by a recipe or in the way it was made."""
    method, n, seed, by = asked.method, asked.n, asked.seed, asked.by
    require_choice("method", method, METHODS)
    require_choice("interval", asked.interval, ("shifted", "two-stage"))
    if n is not None and not is_count(n):
        raise DataError(f"n={n!r:.60}: give a whole number of at least 1.")
    record, design = fit.record, _own_design(fit, recipe, by)
    level = record.level if asked.level is None else asked.level
    require_level(level)
    require(record, "validate")
    refitter, predictions, made = _makings(making, record, design, recipe)
    subject = Subject(
        design,
        predictions,
        refitter,
        with_functions(measures_of(record, design), asked.indices),
        record.outcomes[1:] if record.has_event else record.outcomes,
        made,
    )
    if method == "internal-external":
        if n is not None or seed is not None:
            raise DataError("n and seed draw resamples or folds; by= says which groups are held out.")
        return shown(internal_external_result(_by_groups(subject, record, by, level)))
    if method == "bootstrap":
        if by is not None:
            raise DataError(
                "by= divides rows by cross-validation; the bootstrap draws rows, or the clusters of the fit."
            )
        found = bootstrap_validation(subject, RESAMPLES if n is None else n, seed, level, asked.interval)
    else:
        found = cross_validation(subject, _splits(design, n, seed, by), level)
    return shown(validation_result(found, fit))


def _makings(
    making: Making | None, record: FitRecord, design: Design, recipe: Any
) -> tuple[Refitter, FloatArray, tuple[str, ...]]:
    """Return what makes the model again, what that of all rows predicts, and what is said of it."""
    own = predictions_of(record, design)
    if recipe is not None:
        found = recipe_of(recipe, design, len(record.outcomes))
        whole, _ = found.one(prior_weights(design))
        same = np.allclose(whole, own, rtol=1e-6, atol=1e-6, equal_nan=True)
        return found, whole, (found.words,) if same else (found.words, OTHER)
    if making is not None:
        return making.refitter(record, design), own, making.words
    if record.penalty is not None:
        raise UnsupportedError(
            "How the penalty of this fit was stated is not known any more, as it is another form of the fit: validate "
            "the fit itself, or give recipe=."
        )
    refitter = refitter_of(record, design)
    return refitter, own, (refitter.words, BEFORE)


def _own_design(fit: Any, recipe: Any, by: Any) -> Design:
    """Return the rows of a fit, held, where they have room; of those read in chunks with the columns that are named."""
    design: Design | None = fit.design
    if design is None:
        raise DataError("A loaded model does not hold the rows to make it again from: fit it again.")
    if design.in_chunks and recipe is not None:
        raise UnsupportedError(
            "recipe= makes the model again from rows of a table, and these are read in chunks. Fit and validate a "
            "table of some rows."
        )
    named = (by.stratify, by.groups, by.time, by.given) if isinstance(by, Folds) else (by,)
    return held_rows(design, "Validation", [name for name in named if isinstance(name, str)])


def _by_groups(subject: Subject, record: FitRecord, by: Any, level: float) -> InternalExternal:
    """Return the validation by clusters or periods."""
    design = subject.design
    if not record.has_event:
        raise UnsupportedError(
            "Internal-external validation summarises c and calibration of two outcomes. With several, look at "
            "fit.validate('cross-validation', by=lk.Folds(groups=...))."
        )
    if by is None:
        raise DataError("by= is missing: a column whose values are held out in turn, or lk.Folds(time=...).")
    table = read_table({"row": range(design.counts.given)} if design.table is None else design.table)
    if isinstance(by, Folds):
        splits: Splits = splits_of(by, design, table)
        return internal_external(subject, splits, "folds", tuple(f"{k + 1}" for k in range(splits.n_splits)), level)
    if isinstance(by, str) and not table.names:
        raise DataError(f"by={by!r}: with a ready matrix give an array, one value per row.")
    values, name = row_values(by, table, "by")
    values = values.iloc[design.positions].reset_index(drop=True)
    if (absent := int(is_missing(values).sum())) > 0:
        raise DataError(f"by={name!r} is missing in {absent} of the rows of the fit; give every row a group.")
    codes, levels = values.factorize(sort=True)
    if len(levels) < 2:
        raise DataError(f"by={name!r} has one value; internal-external validation needs at least two groups.")
    used = design.response.weights > 0.0
    splits = Splits(np.where(used, codes, -1)[None].astype(np.int32), f"each {name} held out in turn")
    return internal_external(subject, splits, name, tuple(str(level) for level in levels), level)


def _splits(design: Design, n: int | None, seed: int | None, by: Any) -> Any:
    """Return the folds that were asked for; whole clusters where the fit has them."""
    if by is not None:
        if n is not None or seed is not None:
            raise DataError("by= says how the rows are divided: give the number of folds and the seed there.")
        if not isinstance(by, Folds):
            raise DataError(f"by={by!r:.60}: by cross-validation give lk.Folds(...), which says how rows are divided.")
        stated = by
    elif independent_units(design) == "cluster":
        k = FOLDS if n is None else n
        stated = Folds(k, groups=_clusters(design), **({} if seed is None else {"repeats": 1}))
    else:
        stated = Folds(FOLDS if n is None else n, **({} if seed is None else {"seed": seed}))
    table = read_table({"row": range(design.counts.given)} if design.table is None else design.table)
    return splits_of(stated, design, table)


def _clusters(design: Design) -> Any:
    """Return the clusters of the rows by their place in the table, -1 for rows that were not used."""
    clusters = design.response.clusters
    assert clusters is not None
    values = np.full(design.counts.given, -1)
    values[design.positions] = clusters.codes
    return values
