"""Effects as the user holds them: a frozen result with a data frame and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

import logitkit.report.effect_findings  # noqa: F401 - says how these results are shown
from logitkit.inference.effects.comparisons import ContrastKind, Effects
from logitkit.inference.hypotheses.equivalence import Equivalence, equivalence_of
from logitkit.inference.hypotheses.wald import WaldTest
from logitkit.inference.intervals.simultaneous import IntervalAdjustment
from logitkit.report.effect_frames import effects_frame
from logitkit.results.effects.effects import EffectsAsked, effects_of
from logitkit.results.rows import Rows
from logitkit.results.shown import shown

__all__ = ["EffectsResult", "asked_effects", "shown_effects"]


@dataclass(frozen=True, eq=False)
class EffectsResult(Effects):
    """Effects of variables with a table, hypotheses in words and a figure.

    Parameters
    ----------
    labels : tuple of (str, tuple)
        What each row is of.
    numbers : Derived
        The effects.
    title, scale, method : str
        What they are, and how errors were made.
    n_rows : int
        Rows that were averaged over.
    cells : (E,) int array
        Which combination of set values and groups each row is of.
    adjust : str or None
        How intervals are adjusted.
    draws : (B, E) array or None
        Draws of the effects.
    without : WithoutUnits or None
        Effects without each unit in turn.
    kind : {'percentile', 'basic', 'bca'}
        How intervals are made of draws.
    notes : tuple of str
        What is to be said of them.
    """

    def to_frame(self, level: float | None = None, adjust: IntervalAdjustment | None = None) -> pd.DataFrame:
        """Return one row per effect.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the effects by default.
        adjust : {'bonferroni', 'single-step'}, optional
            Intervals that hold all together.

        Returns
        -------
        pandas.DataFrame
            What the effect is of, then estimate, std_error, statistic, p_value, conf_low, conf_high.
        """
        return effects_frame(self, level, adjust)

    def confint(self, level: float | None = None, adjust: IntervalAdjustment | None = None) -> pd.DataFrame:
        """Return intervals, one row per effect.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the effects by default.
        adjust : {'bonferroni', 'single-step'}, optional
            Intervals that hold all together.

        Returns
        -------
        pandas.DataFrame
            conf_low, conf_high, by the names that hypotheses use.
        """
        frame = effects_frame(self, level, adjust)[["conf_low", "conf_high"]]
        return frame.set_axis(pd.Index(self.numbers.names, name="effect"))

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the effects.

        Parameters
        ----------
        hypothesis : str
            In the names of the effects, or ``b1``, ``b2``, ... by row: ``"b1 = b2"``.
        level : float, optional
            Confidence level of the intervals.

        Returns
        -------
        WaldTest
            That all hold.
        """
        return shown(super().test(hypothesis, level))

    def equivalence(
        self, low: float | None = None, high: float | None = None, level: float | None = None
    ) -> Equivalence:
        """Test whether each effect lies between bounds.

        Parameters
        ----------
        low, high : float, optional
            The bounds, on the scale of the effects; one of them alone for non-inferiority.
        level : float, optional
            One less the significance level.

        Returns
        -------
        Equivalence
            One row per effect.
        """
        return shown(equivalence_of(self.numbers, low, high, level))

    def between(self, kind: ContrastKind = "reference") -> EffectsResult:
        """Return the differences of effects between groups or set values, or their ratios where they are ratios.

        Parameters
        ----------
        kind : {'reference', 'pairwise', 'sequential'}
            Each group against the first, each pair, or each against the one before.

        Returns
        -------
        EffectsResult
            One row per pair and effect: on the probability scale, the difference in differences.
        """
        return shown_effects(super().between(kind))

    def plot(self, ax: Any = None, title: str = "", level: float | None = None) -> Any:
        """Draw effects with intervals, one row each.

        Parameters
        ----------
        ax : Axes, optional
            Axes to draw on.
        title : str, optional
            Title of the figure.
        level : float, optional
            Confidence level; that of the effects by default.

        Returns
        -------
        Axes
            The plot, with a line where there is no effect.
        """
        from logitkit.plots.effects import plot_effects

        return plot_effects(self, ax, title=title, level=level)


def shown_effects(found: Effects) -> EffectsResult:
    """Return effects as a result that shows itself."""
    return shown(EffectsResult(**{field.name: getattr(found, field.name) for field in fields(Effects)}))


def asked_effects(over: Rows, /, **asked: Any) -> EffectsResult:
    """Return effects over rows, as a verb was asked for them."""
    return shown_effects(effects_of(over, EffectsAsked(**asked)))
