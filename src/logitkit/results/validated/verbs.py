"""The method of a fit that estimates how well models made in the same way predict rows they were not fitted to."""

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
    """Internal validation: the model is made again from other rows."""

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
        """Return how well the model predicts its own rows, and how well it is expected to predict new rows.

        Parameters
        ----------
        method : {'bootstrap', 'cross-validation', 'internal-external'}
            Models are made in bootstrap samples and assessed there and in all rows; or made without each fold and
            assessed in it; or made without each cluster or period, assessed in it, and summarised with a prediction
            interval.
        recipe : callable, or callable and table, optional
            Function of a table, some rows of the data, that returns a fit, or any object whose ``predict`` takes a
            table and returns probabilities. It repeats every step: selection, bins, imputation, tuning. As
            ``(function, raw)`` it takes rows of ``raw`` instead, such as the table before imputation. By default the
            coefficients are estimated again, and also a strength that ``lk.cross_validate`` chose; for ``card.fit`` the
            whole card is made again.
        n : int, optional
            Number of bootstrap samples, 500 by default, or of folds, 10 by default.
        seed : int, optional
            Seed of the bootstrap samples or folds.
        by : lk.Folds, str or (n,) array-like, optional
            With ``'cross-validation'``, how the rows are divided: repeatedly, by group, in time, or as given. With
            ``'internal-external'``, a column whose values are held out in turn, by name or as values; or
            ``lk.Folds(k, time="year")``, by which each period is predicted from all periods before it.
        indices : mapping of str to callable, optional
            Further measures: functions of the outcomes (proportions of events), the probabilities and the weights of
            rows.
        interval : {'shifted', 'two-stage'}
            Intervals of corrected measures: percentiles of the apparent measure in bootstrap samples, minus the
            optimism; or percentiles of the corrected measure in bootstrap samples, which takes fifty times as long.
        level : float, optional
            Confidence level; that of the fit by default.

        Returns
        -------
        ValidationResult or InternalExternalResult
            One row per measure: apparent, training, test, optimism and corrected, with intervals; or one row per group.

        Examples
        --------
        The factor by which the log odds of new rows have to be shrunk, and the corrected c:

        >>> import logitkit as lk
        >>> fit = lk.logit("low ~ age + lwt + race + smoke", lk.datasets.load_lbw())
        >>> found = fit.validate(n=200, seed=1)
        >>> round(float(found.of("slope")), 2), round(float(found.of("c")), 3)
        (0.82, 0.65)
        """
        from logitkit.results.validated.asked import Asked, validate

        return validate(self, self._making, recipe, Asked(method, n, seed, by, indices, interval, level))
