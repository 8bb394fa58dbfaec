"""The methods of a card that compare its scores with outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from logitkit.design.table.frame import Table, read_table
from logitkit.engine.law import require_level
from logitkit.errors import DataError
from logitkit.options import require_flag, require_seed
from logitkit.results.cards.decided import CardFairness, CardProfit
from logitkit.results.cards.given_rows import (
    amounts,
    by_row,
    divided,
    graded,
    made_with_weights,
    named_column,
    neither_good_nor_bad,
    probabilities_by_grade,
    require_points,
    table_weights,
    weights_of_sample,
)
from logitkit.results.cards.named_samples import in_sample, tables_by_name
from logitkit.results.cards.validated import CardBands, CardCalibration, CardGrades, CardValidation, as_held
from logitkit.results.foreign import verbs_in_our_words
from logitkit.scorecard.card import Card, Scores
from logitkit.scorecard.population import Population
from logitkit.scorecard.stated import Bins
from logitkit.scorecard.target import read_target
from logitkit.scorecard.validation.bands import bands_of
from logitkit.scorecard.validation.by_grade import LIGHTS, calibrate_rows
from logitkit.scorecard.validation.fairness import compare_groups
from logitkit.scorecard.validation.grades import Grades, best_grades
from logitkit.scorecard.validation.outcomes import ScoredRows
from logitkit.scorecard.validation.profit import profit_curve
from logitkit.scorecard.validation.samples import validate_samples
from logitkit.scorecard.weighting import RowWeights, WeightMeaning
from logitkit.typing import IntArray

__all__ = ["Checked"]


class _Read(NamedTuple):
    """Rows that are good or bad, the table, their places in it, and the scores and weights of all rows."""

    rows: ScoredRows
    table: Table
    kept: IntArray
    scores: Scores
    weights: RowWeights | None


@verbs_in_our_words
class Checked:
    """Methods that compare the scores of a card with outcomes.

    The target is that of the card unless another column is named, whose values must have the same meaning.
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
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        level: float = 0.95,
        seed: int | None = 0,
    ) -> CardValidation:
        """Return the discrimination of the card: Gini, KS and cumulative accuracy profile, with intervals.

        Parameters
        ----------
        data : table, or mapping of str to table
            Rows with all variables of the card and the target; or several samples by name, such as
            ``{"development": old, "out of time": new}``.
        target : str, optional
            The column of the outcome; that of the card by default.
        indeterminate : object or sequence, optional
            Outcomes that are neither good nor bad; their rows are left out and counted.
        by : str or (n,) array-like, optional
            With one table: the sample of each row, as a column or as values.
        weights : str, array-like, or mapping, optional
            Weights of the rows; for several tables, a column that all of them have, or a mapping by name of sample.
            Without weights each row counts once, even if the card was made with weights.
        weight_kind : {"frequency", "sampling"}, optional
            Whether weights are counts of rows or sampling weights; whole numbers are counts by default.
        level : float, default 0.95
            Confidence level.
        seed : int or None, default 0
            Seed of the bootstrap.

        Returns
        -------
        CardValidation
            One row per sample, and the change of the Gini coefficient from the first sample to each other.
        """
        require_level(level)
        require_seed(seed)
        samples: dict[str, ScoredRows] = {}
        named = tables_by_name(data)
        if named is not None:
            if by is not None:
                raise DataError("by= divides one table into samples, and data has several already. Give one of them.")
            for name, part in named.items():
                with in_sample(name):
                    own = weights_of_sample(weights, name)
                    samples[name] = self._outcomes(part, target, indeterminate, own, weight_kind).rows
        else:
            rows, table, kept, _, _ = self._outcomes(data, target, indeterminate, weights, weight_kind)
            samples = {"All": rows} if by is None else divided(rows, by_row(by, table, "by").iloc[kept])
        return as_held(CardValidation, validate_samples(samples, level, seed))

    def bands(
        self,
        data: Any,
        *,
        n: int = 10,
        cuts: Sequence[float] | None = None,
        target: str | None = None,
        indeterminate: Any = (),
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        level: float = 0.95,
    ) -> CardBands:
        """Return bands of points with their bad rates, and compare the observed log odds with the scaling.

        Parameters
        ----------
        data : table
            Rows with all variables of the card and the target.
        n : int, default 10
            Number of bands with about equal counts. Rows with equal points stay together, so there may be fewer bands.
        cuts : sequence of float, optional
            Points at which bands begin, ascending; they replace ``n``. To compare samples, give the ``cuts`` of other
            bands.
        target, indeterminate, weights, weight_kind : optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        CardBands
            The bands, the riskiest first.
        """
        require_level(level)
        rows = self._outcomes(data, target, indeterminate, weights, weight_kind).rows
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
        indeterminate: Any = (),
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        level: float = 0.95,
    ) -> CardCalibration:
        """Test the probabilities of default of rating grades.

        Parameters
        ----------
        data : table
            Rows with all variables of the card and the target.
        grades : CardGrades, sequence of float, or str, optional
            Grades with their probabilities of default; points at which grades begin, ascending; or the name of a column
            with the grade of each row. The default is ten bands with about equal counts.
        pd : sequence or mapping of str to float, optional
            Probability of default of each grade, the riskiest first, or by label. The default is that of
            ``CardGrades``, or without these the mean of the card's probabilities in the grade.
        correlation : float, default 0
            Asset correlation of obligors; the tests are repeated with it.
        in_sample : bool, default False
            Whether the probabilities were fitted to these rows; the Hosmer-Lemeshow statistic then has two fewer
            degrees of freedom.
        lights : (float, float), default (0.95, 0.999)
            Confidence levels at which a traffic light turns amber and red.
        target, indeterminate, weights, weight_kind : optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level of the intervals of default rates.

        Returns
        -------
        CardCalibration
            One row per grade, and one for the portfolio.
        """
        require_level(level)
        require_flag("in_sample", in_sample)
        rows, table, kept, _, _ = self._outcomes(data, target, indeterminate, weights, weight_kind)
        if isinstance(grades, Grades):
            pd, grades = grades.pd if pd is None else pd, grades.cuts
        labels, place = graded(rows, grades, table, kept)
        stated = None if pd is None else probabilities_by_grade(pd, labels)
        found = calibrate_rows(
            rows,
            labels,
            place,
            stated,
            correlation=correlation,
            fitted=in_sample,
            level=level,
            light_levels=lights,
        )
        return as_held(CardCalibration, found)

    def grades(
        self,
        data: Any,
        *,
        bins: Bins | None = None,
        target: str | None = None,
        indeterminate: Any = (),
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
    ) -> CardGrades:
        """Return rating grades: the optimal intervals of points with monotone default rates.

        Parameters
        ----------
        data : table
            Rows with all variables of the card and the target.
        bins : Bins, optional
            Criterion and limits of the grades, as for the bins of a variable. The default is at most ten grades, each
            with at least 3 % of the rows, where neighbouring grades differ with a p-value of at most 0.05.
        target, indeterminate, weights, weight_kind : optional
            As in ``validate``.

        Returns
        -------
        CardGrades
            The grades, the riskiest first; they can be moved to a central tendency and given margins of conservatism.
        """
        rows = self._outcomes(data, target, indeterminate, weights, weight_kind).rows
        if bins is not None and not isinstance(bins, Bins):
            raise DataError(f"bins={bins!r:.60}: give lk.scorecard.Bins(...).")
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
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        level: float = 0.95,
    ) -> CardFairness:
        """Return how the decisions of the card at a cut-off differ between groups of applicants.

        Parameters
        ----------
        data : table
            Rows with all variables of the card and the target; rows without an outcome count as applicants.
        by : str or (n,) array-like
            The groups: a column, or one value per row, such as ``data["age"] < 25``. It need not be a variable of the
            card.
        cut : float
            Cut-off: the points from which applicants are approved.
        reference : object, optional
            The group that the others are compared with; the largest by default.
        target, indeterminate, weights, weight_kind : optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        CardFairness
            Adverse impact ratio, equal opportunity, calibration and Gini coefficient of each group.
        """
        require_level(level)
        points = require_points(cut, "cut")
        rows, table, kept, scores, own = self._outcomes(data, target, indeterminate, weights, weight_kind)
        groups = by_row(by, table, "by")
        known = divided(rows, groups.iloc[kept])
        whole = replace(
            rows,
            points=scores.points,
            log_odds=scores.log_odds,
            bad=np.zeros(table.n_rows, dtype=bool),
            weights=own,
        )
        applicants = divided(whole if own is None else whole.among(own.values > 0), _counting(groups, own))
        told = {name: known.get(name) for name in applicants}
        found = compare_groups(applicants, told, points, None if reference is None else str(reference), level)
        return as_held(CardFairness, replace(found, weighting=whole.weighting))

    def profit(
        self,
        data: Any,
        *,
        gain: Any,
        loss: Any,
        target: str | None = None,
        indeterminate: Any = (),
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
        level: float = 0.95,
    ) -> CardProfit:
        """Return the profit at every cut-off.

        Parameters
        ----------
        data : table
            Rows with all variables of the card and the target.
        gain, loss : float, str or (n,) array-like
            The gain from a good and the loss from a bad (exposure at default times loss given default): one value for
            all rows, a column, or one value per row.
        target, indeterminate, weights, weight_kind : optional
            As in ``validate``.
        level : float, default 0.95
            Confidence level.

        Returns
        -------
        CardProfit
            Proportion approved, bad rate, profit with its interval, expected profit and expected loss, the strictest
            cut-off first.
        """
        require_level(level)
        rows, table, kept, _, _ = self._outcomes(data, target, indeterminate, weights, weight_kind)
        both = [amounts(value, name, table)[kept] for name, value in (("gain", gain), ("loss", loss))]
        return as_held(CardProfit, profit_curve(rows, both[0], both[1], level))

    def _outcomes(
        self,
        data: Any,
        target: str | None,
        indeterminate: Any,
        weights: Any = None,
        weight_kind: WeightMeaning | None = None,
    ) -> _Read:
        """Return the rows that are good or bad with their scores, and what they are rows of."""
        table, own = read_table(data), self.population
        name = named_column(table, own.target if target is None else target, "target")
        neither = neither_good_nor_bad(indeterminate)
        given = table_weights(weights, table, weight_kind)
        outcome = read_target(table.column(name), name, own.event, neither, partial=True, other=own.other)
        scores = self._scored(data)[0]
        kept = outcome.rows
        out: float = table.n_rows - kept.size
        if given is not None:
            out = float(given.values.sum() - given.values[kept].sum())
            kept = kept[given.values[kept] > 0]
        rows = ScoredRows(
            scores.points[kept],
            scores.log_odds[kept],
            outcome.bad if given is None else outcome.bad[given.values[outcome.rows] > 0],
            1 if self.card.scaling.points_to_double > 0 else -1,
            out if given is None or given.sampling else int(out),
            None if given is None else given.at(kept),
            made_with_weights(self),
        )
        return _Read(rows, table, kept, scores, given)


def _counting(values: Any, weights: RowWeights | None) -> Any:
    """Return the values of rows that have a weight."""
    return values if weights is None else values[weights.values > 0]
