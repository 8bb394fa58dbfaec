"""Inverse predictions of a fit: values of a variable at which probabilities are reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, get_args

import numpy as np
import pandas as pd

import logitkit.report.inverse  # noqa: F401 - says how inverse predictions are shown
from logitkit.engine.record import FitRecord
from logitkit.errors import DataError, FormulaError
from logitkit.inference.derived import derived
from logitkit.inference.effects.inverse import (
    InverseMethod,
    Line,
    ValueSet,
    delta_set,
    fieller_set,
    line_of,
    link_of,
)
from logitkit.inference.effects.inverse_profile import profile_set
from logitkit.inference.effects.inverse_values import InversePredictions
from logitkit.inference.hypotheses.wald import WaldTest
from logitkit.inference.intervals.profile import require_rows
from logitkit.options import is_finite_number, require_choice
from logitkit.report.frames.shown import ResultFrame
from logitkit.results.documented import extends_base
from logitkit.results.effects.known_columns import known_columns
from logitkit.results.effects.levels import has_levels
from logitkit.results.effects.reference_grid import (
    coding_of,
    level_text,
    require_values,
    set_column,
    stated_values,
)
from logitkit.results.effects.rows_to_average import offset_words
from logitkit.results.effects.value_line import ValueLine, require_number, rows_at, value_line, written
from logitkit.results.rows import Rows, coded_rows
from logitkit.results.shown import shown
from logitkit.typing import FloatArray

__all__ = ["InverseResult", "inverse_of_rows"]


@extends_base
@dataclass(frozen=True, eq=False)
class InverseResult(InversePredictions):
    """Values of a variable at which probabilities are reached, with a table.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> found = fit.inverse("lwt", 0.3, at={"smoke": [0, 1]})
    >>> found.to_frame().iloc[:, :4].round(2)
                       estimate  std_error  conf_low  conf_high
    smoke probability
    0     0.3            110.25      17.79     75.39     145.12
    1     0.3            161.12      24.85    112.42     209.82
    """

    def to_frame(self) -> pd.DataFrame:
        """Return one row per value.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error (delta method), conf_low, conf_high and shape, the shape of the confidence set:
            ``interval``, ``outside`` (all values except those between the limits) or ``everything``.
        """
        columns = {
            "estimate": self.derived.value,
            "std_error": self.derived.std_error,
            "conf_low": [each.low for each in self.sets],
            "conf_high": [each.high for each in self.sets],
            "shape": [each.shape for each in self.sets],
        }
        index: pd.Index = pd.Index(self.probability, name="probability")
        if len(self.heads) > 1:
            arrays = [[label[k] for label in self.labels] for k in range(len(self.heads) - 1)]
            index = pd.MultiIndex.from_arrays([*arrays, self.probability], names=list(self.heads))
        return ResultFrame(columns, index=index)

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the values, by the delta method.

        Parameters
        ----------
        hypothesis : str
            For example ``"b1 = b2"``: the first value equals the second.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            The joint test of all hypotheses.
        """
        return shown(self.derived.test(hypothesis, level))


