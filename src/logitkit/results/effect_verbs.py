"""The verbs of a fit that set variables to other values: average predictions, effects, contrasts of profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from logitkit.results.row_verbs import RowVerbs

if TYPE_CHECKING:
    from logitkit.inference.effects.comparisons import ContrastKind, DrawsKind, EffectScale
    from logitkit.inference.effects.profiles import ContrastMethod
    from logitkit.inference.intervals.bootstrap_intervals import IntervalKind
    from logitkit.inference.intervals.simultaneous import IntervalAdjustment
    from logitkit.results.effects.cells import At
    from logitkit.results.effects.pieces import Change
    from logitkit.results.effects.profile_contrasts import ProfileContrastResult
    from logitkit.results.effects.shown_effects import EffectsResult

__all__ = ["EffectVerbs"]


class EffectVerbs(RowVerbs):
    """A fit with the verbs that set variables to other values.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    def average_predictions(
        self, variable: str, data: Any = None, values: Sequence[Any] | None = None, level: float | None = None
    ) -> pd.DataFrame:
        """Return average predictions: mean probabilities over the rows, with a variable set to each of several values.

        Parameters
        ----------
        variable : str
            A column that the formula uses.
        data : table, optional
            Rows to average over; by default the table of the fit, provided that it is available and unchanged.
        values : sequence, optional
            Values of the variable. Default: each level, or a grid from the smallest to the largest number.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        pandas.DataFrame
            Columns estimate, std_error, conf_low, conf_high; one row per value or, with several outcomes, per value and
            outcome.

        Examples
        --------
        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + smoke", lk.datasets.load_lbw())
        >>> fit.average_predictions("smoke", values=[0, 1])["estimate"].round(3).tolist()
        [0.254, 0.402]
        """
        return self.on(data).average_predictions(variable, values, level)

    def effects(  # noqa: PLR0913 - asked for in as many ways as Stata's margins
        self,
        variables: str | Sequence[str] | None = None,
        data: Any = None,
        *,
        at: At = None,
        by: str | Sequence[str] | None = None,
        average: bool = True,
        change: Change | Mapping[str, Change] | None = None,
        contrast: ContrastKind = "reference",
        scale: EffectScale = "probability",
        outcome: Any = None,
        method: Literal["delta", "simulation", "bootstrap"] = "delta",
        rows: Literal["given", "sampled"] = "given",
        level: float | None = None,
        adjust: IntervalAdjustment | None = None,
        n: int = 1000,
        seed: int | None = None,
        kind: DrawsKind | None = None,
    ) -> EffectsResult:
        """Return average effects of variables on probabilities (average marginal effects).

        For a numeric variable, the effect is the slope of the probability, or the difference in probability for a
        stated change of the variable. For a factor, it is the difference from the reference level. Effects are averaged
        over the rows. All columns that contain the variable are rebuilt, so interactions, polynomials and splines are
        handled correctly.

        Parameters
        ----------
        variables : str or sequence of str, optional
            Variables of the formula; all by default.
        data : table, optional
            Rows to average over; those of the fit by default, provided that its table is available and unchanged.
        at : mapping of str to values, or "mean", optional
            Values to which other variables are set in every row, in all combinations: ``{"age": [20, 30]}``. A numeric
            variable can also be set to ``"mean"`` or ``"median"``. ``at="mean"`` uses one row, with numeric variables
            at their means and the others at their most frequent value.
        by : str or sequence of str, optional
            Columns of the table that define groups; effects are averaged within each group.
        average : bool, default True
            Whether to average over the rows; if False, there is one effect per row.
        change : str, number, pair, or mapping of str to these, optional
            For a numeric variable: ``"slope"`` (the default; for ratios, ``"unit"``), ``"unit"``, ``"sd"``, ``"iqr"``,
            an amount to add, a pair of values (before and after), or an elasticity: ``"eyex"``, ``"dyex"``, ``"eydx"``.
            For a variable with levels: a pair of levels. A mapping gives one change per variable.
        contrast : {'reference', 'pairwise', 'sequential'}
            Which levels are compared: each with the reference, all pairs, or each with the previous one.
        scale : {'probability', 'link', 'risk_ratio', 'odds_ratio'}
            Differences of average probabilities or of average linear predictors; ratios of average probabilities or of
            their odds.
        outcome : object, optional
            One of several outcomes; all by default.
        method : {'delta', 'simulation', 'bootstrap'}
            Standard errors by the delta method, from simulated coefficients, or from refits to resampled rows.
            Intervals from simulation and, by default, from refits are percentile intervals.
        rows : {'given', 'sampled'}
            Whether standard errors treat the rows as fixed, or as sampled together with their outcomes (Stata's
            ``vce(unconditional)``).
        level : float, optional
            Confidence level; that of the fit by default.
        adjust : {'bonferroni', 'single-step'}, optional
            Simultaneous intervals.
        n : int, default 1000
            Number of draws or replicates.
        seed : int, optional
            Random seed; results do not depend on the number of threads.
        kind : {'percentile', 'basic', 'bca'}, optional
            Type of bootstrap interval; BCa also refits once per row or cluster.

        Returns
        -------
        EffectsResult
            Prints as a table. ``to_frame()`` returns a data frame, ``plot()`` draws the effects, ``confint()`` returns
            intervals by name, ``between()`` compares groups, and ``test("b1 = b2")`` tests hypotheses, with the effects
            numbered in order.

        See Also
        --------
        contrast : Two profiles compared: risk difference, risk ratio, odds ratio, number needed to treat.
        means : Estimated marginal means, over a grid of cells.
        odds_ratios : Effects on the odds.

        Examples
        --------
        The average change in the risk of a low birth weight if mothers smoke, overall and by race:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + race * smoke", lk.datasets.load_lbw())
        >>> fit.effects("smoke", change=(0, 1)).to_frame()[["variable", "contrast", "estimate"]].round(3)
          variable contrast  estimate
        0    smoke    1 - 0     0.184
        >>> by_race = fit.effects("smoke", change=(0, 1), by="race")
        >>> by_race.to_frame()[["race", "estimate"]].round(3)
            race  estimate
        0  white     0.242
        1  black     0.289
        2  other     0.058
        >>> round(by_race.test("b1 = b2 = b3").p_value, 2)
        0.53

        The effect of ten years of age, as a risk ratio:

        >>> found = fit.effects("age", change=10, scale="risk_ratio").to_frame()
        >>> bool(found["conf_low"].item() < 1.0 < found["conf_high"].item())
        True
        """
        return self.on(data).effects(
            variables,
            at=at,
            by=by,
            average=average,
            change=change,
            contrast=contrast,
            scale=scale,
            outcome=outcome,
            method=method,
            rows=rows,
            level=level,
            adjust=adjust,
            n=n,
            seed=seed,
            kind=kind,
        )

    def contrast(
        self,
        a: Mapping[str, Any],
        b: Mapping[str, Any],
        data: Any = None,
        *,
        at: At = None,
        method: ContrastMethod = "wald",
        level: float | None = None,
        kind: IntervalKind | None = None,
    ) -> ProfileContrastResult:
        """Compare two profiles: risks, risk difference, risk ratio, odds ratio, number needed to treat.

        Parameters
        ----------
        a : mapping of str to value
            Values of variables in the first profile.
        b : mapping of str to value
            Values of variables in the second profile, with which the first is compared.
        data : table, optional
            Rows to average over; those of the fit by default, provided that its table is available and unchanged.
        at : mapping of str to value, or "mean", optional
            Values of other variables. By default every row keeps its own values, and probabilities are averaged over
            the rows. ``"mean"`` uses one row, with numeric variables at their means and the others at their most
            frequent value.
        method : {'wald', 'profile', 'score', 'bootstrap'}
            Method for all intervals: the delta method; profile likelihood or score tests, from fits in which the
            quantity is held fixed, as in ``confint``; or 1,999 bootstrap refits with seed 1.
        level : float, optional
            Confidence level; that of the fit by default.
        kind : {'percentile', 'basic', 'bca', 'normal'}, optional
            Type of bootstrap interval; BCa by default.

        Returns
        -------
        ProfileContrastResult
            Prints as a table; ``to_frame()`` returns a data frame. The interval of the number needed to treat passes
            through infinity if the interval of the risk difference contains zero.

        Examples
        --------
        All mothers smoking compared with none smoking, averaged over their other characteristics:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw())
        >>> found = fit.contrast({"smoke": 1}, {"smoke": 0}).to_frame().set_index("quantity")
        >>> found["estimate"].round(2).tolist()
        [0.44, 0.23, 0.21, 1.9, 2.61, 4.77]
        >>> list(found.index)[2:]
        ['risk difference', 'risk ratio', 'odds ratio', 'number needed']
        """
        return self.on(data).contrast(a, b, at=at, method=method, level=level, kind=kind)
