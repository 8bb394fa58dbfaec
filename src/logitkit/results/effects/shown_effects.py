"""Effects as the user holds them: a frozen result with a data frame and a figure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

import logitkit.report.findings.effects  # noqa: F401 - says how these results are shown
from logitkit.inference.effects.comparisons import ContrastKind, Effects
from logitkit.inference.hypotheses.equivalence import Equivalence, equivalence_of
from logitkit.inference.hypotheses.wald import WaldTest
from logitkit.inference.intervals.simultaneous import IntervalAdjustment
from logitkit.report.frames.effects import effects_frame
from logitkit.results.documented import extends_base
from logitkit.results.effects.effects import EffectsAsked, effects_of
from logitkit.results.rows import Rows
from logitkit.results.shown import shown, with_labels

__all__ = ["EffectsResult", "asked_effects", "shown_effects"]


@extends_base
@dataclass(frozen=True, eq=False)
class EffectsResult(Effects):
    """Effects of variables, with a table, tests of hypotheses and a figure.

    Examples
    --------
    >>> import logitkit as lk
    >>> fit = lk.logit("low ~ lwt + smoke", lk.datasets.load_lbw())
    >>> fit.effects().to_frame().iloc[:, :6].round(4)
      variable contrast  estimate  std_error  statistic  p_value
    0      lwt    dy/dx   -0.0027     0.0012    -2.2757   0.0229
    1    smoke    dy/dx    0.1375     0.0632     2.1747   0.0297
    """

    def to_frame(self, level: float | None = None, adjust: IntervalAdjustment | None = None) -> pd.DataFrame:
        """Return one row per effect.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the effects by default.
        adjust : {'bonferroni', 'single-step'}, optional
            Method for simultaneous intervals.

        Returns
        -------
        pandas.DataFrame
            Columns that describe the effect, then estimate, std_error, statistic, p_value, conf_low and conf_high.
        """
        return effects_frame(self, level, adjust)

    def confint(self, level: float | None = None, adjust: IntervalAdjustment | None = None) -> pd.DataFrame:
        """Return confidence intervals, one row per effect.

        Parameters
        ----------
        level : float, optional
            Confidence level; that of the effects by default.
        adjust : {'bonferroni', 'single-step'}, optional
            Method for simultaneous intervals.

        Returns
        -------
        pandas.DataFrame
            Columns conf_low and conf_high, indexed by the names used in hypotheses.
        """
        frame = effects_frame(self, level, adjust)[["conf_low", "conf_high"]]
        return frame.set_axis(pd.Index(self.numbers.names, name="effect"))

    def test(self, hypothesis: str, level: float | None = None) -> WaldTest:
        """Test linear hypotheses about the effects."""
        return shown(super().test(hypothesis, level))

    def equivalence(
        self, low: float | None = None, high: float | None = None, level: float | None = None
    ) -> Equivalence:
        """Test whether each effect lies between bounds.

        Parameters
        ----------
        low, high : float, optional
            The bounds, on the scale of the effects; give only one of them to test non-inferiority.
        level : float, optional
            One minus the significance level.

        Returns
        -------
        Equivalence
            One row per effect.
        """
        return shown(equivalence_of(self.numbers, low, high, level))

    def between(self, kind: ContrastKind = "reference") -> EffectsResult:
        """Return the differences of effects between cells, or their ratios where the effects are ratios."""
        return with_labels(shown_effects(super().between(kind)), getattr(self, "_called", None))

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
            The plot, with a line at the value of no effect.
        """
        from logitkit.plots.effects import plot_effects

        return plot_effects(self, ax, title=title, level=level)


def shown_effects(found: Effects) -> EffectsResult:
    """Return effects as a result that shows itself."""
    return shown(EffectsResult(**{field.name: getattr(found, field.name) for field in fields(Effects)}))


def asked_effects(over: Rows, /, **asked: Any) -> EffectsResult:
    """Return effects over rows, as a verb was asked for them."""
    found = effects_of(over, EffectsAsked(**asked))
    return shown_effects(found)
