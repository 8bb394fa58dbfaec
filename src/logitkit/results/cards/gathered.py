"""The evidence in the document of a card, beyond the card: scored samples, grades, groups, costs, periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from logitkit.design.table.frame import coded_values, is_missing, read_table
from logitkit.errors import DataError, LogitkitError, nearest_name
from logitkit.report.cards.evidence import CardEvidence
from logitkit.results.cards.given_rows import table_weights, weights_of_sample
from logitkit.results.cards.named_samples import tables_by_name
from logitkit.results.cards.validated import CardGrades, as_held
from logitkit.scorecard.evidence import Evidence
from logitkit.scorecard.population import Population
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.validation.by_grade import GradeCalibration, calibrate_rows
from logitkit.scorecard.validation.grades import Grades, best_grades
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.weighting import WeightMeaning

__all__ = ["OWN", "Samples", "evidence_of", "own_weights", "require_development", "samples_by_name"]

OWN = "Development"  # what the rows of the card are called in its document
GROUPS_MOST, MISSING = 20, "missing"


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples on which a card is assessed.

    Parameters
    ----------
    rows : mapping of str to ScoredRows
        Scored rows with outcomes, by sample; the development sample is first, if it is known.
    tables : mapping of str to table
        The samples as tables, if they were given.
    target : str
        Name of their outcome column.
    indeterminate : object
        Outcomes that are neither good nor bad.
    weights : str or mapping
        Weights of the tables: a column, or weights by sample.
    weight_kind : {"frequency", "sampling"} or None
        The kind of the weights.
    """

    rows: Mapping[str, ScoredRows]
    tables: Mapping[str, Any]
    target: str
    indeterminate: Any
    weights: Any = None
    weight_kind: WeightMeaning | None = None

    def options(self, name: str) -> dict[str, Any]:
        """Return the options that a method of the card needs for the table of a sample."""
        weights = own_weights(self.weights, name)
        kind = None if weights is None else self.weight_kind
        stated = {"target": self.target, "indeterminate": self.indeterminate}
        return {**stated, "weights": weights, "weight_kind": kind}


def own_weights(weights: Any, name: str) -> Any:
    """Return the weights of a sample; by sample, the rows of development need none."""
    if name == OWN and isinstance(weights, Mapping):
        return weights.get(OWN)
    return weights_of_sample(weights, name)


def samples_by_name(samples: Any) -> dict[str, Any]:
    """Return samples by name; the name of the rows of the card is refused."""
    if samples is None or (isinstance(samples, Mapping) and not samples):
        return {}
    named = tables_by_name(samples)
    if named is None:
        return {"New rows": samples}
    if OWN in named:
        raise DataError(
            f"samples: {OWN!r} are the rows of the card. Give them as Evidence(development=...), or call the sample by "
            "another name."
        )
    return named


def require_development(rows: ScoredRows, population: Population) -> None:
    """Refuse rows whose numbers of good and bad differ from those that the card was made from."""
    n, n_bad = rows.bad.size, int(rows.bad.sum())
    if (n - n_bad, n_bad) != (population.n_good, population.n_bad):
        raise DataError(
            f"development has {n - n_bad} good and {n_bad} bad, and the card was made from {population.n_good} "
            f"and {population.n_bad}. Give the rows that it was made from, without those that rules left out."
        )


def evidence_of(card: Any, samples: Samples, stated: Evidence) -> CardEvidence:
    """Return the evidence that was asked for, from each sample that has the columns."""
    missing = _missing(samples, stated)
    grades, why_not = _grades(samples, stated)
    fairness = {}
    for column in stated.groups:
        for name, table in _with(samples, (column,)).items():
            groups = _groups(table, column)
            fairness[column, name] = card.fairness(table, by=groups, cut=stated.cut, **samples.options(name))
    profits = {}
    if stated.gain is not None:
        columns = tuple(name for name in (stated.gain, stated.loss) if isinstance(name, str))
        for name, table in _with(samples, columns).items():
            profits[name] = card.profit(table, gain=stated.gain, loss=stated.loss, **samples.options(name))
    return CardEvidence(
        grades,
        stated.grades is not None,
        why_not,
        {} if grades is None else _calibrations(card, samples, grades, stated),
        fairness,
        profits,
        {} if stated.period is None else _periods(card, samples, stated),
        missing,
    )


