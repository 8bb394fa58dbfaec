"""The results of the methods that validate a card, with tables and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

import logitkit.report.cards.validation_findings  # noqa: F401 - says how these are shown
from logitkit.design.table.frame import numeric_values
from logitkit.errors import DataError
from logitkit.options import listed
from logitkit.report.cards import validation_frames as frames
from logitkit.results.shown import Shown
from logitkit.scorecard.validation.bands import Bands
from logitkit.scorecard.validation.by_grade import GradeCalibration
from logitkit.scorecard.validation.grades import CalibrationMethod, Grades, central_pd, with_margin
from logitkit.scorecard.validation.samples import Validation
from logitkit.typing import FloatArray

__all__ = ["CardBands", "CardCalibration", "CardGrades", "CardValidation", "Pickled", "as_held"]

T = TypeVar("T")


def as_held(kind: type[T], found: Any) -> T:
    """Return a finding with its tables and figures."""
    return kind(**{field.name: getattr(found, field.name) for field in fields(found)})


class Pickled:
    """Results that are pickled by their fields."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes the result again."""
        own: Any = self
        return type(self), tuple(getattr(self, field.name) for field in fields(own))


@dataclass(frozen=True, eq=False, repr=False)
class CardValidation(Pickled, Shown, Validation):
    """Discrimination of a card in one or several samples.

    Parameters
    ----------
    samples : tuple of SampleRanking
        The results of each sample, in the order given.
    changes : tuple of GiniChange
        The change from the first sample to each other sample.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> card.validate(loans).table()[["rows", "bads", "gini", "ks"]].round(3)
            rows  bads   gini     ks
    sample
    All     1000   300  0.513  0.394
    """

    def table(self) -> pd.DataFrame:
        """Return one row per sample.

        Returns
        -------
        pandas.DataFrame
            rows, bads, bad_rate, expected_rate, gini and ks with their intervals, ks_points; the index is the sample.
        """
        return frames.samples_frame(self)

    def change(self) -> pd.DataFrame:
        """Return the change of the Gini coefficient from the first sample to each other sample.

        Returns
        -------
        pandas.DataFrame
            estimate, std_error, p_value, conf_low, conf_high; the samples are assumed to be independent.
        """
        return frames.changes_frame(self)

    def plot(self, ax: Any = None) -> Any:
        """Draw the cumulative accuracy profiles.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on.

        Returns
        -------
        matplotlib.axes.Axes
            The plot, with pointwise confidence bands.
        """
        from logitkit.plots.cap import plot_cap

        return plot_cap(self, ax)


@dataclass(frozen=True, eq=False, repr=False)
class CardBands(Pickled, Shown, Bands):
    """Bands of points, the riskiest first, and the line of observed log odds on those of the scaling.

    Parameters
    ----------
    cuts : (k - 1,) array
        Points at which bands begin; ``bands(other_rows, cuts=...)`` takes them.
    labels : tuple of str
        Label of each band.
    bad, good : (k,) arrays
        Numbers of bads and goods.
    rate, rate_low, rate_high : (k,) arrays
        Bad rates with Wilson intervals.
    expected : (k,) array
        Mean predicted probabilities of bad.
    mean_points : (k,) array
        Mean points.
    line : OddsLine
        The line of the observed log odds of good on the log odds that the scaling promises.
    level : float
        Confidence level of the intervals.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> card.bands(loans, n=4).table().iloc[:, :4].round(3)
                     label   rows  share  goods
    band
    1            below 505  397.0  0.397  197.0
    2     505 to below 519  125.0  0.125   89.0
    3     519 to below 554  290.0  0.290  238.0
    4        554 and above  188.0  0.188  176.0
    """

    def table(self) -> pd.DataFrame:
        """Return one row per band.

        Returns
        -------
        pandas.DataFrame
            label, rows, share, goods, bads, bad_rate with limits, expected_rate, odds, cumulative proportions, ks.
        """
        return frames.bands_frame(self)

    def plot(self, ax: Any = None, label: str | None = None) -> Any:
        """Draw the observed log odds of the bands, the line fitted to all rows, and the line that the scaling promises.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on; the axes of another sample compare the two.
        label : str, optional
            Name of the sample.

        Returns
        -------
        matplotlib.axes.Axes
            The plot.
        """
        from logitkit.plots.odds_line import plot_odds_line

        return plot_odds_line(self, ax, label)


