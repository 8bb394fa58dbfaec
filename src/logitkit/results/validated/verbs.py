"""The verb of a fit that asks how well models made in the same way predict rows that they were not made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from logitkit.results.given_rows import OfRows

if TYPE_CHECKING:
    from logitkit.inference.validation.measures import UserFunction
    from logitkit.inference.validation.optimism import IntervalMethod
    from logitkit.results.validated.again import Making
    from logitkit.results.validated.held_out import InternalExternalResult
    from logitkit.results.validated.validated import ValidationResult

__all__ = ["ValidationVerbs"]


class ValidationVerbs(OfRows):
    """Validation by models that are made again."""

    _making: Making | None

    def validate(
        self,
        method: Literal["bootstrap", "cross-validation", "internal-external"] = "bootstrap",
        recipe: Callable[[Any], Any] | tuple[Callable[[Any], Any], Any] | None = None,
        *,
        n: int | None = None,
        seed: int | None = None,
        by: Any = None,
        indices: Mapping[str, UserFunction] | None = None,
        interval: IntervalMethod = "shifted",
        level: float | None = None,
    ) -> ValidationResult | InternalExternalResult:
        """Return how well the model predicts in its own rows, and how well it would in others.

        Parameters
        ----------
        method : {'bootstrap', 'cross-validation', 'internal-external'}
            Models made in resamples, measured there and in all rows; made without each fold, measured there; or made
            without each cluster or period, measured there, and summarised with the interval of another one.
        recipe : callable, or callable and table, optional
            Of a table like the one that was fitted, with some of its rows: a fit, or any object whose ``predict`` of a
            table gives probabilities. It makes the whole model again: selection, bins, imputed values, tuning; with a
            table, ``(function, raw)``, from rows of that one, such as the table before values were imputed. Default:
            the coefficients, the strength of a penalty where ``lk.cross_validate`` chose it, and of ``card.fit`` the
            whole card, its bins and its selection too.
        n : int, optional
            Resamples, 500 by default; or folds, 10 by default.
        seed : int, optional
            Draws the same resamples or folds again.
        by : lk.Folds, str or (n,) array-like, optional
            By cross-validation, how the rows are divided: repeated, by group, in time, or as given. With
            ``'internal-external'`` a column whose values are held out in turn, by name or as values, or
            ``lk.Folds(k, time="year")``, periods that are predicted from all before them.
        indices : mapping of str to callable, optional
            More measures: functions of outcomes (proportions of events), probabilities and weights of rows.
        interval : {'shifted', 'two-stage'}
            How intervals of corrected measures are made: percentiles of the apparent measure in resamples less the
            optimism; or of the corrected measure itself in resamples, which takes fifty times as long.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        ValidationResult or InternalExternalResult
            One row per measure: apparent, training, test, optimism, corrected, with intervals; or one row per group.

        Examples
        --------
        The slope by which predictions of new rows would have to be shrunken:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw())
        >>> found = fit.validate(n=200, seed=1)
        >>> round(float(found.of("slope")), 2), round(float(found.of("c")), 3)
        (0.82, 0.65)
        """
        from logitkit.results.validated.asked import Asked, validate

        return validate(self, self._making, recipe, Asked(method, n, seed, by, indices, interval, level))