def _missing(samples: Samples, stated: Evidence) -> tuple[tuple[str, str], ...]:
    """Return the columns that samples do not have, refusing those that none has."""
    found = []
    columns = {name: list(read_table(table).names) for name, table in samples.tables.items()}
    needs_table = stated.columns or ((stated.gain,) if stated.gain is not None else ())
    if needs_table and not columns:
        raise DataError(
            f"{needs_table[0]!r} is looked for in tables, and none was given. Give samples, or "
            "Evidence(development=...)."
        )
    for column in dict.fromkeys(stated.columns):
        without = [name for name, own in columns.items() if column not in own]
        if len(without) == len(columns):
            known = [name for own in columns.values() for name in own]
            raise DataError(f"No sample has a column {column!r}. {nearest_name(column, known)}")
        found += [(column, name) for name in without]
    return tuple(found)


def _with(samples: Samples, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return the tables that have columns."""
    return {
        name: table for name, table in samples.tables.items() if all(column in read_table(table) for column in columns)
    }


def _groups(table: Any, column: str) -> Any:
    """Return a column of groups, in which missing is a group of its own."""
    values = read_table(table).column(column)
    found = len(coded_values(values).occurring())
    if found > GROUPS_MOST:
        raise DataError(f"groups: {column!r} has {found} values. Give a column of groups, {GROUPS_MOST} at most.")
    absent = is_missing(values)
    return values.astype(object).where(~absent, MISSING).astype(str) if absent.any() else values


def _grades(samples: Samples, stated: Evidence) -> tuple[Any, str]:
    """Return the grades that were stated, or the best ones of the development sample; or why there are none."""
    if stated.grades is not None:
        return stated.grades, ""
    own = samples.rows.get(OWN)
    if own is None:
        return None, "the rows of development are not known, and none were stated."
    try:
        bins = Bins(min_size=0.03, max_p_value=0.05)
        return as_held(CardGrades, best_grades(pd.Series(own.points), own, bins)), ""
    except LogitkitError as error:
        return None, str(error)


def _calibrations(card: Any, samples: Samples, grades: Grades, stated: Evidence) -> dict[str, GradeCalibration]:
    """Return tests in every sample: of the probabilities of stated grades, else of the means of the card's."""
    return {
        name: calibrate_rows(
            rows,
            grades.labels,
            grades.places(rows.points),
            None if stated.grades is None else grades.pd,
            correlation=stated.correlation,
            fitted=name == OWN and stated.grades is None,
            level=card.fit.record.level,
        )
        for name, rows in samples.rows.items()
    }


def _periods(card: Any, samples: Samples, stated: Evidence) -> dict[str, Any]:
    """Return the bins of every variable of the card over the periods of all tables together."""
    period = str(stated.period)
    columns = [*card.card.names, samples.target, period]
    parts, weights = [], []
    for sample, table in _with(samples, (period,)).items():
        read = read_table(table)
        parts.append(pd.DataFrame({name: read.column(name).reset_index(drop=True) for name in columns}))
        own = table_weights(own_weights(samples.weights, sample), read)
        weights.append(np.ones(read.n_rows) if own is None else own.values)
    whole = parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)
    return {
        variable.binning.name: card.binnings[variable.binning.name].stability(
            whole,
            period=period,
            target=samples.target,
            event=card.population.event,
            indeterminate=samples.indeterminate,
            every=stated.every,
            weights=None if samples.weights is None else np.concatenate(weights),
            weight_kind=samples.weight_kind,
            level=card.fit.record.level,
        )
        for variable in card.card.variables
    }
