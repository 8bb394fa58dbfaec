"""The verbs of a card that hold its scores against outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from logitkit.design.table.frame import Table, coded_values, numeric_values, read_table, row_values
from logitkit.engine.law import require_level
from logitkit.errors import DataError, nearest_name
from logitkit.options import is_finite_number
from logitkit.results.cards.decided import CardFairness, CardProfit
from logitkit.results.cards.validated import CardBands, CardCalibration, CardGrades, CardValidation, as_held
from logitkit.scorecard.card import Card, Scores
from logitkit.scorecard.population import Population
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.target import read_target
from logitkit.scorecard.validation.bands import band_labels, band_places, bands_of, equal_cuts, require_cuts
from logitkit.scorecard.validation.by_grade import LIGHTS, calibrate_grades
from logitkit.scorecard.validation.fairness import compare_groups
from logitkit.scorecard.validation.grades import Grades, best_grades
from logitkit.scorecard.validation.outcomes import ScoredRows, group_totals
from logitkit.scorecard.validation.profit import profit_curve
from logitkit.scorecard.validation.samples import validate_samples
from logitkit.typing import FloatArray, IntArray

__all__ = ["Checked"]


class _Read(NamedTuple):
    """Rows that are good or bad, the table, their places in it, and the scores of all rows."""

    rows: ScoredRows
    table: Table
    kept: IntArray
    scores: Scores


class Checked:
    """What a card gains: its scores are held against outcomes.

    The target is that of the card unless another is named, and means the same.
    """

    card: Card
    population: Population

    if TYPE_CHECKING:

        def _scored(self, data: Any) -> tuple[Scores, pd.Index | None]: ...

    def validate(
        self,
        data: Any,
        *,
        target: str | None = None,
        indeterminate: Any = (),
        by: Any = None,
        level: float = 0.95,
        seed: int = 0,
    ) -> CardValidation:
        """Return how well the card ranks: Gini, KS and cumulative accuracy profile, with intervals.

        Parameters
        ----------
        data : table, or mapping of str to table
            Rows with every variable of the card and the target; or several samples by name, as
            ``{"development": old, "out of time": new}``.
        target : str, optional
            The column of the outcome; that of the card by default.
        indeterminate : object or sequence, optional
            Outcomes that are neither good nor bad: their rows are left out, and counted.
        by : str or (n,) array-like, optional
            Samples of one table: the column that tells them apart.
        level : float, default 0.95
            Confidence level.
        seed : int, default 0
            Of the bootstrap.

        Returns
        -------
        CardValidation
            One row per sample, and the change of the Gini coefficient from the first to every other.
        """
        require_level(level)
        samples: dict[str, ScoredRows] = {}
        if isinstance(data, Mapping) and data and all(hasattr(part, "columns") for part in data.values()):
            if by is not None:
                raise DataError("by= divides one table into samples, and data has several already. Give one of them.")
            for name, part in data.items():
                samples[str(name)] = self._outcomes(part, target, indeterminate)[0]
        else:
            rows, table, kept, _ = self._outcomes(data, target, indeterminate)
            samples = {"All": rows} if by is None else _divided(rows, row_values(by, table, "by")[0].iloc[kept])
        return as_held(CardValidation, validate_samples(samples, level, seed))

    def bands(
        self,
        data: Any,
        *,
        n: int = 10,
        cuts: Sequence[float] | None = None,
        target: str | None = None,
        indeterminate: Any = (),
        level: float = 0.95,
    ) -> CardBands:
        """Return bands of points with their bad rates, and the line of odds against the scaling.

        Parameters
        ----------
        data : table
            Rows with every variable of the card and the target.
        n : int, default 10
            Number of bands of about equal counts; fewer where equal points, which stay together, leave one empty.
        cuts : sequence of float, optional
            Points at which bands begin instead, ascending; ``cuts`` of other bands compares samples.
        target, indeterminate : optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        CardBands
            From the riskiest band on.
        """
        require_level(level)
        rows = self._outcomes(data, target, indeterminate)[0]
        return as_held(CardBands, bands_of(rows, self.card.scaling, n, cuts, level))

    def calibration_by_grade(
        self,
        data: Any,
        grades: Any = None,
        *,
        pd: Any = None,
        correlation: float = 0.0,
        in_sample: bool = False,
        lights: tuple[float, float] = LIGHTS,
        target: str | None = None,
        level: float = 0.95,
    ) -> CardCalibration:
        """Return tests of the probabilities of default of grades.

        Parameters
        ----------
        data : table
            Rows with every variable of the card and the target.
        grades : CardGrades, sequence of float, or str, optional
            Grades with their probabilities of default; points at which grades begin, ascending; or the column that
            holds the grade of each row. Ten bands of about equal counts by default.
        pd : sequence or mapping of str to float, optional
            Probability of default of each grade, the riskiest first, or by label; that of ``CardGrades``, else the mean
            of the card's, by default.
        correlation : float, default 0
            Asset correlation of obligors, for which the tests are repeated.
        in_sample : bool, default False
            Whether these are the rows that the probabilities were fitted to: the Hosmer-Lemeshow statistic then has two
            degrees of freedom less.
        lights : (float, float), default (0.95, 0.999)
            Levels of confidence at which a light turns amber and red.
        target : str, optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level of the intervals of default rates.

        Returns
        -------
        CardCalibration
            One row per grade and one of the portfolio.
        """
        require_level(level)
        rows, table, kept, _ = self._outcomes(data, target, ())
        if isinstance(grades, Grades):
            pd, grades = grades.pd if pd is None else pd, grades.cuts
        labels, place = _graded(rows, grades, table, kept)
        n, bad, expected = (
            group_totals(place, values, len(labels))
            for values in (np.ones(rows.n), rows.bad.astype(np.float64), rows.probability)
        )
        with np.errstate(invalid="ignore"):
            stated = expected / n if pd is None else _stated(pd, labels)
        found = calibrate_grades(
            labels, n, bad, stated, correlation=correlation, fitted=in_sample, level=level, light_levels=lights
        )
        return as_held(CardCalibration, found)

    def grades(
        self,
        data: Any,
        *,
        bins: Bins | None = None,
        target: str | None = None,
        indeterminate: Any = (),
    ) -> CardGrades:
        """Return rating grades: the intervals of points that are best under a monotone default rate.

        Parameters
        ----------
        data : table
            Rows with every variable of the card and the target.
        bins : Bins, optional
            Criterion and limits of the grades, as of a variable; by default at most ten grades of at least 3 % of the
            rows, whose neighbours differ with a p-value of at most 0.05.
        target, indeterminate : optional
            As in ``validate``.

        Returns
        -------
        CardGrades
            From the riskiest grade on, to be brought to a central tendency and given margins of conservatism.
        """
        rows = self._outcomes(data, target, indeterminate)[0]
        stated = Bins(min_size=0.03, max_p_value=0.05) if bins is None else bins
        return as_held(CardGrades, best_grades(pd.Series(rows.points), rows, stated))

    def fairness(
        self,
        data: Any,
        *,
        by: Any,
        cut: float,
        reference: Any = None,
        target: str | None = None,
        indeterminate: Any = (),
        level: float = 0.95,
    ) -> CardFairness:
        """Return what the card and a cut-off do to groups of applicants.

        Parameters
        ----------
        data : table
            Rows with every variable of the card and the target; those without an outcome count as applicants.
        by : str or (n,) array-like
            The groups: a column, or one value per row such as ``data["age"] < 25``. It need be no variable of the card.
        cut : float
            Points from which applicants are approved.
        reference : object, optional
            The group that others are compared with; the largest by default.
        target, indeterminate : optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        CardFairness
            Adverse impact ratio, equal opportunity, calibration and Gini coefficient of every group.
        """
        require_level(level)
        _require_number(cut, "cut")
        rows, table, kept, scores = self._outcomes(data, target, indeterminate)
        groups = row_values(by, table, "by")[0]
        known = _divided(rows, groups.iloc[kept])
        whole = ScoredRows(scores.points, scores.log_odds, np.zeros(table.n_rows, dtype=bool), rows.safer)
        applicants = {name: part.points for name, part in _divided(whole, groups).items()}
        told = {name: known.get(name) for name in applicants}
        found = compare_groups(
            applicants, told, rows.safer, float(cut), None if reference is None else str(reference), level
        )
        return as_held(CardFairness, found)

    def profit(
        self,
        data: Any,
        *,
        gain: Any,
        loss: Any,
        target: str | None = None,
        indeterminate: Any = (),
        level: float = 0.95,
    ) -> CardProfit:
        """Return the profit at every cut-off.

        Parameters
        ----------
        data : table
            Rows with every variable of the card and the target.
        gain, loss : float, str or (n,) array-like
            What a good earns and what a bad costs (exposure at default times loss given default): for all rows, a
            column, or one value per row.
        target, indeterminate : optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        CardProfit
            Proportion approved, bad rate, profit with its interval, expected profit and loss, from the strictest
            cut-off on.
        """
        require_level(level)
        rows, table, kept, _ = self._outcomes(data, target, indeterminate)
        amounts = [_amounts(value, name, table)[kept] for name, value in (("gain", gain), ("loss", loss))]
        return as_held(CardProfit, profit_curve(rows, amounts[0], amounts[1], level))

    def _outcomes(self, data: Any, target: str | None, indeterminate: Any) -> _Read:
        """Return the rows that are good or bad with their scores, and what they are rows of."""
        table = read_table(data)
        name = self.population.target if target is None else target
        if name not in table:
            raise DataError(f"There is no column {name!r}, the target. {nearest_name(name, table.names)}")
        own = self.population
        outcome = read_target(table.column(name), name, own.event, indeterminate, partial=True, other=own.other)
        scores = self._scored(data)[0]
        kept = outcome.rows
        rows = ScoredRows(
            scores.points[kept],
            scores.log_odds[kept],
            outcome.bad,
            1 if self.card.scaling.points_to_double > 0 else -1,
            table.n_rows - kept.size,
        )
        return _Read(rows, table, kept, scores)


def _amounts(value: Any, name: str, table: Table) -> FloatArray:
    """Return an amount for each row of a table."""
    if is_finite_number(value):
        return np.full(table.n_rows, float(value))
    return numeric_values(row_values(value, table, name)[0], name)


def _require_number(value: Any, name: str) -> None:
    """Refuse what is no finite number."""
    if not is_finite_number(value):
        raise DataError(f"{name}={value!r:.60}: give a number of points.")


def _divided(rows: ScoredRows, values: Any) -> dict[str, ScoredRows]:
    """Return the rows of each level."""
    coded = coded_values(values)
    if (np.asarray(coded.codes) < 0).any():
        raise DataError("by= has missing values: say which of them each row belongs to.")
    out = {}
    for level in coded.occurring():
        own = coded.among((level,))
        out[str(level)] = ScoredRows(rows.points[own], rows.log_odds[own], rows.bad[own], rows.safer)
    return out


def _graded(rows: ScoredRows, grades: Any, table: Table, kept: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """Return the grades, the riskiest first, and that of each row."""
    if isinstance(grades, str):
        coded = coded_values(row_values(grades, table, "grades")[0].iloc[kept])
        if (np.asarray(coded.codes) < 0).any():
            raise DataError(f"The grades in {grades!r} have missing values: leave these rows out, or name a grade.")
        levels = coded.occurring()
        place = np.empty(rows.n, dtype=np.int64)
        for j, level in enumerate(levels):
            place[coded.among((level,))] = j
        risk = np.bincount(place, rows.log_odds, len(levels)) / np.bincount(place, minlength=len(levels))
        order = np.argsort(-risk, kind="stable")
        return tuple(str(levels[j]) for j in order), np.argsort(order)[place]
    cuts = equal_cuts(rows.tally, 10, rows.safer) if grades is None else require_cuts(grades, "grades")
    return band_labels(cuts, rows.safer), band_places(rows.points, cuts, rows.safer)


def _stated(pd: Any, labels: Sequence[str]) -> FloatArray:
    """Return stated probabilities of default, one per grade."""
    if isinstance(pd, Mapping):
        absent = [label for label in labels if label not in pd]
        if absent:
            raise DataError(f"pd: the grade {absent[0]!r} has no probability of default. {nearest_name(absent[0], pd)}")
        values = [pd[label] for label in labels]
    else:
        values = list(pd) if np.ndim(pd) == 1 else [pd]
        if len(values) != len(labels):
            raise DataError(f"pd has {len(values)} values, and there are {len(labels)} grades: {', '.join(labels)}.")
    if not all(is_finite_number(value) and 0 < value < 1 for value in values):
        raise DataError(f"pd={values!r:.80}: probabilities of default are above 0 and below 1.")
    return np.array(values, dtype=np.float64)