@dataclass(frozen=True, eq=False, repr=False)
class CardCalibration(Pickled, Shown, GradeCalibration):
    """Default rates of grades, compared with their probabilities of default.

    Parameters
    ----------
    labels : tuple of str
        The grades, the riskiest first, and the portfolio last.
    n, bad, pd, rate, rate_low, rate_high : (g + 1,) arrays
        Obligors, defaults, probabilities of default, and default rates with Jeffreys intervals.
    binomial, jeffreys, binomial_correlated, jeffreys_correlated : (g + 1,) arrays
        One-sided p-values, small if there are more defaults than the probabilities state.
    limit : (g + 1,) array
        Default rate above which the light with correlation is no longer green, for infinitely many obligors.
    lights, lights_correlated : tuple of str
        "green", "amber" or "red".
    correlation : float
        Asset correlation.
    hosmer_lemeshow, p_value : float
        Hosmer-Lemeshow statistic over grades, for independent obligors, and its p-value.
    dof : int
        Its degrees of freedom.
    level : float
        Confidence level of the intervals.
    light_levels : tuple of float
        Confidence levels at which lights change.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> found = card.calibration_by_grade(loans, [500, 530], in_sample=True)
    >>> found.labels
    ('below 500', '500 to below 530', '530 and above', 'All')
    """

    def table(self) -> pd.DataFrame:
        """Return one row per grade, and one for the portfolio.

        Returns
        -------
        pandas.DataFrame
            rows, bads, pd, bad_rate with limits, p-values and lights; the index is the grade.
        """
        return frames.grade_calibration_frame(self)


@dataclass(frozen=True, eq=False, repr=False)
class CardGrades(Pickled, Shown, Grades):
    """Rating grades, the riskiest first.

    Parameters
    ----------
    cuts : (g - 1,) array
        Points at which grades begin, ascending.
    labels : tuple of str
        Points of each grade.
    n, bad : (g,) arrays
        Rows and bads that the grades were made from.
    best : (g,) array
        Best estimates of the probabilities of default.
    partition : Partition
        The optimal partition of the points, and the value of its criterion.
    safer : int
        1 if more points are safer, -1 if fewer points are safer.
    central_tendency : float or None
        Mean probability of default that the grades were moved to.
    method : {"odds", "scale"} or None
        How the grades were moved to it.
    margin : Margin or None
        The margins of conservatism.

    Examples
    --------
    >>> import logitkit as lk
    >>> loans = lk.datasets.load_german_credit()
    >>> card = lk.scorecard(["checking_status", "duration"], loans, target="class", event="bad")
    >>> card.grades(loans).table().iloc[:3, :4].round(3)
                      label   rows  share  bads
    grade
    1             below 480   80.0  0.080  55.0
    2      480 to below 497  165.0  0.165  87.0
    3      497 to below 509  226.0  0.226  82.0
    """

    def table(self) -> pd.DataFrame:
        """Return one row per grade, numbered from 1.

        Returns
        -------
        pandas.DataFrame
            label, rows, share, bads, bad_rate, best estimate, margins a, b and c, and pd.
        """
        return frames.grades_frame(self)

    def assign(self, points: Any) -> pd.Series:
        """Return the grade of each applicant.

        Parameters
        ----------
        points : (n,) array-like
            Points of the card, such as ``card.score(data)["points"]``.

        Returns
        -------
        pandas.Series
            Numbers of grades; 1 is the riskiest.
        """
        values = _numbers(points, "points")
        if np.isnan(values).any():
            raise DataError(f"points are missing in {int(np.isnan(values).sum()):,} rows, which have no grade.")
        index = points.index if isinstance(points, pd.Series) else None
        return pd.Series(self.places(values) + 1, index=index, name="grade")

    def to_central_tendency(
        self, central_tendency: float, method: CalibrationMethod = "odds", shares: Sequence[float] | None = None
    ) -> CardGrades:
        """Return the grades with probabilities of default whose mean equals a central tendency.

        Parameters
        ----------
        central_tendency : float
            Long-run mean probability of default.
        method : {"odds", "scale"}, default "odds"
            Whether to shift all log odds by one constant, or to multiply all probabilities by one factor.
        shares : sequence of float, optional
            Proportions of the portfolio in the grades, the riskiest first; those of the rows by default.

        Returns
        -------
        CardGrades
            The grades without margins; add margins afterwards.
        """
        given = self.n if shares is None else _numbers(shares, "shares")
        if given.shape != self.n.shape or not (np.isfinite(given) & (given >= 0)).all() or not given.any():
            raise DataError(f"shares: give one proportion for each of the {self.n.size} grades, none negative.")
        best = central_pd(self.rate, given, central_tendency, method)
        return replace(self, best=best, central_tendency=central_tendency, method=method, margin=None)

    def with_margin(
        self, *, level: float = 0.9, correlation: float = 0.0, a: float | Sequence[float] = 0.0, b: Any = 0.0
    ) -> CardGrades:
        """Return the grades with margins of conservatism on their probabilities of default.

        Parameters
        ----------
        level : float, default 0.9
            One-sided confidence level of the upper limit of the default rate that gives the margin of category C.
        correlation : float, default 0
            Asset correlation for which the limit allows.
        a, b : float or sequence of float, default 0
            Margins of categories A and B as probabilities, chosen by you: one for all grades, or one per grade.

        Returns
        -------
        CardGrades
            The grades; their ``pd`` is the best estimate plus the sum of the margins.
        """
        return as_held(CardGrades, with_margin(self, level, correlation, a, b))


def _numbers(values: Any, name: str) -> FloatArray:
    """Return numbers, one each, refusing what are none; missing ones are nan."""
    several = listed(values)
    if several is None:
        raise DataError(f"{name}={values!r:.60}: give a list, an array or a column of numbers.")
    return numeric_values(pd.Series(several, dtype=None if several else float), name)