def inverse_of_rows(
    rows: Rows,
    variable: str,
    probability: float | Sequence[float] = 0.5,
    at: Mapping[str, Any] | None = None,
    method: InverseMethod = "delta",
    level: float | None = None,
) -> InverseResult:
    """Return the values of a variable at which probabilities are reached."""
    record = rows.record
    link = link_of(record)
    require_choice("method", method, get_args(InverseMethod))
    level = record.level if level is None else level
    asked = _probabilities(probability)
    coding, stated = coding_of(rows), stated_values(at, coding_of(rows))
    if not isinstance(variable, str):
        raise DataError(f"variable={variable!r:.60} is no name of a column.")
    if variable not in coding.variables:
        stated_values({variable: 0.0}, coding)  # which says what is near
    known = known_columns(rows)
    columns = known.columns
    _require_all(variable, [name for name in coding.variables if name not in stated], stated)
    for name, values in stated.items():
        require_values(name, values, columns[name], coding)
    low, high = require_number(variable, columns, is_factor=has_levels(variable, columns[variable], coding))
    several = [name for name, values in stated.items() if len(values) > 1]
    outcomes = record.outcomes
    cuts = [f"{a}|{b}" for a, b in pairwise(outcomes)] if record.family.words.ordered else [""]
    labels, values, jacobian, sets, has_offset = [], [], [], [], False
    for combination in product(*stated.values()):
        base = dict(zip(stated, combination, strict=True))

        def code(table: pd.DataFrame) -> tuple[FloatArray, FloatArray | None]:
            made = {name: set_column(columns[name], table[name].tolist()) for name in table.columns}
            held = {role: pd.Series(np.full(len(table), value)) for role, value in known.offsets.items()}
            coded = coded_rows(record.info, pd.DataFrame(made), offset_words(held), "raise")
            out = np.full((len(table), coded.matrix.n_columns), np.nan)
            out[coded.kept] = coded.matrix.to_dense()
            return out, coded.offset

        line = value_line(rows_at(lambda table: code(table)[0], base, variable), variable, low, high, coding)
        offset = _offset(code, base, variable, (low, high))
        has_offset = has_offset or offset is not None
        for k, cut in enumerate(cuts):
            own = line_of(record, line.ends, 0.0 if offset is None else float(offset[k]), k)
            for p in asked:
                target = float(link.link(np.array(p)))
                value, slopes, where = _solved(record, rows, line, own, target, method, level)
                labels.append((*(level_text(base[name]) for name in several), *([cut] if cut else []), level_text(p)))
                values.append(value)
                jacobian.append(slopes)
                sets.append(where)
    heads = (*several, *(["threshold"] if cuts[0] else []), "probability")
    terms = written(variable, coding)
    names = tuple(f"{variable}[{', '.join(label)}]" for label in labels)
    response = record.info.response
    return shown(
        InverseResult(
            variable=variable,
            what="outcomes up to the threshold" if cuts[0] else response.event_in_words,
            heads=heads,
            labels=tuple(labels),
            probability=np.tile(asked, len(labels) // len(asked)),
            derived=derived(record, names, np.array(values), np.array(jacobian), null=None, level=level),
            sets=tuple(sets),
            method=method,
            level=level,
            scale="" if terms == (variable,) else ", ".join(terms),
            fixed=tuple((name, level_text(given[0])) for name, given in stated.items() if name not in several),
            seen=(low, high),
            has_offset=has_offset,
        )
    )


def _solved(
    record: FitRecord, rows: Rows, line: ValueLine, own: Line, target: float, method: InverseMethod, level: float
) -> tuple[float, FloatArray, ValueSet]:
    """Return a value, its derivatives and its set, which is made on the scale of the term and carried back."""
    place = own.at(target)
    value = line.value(place)
    if method == "delta":
        found = delta_set(record, own, target, level)
    elif method == "fieller":
        found = fieller_set(record, own, target, level)
    else:
        found = profile_set(record, require_rows(rows.own), own, target, level)
    slope = line.slope(value) if np.isfinite(value) else np.nan
    slopes = own.slopes(target) * (slope if np.isfinite(slope) else 0.0)
    return value, slopes, ValueSet(found.shape, line.end(found.low), line.end(found.high))


def _offset(code: Any, base: Mapping[str, Any], variable: str, ends: tuple[float, float]) -> FloatArray | None:
    """Return the offset of each predictor, which must not depend on the variable."""
    frame = pd.DataFrame({name: [value] * 2 for name, value in base.items()} | {variable: list(ends)})
    offset = code(frame)[1]
    if offset is None:
        return None
    if not np.allclose(offset[:, 0], offset[:, 1], rtol=1e-12, atol=0.0):
        raise FormulaError(f"An offset of the formula depends on {variable!r}, so there is no line to solve on.")
    return np.asarray(offset[:, 0])


def _probabilities(given: float | Sequence[float]) -> FloatArray:
    """Return the probabilities that are asked for."""
    values: list[Any] = [given] if np.ndim(given) == 0 else list(given)  # type: ignore[arg-type]
    for value in values:
        if not is_finite_number(value) or not 0.0 < float(value) < 1.0:
            raise DataError(f"probability={value!r} must be a number between 0 and 1, such as 0.5.")
    if not values:
        raise DataError("probability is empty; give one number or more between 0 and 1.")
    return np.asarray(values, dtype=np.float64)


def _require_all(variable: str, free: list[str], stated: Mapping[str, Any]) -> None:
    """Refuse variables that are neither solved for nor held, and the variable itself among those held."""
    if variable in stated:
        raise DataError(f"at holds {variable!r}, which is what is solved for.")
    others = [name for name in free if name != variable]
    if others:
        shown_ = ", ".join(f"{name!r}: ..." for name in others)
        raise DataError(
            f"The value of {variable!r} at which a probability is reached depends on {', '.join(others)}: hold "
            f"{'it' if len(others) == 1 else 'them'} at values, at={{{shown_}}}."
        )
