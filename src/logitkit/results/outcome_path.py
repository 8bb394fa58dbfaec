"""Paths and cross-validation of penalised models of several outcomes, as the user holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from logitkit.engine.regularised.options import ProxNewton
from logitkit.engine.regularised.penalised_multinomial import PenalisedMultinomial
from logitkit.engine.regularised.penalised_path import strength_grid
from logitkit.errors import ConvergenceError
from logitkit.models.form import Form
from logitkit.numerics.once import once
from logitkit.results.along import fit_at_strength, with_rows
from logitkit.results.cross_validated import CrossValidated
from logitkit.results.foreign import verbs_in_our_words
from logitkit.results.multinomial import MultinomialFit
from logitkit.results.outcome_rows import coded_outcome_rows
from logitkit.results.path import Path
from logitkit.selection.unpenalised import Unpenalised
from logitkit.typing import FloatArray, UnseenPolicy

__all__ = ["OutcomeCrossValidated", "OutcomePath"]


@verbs_in_our_words
class OutcomePath(Path):
    """A penalised model of several outcomes at one strength after another.

    Parameters
    ----------
    record : PathRecord
        What was found.
    given : PenalisedMultinomial or Unpenalised
        The problem, with the rows, which a path that was pickled leaves behind.
    level : float
        Confidence level of the fits.

    Examples
    --------
    At the largest strength nothing is chosen:

    >>> import logitkit as lk
    >>> data = {"y": ["a", "b", "c", "b", "a", "c", "c", "a", "b"], "x": [1.0, 2, 3, 4, 5, 6, 5, 4, 1]}
    >>> path = lk.path("y ~ x", data, model="multinomial", n_strengths=5)
    >>> bool((path.coef.xs("x", axis=1, level="term").iloc[0] == 0).all())
    True
    """

    def __init__(self, record: Any, given: PenalisedMultinomial | Unpenalised, level: float) -> None:
        super().__init__(record, given, level)
        levels = given.design.info.response.levels
        outcomes = given.family if isinstance(given, Unpenalised) else given.given.outcomes
        assert isinstance(outcomes, Form)
        self._modelled = tuple(levels[k] for k in outcomes.predictors.active)
        self._terms = given.design.info.names

    @property
    def coef(self) -> pd.DataFrame:
        """Coefficients of the columns as given: one row per strength, one column per outcome and term."""
        columns = pd.MultiIndex.from_product([self._modelled, self._terms], names=["outcome", "term"])
        return pd.DataFrame(self.record.coef, self._index, columns)

    def at(self, strength: float) -> MultinomialFit:  # type: ignore[override]
        """Return the fit at a strength, which need not be one of the path's.

        Parameters
        ----------
        strength : float
            Not negative.

        Returns
        -------
        MultinomialFit
            Solved anew, as ``lk.multinomial`` with this strength.
        """
        fit: MultinomialFit = fit_at_strength(self._given, strength, self._level, "given", "at")
        return fit

    def _along(self, verb: str, rows: tuple[Any, Any, UnseenPolicy], strengths: Any, scale: str) -> pd.DataFrame:
        given = with_rows(self._given, verb)
        assert isinstance(given, PenalisedMultinomial)
        asked = self.record.strengths if strengths is None else strength_grid(given, strengths=strengths)
        coef = np.array([self._coef_at(given, float(one)) for one in asked])
        found = coded_outcome_rows(given.design.info, given.design, *rows)
        logits = given.predictors(found.matrix, coef, found.offset)
        family = given.problem.objective.family
        out = np.full((found.kept.size, asked.size, family.n_outcomes), np.nan)
        for j in range(asked.size):
            here = logits[:, :, j]
            out[found.kept, j] = (family.mean(here) if scale == "probability" else here - here.mean(axis=0)).T
        columns = pd.MultiIndex.from_product([asked, given.design.info.response.levels], names=["strength", "outcome"])
        return pd.DataFrame(out.reshape(found.kept.size, -1), found.index, columns)

    def _coef_at(self, given: PenalisedMultinomial, strength: float) -> FloatArray:
        place = np.flatnonzero(self.record.strengths == strength)
        if place.size:
            return np.asarray(self.record.coef[place[0]])
        record = given.fit(strength, ProxNewton(), self._level, "given")
        if not record.converged:
            raise ConvergenceError(
                f"At the strength {strength:.4g} the solver did not reach its tolerance; ask for a larger strength."
            )
        return record.coef


@verbs_in_our_words
class OutcomeCrossValidated(CrossValidated):
    """Scores of a path of several outcomes on rows that it was not fitted to, and the fits that the rules choose.

    Parameters
    ----------
    record : CrossValidation
        What was found.
    given : PenalisedMultinomial or Unpenalised
        The problem of all rows.
    level : float
        Confidence level of the fits.
    """

    def __init__(self, record: Any, given: PenalisedMultinomial | Unpenalised, level: float) -> None:
        super().__init__(record, given, level)
        self._path = OutcomePath(record.path, given, level)

    @once
    def best(self) -> MultinomialFit:  # type: ignore[override]
        """The fit to all rows at the best strength."""
        words = f"best mean score ({self.record.measure.label}), {self.record.folds.words}"
        fit: MultinomialFit = fit_at_strength(self._given, self.best_strength, self._level, words, "best")
        return fit

    @once
    def one_se(self) -> MultinomialFit:  # type: ignore[override]
        """The fit to all rows at the largest strength within one standard error of the best."""
        words = f"within one standard error of the best score ({self.record.measure.label}), {self.record.folds.words}"
        fit: MultinomialFit = fit_at_strength(self._given, self.one_se_strength, self._level, words, "one_se")
        return fit
