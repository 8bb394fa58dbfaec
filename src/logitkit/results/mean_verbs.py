"""The verbs of a fit that use a grid of values of its variables instead of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from logitkit.results.effect_verbs import EffectVerbs

if TYPE_CHECKING:
    from logitkit.inference.effects.contrast_sets import ContrastSet
    from logitkit.inference.effects.inverse import InverseMethod
    from logitkit.inference.effects.means import Averaged, MeansScale
    from logitkit.inference.intervals.simultaneous import Adjustment
    from logitkit.results.effects.inverse import InverseResult
    from logitkit.results.effects.means import MeansResult
    from logitkit.results.effects.reference_grid import CellWeights

__all__ = ["MeanVerbs"]


class MeanVerbs(EffectVerbs):
    """A fit with the verbs that use a grid of values of its variables.

    Parameters
    ----------
    record : FitRecord
        The frozen record of the fit.
    design : Design, optional
        The rows of the fit.
    making : Making, optional
        How the fit is repeated on other rows, if the record alone is not enough for that.
    """

    def means(  # noqa: PLR0913 - the choices of a table that is read by itself
        self,
        factors: str | Sequence[str],
        by: str | Sequence[str] | None = None,
        *,
        at: Mapping[str, Any] | None = None,
        weights: CellWeights = "equal",
        scale: MeansScale = "link",
        averaged: Averaged = "link",
        contrasts: ContrastSet | None = None,
        adjust: Adjustment | None = None,
        level: float | None = None,
    ) -> MeansResult:
        """Return estimated marginal means: predictions on a grid of cells, averaged with the chosen weights.

        Parameters
        ----------
        factors : str or sequence of str
            Variables with one mean per level; for a numeric variable, give its values in ``at``.
        by : str or sequence of str, optional
            Factors; means are compared within each of their levels.
        at : mapping of str to values, optional
            One or several values per variable, used instead of the mean of a numeric variable or all levels of a
            factor.
        weights : {'equal', 'proportional'}
            Weights of the cells of the other factors: equal, or proportional to their frequencies.
        scale : {'link', 'probability', 'latent'}
            Linear predictors; probabilities; or, with ordered outcomes, the latent variable.
        averaged : {'link', 'probability'}
            For probabilities, whether linear predictors are averaged over cells and then back-transformed, or the
            probabilities themselves are averaged.
        contrasts : {'pairwise', 'reference', 'polynomial'} or mapping, optional
            Each mean minus each later one, each mean minus the first, polynomial contrasts, or named contrast
            coefficients.
        adjust : {'bonferroni', 'single-step', 'holm', 'benjamini-hochberg'}, optional
            Adjustment for the number of contrasts (or of means, if there are no contrasts), within each level of ``by``
            and each outcome.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        MeansResult
            Means and contrasts, printed as tables, with ``to_frame()``, ``contrast_frame()``, ``test()`` and
            ``plot()``.

        Examples
        --------
        Races compared at the same age and weight, averaged over smoking, with odds ratios for all pairs:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + race * smoke", lk.datasets.load_lbw())
        >>> found = fit.means("race", contrasts="pairwise", adjust="holm")
        >>> found.to_frame()["estimate"].round(2).to_dict()
        {'white': -1.41, 'black': -0.04, 'other': -0.59}
        >>> found.contrast_frame()["odds_ratio"].round(2).to_dict()
        {'white - black': 0.26, 'white - other': 0.44, 'black - other': 1.73}
        """
        own = self.on(None)
        return own.means(
            factors,
            by,
            at=at,
            weights=weights,
            scale=scale,
            averaged=averaged,
            contrasts=contrasts,
            adjust=adjust,
            level=level,
        )

    def inverse(
        self,
        variable: str,
        probability: float | Sequence[float] = 0.5,
        at: Mapping[str, Any] | None = None,
        method: InverseMethod = "delta",
        level: float | None = None,
    ) -> InverseResult:
        """Return the values of a variable at which probabilities are reached, such as the ED50 of a dose.

        Parameters
        ----------
        variable : str
            A numeric variable that is in the formula as one column, ``dose`` or ``np.log(dose)``, and in interactions
            of that column.
        probability : float or sequence of float, default 0.5
            Probability of the event or, with ordered outcomes and cumulative probabilities, of the outcomes up to each
            threshold.
        at : mapping of str to values, optional
            One or several values for each of the other variables of the formula.
        method : {'delta', 'fieller', 'profile'}
            Confidence sets: symmetric on the scale of the term; all values that a Wald test does not reject; or all
            values that a likelihood-ratio test does not reject. The last two sets may be unbounded, or the outside of
            an interval.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        InverseResult
            Values with standard errors and confidence sets, printed as a table, with ``to_frame()`` and ``test()``.

        Examples
        --------
        The dose that half of the insects survive (ED50), with Fieller's interval:

        >>> import logitkit as lk
        >>> doses = {"dose": [1.0, 2, 4, 8, 16, 32], "dead": [1, 4, 9, 13, 18, 20], "alive": [19, 16, 11, 7, 2, 0]}
        >>> fit = lk.logit("cbind(dead, alive) ~ np.log(dose)", doses)
        >>> found = fit.inverse("dose", 0.5, method="fieller").to_frame()
        >>> found[["estimate", "conf_low", "conf_high"]].round(1).iloc[0].tolist()
        [4.7, 3.5, 6.3]
        """
        return self.on(None).inverse(variable, probability, at, method, level)
