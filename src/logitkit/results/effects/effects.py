"""Effects of the variables of a formula, from the arguments to the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError, UnsupportedError, nearest_name
from logitkit.inference.covariances.sandwich import copies
from logitkit.inference.effects.averages import Averages, averages, row_values, values_at
from logitkit.inference.effects.comparisons import (
    Comparison,
    Effects,
    WithoutUnits,
    compared,
)
from logitkit.inference.effects.errors import (
    Drawn,
    bootstrap_draws,
    given_root,
    sampled_root,
    simulated_draws,
    with_root,
)
from logitkit.inference.effects.limits import in_the_limit, moves_of
from logitkit.inference.effects.means import predictor_weights
from logitkit.inference.effects.scales import LinkScale, ProbabilityScale
from logitkit.inference.verbs import require
from logitkit.models.places import outcome_place
from logitkit.numerics.threads.local import ordered_map
from logitkit.results.effects.asked import EffectsAsked
from logitkit.results.effects.cells import Cell, cells_by_group, groups_of, rows_at, settings
from logitkit.results.effects.draws_in_chunks import draws_in_chunks
from logitkit.results.effects.in_chunks import (
    CellSums,
    are_in_chunks,
    are_sums,
    reduced,
    spreads_in_chunks,
    summed_cells,
)
from logitkit.results.effects.known_columns import row_of_means
from logitkit.results.effects.levels import has_levels
from logitkit.results.effects.pieces import ELASTICITIES, Pieces
from logitkit.results.effects.rows_to_average import (
    AveragedRows,
    NoCompleteRowError,
    coding_of,
    outcomes_shown,
    rows_to_average,
)
from logitkit.results.effects.spreads import Spread
from logitkit.results.effects.words import covariance_words, effect_names, effect_notes, label_columns, method_words
from logitkit.results.rows import Rows
from logitkit.typing import FloatArray

__all__ = ["EffectsAsked", "effects_of"]


NUMBERS_MOST = 50_000_000  # of a Jacobian by row
TITLES = {"probability": "probability", "link": "linear predictor", "risk_ratio": "risk", "odds_ratio": "odds"}


def effects_of(rows: Rows, asked: EffectsAsked) -> Effects:
    """Return effects over rows."""
    record = rows.record
    require(record, "effects")
    coding_of(record.info)  # refuses a formula whose variables cannot be set
    groups = _named(asked.by, "by") or []
    if are_in_chunks(rows) and are_sums(asked):
        scale, outcomes = _scale(record, asked)
        spreads = spreads_in_chunks(rows, groups, asked.spreads(coding_of(record.info).variables))
        task = _OfChunk(asked, tuple(groups), scale, spreads)
        sums = reduced(rows, groups, task, CellSums.plus)
        if not sums.comparisons:
            raise NoCompleteRowError(sums.n_rows)
        made = _of_sums(sums, asked, groups)
        if asked.method == "simulation":
            draws = draws_in_chunks(rows, groups, (task.cells, scale), made.labels, asked)
            made = replace(made, root=draws.root, drawn=draws)
        return _effects(asked, groups, made, outcomes)
    if are_in_chunks(rows) and asked.at == "mean" and asked.average and asked.method != "bootstrap":
        spreads = spreads_in_chunks(rows, groups, asked.spreads(coding_of(record.info).variables))
        averaged = row_of_means(rows, groups, spreads)
    else:
        averaged = rows_to_average(rows, groups)
    if averaged.design is None and rows.data is None and (asked.rows == "sampled" or asked.method == "bootstrap"):
        raise DataError(
            f"by= ({', '.join(groups)}) is missing in {averaged.n_missing} rows of the fit, and they were drawn too: "
            "fill it in, or use rows='given' and method='delta'."
        )
    variables = _variables(asked, averaged)
    cells, comparisons = _cells(averaged, asked, groups, variables)
    scale, outcomes = _scale(record, asked)
    found, jacobian, roots, drawn = _with_errors(record, averaged, cells, scale, asked)
    labels = [cell.labels for cell in cells]
    made = _Averaged(averaged, labels, len(cells[0].pieces), comparisons, found, jacobian, roots, drawn, variables)
    return _effects(asked, groups, made, outcomes)


def _cells(
    averaged: AveragedRows, asked: EffectsAsked, groups: list[str], variables: list[str], *, of_chunk: bool = False
) -> tuple[list[Cell], tuple[Comparison, ...]]:
    """Return the rows that are averaged together, and what is compared."""
    cells: list[Cell] = []
    comparisons: tuple[Comparison, ...] = ()
    at_names = list(asked.at) if isinstance(asked.at, Mapping) else []
    for values in settings(asked.at, averaged):
        frame, own, base, shares = rows_at(averaged, asked.at, dict(zip(at_names, values, strict=True)))
        pieces = Pieces(averaged, frame, own, base)
        for variable in variables:
            pieces.add(variable, asked.change_of(variable), asked.contrast, asked.scale)
        comparisons = tuple(pieces.comparisons)
        inside = groups_of(groups, averaged, len(frame))
        cells += cells_by_group(values, base, pieces.pieces, shares, inside, of_chunk=of_chunk)
    return cells, comparisons


@dataclass(frozen=True)
class _OfChunk:
    """The sums of effects over the rows of a chunk."""

    asked: EffectsAsked
    groups: tuple[str, ...]
    scale: ProbabilityScale | LinkScale
    spreads: dict[str, Spread] | None

    def __call__(self, rows: Rows) -> CellSums:
        """Return the sums over some rows."""
        try:
            averaged, cells, comparisons = self.cells(rows)
        except NoCompleteRowError as none:
            return CellSums(None, n_missing=none.n_missing, n_rows=none.n_missing)
        return summed_cells(averaged, cells, comparisons, self.scale)

    def cells(self, rows: Rows) -> tuple[AveragedRows, list[Cell], tuple[Comparison, ...]]:
        """Return the complete rows, the cells in which they are averaged, and the comparisons."""
        groups = list(self.groups)
        averaged = replace(rows_to_average(rows, groups, of_chunk=True), spreads=self.spreads)
        return averaged, *_cells(averaged, self.asked, groups, _variables(self.asked, averaged), of_chunk=True)


@dataclass(frozen=True)
class _Averaged:
    """Averages with their standard errors and labels."""

    averaged: AveragedRows
    labels: list[tuple[Any, ...]]
    n_pieces: int
    comparisons: tuple[Comparison, ...]
    value: FloatArray
    jacobian: FloatArray
    root: FloatArray
    drawn: Drawn | None
    variables: list[str]


def _of_sums(sums: CellSums, asked: EffectsAsked, groups: list[str]) -> _Averaged:
    """Return the averages of sums over chunks."""
    averaged = sums.whole
    labels = sums.in_order(settings(asked.at, averaged), groups)
    empty = [each for each in labels if sums.sums[each][0] <= 0.0]
    if empty or not labels:
        raise DataError("weights must be finite and not negative, and some of them positive.")
    value = np.stack([sums.sums[each][1] / sums.sums[each][0] for each in labels])
    jacobian = np.stack([sums.sums[each][2] / sums.sums[each][0] for each in labels])
    n_pieces, jacobian = value.shape[1], jacobian.reshape(value.size, -1)
    root = given_root(averaged.rows.record, jacobian)
    variables = _variables(asked, averaged)
    return _Averaged(averaged, labels, n_pieces, sums.comparisons, value, jacobian, root, None, variables)


def _effects(asked: EffectsAsked, groups: list[str], made: _Averaged, outcomes: list[str]) -> Effects:
    """Return effects with their errors from averages."""
    averaged, comparisons, drawn = made.averaged, made.comparisons, made.drawn
    found, jacobian, roots, variables = made.value, made.jacobian, made.root, made.variables
    record = averaged.rows.record
    at_names = list(asked.at) if isinstance(asked.at, Mapping) else []
    heads, rows_each = [*at_names, *groups], made.labels
    if not asked.average:
        heads, rows_each = [*at_names, "row"], [(*each, label) for each in made.labels for label in averaged.labels]
    shape = (len(rows_each), made.n_pieces, len(outcomes))
    names = tuple(f"a{k + 1}" for k in range(int(np.prod(shape))))
    sampled = "elsewhere" if asked.rows == "sampled" and averaged.design is None else asked.rows
    words = covariance_words(record, asked.method, sampled)
    means = with_root(record, names, found.reshape(-1), roots, jacobian, words)
    value, root, draws = compared(means, shape, comparisons, asked.scale, None if drawn is None else drawn.values)
    functions = compared(replace(means, root=jacobian), shape, comparisons, asked.scale)[1]
    if asked.scale == "link":  # linear functions, which may be infinite
        moves = moves_of(record, jacobian)
        along = compared(replace(means, root=moves), shape, comparisons, "link")[1]
        value = in_the_limit(record, value, along, float(np.abs(moves).max(initial=0.0)))
    without = None
    if drawn is not None and drawn.left_out is not None and drawn.multiplicity is not None:
        values_without = compared(means, shape, comparisons, asked.scale, drawn.left_out)[2]
        assert values_without is not None
        without = WithoutUnits(values_without, drawn.multiplicity)
    labels = label_columns(heads, rows_each, comparisons, outcomes)
    per_cell = len(comparisons) * len(outcomes)
    root = np.where((~np.isfinite(value) | ~(root != 0.0).any(axis=1))[:, None], np.nan, root)
    numbers = replace(
        means,
        names=effect_names(heads, labels),
        value=value,
        root=root,
        law=record.law.of(functions),
        level=record.level if asked.level is None else asked.level,
        scale="log" if asked.scale in ("risk_ratio", "odds_ratio") else "identity",
        null=None if record.is_penalised else (1.0 if asked.scale in ("risk_ratio", "odds_ratio") else 0.0),
    )
    kind = (
        "Effects by row" if not asked.average else "Effects at the means" if asked.at == "mean" else "Average effects"
    )
    return Effects(
        labels,
        numbers,
        f"{kind} on the {TITLES[asked.scale]}{_of_what(record, asked)}",
        asked.scale,
        method_words(record, asked.method, sampled, drawn, asked.kind),
        averaged.n_counted,
        np.repeat(np.arange(len(rows_each)), per_cell),
        asked.adjust,
        draws,
        without,
        asked.kind or "percentile",
        effect_notes(averaged, variables, asked.change, value, drawn),
    )


def _named(given: Any, word: str) -> list[str] | None:
    """Return the names of columns, of which one may stand alone."""
    if given is None:
        return None
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{word}={given!r:.60} must be the name of a column or a list of names.")
    return list(dict.fromkeys(names))


def _of_what(record: FitRecord, asked: EffectsAsked) -> str:
    """Return which event or outcomes the effects are of, for a title."""
    response = record.info.response
    if asked.outcome is not None:
        place = outcome_place(asked.outcome, record.info, "outcome")
        if not record.has_event or place == 0:
            return f" of {response.name} = {record.outcomes[place]}"
    if record.has_event:
        return f" of {response.event_in_words}"
    if asked.scale != "link":
        return f" of each outcome of {response.name}"
    return f" of {response.name}" + (", higher outcomes positive" if record.family.words.ordered else "")


def _variables(asked: EffectsAsked, averaged: AveragedRows) -> list[str]:
    """Return the variables whose effects are asked for."""
    from logitkit.design.formula.changed import ChangedRows

    coding = coding_of(averaged.rows.record.info)
    changed = ChangedRows(coding, averaged.frame)
    present = [each for each in coding.variables if changed.factors(each)]
    if asked.variables is None:
        chosen = present
        if isinstance(asked.change, str) and asked.change in ELASTICITIES:
            chosen = [each for each in present if not has_levels(each, averaged.frame[each], coding)]
    else:
        chosen = _named(asked.variables, "variables") or []
        if not chosen:
            raise DataError("variables=[] names no variable; leave it out for all of them.")
    for name in [*chosen, *(asked.change if isinstance(asked.change, Mapping) else ())]:
        if name in coding.variables and name not in present:
            raise UnsupportedError(f"{name!r} is only in the offset of the formula, whose effect is not estimated.")
        if name not in present:
            raise FormulaError(f"{name!r} is not a variable of the formula. {nearest_name(str(name), present)}")
    if not chosen:
        raise DataError("The formula has no variable whose effect could be asked for.")
    _require_used(asked, chosen, [each for each in chosen if has_levels(each, averaged.frame[each], coding)])
    return chosen


def _require_used(asked: EffectsAsked, chosen: list[str], factors: list[str]) -> None:
    """Refuse a change, or a contrast of levels, that no variable would take."""
    by_name = asked.change if isinstance(asked.change, Mapping) else {}
    for name in by_name:
        if name not in chosen:
            raise DataError(f"change= names {name!r}, whose effect is not asked for: add it to variables.")
    for name in factors:
        own = asked.change_of(name)
        whole = len(factors) == len(chosen) or (isinstance(own, str) and own in ELASTICITIES)
        if own is not None and not isinstance(own, (tuple, list)) and (whole or name in by_name):
            raise UnsupportedError(
                f"change={own!r} is of numbers, and {name!r} has levels. Choose these by contrast=, or two of them by "
                f"change={{{name!r}: (from, to)}}."
            )
    if asked.contrast != "reference" and not factors:
        raise DataError(f"contrast={asked.contrast!r} compares levels, and {', '.join(chosen)} has none: give change=.")


def _scale(record: FitRecord, asked: EffectsAsked) -> tuple[ProbabilityScale | LinkScale, list[str]]:
    """Return what is averaged, and what its values are called; one value has no name."""
    if asked.scale != "link":
        shown = outcomes_shown(record)
        if asked.outcome is not None:
            shown = [outcome_place(asked.outcome, record.info, "outcome")]
        names = [""] if record.has_event else [record.outcomes[k] for k in shown]
        return ProbabilityScale(record.family, shown), names
    if asked.outcome is not None:
        raise UnsupportedError("outcome= chooses a probability; scale='link' has the linear predictors.")
    labels, weights = predictor_weights(record, "link")
    return LinkScale(weights), list(labels)


def _with_errors(
    record: FitRecord,
    averaged: AveragedRows,
    cells: list[Cell],
    scale: ProbabilityScale | LinkScale,
    asked: EffectsAsked,
) -> tuple[FloatArray, FloatArray, FloatArray, Drawn | None]:
    """Return the averages, their Jacobian, a root of their covariance, and draws."""
    if not asked.average:
        q, count = record.inner_coef.size, len(cells[0].pieces) * len(cells) * len(averaged.frame)
        if count * q > NUMBERS_MOST:
            raise UnsupportedError(
                f"{len(averaged.frame):,} rows are too many for errors of the effect of each; give data= with fewer "
                "rows, or averages by group."
            )
        by_row = [row_values(record, cell.base, cell.pieces, scale) for cell in cells]
        value = np.concatenate([each.value for each in by_row])
        jacobian = np.concatenate([each.jacobian for each in by_row]).reshape(-1, q)
        return value, jacobian, given_root(record, jacobian), None
    sampled = asked.rows == "sampled"
    found = [
        averages(record, cell.base, cell.pieces, cell.shares, scale, keep_rows=sampled and asked.method == "delta")
        for cell in cells
    ]
    value = np.stack([each.value for each in found])
    jacobian = np.stack([each.jacobian for each in found]).reshape(value.size, -1)
    if asked.method == "delta" and not sampled:
        return value, jacobian, given_root(record, jacobian), None
    if asked.method == "delta":
        parts = np.concatenate(
            [_parts(cell, each, len(averaged.frame)) for cell, each in zip(cells, found, strict=True)]
        )
        design, weights = averaged.design, averaged.weights
        if design is not None:
            weights = copies(design.response)
        elif record.info.response.weight_kind != "frequency":
            weights = None
        return value, jacobian, sampled_root(record, design, jacobian, parts, weights), None
    draws = _draws(record, averaged, cells, scale, asked)
    return value, jacobian, draws.root, draws


def _draws(
    record: FitRecord,
    averaged: AveragedRows,
    cells: list[Cell],
    scale: ProbabilityScale | LinkScale,
    asked: EffectsAsked,
) -> Drawn:
    def averages_at(table: FloatArray, times: FloatArray | None = None) -> FloatArray:
        out = []
        for cell in cells:
            shares = cell.shares
            if times is not None:
                shares = shares * (times if cell.rows is None else times[cell.rows])
                total = float(shares.sum())
                shares = shares / total if total > 0.0 else np.full(shares.shape, np.nan)
            out.append((values_at(record, cell.base, cell.pieces, scale, table) @ shares).reshape(-1))
        return np.concatenate(out)

    if asked.method == "simulation":

        def averages_of(tables: list[FloatArray]) -> FloatArray:
            return np.stack(list(ordered_map(lambda number: averages_at(tables[number]), len(tables), "Draws")))

        return simulated_draws(record, averages_of, asked.n, asked.seed)
    if averaged.design is None:
        raise UnsupportedError(
            "method='bootstrap' refits the model to resampled rows of the fit, and averages over them: leave data= out."
        )
    sampled = asked.rows == "sampled"
    return bootstrap_draws(
        record, averaged.design, averages_at, asked.n, asked.seed, sampled=sampled, accelerated=asked.kind == "bca"
    )


def _parts(cell: Cell, found: Averages, n: int) -> FloatArray:
    """Return what each row adds to the averages of a cell, less the row's part of the average, (P L, n)."""
    assert found.by_row is not None
    own = cell.shares * (found.by_row - found.value[:, :, None])
    out = np.zeros((found.value.size, n))
    out[:, slice(None) if cell.rows is None else cell.rows] = own.reshape(found.value.size, -1)
    return out
